//! Which two entities a request about lineage names, by id, by name, or by a reference in its body.

use emporion_catalog::command::Ref;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::Record;
use emporion_catalog::relation::DERIVED_FROM;
use serde_json::Value;

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::noun::Noun;
use crate::operation::{Call, path_id};
use crate::params;

/// The noun of that type, if lineage is kept of it.
pub fn noun(door: &Door, entity_type: &str) -> OmResult<&'static Noun> {
    let Some(noun) = door.noun_of_type(entity_type) else {
        return Err(OmError::new(404, format!("Entity type {entity_type} not found")));
    };
    if door.catalog.kind(noun.kind_name).has(DERIVED_FROM) {
        return Ok(noun);
    }
    Err(OmError::bad_request(format!("Lineage is not kept for entities of type {entity_type}")))
}

/// One of the two entities that the path names.
fn end(call: &Call, kind: &str, id: &str, fqn: &str) -> OmResult<Ref> {
    let request = &call.request;
    if request.param(kind).is_empty() {
        // Nothing says of what type it is, so nothing more can be said of it than that no edge is there.
        return Ok(Ref::AnyOf(&[], request.param(id).parse().map_err(|_| no_edge())?));
    }
    let noun = noun(&call.door, request.param(kind))?;
    Ok(match params::name_in_path(request, fqn).0 {
        name if name.is_empty() => Ref::Id(call.kind(noun.kind_name), path_id(request, id, noun.entity_type)?),
        name => Ref::Name(call.kind(noun.kind_name), name),
    })
}

pub fn ends(call: &Call) -> OmResult<(Ref, Ref)> {
    Ok((end(call, "fromType", "fromId", "fromFqn")?, end(call, "toType", "toId", "toFqn")?))
}

pub fn no_edge() -> OmError {
    OmError::new(404, "Lineage edge not found")
}

/// The record of a reference in a body, whose shape is checked.
pub fn referred(call: &Call, reference: &Value) -> OmResult<Ref> {
    let text = |member: &str| reference.get(member).and_then(Value::as_str).unwrap_or_default();
    let noun = noun(&call.door, text("type"))?;
    let id = text("id").parse().map_err(|_| OmError::not_found(noun.entity_type, text("id")))?;
    Ok(Ref::Id(call.kind(noun.kind_name), id))
}

/// The living record that a request names.
pub async fn seen(call: &Call, target: &Ref) -> OmResult<Record> {
    Ok(call.door.catalog.get(&call.caller, target, States::Alive, &Depth::bare()).await?.record)
}
