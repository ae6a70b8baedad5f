//! Points in time as this API writes and reads them; inside the server they are whole milliseconds since 1970.

use serde_json::{Number, Value};

const MILLIS_PER_DAY: i64 = 86_400_000;
/// Up to here (the year 33658) a double holds milliseconds as seconds without losing the third decimal.
const EXACT_AS_SECONDS: i64 = 1_000_000_000_000_000;

/// Epoch seconds as a JSON number with at most three decimals: `1752602810.307`, `1752602810`.
pub fn epoch_seconds(millis: i64) -> Value {
    if millis % 1000 == 0 || millis.abs() >= EXACT_AS_SECONDS {
        return Value::from(millis.div_euclid(1000));
    }
    // The nearest double of a decimal with at most fifteen digits prints as that decimal again.
    Number::from_f64(millis as f64 / 1000.0).map_or(Value::Null, Value::Number)
}

/// ISO 8601 in UTC with milliseconds: `2026-01-02T03:04:05.123Z`.
pub fn iso_8601(millis: i64) -> String {
    let at = Civil::from_millis(millis);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second, at.milli
    )
}

/// ISO 8601 basic, as signatures write it: `20260102T030405Z`.
pub fn iso_basic(millis: i64) -> String {
    let at = Civil::from_millis(millis);
    format!("{:04}{:02}{:02}T{:02}{:02}{:02}Z", at.year, at.month, at.day, at.hour, at.minute, at.second)
}

/// Reads `20260102T030405Z`.
pub fn parse_iso_basic(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    Civil {
        year: digits(&bytes[0..4])?,
        month: digits(&bytes[4..6])?,
        day: digits(&bytes[6..8])?,
        hour: digits(&bytes[9..11])?,
        minute: digits(&bytes[11..13])?,
        second: digits(&bytes[13..15])?,
        milli: 0,
    }
    .to_millis()
}

/// Reads the date of an HTTP header in its one current form: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn parse_http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_weekday, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (clock, zone) = (parts.next()?, parts.next()?);
    if zone != "GMT" || parts.next().is_some() || year.len() != 4 || clock.len() != 8 {
        return None;
    }
    let clock = clock.as_bytes();
    if clock[2] != b':' || clock[5] != b':' {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    Civil {
        year: digits(year.as_bytes())?,
        month,
        day: digits(day.as_bytes())?,
        hour: digits(&clock[0..2])?,
        minute: digits(&clock[3..5])?,
        second: digits(&clock[6..8])?,
        milli: 0,
    }
    .to_millis()
}

/// Reads ISO 8601 with seconds, an optional fraction and a zone (`Z` or `±hh:mm`); finer than a millisecond is cut off.
pub fn parse_iso_8601(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let separated = bytes.len() >= 20
        && bytes.is_ascii()
        && (bytes[4], bytes[7], bytes[13], bytes[16]) == (b'-', b'-', b':', b':')
        && matches!(bytes[10], b'T' | b't');
    if !separated {
        return None;
    }
    let mut rest = &bytes[19..];
    let mut milli = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        for place in 0..3 {
            milli =
                milli * 10 + fraction.get(place).filter(|_| place < length).map_or(0, |byte| i64::from(byte - b'0'));
        }
        rest = &fraction[length..];
    }
    let offset_minutes = match rest {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let local = Civil {
        year: digits(&bytes[0..4])?,
        month: digits(&bytes[5..7])?,
        day: digits(&bytes[8..10])?,
        hour: digits(&bytes[11..13])?,
        minute: digits(&bytes[14..16])?,
        second: digits(&bytes[17..19])?,
        milli,
    }
    .to_millis()?;
    Some(local - offset_minutes * 60_000)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(bytes.iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0')))
}

/// A moment of the proleptic Gregorian calendar in UTC.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
}

impl Civil {
    fn from_millis(millis: i64) -> Civil {
        let (days, in_day) = (millis.div_euclid(MILLIS_PER_DAY), millis.rem_euclid(MILLIS_PER_DAY));
        // Years are counted from 1 March, so that the leap day comes last; an era is 400 years of 146,097 days.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * march_month + 2) / 5 + 1,
            hour: in_day / 3_600_000,
            minute: in_day / 60_000 % 60,
            second: in_day / 1000 % 60,
            milli: in_day % 1000,
        }
    }

    /// None for a moment that the calendar does not have, a leap second included.
    fn to_millis(&self) -> Option<i64> {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let month_days = match self.month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=month_days).contains(&self.day) || self.hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let march_month = (self.month + 9) % 12;
        let day_of_year = (153 * march_month + 2) / 5 + self.day - 1;
        let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
        Some((((days * 24 + self.hour) * 60 + self.minute) * 60 + self.second) * 1000 + self.milli)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn epoch_seconds_print_as_in_the_reference() {
        assert_eq!(epoch_seconds(1_752_602_810_307).to_string(), "1752602810.307");
        assert_eq!(epoch_seconds(1_752_602_810_300).to_string(), "1752602810.3");
        assert_eq!(epoch_seconds(1_752_602_810_000).to_string(), "1752602810");
        assert_eq!(epoch_seconds(0).to_string(), "0");
    }

    #[test]
    fn known_moments_print_in_both_iso_forms() {
        let at = 1_767_323_045_123;
        assert_eq!(iso_8601(at), "2026-01-02T03:04:05.123Z");
        assert_eq!(iso_basic(at), "20260102T030405Z");
        assert_eq!(iso_8601(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn http_dates_are_read() {
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), None);
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 CET"), None);
    }

    #[test]
    fn moments_that_no_calendar_has_are_refused() {
        for text in
            ["20250229T000000Z", "20251301T000000Z", "20250101T240000Z", "20250101T006000Z", "2025-01-01T000000Z"]
        {
            assert_eq!(parse_iso_basic(text), None, "{text}");
        }
        assert!(parse_iso_basic("20240229T000000Z").is_some());
    }

    #[test]
    fn iso_8601_with_offsets_and_fractions_is_read() {
        assert_eq!(parse_iso_8601("2026-01-02T03:04:05Z"), Some(1_767_323_045_000));
        assert_eq!(parse_iso_8601("2026-01-02T04:04:05.1239+01:00"), Some(1_767_323_045_123));
        assert_eq!(parse_iso_8601("2026-01-02T03:04:05.5Z"), Some(1_767_323_045_500));
        for text in [
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05+25:00",
            "2026-01-02T03:04:05.é",
        ] {
            assert_eq!(parse_iso_8601(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_what_was_printed_gives_the_same_moment(millis in -60_000_000_000_000i64..250_000_000_000_000) {
            prop_assert_eq!(parse_iso_8601(&iso_8601(millis)), Some(millis));
            prop_assert_eq!(parse_iso_basic(&iso_basic(millis)), Some(millis.div_euclid(1000) * 1000));
        }

        #[test]
        fn epoch_seconds_print_exactly_the_decimal_digits(millis in 0..EXACT_AS_SECONDS) {
            let exact = format!("{}.{:03}", millis / 1000, millis % 1000);
            let exact = exact.trim_end_matches('0').trim_end_matches('.');
            prop_assert_eq!(epoch_seconds(millis).to_string(), exact);
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC{0,40}") {
            let _ = (parse_iso_8601(&text), parse_iso_basic(&text), parse_http_date(&text));
        }
    }
}
