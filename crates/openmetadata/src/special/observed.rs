//! Observations: rows with a time of their own (runs, profiles) that are kept beside a record and counted in no version.

use emporion_catalog::id::Millis;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::Series;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use serde_json::{Value, json};

use crate::errors::{OmError, OmResult};
use crate::operation::{Call, ok};
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

/// The time that an observation names itself.
pub fn at(row: &Value) -> Millis {
    Millis(timestamp(row))
}

/// The span of time that a request asks for, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    start: i64,
    end: i64,
    limit: u32,
}

impl Span {
    /// The newest alone.
    pub const LATEST: Span = Span { start: 0, end: i64::MAX, limit: 1 };

    /// `startTs`, `endTs` and `limit`.
    pub fn read(request: &Request, limit: u32) -> OmResult<Span> {
        let query = request.query();
        Ok(Span {
            start: params::instant(&query, "startTs", 0)?,
            end: params::instant(&query, "endTs", i64::MAX)?,
            limit: params::limit(&query, limit, params::MAX_LIMIT)?,
        })
    }

    /// The observations of these items of a record, newest first, as the reader sees them. Where he sees nothing of them,
    /// he is not told how many there are.
    pub async fn page(
        self,
        reading: &Reading<'_>,
        record: &Record,
        (series, items): (Series, &[String]),
        seen: impl Fn(&Value) -> Option<Value>,
    ) -> OmResult<Value> {
        let (mut found, mut total) = (Vec::new(), 0);
        for item in items {
            let span = (Millis(self.start), Millis(self.end));
            let observed = reading.observations(record, (series, item), span, self.limit.max(1)).await?;
            let shown: Vec<(Millis, Value)> =
                observed.found.iter().filter_map(|one| Some((one.at, seen(&one.value)?))).collect();
            total += if shown.is_empty() { 0 } else { observed.total };
            found.extend(shown);
        }
        found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let data: Vec<Value> = found.into_iter().take(self.limit as usize).map(|(_, value)| value).collect();
        Ok(json!({"data": data, "paging": {"total": total}}))
    }
}

/// What was observed in a series of the record of the kind that the path names, newest first.
pub async fn list(call: &Call, kind: Kind, series: Series, limit: u32) -> OmResult<Answer> {
    let span = Span::read(&call.request, limit)?;
    let target = call.by_name_or_id("fqn", kind);
    let reading = call.reading().await?;
    let record = reading.get(&target, States::Alive, &Depth::bare()).await?.record;
    ok(&span.page(&reading, &record, (series, &[String::new()]), |row| Some(row.clone())).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_refused() {
        assert!(check_timestamp(1_700_000_000_000).is_ok());
        let error = check_timestamp(1_700_000_000).expect_err("seconds");
        assert_eq!(error.message, "Timestamp 1700000000 is not valid, it should be in milliseconds since epoch");
    }
}
