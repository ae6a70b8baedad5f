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
        /// Nothing that was measured is kept from the visitor: there is no later one.
        is_whole: bool,
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

    /// As a part of more tables, of which the visitor sees those alone, unless that is all of them.
    pub fn among(self, is_all: bool) -> Newest {
        match self {
            Newest::Seen { table, at, measured, is_whole } => {
                Newest::Seen { table, at, measured, is_whole: is_whole && is_all }
            }
            other => other,
        }
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
    let is_cut = tables.len() > MOST;
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
    let looked_at = profiles.iter().map(|profile| {
        let Some(place) = records.iter().position(|record| record.id == profile.record) else { return Err(None) };
        let seen = ages[place].redaction.column(&profile.value);
        let at = seen.and_then(|seen| moment(&seen["max"])).ok_or(ages[place].withheld)?;
        Ok((profile.record, at, profile.at))
    });
    Ok(newest_of(looked_at, is_cut))
}

/// A table, the latest moment of its data, and when that was found.
type Measured = (RecordId, Millis, Millis);

/// Of what was measured: of which table, the latest moment and when it was found, or why that is withheld. Which of several
/// reasons is told does not turn on their order.
fn newest_of(all: impl Iterator<Item = Result<Measured, Option<Withheld>>>, is_cut: bool) -> Newest {
    let (mut latest, mut kept): (Option<Measured>, Option<Option<Withheld>>) = (None, None);
    for one in all {
        match one {
            Ok(one) if latest.is_none_or(|latest| one.1.0 > latest.1.0) => latest = Some(one),
            Ok(_) => {}
            Err(why) => kept = kept.max(Some(why)),
        }
    }
    match (latest, kept) {
        (Some((table, at, measured)), kept) => {
            Newest::Seen { table, at, measured, is_whole: kept.is_none() && !is_cut }
        }
        (None, Some(why)) => Newest::Withheld(why),
        (None, None) => Newest::Unknown,
    }
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

    #[test]
    fn what_is_kept_back_leaves_a_part_and_its_reason_has_no_order() {
        let (table, early, late) = (RecordId::fresh(), Millis(5), Millis(9));
        let seen = |at| Ok((table, at, Millis(10)));
        let newest = |at, is_whole| Newest::Seen { table, at, measured: Millis(10), is_whole };
        let of = |all: &[Result<_, _>], is_cut| newest_of(all.iter().copied(), is_cut);
        assert_eq!(of(&[seen(late), seen(early)], false), newest(late, true));
        assert_eq!(of(&[seen(early)], true), newest(early, false));
        let (closed, partial) = (Err(Some(Withheld::Closed)), Err(Some(Withheld::Partial)));
        assert_eq!(of(&[closed, seen(early)], false), newest(early, false));
        for all in [[closed, partial, Err(None)], [Err(None), partial, closed], [partial, closed, Err(None)]] {
            assert_eq!(of(&all, false), Newest::Withheld(Some(Withheld::Partial)));
        }
        assert_eq!(of(&[], false), Newest::Unknown);
        assert_eq!(newest(late, true).among(false), newest(late, false));
    }
}
