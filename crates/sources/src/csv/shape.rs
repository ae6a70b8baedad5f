//! How a file is read: what is said of it, and what is guessed of the rest.

use std::borrow::Cow;
use std::time::Instant;

use csv::StringRecord;

use super::format::{decoded, delimiter, is_header, names, reader, whole_lines};
use super::load::{CsvFile, Fault};
use super::metadata::{Column, Metadata};
use super::values::{Type, TypeInference, may_be_null};
use crate::error::SourceError;

/// The engine's own bound.
const MOST_COLUMNS: usize = 2_000;
/// Lines between two looks at the clock.
const LINES: u64 = 1_000;

/// A file taken apart.
pub struct Shape<'a> {
    pub lines: Lines<'a>,
    /// The encoding that it is written in.
    pub encoding: &'static str,
    /// What the file calls its columns, and what they are called.
    pub titles: Vec<String>,
    pub names: Vec<String>,
    /// What is said of each.
    pub said: Vec<Column>,
    pub guessed: Vec<Type>,
    pub types: Vec<Type>,
    /// The line that breaks it; what stands there is known by the lines before.
    pub fault: Option<String>,
}

/// The lines of a file.
pub struct Lines<'a> {
    pub text: Cow<'a, str>,
    pub delimiter: u8,
    pub has_header: bool,
    pub is_quoted: bool,
    /// The last one is not whole.
    is_cut: bool,
    deadline: Instant,
}

impl Lines<'_> {
    /// Goes through the lines below the header.
    pub fn each(&self, mut see: impl FnMut(u64, &StringRecord) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut reader = reader(&self.text, self.delimiter, self.is_quoted);
        let mut record = StringRecord::new();
        let (mut count, mut is_header) = (0_u64, self.has_header);
        while reader.read_record(&mut record).map_err(|_| "it is no file of CSV".to_owned())? {
            if self.is_cut && reader.position().byte() as usize >= self.text.len() {
                break;
            }
            count += 1;
            if count.is_multiple_of(LINES) && Instant::now() >= self.deadline {
                return Err(Fault::Whole(SourceError::timeout()));
            }
            // Else lines would go into a field that none of them means.
            if self.is_quoted
                && record.as_slice().contains('\n')
                && let Some(how) = self.quote_fault(&record, &reader)
            {
                return Err(Fault::Own(format!("line {}{how}", self.line(&record))));
            }
            if !std::mem::take(&mut is_header) {
                see(self.line(&record), &record)?;
            }
        }
        Ok(())
    }

    /// What is wrong with a quote of the record that was just read: behind one that closes a field, the field ends.
    fn quote_fault(&self, record: &StringRecord, reader: &csv::Reader<&[u8]>) -> Option<&'static str> {
        let from = record.position().map_or(0, |at| at.byte() as usize);
        let raw = self.text.as_bytes().get(from..reader.position().byte() as usize)?;
        let (mut at, mut is_beginning) = (0, true);
        while at < raw.len() {
            if !is_beginning || raw[at] != b'"' {
                is_beginning = matches!(raw[at], b'\r' | b'\n') || raw[at] == self.delimiter;
                at += 1;
                continue;
            }
            at += 1;
            loop {
                let Some(quote) = raw[at..].iter().position(|byte| *byte == b'"') else {
                    return Some(" opens a quote that nothing closes");
                };
                at += quote + 1;
                match raw.get(at) {
                    Some(b'"') => at += 1,
                    None | Some(b'\r' | b'\n') => break,
                    Some(byte) if *byte == self.delimiter => break,
                    Some(_) => return Some(" opens a quote that is closed in the middle of a field"),
                }
            }
            is_beginning = false;
        }
        None
    }

    /// Where a record begins, which is behind the blank lines before it.
    fn line(&self, record: &StringRecord) -> u64 {
        let Some(at) = record.position() else { return 0 };
        let rest = &self.text.as_bytes()[at.byte() as usize..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        at.line() + blank.filter(|byte| **byte == b'\n').count() as u64
    }
}

impl Shape<'_> {
    /// Errors: why nothing of it can be told; that it took too long.
    pub fn of<'a>(file: &'a CsvFile, metadata: &Metadata, deadline: Instant) -> Result<Shape<'a>, Fault> {
        let said = metadata.encoding()?;
        let bytes = if file.is_cut { whole_lines(&file.bytes, said) } else { &file.bytes };
        let (text, encoding) = decoded(bytes, said)?;
        if text.contains('\0') {
            return Err(Fault::Own("it is no text, or one of UTF-16 without the mark that says so".to_owned()));
        }
        let is_quoted = metadata.is_quoted();
        let delimiter = metadata.delimiter()?.unwrap_or_else(|| delimiter(&text, &file.file));
        let first = reader(&text, delimiter, is_quoted).into_records().next();
        let first = first.and_then(Result::ok).ok_or_else(|| "it has no line".to_owned())?;
        let width = first.len();
        if width > MOST_COLUMNS {
            return Err(Fault::Own(format!("it has more than {MOST_COLUMNS} columns")));
        }
        let titles_if = |has_header: bool| names(Some(&first).filter(|_| has_header), width);
        let mut titles = titles_if(metadata.header() != Some(false));
        let mut said = metadata.columns(&titles);
        let mut lines = Lines { text, delimiter, has_header: true, is_quoted, is_cut: file.is_cut, deadline };
        let mut inferences: Vec<TypeInference> = (0..width).map(|_| TypeInference::new(delimiter)).collect();
        let looked = lines.each(|line, record| {
            if record.len() != width {
                return Err(Fault::Own(format!("line {line} has {} fields, and the first {width}", record.len())));
            }
            see(&mut inferences, record, metadata, &said);
            Ok(())
        });
        let fault = match looked {
            Ok(()) => None,
            Err(Fault::Own(why)) => Some(why),
            Err(whole) => return Err(whole),
        };
        lines.has_header = metadata.header().unwrap_or_else(|| is_header(&first, &inferences, delimiter));
        if !lines.has_header {
            titles = titles_if(false);
            said = metadata.columns(&titles);
            see(&mut inferences, &first, metadata, &said);
        }
        let named = |(title, said): (&String, &Column)| said.name.as_ref().unwrap_or(title).clone();
        let names = titles.iter().zip(&said).map(named).collect();
        let guessed: Vec<Type> = inferences.iter().map(TypeInference::taken).collect();
        let kind = |(said, guessed): (&Column, &Type)| Ok(said.kind()?.unwrap_or_else(|| guessed.clone()));
        let types = said.iter().zip(&guessed).map(kind).collect::<Result<_, String>>()?;
        Ok(Shape { lines, encoding, titles, names, said, guessed, types, fault })
    }
}

/// Learns of the fields of a record that have a value.
fn see(inferences: &mut [TypeInference], record: &StringRecord, metadata: &Metadata, said: &[Column]) {
    for (at, (inference, field)) in inferences.iter_mut().zip(record).enumerate() {
        if !may_be_null(field, metadata.null(said.get(at))) {
            inference.see(field.trim());
        }
    }
}
