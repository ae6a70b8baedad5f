//! Terms of a glossary.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::record::View;
use emporion_catalog::relation::{CLASSIFIES, IS_A, ITEM_TERM, Relation, TAGGED};
use serde_json::{Map, Value, json};

use crate::allowed::Allowed;
use crate::call::{Call, CallError, Reply};
use crate::glossaries;
use crate::in_domain::{InDomain, Kinds};
use crate::members::Members;
use crate::messages::{self, GLOSSARY, GLOSSARY_TERM};
use crate::spelling::Spelling;

pub const KIND: Kind = kinds::GLOSSARY_TERM;
/// `(member of termRelations, relation)`.
const RELATIONS: &[(&str, Relation)] = &[("isA", IS_A), ("classifies", CLASSIFIES)];
/// What a term's answer needs beside the term.
pub const READ: &[Relation] = &[IS_A, CLASSIFIES];
/// What an update can change.
const CHANGED: &[&str] = &["name", "parent", "summary", "description", "disabled", "is_a", "classifies"];

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let Some(glossary) = glossary(&here).await? else {
        return Err(here.missing_place(KIND, messages::does_not_exist(GLOSSARY)).await);
    };
    let allowed = here.may_create(KIND, &glossary, None).await?;
    let related = related(&allowed).await?;
    let named = named(&related).chain([glossary.id(), call.caller.principal.user]);
    let printer = TermPrinter::of(&here, named).await?;
    drop(here);
    let mut draft = Draft { name: Some(call.input.required_text("name").to_owned()), ..Draft::default() };
    take(&call, &mut draft);
    relate(&mut draft, How::Add, &related);
    let command = Command::Create {
        kind: KIND,
        parent: Some(Ref::Id(kinds::GLOSSARY, glossary.id())),
        draft,
        id: None,
        rules: DoorRules::default(),
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

pub async fn get(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let term = requested(&here).await?.ok_or_else(|| messages::does_not_exist(GLOSSARY_TERM))?;
    let printer = TermPrinter::of(&here, named_by(&term)).await?;
    Ok(Reply::Json(printer.members(&term).answer(call.shapes.output)))
}

pub async fn update(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let term = requested(&here).await?.ok_or_else(|| messages::does_not_exist(GLOSSARY_TERM))?;
    let allowed = here.may_change(&term, CHANGED).await?;
    call.hold_to(&json!({
        "name": term.record.name,
        "shortDescription": term.text("summary"),
        "longDescription": term.text("description"),
    }))?;
    let mut moved = None;
    if call.input.get("glossaryIdentifier").is_some() {
        let wanted = glossary(&allowed).await?.ok_or_else(|| messages::does_not_exist(GLOSSARY))?;
        if term.ancestor("glossary").map(|card| card.id) != Some(wanted.id()) {
            moved = Some(Ref::Id(wanted.record.kind, wanted.id()));
        }
    }
    let related = related(&allowed).await?;
    let named = named(&related).chain(named_by(&term)).chain([call.caller.principal.user]);
    let printer = TermPrinter::of(&here, named).await?;
    drop(here);
    let mut draft = Draft { name: call.input.text("name").map(str::to_owned), parent: moved, ..Draft::default() };
    take(&call, &mut draft);
    relate(&mut draft, How::Replace, &related);
    let command = Command::Change {
        target: Ref::Id(KIND, term.id()),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules { may_rename: true, ..DoorRules::default() },
    };
    let output = call.shapes.output;
    call.commit(&command, move |outcome| printer.members(&outcome.view).answer(output)).await
}

/// A term goes when nothing is labelled with it and no other term is a kind of it.
pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let term = requested(&here).await?.ok_or_else(|| messages::not_in_domain(GLOSSARY_TERM))?;
    drop(here);
    let how = Deletion { frees_name: true, refuse_if_used: &[TAGGED, ITEM_TERM, IS_A], ..Deletion::SOFT };
    let target = Ref::Id(KIND, term.id());
    call.catalog().execute(&call.caller, &Command::Delete { target, guard: Guard::None, how }).await?;
    Ok(Reply::Empty)
}

