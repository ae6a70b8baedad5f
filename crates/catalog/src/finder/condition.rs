//! What records are to be like, said in no dialect and in no language that is typed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{FieldName, Form, WordTest};
use crate::id::{Millis, RecordId};
use crate::kind::Kind;
use crate::text::fold;

/// What a record must be like: tests, of which all, any or none are to hold. They are those that an index knows, unless a
/// door has tests of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition<T = Test> {
    Everything,
    Nothing,
    All(Vec<Condition<T>>),
    Any(Vec<Condition<T>>),
    Not(Box<Condition<T>>),
    Test(T),
}

/// What one place of a document must be like. Texts compare folded, without case and diacritics, unless it is said.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Words wherever words are looked for.
    Word(WordTest),
    /// A word of the name, the display name or the description, as it stands between two spaces or as a part of that.
    WordLike(Form),
    /// A fact, as it is written.
    Exact {
        field: FieldName,
        text: String,
    },
    /// A fact; the text is folded.
    Folded {
        field: FieldName,
        text: String,
    },
    /// How a fact begins; the text is folded.
    Begins {
        field: FieldName,
        text: String,
    },
    /// A fact of this form.
    Like {
        field: FieldName,
        form: Form,
    },
    /// The field leads to one of these.
    Leads {
        field: FieldName,
        to: Vec<RecordId>,
    },
    Kinds(Vec<Kind>),
    /// Between two moments, both among them.
    Times {
        field: FieldName,
        from: Option<i64>,
        to: Option<i64>,
    },
    /// Each end with whether it is meant itself.
    Numbers {
        field: FieldName,
        from: Option<(f64, bool)>,
        to: Option<(f64, bool)>,
    },
    /// One of these records.
    These(Arc<HashSet<RecordId>>),
    /// The same of records that a field was found to mean.
    Listed {
        field: &'static str,
        of: Listed,
    },
    Has(FieldName),
}

/// Records, each with what is said of it.
pub type Listed = Arc<HashMap<RecordId, Arc<str>>>;

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
pub fn own_field(name: &str) -> FieldName {
    FieldName::Owned(format!("{OWN_FIELD}{name}"))
}

/// How much of a word is looked for inside of others. Who needs all of it looks at what was found.
const MOST_HELD: usize = 30;

impl<T> From<T> for Condition<T> {
    fn from(test: T) -> Condition<T> {
        Condition::Test(test)
    }
}

impl Condition {
    /// A word wherever words are looked for, or the beginning of one; nothing, where the text has none.
    pub fn word(text: &str, begins: bool) -> Condition {
        WordTest::word(text, begins).map_or(Condition::Nothing, |word| Test::Word(word).into())
    }

    /// Words in just this order.
    pub fn phrase(text: &str) -> Condition {
        WordTest::phrase(text).map_or(Condition::Nothing, |words| Test::Word(words).into())
    }

    /// The field has this value.
    pub fn is(field: impl Into<FieldName>, text: impl AsRef<str>) -> Condition {
        Test::Folded { field: field.into(), text: fold(text.as_ref()).into_owned() }.into()
    }

    pub fn like(field: impl Into<FieldName>, form: Form) -> Condition {
        Test::Like { field: field.into(), form }.into()
    }

    pub fn leads(field: &'static str, to: Vec<RecordId>) -> Condition {
        Test::Leads { field: field.into(), to }.into()
    }

    pub fn has(field: impl Into<FieldName>) -> Condition {
        Test::Has(field.into()).into()
    }

    pub fn kinds(kinds: Vec<Kind>) -> Condition {
        Test::Kinds(kinds).into()
    }

    pub fn these(ids: impl IntoIterator<Item = RecordId>) -> Condition {
        Test::These(Arc::new(ids.into_iter().collect())).into()
    }

    /// Made between these moments, both among them.
    pub fn created(from: Option<Millis>, to: Option<Millis>) -> Condition {
        Condition::times("created", from, to)
    }

    /// The same of the last change.
    pub fn updated(from: Option<Millis>, to: Option<Millis>) -> Condition {
        Condition::times("updated", from, to)
    }

    fn times(field: &'static str, from: Option<Millis>, to: Option<Millis>) -> Condition {
        let at = |end: Option<Millis>| end.map(|Millis(at)| at);
        Test::Times { field: field.into(), from: at(from), to: at(to) }.into()
    }

    /// Everything whose name, display name or description has this text in it, and more: signs around it and spaces are
    /// not looked at, and of long words the beginning alone.
    pub fn holding(text: &str) -> Condition {
        let word = |word: &str| {
            let word: String = word.trim_matches(|c: char| !c.is_alphanumeric()).chars().take(MOST_HELD).collect();
            (!word.is_empty()).then(|| Test::WordLike(Form::holding(word)).into())
        };
        Condition::all(text.split_whitespace().filter_map(word).collect())
    }
}

