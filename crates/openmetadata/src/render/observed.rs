//! What an answer shows of samples, profiles and queries: as much as the reader may see of the rows that they were made of.

use emporion_catalog::kinds;
use emporion_catalog::observation::{self as series, Series};
use emporion_catalog::record::Record;
use emporion_catalog::rows::redaction::Redaction;
use emporion_catalog::text::hidden;
use serde_json::{Value, json};

use crate::case;
use crate::noun::Noun;

/// What an answer shows of an observation.
pub fn print(record: &Record, of: Series, value: &Value, redaction: &Redaction) -> Option<Value> {
    if of == series::TEST_RESULT {
        test_result(record, value, redaction)
    } else if of == series::SAMPLE_DATA {
        redaction.sample(value)
    } else if of == series::TABLE_PROFILE {
        redaction.table(value)
    } else if of == series::INGESTION_RUN {
        Some(json!([value]))
    } else if of == series::JOINS || of == series::USAGE {
        // Kept in the words of the core.
        Some(case::to_wire(value))
    } else {
        Some(value.clone())
    }
}

/// What a test came to, and of which test that is.
pub fn test_result(test: &Record, result: &Value, redaction: &Redaction) -> Option<Value> {
    let mut shown = redaction.test_result(test, result)?;
    shown["testCaseFQN"] = test.fqn.as_str().into();
    Some(shown)
}

/// The text of a query.
pub fn query(text: &str, redaction: &Redaction) -> String {
    if redaction.holds() { text.to_owned() } else { hidden(text) }
}

/// Whether the member tells the text of a query, which holds values.
pub fn of_query(noun: &Noun, member: &str) -> bool {
    noun.is(kinds::QUERY) && ["query", "checksum"].contains(&member)
}