fn take(call: &Call, draft: &mut Draft) {
    for (member, field) in [("shortDescription", "summary"), ("longDescription", "description")] {
        if let Some(text) = call.input.text(member) {
            draft.set(field, if text.is_empty() { Value::Null } else { json!(text) });
        }
    }
    if let Some(status) = call.input.text("status") {
        draft.set("disabled", glossaries::disabled(status));
    }
}

/// The terms that the request relates this one to, by relation; relations that it does not name stay.
type Related = Vec<(&'static str, Relation, Vec<RecordId>)>;

async fn related(here: &Allowed<'_, '_>) -> Result<Related, CallError> {
    let mut found = Related::new();
    let relations = here.call.input.object("termRelations");
    for (member, relation) in RELATIONS {
        let Some(texts) = relations.and_then(|object| object.get(*member)).and_then(Value::as_array) else { continue };
        let mut targets = Vec::with_capacity(texts.len());
        for text in texts.iter().filter_map(Value::as_str) {
            let term = here.find(Kinds::One(KIND), text, &Depth::bare()).await?;
            targets.push(term.ok_or_else(|| messages::does_not_exist(GLOSSARY_TERM))?.id());
        }
        found.push((member, *relation, targets));
    }
    Ok(found)
}

fn relate(draft: &mut Draft, how: How, related: &Related) {
    for (member, relation, targets) in related {
        let targets = targets.iter().map(|target| Target::of(Ref::Id(KIND, *target))).collect();
        draft.relate(*relation, how, &format!("termRelations.{member}"), targets);
    }
}

fn named(related: &Related) -> impl Iterator<Item = RecordId> + '_ {
    related.iter().flat_map(|(_, _, targets)| targets.iter().copied())
}

async fn glossary(here: &InDomain<'_>) -> Result<Option<View>, Problem> {
    let text = here.call.input.required_text("glossaryIdentifier");
    here.find(Kinds::One(kinds::GLOSSARY), text, &Depth::bare()).await
}

async fn requested(here: &InDomain<'_>) -> Result<Option<View>, Problem> {
    here.find(Kinds::One(KIND), here.call.input.required_text("identifier"), &Depth::of(READ, false)).await
}

pub fn named_by(term: &View) -> Vec<RecordId> {
    let record = &term.record;
    let mut named = vec![record.id, record.created.by.id, record.updated.by.id];
    named.extend(term.ancestor("glossary").map(|card| card.id));
    named.extend(term.edges.iter().filter(|edge| READ.contains(&edge.relation)).map(|edge| edge.to));
    named
}

/// Prints terms.
pub struct TermPrinter {
    domain: RecordId,
    spelling: Spelling,
}

impl TermPrinter {
    pub async fn of(here: &InDomain<'_>, named: impl IntoIterator<Item = RecordId>) -> Result<TermPrinter, Problem> {
        Ok(TermPrinter { domain: here.id(), spelling: here.spelling(named.into_iter().collect()).await? })
    }

    pub fn members(&self, term: &View) -> Members {
        let record = &term.record;
        let mut members = Members::new();
        members.set("domainId", self.spelling.domain(self.domain));
        members.set("id", self.spelling.id(record.id));
        if let Some(glossary) = term.ancestor("glossary") {
            members.set("glossaryId", self.spelling.id(glossary.id));
        }
        members.set("name", record.name.as_str());
        members.set("status", glossaries::status(term));
        members.text("shortDescription", term.text("summary"));
        members.text("longDescription", term.text("description"));
        let mut relations = Map::new();
        for (member, relation) in RELATIONS {
            let targets: Vec<Value> =
                term.targets(*relation).map(|(_, card)| json!(self.spelling.id(card.id))).collect();
            if !targets.is_empty() {
                relations.insert((*member).to_owned(), Value::Array(targets));
            }
        }
        if !relations.is_empty() {
            members.set("termRelations", relations);
        }
        members.time("createdAt", record.created.at);
        members.set("createdBy", self.spelling.id(record.created.by.id));
        members.time("updatedAt", record.updated.at);
        members.set("updatedBy", self.spelling.id(record.updated.by.id));
        members
    }
}
