//! What comes to somebody by each way in and out, as a table. One decision is made for all ways of rows of a source; what lies in
//! the catalogue itself is another.

use emporion_catalog::rows::observed::Sight;

use crate::request::visit::Visit;
use crate::text::plain::shown;

/// A way, and what comes to somebody by it.
pub struct AccessPath {
    pub name: String,
    pub outcome: String,
    pub is_open: bool,
}

/// What is read of the rows of a source: whether any, and which, in words.
pub struct RowAccess {
    pub is_open: bool,
    pub said: String,
}

/// The ways on which such rows leave, by the texts that name them.
const OF_ROWS: [&str; 5] = ["bobsled", "pages", "assistants", "postgres", "files"];

/// `sees`: what it is about; `sight`: what is seen of what was observed of it, where it is a table.
pub fn all(visit: &Visit, sees: bool, sight: Option<&Sight>, rows: &RowAccess) -> Vec<AccessPath> {
    let t = visit.t;
    let name = |way: &str| t.say(&format!("ways.{way}"));
    let described = |key: &str| match sees {
        true => (t.say(key), true),
        false => (t.say("ways.nothing"), false),
    };
    let (outcome, is_open) = match sight.filter(|_| sees) {
        None => described("ways.described"),
        Some(sight) => {
            let key = match (sight.sample, sight.values) {
                (true, true) => "ways.observed",
                (true, false) => "ways.sample",
                (false, true) => "ways.values",
                (false, false) => "ways.described",
            };
            // In which product, and by whom, is for administrators to know.
            let is_told = !sight.holds && visit.caller().principal.is_admin;
            let masked: Vec<String> = sight.masked.iter().filter(|_| is_told).map(|column| shown(column)).collect();
            let masked = (!masked.is_empty()).then(|| t.with("ways.masked", &[("columns", &masked.join(", "))]));
            ([Some(t.say(key)), masked].into_iter().flatten().collect::<Vec<_>>().join(" "), true)
        }
    };
    let metadata = AccessPath { name: name("openmetadata"), outcome, is_open };
    let (outcome, is_open) = described("ways.described");
    let catalogue = AccessPath { name: name("datazone"), outcome, is_open };
    let of_rows = OF_ROWS.iter().map(|way| match *way == "postgres" && visit.door.options.pg_port.is_none() {
        true => AccessPath { name: name(way), outcome: t.say("ways.not_spoken"), is_open: false },
        false => AccessPath { name: name(way), outcome: rows.said.clone(), is_open: rows.is_open },
    });
    [metadata, catalogue].into_iter().chain(of_rows).collect()
}
