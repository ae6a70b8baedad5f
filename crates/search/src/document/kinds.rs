//! What kinds are called in queries: by the names of their pages, one or many.

use emporion_catalog::kind::Kind;
use emporion_catalog::registry::Registry;
use emporion_catalog::text::fold;

/// A name that no kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

/// Whether records of the kind are found by themselves. A part is found with its whole, an account never, and the ways of
/// testing that every account knows would stand before what people look for.
pub fn is_found(kind: Kind) -> bool {
    !kind.0.part && !kind.is("account") && !kind.is("test_definition")
}

/// What the pages of a kind are called.
pub fn page_name(kind: Kind) -> &'static str {
    match kind.name() {
        "data_product" => "product",
        "database_schema" => "schema",
        "glossary_term" => "term",
        "user" => "person",
        name if name.ends_with("_service") => "service",
        name => name,
    }
}

/// The names that are told to who used an unknown one.
pub fn known_kinds(registry: &Registry) -> Vec<&'static str> {
    let mut names: Vec<&str> = registry.iter().filter(|kind| is_found(*kind)).map(page_name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The kinds of that name; with `prefix`, of names that begin so.
pub fn kinds_called(registry: &Registry, text: &str, prefix: bool) -> Result<Vec<Kind>, Unknown> {
    let wanted = fold(text).replace(['-', ' '], "_");
    let is = |name: &str| if prefix { name.starts_with(&wanted) } else { name == wanted };
    let is_called = |kind: &Kind| {
        is_found(*kind) && [kind.name(), page_name(*kind)].into_iter().any(|name| is(name) || is(&plural(name)))
    };
    let found: Vec<Kind> = registry.iter().filter(is_called).collect();
    if found.is_empty() { Err(Unknown) } else { Ok(found) }
}

fn plural(name: &str) -> String {
    match name {
        "person" => "people".to_owned(),
        name if name.ends_with("ss") => format!("{name}es"),
        name => match name.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{name}s"),
        },
    }
}
