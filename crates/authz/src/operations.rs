//! The names of operations: what policies call them, and which of them the engine is asked about.
//!
//! Policies speak OpenMetadata's vocabulary, which is finer than the catalogue's actions in some places and coarser in
//! others. The catalogue's own names are understood too. An operation that no action stands for keeps its own name: a
//! rule about it is stored and shown, and opens nothing else.

use emporion_model::action::Action;

use crate::policy::Effect;

/// What the engine calls the action. `EditAll` is a group there, so the action for all that has no action of its own
/// bears another name inside it.
pub fn name_of(action: Action) -> &'static str {
    match action {
        Action::EditAll => EDIT_OTHER,
        other => other.name(),
    }
}

/// A change of anything that has no action of its own.
pub const EDIT_OTHER: &str = "EditOther";

/// Operations of the field that stand for themselves. Source: the metadata operations of OpenMetadata 1 and 2.
const OWN: &[&str] = &[
    "AuditLogs",
    "BulkCreate",
    "BulkUpdate",
    "CloseTask",
    "CreateIngestionPipelineAutomator",
    "CreateScim",
    "CreateTask",
    "CreateTests",
    "DeleteScim",
    "DeleteTestCaseFailedRowsSample",
    "Deploy",
    "EditDataProfile",
    "EditEntityRelationship",
    "EditIngestionPipelineStatus",
    "EditKnowledgePanel",
    "EditLifeCycle",
    "EditPage",
    "EditQueries",
    "EditSampleData",
    "EditScim",
    "EditStatus",
    "EditTask",
    "EditTestDefinitionLibrary",
    "EditTests",
    "EditUsage",
    "EditUserNotificationTemplate",
    "GenerateToken",
    "Impersonate",
    "Kill",
    "ReassignTask",
    "Rename",
    "ResolveTask",
    "RunQuery",
    "Trigger",
    "ViewCustomFields",
    "ViewProfilerGlobalConfiguration",
    "ViewQueries",
    "ViewScim",
    "ViewTestCaseFailedRowsSample",
    "ViewTestDefinitionLibrary",
    "ViewTests",
    "ViewUsage",
];

/// The engine's names for what a rule names; `None` when nobody knows it.
pub fn meant_by(name: &str, effect: Effect) -> Option<&'static [&'static str]> {
    Some(match name {
        "All" => &["All"],
        "Create" => &["Create"],
        "Delete" => &["Delete"],
        // Whoever sees a record may follow it and vote on it.
        "ViewAll" => &["ViewAll", "Mark"],
        "View" | "ViewBasic" => &["View", "Mark"],
        "Mark" => &["Mark"],
        "ViewSampleData" => &["ViewSampleData"],
        "ViewDataProfile" => &["ViewDataProfile"],
        "EditAll" => match effect {
            Effect::Allow => &["EditAll"],
            // The group leaves out the handing out of rights, which is no reason to deny less.
            Effect::Deny => &["EditAll", "EditRole", "EditPolicy"],
        },
        "EditDescription" => &["EditDescription"],
        "EditDisplayName" => &["EditDisplayName"],
        "EditDomains" => &["EditDomains"],
        "EditLineage" => &["EditLineage"],
        "EditReviewers" => &["EditReviewers"],
        "EditPolicy" => &["EditPolicy"],
        "EditRole" => &["EditRole"],
        "EditOwners" | "EditOwner" => &["EditOwners"],
        "EditTags" => &["EditTags"],
        "EditTier" => &["EditTier"],
        "EditGlossaryTerms" => &["EditGlossaryTerms"],
        "EditCertification" => &["EditCertification"],
        "EditCustomFields" | "EditExtension" => &["EditExtension"],
        // On a team these are its members, elsewhere the people who were given a part in the record.
        "EditUsers" => &["EditUsers", "EditMembers"],
        "EditTeams" | "EditMembers" => &["EditMembers"],
        other => OWN.iter().find(|own| **own == other).map(std::slice::from_ref)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::group_of;

    #[test]
    fn every_action_that_policies_decide_can_be_named_in_one() {
        for action in Action::ALL {
            let named = meant_by(action.name(), Effect::Allow);
            let decided_elsewhere = matches!(action, Action::Operate | Action::ManageCredentials | Action::GrantRows);
            assert_eq!(named.is_none(), decided_elsewhere, "{action:?}");
            if let Some(named) = named {
                let own = name_of(*action);
                assert!(named.contains(&own) || group_of(own).is_some_and(|group| named.contains(&group)), "{own}");
            }
        }
    }

    #[test]
    fn an_operation_without_an_action_opens_nothing_else() {
        let asked: Vec<_> = Action::ALL.iter().map(|action| name_of(*action)).collect();
        for own in OWN {
            assert_eq!(meant_by(own, Effect::Allow), Some(&[*own][..]));
            assert!(!asked.contains(own) && !["All", "EditAll", "ViewAll"].contains(own), "{own}");
        }
        assert_eq!(meant_by("Fly", Effect::Allow), None);
        assert_eq!(meant_by("viewall", Effect::Allow), None);
    }
}
