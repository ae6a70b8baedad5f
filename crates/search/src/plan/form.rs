//! Texts of which not every character is known.

use emporion_catalog::finder::Piece;
use tantivy::query::RegexQuery;
use tantivy::schema::Field;

use crate::words::fold;

/// Texts that are longer are not looked for.
const MOST: usize = 400;

/// What a text may be like, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Char(char),
    One,
    Run,
}

impl Form {
    /// `None` for what is too long, or has too many gaps, to be looked for.
    pub fn of(pieces: &[Piece]) -> Option<Form> {
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.extend(fold(text).chars().map(Part::Char)),
                Piece::One => parts.push(Part::One),
                Piece::Run if parts.last() == Some(&Part::Run) => {}
                Piece::Run => parts.push(Part::Run),
            }
        }
        let form = Form(parts);
        let is_askable =
            form.0.len() <= MOST && RegexQuery::from_pattern(&form.pattern(), Field::from_field_id(0)).is_ok();
        is_askable.then_some(form)
    }

    /// As a pattern of terms.
    pub fn pattern(&self) -> String {
        self.0.iter().map(part).collect()
    }

    /// The same of words: what they begin with is no sign of stems.
    pub fn pattern_of_words(&self) -> String {
        let Some((first, rest)) = self.0.split_first() else { return self.pattern() };
        let rest: String = rest.iter().map(part).collect();
        match first {
            Part::Run => format!("([^\\x01](?s:.)*)?{rest}"),
            Part::One => format!("[^\\x01]{rest}"),
            Part::Char(_) => self.pattern(),
        }
    }

    /// Whether a folded text is like this. Costs its length times that of the form at worst.
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut next) = (0, 0);
        // Where the last run began, and how much of the text it has taken.
        let mut run: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(next) {
                Some(Part::Char(c)) if *c == text[at] => (at, next) = (at + 1, next + 1),
                Some(Part::One) => (at, next) = (at + 1, next + 1),
                Some(Part::Run) => {
                    run = Some((next, at));
                    next += 1;
                }
                _ => match run {
                    Some((start, taken)) => {
                        run = Some((start, taken + 1));
                        (at, next) = (taken + 1, start + 1);
                    }
                    None => return false,
                },
            }
        }
        self.0[next..].iter().all(|part| *part == Part::Run)
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Char(c) if r"\.+*?()|[]{}^$#&-~".contains(*c) => format!("\\{c}"),
        Part::Char(c) => c.to_string(),
        Part::One => "(?s:.)".to_owned(),
        Part::Run => "(?s:.)*".to_owned(),
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
        Form::of(&text.chars().map(piece).collect::<Vec<_>>()).expect(text)
    }

    #[test]
    fn gaps_take_any_text() {
        assert!(form("svc.*.T?ble").fits("svc.a.b.table") && form("*").fits("") && form("*a*").fits("bab"));
        assert!(!form("svc.*.table").fits("svc.table") && !form("a").fits("") && !form("a?").fits("a"));
        assert!(!form(&"*a".repeat(3)).fits("aa"));
        assert_eq!(Form::of(&[Piece::Text("a".repeat(MOST + 1))]), None);
    }

    proptest! {
        #[test]
        fn every_text_is_askable(text in "\\PC{0,20}|[\\\\<>\"(){}\\[\\]^$#&~.+|-]{0,20}") {
            let form = Form::of(&[Piece::Run, Piece::Text(text.clone()), Piece::Run]).expect("a form");
            // Some letters fold otherwise beside others.
            let (whole, apart) = (fold(&["a", &text, "b"].concat()).into_owned(), ["a", &fold(&text), "b"].concat());
            prop_assert!(form.fits(&whole) || whole != apart);
        }
    }
}
