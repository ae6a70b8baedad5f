//! Semantic models: documents of the Open Semantic Interchange that say what a product's tables mean.
//!
//! Whatever format comes in, the interchange document is what is kept, shown and deployed. Its tables, relationships
//! and metrics can be read and changed one by one; each such change is a change of the document.

mod body;
pub mod document;
mod examine;
mod exchange;
mod generate;
mod hidden;
mod known;
pub mod names;
pub mod part;
mod redaction;
pub mod routes;
mod samples;
mod sections;
mod shapes;
pub mod spec;
pub mod synonym;
mod verified;
pub mod vouched;
