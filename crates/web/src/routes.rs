//! Every page, one row each.

use std::collections::HashSet;

use emporion_edge::route::{Method, Route};

use crate::door::Door;
use crate::layout::assets;
use crate::pages;
use crate::request::handlers::not_taken;

/// With those of whoever mounts the pages.
pub fn all(more: Vec<Route<Door>>) -> Vec<Route<Door>> {
    let mut rows = pages::routes();
    rows.extend(more);
    rows.extend(without_forms(&rows));
    rows.extend(assets::routes());
    rows.extend(pages::preferences::routes());
    rows
}

/// What is sent to a page that takes no form is answered by a page, too.
fn without_forms(pages: &[Route<Door>]) -> Vec<Route<Door>> {
    let of = |method: Method| pages.iter().filter(move |row| row.method == method);
    let taking: HashSet<&str> = of(Method::POST).map(|row| &*row.path).collect();
    let lacking = of(Method::GET).filter(|row| !taking.contains(&*row.path));
    lacking.map(|row| not_taken(row.path.clone(), format!("{}_takes_no_form", row.operation))).collect()
}
