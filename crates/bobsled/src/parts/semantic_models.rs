//! Requests about semantic models: they come and go in any format, and their tables, relationships and metrics can be read
//! and changed one by one; each such change is a change of the document.

mod exchange;
mod generate;
pub mod routes;
mod sections;
pub mod synonym;
