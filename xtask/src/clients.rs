//! `cargo xtask clients [--all]`: Python environments with the real clients, each made again only when its requirements change.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::run;

/// What goes together in one environment.
struct Environment {
    /// Its folder below `target/clients`, and the variable that names another one.
    folder: &'static str,
    named_by: &'static str,
    /// Files of requirements in the order in which they are installed, and how each is.
    requirements: &'static [(&'static str, &'static [&'static str])],
    /// What has to be there in the end.
    imports: &'static str,
}

const CLIENTS: Environment = Environment {
    folder: "venv",
    named_by: "EMPORION_CLIENTS_DIR",
    requirements: &[("tests/clients/requirements.txt", &[]), ("tests/clients/requirements-nodeps.txt", &["--no-deps"])],
    imports: "metadata.ingestion.ometa.ometa_api, boto3, schemathesis",
};
/// Only what is on demand needs it.
const SUPERSET: Environment = Environment {
    folder: "superset",
    named_by: "EMPORION_SUPERSET_DIR",
    requirements: &[("tests/clients/requirements-superset.txt", &[])],
    imports: "superset, psycopg2",
};
/// The oldest Python that the OpenMetadata client accepts.
const OLDEST_PYTHON: (u32, u32) = (3, 10);

/// Where Python keeps what it has compiled, or each of its processes would compile all tests anew; not between the tracked
/// files. Variable and folder.
pub fn bytecode() -> (&'static str, PathBuf) {
    ("PYTHONPYCACHEPREFIX", run::target_dir().join("clients/bytecode"))
}

pub fn command(arguments: &[String]) -> Result<()> {
    let is_all = match arguments {
        [] => false,
        [flag] if flag == "--all" => true,
        _ => bail!("`cargo xtask clients` takes nothing but --all"),
    };
    let folder = prepare()?;
    crate::browser::prepare()?;
    eprintln!("clients: ready in {}", folder.display());
    if is_all {
        eprintln!("clients: Superset is ready in {}", prepare_superset()?.display());
    }
    Ok(())
}

/// Makes sure that the environment of the clients exists and fits the requirements; answers its folder.
pub fn prepare() -> Result<PathBuf> {
    CLIENTS.prepare()
}

/// The same of Superset's.
pub fn prepare_superset() -> Result<PathBuf> {
    SUPERSET.prepare()
}

impl Environment {
    /// The stamp is written last, so an interrupted installation starts afresh the next time.
    fn prepare(&self) -> Result<PathBuf> {
        let python = python_version()?;
        let folder = self.place()?;
        let stamp = folder.join("emporion-requirements.sha256");
        let wanted = self.fingerprint(&python)?;
        if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            return Ok(folder);
        }

        eprintln!("clients: making a Python environment in {} (about a minute)", folder.display());
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        }
        run::to_end(run::program("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(
            "python3 cannot make a virtual environment; on Debian and Ubuntu install the package python3-venv",
        )?;
        let python = folder.join("bin/python");
        run::to_end(run::program(&python).args(["-m", "pip", "--version"]))
            .context("the environment has no pip; install pip (package python3-venv or python3-pip) and try again")?;

        for (file, how) in self.requirements {
            eprintln!("clients: installing {file}");
            pip_install(&python, &[*how, &["-r", *file]].concat())?;
        }
        eprintln!("clients: importing {}", self.imports);
        let imports = ["-W", "ignore", "-c", &format!("import {}", self.imports)];
        run::to_end(run::program(&python).args(imports).envs([bytecode()]))
            .context("the clients are installed but cannot be imported")?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(folder)
    }

    fn place(&self) -> Result<PathBuf> {
        match std::env::var_os(self.named_by) {
            Some(dir) if !dir.is_empty() => {
                std::path::absolute(&dir).with_context(|| format!("{} is no usable path", self.named_by))
            }
            _ => Ok(run::target_dir().join("clients").join(self.folder)),
        }
    }

    /// A hash of everything that decides what gets installed.
    fn fingerprint(&self, python: &str) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(python);
        for (file, _) in self.requirements {
            let bytes = fs::read(run::workspace_root().join(*file)).with_context(|| format!("cannot read {file}"))?;
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        let mut text = String::new();
        for byte in hash.finalize() {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        }
        Ok(text)
    }
}

fn pip_install(python: &Path, arguments: &[&str]) -> Result<()> {
    let install = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet"];
    run::to_end(run::program(python).args(install).args(arguments))
        .with_context(|| format!("pip could not install {}", arguments.join(" ")))
}

/// The version text of `python3`, after the check that it is new enough.
fn python_version() -> Result<String> {
    let answer = run::program("python3")
        .arg("--version")
        .output()
        .context("python3 was not found: install Python 3.10 or newer, the real clients are written in it")?;
    let text = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    match parse_version(&text) {
        Some(found) if found >= OLDEST_PYTHON => Ok(text),
        _ => bail!("python3 is {text:?}, the real clients need 3.10 or newer"),
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("Python ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_version_is_read_from_what_python_prints() {
        assert_eq!(parse_version("Python 3.11.7"), Some((3, 11)));
        assert_eq!(parse_version("Python 3.14.0rc2"), Some((3, 14)));
        assert_eq!(parse_version("Pyston 2"), None);
        assert_eq!(parse_version(""), None);
    }

    #[test]
    fn another_python_asks_for_another_environment() {
        let older = CLIENTS.fingerprint("Python 3.11.7").unwrap();
        assert_eq!(older, CLIENTS.fingerprint("Python 3.11.7").unwrap());
        assert_ne!(older, CLIENTS.fingerprint("Python 3.12.1").unwrap());
        assert_ne!(older, SUPERSET.fingerprint("Python 3.11.7").unwrap());
        assert_eq!(older.len(), 64);
    }
}
