//! The MCP door: what the catalogue can do, as tools for assistants, at `/mcp` (Model Context Protocol, streamable HTTP).
//!
//! The protocol is `rmcp`'s. The tools are made of requests in the catalogue's own dialects, which the server answers as
//! if the caller had sent them himself ([`catalogue`]); what they answer is marked as data ([`outcome`]).

mod argument;
mod bounds;
mod catalogue;
mod contract;
mod door;
mod entry;
mod exchange;
mod outcome;
mod page;
mod server;
mod tool;
mod tools;

pub use entry::{Options, mount};
