//! Words of shell commands that pages offer to be copied.

use crate::text::plain;

/// A word of a shell, whatever it holds.
pub fn word(text: &str) -> String {
    let is_plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// JSON in which nothing stands that a reader is not shown: such characters are written by their numbers, which means the same.
pub fn seen(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for (c, shown) in json.chars().zip(plain::shown_prose(json).chars()) {
        if c == shown {
            written.push(c);
        } else {
            written.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_written_by_its_number() {
        assert_eq!(seen("{\"a\": \"売\"}"), "{\"a\": \"売\"}");
        let hidden = serde_json::json!({"a": "b\u{202e}c\u{e0041}"}).to_string();
        assert_eq!(seen(&hidden), r#"{"a":"b\u202ec\udb40\udc41"}"#);
        let read: serde_json::Value = serde_json::from_str(&seen(&hidden)).expect("JSON");
        assert_eq!(read["a"], "b\u{202e}c\u{e0041}");
    }
}
