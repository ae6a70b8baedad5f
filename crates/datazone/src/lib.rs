//! The DataZone door: the REST API of 2018-05-10 over the catalogue, signed requests in, restJson1 out.

pub mod error;
pub mod operations;
pub mod patterns;
pub mod shapes;
pub mod sigv4;
pub mod times;
