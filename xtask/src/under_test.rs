//! The binaries that clients and faults ask: of the same graph as the Rust tests, so that nothing is built twice.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run;

/// Cargo chooses features for all that it builds in one call. Only with the whole workspace and one test among it are they
/// those of `cargo test --workspace`; the test that is named is the smallest, and no other target is called as it is.
const BUILD: &[&str] = &["build", "--workspace", "--test", "app"];

/// Builds the product where something has changed; answers its path. `EMPORION_BIN` names another binary, which is taken as it
/// is.
pub fn prepare() -> Result<PathBuf> {
    prepared("emporion", "EMPORION_BIN")
}

/// The same of what serves the kit of components, which is no part of the product; `EMPORION_WEB_KIT_BIN` names another.
pub fn prepare_web_kit() -> Result<PathBuf> {
    prepared("emporion-web-kit", "EMPORION_WEB_KIT_BIN")
}

fn prepared(binary: &str, variable: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return std::path::absolute(&path).with_context(|| format!("{variable} is no usable path"));
    }
    let mut build = run::linting_cargo(BUILD)?;
    run::to_end(build.args(["--bin", binary])).with_context(|| format!("building {binary}"))?;
    Ok(run::target_dir().join("debug").join(binary))
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
