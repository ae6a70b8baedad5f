//! Names and FQNs as this door accepts and prints them.
//!
//! What is printed is the core's one canonical spelling. What is accepted is wider: clients build FQNs themselves and
//! quote parts that need no quotes, or leave a backslash unescaped, so every FQN that comes in is made canonical first.

use std::borrow::Cow;

use emporion_catalog::name::LINE_BREAKS;

use crate::errors::{OmError, OmResult};

/// Longest name of a record, in characters.
pub const MAX_NAME: usize = 256;
/// Longest FQN, in characters.
pub const MAX_FQN: usize = 3072;
/// The rule of a name as the specification writes it.
pub const NAME_PATTERN: &str = "^((?!::).)*$";

/// Whether a text obeys [`NAME_PATTERN`]: no `::`, and no line terminator since the dot matches none.
///
/// NUL is refused as well: no store keeps it.
pub fn obeys_pattern(name: &str) -> bool {
    !name.contains("::") && !name.contains(LINE_BREAKS) && !name.contains('\0')
}

/// Checks the name of a new or renamed record; `property` is what the message calls it.
pub fn check_name(property: &str, name: &str) -> OmResult<()> {
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME {
        return Err(OmError::violation(property, format_args!("size must be between 1 and {MAX_NAME}")));
    }
    if !obeys_pattern(name) {
        return Err(OmError::violation(property, format_args!("must match \"{NAME_PATTERN}\"")));
    }
    Ok(())
}

/// One name as a part of an FQN.
pub fn quote(name: &str) -> Cow<'_, str> {
    if name.contains(['.', '"']) {
        Cow::Owned(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
    } else {
        Cow::Borrowed(name)
    }
}

/// The names of an FQN from the top down. `None` when a quote is never closed, text follows a closing quote, or a part
/// is empty.
///
/// Inside quotes a backslash escapes only a quote or a backslash; elsewhere it stands for itself.
pub fn split(fqn: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut chars = fqn.chars().peekable();
    loop {
        let mut name = String::new();
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => name.push(chars.next_if(|c| matches!(c, '"' | '\\')).unwrap_or('\\')),
                    c => name.push(c),
                }
            }
            if !matches!(chars.peek(), None | Some('.')) {
                return None;
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != '.') {
                name.push(c);
            }
        }
        if name.is_empty() {
            return None;
        }
        names.push(name);
        if chars.next().is_none() {
            return Some(names);
        }
    }
}

/// Prints the names as one FQN.
pub fn join<N: AsRef<str>>(names: &[N]) -> String {
    names.iter().map(|name| quote(name.as_ref())).collect::<Vec<_>>().join(".")
}

/// The FQN in its canonical spelling, or `None` when it is not one (a lookup by it finds nothing).
pub fn canonical(fqn: &str) -> Option<String> {
    if fqn.chars().nth(MAX_FQN).is_some() {
        return None;
    }
    split(fqn).map(|names| join(&names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn needless_quotes_are_taken_away() {
        assert_eq!(canonical("\"ab\"").as_deref(), Some("ab"));
        assert_eq!(canonical("s.\"a.b\"").as_deref(), Some("s.\"a.b\""));
        assert_eq!(canonical("s.a\"b").as_deref(), Some("s.\"a\\\"b\""));
    }

    #[test]
    fn a_lone_backslash_inside_quotes_stands_for_itself() {
        assert_eq!(split("\"DOMAIN\\user.name\""), Some(vec!["DOMAIN\\user.name".to_owned()]));
        assert_eq!(split("\"DOMAIN\\\\user.name\""), Some(vec!["DOMAIN\\user.name".to_owned()]));
    }

    #[test]
    fn broken_fqns_do_not_parse() {
        for broken in ["", ".", "a.", ".a", "a..b", "\"a", "\"a\"b", "\"\"", "a.\"b\\\""] {
            assert_eq!(split(broken), None, "{broken}");
        }
    }

    #[test]
    fn names_are_checked_for_length_and_pattern() {
        assert!(check_name("name", "Customer 360").is_ok());
        assert!(check_name("name", &"ü".repeat(256)).is_ok());
        assert_eq!(check_name("name", "").unwrap_err().message, "[name size must be between 1 and 256]");
        assert_eq!(check_name("name", &"x".repeat(257)).unwrap_err().message, "[name size must be between 1 and 256]");
        assert_eq!(check_name("name", "x::y").unwrap_err().message, "[name must match \"^((?!::).)*$\"]");
        assert!(check_name("name", "a\nb").is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_can_be_parsed(names in prop::collection::vec("[a.\"\\\\ /ü]{1,8}", 1..5)) {
            prop_assert_eq!(split(&join(&names)), Some(names));
        }

        #[test]
        fn any_text_is_parsed_or_refused_and_canonical_is_stable(text in "[a.\"\\\\]{0,12}") {
            if let Some(once) = canonical(&text) {
                prop_assert_eq!(canonical(&once), Some(once.clone()));
            }
        }
    }
}
