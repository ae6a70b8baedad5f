//! What can be typed into a search, by examples.

use crate::search::query::address_of;
use crate::text::texts::Texts;

/// Something that can be typed, and what it asks for.
pub struct Example {
    pub typed: &'static str,
    pub says: String,
    pub address: String,
}

const EXAMPLES: &[(&str, &str)] = &[
    ("net sales", "words"),
    ("\"net sales\"", "phrase"),
    ("cust_ins*", "beginning"),
    ("kind:table", "kind"),
    ("owner:me", "owner"),
    ("domain:Sales", "domain"),
    ("column:region", "column"),
    ("holds:orders", "holds"),
    ("updated:7d", "updated"),
    ("-has:owner", "without"),
    ("kind:(table OR term)", "either"),
];

pub fn examples(t: Texts) -> Vec<Example> {
    let example = |&(typed, key): &(&'static str, &str)| Example {
        typed,
        says: t.say(&format!("search.help.{key}")),
        address: address_of(typed),
    };
    EXAMPLES.iter().map(example).collect()
}
