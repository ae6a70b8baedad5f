//! Invariants of kinds, one file each, named after the invariant.

pub mod account_name;
pub mod bot_user;
pub mod columns;
pub mod default_domain;
pub mod external_id;
pub mod form_text;
pub mod grants;
pub mod home_domain;
pub mod item_terms;
pub mod lasting_admin;
pub mod lasting_bot_user;
pub mod lasting_team;
pub mod lending;
pub mod owning_team;
pub mod personal_labels;
pub mod policy_rules;
pub mod ports;
pub mod rehome;
pub mod source_files;
pub mod steward_team;
pub mod system_entity;
pub mod tasks;
pub mod team_tree;
pub mod term_cycle;
pub mod unique_email;
