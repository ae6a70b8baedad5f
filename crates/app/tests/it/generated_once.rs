//! What many wait for is generated once (docs/decisions/0031): nothing in the source shows where it is not.

use crate::architecture::sources;

/// What only the core itself waits for.
const INNER: &[&str] =
    &["access/", "context.rs", "facts.rs", "load.rs", "plan.rs", "plan/", "prefetch.rs", "resolve.rs", "rules/"];
/// Small ones that look at what their callers give, or wait for the time alone.
const SMALL: &[&str] = &["acquire", "last_part", "remembered", "shut_down", "stop", "wait_until"];

#[test]
fn what_other_crates_wait_for_of_the_core_is_boxed() {
    let mut bare: Vec<String> = Vec::new();
    for (path, text) in sources("crates/catalog/src") {
        let within = path.trim_start_matches("crates/catalog/src/");
        if INNER.iter().any(|inner| within.starts_with(inner)) {
            continue;
        }
        let named = text.lines().filter_map(|line| line.trim_start().strip_prefix("pub async fn "));
        let names = named.map(|rest| rest.split(['(', '<']).next().unwrap_or_default());
        bare.extend(names.filter(|name| !SMALL.contains(name)).map(|name| format!("{path}: {name}")));
    }
    assert!(bare.is_empty(), "let them return a `Boxed`: {bare:#?}");
}

#[test]
fn the_walk_over_statements_is_given_one_visitor() {
    const WALKS: &[&str] =
        &[".visit(&mut ", "Visit::visit(", "VisitMut::visit(", "visit_expressions", "visit_relations"];
    let walks: Vec<String> = sources("crates")
        .into_iter()
        .filter(|(path, text)| path.contains("/src/") && text.contains("sqlparser"))
        .filter(|(_, text)| WALKS.iter().any(|walk| text.contains(walk)))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(walks, ["crates/semantic/src/visit.rs"]);
}
