//! Tags and terms of a request as edges: what is added, what goes, what stays as it is stored.

use std::collections::{HashMap, HashSet};

use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::kind::Kind;
use emporion_catalog::parts::PartList;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::TAGGED;
use serde_json::{Map, Value};

use crate::errors::{OmError, OmResult};
use crate::reference::Label;

const FIELD: &str = "tags";

/// Labels at one place inside a record; the empty place is the record itself.
pub type Placed = (String, Vec<Label>);

/// A PUT only ever adds labels. What hung on parts that the request no longer has goes with them; `keeps` says which
/// places inside the record are left.
pub fn merge(
    registry: &Registry,
    draft: &mut Draft,
    present: Option<&View>,
    placed: &[Placed],
    keeps: impl Fn(&str) -> bool,
) -> OmResult<()> {
    let (known, mut added) = (Known::of(present), Vec::new());
    for (at, labels) in placed {
        for label in labels.iter().filter(|label| known.find(at, label).is_none()) {
            added.push(fresh(registry, at, label)?);
        }
    }
    let orphans = present.into_iter().flat_map(all).filter(|(edge, _)| !edge.at.is_empty() && !keeps(&edge.at));
    let orphans = orphans.map(|(edge, card)| stored(edge, card)).collect();
    relate(draft, How::Remove, orphans);
    relate(draft, How::Add, added);
    Ok(())
}

/// A PATCH says which labels the record itself has, and in which order. Unchanged ones keep what is stored of them.
pub fn replace(registry: &Registry, draft: &mut Draft, view: &View, labels: &[Label]) -> OmResult<()> {
    let before: Vec<(&Edge, &Card)> = at_place(view, "").collect();
    let same = before.len() == labels.len()
        && before.iter().zip(labels).all(|((edge, card), label)| as_label(edge, card) == *label);
    if same {
        return Ok(());
    }
    let known = Known::of(Some(view));
    let targets: OmResult<Vec<Target>> = labels.iter().map(|label| known.kept_or_fresh(registry, "", label)).collect();
    draft.relate(TAGGED, How::ReplaceAt, FIELD, targets?);
    Ok(())
}

/// The same for parts of a record, whose labels have no order. Parts that are not among `placed` lose theirs.
pub fn replace_parts(
    registry: &Registry,
    draft: &mut Draft,
    view: &View,
    inside: &PartList,
    placed: &[Placed],
) -> OmResult<()> {
    let wanted: HashSet<Key<'_>> =
        placed.iter().flat_map(|(at, labels)| labels.iter().map(|label| of_label(at, label))).collect();
    // A label whose tag is deleted is not shown, so the caller cannot have taken it away.
    let shown = all(view).filter(|(edge, card)| inside.path(&edge.at).is_some() && card.state.is_alive());
    let gone = shown.filter(|(edge, card)| !wanted.contains(&of_edge(edge, card)));
    let gone = gone.map(|(edge, card)| stored(edge, card)).collect();
    let (known, mut come) = (Known::of(Some(view)), Vec::new());
    for (at, labels) in placed {
        for label in labels {
            if known.find(at, label).is_none_or(|(edge, card)| as_label(edge, card) != *label) {
                come.push(known.kept_or_fresh(registry, at, label)?);
            }
        }
    }
    relate(draft, How::Remove, gone);
    relate(draft, How::Add, come);
    Ok(())
}

fn relate(draft: &mut Draft, how: How, targets: Vec<Target>) {
    if !targets.is_empty() {
        draft.relate(TAGGED, how, FIELD, targets);
    }
}

fn all(view: &View) -> impl Iterator<Item = (&Edge, &Card)> {
    let edges = view.edges.iter().filter(|edge| edge.relation == TAGGED);
    edges.filter_map(|edge| view.cards.get(&edge.to).map(|card| (edge, &**card)))
}

fn at_place<'v>(view: &'v View, at: &str) -> impl Iterator<Item = (&'v Edge, &'v Card)> {
    all(view).filter(move |(edge, card)| edge.at == at && card.state.is_alive())
}

/// By what a label is the same as another: its place, its kind and its name.
type Key<'k> = (&'k str, &'k str, &'k str);

fn of_label<'k>(at: &'k str, label: &'k Label) -> Key<'k> {
    (at, label.kind, &label.fqn)
}

fn of_edge<'k>(edge: &'k Edge, card: &'k Card) -> Key<'k> {
    (&edge.at, card.kind.name(), &card.fqn)
}

/// The labels that a record has, to be looked up: thousands of columns can bear some each.
struct Known<'v>(HashMap<Key<'v>, (&'v Edge, &'v Card)>);

impl<'v> Known<'v> {
    fn of(view: Option<&'v View>) -> Known<'v> {
        let mut known = HashMap::new();
        for (edge, card) in view.into_iter().flat_map(all) {
            known.entry(of_edge(edge, card)).or_insert((edge, card));
        }
        Known(known)
    }

    fn find(&self, at: &str, label: &Label) -> Option<(&'v Edge, &'v Card)> {
        self.0.get(&of_label(at, label)).copied()
    }

    fn kept_or_fresh(&self, registry: &Registry, at: &str, label: &Label) -> OmResult<Target> {
        match self.find(at, label) {
            Some((edge, card)) if as_label(edge, card) == *label => Ok(stored(edge, card)),
            Some((edge, card)) => Ok(Target { attributes: attributes(label), ..stored(edge, card) }),
            None => fresh(registry, at, label),
        }
    }
}

fn fresh(registry: &Registry, at: &str, label: &Label) -> OmResult<Target> {
    let kind = kind_of(registry, label)?;
    let mut target = Target::of(Ref::Name(kind, label.fqn.clone())).at(at);
    target.attributes = attributes(label);
    Ok(target)
}

/// The edge as it is.
fn stored(edge: &Edge, card: &Card) -> Target {
    let target = Target::of(Ref::Id(card.kind, card.id)).at(edge.at.as_str());
    Target { attributes: edge.attributes.clone(), ..target }
}

fn kind_of(registry: &Registry, label: &Label) -> OmResult<Kind> {
    registry.get(label.kind).ok_or_else(|| OmError::not_found("tag", &label.fqn))
}

/// What a label says beside its tag, as attributes of an edge. The usual values are not kept.
fn attributes(label: &Label) -> Map<String, Value> {
    let mut attributes = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), Value::from(value));
        }
    };
    put("label_type", Some(label.label_type.as_str()).filter(|given| *given != "Manual"));
    put("state", Some(label.state.as_str()).filter(|given| *given != "Confirmed"));
    put("reason", label.reason.as_deref());
    put("applied_at", label.applied_at.as_deref());
    put("applied_by", label.applied_by.as_deref());
    if let Some(metadata) = &label.metadata {
        attributes.insert("metadata".into(), metadata.clone());
    }
    attributes
}

/// The label that an edge prints as.
fn as_label(edge: &Edge, card: &Card) -> Label {
    let text = |name: &str| edge.attributes.get(name).and_then(Value::as_str).map(str::to_owned);
    Label {
        fqn: card.fqn.clone(),
        kind: card.kind.name(),
        label_type: text("label_type").unwrap_or_else(|| "Manual".into()),
        state: text("state").unwrap_or_else(|| "Confirmed".into()),
        reason: text("reason"),
        applied_at: text("applied_at"),
        applied_by: text("applied_by"),
        metadata: edge.attributes.get("metadata").filter(|value| value.is_object()).cloned(),
    }
}
