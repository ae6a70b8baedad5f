//! References of a request as edges of the core.

use emporion_catalog::command::{How, Ref, RelationEdit, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{self, Relation};

use crate::errors::{OmError, OmResult};
use crate::names;
use crate::noun::Reference;
use crate::reference::Given;

/// The core's name for a record that a request refers to.
///
/// Errors: 404 for a kind that the core does not have: there is no such record.
pub fn to_ref(registry: &Registry, reference: &Reference, given: &Given) -> OmResult<Ref> {
    let kind = |name: &str| registry.get(name).ok_or_else(|| given.not_found());
    Ok(match given {
        Given::Id { id, kind: Some(name) } => Ref::Id(kind(name)?, RecordId::from_uuid(*id)),
        Given::Id { id, kind: None } => Ref::AnyOf(reference.targets, RecordId::from_uuid(*id)),
        Given::Name { name, kinds } => {
            let first =
                kinds.first().copied().ok_or_else(|| OmError::missing(format_args!("{}.id", reference.member)))?;
            Ref::Name(kind(first)?, name.clone())
        }
    })
}

/// The core's relation of a reference. `None` where the core has none, and the request names nothing.
///
/// Errors: 404 where the request names something.
pub fn relation_of(
    view_kind: emporion_catalog::kind::Kind,
    reference: &Reference,
    given: &[Given],
) -> OmResult<Option<Relation>> {
    match (relation::by_name(reference.relation).filter(|relation| view_kind.has(*relation)), given.first()) {
        (Some(relation), _) => Ok(Some(relation)),
        (None, Some(first)) => Err(first.not_found()),
        (None, None) => Ok(None),
    }
}

/// Makes the record's own edges of the relation lead to what is given and nowhere else. What an edge says beside its
/// target stays where the target stays. `None` where nothing would change.
///
/// `ordered`: another order is a change.
pub fn replace(
    registry: &Registry,
    view: Option<&View>,
    relation: Relation,
    reference: &Reference,
    given: &[Given],
    ordered: bool,
) -> OmResult<Option<RelationEdit>> {
    let own: Vec<(&Edge, &Card)> =
        view.map(|view| view.targets(relation).map(|(edge, card)| (edge, &**card)).collect()).unwrap_or_default();
    let places: Vec<Option<usize>> =
        given.iter().map(|given| own.iter().position(|(_, card)| leads_to(given, card))).collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let same_set = sorted.len() == own.len() && places.len() == own.len() && !places.contains(&None);
    if same_set && (!ordered || places.is_sorted()) {
        return Ok(None);
    }
    check_owners(reference, given)?;
    let mut targets = Vec::with_capacity(given.len());
    for (given, place) in given.iter().zip(places) {
        targets.push(match place {
            Some(place) => {
                let (edge, card) = own[place];
                Target { attributes: edge.attributes.clone(), ..Target::of(Ref::Id(card.kind, card.id)) }
            }
            None => Target::of(to_ref(registry, reference, given)?),
        });
    }
    Ok(Some(RelationEdit { relation, how: How::Replace, targets, field: reference.member.to_owned() }))
}

/// Whether a request means the record behind the card. A spelling that is not recognised is looked up by the core.
pub fn leads_to(given: &Given, card: &Card) -> bool {
    match given {
        Given::Id { id, kind } => card.id.uuid() == *id && kind.is_none_or(|kind| card.kind.is(kind)),
        Given::Name { name, kinds } => {
            let same = |spelling: &str| {
                card.fqn == spelling || (card.kind == kinds::USER && card.fqn == emporion_catalog::name::fold(spelling))
            };
            (kinds.is_empty() || kinds.iter().any(|kind| card.kind.is(kind)))
                && (names::canonical(name).is_some_and(|name| same(&name)) || same(&names::quote(name)))
        }
    }
}

/// The edit that adds what is given and not there yet.
///
/// Errors: 404 for references to kinds that there are none of.
pub fn add(
    registry: &Registry,
    view: Option<&View>,
    relation: Relation,
    reference: &Reference,
    given: &[Given],
) -> OmResult<Option<RelationEdit>> {
    let is_new =
        |given: &&Given| !view.is_some_and(|view| view.targets(relation).any(|(_, card)| leads_to(given, card)));
    let targets = given.iter().filter(is_new).map(|given| Ok(Target::of(to_ref(registry, reference, given)?)));
    let targets = targets.collect::<OmResult<Vec<_>>>()?;
    let edit = RelationEdit { relation, how: How::Add, targets, field: reference.member.to_owned() };
    Ok((!edit.targets.is_empty()).then_some(edit))
}

/// Most people who may own one record.
const MOST_OWNERS: usize = 5;

/// Owners are a few people or one team, never both.
fn check_owners(reference: &Reference, given: &[Given]) -> OmResult<()> {
    if reference.member != "owners" {
        return Ok(());
    }
    let is = |given: &Given, wanted: &str| match given {
        Given::Id { kind, .. } => *kind == Some(wanted),
        Given::Name { kinds, .. } => kinds.first() == Some(&wanted),
    };
    let teams = given.iter().filter(|given| is(given, "team")).count();
    if teams > 1 {
        return Err(OmError::one_owning_team());
    }
    let others = given.len() - teams;
    if (teams == 1 && given.iter().any(|given| is(given, "user"))) || others > MOST_OWNERS {
        return Err(OmError::users_or_one_team());
    }
    Ok(())
}
