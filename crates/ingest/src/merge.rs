//! What the source says and what the catalogue has, brought together.
//!
//! Structure is the source's: columns, types, keys, definitions. Prose is people's: a comment of the source becomes the
//! description while the description is missing or still what the source said at the last crawl. Everything else
//! (display names, owners, tags, domains, extensions) is not the source's to say and stays.

use std::collections::{HashMap, HashSet};

use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::Millis;
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::name;
use emporion_catalog::observation::TABLE_PROFILE;
use emporion_catalog::record::{Body, View};
use emporion_catalog::relation::TAGGED;
use emporion_catalog::rows::personal::proposed_for;
use emporion_catalog::spelling::decode;
use serde_json::{Map, Value, json};

use crate::described::{Column, Described, OF_THE_SOURCE, Relation};

/// What the source said at the last crawl, as far as people can change it since.
const CRAWLED: &str = "crawled";
/// Fields that say what was observed of a thing and not what it is.
pub const OBSERVED: &[&str] = &[CRAWLED];
const NOTHING: &Value = &Value::Null;

/// The fields that differ from what the catalogue has; null removes.
pub fn fields(wanted: &Described, present: Option<&Body>) -> Map<String, Value> {
    let has = |field: &str| present.and_then(|body| body.get(field)).unwrap_or(NOTHING);
    let mut differing = Map::new();
    let mut put = |field: &str, value: Value| {
        if value != *has(field) {
            differing.insert(field.to_owned(), value);
        }
    };
    let before = has(CRAWLED);
    let (comment, said) = (wanted.comment.as_deref(), text(before, "description"));
    put("description", prose(comment, said, has("description").as_str()).into());
    let mut crawled = Map::new();
    crawled.extend(comment.map(|comment| ("description".to_owned(), comment.into())));
    if let Some(relation) = &wanted.table {
        for (field, value) in &relation.fields {
            put(field, value.clone());
        }
        put("columns", columns(&relation.columns, has("columns"), &before["columns"]));
        put("table_constraints", constraints(relation, has("table_constraints"), &before["constraints"]));
        let comments: Map<String, Value> = relation
            .columns
            .iter()
            .filter_map(|column| Some((column.name.clone(), column.comment.as_deref()?.into())))
            .collect();
        if !comments.is_empty() {
            crawled.insert("columns".to_owned(), comments.into());
        }
        if !relation.constraints.is_empty() {
            crawled.insert("constraints".to_owned(), relation.constraints.clone().into());
        }
    }
    put(CRAWLED, if crawled.is_empty() { Value::Null } else { crawled.into() });
    differing
}

/// The same as a draft; labels on columns that are gone go with them, and columns that come and look personal are
/// proposed to be `sensitive`. Once they are there, it is people who say what they are.
pub fn draft(
    wanted: &Described,
    present: Option<&View>,
    counted: Option<f64>,
    sensitive: Option<&Ref>,
    now: Millis,
) -> Draft {
    let fields = fields(wanted, present.map(|view| &view.record.body));
    let mut draft = Draft { fields, ..Draft::default() };
    if let Some(profile) = profile(wanted, counted, now) {
        draft.observe(TABLE_PROFILE, "", now, profile);
    }
    if let (Some(relation), Some(sensitive)) = (&wanted.table, sensitive) {
        let proposed = proposed(relation, present, sensitive);
        if !proposed.is_empty() {
            draft.relate(TAGGED, How::Add, "tags", proposed);
        }
    }
    if let (Some(view), Some(relation)) = (present, &wanted.table) {
        let found: HashSet<&str> = relation.columns.iter().map(|column| column.name.as_str()).collect();
        let is_left = |at: &str| {
            let Some(path) = COLUMNS.path(at) else { return true };
            let column = name::split(path).and_then(|mut names| names.drain(..).next());
            column.is_none_or(|column| found.contains(column.as_str()))
        };
        let gone = view.edges.iter().filter(|edge| edge.relation == TAGGED && !is_left(&edge.at));
        let gone: Vec<Target> = gone.map(|edge| Target::of(Ref::AnyOf(&[], edge.to)).at(edge.at.as_str())).collect();
        if !gone.is_empty() {
            draft.relate(TAGGED, How::Remove, "tags", gone);
        }
    }
    draft
}

