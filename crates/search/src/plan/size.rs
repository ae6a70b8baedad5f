//! How much a door may ask at once.

use emporion_catalog::finder::{Condition, Form, Piece, Test, WordTest};
use emporion_catalog::problem::Problem;
use emporion_catalog::text::is_dense;

/// Parts that a condition may have, and such among them as each mean many words or values.
const MOST_PARTS: usize = 16_384;
const MOST_OPEN: usize = 512;
/// How much of a pattern is told that is too long.
const MOST_SHOWN: usize = 40;

/// Errors: `Invalid` for forms of texts that nobody can look for, and for more parts than one question may have.
pub fn check_size(condition: &Condition) -> Result<(), Problem> {
    let tests = condition.tests();
    let parts = condition.leaves(&|test| size(test).0);
    let open: usize = tests.iter().map(|test| size(test).1).sum();
    if parts > MOST_PARTS || open > MOST_OPEN {
        let rule = format!("must have at most {MOST_PARTS} parts, {MOST_OPEN} of them with wildcards or beginnings");
        return Err(Problem::invalid("query", rule));
    }
    let form = |test: &&Test| match test {
        Test::WordLike(form) | Test::Like { form, .. } => Some(form).filter(|form| form.length() > Form::MOST).cloned(),
        _ => None,
    };
    tests.iter().find_map(form).map_or(Ok(()), |form| {
        let shown: String = form.pieces().iter().flat_map(shown).take(MOST_SHOWN).collect();
        let rule = format!("must have patterns of at most {} characters, which {shown:?}… is not", Form::MOST);
        Err(Problem::invalid("query", rule))
    })
}

/// How many parts a test has, and how many of them are forms or beginnings.
fn size(test: &Test) -> (usize, usize) {
    match test {
        Test::Word(word) if word.prefix && !is_one_dense(word) => (word.parts.len(), word.parts.len()),
        Test::Word(word) => (word.parts.len(), 0),
        Test::WordLike(_) | Test::Like { .. } => (1, 1),
        _ => (1, 0),
    }
}

/// One character of a text without spaces begins words, whether or not somebody typed it as a beginning.
fn is_one_dense(word: &WordTest) -> bool {
    let mut chars = word.parts.iter().flat_map(|(_, part)| part.chars());
    chars.next().is_some_and(is_dense) && chars.next().is_none()
}

fn shown(piece: &Piece) -> std::str::Chars<'_> {
    match piece {
        Piece::Text(text) => text.chars(),
        Piece::One => "?".chars(),
        Piece::Run => "*".chars(),
    }
}
