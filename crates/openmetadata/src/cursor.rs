//! List cursors: where a page ended, as text that needs no escaping in a URL.
//!
//! Lists are ordered by name, then id; a cursor holds both of the last (or first) row, so that rows which appear in
//! between neither repeat nor hide others. The client pastes the cursor into the next URL as it is.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::errors::{OmError, OmResult};

/// Padding is written, since clients know it; a cursor that lost it on its way is still read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Far above any name of 256 characters, so that nobody makes the server decode a megabyte.
const MAX_LENGTH: usize = 8_192;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub name: String,
    pub id: Uuid,
}

impl Cursor {
    pub fn print(&self) -> String {
        BASE64.encode(json!({"name": self.name, "id": self.id.to_string()}).to_string())
    }

    /// `param` is the query parameter that the message names.
    pub fn parse(param: &str, text: &str) -> OmResult<Cursor> {
        read(text).ok_or_else(|| OmError::query_param(param, "is not a cursor that this server gave out"))
    }
}

fn read(text: &str) -> Option<Cursor> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let bytes = BASE64.decode(text).ok()?;
    let Value::Object(members) = serde_json::from_slice(&bytes).ok()? else { return None };
    let name = members.get("name")?.as_str()?.to_owned();
    let id = Uuid::parse_str(members.get("id")?.as_str()?).ok()?;
    Some(Cursor { name, id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn broken_cursors_are_a_bad_request_that_names_the_parameter() {
        for broken in ["", "x", "%%%", "e30=", "bnVsbA==", "eyJuYW1lIjoiYSIsImlkIjoiYiJ9", &"A".repeat(10_000)] {
            let error = Cursor::parse("after", broken).unwrap_err();
            assert_eq!(error.status, 400);
            assert!(error.message.contains("after"), "{}", error.message);
        }
    }

    #[test]
    fn padding_may_get_lost() {
        let cursor = Cursor { name: "a".into(), id: Uuid::nil() };
        let text = cursor.print();
        assert_eq!(Cursor::parse("after", text.trim_end_matches('=')), Ok(cursor));
    }

    proptest! {
        #[test]
        fn a_printed_cursor_is_url_safe_and_reads_back(name in "\\PC{0,300}", id in any::<u128>()) {
            let cursor = Cursor { name, id: Uuid::from_u128(id) };
            let text = cursor.print();
            prop_assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=')));
            prop_assert_eq!(Cursor::parse("after", &text), Ok(cursor));
        }
    }
}
