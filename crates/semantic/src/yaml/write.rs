//! Values as people read them: blocks, texts as they are, and nothing that a terminal obeys.

use std::fmt::Write as _;

use serde_json::Value;

use super::scalar;

/// Writes a value as YAML that reads back as the same value. A text of several lines stands as it is, line by line.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    put(value, 0, &mut text);
    text
}

fn put(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (at, (name, value)) in fields.iter().enumerate() {
                if at > 0 {
                    pad(indent, text);
                }
                text.push_str(&quoted(name));
                text.push(':');
                put_below(value, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    pad(indent, text);
                }
                text.push_str("- ");
                if is_block(item) { put(item, indent + 2, text) } else { put_line(item, indent, text) }
            }
        }
        other => put_line(other, indent, text),
    }
}

fn put_below(value: &Value, indent: usize, text: &mut String) {
    if is_block(value) {
        text.push('\n');
        pad(indent + 2, text);
        put(value, indent + 2, text);
    } else {
        text.push(' ');
        put_line(value, indent, text);
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

fn put_line(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::String(content) if is_literal(content) => return put_literal(content, indent, text),
        Value::String(content) => text.push_str(&quoted(content)),
        Value::Array(_) => text.push_str("[]"),
        Value::Object(_) => text.push_str("{}"),
        other => {
            let _ = write!(text, "{other}");
        }
    }
    text.push('\n');
}

/// Whether a text of several lines reads back as it was written: the first says how far all are indented.
fn is_literal(content: &str) -> bool {
    content.trim_end_matches('\n').contains('\n')
        && !content.starts_with([' ', '\n', '\t'])
        && content.chars().all(|c| c == '\n' || is_plainly_shown(c))
        && content.split('\n').all(|line| line.is_empty() || !line.trim().is_empty())
}

fn put_literal(content: &str, indent: usize, text: &mut String) {
    let body = content.trim_end_matches('\n');
    text.push_str(match content.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in body.split('\n') {
        if !line.is_empty() {
            pad(indent + 2, text);
            text.push_str(line);
        }
        text.push('\n');
    }
    text.extend(std::iter::repeat_n('\n', (content.len() - body.len()).saturating_sub(1)));
}

/// Neither obeyed by a terminal nor unseen: what turns the direction of writing or takes no room is written as its
/// number.
fn is_plainly_shown(c: char) -> bool {
    let is_unseen = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}');
    !c.is_control() && !is_unseen
}

/// Bare where nothing could take it for something else, else as a JSON string, which YAML reads.
fn quoted(content: &str) -> String {
    let inside =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '(' | ')' | '/' | ',' | '\'' | ';');
    let bare = content.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && content.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | '.'))
        && content.chars().all(|c| inside(c) && is_plainly_shown(c))
        && matches!(scalar(content), Value::String(_))
        && !matches!(content.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
    if bare {
        return content.to_owned();
    }
    let mut text = String::new();
    for c in Value::from(content).to_string().chars() {
        if is_plainly_shown(c) {
            text.push(c);
        } else {
            let _ = match u32::from(c) {
                wide @ 0x1_0000.. => write!(text, "\\U{wide:08x}"),
                narrow => write!(text, "\\u{narrow:04x}"),
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::yaml::read;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9_f64..1e9).prop_map(Value::from),
            (prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL).prop_map(Value::from),
            "[a-z .,:;'\"#|>&*!%@`{}\\[\\]?~-]{0,12}".prop_map(Value::from),
            "[ a\n\t]{0,9}".prop_map(Value::from),
            "\\PC{0,9}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec(("[a-z:# \n\u{202e}]{0,6}", inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in values()) {
            let text = write(&value);
            prop_assert_eq!(read(&text), Ok(value), "{}", text);
        }
    }

    #[test]
    fn texts_stand_as_people_read_them() {
        let value =
            json!({"name": "Net sales", "description": "One.\n\n  Two: #2\n", "on": "no", "hidden": "a\u{202e}b"});
        let text = "name: Net sales\ndescription: |\n  One.\n\n    Two: #2\n\"on\": \"no\"\nhidden: \"a\\u202eb\"\n";
        assert_eq!(write(&value), text);
    }
}
