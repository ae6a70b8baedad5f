//! What a product's tables mean: its semantic models, and the queries that somebody has verified. Drafts are shown to who may
//! make them live.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::verified;
use super::warned::{self, Warned};
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::forms::form::Form;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::products::model::Model;
use crate::products::model_picture::ModelPicture;
use crate::records::address::{self, segment};
use crate::records::difference;
use crate::records::record::{Here, RecordPage, Top, back, change};
use crate::request::headers;
use crate::request::internal_client::{Refusal, Response, ToProduct, Warning};
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};

const MOST_MODELS: usize = 10;
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
    queries: Vec<verified::Query>,
    queries_rest: Option<Rest>,
    faults: Vec<String>,
    /// What the doors warn of, for who may mend it.
    warned: Vec<Warned>,
    /// What the next deploy would do, for who may deploy.
    deploy: Option<Deploy>,
    may_ask: bool,
    may_edit: bool,
    is_closed: bool,
}

struct Drawn {
    id: String,
    model: Model,
    picture: Option<ModelPicture>,
    edit: String,
}

/// Drafts that wait, and what speaks against them.
struct Deploy {
    changes: Vec<String>,
    objections: Vec<String>,
}

/// A deploy that was not carried out.
struct Rehearsal {
    deploy: Deploy,
    warnings: Vec<Warning>,
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

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        change(page, "model", "change_model", move |visit, view| save(page, visit, view)),
        back(page, "model", "product_model", "model"),
    ]
}

pub async fn tab(here: Here<'_>) -> Shown {
    let asked = |name: &str| Some(here.visit.query(name)).filter(|asked| !asked.is_empty());
    if let Some(model) = asked("model") {
        return edit(here, &model).await;
    }
    if let Some(query) = asked("verified") {
        return verified::edit(here, &query).await;
    }
    if let Some(query) = asked("remove") {
        return verified::removing(here, &query).await;
    }
    page(here, Vec::new(), 200).await
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
    let mut anchors = HashSet::new();
    for one in listed["semanticModels"].as_array().into_iter().flatten() {
        let id = one["id"].as_str().unwrap_or_default();
        let told = visit.of_product(Method::GET, &product, &format!("/semantic-models/{id}"), None).await?;
        // It may have gone since it was listed.
        let Ok(told) = told else { continue };
        let mut model = Model::of(visit.t, &told["semanticModel"]);
        for metric in &mut model.metrics {
            if !anchors.insert(metric.anchor.clone()) {
                metric.anchor.clear();
            }
        }
        let edit = address::with_query(&top.head.address, &[("tab", "model"), ("model", id)]);
        models.push(Drawn { id: id.to_owned(), picture: ModelPicture::of(visit.t, &model), model, edit });
    }
    let models_rest = Rest::of_list(visit.t, &top.head.address, ("model", "models"), models.len(), next);
    let (queries, next) = match is_closed {
        true => (Vec::new(), None),
        false => verified::listed(visit, &product, &top.head.address).await?,
    };
    let queries_rest = Rest::of_list(visit.t, &top.head.address, ("model", "queries"), queries.len(), next);
    let may_ask = reading.rows().may_query(view).await?.is_some();
    let may_edit = !is_closed && reading.may(Action::EditAll, &view.record).await?;
    let has_drafts = models.iter().any(|one| !one.model.is_deployed || one.model.is_leaving)
        || queries.iter().any(|query| !query.is_deployed);
    let mut warned = Vec::new();
    let mut deploy = None;
    if may_edit && (has_drafts || visit.query("done") == "deployed") {
        let rehearsal = rehearsed(visit, &product).await?;
        warned.extend(rehearsal.warnings.iter().map(|warning| Warned::by(visit.t, &top.head.address, warning)));
        deploy = has_drafts.then_some(rehearsal.deploy);
    }
    if may_edit {
        let parts = models.iter().map(|one| (&*one.id, &*one.model.name, &*one.edit));
        let parts: Vec<_> =
            parts.chain(queries.iter().map(|query| (&*query.id, &*query.question, &*query.edit))).collect();
        let carried = warned::carried(visit, view, &top.head.address, &parts);
        warned.extend(
            carried.into_iter().filter(|one| warned.iter().all(|said| said.code != one.code)).collect::<Vec<_>>(),
        );
    }
    let page = Page {
        p: here.shell(),
        form: format!("{}/model", top.head.address),
        models,
        models_rest,
        queries,
        queries_rest,
        faults,
        warned,
        deploy,
        may_ask,
        may_edit,
        is_closed,
        top,
    };
    Ok(headers::page(status, &page))
}

