//! The pages that people walk into: rendered on the server, whole without a script.
//!
//! A page is a row of [`routes`], a handler in `pages/`, and a template. What all handlers get is a [`visit::Visit`]: the
//! request, who makes it, and in which language he reads. They read through `catalog.reading(caller)` as every door does,
//! and change through the same commands. What another door has worked out (questions in words, what the server is doing),
//! they ask it for, as their visitor ([`inward`]).

mod address;
mod anew;
mod answer;
mod askable;
mod assets;
mod astray;
mod attempt;
mod borrowers;
mod bound;
mod called;
mod chart;
mod choice;
mod column;
mod column_type;
mod compressed;
mod condition;
mod conflict;
mod contract;
mod cookies;
mod deed;
mod difference;
mod door;
mod edit;
mod events;
mod fault;
mod fault_page;
mod fault_text;
mod figures;
mod form;
mod found;
mod going;
mod handlers;
mod head;
mod headers;
mod held;
mod history;
mod holders;
mod icon;
mod inward;
mod joins;
mod kinds;
mod lineage;
mod lines;
mod link;
mod loans;
mod looked;
mod losses;
mod makers;
mod markdown;
mod marked;
mod model;
mod model_difference;
mod model_picture;
mod moment;
mod naming;
mod new_record;
mod news;
mod own;
mod pages;
mod paging;
mod part_changes;
mod parts;
mod people;
mod picture;
mod plain;
mod preferences;
mod profile;
mod providers;
mod record;
mod rest;
mod restore;
mod role;
mod routes;
mod sentence;
mod session;
mod shell;
mod simulator;
mod sparkline;
mod tabs;
mod term;
mod texts;
mod topic;
mod unseen;
mod unsent;
mod visit;
mod whose;
mod written;

use std::sync::Arc;

use emporion_catalog::Catalog;
use emporion_catalog::finder::Finder;
use emporion_edge::inside::Inside;
use emporion_edge::mount::Mount;
use emporion_edge::route::handler;
use emporion_edge::router::{Router, admission};

pub use door::{Door, Options};
pub use providers::SignIn;

/// What anybody sends with a form: the longest description, percent-encoded.
const BODY_LIMIT: usize = 4 << 20;

/// The pages. They take every path that no other door has, so they are mounted last.
pub fn mount(catalog: Arc<Catalog>, finder: Arc<dyn Finder>, inside: Inside, options: Options) -> Mount {
    let rows = routes::all(options.is_dev);
    let door = Arc::new(Door::new(catalog, finder, inside, options));
    let router = Router::new(door, rows).body_limit(BODY_LIMIT).tolerating_trailing_slash();
    let router = router.looked_for(handler(handlers::looked_for));
    Mount::new(router.admission(admission(handlers::admit))).at("/")
}
