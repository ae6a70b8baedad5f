//! What a product's tables mean: its semantic models, and the queries that somebody has verified. Drafts are shown to who may
//! make them live.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use emporion_catalog::rows::filters;
use emporion_edge::route::Route;
use emporion_products::content_state::ContentState;
use emporion_products::deploy::{self, Deployed};
use emporion_products::failure::Violation;
use emporion_products::message::Nouns;
use emporion_products::page::{ListPage, PageRequest};
use emporion_products::parts::item;
use emporion_products::parts::semantic_models::attestation;
use emporion_products::parts::semantic_models::generate::{self, Sketch};
use emporion_products::parts::semantic_models::read::SemanticModel;
use emporion_products::parts::semantic_models::spec::SPEC;
use emporion_products::parts::semantic_models::write;
use emporion_products::warning::Warning;
use uuid::Uuid;

use super::components::{self, Components};
use super::documents::{self, Document};
use super::model_entry;
use super::verified::{self, of_state};
use super::warned::{self, Warned};
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::forms::saving::{Notes, Seen, TextForm, save_text};
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::products::diagnostics::{self, Diagnostic, ModelDiagnostics};
use crate::products::model::Model;
use crate::products::model_picture::ModelPicture;
pub use crate::products::models::{find, list};
use crate::records::difference::listed;
use crate::records::record::{Here, RecordPage, Top, back, change};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};

const MOST_MODELS: usize = 10;
/// How the source of a dataset begins that is one of another product.
const OF_ANOTHER: &str = "$ref(";
/// Tables without a model that are named, and of which one is made at once.
const MOST_UNMODELLED: usize = 50;

#[derive(Template)]
#[template(path = "product/model.html")]
struct Page {
    p: Shell,
    top: Top,
    /// Whose models it has beside its own.
    composed: Option<Components>,
    form: String,
    models: Vec<Drawn>,
    models_rest: Option<Rest>,
    /// Tables of the product that no model speaks of, by the ids of their assets; of who may change that.
    unmodelled: Vec<(String, String)>,
    queries: Vec<verified::Query>,
    queries_rest: Option<Rest>,
    documents: Vec<Document>,
    documents_rest: Option<Rest>,
    faults: Vec<String>,
    /// What the service warns of, for who may mend it.
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
    /// Datasets over tables that the product does not have: no question can be about them, and about figures of them.
    missing: String,
    /// Fields that no question can be about, since their columns are tagged as personal; of who may change the model.
    kept_out: String,
}

/// Drafts that wait, and what speaks against them.
struct Deploy {
    changes: Vec<String>,
    objections: Vec<Diagnostic>,
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
    if let Some(document) = asked("document") {
        return documents::removing(here, &document).await;
    }
    page(here, Vec::new(), 200).await
}

