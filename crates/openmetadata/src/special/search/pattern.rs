//! Texts with wildcards: `*` stands for any run of characters, `?` for one. Case is folded.

use emporion_catalog::finder::Piece;
use emporion_catalog::name::fold;

/// A folded pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Char(char),
    One,
    Run,
}

impl Pattern {
    /// A backslash takes the meaning from what follows it.
    pub fn new(text: &str) -> Pattern {
        let mut parts = Vec::new();
        let mut chars = fold(text).chars().collect::<Vec<_>>().into_iter();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '\\' => Part::Char(chars.next().unwrap_or('\\')),
                '*' if parts.last() == Some(&Part::Run) => continue,
                '*' => Part::Run,
                '?' => Part::One,
                c => Part::Char(c),
            });
        }
        Pattern(parts)
    }

    /// The text that it stands for, where it has no wildcard.
    pub fn literal(&self) -> Option<String> {
        self.0.iter().map(|part| if let Part::Char(c) = part { Some(*c) } else { None }).collect()
    }

    /// As searches of the catalogue take it.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for part in &self.0 {
            match (part, pieces.last_mut()) {
                (Part::Char(c), Some(Piece::Text(text))) => text.push(*c),
                (Part::Char(c), _) => pieces.push(Piece::Text(c.to_string())),
                (Part::One, _) => pieces.push(Piece::One),
                (Part::Run, _) => pieces.push(Piece::Run),
            }
        }
        pieces
    }

    /// Whether the whole text, in any case, is meant. Cost: length of text times length of pattern at worst.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_folded(&fold(text))
    }

    pub fn matches_folded(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut part) = (0, 0);
        // Where the last run began, and how much of the text it has taken.
        let mut run: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(part) {
                Some(Part::Char(c)) if *c == text[at] => (at, part) = (at + 1, part + 1),
                Some(Part::One) => (at, part) = (at + 1, part + 1),
                Some(Part::Run) => {
                    run = Some((part, at));
                    part += 1;
                }
                _ => match run {
                    Some((start, taken)) => {
                        run = Some((start, taken + 1));
                        (at, part) = (taken + 1, start + 1);
                    }
                    None => return false,
                },
            }
        }
        self.0[part..].iter().all(|part| *part == Part::Run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_run() {
        let pattern = Pattern::new("svc.*.Schema.t?ble");
        assert!(pattern.matches("SVC.db.schema.table") && pattern.matches("svc.a.b.schema.tible"));
        assert!(!pattern.matches("svc.db.schema.tble") && !pattern.matches("svc.schema.table"));
        assert!(Pattern::new("*").matches("") && Pattern::new("**a**").matches("bab"));
        assert!(!Pattern::new("a").matches("") && !Pattern::new("").matches("a"));
        assert_eq!(Pattern::new("a\\*b").literal().as_deref(), Some("a*b"));
        assert_eq!(Pattern::new("a*b").literal(), None);
        let text = |text: &str| Piece::Text(text.into());
        assert_eq!(Pattern::new("a*b?c").pieces(), [text("a"), Piece::Run, text("b"), Piece::One, text("c")]);
    }

    #[test]
    fn many_stars_cost_no_more_than_their_product() {
        assert!(!Pattern::new(&"*a".repeat(200)).matches(&"a".repeat(150)));
    }
}
