//! Directories that are one owner's.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Makes a directory that its owner alone may open, where there is none. Those above it are made as any others.
pub fn make_directory(path: &Path) -> Result<()> {
    let make = || -> std::io::Result<()> {
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            Err(_) if path.is_dir() => Ok(()),
            made => made,
        }
    };
    make().with_context(|| format!("making {}", path.display()))
}
