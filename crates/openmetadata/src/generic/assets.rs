//! Assets: what a record holds by a relation, listed, and changed many at a time.

pub mod page;
pub mod rows;
