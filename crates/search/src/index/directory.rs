//! Where the files of an index are.
//!
//! A commit is seen at once, and is on the disk some seconds later: whatever a kill takes is read of the log again. Until then
//! it stands in memory, with those of its files that are small: those of a commit, a dozen, are merged into others and gone
//! before the disk has heard of most of them. A checkpoint puts on the disk what the last commit names: the small files in
//! one, the large ones, which are written there from the start, and then, at once, what names them. What a checkpoint names
//! stays until the next, though nothing else needs it.

mod pack;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};

/// What names the files of a commit; on the disk, those of the last checkpoint.
const META: &str = "meta.json";
/// The member of it that names the file in which the small ones are.
const PACK: &str = "pack";
/// What the names of such files begin with.
const PACK_NAME: &str = "pack-";
/// Which files are the index's own to remove. Nothing else lies in its directory, so it is not kept but looked up: what a
/// process leaves that is killed is removed by the next.
const MANAGED: &str = ".managed.json";
/// What a checkpoint makes before it takes the place of the last.
const NEW_META: &str = ".meta.json.new";
/// From here on a file is large.
const LARGE_BYTES: usize = 512 << 10;
/// Where the small ones take more than this together, those that come are written as the large ones are.
const MOST_SMALL_BYTES: usize = 16 << 20;
/// From one checkpoint to the next, while there are commits.
const CHECKPOINT_PERIOD: Duration = Duration::from_secs(5);
/// Syncs that are waited for at once.
const SYNCS_AT_ONCE: usize = 8;

/// A directory of an index.
#[derive(Debug, Clone)]
pub struct IndexDirectory {
    root: Arc<Path>,
    mapped: MmapDirectory,
    state: Arc<Mutex<State>>,
    /// Held from before a checkpoint is begun until after its end.
    checkpoint: Arc<Mutex<Checkpoint>>,
}

#[derive(Debug, Default)]
struct State {
    /// Of the last commit. What large files it names are synced.
    meta: Option<Vec<u8>>,
    /// It is not on the disk yet, or something is there that it does not need.
    is_dirty: bool,
    small: HashMap<PathBuf, OwnedBytes>,
    /// Large files that nobody has synced yet.
    unsynced: Vec<(PathBuf, Arc<File>)>,
    /// Files on the disk that the last commit does not need, but perhaps the last checkpoint.
    removed: HashSet<PathBuf>,
    /// Segments of which something could not be synced. To try again proves nothing: no commit may name them.
    doubtful: Vec<String>,
    /// The directory is to be removed.
    is_abandoned: bool,
}

#[derive(Debug, Default)]
struct Checkpoint {
    /// Of the pack that was begun last. None is begun twice: the one on the disk may be named there.
    number: u64,
    /// The pack that the last one names.
    pack: Option<PathBuf>,
    made_at: Option<Instant>,
}

impl IndexDirectory {
    /// Errors: where small files that a checkpoint names are not whole.
    pub fn open(root: &Path) -> tantivy::Result<IndexDirectory> {
        let mapped = MmapDirectory::open(root)?;
        let (mut state, mut checkpoint) = (State::default(), Checkpoint::default());
        match fs::read(root.join(META)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            meta => {
                let meta = meta?;
                // What an older program has written names none.
                let said: Value = serde_json::from_slice(&meta).map_err(io::Error::from)?;
                if let Some(number) = said[PACK].as_u64() {
                    let pack = PathBuf::from(pack_name(number));
                    state.small = pack::read(&mapped.open_read(&pack)?.read_bytes()?)?.into_iter().collect();
                    checkpoint.pack = Some(pack);
                }
                state.meta = Some(meta);
            }
        }
        for name in names(root)? {
            if let Some(number) = name.strip_prefix(PACK_NAME).and_then(|number| number.parse().ok()) {
                checkpoint.number = checkpoint.number.max(number);
            }
            let is_left = name == NEW_META || name.starts_with(PACK_NAME);
            state
                .removed
                .extend(Some(PathBuf::from(name)).filter(|path| is_left && checkpoint.pack.as_ref() != Some(path)));
        }
        state.is_dirty = !state.removed.is_empty();
        Ok(IndexDirectory {
            root: root.into(),
            mapped,
            state: Arc::new(Mutex::new(state)),
            checkpoint: Arc::new(Mutex::new(checkpoint)),
        })
    }

