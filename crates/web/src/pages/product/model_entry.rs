//! One metric, table, field or relationship of a semantic model as a form: what is wrong with it, its statement and a few rows
//! stand beside it before it is saved.

mod fields;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::record::View;
use emporion_products::chat::preview;
use emporion_products::failure::Failure;
use emporion_products::parts::item;
use emporion_products::parts::semantic_models::entry::{self, Change, EntryRef};
use emporion_products::parts::semantic_models::read::SemanticModel;
use emporion_products::parts::semantic_models::spec::{DOCUMENT, SPEC};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use self::fields::{EntryFields, ROLES, kind};
use super::model;
use super::taking::{self, Taking};
use super::unanswered;
use super::verified::of_state;
use crate::answers::answer::Grid;
use crate::answers::figures::Column;
use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::forms::form::Form;
use crate::forms::saving::{Notes, Seen, TextForm, save_text};
use crate::layout::shell::Shell;
use crate::products::diagnostics::{Diagnostic, ModelDiagnostics};
use crate::products::model::form_at;
use crate::records::address;
use crate::records::record::{Here, RecordPage};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;

#[derive(Template)]
#[template(path = "product/model_entry.html")]
struct Page {
    p: Shell,
    t: Texts,
    title: String,
    kind: String,
    hint: String,
    /// Each with what it is called, and whether the entry has it.
    roles: Vec<(&'static str, String, bool)>,
    form: String,
    back: String,
    /// Where it is taken away; empty for what is not there yet, and for tables.
    remove: String,
    model: String,
    part: String,
    tag: String,
    seen: String,
    typed: EntryFields,
    tables: Vec<String>,
    /// A table is called as other parts of the model name it.
    is_named: bool,
    tried: Option<CheckResult>,
    faults: Vec<String>,
    conflict: Option<Conflict>,
}

/// What a change came to, without being stored.
#[derive(Default)]
struct CheckResult {
    wrong: Vec<Diagnostic>,
    /// What else no question could be about any more.
    broken: Vec<String>,
    noted: Vec<String>,
    sql: String,
    grid: Option<Grid>,
    /// Why there are no rows.
    rowless: Vec<String>,
}

/// Whether the address asks for a part of a model.
pub fn is_asked(visit: &Visit) -> bool {
    ["model", "part"].iter().all(|name| !visit.query(name).is_empty())
}

/// The form that the address asks for, or the step before what it names is taken away, for who may change the model.
pub async fn edit(page: &'static RecordPage, visit: &Visit, view: &View) -> Shown {
    let (model, part) = (&*visit.query("model"), &*visit.query("part"));
    let place = EntryRef::parse(part).ok_or(Fault::NoSuchPage)?;
    let found = model::find(visit, view.id(), model).await?;
    let entry = entry::find(&found.document, &place).ok_or(Fault::NoSuchPage)?;
    if visit.query("take") == "part" {
        let tried = tried(visit, view, (model, &found.document), &place, &Change::Remove).await?;
        let reading = visit.reading().await?;
        return removing(Here { page, visit, reading: &reading, view }, &found, model, (&place, tried));
    }
    let typed = EntryFields::of(&place, &entry);
    let seen = Seen { text: typed.text(), tag: Some(found.tag.clone()) };
    let tried = match place.is_new() {
        true => None,
        false => Some(tried(visit, view, (model, &found.document), &place, &Change::Put(entry)).await?),
    };
    let reading = visit.reading().await?;
    let here = Here { page, visit, reading: &reading, view };
    EntryForm { model: model.to_owned(), place, typed, tried }.page(here, seen, Some(found), Notes::default()).await
}

fn removing(here: Here<'_>, found: &SemanticModel, model: &str, (place, tried): (&EntryRef, CheckResult)) -> Shown {
    let t = here.visit.t;
    let breaks = tried.wrong.into_iter().map(|one| one.rendered).chain(tried.broken);
    let name = shown(&place.called_as());
    let said = [("name", &*name), ("model", &*shown(&found.name))];
    let taking = Taking {
        tab: "model",
        title: t.with("model.remove_title", &said),
        goes: std::iter::once(t.with("model.goes", &said)).chain(breaks).collect(),
        action: format!("{}/model", here.address()),
        fields: vec![
            ("do", "remove_part".to_owned()),
            ("model", model.to_owned()),
            ("part", place.print()),
            ("tag", found.tag.clone()),
        ],
        button: "model.remove",
        obstacle: None,
    };
    taking::asked(here, taking, Vec::new(), 200)
}

/// What was sent: tried, saved or taken away.
pub async fn sent(page: &'static RecordPage, visit: &Visit, view: Box<View>, sent: &Form) -> Shown {
    let place = EntryRef::parse(sent.text("part")).ok_or(Fault::NoSuchPage)?;
    let typed = EntryFields::sent(&place, sent);
    let model = sent.text("model").to_owned();
    match sent.text("do") {
        "save_part" => save_text(page, visit, view, sent, EntryForm { model, place, typed, tried: None }).await,
        "try_part" => {
            visit.reading().await?.require(Action::EditAll, &view.record).await?;
            let found = model::find(visit, view.id(), &model).await?;
            let now = entry::find(&found.document, &place).ok_or(Fault::NoSuchPage)?;
            let wanted = Change::Put(typed.entry(&place, &now));
            let tried = tried(visit, &view, (&model, &found.document), &place, &wanted).await?;
            let reading = visit.reading().await?;
            let here = Here { page, visit, reading: &reading, view: &view };
            let seen = Seen { text: sent.prose("seen"), tag: Some(sent.text("tag").to_owned()) };
            let form = EntryForm { model, place, typed, tried: Some(tried) };
            form.page(here, seen, Some(found), Notes::default()).await
        }
        _ => remove(page, visit, &view, &model, &place, sent.text("tag")).await,
    }
}

async fn remove(
    page: &'static RecordPage,
    visit: &Visit,
    view: &View,
    model: &str,
    place: &EntryRef,
    tag: &str,
) -> Shown {
    let (request, products) = (visit.about(view.id()), &visit.door.calls.products);
    let removing = async {
        entry::store(products, &request, item::id_of(&SPEC, model)?, place, &Change::Remove, of_state(tag)).await
    };
    match visit.serve("semanticModels_update", removing).await {
        Ok(_) => {
            let done = [("tab", "model"), ("done", "saved")];
            Ok(headers::see_other(&address::with_query(&address::of_record(&view.record), &done)))
        }
        Err(refusal) if matches!(refusal.status, 412 | 422) => {
            let reading = visit.reading().await?;
            let here = Here { page, visit, reading: &reading, view };
            let found = model::find(visit, view.id(), model).await?;
            let faults = match refusal.status {
                412 => vec![visit.t.say("model.changed")],
                _ => named(here, model, &found, (place, &Change::Remove), &model::in_words(&refusal)),
            };
            let entry = entry::find(&found.document, place).ok_or(Fault::NoSuchPage)?;
            let (typed, place) = (EntryFields::of(place, &entry), place.clone());
            let seen = Seen { text: typed.text(), tag: Some(found.tag.clone()) };
            let notes = Notes { status: 409, faults, ..Notes::default() };
            EntryForm { model: model.to_owned(), place, typed, tried: None }.page(here, seen, Some(found), notes).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// What storing the change of a model, as it is now, would be refused or warned for, what it breaks, and what is then answered to questions about it.
///
/// Errors: the visitor may not change the model, or there is none.
async fn tried(
    visit: &Visit,
    view: &View,
    (model, now): (&str, &Value),
    place: &EntryRef,
    change: &Change,
) -> Result<CheckResult, Fault> {
    let (request, products) = (visit.about(view.id()), &visit.door.calls.products);
    let trying = async { entry::trial(products, &request, item::id_of(&SPEC, model)?, place, change).await };
    let mut tried = CheckResult::default();
    let at = address::of_record(&view.record);
    let trial = match visit.serve("semanticModels_validate", trying).await {
        Ok(trial) => trial,
        Err(refusal) if matches!(refusal.status, 401 | 403 | 404) => return Err(refusal.into()),
        Err(refusal) => {
            let after = entry::document_after(now, place, change).unwrap_or_default();
            let judged = ModelDiagnostics { t: visit.t, product: &at, model, document: &after };
            tried.wrong = model::in_words(&refusal).iter().map(|one| judged.placed(one)).collect();
            return Ok(tried);
        }
    };
    let document = trial.fields.get(DOCUMENT).unwrap_or(&Value::Null);
    let judged = ModelDiagnostics { t: visit.t, product: &at, model, document };
    // What is wrong with the part itself is mended here.
    let own = match change {
        Change::Put(entry) => form_at(&at, model, &place.called(&entry.name)),
        Change::Remove => String::new(),
    };
    let errors = trial.judgement.errors.iter().map(|one| judged.diagnostic(&one.path, &one.message));
    tried.wrong.extend(errors.map(|one| Diagnostic { way: one.way.filter(|way| *way != own), ..one }));
    tried.noted.extend(trial.warnings().map(shown_prose));
    if !tried.wrong.is_empty() {
        return Ok(tried);
    }
    let place = match change {
        Change::Put(entry) => Some(place.called(&entry.name)),
        Change::Remove => None,
    };
    let now = Timestamp::from_millisecond(visit.now.0).unwrap_or_default();
    let today = now.to_zoned(TimeZone::UTC).date();
    let previewing = preview::of(products, &request, &trial, place.as_ref(), today);
    let sample = match visit.serve("product_rows", previewing).await {
        Ok(preview) => {
            tried.broken.extend(preview.broken.iter().map(|one| shown_prose(one)));
            preview.sample.map_err(|failure| visit.refused(&failure))
        }
        Err(refusal) => Err(refusal),
    };
    match sample {
        Ok(sample) => {
            tried.sql = shown_prose(&sample.sql);
            tried.grid = Some(Grid::of_rows(visit, &sample.table, Column::all(&sample.table)));
        }
        Err(refusal) if refusal.status == 404 => tried.rowless = vec![shown_prose(&refusal.message)],
        Err(refusal) => tried.rowless = unanswered::in_words(visit, &refusal)?.1,
    }
    Ok(tried)
}

/// What is wrong with a model after a change of it, each said of the part that it is wrong with.
fn named(
    here: Here<'_>,
    model: &str,
    before: &SemanticModel,
    (place, change): (&EntryRef, &Change),
    faults: &[String],
) -> Vec<String> {
    let after = entry::document_after(&before.document, place, change).unwrap_or_default();
    let at = here.address();
    let judged = ModelDiagnostics { t: here.visit.t, product: &at, model, document: &after };
    faults.iter().map(|one| judged.placed(one).rendered).collect()
}

/// The form of an entry, with what was typed.
struct EntryForm {
    model: String,
    place: EntryRef,
    typed: EntryFields,
    tried: Option<CheckResult>,
}

impl TextForm for EntryForm {
    type Present = SemanticModel;

    fn part(&self) -> Option<&str> {
        Some(&self.model)
    }

    async fn present(&self, here: Here<'_>) -> Result<Result<(Seen, SemanticModel), String>, Fault> {
        here.reading.require(Action::EditAll, &here.view.record).await?;
        let found = model::find(here.visit, here.view.id(), &self.model).await?;
        let Some(entry) = entry::find(&found.document, &self.place) else {
            return Ok(Err(here.visit.t.say("model.part_gone")));
        };
        Ok(Ok((Seen { text: EntryFields::of(&self.place, &entry).text(), tag: Some(found.tag.clone()) }, found)))
    }

    async fn store(&self, visit: &Visit, view: &View, present: &SemanticModel) -> Result<String, Refusal> {
        let (request, products) = (visit.about(view.id()), &visit.door.calls.products);
        let storing = async {
            let now = entry::find(&present.document, &self.place).ok_or_else(Failure::internal)?;
            let (wanted, condition) = (Change::Put(self.typed.entry(&self.place, &now)), of_state(&present.tag));
            entry::store(products, &request, item::id_of(&SPEC, &self.model)?, &self.place, &wanted, condition).await
        };
        visit.serve("semanticModels_update", storing).await?;
        let done = [("tab", "model"), ("done", "saved")];
        Ok(address::with_query(&address::of_record(&view.record), &done))
    }

    async fn page(self, here: Here<'_>, seen: Seen, present: Option<SemanticModel>, notes: Notes) -> Shown {
        let (t, at, place) = (here.visit.t, here.address(), &self.place);
        let kind = kind(place);
        let is_there = present.is_some() && !place.is_new();
        let title = match place.is_new() {
            true => t.say(&format!("model.new.{kind}")),
            false => shown(&place.called_as()),
        };
        let this = form_at(&at, &self.model, place);
        let before = present.as_ref().filter(|_| !notes.faults.is_empty());
        let faults = match before.and_then(|found| Some((found, entry::find(&found.document, place)?))) {
            Some((found, now)) => {
                let change = Change::Put(self.typed.entry(place, &now));
                named(here, &self.model, found, (place, &change), &notes.faults)
            }
            None => notes.faults,
        };
        let page = Page {
            p: here.shell(),
            t,
            title,
            kind: t.say(&format!("model.kind.{kind}")),
            hint: if matches!(kind, "metric" | "field") { t.say(&format!("model.hint.{kind}")) } else { String::new() },
            roles: ROLES.map(|(role, _)| (role, t.say(&format!("model.{role}")), role == self.typed.role)).to_vec(),
            form: format!("{at}/model"),
            back: address::with_query(&at, &[("tab", "model")]),
            remove: if is_there && kind != "table" { format!("{this}&take=part") } else { String::new() },
            part: place.print(),
            is_named: kind != "table",
            model: self.model,
            tag: seen.tag.unwrap_or_default(),
            seen: seen.text,
            typed: self.typed,
            tables: present.map(|found| entry::tables(&found.document)).unwrap_or_default(),
            tried: self.tried,
            faults,
            conflict: notes.conflict,
        };
        Ok(headers::page(notes.status, &page))
    }
}
