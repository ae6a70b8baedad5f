//! `cargo xtask test [stage]…`: everything that must be green, in stages from quick to slow; the first failure ends it.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{browser, clients, faults, run};

struct Stage {
    name: &'static str,
    what: &'static str,
    command: fn() -> Result<Command>,
}

const STAGES: &[Stage] = &[
    Stage { name: "format", what: "cargo fmt --check", command: || Ok(run::cargo(&["fmt", "--all", "--check"])) },
    Stage {
        name: "lint",
        what: "cargo clippy, warnings are errors",
        command: || Ok(run::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    },
    Stage { name: "rust", what: "cargo test --workspace", command: || Ok(run::cargo(&["test", "--workspace"])) },
    Stage {
        name: "build",
        what: "the release binary",
        command: || Ok(run::cargo(&["build", "--release", "--package", "emporion-app"])),
    },
    Stage { name: "clients", what: "the real clients against the release binary", command: python_suites },
    Stage { name: "faults", what: "kills, failed syncs, full disks and power losses", command: faults::stage },
];

/// Runs the named stages, or all of them, and says how long each took.
pub fn command(names: &[String]) -> Result<()> {
    for stage in chosen(names)? {
        eprintln!("==> {}: {}", stage.name, stage.what);
        let begun = Instant::now();
        let outcome = (stage.command)().and_then(|mut command| run::to_end(&mut command));
        outcome.with_context(|| format!("stage `{}` failed ({})", stage.name, stage.what))?;
        eprintln!("==> {}: passed in {} s", stage.name, begun.elapsed().as_secs());
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Stage>> {
    if let Some(unknown) = names.iter().find(|name| STAGES.iter().all(|stage| stage.name != name.as_str())) {
        let known: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        bail!("no stage is called `{unknown}`; there are: {}", known.join(", "));
    }
    Ok(STAGES.iter().filter(|stage| names.is_empty() || names.iter().any(|name| name == stage.name)).collect())
}

fn python_suites() -> Result<Command> {
    let folder = clients::prepare()?;
    let packages = browser::prepare()?;
    let mut command = run::program(folder.join("bin/python"));
    command
        // A file of tests shares a server; two processes, because each waits for its server as often as it works.
        .args(["-m", "pytest", "tests/clients", "--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder"])
        .env("EMPORION_NODE_MODULES", packages)
        .env("EMPORION_BIN", run::target_dir().join("release/emporion"))
        // Python's caches would otherwise lie between the tracked files.
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(stages: &[&str]) -> Vec<String> {
        stages.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_names_every_stage_runs_and_the_slowest_comes_last() {
        let stages = chosen(&[]).unwrap();
        assert_eq!(stages.len(), STAGES.len());
        assert_eq!(stages.last().unwrap().name, "faults");
    }

    #[test]
    fn named_stages_keep_their_order() {
        let stages: Vec<&str> = chosen(&names(&["clients", "build"])).unwrap().iter().map(|stage| stage.name).collect();
        assert_eq!(stages, ["build", "clients"]);
    }

    #[test]
    fn an_unknown_stage_is_refused_with_the_list_of_stages() {
        let error = chosen(&names(&["everything"])).err().expect("there is no such stage").to_string();
        assert!(error.contains("everything") && error.contains("clients"), "{error}");
    }
}
