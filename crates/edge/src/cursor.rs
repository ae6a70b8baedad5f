//! Page cursors: JSON in URL-safe base64, plain or sealed with a keyed tag so that no caller can make one up.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::purpose_keys::{DerivedKey, PurposeKeys};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Half of SHA-256's output: no forger tries 2^128 tags, and links stay short.
const TAG_BYTES: usize = 16;
/// No cursor of ours comes near it; it bounds the work for foreign ones.
const MAX_CHARS: usize = 8192;

/// Prints a value as a cursor without a tag: for positions that a caller may as well know and choose.
pub fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json(value))
}

/// Reads what `encode` printed, with or without padding.
pub fn decode(cursor: &str) -> Option<Value> {
    crate::json::parse(&bytes(cursor)?).ok()
}

/// Prints a value as a cursor that only the holder of the keys can make, and only for `purpose` (the listing, the
/// account, the filters: whatever the cursor must not be carried away from).
pub fn seal(keys: &PurposeKeys, purpose: &str, value: &Value) -> String {
    let body = json(value);
    let tag = mac(&keys.now().newest, purpose, &body).finalize().into_bytes();
    let mut sealed = Vec::with_capacity(TAG_BYTES + body.len());
    sealed.extend_from_slice(&tag[..TAG_BYTES]);
    sealed.extend_from_slice(&body);
    URL_SAFE_NO_PAD.encode(sealed)
}

/// Reads what `seal` printed under one of these keys, for the same purpose; `None` for everything else.
pub fn open(keys: &PurposeKeys, purpose: &str, cursor: &str) -> Option<Value> {
    let sealed = bytes(cursor)?;
    let (tag, body) = sealed.split_at_checked(TAG_BYTES)?;
    let is_ours = |key: &DerivedKey| mac(key, purpose, body).verify_truncated_left(tag).is_ok();
    if keys.now().all().any(is_ours) { crate::json::parse(body).ok() } else { None }
}

fn json(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("a JSON value prints")
}

fn bytes(cursor: &str) -> Option<Vec<u8>> {
    if cursor.len() > MAX_CHARS {
        return None;
    }
    URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).ok()
}

fn mac(key: &DerivedKey, purpose: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    // The length keeps purpose and body apart: "ab" + "c" must not equal "a" + "bc".
    mac.update(&(purpose.len() as u64).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use emporion_catalog::purpose_keys::DerivedKeys;
    use serde_json::json;

    use super::*;

    fn keys(newest: u8, older: &[u8]) -> PurposeKeys {
        let keys = DerivedKeys { newest: [newest; 32], older: older.iter().map(|byte| [*byte; 32]).collect() };
        PurposeKeys::new(move || keys.clone())
    }

    fn key() -> PurposeKeys {
        keys(7, &[])
    }

    #[test]
    fn what_is_sealed_opens_again() {
        let value = json!({"after": ["a.b", "é"], "n": 3});
        let cursor = seal(&key(), "tables", &value);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        assert_eq!(open(&key(), "tables", &cursor), Some(value));
    }

    #[test]
    fn another_key_or_purpose_opens_nothing() {
        let cursor = seal(&key(), "tables", &json!(1));
        assert_eq!(open(&keys(8, &[9]), "tables", &cursor), None);
        assert_eq!(open(&key(), "users", &cursor), None);
    }

    #[test]
    fn a_key_that_was_exchanged_still_opens_and_signs_no_more() {
        let old = seal(&key(), "tables", &json!(1));
        let exchanged = keys(8, &[6, 7]);
        assert_eq!(open(&exchanged, "tables", &old), Some(json!(1)));
        assert_eq!(open(&exchanged, "users", &old), None);
        let new = seal(&exchanged, "tables", &json!(2));
        assert_eq!(open(&key(), "tables", &new), None);
        assert_eq!(open(&exchanged, "tables", &new), Some(json!(2)));
    }

    #[test]
    fn no_changed_character_goes_unnoticed() {
        let cursor = seal(&key(), "tables", &json!({"a": 12}));
        for at in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&key(), "tables", &String::from_utf8(bytes).unwrap()), None, "{at}");
        }
    }

    #[test]
    fn rubbish_is_refused() {
        for cursor in ["", "a", "%%%", "AAAA", "é", &"A".repeat(10_000)] {
            assert_eq!(open(&key(), "tables", cursor), None, "{cursor}");
            assert_eq!(decode(cursor), None, "{cursor}");
        }
    }

    #[test]
    fn plain_cursors_go_round() {
        let value = json!({"page": 2});
        assert_eq!(decode(&encode(&value)), Some(value));
    }
}
