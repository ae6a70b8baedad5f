//! What `cargo xtask test` runs, in its order.

use anyhow::Result;

use super::extent::Extent;
use crate::{browser, clients, faults, run, under_test};

pub struct Stage {
    pub name: &'static str,
    pub what: &'static str,
    /// Whether it needs the Python environment.
    pub asks_as_client: bool,
    pub run: fn(&Extent) -> Result<()>,
}

/// Binaries and tests of the whole workspace are one graph, which the stages `build` and `rust` share. No comment holds code
/// that runs (`crates/app/tests/it/architecture.rs` sees to it), so that no crate is read once more for it.
const TESTS: &[&str] = &["test", "--workspace", "--tests"];
pub const STAGES: &[Stage] = &[
    Stage {
        name: "format",
        what: "cargo fmt --check",
        asks_as_client: false,
        run: |_| run::to_end(&mut run::cargo(&["fmt", "--all", "--check"])),
    },
    Stage {
        name: "build",
        what: "the Rust tests, and the binary that clients and faults ask; Clippy's warnings are errors",
        asks_as_client: false,
        run: |_| run::to_end(run::linting_cargo(TESTS)?.arg("--no-run")),
    },
    Stage {
        name: "rust",
        what: "cargo test --workspace",
        asks_as_client: false,
        run: |_| run::to_end(&mut run::linting_cargo(TESTS)?),
    },
    Stage { name: "clients", what: "the real clients against the binary", asks_as_client: true, run: ask_as_clients },
    Stage {
        name: "faults",
        what: "kills, failed syncs, full disks and power losses",
        asks_as_client: true,
        run: |extent| faults::stage(extent.rounds, extent.is_all),
    },
];

/// Of each door the suite that says most about it, which is asked over a database, too; all of them are with `--engine`.
const OVER_A_DATABASE: &[&str] = &[
    "test_openmetadata_sdk.py",
    "test_datazone_boto.py",
    "test_bobsled_verbs.py",
    "test_rows.py",
    "test_mcp.py",
    "test_pg_door.py",
    "test_pages.py",
];

fn ask_as_clients(extent: &Extent) -> Result<()> {
    let folder = clients::prepare()?;
    let packages = browser::prepare()?;
    let binary = under_test::prepare()?;
    let web_kit = under_test::prepare_web_kit()?;
    let asking = |tests: &[String]| {
        let mut command = run::program(folder.join("bin/python"));
        command
            .args(["-m", "pytest"])
            .args(tests)
            // A file of tests shares a server.
            .args(["--dist", "loadfile", "--no-loadscope-reorder", "--numprocesses"])
            .arg(run::waiting_processes().to_string())
            .args(["-m", &extent.marked()])
            .env("EMPORION_NODE_MODULES", &packages)
            .env("EMPORION_BIN", &binary)
            .env("EMPORION_WEB_KIT_BIN", &web_kit)
            .envs([clients::bytecode()]);
        command
    };
    let mut command = asking(&["tests/clients".to_owned()]);
    if let Some(engine) = extent.engine {
        command.env("EMPORION_TEST_ENGINE", engine);
    }
    if let Some(folder) = extent.pictures() {
        command.env("EMPORION_SCREENS", folder);
    }
    if extent.is_all {
        command.env("EMPORION_SUPERSET_DIR", clients::prepare_superset()?);
    }
    run::to_end(&mut command)?;
    if extent.engine.is_none() {
        let doors: Vec<String> = OVER_A_DATABASE.iter().map(|file| format!("tests/clients/{file}")).collect();
        run::to_end(asking(&doors).env("EMPORION_TEST_ENGINE", "postgres"))?;
    }
    extent.note_passed()
}
