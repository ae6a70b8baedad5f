//! Where the file of a record stands: `products/Sales/Customer 360.yaml`. The folder says the kind, those below it what the
//! record stands below.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use emporion_catalog::name;
use emporion_catalog::registry::Registry;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::files::shape::{self, Shape};

/// Longest name of a folder, or of a file without its ending.
const LONGEST: usize = 120;
/// What some systems take for devices.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt"];

/// Where the file of one record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: String,
    segments: Vec<String>,
    /// What tells two apart whose names some systems hold to be one.
    mark: String,
}

/// The place of the record that a document describes; `None` where it does not say which that is.
pub fn place_of(registry: &Registry, document: &Value) -> Option<Place> {
    let shape = shape::named(registry, document["kind"].as_str()?)?;
    let name = document["name"].as_str().filter(|name| !name.is_empty())?;
    let mut names = match &document["parent"] {
        Value::Null => Vec::new(),
        Value::String(parent) => name::split(parent)?,
        Value::Object(parent) => name::split(parent.values().next()?.as_str()?)?,
        _ => return None,
    };
    names.push(name.to_owned());
    let fqn: Vec<String> = names.iter().map(|name| name::quote(name)).collect();
    let mark = short_hash(&fqn.join("."));
    Some(Place { folder: folder(shape), segments: names.iter().map(|name| segment(name)).collect(), mark })
}

/// The last word of the kind, as there are many.
fn folder(shape: Shape) -> String {
    let kind = shape.0.name();
    crate::records::plural(kind.rsplit_once('_').map_or(kind, |(_, last)| last))
}

impl Place {
    pub fn path(&self) -> PathBuf {
        self.with("")
    }

    fn marked(&self) -> PathBuf {
        self.with(&format!("~{}", self.mark))
    }

    fn with(&self, mark: &str) -> PathBuf {
        let (last, above) = self.segments.split_last().map_or(("", &[][..]), |(last, above)| (last.as_str(), above));
        let mut path = PathBuf::from(&self.folder);
        path.extend(above);
        path.push(format!("{last}{mark}.yaml"));
        path
    }

    /// Whether the file may stand there. Where capitals are not told apart, they need not be those of the name.
    pub fn is_at(&self, path: &Path) -> bool {
        let path = folded(path);
        path == folded(&self.path()) || path == folded(&self.marked())
    }
}

/// The paths of these places, in their order. Of those that some systems would hold to be one, all but the first by name
/// bear their marks.
pub fn paths(places: &[&Place]) -> Vec<PathBuf> {
    let mut first: HashMap<String, &Place> = HashMap::new();
    for place in places {
        let known = first.entry(folded(&place.path())).or_insert(place);
        if place.segments < known.segments {
            *known = place;
        }
    }
    let path = |place: &&Place| if first[&folded(&place.path())] == *place { place.path() } else { place.marked() };
    places.iter().map(path).collect()
}

fn folded(path: &Path) -> String {
    name::fold(&path.to_string_lossy())
}

/// A name as a folder or a file may have it. `%` begins the bytes of what it may not.
fn segment(name: &str) -> String {
    let mut text = String::new();
    let last = name.chars().count().saturating_sub(1);
    for (at, c) in name.chars().enumerate() {
        let is_at_an_end = (at == 0 && matches!(c, '.' | ' ' | '-')) || (at == last && matches!(c, '.' | ' '));
        let is_device = at == 0 && is_device(name);
        let is_special = matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%' | '~');
        if is_at_an_end || is_device || is_special || is_unseen(c) {
            let mut bytes = [0; 4];
            text.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            text.push(c);
        }
    }
    if text.len() <= LONGEST {
        return text;
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // A byte that is written with three letters is not cut.
    let bytes = text.as_bytes();
    while bytes[end - 1] == b'%' || bytes[end - 2] == b'%' {
        end -= 1;
    }
    format!("{}~{}", &text[..end], short_hash(name))
}

fn is_device(name: &str) -> bool {
    let stem = name::fold(name.split('.').next().unwrap_or_default());
    DEVICES.iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|rest| match *device {
            "com" | "lpt" => rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()),
            _ => rest.is_empty(),
        })
    })
}

/// Neither shown nor written by people: controls, and what turns the direction of writing or takes no room.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(kind: &str, parent: Value, name: &str) -> Place {
        place_of(&Registry::standard(), &json!({"kind": kind, "parent": parent, "name": name})).unwrap()
    }

    #[test]
    fn files_stand_where_people_look_for_them() {
        for (kind, parent, name, path) in [
            ("domain", Value::Null, "Sales", "domains/Sales.yaml"),
            ("domain", json!("Sales"), "Europe", "domains/Sales/Europe.yaml"),
            ("data_product", json!("Sales.Europe"), "Customer 360", "products/Sales/Europe/Customer 360.yaml"),
            ("glossary_term", json!({"glossary": "Sales.Trade"}), "Net sales", "terms/Sales/Trade/Net sales.yaml"),
            ("policy", Value::Null, "Readers", "policies/Readers.yaml"),
            ("data_product", json!("\"a.b\""), "c", "products/a.b/c.yaml"),
        ] {
            assert_eq!(place(kind, parent, name).path(), PathBuf::from(path));
        }
    }

    #[test]
    fn every_kind_has_a_folder_of_its_own() {
        let registry = Registry::standard();
        let folders: std::collections::HashSet<String> = shape::all(&registry).map(folder).collect();
        assert_eq!(folders.len(), shape::KINDS.len());
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        for (name, file) in [
            ("..", "%2E%2E"),
            (".", "%2E"),
            ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
            ("a\\b", "a%5Cb"),
            ("C:", "C%3A"),
            ("-rf", "%2Drf"),
            (".git", "%2Egit"),
            ("nul", "%6Eul"),
            ("Com1.x", "%43om1.x"),
            ("company", "company"),
            ("50%~", "50%25%7E"),
            ("a\u{202e}b\n", "a%E2%80%AEb%0A"),
            ("end.", "end%2E"),
            ("Größe 東京", "Größe 東京"),
        ] {
            assert_eq!(segment(name), file, "{name:?}");
        }
        for name in ["x".repeat(256), "\u{1}".repeat(256), "東".repeat(256)] {
            let file = segment(&name);
            assert!(file.len() < 140 && file.contains('~'), "{file}");
        }
    }

    #[test]
    fn names_that_differ_in_capitals_alone_stay_apart() {
        let (a, b) = (place("domain", Value::Null, "Sales"), place("domain", Value::Null, "sales"));
        let paths = paths(&[&a, &b, &place("domain", Value::Null, "Other")]);
        assert_ne!(folded(&paths[0]), folded(&paths[1]));
        assert!(a.is_at(&paths[0]) && b.is_at(&paths[1]) && !a.is_at(&paths[1]));
        assert_eq!(paths[2], PathBuf::from("domains/Other.yaml"));
    }
}
