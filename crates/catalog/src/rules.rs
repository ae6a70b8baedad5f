//! What the invariants of kinds do: one file each, named after the invariant.

use crate::plan::hooks::Hooks;
use crate::rule::Rule;

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
    part_names: PartNames,
    personal_labels: PersonalLabels,
    policy_rules: PolicyRules,
    ports: Ports,
    rehome: Rehome,
    source_files: SourceFiles,
    steward_team: StewardTeam,
    subscriber: Subscriber,
    system_entity: SystemEntity,
    team_tree: TeamTree,
    term_cycle: TermCycle,
    unique_email: UniqueEmail,
}
