//! The id that ties a request to its answer and its log line: the client's own, or a fresh UUID.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MOST_CHARS: usize = 128;

/// The client's id when it is 1 to 128 printable ASCII characters, so that it can stand in logs and headers as it is.
pub fn of(headers: &HeaderMap) -> String {
    headers
        .get(&X_REQUEST_ID)
        .map(HeaderValue::as_bytes)
        .filter(|id| (1..=MOST_CHARS).contains(&id.len()) && id.iter().all(|byte| (b' '..=b'~').contains(byte)))
        .and_then(|id| std::str::from_utf8(id).ok())
        .map_or_else(|| Uuid::new_v4().hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned(), str::to_owned)
}

/// Puts the id on an answer, unless the door already did.
pub fn put(id: &str, headers: &mut HeaderMap) {
    if !headers.contains_key(&X_REQUEST_ID)
        && let Ok(value) = HeaderValue::from_str(id)
    {
        headers.insert(X_REQUEST_ID, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(id: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(id).unwrap());
        of(&headers)
    }

    #[test]
    fn printable_ids_are_kept() {
        assert_eq!(given(b"trace 42/x"), "trace 42/x");
        assert_eq!(given(&[b'a'; 128]).len(), 128);
    }

    #[test]
    fn other_ids_are_replaced() {
        for id in [&b""[..], &[b'a'; 129], "é".as_bytes(), b"a\tb"] {
            assert!(Uuid::parse_str(&given(id)).is_ok());
        }
        assert!(Uuid::parse_str(&of(&HeaderMap::new())).is_ok());
    }

    #[test]
    fn an_id_that_a_door_set_stays() {
        let mut headers = HeaderMap::new();
        put("first", &mut headers);
        put("second", &mut headers);
        assert_eq!(headers[X_REQUEST_ID], "first");
    }
}
