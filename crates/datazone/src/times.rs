//! Points in time as this API writes and reads them; inside the server they are whole milliseconds since 1970.

use emporion_edge::timestamp;
use serde_json::{Number, Value};

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
    timestamp::print(millis)
}

/// ISO 8601 basic, as signatures write it: `20260102T030405Z`.
pub fn iso_basic(millis: i64) -> String {
    let mut text = timestamp::print(millis);
    text.retain(|character| !matches!(character, '-' | ':'));
    text.truncate(text.find('.').unwrap_or(text.len()));
    text.push('Z');
    text
}

/// Reads `20260102T030405Z`.
pub fn parse_iso_basic(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' || !text.is_ascii() {
        return None;
    }
    let at = |from: usize, to: usize| &text[from..to];
    let (date, clock) = ([at(0, 4), at(4, 6), at(6, 8)].join("-"), [at(9, 11), at(11, 13), at(13, 15)].join(":"));
    timestamp::parse(&format!("{date}T{clock}Z"))
}

/// Reads the date of an HTTP header in its one current form: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn parse_http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_weekday, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, clock, "GMT"] = parts[..] else { return None };
    if day.len() != 2 || year.len() != 4 || clock.len() != 8 {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    timestamp::parse(&format!("{year}-{month:02}-{day}T{clock}Z"))
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

    proptest! {
        #[test]
        fn reading_what_was_printed_gives_the_same_moment(millis in -60_000_000_000_000i64..250_000_000_000_000) {
            prop_assert_eq!(timestamp::parse(&iso_8601(millis)), Some(millis));
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
            let _ = (parse_iso_basic(&text), parse_http_date(&text));
        }
    }
}
