//! The browser of the pages' tests: Chromium from the system, axe-core and Lighthouse from npm.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::run;

/// What is installed where this process may: program and Debian package.
const PROGRAMS: &[(&[&str], &str)] =
    &[(&["chromium", "chromium-browser", "google-chrome"], "chromium"), (&["npm"], "npm")];
/// Chromium without windows, which opens pages for half the processor time: program and Debian package.
const HEADLESS_SHELL: &str = "chromium-headless-shell";
/// Packages of npm, and their versions: the newest that the Node of Debian 12 runs.
const PACKAGES: &[(&str, &str)] = &[("axe-core", "4.14.1"), ("lighthouse", "12.8.2")];

/// Makes sure that the browser and what looks at pages are there; answers where npm has put its packages.
pub fn prepare() -> Result<PathBuf> {
    let named = std::env::var_os("EMPORION_CHROMIUM").is_some();
    let is_there = |names: &[&str]| (named && names.contains(&"chromium")) || names.iter().any(|name| answers(name));
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(names, _)| !is_there(names)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    if !named && !answers(HEADLESS_SHELL) && may_install() {
        // Where there is no such package, Chromium itself does the same.
        if let Err(error) = install(&[HEADLESS_SHELL]) {
            eprintln!("clients: {error:#}; pages are shown by Chromium itself");
        }
    }
    let folder = run::target_dir().join("clients/node");
    let packages = folder.join("node_modules");
    let missing: Vec<String> = PACKAGES
        .iter()
        .filter(|(name, version)| {
            let said = std::fs::read_to_string(packages.join(name).join("package.json"));
            !said.is_ok_and(|text| text.contains(&format!("\"version\": \"{version}\"")))
        })
        .map(|(name, version)| format!("{name}@{version}"))
        .collect();
    if !missing.is_empty() {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let all = PACKAGES.iter().map(|(name, version)| format!("{name}@{version}"));
        let mut npm = run::program("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(&folder);
        run::to_end(npm.args(all)).with_context(|| format!("npm could not install {}", missing.join(" ")))?;
    }
    Ok(packages)
}

fn answers(program: &str) -> bool {
    let mut asked = run::program(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether this is a Debian and the process may install packages.
fn may_install() -> bool {
    let user = run::program("id").arg("-u").output().map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    user.is_ok_and(|user| user == "0") && answers("apt-get")
}

/// Installs Debian packages, where that is possible.
fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !may_install() {
        bail!(
            "the pages' tests need {names}: install the packages (apt-get install {names}), or name a Chromium with EMPORION_CHROMIUM"
        );
    }
    eprintln!("clients: installing {names}");
    run::to_end(run::program("apt-get").args(["update", "-qq"]))?;
    run::to_end(run::program("apt-get").args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
        .with_context(|| format!("apt-get could not install {names}"))
}
