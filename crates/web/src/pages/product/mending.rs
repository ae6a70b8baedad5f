//! Mending a question that a product did not answer, or answered wrongly: a word of it becomes a synonym, or it gets a
//! verified query.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use emporion_products::chat::review;
use emporion_products::content_state::ContentState;
use emporion_products::page::PageRequest;
use emporion_products::parts::change::Stored;
use emporion_products::parts::semantic_models::synonym::{self, NamedPart, Synonym};
use emporion_products::parts::verified_queries::query::{self, QueryDraft};
use emporion_products::reach::queryable;
use emporion_semantic::model::datasets;
use serde_json::Value;

use super::{model, warned};
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::form::Form;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::record::{Here, RecordPage, Top, below, change};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};

/// Models that are looked through for what a word can be a synonym of, and things of all of them.
const MOST_MODELS: usize = 10;
const MOST_TARGETS: usize = 1_000;
/// The longest question of a verified query.
const LONGEST: usize = 500;

#[derive(Template)]
#[template(path = "product/mending.html")]
struct Mending {
    p: Shell,
    top: Top,
    form: String,
    back: String,
    asked: Asked,
    targets: Vec<Named>,
    targets_rest: Option<Rest>,
    typed: Typed,
    faults: Vec<String>,
}

/// The question that is mended.
struct Asked {
    /// `question` of one that was not answered, `answer` of one that was rated wrong.
    kind: &'static str,
    id: String,
    text: String,
    /// The same, as it can be shown.
    rendered: String,
    terms: Vec<String>,
    examples: Vec<String>,
    comment: String,
    sql: String,
}

/// Something that a word can be a synonym of.
struct Named {
    value: String,
    name: String,
    is_chosen: bool,
    /// What it is called, and its synonyms.
    called: Vec<String>,
    /// What a figure of one table is computed by.
    figure: Option<Figure>,
}

/// A metric with the one dataset that it is of.
struct Figure {
    metric: String,
    expression: String,
    dataset: String,
    source: String,
}

/// So many letters begin two words that are like one another; shorter ones are the same.
const SAME_LETTERS: usize = 4;
/// Words that have fewer letters say nothing.
const LEAST_LETTERS: usize = 3;

struct Typed {
    term: String,
    target: String,
    question: String,
    sql: String,
}

/// Below the product.
const PATH: &str = "mending";

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        below(page, PATH, "question_to_mend", move |visit, view| form(page, visit, view)),
        change(page, PATH, "mend_question", move |visit, view| mend(page, visit, view)),
    ]
}

/// Where a question (`question`), or an answer (`answer`), of the product at this address is mended.
pub fn form_at(product: &str, kind: &str, id: &str) -> String {
    address::with_query(&format!("{product}/{PATH}"), &[(kind, id)])
}

async fn form(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let reading = visit.reading().await?;
    let here = Here { page, visit: &visit, reading: &reading, view: &view };
    let (kind, id) = match (visit.query("question"), visit.query("answer")) {
        (question, answer) if question.is_empty() && answer.is_empty() => {
            // It was sent from there, and is asked for by itself.
            return Ok(headers::see_other(&address::with_query(&here.address(), &[("tab", "activity")])));
        }
        (question, answer) if question.is_empty() => ("answer", answer),
        (question, _) => ("question", question),
    };
    reading.require(Action::EditAll, &view.record).await?;
    let asked = asked(&visit, view.id(), kind, &id).await?.ok_or(Fault::NoSuchPage)?;
    mending(here, asked, None, Vec::new(), 200).await
}

/// The question that was not answered, or the answer that was rated wrong; `None` where there is none of that id any more.
async fn asked(visit: &Visit, product: RecordId, kind: &'static str, id: &str) -> Result<Option<Asked>, Refusal> {
    let (products, request) = (&visit.door.calls.products, visit.about(product));
    // What is no id is that of nothing.
    match kind {
        "question" => {
            let finding = review::find_unanswered(products, &request, id.parse().unwrap_or_default());
            let found = visit.serve("unansweredQuestions_list", finding).await?;
            Ok(found.map(|group| Asked {
                terms: group.terms,
                examples: group.examples.iter().map(|one| shown_prose(one)).collect(),
                ..Asked::of(kind, id, &group.question)
            }))
        }
        _ => {
            let Ok(message) = id.parse() else { return Ok(None) };
            let finding = review::find_rated(products, &request, review::WRONG, message);
            let found = visit.serve("chatFeedback_list", finding).await?;
            Ok(found.map(|answer| Asked {
                comment: shown_prose(answer.comment.as_deref().unwrap_or_default()),
                sql: answer.sql.unwrap_or_default(),
                ..Asked::of(kind, id, &answer.question)
            }))
        }
    }
}

impl Asked {
    fn of(kind: &'static str, id: &str, text: &str) -> Asked {
        Asked {
            kind,
            id: id.to_owned(),
            text: text.to_owned(),
            rendered: shown_prose(text),
            terms: Vec::new(),
            examples: Vec::new(),
            comment: String::new(),
            sql: String::new(),
        }
    }
}

