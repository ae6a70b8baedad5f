//! Every page, one row each.

use emporion_edge::route::Route;

use crate::door::Door;
use crate::{assets, pages, preferences};

/// `is_dev`: with those for who works on them.
pub fn all(is_dev: bool) -> Vec<Route<Door>> {
    let mut rows = assets::routes();
    rows.extend(preferences::routes());
    rows.extend(pages::routes());
    if is_dev {
        rows.extend(pages::kit::routes());
    }
    rows
}
