//! What records are to be like, said in no dialect and in no language that is typed.

use std::borrow::Cow;

use crate::id::{Millis, RecordId};
use crate::kind::Kind;

/// What a record must be like. Texts compare folded: without case and diacritics.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    Everything,
    Nothing,
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// A word wherever words are looked for, or the beginning of one.
    Word {
        text: String,
        begins: bool,
    },
    /// Words in just this order.
    Phrase(String),
    /// A word of the name, the display name or the description, as it stands between two spaces or as a part of that.
    WordLike(Vec<Piece>),
    /// The field has this value.
    Is {
        field: Cow<'static, str>,
        text: String,
    },
    /// The field has a value of this form.
    Like {
        field: Cow<'static, str>,
        form: Vec<Piece>,
    },
    /// The field leads to one of these.
    Leads {
        field: &'static str,
        to: Vec<RecordId>,
    },
    Has(&'static str),
    Kinds(Vec<Kind>),
    These(Vec<RecordId>),
    /// Made between these moments, both among them.
    Created {
        from: Option<Millis>,
        to: Option<Millis>,
    },
    /// The same of the last change.
    Updated {
        from: Option<Millis>,
        to: Option<Millis>,
    },
}

/// A piece of a text that is known in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// Any one character.
    One,
    /// Any characters, or none.
    Run,
}

/// What stands before the name of a field of the kind itself, as its body has it.
pub const OWN_FIELD: &str = "field.";

/// Short texts of a kind's own, by which others know it: an address, a number elsewhere. Longer ones are found by words.
pub const MOST_OWN: usize = 600;
/// A domain itself, without those above it.
pub const DOMAIN_ITSELF: &str = "domain=";
/// The same by its FQN alone: names are given to several.
pub const DOMAIN_CALLED: &str = "domain==";
/// The beginnings of an FQN.
pub const BELOW: &str = "below";

/// The field by which a short text of the body is found.
pub fn own_field(name: &str) -> Cow<'static, str> {
    Cow::Owned(format!("{OWN_FIELD}{name}"))
}

/// How much of a word is looked for inside of others. Who needs all of it looks at what was found.
const MOST_HELD: usize = 30;

impl Condition {
    pub fn is(field: &'static str, text: impl Into<String>) -> Condition {
        Condition::Is { field: Cow::Borrowed(field), text: text.into() }
    }

    pub fn negated(self) -> Condition {
        Condition::Not(Box::new(self))
    }

    /// Everything whose name, display name or description has this text in it, and more: signs around it and spaces are
    /// not looked at, and of long words the beginning alone.
    pub fn holding(text: &str) -> Condition {
        let word = |word: &str| {
            let word: String = word.trim_matches(|c: char| !c.is_alphanumeric()).chars().take(MOST_HELD).collect();
            let pieces = || vec![Piece::Run, Piece::Text(word.clone()), Piece::Run];
            (!word.is_empty()).then(|| Condition::WordLike(pieces()))
        };
        Condition::all(text.split_whitespace().filter_map(word).collect())
    }

    /// All of these.
    pub fn all(parts: Vec<Condition>) -> Condition {
        let mut all: Vec<Condition> = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Condition::Everything => {}
                Condition::Nothing => return Condition::Nothing,
                Condition::All(inner) => all.extend(inner),
                other => all.push(other),
            }
        }
        match all.len() {
            0 => Condition::Everything,
            1 => all.remove(0),
            _ => Condition::All(all),
        }
    }

    /// Any of these.
    pub fn any(parts: Vec<Condition>) -> Condition {
        let mut any: Vec<Condition> = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Condition::Nothing => {}
                Condition::Everything => return Condition::Everything,
                Condition::Any(inner) => any.extend(inner),
                other => any.push(other),
            }
        }
        match any.len() {
            0 => Condition::Nothing,
            1 => any.remove(0),
            _ => Condition::Any(any),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_left_out_of_conditions() {
        let word = || Condition::is("name", "a");
        assert_eq!(Condition::all(vec![Condition::Everything, word()]), word());
        assert_eq!(Condition::all(vec![word(), Condition::Nothing]), Condition::Nothing);
        assert_eq!(Condition::any(vec![Condition::Nothing, word()]), word());
        assert_eq!(Condition::any(vec![word(), Condition::Everything]), Condition::Everything);
        assert_eq!((Condition::all(vec![]), Condition::any(vec![])), (Condition::Everything, Condition::Nothing));
    }

    #[test]
    fn a_text_is_held_by_words_without_the_signs_around_them() {
        let run = |text: &str| Condition::WordLike(vec![Piece::Run, Piece::Text(text.into()), Piece::Run]);
        assert_eq!(Condition::holding("(net"), run("net"));
        assert_eq!(Condition::holding("net  sales)"), Condition::All(vec![run("net"), run("sales")]));
        assert_eq!(Condition::holding(" -- "), Condition::Everything);
    }
}
