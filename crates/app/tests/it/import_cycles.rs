//! Import cycles: files that depend on one another are read together, so that no more than a few may.
//!
//! A file depends on another where a path in it leads there, in a `use` or elsewhere: to the file of the last module that the
//! path names. The root of a crate does not count: it only hands on what others hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::shipped_sources;

/// Files in one cycle.
const MOST: usize = 8;

/// Modules of a crate by their paths from its root, with what each depends on.
type Dependencies = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

#[test]
fn import_cycles_are_small() {
    let mut crates: BTreeMap<String, BTreeMap<Vec<String>, String>> = BTreeMap::new();
    for (path, text) in shipped_sources() {
        if let Some((name, file)) = path.strip_prefix("crates/").and_then(|path| path.split_once("/src/")) {
            crates.entry(name.to_owned()).or_default().insert(module(file), text);
        }
    }
    for (name, files) in &crates {
        let cycle = cycles(&dependencies(files)).into_iter().max_by_key(Vec::len).unwrap_or_default();
        assert!(cycle.len() <= MOST, "{name}: {} files depend on one another: {cycle:#?}", cycle.len());
    }
}

/// `access/parts.rs` is `["access", "parts"]`; the root has no names.
fn module(file: &str) -> Vec<String> {
    let mut names: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|last| last == "mod") || ["lib", "main"].contains(&names.join("/").as_str()) {
        names.pop();
    }
    names
}

fn dependencies(files: &BTreeMap<Vec<String>, String>) -> Dependencies {
    let depends_on = |from: &Vec<String>, text: &str| {
        let child = |name: &str| files.contains_key(&[from.as_slice(), &[name.to_owned()]].concat());
        let ends = paths(text, child).into_iter().filter_map(|path| resolve(files, from, &path));
        ends.filter(|to| to != from && !to.is_empty()).collect()
    };
    let modules = files.iter().filter(|(module, _)| !module.is_empty());
    modules.map(|(module, text)| (module.clone(), depends_on(module, text))).collect()
}

/// The file that a path in `from` leads to.
fn resolve(files: &BTreeMap<Vec<String>, String>, from: &[String], path: &[String]) -> Option<Vec<String>> {
    let above = path.iter().take_while(|name| *name == "super").count();
    let (mut at, rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "super" => (from[..from.len().checked_sub(above)?].to_vec(), &path[above..]),
        "self" => (from.to_vec(), &path[1..]),
        _ => (from.to_vec(), path),
    };
    for name in rest {
        at.push(name.clone());
        if !files.contains_key(&at) {
            at.pop();
            break;
        }
    }
    files.contains_key(&at).then_some(at)
}

/// The paths in a text that begin in its crate, or at a child of its module.
fn paths(text: &str, is_child: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut plain = String::new();
    // Who may see something leads nowhere.
    let text = text.replace("(in crate::", "(in ").replace("(in super::", "(in above::");
    for statement in text.split(';') {
        let begins = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].trim_end();
            before.is_empty() || before.ends_with([';', '}', ')', ']']) || before.ends_with("pub")
        });
        match begins {
            Some(at) => {
                plain.push_str(&statement[..at]);
                expand("", &statement[at + 4..], &mut paths);
            }
            None => plain.push_str(statement),
        }
        plain.push(';');
    }
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for word in plain.split(|c: char| !is_of_name(c)).filter(|word| word.contains("::") && !word.starts_with(':')) {
        paths.push(word.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect());
    }
    let is_ours = |first: &String| ["crate", "super", "self"].contains(&first.as_str()) || is_child(first);
    paths.retain(|path| path.first().is_some_and(is_ours));
    paths
}

/// What a `use` names: `a::{b, c::{d, e}}` are three paths.
fn expand(before: &str, tree: &str, paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some((stem, inside)) = tree.split_once('{') else {
        let path = format!("{before}{}", tree.split(" as ").next().unwrap_or_default());
        paths.push(path.split("::").map(|name| name.trim().to_owned()).collect());
        return;
    };
    let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut begin) = (0, 0);
    for (at, sign) in inside.char_indices().chain([(inside.len(), ',')]) {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inside[begin..at].trim().is_empty() {
                    expand(&format!("{before}{stem}"), &inside[begin..at], paths);
                }
                begin = at + 1;
            }
            _ => {}
        }
    }
}

/// Files that depend on one another, by whatever way.
fn cycles(dependencies: &Dependencies) -> Vec<Vec<String>> {
    let reachable: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> =
        dependencies.keys().map(|from| (from, reachable(dependencies, from))).collect();
    let mut cycles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (from, to) in &reachable {
        let back = to.iter().filter(|other| reachable[**other].contains(from));
        let cycle: BTreeSet<String> = back.map(|file| file.join("/")).collect();
        if !cycle.is_empty() {
            cycles.insert(cycle.into_iter().collect());
        }
    }
    cycles.into_iter().collect()
}

fn reachable<'a>(dependencies: &'a Dependencies, from: &'a Vec<String>) -> BTreeSet<&'a Vec<String>> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(at) = next.pop() {
        next.extend(dependencies.get(at).into_iter().flatten().filter(|to| found.insert(*to)));
    }
    found
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let text = "pub mod b;\nuse crate::a::{self, B, c::{D, e as E}};\npub use b::F;\nfn f(x: super::G) -> b::H { crate::i::j() }";
    let found: BTreeSet<String> = paths(text, |name| name == "b").iter().map(|path| path.join("::")).collect();
    let wanted = [
        "b::F",
        "b::H",
        "crate::a::B",
        "crate::a::c::D",
        "crate::a::c::e",
        "crate::a::self",
        "crate::i::j",
        "super::G",
    ];
    assert_eq!(found, wanted.map(str::to_owned).into());
}

#[test]
fn a_cycle_is_whatever_leads_back() {
    let file = |name: &str| vec![name.to_owned()];
    let dependencies: Dependencies = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
        .map(|(from, to)| (file(from), BTreeSet::from([file(to)])))
        .into();
    assert_eq!(cycles(&dependencies), [["a", "b", "c"].map(str::to_owned).to_vec()]);
}