async fn mending(here: Here<'_>, asked: Asked, typed: Option<Typed>, faults: Vec<String>, status: u16) -> Shown {
    let (visit, at) = (here.visit, here.address());
    let is_fresh = typed.is_none();
    let mut typed = typed.unwrap_or_else(|| Typed {
        term: asked.terms.first().cloned().unwrap_or_default(),
        target: String::new(),
        question: asked.text.chars().take(LONGEST).collect(),
        sql: asked.sql.clone(),
    });
    let mut targets = match asked.kind {
        "question" => targets(visit, here.view.id()).await?,
        _ => Vec::new(),
    };
    if is_fresh && asked.kind == "question" {
        typed.target = meant(&targets, &asked).map(|one| one.value.clone()).unwrap_or_default();
        typed.sql = proposed(visit, here.view.id(), &targets, &asked).await.unwrap_or_default();
    }
    let targets_rest = Rest::of_all(visit.t, targets.len().min(MOST_TARGETS), targets.len());
    targets.truncate(MOST_TARGETS);
    targets.iter_mut().for_each(|one| one.is_chosen = one.value == typed.target);
    let page = Mending {
        p: here.shell(),
        top: here.top_of("activity").await?,
        form: format!("{at}/{PATH}"),
        back: address::with_query(&at, &[("tab", "activity")]),
        asked,
        targets,
        targets_rest,
        typed,
        faults,
    };
    Ok(headers::page(status, &page))
}

/// What the live models have names for: figures first, then tables, then columns.
async fn targets(visit: &Visit, product: RecordId) -> Result<Vec<Named>, Fault> {
    let listed = match model::list(visit, product, ContentState::Live, &PageRequest::at(MOST_MODELS, "")).await {
        Ok(listed) => listed.items,
        Err(refusal) if matches!(refusal.status, 403 | 404) => return Ok(Vec::new()),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut named = [Vec::new(), Vec::new(), Vec::new()];
    for listed in listed {
        let id = listed.item.id.to_string();
        let Ok(model) = model::find(visit, product, &id).await else { continue };
        let one = |kind: &str, name: String, synonyms: Vec<String>| {
            let sort = visit.t.say(&format!("activity.target.{kind}"));
            let values = [("name", &*shown(&name)), ("sort", &*sort), ("model", &*shown_prose(&model.name))];
            let rendered = visit.t.with("activity.named", &values);
            Named {
                value: format!("{kind}/{id}/{name}"),
                name: rendered,
                is_chosen: false,
                figure: if kind == "metric" { Figure::of(&model.document, &name) } else { None },
                called: std::iter::once(name).chain(synonyms).collect(),
            }
        };
        for part in NamedPart::all(&model.document) {
            let place = ["metric", "table", "field"].iter().position(|known| *known == part.kind).unwrap_or_default();
            let synonyms = part.synonyms_in(&model.document);
            let synonyms = synonyms.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            named[place].push(one(part.kind, part.name.clone(), synonyms.collect()));
        }
    }
    Ok(named.into_iter().flatten().collect())
}

/// The first that is called like a word that is not known.
fn meant<'t>(targets: &'t [Named], asked: &Asked) -> Option<&'t Named> {
    let unknown = asked.terms.join(" ");
    targets.iter().find(|one| one.is_alike(&unknown))
}

/// The statement of the figure that is called like a word of the question, as who asks may run it; `None` where there is none.
async fn proposed(visit: &Visit, product: RecordId, targets: &[Named], asked: &Asked) -> Option<String> {
    let alike = targets.iter().filter(|one| one.is_alike(&asked.text));
    let Figure { metric, expression, dataset, source } = alike.filter_map(|one| one.figure.as_ref()).next()?;
    let tables = queryable::list(&visit.door.calls.products, &visit.about(product), None).await.ok()?.tables;
    let table = tables.iter().find(|table| table.is_meant_by(source))?;
    let (from, metric) = (table.sql_name.as_ref()?, table.dialect().written(metric)?);
    // As the expression calls it.
    let is_plain = dataset.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let dataset = if is_plain { dataset.clone() } else { table.dialect().written(dataset)? };
    Some(format!("SELECT {expression} AS {metric}\nFROM {from} AS {dataset}"))
}

impl Named {
    fn is_alike(&self, words: &str) -> bool {
        self.called.iter().any(|called| is_alike(called, words))
    }
}

/// Whether a word of the one begins as a word of the other does.
fn is_alike(one: &str, other: &str) -> bool {
    let beginnings = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= LEAST_LETTERS);
        words.map(|word| word.to_lowercase().chars().take(SAME_LETTERS).collect()).collect()
    };
    let others = beginnings(other);
    beginnings(one).iter().any(|own| others.contains(own))
}

impl Figure {
    /// How several tables hang together is said by who knows what is asked.
    fn of(document: &Value, metric: &str) -> Option<Figure> {
        let model = &document["semantic_model"][0];
        let named = |list: &str, name: &str| {
            let mut all = model[list].as_array().into_iter().flatten();
            all.find(|one| one["name"].as_str().is_some_and(|own| name::fold(own) == name::fold(name)))
        };
        let expression = named("metrics", metric)?["expression"]["dialects"][0]["expression"].as_str()?;
        let datasets = datasets(expression);
        let [dataset] = datasets.iter().collect::<Vec<_>>()[..] else { return None };
        Some(Figure {
            metric: metric.to_owned(),
            expression: expression.to_owned(),
            dataset: dataset.clone(),
            source: named("datasets", dataset)?["source"].as_str()?.to_owned(),
        })
    }
}

