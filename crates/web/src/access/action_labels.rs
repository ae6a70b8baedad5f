//! Labels of actions and resources: what policies and the gate call them, in the reader's words.

use crate::text::plain::spaced;
use crate::text::texts::Texts;

/// `EditDescription` as `edit the description`; what no language has a word for, as its own words.
pub fn rendered(t: Texts, operation: &str) -> String {
    t.find(&format!("action.{operation}")).map_or_else(|| spaced(operation), str::to_owned)
}

/// `databaseSchema` as the pages call such records.
pub fn kind(t: Texts, resource: &str) -> String {
    let name = spaced(resource);
    t.find(&format!("kind.{}", name.replace(' ', "_"))).map_or(name, str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use emporion_catalog::action::Action;

    use super::*;

    #[test]
    fn every_action_has_words_in_every_language() {
        for language in ["en", "de"] {
            let t = Texts::by_code(language).expect("a language");
            for action in Action::ALL {
                assert!(t.find(&format!("action.{}", action.name())).is_some(), "{language}: {}", action.name());
            }
        }
        let german = Texts::by_code("de").expect("German");
        assert_eq!(
            (rendered(german, "NewOperation"), kind(german, "databaseSchema")),
            ("new operation".into(), "schema".into())
        );
    }
}
