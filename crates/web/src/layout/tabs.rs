//! Tabs: each is an address.

use crate::records::address;
use crate::request::visit::Visit;

pub struct Tab {
    pub name: String,
    pub address: String,
    pub is_chosen: bool,
}

/// The tabs that a page has; the first is shown where the address asks for none that there is.
#[derive(Clone, Copy)]
pub struct Tabs {
    /// What their texts stand under.
    pub noun: &'static str,
    pub names: &'static [&'static str],
}

impl Tabs {
    /// The tab that the address asks for.
    pub fn chosen(&self, visit: &Visit) -> &'static str {
        let wanted = visit.query("tab");
        self.names.iter().copied().find(|tab| *tab == wanted).unwrap_or(self.names[0])
    }

    /// All of them, of a page at an address, with the one that is shown; the first needs no parameter.
    pub fn at(&self, visit: &Visit, at: &str, chosen: &str) -> Vec<Tab> {
        let tab = |(index, tab): (usize, &&'static str)| Tab {
            name: visit.t.say(&format!("tab.{}.{tab}", self.noun)),
            address: address::with_query(at, &[("tab", if index == 0 { "" } else { tab })]),
            is_chosen: *tab == chosen,
        };
        self.names.iter().enumerate().map(tab).collect()
    }
}
