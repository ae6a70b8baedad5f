//! What a part of the long suites passed on last, as it is checked in: the files that the part looks at, as one fingerprint. Where
//! they are the same now, the part would say the same again, on whichever branch this is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{changed, run};

pub const RECORD: &str = "tests/clients/passed.tsv";

/// Fingerprints by the mark of the part.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Passed(BTreeMap<String, String>);

impl Passed {
    /// Nothing has passed where there is no record.
    pub fn read() -> Self {
        Self::parse(&fs::read_to_string(record()).unwrap_or_default())
    }

    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(|line| line.split_once('\t')).map(|(mark, of)| (mark.into(), of.into())).collect())
    }

    fn print(&self) -> String {
        self.0.iter().fold(String::new(), |text, (mark, of)| text + mark + "\t" + of + "\n")
    }

    pub fn holds(&self, mark: &str, fingerprint: &str) -> bool {
        self.0.get(mark).is_some_and(|of| of == fingerprint)
    }

    /// Takes over what has passed; writes the record where it says something else, and tells of it.
    pub fn note(mut self, passed: impl Iterator<Item = (&'static str, String)>) -> Result<()> {
        let before = self.print();
        self.0.extend(passed.map(|(mark, of)| (mark.to_owned(), of)));
        if self.print() != before {
            fs::write(record(), self.print()).with_context(|| format!("cannot write {RECORD}"))?;
            eprintln!("clients: {RECORD} says what has passed; commit it with the change");
        }
        Ok(())
    }
}

fn record() -> PathBuf {
    run::workspace_root().join(RECORD)
}

/// Of all files that git knows, or would take, at or below `places`; `None` where it cannot tell.
pub fn fingerprint(places: &[&str]) -> Result<Option<String>> {
    let Some(files) = changed::files_in(places) else { return Ok(None) };
    of_files(&run::workspace_root(), files.iter().map(String::as_str)).map(Some)
}

fn of_files<'a>(root: &Path, files: impl Iterator<Item = &'a str>) -> Result<String> {
    let mut all = Sha256::new();
    for file in files {
        let path = root.join(file);
        // What is deleted and not committed is known to git still.
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        // A link is where it leads: what lies there is a file of its own.
        let content = if found.is_symlink() {
            fs::read_link(&path).map(|to| to.into_os_string().into_encoded_bytes())
        } else {
            fs::read(&path)
        };
        let content = content.with_context(|| format!("cannot read {file}"))?;
        all.update(Sha256::digest(file));
        all.update(Sha256::digest(content));
    }
    Ok(all.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_is_printed() {
        let passed = Passed::parse("one\taa\ntwo\tbb\n");
        assert_eq!(passed.print(), "one\taa\ntwo\tbb\n");
        assert!(passed.holds("two", "bb") && !passed.holds("two", "aa") && !passed.holds("three", "aa"));
        assert_eq!(Passed::parse(""), Passed::default());
    }

    #[test]
    fn names_contents_and_what_is_gone_are_told_apart() {
        let root = run::target_dir().join(format!("fingerprints-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let of = |files: &[&str]| of_files(&root, files.iter().copied()).unwrap();
        fs::write(root.join("a"), "bc").unwrap();
        fs::write(root.join("ab"), "c").unwrap();
        let both = of(&["a", "ab"]);
        assert_ne!(of(&["a"]), of(&["ab"]));
        assert_eq!(of(&["a", "ab", "gone"]), both);
        fs::write(root.join("ab"), "d").unwrap();
        assert_ne!(of(&["a", "ab"]), both);
        fs::remove_file(root.join("ab")).unwrap();
        assert_eq!(of(&["a", "ab"]), of(&["a"]));
        fs::remove_dir_all(root).unwrap();
    }
}
