//! Tables: samples, joins, dbt models and the settings of the profiler. Each answer is the whole table.

use std::collections::HashSet;

use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::observation::Note;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Map, Value};

use crate::case;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::members::*;
use crate::noun::{Fields, Source};
use crate::nouns;
use crate::nouns::column_shape::DATA_MODEL;
use crate::nouns::table::NOUN;
use crate::operation::{Call, edited_unless, entity_at, ok, row};

const TAG: &str = "Tables";
/// A sample shows what rows look like; it is no copy of the table.
const MOST_ROWS: usize = 1_000;

static SAMPLE: Struct = Struct {
    name: "TableData",
    open: false,
    members: &[
        Member::optional("columns", TEXTS),
        Member::optional("rows", Shape::List { of: &SAMPLE_ROW, min: 0, max: MOST_ROWS }),
    ],
};
static SAMPLE_ROW: Shape = list(&Shape::Json);

static JOINED_WITH: Struct = Struct {
    name: "JoinedWith",
    open: false,
    members: &[fqn_required("fullyQualifiedName"), Member { required: true, ..integer("joinCount") }],
};
static COLUMN_JOINS: Struct = Struct {
    name: "ColumnJoins",
    open: false,
    members: &[text("columnName"), Member::optional("joinedWith", list_of!(JOINED_WITH))],
};
static JOINS: Struct = Struct {
    name: "TableJoins",
    open: false,
    members: &[
        Member::optional("startDate", DATE_TIME),
        integer("dayCount"),
        Member::optional("columnJoins", list_of!(COLUMN_JOINS)),
        Member::optional("directTableJoins", list_of!(JOINED_WITH)),
    ],
};
/// The profiler's own affair: kept and shown as it comes.
static PROFILER_CONFIG: Struct = Struct { name: "TableProfilerConfig", open: true, members: &[] };

/// A member of tables that has operations of its own.
#[derive(Clone, Copy)]
struct Part {
    /// Its name, and the last part of its address.
    member: &'static str,
    /// Last part of operation ids.
    noun: &'static str,
    what: &'static str,
    shape: &'static Struct,
    can_be_read: bool,
}

const PARTS: [Part; 4] = [
    Part { member: "sampleData", noun: "SampleData", what: "the sample of a table", shape: &SAMPLE, can_be_read: true },
    Part {
        member: "tableProfilerConfig",
        noun: "ProfilerConfig",
        what: "how a table is profiled",
        shape: &PROFILER_CONFIG,
        can_be_read: true,
    },
    Part { member: "joins", noun: "Joins", what: "what a table is joined with", shape: &JOINS, can_be_read: false },
    Part {
        member: "dataModel",
        noun: "DataModel",
        what: "how a table is modelled by dbt",
        shape: &DATA_MODEL,
        can_be_read: false,
    },
];

pub fn routes() -> Vec<Route<Door>> {
    let mut routes = Vec::new();
    for part in PARTS {
        let Part { member, noun, what, shape, .. } = part;
        let at = |method: Method, verb: &str, summary: &str| Route {
            path: format!("/v1/tables/{{id}}/{member}").into(),
            operation: format!("{verb}Table{noun}").into(),
            summary: format!("{summary} {what}").into(),
            output: Some(Shape::Struct(nouns::of(&NOUN).entity)),
            errors: &[404],
            ..row(method, "", "", TAG, move |call| show(call, part))
        };
        let put = row(Method::PUT, "", "", TAG, move |call| put(call, part)).handler;
        // Where no member is known the body is still an object.
        let body = shape.members.is_empty().then_some(Shape::Object);
        routes.push(Route { input: shape, body, handler: put, ..at(Method::PUT, "put", "Keep") });
        if part.can_be_read {
            let delete = row(Method::DELETE, "", "", TAG, move |call| write(call, part, Value::Null)).handler;
            routes.push(at(Method::GET, "get", "Show"));
            routes.push(Route { handler: delete, ..at(Method::DELETE, "delete", "Forget") });
        }
    }
    routes
}

async fn put(call: Call, part: Part) -> OmResult<Answer> {
    let body = call.body(part.shape)?;
    if part.member == "sampleData" {
        check_sample(&body)?;
    }
    write(call, part, Value::Object(body)).await
}

/// A sample shows columns that the table has: by their names, or by their paths within others.
fn check_columns(view: &View, columns: &[String]) -> Result<(), Problem> {
    if columns.is_empty() {
        return Ok(());
    }
    let stored = view.field("columns");
    let list = stored.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names = list.iter().filter_map(|column| column.get("name").and_then(Value::as_str));
    let mut known: HashSet<String> = names.map(str::to_owned).collect();
    for parts in view.record.kind.0.parts {
        known.extend(parts.paths(parts.of(|field| view.record.body.get(field))));
    }
    match columns.iter().find(|column| !known.contains(*column)) {
        // In the protocol's words, which 400 goes with.
        Some(unknown) => Err(Problem::conflict(format!("Invalid column name {unknown}"))),
        None => Ok(()),
    }
}

/// Every row has a value for every column.
fn check_sample(sample: &Map<String, Value>) -> OmResult<()> {
    let length = |member: &str| sample.get(member).and_then(Value::as_array).map_or(0, Vec::len);
    let columns = length("columns");
    let rows = sample.get("rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match rows.iter().position(|row| row.as_array().map_or(0, Vec::len) != columns) {
        Some(index) => {
            Err(OmError::violation(format_args!("rows[{index}]"), format_args!("must have {columns} values")))
        }
        None => Ok(()),
    }
}

/// Sets or (with null) removes the member.
async fn write(call: Call, part: Part, value: Value) -> OmResult<Answer> {
    let stored: Map<String, Value> = case::object_to_core(Map::from_iter([(part.member.to_owned(), value)]));
    let noun = nouns::of(&NOUN);
    let columns = match part.member {
        "sampleData" => texts(stored.get("sample_data").and_then(|sample| sample.get("columns"))),
        _ => Vec::new(),
    };
    let edit = move |view: &View, draft: &mut Draft| {
        check_columns(view, &columns)?;
        for (field, value) in &stored {
            match noun.source(part.member) {
                Source::Observed(series) if value.is_null() => draft.note(series, "", Note::Forget),
                Source::Observed(series) => draft.note(series, "", Note::Now(value.clone())),
                _ => draft.set(field, value.clone()),
            }
        }
        Ok(())
    };
    ok(&edited_unless(&call, noun, call.target(noun)?, Action::EditAll, &[part.member], edit).await?)
}

fn texts(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn show(call: Call, part: Part) -> OmResult<Answer> {
    let fields = Fields::These(vec![part.member.to_owned()]);
    let noun = nouns::of(&NOUN);
    ok(&entity_at(&call, &call.target(noun)?, noun, &fields).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sample_is_a_table() {
        let check = |sample: Value| check_sample(sample.as_object().expect("an object")).map_err(|error| error.message);
        assert_eq!(check(json!({"columns": ["a", "b"], "rows": [[1, null], ["x", {}]]})), Ok(()));
        assert_eq!(check(json!({})), Ok(()));
        assert_eq!(
            check(json!({"columns": ["a"], "rows": [[1], [1, 2]]})),
            Err("[rows[1] must have 1 values]".to_owned())
        );
    }
}
