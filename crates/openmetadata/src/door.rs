//! The door itself: what its operations share, and what it says where no operation can answer.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::response_cache::CachePool;
use emporion_edge::answer::Answer;
use emporion_edge::login_throttle::Throttle;
use emporion_edge::request::Request;

use crate::auth;
use crate::errors::{OmError, OmResult};
use crate::noun::{HookContext, Noun};
use crate::nouns;
use crate::subscriptions::deliveries::Deliveries;

/// A very wide table, or a patch of one, is longer than the server's usual limit.
pub const BODY_LIMIT: usize = 16 << 20;
/// And a bulk request of some hundred wide tables longer than that.
pub const BULK_BODY_LIMIT: usize = 32 << 20;

/// What the operator decides about this door.
#[derive(Debug, Clone)]
pub struct Options {
    /// What `system/version` says: clients compare it with their own.
    pub reported_version: String,
    /// Scheme and authority for absolute addresses; without it each request's own.
    pub public_url: Option<String>,
    /// Holds back who guesses passwords, and counts logins for whoever publishes it.
    pub logins: Arc<Throttle>,
    /// What is known of deliveries to those who have subscribed to events.
    pub deliveries: Option<Arc<dyn Deliveries>>,
}

impl Default for Options {
    fn default() -> Options {
        Options { reported_version: "2.0.7".into(), public_url: None, logins: Arc::default(), deliveries: None }
    }
}

pub struct Door {
    pub catalog: Arc<Catalog>,
    pub options: Options,
    pub nouns: Vec<&'static Noun>,
}

impl Door {
    pub fn new(catalog: Arc<Catalog>, options: Options) -> Door {
        Door { catalog, options, nouns: nouns::all().collect() }
    }

    /// With one more noun.
    pub fn with_noun(mut self, noun: &'static Noun) -> Door {
        self.nouns.push(noun);
        self
    }

    pub fn noun_of_kind(&self, kind: &str) -> Option<&'static Noun> {
        self.nouns.iter().copied().find(|noun| noun.kind_name == kind)
    }

    pub fn noun_of_type(&self, entity_type: &str) -> Option<&'static Noun> {
        self.nouns.iter().copied().find(|noun| noun.entity_type == entity_type)
    }

    /// The answer given before to the same caller's same request, while making it again would give the same. `make` may
    /// look at the catalogue, the path and the query, and nothing else.
    pub async fn remembered(
        &self,
        caller: &Caller,
        base: &str,
        request: &Request,
        make: impl Future<Output = OmResult<Answer>>,
    ) -> OmResult<Answer> {
        let asked = ["openmetadata ", base, " ", &request.raw_path, "?", &request.raw_query].concat();
        self.catalog
            .remembered(CachePool::Answers, caller, asked, |answer: &Answer| answer.whole().map(Bytes::len), make)
            .await
    }

    pub fn deliveries(&self) -> Option<&dyn Deliveries> {
        self.options.deliveries.as_deref()
    }

    pub fn hook_context(&self) -> HookContext<'_> {
        HookContext { deliveries: self.deliveries(), now_ms: self.catalog.now().0 }
    }

    /// What every absolute address of an answer begins with.
    pub fn base_url(&self, request: &Request) -> String {
        match &self.options.public_url {
            Some(url) => format!("{}/api", url.trim_end_matches('/')),
            None => request.base_url() + "/api",
        }
    }
}

impl emporion_edge::door::Door for Door {
    fn name(&self) -> &'static str {
        "openmetadata"
    }

    fn not_found(&self, request: &Request) -> Answer {
        // Nobody in particular does not learn which addresses exist.
        match auth::bearer(request) {
            Ok(_) => OmError::no_such_route().answer(),
            Err(error) => error.answer(),
        }
    }

    fn method_not_allowed(&self, _: &Request, _: &str) -> Answer {
        OmError::method_not_allowed().answer()
    }

    fn too_large(&self, _: &Request, limit: usize) -> Answer {
        OmError::too_large(limit).answer()
    }

    fn internal(&self, _: &Request) -> Answer {
        OmError::internal().answer()
    }

    fn malformed(&self, _: &Request, reason: &str) -> Answer {
        OmError::malformed_because(reason).answer()
    }

    fn unread(&self, _: &Request, status: u16, reason: &str) -> Answer {
        OmError::new(status, reason).answer()
    }

    fn unavailable(&self, _: &Request, reason: &str) -> Answer {
        OmError::new(503, reason).answer()
    }

    fn too_many_values(&self, _: &Request, reason: &str) -> Answer {
        OmError::new(413, reason).answer()
    }

    // 429 would make the stock client block the path for a minute: what is said when there is no room for anybody, is said
    // to who has spent his share, too.
}
