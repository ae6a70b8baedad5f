//! Name filter: lists narrowed to the records whose names hold given words.

use emporion_catalog::finder::{By, Condition, Form, Order, Sought, own_field};
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::text;

use crate::fault::Fault;
use crate::request::recent_writes;
use crate::request::visit::Visit;

/// More than these are not told apart by words that mean so many.
const MOST: usize = 5_000;

/// Words that lists are narrowed to.
pub struct NameFilter {
    folded: Vec<String>,
    condition: Condition,
    /// What the visitor has changed last may not be found yet.
    pub is_behind: bool,
}

impl NameFilter {
    /// Waits a little for what the visitor has changed last: before the reading of the lists is begun.
    pub async fn of(visit: &Visit, words: &str) -> Result<NameFilter, Fault> {
        let condition = meant(words);
        let is_behind = condition != Condition::Everything && !recent_writes::is_found_in_lists(visit).await?;
        Ok(NameFilter { folded: text::folded_words(words), condition, is_behind })
    }

    /// Those of a list in whose names, descriptions or e-mail addresses each of the words stands, be it inside of another;
    /// whatever its case and the marks of its letters, as searches compare.
    pub async fn narrow(&self, reading: &Reading<'_>, query: ListQuery) -> Result<ListQuery, Fault> {
        if self.condition == Condition::Everything {
            return Ok(query);
        }
        match self.found(reading, &query).await {
            Ok(Some(ids)) => Ok(ListQuery { ids: Some(ids), ..query }),
            // Too many, or the index is being made: the list itself is read for them, letter by letter.
            Ok(None) | Err(Problem::Unavailable { .. } | Problem::Invalid(_)) => {
                Ok(ListQuery { containing: self.folded.clone(), ..query })
            }
            Err(problem) => Err(problem.into()),
        }
    }

    /// `None` where there are more than are told, and where searches cannot know all of them.
    async fn found(&self, reading: &Reading<'_>, query: &ListQuery) -> Result<Option<Vec<RecordId>>, Problem> {
        let sought = Sought {
            condition: Condition::all(vec![Condition::kinds(vec![query.kind]), self.condition.clone()]),
            order: Order { by: By::Name, descending: false },
            beyond: None,
            from: 0,
            limit: MOST,
            counted: Vec::new(),
        };
        let sighted = reading.seek(&sought).await?;
        let is_whole = sighted.is_exact && sighted.total <= MOST as u64;
        Ok(is_whole.then(|| sighted.hits.iter().map(|hit| hit.id).collect()))
    }
}

/// What is called so.
pub fn meant(words: &str) -> Condition {
    Condition::all(words.split_whitespace().map(holding).collect())
}

fn holding(word: &str) -> Condition {
    let named = Condition::holding(word);
    if named == Condition::Everything {
        return named;
    }
    Condition::any(vec![named, Condition::like(own_field("email"), Form::holding(word))])
}
