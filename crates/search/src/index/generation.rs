//! One index in a directory of its own, with the place in the log that it is of.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::id::{RecordId, Seq};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tantivy::index::SegmentId;
use tantivy::indexer::IndexWriterOptions;
use tantivy::query::TermSetQuery;
use tantivy::schema::Field;
use tantivy::store::Compressor;
use tantivy::{Index, IndexSettings, IndexWriter, InvertedIndexReader, TantivyDocument, TantivyError};

use super::background::{Background, Priority};
use super::directory::IndexDirectory;
use super::encode;
use super::form::{Form, Lacks, Parts};
use super::merge_policy::{self, TieredMergePolicy};
use super::schema::Fields;
use super::segments::{Ids, Reader, Segments};
use super::small_segment::{Next, SmallSegment};
use super::terms::{id_term, leads_term};
use super::tokens;

use crate::document::{DOMAIN_ITSELF, Document};

/// Threads that take documents apart while everything is read for the first time.
const THREADS_AT_FIRST: usize = 2;
/// What each thread of the writer holds before it makes a segment of it.
const WRITER_BYTES: usize = 20 << 20;
/// The same while everything is read for the first time, so that larger segments are made of what is kept at once.
const WRITER_BYTES_AT_FIRST: usize = 36 << 20;

/// How often an index is removed that something is still written to.
const MOST_REMOVALS: usize = 20;

/// Fields that lead to other records.
const LEADING: &[&str] = &["owner", "team", "domain", DOMAIN_ITSELF, "tag", "term", "certified", "source"];

/// What a commit says beside the documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The place in the log up to which everything is in.
    pub position: u64,
    pub fingerprint: String,
    /// It has come once to the end of the log, so that nothing is missing but what is new.
    pub is_whole: bool,
}

/// A commit as it is written, and of which parts the documents are made; older programs did not tell those.
#[derive(Serialize, Deserialize)]
struct Payload {
    #[serde(flatten)]
    commit: Commit,
    #[serde(default)]
    parts: Option<Parts>,
}

/// How much is to be read behind what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backlog {
    Small,
    Large,
}

/// An index that is written and read.
pub struct Generation {
    directory: PathBuf,
    pub fields: Fields,
    /// What an older program has not put in it, or otherwise.
    pub lacks: Lacks,
    parts: Option<Parts>,
    files: IndexDirectory,
    index: Index,
    /// Begun when there is something to write: its threads and their tables are most of what an empty server would hold.
    /// `None` after one that could not go on, too, until the next is.
    writer: Mutex<Option<IndexWriter>>,
    /// Taken after it.
    next: Mutex<Next>,
    /// What was put in since the last commit, and so is not among what can be found.
    unkept: Mutex<HashSet<RecordId>>,
    reader: Reader,
    kept: Mutex<Commit>,
    background: Mutex<Background>,
}

/// What is to be written of a record.
#[derive(Debug)]
pub enum Written {
    Put(Box<Document>),
    Gone(RecordId),
}

impl Generation {
    /// Opens the index of a directory, or makes one. One that cannot be read is made anew: all that is in it can be.
    pub fn open(directory: &Path, form: &Form) -> Result<Generation, TantivyError> {
        match Generation::try_open(directory, form) {
            Ok(generation) => Ok(generation),
            Err(error) => {
                tracing::warn!(directory = %directory.display(), %error, "an index cannot be read, and is made anew");
                remove(directory)?;
                Generation::try_open(directory, form)
            }
        }
    }

