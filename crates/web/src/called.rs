//! Lists, narrowed to what words mean.

use emporion_catalog::finder::{By, Condition, Order, Piece, Sought, own_field};
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::text;

use crate::fault::Fault;
use crate::written::PATIENCE;

/// More than these are not told apart by words that mean so many.
const MOST: usize = 5_000;

/// Those of a list in whose names, descriptions or e-mail addresses each of the words stands, be it inside of another;
/// whatever its case and the marks of its letters, as searches compare.
pub async fn called(reading: &Reading<'_>, query: ListQuery, words: &str) -> Result<ListQuery, Fault> {
    let condition = meant(words);
    if condition == Condition::Everything {
        return Ok(query);
    }
    match found(reading, &query, condition).await {
        Ok(Some(ids)) => Ok(ListQuery { ids: Some(ids), ..query }),
        // Too many, or searches are behind: the list itself is read for them, letter by letter.
        Ok(None) | Err(Problem::Unavailable { .. } | Problem::Invalid(_)) => {
            Ok(ListQuery { containing: text::folded_words(words), ..query })
        }
        Err(problem) => Err(problem.into()),
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
    let form = vec![Piece::Run, Piece::Text(word.to_owned()), Piece::Run];
    Condition::any(vec![named, Condition::Like { field: own_field("email"), form }])
}

/// `None` where there are more than are told, and where searches do not know everything by now.
async fn found(reading: &Reading<'_>, query: &ListQuery, of: Condition) -> Result<Option<Vec<RecordId>>, Problem> {
    if !reading.catalog().is_found_within(PATIENCE).await? {
        return Ok(None);
    }
    let sought = Sought {
        condition: Condition::all(vec![Condition::Kinds(vec![query.kind]), of]),
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
