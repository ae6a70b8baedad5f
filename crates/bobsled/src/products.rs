//! Products themselves, as they are shown.

pub mod product;
