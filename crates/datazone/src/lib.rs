//! The DataZone door: the REST API of 2018-05-10 over the catalogue, signed requests in, restJson1 out.
//!
//! A request in order: `routes` has one row per operation of the model; `serve` checks the signature, the caller and the
//! shape; `offered` names the function of a noun (`data_products`, `glossaries`…); `in_domain` is the domain that the
//! request stands in; `error` has the words for what the core refuses.

mod allowed;
mod asset_kinds;
mod asset_types;
mod assets;
pub mod call;
mod criteria;
mod data_products;
mod derived;
mod domain_units;
mod domains;
pub mod door;
pub mod error;
pub mod filter;
mod form_model;
mod form_types;
mod forms;
mod glossaries;
mod hits;
pub mod ids;
mod imported;
mod in_domain;
pub mod input;
mod inventory;
mod items;
mod managed;
mod match_rationale;
mod members;
mod memberships;
pub mod messages;
pub mod offered;
pub mod operations;
mod options;
pub mod page;
pub mod patterns;
mod people;
mod projects;
mod ranking;
mod revisions;
pub mod routes;
mod search;
mod search_types;
mod serve;
pub mod shapes;
pub mod sigv4;
mod spelling;
mod standing;
mod tags;
mod term_labels;
mod terms;
pub mod text_query;
pub mod times;
pub mod violations;

pub use managed::provide;
pub use options::Options;
pub use routes::{document, mount};
