//! Assets and their revisions: those made here, and everything that a crawl found.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::record::{Stamp, View};
use emporion_catalog::relation::{HAS_ASSET, OF_TYPE, OWNING_TEAM, Relation, TAGGED};
use serde_json::{Value, json};

use crate::allowed::Allowed;
use crate::asset_kinds::{self, GENERIC};
use crate::asset_types::{self, AssetType};
use crate::call::{Call, CallError, Reply};
use crate::data_products::print_revisions;
use crate::derived::{self, Derived};
use crate::error::ServiceError;
use crate::forms;
use crate::glossaries;
use crate::in_domain::{InDomain, Kinds};
use crate::members::Members;
use crate::messages::{self, ASSET, ASSET_INPUT};
use crate::revisions;
use crate::shapes::asset::ASSET_REVISION;
use crate::spelling::Spelling;
use crate::term_labels;

/// What an asset's answer needs beside the asset.
pub const READ: &[Relation] = &[TAGGED, OWNING_TEAM];
/// What a revision can change.
const REVISED: &[&str] = &["name", "display_name", "description", "forms", "tagged"];
/// The attribute of an asset's edge to its type.
const REVISION: &str = "revision";

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let (project, allowed) = here.may_create_in_project(GENERIC).await?;
    let (identifier, revision) = (call.input.required_text("typeIdentifier"), call.input.text("typeRevision"));
    let asset_type = asset_types::find(&allowed, identifier, revision).await?;
    let asset_type = asset_type.ok_or_else(|| messages::does_not_exist(ASSET_INPUT))?;
    if asset_type.is_derived {
        let text = format!("Assets of type {} come from their sources and can't be created", asset_type.name);
        return Err(ServiceError::validation(text).into());
    }
    let terms = term_labels::find(&allowed, &call.input.texts("glossaryTerms"), &[]).await?;
    let forms = forms::find(&allowed, Some(&asset_type), &[]).await?;
    let named = terms.iter().copied().chain([project.id(), call.caller.principal.user]);
    let printer = AssetPrinter::of(&here, named).await?;
    let mut draft = Draft { name: Some(call.input.required_text("name").to_owned()), ..Draft::default() };
    if let Some(description) = call.input.text("description") {
        draft.set("description", description);
    }
    if let Some(external) = call.input.text("externalIdentifier") {
        draft.set("external_identifier", external);
    }
    draft.set("forms", forms);
    take_type(&mut draft, &asset_type);
    glossaries::own(&here, &mut draft, project.id());
    draft.relate(TAGGED, How::Add, "glossaryTerms", term_labels::replaced(None, &terms));
    let domain = here.id();
    drop(here);
    let command = Command::Create {
        kind: GENERIC,
        parent: Some(Ref::Id(kinds::DOMAIN, domain)),
        draft,
        id: None,
        rules: DoorRules::default(),
    };
    let output = call.shapes.output;
    let print = move |asset: &View| printer.members(asset, &asset.record.created).answer(output);
    call.commit(&command, move |outcome| print(&outcome.view)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let present = requested(&here).await?;
    let reading = &here.reading;
    let missing = || messages::does_not_exist(ASSET);
    let number = match call.input.text("revision") {
        None => present.record.content_revision,
        Some(text) => revisions::parse(text).ok_or_else(missing)?,
    };
    let (asset, stamp) = if number == present.record.content_revision {
        let stamp = revisions::present(reading, &present.record).await?;
        (present, stamp)
    } else {
        revisions::past(reading, &present.record, number).await?.ok_or_else(missing)?
    };
    let printer = AssetPrinter::of(&here, named_by(&here, &asset).into_iter().chain([stamp.by.id])).await?;
    Ok(Reply::Json(printer.members(&asset, &stamp).answer(call.shapes.output)))
}

/// The next revision: name, description, terms and forms as the request says, all else as it is. The name of what a
/// crawl found is its source's; a new one is shown instead of it.
pub async fn create_revision(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let present = requested(&here).await?;
    let allowed = here.may_change(&present, REVISED).await?;
    let printer = AssetPrinter::of(&here, named_by(&here, &present)).await?;
    call.hold_to(&printer.members(&present, &present.record.updated).answer(call.shapes.output))?;
    let is_derived = asset_kinds::is_derived(present.record.kind);
    let asset_type = if is_derived { None } else { Some(type_of(&allowed, &present).await?) };
    let read_only = if is_derived { vec![Derived::of(present.record.kind).form] } else { Vec::new() };
    if is_derived && derived::REVISIONS.find(call.input.text("typeRevision")).is_none() {
        return Err(messages::does_not_exist(ASSET_INPUT).into());
    }
    let attached = term_labels::attached(&present);
    let terms = term_labels::find(&allowed, &call.input.texts("glossaryTerms"), &attached).await?;
    let forms = forms::find(&allowed, asset_type.as_ref(), &read_only).await?;
    let named = named_by(&here, &present).into_iter().chain(terms.iter().copied());
    let printer = AssetPrinter::of(&here, named.chain([call.caller.principal.user])).await?;
    drop(here);
    let name = call.input.required_text("name").to_owned();
    let description = call.input.text("description").map_or(Value::Null, Value::from);
    let edit = move |view: &View| {
        let mut draft = Draft::default();
        if is_derived {
            let shown = if name == view.record.name { Value::Null } else { json!(name) };
            draft.set("display_name", shown);
        } else {
            draft.name = Some(name.clone());
        }
        draft.set("description", description.clone());
        draft.set("forms", forms.clone());
        if let Some(asset_type) = &asset_type {
            take_type(&mut draft, asset_type);
        }
        draft.relate(TAGGED, How::ReplaceAt, "glossaryTerms", term_labels::replaced(Some(view), &terms));
        Ok(draft)
    };
    let command = Command::Change {
        target: Ref::Id(present.record.kind, present.id()),
        guard: Guard::None,
        edit: Arc::new(edit),
        rules: DoorRules { may_rename: true, always_revise: true, ..DoorRules::default() },
    };
    let output = call.shapes.output;
    let print = move |asset: &View| printer.members(asset, &asset.record.updated).answer(output);
    call.commit(&command, move |outcome| print(&outcome.view)).await
}

