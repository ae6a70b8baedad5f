//! The readers of rows that are lent to a product.

use std::collections::{BTreeMap, BTreeSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::rows::roles::{self, ROLES};

use crate::records::naming;
use crate::text::texts::Texts;

/// People who are named.
const MOST_NAMED: usize = 5;

/// Who has a role on a product with which its rows are read, people and teams, by name.
pub fn by_role(view: &View) -> BTreeMap<RecordId, String> {
    let holders = ROLES.into_iter().flat_map(|role| view.targets(role));
    holders.filter(|(edge, _)| roles::opens_rows(edge)).map(|(edge, card)| (edge.to, naming::rendered(card))).collect()
}

/// Who queries rows by way of a product, as long as they are lent to it.
pub fn rendered(t: Texts, view: &View) -> Vec<String> {
    let people: BTreeSet<String> = by_role(view).into_values().collect();
    let named = some_of(t, &people.into_iter().collect::<Vec<_>>());
    let named = named.map(|names| t.with("taking.people", &[("names", &names)]));
    named.into_iter().chain([t.say("taking.team")]).collect()
}

/// The first names, and how many others there are; `None` of nobody.
pub fn some_of(t: Texts, names: &[String]) -> Option<String> {
    let mut named: Vec<&str> = names.iter().take(MOST_NAMED).map(String::as_str).collect();
    let others = names.len().saturating_sub(named.len());
    let others = (others > 0).then(|| t.count("count.more_people", others));
    named.extend(others.as_deref());
    (!named.is_empty()).then(|| named.join(", "))
}
