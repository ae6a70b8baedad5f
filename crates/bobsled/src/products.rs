//! Products themselves, as they are shown.

pub mod product;
pub mod settings;
