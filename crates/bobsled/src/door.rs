//! The door itself: what all its operations share, and what it says where no operation can answer.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use emporion_catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::keyed_mutex::{KeyedGuard, KeyedMutex};
use emporion_catalog::purpose_keys::PurposeKeys;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_semantic::guard::CostLimits;

use crate::chat::flow::Flows;
use crate::chat::once::PendingKeys;
use crate::circuit_breaker::CircuitBreaker;
use crate::concurrency_limit::ConcurrencyLimit;
use crate::databases::{Databases, NoDatabases};
use crate::deprecated_calls::DeprecatedCalls;
use crate::deprecation::Deprecation;
use crate::envelope::Exchange;
use crate::error::Failure;
use crate::in_flight_limit::InFlightLimit;
use crate::language::LanguageModel;
use crate::mount::Mount;
use crate::rate::RateLimiter;

/// The longest body that is read; models included.
pub const BODY_LIMIT: usize = 32 << 20;
/// The same where files come in.
pub const UPLOAD_LIMIT: usize = 32 << 20;

/// Questions that a user may ask within a minute.
const QUESTIONS_PER_MINUTE: u32 = 30;
/// Questions of a user that are answered at a time.
const QUESTIONS_AT_ONCE: u32 = 4;

/// Documents that are read at a time.
const READERS: usize = 2;

pub struct Door {
    pub catalog: Arc<Catalog>,
    pub deprecation: Deprecation,
    /// Signs page cursors; whoever knows one can start a list anywhere.
    pub cursor_keys: PurposeKeys,
    /// `None`: nobody is held back.
    pub limiter: Option<RateLimiter>,
    /// Questions of one user.
    pub chat_limiter: RateLimiter,
    pub questions_at_once: Arc<InFlightLimit>,
    /// Answers that are followed.
    pub flows: Flows,
    /// Questions that are being asked under a key.
    pub asking: Arc<PendingKeys>,
    pub deprecated_calls: DeprecatedCalls,
    pub databases: Arc<dyn Databases>,
    /// Proposes queries for questions that could not be read; `None`: nothing does.
    pub language: Option<Arc<dyn LanguageModel>>,
    /// What one statement may read at most.
    pub cost_limits: CostLimits,
    /// Held while a document is read, so that a few large ones do not take all processors.
    pub readers: tokio::sync::Semaphore,
    /// Of requests that make large trees of models.
    pub model_limit: ConcurrencyLimit,
    product_turns: KeyedMutex,
    clock: fn() -> i64,
}

impl Door {
    pub fn new(catalog: Arc<Catalog>, deprecation: Deprecation) -> Door {
        Door {
            cursor_keys: catalog.keys_for("Bobsled page cursors"),
            catalog,
            deprecation,
            limiter: None,
            chat_limiter: RateLimiter::new(QUESTIONS_PER_MINUTE),
            questions_at_once: Arc::new(InFlightLimit::new(QUESTIONS_AT_ONCE)),
            flows: Flows::default(),
            asking: Arc::default(),
            deprecated_calls: DeprecatedCalls::default(),
            databases: Arc::new(NoDatabases),
            language: None,
            cost_limits: CostLimits::default(),
            readers: tokio::sync::Semaphore::new(READERS),
            model_limit: ConcurrencyLimit::default(),
            product_turns: KeyedMutex::default(),
            clock: now_ms,
        }
    }

    /// Counts calls of the deprecated paths where somebody reads them.
    pub fn with_deprecated_calls(self, deprecated_calls: DeprecatedCalls) -> Door {
        Door { deprecated_calls, ..self }
    }

    /// Reaches the databases behind data sources.
    pub fn with_databases(self, databases: Arc<dyn Databases>) -> Door {
        Door { databases: Arc::new(CircuitBreaker::of(databases)), ..self }
    }

    /// Asks it about questions that cannot be read.
    pub fn with_language(self, language: Option<Arc<dyn LanguageModel>>) -> Door {
        Door { language, ..self }
    }

    pub fn with_cost_limits(self, cost_limits: CostLimits) -> Door {
        Door { cost_limits, ..self }
    }

    pub fn with_deprecation(self, deprecation: Deprecation) -> Door {
        Door { deprecation, ..self }
    }

    pub fn with_limiter(self, limiter: Option<RateLimiter>) -> Door {
        Door { limiter, ..self }
    }

    /// Answers so many questions of each user a minute, and at a time.
    pub fn with_questions(self, per_minute: Option<u32>, at_once: Option<u32>) -> Door {
        let chat_limiter = per_minute.map_or(self.chat_limiter, RateLimiter::new);
        let questions_at_once = at_once.map_or(self.questions_at_once, |most| Arc::new(InFlightLimit::new(most)));
        Door { chat_limiter, questions_at_once, ..self }
    }

