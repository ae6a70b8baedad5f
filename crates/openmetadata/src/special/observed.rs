//! Observations: rows with a time of their own (runs, profiles) that are kept beside a record and counted in no version.

use emporion_edge::request::Request;
use serde_json::{Value, json};

use crate::errors::{OmError, OmResult};
use crate::params;

/// Milliseconds since 1970 have at least this many digits from 1973 on: fewer are seconds.
const LEAST_MS: i64 = 100_000_000_000;

/// Refuses a time in seconds, which would sort before everything else.
pub fn check_timestamp(timestamp: i64) -> OmResult<()> {
    if timestamp < LEAST_MS { Err(OmError::timestamp_not_millis(timestamp)) } else { Ok(()) }
}

pub fn timestamp(row: &Value) -> i64 {
    row.get("timestamp").and_then(Value::as_i64).unwrap_or(0)
}

/// Puts a row into a list that is kept newest first, in place of the row of the same time and name.
pub fn put(rows: &mut Vec<Value>, row: Value) {
    let is_same = |known: &Value| timestamp(known) == timestamp(&row) && known.get("name") == row.get("name");
    rows.retain(|known| !is_same(known));
    let place = rows.partition_point(|known| timestamp(known) > timestamp(&row));
    rows.insert(place, row);
}

/// The span of time that a request asks for, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    start: i64,
    end: i64,
    limit: usize,
}

impl Span {
    /// `startTs`, `endTs` and `limit`.
    pub fn read(request: &Request, limit: u32) -> OmResult<Span> {
        let query = request.query();
        Ok(Span {
            start: params::instant(&query, "startTs", 0)?,
            end: params::instant(&query, "endTs", i64::MAX)?,
            limit: params::limit(&query, limit, params::MAX_LIMIT)? as usize,
        })
    }

    pub fn page<'v>(self, rows: impl Iterator<Item = &'v Value>) -> Value {
        let within: Vec<&Value> = rows.filter(|row| (self.start..=self.end).contains(&timestamp(row))).collect();
        let total = within.len();
        json!({"data": within.into_iter().take(self.limit).collect::<Vec<_>>(), "paging": {"total": total}})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(rows: &[Value]) -> Vec<i64> {
        rows.iter().map(timestamp).collect()
    }

    #[test]
    fn rows_stand_newest_first_and_one_of_each_time() {
        let mut rows = Vec::new();
        for (time, state) in [(2, "a"), (3, "b"), (1, "c"), (2, "d")] {
            put(&mut rows, json!({"timestamp": time, "state": state}));
        }
        assert_eq!(times(&rows), [3, 2, 1]);
        assert_eq!(rows[1]["state"], "d");
    }

    #[test]
    fn a_span_has_both_ends_and_a_limit() {
        let rows = [json!({"timestamp": 3}), json!({"timestamp": 2}), json!({"timestamp": 1})];
        let page = |start, end, limit| Span { start, end, limit }.page(rows.iter());
        assert_eq!(page(2, 3, 9)["data"].as_array().map(Vec::len), Some(2));
        assert_eq!(page(1, 3, 1)["paging"]["total"], 3);
        assert_eq!(page(1, 3, 1)["data"], json!([{"timestamp": 3}]));
    }

    #[test]
    fn seconds_are_refused() {
        assert!(check_timestamp(1_700_000_000_000).is_ok());
        let error = check_timestamp(1_700_000_000).expect_err("seconds");
        assert_eq!(error.message, "Timestamp 1700000000 is not valid, it should be in milliseconds since epoch");
    }
}
