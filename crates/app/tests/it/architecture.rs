//! The arrows between crates are those of ARCHITECTURE.md, and the core knows no dialect.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/app lies two folders down").to_owned()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let short = |name: &str| name.strip_prefix("emporion-").map(str::to_owned);
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter_map(|package| {
            let name = short(package["name"].as_str()?)?;
            let to = package["dependencies"]
                .as_array()?
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| short(dependency["name"].as_str()?))
                .collect();
            Some((name, to))
        })
        .collect()
}

#[test]
fn crates_depend_on_one_another_as_the_architecture_says() {
    let expected: BTreeMap<String, BTreeSet<String>> = [
        ("model", &[][..]),
        ("catalog", &["model"]),
        ("semantic", &[]),
        ("documents", &[]),
        ("export", &[]),
        ("hosts", &[]),
        ("openid", &[]),
        ("sources", &["hosts", "semantic"]),
        ("ingest", &["catalog", "sources"]),
        ("store", &["model"]),
        ("authz", &["model"]),
        ("edge", &["catalog"]),
        ("openmetadata", &["catalog", "edge"]),
        ("datazone", &["catalog", "edge"]),
        ("products", &["catalog", "documents", "edge", "semantic"]),
        ("bobsled", &["catalog", "documents", "edge", "products", "semantic"]),
        ("mcp", &["catalog", "edge", "products"]),
        ("pgwire", &["catalog", "edge", "products", "semantic"]),
        ("web", &["catalog", "edge", "export", "hosts", "openid", "products", "semantic"]),
        ("web-kit", &["authz", "catalog", "edge", "products", "search", "store", "web"]),
        ("webhooks", &["catalog", "hosts"]),
        ("search", &["catalog"]),
        (
            "app",
            &[
                "authz",
                "bobsled",
                "catalog",
                "datazone",
                "documents",
                "edge",
                "export",
                "hosts",
                "ingest",
                "mcp",
                "openid",
                "openmetadata",
                "pgwire",
                "products",
                "search",
                "semantic",
                "sources",
                "store",
                "web",
                "webhooks",
            ],
        ),
    ]
    .into_iter()
    .map(|(from, to)| (from.to_owned(), to.iter().map(|name| (*name).to_owned()).collect()))
    .collect();
    assert_eq!(arrows(), expected);
}

#[test]
fn model_and_core_hold_no_word_of_a_dialect() {
    const WORDS: &[&str] = &[
        "fullyQualifiedName",
        "nextToken",
        "dataProductId",
        "workspaceId",
        "owningProjectId",
        "formsInput",
        "x-amzn",
        "Smithy",
        "smithy",
        "glossaryterm",
        "changeDescription",
        "rusqlite",
        "StatusCode",
    ];
    let sources = sources("crates/catalog/src").into_iter().chain(sources("crates/model/src"));
    let leaks: Vec<String> = sources
        .flat_map(|(path, text)| {
            WORDS.iter().filter(move |word| text.contains(**word)).map(move |word| format!("{path}: {word}"))
        })
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn only_access_gives_permits() {
    let givers: Vec<String> = sources("crates")
        .into_iter()
        .filter(|(path, text)| text.contains("given_by_access") && !path.ends_with("tests/it/architecture.rs"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(givers, ["crates/catalog/src/access/permits.rs", "crates/model/src/change_set.rs"]);
}

/// Doors read as their callers: none of them has another way to stored state.
#[test]
fn no_door_reads_what_is_not_filtered() {
    const RAW: &[&str] = &[".unfiltered()", "ports::Snapshot", "dyn Snapshot", ".access()"];
    const BELOW_DOORS: &[&str] = &["model", "catalog", "store", "authz"];
    let is_raw = |text: &String| RAW.iter().any(|word| text.contains(word));
    let doors: BTreeSet<String> = sources("crates")
        .into_iter()
        .filter(|(_, text)| is_raw(text))
        .filter_map(|(path, _)| {
            let (door, _) = path.strip_prefix("crates/")?.split_once("/src/")?;
            Some(door.to_owned())
        })
        .filter(|name| !BELOW_DOORS.contains(&name.as_str()))
        .collect();
    assert_eq!(doors, BTreeSet::new());
}

/// What suites come in by without a gate or credentials is theirs alone. Elsewhere its words stand where it is declared, and
/// nowhere else (one page has a function of the same name).
#[test]
fn nothing_that_ships_uses_what_suites_do() {
    const OF_SUITES: &[&str] = &["testing", "for_tests", "unfiltered"];
    let found: Vec<(String, &str)> = shipped_sources()
        .flat_map(|(path, text)| {
            let named = OF_SUITES.iter().filter(move |word| has_word(&text, word));
            named.map(move |word| (path.clone(), *word)).collect::<Vec<_>>()
        })
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(path, word)| (path.as_str(), *word)).collect();
    let declared = [
        ("crates/catalog/src/catalog.rs", "unfiltered"),
        ("crates/catalog/src/lib.rs", "testing"),
        ("crates/model/src/change_set.rs", "for_tests"),
        ("crates/model/src/lib.rs", "testing"),
        ("crates/store/src/lib.rs", "testing"),
        ("crates/web/src/pages/product/warned.rs", "unfiltered"),
    ];
    assert_eq!(found, declared);
    let counted = |path: &str, word: &str| sources("crates")[path].matches(word).count();
    assert_eq!(counted("crates/catalog/src/lib.rs", "testing"), 1);
    assert_eq!(counted("crates/catalog/src/catalog.rs", "unfiltered"), 1);
}

/// The tests of all crates are built with the features of all: one that only tests bring must not be missed where there are
/// none. It is a dependency of ours that is looked at; those of others say themselves what they need.
#[test]
fn no_feature_that_only_tests_bring_is_missed_by_what_ships() {
    const OF_TESTS: &[(&str, &str)] = &[("tokio", "fs"), ("tokio", "test-util")];
    let shipped = features(&["--package", "emporion-app", "--edges", "normal"]);
    let tested = features(&["--workspace", "--edges", "normal,dev"]);
    let ours = direct_dependencies();
    let extra: BTreeSet<(&str, &str)> = tested
        .iter()
        .filter_map(|(package, features)| Some((package.split(' ').next()?, features, shipped.get(package)?)))
        .filter(|(name, ..)| ours.contains(*name))
        .flat_map(|(name, features, shipped)| features.difference(shipped).map(move |one| (name, one.as_str())))
        .collect();
    assert_eq!(extra, OF_TESTS.iter().copied().collect());

    // Whoever uses them names one of these, by its path or where it is imported.
    const NAMED: &[&str] = &["fs", "pause", "resume", "advance", "start_paused"];
    let uses = |text: &str| {
        let mut statements = text.split(';');
        statements.any(|one| {
            let of_tokio = one.split("tokio::").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap_or_default());
            of_tokio.chain(one.contains("start_paused").then_some("start_paused")).any(names_one)
        })
    };
    fn names_one(path: &str) -> bool {
        NAMED.iter().any(|name| has_word(path, name))
    }
    assert!(uses("use tokio::{fs, net};") && uses("tokio::time::pause();") && !uses("use tokio::time::sleep;"));
    let users: Vec<String> = shipped_sources().filter(|(_, text)| uses(text)).map(|(path, _)| path).collect();
    assert_eq!(users, [""; 0]);
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

/// By package and version, the features it is built with.
fn features(of: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p}\t{f}"])
        .args(of)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let (package, features) = line.split_once('\t').unwrap_or((line, ""));
        let package = package.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let features = features.trim_end_matches(" (*)").split(',').filter(|one| !one.is_empty());
        found.entry(package).or_default().extend(features.map(str::to_owned));
    }
    found
}

