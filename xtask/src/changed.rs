//! What differs from the branch that this one goes into, as git knows it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::run;

/// Names another revision to compare with than the branch that this one goes into.
const BASE: &str = "EMPORION_BASE";
/// Where this branch may have begun, the likeliest first.
const BRANCHES: &[&str] = &["@{upstream}", "origin/HEAD", "origin/main", "main"];

/// The files that differ from one revision, by their paths from the root, and which revision that is.
#[derive(Debug, PartialEq, Eq)]
pub struct Changed {
    pub since: String,
    pub files: BTreeSet<String>,
}

impl Changed {
    /// Whether one of the files is, or lies below, one of `places`.
    pub fn touches(&self, places: &[&str]) -> bool {
        self.files.iter().any(|file| places.iter().any(|place| lies_in(file, place)))
    }
}

fn lies_in(file: &str, place: &str) -> bool {
    file.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What differs from where this branch began. `None` where git cannot tell: no repository, no history, or this is the branch
/// itself, of which nobody knows what was tried last.
pub fn since_the_branch() -> Result<Option<Changed>> {
    if let Ok(named) = std::env::var(BASE) {
        let Some(base) = git(&["merge-base", "HEAD", &named]) else { bail!("{BASE}: git knows no `{named}`") };
        return until_now(base).map(Some);
    }
    let Some(head) = git(&["rev-parse", "HEAD"]) else { return Ok(None) };
    let begun = BRANCHES.iter().filter_map(|branch| git(&["merge-base", "HEAD", branch])).find(|base| *base != head);
    begun.map(until_now).transpose()
}

/// What differs from the last commit: for the branch itself, where a clean tree differs in nothing.
pub fn since_the_last_commit() -> Result<Changed> {
    until_now(git(&["rev-parse", "HEAD"]).context("this needs a git repository with a commit")?)
}

/// Commits since `base`, what is not committed, and what git was not told of.
fn until_now(base: String) -> Result<Changed> {
    let differ = git(&["diff", "--name-only", "--no-renames", "-z", &base]).context("git cannot compare")?;
    let fresh = git(&["ls-files", "--others", "--exclude-standard", "-z"]).context("git cannot list files")?;
    let files =
        differ.split('\0').chain(fresh.split('\0')).filter(|file| !file.is_empty()).map(str::to_owned).collect();
    Ok(Changed { since: base[..base.len().min(12)].to_owned(), files })
}

/// The files at or below `places` that git knows or was not told of, by their paths from the root, in their order.
pub fn files_in(places: &[&str]) -> Option<BTreeSet<String>> {
    let listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"];
    let files = git(&listed.iter().chain(places).copied().collect::<Vec<_>>())?;
    Some(files.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect())
}

/// What git prints in the root; `None` where it refuses.
fn git(arguments: &[&str]) -> Option<String> {
    let done = run::program("git").args(arguments).output().ok().filter(|done| done.status.success())?;
    Some(String::from_utf8_lossy(&done.stdout).trim_end_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(files: &[&str]) -> Changed {
        Changed { since: "abc".into(), files: files.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_place_is_touched_by_itself_and_by_what_lies_below_it() {
        let changed = changed(&["crates/web/src/lib.rs", "Cargo.lock"]);
        assert!(changed.touches(&["crates/web"]) && changed.touches(&["docs", "Cargo.lock"]));
        assert!(!changed.touches(&["crates/webhooks", "crates/we", "Cargo.toml"]));
        assert!(!changed.touches(&[]));
    }

    #[test]
    fn an_unknown_revision_is_not_taken_for_no_change() {
        assert_eq!(git(&["merge-base", "HEAD", "no-such-revision"]), None);
    }
}