    fn try_open(directory: &Path, form: &Form) -> Result<Generation, TantivyError> {
        std::fs::create_dir_all(directory)?;
        let files = IndexDirectory::open(directory)?;
        let index = opened(files.clone(), form)?;
        tokens::register(index.tokenizers(), &index.schema());
        let Payload { commit: kept, parts } = match index.load_metas()?.payload {
            Some(payload) => serde_json::from_str(&payload)
                .map_err(|error| TantivyError::SystemError(format!("its place in the log: {error}")))?,
            None if index.schema() != form.schema => {
                return Err(TantivyError::SchemaError("it is of another form, and nothing is in it".to_owned()));
            }
            None => Payload {
                commit: Commit { fingerprint: form.fingerprint.clone(), ..Commit::default() },
                parts: Some(form.parts.clone()),
            },
        };
        let lacks = Lacks::of(form, &index.schema(), parts.as_ref())?;
        let fields = Fields::of(index.schema(), &form.schema)?;
        if !lacks.is_empty() {
            tracing::info!(directory = %directory.display(), lacks = ?lacks.names(), "an index is of an older form");
        }
        let reader = Reader::open(index.clone())?;
        let priority = if kept.is_whole { Priority::Normal } else { Priority::Low };
        let background = Mutex::new(background(priority, &files)?);
        Ok(Generation {
            directory: directory.to_owned(),
            fields,
            parts,
            lacks,
            files,
            index,
            writer: Mutex::new(None),
            next: Mutex::default(),
            unkept: Mutex::new(HashSet::new()),
            reader,
            kept: Mutex::new(kept),
            background,
        })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Nothing is put on the disk any more, since it is to be removed.
    pub fn abandon(&self) {
        self.files.abandon();
    }

    /// What the last commit said.
    pub fn kept(&self) -> Commit {
        self.kept.lock().clone()
    }

    pub fn position(&self) -> Seq {
        Seq(self.kept.lock().position)
    }

    /// What can be found.
    pub fn segments(&self) -> Segments {
        self.reader.segments()
    }

    /// Does this on the thread on which the index is written, after what was begun there before.
    pub fn in_background<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Generation) -> Result<T, TantivyError> + Send + 'static,
    ) -> impl Future<Output = Result<T, TantivyError>> + Send + 'static {
        let generation = self.clone();
        let done = self.background.lock().run(move || work(&generation));
        async { done.await.map_err(|panicked| TantivyError::SystemError(panicked.to_string()))? }
    }

    /// Once it is whole: what is written from now on no longer gives way. To be called while nothing is being written, since
    /// it is another thread that does it.
    pub fn keep_up(&self) -> std::io::Result<()> {
        let mut background = self.background.lock();
        if background.priority == Priority::Low && self.kept.lock().is_whole {
            *background = self::background(Priority::Normal, &self.files)?;
        }
        Ok(())
    }

    /// Takes documents in. Nobody finds them before the next commit.
    pub fn write(&self, batch: Vec<Written>, ahead: Backlog) -> Result<(), TantivyError> {
        let mut writer = self.writer.lock();
        let mut next = self.next.lock();
        let mut unkept = self.unkept.lock();
        let are_few = ahead == Backlog::Small || self.kept.lock().is_whole;
        let writer = self.writing(&mut writer, ahead)?;
        let known = Known::of(&self.segments(), self.fields.id)?;
        for written in batch {
            let id = match &written {
                Written::Put(document) => document.id,
                Written::Gone(id) => *id,
            };
            // For what is to go, every segment is opened and looked through with the next commit.
            if unkept.contains(&id) || known.has(id)? {
                next.few.take().map_or(Ok(()), |few| few.hand_over(writer))?;
                next.has_deletes = true;
                writer.delete_term(id_term(self.fields.id, id));
            }
            let Written::Put(document) = written else { continue };
            let encoded: TantivyDocument = encode(&self.fields, &document);
            unkept.insert(id);
            if !are_few || next.has_deletes {
                writer.add_document(encoded)?;
                continue;
            }
            let mut few = next.few.take().map_or_else(|| SmallSegment::begin(&self.index), Ok)?;
            few.add(encoded)?;
            match few.is_full() {
                true => few.hand_over(writer)?,
                false => next.few = Some(few),
            }
        }
        Ok(())
    }

    /// The records whose documents lead to any of these, as far as they can be found.
    pub fn leading_to(&self, ids: &HashSet<RecordId>) -> Result<Vec<RecordId>, TantivyError> {
        let mut clauses = Vec::new();
        for id in ids {
            clauses.extend(LEADING.iter().map(|field| leads_term(self.fields.facts, field, *id)));
        }
        let segments = self.segments();
        let weight = segments.plain(&TermSetQuery::new(clauses))?;
        let mut records = Vec::new();
        for segment in segments.all() {
            let ids = Ids::of(segment, &self.fields)?;
            let alive = segment.reader.alive_bitset();
            weight.for_each_no_score(&segment.reader, &mut |docs| {
                let there = docs.iter().filter(|doc| alive.is_none_or(|alive| alive.is_alive(**doc)));
                records.extend(there.map(|doc| ids.of_doc(*doc)));
            })?;
        }
        Ok(records)
    }

    /// Commits what was taken in together with the place, both or neither, and shows it. It is on the disk some seconds later.
    pub fn commit(&self, commit: Commit) -> Result<(), TantivyError> {
        let mut writer = self.writer.lock();
        let was_whole = self.kept.lock().is_whole;
        let at_first = self.writing(&mut writer, Backlog::Small)?;
        std::mem::take(&mut *self.next.lock()).few.map_or(Ok(()), |few| few.hand_over(at_first))?;
        self.put(at_first, &commit)?;
        if commit.is_whole && !was_whole {
            // There may be one that it takes the place of, which is removed.
            self.files.checkpoint()?;
            if let Err(error) = merge_all(at_first, &self.index) {
                tracing::warn!(directory = %self.directory.display(), %error, "segments are left unmerged");
            }
            *writer = None;
        }
        // Whoever learns of it finds what it has.
        let shown = self.reader.reload();
        // A reader that could not be shown it shows what was before.
        let is_whole = commit.is_whole && (was_whole || shown.is_ok());
        *self.kept.lock() = Commit { is_whole, ..commit };
        self.unkept.lock().clear();
        shown
    }

    /// While a log of some length is read for the first time, two threads take documents apart, and little is merged before
    /// all is in.
    fn writing<'w>(
        &self,
        writer: &'w mut Option<IndexWriter>,
        ahead: Backlog,
    ) -> Result<&'w mut IndexWriter, TantivyError> {
        let kept = match writer.take() {
            Some(kept) => kept,
            None => {
                let is_whole = self.kept.lock().is_whole;
                let (threads, bytes) = match ahead {
                    Backlog::Large if !is_whole => (THREADS_AT_FIRST, WRITER_BYTES_AT_FIRST),
                    _ => (1, WRITER_BYTES),
                };
                let options = IndexWriterOptions::builder()
                    .num_worker_threads(threads)
                    .memory_budget_per_thread(bytes)
                    .num_merge_threads(threads)
                    .build();
                let begun = self.index.writer_with_options(options)?;
                let_merge(&begun, is_whole);
                begun
            }
        };
        Ok(writer.insert(kept))
    }

    /// A writer looks with each commit, and then alone, for segments that are worth merging.
    fn put(&self, writer: &mut IndexWriter, commit: &Commit) -> Result<(), TantivyError> {
        let payload = Payload { commit: commit.clone(), parts: self.parts.clone() };
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&payload).unwrap_or_default());
        prepared.commit()?;
        Ok(())
    }

    /// Forgets what was taken in since the last commit. A writer that cannot do that is given up for a new one, which is
    /// begun when there is something to write, and then goes on with what the one before, or the last process, had begun to
    /// merge.
    pub fn roll_back(&self) -> Result<(), TantivyError> {
        let mut writer = self.writer.lock();
        if writer.is_none() && self.unkept.lock().is_empty() {
            return Ok(());
        }
        *self.next.lock() = Next::default();
        let kept = self.kept();
        let rolled_back = writer.as_mut().map_or(Ok(()), |writer| writer.rollback().map(drop));
        if rolled_back.is_err() {
            *writer = None;
        }
        rolled_back?;
        if let Some(writer) = writer.as_mut() {
            // That made it anew.
            let_merge(writer, kept.is_whole);
            // What the writer before had begun to merge is begun again.
            self.put(writer, &kept)?;
        }
        // What the last commit kept is seen before what was put in since is forgotten.
        self.reader.reload()?;
        self.unkept.lock().clear();
        Ok(())
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        // Whoever opens it next need not read again what this one has.
        checkpoint(&self.files);
    }
}

