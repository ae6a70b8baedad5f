//! Running a program in the foreground, and where things lie in this repository.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The folder that holds the workspace's `Cargo.toml`.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies below the workspace root").to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => std::path::absolute(&dir).unwrap_or_else(|_| dir.into()),
        None => workspace_root().join("target"),
    }
}

/// What the member of the workspace in this folder is called.
pub fn package_in(folder: &str) -> Result<String> {
    let file = workspace_root().join(folder).join("Cargo.toml");
    let manifest = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    Ok(name.with_context(|| format!("{} names no package", file.display()))?.to_owned())
}

/// A command that starts in the workspace root.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace_root());
    command
}

/// What cargo says of the package that it runs, by the beginnings of the variables' names.
const ABOUT_THIS_PACKAGE: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];

/// The cargo that runs this command, so that the pinned toolchain stays the same below it. It is not told of this package:
/// some build scripts run again where such a variable has changed, and all that depends on them would be built anew after
/// each cargo that was called by hand.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    let is_about_this = |name: &OsString| {
        name.to_str().is_some_and(|name| ABOUT_THIS_PACKAGE.iter().any(|begin| name.starts_with(begin)))
    };
    for name in std::env::vars_os().map(|(name, _)| name).filter(is_about_this) {
        command.env_remove(name);
    }
    command
}

/// A cargo whose compiler is Clippy's, and to which warnings are errors: what it builds is linted on the way, where a Clippy of
/// its own would read the whole workspace and all that it depends on once more. Cargo keeps what it built apart from what the
/// plain compiler did, so all that shares a graph goes through here.
pub fn linting_cargo(arguments: &[&str]) -> Result<Command> {
    let asked = program("rustc").args(["--print", "sysroot"]).output().context("cannot start rustc")?;
    let driver = Path::new(String::from_utf8_lossy(&asked.stdout).trim()).join("bin/clippy-driver");
    if !driver.exists() {
        bail!("this toolchain has no Clippy: `rustup component add clippy` (looked for {})", driver.display());
    }
    let mut command = cargo(arguments);
    command
        .env("RUSTC_WORKSPACE_WRAPPER", driver)
        .env("CLIPPY_ARGS", ["-D", "warnings"].map(|each| each.to_owned() + ARGUMENT_ENDS).concat());
    Ok(command)
}

/// How Clippy's driver is told where one argument ends and the next begins.
const ARGUMENT_ENDS: &str = "__CLIPPY_HACKERY__";

/// How many processes share the processors where each waits about as often as it works: for a server, for a disk, for a time.
pub fn waiting_processes() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) + 1
}

/// Runs `command` to its end with this process's output; an exit code other than 0 is an error.
pub fn to_end(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cargo_below_is_not_told_of_this_package() {
        let cargo = cargo(&["build"]);
        let gone: Vec<&str> =
            cargo.get_envs().filter(|(_, value)| value.is_none()).filter_map(|(name, _)| name.to_str()).collect();
        assert!(gone.contains(&"CARGO_MANIFEST_DIR") && gone.contains(&"CARGO_PKG_NAME"), "{gone:?}");
        assert!(!gone.contains(&"CARGO") && !gone.contains(&"CARGO_HOME"), "{gone:?}");
    }
}
