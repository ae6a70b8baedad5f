//! `DELETE /{collection}/deleteStale`: deletes what stands in a scope and was not seen by a crawler.
//!
//! An empty list of what was seen deletes nothing, and so does a scope that does not exist: a crawler that found nothing
//! has more likely failed than found an empty source.

use std::collections::HashSet;

use emporion_catalog::command::Ref;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_edge::answer::Answer;
use emporion_edge::check::check;
use emporion_edge::shape::{Location, Member, Struct, TEXT};
use serde_json::{Map, Value, json};

use super::bulk::summary;
use super::delete::Wanted;
use super::list;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::members::{TEXTS, boolean};
use crate::names;
use crate::noun::{Noun, Parentage};
use crate::operation::Call;

pub static REQUEST: Struct = Struct {
    name: "DeleteStaleRequest",
    open: true,
    members: &[
        Member::required("scopeFqn", TEXT),
        Member::required("scopeEntityType", TEXT),
        Member::required("seenFqns", TEXTS),
        boolean("recursive"),
        boolean("hardDelete"),
        boolean("dryRun"),
    ],
};

pub async fn delete_stale(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let body = crate::case::without_nulls(call.json()?);
    let faults = check(&REQUEST, Location::Body, &body);
    if !faults.is_empty() {
        return Err(OmError::shape(&faults));
    }
    let Value::Object(body) = body else { return Err(OmError::malformed()) };
    let text = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default();
    let kind = scope_kind(&call, noun, text("scopeEntityType"))?;
    let seen = seen(&body);
    let dry = flag(&body, "dryRun", false);
    let wanted = Wanted { recursive: flag(&body, "recursive", true), hard: flag(&body, "hardDelete", false) };
    let mut rows = (Vec::new(), Vec::new());
    if !seen.is_empty() {
        let scope = Ref::Name(call.door.catalog.kind(kind), text("scopeFqn").to_owned());
        match call.door.catalog.get(&call.caller, &scope, States::Alive, &Depth::bare()).await {
            Ok(scope) => sweep(&call, noun, &scope.record.fqn, &seen, wanted, dry, &mut rows).await?,
            Err(emporion_catalog::Problem::NotFound { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    let (passed, failed) = rows;
    let result = summary(dry, passed.len() + failed.len(), passed.len(), passed, failed);
    Ok(Answer::json(200, MEDIA_TYPE, &result))
}

async fn sweep(
    call: &Call,
    noun: &'static Noun,
    scope: &str,
    seen: &HashSet<String>,
    wanted: Wanted,
    dry: bool,
    (passed, failed): &mut (Vec<Value>, Vec<Value>),
) -> OmResult<()> {
    let mut stale = list::all_within(call, noun, scope).await?;
    stale.retain(|view| !seen.contains(&view.record.fqn));
    // Parents first: what stands below them goes with them.
    stale.sort_by_key(|view| view.record.fqn.len());
    let mut gone: Vec<String> = Vec::new();
    for view in stale {
        let fqn = &view.record.fqn;
        if wanted.recursive && gone.iter().any(|above| fqn.starts_with(above.as_str())) {
            continue;
        }
        let command = wanted.command(noun.soft_delete, Ref::Id(view.record.kind, view.id()));
        let outcome = if dry { Ok(()) } else { call.execute(&command).await.map(drop) };
        match outcome {
            Ok(()) => passed.push(json!({"request": fqn, "status": 200})),
            // Somebody else deleted it meanwhile.
            Err(error) if error.status == 404 => passed.push(json!({"request": fqn, "status": 200})),
            Err(error) => {
                failed.push(json!({"request": fqn, "status": error.status, "message": error.message}));
                continue;
            }
        }
        gone.push(format!("{fqn}."));
    }
    Ok(())
}

/// The kinds that can be a scope of the noun's records. A suite of a table goes with its tests, and not alone.
pub fn scopes(noun: &Noun) -> Vec<&'static str> {
    if noun.is(kinds::TEST_SUITE) {
        return Vec::new();
    }
    let mut kinds: Vec<&'static str> =
        noun.ancestors.iter().map(|ancestor| ancestor.kind).filter(|kind| !kind.is_empty()).collect();
    if let Parentage::FirstOf { kind, .. } = noun.place {
        kinds.push(kind);
    }
    kinds
}

/// The kind that a request calls its scope; `service` means whichever service the noun comes from.
fn scope_kind(call: &Call, noun: &Noun, entity_type: &str) -> OmResult<&'static str> {
    let of_type = call.door.noun_of_type(entity_type).map(|noun| noun.kind_name);
    let fits =
        |kind: &&&'static str| of_type == Some(**kind) || (entity_type == "service" && kind.ends_with("_service"));
    scopes(noun)
        .iter()
        .find(fits)
        .copied()
        .ok_or_else(|| OmError::violation("scopeEntityType", format_args!("is no scope of {}", noun.collection)))
}

fn seen(body: &Map<String, Value>) -> HashSet<String> {
    let given = body.get("seenFqns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    given.iter().filter_map(Value::as_str).map(|fqn| names::canonical(fqn).unwrap_or_else(|| fqn.to_owned())).collect()
}

fn flag(body: &Map<String, Value>, member: &str, default: bool) -> bool {
    body.get(member).and_then(Value::as_bool).unwrap_or(default)
}
