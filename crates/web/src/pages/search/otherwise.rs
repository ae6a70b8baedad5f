//! What leads on from a query that finds nothing as it is typed: other spellings of its words, and the query with less.

use emporion_catalog::finder::{Clauses, Found, Refusal, Search, Spelling, Spellings, topic};
use emporion_catalog::problem::Problem;

use super::{Refused, refused, total};
use crate::request::visit::Visit;
use crate::search::query::{about, are_words, sorted, without};
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Clauses that a query which finds nothing is tried without.
const MOST_RELAXED: usize = 8;

#[derive(Default)]
pub struct Otherwise {
    /// Of words that are a question: what it is about.
    pub topic: Option<Near>,
    /// The words that nothing has, each with others.
    pub spelt: Vec<Spelt>,
    pub relaxed: Vec<Relaxed>,
    /// Its clauses one by one, where it finds nothing without one of them either.
    pub alone: Vec<Near>,
    /// It was not tried without each of its clauses.
    pub is_cut: bool,
}

pub struct Spelt {
    pub word: String,
    pub near: Vec<Near>,
}

/// A query with another spelling.
pub struct Near {
    pub query: String,
    pub count: String,
    pub address: String,
}

/// The query without one of its clauses.
pub struct Relaxed {
    pub clause: String,
    /// What is left of it, where words in it are spelt otherwise.
    pub rest: Option<String>,
    pub count: String,
    pub address: String,
}

impl Otherwise {
    pub async fn of(
        visit: &Visit,
        clauses: &Clauses,
        search: &Search,
        found: &Found,
        sort: &str,
    ) -> Result<Otherwise, Refused> {
        let spelt = spelt(visit.t, found.spellings.as_ref(), sort);
        let otherwise = Otherwise { spelt, ..Otherwise::default() };
        if found.total > 0 || clauses.all.len() < 2 {
            return Ok(otherwise);
        }
        // What is tried beside it is tried as it is spelt.
        let search = &Search { spellings: 0, ..search.clone() };
        let is_of_words = are_words(&clauses.all);
        let said = said(clauses).filter(|_| is_of_words);
        let (clauses, spellings) = match &said {
            Some(said) => {
                let found = tried(visit, &said.all.join(" "), &Search { spellings: 1, ..search.clone() }).await?;
                (said, found.and_then(|found| found.spellings))
            }
            None => (clauses, found.spellings.clone()),
        };
        // Words that nothing has are left out as they were typed, and looked for as they are spelt.
        let nearest = match &spellings {
            Some(Spellings { nearest, .. }) => match visit.door.finder.clauses(nearest) {
                Err(Refusal::Broken { .. }) => Ok(clauses.clone()),
                nearest => nearest,
            },
            None => Ok(clauses.clone()),
        };
        let nearest = nearest.map_err(|refusal| refused(visit, &search.query, refusal))?;
        let nearest = if nearest.all.len() == clauses.all.len() { &nearest } else { clauses };
        let otherwise = if is_of_words { otherwise.about(visit, search, sort).await? } else { otherwise };
        if clauses.all.len() < 2 {
            return Ok(otherwise);
        }
        let otherwise = otherwise.relaxed(visit, clauses, nearest, search, sort).await?;
        // Of two, one is the query without the other.
        if otherwise.relaxed.is_empty() && clauses.all.len() > 2 {
            return otherwise.alone(visit, clauses, search, sort).await;
        }
        Ok(otherwise.each_once())
    }

    /// What is found for what it is about.
    async fn about(mut self, visit: &Visit, of: &Search, sort: &str) -> Result<Otherwise, Refused> {
        for query in about(&of.query) {
            let found = tried(visit, &query, of).await?.filter(|found| found.total > 0 && found.corrected.is_none());
            if let Some(found) = found {
                self.topic = Some(Near {
                    count: total(visit.t, found.total, found.total_is_exact),
                    address: sorted(&query, sort),
                    query,
                });
                break;
            }
        }
        Ok(self)
    }

