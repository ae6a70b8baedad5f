//! The HTTP kit that every door is built from: shapes, routes, requests, answers, cursors, the OpenAPI document, the server.
//!
//! The edge knows HTTP and nothing of a dialect; doors know a dialect and nothing of sockets.

pub mod answer;
pub mod check;
pub mod cursor;
pub mod door;
pub mod etag;
pub mod json;
pub mod params;
pub mod request;
pub mod route;
pub mod shape;
pub mod timestamp;
pub mod violation;
