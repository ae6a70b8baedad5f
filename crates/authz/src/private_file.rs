//! Files that only their owner may read: key material beside the store.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::random;

#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    #[error("{} can be read by others (mode {mode:04o}); run: chmod 600 {}", .path.display(), .path.display())]
    ReadableByOthers { path: PathBuf, mode: u32 },
    #[error("{} is not a regular file", .path.display())]
    NotAFile { path: PathBuf },
    #[error("{} is larger than {MAX_BYTES} bytes", .path.display())]
    TooLarge { path: PathBuf },
    #[error("{} already exists", .path.display())]
    Exists { path: PathBuf },
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

/// No key file comes near this; reading `/dev/zero` by mistake must not fill the memory.
const MAX_BYTES: u64 = 64 * 1024;

/// The content of the file, or `None` where there is none. Refused when group or others may read or write it.
pub(crate) fn read(path: &Path) -> Result<Option<String>, PrivateFileError> {
    let fail = |source| PrivateFileError::Io { doing: "read", path: path.to_owned(), source };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    // The opened file is asked, not the path: nobody can exchange it in between.
    let metadata = file.metadata().map_err(fail)?;
    if !metadata.is_file() {
        return Err(PrivateFileError::NotAFile { path: path.to_owned() });
    }
    refuse_open_mode(path, &metadata)?;
    if metadata.len() > MAX_BYTES {
        return Err(PrivateFileError::TooLarge { path: path.to_owned() });
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(fail)?;
    Ok(Some(text))
}

/// Writes a new file with mode 0600; never touches one that exists.
pub(crate) fn create(path: &Path, content: &str) -> Result<(), PrivateFileError> {
    let temporary = write_beside(path, content)?;
    // A hard link fails where the name is taken, which a rename would not: of two processes that start at once on
    // an empty directory one makes the key, and the other sees it.
    let linked = fs::hard_link(&temporary, path);
    let _ = fs::remove_file(&temporary);
    match linked {
        Ok(()) => sync_folder(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(PrivateFileError::Exists { path: path.to_owned() })
        }
        Err(source) => Err(PrivateFileError::Io { doing: "create", path: path.to_owned(), source }),
    }
}

/// Replaces the file in one step: a reader sees the old content or the new one, also after a crash.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), PrivateFileError> {
    let temporary = write_beside(path, content)?;
    fs::rename(&temporary, path).map_err(|source| {
        let _ = fs::remove_file(&temporary);
        PrivateFileError::Io { doing: "replace", path: path.to_owned(), source }
    })?;
    sync_folder(path)
}

fn write_beside(path: &Path, content: &str) -> Result<PathBuf, PrivateFileError> {
    let suffix: String = random::bytes::<6>().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{suffix}.new"));
    let temporary = path.with_file_name(name);
    let fail = |source| PrivateFileError::Io { doing: "write", path: temporary.clone(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary).map_err(fail)?;
    file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        let _ = fs::remove_file(&temporary);
        fail(error)
    })?;
    Ok(temporary)
}

/// Without this a power loss may take the name away although the content was synced.
fn sync_folder(path: &Path) -> Result<(), PrivateFileError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| PrivateFileError::Io {
        doing: "sync the folder of",
        path: path.to_owned(),
        source,
    })
}

#[cfg(unix)]
fn refuse_open_mode(path: &Path, metadata: &fs::Metadata) -> Result<(), PrivateFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(PrivateFileError::ReadableByOthers { path: path.to_owned(), mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open_mode(_: &Path, _: &fs::Metadata) -> Result<(), PrivateFileError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_created_file_is_the_owners_alone_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        assert!(read(&path).unwrap().is_none());
        create(&path, "content").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(read(&path).unwrap().as_deref(), Some("content"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays behind");
    }

    #[test]
    fn creating_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        create(&path, "first").unwrap();
        assert!(matches!(create(&path, "second"), Err(PrivateFileError::Exists { .. })));
        assert_eq!(read(&path).unwrap().as_deref(), Some("first"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn replacing_keeps_the_mode_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        create(&path, "first").unwrap();
        replace(&path, "second").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(read(&path).unwrap().as_deref(), Some("second"));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        create(&path, "content").unwrap();
        for open in [0o640, 0o604, 0o660, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let message = read(&path).unwrap_err().to_string();
            assert!(message.contains(&format!("{open:04o}")) && message.contains("chmod 600"), "{message}");
        }
    }

    #[test]
    fn folders_and_huge_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(matches!(read(folder.path()), Err(PrivateFileError::NotAFile { .. })));
        let path = folder.path().join("big");
        create(&path, &"x".repeat(MAX_BYTES as usize + 1)).unwrap();
        assert!(matches!(read(&path), Err(PrivateFileError::TooLarge { .. })));
    }
}
