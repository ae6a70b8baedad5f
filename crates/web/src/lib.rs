//! The pages that people walk into: rendered on the server, whole without a script.
//!
//! A page is a row of [`routes`], a handler in `pages/`, and a template. What all handlers get is a
//! [`request::visit::Visit`]: the request, who makes it, and in which language he reads. They read through
//! `catalog.reading(caller)` as every door does, and change through the same commands. What a
//! product answers they ask its service for, and what the server is doing another door, as their visitor
//! ([`request::internal_client`]).
//!
//! Modules are public whose parts the kit of components (`emporion-web-kit`) shows.

pub mod access;
pub mod answers;
mod door;
pub mod fault;
pub mod following;
pub mod forms;
pub mod layout;
pub mod lineage;
pub mod pages;
pub mod products;
pub mod records;
pub mod request;
mod routes;
mod search;
mod sign_in;
pub mod text;

use std::sync::Arc;

use emporion_catalog::finder::Finder;
use emporion_edge::mount::Mount;
use emporion_edge::route::{Route, handler};
use emporion_edge::router::{Router, admission};
use emporion_products::calls::Calls;

use crate::request::handlers;

pub use door::{Door, Options, Setting, Settings};
pub use sign_in::providers::SignIn;

/// What anybody sends with a form: the longest description, percent-encoded.
const BODY_LIMIT: usize = 4 << 20;

/// The pages. They take every path that no other door has, so they are mounted last.
pub fn mount(calls: Calls, finder: Arc<dyn Finder>, options: Options) -> Mount {
    mount_with(Vec::new(), calls, finder, options)
}

/// The pages, and some more of whoever mounts them.
pub fn mount_with(more: Vec<Route<Door>>, calls: Calls, finder: Arc<dyn Finder>, options: Options) -> Mount {
    let rows = routes::all(more);
    let door = Arc::new(Door::new(calls, finder, options));
    let router = Router::new(door, rows).body_limit(BODY_LIMIT).tolerating_trailing_slash();
    let router = router.looked_for(handler(handlers::looked_for));
    Mount::new(router.admission(admission(handlers::admit))).at("/")
}
