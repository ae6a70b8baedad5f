//! The glossary terms of a record: tag labels that lead to terms, among labels that this API cannot say.

use emporion_catalog::command::{Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation::TAGGED;
use serde_json::{Value, json};

use crate::allowed::Allowed;
use crate::call::CallError;
use crate::error::ServiceError;
use crate::in_domain::{InDomain, Kinds};
use crate::messages::{self, GLOSSARY_TERM};
use crate::spelling::Spelling;

const KIND: Kind = kinds::GLOSSARY_TERM;

/// The terms that a request names, each once, in order. What is attached already may stay whatever became of it.
///
/// Errors: 404 for an unknown term, 400 for one that is disabled.
pub async fn find(here: &Allowed<'_, '_>, texts: &[String], attached: &[RecordId]) -> Result<Vec<RecordId>, CallError> {
    let mut found: Vec<RecordId> = Vec::new();
    for text in texts {
        let unknown = || messages::does_not_exist(GLOSSARY_TERM);
        let term = here.find_anywhere(Kinds::One(KIND), text, &Depth::bare()).await?.ok_or_else(unknown)?;
        let id = term.id();
        if found.contains(&id) {
            continue;
        }
        if !attached.contains(&id) {
            if !here.holds(&term).await? {
                return Err(unknown().into());
            }
            if is_disabled(here, &term).await? {
                let text = format!("GlossaryTerm {text} is DISABLED and can't be attached");
                return Err(ServiceError::validation(text).into());
            }
        }
        found.push(id);
    }
    Ok(found)
}

/// A term is out of use with its glossary.
async fn is_disabled(here: &InDomain<'_>, term: &View) -> Result<bool, CallError> {
    let flag = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or(false);
    if flag(term.field("disabled")) {
        return Ok(true);
    }
    let Some(glossary) = term.ancestor("glossary") else { return Ok(false) };
    Ok(flag(here.reading.field_above(term, glossary, "disabled").await?.as_ref()))
}

/// The living terms of a record, in order.
pub fn attached(view: &View) -> Vec<RecordId> {
    let mut edges: Vec<&Edge> = labels(view).filter(|edge| is_term(view, edge)).collect();
    edges.sort_by_key(|edge| edge.ord);
    edges.into_iter().map(|edge| edge.to).collect()
}

/// The labels of a record with other terms: tags keep their place, terms take the places of the terms before them.
pub fn replaced(view: Option<&View>, terms: &[RecordId]) -> Vec<Target> {
    let mut present: Vec<&Edge> = view.into_iter().flat_map(labels).collect();
    present.sort_by_key(|edge| edge.ord);
    let attributes_of = |term: &RecordId| {
        let known = present.iter().find(|edge| edge.to == *term);
        known.map(|edge| edge.attributes.clone()).unwrap_or_default()
    };
    let target = |to: RecordId| Target::of(Ref::AnyOf(&[], to));
    let mut wanted = terms.iter().map(|term| Target { attributes: attributes_of(term), ..target(*term) });
    let mut targets: Vec<Target> = Vec::with_capacity(present.len() + terms.len());
    for edge in &present {
        if view.is_some_and(|view| is_term(view, edge)) {
            targets.extend(wanted.next());
        } else {
            targets.push(Target { attributes: edge.attributes.clone(), ..target(edge.to) });
        }
    }
    targets.extend(wanted);
    targets
}

/// Labels of the record itself, not of its columns.
fn labels(view: &View) -> impl Iterator<Item = &Edge> {
    view.edges.iter().filter(|edge| edge.relation == TAGGED && edge.at.is_empty())
}

fn is_term(view: &View, edge: &Edge) -> bool {
    view.cards.get(&edge.to).is_some_and(|card| card.kind == KIND && card.state.is_alive())
}

/// Ids of terms as answers show them.
pub fn print(terms: &[RecordId], spelling: &Spelling) -> Vec<Value> {
    terms.iter().map(|term| json!(spelling.id(*term))).collect()
}
