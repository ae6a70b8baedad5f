//! Names of kinds, by the words that searches have for them.

use crate::text::plain::shown;
use crate::text::texts::Texts;

/// One of the kind.
pub fn one(t: Texts, page: &str) -> String {
    rendered(t, &format!("search.kind.{page}"), page)
}

pub fn many(t: Texts, page: &str) -> String {
    rendered(t, &format!("search.kinds.{page}"), page)
}

/// Several of a kind of records.
pub fn several(t: Texts, kind: &str) -> String {
    t.find(&format!("kinds.{kind}")).map_or_else(|| many(t, kind), str::to_owned)
}

/// A kind without a text is called by its name.
fn rendered(t: Texts, key: &str, page: &str) -> String {
    t.find(key).map_or_else(|| shown(&page.replace('_', " ")), str::to_owned)
}
