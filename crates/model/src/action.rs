//! What a caller can want to do to a record. Policies name these.

use crate::kind::Kind;
use crate::kinds::GLOSSARY_TERM;
use crate::kinds::shared::CERTIFYING;

/// The classification whose tags say how much a record matters.
pub const TIER: &str = "Tier";

/// One right. The names are those of the field's common vocabulary of catalogue rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Create,
    View,
    EditDescription,
    EditDisplayName,
    EditOwners,
    EditTags,
    EditTier,
    EditGlossaryTerms,
    EditCertification,
    EditLineage,
    EditDomains,
    EditReviewers,
    EditExtension,
    EditMembers,
    EditUsers,
    EditPolicy,
    EditRole,
    /// Any other field or relation.
    EditAll,
    Delete,
    /// Followers and votes: a mark of one's own.
    Mark,
    /// Rows of a sample that lies beside a table. Policies give this part; those who hold the rows have it anyway.
    ViewSampleData,
    /// Values that a profiler computed of a table. The same.
    ViewDataProfile,
    /// Lend the rows of an asset to a product, and take them back. No policy gives it: who holds the rows has it.
    GrantRows,
    /// Issue, list and revoke credentials of a user.
    ManageCredentials,
    /// Create accounts, look at health in depth, rotate keys.
    Operate,
}

impl Action {
    pub const ALL: &'static [Action] = &[
        Action::Create,
        Action::View,
        Action::EditDescription,
        Action::EditDisplayName,
        Action::EditOwners,
        Action::EditTags,
        Action::EditTier,
        Action::EditGlossaryTerms,
        Action::EditCertification,
        Action::EditLineage,
        Action::EditDomains,
        Action::EditReviewers,
        Action::EditExtension,
        Action::EditMembers,
        Action::EditUsers,
        Action::EditPolicy,
        Action::EditRole,
        Action::EditAll,
        Action::Delete,
        Action::Mark,
        Action::ViewSampleData,
        Action::ViewDataProfile,
        Action::GrantRows,
        Action::ManageCredentials,
        Action::Operate,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Action::Create => "Create",
            Action::View => "View",
            Action::EditDescription => "EditDescription",
            Action::EditDisplayName => "EditDisplayName",
            Action::EditOwners => "EditOwners",
            Action::EditTags => "EditTags",
            Action::EditTier => "EditTier",
            Action::EditGlossaryTerms => "EditGlossaryTerms",
            Action::EditCertification => "EditCertification",
            Action::EditLineage => "EditLineage",
            Action::EditDomains => "EditDomains",
            Action::EditReviewers => "EditReviewers",
            Action::EditExtension => "EditExtension",
            Action::EditMembers => "EditMembers",
            Action::EditUsers => "EditUsers",
            Action::EditPolicy => "EditPolicy",
            Action::EditRole => "EditRole",
            Action::EditAll => "EditAll",
            Action::Delete => "Delete",
            Action::Mark => "Mark",
            Action::ViewSampleData => "ViewSampleData",
            Action::ViewDataProfile => "ViewDataProfile",
            Action::GrantRows => "GrantRows",
            Action::ManageCredentials => "ManageCredentials",
            Action::Operate => "Operate",
        }
    }

    /// The rights of which a change of this field or relation needs one at least: which label it is decides.
    pub fn each_for_field(field: &str) -> Vec<Action> {
        match field {
            "tagged" => {
                vec![Action::EditTags, Action::EditGlossaryTerms, Action::EditTier, Action::EditCertification]
            }
            field => vec![Action::for_field(field)],
        }
    }

    /// The right to put this label on a record, and to take it off.
    pub fn for_label(kind: Kind, fqn: &str) -> Action {
        if kind == GLOSSARY_TERM {
            return Action::EditGlossaryTerms;
        }
        match fqn.split_once('.') {
            Some((TIER, _)) => Action::EditTier,
            Some((CERTIFYING, _)) => Action::EditCertification,
            _ => Action::EditTags,
        }
    }

    /// The right that a change of this field or relation needs; of labels that of a tag.
    pub fn for_field(field: &str) -> Action {
        match field {
            "description" => Action::EditDescription,
            "display_name" => Action::EditDisplayName,
            "owner" | "owning_team" => Action::EditOwners,
            "tagged" => Action::EditTags,
            "certification" | "certified_by" => Action::EditCertification,
            "derived_from" | "reads_from" => Action::EditLineage,
            "in_domain" => Action::EditDomains,
            "reviewer" => Action::EditReviewers,
            "extension" => Action::EditExtension,
            "member" => Action::EditMembers,
            "editor" | "viewer" | "visibility" | crate::relation::ROLE_MASKS => Action::EditUsers,
            "has_policy" => Action::EditPolicy,
            // A team's place decides whose roles its members get.
            "has_role" | "default_role" | "under_team" => Action::EditRole,
            // Which types a record uses follows from its forms.
            "uses_form" => Action::for_field("forms"),
            "follower" | "vote" => Action::Mark,
            // The core's own.
            crate::relation::STEWARDS | crate::relation::KEPT_FILTERS | "held_back" => Action::Mark,
            crate::relation::MODEL_LINKS | "refers_beyond" => Action::Mark,
            crate::relation::MEMBERS_FOLLOW => Action::Mark,
            crate::kinds::table::KEPT_MASKS => Action::Mark,
            _ => Action::EditAll,
        }
    }

    /// Whether it is one of the rights to change an existing record.
    pub const fn is_edit(self) -> bool {
        !matches!(
            self,
            Action::Create
                | Action::View
                | Action::Delete
                | Action::ManageCredentials
                | Action::Operate
                | Action::Mark
                | Action::ViewSampleData
                | Action::ViewDataProfile
                | Action::GrantRows
        )
    }
}
