//! The products that the visitor may query, on the first page.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::finder::Search;
use emporion_catalog::record::View;

use crate::products::askable::{Askable, MOST_ASKED, QUERYABLE};
use crate::request::recent_writes;
use crate::request::visit::Visit;
use crate::search::query;
use crate::text::texts::Texts;

/// Products that are shown.
const MOST: usize = 8;

#[derive(Template)]
#[template(path = "parts/queryable.html")]
pub struct Queryable {
    pub t: Texts,
    pub title: String,
    pub products: Vec<Askable>,
    /// Where all of them are, if there are more.
    pub more: Option<String>,
}

impl HtmlSafe for Queryable {}

/// Products whose rows he may ask for now, and where all of them are, if there are more than are shown. While they cannot be
/// found, and where finding them takes too much for this page, nothing but the place.
pub async fn found(visit: &Visit) -> (Vec<Askable>, Option<String>) {
    let elsewhere = query::address_of(QUERYABLE);
    let found = match (query::is_little_lent(visit).await, recent_writes::is_found(visit).await) {
        (Ok(true), Ok(true)) => {
            let search = Search { limit: MOST_ASKED, ..Search::of(QUERYABLE) };
            visit.door.finder.find(visit.caller(), &search).await
        }
        _ => return (Vec::new(), Some(elsewhere)),
    };
    let Ok(found) = found else { return (Vec::new(), Some(elsewhere)) };
    let products: Vec<Askable> = found.hits.iter().filter_map(Askable::of).collect();
    let are_more = found.after.is_some() || products.len() > MOST;
    (products, are_more.then_some(elsewhere))
}

impl Queryable {
    /// Without those that stand beside them as his own; `None` where there are no others.
    pub fn beside(
        t: Texts,
        own: &[View],
        (mut products, mut more): (Vec<Askable>, Option<String>),
    ) -> Option<Queryable> {
        let all = products.len();
        products.retain(|product| own.iter().all(|view| view.id() != product.id));
        if products.is_empty() && more.is_none() {
            return None;
        }
        if products.len() < all {
            more = Some(query::address_of(QUERYABLE));
        }
        products.truncate(MOST);
        let title = if own.is_empty() || products.is_empty() { "home.queryable" } else { "home.queryable_others" };
        Some(Queryable { t, title: t.say(title), products, more })
    }
}
