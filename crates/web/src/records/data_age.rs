//! How old the data of tables are: the latest moment that a profiler has found in them, where the visitor may know it.

use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::observation::COLUMN_PROFILE;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, Seen};
use emporion_catalog::record::{Record, View};
use emporion_catalog::rows::ages::Withheld;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::fault::Fault;
use crate::text::texts::Texts;

/// Tables that are looked at: each has as many profiles as columns.
const MOST: usize = 20;

/// How old the data of some tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newest {
    Unknown,
    /// It was measured, and the visitor is not told; nothing, where it stands in columns that nobody is shown values of.
    Withheld(Option<Withheld>),
    /// The table with the latest moment, that moment, and when it was found there.
    Seen {
        table: RecordId,
        at: Millis,
        measured: Millis,
    },
}

impl Newest {
    pub fn seen(self) -> Option<Millis> {
        if let Newest::Seen { at, .. } = self { Some(at) } else { None }
    }

    /// Why it is not told.
    pub fn withheld(self, t: Texts) -> Option<String> {
        let Newest::Withheld(why) = self else { return None };
        Some(t.say(match why {
            Some(Withheld::Closed) => "trust.told_to_readers",
            Some(Withheld::Unknown) => "trust.view_unknown",
            Some(Withheld::Partial) => "trust.told_to_whole_readers",
            None => "trust.not_shown",
        }))
    }

    /// Whether the data were older than this many milliseconds when they were measured: what came since nobody has told.
    pub fn was_older(self, age: f64) -> bool {
        matches!(self, Newest::Seen { at, measured, .. } if (measured.0 - at.0) as f64 > age)
    }
}

/// The latest moment in the data of tables, which the visitor sees; `products` as they are asked for in the core. What lies
/// ahead says nothing of the age of data.
pub async fn newest<T: Seen>(
    reading: &Reading<'_>,
    products: &[&View],
    tables: &[T],
    now: Millis,
) -> Result<Newest, Fault> {
    let tables = &tables[..tables.len().min(MOST)];
    if tables.is_empty() {
        return Ok(Newest::Unknown);
    }
    let mut profiles = reading.newest_observations(tables, &[COLUMN_PROFILE]).await?;
    profiles.retain(|profile| moment(&profile.value["max"]).is_some_and(|at| at.0 <= now.0));
    if profiles.is_empty() {
        return Ok(Newest::Unknown);
    }
    let ids: Vec<RecordId> = tables.iter().map(Seen::record_id).collect();
    let records = reading.records(&ids, States::Alive).await?;
    let records: Vec<&Record> = records.iter().collect();
    let ages = reading.rows().ages(products, &records).await?;
    let (mut newest, mut latest) = (Newest::Unknown, None);
    for profile in &profiles {
        let Some(place) = records.iter().position(|record| record.id == profile.record) else { continue };
        let seen = ages[place].redaction.column(&profile.value);
        match seen.and_then(|seen| moment(&seen["max"])) {
            Some(at) if latest.is_none_or(|latest: Millis| at.0 > latest.0) => {
                latest = Some(at);
                newest = Newest::Seen { table: profile.record, at, measured: profile.at };
            }
            None if latest.is_none() => newest = Newest::Withheld(ages[place].withheld),
            _ => {}
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
