//! Which products the visitor may ask, and how well a question fits each of them.
//!
//! A product says for itself what can be asked of it, and whether it would read a question, as this visitor asks it: so
//! nothing is told of a model that he could not ask, nor of what is in it and closed to him. For one page at most
//! [`MOST_ASKED`] products are asked, and what they say is made of what is kept for questions anyway.

use std::cmp::Reverse;

use emporion_catalog::finder::{Found, Hit, Refusal, Search};
use emporion_catalog::id::RecordId;
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::timestamp::DAY_MILLIS;
use emporion_products::chat::help::{self, NamedKind, Understood};
use emporion_products::chat::request::MAX_MESSAGE;

use crate::fault::Fault;
use crate::layout::icon::Icon;
use crate::records::address;
use crate::records::link::Link;
use crate::request::recent_writes;
use crate::request::visit::Visit;
use crate::text::plain::{first_line, shown};

/// Where a question is put before a product is chosen.
pub const PATH: &str = "/ask";
/// In its address: no product is chosen for the visitor.
pub const CHOOSE: &str = "choose";
/// Products that the visitor may query.
pub const QUERYABLE: &str = "kind:product queryable:yes";
/// The longest question that a product takes.
pub const LONGEST: usize = MAX_MESSAGE;
/// Words of a question that products are found by, and the shortest that is one.
const MOST_WORDS: usize = 12;
const SHORTEST: usize = 3;
/// Products that are asked for one page.
pub const MOST_ASKED: u32 = 20;
/// Products that examples come from, and examples of all of them.
const EXAMPLE_PRODUCTS: usize = 3;
const MOST_EXAMPLES: usize = 4;

/// A product that the visitor may query.
pub struct Askable {
    pub id: RecordId,
    pub icon: Icon,
    pub name: String,
    /// Of its page.
    pub address: String,
    pub line: String,
}

impl Askable {
    pub fn of(hit: &Hit) -> Option<Askable> {
        Some(Askable {
            id: hit.id,
            icon: Icon::of(hit.kind),
            name: shown(hit.display_name.as_deref().unwrap_or(&hit.name)),
            address: address::of(hit.kind, &hit.fqn)?,
            line: first_line(hit.description.as_deref().unwrap_or_default()),
        })
    }

    /// Where it is asked, with the question put in.
    pub fn asked(&self, question: &str) -> String {
        address::with_query(&self.address, &[("tab", "ask"), ("question", question)])
    }

    /// To its page.
    pub fn link(&self) -> Link {
        self.link_to(self.address.clone())
    }

    pub fn link_to(&self, address: String) -> Link {
        Link { icon: self.icon, name: self.name.clone(), address: Some(address) }
    }
}

/// How well a question fits.
#[derive(Default)]
pub struct Fit {
    understood: Understood,
    /// Metrics, tables and fields that it names.
    pub names: Vec<String>,
    metrics: usize,
}

impl Fit {
    /// It would be answered as it stands.
    pub fn is_whole(&self) -> bool {
        self.understood == Understood::Whole
    }

    pub fn names_a_metric(&self) -> bool {
        self.metrics > 0
    }

    fn rank(&self) -> impl Ord + use<> {
        // That something would have to be looked up can be said of any question.
        let is_known = (!self.names.is_empty()).then_some(self.understood);
        (is_known, self.metrics, self.names.len())
    }
}

/// Of those that the visitor may query.
pub struct Candidates {
    /// The best fitting first.
    pub fitting: Vec<(Askable, Fit)>,
    /// There are others, which were not asked.
    pub are_more: bool,
}

/// Asks so many products how well the question fits: first those whose own words it has.
pub async fn candidates(visit: &Visit, question: &str, most: u32) -> Result<Candidates, Fault> {
    let question: String = question.chars().take(LONGEST).collect();
    let any = find(visit, QUERYABLE, most).await?;
    let are_more = any.after.is_some();
    let mut hits = any.hits;
    if are_more && let Some(words) = words(&question) {
        let mut first = find(visit, &format!("{QUERYABLE} ({words})"), most).await?.hits;
        hits.retain(|hit| first.iter().all(|known| known.id != hit.id));
        first.append(&mut hits);
        first.truncate(most as usize);
        hits = first;
    }
    let mut fitting = Vec::with_capacity(hits.len());
    for product in hits.iter().filter_map(Askable::of) {
        if let Some(fit) = fit(visit, product.id, &question).await? {
            fitting.push((product, fit));
        }
    }
    fitting.sort_by_key(|(_, fit)| Reverse(fit.rank()));
    Ok(Candidates { fitting, are_more })
}

