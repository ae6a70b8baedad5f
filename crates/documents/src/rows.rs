//! Tables: each row stands beside the names of its columns, so that a passage can be understood by itself.

use crate::passage::Passages;
use crate::{ExtractError, Passage};

pub(crate) fn passages(text: &str) -> Result<Vec<Passage>, ExtractError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|_| ExtractError::Broken)?.clone();
    let mut passages = Passages::default();
    for row in reader.records() {
        let row = row.map_err(|_| ExtractError::Broken)?;
        let mut line = String::new();
        for (place, value) in row.iter().enumerate().filter(|(_, value)| !value.trim().is_empty()) {
            if !line.is_empty() {
                line.push_str("; ");
            }
            if let Some(name) = names.get(place) {
                line.push_str(name.trim());
                line.push_str(": ");
            }
            line.push_str(value.trim());
        }
        passages.paragraph(&line)?;
    }
    passages.finish()
}
