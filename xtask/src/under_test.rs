//! The binary that clients and faults ask: of the same graph as the Rust tests, so that nothing is built twice.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run;

/// Cargo chooses features for all that it builds in one call. Only with the whole workspace and one test among it are they
/// those of `cargo test --workspace`; the test that is named is the smallest, and no other target is called as it is.
const BUILD: &[&str] = &["build", "--workspace", "--bin", "emporion", "--test", "app"];

/// Builds it where something has changed; answers its path. `EMPORION_BIN` names another binary, which is taken as it is.
pub fn prepare() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("EMPORION_BIN") {
        return std::path::absolute(&path).context("EMPORION_BIN is no usable path");
    }
    run::to_end(&mut run::linting_cargo(BUILD)?).context("building the binary under test")?;
    Ok(run::target_dir().join("debug/emporion"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_that_is_built_with_it_stands_in_one_package_alone() {
        let wanted = format!("name = \"{}\"", BUILD.last().unwrap());
        let crates = std::fs::read_dir(run::workspace_root().join("crates")).unwrap();
        let named: Vec<String> = crates
            .map(|entry| entry.unwrap().path().join("Cargo.toml"))
            .filter(|file| std::fs::read_to_string(file).unwrap().contains(&wanted))
            .map(|file| file.display().to_string())
            .collect();
        assert!(matches!(&named[..], [one] if one.ends_with("crates/app/Cargo.toml")), "{named:?}");
    }
}