    /// Puts the last commit on the disk, where it is not.
    pub fn checkpoint(&self) -> io::Result<()> {
        let mut checkpoint = self.checkpoint.lock();
        let meta = {
            let state = self.state.lock();
            state.meta.clone().filter(|_| state.is_dirty && !state.is_abandoned)
        };
        meta.map_or(Ok(()), |meta| self.make(&mut checkpoint, &meta))
    }

    /// Nothing is put on the disk any more, since all of it is to be removed.
    pub fn abandon(&self) {
        let _ends = self.checkpoint.lock();
        self.state.lock().is_abandoned = true;
    }

    /// A commit.
    fn write_meta(&self, meta: &[u8]) -> io::Result<()> {
        let mut checkpoint = self.checkpoint.lock();
        let is_to_sync = {
            let state = self.state.lock();
            !state.unsynced.is_empty() || !state.doubtful.is_empty()
        };
        if is_to_sync {
            self.sync(&segments_in(&serde_json::from_slice(meta)?))?;
        }
        let is_due = checkpoint.made_at.is_none_or(|made_at| made_at.elapsed() >= CHECKPOINT_PERIOD);
        if is_due && !self.state.lock().is_abandoned {
            self.make(&mut checkpoint, meta)?;
            self.state.lock().meta = Some(meta.to_owned());
        } else {
            let mut state = self.state.lock();
            (state.meta, state.is_dirty) = (Some(meta.to_owned()), true);
        }
        Ok(())
    }

    fn make(&self, checkpoint: &mut Checkpoint, meta: &[u8]) -> io::Result<()> {
        let mut meta: Value = serde_json::from_slice(meta)?;
        let segments = segments_in(&meta);
        let (small, mut unneeded) = {
            let state = self.state.lock();
            let small = state.small.iter().filter(|(path, _)| segments.contains(segment_of(path)));
            let small: Vec<(PathBuf, OwnedBytes)> = small.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
            (small, state.removed.clone())
        };
        checkpoint.number += 1;
        let pack = PathBuf::from(pack_name(checkpoint.number));
        meta[PACK] = checkpoint.number.into();
        let written = self.write_synced(&pack, |file| pack::write(file, &small)).and_then(|()| {
            self.write_synced(Path::new(NEW_META), |file| file.write_all(meta.to_string().as_bytes()))?;
            self.sync_names()?;
            fs::rename(self.root.join(NEW_META), self.root.join(META))
        });
        if written.is_err() {
            // Where even that fails, the next one that is made tries again.
            let _ = fs::remove_file(self.root.join(&pack));
            self.state.lock().removed.insert(pack);
            return written;
        }
        if let Some(before) = checkpoint.pack.replace(pack) {
            self.state.lock().removed.insert(before.clone());
            unneeded.insert(before);
        }
        checkpoint.made_at = Some(Instant::now());
        // What it does not name goes once it is there for certain.
        self.sync_names()?;
        let mut left = HashSet::new();
        for path in &unneeded {
            match fs::remove_file(self.root.join(path)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "a file that the index does not need stays");
                    left.insert(path.clone());
                }
                _ => {}
            }
        }
        let mut state = self.state.lock();
        state.removed.retain(|path| !unneeded.contains(path));
        // Something was removed meanwhile. What could not be is tried with the next commit.
        state.is_dirty = !state.removed.is_empty();
        state.removed.extend(left);
        Ok(())
    }

    /// That files are there, and under which names.
    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.root)?.sync_data()
    }

    fn write_synced(&self, path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(self.root.join(path))?);
        write(&mut file)?;
        file.into_inner()?.sync_data()
    }

    /// Syncs the large files of segments.
    fn sync(&self, segments: &HashSet<String>) -> io::Result<()> {
        let files: Vec<(PathBuf, Arc<File>)> = {
            let mut state = self.state.lock();
            let is_named = |(path, _): &mut (PathBuf, Arc<File>)| segments.contains(segment_of(path));
            state.unsynced.extract_if(.., is_named).collect()
        };
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let sync = || {
            while let Some((path, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = file.sync_data() {
                    failed.lock().push((path, error));
                }
            }
        };
        std::thread::scope(|scope| {
            let start = |_| std::thread::Builder::new().name("index-sync".to_owned()).spawn_scoped(scope, sync).ok();
            // Where there are no more threads to be had, this one does it all.
            let others: Vec<_> = (1..files.len().min(SYNCS_AT_ONCE)).map_while(start).collect();
            sync();
            drop(others);
        });
        let failed = failed.into_inner();
        let mut state = self.state.lock();
        state.doubtful.extend(failed.iter().map(|(path, _)| segment_of(path).to_owned()));
        if let Some((_, error)) = failed.into_iter().next() {
            return Err(error);
        }
        match state.doubtful.iter().any(|segment| segments.contains(segment)) {
            true => Err(io::Error::other("a segment of the index could not be synced")),
            false => Ok(()),
        }
    }

    /// Files of segments, but for those that are removed.
    fn all(&self) -> io::Result<Vec<PathBuf>> {
        let mut all = Vec::new();
        let is_of_segment = |name: &String| !name.starts_with('.') && !name.starts_with(PACK_NAME);
        all.extend(names(&self.root)?.into_iter().filter(is_of_segment).map(PathBuf::from));
        let state = self.state.lock();
        all.retain(|path| !state.removed.contains(path));
        all.extend(state.small.keys().cloned());
        Ok(all)
    }

    fn is_on_disk(&self, path: &Path) -> bool {
        self.root.join(path).exists()
    }
}

