//! Saved searches that somebody follows: what they find by now that they did not when he was told last.

use std::collections::{BTreeMap, BTreeSet};

use emporion_catalog::finder::{Finder, Found, Hit, Refusal, Search};
use emporion_catalog::id::{RecordId, Seq};
use emporion_catalog::kinds::saved_search::{FOLLOWED, QUERY, TITLE};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use emporion_catalog::timestamp;
use serde_json::Value;

use super::changes::Span;
use super::digest::Notice;
use super::own_parts;
use crate::records::kind_names;
use crate::search::query;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// As many as one person keeps, and twice that, if he saved several at one moment.
pub const MOST: u32 = 100;
/// Of what was found, so many are named.
const MOST_NAMED: u32 = 5;
/// What a search finds is remembered where it is no more: all of it is read again whenever it is looked whose time has come.
const MOST_REMEMBERED: u32 = 50;
/// Characters of an id that are remembered: its last ones, which chance gave it.
const MOST_OF_ID: usize = 12;

/// The caller's own saved searches.
pub async fn own(reading: &Reading<'_>) -> Result<Vec<Record>, Problem> {
    own_parts(reading, "saved_search", MOST).await
}

pub fn is_followed(record: &Record) -> bool {
    record.body.get(FOLLOWED) == Some(&Value::Bool(true))
}

/// What searches found when their owner was told last, each by its id, and what it found by the ends of theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<RecordId, BTreeSet<String>>);

fn remembered(id: RecordId) -> String {
    let id = id.to_string();
    id[id.len() - MOST_OF_ID..].to_owned()
}

impl Seen {
    pub fn parse(kept: &Value) -> Seen {
        let ids =
            |of: &Value| of.as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect();
        let each = kept.as_object().into_iter().flatten();
        Seen(each.filter_map(|(search, of)| Some((search.parse().ok()?, ids(of)))).collect())
    }

    pub fn printed(&self) -> Value {
        let ids = |of: &BTreeSet<String>| of.iter().map(|id| Value::String(id.clone())).collect::<Value>();
        Value::Object(self.0.iter().map(|(search, of)| (search.to_string(), ids(of))).collect())
    }
}

/// What those that the caller follows find that they did not when he was told last, as far as he sees it; and what they find
/// now. Of a search whose findings are not remembered it is told what was made within the span.
pub async fn news(
    t: Texts,
    reading: &Reading<'_>,
    finder: &dyn Finder,
    span: Span,
    seen: &Seen,
) -> Result<(Vec<Notice>, Seen), Problem> {
    let (mut news, mut now) = (Vec::new(), Seen::default());
    let asking = Asking { reading, finder, head: reading.catalog().log_head().await? };
    for record in own(reading).await?.iter().filter(|record| is_followed(record)) {
        let text = |field: &str| record.body.get(field).and_then(Value::as_str).unwrap_or_default();
        let Ok(clauses) = finder.clauses(text(QUERY)) else { continue };
        let whole = clauses.all.join(" ");
        let Some(found) = asking.found(&whole, MOST_REMEMBERED).await? else { continue };
        let is_remembered = found.total <= u64::from(MOST_REMEMBERED);
        if is_remembered {
            now.0.insert(record.id, found.hits.iter().map(|hit| remembered(hit.id)).collect());
        }
        // What he changed himself is no news.
        let of_others = format!("{whole} -by:me");
        let (query, total, hits) = match seen.0.get(&record.id).filter(|_| is_remembered) {
            Some(before) if found.hits.iter().all(|hit| before.contains(&remembered(hit.id))) => continue,
            Some(before) => {
                let Some(found) = asking.found(&of_others, MOST_REMEMBERED).await? else { continue };
                let is_new = |hit: &Hit| !before.contains(&remembered(hit.id));
                let hits: Vec<Hit> = found.hits.into_iter().filter(is_new).collect();
                (whole, hits.len() as u64, hits)
            }
            None => {
                let (since, until) = (timestamp::print(span.since.0), timestamp::print(span.until.0));
                let of_then = format!("{whole} created>{since} created<={until} -by:me");
                let Some(found) = asking.found(&of_then, MOST_NAMED).await? else { continue };
                (of_then, found.total, found.hits)
            }
        };
        if total > 0 {
            news.push(notice(t, text(TITLE), &query, total, &hits));
        }
    }
    Ok((news, now))
}

/// Where searches are asked, and of which state at least.
struct Asking<'a, 'r> {
    reading: &'a Reading<'r>,
    finder: &'a dyn Finder,
    head: Seq,
}

impl Asking<'_, '_> {
    /// What a query finds as it stands; `None` where it cannot be read any more: the language may have changed.
    async fn found(&self, query: &str, limit: u32) -> Result<Option<Found>, Problem> {
        let search = Search { limit, at_least: Some(self.head), ..Search::of(query) };
        match self.finder.find(self.reading.caller(), &search).await {
            Ok(found) => Ok(Some(found).filter(|found| found.corrected.is_none())),
            Err(Refusal::Broken { .. }) => Ok(None),
            Err(Refusal::Problem(problem)) => Err(problem),
        }
    }
}

fn notice(t: Texts, title: &str, query: &str, total: u64, hits: &[Hit]) -> Notice {
    let many = t.count("searches.news", total);
    let named = hits.iter().take(MOST_NAMED as usize).map(|hit| {
        let name = hit.display_name.as_deref().unwrap_or(&hit.fqn);
        format!("{} ({})", shown(name), kind_names::one(t, hit.kind.name()))
    });
    let mut lines: Vec<String> = named.collect();
    if total > lines.len() as u64 {
        lines.push("…".to_owned());
    }
    let text = t.with("searches.found", &[("name", &shown(title)), ("many", &many)]);
    Notice { text, address: query::address_of(query), lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_kept_as_it_was() {
        let [search, one, other] = [RecordId::fresh(), RecordId::fresh(), RecordId::fresh()];
        let seen = Seen([(search, [one, other].map(remembered).into()), (other, BTreeSet::new())].into());
        assert_eq!(Seen::parse(&seen.printed()), seen);
        assert_eq!(Seen::parse(&Value::Null), Seen::default());
    }
}