/// The tab, with what was wrong with a form of it.
pub async fn page(here: Here<'_>, faults: Vec<String>, status: u16) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let product = view.id();
    let top = here.top_of("model").await?;
    let page = PageRequest::at(MOST_MODELS, &visit.query("models"));
    let (listed, next, is_closed) = match list(visit, product, ContentState::Drafted, &page).await {
        Ok(ListPage { items, pagination, .. }) => (items, pagination.next_cursor, false),
        Err(refusal) if matches!(refusal.status, 403 | 404) => (Vec::new(), None, true),
        Err(refusal) => return Err(refusal.into()),
    };
    let may_edit = !is_closed && reading.may(Action::EditAll, &view.record).await?;
    let mut models = Vec::new();
    let mut anchors = HashSet::new();
    for listed in listed {
        let id = listed.item.id.to_string();
        // It may have gone since it was listed.
        let Ok(model) = find(visit, product, &id).await else { continue };
        let mut model = Model::of(visit.t, &model);
        for metric in &mut model.metrics {
            if !anchors.insert(metric.anchor.clone()) {
                metric.anchor.clear();
            }
        }
        if may_edit {
            model.offer_changes(&top.head.address, &id);
        }
        let edit = address::with_query(&top.head.address, &[("tab", "model"), ("model", &id)]);
        let kept_out = if may_edit { kept_out(visit, product, &id).await? } else { String::new() };
        let missing = missing(visit, view, &model);
        models.push(Drawn { id, picture: ModelPicture::of(visit.t, &model), model, edit, missing, kept_out });
    }
    let models_rest = Rest::of_list(visit.t, &top.head.address, ("model", "models"), models.len(), next);
    let (queries, next) = match is_closed {
        true => (Vec::new(), None),
        false => verified::listed(visit, product, &top.head.address).await,
    };
    let queries_rest = Rest::of_list(visit.t, &top.head.address, ("model", "queries"), queries.len(), next);
    let (documents, documents_rest) = match is_closed {
        true => (Vec::new(), None),
        false => documents::listed(visit, product, &top.head.address).await,
    };
    let may_ask = reading.rows().may_query(view).await?.is_some();
    let composed = Components::of(here).await?;
    let has_drafts = composed.as_ref().is_some_and(Components::has_drafts)
        || models.iter().any(|one| !one.model.is_deployed || one.model.is_leaving)
        || queries.iter().any(|query| !query.is_deployed)
        || documents.iter().any(|one| !one.is_deployed || one.is_leaving);
    let mut warned = Vec::new();
    let mut deploy = None;
    if may_edit && (has_drafts || visit.query("done") == "deployed") {
        let rehearsal = rehearsed(visit, product, &top.head.address).await;
        warned.extend(in_words_once(visit, &top.head.address, &models, &rehearsal.warnings));
        deploy = has_drafts.then_some(rehearsal.deploy);
    }
    if may_edit {
        let parts = models.iter().map(|one| (&*one.id, &*one.model.name, &*one.edit));
        let parts: Vec<_> =
            parts.chain(queries.iter().map(|query| (&*query.id, &*query.question, &*query.edit))).collect();
        let carried = warned::carried(visit, view, &top.head.address, &parts);
        warned.extend(
            carried
                .into_iter()
                .filter(|one| warned.iter().all(|rendered| rendered.code != one.code))
                .collect::<Vec<_>>(),
        );
    }
    let is_whole = may_edit && !models.is_empty() && models_rest.is_none();
    let unmodelled = if is_whole { unmodelled(view, &models) } else { Vec::new() };
    let page = Page {
        p: here.shell(),
        composed,
        form: format!("{}/model", top.head.address),
        unmodelled,
        models,
        models_rest,
        queries,
        queries_rest,
        documents,
        documents_rest,
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

/// The datasets of a model over tables that are no assets of the product; those of products that it is composed of are theirs.
fn missing(visit: &Visit, view: &View, model: &Model) -> String {
    let has = |source: &str| {
        source.starts_with(OF_ANOTHER)
            || view.targets(relation::HAS_ASSET).any(|(_, card)| filters::means_record(source, &card.fqn))
    };
    let missing = model.datasets.iter().filter(|dataset| !has(&dataset.source));
    listed(visit.t, &missing.map(|dataset| dataset.name.clone()).collect::<Vec<_>>())
}

/// The tables of a product that no dataset of these models is over.
fn unmodelled(view: &View, models: &[Drawn]) -> Vec<(String, String)> {
    let tables = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
    let is_modelled = |card: &Card| {
        let mut datasets = models.iter().flat_map(|one| &one.model.datasets);
        datasets.any(|dataset| filters::means_record(&dataset.source, &card.fqn))
    };
    let missing = tables.filter(|(_, card)| !is_modelled(card));
    missing.take(MOST_UNMODELLED).map(|(edge, card)| (edge.id.uuid().to_string(), naming::rendered(card))).collect()
}

/// What the service warns of, each once; but for what a model says beside it.
fn in_words_once(visit: &Visit, at: &str, models: &[Drawn], warnings: &[Warning]) -> Vec<Warned> {
    let is_said = |warning: &&Warning| models.iter().any(|one| !one.kept_out.is_empty() && not_shown(warning, &one.id));
    let mut warned = Vec::new();
    for warning in warnings.iter().filter(|warning| !is_said(warning)) {
        let one = Warned::by(visit.t, at, warning);
        if !warned.contains(&one) {
            warned.push(one);
        }
    }
    warned
}

/// Whether it is of a field of this model that is not shown in answers.
fn not_shown(warning: &Warning, model: &str) -> bool {
    let path = warning.path.as_deref().and_then(|path| path.strip_prefix("/semanticModels/"));
    warning.code == warned::NOT_SHOWN && path.and_then(|path| path.split('/').next()) == Some(model)
}

/// The fields of a model that are not shown in answers.
async fn kept_out(visit: &Visit, product: RecordId, id: &str) -> Result<String, Fault> {
    let request = visit.about(product);
    let asking = async { attestation::kept_out(&visit.door.calls.products, &request, item::id_of(&SPEC, id)?).await };
    let fields = visit.serve("semanticModels_validate", asking).await?;
    Ok(listed(visit.t, &fields.iter().map(|field| shown(field)).collect::<Vec<_>>()))
}

async fn deploy(visit: &Visit, product: RecordId, is_dry_run: bool) -> Result<Deployed, Refusal> {
    let request = visit.about(product);
    let wanted = deploy::Deploy { is_dry_run, conditions: Vec::new() };
    let deploying = async { deploy::deploy(&visit.door.calls.products, &request, &wanted, None).await?.fresh() };
    visit.serve("deploy", deploying).await
}

/// What a deploy would do, without doing it.
async fn rehearsed(visit: &Visit, product: RecordId, at: &str) -> Rehearsal {
    let deployed = match deploy(visit, product, true).await {
        Ok(deployed) => deployed,
        Err(refusal) => {
            let plain = |rendered| Diagnostic { rendered, way: None };
            let deploy =
                Deploy { changes: Vec::new(), objections: in_words(&refusal).into_iter().map(plain).collect() };
            return Rehearsal { deploy, warnings: Vec::new() };
        }
    };
    let counts = [
        ("dataAssets", "count.tables"),
        ("semanticModelTables", "count.datasets"),
        ("semanticModelRelationships", "count.relationships"),
        ("semanticModelMetrics", "count.metrics"),
        ("verifiedQueries", "count.verified"),
        ("compositions", "count.products"),
        ("unstructuredAssets", "count.documents"),
    ];
    let changes = counts.into_iter().filter_map(|(counter, key)| {
        let number = Some(deployed.promoted(counter)).filter(|number| *number > 0)?;
        Some(visit.t.count(key, number))
    });
    let mut objections = Vec::new();
    let mut known = HashMap::new();
    for error in deployed.errors.iter().flatten() {
        objections.push(objection(visit, product, at, error, &mut known).await);
    }
    let deploy = Deploy { changes: changes.collect(), objections };
    Rehearsal { deploy, warnings: deployed.warnings }
}

/// What keeps a deploy from being carried out; of a model, said of the part that is wrong. Each model is read once; `None`
/// stands for one that has gone.
async fn objection(
    visit: &Visit,
    product: RecordId,
    at: &str,
    error: &Violation,
    known: &mut HashMap<String, Option<SemanticModel>>,
) -> Diagnostic {
    let message = error.message.text(&Nouns::DATA_PRODUCT);
    let plain = || Diagnostic { rendered: shown_prose(&message), way: None };
    let Some((_, id)) = error.entity.as_ref().filter(|(kind, _)| *kind == SPEC.one) else { return plain() };
    if !known.contains_key(id) {
        known.insert(id.clone(), find(visit, product, id).await.ok());
    }
    let Some(model) = known.get(id).and_then(Option::as_ref) else { return plain() };
    ModelDiagnostics { t: visit.t, product: at, model: id, document: &model.document }.diagnostic(&error.path, &message)
}

/// The document of a model, as a text to change.
async fn edit(here: Here<'_>, model: &str) -> Shown {
    let Here { visit, reading, view, .. } = here;
    reading.require(Action::EditAll, &view.record).await?;
    let found = find(visit, view.id(), model).await?;
    let seen = seen(&found);
    let form = DocumentForm { model: model.to_owned(), content: seen.text.clone() };
    form.page(here, seen, Some(found), Notes::default()).await
}

/// A model as a text, and the state that the text is of.
fn seen(model: &SemanticModel) -> Seen {
    let text = serde_json::to_string_pretty(&model.document).unwrap_or_default();
    Seen { text, tag: Some(model.tag.clone()) }
}

/// The form of a document, with what was typed.
struct DocumentForm {
    model: String,
    content: String,
}

impl TextForm for DocumentForm {
    type Present = SemanticModel;

    fn part(&self) -> Option<&str> {
        Some(&self.model)
    }

    async fn present(&self, here: Here<'_>) -> Result<Result<(Seen, SemanticModel), String>, Fault> {
        here.reading.require(Action::EditAll, &here.view.record).await?;
        let found = find(here.visit, here.view.id(), &self.model).await?;
        Ok(Ok((seen(&found), found)))
    }

    async fn store(&self, visit: &Visit, view: &View, present: &SemanticModel) -> Result<String, Refusal> {
        let (request, products) = (visit.about(view.id()), &visit.door.calls.products);
        let condition = of_state(&present.tag);
        let storing = async {
            write::rewrite(products, &request, item::id_of(&SPEC, &self.model)?, &self.content, condition).await
        };
        visit.serve("semanticModels_update", storing).await?;
        let done = [("tab", "model"), ("done", "saved")];
        Ok(address::with_query(&address::of_record(&view.record), &done))
    }

    async fn page(self, here: Here<'_>, seen: Seen, present: Option<SemanticModel>, notes: Notes) -> Shown {
        let at = here.address();
        let page = Edit {
            p: here.shell(),
            name: present.map(|model| shown(&model.name)).unwrap_or_default(),
            form: format!("{at}/model"),
            back: address::with_query(&at, &[("tab", "model")]),
            model: self.model,
            tag: seen.tag.unwrap_or_default(),
            seen: seen.text,
            faults: diagnostics::in_text(here.visit.t, &self.content, notes.faults),
            content: self.content,
            conflict: notes.conflict,
        };
        Ok(headers::page(notes.status, &page))
    }
}

async fn save(record_page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let sent = visit.form();
    let (done, outcome) = match sent.text("do") {
        "deploy" => ("deployed", deploy(&visit, view.id(), false).await.map(|deployed| deployed.warnings)),
        "generate" => {
            let assets: Vec<Uuid> = sent.all("asset").filter_map(|id| id.parse().ok()).collect();
            ("created", generate(&visit, view.id(), Some(assets).filter(|assets| !assets.is_empty())).await)
        }
        components::REMOVE => {
            let removed = components::remove(&visit, view.id(), sent.text("composition")).await;
            ("saved", removed.map(|()| Vec::new()))
        }
        "save" => {
            let form = DocumentForm { model: sent.text("model").to_owned(), content: sent.prose("content") };
            return save_text(record_page, &visit, view, &sent, form).await;
        }
        "try_part" | "save_part" | "remove_part" => {
            return model_entry::sent(record_page, &visit, view, &sent).await;
        }
        _ => return Err(Fault::NoSuchPage),
    };
    let refusal = match outcome {
        Ok(warnings) => return Ok(headers::see_other(&warned::address_after(&visit, &view, done, &warnings))),
        Err(refusal) => refusal,
    };
    if matches!(refusal.status, 401 | 403 | 404) {
        return Err(refusal.into());
    }
    let reading = visit.reading().await?;
    let here = Here { page: record_page, visit: &visit, reading: &reading, view: &view };
    page(here, in_words(&refusal), if refusal.status == 409 { 409 } else { 400 }).await
}

/// Of these tables; `None`: of all that the product has.
async fn generate(visit: &Visit, product: RecordId, assets: Option<Vec<Uuid>>) -> Result<Vec<Warning>, Refusal> {
    let (request, products) = (visit.about(product), &visit.door.calls.products);
    let sketch = Sketch { assets, ..Sketch::default() };
    let generating = async { generate::generate(products, &request, sketch, None).await?.fresh() };
    Ok(visit.serve("semanticModels_generate", generating).await?.warnings)
}

pub fn in_words(refusal: &Refusal) -> Vec<String> {
    let details = refusal.details.iter().map(|detail| shown_prose(detail));
    [shown_prose(&refusal.message)].into_iter().chain(details).collect()
}
