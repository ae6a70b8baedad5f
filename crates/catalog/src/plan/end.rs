//! The end of roles, loans and certifications that were given with one. The server takes them back, in nobody's name.

use serde_json::Value;

use super::diff;
use super::planning::{Planned, Planning};
use crate::access;
use crate::change_set::{Event, EventKind};
use crate::command::{DoorRules, Effect};
use crate::context::Context;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::record::{Edge, Record};
use crate::relation::{AFTERWARDS, ROW_FILTERS};
use crate::rows::roles::ROLES;
use crate::rows::{filters, grants};
use crate::rules::lasting_filters;

/// Takes back what of a living record is over by now.
pub async fn end(cx: &Context<'_>, record: Record) -> Result<Planned, Problem> {
    let before = load::view(cx.snapshot, record, &Depth::full()).await?;
    let mut plan = Planning::new(cx, Some(before.clone()), before.clone(), &DoorRules::default());
    let is_over = |edge: &Edge| edge.ends_at().is_some_and(|ends| ends <= cx.now);
    let mut gone: Vec<Edge> = Vec::new();
    for mut edge in std::mem::take(&mut plan.after.edges) {
        if is_over(&edge) {
            if edge.relation.0.lends {
                grants::take_away(&mut edge.attributes);
            } else if let Some(Value::Object(before)) = edge.attributes.shift_remove(AFTERWARDS) {
                let filters = edge.attributes.shift_remove(ROW_FILTERS);
                edge.attributes = before;
                edge.attributes.extend(filters.map(|filters| (ROW_FILTERS.to_owned(), filters)));
            } else {
                gone.push(edge);
                continue;
            }
        }
        plan.after.edges.push(edge);
    }
    // A filter outlasts the role that it was put on: it moves to another one, or stays with the product.
    for edge in &gone {
        let is_other = |other: &&mut Edge| ROLES.contains(&other.relation) && other.to == edge.to;
        match plan.after.edges.iter_mut().find(is_other) {
            Some(_) if filters::of_edge(edge).next().is_none() => {}
            Some(role) => lasting_filters::put(role, filters::of_edge(edge)),
            None => lasting_filters::keep(&mut plan.after.record, edge),
        }
    }
    lasting_filters::follow(&mut plan.after);
    let difference = diff::between(plan.kind, &before, &plan.after);
    let permit = access::of_the_server();
    if difference.is_empty() {
        return Ok(plan.finish(permit, Effect::Unchanged));
    }
    plan.store(&before, difference);
    plan.event(EventKind::Updated, Some(Event::of_itself_alone()));
    Ok(plan.finish(permit, Effect::Updated))
}
