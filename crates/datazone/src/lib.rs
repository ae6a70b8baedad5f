//! The DataZone door: the REST API of 2018-05-10 over the catalogue, signed requests in, restJson1 out.

pub mod error;
pub mod filter;
pub mod ids;
pub mod input;
pub mod messages;
pub mod operations;
pub mod page;
pub mod patterns;
pub mod shapes;
pub mod sigv4;
pub mod smithy;
pub mod text_query;
pub mod times;
pub mod violations;
