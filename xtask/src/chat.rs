//! `cargo xtask bench chat [flag]…`: asks the golden sets in `tests/golden` over real databases, and counts.

use anyhow::{Context, Result};

use crate::{clients, run};

/// The flags go to `tests/golden/bench.py` as they are. `EMPORION_BIN` names a binary that is measured instead of a new one.
pub fn command(flags: &[String]) -> Result<()> {
    let binary = match std::env::var_os("EMPORION_BIN") {
        Some(path) => std::path::absolute(&path).context("EMPORION_BIN is no usable path")?,
        None => {
            run::to_end(&mut run::cargo(&["build", "--release", "--package", "emporion-app"]))?;
            run::target_dir().join("release/emporion")
        }
    };
    let mut bench = run::program(clients::prepare()?.join("bin/python"));
    bench.arg("tests/golden/bench.py").args(flags);
    run::to_end(bench.env("EMPORION_BIN", binary).env("PYTHONDONTWRITEBYTECODE", "1"))
}