/// The files in a directory.
fn names(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

/// Those that a commit names, as the names of their files begin.
fn segments_in(meta: &Value) -> HashSet<String> {
    let segments = meta["segments"].as_array().into_iter().flatten();
    segments.filter_map(|segment| Some(segment["segment_id"].as_str()?.replace('-', ""))).collect()
}

fn pack_name(number: u64) -> String {
    format!("{PACK_NAME}{number}")
}

/// The segment that a file belongs to.
fn segment_of(path: &Path) -> &str {
    path.to_str().and_then(|name| name.split('.').next()).unwrap_or_default()
}

impl Directory for IndexDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let small = {
            let state = self.state.lock();
            if state.removed.contains(path) {
                return Err(OpenReadError::FileDoesNotExist(path.to_owned()));
            }
            state.small.get(path).cloned()
        };
        match small {
            Some(bytes) => Ok(Arc::new(bytes)),
            None => self.mapped.get_file_handle(path),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        let mut state = self.state.lock();
        if state.small.remove(path).is_some() {
            return Ok(());
        }
        if !self.is_on_disk(path) || !state.removed.insert(path.to_owned()) {
            return Err(DeleteError::FileDoesNotExist(path.to_owned()));
        }
        state.unsynced.retain(|(unsynced, _)| unsynced != path);
        // The next checkpoint removes it.
        state.is_dirty = true;
        Ok(())
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        let state = self.state.lock();
        if path == Path::new(META) {
            return Ok(state.meta.is_some());
        }
        Ok(state.small.contains_key(path) || (self.is_on_disk(path) && !state.removed.contains(path)))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let state = self.state.lock();
        if state.small.contains_key(path) || self.is_on_disk(path) {
            return Err(OpenWriteError::FileAlreadyExists(path.to_owned()));
        }
        let small: usize = state.small.values().map(|bytes| bytes.len()).sum();
        let least_large = if small < MOST_SMALL_BYTES { LARGE_BYTES } else { 0 };
        let written = Written::InMemory(Vec::new());
        let file = NewFile { path: path.to_owned(), least_large, written, directory: self.clone() };
        Ok(BufWriter::new(Box::new(file)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        match path.to_str() {
            Some(MANAGED) => {
                let read = self.all().and_then(|names| Ok(serde_json::to_vec(&names)?));
                read.map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))
            }
            Some(META) => {
                self.state.lock().meta.clone().ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))
            }
            _ => self.mapped.atomic_read(path),
        }
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        match path.to_str() {
            Some(MANAGED) => Ok(()),
            Some(META) => self.write_meta(data),
            _ => self.mapped.atomic_write(path, data),
        }
    }

    /// It is with each checkpoint: that of which none tells need not be there.
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
struct NewFile {
    path: PathBuf,
    /// In bytes; 0 where there is no more room for small ones.
    least_large: usize,
    written: Written,
    directory: IndexDirectory,
}

