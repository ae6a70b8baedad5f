//! The pages that people walk into: rendered on the server, whole without a script.
//!
//! A page is a row of [`routes`], a handler in `pages/`, and a template. What all handlers get is a [`visit::Visit`]: the
//! request, who makes it, and in which language he reads. They read through `catalog.reading(caller)` as every door does,
//! and change through the same commands. What another door has worked out (questions in words, what the server is doing),
//! they ask it for, as their visitor ([`inward`]).
//!
//! Modules are public whose parts the kit of components (`emporion-web-kit`) shows.

mod address;
mod anew;
pub mod answer;
pub mod askable;
pub mod assets;
mod astray;
mod attempt;
mod borrowers;
mod bound;
mod called;
pub mod chart;
pub mod choice;
pub mod column;
mod column_type;
mod compressed;
pub mod condition;
pub mod conflict;
mod contract;
mod cookies;
mod deed;
pub mod difference;
mod door;
mod edit;
mod events;
pub mod fault;
mod fault_page;
pub mod fault_text;
pub mod figures;
mod form;
mod found;
mod going;
pub mod handlers;
pub mod head;
mod headers;
mod held;
pub mod history;
mod holders;
pub mod icon;
mod inward;
pub mod joins;
mod kinds;
pub mod lineage;
mod lines;
pub mod link;
pub mod loans;
mod looked;
pub mod losses;
mod makers;
pub mod markdown;
mod marked;
pub mod model;
mod model_difference;
pub mod model_picture;
pub mod moment;
pub mod naming;
mod new_record;
mod news;
pub mod offer;
mod own;
pub mod pages;
mod paging;
mod part_changes;
pub mod parts;
pub mod people;
pub mod picture;
mod plain;
mod preferences;
pub mod profile;
mod providers;
mod readers;
pub mod record;
pub mod rest;
mod restore;
mod role;
mod routes;
mod search_query;
mod sentence;
mod session;
pub mod shell;
pub mod simulator;
pub mod sparkline;
pub mod tabs;
pub mod term;
pub mod texts;
mod topic;
mod unseen;
mod unsent;
pub mod visit;
mod whose;
mod written;

use std::sync::Arc;

use emporion_catalog::finder::Finder;
use emporion_edge::inside::Inside;
use emporion_edge::mount::Mount;
use emporion_edge::route::{Route, handler};
use emporion_edge::router::{Router, admission};
use emporion_products::service::Products;

pub use door::{Door, Options};
pub use providers::SignIn;

/// What anybody sends with a form: the longest description, percent-encoded.
const BODY_LIMIT: usize = 4 << 20;

/// The pages. They take every path that no other door has, so they are mounted last.
pub fn mount(products: Arc<Products>, finder: Arc<dyn Finder>, inside: Inside, options: Options) -> Mount {
    mount_with(Vec::new(), products, finder, inside, options)
}

/// The pages, and some more of whoever mounts them.
pub fn mount_with(
    more: Vec<Route<Door>>,
    products: Arc<Products>,
    finder: Arc<dyn Finder>,
    inside: Inside,
    options: Options,
) -> Mount {
    let rows = routes::all(more);
    let door = Arc::new(Door::new(products, finder, inside, options));
    let router = Router::new(door, rows).body_limit(BODY_LIMIT).tolerating_trailing_slash();
    let router = router.looked_for(handler(handlers::looked_for));
    Mount::new(router.admission(admission(handlers::admit))).at("/")
}
