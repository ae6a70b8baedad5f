//! What the program calls: the door at its place.

use std::sync::Arc;

use emporion_edge::mount::Mount;
use emporion_edge::route::{Method, Route, handler};
use emporion_edge::router::{Router, admission};
use emporion_products::calls::Calls;

use crate::door::{Door, admit};
use crate::exchange;

pub const PATH: &str = "/mcp";
/// A question, a statement.
const BODY_LIMIT: usize = 1 << 20;

/// What the program knows and the door does not.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Addresses of this server as people write them. Pages of these, and of no others, may call it from a browser.
    pub urls: Vec<String>,
}

/// The door, ready to be served.
pub fn mount(calls: Calls, options: Options) -> Mount {
    let door = Arc::new(Door::new(calls, &options.urls));
    let call = Route {
        summary: "Call the tools of the catalogue".into(),
        tag: "MCP".into(),
        // A tool that stores something does so by a request of its own, or asks a question, which may be given up.
        is_safe: true,
        ..Route::new(Method::POST, PATH, "call", handler(exchange::answer))
    };
    let router = Router::new(door, vec![call]).body_limit(BODY_LIMIT).tolerating_trailing_slash();
    Mount::new(router.admission(admission(admit))).at(PATH)
}
