//! A value that a form offers among few.

use emporion_catalog::field::FieldType;
use emporion_catalog::kind::Kind;

use crate::text::plain::shown;
use crate::text::texts::Texts;

pub struct Choice {
    pub value: String,
    pub name: String,
    pub is_chosen: bool,
}

impl Choice {
    /// The values of a field of few.
    pub fn all(t: Texts, kind: Kind, field: &str, chosen: &str) -> Vec<Choice> {
        let choice =
            |value: &&str| Choice { is_chosen: *value == chosen, name: rendered(t, value), value: (*value).to_owned() };
        values(kind, field).iter().map(choice).collect()
    }

    /// The same, and none, where the field need not say anything.
    pub fn or_none(t: Texts, kind: Kind, field: &str, chosen: &str) -> Vec<Choice> {
        let mut choices = Choice::all(t, kind, field, chosen);
        if kind.field(field).is_some_and(|field| !field.required) {
            let name = t.say("new.nothing");
            choices.insert(0, Choice { value: String::new(), name, is_chosen: chosen.is_empty() });
        }
        choices
    }
}

/// The values of a field of few; of any other, none.
pub fn values(kind: Kind, field: &str) -> &'static [&'static str] {
    match kind.field(field).map(|field| field.form.unwrap_or(field.ty)) {
        Some(FieldType::Choice(values)) => values,
        _ => &[],
    }
}

/// Such a value in the reader's words; one that is not known, as it is.
pub fn rendered(t: Texts, value: &str) -> String {
    t.find(&format!("value.{value}")).map_or_else(|| shown(value), str::to_owned)
}

#[cfg(test)]
mod tests {
    use emporion_catalog::kinds;

    use super::*;

    #[test]
    fn every_value_that_forms_offer_has_words() {
        for language in ["en", "de"] {
            let t = Texts::by_code(language).expect("a language");
            for kind in kinds::ALL {
                let kind = Kind(kind);
                for field in crate::forms::edit::editable::texts(kind) {
                    for value in values(kind, field) {
                        assert!(t.find(&format!("value.{value}")).is_some(), "{language}: {field} {value}");
                    }
                }
            }
        }
    }
}
