//! Entity tags: printing them and reading `If-Match` (RFC 9110 §8.8.3 and §13.1.1).

use std::fmt;

/// An entity tag. The opaque part is kept without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag {
    pub weak: bool,
    pub opaque: String,
}

/// What an `If-Match` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: the record must exist.
    Any,
    /// One of these must be the current tag.
    Tags(Vec<EntityTag>),
}

impl EntityTag {
    pub fn strong(opaque: impl Into<String>) -> EntityTag {
        EntityTag { weak: false, opaque: opaque.into() }
    }

    pub fn weak(opaque: impl Into<String>) -> EntityTag {
        EntityTag { weak: true, opaque: opaque.into() }
    }

    /// Whether both name the same state, weak or not.
    pub fn matches_weakly(&self, other: &EntityTag) -> bool {
        self.opaque == other.opaque
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, self.opaque)
    }
}

impl IfMatch {
    /// Reads a header value; `None` when it is malformed.
    ///
    /// Shape: `*`, or a comma list of `"x"` and `W/"x"`; commas inside quotes belong to the tag.
    pub fn parse(header: &str) -> Option<IfMatch> {
        let mut rest = blank_trimmed(header);
        if rest == "*" {
            return Some(IfMatch::Any);
        }
        let mut tags = Vec::new();
        while !rest.is_empty() {
            let (weak, quoted) = match rest.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, rest),
            };
            let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
            if opaque.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
                return None;
            }
            tags.push(EntityTag { weak, opaque: opaque.to_owned() });
            let after = blank_trimmed(after);
            rest = match after.strip_prefix(',') {
                // Empty list members are legal: "recipients must parse and ignore" them.
                Some(more) => more.trim_start_matches([' ', '\t', ',']),
                None if after.is_empty() => after,
                None => return None,
            };
        }
        (!tags.is_empty()).then_some(IfMatch::Tags(tags))
    }
}

fn blank_trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_weak_and_strong_tags_are_read() {
        let expected = IfMatch::Tags(vec![EntityTag::weak("0.3"), EntityTag::strong("a,b"), EntityTag::strong("")]);
        assert_eq!(IfMatch::parse(r#" W/"0.3" ,, "a,b","" "#), Some(expected));
        assert_eq!(IfMatch::parse(" * "), Some(IfMatch::Any));
    }

    #[test]
    fn malformed_headers_are_refused() {
        for header in ["", "abc", r#""a"#, r#""a" "b""#, r#"w/"a""#, r#"*, "a""#, r#""a b""#, ","] {
            assert_eq!(IfMatch::parse(header), None, "{header}");
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for tag in [EntityTag::strong("17"), EntityTag::weak("1.0")] {
            assert_eq!(IfMatch::parse(&tag.to_string()), Some(IfMatch::Tags(vec![tag])));
        }
    }

    #[test]
    fn a_weak_tag_matches_weakly() {
        let current = EntityTag::strong("17");
        assert!(EntityTag::weak("17").matches_weakly(&current));
    }
}
