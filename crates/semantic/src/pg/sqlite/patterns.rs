//! Times that are read by the pattern that they are written in: `to_date('31.01.2025', 'DD.MM.YYYY')`.

use jiff::civil::DateTime;
use sqlparser::ast::Expr;

use super::{filled, literal, not_offered, text};
use crate::guard::{Refusal, Rule};
use crate::pg::types::Type;

/// The parts of a time by their words, with the digits that each has at most; those of a second are a fraction of it.
const PARTS: [(&str, usize); 8] =
    [("YYYY", 4), ("HH24", 2), ("MM", 2), ("DD", 2), ("MI", 2), ("SS", 2), ("MS", 3), ("US", 6)];

/// What is stored is a day that there is, in ten characters: SQLite itself would read "now" and the 30th of February as well.
const DAY: &str = "date(substr(x, 1, 10), '+0 days') = substr(x, 1, 10) AND substr(x, 11, 1) NOT BETWEEN '0' AND '9'";
/// A day as well, or one with its time in nineteen characters.
const MOMENT: &str = "datetime(substr(x, 1, 19), '+0 days') IN (substr(x, 1, 19), substr(x, 1, 10) || ' 00:00:00') \
                      AND substr(x, 20, 1) NOT BETWEEN '0' AND '9'";

/// The day or moment that a text says: any literal, and what is stored in these patterns. Other texts there say nothing.
pub fn read(written: &Expr, pattern: &Expr, ty: Type) -> Result<Expr, Refusal> {
    let pattern = literal(pattern).map(|pattern| pattern.to_ascii_uppercase()).unwrap_or_default();
    if let Some(written) = literal(written) {
        let at = moment(&written, &pattern)?;
        let at = if ty == Type::Date { at.date().to_string() } else { at.to_string().replace('T', " ") };
        return Ok(text(&at));
    }
    let (is_such, value) = match (pattern.as_str(), ty) {
        ("YYYY-MM-DD", Type::Date) => (DAY, "date(substr(x, 1, 10))"),
        ("YYYY-MM-DD", _) => (DAY, "datetime(substr(x, 1, 10))"),
        ("YYYY-MM-DD HH24:MI:SS", Type::Date) => (MOMENT, "date(substr(x, 1, 10))"),
        ("YYYY-MM-DD HH24:MI:SS", _) => (MOMENT, "datetime(substr(x, 1, 19))"),
        _ => return Err(no_such()),
    };
    Ok(filled(&format!("CASE WHEN {is_such} THEN {value} END"), &[("x", written.clone())]))
}

fn no_such() -> Refusal {
    not_offered("a time that is read by this pattern")
}

/// What is missing at the end of the text is the beginning of its year, month or day; what is left of it is read over.
fn moment(written: &str, pattern: &str) -> Result<DateTime, Refusal> {
    let wrong = || Refusal::new(Rule::Value, format!("date/time field value out of range: \"{written}\""));
    let mut found: [Option<i32>; PARTS.len()] = [None; PARTS.len()];
    let (mut rest, mut left) = (written.trim_start(), pattern);
    while let Some(c) = left.chars().next() {
        if let Some(at) = PARTS.iter().position(|(word, _)| left.starts_with(word)) {
            let (word, most) = PARTS[at];
            left = &left[word.len()..];
            // Before a separator and at the end, all digits are of the part.
            let is_bounded = !PARTS.iter().any(|(word, _)| left.starts_with(word));
            let taken = if is_bounded { rest.len() } else { most };
            let digits = rest.bytes().take(taken).take_while(u8::is_ascii_digit).count();
            if found[at].is_some() {
                return Err(no_such());
            }
            if digits > 0 {
                let value: i32 = rest[..digits].parse().map_err(|_| wrong())?;
                let is_fraction = ["MS", "US"].contains(&word);
                if is_fraction && digits > most {
                    return Err(wrong());
                }
                found[at] = Some(if is_fraction { value * 10_i32.pow((most - digits) as u32) } else { value });
            } else if !rest.is_empty() {
                return Err(wrong());
            }
            rest = &rest[digits..];
        } else if let Some(quoted) = left.strip_prefix('"') {
            let (plain, behind) = quoted.split_once('"').ok_or_else(no_such)?;
            rest = rest.char_indices().nth(plain.chars().count()).map_or("", |(at, _)| &rest[at..]);
            left = behind;
        } else if c.is_alphanumeric() {
            return Err(no_such());
        } else {
            left = &left[c.len_utf8()..];
            rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        }
    }
    let [year, hour, month, day, minute, second, milli, micro] = found;
    let small = |part: Option<i32>, least: i32| i8::try_from(part.unwrap_or(least)).map_err(|_| wrong());
    let year = i16::try_from(year.ok_or_else(no_such)?).map_err(|_| wrong())?;
    let nanos = milli.unwrap_or(0) * 1_000_000 + micro.unwrap_or(0) * 1_000;
    let (month, day) = (small(month, 1)?, small(day, 1)?);
    let at = DateTime::new(year, month, day, small(hour, 0)?, small(minute, 0)?, small(second, 0)?, nanos);
    at.map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_by_its_pattern() {
        for (written, pattern, meant) in [
            ("2026-01-05", "YYYY-MM-DD", "2026-01-05T00:00:00"),
            (" 5.1.2026", "DD.MM.YYYY", "2026-01-05T00:00:00"),
            ("20260105 101112", "YYYYMMDD HH24MISS", "2026-01-05T10:11:12"),
            ("2026-01-05 10:11:12.000000", "YYYY-MM-DD HH24:MI:SS.US", "2026-01-05T10:11:12"),
            ("2026-01-05T10:11:12.5", "YYYY-MM-DD\"T\"HH24:MI:SS.MS", "2026-01-05T10:11:12.5"),
            ("2026/03", "YYYY/MM", "2026-03-01T00:00:00"),
            ("2026", "YYYY-MM-DD", "2026-01-01T00:00:00"),
            ("2026-01-05 and more", "YYYY-MM-DD", "2026-01-05T00:00:00"),
        ] {
            assert_eq!(moment(written, pattern).map(|at| at.to_string()), Ok(meant.to_owned()), "{written}");
        }
        for (written, pattern) in [
            ("2026-13-05", "YYYY-MM-DD"),
            ("2026-02-30", "YYYY-MM-DD"),
            ("2026-01-123", "YYYY-MM-DD"),
            ("2026-01-05 10:11:12.0000001", "YYYY-MM-DD HH24:MI:SS.US"),
            ("today", "YYYY-MM-DD"),
            ("2026-01-05", "YYYY-MON-DD"),
            ("10:11", "HH24:MI"),
            ("20262026", "YYYYYYYY"),
            ("2026ü", "YYYY\"ü"),
        ] {
            assert!(moment(written, pattern).is_err(), "{written}");
        }
    }
}
