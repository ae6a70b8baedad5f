//! Names and fully qualified names: quoting, splitting, folding.
//!
//! A name is exact: no folding and no normalisation. An FQN is the parent's FQN, a dot and the quoted name. A part that
//! holds a dot or a double quote stands in double quotes, with inner quotes escaped by a backslash, so that any FQN
//! that was printed can be parsed again.

/// What ends a line.
pub const LINE_BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// Quotes one name for use as a part of an FQN.
pub fn quote(name: &str) -> String {
    if name.contains(['.', '"']) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}

/// Takes the quotes of a part away; a part without quotes stays as it is.
pub fn unquote(part: &str) -> String {
    let Some(inner) = part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return part.to_owned() };
    if part.len() < 2 {
        return part.to_owned();
    }
    let mut name = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => name.push(chars.next().unwrap_or('\\')),
            _ => name.push(c),
        }
    }
    name
}

/// The FQN of `name` under `parent`.
pub fn join(parent: Option<&str>, name: &str) -> String {
    match parent {
        Some(parent) => format!("{parent}.{}", quote(name)),
        None => quote(name),
    }
}

/// The names of an FQN from the top down, without quotes. `None` when a quote is never closed or a part is empty.
pub fn split(fqn: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = fqn;
    loop {
        let end = if rest.starts_with('"') {
            let mut escaped = false;
            let close = rest.char_indices().skip(1).find(|(_, c)| {
                let closes = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                closes
            })?;
            close.0 + 1
        } else {
            rest.find('.').unwrap_or(rest.len())
        };
        let part = &rest[..end];
        if part.is_empty() {
            return None;
        }
        names.push(unquote(part));
        match rest[end..].chars().next() {
            None => return Some(names),
            Some('.') => rest = &rest[end + 1..],
            Some(_) => return None,
        }
    }
}

/// The FQN in its one canonical spelling (`"ab"` is `ab`), or `None` when it cannot be parsed.
pub fn canonical(fqn: &str) -> Option<String> {
    let names = split(fqn)?;
    Some(names.iter().map(|name| quote(name)).collect::<Vec<_>>().join("."))
}

/// The form under which names are looked up without regard to case; made here so that every engine agrees.
pub fn fold(name: &str) -> String {
    match name.is_ascii() {
        true => name.to_ascii_lowercase(),
        false => name.chars().flat_map(char::to_lowercase).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quoted_part_without_a_dot_is_the_same_as_an_unquoted_one() {
        assert_eq!(canonical("\"ab\"").as_deref(), Some("ab"));
        assert_eq!(canonical("s.\"a.b\"").as_deref(), Some("s.\"a.b\""));
    }

    #[test]
    fn broken_names_do_not_parse() {
        for broken in ["", ".", "a.", ".a", "\"a", "a..b", "\"a\"b"] {
            assert_eq!(split(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_can_be_split(names in prop::collection::vec("[^\u{0}]{1,12}", 1..5)) {
            let fqn = names.iter().fold(None::<String>, |parent, name| Some(join(parent.as_deref(), name)));
            let fqn = fqn.expect("at least one name");
            prop_assert_eq!(split(&fqn), Some(names));
        }
    }
}
