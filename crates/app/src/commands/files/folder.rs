//! The folder of the files: read within bounds, written without following what leads elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags};
use serde_json::{Value, json};

use crate::command_error::UsageError;
use crate::files::serve::MOST_DOCUMENTS;

const LARGEST: u64 = 1 << 20;
/// What is sent in one request.
const LARGEST_TOGETHER: u64 = 40 << 20;
const DEEPEST: usize = 24;

/// What an export has done.
#[derive(Debug, Default)]
pub struct Report {
    pub written: usize,
    pub unchanged: usize,
    pub removed: usize,
    /// Files of records that are not there.
    pub stray: Vec<PathBuf>,
}

impl Report {
    pub fn told(&self) -> Value {
        let stray: Vec<String> = self.stray.iter().map(|path| path.display().to_string()).collect();
        json!({"written": self.written, "unchanged": self.unchanged, "removed": self.removed, "stray": stray})
    }

    pub fn words(&self, dir: &Path) -> String {
        let mut words = format!("{} written, {} as they were, in {}", self.written, self.unchanged, dir.display());
        if self.removed > 0 {
            words.push_str(&format!("; {} removed", self.removed));
        }
        if !self.stray.is_empty() {
            words.push_str("\nNo record is there for these files; --prune removes them:");
            for path in &self.stray {
                words.push_str(&format!("\n  {}", path.display()));
            }
        }
        words
    }
}

/// Every `.yaml` file below the folder, by its path in it. What begins with a dot is nobody's record.
///
/// Errors: `UsageError` for links and other things that are no files, and for more than can be read.
pub fn read(dir: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for path in walk(dir)?.documents {
        let text = text_of(dir, &path)?;
        found.push((path, text));
    }
    if found.is_empty() {
        return Err(UsageError(format!("{}: there is no .yaml file in it", dir.display())).into());
    }
    if found.iter().map(|(_, text)| text.len() as u64).sum::<u64>() > LARGEST_TOGETHER {
        return Err(UsageError(format!("{}: holds more than can be sent at once", dir.display())).into());
    }
    Ok(found)
}

fn text_of(dir: &Path, path: &Path) -> Result<String, UsageError> {
    let refused = |why: &str| UsageError(format!("{}: {why}", path.display()));
    let opened = rustix::fs::open(dir.join(path), OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
    let file = fs::File::from(opened.map_err(|error| refused(&error.to_string()))?);
    let mut text = String::new();
    let read = file.take(LARGEST + 1).read_to_string(&mut text);
    read.map_err(|_| refused("cannot be read as a text"))?;
    if text.len() as u64 > LARGEST {
        return Err(refused("is larger than a document may be (1 MiB)"));
    }
    Ok(text)
}

/// The changes that a plan in a file lists.
///
/// Errors: `UsageError` for what is no plan.
pub fn plan(path: &Path) -> Result<Value> {
    let refused = |why: String| UsageError(format!("--plan: {}: {why}", path.display()));
    let text = fs::read(path).map_err(|error| refused(error.to_string()))?;
    let mut told = emporion_edge::json::parse(&text).map_err(|error| refused(error.to_string()))?;
    match told.get_mut("changes").map(Value::take) {
        Some(changes @ Value::Array(_)) => Ok(changes),
        _ => Err(refused("is not what `emporion diff -o json` prints".into()).into()),
    }
}

/// Makes the files what they are to be; one that is so already is not touched. Of those that are not wanted, only such go
/// as are of a record, by what they say and where they stand.
///
/// Errors: `UsageError` where a link, or something else that is no folder or file, stands in the way.
pub fn write(
    dir: &Path,
    wanted: &BTreeMap<PathBuf, String>,
    prune: bool,
    is_of_a_record: impl Fn(&Path, &str) -> bool,
) -> Result<Report> {
    fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    let Walked { documents, parts } = walk(dir)?;
    let present: BTreeSet<PathBuf> = documents.into_iter().collect();
    let mut report = Report::default();
    for path in wanted.keys() {
        look_along(dir, path)?;
    }
    for part in parts {
        let part = dir.join(part);
        fs::remove_file(&part).with_context(|| format!("removing {}", part.display()))?;
    }
    let mut changed: BTreeSet<&Path> = BTreeSet::new();
    for (path, text) in wanted {
        let file = dir.join(path);
        if present.contains(path) && fs::read(&file).is_ok_and(|there| there == text.as_bytes()) {
            report.unchanged += 1;
            continue;
        }
        replace(&file, text).with_context(|| format!("writing {}", file.display()))?;
        changed.extend(path.ancestors().skip(1));
        report.written += 1;
    }
    for folder in changed {
        let folder = dir.join(folder);
        let synced = fs::File::open(&folder).and_then(|folder| folder.sync_all());
        synced.with_context(|| format!("syncing {}", folder.display()))?;
    }
    let is_stray =
        |path: &PathBuf| !wanted.contains_key(path) && text_of(dir, path).is_ok_and(|text| is_of_a_record(path, &text));
    let stray: Vec<PathBuf> = present.into_iter().filter(is_stray).collect();
    match prune {
        true => {
            for path in &stray {
                let file = dir.join(path);
                fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))?;
                // A folder goes with its last file; one that holds something else stays.
                let _ = file.parent().map(fs::remove_dir);
            }
            report.removed = stray.len();
        }
        false => report.stray = stray,
    }
    Ok(report)
}

