//! The documents of a commit that are few, made into a segment on the thread that has them. A thread of tantivy's writer
//! begins a segment with a table for half a million terms, which takes longer to clear and to look through than some dozen
//! documents take to be written.
//!
//! Only the writer's own threads tell what was deleted before a document from what was deleted after it. So this is for a
//! commit of which nothing is deleted yet; then what there is of it is handed over, and the rest is the writer's.

use tantivy::indexer::{AddOperation, SegmentWriter};
use tantivy::{Index, IndexWriter, Segment, TantivyDocument, TantivyError};

/// From this the size of the first table follows: some thousand terms, twice as many whenever it is half full.
const FIRST_BYTES: usize = 400 << 10;
/// From here on it is a segment of its own.
const MOST_BYTES: usize = 16 << 20;

/// What the next commit has beside what the writer knows.
#[derive(Default)]
pub struct Next {
    pub few: Option<SmallSegment>,
    pub has_deletes: bool,
}

pub struct SmallSegment {
    segment: Segment,
    writer: SegmentWriter,
}

impl SmallSegment {
    pub fn begin(index: &Index) -> Result<SmallSegment, TantivyError> {
        let segment = index.new_segment();
        let writer = SegmentWriter::for_segment(FIRST_BYTES, segment.clone())?;
        Ok(SmallSegment { segment, writer })
    }

    pub fn add(&mut self, document: TantivyDocument) -> Result<(), TantivyError> {
        // Whatever is deleted is deleted after it.
        self.writer.add_document(AddOperation { opstamp: 0, document })
    }

    pub fn is_full(&self) -> bool {
        self.writer.mem_usage() >= MOST_BYTES
    }

    /// Hands them over to be part of the next commit, before anything is deleted of it. What is deleted then is deleted of
    /// them, too.
    pub fn hand_over(self, to: &IndexWriter) -> Result<(), TantivyError> {
        let SmallSegment { segment, writer } = self;
        let count = writer.max_doc();
        writer.finalize()?;
        let segment = segment.with_max_doc(count);
        let meta = segment.meta().clone();
        meta.untrack_temp_docstore();
        to.add_segment(meta)
    }
}
