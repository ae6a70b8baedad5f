//! What a product's tables mean: its semantic models, and the queries that somebody has verified. Drafts are shown to who may
//! make them live.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::PAGE;
use crate::address::{self, segment};
use crate::conflict::Conflict;
use crate::difference;
use crate::door::Door;
use crate::fault::Fault;
use crate::form::Form;
use crate::headers;
use crate::inward::Refusal;
use crate::model::Model;
use crate::model_picture::ModelPicture;
use crate::plain::{shown, shown_prose};
use crate::record::{Here, Top, back, change};
use crate::rest::Rest;
use crate::shell::Shell;
use crate::visit::{Shown, Visit};

const MOST_MODELS: usize = 10;
const MOST_QUERIES: usize = 100;
/// How often a document is stored again because its state keeps changing, and its text does not.
const TRIES: usize = 4;

#[derive(Template)]
#[template(path = "product/model.html")]
struct Page {
    p: Shell,
    top: Top,
    form: String,
    models: Vec<Drawn>,
    models_rest: Option<Rest>,
    queries: Vec<Query>,
    queries_rest: Option<Rest>,
    faults: Vec<String>,
    /// What the next deploy would do, for who may deploy.
    deploy: Option<Deploy>,
    may_edit: bool,
    is_closed: bool,
}

struct Drawn {
    model: Model,
    picture: Option<ModelPicture>,
    edit: String,
}

struct Query {
    question: String,
    alternates: Vec<String>,
    sql: String,
    /// `ok`, `broken` or `unchecked`.
    status: &'static str,
    is_deployed: bool,
    used: String,
}

/// Drafts that wait, and what speaks against them.
struct Deploy {
    changes: Vec<String>,
    objections: Vec<String>,
}

#[derive(Template)]
#[template(path = "product/model_edit.html")]
struct Edit {
    p: Shell,
    name: String,
    form: String,
    back: String,
    model: String,
    tag: String,
    /// What the form was made of.
    seen: String,
    content: String,
    faults: Vec<String>,
    conflict: Option<Conflict>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![change(&PAGE, "model", "change_model", save), back(&PAGE, "model", "product_model", "model")]
}

pub async fn tab(here: Here<'_>) -> Shown {
    let model = here.visit.query("model");
    match model.is_empty() {
        true => page(here, Vec::new(), 200).await,
        false => edit(here, &model).await,
    }
}