fn checkpoint(files: &IndexDirectory) {
    if let Err(error) = files.checkpoint() {
        tracing::warn!(%error, "an index cannot be put on the disk");
    }
}

/// Removes an index. Segments that were being merged when its writer was given up are still written for a moment.
pub fn remove(directory: &Path) -> std::io::Result<()> {
    let mut tries = 0;
    loop {
        match std::fs::remove_dir_all(directory) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && tries < MOST_REMOVALS => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(50));
            }
            removed => return removed,
        }
    }
}

/// Where there is nothing more to write for a while, what was committed is put on the disk.
fn background(priority: Priority, files: &IndexDirectory) -> std::io::Result<Background> {
    let files = files.clone();
    Background::start(priority, move || checkpoint(&files))
}

/// The index of a directory as it was made, or a new one.
fn opened(files: IndexDirectory, form: &Form) -> Result<Index, TantivyError> {
    if Index::exists(&files)? {
        return Index::open(files);
    }
    // No document is kept as it was: what is shown of a hit is read of the record.
    let settings = IndexSettings {
        docstore_compression: Compressor::None,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    };
    Index::builder().schema(form.schema.clone()).settings(settings).open_or_create(files)
}

fn let_merge(writer: &IndexWriter, is_whole: bool) {
    writer.set_merge_policy(if is_whole {
        Box::new(TieredMergePolicy::default())
    } else {
        merge_policy::for_initial_indexing()
    });
}

