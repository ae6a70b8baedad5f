//! Unstructured assets: documents that belong to a product, with the passages that can be quoted from them.

pub mod document;
pub mod part;
pub mod read;
pub mod shapes;
pub mod write;