async fn page(here: Here<'_>, faults: Vec<String>, status: u16) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let product = view.id().to_string();
    let top = here.top_of("model").await?;
    let path = format!("/semantic-models?limit={MOST_MODELS}");
    let ((listed, next), is_closed) = match visit.page_of_product(&product, &path, &visit.query("models")).await? {
        Ok(page) => (page, false),
        Err(refusal) if matches!(refusal.status, 403 | 404) => ((Value::Null, None), true),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut models = Vec::new();
    for one in listed["semanticModels"].as_array().into_iter().flatten() {
        let id = one["id"].as_str().unwrap_or_default();
        let told = visit.of_product(Method::GET, &product, &format!("/semantic-models/{id}"), None).await?;
        // It may have gone since it was listed.
        let Ok(told) = told else { continue };
        let model = Model::of(&told["semanticModel"]);
        let edit = address::with_query(&top.head.address, &[("tab", "model"), ("model", id)]);
        models.push(Drawn { picture: ModelPicture::of(visit.t, &model), model, edit });
    }
    let models_rest = next_page(visit, &top.head.address, "models", models.len(), next);
    let (queries, next) = match is_closed {
        true => (Vec::new(), None),
        false => queries(visit, &product).await?,
    };
    let queries_rest = next_page(visit, &top.head.address, "queries", queries.len(), next);
    let may_edit = !is_closed && reading.may(Action::EditAll, &view.record).await?;
    let has_drafts = models.iter().any(|one| !one.model.is_deployed || one.model.is_leaving)
        || queries.iter().any(|query| !query.is_deployed);
    let deploy = match may_edit && has_drafts {
        true => Some(rehearsed(visit, &product).await?),
        false => None,
    };
    let page = Page {
        p: here.shell(),
        form: format!("{}/model", top.head.address),
        models,
        models_rest,
        queries,
        queries_rest,
        faults,
        deploy,
        may_edit,
        is_closed,
        top,
    };
    Ok(headers::page(status, &page))
}

/// Below a list of the tab that has another page.
fn next_page(visit: &Visit, at: &str, list: &'static str, shown: usize, next: Option<String>) -> Option<Rest> {
    let next = next?;
    let address = address::with_query(at, &[("tab", "model"), (list, &next)]);
    Rest::of_more(visit.t, shown, true).map(|rest| rest.by(visit.t, "rest.next", format!("{address}#{list}")))
}

/// Those of the page that the address asks for, and where the next one begins.
async fn queries(visit: &Visit, product: &str) -> Result<(Vec<Query>, Option<String>), Fault> {
    let path = format!("/verified-queries?limit={MOST_QUERIES}");
    let page = visit.page_of_product(product, &path, &visit.query("queries")).await?;
    let (listed, next) = page.unwrap_or_default();
    let one = |told: &Value| {
        let text = |name: &str| shown_prose(told[name].as_str().unwrap_or_default());
        let alternates = told["alternateQuestions"].as_array().into_iter().flatten();
        Query {
            question: text("question"),
            alternates: alternates.filter_map(Value::as_str).map(shown).collect(),
            sql: text("sql"),
            status: ["ok", "broken"].into_iter().find(|one| told["status"] == *one).unwrap_or("unchecked"),
            is_deployed: told["isDeployed"] == true,
            used: visit.t.count("count.uses", told["usageCount"].as_u64().unwrap_or(0)),
        }
    };
    Ok((listed["verifiedQueries"].as_array().into_iter().flatten().map(one).collect(), next))
}

/// What a deploy would do, without doing it.
async fn rehearsed(visit: &Visit, product: &str) -> Result<Deploy, Fault> {
    let told = visit.of_product(Method::POST, product, "/deploy", Some(&json!({"dryRun": true}))).await?;
    let told = match told {
        Ok(told) => told,
        Err(refusal) => return Ok(Deploy { changes: Vec::new(), objections: in_words(&refusal) }),
    };
    let counts = [
        ("dataAssets", "count.tables"),
        ("semanticModelTables", "count.datasets"),
        ("semanticModelRelationships", "count.relationships"),
        ("semanticModelMetrics", "count.metrics"),
        ("verifiedQueries", "count.verified"),
    ];
    let changes = counts.into_iter().filter_map(|(member, key)| {
        let number = told["results"][member]["promoted"].as_u64().filter(|number| *number > 0)?;
        Some(visit.t.count(key, number))
    });
    let errors = told["validation"]["errors"].as_array().into_iter().flatten();
    Ok(Deploy {
        changes: changes.collect(),
        objections: errors.filter_map(|error| error["message"].as_str()).map(shown_prose).collect(),
    })
}

/// A model as a text, and the state that the text is of.
struct Document {
    name: String,
    content: String,
    tag: String,
}

/// What was sent and not stored.
struct Typed {
    content: String,
    faults: Vec<String>,
    /// What the form was made of.
    of: Document,
    /// What somebody else has made of it since.
    conflict: Option<Conflict>,
}

async fn document(visit: &Visit, product: &str, model: &str) -> Result<Document, Fault> {
    let path = format!("/semantic-models/{}", segment(model));
    let (told, tag) = visit.of_product_as(None, Method::GET, product, &path, None).await?.map_err(Fault::from)?;
    let told = &told["semanticModel"];
    Ok(Document {
        name: shown(told["name"].as_str().unwrap_or_default()),
        content: serde_json::to_string_pretty(&told["document"]).unwrap_or_default(),
        tag,
    })
}

/// The document of a model, as a text to change.
async fn edit(here: Here<'_>, model: &str) -> Shown {
    let Here { visit, reading, view, .. } = here;
    reading.require(Action::EditAll, &view.record).await?;
    let of = document(visit, &view.id().to_string(), model).await?;
    let typed = Typed { content: of.content.clone(), faults: Vec::new(), of, conflict: None };
    form(here, model, typed, 200)
}

fn form(here: Here<'_>, model: &str, typed: Typed, status: u16) -> Shown {
    let at = here.address();
    let page = Edit {
        p: here.shell(),
        name: typed.of.name,
        form: format!("{at}/model"),
        back: address::with_query(&at, &[("tab", "model")]),
        model: model.to_owned(),
        tag: typed.of.tag,
        seen: typed.of.content,
        content: typed.content,
        faults: typed.faults,
        conflict: typed.conflict,
    };
    Ok(headers::page(status, &page))
}

/// Stores what was typed, unless somebody else has changed the document since the form was made.
async fn store(visit: &Visit, view: &View, sent: &Form) -> Shown {
    let (product, model) = (view.id().to_string(), sent.text("model"));
    let (content, seen) = (sent.prose("content"), sent.prose("seen"));
    let path = format!("/semantic-models/{}", segment(model));
    let body = json!({"content": content, "format": "osi"});
    let mut tag = sent.text("tag").to_owned();
    for _ in 0..TRIES {
        let refusal = match visit.of_product_as(Some(&tag), Method::PATCH, &product, &path, Some(&body)).await? {
            Ok(_) => {
                let done = [("tab", "model"), ("done", "saved")];
                return Ok(headers::see_other(&address::with_query(&address::of_record(&view.record), &done)));
            }
            Err(refusal) if matches!(refusal.status, 401 | 403 | 404) => return Err(refusal.into()),
            Err(refusal) => refusal,
        };
        let now = document(visit, &product, model).await?;
        let (typed, status) = match refusal.status {
            // It was made live meanwhile, say: the text is the one that he saw.
            412 if now.content == seen => {
                tag = now.tag;
                continue;
            }
            412 => {
                let conflict = Some(conflict(visit, view, model, &seen, &now).await?);
                (Typed { content, faults: Vec::new(), of: now, conflict }, 409)
            }
            // What he saw stays what the form is of: whoever changes it meanwhile is noticed when it is sent again.
            _ => {
                let of = Document { content: seen, tag, ..now };
                (Typed { content, faults: in_words(&refusal), of, conflict: None }, 400)
            }
        };
        let reading = visit.reading().await?;
        return form(Here { page: &PAGE, visit, reading: &reading, view }, model, typed, status);
    }
    Err(Problem::Overtaken.into())
}

/// What somebody else has made of a document since the form was made. It is written with its draft, or without one.
async fn conflict(visit: &Visit, view: &View, model: &str, seen: &str, now: &Document) -> Result<Conflict, Fault> {
    let reading = visit.reading().await?;
    let id = model.parse().map_err(|_| Fault::NoSuchPage)?;
    let mut written = reading.parts_by_id(&[view], &[id]).await?;
    let draft = reading.catalog().kind("draft");
    let of_model = ListQuery { name: Some(model.to_owned()), ..ListQuery::of(reading.account(), draft) };
    written.extend(reading.parts(view, of_model).await?.into_iter().map(Some));
    let last = written.iter().flatten().map(|record| &record.updated).max_by_key(|stamp| stamp.at);
    let differences = difference::lines(visit.t, seen, &now.content);
    Ok(Conflict { theirs: Some(shown_prose(&now.content)), ..Conflict::of(visit, last, differences) })
}

async fn save(visit: Arc<Visit>, view: Box<View>) -> Shown {
    let (sent, at, product) = (visit.form(), address::of_record(&view.record), view.id().to_string());
    let back = |done: &str| Ok(headers::see_other(&address::with_query(&at, &[("tab", "model"), ("done", done)])));
    let post = |path: &'static str| {
        let (visit, product) = (&visit, &product);
        async move { visit.of_product(Method::POST, product, path, Some(&json!({}))).await }
    };
    let refusal = match sent.text("do") {
        "deploy" => match post("/deploy").await? {
            Ok(_) => return back("deployed"),
            Err(refusal) => refusal,
        },
        "generate" => match post("/semantic-models/generate").await? {
            Ok(_) => return back("created"),
            Err(refusal) => refusal,
        },
        "save" => return store(&visit, &view, &sent).await,
        _ => return Err(Fault::NoSuchPage),
    };
    if matches!(refusal.status, 401 | 403 | 404) {
        return Err(refusal.into());
    }
    let reading = visit.reading().await?;
    let here = Here { page: &PAGE, visit: &visit, reading: &reading, view: &view };
    page(here, in_words(&refusal), if refusal.status == 409 { 409 } else { 400 }).await
}

fn in_words(refusal: &Refusal) -> Vec<String> {
    let details = refusal.details.iter().map(|detail| shown_prose(detail));
    [shown_prose(&refusal.message)].into_iter().chain(details).collect()
}
