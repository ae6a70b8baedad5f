//! What row filters would leave, before anybody has them: counted in the sources, as the one who sets them may read.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use emporion_catalog::action::Action;
use emporion_catalog::load::Depth;
use serde_json::{Map, Value};

use crate::failure::{Code, Failure, Violation, push_segment};
use crate::message::Message;
use crate::query::{self, Query};
use crate::reach::{column_masks, queryable};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{rights, subject};

/// Nobody waits longer for all of it, nor for one table.
const ALL: Duration = Duration::from_secs(20);
const ONE: Duration = Duration::from_secs(8);
/// Tables that are counted.
const MOST: usize = 10;

pub struct Preview {
    /// The filtered tables, by name.
    pub counted: Vec<(String, Option<Left>)>,
    /// Tables that none of the filters is for: all their rows are seen.
    pub whole: Vec<String>,
}

/// Of the rows of a table that the one who sets the filter sees, those that it leaves.
pub struct Left {
    pub rows: u64,
    pub of: u64,
}

/// What conditions, by the names of their tables, would leave of what the caller reads of the product. Where a source does
/// not count in time, or it is too much for it, it is not said.
///
/// Errors: 404; 403 for who gives no roles or queries no rows, and for a condition on a column that is masked from him; 422
/// for conditions that cannot be read.
pub async fn of(
    products: &Products,
    request: &ProductRequest,
    filters: &BTreeMap<String, String>,
) -> Result<Preview, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    rights::require(&reading, Action::EditUsers, &view.record).await?;
    drop(reading);
    let tables = queryable::list(products, request, None).await?.tables;
    let (mut preview, begun) = (Preview { counted: Vec::new(), whole: Vec::new() }, Instant::now());
    for table in tables {
        let meant = filters.iter().filter(|(name, condition)| !condition.is_empty() && table.is_meant_by(name));
        // One that ends in a comment ends before the bracket.
        let meant: Vec<(&String, &String)> = meant.collect();
        let conditions: Vec<String> = meant.iter().map(|(_, condition)| format!("({condition}\n)")).collect();
        let Some(name) = table.sql_name.clone().filter(|_| !conditions.is_empty()) else {
            if conditions.is_empty() {
                preview.whole.push(table.called());
            }
            continue;
        };
        let condition = conditions.join(" AND ");
        if column_masks::names(&condition, &table.masked) {
            let message = "a row filter for \"{}\" would read a column that is masked from you";
            return Err(Failure::forbidden(Message::with(message, [table.called()])));
        }
        let left = ALL.saturating_sub(begun.elapsed());
        if preview.counted.len() >= MOST || left.is_zero() {
            preview.counted.push((table.called(), None));
            continue;
        }
        let sql = format!("SELECT COUNT(*), COUNT(CASE WHEN {condition} THEN 1 END) FROM {name}");
        let query = Query { sql, parameters: Map::new(), rows: 1, timeout: left.min(ONE), is_preview: false };
        let counted = match query::run(products, request, &query).await {
            Ok(answered) => numbers(&answered.rows),
            Err(failure) if failure.code.is_transient() => None,
            Err(failure) if failure.code == Code::SQL_NOT_ALLOWED => return Err(at_its_table(failure, &meant)),
            Err(failure) => return Err(failure),
        };
        preview.counted.push((table.called(), counted));
    }
    Ok(preview)
}

/// What is wrong with a condition, said of the table that it is for: nobody sees the statement that it was counted with.
fn at_its_table(failure: Failure, meant: &[(&String, &String)]) -> Failure {
    let Some((table, _)) = meant.first() else { return failure };
    let mut path = "/rowFilters".to_owned();
    push_segment(&mut path, table);
    let of = |one: Violation| Violation { path: path.clone(), ..one };
    Failure::invalid(failure.violations.into_iter().map(of).collect())
}

fn numbers(rows: &[Vec<Value>]) -> Option<Left> {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let [of, rows] = rows.first()?.as_slice() else { return None };
    Some(Left { rows: number(rows)?, of: number(of)? })
}