    /// What each of its clauses finds, as far as one page may look for it.
    async fn alone(mut self, visit: &Visit, clauses: &Clauses, of: &Search, sort: &str) -> Result<Otherwise, Refused> {
        for query in clauses.all.iter().take(MOST_RELAXED) {
            let Some(found) = tried(visit, query, of).await? else {
                self.is_cut = true;
                break;
            };
            if found.total > 0 && found.corrected.is_none() {
                self.alone.push(Near {
                    query: shown(query),
                    count: total(visit.t, found.total, found.total_is_exact),
                    address: sorted(query, sort),
                });
            }
        }
        Ok(self)
    }

    /// What the query would find without each of its clauses, as far as one page may look for it.
    async fn relaxed(
        mut self,
        visit: &Visit,
        clauses: &Clauses,
        nearest: &Clauses,
        of: &Search,
        sort: &str,
    ) -> Result<Otherwise, Refused> {
        self.is_cut = clauses.all.len() > MOST_RELAXED;
        for (index, clause) in clauses.all.iter().enumerate().take(MOST_RELAXED) {
            let query = without(nearest, index);
            let Some(found) = tried(visit, &query, of).await? else {
                self.is_cut = true;
                break;
            };
            // What was spelt otherwise to find nothing is not spelt otherwise once more.
            if found.total > 0 && found.corrected.is_none() {
                self.relaxed.push(Relaxed {
                    clause: shown(clause),
                    rest: (query != without(clauses, index)).then(|| shown(&query)),
                    count: total(visit.t, found.total, found.total_is_exact),
                    address: sorted(&query, sort),
                });
            }
        }
        Ok(self)
    }
}

impl Otherwise {
    /// Each query once: another spelling of a word can be what is left of the query.
    fn each_once(mut self) -> Otherwise {
        for of in &mut self.spelt {
            of.near.retain(|near| self.relaxed.iter().all(|relaxed| relaxed.address != near.address));
        }
        self.spelt.retain(|of| !of.near.is_empty());
        if let Some(topic) = &self.topic {
            self.relaxed.retain(|relaxed| relaxed.address != topic.address);
        }
        self
    }
}

/// The clauses of a sentence that say something: not the words that only hold it together, nor those that only ask, where it
/// begins with one. `None`, where all of them do, or none.
fn said(clauses: &Clauses) -> Option<Clauses> {
    let words = || clauses.all.iter().map(|clause| clause.trim_end_matches(['?', '!', ',']));
    let asks = words().next().is_some_and(|first| topic::is_said_beside(&first.to_lowercase()));
    let is_said = |word: &&str| {
        let word = word.to_lowercase();
        !(word.is_empty() || topic::is_filler(&word) || asks && topic::is_said_beside(&word))
    };
    let all: Vec<String> = words().filter(is_said).map(str::to_owned).collect();
    (!all.is_empty() && all.len() < clauses.all.len()).then(|| Clauses { all, ..clauses.clone() })
}

/// What a query finds beside another one; `None` where that takes more than both may.
async fn tried(visit: &Visit, query: &str, beside: &Search) -> Result<Option<Found>, Refused> {
    let Search { effort, most_looked_at, spellings, .. } = beside.clone();
    let search = Search { limit: 1, effort, most_looked_at, spellings, ..Search::of(query) };
    match visit.door.finder.find(visit.caller(), &search).await {
        Err(Refusal::Problem(Problem::Invalid(_))) => Ok(None),
        found => found.map(Some).map_err(|refusal| refused(visit, query, refusal)),
    }
}

fn spelt(t: Texts, spellings: Option<&Spellings>, sort: &str) -> Vec<Spelt> {
    let words = spellings.into_iter().flat_map(|spellings| &spellings.words);
    let near = |near: &Spelling| Near {
        query: shown(&near.query),
        count: total(t, near.total, near.total_is_exact),
        address: sorted(&near.query, sort),
    };
    words.map(|word| Spelt { word: shown(&word.word), near: word.near.iter().map(near).collect() }).collect()
}
