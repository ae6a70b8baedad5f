//! How a file is written: its encoding, its delimiter, whether its first line names its columns.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::values::{GUESSED, convert};

/// What separates fields, where nothing says it.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The text of a file: by its mark, as UTF-8, else as Windows 1252, in which every byte is a character.
///
/// Errors: that it is not written in the encoding that is said of it.
pub fn decoded<'a>(bytes: &'a [u8], said: Option<&'static Encoding>) -> Result<Cow<'a, str>, String> {
    let by_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = said.or(by_mark).unwrap_or(match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    });
    let (text, used, is_broken) = encoding.decode(bytes);
    if is_broken { Err(format!("it is not written in {}", used.name())) } else { Ok(text) }
}

/// The one by which the first line has most fields.
pub fn delimiter(text: &str) -> u8 {
    let fields = |delimiter: u8| first(text, delimiter).map_or(0, |record| record.len());
    // Of equals the last would be taken.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| fields(*delimiter)).unwrap_or(b',')
}

fn first(text: &str, delimiter: u8) -> Option<StringRecord> {
    reader(text, delimiter).into_records().next()?.ok()
}

pub fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// Whether a first line names columns: none of its fields is a value, and no two are the same.
pub fn is_header(record: &StringRecord) -> bool {
    let is_value = |field: &str| GUESSED.iter().any(|guess| convert(guess, field).is_some());
    let mut said: Vec<String> =
        record.iter().map(|field| field.trim().to_lowercase()).filter(|field| !field.is_empty()).collect();
    said.sort();
    !said.is_empty()
        && !said.windows(2).any(|two| two[0] == two[1])
        && !record.iter().any(|field| is_value(field.trim()))
}

/// The names of columns as a header says them, each once; `column_3` where it says nothing.
pub fn names(header: Option<&StringRecord>, width: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(width);
    for at in 0..width {
        let said = header.and_then(|header| header.get(at)).map(str::trim).filter(|said| !said.is_empty());
        let wanted = said
            .map_or_else(|| format!("column_{}", at + 1), |said| said.split_whitespace().collect::<Vec<_>>().join(" "));
        let is_taken = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let free = (2..).map(|count| format!("{wanted}_{count}")).find(|name| !is_taken(name));
        let name = if is_taken(&wanted) { free.unwrap_or_default() } else { wanted };
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_is_written() {
        assert_eq!(decoded("\u{feff}näme".as_bytes(), None).unwrap(), "näme");
        assert_eq!(decoded(b"n\xe4me", None).unwrap(), "näme");
        assert_eq!(decoded(b"\xff\xfen\0\xe4\0", None).unwrap(), "nä");
        assert_eq!(decoded(b"n\xe4me", Some(UTF_8)).unwrap_err(), "it is not written in UTF-8");
        for (text, wanted) in [
            ("a,b;c,d\n", b','),
            ("a;b;c,d\n1;2;3", b';'),
            ("a\tb\n", b'\t'),
            ("a|b|\"c,d,e,f\"\n", b'|'),
            ("alone\n1\n", b','),
            ("", b','),
        ] {
            assert_eq!(delimiter(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_first_line_of_values_is_no_header() {
        let of = |line: &str| first(line, b',').unwrap();
        for (line, is) in [
            ("id,name", true),
            (",name,2nd", true),
            ("1,Ann", false),
            ("name,2026-01-02", false),
            ("a,a", false),
            ("true,x", false),
        ] {
            assert_eq!(is_header(&of(line)), is, "{line}");
        }
        assert_eq!(names(Some(&of("id,,Id, unit  price ")), 4), ["id", "column_2", "Id_2", "unit price"]);
        assert_eq!(names(None, 2), ["column_1", "column_2"]);
    }
}
