//! What terms, tags and the vocabularies of both have in common: doing away with them, and what that touches.

pub mod deleting;
pub mod touched;
