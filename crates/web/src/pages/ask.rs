//! `/ask`: a question before a product is chosen. Where the visitor may query one alone, or one alone knows a word of it, it
//! goes there; else, and where the address says `choose`, he chooses, the best fitting first. A form that is sent here asks at
//! once; by looking, nothing is asked: there the question is put into a box.

use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::command::Ref;
use emporion_catalog::finder::topic;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::forms::bound::Bound;
use crate::layout::shell::Shell;
use crate::pages::product::{self, asking};
use crate::products::askable::{self, Askable, CHOOSE, Candidates, Example, PATH};
use crate::records::address;
use crate::records::link::Link;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::search::query;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Products that are asked how well something fits that somebody searches for.
const MOST_TRIED: u32 = 5;
/// Names of what a product knows that are told.
const MOST_NAMES: usize = 6;

/// Where a question is typed.
#[derive(Template)]
#[template(path = "parts/ask_box.html")]
pub struct AskBox {
    t: Texts,
    bound: Bound,
    question: String,
    examples: Vec<Example>,
}

impl HtmlSafe for AskBox {}

impl AskBox {
    /// With examples from these products.
    pub async fn of(visit: &Visit, question: String, products: &[Askable]) -> AskBox {
        AskBox::with(visit, question, askable::examples_of(visit, products).await)
    }

    pub fn with(visit: &Visit, question: String, examples: Vec<Example>) -> AskBox {
        AskBox { t: visit.t, bound: Bound::new(visit.session.token(), None), question, examples }
    }
}

#[derive(Template)]
#[template(path = "ask.html")]
struct Ask {
    p: Shell,
    form: AskBox,
    question: String,
    /// The question as it can be shown.
    rendered: String,
    choices: Vec<Choice>,
    /// Those that know no word of the question, where others do.
    others: Vec<Choice>,
    /// What is searched for, where no product knows a word of it and that finds anything.
    search: Option<String>,
    is_searched: bool,
    /// No product knows a word of the question.
    is_unknown: bool,
    /// Where all products are that can be asked, if there are more.
    more: Option<String>,
}

/// A product to ask.
pub struct Choice {
    pub link: Link,
    pub name: String,
    pub line: String,
    pub names: Vec<String>,
    pub is_whole: bool,
    /// Where the question goes, and the product that it is for.
    pub form: String,
    pub of: RecordId,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(PATH, "ask", ask), change(PATH, "ask_anywhere", ask_at_once)]
}

/// Where a question is put.
fn of(question: &str) -> String {
    address::with_query(PATH, &[("question", question)])
}

/// Words that somebody searches for, to be asked instead, if they look like a question, or name what a product that he may
/// query measures. A query that is more than words is none; nor is anything looked for where finding the products takes too
/// much for a page.
pub async fn offered(visit: &Visit, query: &str, clauses: &[String]) -> Option<String> {
    if clauses.is_empty() || !query::are_words(clauses) || !query::is_little_lent(visit).await.ok()? {
        return None;
    }
    // Of a question it is enough that somebody can be asked.
    let is_meant = match is_question(query) {
        true => !askable::candidates(visit, "", 1).await.ok()?.fitting.is_empty(),
        false => {
            let found = askable::candidates(visit, query, MOST_TRIED).await.ok()?;
            // Of a sentence one is enough that would answer it.
            let is_sentence = clauses.len() > 2 && clauses.iter().any(|word| topic::is_filler(&word.to_lowercase()));
            found.fitting.iter().any(|(_, fit)| fit.names_a_metric() || is_sentence && fit.is_whole())
        }
    };
    is_meant.then(|| query.to_owned())
}

/// Whether a text begins or ends as questions do. They are asked in English.
fn is_question(text: &str) -> bool {
    const ASKING: [&str; 11] =
        ["how", "what", "which", "who", "whose", "when", "where", "why", "show", "list", "compare"];
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().to_lowercase();
    text.trim_end().ends_with('?') || ASKING.contains(&first.as_str()) && words.next().is_some()
}

/// A question as it was typed, as much of it as a product takes.
fn typed(text: &str) -> String {
    text.trim().chars().take(askable::LONGEST).collect()
}

/// The product that nobody has to choose: the only one, or the only one that knows a word of the question.
fn only_one(found: &Candidates) -> Option<&Askable> {
    let knowing: Vec<&Askable> =
        found.fitting.iter().filter(|(_, fit)| !fit.names.is_empty()).map(|(product, _)| product).collect();
    let only = match (found.fitting.as_slice(), knowing.as_slice()) {
        ([(only, _)], _) => Some(only),
        (_, [only]) => Some(*only),
        _ => None,
    };
    only.filter(|_| !found.are_more)
}

/// Asks the product that the question is for. Where none is alone, the visitor chooses, at an address to come back to.
async fn ask_at_once(visit: Arc<Visit>) -> Shown {
    let question = typed(visit.form().text("question"));
    let found = askable::candidates(&visit, &question, askable::MOST_ASKED).await?;
    let only = only_one(&found).map(|product| product.id).filter(|_| !question.is_empty());
    let Some(only) = only else { return Ok(headers::see_other(&of(&question))) };
    let product = Ref::Id(visit.catalog().kind("data_product"), only);
    // No reading is held: what follows is for another door.
    let view = visit.reading().await?.get(&product, States::Alive, &Depth::full()).await?;
    asking::question(&product::PAGE, visit, Box::new(view)).await
}

async fn ask(visit: Arc<Visit>) -> Shown {
    let question = typed(&visit.query("question"));
    let found = askable::candidates(&visit, &question, askable::MOST_ASKED).await?;
    if let Some(only) = only_one(&found).filter(|_| visit.query(CHOOSE).is_empty()) {
        return Ok(headers::see_other(&only.asked(&question)));
    }
    let is_unknown = !question.is_empty() && found.fitting.iter().all(|(_, fit)| fit.names.is_empty());
    let (products, fits): (Vec<_>, Vec<_>) = found.fitting.into_iter().unzip();
    let search = match is_unknown || products.is_empty() {
        true => query::finding(&visit, &question).await.ok(),
        false => None,
    };
    // Who has no question, or one that nobody knows, sees what could be asked.
    let form = match question.is_empty() || is_unknown {
        true => AskBox::of(&visit, question.clone(), &products).await,
        false => AskBox::of(&visit, question.clone(), &[]).await,
    };
    let choice = |(product, mut fit): (Askable, askable::Fit)| {
        fit.names.truncate(MOST_NAMES);
        Choice {
            link: product.link_to(product.asked(&question)),
            form: format!("{}/ask", product.address),
            of: product.id,
            is_whole: fit.is_whole(),
            names: fit.names,
            name: product.name,
            line: product.line,
        }
    };
    let choices: Vec<Choice> = products.into_iter().zip(fits).map(choice).collect();
    let (choices, others) = match question.is_empty() || is_unknown {
        true => (choices, Vec::new()),
        false => choices.into_iter().partition(|choice| !choice.names.is_empty()),
    };
    answer(&Ask {
        p: visit.shell("").below(visit.t.say("ask.title"), None),
        form,
        choices,
        others,
        is_searched: search.is_some(),
        search: search.flatten(),
        rendered: shown(&question),
        question,
        is_unknown,
        more: found.are_more.then(|| query::address_of(askable::QUERYABLE)),
    })
}
