//! `cargo xtask quick`: Clippy over the workspace, and the Rust tests of the crates that were touched. For in between.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::Result;

use crate::changed::{self, Changed};
use crate::run;

/// Where members of the workspace lie; what lies beside them belongs to no crate.
const MEMBERS: &[&str] = &["crates", "bench"];

/// Reads only; tests build what they run.
const LINT: &[&str] = &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];

pub fn command() -> Result<()> {
    let changed = match changed::since_the_branch()? {
        Some(changed) => changed,
        None => changed::since_the_last_commit()?,
    };
    let touched = touched(&changed);
    let begun = Instant::now();
    run::to_end(&mut run::cargo(LINT))?;
    let linted = begun.elapsed();
    if touched.is_empty() {
        eprintln!("quick: no crate was touched since {}", changed.since);
    } else {
        eprintln!("quick: touched since {}: {}", changed.since, touched.iter().cloned().collect::<Vec<_>>().join(" "));
        let mut tests = run::cargo(&["test", "--tests"]);
        for folder in &touched {
            tests.arg("--package").arg(run::package_in(folder)?);
        }
        run::to_end(&mut tests)?;
    }
    eprintln!("quick: {} s, of them {} for lint", begun.elapsed().as_secs(), linted.as_secs());
    eprintln!("not run: the tests of crates that depend on these, clients and faults (cargo xtask test)");
    Ok(())
}

/// The folders of the members of the workspace in which a file has changed, and which are still there.
fn touched(changed: &Changed) -> BTreeSet<String> {
    let folder = |file: &String| {
        let mut parts = file.split('/');
        match (parts.next()?, parts.next()?, parts.next()) {
            ("xtask", ..) => Some("xtask".to_owned()),
            (above, member, Some(_)) if MEMBERS.contains(&above) => Some(format!("{above}/{member}")),
            _ => None,
        }
    };
    let is_there = |folder: &String| run::workspace_root().join(folder).join("Cargo.toml").exists();
    changed.files.iter().filter_map(folder).filter(is_there).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_touched_by_what_lies_in_them() {
        let files =
            ["crates/web/src/a.rs", "crates/web/b", "bench/load/x", "xtask/src/y.rs", "crates/gone/z", "docs/a.md"];
        let files = files.iter().map(ToString::to_string).collect();
        let touched = touched(&Changed { since: String::new(), files });
        assert_eq!(touched.into_iter().collect::<Vec<_>>(), ["bench/load", "crates/web", "xtask"]);
    }

    #[test]
    fn every_member_is_found_below_a_folder_that_is_known() {
        let manifest = std::fs::read_to_string(run::workspace_root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(r#"members = ["crates/*", "bench/*", "xtask"]"#), "`touched` has to learn of it");
        for folder in ["crates/web", "bench/load", "xtask"] {
            assert!(!run::package_in(folder).unwrap().is_empty());
        }
    }
}
