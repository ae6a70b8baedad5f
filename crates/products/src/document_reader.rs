//! The port to what reads documents, and the queue before it. Documents come from anybody and are read by parsers that were not
//! made for that; the program plugs in what keeps the harm that a file does from everything else.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use emporion_catalog::id::RecordId;
use emporion_documents::{ExtractError, Format, Passage};

use crate::concurrency_limit::ConcurrencyLimit;
use crate::failure::Failure;

/// How long a document waits to be read: longer than one may take, so that it is not refused for the one before it.
const PATIENCE: Duration = Duration::from_secs(120);
/// When to come again, in seconds, where nothing could be read.
const LATER: u64 = 5;

/// Why there are no passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The document gives none.
    Document(ExtractError),
    /// No document could be read now.
    Unavailable,
}

#[async_trait]
pub trait DocumentReader: Send + Sync {
    /// The passages of a document, in its order.
    async fn passages(&self, format: Format, bytes: Bytes) -> Result<Vec<Passage>, Unread>;
}

/// Reads in the process itself, apart from the event loop: what holds a document that swells is nothing but the parser.
pub struct InProcess;

#[async_trait]
impl DocumentReader for InProcess {
    async fn passages(&self, format: Format, bytes: Bytes) -> Result<Vec<Passage>, Unread> {
        let reading = tokio::task::spawn_blocking(move || emporion_documents::passages(format, &bytes)).await;
        // A panic while a file is read says that the file is broken.
        reading.unwrap_or(Err(ExtractError::Broken)).map_err(Unread::Document)
    }
}

/// The reader, with the queue before it.
pub struct DocumentReaders {
    reader: Arc<dyn DocumentReader>,
    limit: ConcurrencyLimit,
}

impl DocumentReaders {
    pub fn new(reader: Arc<dyn DocumentReader>) -> DocumentReaders {
        DocumentReaders { reader, limit: ConcurrencyLimit::new(PATIENCE, Failure::too_many_documents) }
    }

    /// The passages of a document that a user has sent.
    ///
    /// Errors: 429 where its turn did not come, or many of the user's own wait; 503 where no document could be read.
    pub async fn read(
        &self,
        user: RecordId,
        format: Format,
        bytes: Bytes,
    ) -> Result<Result<Vec<Passage>, ExtractError>, Failure> {
        let _permit = self.limit.permit(user).await?;
        match self.reader.passages(format, bytes).await {
            Ok(passages) => Ok(Ok(passages)),
            Err(Unread::Document(error)) => Ok(Err(error)),
            Err(Unread::Unavailable) => Err(Failure::unavailable(LATER)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;

    use super::*;
    use crate::concurrency_limit::SEATS;

    /// Never ends with a document.
    #[derive(Default)]
    struct Endless(AtomicUsize);

    #[async_trait]
    impl DocumentReader for Endless {
        async fn passages(&self, _: Format, _: Bytes) -> Result<Vec<Passage>, Unread> {
            self.0.fetch_add(1, Ordering::Relaxed);
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn one_document_of_each_user_and_a_few_of_all_are_read_at_a_time() {
        let endless = Arc::new(Endless::default());
        let readers = DocumentReaders::new(endless.clone());
        let users: Vec<RecordId> = (0..SEATS + 1).map(|_| RecordId::fresh()).collect();
        let read = |user: RecordId| Box::pin(readers.read(user, Format::Pdf, Bytes::new()));
        let mut asked: Vec<_> = [users[0], users[0]].iter().chain(&users[1..]).map(|user| read(*user)).collect();
        for one in &mut asked {
            assert!(one.now_or_never().is_none());
        }
        assert_eq!(endless.0.load(Ordering::Relaxed), SEATS);
        // Who goes away leaves his seat.
        drop(asked.remove(0));
        for one in &mut asked {
            assert!(one.now_or_never().is_none());
        }
        assert_eq!(endless.0.load(Ordering::Relaxed), SEATS + 1);
    }
}
