//! What a sentence looks for: its words without those that only make it a sentence.

use emporion_catalog::finder::topic;
use emporion_catalog::registry::Registry;

use crate::document::kinds_called;
use crate::query::{At, Expr, Field, Form, Query, Value};

/// The query without words that only ask, and with the name of a kind as a kind; `None` where it has none of these, or
/// nothing else.
pub(super) fn sought(query: &Query, registry: &Registry) -> Option<Query> {
    let Some(Expr::All(parts)) = &query.root else { return None };
    // One kind: "the table with customers".
    let kind = parts.iter().enumerate().find_map(|(at, part)| Some((at, kind(part, registry)?)));
    let mut kept = Vec::new();
    let mut has_words = false;
    for (at, part) in parts.iter().enumerate() {
        match (part, &kind) {
            (_, Some((of_kind, kind))) if *of_kind == at => kept.push(kind.clone()),
            (Expr::Word { text, prefix: false }, _) => {
                let word = text.trim_end_matches(['?', '!', ',']);
                if !word.is_empty() && !topic::is_said_beside(&word.to_lowercase()) {
                    has_words = true;
                    kept.push(Expr::Word { text: word.to_owned(), prefix: false });
                }
            }
            (part, _) => kept.push(part.clone()),
        }
    }
    // Without a word, it would be everything of a kind.
    if !has_words || kept == *parts {
        return None;
    }
    let root = if kept.len() == 1 { kept.remove(0) } else { Expr::All(kept) };
    Some(Query { root: Some(root) })
}

/// A word that is what people call a kind.
fn kind(part: &Expr, registry: &Registry) -> Option<Expr> {
    let Expr::Word { text, prefix: false } = part else { return None };
    kinds_called(registry, text, false).ok()?;
    let value = Value { at: At(0), text: text.to_lowercase(), form: Form::Plain, alone: false };
    Some(Expr::Is { field: Field::named("kind"), at: At(0), values: vec![value] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    fn of(text: &str) -> Option<String> {
        sought(&parse(text).unwrap(), &Registry::standard()).map(|query| query.to_string())
    }

    #[test]
    fn what_only_makes_a_sentence_is_not_looked_for() {
        for (sentence, wanted) in [
            ("who owns orders", "orders"),
            ("who owns orders?", "orders"),
            ("where does daily_sales come from", "daily_sales"),
            ("the table with customers", "kind:table customers"),
            ("show me all tables about net sales", "kind:tables net sales"),
        ] {
            assert_eq!(of(sentence).as_deref(), Some(wanted), "{sentence}");
        }
    }

    #[test]
    fn what_says_something_is_demanded() {
        for text in [
            "orders",
            "net sales",
            "who",
            "the who",
            "\"who owns\" orders",
            "who OR owns",
            "table",
            "-the orders",
            "the kind:table",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
