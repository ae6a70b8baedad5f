//! Times that stand in texts: the first day of the period that a text names, and nothing of one that names none.

use sqlparser::ast::Expr;

use super::super::speech::Speech;
use crate::guard::Dialect;
use crate::model::Granularity;
use crate::model::time_format::{MONTHS, Piece, TimeFormat};
use crate::template;

/// `is_number`: digits are kept as a whole number.
pub(super) fn first_day(speech: &Speech, column: Expr, is_number: bool, format: &TimeFormat) -> Expr {
    let text = if is_number { speech.text(column) } else { column };
    template::filled(speech.dialect, &written(speech.dialect, format), &[("x", text)])
}

fn written(dialect: Dialect, format: &TimeFormat) -> String {
    let parts = parts(dialect, format);
    let [year, month, day] = &parts;
    let pattern = pattern(dialect, format);
    let (is_written, date) = match dialect {
        Dialect::Sqlite => (format!("x GLOB '{pattern}'"), format!("date({year} || '-' || {month} || '-' || {day})")),
        Dialect::PostgreSql => {
            (format!("x ~ '{pattern}'"), format!("CAST({year} || '-' || {month} || '-' || {day} AS DATE)"))
        }
        Dialect::MySql => {
            (format!("x REGEXP '{pattern}'"), format!("CAST(CONCAT({year}, '-', {month}, '-', {day}) AS DATE)"))
        }
    };
    let date = if format.finest() == Granularity::Day { of_its_month(dialect, &parts, &date) } else { date };
    format!("CASE WHEN {is_written} THEN {date} END")
}

/// Nothing of a day that its month does not have: engines fail of it, or take it for one of the next month.
fn of_its_month(dialect: Dialect, [year, month, day]: &[String; 3], date: &str) -> String {
    let whole = if dialect == Dialect::MySql { "SIGNED" } else { "INTEGER" };
    let divides = |by: u16| format!("CAST({year} AS {whole}) % {by} = 0");
    let is_leap = format!("{} AND (NOT {} OR {})", divides(4), divides(100), divides(400));
    let february = format!("CASE WHEN {is_leap} THEN '29' ELSE '28' END");
    let short = "WHEN '04' THEN '30' WHEN '06' THEN '30' WHEN '09' THEN '30' WHEN '11' THEN '30'";
    let last = format!("CASE {month} WHEN '02' THEN {february} {short} ELSE '31' END");
    format!("CASE WHEN {day} <= {last} THEN {date} END")
}

/// Year, month and day as digits.
fn parts(dialect: Dialect, format: &TimeFormat) -> [String; 3] {
    let [mut year, mut month, mut day] = ["", "'01'", "'01'"].map(str::to_owned);
    let is_named = matches!(format.pieces(), [Piece::MonthName, ..]);
    let mut at = 1;
    for piece in format.pieces() {
        at += match piece {
            Piece::Year if is_named => {
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
                let length = if dialect == Dialect::Sqlite { "LENGTH" } else { "CHAR_LENGTH" };
                // Behind it stand a sign and the year.
                let name = format!("LOWER(SUBSTR(x, 1, {length}(x) - 5))");
                month = format!("CASE {name}{} END", names.collect::<String>());
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
        Piece::Year => format!("[1-9]{}", digits(3)),
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
        let wanted = "CASE WHEN x GLOB '[0-9][0-9]/[1-9][0-9][0-9][0-9]' \
                      THEN date(SUBSTR(x, 4, 4) || '-' || SUBSTR(x, 1, 2) || '-' || '01') END";
        assert_eq!(said, wanted);
    }
}
