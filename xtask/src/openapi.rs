//! `cargo xtask openapi`: write the doors' documents to `openapi/`, as the binary prints them.

use anyhow::{Context, Result, ensure};

use crate::run::{self, workspace_root};
use crate::under_test;

const DOORS: [&str; 3] = ["openmetadata", "datazone", "bobsled"];

pub fn write() -> Result<()> {
    let folder = workspace_root().join("openapi");
    std::fs::create_dir_all(&folder)?;
    let binary = under_test::prepare()?;
    for door in DOORS {
        let printed = run::program(&binary).args(["openapi", door]).output().context("running the binary")?;
        ensure!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        let file = folder.join(format!("{door}.json"));
        std::fs::write(&file, printed.stdout).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}
