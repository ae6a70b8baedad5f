//! Texts with wildcards: `*` stands for any run of characters, `?` for one. They compare as searches do, folded.

use emporion_catalog::finder::Piece;
use emporion_catalog::text::fold;

/// A pattern, as it was written and folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
    folded: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Char(char),
    One,
    Run,
}

impl Pattern {
    /// A backslash takes the meaning from what follows it.
    pub fn new(text: &str) -> Pattern {
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
        Pattern::of(pieces)
    }

    pub fn of(pieces: Vec<Piece>) -> Pattern {
        let mut folded = Vec::new();
        for piece in &pieces {
            match piece {
                Piece::Text(text) => folded.extend(fold(text).chars().map(Part::Char)),
                Piece::One => folded.push(Part::One),
                Piece::Run => folded.push(Part::Run),
            }
        }
        Pattern { pieces, folded }
    }

    /// The text that it stands for, where it has no wildcard.
    pub fn literal(&self) -> Option<String> {
        match &self.pieces[..] {
            [] => Some(String::new()),
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// Whether it can be no word of a text, but the whole of one alone: it has a sign that words have not.
    pub fn is_of_whole(&self) -> bool {
        let has_sign = |part: &Part| matches!(part, Part::Char(c) if !c.is_alphanumeric());
        self.folded.iter().any(has_sign)
    }

    /// How often a character of a text may be looked at: what stands before the first run is looked for in one place alone.
    pub fn effort(&self) -> usize {
        let runs = |part: &Part| *part == Part::Run;
        self.folded.iter().skip_while(|part| !runs(part)).filter(|part| !runs(part)).count()
    }

    /// As searches of the catalogue take it.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether the whole text is meant. Cost: length of text times length of pattern at worst.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_folded(&fold(text))
    }

    pub fn matches_folded(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut part) = (0, 0);
        // Where the last run began, and how much of the text it has taken.
        let mut run: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.folded.get(part) {
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
        self.folded[part..].iter().all(|part| *part == Part::Run)
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
        assert_eq!(Pattern::new("a*b?C").pieces(), [text("a"), Piece::Run, text("b"), Piece::One, text("C")]);
        assert!(Pattern::new("gr?sse").matches("Größe") && Pattern::new("GRÖ*").matches("grosse"));
    }

    #[test]
    fn many_stars_cost_no_more_than_their_product() {
        assert!(!Pattern::new(&"*a".repeat(200)).matches(&"a".repeat(150)));
    }
}
