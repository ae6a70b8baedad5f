//! Files that lead to one another are read together: no more than a few may be in one circle.
//!
//! A file leads to another where a path in it does, in a `use` or elsewhere: to the file of the last module that the path
//! names. The root of a crate is no room of it: it only hands on what others hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::shipped_sources;

/// Files in one circle.
const MOST: usize = 8;
/// Where there are larger ones still, the largest: they may only shrink.
const LARGER: &[(&str, usize)] = &[("semantic", 33), ("web", 133)];

/// Modules of a crate by their paths from its root, with what each leads to.
type Arrows = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

#[test]
fn few_files_lead_to_one_another() {
    let mut crates: BTreeMap<String, BTreeMap<Vec<String>, String>> = BTreeMap::new();
    for (path, text) in shipped_sources() {
        if let Some((name, file)) = path.strip_prefix("crates/").and_then(|path| path.split_once("/src/")) {
            crates.entry(name.to_owned()).or_default().insert(module(file), text);
        }
    }
    let mut largest = Vec::new();
    for (name, files) in &crates {
        let circle = circles(&arrows(files)).into_iter().max_by_key(Vec::len).unwrap_or_default();
        match LARGER.iter().find(|(known, _)| known == name) {
            Some((_, known)) => largest.push((name.as_str(), circle.len(), *known)),
            None => assert!(circle.len() <= MOST, "{name}: {} files lead to one another: {circle:#?}", circle.len()),
        }
    }
    assert!(largest.iter().all(|(_, count, known)| count == known), "crate, largest circle, as it was: {largest:?}");
}

/// `access/parts.rs` is `["access", "parts"]`; the root has no names.
fn module(file: &str) -> Vec<String> {
    let mut names: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|last| last == "mod") || ["lib", "main"].contains(&names.join("/").as_str()) {
        names.pop();
    }
    names
}

fn arrows(files: &BTreeMap<Vec<String>, String>) -> Arrows {
    let leads_to = |from: &Vec<String>, text: &str| {
        let child = |name: &str| files.contains_key(&[from.as_slice(), &[name.to_owned()]].concat());
        let ends = paths(text, child).into_iter().filter_map(|path| end(files, from, &path));
        ends.filter(|to| to != from && !to.is_empty()).collect()
    };
    let rooms = files.iter().filter(|(module, _)| !module.is_empty());
    rooms.map(|(module, text)| (module.clone(), leads_to(module, text))).collect()
}

/// The file in which a path of `from` ends.
fn end(files: &BTreeMap<Vec<String>, String>, from: &[String], path: &[String]) -> Option<Vec<String>> {
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
    let text = text.replace("(in crate::", "(in ").replace("(in super::super", "(in above");
    for (place, statement) in text.split(';').enumerate() {
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
        plain.push(if place > 0 { ';' } else { ' ' });
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

/// Files that lead to one another, by whatever way.
fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reached: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> =
        arrows.keys().map(|from| (from, reached(arrows, from))).collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (from, to) in &reached {
        let back = to.iter().filter(|other| reached[**other].contains(from));
        let circle: BTreeSet<String> = back.map(|file| file.join("/")).collect();
        if !circle.is_empty() {
            circles.insert(circle.into_iter().collect());
        }
    }
    circles.into_iter().collect()
}

fn reached<'a>(arrows: &'a Arrows, from: &'a Vec<String>) -> BTreeSet<&'a Vec<String>> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(at) = next.pop() {
        next.extend(arrows.get(at).into_iter().flatten().filter(|to| found.insert(*to)));
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
fn a_circle_is_whoever_leads_back() {
    let file = |name: &str| vec![name.to_owned()];
    let arrows: Arrows = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
        .map(|(from, to)| (file(from), BTreeSet::from([file(to)])))
        .into();
    assert_eq!(circles(&arrows), [["a", "b", "c"].map(str::to_owned).to_vec()]);
}