enum Written {
    InMemory(Vec<u8>),
    /// Since it is large.
    OnDisk(Arc<File>),
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Written::InMemory(before) = &mut self.written {
            if before.len() + bytes.len() < self.least_large {
                before.extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            let mut file =
                OpenOptions::new().write(true).create_new(true).open(self.directory.root.join(&self.path))?;
            file.write_all(before)?;
            self.written = Written::OnDisk(Arc::new(file));
        }
        match &self.written {
            Written::InMemory(_) => Ok(0),
            Written::OnDisk(file) => (&**file).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for NewFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        let path = std::mem::take(&mut self.path);
        let mut state = self.directory.state.lock();
        match &mut self.written {
            Written::InMemory(bytes) => {
                bytes.shrink_to_fit();
                state.small.insert(path, OwnedBytes::new(std::mem::take(bytes)));
            }
            Written::OnDisk(file) => state.unsynced.push((path, file.clone())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tantivy::schema::{Schema, TEXT};
    use tantivy::{Index, IndexWriter, doc};

    use super::*;

    struct Made {
        directory: IndexDirectory,
        index: Index,
        writer: IndexWriter,
    }

    fn made(root: &Path) -> Made {
        let mut schema = Schema::builder();
        schema.add_text_field("text", TEXT);
        let directory = IndexDirectory::open(root).unwrap();
        let index = Index::builder().schema(schema.build()).open_or_create(directory.clone()).unwrap();
        let writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        Made { directory, index, writer }
    }

    impl Made {
        fn add(&mut self, text: &str) -> tantivy::Result<()> {
            let field = self.index.schema().get_field("text").unwrap();
            self.writer.add_document(doc!(field => text))?;
            self.writer.commit().map(drop)
        }

        fn count(&self) -> u64 {
            self.index.reader().unwrap().searcher().num_docs()
        }

        fn merge(&mut self) {
            let all = self.index.searchable_segment_ids().unwrap();
            self.writer.merge(&all).wait().unwrap();
            self.writer.garbage_collect_files().wait().unwrap();
        }
    }

    /// What a process finds that is started after this one was killed now.
    fn count_after_kill(root: &Path) -> u64 {
        let copy = tempfile::tempdir().unwrap();
        for name in names(root).iter().filter(|name| !name.starts_with(".tantivy")) {
            fs::copy(root.join(name), copy.path().join(name)).unwrap();
        }
        made(copy.path()).count()
    }

    fn names(root: &Path) -> Vec<String> {
        let mut names = super::names(root).unwrap();
        names.sort();
        names
    }

    #[test]
    fn a_commit_is_seen_at_once_and_kept_by_the_next_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = made(folder.path());
        made.add("one").unwrap();
        made.directory.checkpoint().unwrap();
        let before = names(folder.path());
        made.add("two").unwrap();
        assert_eq!((made.count(), count_after_kill(folder.path())), (2, 1));
        assert_eq!(names(folder.path()), before, "nothing is written in between");
        made.directory.checkpoint().unwrap();
        assert_eq!((made.count(), count_after_kill(folder.path())), (2, 2));
        let of_segments = |name: &String| !name.starts_with('.') && name != META && !name.starts_with(PACK_NAME);
        assert_eq!(names(folder.path()).iter().filter(|name| of_segments(name)).count(), 0, "all of it is small");
        assert_eq!(names(folder.path()).iter().filter(|name| name.starts_with(PACK_NAME)).count(), 1);
    }

    #[test]
    fn what_a_checkpoint_names_stays_until_the_next_though_it_was_merged() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = made(folder.path());
        let long: Vec<String> =
            (0..200_000_u64).map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        for half in long.chunks(100_000) {
            made.add(&half.join(" ")).unwrap();
        }
        made.directory.checkpoint().unwrap();
        let large =
            |root: &Path| names(root).iter().filter(|name| name.ends_with(".idx") || name.ends_with(".term")).count();
        let before = large(folder.path());
        assert!(before >= 2);
        made.merge();
        assert_eq!((made.count(), count_after_kill(folder.path())), (2, 2));
        assert!(large(folder.path()) > before, "those of the last checkpoint and those that are new");
        made.directory.checkpoint().unwrap();
        assert_eq!((made.count(), count_after_kill(folder.path())), (2, 2));
        assert!(large(folder.path()) < before, "what no checkpoint names is gone");
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = made(folder.path());
        first.add("one").unwrap();
        first.directory.checkpoint().unwrap();
        drop(first);
        let left = folder.path().join(format!("{}.idx", "0".repeat(32)));
        fs::write(&left, "half").unwrap();
        let mut second = made(folder.path());
        assert_eq!(second.count(), 1);
        second.add("two").unwrap();
        second.directory.checkpoint().unwrap();
        assert!(!left.exists());
        assert_eq!(count_after_kill(folder.path()), 2);
    }

    #[test]
    fn small_files_that_are_not_whole_are_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = made(folder.path());
        made.add("one").unwrap();
        made.directory.checkpoint().unwrap();
        let pack = names(folder.path()).into_iter().find(|name| name.starts_with(PACK_NAME)).unwrap();
        let path = folder.path().join(pack);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(IndexDirectory::open(folder.path()).is_err());
        fs::remove_file(&path).unwrap();
        assert!(IndexDirectory::open(folder.path()).is_err());
    }

    #[test]
    fn no_commit_names_what_could_not_be_synced() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = made(folder.path());
        made.add("one").unwrap();
        let meta = made.directory.atomic_read(Path::new(META)).unwrap();
        let segment = made.index.searchable_segment_ids().unwrap()[0].uuid_string();
        // A device that cannot be synced stands for a disk that fails.
        let broken = Arc::new(File::open("/dev/null").unwrap());
        assert!(broken.sync_data().is_err());
        made.directory.state.lock().unsynced.push((PathBuf::from(format!("{segment}.idx")), broken));
        assert!(made.directory.write_meta(&meta).is_err());
        assert!(made.directory.state.lock().unsynced.is_empty());
        assert!(made.directory.write_meta(&meta).is_err(), "nor does a later one");
        assert!(made.directory.write_meta(br#"{"segments": []}"#).is_ok());
    }

    #[test]
    fn a_checkpoint_that_fails_leaves_the_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = made(folder.path());
        made.add("one").unwrap();
        made.directory.checkpoint().unwrap();
        made.add("two").unwrap();
        // Nobody can write where a folder stands.
        let occupied = folder.path().join(NEW_META);
        fs::create_dir(&occupied).unwrap();
        assert!(made.directory.checkpoint().is_err());
        assert!(made.directory.checkpoint().is_err());
        fs::remove_dir(&occupied).unwrap();
        assert_eq!((made.count(), count_after_kill(folder.path())), (2, 1));
        made.directory.checkpoint().unwrap();
        assert_eq!((made.count(), count_after_kill(folder.path())), (2, 2));
        assert_eq!(names(folder.path()).iter().filter(|name| name.starts_with(PACK_NAME)).count(), 1);
    }

    #[test]
    fn packs_that_nothing_names_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = made(folder.path());
        first.add("one").unwrap();
        first.directory.checkpoint().unwrap();
        drop(first);
        let left = ["pack-7", NEW_META].map(|name| folder.path().join(name));
        left.iter().for_each(|path| fs::write(path, "half").unwrap());
        let second = made(folder.path());
        assert_eq!(second.count(), 1);
        second.directory.checkpoint().unwrap();
        assert!(!left[0].exists());
        assert_eq!(count_after_kill(folder.path()), 1);
        assert_eq!(names(folder.path()).iter().filter(|name| name.starts_with(PACK_NAME)).count(), 1);
    }

    #[test]
    fn where_small_files_take_too_much_the_next_are_written_to_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = made(folder.path());
        made.add("one").unwrap();
        let full = OwnedBytes::new(vec![0; MOST_SMALL_BYTES]);
        made.directory.state.lock().small.insert("full".into(), full);
        made.add("two").unwrap();
        let on_disk = |name: &String| name.ends_with(".idx");
        assert_eq!(names(folder.path()).iter().filter(|name| on_disk(name)).count(), 1);
        made.directory.checkpoint().unwrap();
        assert_eq!((made.count(), count_after_kill(folder.path())), (2, 2));
    }
}
