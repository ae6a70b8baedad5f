//! `cargo xtask faults [suite]… [--rounds N] [--seed S]`: kills, failing syncs, full disks and power losses.
//!
//! The suites are Python in `tests/faults`; the disk that fails on demand is a preload library that this builds.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{clients, run, under_test};

const LIBRARY_SOURCES: &str = "tests/faults/preload";
/// In the order in which they run: first the one that proves the failing disk itself.
const SUITES: &[&str] = &[
    "preload",
    "connections",
    "kill",
    "subtree",
    "index_kill",
    "deploy_kill",
    "fsync",
    "disk",
    "memory",
    "lying_sources",
    "backup",
    "power",
    "database",
    "failover",
];
/// Waits for minutes, and needs Patroni and etcd: where it is asked for, alone or with all that there is.
pub const ON_DEMAND: &str = "failover";
/// Rounds of the suites that repeat themselves, where nobody asks for another number.
const ROUNDS: u32 = crate::test::ALL_ROUNDS;

/// What the command line asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    suites: Vec<String>,
    rounds: u32,
    seed: Option<u64>,
}

/// Builds what is missing and runs the suites.
pub fn command(arguments: &[String]) -> Result<()> {
    run::to_end(&mut suites(&parse(arguments)?)?)
}

/// The suites with so many rounds, several at a time: most of them wait, for syncs, for starts and for times to pass.
pub fn stage(rounds: u32, is_all: bool) -> Result<()> {
    let mut wanted = Wanted { rounds, ..parse(&[])? };
    wanted.suites.retain(|suite| is_all || suite != ON_DEMAND);
    let mut command = suites(&wanted)?;
    run::to_end(command.args(["--dist", "worksteal", "--numprocesses"]).arg(run::waiting_processes().to_string()))
}

fn parse(arguments: &[String]) -> Result<Wanted> {
    let mut wanted = Wanted { suites: Vec::new(), rounds: ROUNDS, seed: None };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--rounds" => wanted.rounds = value()?.parse().context("--rounds is a whole number")?,
            "--seed" => wanted.seed = Some(value()?.parse().context("--seed is a whole number")?),
            suite if SUITES.contains(&suite) => wanted.suites.push(suite.to_owned()),
            other => bail!("no suite is called `{other}`; there are: {}", SUITES.join(", ")),
        }
    }
    if wanted.rounds == 0 {
        bail!("--rounds must be at least 1");
    }
    if wanted.suites.is_empty() {
        wanted.suites = SUITES.iter().map(ToString::to_string).collect();
    }
    Ok(wanted)
}

fn suites(wanted: &Wanted) -> Result<Command> {
    let library = build_library()?;
    let binary = under_test::prepare()?;
    let mut command = run::program(clients::prepare()?.join("bin/python"));
    command.args(["-m", "pytest"]);
    command.args(wanted.suites.iter().map(|suite| format!("tests/faults/test_{suite}.py")));
    command.args(["--rounds", &wanted.rounds.to_string()]);
    if let Some(seed) = wanted.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    command
        .env("EMPORION_BIN", binary)
        .env("FAULTS_LIBRARY", library)
        // Python's caches would otherwise lie between the tracked files.
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

/// Builds the preload library; a second's work, so it is done each time.
fn build_library() -> Result<PathBuf> {
    let folder = run::target_dir().join("faults");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let library = folder.join("libfaults.so");
    let sources = run::workspace_root().join(LIBRARY_SOURCES);
    let mut files: Vec<PathBuf> = fs::read_dir(&sources)
        .with_context(|| format!("cannot read {}", sources.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "c"));
    files.sort();
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run::to_end(
        run::program(compiler)
            .args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread", "-o"])
            .arg(&library)
            .args(files)
            .arg("-ldl"),
    )
    .context("the preload library could not be built; a C compiler is needed (package build-essential, or set CC)")?;
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Wanted> {
        parse(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn without_arguments_every_suite_runs_its_usual_rounds() {
        let wanted = parsed(&[]).unwrap();
        assert_eq!(
            (wanted.suites, wanted.rounds, wanted.seed),
            (SUITES.iter().map(ToString::to_string).collect(), ROUNDS, None)
        );
    }

    #[test]
    fn suites_rounds_and_seed_are_taken_in_any_order() {
        let wanted = parsed(&["kill", "--rounds", "300", "power", "--seed", "7"]).unwrap();
        assert_eq!(wanted, Wanted { suites: vec!["kill".into(), "power".into()], rounds: 300, seed: Some(7) });
    }

    #[test]
    fn what_is_not_understood_is_refused_with_the_reason() {
        assert!(parsed(&["quake"]).unwrap_err().to_string().contains("kill, subtree"));
        assert!(parsed(&["--rounds"]).unwrap_err().to_string().contains("needs a value"));
        assert!(parsed(&["--rounds", "0"]).is_err());
        assert!(parsed(&["--seed", "x"]).is_err());
    }

    #[test]
    fn every_suite_has_its_file_and_no_file_is_left_out() {
        let folder = run::workspace_root().join("tests/faults");
        let mut files: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_prefix("test_")?.strip_suffix(".py").map(ToOwned::to_owned)
            })
            .collect();
        let mut suites = SUITES.to_vec();
        files.sort();
        suites.sort_unstable();
        assert_eq!(files, suites);
    }
}
