//! Workbooks for spreadsheets (Office Open XML): a sheet in which figures are figures, days are days and texts are texts, and
//! one that says where they come from.

use std::error::Error;

use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use crate::figure::digits;
use crate::{Column, Grain, Period, Table};

/// Rows that a sheet can hold below its headings.
pub const MOST_ROWS: usize = 1_048_575;
const MOST_COLUMNS: usize = 16_384;
/// Characters that a cell can hold, in units of UTF-16.
const MOST_TEXT: usize = 32_767;
/// Characters of a sheet's name.
const MOST_NAME: usize = 31;
/// Characters: wider columns hide what stands beside them.
const WIDEST: usize = 55;
const NARROWEST: usize = 6;
/// Characters of a line that says where rows come from.
const ORIGIN_WIDTH: usize = 90;
/// What the button of a filter takes of a heading.
const BUTTON: usize = 3;
/// Rows that say how wide a column is.
const LOOKED_AT: usize = 200;
/// Digits that a figure of a spreadsheet keeps.
const DIGITS: usize = 15;

#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    #[error("a sheet holds {MOST_ROWS} rows and {MOST_COLUMNS} columns at most; take a part of them, or CSV")]
    TooLarge,
    #[error("the workbook could not be written: {0}")]
    Writing(#[from] XlsxError),
}

/// Where rows come from, as whoever opens them later wants to know: what was asked, of what, when, and what holds of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// What the sheet is called that says so.
    pub name: String,
    /// Lines of it: of what each tells, and what.
    pub lines: Vec<(String, String)>,
}

/// The bytes of a workbook whose first sheet, that of the rows, is named as told, as far as a sheet can be. A second one says
/// where they come from, if anything is to be said of it.
///
/// Figures keep the format of their column, and what has more than 15 digits stays a text, for a spreadsheet would round it.
/// No text is a formula. A text of more than 32,767 characters ends in `…`.
///
/// Cost: what is written goes row by row to a temporary file without a name, and from there into the archive, so that no cell
/// stays in memory. Where there is no room for temporary files, or no place for them, it is made in memory.
///
/// Errors: too many rows or columns for a sheet; any other fault of the disk.
pub fn workbook(table: &Table<'_>, name: &str, origin: &Origin) -> Result<Vec<u8>, WorkbookError> {
    if table.rows.len() > MOST_ROWS || table.columns.len() > MOST_COLUMNS {
        return Err(WorkbookError::TooLarge);
    }
    match made(table, name, origin, true) {
        Err(error) if has_no_room(&error) => Ok(made(table, name, origin, false)?),
        made => Ok(made?),
    }
}

/// Whether temporary files have no room or no place. A disk that fails says nothing of that.
fn has_no_room(error: &XlsxError) -> bool {
    use std::io::ErrorKind;
    let error = match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => Some(error),
        XlsxError::ZipError(error) => error.source().and_then(|source| source.downcast_ref()),
        _ => None,
    };
    let Some(error) = error else { return false };
    matches!(
        error.kind(),
        ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
    )
}

