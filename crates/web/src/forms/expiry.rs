//! Expiry of grants: the last day on which one holds, as forms and pages say it.

use emporion_catalog::id::Millis;
use emporion_catalog::timestamp::{self, DAY_MILLIS};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::text::moment::{Moment, date};
use crate::text::texts::Texts;

/// The last moment of the day that was typed; `None` where nothing was.
///
/// Errors: what the form says of something that is no day to come.
pub fn typed(t: Texts, text: &str, now: Millis) -> Result<Option<Millis>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let end = Some(text).filter(|text| text.len() == "2030-12-31".len());
    let end = end.and_then(|day| timestamp::parse(&format!("{day}T23:59:59.999Z"))).map(Millis);
    let end = end.ok_or_else(|| t.say("request.no_day"))?;
    if end <= now { Err(t.say("request.past_day")) } else { Ok(Some(end)) }
}

/// The day of a moment, as forms hold it.
pub fn day(at: Millis) -> String {
    timestamp::print(at.0).chars().take("2030-12-31".len()).collect()
}

/// Whether an end lies at the end of its day, as forms name it.
pub fn is_whole_day(at: Millis) -> bool {
    (at.0 + 1) % DAY_MILLIS == 0
}

/// A moment as people say an end: its day, which still counts, or also the time of the day where it is within it.
pub fn rendered(t: Texts, at: Millis) -> String {
    if !is_whole_day(at) {
        return Moment::of(at, at, t).exact;
    }
    let Ok(stamp) = Timestamp::from_millisecond(at.0) else { return at.0.to_string() };
    date(t, stamp.to_zoned(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_to_its_end() {
        let t = Texts::by_code("en").expect("English");
        let now = Millis(1_790_000_000_000);
        assert_eq!(typed(t, "", now), Ok(None));
        let end = typed(t, "2026-12-31", now).expect("a day").expect("an end");
        assert_eq!((timestamp::print(end.0).as_str(), day(end).as_str()), ("2026-12-31T23:59:59.999Z", "2026-12-31"));
        assert_eq!(rendered(t, end), "31 December 2026");
        assert_eq!(rendered(t, Millis(end.0 - 3_600_000)), "31 December 2026, 22:59 UTC", "within the day");
        for broken in
            ["soon", "2026-02-30", "2026-1-1", "31.12.2026", "2026-12-31T00:00:00Z", "1999-01-01", "éé26-12-31"]
        {
            assert!(typed(t, broken, now).is_err(), "{broken}");
        }
    }
}
