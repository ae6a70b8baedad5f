//! How old the data of tables are: the latest moment that a profiler has found in them, where the visitor may see values.

use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::observation::COLUMN_PROFILE;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::Record;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::fault::Fault;

/// Tables that are looked at: each has as many profiles as columns.
const MOST: usize = 20;

/// How old the data of some tables are.
#[derive(Clone, Copy)]
pub enum Newest {
    Unknown,
    /// It was measured, and the visitor may not see that.
    Hidden,
    /// The table with the latest moment, that moment, and when it was found there.
    Seen {
        table: RecordId,
        at: Millis,
        measured: Millis,
    },
}

/// The latest moment in the data of tables. What lies ahead says nothing of the age of data.
pub async fn newest(reading: &Reading<'_>, tables: &[SeenCard], now: Millis) -> Result<Newest, Fault> {
    let tables = &tables[..tables.len().min(MOST)];
    if tables.is_empty() {
        return Ok(Newest::Unknown);
    }
    let profiles = reading.newest_observations(tables, &[COLUMN_PROFILE]).await?;
    if profiles.is_empty() {
        return Ok(Newest::Unknown);
    }
    let ids: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
    let records = reading.records(&ids, States::Alive).await?;
    let records: Vec<&Record> = records.iter().collect();
    let redactions = reading.rows().redactions(&records).await?;
    let (mut newest, mut latest) = (Newest::Unknown, None);
    for profile in &profiles {
        let Some(place) = records.iter().position(|record| record.id == profile.record) else { continue };
        let is_past = |at: &Millis| at.0 <= now.0;
        let seen = redactions[place].column(&profile.value);
        match seen.and_then(|seen| moment(&seen["max"])).filter(is_past) {
            Some(at) if latest.is_none_or(|latest: Millis| at.0 > latest.0) => {
                latest = Some(at);
                newest = Newest::Seen { table: profile.record, at, measured: profile.at };
            }
            Some(_) => {}
            None if latest.is_none() && moment(&profile.value["max"]).is_some_and(|at| is_past(&at)) => {
                newest = Newest::Hidden;
            }
            None => {}
        }
    }
    Ok(newest)
}

/// A day or a moment as databases write them; without a zone it is one of UTC.
fn moment(value: &Value) -> Option<Millis> {
    // Digits alone are a number of something.
    let text = value.as_str().filter(|text| text.as_bytes().get(4) == Some(&b'-'))?;
    let zoned = text.parse::<Timestamp>().ok();
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    zoned.or_else(local).map(|at| Millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn days_and_moments_are_read_and_nothing_else() {
        let day = Some(Millis(1_767_225_600_000));
        for text in ["2026-01-01", "2026-01-01 00:00:00", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"] {
            assert_eq!(moment(&json!(text)), day, "{text}");
        }
        for other in [json!("2026"), json!(2026), json!("zebra"), json!(null), json!("12:00"), json!("20240101")] {
            assert_eq!(moment(&other), None, "{other}");
        }
    }
}
