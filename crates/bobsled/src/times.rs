//! The HTTP date that the `Sunset` header wants; all other times of this door are RFC 3339 (`emporion_edge::timestamp`).

use emporion_edge::timestamp::{self, DAY_MILLIS};

/// 0000-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z: what four digits of year can say.
const RANGE_MS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Prints milliseconds since 1970 as `Tue, 02 Mar 2027 00:00:00 GMT` (RFC 9110, section 5.6.7).
pub fn print_http_date(millis: i64) -> String {
    // 1970 began on a Thursday.
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let millis = millis.clamp(*RANGE_MS.start(), *RANGE_MS.end());
    let text = timestamp::print(millis);
    let weekday = usize::try_from(millis.div_euclid(DAY_MILLIS).rem_euclid(7)).expect("a remainder of seven");
    let month: usize = text[5..7].parse().expect("two digits of month");
    let (year, day, clock) = (&text[0..4], &text[8..10], &text[11..19]);
    format!("{}, {day} {} {year} {clock} GMT", WEEKDAYS[weekday], MONTHS[month - 1])
}

/// Reads what `print_http_date` prints, with whatever weekday. The two obsolete forms of RFC 9110 are not read.
pub fn parse_http_date(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    let [weekday, day, month, year, clock, "GMT"] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name == month)? + 1;
    let is_weekday = weekday.len() == 4 && weekday.ends_with(',');
    is_weekday.then(|| timestamp::parse(&format!("{year}-{month:02}-{day}T{clock}Z"))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_http_date_names_the_right_weekday() {
        let date = |text: &str| print_http_date(timestamp::parse(text).expect("a date"));
        assert_eq!(date("2027-03-02T00:00:00Z"), "Tue, 02 Mar 2027 00:00:00 GMT");
        assert_eq!(date("2024-02-29T23:59:59.999Z"), "Thu, 29 Feb 2024 23:59:59 GMT");
        assert_eq!(date("1969-12-31T00:00:00Z"), "Wed, 31 Dec 1969 00:00:00 GMT");
        assert_eq!(print_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_printed_http_date_is_read_back() {
        for millis in [0, 1_803_945_600_000, 1_709_251_199_000] {
            assert_eq!(parse_http_date(&print_http_date(millis)), Some(millis));
        }
        for text in ["", "2 Mar 2027", "Tue, 02 Foo 2027 00:00:00 GMT", "Tue, 99 Mar 2027 00:00:00 GMT"] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn times_outside_four_digit_years_stay_printable() {
        assert_eq!(print_http_date(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert!(print_http_date(i64::MIN).ends_with("0000 00:00:00 GMT"));
    }

    #[test]
    fn both_documented_forms_are_read_and_milliseconds_printed() {
        assert_eq!(timestamp::parse("2026-03-02T12:00:00Z"), Some(1_772_452_800_000));
        assert_eq!(timestamp::parse("2026-03-02T12:00:00.000Z"), Some(1_772_452_800_000));
        assert_eq!(timestamp::print(1_772_452_800_000), "2026-03-02T12:00:00.000Z");
    }
}
