//! Facets: what many kinds have in common, implemented once and switched on per kind.

use crate::relation::{self, Relation};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    Owners,
    OwningTeam,
    Experts,
    Reviewers,
    Domains,
    Tags,
    /// What it was made from, and what was made from it.
    Lineage,
    Followers,
    Votes,
    /// Values of user-defined properties, in the field `extension`.
    Extension,
    /// Metadata forms, in the field `forms`; the relation leads to their types.
    Forms,
}

impl Facet {
    /// The relation that carries the facet, or belongs to it.
    pub const fn relation(self) -> Option<Relation> {
        match self {
            Facet::Owners => Some(relation::OWNER),
            Facet::OwningTeam => Some(relation::OWNING_TEAM),
            Facet::Experts => Some(relation::EXPERT),
            Facet::Reviewers => Some(relation::REVIEWER),
            Facet::Domains => Some(relation::IN_DOMAIN),
            Facet::Tags => Some(relation::TAGGED),
            Facet::Lineage => Some(relation::DERIVED_FROM),
            Facet::Followers => Some(relation::FOLLOWER),
            Facet::Votes => Some(relation::VOTE),
            Facet::Forms => Some(relation::USES_FORM),
            Facet::Extension => None,
        }
    }

    /// The field that carries the facet, where it is not only a relation.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Facet::Extension => Some("extension"),
            Facet::Forms => Some("forms"),
            _ => None,
        }
    }
}

/// What every described thing of the catalogue has…
pub const DESCRIBED: &[Facet] = &[
    Facet::Owners,
    Facet::Domains,
    Facet::Tags,
    Facet::Lineage,
    Facet::Followers,
    Facet::Votes,
    Facet::Extension,
    Facet::Forms,
];
/// …and what is reviewed besides.
pub const REVIEWED: &[Facet] = &[
    Facet::Owners,
    Facet::Reviewers,
    Facet::Domains,
    Facet::Tags,
    Facet::Lineage,
    Facet::Followers,
    Facet::Votes,
    Facet::Extension,
    Facet::Forms,
];
