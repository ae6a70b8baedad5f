//! Columns and tasks as answers show them: with their FQNs, and with tags where tags were asked for.

use emporion_catalog::record::View;
use serde_json::Value;

use super::print::Printer;
use crate::{case, column, names};

/// Where in a record the tags of a column hang; `path` is quoted like an FQN.
pub fn column_place(path: &str) -> String {
    format!("columns/{path}")
}

/// Where the tags of a task hang.
pub fn task_place(name: &str) -> String {
    format!("tasks/{}", names::quote(name))
}

pub fn print_columns(printer: &Printer<'_>, view: &View, with_tags: bool) -> Option<Value> {
    let mut columns = list(view, "columns")?;
    column::set_fqns(&mut columns, &view.record.fqn);
    if with_tags {
        column::put_tags(&mut columns, |path| printer.labels(view, &column_place(path)));
    }
    Some(Value::Array(columns))
}

pub fn print_tasks(printer: &Printer<'_>, view: &View, with_tags: bool) -> Option<Value> {
    let mut tasks = list(view, "tasks")?;
    for task in tasks.iter_mut().filter_map(Value::as_object_mut) {
        let name = task.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let fqn = format!("{}.{}", view.record.fqn, names::quote(&name));
        task.insert("fullyQualifiedName".into(), Value::from(fqn));
        if with_tags {
            task.insert("tags".into(), Value::Array(printer.labels(view, &task_place(&name))));
        }
    }
    Some(Value::Array(tasks))
}

/// What the core keeps nothing of is an empty list.
fn list(view: &View, field: &str) -> Option<Vec<Value>> {
    match view.field(field).map(case::to_wire) {
        None => Some(Vec::new()),
        Some(Value::Array(items)) => Some(items),
        Some(_) => None,
    }
}
