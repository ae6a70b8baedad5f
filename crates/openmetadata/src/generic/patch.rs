//! `PATCH /{collection}/{id}` and `PATCH /{collection}/name/{fqn}`: JSON Patch over the whole entity.

use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Guard, Ref};
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::etag::IfMatch;

use super::read;
use super::save::{domain_demanded, incoming_relation, relink, together};
use super::{CHANGE_HEADER, ErrorCarrier, change_name, entity_answer, main_outcome};
use crate::errors::{OmError, OmResult};
use crate::media;
use crate::noun::{Direction, Fields, Input, Noun, OBSERVED, Reference, Source};
use crate::operation::Call;
use crate::params::{Include, ReadParams};
use crate::patch::Patch;
use crate::patched::{Patched, mentions};
use crate::render::{self, Around};
use crate::version;

/// What a condition that does not hold is answered with.
const MODIFIED: u16 = 412;

pub async fn patch(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    media::expect_patch(&call.request)?;
    let of_others: &[&str] = if noun.is(kinds::TEST_CASE) { &["testSuites"] } else { &[] };
    let patch = Patch::parse(call.json()?)?.beside(of_others);
    let condition = condition(&call)?;
    let rules = DoorRules {
        consolidate: condition.is_none(),
        may_rename: noun.rename || noun.is(kinds::QUERY),
        ..DoorRules::default()
    };

    // Relations that start at other records are read, and changed, only where the patch speaks of them.
    let incoming: Vec<&'static Reference> = noun
        .references
        .iter()
        .filter(|reference| reference.direction == Direction::In && reference.input != Input::None)
        .filter(|reference| mentions(&patch, reference.member))
        .collect();
    let carrier = ErrorCarrier::default();
    let mut around = Around::default();
    let mut links = Vec::new();
    // What was observed can be repeated, and so is compared where the patch speaks of it. Rows and profiles stay unseen.
    let observed: Vec<String> = OBSERVED
        .iter()
        .map(|(member, _)| *member)
        .filter(|member| mentions(&patch, member))
        .map(str::to_owned)
        .collect();
    if !observed.is_empty() {
        let view = call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?;
        let views = std::slice::from_ref(&view);
        let shown = render::around(&call.door, &call.caller, noun, views, &Fields::These(observed)).await?.pop();
        around.observed = shown.unwrap_or_default().observed;
    }
    if !incoming.is_empty() {
        let view = call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::full()).await?;
        let fields = Fields::These(incoming.iter().map(|reference| reference.member.to_owned()).collect());
        let views = std::slice::from_ref(&view);
        let observed = std::mem::take(&mut around.observed);
        around = render::around(&call.door, &call.caller, noun, views, &fields).await?.pop().unwrap_or_default();
        around.observed = observed;
        links = relinks(&call, noun, &view, &patch, &around, &carrier).await?;
    }
    if noun.moves && noun.parents().iter().any(|parent| mentions(&patch, parent.member)) {
        check_place(&call, noun, &target, &patch, &around).await?;
    }

    let (door, base, edit_carrier) = (call.door.clone(), call.base.clone(), carrier.clone());
    let now_ms = call.door.catalog.now().0;
    let edit = move |view: &View| {
        edit_carrier.run(|| {
            if let Some(condition) = &condition
                && !condition.holds(view)
            {
                return Err(OmError::modified_by_another());
            }
            let patched = Patched { door: &door, noun, base: &base, patch: &patch, around: &around, now_ms };
            Ok(patched.ask(view)?.draft)
        })
    };
    links.insert(0, Command::Change { target, guard: Guard::None, edit: Arc::new(edit), rules });
    let done = match call.execute_with(&together(links), &carrier).await {
        Err(error) if error.status == MODIFIED => return Ok(modified(&call, noun, error).await),
        done => done?,
    };
    let outcome = main_outcome(call.kind(noun.kind_name), done);
    let view = &outcome.view;
    let entity = call.printed(noun, view, &patchable(noun, &incoming)).await?;
    Ok(entity_answer(200, entity, view).with(CHANGE_HEADER, change_name(outcome.effect)))
}

/// Says with which tag the entity can be had now: the one that a plain GET sends.
async fn modified(call: &Call, noun: &'static Noun, error: OmError) -> Answer {
    let params = ReadParams { fields: Fields::NONE, include: Include::NonDeleted };
    let found = async { read::entity(call, noun, &call.target(noun)?, params).await };
    // It may be gone by now, or be hidden from the caller.
    let Ok(found) = found.await else { return error.answer() };
    let Some(tag) = found.headers.get("etag").and_then(|tag| tag.to_str().ok()) else { return error.answer() };
    OmError::modified(tag).answer().with("etag", tag)
}

