//! What the invariants of kinds do: one file each, named after the invariant.

use crate::plan::hooks::Hooks;
use crate::rule::Rule;

// Outside of the macro, since the formatter finds no file that is named within one.
pub mod account_name;
pub mod asking;
pub mod bot_user;
pub mod columns;
pub mod credential_revocation;
pub mod default_domain;
pub mod external_id;
pub mod form_text;
pub mod grants;
pub mod home_domain;
pub mod ingestion_schedule;
pub mod item_terms;
pub mod lasting_admin;
pub mod lasting_bot_user;
pub mod lasting_filters;
pub mod lasting_masks;
pub mod lasting_team;
pub mod lending;
pub mod member_query;
pub mod named_by_policies;
pub mod owning_team;
pub mod part_names;
pub mod personal_labels;
pub mod policy_rules;
pub mod ports;
pub mod rehome;
pub mod source_files;
pub mod source_place;
pub mod steward_team;
pub mod subscriber;
pub mod system_entity;
pub mod team_membership;
pub mod team_tree;
pub mod term_cycle;
pub mod unique_email;

macro_rules! rules {
    ($($module:ident: $rule:ident,)*) => {
        pub fn hooks(rule: Rule) -> &'static dyn Hooks {
            match rule {
                $(Rule::$rule => &$module::$rule,)*
            }
        }
    };
}

rules! {
    account_name: AccountName,
    asking: Asking,
    bot_user: BotUser,
    columns: Columns,
    default_domain: DefaultDomain,
    credential_revocation: CredentialRevocation,
    external_id: ExternalId,
    form_text: FormText,
    grants: Grants,
    home_domain: HomeDomain,
    ingestion_schedule: IngestionSchedule,
    item_terms: ItemTerms,
    team_membership: TeamMembership,
    lasting_admin: LastingAdmin,
    lasting_bot_user: LastingBotUser,
    lasting_filters: LastingFilters,
    lasting_masks: LastingMasks,
    lasting_team: LastingTeam,
    lending: Lending,
    member_query: MemberQuery,
    named_by_policies: NamedByPolicies,
    owning_team: OwningTeam,
    part_names: PartNames,
    personal_labels: PersonalLabels,
    policy_rules: PolicyRules,
    ports: Ports,
    rehome: Rehome,
    source_files: SourceFiles,
    source_place: SourcePlace,
    steward_team: StewardTeam,
    subscriber: Subscriber,
    system_entity: SystemEntity,
    team_tree: TeamTree,
    term_cycle: TermCycle,
    unique_email: UniqueEmail,
}
