//! Data products of a domain and their revisions.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, NameDemand, Ref};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::record::{Stamp, View};
use emporion_catalog::relation::{HAS_ASSET, OWNING_TEAM, Relation, TAGGED};
use serde_json::{Value, json};

use crate::call::{Call, CallError, Reply};
use crate::forms;
use crate::glossaries;
use crate::in_domain::{InDomain, Kinds};
use crate::items;
use crate::members::Members;
use crate::messages::{self, DATA_PRODUCT};
use crate::page;
use crate::revisions;
use crate::shapes::data_product::DATA_PRODUCT_REVISION;
use crate::spelling::Spelling;
use crate::term_labels;

const KIND: Kind = kinds::DATA_PRODUCT;
/// Products are made at once.
pub const STATUS: &str = "CREATED";
/// What a product's answer needs beside the product.
pub const READ: &[Relation] = &[HAS_ASSET, TAGGED, OWNING_TEAM];
/// What a revision can change.
const REVISED: &[&str] = &["name", "description", "forms", "tagged", "has_asset"];

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    if !call.door.options.publishing_enabled {
        let why = "publishing is not enabled in the domain";
        return Err(messages::not_permitted(call.operation.name, Some(why)).into());
    }
    let (project, allowed) = here.may_create_in_project(KIND).await?;
    let terms = term_labels::find(&allowed, &call.input.texts("glossaryTerms"), &[]).await?;
    let items = items::find(&allowed, &[]).await?;
    let forms = forms::find(&allowed, None, &[]).await?;
    let named = terms.iter().copied().chain(items::named(&items)).chain([project.id(), call.caller.principal.user]);
    let printer = DataProductPrinter::of(&here, named).await?;
    let mut draft = Draft { name: Some(call.input.required_text("name").to_owned()), ..Draft::default() };
    if let Some(description) = call.input.text("description") {
        draft.set("description", description);
    }
    draft.set("forms", forms);
    glossaries::own(&here, &mut draft, project.id());
    draft.relate(TAGGED, How::Add, "glossaryTerms", term_labels::replaced(None, &terms));
    draft.relate(HAS_ASSET, How::Add, "items", items::targets(None, &items));
    let domain = here.id();
    drop(here);
    let command = Command::Create {
        kind: KIND,
        parent: Some(Ref::Id(kinds::DOMAIN, domain)),
        draft,
        id: None,
        rules: DoorRules {
            names_free: vec![NameDemand::InTopDomain],
            quota: call.door.options.max_data_products,
            ..DoorRules::default()
        },
    };
    let output = call.shapes.output;
    let print = move |product: &View| printer.members(product, &[], &product.record.created).answer(output);
    call.commit(&command, move |outcome| print(&outcome.view)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let present = requested(&here).await?;
    let reading = &here.reading;
    let missing = || messages::not_in_domain(DATA_PRODUCT);
    let number = match call.input.text("revision") {
        None => present.record.content_revision,
        Some(text) => revisions::parse(text).ok_or_else(missing)?,
    };
    let (product, stamp, gone) = if number == present.record.content_revision {
        let stamp = revisions::present(reading, &present.record).await?;
        let gone = items::gone_terms(reading, &present).await?;
        (present, stamp, gone)
    } else {
        let (product, stamp) = revisions::past(reading, &present.record, number).await?.ok_or_else(missing)?;
        (product, stamp, Vec::new())
    };
    let printer = DataProductPrinter::of(&here, named_by(&here, &product).into_iter().chain([stamp.by.id])).await?;
    Ok(Reply::Json(printer.members(&product, &gone, &stamp).answer(call.shapes.output)))
}

/// The next revision holds what the request says, and nothing else of what this API can say. Owners, tags and experts
/// stay as they are.
pub async fn create_revision(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let present = requested(&here).await?;
    let allowed = here.may_change(&present, REVISED).await?;
    let gone = items::gone_terms(&here.reading, &present).await?;
    let printer = DataProductPrinter::of(&here, named_by(&here, &present)).await?;
    call.hold_to(&printer.members(&present, &gone, &present.record.updated).answer(call.shapes.output))?;
    let texts = call.input.texts("glossaryTerms");
    let terms = term_labels::find(&allowed, &texts, &term_labels::attached(&present)).await?;
    let items = items::find(&allowed, &items::of(&present, &gone)).await?;
    let forms = forms::find(&allowed, None, &[]).await?;
    let named = named_by(&here, &present).into_iter().chain(terms.iter().copied());
    let named = named.chain(items::named(&items)).chain([call.caller.principal.user]);
    let printer = DataProductPrinter::of(&here, named).await?;
    drop(here);
    let name = call.input.required_text("name").to_owned();
    let description = call.input.text("description").map_or(Value::Null, Value::from);
    let edit = move |view: &View| {
        let mut draft = Draft { name: Some(name.clone()), ..Draft::default() };
        draft.set("description", description.clone());
        draft.set("forms", forms.clone());
        draft.relate(TAGGED, How::ReplaceAt, "glossaryTerms", term_labels::replaced(Some(view), &terms));
        draft.relate(HAS_ASSET, How::Replace, "items", items::targets(Some(view), &items));
        Ok(draft)
    };
    let command = Command::Change {
        target: Ref::Id(KIND, present.id()),
        guard: Guard::None,
        edit: Arc::new(edit),
        rules: DoorRules {
            names_free: vec![NameDemand::InTopDomain],
            may_rename: true,
            always_revise: true,
            ..DoorRules::default()
        },
    };
    let output = call.shapes.output;
    let print = move |product: &View| printer.members(product, &[], &product.record.updated).answer(output);
    call.commit(&command, move |outcome| print(&outcome.view)).await
}

