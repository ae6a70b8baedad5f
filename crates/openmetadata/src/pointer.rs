//! JSON Pointers (RFC 6901): places inside a JSON value, as text.

use emporion_edge::violation::pointer_token;

/// A place in a list: digits without a leading zero.
pub fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    if plain { token.parse().ok() } else { None }
}

/// A JSON Pointer (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(pub Vec<String>);

impl Pointer {
    /// Reads a pointer of at most `most` parts; the error is the end of a sentence that starts with its text.
    pub fn parse(text: &str, most: usize) -> Result<Pointer, String> {
        if text.is_empty() {
            return Ok(Pointer(Vec::new()));
        }
        let Some(rest) = text.strip_prefix('/') else { return Err("must begin with /".into()) };
        let tokens: Result<Vec<String>, String> = rest.split('/').map(unescape).collect();
        let tokens = tokens?;
        if tokens.len() > most {
            return Err(format!("has more than {most} parts"));
        }
        Ok(Pointer(tokens))
    }
}

impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&print(&self.0))
    }
}

/// Prints tokens as a pointer.
pub fn print(tokens: &[String]) -> String {
    tokens.iter().map(|token| format!("/{}", pointer_token(token))).collect()
}

fn unescape(token: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(c) = chars.next() {
        match c {
            '~' => match chars.next() {
                Some('0') => plain.push('~'),
                Some('1') => plain.push('/'),
                _ => return Err("has a ~ that is followed by neither 0 nor 1".into()),
            },
            c => plain.push(c),
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_index_has_no_leading_zero() {
        assert_eq!(
            (index("0"), index("10"), index("01"), index("-"), index(""), index("+1")),
            (Some(0), Some(10), None, None, None, None)
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_can_be_parsed(tokens in prop::collection::vec("[a~/01ü]{0,4}", 0..6)) {
            prop_assert_eq!(Pointer::parse(&print(&tokens), 10), Ok(Pointer(tokens)));
        }
    }
}
