//! The binary form of numbers and times.

use jiff::civil::{Date, DateTime, Time, date};

/// The day that PostgreSQL counts from.
const EPOCH: Date = date(2000, 1, 1);
const DIGITS: usize = 4;
const NEGATIVE: u16 = 0x4000;

pub fn days(day: Date) -> i32 {
    day.duration_since(EPOCH).as_hours().div_euclid(24) as i32
}

pub fn day(days: i32) -> Option<Date> {
    EPOCH.checked_add(jiff::SignedDuration::from_hours(i64::from(days) * 24)).ok()
}

pub fn micros(at: DateTime) -> i64 {
    at.duration_since(EPOCH.to_datetime(Time::midnight())).as_micros() as i64
}

pub fn at(micros: i64) -> Option<DateTime> {
    EPOCH.to_datetime(Time::midnight()).checked_add(jiff::SignedDuration::from_micros(micros)).ok()
}

pub fn micros_of_day(time: Time) -> i64 {
    time.duration_since(Time::midnight()).as_micros() as i64
}

/// A decimal number in digits of base 10,000; `None` for what is none.
pub fn numeric(text: &str) -> Option<Vec<u8>> {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 1_000)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) || mantissa.len() > 2_000 {
        return None;
    }
    // All digits, and where among them the point is.
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    let mut point = whole.len() as i32 + exponent;
    if point < 0 {
        digits.splice(0..0, std::iter::repeat_n(0, point.unsigned_abs() as usize));
        point = 0;
    }
    if point as usize > digits.len() {
        digits.resize(point as usize, 0);
    }
    let scale = digits.len() - point as usize;
    // Groups of four on either side of the point.
    let before = (DIGITS - point as usize % DIGITS) % DIGITS;
    let mut padded = vec![0; before];
    padded.extend(&digits);
    padded.resize(padded.len().div_ceil(DIGITS) * DIGITS, 0);
    let mut weight = ((point as usize + before) / DIGITS) as i32 - 1;
    let group = |chunk: &[u8]| chunk.iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(*digit));
    let mut groups: Vec<u16> = padded.chunks(DIGITS).map(group).collect();
    while groups.last() == Some(&0) {
        groups.pop();
    }
    let leading = groups.iter().take_while(|group| **group == 0).count();
    groups.drain(..leading);
    weight -= leading as i32;
    if groups.is_empty() {
        weight = 0;
    }
    let sign = if is_negative && !groups.is_empty() { NEGATIVE } else { 0 };
    let mut bytes = Vec::with_capacity(8 + 2 * groups.len());
    for part in [groups.len() as u16, weight as u16, sign, u16::try_from(scale).ok()?] {
        bytes.extend(part.to_be_bytes());
    }
    groups.iter().for_each(|group| bytes.extend(group.to_be_bytes()));
    Some(bytes)
}

/// The same back to text.
pub fn numeric_text(bytes: &[u8]) -> Option<String> {
    let mut words = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight, sign, scale) = (words.next()?, words.next()? as i16, words.next()?, words.next()?);
    if scale > 2_000 || weight.unsigned_abs() > 500 || ![0, NEGATIVE].contains(&sign) {
        return None;
    }
    let groups: Vec<u16> = words.collect();
    if groups.len() != usize::from(count) || groups.iter().any(|group| *group > 9_999) {
        return None;
    }
    let group = |at: i32| usize::try_from(i32::from(weight) - at).ok().and_then(|place| groups.get(place)).copied();
    let mut text: String = (0..=i32::from(weight)).rev().map(|at| format!("{:04}", group(at).unwrap_or(0))).collect();
    let trimmed = text.trim_start_matches('0');
    text = if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() };
    if scale > 0 {
        let groups = usize::from(scale).div_ceil(DIGITS) as i32;
        let fraction: String = (1..=groups).map(|at| format!("{:04}", group(-at).unwrap_or(0))).collect();
        text = format!("{text}.{}", &fraction[..usize::from(scale)]);
    }
    Some(if sign == NEGATIVE { format!("-{text}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_are_what_they_were() {
        for text in ["0", "1", "-1", "10000", "12345.6789", "-0.0001", "0.00012", "99999999999999999999.5", "1.50"] {
            assert_eq!(numeric(text).and_then(|bytes| numeric_text(&bytes)).as_deref(), Some(text));
        }
        let one_and_a_half = [0, 2, 0, 0, 0, 0, 0, 1, 0, 1, 0x13, 0x88];
        assert_eq!(numeric("1.5").as_deref(), Some(&one_and_a_half[..]));
        assert_eq!(numeric("1.5e3").and_then(|bytes| numeric_text(&bytes)).as_deref(), Some("1500"));
        assert_eq!(numeric("25e-4").and_then(|bytes| numeric_text(&bytes)).as_deref(), Some("0.0025"));
        for none in ["", ".", "1.2.3", "x", "NaN", "1e9999"] {
            assert_eq!(numeric(none), None, "{none}");
        }
        assert_eq!(numeric_text(&[0, 1, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn days_and_moments_count_from_the_year_2000() {
        assert_eq!(days(date(2000, 1, 2)), 1);
        assert_eq!(days(date(1999, 12, 31)), -1);
        assert_eq!(day(-1), Some(date(1999, 12, 31)));
        assert_eq!(micros(date(2000, 1, 1).at(0, 0, 1, 0)), 1_000_000);
        assert_eq!(at(-1_000_000), Some(date(1999, 12, 31).at(23, 59, 59, 0)));
        assert_eq!(at(i64::MAX), None);
    }
}
