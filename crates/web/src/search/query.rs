//! The query of a search: where it is answered, and what of a question is searched for.

use emporion_catalog::finder::{Clauses, Refusal, SORTS, Search, topic};

use crate::records::address;
use crate::request::recent_writes;
use crate::request::visit::Visit;

/// Where searches are answered.
pub const PATH: &str = "/search";
/// Of what is lent, it is found out product by product who may ask it; of more than so many, nothing is counted.
const LENT: &str = "kind:product rows:granted";
const MOST_LENT: u32 = 200;

/// Where a query is answered.
pub fn address_of(query: &str) -> String {
    address::with_query(PATH, &[("q", query)])
}

/// The same in an order.
pub fn sorted(query: &str, sort: &str) -> String {
    if sort.is_empty() || sort == SORTS[0].0 {
        address_of(query)
    } else {
        address::with_query(PATH, &[("q", query), ("sort", sort)])
    }
}

/// A query without one of its clauses.
pub fn without(clauses: &Clauses, index: usize) -> String {
    let rest = clauses.all.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, text)| text.as_str());
    rest.collect::<Vec<_>>().join(" ")
}

/// What of a question that nobody could answer is searched for: itself, else what it is about, all words of that before any
/// of them. The first that finds something, so that the one page does not lead to the other and back; `None` within where
/// nothing does, `Err` where it cannot be searched for.
pub async fn finding(visit: &Visit, question: &str) -> Result<Option<String>, Unsearched> {
    // What he has just written is hardly what is asked for: no page waits for it long, nor twice.
    recent_writes::is_found(visit).await.map_err(|_| Unsearched)?;
    let mut is_tried = false;
    let whole = Some(question.to_owned()).filter(|question| !question.trim().is_empty());
    for query in whole.into_iter().chain(about(question)) {
        let search = Search { limit: 1, enough: Some(1), ..Search::of(&query) };
        match visit.door.finder.find(visit.caller(), &search).await {
            Ok(found) if found.total > 0 => return Ok(Some(query)),
            Ok(_) => is_tried = true,
            Err(Refusal::Broken { .. }) => {}
            Err(Refusal::Problem(_)) => return Err(Unsearched),
        }
    }
    if is_tried { Ok(None) } else { Err(Unsearched) }
}

pub struct Unsearched;

/// Whether a query is words alone.
pub fn are_words(clauses: &[String]) -> bool {
    let is_word =
        |clause: &String| !clause.contains([':', '"', '*', '(']) && !clause.starts_with('-') && clause != "OR";
    clauses.iter().all(is_word)
}

/// Queries for what a question is about: for all words of it, and for any.
pub fn about(question: &str) -> Vec<String> {
    let words = topic::of(question);
    let mut queries = vec![words.join(" "), words.join(" OR ")];
    queries.dedup();
    queries.retain(|query| !query.is_empty() && query != question);
    queries
}

/// Whether so few products have lent rows that it can be found out for a page which of them may be queried.
pub async fn is_little_lent(visit: &Visit) -> Result<bool, Refusal> {
    let lent = Search { limit: 0, enough: Some(MOST_LENT + 1), ..Search::of(LENT) };
    Ok(visit.door.finder.find(visit.caller(), &lent).await?.total <= u64::from(MOST_LENT))
}
