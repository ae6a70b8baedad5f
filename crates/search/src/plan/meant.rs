//! From what a door asks to what that means of documents.

use std::collections::HashSet;
use std::sync::Arc;

use emporion_catalog::finder::{Condition, Piece};
use emporion_catalog::id::Millis;
use emporion_catalog::problem::Problem;

use super::{Form, Test, WordTest};
use crate::document::FieldName;
use emporion_catalog::text::{Role, fold, split};

/// Parts that a condition may have, and such among them as each mean many words or values.
const MOST_PARTS: usize = 16_384;
const MOST_OPEN: usize = 512;
/// How much of a pattern is told that is too long.
const MOST_SHOWN: usize = 40;

/// What a condition means.
///
/// Errors: `Invalid` for forms of texts that nobody can look for, and for more parts than one question may have.
pub fn meant(condition: &Condition) -> Result<Test, Problem> {
    let (parts, open) = counted(condition);
    if parts > MOST_PARTS || open > MOST_OPEN {
        let rule = format!("must have at most {MOST_PARTS} parts, {MOST_OPEN} of them with wildcards or beginnings");
        return Err(Problem::invalid("query", rule));
    }
    test(condition)
}

/// How many parts there are, and how many of them are forms or beginnings.
fn counted(condition: &Condition) -> (usize, usize) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().map(counted).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
        }
        Condition::Not(inner) => counted(inner),
        Condition::Word { text, begins: true } => (words(text), words(text)),
        Condition::Word { text, begins: false } | Condition::Phrase(text) => (words(text), 0),
        Condition::WordLike(_) | Condition::Like { .. } => (1, 1),
        _ => (1, 0),
    }
}

/// Of how many words or parts of one a text is made.
fn words(text: &str) -> usize {
    split(text).iter().filter(|word| word.role == Role::Part).count().max(1)
}

fn test(condition: &Condition) -> Result<Test, Problem> {
    let each = |parts: &[Condition]| parts.iter().map(test).collect::<Result<Vec<Test>, Problem>>();
    Ok(match condition {
        Condition::Everything => Test::Everything,
        Condition::Nothing => Test::Nothing,
        Condition::All(parts) => Test::All(each(parts)?),
        Condition::Any(parts) => Test::Any(each(parts)?),
        Condition::Not(inner) => Test::Not(Box::new(test(inner)?)),
        Condition::Word { text, begins } => WordTest::word(text, *begins).map_or(Test::Nothing, Test::Word),
        Condition::Phrase(text) => WordTest::phrase(text).map_or(Test::Nothing, Test::Word),
        Condition::WordLike(pieces) => Test::WordLike(form(pieces)?),
        Condition::Is { field, text } => Test::Folded { field: field.clone(), text: fold(text).into_owned() },
        Condition::Like { field, form: pieces } => Test::Like { field: field.clone(), form: form(pieces)? },
        Condition::Leads { field, to } => Test::Leads { field: FieldName::Borrowed(field), to: to.clone() },
        Condition::Has(field) => Test::Has(FieldName::Borrowed(field)),
        Condition::Kinds(kinds) => Test::Kinds(kinds.clone()),
        Condition::These(ids) => Test::These(Arc::new(ids.iter().copied().collect::<HashSet<_>>())),
        Condition::Created { from, to } => times("created", *from, *to),
        Condition::Updated { from, to } => times("updated", *from, *to),
    })
}

fn times(field: &'static str, from: Option<Millis>, to: Option<Millis>) -> Test {
    let at = |end: Option<Millis>| end.map(|Millis(at)| at);
    Test::Times { field: FieldName::Borrowed(field), from: at(from), to: at(to) }
}

fn form(pieces: &[Piece]) -> Result<Form, Problem> {
    Form::of(pieces).ok_or_else(|| {
        let shown: String = pieces.iter().flat_map(shown).take(MOST_SHOWN).collect();
        let rule = format!("must have patterns of at most {} characters, which {shown:?}… is not", Form::MOST);
        Problem::invalid("query", rule)
    })
}

fn shown(piece: &Piece) -> std::str::Chars<'_> {
    match piece {
        Piece::Text(text) => text.chars(),
        Piece::One => "?".chars(),
        Piece::Run => "*".chars(),
    }
}
