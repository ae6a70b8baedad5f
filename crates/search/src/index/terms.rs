//! How facts are spelt as terms: the field, a sign, and what is compared.

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use tantivy::Term;
use tantivy::schema::Field;
use uuid::Uuid;

use emporion_catalog::text::fold;

/// Between the field and the rest. No text that people write has it.
const CUT: char = '\u{1f}';

const SAME: &str = "\u{1f}s";
const EXACT: &str = "\u{1f}e";
const FOLDED: &str = "\u{1f}f";
const HAS: &str = "\u{1f}h";
const LEADS: &str = "\u{1f}i";
const KIND: &str = "\u{1f}k";

/// A term in its pieces: the field, the sign, and what is compared.
pub type Pieces<'t> = [&'t str; 3];

/// A fact that is as it stands when it is folded.
pub fn same(field: &str, text: &str) -> String {
    [field, SAME, text].concat()
}

pub fn exact(field: &str, text: &str) -> String {
    [field, EXACT, text].concat()
}

pub fn folded(field: &str, text: &str) -> String {
    [field, FOLDED, text].concat()
}

pub fn has(field: &str) -> String {
    of_having(field).concat()
}

pub fn of_having(field: &str) -> Pieces<'_> {
    [field, HAS, ""]
}

pub fn leads(field: &str, id: RecordId) -> String {
    of_leading(field, id, |term| term.concat())
}

pub fn of_leading<T>(field: &str, id: RecordId, take: impl FnOnce(Pieces<'_>) -> T) -> T {
    take([field, LEADS, id.uuid().hyphenated().encode_lower(&mut Uuid::encode_buffer())])
}

pub fn kind(kind: Kind) -> String {
    of_kind(kind).concat()
}

pub fn of_kind(kind: Kind) -> Pieces<'static> {
    ["kind", KIND, kind.name()]
}

/// Terms of numbers stand in the order of the numbers.
pub fn number(field: &str, number: f64) -> String {
    let bits = number.to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    format!("{field}{CUT}n{ordered:016x}")
}

pub fn time(field: &str, at: i64) -> String {
    format!("{field}{CUT}t{:016x}", at.cast_unsigned() ^ 1 << 63)
}

/// Takes the terms of a fact.
pub fn of_fact(field: &str, text: &str, mut take: impl FnMut(Pieces<'_>)) {
    let plain = fold(text);
    if plain == text {
        take([field, SAME, text]);
    } else {
        take([field, EXACT, text]);
        take([field, FOLDED, &plain]);
    }
}

/// What stands before the stems of words.
pub const STEM: char = '\u{1}';

pub fn stem(stem: &str) -> String {
    format!("{STEM}{stem}")
}

pub fn id_term(field: Field, id: RecordId) -> Term {
    Term::from_field_bytes(field, id.as_bytes())
}

/// What leads to a record by a field.
pub fn leads_term(field: Field, name: &str, id: RecordId) -> Term {
    Term::from_field_text(field, &leads(name, id))
}

/// The field of edges that show a granted record.
pub const LINKED: &str = "linked";

pub fn linked_term(field: Field, id: RecordId) -> Term {
    Term::from_field_text(field, &leads(LINKED, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_and_their_terms_have_one_order(a in proptest::num::f64::NORMAL, b in proptest::num::f64::NORMAL) {
            prop_assert_eq!(number("x", a).cmp(&number("x", b)), a.partial_cmp(&b).unwrap());
        }

        #[test]
        fn times_and_their_terms_have_one_order(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(time("x", a).cmp(&time("x", b)), a.cmp(&b));
        }
    }
}
