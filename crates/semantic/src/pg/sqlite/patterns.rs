//! Times that are read by the pattern that they are written in: `to_date('31.01.2025', 'DD.MM.YYYY')`.

use jiff::civil::DateTime;
use sqlparser::ast::Expr;

use super::{filled, literal, not_offered, text};
use crate::guard::{Refusal, Rule};
use crate::pg::types::Type;

/// The parts of a time by their words, with the digits that each has at most; those of a second are a fraction of it.
const PARTS: [(&str, usize); 8] =
    [("YYYY", 4), ("HH24", 2), ("MM", 2), ("DD", 2), ("MI", 2), ("SS", 2), ("MS", 3), ("US", 6)];

/// The day or moment that a text says: any literal, and what is stored as SQLite itself reads it.
pub fn read(written: &Expr, pattern: &Expr, ty: Type) -> Result<Expr, Refusal> {
    let pattern = literal(pattern).map(|pattern| pattern.to_ascii_uppercase()).unwrap_or_default();
    if let Some(written) = literal(written) {
        let at = moment(&written, &pattern)?;
        let at = if ty == Type::Date { at.date().to_string() } else { at.to_string().replace('T', " ") };
        return Ok(text(&at));
    }
    let template = match (pattern.as_str(), ty) {
        ("YYYY-MM-DD" | "YYYY-MM-DD HH24:MI:SS", Type::Date) => "date(x)",
        ("YYYY-MM-DD", _) => "datetime(x, 'start of day')",
        ("YYYY-MM-DD HH24:MI:SS", _) => "datetime(x)",
        _ => return Err(no_such()),
    };
    Ok(filled(template, &[("x", written.clone())]))
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
            let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            if found[at].is_some() {
                return Err(no_such());
            }
            if digits > 0 {
                let value: i32 = rest[..digits].parse().map_err(|_| wrong())?;
                let is_fraction = ["MS", "US"].contains(&word);
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