/// A label for each column that is new and looks personal.
fn proposed(relation: &Relation, present: Option<&View>, sensitive: &Ref) -> Vec<Target> {
    let stored = present.and_then(|view| view.field("columns")?.as_array()).map(Vec::as_slice).unwrap_or_default();
    let known: HashSet<&str> = stored.iter().filter_map(|stored| text(stored, "name")).collect();
    let is_new = |column: &&Column| !known.contains(column.name.as_str());
    let looks = |column: &&Column| {
        let data_type = column.members.get("data_type").and_then(Value::as_str).unwrap_or_default();
        proposed_for(&decode(&column.name), data_type).is_some()
    };
    let label = |column: &Column| {
        let target = Target::of(sensitive.clone()).at(COLUMNS.place(&name::quote(&column.name)));
        let target = target.with("label_type", "Automated").with("state", "Suggested");
        target.with("reason", "The column's name says that it is personal.")
    };
    relation.columns.iter().filter(is_new).filter(looks).map(label).collect()
}

/// The description: the source's, unless somebody has written another one since the source `said` the last one.
fn prose<'a>(source: Option<&'a str>, said: Option<&str>, present: Option<&'a str>) -> Option<&'a str> {
    let source = source.filter(|text| !text.is_empty());
    if source == said {
        return present;
    }
    if present.is_none() || present == said { source } else { present }
}

fn columns(wanted: &[Column], present: &Value, said: &Value) -> Value {
    let present = present.as_array().map(Vec::as_slice).unwrap_or_default();
    // Of columns with one name the first counts.
    let present: HashMap<&str, &Value> =
        present.iter().rev().filter_map(|stored| Some((text(stored, "name")?, stored))).collect();
    let merged = wanted.iter().map(|column| {
        let stored = present.get(column.name.as_str()).and_then(|stored| stored.as_object());
        let mut members = column.members.clone();
        for (member, value) in stored.into_iter().flatten() {
            if !OF_THE_SOURCE.contains(&member.as_str()) {
                members.insert(member.clone(), value.clone());
            }
        }
        let present = members.get("description").and_then(Value::as_str).map(str::to_owned);
        match prose(column.comment.as_deref(), text(said, &column.name), present.as_deref()) {
            Some(description) => drop(members.insert("description".to_owned(), description.into())),
            None => drop(members.remove("description")),
        }
        Value::Object(members)
    });
    merged.collect()
}

/// The source's keys, and those that people have added over columns that are still there.
fn constraints(relation: &Relation, present: &Value, said: &Value) -> Value {
    fn list(value: &Value) -> &[Value] {
        value.as_array().map(Vec::as_slice).unwrap_or_default()
    }
    fn key(constraint: &Value) -> (&Value, &Value) {
        (&constraint["constraint_type"], &constraint["columns"])
    }
    let found: HashSet<&str> = relation.columns.iter().map(|column| column.name.as_str()).collect();
    let mut known: HashSet<(&Value, &Value)> = relation.constraints.iter().chain(list(said)).map(key).collect();
    let mut merged = relation.constraints.clone();
    for stored in list(present) {
        let columns = list(&stored["columns"]);
        let has_columns = columns.iter().all(|column| column.as_str().is_some_and(|column| found.contains(column)));
        if has_columns && known.insert(key(stored)) {
            merged.push(stored.clone());
        }
    }
    if merged.is_empty() { Value::Null } else { merged.into() }
}

