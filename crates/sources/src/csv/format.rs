//! How a file is written: its encoding, its delimiter, whether its first line names its columns.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::values::{Type, TypeInference, convert};

/// What separates fields, where nothing says it. A comma stands in numbers, too: it comes last.
const DELIMITERS: [u8; 4] = [b';', b'\t', b'|', b','];
/// Records by which it is told.
const LOOKED_AT: usize = 50;

/// The text of a file: by its mark, as UTF-8, else as Windows 1252, in which every byte is a character.
///
/// Errors: that it is not written in the encoding that is said of it.
pub fn decoded<'a>(bytes: &'a [u8], said: Option<&'static Encoding>) -> Result<(Cow<'a, str>, &'static str), String> {
    let by_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = said.or(by_mark).unwrap_or(match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    });
    let (text, used, is_broken) = encoding.decode(bytes);
    if is_broken { Err(format!("it is not written in {}", used.name())) } else { Ok((text, used.name())) }
}

/// The beginning of a file as far as its lines are whole, so that no character is cut.
pub fn whole_lines<'a>(bytes: &'a [u8], said: Option<&'static Encoding>) -> &'a [u8] {
    let by_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let end = match said.or(by_mark) {
        Some(wide) if wide == UTF_16LE => bytes.chunks_exact(2).rposition(|unit| unit == b"\n\0").map(|at| 2 * at + 2),
        Some(wide) if wide == UTF_16BE => bytes.chunks_exact(2).rposition(|unit| unit == b"\0\n").map(|at| 2 * at + 2),
        _ => bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1),
    };
    &bytes[..end.unwrap_or_default()]
}

/// The one by which the records of the beginning have as many fields as one another, several; else the one by which the
/// first has most.
pub fn delimiter(text: &str, name: &str) -> u8 {
    if name.to_ascii_lowercase().ends_with(".tsv") {
        return b'\t';
    }
    let widths = |delimiter: u8| -> Vec<usize> {
        let records = reader(text, delimiter, true).into_records().take(LOOKED_AT);
        records.map_while(Result::ok).map(|record| record.len()).collect()
    };
    let is_even =
        |widths: &[usize]| widths.first().is_some_and(|first| *first > 1 && widths.iter().all(|width| width == first));
    let even = DELIMITERS.into_iter().find(|delimiter| is_even(&widths(*delimiter)));
    let most = || DELIMITERS.into_iter().max_by_key(|delimiter| widths(*delimiter).first().copied().unwrap_or(0));
    even.or_else(most).unwrap_or(b',')
}

pub fn reader(text: &str, delimiter: u8, is_quoted: bool) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).quoting(is_quoted).has_headers(false).flexible(true);
    builder.from_reader(text.as_bytes())
}

/// Whether a first line names the columns of the lines below it, of whose fields this is known: one of its fields is none of
/// its column's, or none is a value at all. Numbers alone that are years name columns.
pub fn is_header(record: &StringRecord, below: &[TypeInference], delimiter: u8) -> bool {
    let fields = || record.iter().map(str::trim).filter(|field| !field.is_empty());
    if fields().next().is_none() {
        return false;
    }
    let is_other = |(field, inference): (&str, &TypeInference)| {
        let kind = inference.taken();
        kind != Type::Text && !field.is_empty() && convert(&kind, field).is_none()
    };
    let is_year = |field: &str| field.len() == 4 && field.parse().is_ok_and(|year: u16| (1900..2100).contains(&year));
    let is_value = |field: &str| {
        let mut inference = TypeInference::new(delimiter);
        inference.see(field);
        let is_code = field.bytes().all(|byte| byte.is_ascii_digit() || b"+-./: ,".contains(&byte));
        (inference.taken() != Type::Text || is_code) && !is_year(field)
    };
    let names_years = fields().any(is_year) && fields().any(|field| !is_year(field));
    record.iter().map(str::trim).zip(below).any(is_other)
        || (!fields().any(is_value) && (names_years || !fields().any(is_year)))
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
        let read = |bytes, said| decoded(bytes, said).map(|(text, encoding)| (text.into_owned(), encoding));
        let is = |text: &str, encoding| Ok((text.to_owned(), encoding));
        assert_eq!(read("\u{feff}näme".as_bytes(), None), is("näme", "UTF-8"));
        assert_eq!(read(b"n\xe4me", None), is("näme", "windows-1252"));
        assert_eq!(read(b"\xff\xfen\0\xe4\0", None), is("nä", "UTF-16LE"));
        assert_eq!(decoded(b"n\xe4me", Some(UTF_8)).unwrap_err(), "it is not written in UTF-8");
        // Of a beginning only lines that are whole.
        assert_eq!(whole_lines("a\nä\nö".as_bytes(), None), "a\nä\n".as_bytes());
        assert_eq!(whole_lines(b"\xff\xfea\0\n\0\x0a\x0ab", None), b"\xff\xfea\0\n\0");
        assert_eq!(whole_lines(b"\0a\0\n\0b", Some(UTF_16BE)), b"\0a\0\n");
        assert_eq!(whole_lines(b"abc", None), b"");
        for (text, wanted) in [
            ("a,b,c\n1,2,x;y\n", b','),
            ("a;b;c,d\n1;2;3", b';'),
            ("1,50;2,75\n3,10;4,20\n", b';'),
            ("a\tb\n", b'\t'),
            ("a|b|\"c,d,e,f\"\n", b'|'),
            ("alone\n1\n", b','),
            ("", b','),
        ] {
            assert_eq!(delimiter(text, "a.csv"), wanted, "{text}");
        }
        assert_eq!(delimiter("a,b\n", "a.TSV"), b'\t');
    }

    #[test]
    fn a_first_line_of_values_is_no_header() {
        let of = |line: &str, delimiter| reader(line, delimiter, true).into_records().next().unwrap().unwrap();
        for (delimiter, line, below, is) in [
            (b',', "id,name", "1,Ann", true),
            (b',', ",name,2nd", "0,Ann,x", true),
            (b',', "1,Ann", "2,Bob", false),
            (b',', "name,2026-01-02", "x,2026-01-03", false),
            (b',', "a,a", "1,2", true),
            (b',', "true,x", "false,y", false),
            (b',', "country,2019,2020", "DE,1.5,2", true),
            (b',', "7,2019", "8,2020", false),
            (b',', "007,+49 12", "008,+49 13", false),
            (b';', "Ann;31.01.2026;1,50", "Bob;01.02.2026;2,75", false),
            (b',', "first,last", "Ann,Li", true),
            (b',', "first,last", "", true),
        ] {
            let record = of(line, delimiter);
            let mut inferences: Vec<TypeInference> = record.iter().map(|_| TypeInference::new(delimiter)).collect();
            if !below.is_empty() {
                inferences.iter_mut().zip(&of(below, delimiter)).for_each(|(inference, field)| inference.see(field));
            }
            assert_eq!(is_header(&record, &inferences, delimiter), is, "{line}");
        }
        assert_eq!(names(Some(&of("id,,Id, unit  price ", b',')), 4), ["id", "column_2", "Id_2", "unit price"]);
        assert_eq!(names(None, 2), ["column_1", "column_2"]);
    }
}
