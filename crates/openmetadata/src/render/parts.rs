//! Labelled parts as answers show them: with their FQNs, and with tags where tags were asked for.

use emporion_catalog::parts::PartList;
use emporion_catalog::record::{TargetsByPlace, View};
use emporion_catalog::relation::TAGGED;
use emporion_edge::json_writer;
use serde_json::Value;

use super::print::Printer;
use crate::case;

/// The member in which the parts lie. What the core keeps nothing of is an empty list.
pub fn print_parts(printer: &Printer<'_>, view: &View, parts: &PartList, with_tags: bool) -> Option<Value> {
    let stored = view.record.body.json_of(parts.field());
    let mut value = match stored.map(|stored| json_writer::tree(|into| case::print_wire(stored, into))) {
        None if parts.field() == parts.list => Value::Array(Vec::new()),
        value => value?,
    };
    let list = wire_list_mut(&mut value, parts)?;
    let labels = if with_tags { view.targets_by_place(TAGGED) } else { TargetsByPlace::new() };
    parts.walk_mut(list, &mut |path, part| {
        part.insert("fullyQualifiedName".into(), Value::from(format!("{}.{path}", view.record.fqn)));
        // A part without any gets an empty list: the client's patches of columns do nothing where the member is missing.
        if with_tags {
            let labels = labels.get(&*parts.place(path)).into_iter().flatten().copied();
            part.insert("tags".into(), json_writer::tree(|into| printer.labels(labels, into)));
        }
    });
    Some(value)
}

/// The list of parts in the value of their member, as the wire spells it.
pub fn wire_list_mut<'v>(value: &'v mut Value, parts: &PartList) -> Option<&'v mut Vec<Value>> {
    let mut steps = parts.list.split('/').skip(1);
    let list = steps.try_fold(value, |above, step| above.get_mut(case::wire_key(step).as_ref()));
    list?.as_array_mut()
}

/// The same, to be read.
pub fn wire_list<'v>(value: Option<&'v Value>, parts: &PartList) -> &'v [Value] {
    let steps = parts.list.split('/').skip(1);
    let list = steps.fold(value, |above, step| above?.get(case::wire_key(step).as_ref()));
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
