//! The HTTP kit that every door is built from: shapes, routes, requests, answers, cursors, the OpenAPI document, the server.
//!
//! The edge knows HTTP and nothing of a dialect; doors know a dialect and nothing of sockets.

pub mod accept;
pub mod access_log;
pub mod answer;
pub mod apart;
pub mod app;
pub mod bearer;
mod body;
pub mod body_budget;
pub mod check;
pub mod connections_by_address;
pub mod cursor;
pub mod door;
pub mod etag;
pub mod fingerprint;
mod fixed_page;
pub mod health;
pub mod inside;
pub mod json;
pub mod json_writer;
pub mod limits;
pub mod login_throttle;
pub mod metrics;
pub mod mount;
pub mod multipart;
pub mod openapi;
pub mod origin;
pub mod params;
pub mod password_queue;
mod path;
pub mod request;
pub mod request_id;
pub mod route;
pub mod router;
pub mod schema;
mod seats;
pub mod secret_address;
pub mod server;
pub mod shape;
mod shared_login_failures;
pub mod sign_in;
pub mod stream;
pub mod tls;
pub mod token_bucket;
mod trie;
mod unread;
pub mod violation;
mod weight;

pub use emporion_catalog::timestamp;
