//! Parts of a record that have names of their own and bear labels: the columns of a table, the tasks of a pipeline.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::name;

/// Where parts lie in the records of a kind, and how one is found.
#[derive(Debug)]
pub struct PartList {
    /// The field that lists them, with those above it: `columns`, `message_schema/schema_fields`.
    pub list: &'static str,
    /// What one of them is called: `column`.
    pub one: &'static str,
    /// The member of a part that lists parts within it.
    pub within: Option<&'static str>,
}

impl PartList {
    /// The place of what hangs on a part. Its path is the names that lead to it, quoted as in FQNs.
    pub fn place(&self, path: &str) -> String {
        format!("{}/{path}", self.list)
    }

    /// The path of the part to which a place belongs.
    pub fn path<'p>(&self, place: &'p str) -> Option<&'p str> {
        place.strip_prefix(self.list)?.strip_prefix('/')
    }

    /// The field of the body in which they lie.
    pub fn field(&self) -> &'static str {
        self.list.split('/').next().unwrap_or_default()
    }

    /// The list in a body.
    pub fn of<'b>(&self, field: impl Fn(&str) -> Option<&'b Value>) -> &'b [Value] {
        let mut steps = self.list.split('/');
        let first = steps.next().and_then(field);
        let list = steps.fold(first, |above, step| above?.get(step)).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// Calls `each` for every part, those within one after it, with its path.
    pub fn walk(&self, parts: &[Value], each: &mut impl FnMut(&str, &Map<String, Value>)) {
        self.walk_below(None, parts, each);
    }

    fn walk_below(&self, above: Option<&str>, parts: &[Value], each: &mut impl FnMut(&str, &Map<String, Value>)) {
        for part in parts.iter().filter_map(Value::as_object) {
            let path = name::join(above, part.get("name").and_then(Value::as_str).unwrap_or_default());
            each(&path, part);
            if let Some(inner) = self.within.and_then(|within| part.get(within)?.as_array()) {
                self.walk_below(Some(&path), inner, each);
            }
        }
    }

    /// The same for parts that are changed on the way.
    pub fn walk_mut(&self, parts: &mut [Value], each: &mut impl FnMut(&str, &mut Map<String, Value>)) {
        self.walk_mut_below(None, parts, each);
    }

    fn walk_mut_below(
        &self,
        above: Option<&str>,
        parts: &mut [Value],
        each: &mut impl FnMut(&str, &mut Map<String, Value>),
    ) {
        for part in parts.iter_mut().filter_map(Value::as_object_mut) {
            let path = name::join(above, part.get("name").and_then(Value::as_str).unwrap_or_default());
            each(&path, part);
            if let Some(Value::Array(inner)) = self.within.and_then(|within| part.get_mut(within)) {
                self.walk_mut_below(Some(&path), inner, each);
            }
        }
    }

    /// The paths of all of them.
    pub fn paths(&self, parts: &[Value]) -> HashSet<String> {
        let mut paths = HashSet::new();
        self.walk(parts, &mut |path, _| {
            paths.insert(path.to_owned());
        });
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIELDS: PartList = PartList { list: "schema/fields", one: "field", within: Some("children") };

    #[test]
    fn a_part_is_found_by_its_path_and_a_place_by_its_list() {
        let body = json!({"schema": {"fields": [{"name": "a.b", "children": [{"name": "c"}]}, {"name": "d"}]}});
        let fields = FIELDS.of(|field| body.get(field));
        let mut paths: Vec<String> = FIELDS.paths(fields).into_iter().collect();
        paths.sort_unstable();
        assert_eq!(paths, ["\"a.b\"", "\"a.b\".c", "d"]);
        assert_eq!(FIELDS.place("d"), "schema/fields/d");
        assert_eq!(FIELDS.path("schema/fields/a/b"), Some("a/b"));
        assert_eq!((FIELDS.path("schema/fieldsets/d"), FIELDS.path("")), (None, None));
        assert_eq!(FIELDS.field(), "schema");
        assert!(FIELDS.of(|_| None).is_empty());
    }
}
