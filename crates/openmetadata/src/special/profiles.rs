//! Profiles: what a profiler measured of a table and its columns, by time. The newest one is shown with the table.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, Ref};
use emporion_catalog::load::Depth;
use emporion_catalog::observation::{COLUMN_PROFILE, SYSTEM_PROFILE, Series, TABLE_PROFILE};
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::rows::redaction::Redaction;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct};
use serde_json::{Map, Value};

use super::observed::{self, Span};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::members::*;
use crate::names;
use crate::noun::Fields;
use crate::nouns;
use crate::nouns::table::NOUN;
use crate::operation::{Call, edited, entity_at, ok, row};
use crate::page_of;

const TAG: &str = "Tables";
static TABLE_ROW: Struct = Struct {
    name: "TableProfile",
    open: false,
    members: &[
        Member::required("timestamp", MILLIS),
        NUMBER_OF_COLUMNS,
        json("rowCount"),
        json("sizeInByte"),
        Member::optional("createDateTime", DATE_TIME),
        Member::optional("customMetrics", list(&Shape::Object)),
        json("profileSample"),
        choice("profileSampleType", &["PERCENTAGE", "ROWS"]),
    ],
};
const NUMBER_OF_COLUMNS: Member = json("columnCount");
/// Measures of columns are many and grow with each version of the profiler: kept and shown as they come.
static COLUMN_ROW: Struct = Struct {
    name: "ColumnProfile",
    open: true,
    members: &[Member::required("name", emporion_edge::shape::TEXT), Member::required("timestamp", MILLIS)],
};
static SYSTEM_ROW: Struct =
    Struct { name: "SystemProfile", open: true, members: &[Member::optional("timestamp", MILLIS)] };
static CREATE: Struct = Struct {
    name: "CreateTableProfile",
    open: false,
    members: &[
        Member { required: true, ..structure("tableProfile", &TABLE_ROW) },
        Member::optional("columnProfile", list_of!(COLUMN_ROW)),
        Member::optional("systemProfile", list_of!(SYSTEM_ROW)),
    ],
};
static TABLE_PROFILES: Struct = page_of!("TableProfileList", TABLE_ROW);
static PROFILE_ROWS: Struct = Struct {
    name: "ProfileList",
    open: false,
    members: &[Member::required("data", list(&Shape::Object)), Member { required: true, ..object("paging") }],
};
static SPAN: Struct = Struct {
    name: "ProfileSpan",
    open: true,
    members: &[
        integer("startTs").at(Location::Query),
        integer("endTs").at(Location::Query),
        count("limit").at(Location::Query),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let table = || Some(Shape::Struct(nouns::of(&NOUN).entity));
    let latest = "/v1/tables/{fqn}/tableProfile/latest";
    // The labels are the same for all methods of an address, so the one of PUT is called `fqn` too, and takes ids.
    vec![
        Route {
            summary: "Keep a profile of a table and its columns".into(),
            input: &CREATE,
            output: table(),
            errors: &[404],
            ..row(Method::PUT, "/v1/tables/{fqn}/tableProfile", "addTableProfile", TAG, put)
        },
        Route {
            summary: "List the profiles of a table".into(),
            input: &SPAN,
            output: Some(Shape::Struct(&TABLE_PROFILES)),
            errors: &[404],
            ..row(Method::GET, "/v1/tables/{fqn}/tableProfile", "listTableProfiles", TAG, |call| {
                list_rows(call, TABLE_PROFILE)
            })
        },
        Route {
            summary: "List the profiles of a column".into(),
            input: &SPAN,
            output: Some(Shape::Struct(&PROFILE_ROWS)),
            errors: &[404],
            ..row(Method::GET, "/v1/tables/{fqn}/columnProfile", "listColumnProfiles", TAG, list_of_column)
        },
        Route {
            summary: "List the operations that changed a table".into(),
            input: &SPAN,
            output: Some(Shape::Struct(&PROFILE_ROWS)),
            errors: &[404],
            ..row(Method::GET, "/v1/tables/{fqn}/systemProfile", "listSystemProfiles", TAG, |call| {
                list_rows(call, SYSTEM_PROFILE)
            })
        },
        Route {
            summary: "Show a table with the newest profile of it and of its columns".into(),
            output: table(),
            errors: &[404],
            ..row(Method::GET, latest, "getLatestTableProfile", TAG, latest_profile)
        },
    ]
}

async fn put(call: Call) -> OmResult<Answer> {
    let body = call.body(&CREATE)?;
    let of = |member: &str| body.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    let table = body.get("tableProfile").cloned().unwrap_or_default();
    let (columns, system) = (of("columnProfile"), of("systemProfile"));
    for row in std::iter::once(&table).chain(&columns).chain(&system) {
        observed::check_timestamp(observed::timestamp(row))?;
    }
    let target = call.by_name_or_id("fqn", NOUN.kind);
    let edit = move |_: &View, draft: &mut Draft| {
        draft.observe(TABLE_PROFILE, "", observed::at(&table), table.clone());
        for row in &columns {
            draft.observe(COLUMN_PROFILE, name_of(row), observed::at(row), row.clone());
        }
        for row in &system {
            draft.observe(SYSTEM_PROFILE, "", observed::at(row), row.clone());
        }
    };
    ok(&edited(&call, nouns::of(&NOUN), target, Action::EditAll, &["profile"], edit).await?)
}

/// Profilers name the column.
fn name_of(row: &Value) -> &str {
    row.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// A table that the caller sees, and how he looks at what was observed of it.
struct Looked<'c> {
    reading: Reading<'c>,
    table: Record,
    redaction: Redaction,
}

async fn table<'c>(call: &'c Call, fqn: &str) -> OmResult<Looked<'c>> {
    let target = match fqn.parse() {
        Ok(id) => Ref::Id(NOUN.kind, id),
        Err(_) => Ref::Name(NOUN.kind, fqn.to_owned()),
    };
    looked_at(call, &target).await
}

