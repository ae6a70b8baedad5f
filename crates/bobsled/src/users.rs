//! Who may do what with a product, and which rows of its tables he sees.

pub mod filter_check;
pub mod roles;