pub async fn list_revisions(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let product = requested(&here).await?;
    print_revisions(&here, &product, "items", &DATA_PRODUCT_REVISION).await
}

/// A page of a record's revisions, newest first.
pub async fn print_revisions(
    here: &InDomain<'_>,
    view: &View,
    member: &str,
    row: &'static emporion_edge::shape::Struct,
) -> Result<Reply, CallError> {
    let call = here.call;
    let page = call.page()?;
    let before = match &page.after {
        None => None,
        Some(value) => Some(Revision(value.as_u64().ok_or_else(page::invalid_token)?)),
    };
    let (found, more) = revisions::list(&here.reading, &view.record, before, page.size).await?;
    let named = found.iter().map(|made| made.stamp.by.id).chain([view.id()]);
    let spelling = here.spelling(named.collect()).await?;
    let mut answer = Members::new();
    if more && let Some(last) = found.last() {
        answer.set("nextToken", page.next_token(call.page_keys(), &json!(last.place())));
    }
    let rows = found.iter().map(|made| {
        let mut members = Members::new();
        members.set("domainId", spelling.domain(here.id()));
        members.set("id", spelling.id(view.id()));
        members.set("revision", made.number.to_string());
        members.time("createdAt", made.stamp.at);
        members.set("createdBy", spelling.id(made.stamp.by.id));
        members.fit(row)
    });
    answer.set(member, rows.collect::<Vec<Value>>());
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let product = requested(&here).await?.id();
    drop(here);
    let target = Ref::Id(KIND, product);
    let how = Deletion { frees_name: true, recursive: true, ..Deletion::SOFT };
    call.catalog().execute(&call.caller, &Command::Delete { target, guard: Guard::None, how }).await?;
    Ok(Reply::Empty)
}

async fn requested(here: &InDomain<'_>) -> Result<View, CallError> {
    let text = here.call.input.required_text("identifier");
    let product = here.find(Kinds::One(KIND), text, &Depth::of(READ, false)).await?;
    Ok(product.ok_or_else(|| messages::not_in_domain(DATA_PRODUCT))?)
}

pub fn named_by(here: &InDomain<'_>, product: &View) -> Vec<RecordId> {
    let record = &product.record;
    let mut named = vec![record.id, here.owning_project(product), record.created.by.id, record.updated.by.id];
    named.extend(term_labels::attached(product));
    named.extend(items::named(&items::of(product, &[])));
    named
}

/// Prints products.
pub struct DataProductPrinter {
    domain: RecordId,
    steward: Option<RecordId>,
    spelling: Spelling,
}

impl DataProductPrinter {
    pub async fn of(
        here: &InDomain<'_>,
        named: impl IntoIterator<Item = RecordId>,
    ) -> Result<DataProductPrinter, Problem> {
        let named = named.into_iter().chain(here.steward()).collect();
        Ok(DataProductPrinter { domain: here.id(), steward: here.steward(), spelling: here.spelling(named).await? })
    }

    /// `stamp` is that of the revision; `gone` are terms of items that were deleted.
    pub fn members(&self, product: &View, gone: &[RecordId], stamp: &Stamp) -> Members {
        let record = &product.record;
        let own = product.targets(OWNING_TEAM).next().map(|(_, card)| card.id);
        let mut members = Members::new();
        members.set("domainId", self.spelling.domain(self.domain));
        members.set("id", self.spelling.id(record.id));
        members.set("revision", record.content_revision.to_string());
        members.set("owningProjectId", self.spelling.id(own.or(self.steward).unwrap_or(self.domain)));
        members.set("name", record.name.as_str());
        members.set("status", STATUS);
        members.text("description", product.text("description"));
        members.list("glossaryTerms", term_labels::print(&term_labels::attached(product), &self.spelling));
        members.list("items", items::print(&items::of(product, gone), &self.spelling));
        members.set("formsOutput", forms::print(product));
        members.time("createdAt", stamp.at);
        members.set("createdBy", self.spelling.id(stamp.by.id));
        members.time("firstRevisionCreatedAt", record.created.at);
        members.set("firstRevisionCreatedBy", self.spelling.id(record.created.by.id));
        members
    }
}
