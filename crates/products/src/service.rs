//! The service for data products: what answering questions about them, and changing what they are made of, needs of the rest
//! of the program.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use emporion_catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::keyed_semaphore::{KeyedPermit, KeyedSemaphore};
use emporion_catalog::purpose_keys::PurposeKeys;
use emporion_semantic::guard::CostLimits;

use crate::chat::event_stream::EventStreams;
use crate::chat::question_idempotency::PendingKeys;
use crate::circuit_breaker::CircuitBreaker;
use crate::concurrency_limit::ConcurrencyLimit;
use crate::databases::{Databases, NoDatabases};
use crate::document_reader::{DocumentReader, DocumentReaders, InProcess};
use crate::failure::Failure;
use crate::in_flight_limit::InFlightLimit;
use crate::language::LanguageModel;
use crate::rate::{RateLimiter, Standing};
use crate::statement_limit::StatementLimit;

/// Questions that a user may ask within a minute.
const QUESTIONS_PER_MINUTE: u32 = 30;
/// Questions of a user that are answered at a time.
const QUESTIONS_AT_ONCE: u32 = 4;
/// How long a request waits that reads models.
const MODEL_PATIENCE: Duration = Duration::from_secs(10);

/// Documents whose passages are indexed at a time.
const INDEXERS: usize = 2;

pub struct Products {
    pub catalog: Arc<Catalog>,
    /// Signs cursors of lists; whoever knows one can start a list anywhere.
    pub cursor_keys: PurposeKeys,
    /// Of the hashes of masked columns.
    pub mask_keys: PurposeKeys,
    /// Requests of one token; `None`: nobody is held back.
    request_limiter: Option<RateLimiter>,
    /// Questions of one user.
    pub chat_limiter: RateLimiter,
    pub questions_at_once: Arc<InFlightLimit>,
    /// Answers that are followed.
    pub event_streams: EventStreams,
    /// Questions that are being asked under a key.
    pub asking: Arc<PendingKeys>,
    pub databases: Arc<dyn Databases>,
    /// Proposes queries for questions that could not be read; `None`: nothing does.
    pub language: Option<Arc<dyn LanguageModel>>,
    /// Of statements that are asked of databases.
    pub statements: StatementLimit,
    /// What one statement may read at most.
    pub cost_limits: CostLimits,
    pub documents: DocumentReaders,
    /// Held while the passages of a document are indexed, so that a few large ones do not take all processors.
    pub indexers: tokio::sync::Semaphore,
    /// Of what makes large trees of models.
    pub model_limit: ConcurrencyLimit,
    product_turns: KeyedSemaphore,
    clock: fn() -> i64,
}

impl Products {
    pub fn new(catalog: Arc<Catalog>) -> Products {
        Products {
            cursor_keys: catalog.keys_for("Bobsled page cursors"),
            mask_keys: catalog.keys_for("hashes of masked columns"),
            catalog,
            request_limiter: None,
            chat_limiter: RateLimiter::new(QUESTIONS_PER_MINUTE),
            questions_at_once: Arc::new(InFlightLimit::new(QUESTIONS_AT_ONCE)),
            event_streams: EventStreams::default(),
            asking: Arc::default(),
            databases: Arc::new(NoDatabases),
            language: None,
            statements: StatementLimit::default(),
            cost_limits: CostLimits::default(),
            documents: DocumentReaders::new(Arc::new(InProcess)),
            indexers: tokio::sync::Semaphore::new(INDEXERS),
            model_limit: ConcurrencyLimit::new(MODEL_PATIENCE, Failure::too_many_model_requests),
            product_turns: KeyedSemaphore::default(),
            clock: now_ms,
        }
    }

    /// Reaches the databases behind data sources.
    pub fn with_databases(self, databases: Arc<dyn Databases>) -> Products {
        Products { databases: Arc::new(CircuitBreaker::of(databases)), ..self }
    }

    /// Has it read the documents that are uploaded.
    pub fn with_document_reader(self, reader: Arc<dyn DocumentReader>) -> Products {
        Products { documents: DocumentReaders::new(reader), ..self }
    }

    /// Asks it about questions that cannot be read.
    pub fn with_language(self, language: Option<Arc<dyn LanguageModel>>) -> Products {
        Products { language, ..self }
    }

    pub fn with_cost_limits(self, cost_limits: CostLimits) -> Products {
        Products { cost_limits, ..self }
    }

    /// Takes so many requests of each token a minute, by whichever way they come.
    pub fn with_requests(self, per_minute: Option<u32>) -> Products {
        Products { request_limiter: per_minute.map(RateLimiter::new), ..self }
    }

    /// Answers so many questions of each user a minute, and at a time.
    pub fn with_questions(self, per_minute: Option<u32>, at_once: Option<u32>) -> Products {
        let chat_limiter = per_minute.map_or(self.chat_limiter, RateLimiter::new);
        let questions_at_once = at_once.map_or(self.questions_at_once, |most| Arc::new(InFlightLimit::new(most)));
        Products { chat_limiter, questions_at_once, ..self }
    }

    /// With another source of the present, in milliseconds since 1970.
    pub fn with_clock(self, clock: fn() -> i64) -> Products {
        Products { clock, ..self }
    }

    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// Counts one request of a token, or of who shows none. `None` where nobody is held back.
    pub fn count_request(&self, token: &str) -> Option<Standing> {
        Some(self.request_limiter.as_ref()?.count(token, self.now_ms()))
    }

    /// A turn to write parts of a product: requests that meet here wait for one another instead of being overtaken. It
    /// spares tries and no more; what is decided is stored while it stands (`decision`), turn or no turn.
    pub async fn turn(&self, product: RecordId) -> KeyedPermit<'_> {
        self.product_turns.acquire(product).await
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