    /// With another source of the present, in milliseconds since 1970.
    pub fn with_clock(self, clock: fn() -> i64) -> Door {
        Door { clock, ..self }
    }

    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// A turn to write parts of a product: requests that meet here wait for one another instead of being overtaken. It
    /// spares tries and no more; what is decided is stored while it stands (`decision`), turn or no turn.
    pub async fn turn(&self, product: RecordId) -> KeyedGuard<'_> {
        self.product_turns.lock(BuildHasherDefault::<DefaultHasher>::default().hash_one(product)).await
    }

    /// What printing an answer to the request needs.
    pub fn exchange(&self, mount: Mount, request: &Request) -> Exchange {
        Exchange { mount, request_id: request.request_id.clone(), headers: self.deprecation.headers(&request.raw_path) }
    }

    /// Refuses requests to a mount that has been switched off.
    pub fn open(&self, mount: Mount) -> Result<(), Failure> {
        if mount.is_deprecated() && self.deprecation.is_over(self.now_ms()) {
            return Err(Failure::gone_sunset());
        }
        Ok(())
    }

    /// An answer without an operation: the mount is read from the path.
    fn refuse(&self, request: &Request, failure: Failure) -> Answer {
        let mount = Mount::of_path(&request.raw_path).unwrap_or(Mount::DataProducts);
        let failure = self.open(mount).err().unwrap_or(failure);
        failure.into_answer(&self.exchange(mount, request))
    }
}

impl emporion_edge::door::Door for Door {
    fn name(&self) -> &'static str {
        "bobsled"
    }

    fn not_found(&self, request: &Request) -> Answer {
        self.refuse(request, Failure::no_route(&request.raw_path))
    }

    fn method_not_allowed(&self, request: &Request, allow: &str) -> Answer {
        self.refuse(request, Failure::method_not_allowed(&request.method, allow))
    }

    fn too_large(&self, request: &Request, limit: usize) -> Answer {
        self.refuse(request, Failure::payload_too_large(limit))
    }

    fn internal(&self, request: &Request) -> Answer {
        self.refuse(request, Failure::internal())
    }

    fn malformed(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, Failure::bad_request(crate::message::Message::verbatim(reason)))
    }

    fn unavailable(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, Failure::crowded(reason))
    }

    fn too_many_values(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, Failure::too_many_values(reason))
    }

    fn throttled(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, Failure::over_share(reason))
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use emporion_edge::door::Door as _;
    use http::Method;
    use serde_json::Value;

    use super::*;
    use crate::testing;

    fn request(raw_path: &str) -> Request {
        Request { request_id: "r-1".to_owned(), ..Request::new(Method::PUT, raw_path) }
    }

    fn error(answer: &Answer) -> (u16, Value) {
        let body: Value = serde_json::from_slice(answer.whole().expect("bytes")).expect("an envelope is JSON");
        assert_eq!(body["ok"], false);
        (answer.status.as_u16(), body["error"]["code"].clone())
    }

    #[test]
    fn refusals_without_an_operation_keep_to_the_envelope_and_the_mount() {
        let door = Door::new(testing::catalog(), Deprecation::default());
        let old = request("/api/v1/accounts/a1/workspaces/d001/nothing");
        let answer = door.not_found(&old);
        assert_eq!(error(&answer), (404, "NOT_FOUND".into()));
        assert!(answer.headers.contains_key("deprecation"));
        let refused = door.method_not_allowed(&old, "GET, PATCH");
        assert_eq!(error(&refused), (405, "METHOD_NOT_ALLOWED".into()));
        assert_eq!(refused.headers["allow"], "GET, PATCH");

        let current = request("/api/v1/accounts/a1/data-products");
        assert_eq!(error(&door.too_large(&current, BODY_LIMIT)), (413, "PAYLOAD_TOO_LARGE".into()));
        assert_eq!(error(&door.too_many_values(&current, "too many")), (413, "PAYLOAD_TOO_LARGE".into()));
        assert_eq!(error(&door.internal(&current)), (500, "INTERNAL_ERROR".into()));
        assert_eq!(error(&door.malformed(&current, "the body broke off")), (400, "BAD_REQUEST".into()));
        assert!(!door.internal(&current).headers.contains_key("deprecation"));
    }

    #[test]
    fn a_mount_that_is_switched_off_is_gone_everywhere() {
        let over = Deprecation::new("/docs", Some(1_803_945_600_000), true).expect("a later date");
        let door = Door::new(testing::catalog(), over).with_clock(|| 1_803_945_600_000);
        let old = request("/api/v1/accounts/a1/workspaces/d001/nothing");
        assert_eq!(error(&door.not_found(&old)), (410, "GONE_SUNSET".into()));
        assert!(door.open(Mount::DataProducts).is_ok());
    }
}