pub async fn list_revisions(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let asset = requested(&here).await?;
    print_revisions(&here, &asset, "items", &ASSET_REVISION).await
}

pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let asset = requested(&here).await?;
    drop(here);
    // Tables and other things of OpenMetadata are made by crawls alone: the next one revives the record by its name.
    let frees_name = asset.record.kind == kinds::ASSET;
    let how = Deletion { frees_name, refuse_if_used: &[HAS_ASSET], ..Deletion::SOFT };
    let target = Ref::Id(asset.record.kind, asset.id());
    call.catalog().execute(&call.caller, &Command::Delete { target, guard: Guard::None, how }).await?;
    Ok(Reply::Empty)
}

async fn requested(here: &InDomain<'_>) -> Result<View, CallError> {
    let asset = here.find(Kinds::Assets, here.call.input.required_text("identifier"), &Depth::of(READ, false)).await?;
    Ok(asset.ok_or_else(|| messages::does_not_exist(ASSET))?)
}

/// The type of an asset at the revision that the request asks for, else at the one that it has.
async fn type_of(here: &Allowed<'_, '_>, asset: &View) -> Result<AssetType, CallError> {
    let name = asset.text("type_name").unwrap_or_default();
    let revision = here.call.input.text("typeRevision").or(asset.text("type_revision"));
    Ok(asset_types::find(here, name, revision).await?.ok_or_else(|| messages::does_not_exist(ASSET_INPUT))?)
}

fn take_type(draft: &mut Draft, asset_type: &AssetType) {
    draft.set("type_name", asset_type.name.as_str());
    draft.set("type_revision", asset_type.revision.as_str());
    let edge = |id: RecordId| Target::of(Ref::AnyOf(&["asset_type"], id)).with(REVISION, asset_type.revision.as_str());
    draft.relate(OF_TYPE, How::Replace, "typeIdentifier", asset_type.record.map(edge).into_iter().collect());
}

pub fn named_by(here: &InDomain<'_>, asset: &View) -> Vec<RecordId> {
    let record = &asset.record;
    let mut named = vec![record.id, here.owning_project(asset), record.created.by.id, record.updated.by.id];
    named.extend(term_labels::attached(asset));
    named
}

/// The name under which an asset is shown.
pub fn shown_name(asset: &View) -> &str {
    let shown = asset.text("display_name").filter(|_| asset.record.kind != GENERIC);
    shown.unwrap_or(&asset.record.name)
}

/// The name of an asset's type, without the domain that it belongs to.
pub fn type_name(asset: &View) -> String {
    if asset_kinds::is_derived(asset.record.kind) {
        Derived::of(asset.record.kind).asset_type
    } else {
        asset.text("type_name").unwrap_or_default().to_owned()
    }
}

/// Prints assets.
pub struct AssetPrinter {
    domain: RecordId,
    steward: Option<RecordId>,
    spelling: Spelling,
}

impl AssetPrinter {
    pub async fn of(here: &InDomain<'_>, named: impl IntoIterator<Item = RecordId>) -> Result<AssetPrinter, Problem> {
        let named = named.into_iter().chain(here.steward()).collect();
        Ok(AssetPrinter { domain: here.id(), steward: here.steward(), spelling: here.spelling(named).await? })
    }

    pub fn members(&self, asset: &View, stamp: &Stamp) -> Members {
        let record = &asset.record;
        let is_derived = asset_kinds::is_derived(record.kind);
        let own = asset.targets(OWNING_TEAM).next().map(|(_, card)| card.id);
        let id = self.spelling.id(record.id);
        let mut members = Members::new();
        // Search calls the same thing by another name.
        members.set("identifier", id.as_str());
        members.set("id", id);
        members.set("name", shown_name(asset));
        members.set("typeIdentifier", type_name(asset));
        let type_revision = asset.text("type_revision").filter(|_| !is_derived).map(str::to_owned);
        members.set("typeRevision", type_revision.unwrap_or_else(|| derived::REVISIONS.present()));
        members.text("externalIdentifier", asset.text("external_identifier"));
        members.set("revision", record.content_revision.to_string());
        members.text("description", asset.text("description"));
        members.time("createdAt", stamp.at);
        members.set("createdBy", self.spelling.id(stamp.by.id));
        members.time("firstRevisionCreatedAt", record.created.at);
        members.set("firstRevisionCreatedBy", self.spelling.id(record.created.by.id));
        members.list("glossaryTerms", term_labels::print(&term_labels::attached(asset), &self.spelling));
        members.set("owningProjectId", self.spelling.id(own.or(self.steward).unwrap_or(self.domain)));
        members.set("domainId", self.spelling.domain(self.domain));
        members.set("formsOutput", forms::print(asset));
        let read_only = if is_derived { vec![Derived::of(record.kind).form(asset)] } else { Vec::new() };
        members.set("readOnlyFormsOutput", read_only);
        members
    }
}
