//! Every page, one row each.

use std::collections::HashSet;

use emporion_edge::route::{Method, Route};

use crate::door::Door;
use crate::handlers::not_taken;
use crate::{assets, pages};

/// `is_dev`: with those for who works on them.
pub fn all(is_dev: bool) -> Vec<Route<Door>> {
    let mut rows = pages::routes();
    if is_dev {
        rows.extend(pages::kit::routes());
    }
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
