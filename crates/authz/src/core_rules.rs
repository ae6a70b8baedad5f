//! The catalogue's own rules: what holds in every account beside its policies.

use crate::engine::BoundRule;
use crate::expression::Vocabulary;
use crate::operations::EDIT_OTHER;
use crate::policy::{Binding, Effect, Reach, Rule};

/// The name under which the rules below appear where a decision is explained.
const POLICY: &str = "Catalogue";

struct CoreRule {
    name: &'static str,
    kind: &'static str,
    operations: &'static [&'static str],
    condition: &'static str,
}

/// All of them allow. Whoever sees a record may mark it.
const RULES: &[CoreRule] = &[
    CoreRule { name: "administrators", kind: "all", operations: &["All"], condition: "isAdmin()" },
    CoreRule { name: "open records", kind: "all", operations: &["View", "Mark"], condition: "isOpen()" },
    // Owners in person or through a team, and those who own the owning team or contribute to it. The group `EditAll`
    // has everything but the handing out of rights. To create something is asked of the place where it is to stand.
    CoreRule {
        name: "owners",
        kind: "all",
        operations: &["View", "Mark", "Create", "EditAll", "Delete"],
        condition: "isOwner()",
    },
    CoreRule {
        name: "editors",
        kind: "all",
        operations: &[
            "View",
            "Mark",
            "EditDescription",
            "EditDisplayName",
            "EditTags",
            "EditTier",
            "EditGlossaryTerms",
            "EditCertification",
            "EditLineage",
            "EditDomains",
            "EditReviewers",
            "EditExtension",
            "EditMembers",
            EDIT_OTHER,
        ],
        condition: "isEditor()",
    },
    CoreRule { name: "viewers", kind: "all", operations: &["View", "Mark"], condition: "isViewer() || inOwningTeam()" },
    CoreRule {
        name: "oneself",
        kind: "user",
        operations: &["View", "Mark", "EditDescription", "EditDisplayName", EDIT_OTHER],
        condition: "isSelf()",
    },
    // Without what puts a team under another one: that would bring it the other's roles.
    CoreRule {
        name: "team leaders",
        kind: "team",
        operations: &[
            "View",
            "Mark",
            "EditDescription",
            "EditDisplayName",
            "EditTags",
            "EditTier",
            "EditGlossaryTerms",
            "EditCertification",
            "EditExtension",
            "EditMembers",
            "Delete",
        ],
        condition: "isLed()",
    },
];

pub fn bound() -> impl Iterator<Item = BoundRule> {
    RULES.iter().map(|rule| BoundRule {
        binding: Binding::Everyone,
        policy: POLICY.to_owned(),
        rule: Rule {
            name: rule.name.to_owned(),
            effect: Effect::Allow,
            resources: vec![rule.kind.to_owned()],
            operations: rule.operations.iter().map(|&name| name.to_owned()).collect(),
            condition: Some(rule.condition.to_owned()),
        },
        vocabulary: Vocabulary::Core,
        reach: Reach::Everything,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;

    #[test]
    fn all_of_them_are_understood() {
        let engine = Engine::new(bound());
        assert!(engine.broken().is_empty(), "{:?}", engine.broken());
        assert_eq!(engine.to_cedar().matches("permit").count(), RULES.len());
    }
}
