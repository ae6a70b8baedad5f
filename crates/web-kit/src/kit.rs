//! The page `/_kit`: what pages are made of, each in each of its states. The parts are shown in groups, one file each; a test
//! looks that none of them is forgotten.

use std::sync::Arc;

use askama::Template;
use emporion_edge::route::Route;
use emporion_web::Door;
use emporion_web::layout::icon::Icon;
use emporion_web::layout::shell::Shell;
use emporion_web::records::link::Link;
use emporion_web::request::handlers::page;
use emporion_web::request::visit::{Shown, Visit, answer};
use emporion_web::text::moment::Moment;

use crate::apart::Ids;
use crate::part::{Part, State};
use crate::samples::{AT, LONG, ago, link};
use crate::{answers, changes, lists, people, pictures, records, rendered, rows, runs};

const GROUPS: &[&[Part]] = &[
    answers::PARTS,
    changes::PARTS,
    lists::PARTS,
    people::PARTS,
    pictures::PARTS,
    records::PARTS,
    rows::PARTS,
    runs::PARTS,
    rendered::PARTS,
];
const ICONS: &[&str] = &[
    "home", "product", "domain", "service", "database", "schema", "table", "column", "pipeline", "board", "glossary",
    "term", "person", "team", "other", "search", "check", "lock", "warning", "edit", "plus", "key", "arrow", "cross",
    "inbox", "menu",
];

#[derive(Template)]
#[template(path = "kit.html")]
struct Kit {
    p: Shell,
    icons: Vec<(&'static str, Icon)>,
    links: Vec<Link>,
    moments: Vec<Moment>,
    parts: Vec<Seen>,
}

/// A part as the page shows it.
struct Seen {
    name: &'static str,
    /// Each with the id of what names it.
    states: Vec<(String, State)>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(AT, "kit", show)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let mut p = visit.shell("").below("_kit", None);
    // Both looks have an address.
    match visit.query("theme").as_str() {
        "light" => p.theme = Some("light"),
        "dark" => p.theme = Some("dark"),
        _ => {}
    }
    let minutes = [0, 5, 3 * 60, 26 * 60, 90 * 24 * 60];
    answer(&Kit {
        p,
        icons: ICONS.iter().map(|name| (*name, Icon(name))).collect(),
        links: vec![link("Orders", "table"), link(LONG, "product"), link("closed", "domain").closed()],
        moments: minutes.into_iter().map(|minutes| visit.moment(ago(&visit, minutes))).collect(),
        parts: seen(&visit),
    })
}

/// All parts, in the order of their names.
fn seen(visit: &Visit) -> Vec<Seen> {
    let mut parts: Vec<&Part> = GROUPS.iter().copied().flatten().collect();
    parts.sort_by_key(|part| part.name);
    let mut ids = Ids::default();
    let mut placed = |part: &Part, at: usize, state: State| {
        let id = format!("part-{}-{at}", part.name);
        let html = ids.apart(&state.html, &id, &format!("{}, {}", part.name, state.name));
        (id, State { html, ..state })
    };
    let mut states = |part: &Part| {
        let states = (part.states)(visit).into_iter().enumerate();
        states.map(|(at, state)| placed(part, at, state)).collect()
    };
    parts.into_iter().map(|part| Seen { name: part.name, states: states(part) }).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::GROUPS;

    #[test]
    fn every_part_is_shown_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/parts");
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut files: Vec<String> = files.map(|name| name.into_string().expect("a name")).collect();
        let mut shown: Vec<String> =
            GROUPS.iter().copied().flatten().map(|part| format!("{}.html", part.name)).collect();
        files.sort();
        shown.sort();
        assert_eq!(shown, files);
    }
}
