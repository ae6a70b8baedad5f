//! Mending a question that a product did not answer, or answered wrongly: a word of it becomes a synonym, or it gets a
//! verified query.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use emporion_products::chat::review;
use emporion_products::content_state::ContentState;
use emporion_products::page::PageRequest;
use emporion_products::parts::change::Stored;
use emporion_products::parts::semantic_models::synonym::{self, NamedPart, Synonym};
use emporion_products::parts::verified_queries::query::{self, QueryDraft};

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
}

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
    let typed = typed.unwrap_or_else(|| Typed {
        term: if let [only] = asked.terms.as_slice() { only.clone() } else { String::new() },
        target: String::new(),
        question: asked.text.chars().take(LONGEST).collect(),
        sql: asked.sql.clone(),
    });
    let (targets, targets_rest) = match asked.kind {
        "question" => targets(visit, here.view.id(), &typed.target).await?,
        _ => (Vec::new(), None),
    };
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
async fn targets(visit: &Visit, product: RecordId, chosen: &str) -> Result<(Vec<Named>, Option<Rest>), Fault> {
    let listed = match model::list(visit, product, ContentState::Live, &PageRequest::at(MOST_MODELS, "")).await {
        Ok(listed) => listed.items,
        Err(refusal) if matches!(refusal.status, 403 | 404) => return Ok((Vec::new(), None)),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut named = [Vec::new(), Vec::new(), Vec::new()];
    for listed in listed {
        let id = listed.item.id.to_string();
        let Ok(model) = model::find(visit, product, &id).await else { continue };
        let one = |kind: &str, name: String| {
            let sort = visit.t.say(&format!("activity.target.{kind}"));
            let values = [("name", &*shown(&name)), ("sort", &*sort), ("model", &*shown_prose(&model.name))];
            let value = format!("{kind}/{id}/{name}");
            Named { name: visit.t.with("activity.named", &values), is_chosen: value == chosen, value }
        };
        for NamedPart { kind, name, .. } in NamedPart::all(&model.document) {
            let place = ["metric", "table", "field"].iter().position(|known| *known == kind).unwrap_or_default();
            named[place].push(one(kind, name));
        }
    }
    let mut named: Vec<Named> = named.into_iter().flatten().collect();
    let rest = Rest::of_all(visit.t, named.len().min(MOST_TARGETS), named.len());
    named.truncate(MOST_TARGETS);
    Ok((named, rest))
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
