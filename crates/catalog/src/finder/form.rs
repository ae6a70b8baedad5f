//! Texts of which not every character is known.

use crate::text::fold;

/// A piece of a text that is known in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// Any one character.
    One,
    /// Any characters, or none.
    Run,
}

/// What a text may be like, as it was written and folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pieces: Vec<Piece>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Char(char),
    One,
    Run,
}

impl Form {
    /// Longer ones are not looked for.
    pub const MOST: usize = 400;

    pub fn of(pieces: Vec<Piece>) -> Form {
        let mut parts = Vec::new();
        for piece in &pieces {
            match piece {
                Piece::Text(text) => parts.extend(fold(text).chars().map(Part::Char)),
                Piece::One => parts.push(Part::One),
                Piece::Run if parts.last() == Some(&Part::Run) => {}
                Piece::Run => parts.push(Part::Run),
            }
        }
        Form { pieces, parts }
    }

    /// Any text that has this one in it.
    pub fn holding(text: impl Into<String>) -> Form {
        Form::of(vec![Piece::Run, Piece::Text(text.into()), Piece::Run])
    }

    /// As it was written.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How many characters and wildcards it has.
    pub fn length(&self) -> usize {
        self.parts.len()
    }

    /// What every text that is like this begins with.
    pub fn beginning(&self) -> String {
        let known = self.parts.iter().map_while(|part| match part {
            Part::Char(c) => Some(*c),
            Part::One | Part::Run => None,
        });
        known.collect()
    }

    /// Whether a folded text is like this.
    pub fn fits(&self, text: &str) -> bool {
        self.fits_in(text, &mut 0)
    }

    /// The same; counts the steps that it takes, which are its length times that of the text at worst.
    pub fn fits_in(&self, text: &str, steps: &mut u64) -> bool {
        let (mut rest, mut next) = (text, 0);
        // What follows the last run, and the text before which it ends.
        let mut run: Option<(usize, &str)> = None;
        loop {
            *steps += 1;
            let mut chars = rest.chars();
            match (self.parts.get(next), chars.next()) {
                (Some(Part::Run), _) => {
                    next += 1;
                    run = Some((next, rest));
                    continue;
                }
                (None, None) => return true,
                // Were the run longer, there would be still less.
                (Some(_), None) => return false,
                (Some(Part::One), Some(_)) => {}
                (Some(Part::Char(wanted)), Some(c)) if c == *wanted => {}
                _ => {
                    let Some((after, end)) = run else { return false };
                    let mut longer = end.chars();
                    if longer.next().is_none() {
                        return false;
                    }
                    rest = longer.as_str();
                    next = after;
                    run = Some((after, rest));
                    continue;
                }
            }
            rest = chars.as_str();
            next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str) -> Form {
        let piece = |c: char| match c {
            '*' => Piece::Run,
            '?' => Piece::One,
            c => Piece::Text(c.to_string()),
        };
        Form::of(text.chars().map(piece).collect())
    }

    #[test]
    fn gaps_take_any_text() {
        assert!(form("svc.*.T?ble").fits("svc.a.b.table") && form("*").fits("") && form("*a*").fits("bab"));
        assert!(!form("svc.*.table").fits("svc.table") && !form("a").fits("") && !form("a?").fits("a"));
        assert!(!form(&"*a".repeat(3)).fits("aa"));
        assert_eq!(form("a**b?").length(), 4);
    }

    #[test]
    fn the_last_of_what_a_run_can_take_is_found_and_what_it_costs_is_told() {
        for (of, text, fits) in [
            ("*ab?ab", "ababababxab", true),
            ("*ab?ab", "ababababxb", false),
            ("a*b*c", "abxbxc", true),
            ("a*b*c", "axxc", false),
            ("??", "ä売", true),
            ("*ä?", "xxa売", true),
            ("*", "a", true),
        ] {
            assert_eq!(form(of).fits(text), fits, "{of} {text}");
        }
        assert_eq!(form("net*").beginning(), "net");
        assert_eq!(form("?net").beginning(), "");
        let mut steps = 0;
        assert!(!form(&"*a?".repeat(100)).fits_in(&"a".repeat(100), &mut steps));
        assert!(steps < 1_000, "{steps}");
    }

    proptest! {
        #[test]
        fn every_text_is_askable(text in "\\PC{0,20}|[\\\\<>\"(){}\\[\\]^$#&~.+|-]{0,20}") {
            let form = Form::holding(&text);
            // Some letters fold otherwise beside others.
            let (whole, apart) = (fold(&["a", &text, "b"].concat()).into_owned(), ["a", &fold(&text), "b"].concat());
            prop_assert!(form.fits(&whole) || whole != apart);
        }
    }
}