async fn mend(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    visit.reading().await?.require(Action::EditAll, &view.record).await?;
    let sent = visit.form();
    let (kind, id) = match (sent.text("question_id"), sent.text("answer_id")) {
        ("", "") => return Err(Fault::NoSuchPage),
        ("", id) => ("answer", id),
        (id, _) => ("question", id),
    };
    let product = view.id();
    let stored = match (sent.text("do"), kind) {
        ("synonym", "question") => add_synonym(&visit, product, id, &sent).await,
        ("verify", "question") => add_verified_query(&visit, product, Some(id), &sent).await,
        ("verify", _) => add_verified_query(&visit, product, None, &sent).await,
        _ => return Err(Fault::NoSuchPage),
    };
    let refusal = match stored {
        Ok(stored) => return Ok(headers::see_other(&warned::address_after(&visit, &view, "saved", &stored.warnings))),
        Err(refusal) => refusal,
    };
    let reading = visit.reading().await?;
    again(Here { page, visit: &visit, reading: &reading, view: &view }, (kind, id), &sent, refusal).await
}

/// What was typed stays, also where who asked has taken the question back meanwhile.
async fn again(here: Here<'_>, (kind, id): (&'static str, &str), sent: &Form, refusal: Refusal) -> Shown {
    let visit = here.visit;
    let found = asked(visit, here.view.id(), kind, id).await?;
    let (status, faults) = match (&found, refusal.status) {
        (None, 404) => (409, vec![visit.t.say("activity.gone")]),
        _ => refusal.in_form(visit.t)?,
    };
    let typed = Typed {
        term: sent.trimmed("term").to_owned(),
        target: sent.text("target").to_owned(),
        question: sent.trimmed("question").to_owned(),
        sql: sent.prose("sql"),
    };
    let gone = || Asked::of(kind, id, sent.text("asked"));
    mending(here, found.unwrap_or_else(gone), Some(typed), faults, status).await
}

/// Of a question by its id; what is no id is that of nothing.
async fn add_synonym(visit: &Visit, product: RecordId, question: &str, sent: &Form) -> Result<Stored, Refusal> {
    let (request, products) = (visit.about(product), &visit.door.calls.products);
    let mut target = sent.text("target").splitn(3, '/');
    let mut next = || target.next().unwrap_or_default();
    let (kind, model, name) = (next(), next(), next());
    let synonym = Synonym {
        term: sent.trimmed("term").to_owned(),
        target: name.to_owned(),
        kind: Some(kind.to_owned()),
        model: Some(model.to_owned()),
    };
    let adding = async {
        synonym.check()?;
        review::require_unanswered(products, &request, question).await?;
        synonym::add(products, &request, synonym, None, None).await?.fresh()
    };
    visit.serve("unansweredQuestions_addSynonym", adding).await
}

/// Of a question that was not answered by its id, or of any.
async fn add_verified_query(
    visit: &Visit,
    product: RecordId,
    question: Option<&str>,
    sent: &Form,
) -> Result<Stored, Refusal> {
    let (request, products) = (visit.about(product), &visit.door.calls.products);
    let (question_text, sql) = (sent.trimmed("question").to_owned(), sent.prose("sql").trim().to_owned());
    let draft = QueryDraft { question: question_text, sql, ..QueryDraft::default() };
    let operation = match question {
        Some(_) => "unansweredQuestions_addVerifiedQuery",
        None => "verifiedQueries_create",
    };
    let adding = async {
        if let Some(question) = question {
            review::require_unanswered(products, &request, question).await?;
        }
        query::save(products, &request, None, &draft, None, None).await?.fresh()
    };
    visit.serve(operation, adding).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_figure_is_of_the_one_dataset_that_its_names_are_of() {
        let metric = |name: &str, text: &str| json!({"name": name, "expression": {"dialects": [{"expression": text}]}});
        let dataset = |name: &str| json!({"name": name, "source": format!("shop.{name}")});
        let document = json!({"semantic_model": [{
            "datasets": [dataset("orders"), dataset("reorders")],
            "metrics": [
                metric("again", "SUM(reorders.amount)"), metric("both", "SUM(orders.a) - SUM(reorders.a)"),
                metric("bare", "COUNT(*)"), metric("text", "COUNT('orders.x') + SUM(reorders.a)"),
            ],
        }]});
        let of = |metric: &str| Figure::of(&document, metric).map(|figure| figure.source);
        assert_eq!([of("again"), of("text")], [Some("shop.reorders".to_owned()), Some("shop.reorders".to_owned())]);
        assert_eq!([of("both"), of("bare"), of("none")], [None, None, None]);
        assert!(is_alike("net_sales", "What are the sales?") && !is_alike("net_sales", "How many unicorns?"));
    }
}
