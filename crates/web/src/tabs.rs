//! Tabs: each is an address.

use crate::address;
use crate::visit::Visit;

pub struct Tab {
    pub name: String,
    pub address: String,
    pub is_chosen: bool,
}

/// The tab that the address asks for; the first, where it asks for none that there is.
pub fn chosen(visit: &Visit, tabs: &'static [&'static str]) -> &'static str {
    let wanted = visit.query("tab");
    tabs.iter().copied().find(|tab| *tab == wanted).unwrap_or(tabs[0])
}

/// All tabs of a page at an address; the first needs no parameter.
pub fn all(visit: &Visit, at: &str, noun: &str, tabs: &'static [&'static str]) -> Vec<Tab> {
    let chosen = chosen(visit, tabs);
    let tab = |(index, tab): (usize, &&'static str)| Tab {
        name: visit.t.say(&format!("tab.{noun}.{tab}")),
        address: address::with_query(at, &[("tab", if index == 0 { "" } else { tab })]),
        is_chosen: *tab == chosen,
    };
    tabs.iter().enumerate().map(tab).collect()
}
