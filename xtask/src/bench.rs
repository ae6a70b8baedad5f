//! `cargo xtask bench [flag]…`: builds the binary as it is packaged, and the programs under `bench/`, then measures.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run;

/// What is built together. `fill` makes change sets without a gate, which needs a feature of the core that the binary
/// must not be built with; so it is built alone.
const BUILDS: &[&[&str]] = &[&["emporion-app"], &["floor", "load"], &["fill"]];

/// How the binary is packaged.
const PROFILE: &str = "dist";

/// The flags go to `load` as they are.
pub fn command(flags: &[String]) -> Result<()> {
    for packages in BUILDS {
        let mut build = run::cargo(&["build", "--profile", PROFILE]);
        for package in *packages {
            build.args(["--package", package]);
        }
        run::to_end(&mut build).with_context(|| format!("building {}", packages.join(", ")))?;
    }
    let mut load = run::program(built("load"));
    for (flag, program) in [("--emporion", "emporion"), ("--floor", "floor"), ("--fill", "fill")] {
        load.arg(flag).arg(built(program));
    }
    run::to_end(load.args(flags))
}

fn built(program: &str) -> PathBuf {
    run::target_dir().join(PROFILE).join(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_the_gateless_feature_is_built_without_the_binary() {
        let with_fill: Vec<_> = BUILDS.iter().filter(|packages| packages.contains(&"fill")).collect();
        assert_eq!(with_fill, [&&["fill"][..]]);
    }
}
