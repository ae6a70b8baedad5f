//! The files of an index. What a commit names is on the disk before the commit is, as tantivy has it; but the files of a
//! segment, a dozen small ones, are synced together when one is about to name them, and not one after the other: a sync
//! takes milliseconds, and a commit waits for two rounds of them instead of some twenty.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback,
    WatchHandle, WritePtr,
};

/// What a commit is told by.
const META: &str = "meta.json";
/// Which files are the index's own to remove. Nothing else lies in its directory, so it is not kept but looked up: what a
/// process leaves that is killed is removed by the next.
const MANAGED: &str = ".managed.json";
/// Syncs that are waited for at once.
const AT_ONCE: usize = 8;

/// A directory of an index.
#[derive(Debug, Clone)]
pub struct Files {
    root: Arc<Path>,
    mapped: MmapDirectory,
    unsynced: Arc<Mutex<Unsynced>>,
}

#[derive(Debug, Default)]
struct Unsynced {
    written: Vec<(PathBuf, Arc<File>)>,
    /// Segments of which something could not be synced. To try again proves nothing: no commit may name them.
    doubtful: Vec<String>,
}

impl Files {
    pub fn open(root: &Path) -> tantivy::Result<Files> {
        Ok(Files { root: root.into(), mapped: MmapDirectory::open(root)?, unsynced: Arc::default() })
    }

    /// Syncs what was written since the last time, and that it is there.
    fn sync(&self) -> io::Result<()> {
        let mut unsynced = self.unsynced.lock();
        let files = std::mem::take(&mut unsynced.written);
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let sync = || {
            while let Some((path, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = file.sync_data() {
                    failed.lock().push((path, error));
                }
            }
        };
        let there = std::thread::scope(|scope| {
            let start = |_| std::thread::Builder::new().name("index-sync".to_owned()).spawn_scoped(scope, sync).ok();
            // Where there are no more threads to be had, this one does it all.
            let others: Vec<_> = (0..files.len().min(AT_ONCE)).map_while(start).collect();
            let there = File::open(&self.root).and_then(|root| root.sync_data());
            sync();
            drop(others);
            there
        });
        if there.is_err() {
            unsynced.doubtful.extend(files.iter().map(|(path, _)| segment_of(path)));
        }
        let failed = failed.into_inner();
        unsynced.doubtful.extend(failed.iter().map(|(path, _)| segment_of(path)));
        there.and(failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error)))
    }

    /// Files that are there, but for those of locks.
    fn all(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.root)? {
            let name = entry?.file_name();
            names.extend(name.to_str().filter(|name| !name.starts_with('.')).map(str::to_owned));
        }
        Ok(names)
    }

    fn write_meta(&self, data: &[u8]) -> io::Result<()> {
        self.sync()?;
        let named = String::from_utf8_lossy(data).replace('-', "");
        if self.unsynced.lock().doubtful.iter().any(|segment| named.contains(segment.as_str())) {
            return Err(io::Error::other("a segment of the index could not be synced"));
        }
        let made = self.root.join(".meta.json.new");
        let mut file = File::create(&made)?;
        file.write_all(data)?;
        file.sync_data()?;
        std::fs::rename(made, self.root.join(META))
    }
}

/// The segment that a file belongs to.
fn segment_of(path: &Path) -> String {
    let name = path.to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

impl Directory for Files {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.mapped.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let opened = OpenOptions::new().write(true).create_new(true).open(self.root.join(path));
        let file = opened.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        })?;
        let (file, unsynced) = (Arc::new(file), self.unsynced.clone());
        Ok(BufWriter::new(Box::new(Writing { path: path.to_owned(), file, unsynced })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        if path != Path::new(MANAGED) {
            return self.mapped.atomic_read(path);
        }
        let read = self.all().and_then(|names| Ok(serde_json::to_vec(&names)?));
        read.map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        match path.to_str() {
            Some(MANAGED) => Ok(()),
            Some(META) => self.write_meta(data),
            _ => self.mapped.atomic_write(path, data),
        }
    }

    /// It is when a commit is written: that of which no commit tells need not be there.
    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

/// A file that is being written.
struct Writing {
    path: PathBuf,
    file: Arc<File>,
    unsynced: Arc<Mutex<Unsynced>>,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Writing {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.unsynced.lock().written.push((self.path.clone(), self.file.clone()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tantivy::schema::{Schema, TEXT};
    use tantivy::{Index, IndexWriter, doc};

    use super::*;

    fn made(root: &Path) -> (Files, Index) {
        let mut schema = Schema::builder();
        schema.add_text_field("text", TEXT);
        let files = Files::open(root).unwrap();
        let index = Index::builder().schema(schema.build()).open_or_create(files.clone()).unwrap();
        (files, index)
    }

    fn add(writer: &mut IndexWriter, text: &str) -> tantivy::Result<()> {
        let field = writer.index().schema().get_field("text").unwrap();
        writer.add_document(doc!(field => text))?;
        writer.commit().map(drop)
    }

    fn count(root: &Path) -> u64 {
        let index = Index::open(Files::open(root).unwrap()).unwrap();
        index.reader().unwrap().searcher().num_docs()
    }

    #[test]
    fn what_was_committed_is_there_and_what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (files, index) = made(folder.path());
        let mut writer: IndexWriter = index.writer(15_000_000).unwrap();
        add(&mut writer, "one").unwrap();
        assert!(files.unsynced.lock().written.is_empty(), "a commit syncs what it names");
        drop((writer, index));
        let left = folder.path().join(format!("{}.idx", "0".repeat(32)));
        std::fs::write(&left, "half").unwrap();
        assert_eq!(count(folder.path()), 1);
        let (_, index) = made(folder.path());
        let mut writer: IndexWriter = index.writer(15_000_000).unwrap();
        add(&mut writer, "two").unwrap();
        assert!(!left.exists());
        assert_eq!(count(folder.path()), 2);
    }

    #[test]
    fn no_commit_names_what_could_not_be_synced() {
        let folder = tempfile::tempdir().unwrap();
        let (files, index) = made(folder.path());
        let mut writer: IndexWriter = index.writer(15_000_000).unwrap();
        add(&mut writer, "one").unwrap();
        let segment = index.searchable_segment_ids().unwrap()[0].uuid_string();
        // A device that cannot be synced stands for a disk that fails.
        let broken = Arc::new(File::open("/dev/null").unwrap());
        assert!(broken.sync_data().is_err());
        files.unsynced.lock().written.push((PathBuf::from(format!("{segment}.idx")), broken));
        assert!(add(&mut writer, "two").is_err());
        assert!(files.unsynced.lock().written.is_empty());
        assert!(files.write_meta(&std::fs::read(folder.path().join(META)).unwrap()).is_err(), "nor does a later one");
        assert!(files.write_meta(br#"{"segments": []}"#).is_ok());
    }
}