/// Nothing on the way to the file leads elsewhere.
fn look_along(dir: &Path, path: &Path) -> Result<()> {
    let mut place = dir.to_owned();
    for part in path.components() {
        let Component::Normal(part) = part else {
            return Err(UsageError(format!("{}: leads out of the folder", path.display())).into());
        };
        place.push(part);
        match fs::symlink_metadata(&place) {
            Ok(there) if there.is_dir() || there.is_file() => {}
            Ok(_) => return Err(link(&place).into()),
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Whole or not at all, also after a crash: what is written half does not bear the name. That it bears it lasts once its
/// folder is synced.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let beside = folder.join(format!(".{}{PART}", uuid::Uuid::new_v4().simple()));
    let write = || {
        let mut part = fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        part.write_all(text.as_bytes())?;
        part.sync_all()?;
        fs::rename(&beside, file)
    };
    write().inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// How the name of a file ends that is being written.
const PART: &str = ".part";

/// Whether an export that was killed has left it.
fn is_part(name: &str) -> bool {
    let id = name.strip_prefix('.').and_then(|name| name.strip_suffix(PART));
    id.is_some_and(|id| id.len() == 32 && uuid::Uuid::try_parse(id).is_ok())
}

/// What there is below a folder, by its path in it.
#[derive(Default)]
struct Walked {
    documents: Vec<PathBuf>,
    /// What exports that were killed have left.
    parts: Vec<PathBuf>,
}

fn walk(dir: &Path) -> Result<Walked> {
    let mut found = Walked::default();
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((below, depth)) = folders.pop() {
        let folder = dir.join(&below);
        let entries = fs::read_dir(&folder).map_err(|error| UsageError(format!("{}: {error}", folder.display())))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
            let Ok(name) = entry.file_name().into_string() else {
                return Err(UsageError(format!("{}: is not a name in UTF-8", entry.path().display())).into());
            };
            let (path, ty) =
                (below.join(&name), entry.file_type().with_context(|| entry.path().display().to_string())?);
            if name.starts_with('.') {
                found.parts.extend(Some(path).filter(|_| ty.is_file() && is_part(&name)));
                continue;
            }
            let is_document = name.ends_with(".yaml") || name.ends_with(".yml");
            if ty.is_dir() {
                if depth == DEEPEST {
                    return Err(UsageError(format!("{}: folders stand too deep in one another", path.display())).into());
                }
                folders.push((path, depth + 1));
            } else if ty.is_symlink() || (is_document && !ty.is_file()) {
                return Err(link(&entry.path()).into());
            } else if is_document {
                found.documents.push(path);
            }
            if found.documents.len() > MOST_DOCUMENTS {
                return Err(UsageError(format!("{}: holds more than {MOST_DOCUMENTS} files", dir.display())).into());
            }
        }
    }
    found.documents.sort();
    Ok(found)
}

fn link(path: &Path) -> UsageError {
    UsageError(format!("{}: is neither a file nor a folder; links are not followed", path.display()))
}
