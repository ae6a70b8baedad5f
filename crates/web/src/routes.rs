//! Every page, one row each.

use emporion_edge::route::Route;

use crate::door::Door;
use crate::{assets, pages, preferences};

pub fn all() -> Vec<Route<Door>> {
    let mut rows = assets::routes();
    rows.extend(preferences::routes());
    rows.extend(pages::routes());
    rows
}
