//! Texts with wildcards: `*` stands for any run of characters, `?` for one. They compare as searches do, folded.

use emporion_catalog::finder::{Form, Piece};
use emporion_catalog::text::fold;

/// A backslash takes the meaning from what follows it.
pub fn pattern(text: &str) -> Form {
    let mut pieces = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '*' if pieces.last() == Some(&Piece::Run) => continue,
            '*' => {
                pieces.push(Piece::Run);
                continue;
            }
            '?' => {
                pieces.push(Piece::One);
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        match pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => pieces.push(Piece::Text(c.to_string())),
        }
    }
    Form::of(pieces)
}

/// The text that it stands for, where it has no wildcard.
pub fn literal(pattern: &Form) -> Option<String> {
    match pattern.pieces() {
        [] => Some(String::new()),
        [Piece::Text(text)] => Some(text.clone()),
        _ => None,
    }
}

/// Whether it can be no word of a text, but the whole of one alone: it has a sign that words have not.
pub fn is_of_whole(pattern: &Form) -> bool {
    let has_sign = |piece: &Piece| matches!(piece, Piece::Text(text) if !fold(text).chars().all(char::is_alphanumeric));
    pattern.pieces().iter().any(has_sign)
}

/// How often a character of a text may be looked at: what stands before the first run is looked for in one place alone.
pub fn effort(pattern: &Form) -> usize {
    let behind = pattern.pieces().iter().skip_while(|piece| **piece != Piece::Run);
    let characters = |piece: &Piece| match piece {
        Piece::Text(text) => fold(text).chars().count(),
        Piece::One => 1,
        Piece::Run => 0,
    };
    behind.map(characters).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(of: &str, text: &str) -> bool {
        pattern(of).fits(&fold(text))
    }

    #[test]
    fn stars_stand_for_any_run() {
        let schema = |text: &str| fits("svc.*.Schema.t?ble", text);
        assert!(schema("SVC.db.schema.table") && schema("svc.a.b.schema.tible"));
        assert!(!schema("svc.db.schema.tble") && !schema("svc.schema.table"));
        assert!(fits("*", "") && fits("**a**", "bab"));
        assert!(!fits("a", "") && !fits("", "a"));
        assert_eq!(literal(&pattern("a\\*b")).as_deref(), Some("a*b"));
        assert_eq!(literal(&pattern("a*b")), None);
        let text = |text: &str| Piece::Text(text.into());
        assert_eq!(pattern("a*b?C").pieces(), [text("a"), Piece::Run, text("b"), Piece::One, text("C")]);
        assert!(fits("gr?sse", "Größe") && fits("GRÖ*", "grosse"));
    }

    #[test]
    fn many_stars_cost_no_more_than_their_product() {
        assert!(!fits(&"*a".repeat(200), &"a".repeat(150)));
    }

    #[test]
    fn what_stands_before_the_first_star_costs_nothing_and_signs_are_in_no_word() {
        for (text, costs, is_whole) in
            [("größ*", 0, false), ("a*Größe?", 7, false), ("a.b", 0, true), ("*a b", 3, true)]
        {
            assert_eq!((effort(&pattern(text)), is_of_whole(&pattern(text))), (costs, is_whole), "{text}");
        }
    }
}
