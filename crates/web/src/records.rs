//! Records as pages name, find and compare them.

pub(crate) mod address;
pub mod column;
pub(crate) mod column_type;
pub mod data_age;
pub mod difference;
pub mod head;
pub mod history;
pub mod in_name;
pub mod joins;
pub(crate) mod kind_names;
pub mod link;
pub mod naming;
pub(crate) mod ownership;
pub mod people;
pub mod profile;
pub(crate) mod quality;
pub mod record;
pub(crate) mod resolver;
