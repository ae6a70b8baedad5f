//! `POST /{collection}` and `PUT /{collection}`: make a record, or bring one to what the body says.

use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Effect, Guard, How, Outcome, Ref, Target};
use emporion_catalog::facet::Facet;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{self, Relation};
use emporion_edge::answer::Answer;
use emporion_edge::json_writer;
use serde_json::Value;

use super::{CHANGE_HEADER, ErrorCarrier, bots, change_name, entity_answer, main_outcome};
use crate::create_request::{CreateRequest, WriterKind, relations};
use crate::errors::{OmError, OmResult};
use crate::members::DATA_PRODUCTS;
use crate::noun::{DomainEcho, Fields, Noun, Reference};
use crate::operation::Call;
use crate::query_names;
use crate::reference::Given;
use crate::render;
use crate::user_credentials;

/// More holders than anything has.
const MOST_HOLDERS: u32 = 100_000;

pub async fn post(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let body = call.json()?;
    let mut request = CreateRequest::read(call.door.catalog.registry(), noun, body.clone())?;
    (noun.hooks.admit)(&call.door.hook_context(), &call.caller, &body)?;
    query_names::give(&call, std::iter::once(&mut request)).await?;
    let (command, carrier) = create_command(&call, &request)?;
    let outcome = call.execute_with(&command, &carrier).await?;
    finish(&call, noun, &request, &body, main_outcome(call.kind(noun.kind_name), outcome)).await
}

pub async fn put(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let body = call.json()?;
    let mut request = CreateRequest::read(call.door.catalog.registry(), noun, body.clone())?;
    (noun.hooks.admit)(&call.door.hook_context(), &call.caller, &body)?;
    query_names::give(&call, std::iter::once(&mut request)).await?;
    let request = Arc::new(request);
    let writer = if call.caller.principal.is_bot { WriterKind::Bot } else { WriterKind::Person };
    let (command, carrier) = upsert_command(&call, &request, writer).await?;
    let outcome = call.execute_with(&command, &carrier).await?;
    finish(&call, noun, &request, &body, main_outcome(call.kind(noun.kind_name), outcome)).await
}

async fn finish(
    call: &Call,
    noun: &'static Noun,
    request: &CreateRequest,
    body: &Value,
    outcome: Outcome,
) -> OmResult<Answer> {
    let view = &outcome.view;
    let is_new = outcome.effect == Effect::Created;
    if noun.is(kinds::USER) && is_new {
        user_credentials::after_create(&call.door.catalog, &call.caller, body, view.id()).await?;
    }
    let fields = shown(noun, request, view);
    let entity = echo_domain(noun, request, call.printed(noun, view, &fields).await?);
    let answer = entity_answer(if is_new { 201 } else { 200 }, entity, view);
    let answer = answer.with(CHANGE_HEADER, change_name(outcome.effect));
    let has_address = noun.entity.member("href").is_some();
    Ok(if is_new && has_address { answer.with("location", &render::href(&call.base, noun, view.id())) } else { answer })
}

/// An answer to a write shows the relations that the request speaks of, its tags, and what comes from above.
fn shown(noun: &Noun, request: &CreateRequest, view: &View) -> Fields {
    let comes_from_above = |reference: &&Reference| {
        let is_inherited = |relation: &Relation| reference.is_inherited(view.record.kind, *relation);
        let Some(relation) = relation::by_name(reference.relation).filter(is_inherited) else { return false };
        let by_team = relation == relation::OWNER && view.record.kind.has_facet(Facet::OwningTeam);
        view.inherited_targets(relation).next().is_some()
            || (by_team && view.targets(relation::OWNING_TEAM).next().is_some())
    };
    let mut fields: Vec<String> = request.given.clone();
    fields.push("tags".into());
    if request.says_domain {
        fields.push("domains".into());
    }
    fields.extend(noun.references.iter().filter(comes_from_above).map(|reference| reference.member.to_owned()));
    fields.retain(|field| noun.fields.contains(&field.as_str()));
    Fields::These(fields)
}