impl<T> Condition<T> {
    pub fn negated(self) -> Condition<T> {
        Condition::Not(Box::new(self))
    }

    /// All of these.
    pub fn all(parts: Vec<Condition<T>>) -> Condition<T> {
        let mut all: Vec<Condition<T>> = Vec::with_capacity(parts.len());
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
    pub fn any(parts: Vec<Condition<T>>) -> Condition<T> {
        let mut any: Vec<Condition<T>> = Vec::with_capacity(parts.len());
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

    /// Whether it holds where of each test it is known whether that does.
    pub fn holds_by(&self, test: &impl Fn(&T) -> bool) -> bool {
        match self {
            Condition::Everything => true,
            Condition::Nothing => false,
            Condition::All(parts) => parts.iter().all(|part| part.holds_by(test)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds_by(test)),
            Condition::Not(inner) => !inner.holds_by(test),
            Condition::Test(one) => test(one),
        }
    }

    /// What can be like this, in tests of another sort: of each of its own it is said what can pass it, and whether that is
    /// just what does. The same is answered of the whole.
    pub fn bounded<U>(&self, bound: &impl Fn(&T) -> (Condition<U>, bool)) -> (Condition<U>, bool) {
        let each = |parts: &[Condition<T>], join: fn(Vec<Condition<U>>) -> Condition<U>| {
            let (parts, certain): (Vec<_>, Vec<bool>) = parts.iter().map(|part| part.bounded(bound)).unzip();
            (join(parts), certain.into_iter().all(|is_certain| is_certain))
        };
        match self {
            Condition::Everything => (Condition::Everything, true),
            Condition::Nothing => (Condition::Nothing, true),
            Condition::All(parts) => each(parts, Condition::all),
            Condition::Any(parts) => each(parts, Condition::any),
            Condition::Not(inner) => match inner.bounded(bound) {
                (condition, true) => (condition.negated(), true),
                (_, false) => (Condition::Everything, false),
            },
            Condition::Test(test) => bound(test),
        }
    }

    /// How many parts it has at its ends, where `of` says how many a test stands for; everything and nothing are one each.
    pub fn leaves(&self, of: &impl Fn(&T) -> usize) -> usize {
        match self {
            Condition::Everything | Condition::Nothing => 1,
            Condition::All(parts) | Condition::Any(parts) => parts.iter().map(|part| part.leaves(of)).sum(),
            Condition::Not(inner) => inner.leaves(of),
            Condition::Test(test) => of(test),
        }
    }

    /// What it is made of, from the first to the last.
    pub fn tests(&self) -> Vec<&T> {
        let mut tests = Vec::new();
        self.gather(&mut tests);
        tests
    }

    fn gather<'c>(&'c self, tests: &mut Vec<&'c T>) {
        match self {
            Condition::Everything | Condition::Nothing => {}
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| part.gather(tests)),
            Condition::Not(inner) => inner.gather(tests),
            Condition::Test(test) => tests.push(test),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_says_nothing_is_left_out_of_conditions() {
        let word = || Condition::is("name", "a");
        assert_eq!(Condition::all(vec![Condition::Everything, word()]), word());
        assert_eq!(Condition::all(vec![word(), Condition::Nothing]), Condition::Nothing);
        assert_eq!(Condition::any(vec![Condition::Nothing, word()]), word());
        assert_eq!(Condition::any(vec![word(), Condition::Everything]), Condition::Everything);
        let nothing_said: [Condition; 2] = [Condition::all(vec![]), Condition::any(vec![])];
        assert_eq!(nothing_said, [Condition::Everything, Condition::Nothing]);
    }

    #[test]
    fn a_text_is_held_by_words_without_the_signs_around_them() {
        let run = |text: &str| Condition::from(Test::WordLike(Form::holding(text)));
        assert_eq!(Condition::holding("(net"), run("net"));
        assert_eq!(Condition::holding("net  sales)"), Condition::All(vec![run("net"), run("sales")]));
        assert_eq!(Condition::holding(" -- "), Condition::Everything);
    }
    fn any_condition() -> impl Strategy<Value = Condition<usize>> {
        let leaf =
            prop_oneof![Just(Condition::Everything), Just(Condition::Nothing), (0_usize..6).prop_map(Condition::Test)];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Condition::All),
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Condition::Any),
                inner.prop_map(Condition::negated),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_bound_holds_wherever_the_condition_does(condition in any_condition(), so in any::<[bool; 6]>()) {
            let bound = |test: &usize| match test {
                0..3 => (Condition::Test(*test), true),
                _ => (Condition::Any(vec![Condition::Test(*test), Condition::Test(*test - 3)]), false),
            };
            let (bounded, is_certain) = condition.bounded(&bound);
            let [inner, outer] = [&condition, &bounded].map(|condition| condition.holds_by(&|test| so[*test]));
            prop_assert!(if is_certain { inner == outer } else { outer || !inner }, "{:?} {:?}", condition, bounded);
        }
    }
}
