//! What the rows of the operation table do, one file for each noun (or verb, where it is long).

pub mod chat;
pub mod chat_feedback;
pub mod chat_guide;
pub mod chat_review;
pub mod chat_threads;
pub mod data_assets;
pub mod data_sources;
pub mod deploy;
pub mod product_create;
pub mod product_skills;
pub mod products;
pub mod queryable_tables;
pub mod run_sql;
pub mod skills;
pub mod source_tests;
pub mod users;

#[cfg(test)]
mod tests;