async fn relinks(
    call: &Call,
    noun: &'static Noun,
    view: &View,
    patch: &Patch,
    around: &Around,
    carrier: &ErrorCarrier,
) -> OmResult<Vec<Command>> {
    let now_ms = call.door.catalog.now().0;
    let patched = Patched { door: &call.door, noun, base: &call.base, patch, around, now_ms };
    let asked = patched.ask(view)?.incoming;
    let reading = call.reading().await?;
    let target = Ref::Id(view.record.kind, view.id());
    let given = asked.iter().map(|(reference, given)| (*reference, given.as_slice()));
    let mut links: Vec<Command> = domain_demanded(given, target.clone(), carrier).into_iter().collect();
    for (reference, given) in asked {
        let Some(relation) = incoming_relation(reference, &given)? else { continue };
        links.extend(relink(call, &reading, reference, relation, &given, Some(&view.record), &target).await?);
    }
    Ok(links)
}

/// What stands further above a new parent must be what the entity says of it. Who may not see either hears of it when
/// the change is planned.
async fn check_place(call: &Call, noun: &'static Noun, target: &Ref, patch: &Patch, around: &Around) -> OmResult<()> {
    let catalog = &call.door.catalog;
    let now_ms = catalog.now().0;
    let Ok(view) = catalog.get(&call.caller, target, States::Alive, &Depth::full()).await else { return Ok(()) };
    let patched = Patched { door: &call.door, noun, base: &call.base, patch, around, now_ms };
    let Ok(asked) = patched.ask(&view) else { return Ok(()) };
    let [parent, above, ..] = asked.places.as_slice() else { return Ok(()) };
    let bare = Depth::bare();
    let Ok(parent) = catalog.get(&call.caller, parent, States::Alive, &bare).await else { return Ok(()) };
    let above = catalog.get(&call.caller, above, States::Alive, &bare).await?.record;
    if parent.ancestors.iter().any(|card| card.id == above.id) {
        return Ok(());
    }
    let reason =
        format!("Invalid hierarchy - parent [{}] does not belong to {} [{}]", parent.record.fqn, above.kind, above.fqn);
    Err(OmError::bad_request(reason))
}

/// An answer to a patch shows what patches may change, and nothing that would have to be read for it.
fn patchable(noun: &'static Noun, incoming: &[&'static Reference]) -> Fields {
    let shows = |field: &&&str| match noun.source(field) {
        Source::Reference(reference) => match reference.direction {
            Direction::Out => reference.input != Input::None,
            Direction::In => incoming.iter().any(|known| known.member == reference.member),
        },
        Source::Count(_) => false,
        Source::Computed => false,
        _ => true,
    };
    Fields::These(noun.fields.iter().filter(shows).map(|field| (*field).to_owned()).collect())
}

/// What `If-Match` asks for.
enum Condition {
    Any,
    /// Revisions, of strong tags and of weak ones made from them, and versions, of weak tags.
    OneOf {
        revisions: Vec<u64>,
        versions: Vec<u32>,
    },
}

impl Condition {
    fn holds(&self, view: &View) -> bool {
        match self {
            Condition::Any => true,
            Condition::OneOf { revisions, versions } => {
                revisions.contains(&view.record.revision.0) || versions.contains(&view.record.version)
            }
        }
    }
}

/// Errors: 400 for a header that cannot be read.
fn condition(call: &Call) -> OmResult<Option<Condition>> {
    let Some(header) = call.request.header("if-match") else { return Ok(None) };
    match IfMatch::parse(header) {
        None => Err(OmError::bad_request("If-Match is neither * nor a list of entity tags")),
        Some(IfMatch::Any) => Ok(Some(Condition::Any)),
        Some(IfMatch::Tags(tags)) => {
            let (mut revisions, mut versions) = (Vec::new(), Vec::new());
            for tag in tags {
                let revision = tag.opaque.split_once('-').and_then(|(revision, _)| revision.parse().ok());
                match revision {
                    Some(revision) => revisions.push(revision),
                    None if tag.weak => versions.extend(version::parse_printed(&tag.opaque)),
                    None => revisions.extend(tag.opaque.parse::<u64>().ok()),
                }
            }
            Ok(Some(Condition::OneOf { revisions, versions }))
        }
    }
}
