//! The day that "today" is, where the asker lives.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A zone by its IANA name, `Europe/Oslo`.
#[derive(Debug, Clone)]
pub struct Zone {
    pub name: String,
    zone: TimeZone,
}

impl Zone {
    /// `None`: there is no such zone.
    pub fn named(name: &str) -> Option<Zone> {
        // The names that come with the program: what is right is the same on every machine.
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        Some(Zone { name: zone.iana_name().unwrap_or(name).to_owned(), zone })
    }

    /// The day of a moment there.
    pub fn day(&self, millis: i64) -> Date {
        self.zone.to_datetime(moment(millis)).date()
    }
}

/// The day of a moment in UTC.
pub fn day(millis: i64) -> Date {
    TimeZone::UTC.to_datetime(moment(millis)).date()
}

fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_lies_on_two_days() {
        // 2026-11-20T23:30:00Z
        let late = 1_795_217_400_000;
        assert_eq!(day(late), Date::constant(2026, 11, 20));
        let zone = |name: &str| Zone::named(name).expect("a zone");
        assert_eq!(zone("Europe/Oslo").day(late), Date::constant(2026, 11, 21));
        assert_eq!(zone("America/New_York").day(late), Date::constant(2026, 11, 20));
        assert_eq!(zone("utc").name, "UTC");
        for wrong in ["", "Nowhere", "Europe/", "../../etc/passwd", "+01:00"] {
            assert!(Zone::named(wrong).is_none(), "{wrong}");
        }
    }
}
