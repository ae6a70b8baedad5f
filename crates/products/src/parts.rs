//! The parts of a product that are records of their own: each is one entry of [`all`], one implementation of
//! [`part::Part`] that says what is special about it, and one kind of the core. Drafts, deploys, lists and rights come from
//! here.

pub mod all;
pub mod change;
pub mod compositions;
pub mod examination;
pub mod front_pages;
pub mod item;
pub mod markdown;
pub mod members;
pub mod part;
pub mod promote;
pub mod read;
pub mod semantic_models;
pub mod spec;
pub mod system_prompts;
pub mod unique;
pub mod unstructured_assets;
pub mod verified_queries;
pub mod writes;