/// A profile with the number of rows, where it is another one than what was `counted` last.
pub fn profile(wanted: &Described, counted: Option<f64>, now: Millis) -> Option<Value> {
    let relation = wanted.table.as_ref()?;
    let rows = relation.rows.filter(|rows| counted != Some(*rows as f64))?;
    Some(json!({"timestamp": now.0, "rowCount": rows, "columnCount": relation.columns.len()}))
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000);

    fn column(name: &str, data_type: &str, comment: Option<&str>) -> Column {
        let members = json!({"name": name, "data_type": data_type});
        Column {
            name: name.to_owned(),
            members: members.as_object().unwrap().clone(),
            comment: comment.map(str::to_owned),
        }
    }

    fn table(comment: Option<&str>, columns: Vec<Column>) -> Described {
        let relation = Relation {
            fields: vec![("table_type", "Regular".into()), ("schema_definition", Value::Null)],
            columns,
            constraints: Vec::new(),
            rows: Some(3),
        };
        Described { comment: comment.map(str::to_owned), table: Some(relation) }
    }

    /// The body after the fields were written.
    fn after(wanted: &Described, body: &Body) -> Body {
        let mut body = body.clone();
        for (field, value) in fields(wanted, Some(&body.clone())) {
            match value {
                Value::Null => drop(body.remove(&field)),
                value => drop(body.insert(field, value)),
            }
        }
        body
    }

    #[test]
    fn prose_is_the_sources_until_a_person_writes() {
        for (source, said, present, result) in [
            (None, None, None, None),
            (Some("a"), None, None, Some("a")),
            // Written before the first crawl.
            (Some("a"), None, Some("mine"), Some("mine")),
            // The source's own, which changes and goes.
            (Some("b"), Some("a"), Some("a"), Some("b")),
            (None, Some("a"), Some("a"), None),
            // A person's, which stays; also when he has removed it.
            (Some("b"), Some("a"), Some("mine"), Some("mine")),
            (None, Some("a"), Some("mine"), Some("mine")),
            (Some("a"), Some("a"), None, None),
            // The source has something new to say where nothing stands.
            (Some("b"), Some("a"), None, Some("b")),
        ] {
            assert_eq!(prose(source, said, present), result, "{source:?} {said:?} {present:?}");
        }
    }

    /// Of these, each was once held against each of the others.
    #[test]
    fn keys_that_people_have_added_stay_however_many_there_are() {
        let key = |column: &str| json!({"constraint_type": "UNIQUE", "columns": [column]});
        let name = |n: usize| format!("c{n}");
        let mut wanted = table(None, (0..20_000).map(|n| column(&name(n), "INT", None)).collect());
        let found: Vec<Value> = (0..10_000).map(|n| key(&name(n))).collect();
        let added: Vec<Value> = (10_000..20_000).map(|n| key(&name(n))).collect();
        let Some(relation) = &mut wanted.table else { panic!("a table") };
        relation.constraints.clone_from(&found);
        let stored: Value = found.iter().chain(&added).chain(&added).chain([&key("gone")]).cloned().collect();
        let merged = constraints(relation, &stored, &Value::Null);
        assert_eq!(merged, found.iter().chain(&added).cloned().collect::<Value>());
        // What the source said before and says no more is nobody's.
        relation.constraints.clear();
        assert_eq!(constraints(relation, &stored, &found.into()), added.into_iter().collect::<Value>());
        assert_eq!(constraints(relation, &Value::Null, &Value::Null), Value::Null);
    }

    #[test]
    fn the_same_crawl_twice_changes_nothing() {
        let wanted = table(Some("who buys"), vec![column("id", "INT", None), column("name", "TEXT", Some("full"))]);
        let body = after(&wanted, &Body::new());
        assert_eq!(body["description"], "who buys");
        assert_eq!(body["columns"][1]["description"], "full");
        assert_eq!(fields(&wanted, Some(&body)), Map::new());
    }

    #[test]
    fn what_people_wrote_stays_and_what_the_source_owns_follows_it() {
        let mut body =
            after(&table(Some("a"), vec![column("id", "INT", Some("b")), column("x", "INT", None)]), &Body::new());
        body.insert("description".into(), "by a person".into());
        body.insert("display_name".into(), "Customers".into());
        body["columns"][0]["description"] = "by a person".into();
        body["columns"][0]["display_name"] = "Number".into();
        let wanted =
            table(Some("new"), vec![column("id", "BIGINT", Some("newer")), column("y", "DATE", Some("since"))]);
        let body = after(&wanted, &body);
        assert_eq!((&body["description"], &body["display_name"]), (&json!("by a person"), &json!("Customers")));
        let id = json!({"name": "id", "data_type": "BIGINT", "description": "by a person", "display_name": "Number"});
        assert_eq!(body["columns"], json!([id, {"name": "y", "data_type": "DATE", "description": "since"}]));
        assert_eq!(fields(&wanted, Some(&body)), Map::new());
    }

    #[test]
    fn keys_of_the_source_come_and_go_and_those_of_people_stay_while_their_columns_do() {
        let key = |column: &str| json!({"constraint_type": "FOREIGN_KEY", "columns": [column], "referred_columns": ["s.d.c.t.id"]});
        let mut wanted = table(None, vec![column("a", "INT", None), column("b", "INT", None)]);
        wanted.table.as_mut().unwrap().constraints = vec![key("a")];
        let mut body = after(&wanted, &Body::new());
        body.insert("table_constraints".into(), json!([key("a"), key("b")]));
        assert_eq!(fields(&wanted, Some(&body)), Map::new());
        wanted.table.as_mut().unwrap().constraints = Vec::new();
        let mut body = after(&wanted, &body);
        assert_eq!(body["table_constraints"], json!([key("b")]));
        wanted.table.as_mut().unwrap().columns.pop();
        body = after(&wanted, &body);
        assert_eq!(body.get("table_constraints"), None);
    }

    #[test]
    fn rows_are_counted_where_their_number_is_another_one() {
        let mut wanted = table(None, vec![column("a", "INT", None)]);
        let first = json!({"timestamp": 1_000, "rowCount": 3, "columnCount": 1});
        assert_eq!(profile(&wanted, None, NOW), Some(first.clone()));
        assert_eq!(profile(&wanted, Some(4.0), NOW), Some(first));
        assert_eq!(profile(&wanted, Some(3.0), NOW), None);
        // Where the source does not count, what was counted stays.
        wanted.table.as_mut().unwrap().rows = None;
        assert_eq!(profile(&wanted, None, NOW), None);
    }
}
