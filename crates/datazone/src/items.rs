//! What a product holds: assets in order, each with a pinned revision and terms of its own.

use std::collections::{HashMap, HashSet};

use emporion_catalog::Problem;
use emporion_catalog::command::{Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation::{HAS_ASSET, ITEM_TERMS as TERMS};
use serde_json::{Value, json};

use crate::allowed::Allowed;
use crate::call::CallError;
use crate::error::ServiceError;
use crate::messages::{self, ASSET};
use crate::revisions;
use crate::spelling::Spelling;
use crate::term_labels;
use crate::violations;

/// The attribute of the edge to the asset that pins its revision.
const REVISION: &str = "revision";

/// One item of a request, with its references resolved.
#[derive(Debug, Clone)]
pub struct Item {
    pub asset: RecordId,
    revision: Option<String>,
    pub terms: Vec<RecordId>,
}

/// The items of the request. What the product holds already may stay as it is.
///
/// Errors: 404 for unknown assets, revisions and terms, 400 for an asset that stands twice.
pub async fn find(here: &Allowed<'_, '_>, present: &[Item]) -> Result<Vec<Item>, CallError> {
    let values = here.call.input.list("items");
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let identifiers: Vec<&str> =
        values.iter().map(|value| value.get("identifier").and_then(Value::as_str).unwrap_or_default()).collect();
    // That an asset stands twice shows without knowing it.
    let mut seen = HashSet::new();
    if let Some(index) = identifiers.iter().position(|identifier| !seen.insert(*identifier)) {
        return Err(stands_twice(index).into());
    }
    // A product may hold what stands in other domains: its assets come from all over the account.
    let held: HashMap<RecordId, &Item> = present.iter().map(|item| (item.asset, item)).collect();
    let assets = here.assets_anywhere(&identifiers, &held.keys().copied().collect::<Vec<_>>()).await?;
    let mut taken = HashSet::new();
    let mut items: Vec<Item> = Vec::with_capacity(values.len());
    for (index, (value, identifier)) in values.iter().zip(identifiers).enumerate() {
        let asset = assets.get(identifier).ok_or_else(|| messages::does_not_exist(ASSET))?;
        // The same asset under its id and its imported id.
        if !taken.insert(asset.id) {
            return Err(stands_twice(index).into());
        }
        let revision = text(value, REVISION);
        if let Some(revision) = &revision {
            let exists = revisions::parse(revision).is_some_and(|number| number <= asset.content_revision);
            if !exists {
                let text = format!("Requested revision {revision} of asset {identifier} cannot be found in domain");
                return Err(ServiceError::not_found(text).into());
            }
        }
        let attached = held.get(&asset.id).map_or(&[][..], |item| &item.terms);
        let terms = value.get("glossaryTerms").and_then(Value::as_array).into_iter().flatten();
        let terms: Vec<String> = terms.filter_map(|text| text.as_str().map(str::to_owned)).collect();
        let terms = term_labels::find(here, &terms, attached).await?;
        items.push(Item { asset: asset.id, revision, terms });
    }
    Ok(items)
}

fn stands_twice(index: usize) -> ServiceError {
    violations::one(&format!("items.{}.member.identifier", index + 1), "Member must be unique within the list")
}

/// What a product holds, as far as it is alive; terms that `gone` names are left out.
pub fn of(view: &View, gone: &[RecordId]) -> Vec<Item> {
    let mut edges: Vec<&Edge> = view.targets(HAS_ASSET).map(|(edge, _)| edge).collect();
    edges.sort_by_key(|edge| edge.ord);
    edges
        .into_iter()
        .map(|edge| Item {
            asset: edge.to,
            revision: edge.attributes.get(REVISION).and_then(Value::as_str).map(str::to_owned),
            terms: edge.item_terms().filter(|term| !gone.contains(term)).collect(),
        })
        .collect()
}

/// Terms of items that are no longer alive. They are kept in attributes, where no edge follows them.
pub async fn gone_terms(reading: &Reading<'_>, view: &View) -> Result<Vec<RecordId>, Problem> {
    let mut terms: Vec<RecordId> = view.targets(HAS_ASSET).flat_map(|(edge, _)| edge.item_terms()).collect();
    terms.sort_unstable();
    terms.dedup();
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let alive = reading.alive_among(&terms).await?;
    terms.retain(|term| !alive.contains(term));
    Ok(terms)
}

/// The edges of a product that holds these items. Edges that stay keep what other doors say of them; edges to what is
/// deleted stay too, since it may come back.
pub fn targets(view: Option<&View>, items: &[Item]) -> Vec<Target> {
    let present: HashMap<RecordId, &Edge> = view
        .into_iter()
        .flat_map(|view| &view.edges)
        .filter(|edge| edge.relation == HAS_ASSET && edge.at.is_empty())
        .map(|edge| (edge.to, edge))
        .collect();
    let mut targets: Vec<Target> = items
        .iter()
        .map(|item| {
            let mut attributes = present.get(&item.asset).map(|edge| edge.attributes.clone()).unwrap_or_default();
            match &item.revision {
                Some(revision) => drop(attributes.insert(REVISION.to_owned(), json!(revision))),
                None => drop(attributes.shift_remove(REVISION)),
            }
            if item.terms.is_empty() {
                attributes.shift_remove(TERMS);
            } else {
                let terms: Vec<String> = item.terms.iter().map(RecordId::to_string).collect();
                attributes.insert(TERMS.to_owned(), json!(terms));
            }
            Target { attributes, ..Target::of(Ref::AnyOf(&[], item.asset)) }
        })
        .collect();
    let is_alive = |id: RecordId| view.and_then(|view| view.cards.get(&id)).is_some_and(|card| card.state.is_alive());
    let mut asleep: Vec<&&Edge> = present.values().filter(|edge| !is_alive(edge.to)).collect();
    asleep.sort_by_key(|edge| edge.ord);
    for edge in asleep {
        targets.push(Target { attributes: edge.attributes.clone(), ..Target::of(Ref::AnyOf(&[], edge.to)) });
    }
    targets
}

/// Records that printed items name.
pub fn named(items: &[Item]) -> impl Iterator<Item = RecordId> + '_ {
    items.iter().flat_map(|item| item.terms.iter().copied().chain([item.asset]))
}

pub fn print(items: &[Item], spelling: &Spelling) -> Vec<Value> {
    items
        .iter()
        .map(|item| {
            let mut printed = json!({ "itemType": "ASSET", "identifier": spelling.id(item.asset) });
            if let Some(revision) = &item.revision {
                printed["revision"] = json!(revision);
            }
            if !item.terms.is_empty() {
                printed["glossaryTerms"] = Value::Array(term_labels::print(&item.terms, spelling));
            }
            printed
        })
        .collect()
}
