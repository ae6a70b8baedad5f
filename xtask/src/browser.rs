//! The browser of the pages' tests: Chromium from the system, axe-core from npm.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::run;

/// What is installed where this process may: program and Debian package.
const PROGRAMS: &[(&[&str], &str)] =
    &[(&["chromium", "chromium-browser", "google-chrome"], "chromium"), (&["npm"], "npm")];
const AXE: &str = "axe-core";
const AXE_VERSION: &str = "4.14.1";

/// Makes sure that the browser is there; answers the file of axe.
pub fn prepare() -> Result<PathBuf> {
    let named = std::env::var_os("EMPORION_CHROMIUM").is_some();
    let is_there = |names: &[&str]| (named && names.contains(&"chromium")) || names.iter().any(|name| answers(name));
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(names, _)| !is_there(names)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    let folder = run::target_dir().join("clients/node");
    let package = folder.join("node_modules").join(AXE);
    let wanted = format!("\"version\": \"{AXE_VERSION}\"");
    if !std::fs::read_to_string(package.join("package.json")).is_ok_and(|text| text.contains(&wanted)) {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut npm = run::program("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(&folder);
        run::to_end(npm.arg(format!("{AXE}@{AXE_VERSION}"))).context("npm could not install axe-core")?;
    }
    Ok(package.join("axe.min.js"))
}

fn answers(program: &str) -> bool {
    let mut asked = run::program(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Installs Debian packages, where this is a Debian and the process may.
fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    let user = run::program("id").arg("-u").output().map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    if !user.is_ok_and(|user| user == "0") || !answers("apt-get") {
        bail!(
            "the pages' tests need {names}: install the packages (apt-get install {names}), or name a Chromium with EMPORION_CHROMIUM"
        );
    }
    eprintln!("clients: installing {names}");
    run::to_end(run::program("apt-get").args(["update", "-qq"]))?;
    run::to_end(run::program("apt-get").args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
        .with_context(|| format!("apt-get could not install {names}"))
}
