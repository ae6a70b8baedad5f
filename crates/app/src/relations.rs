//! What relations are called where records are shown and in files.

use emporion_catalog::relation::{self, Relation};

const WORDS: &[(Relation, &str)] = &[
    (relation::IN_DOMAIN, "domains"),
    (relation::OWNER, "owners"),
    (relation::OWNING_TEAM, "team"),
    (relation::EXPERT, "experts"),
    (relation::REVIEWER, "reviewers"),
    (relation::TAGGED, "tags"),
    (relation::HAS_ASSET, "assets"),
    (relation::INPUT_PORT, "input_ports"),
    (relation::OUTPUT_PORT, "output_ports"),
    (relation::SERVED_BY, "service"),
    (relation::USES_SKILL, "skills"),
    (relation::RELATED_TERM, "related_terms"),
    (relation::HAS_POLICY, "policies"),
];

/// What is not in the list is called as it is.
pub fn word(relation: Relation) -> &'static str {
    WORDS.iter().find(|(known, _)| *known == relation).map_or(relation.name(), |(_, word)| word)
}
