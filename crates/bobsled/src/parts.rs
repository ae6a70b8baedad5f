//! The parts of a product that are records of their own: each is one entry of this table, one file that says what is
//! special about it, and one kind of the core. Drafts, deploys, lists, rights and both mounts come from here.

pub mod compositions;
pub mod front_pages;
pub mod handlers;
pub mod item;
pub mod markdown;
pub mod part;
pub mod promote;
pub mod rows;
pub mod semantic_models;
pub mod system_prompts;
pub mod unique;
pub mod unstructured_assets;
pub mod verified_queries;
pub mod wire;
pub mod writes;

pub use part::Part;

/// Every part that is built, in the order of the document.
pub const ALL: &[&Part] = &[
    &semantic_models::PART,
    &verified_queries::PART,
    &system_prompts::PART,
    &front_pages::PART,
    &compositions::PART,
    &unstructured_assets::PART,
];

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "semantic_models_tests.rs"]
mod semantic_models_tests;

#[cfg(test)]
#[path = "semantic_models_redaction_tests.rs"]
mod semantic_models_redaction_tests;
