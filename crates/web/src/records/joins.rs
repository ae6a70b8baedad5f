//! What a table is joined with, as whoever reads the queries of its source has counted: which columns of which tables, and
//! how often. Tables that the visitor does not see are left out, and with them what was counted of them.

use std::cmp::Reverse;
use std::collections::HashMap;

use emporion_catalog::name;
use emporion_catalog::observation::JOINS;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use serde_json::Value;

use crate::fault::Fault;
use crate::layout::rest::Rest;
use crate::records::column::ColumnLink;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;

/// Joins of which it is asked whether the visitor sees the other table, the most frequent first, and those that are shown.
const MOST_ASKED: usize = 1_000;
const MOST: usize = 50;
/// Names in the FQN of a table; what follows names a column.
const TO_A_TABLE: usize = 4;

/// The last count.
pub struct Joins {
    pub at: Moment,
    /// Over how many days it was made, where it says so.
    pub over: Option<String>,
    pub rows: Vec<Join>,
    pub rest: Option<Rest>,
}

/// One of its rows.
pub struct Join {
    pub table: Link,
    pub path: String,
    /// The column of this table and that of the other, where they are known.
    pub columns: Option<(ColumnLink, ColumnLink)>,
    pub times: String,
}

/// What the count says, before anybody knows who sees the other table.
struct JoinCount {
    own: Option<String>,
    table: String,
    other: Option<String>,
    times: u64,
}

impl Joins {
    /// `None` where nothing was counted, or nothing that the visitor may see.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Option<Joins>, Fault> {
        let Some(counted) = reading.newest_observations(&[&view.record], &[JOINS]).await?.pop() else {
            return Ok(None);
        };
        let mut reported = reported(&counted.value);
        reported.sort_by(|one, other| (Reverse(one.times), &one.table).cmp(&(Reverse(other.times), &other.table)));
        let is_cut = reported.len() > MOST_ASKED;
        reported.truncate(MOST_ASKED);
        let kind = view.record.kind;
        let mut names: Vec<&str> = reported.iter().map(|join| join.table.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let found = reading.by_fqn(kind, &names).await?;
        let tables: HashMap<&str, Record> = names
            .into_iter()
            .zip(found)
            .filter_map(|(fqn, record)| Some((fqn, record.filter(|record| States::Alive.holds(record))?)))
            .collect();
        let seen = reported.iter().filter_map(|join| Some((join, tables.get(join.table.as_str())?)));
        let mut rows: Vec<Join> = seen.take(MOST + 1).map(|(join, table)| row(visit, view, join, table)).collect();
        let is_more = rows.len() > MOST || (is_cut && !rows.is_empty());
        rows.truncate(MOST);
        let days = counted.value["day_count"].as_u64().filter(|days| *days > 0);
        Ok((!rows.is_empty()).then(|| Joins {
            at: visit.moment(counted.at),
            over: days.map(|days| visit.t.count("joins.over", days)),
            rest: Rest::of_more(visit.t, rows.len(), is_more),
            rows,
        }))
    }
}

fn row(visit: &Visit, view: &View, join: &JoinCount, table: &Record) -> Join {
    let column = |record: &Record, path: &String| ColumnLink::of(record.kind, &record.fqn, path);
    Join {
        table: Link::of_record(table),
        path: shown(&table.fqn),
        columns: join.own.as_ref().zip(join.other.as_ref()).map(|(own, other)| {
            let own = column(&view.record, &name::quote(own));
            (own, column(table, other))
        }),
        times: visit.t.number(join.times),
    }
}

/// Each pair of columns, and each table that was joined without a word of columns. What names no table is left out.
fn reported(counted: &Value) -> Vec<JoinCount> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut reported = Vec::new();
    for column in list(&counted["column_joins"]) {
        let own = column["column_name"].as_str().map(str::to_owned);
        reported.extend(list(&column["joined_with"]).iter().filter_map(|with| JoinCount::of(own.clone(), with)));
    }
    reported.extend(list(&counted["direct_table_joins"]).iter().filter_map(|with| JoinCount::of(None, with)));
    reported
}

impl JoinCount {
    fn of(own: Option<String>, with: &Value) -> Option<JoinCount> {
        let names = name::split(with["fqn"].as_str()?)?;
        let quoted = |names: &[String]| names.iter().map(|name| name::quote(name)).collect::<Vec<_>>().join(".");
        let (table, column) = names.split_at_checked(TO_A_TABLE)?;
        Some(JoinCount {
            own,
            table: quoted(table),
            other: (!column.is_empty()).then(|| quoted(column)),
            times: u64::try_from(with["join_count"].as_i64()?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::reported;

    #[test]
    fn a_count_is_read_by_pairs_of_columns_and_what_is_no_count_is_left_out() {
        let pair = |fqn: &str, count: i64| json!({"fqn": fqn, "join_count": count});
        let counted = json!({
            "column_joins": [
                {"column_name": "id", "joined_with": [
                    pair("s.d.p.\"a.b\".address.zip", 3), pair("s.d.p.t", 2), pair("s.d.p", 2), pair("s.d.p.t.x", -1),
                    pair("s.d..t.x", 1), pair("\"", 1),
                ]},
                {"joined_with": null},
            ],
            "direct_table_joins": [pair("s.d.p.t", 7)],
        });
        let read: Vec<_> =
            reported(&counted).into_iter().map(|join| (join.own, join.table, join.other, join.times)).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            read,
            [
                (text("id"), "s.d.p.\"a.b\"".to_owned(), text("address.zip"), 3),
                (text("id"), "s.d.p.t".to_owned(), None, 2),
                (None, "s.d.p.t".to_owned(), None, 7),
            ]
        );
        assert!(reported(&json!(null)).is_empty());
    }
}
