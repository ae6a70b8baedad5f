//! Times that stand in texts: the first day of the period that a text names, and nothing of one that names none.

use sqlparser::ast::Expr;

use super::super::speech::Speech;
use crate::guard::Dialect;
use crate::model::time_format::{MONTHS, Piece, TimeFormat};
use crate::template;

/// `is_number`: digits are kept as a whole number.
pub(super) fn first_day(speech: &Speech, column: Expr, is_number: bool, format: &TimeFormat) -> Expr {
    let text = if is_number { speech.text(column) } else { column };
    template::filled(speech.dialect, &written(speech.dialect, format), &[("x", text)])
}

fn written(dialect: Dialect, format: &TimeFormat) -> String {
    let [year, month, day] = parts(dialect, format);
    let pattern = pattern(dialect, format);
    match dialect {
        // A day that there is not is none.
        Dialect::Sqlite => {
            format!("CASE WHEN x GLOB '{pattern}' THEN date({year} || '-' || {month} || '-' || {day}) END")
        }
        Dialect::PostgreSql => {
            format!("CASE WHEN x ~ '{pattern}' THEN CAST({year} || '-' || {month} || '-' || {day} AS DATE) END")
        }
        Dialect::MySql => {
            format!("CASE WHEN x REGEXP '{pattern}' THEN CAST(CONCAT({year}, '-', {month}, '-', {day}) AS DATE) END")
        }
    }
}

/// Year, month and day as digits.
fn parts(dialect: Dialect, format: &TimeFormat) -> [String; 3] {
    let [mut year, mut month, mut day] = ["", "'01'", "'01'"].map(str::to_owned);
    let mut at = 1;
    for piece in format.pieces() {
        at += match piece {
            Piece::Year if month.contains("LOWER") => {
                year = match dialect {
                    Dialect::PostgreSql => "SUBSTR(x, CHAR_LENGTH(x) - 3)".to_owned(),
                    Dialect::Sqlite | Dialect::MySql => "SUBSTR(x, -4)".to_owned(),
                };
                4
            }
            Piece::Year => {
                year = format!("SUBSTR(x, {at}, 4)");
                4
            }
            Piece::Month => {
                month = format!("SUBSTR(x, {at}, 2)");
                2
            }
            Piece::Day => {
                day = format!("SUBSTR(x, {at}, 2)");
                2
            }
            Piece::Quarter => {
                let firsts = (1..=4).map(|quarter| format!(" WHEN '{quarter}' THEN '{:02}'", quarter * 3 - 2));
                month = format!("CASE SUBSTR(x, {}, 1){} END", at + 1, firsts.collect::<String>());
                2
            }
            Piece::MonthName => {
                let names = MONTHS.iter().zip(1..).flat_map(|(names, month)| {
                    names.iter().map(move |name| format!(" WHEN '{name}' THEN '{month:02}'"))
                });
                month = format!("CASE LOWER(SUBSTR(x, 1, 3)){} END", names.collect::<String>());
                3
            }
            Piece::Sign(_) => 1,
        };
    }
    [year, month, day]
}

fn pattern(dialect: Dialect, format: &TimeFormat) -> String {
    let is_glob = dialect == Dialect::Sqlite;
    let digits = |many: usize| "[0-9]".repeat(many);
    let piece = |piece: &Piece| match piece {
        Piece::Year => digits(4),
        Piece::Month | Piece::Day if is_glob => digits(2),
        Piece::Month => "(0[1-9]|1[0-2])".to_owned(),
        Piece::Day => "(0[1-9]|[12][0-9]|3[01])".to_owned(),
        Piece::Quarter => "Q[1-4]".to_owned(),
        Piece::MonthName if is_glob => "[A-Za-z]*".to_owned(),
        Piece::MonthName => "[A-Za-z].*".to_owned(),
        Piece::Sign(sign) if is_glob => sign.to_string(),
        Piece::Sign(sign) => format!("[{sign}]"),
    };
    let whole: String = format.pieces().iter().map(piece).collect();
    if is_glob { whole } else { format!("^{whole}$") }
}

#[cfg(test)]
mod tests {
    use sqlparser::parser::Parser;

    use super::*;

    #[test]
    fn every_format_is_read_in_every_dialect() {
        for dialect in [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql] {
            for pattern in ["yyyy-MM", "MM.yyyy", "yyyyMM", "yyyy", "QQQ/yyyy", "yyyyQQQ", "MMM yyyy", "MM/dd/yyyy"] {
                let text = written(dialect, &TimeFormat::parse(pattern).unwrap());
                let read = Parser::new(dialect.parser()).try_with_sql(&text).and_then(|mut it| it.parse_expr());
                assert_eq!(read.map(|read| read.to_string()), Ok(text), "{dialect:?}: {pattern}");
            }
        }
        let said = written(Dialect::Sqlite, &TimeFormat::parse("MM/yyyy").unwrap());
        let wanted = "CASE WHEN x GLOB '[0-9][0-9]/[0-9][0-9][0-9][0-9]' \
                      THEN date(SUBSTR(x, 4, 4) || '-' || SUBSTR(x, 1, 2) || '-' || '01') END";
        assert_eq!(said, wanted);
    }
}