/// Answers in the words of a request that said `domain`.
fn echo_domain(noun: &Noun, request: &CreateRequest, printed: Vec<u8>) -> Vec<u8> {
    let Some(echo) = noun.domain_echo.filter(|_| request.says_domain) else { return printed };
    let mut entity = json_writer::read(&printed);
    let Some(first) = entity.pointer("/domains/0").cloned() else { return printed };
    entity["domain"] = match echo {
        DomainEcho::Reference => first,
        DomainEcho::Fqn => first.get("fullyQualifiedName").cloned().unwrap_or_default(),
    };
    let mut echoed = Vec::with_capacity(printed.len() * 2);
    json_writer::value(&mut echoed, &entity);
    echoed
}

/// The command that makes the record, and links it where the request asks for that. Errors of its edits wait in the
/// carrier.
pub fn create_command(call: &Call, request: &CreateRequest) -> OmResult<(Command, ErrorCarrier)> {
    let registry = call.door.catalog.registry();
    let id = RecordId::fresh();
    let mut commands = vec![Command::Create {
        kind: request.kind,
        parent: request.parent.clone(),
        draft: request.draft(registry, None, WriterKind::Person)?,
        id: Some(id),
        rules: DoorRules::default(),
    }];
    commands.extend(suite_of_test(request));
    let carrier = ErrorCarrier::default();
    commands.extend(domain_demanded(request.incoming(), Ref::Id(request.kind, id), &carrier));
    for (reference, given) in request.incoming() {
        let Some(relation) = incoming_relation(reference, given)? else { continue };
        for given in given {
            let holder = relations::to_ref(registry, reference, given)?;
            commands.push(link(holder, relation, How::Add, Ref::Id(request.kind, id), reference.member));
        }
    }
    Ok((together(commands), carrier))
}

/// Sees to it that what data products are said to hold stands in a domain by then, its own or one from above. `None`
/// where a request says nothing of the sort.
pub fn domain_demanded<'g>(
    mut incoming: impl Iterator<Item = (&'static Reference, &'g [Given])>,
    target: Ref,
    carrier: &ErrorCarrier,
) -> Option<Command> {
    incoming.find(|(reference, given)| reference.member == DATA_PRODUCTS.name && !given.is_empty())?;
    let carrier = carrier.clone();
    let edit = move |view: &View| {
        carrier.run(|| match view.domains().is_empty() {
            true => Err(OmError::bad_request("Domain cannot be empty when data products are provided.")),
            false => Ok(Draft::default()),
        })
    };
    Some(Command::Change { target, guard: Guard::None, edit: Arc::new(edit), rules: DoorRules::default() })
}

/// The command that makes or changes the record. Errors of its edits wait in the carrier.
pub async fn upsert_command(
    call: &Call,
    request: &Arc<CreateRequest>,
    writer: WriterKind,
) -> OmResult<(Command, ErrorCarrier)> {
    let registry = call.door.catalog.registry();
    let homes = request.homes(registry)?;
    let has_incoming = request.incoming().next().is_some();
    let mut request = request.clone();
    let carrier = ErrorCarrier::default();
    let mut links = Vec::new();
    if homes.len() > 1 || has_incoming {
        let reading = call.reading().await?;
        let mut found = None;
        for home in homes {
            found = existing(&reading, request.kind, &request.name, Some(&home)).await?;
            if found.is_some() {
                request = request.under(home);
                break;
            }
        }
        if found.is_none() && request.parent.is_none() {
            found = existing(&reading, request.kind, &request.name, None).await?;
        }
        let target = match &found {
            Some(record) => Ref::Id(request.kind, record.id),
            None => Ref::Name(request.kind, request.fqn.clone()),
        };
        links.extend(domain_demanded(request.incoming(), target.clone(), &carrier));
        for (reference, given) in request.incoming() {
            let Some(relation) = incoming_relation(reference, given)? else { continue };
            links.extend(relink(call, &reading, reference, relation, given, found.as_ref(), &target).await?);
        }
    }
    let (door, edit_carrier, edit_wish) = (call.door.clone(), carrier.clone(), request.clone());
    let upsert = Command::Upsert {
        kind: request.kind,
        parent: request.parent.clone(),
        name: request.name.clone(),
        edit: Arc::new(move |view: Option<&View>| {
            let registry = door.catalog.registry();
            edit_carrier.run(|| edit_wish.draft(registry, view, writer))
        }),
        rules: DoorRules { may_rename: request.new_name.is_some(), ..DoorRules::default() },
    };
    links.insert(0, upsert);
    links.extend(suite_of_test(&request));
    if request.kind == kinds::BOT {
        // Its user comes back before it, which is to speak through him.
        links.splice(..0, bots::restoration_of_user(call, &Ref::Name(request.kind, request.fqn.clone())).await?);
    }
    Ok((together(links), carrier))
}