async fn looked_at<'c>(call: &'c Call, target: &Ref) -> OmResult<Looked<'c>> {
    let reading = call.reading().await?;
    let table = reading.get(target, States::Alive, &Depth::bare()).await?.record;
    let redaction = reading.rows().redactions(&[&table]).await?.pop().unwrap_or_default();
    Ok(Looked { reading, table, redaction })
}

async fn list_rows(call: Call, series: Series) -> OmResult<Answer> {
    let span = Span::read(&call.request, 100)?;
    let Looked { reading, table, redaction } = table(&call, call.request.param("fqn")).await?;
    let seen = |row: &Value| if series == TABLE_PROFILE { redaction.table(row) } else { redaction.system(row) };
    ok(&span.page(&reading, &table, (series, &[String::new()]), seen).await?)
}

/// The path names a column by its FQN: the table's, and the names of the columns down to it.
async fn list_of_column(call: Call) -> OmResult<Answer> {
    let span = Span::read(&call.request, 100)?;
    let fqn = call.request.param("fqn").to_owned();
    let missing = || OmError::not_found("column", &fqn);
    let parts = names::split(&fqn).ok_or_else(missing)?;
    // service.database.schema.table.column…
    let (above, column) = parts.split_at_checked(4).filter(|(_, column)| !column.is_empty()).ok_or_else(missing)?;
    let Looked { reading, table, redaction } = table(&call, &names::join(above)).await.map_err(|_| missing())?;
    // Profilers name a top column by its name alone.
    let mut items = vec![names::join(column)];
    if let [bare] = column
        && items[0] != **bare
    {
        items.push(bare.to_string());
    }
    ok(&span.page(&reading, &table, (COLUMN_PROFILE, &items), |row| redaction.column(row)).await?)
}

async fn latest_profile(call: Call) -> OmResult<Answer> {
    let target = call.by_name_or_id("fqn", NOUN.kind);
    let Looked { reading, table, redaction } = looked_at(&call, &target).await?;
    let mut newest = reading.newest_observations(&[&table], &[COLUMN_PROFILE]).await?;
    drop(reading);
    newest.sort_by_key(|one| std::cmp::Reverse(one.at));
    let seen: Vec<Value> = newest.iter().filter_map(|one| redaction.column(&one.value)).collect();
    let fields = Fields::These(vec!["profile".into(), "columns".into()]);
    let mut entity = entity_at(&call, &target, nouns::of(&NOUN), &fields).await?;
    if let Some(columns) = entity.get_mut("columns").and_then(Value::as_array_mut) {
        for column in columns {
            show_newest(column.as_object_mut(), &seen, None);
        }
    }
    ok(&entity)
}

/// Adds to a column, and to those inside it, the newest of their rows.
fn show_newest(column: Option<&mut Map<String, Value>>, rows: &[Value], above: Option<&str>) {
    let Some(column) = column else { return };
    let Some(name) = column.get("name").and_then(Value::as_str) else { return };
    let path = match above {
        None => names::quote(name).into_owned(),
        Some(above) => format!("{above}.{}", names::quote(name)),
    };
    let bare = name.to_owned();
    // Profilers name a top column by its name alone.
    let is_meant = |row: &&Value| {
        let given = row.get("name").and_then(Value::as_str);
        given == Some(path.as_str()) || (above.is_none() && given == Some(bare.as_str()))
    };
    if let Some(newest) = rows.iter().find(is_meant) {
        column.insert("profile".into(), newest.clone());
    }
    if let Some(children) = column.get_mut("children").and_then(Value::as_array_mut) {
        for child in children {
            show_newest(child.as_object_mut(), rows, Some(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_column_shows_its_newest_profile() {
        let rows = [
            json!({"name": "a", "timestamp": 2, "nullCount": 1.0}),
            json!({"name": "a", "timestamp": 1, "nullCount": 9.0}),
            json!({"name": "s.x.y", "timestamp": 2}),
            json!({"name": "s.\"x.y\"", "timestamp": 1}),
        ];
        let mut plain = json!({"name": "a"});
        show_newest(plain.as_object_mut(), &rows, None);
        assert_eq!(plain["profile"]["nullCount"], 1.0);
        let mut nested = json!({"name": "s", "children": [{"name": "x.y"}, {"name": "z"}]});
        show_newest(nested.as_object_mut(), &rows, None);
        assert_eq!(nested["children"][0]["profile"]["timestamp"], 1);
        assert!(nested.get("profile").is_none() && nested["children"][1].get("profile").is_none());
    }
}