fn made(table: &Table<'_>, name: &str, origin: &Origin, on_disk: bool) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = if on_disk { workbook.add_worksheet_with_constant_memory()? } else { workbook.add_worksheet() };
    sheet.set_name(sheet_name(name))?;
    let heading = Format::new().set_bold().set_align(FormatAlign::Left);
    for (at, column) in (0_u16..).zip(&table.columns) {
        sheet.set_column_width(at, width(table, usize::from(at), column))?;
        sheet.write_string_with_format(0, at, cut(&column.heading()), &heading)?;
    }
    let formats: Vec<Formats> = table.columns.iter().map(Formats::of).collect();
    // Row by row: of one that has been left nothing is kept.
    for (row, values) in (1_u32..).zip(table.rows) {
        for ((at, column), formats) in (0_u16..).zip(&table.columns).zip(&formats) {
            write(sheet, row, at, column, values.get(usize::from(at)).unwrap_or(&Value::Null), formats)?;
        }
    }
    if let Some(last) = u16::try_from(table.columns.len()).ok().and_then(|count| count.checked_sub(1)) {
        sheet.autofilter(0, 0, u32::try_from(table.rows.len()).unwrap_or(0), last)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    if !origin.lines.is_empty() {
        write_origin(workbook.add_worksheet(), origin, &sheet_name(name))?;
    }
    workbook.save_to_buffer()
}

fn write_origin(sheet: &mut Worksheet, origin: &Origin, other: &str) -> Result<(), XlsxError> {
    let own = sheet_name(&origin.name);
    // Two sheets of one name are no workbook.
    let is_taken = own.to_lowercase() == other.to_lowercase();
    sheet.set_name(if is_taken { sheet_name(&format!("{} 2", beginning(&own, MOST_NAME - 2))) } else { own })?;
    let bold = Format::new().set_bold().set_align(FormatAlign::Top);
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let widest = origin.lines.iter().map(|(of, _)| of.chars().count()).max().unwrap_or(0).clamp(NARROWEST, WIDEST);
    sheet.set_column_width(0, u16::try_from(widest + 1).unwrap_or(u16::MAX))?;
    sheet.set_column_width(1, u16::try_from(ORIGIN_WIDTH).unwrap_or(u16::MAX))?;
    for (row, (of, told)) in (0_u32..).zip(&origin.lines) {
        sheet.write_string_with_format(row, 0, cut(of), &bold)?;
        sheet.write_string_with_format(row, 1, cut(told), &wrapped)?;
    }
    Ok(())
}

/// Characters that a column shows: as many as its heading has, or one of the first values.
fn width(table: &Table<'_>, at: usize, column: &Column) -> u16 {
    let shown = |row: &Vec<Value>| match row.get(at) {
        None | Some(Value::Null) => 0,
        Some(Value::String(text)) => text.lines().map(|line| line.chars().count()).max().unwrap_or(0),
        // Groups of digits, and as many behind the point as the format says.
        Some(Value::Number(number)) => number.to_string().len() + 4,
        Some(other) => other.to_string().chars().count(),
    };
    let widest = table.rows.iter().take(LOOKED_AT).map(shown).max().unwrap_or(0);
    let wide = widest.max(column.heading().chars().count() + BUTTON).clamp(NARROWEST, WIDEST);
    u16::try_from(wide + 1).unwrap_or(u16::MAX)
}

struct Formats {
    figure: Format,
    day: Format,
    moment: Format,
}

impl Formats {
    fn of(column: &Column) -> Formats {
        let format = |pattern: &str| Format::new().set_num_format(pattern);
        Formats {
            figure: column.format.as_deref().map_or_else(Format::new, |of_model| format(&pattern(of_model))),
            day: format(match column.grain {
                Some(Grain::Month) => "mmm yyyy",
                Some(Grain::Year) => "yyyy",
                // A quarter is a text: spreadsheets know none.
                Some(Grain::Quarter) | None => "yyyy-mm-dd",
            }),
            moment: format("yyyy-mm-dd hh:mm:ss.000"),
        }
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    column: &Column,
    value: &Value,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let written = match value {
        Value::Null => return Ok(()),
        Value::Bool(truth) => sheet.write_boolean(row, at, *truth),
        Value::Number(number) => match exact(&digits(number), number.is_f64()) {
            Some(figure) => sheet.write_number_with_format(row, at, figure, &formats.figure),
            None => sheet.write_string(row, at, number.to_string()),
        },
        Value::String(text) => {
            // In the order of these texts quarters follow one another.
            if let Some(Period { grain: Grain::Quarter, year, month }) = column.period(value) {
                return sheet.write_string(row, at, format!("{year} Q{}", (month - 1) / 3 + 1)).map(|_| ());
            }
            let is_dated = column.grain.is_some() || ["DATE", "TIMESTAMP", "TIMESTAMP_TZ"].contains(&&*column.ty);
            let moment = is_dated.then(|| moment(text)).flatten();
            match (moment, exact(text, false).filter(|_| column.is_figure)) {
                (Some(moment), _) => {
                    let is_day = column.ty == "DATE" || column.period(value).is_some();
                    let format = if is_day { &formats.day } else { &formats.moment };
                    sheet.write_datetime_with_format(row, at, &moment, format)
                }
                (None, Some(figure)) => sheet.write_number_with_format(row, at, figure, &formats.figure),
                (None, None) => sheet.write_string(row, at, cut(text)),
            }
        }
        list => sheet.write_string(row, at, cut(&list.to_string())),
    };
    written.map(|_| ())
}

/// What of the format of a figure pages read, for a spreadsheet, which would read more in it: whether digits are grouped, how
/// many stand behind the point, and whether it is a share of a hundred.
fn pattern(format: &str) -> String {
    let whole = if format.contains(',') { "#,##0" } else { "0" };
    let decimals = format.split_once('.').map_or(0, |(_, after)| after.chars().take_while(|c| *c == '0').count());
    let point = if decimals > 0 { "." } else { "" };
    let percent = if format.contains('%') { "%" } else { "" };
    format!("{whole}{point}{}{percent}", "0".repeat(decimals.min(DIGITS)))
}

/// The figure that a text is, where a spreadsheet keeps all of its digits. A float is printed in up to seventeen, of which the
/// last two say nothing.
fn exact(text: &str, is_float: bool) -> Option<f64> {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0');
    // Zeros at the end are digits only of what has no point.
    let significant = if mantissa.contains('.') { significant.trim_end_matches('0') } else { significant };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let is_kept = significant.len() <= DIGITS || is_float && significant.len() <= DIGITS + 2;
    (is_plain && is_kept).then(|| text.parse().ok()).flatten().filter(|figure: &f64| figure.is_finite())
}

/// A day or a moment of a calendar that spreadsheets have: from March 1900 on. What bears a zone stays a text, for cells know
/// none.
fn moment(text: &str) -> Option<ExcelDateTime> {
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.splitn(3, '-').map(str::parse::<u16>);
    let (year, month, of_month) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if (year, month) < (1900, 3) || day.len() != "2026-01-31".len() {
        return None;
    }
    let date = ExcelDateTime::from_ymd(year, u8::try_from(month).ok()?, u8::try_from(of_month).ok()?).ok()?;
    let Some(time) = time else { return Some(date) };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let seconds = parts.next().unwrap_or("0");
    let millis: String = fraction.chars().take(3).collect();
    let is_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
    date.and_hms(hour, minute, format!("{seconds}.{millis}").parse::<f64>().ok().filter(|_| is_fraction)?).ok()
}

/// The beginning of a text that has room in so many units of UTF-16.
fn beginning(text: &str, mut room: usize) -> &str {
    let mut end = 0;
    for c in text.chars() {
        match room.checked_sub(c.len_utf16()) {
            Some(left) => room = left,
            None => break,
        }
        end += c.len_utf8();
    }
    &text[..end]
}

/// A text that a cell can hold.
fn cut(text: &str) -> String {
    match text.encode_utf16().count() <= MOST_TEXT {
        true => text.to_owned(),
        false => format!("{}…", beginning(text, MOST_TEXT - 1)),
    }
}

/// A name that a sheet may have.
fn sheet_name(name: &str) -> String {
    let is_refused = |c: char| c.is_control() || "[]:*?/\\".contains(c);
    let plain: String = name.chars().map(|c| if is_refused(c) { ' ' } else { c }).collect();
    let short = beginning(&plain, MOST_NAME).trim().trim_matches('\'').trim();
    // A name that spreadsheets keep for themselves.
    if short.is_empty() || short.eq_ignore_ascii_case("history") { "Answer".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_disk_that_fails_is_no_lack_of_room() {
        let is = |kind: std::io::ErrorKind| has_no_room(&XlsxError::IoError(kind.into()));
        assert!(is(std::io::ErrorKind::StorageFull) && is(std::io::ErrorKind::ReadOnlyFilesystem));
        assert!(!is(std::io::ErrorKind::Other) && !is(std::io::ErrorKind::InvalidData));
        assert!(!has_no_room(&XlsxError::SheetnameCannotBeBlank(String::new())));
    }

    #[test]
    fn where_temporary_files_have_no_place_there_is_no_room() {
        let mut workbook = Workbook::new();
        let refused = workbook.set_tempdir("/there/is/no/such/place").err();
        assert!(refused.as_ref().is_some_and(has_no_room), "{refused:?}");
        let full = |kind: std::io::ErrorKind| XlsxError::TempFileError(std::path::PathBuf::new(), kind.into());
        assert!(has_no_room(&full(std::io::ErrorKind::StorageFull)) && !has_no_room(&full(std::io::ErrorKind::Other)));
    }

    #[test]
    fn figures_are_those_whose_digits_are_kept() {
        for (text, figure) in [
            ("1", Some(1.0)),
            ("99999999999999.99", None),
            ("-0.25", Some(-0.25)),
            ("123456789012345", Some(123_456_789_012_345.0)),
            ("9007199254740993", None),
            ("1234567890123456", None),
            ("0.1000000000000000000", Some(0.1)),
            ("12345678901234567.89", None),
            ("1e5", Some(100_000.0)),
            ("1e999", None),
            ("nan", None),
            ("inf", None),
            ("", None),
            ("12a", None),
        ] {
            assert_eq!(exact(text, false), figure, "{text}");
        }
        assert_eq!(exact("0.30000000000000004", true), Some(0.300_000_000_000_000_04));
    }

    #[test]
    fn a_format_says_no_more_than_pages_read_in_it() {
        for (format, wanted) in [
            ("#,##0.00", "#,##0.00"),
            ("0.0%", "0.0%"),
            ("0.0%%", "0.0%"),
            ("#,##0,", "#,##0"),
            ("percent", "0"),
            ("yyyy", "0"),
            (".2f", "0"),
            ("[foo]\"", "0"),
        ] {
            assert_eq!(pattern(format), wanted, "{format}");
        }
    }

    #[test]
    fn days_and_moments_of_the_calendar_are_known() {
        for text in
            ["2026-01-31", "1900-03-01", "2026-01-31T23:59:59.999999", "2026-01-31 23:59", "2026-01-31T23:59:59.250"]
        {
            assert!(moment(text).is_some(), "{text}");
        }
        for text in [
            "2026-02-30",
            "1900-02-29",
            "2026-01-31T23:59:59Z",
            "2026-1-1",
            "2026-01",
            "2026-01-31T23:59:59+02:00",
            "x",
            "-0001-01-01",
        ] {
            assert!(moment(text).is_none(), "{text}");
        }
    }

    #[test]
    fn texts_and_names_fit() {
        assert_eq!(cut("é"), "é");
        let long = cut(&"😀".repeat(20_000));
        assert!(long.ends_with('…') && long.encode_utf16().count() <= MOST_TEXT);
        for (name, wanted) in [
            ("Sales", "Sales"),
            ("a/b:c[d]", "a b c d"),
            ("'quoted'", "quoted"),
            ("", "Answer"),
            ("History", "Answer"),
            ("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"),
        ] {
            assert_eq!(sheet_name(name), wanted);
        }
    }

    #[test]
    fn a_table_of_anything_becomes_a_workbook() {
        let rows = json!([
            [1, "2026-01-31", "=1+1", null],
            ["2.50", "x", "", [1]],
            [true, null, "\u{1}", 12345678901234567_i64]
        ]);
        let rows: Vec<Vec<Value>> = serde_json::from_value(rows).unwrap();
        let column = |(at, ty): (usize, &&str)| Column::new("c", ty, (at == 0).then_some("#,##0.00"), None, &rows, at);
        let columns: Vec<Column> = ["NUMBER", "DATE", "VARCHAR", "JSON"].iter().enumerate().map(column).collect();
        let lines = vec![("Question".to_owned(), "=1+1".repeat(20_000))];
        // A sheet of the same name is there already.
        let origin = Origin { name: "A".to_owned(), lines };
        let bytes = workbook(&Table { columns: columns.clone(), rows: &rows }, "a", &origin).unwrap();
        assert!(bytes.starts_with(b"PK"));
        let in_memory = made(&Table { columns: columns.clone(), rows: &rows }, "a", &origin, false).unwrap();
        assert!(in_memory.starts_with(b"PK"), "also where nothing can be put aside");
        assert!(
            workbook(&Table { columns: Vec::new(), rows: &[] }, "a", &Origin::default()).unwrap().starts_with(b"PK")
        );
        let wide = vec![columns[0].clone(); MOST_COLUMNS + 1];
        assert!(matches!(workbook(&Table { columns: wide, rows: &[] }, "a", &origin), Err(WorkbookError::TooLarge)));
    }
}
