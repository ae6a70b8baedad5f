//! Semantic models: documents of the Open Semantic Interchange that say what a product's tables mean.
//!
//! Whatever format comes in, the interchange document is what is kept, shown and deployed.

pub mod attestation;
pub mod body;
pub mod columns;
pub mod document;
pub mod entry;
pub mod examine;
pub mod generate;
pub mod hidden;
pub mod live_relationships;
pub mod names;
pub mod part;
pub mod read;
pub mod redaction;
pub mod sample_origins;
pub mod samples;
pub mod sections;
pub mod shapes;
pub mod spec;
pub mod synonym;
pub mod verified;
pub mod write;