/// What a deploy would do, without doing it.
async fn rehearsed(visit: &Visit, product: &str) -> Result<Rehearsal, Fault> {
    let body = json!({"dryRun": true});
    let (told, warnings) = match visit.told_of_product(product, ToProduct::post("/deploy", &body)).await? {
        Ok(told) => (told.data, told.warnings),
        Err(refusal) => {
            let deploy = Deploy { changes: Vec::new(), objections: in_words(&refusal) };
            return Ok(Rehearsal { deploy, warnings: Vec::new() });
        }
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
    let deploy = Deploy {
        changes: changes.collect(),
        objections: errors.filter_map(|error| error["message"].as_str()).map(shown_prose).collect(),
    };
    Ok(Rehearsal { deploy, warnings })
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
    let Response { data, tag, .. } = visit.told_of_product(product, ToProduct::get(&path)).await??;
    let told = &data["semanticModel"];
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
async fn store(page: &'static RecordPage, visit: &Visit, view: &View, sent: &Form) -> Shown {
    let (product, model) = (view.id().to_string(), sent.text("model"));
    let (content, seen) = (sent.prose("content"), sent.prose("seen"));
    let path = format!("/semantic-models/{}", segment(model));
    let body = json!({"content": content, "format": "osi"});
    let mut tag = sent.text("tag").to_owned();
    for _ in 0..TRIES {
        let change = ToProduct { method: Method::PATCH, if_match: Some(&tag), ..ToProduct::post(&path, &body) };
        let refusal = match visit.told_of_product(&product, change).await? {
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
                let conflict = Some(conflict(visit, view, model, &seen, &now.content).await?);
                (Typed { content, faults: Vec::new(), of: now, conflict }, 409)
            }
            // What he saw stays what the form is of: whoever changes it meanwhile is noticed when it is sent again.
            _ => {
                let of = Document { content: seen, tag, ..now };
                (Typed { content, faults: in_words(&refusal), of, conflict: None }, 400)
            }
        };
        let reading = visit.reading().await?;
        return form(Here { page, visit, reading: &reading, view }, model, typed, status);
    }
    Err(Problem::Overtaken.into())
}

/// What somebody else has made of the text of a part since the form was made. It is written with its draft, or without one.
pub async fn conflict(visit: &Visit, view: &View, part: &str, seen: &str, now: &str) -> Result<Conflict, Fault> {
    let reading = visit.reading().await?;
    let id = part.parse().map_err(|_| Fault::NoSuchPage)?;
    let mut written = reading.parts_by_id(&[view], &[id]).await?;
    let draft = reading.catalog().kind("draft");
    let of_part = ListQuery { name: Some(part.to_owned()), ..ListQuery::of(reading.account(), draft) };
    written.extend(reading.parts(view, of_part).await?.into_iter().map(Some));
    let last = written.iter().flatten().map(|record| &record.updated).max_by_key(|stamp| stamp.at);
    let differences = difference::lines(visit.t, seen, now).await?;
    Ok(Conflict { theirs: Some(shown_prose(now)), ..Conflict::of(visit, last, differences) })
}

async fn save(record_page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let (sent, product) = (visit.form(), view.id().to_string());
    let (path, done) = match sent.text("do") {
        "deploy" => ("/deploy", "deployed"),
        "generate" => ("/semantic-models/generate", "created"),
        "save" => return store(record_page, &visit, &view, &sent).await,
        _ => return Err(Fault::NoSuchPage),
    };
    let refusal = match visit.told_of_product(&product, ToProduct::post(path, &json!({}))).await? {
        Ok(told) => return Ok(headers::see_other(&warned::address_after(&visit, &view, done, &told.warnings))),
        Err(refusal) => refusal,
    };
    if matches!(refusal.status, 401 | 403 | 404) {
        return Err(refusal.into());
    }
    let reading = visit.reading().await?;
    let here = Here { page: record_page, visit: &visit, reading: &reading, view: &view };
    page(here, in_words(&refusal), if refusal.status == 409 { 409 } else { 400 }).await
}

fn in_words(refusal: &Refusal) -> Vec<String> {
    let details = refusal.details.iter().map(|detail| shown_prose(detail));
    [shown_prose(&refusal.message)].into_iter().chain(details).collect()
}
