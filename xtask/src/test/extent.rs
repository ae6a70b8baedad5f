//! How much of the long suites one run asks for: what a change cannot touch is not asked again, and that is said.

use std::path::PathBuf;

use anyhow::Result;

use super::passed::{self, Passed, RECORD};
use crate::changed::{self, Changed};
use crate::{faults, run};

/// Rounds of the fault suites that repeat themselves: in each run, and where everything is asked for.
const ROUNDS: u32 = 8;
pub const ALL_ROUNDS: u32 = 20;

/// Tests with a mark of their own, left out where nothing has changed that they look at.
pub struct Part {
    /// The mark in `tests/clients`.
    mark: &'static str,
    what: &'static str,
    /// Where changes make it run.
    looks_at: &'static [&'static str],
}

/// Nothing stands here that guards rows, crashes or protocols: these always run.
const PARTS: &[Part] = &[
    Part {
        mark: "golden_elsewhere",
        what: "the golden questions over PostgreSQL and MariaDB, and with their words exchanged",
        looks_at: &[
            "Cargo.lock",
            "Cargo.toml",
            "crates/bobsled",
            "crates/ingest",
            "crates/products",
            "crates/semantic",
            "crates/sources",
            "tests/clients/real_databases.py",
            "tests/clients/test_golden.py",
            "tests/clients/test_golden_elsewhere.py",
            "tests/golden",
            "tests/sources",
        ],
    },
    Part {
        mark: "look_again",
        what: "the walks through all pages on a phone, and Lighthouse",
        looks_at: &[
            "Cargo.lock",
            "crates/edge",
            "crates/web",
            "crates/web-kit",
            "tests/clients/every_page.py",
            "tests/clients/pages_browser.py",
            "tests/clients/test_lighthouse.py",
            "tests/clients/test_pages_browser.py",
            "xtask/src/browser.rs",
        ],
    },
];

const ON_DEMAND: (&str, &str) = ("on_demand", "Superset, and Lighthouse and the keyboard on every page");

pub struct Extent {
    pub rounds: u32,
    /// Which engine keeps the stores of the servers that clients ask; the usual one where none is named.
    pub engine: Option<&'static str>,
    pub is_all: bool,
    left_out: Vec<LeftOut>,
    /// What is asked for, with the fingerprint of what it looks at as it was before.
    asked: Vec<(&'static str, String)>,
}

struct LeftOut {
    part: &'static Part,
    because: String,
}

impl Extent {
    /// Where git cannot tell what has changed, and nothing says that it has passed, only what is on demand is left out.
    pub fn choose(is_all: bool) -> Result<Self> {
        let fingerprints = PARTS.iter().map(|part| passed::fingerprint(part.looks_at));
        let fingerprints = fingerprints.collect::<Result<Vec<_>>>()?;
        Ok(if is_all {
            Self::all(fingerprints)
        } else {
            Self::ordinary(changed::since_the_branch()?, &Passed::read(), fingerprints)
        })
    }

    fn all(fingerprints: Vec<Option<String>>) -> Self {
        let asked = PARTS.iter().zip(fingerprints).filter_map(|(part, of)| Some((part.mark, of?))).collect();
        Self { rounds: ALL_ROUNDS, engine: None, is_all: true, left_out: Vec::new(), asked }
    }

    fn ordinary(changed: Option<Changed>, passed: &Passed, fingerprints: Vec<Option<String>>) -> Self {
        let mut all = Self { rounds: ROUNDS, is_all: false, ..Self::all(fingerprints) };
        for part in PARTS {
            let has_passed = all.asked.iter().any(|(mark, of)| *mark == part.mark && passed.holds(mark, of));
            let because = match &changed {
                Some(changed) if !changed.touches(part.looks_at) => {
                    format!("nothing that they look at has changed since {}", changed.since)
                }
                _ if has_passed => format!("all that they look at is as it was when they passed ({RECORD})"),
                _ => continue,
            };
            all.left_out.push(LeftOut { part, because });
        }
        all.asked.retain(|(mark, _)| all.left_out.iter().all(|left| left.part.mark != *mark));
        all
    }

    /// Takes down that all has passed that was asked for, where it was asked as the next run would ask it.
    pub fn note_passed(&self) -> Result<()> {
        let otherwise = ["EMPORION_BIN", "EMPORION_WEB_KIT_BIN", "PYTEST_ADDOPTS"];
        if self.engine.is_some() || otherwise.iter().any(|name| std::env::var_os(name).is_some()) {
            return Ok(());
        }
        Passed::read().note(self.asked.iter().cloned())
    }

    /// Which tests of the clients are asked for, by their marks, as `pytest -m` takes it.
    pub fn marked(&self) -> String {
        let on_demand = (!self.is_all).then_some(ON_DEMAND.0);
        let marks = on_demand.into_iter().chain(self.left_out.iter().map(|left| left.part.mark));
        marks.map(|mark| format!("not {mark}")).collect::<Vec<_>>().join(" and ")
    }