/// Makes one segment for each thread of what there is: each document is written anew once, and searches look through few.
fn merge_all(writer: &mut IndexWriter, index: &Index) -> Result<(), TantivyError> {
    let mut shares: [(u32, Vec<SegmentId>); THREADS_AT_FIRST] = Default::default();
    // The largest first, each to whoever has least.
    for segment in index.searchable_segment_metas()? {
        if let Some((count, share)) = shares.iter_mut().min_by_key(|(count, _)| *count) {
            *count += segment.num_docs();
            share.push(segment.id());
        }
    }
    let begun: Vec<_> =
        shares.iter().filter(|(_, share)| share.len() > 1).map(|(_, share)| writer.merge(share)).collect();
    begun.into_iter().try_for_each(|merged| merged.wait().map(drop))
}

/// The records of which there are documents that can be found.
struct Known {
    ids: Field,
    segments: Vec<Arc<InvertedIndexReader>>,
}

impl Known {
    fn of(segments: &Segments, ids: Field) -> Result<Known, TantivyError> {
        let segments = segments.all().iter().map(|segment| segment.reader.inverted_index(ids));
        Ok(Known { ids, segments: segments.collect::<Result<_, _>>()? })
    }

    fn has(&self, id: RecordId) -> Result<bool, TantivyError> {
        let term = id_term(self.ids, id);
        for segment in &self.segments {
            if segment.get_term_info(&term)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use emporion_catalog::registry::Registry;

    use super::*;

    /// How patient this thread is.
    fn patience() -> i64 {
        let told = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, behind_the_name) = told.rsplit_once(')').unwrap();
        behind_the_name.split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    async fn patience_of(generation: &Arc<Generation>) -> i64 {
        generation.in_background(|_| Ok(patience())).await.unwrap()
    }

    #[tokio::test]
    async fn an_index_gives_way_until_it_is_whole_and_then_keeps_up() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Arc::new(Generation::open(folder.path(), &Form::now(&Registry::standard())).unwrap());
        let generation = open();
        generation.keep_up().unwrap();
        assert!(patience_of(&generation).await > patience());
        let whole = Commit { is_whole: true, ..generation.kept() };
        generation.in_background(|generation| generation.commit(whole)).await.unwrap();
        generation.keep_up().unwrap();
        assert_eq!(patience_of(&generation).await, patience());
        drop(generation);
        assert_eq!(patience_of(&open()).await, patience());
    }
}