/// What makes the suite in which a test of a table stands, where it is not there.
fn suite_of_test(request: &CreateRequest) -> Option<Command> {
    (request.kind == kinds::TEST_CASE).then(|| Command::Upsert {
        kind: kinds::TEST_SUITE,
        parent: request.parent.clone(),
        name: kinds::test_suite::OF_TABLE.to_owned(),
        edit: Arc::new(|_| Ok(Draft::default())),
        rules: DoorRules::default(),
    })
}

/// The record that holds the name under a parent, deleted or not.
pub async fn existing(reading: &Reading<'_>, kind: Kind, name: &str, parent: Option<&Ref>) -> OmResult<Option<Record>> {
    let above = match parent {
        Some(parent) => match reading.find(parent).await? {
            Some(above) => Some(above.fqn),
            None => return Ok(None),
        },
        None => None,
    };
    let fqn = kind.fqn(above.as_deref(), name, None);
    let target = Ref::Name(kind, fqn.clone());
    let found = reading.find(&target).await?;
    Ok(found.filter(|record| record.fqn == fqn))
}

/// Commands that make exactly the given records have an edge of the relation to the target. `present` is the target
/// where it exists already.
pub async fn relink(
    call: &Call,
    reading: &Reading<'_>,
    reference: &'static Reference,
    relation: Relation,
    given: &[Given],
    present: Option<&Record>,
    target: &Ref,
) -> OmResult<Vec<Command>> {
    let registry = call.door.catalog.registry();
    // What the caller does not see he did not list, and does not mean to leave.
    let mut holders: Vec<Record> = Vec::new();
    if let Some(present) = present {
        let mut sources = reading.sources(&[present], &[relation], MOST_HOLDERS).await?;
        let edges = sources.edges.iter().filter(|edge| edge.at.is_empty());
        holders.extend(edges.filter_map(|edge| sources.records.remove(&edge.from)));
    }
    let mut commands = Vec::new();
    let mut kept: Vec<RecordId> = Vec::new();
    for given in given {
        let holder = relations::to_ref(registry, reference, given)?;
        let found = reading.find(&holder).await?;
        match found.filter(|record| holders.iter().any(|holder| holder.id == record.id)) {
            Some(record) => kept.push(record.id),
            None => commands.push(link(holder, relation, How::Add, target.clone(), reference.member)),
        }
    }
    for holder in holders.iter().filter(|holder| !kept.contains(&holder.id)) {
        commands.push(link(Ref::Id(holder.kind, holder.id), relation, How::Remove, target.clone(), reference.member));
    }
    Ok(commands)
}

/// The relation behind a reference that starts at other records.
pub fn incoming_relation(reference: &Reference, given: &[Given]) -> OmResult<Option<Relation>> {
    match (relation::by_name(reference.relation), given.first()) {
        (Some(relation), _) => Ok(Some(relation)),
        (None, Some(first)) => Err(first.not_found()),
        (None, None) => Ok(None),
    }
}

fn link(holder: Ref, relation: Relation, how: How, target: Ref, field: &'static str) -> Command {
    Command::Change {
        target: holder,
        guard: Guard::None,
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.relate(relation, how, field, vec![Target::of(target.clone())]);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    }
}

/// One command as it is, several as one change set.
pub fn together(mut commands: Vec<Command>) -> Command {
    match commands.len() {
        1 => commands.remove(0),
        _ => Command::Together(commands),
    }
}