    /// Where pictures of the pages are left for people; nobody looks at those of an ordinary run.
    pub fn pictures(&self) -> Option<PathBuf> {
        self.is_all.then(|| run::target_dir().join("clients/screens"))
    }

    /// What the stage did not run, and why: a line each.
    pub fn not_run(&self, stage: &str) -> Vec<String> {
        match stage {
            "clients" if !self.is_all => {
                let on_demand = format!("clients: {} (--all)", ON_DEMAND.1);
                [on_demand].into_iter().chain(self.left_out.iter().map(LeftOut::not_run)).collect()
            }
            "faults" if !self.is_all => {
                let rounds = format!("faults: {} rounds of each suite instead of {ALL_ROUNDS} (--all)", self.rounds);
                vec![rounds, format!("faults: {} (--all)", faults::ON_DEMAND)]
            }
            _ => Vec::new(),
        }
    }
}

impl LeftOut {
    fn not_run(&self) -> String {
        format!("clients: {}; {} (--all)", self.part.what, self.because)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn changed(files: &[&str]) -> Option<Changed> {
        Some(Changed { since: "abc".into(), files: files.iter().map(ToString::to_string).collect() })
    }

    fn ordinary(files: Option<&[&str]>, passed: &str) -> Extent {
        let fingerprints = PARTS.iter().map(|part| Some(part.what.to_owned())).collect();
        Extent::ordinary(files.and_then(changed), &Passed::parse(passed), fingerprints)
    }

    #[test]
    fn what_a_change_looks_like_decides_what_is_left_out() {
        let marked = |files| ordinary(Some(files), "").marked();
        assert_eq!(marked(&["docs/x.md"]), "not on_demand and not golden_elsewhere and not look_again");
        assert_eq!(marked(&["crates/web/src/a.rs"]), "not on_demand and not golden_elsewhere");
        assert_eq!(marked(&["crates/web/x", "tests/golden/bench.py"]), "not on_demand");
    }

    #[test]
    fn what_has_passed_as_it_is_is_left_out_wherever_this_is() {
        let [golden, pages] = PARTS else { panic!("there are two") };
        let record = |of: &str| format!("{}\t{of}\n{}\tanother\n", golden.mark, pages.mark);
        for files in [None, Some(&["crates/semantic/x", "crates/web/x"][..])] {
            let extent = ordinary(files, &record(golden.what));
            assert_eq!(extent.marked(), "not on_demand and not golden_elsewhere");
            assert!(extent.not_run("clients")[1].contains(RECORD));
            assert_eq!(extent.asked, [(pages.mark, pages.what.to_owned())], "what ran is what is taken down");
            assert_eq!(ordinary(files, &record("before")).marked(), "not on_demand");
        }
        let untold = Extent::ordinary(None, &Passed::parse(&record(golden.what)), vec![None, None]);
        assert_eq!((untold.marked().as_str(), untold.asked.len()), ("not on_demand", 0));
    }

    #[test]
    fn only_what_is_on_demand_is_left_out_where_nobody_can_tell() {
        let unknown = ordinary(None, "");
        assert_eq!((unknown.marked().as_str(), unknown.rounds), ("not on_demand", ROUNDS));
        assert_eq!(unknown.not_run("clients").len(), 1);
        let all = Extent::all(vec![None, None]);
        assert_eq!((all.marked().as_str(), all.rounds, all.not_run("faults").len()), ("", ALL_ROUNDS, 0));
        assert!(all.not_run("clients").is_empty());
        assert!(all.pictures().is_some() && unknown.pictures().is_none());
    }

    #[test]
    fn what_is_not_run_is_said_with_the_stage_that_would_run_it() {
        let extent = ordinary(Some(&["docs/x.md"]), "");
        assert!(extent.not_run("clients")[1].contains("since abc"));
        assert!(extent.not_run("faults")[0].contains("8 rounds of each suite instead of 20"));
        assert!(extent.not_run("rust").is_empty());
    }

    #[test]
    fn each_part_has_tests_and_looks_at_what_is_there() {
        let root = run::workspace_root();
        let tests: String = fs::read_dir(root.join("tests/clients"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|file| file.extension().is_some_and(|extension| extension == "py"))
            .map(|file| fs::read_to_string(file).unwrap())
            .collect();
        for part in PARTS {
            assert!(tests.contains(&format!("pytest.mark.{}", part.mark)), "no test bears {}", part.mark);
            let gone: Vec<_> = part.looks_at.iter().filter(|place| !root.join(place).exists()).collect();
            assert!(gone.is_empty(), "{}: {gone:?}", part.mark);
            let is_told_of = |place: &&&str| RECORD.strip_prefix(**place).is_some_and(|rest| rest.starts_with('/'));
            assert_eq!(part.looks_at.iter().find(is_told_of), None, "the record is no part of what it tells of");
        }
    }
}
