//! Layout: what surrounds a page, and the components that many pages share.

pub mod assets;
pub mod collapsed_list;
pub mod icon;
pub(crate) mod listing;
pub(crate) mod paging;
pub mod parts;
pub mod rest;
pub mod shell;
pub mod sparkline;
pub mod tabs;