/// What the crates that ship say they depend on.
fn direct_dependencies() -> BTreeSet<String> {
    metadata()["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| package["name"].as_str().is_some_and(|name| name.starts_with("emporion-")))
        .flat_map(|package| package["dependencies"].as_array().into_iter().flatten())
        .filter(|dependency| dependency["kind"].is_null())
        .filter_map(|dependency| Some(dependency["name"].as_str()?.to_owned()))
        .collect()
}

/// The sources of what ships, without comments and without the tests in them.
pub fn shipped_sources() -> impl Iterator<Item = (String, String)> {
    const TESTS: &str = "#[cfg(test)]\n";
    let is_of_tests = |path: &str| {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        folders.split('/').any(|folder| folder == "tests") || file.ends_with("tests.rs") || file == "testing.rs"
    };
    let shipped = |text: String| {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let text = lines.collect::<Vec<_>>().join("\n");
        let mut parts = text.split(TESTS);
        let mut shipped = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            // What follows is one item; a module with its body is the last of its file.
            match (part.find(';'), part.find('{')) {
                (Some(end), Some(body)) if end < body => shipped += &part[end + 1..],
                (Some(end), None) => shipped += &part[end + 1..],
                _ if part.contains("mod ") => break,
                _ => shipped += part,
            }
        }
        shipped
    };
    sources("crates")
        .into_iter()
        .filter(move |(path, _)| !is_of_tests(path))
        .map(move |(path, text)| (path, shipped(text)))
}

/// `cargo xtask test` runs no code of comments: every crate would be read once more to find none.
#[test]
fn no_comment_holds_code_that_nobody_runs() {
    let mut runs: Vec<String> = Vec::new();
    for (path, text) in ["crates", "bench", "xtask/src"].into_iter().flat_map(sources) {
        let comments =
            text.lines().map(str::trim_start).filter(|line| line.starts_with("///") || line.starts_with("//!"));
        let fences = comments.filter_map(|line| line[3..].trim_start().strip_prefix("```"));
        runs.extend(fences.step_by(2).filter(|what| *what != "text").map(|what| format!("{path}: ```{what}")));
    }
    assert!(runs.is_empty(), "say ```text, or make it a test: {runs:#?}");
}

/// The Rust files below a folder of the repository, with their texts, by path.
pub fn sources(below: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                let path = path.strip_prefix(root()).expect("a path below the root").to_string_lossy().into_owned();
                found.insert(path, text);
            }
        }
    }
    found
}
