//! Texts that people know things by: each is seen, and is what it seems to be.

/// Whether anything of a text is seen.
pub fn is_seen(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_hidden(c))
}

/// What is wrong with a text, of one line, that names something.
pub fn objection(text: &str) -> Option<&'static str> {
    if text.contains(|c: char| c.is_control() || turns_text(c)) {
        return Some("must not hold a control character or one that overrides the direction of text");
    }
    (!is_seen(text)).then_some("must not be blank")
}

/// The text without what controls a terminal or turns what stands around it.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !turns_text(*c)).collect()
}

/// Embeddings, overrides and isolates. Plain marks of direction belong to the spelling of some names.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Has no shape of its own.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || turns_text(c)
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_names_nothing() {
        for blank in ["", " ", "\u{200b}", "\u{2060}\u{feff} "] {
            assert!(!is_seen(blank) && objection(blank).is_some(), "{blank:?}");
        }
        for turning in ["a\u{202e}b", "a\nb", "\u{7}", "\u{2066}"] {
            assert!(objection(turning).is_some_and(|objection| objection.contains("control")), "{turning:?}");
        }
        for fine in ["orders", "Ünits \u{200f}שלום", "👩\u{200d}🚀"] {
            assert_eq!((objection(fine), plain(fine)), (None, fine.to_owned()));
        }
        assert_eq!(plain("a\u{202e}b\u{7}"), "ab");
    }
}
