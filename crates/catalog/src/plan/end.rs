//! The end of roles and loans that were given with one. The server takes them back, in nobody's name.

use serde_json::{Map, Value};

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
use crate::rows::filters::ROLES;
use crate::rows::grants;

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
    // A filter outlasts the role that it was put on, where there is another one.
    for edge in &gone {
        let Some(Value::Object(filters)) = edge.attributes.get(ROW_FILTERS) else { continue };
        let mut roles =
            plan.after.edges.iter_mut().filter(|other| ROLES.contains(&other.relation) && other.to == edge.to);
        if let Some(role) = roles.next() {
            keep_filters(&mut role.attributes, filters);
        }
    }
    let difference = diff::between(plan.kind, &before, &plan.after);
    let permit = access::of_the_server();
    if difference.is_empty() {
        return Ok(plan.finish(permit, Effect::Unchanged));
    }
    plan.store(&before, difference);
    plan.event(EventKind::Updated, Some(Event::of_itself_alone()));
    Ok(plan.finish(permit, Effect::Updated))
}

/// Of one table, all that were given hold.
fn keep_filters(attributes: &mut Map<String, Value>, filters: &Map<String, Value>) {
    let mut kept = attributes.get(ROW_FILTERS).and_then(Value::as_object).cloned().unwrap_or_default();
    for (table, condition) in filters {
        let condition = condition.as_str().unwrap_or_default();
        let both = match kept.get(table).and_then(Value::as_str) {
            Some(other) if other != condition => format!("({other}) AND ({condition})"),
            _ => condition.to_owned(),
        };
        kept.insert(table.clone(), both.into());
    }
    attributes.insert(ROW_FILTERS.to_owned(), Value::Object(kept));
}
