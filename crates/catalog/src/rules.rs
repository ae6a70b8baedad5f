//! What the invariants of kinds do: one file each, named after the invariant.

use async_trait::async_trait;

use crate::command::Deletion;
use crate::plan::Planning;
use crate::problem::Problem;
use crate::rule::Rule;

/// What an invariant does. Every hook may refuse, complete the planned state, or add writes to the change set.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Runs when a record is made or changed, after the draft was applied and before the difference is taken.
    async fn writing(&self, _plan: &mut Planning<'_>) -> Result<(), Problem> {
        Ok(())
    }

    /// Runs before a record is deleted; `plan.before` holds it.
    async fn deleting(&self, _plan: &mut Planning<'_>, _deletion: &Deletion) -> Result<(), Problem> {
        Ok(())
    }
}

macro_rules! rules {
    ($($module:ident: $rule:ident,)*) => {
        $(pub mod $module;)*

        pub fn hooks(rule: Rule) -> &'static dyn Hooks {
            match rule {
                $(Rule::$rule => &$module::$rule,)*
            }
        }
    };
}

rules! {
    account_name: AccountName,
    bot_user: BotUser,
    columns: Columns,
    default_domain: DefaultDomain,
    external_id: ExternalId,
    form_text: FormText,
    grants: Grants,
    home_domain: HomeDomain,
    item_terms: ItemTerms,
    lasting_admin: LastingAdmin,
    lasting_bot_user: LastingBotUser,
    lasting_team: LastingTeam,
    lending: Lending,
    owning_team: OwningTeam,
    personal_labels: PersonalLabels,
    policy_rules: PolicyRules,
    ports: Ports,
    rehome: Rehome,
    source_files: SourceFiles,
    steward_team: StewardTeam,
    system_entity: SystemEntity,
    tasks: Tasks,
    team_tree: TeamTree,
    term_cycle: TermCycle,
    unique_email: UniqueEmail,
}