async fn find(visit: &Visit, query: &str, limit: u32) -> Result<Found, Fault> {
    let search = Search { limit, at_least: recent_writes::at_least(visit).await?, ..Search::of(query) };
    match visit.door.finder.find(visit.caller(), &search).await {
        Ok(found) => Ok(found),
        Err(Refusal::Problem(problem)) => Err(problem.into()),
        Err(Refusal::Broken { message, .. }) => {
            tracing::error!(query, message, "a query of a page cannot be read");
            Err(Fault::Broken)
        }
    }
}

/// Where a question is put of which the visitor chooses himself which product it is for.
pub fn choosing(question: &str) -> String {
    address::with_query(PATH, &[("question", question), (CHOOSE, "yes")])
}

/// The words of a question as a query for any of them.
fn words(question: &str) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for word in question.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let is_operator = ["and", "not"].contains(&word);
        if word.chars().count() >= SHORTEST && !is_operator && words.iter().all(|known| known != word) {
            words.push(word.to_owned());
        }
    }
    words.truncate(MOST_WORDS);
    (!words.is_empty()).then(|| words.join(" OR "))
}

/// `None` where he may ask it no longer.
async fn fit(visit: &Visit, product: RecordId, question: &str) -> Result<Option<Fit>, Fault> {
    if question.is_empty() {
        return Ok(Some(Fit::default()));
    }
    let request = visit.about(product);
    let fitting = help::fit(&visit.door.calls.products, &request, question);
    match visit.serve("chat_fit", fitting).await {
        Ok(fit) => Ok(Some(Fit {
            understood: fit.understood,
            names: fit.names.iter().map(|(name, _)| shown(name)).collect(),
            metrics: fit.names.iter().filter(|(_, kind)| *kind == NamedKind::Metric).count(),
        })),
        Err(refusal) if matches!(refusal.status, 403 | 404) => Ok(None),
        // What is wrong with it, the product says when it is asked.
        Err(_) => Ok(Some(Fit::default())),
    }
}

/// Questions that the product would answer; none where the visitor may not query it. They are kept for the day, while
/// nothing changes that they were made of.
pub async fn examples(visit: &Visit, product: RecordId) -> Result<Vec<String>, Fault> {
    let day = visit.now.0.div_euclid(DAY_MILLIS);
    let asking = async {
        let request = visit.about(product);
        let guiding = help::guide(&visit.door.calls.products, &request);
        match visit.serve("chat_guide", guiding).await {
            Ok(guide) => Ok(guide.questions),
            Err(refusal) if matches!(refusal.status, 403 | 404) => Ok(Vec::new()),
            Err(refusal) => Err(Fault::from(refusal)),
        }
    };
    let weigh = |questions: &Vec<String>| Some(questions.iter().map(|question| question.len() + 32).sum());
    let (catalog, caller) = (visit.catalog(), visit.caller());
    catalog.remembered(CachePool::Answers, caller, format!("examples of {product} on {day}"), weigh, asking).await
}

/// A question, and the product that would answer it.
pub struct Example {
    pub question: String,
    pub product: String,
    pub address: String,
}

/// Some of what the first of these products would answer that have a model, in turn. Examples are no reason for a page to
/// fail.
pub async fn examples_of(visit: &Visit, products: &[Askable]) -> Vec<Example> {
    let mut each = Vec::with_capacity(EXAMPLE_PRODUCTS);
    for product in products {
        if each.len() == EXAMPLE_PRODUCTS {
            break;
        }
        let questions = examples(visit, product.id).await.unwrap_or_default();
        if questions.is_empty() {
            continue;
        }
        let example = |question: String| Example {
            address: product.asked(&question),
            question: shown(&question),
            product: product.name.clone(),
        };
        each.push(questions.into_iter().map(example));
    }
    let mut examples = Vec::new();
    while examples.len() < MOST_EXAMPLES {
        let before = examples.len();
        examples.extend(each.iter_mut().filter_map(Iterator::next));
        if examples.len() == before {
            break;
        }
    }
    examples.truncate(MOST_EXAMPLES);
    examples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_becomes_words_that_a_query_can_hold() {
        let found = words("Net sales by region, and NOT net of (OR) “kind:table”?");
        assert_eq!(found.as_deref(), Some("net OR sales OR region OR kind OR table"));
        assert_eq!(words("a by ?"), None);
        assert_eq!(words(&"word1 word2 ".repeat(900)).as_deref(), Some("word1 OR word2"));
    }

    #[test]
    fn what_is_known_comes_before_what_could_be_looked_up() {
        let fit = |understood: Understood, metrics: usize, names: &[&str]| Fit {
            understood,
            metrics,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let best_first = [
            fit(Understood::Whole, 1, &["net_sales", "region"]),
            fit(Understood::Whole, 0, &["orders"]),
            fit(Understood::Partly, 1, &["net_sales"]),
            fit(Understood::Not, 1, &["net_sales"]),
            fit(Understood::Partly, 0, &[]),
        ];
        assert!(best_first.iter().is_sorted_by(|one, next| one.rank() > next.rank()));
    }
}
