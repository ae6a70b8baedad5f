//! The door itself: what its pages share, and what it says where no page can answer.

use std::sync::Arc;

use emporion_catalog::finder::Finder;
use emporion_catalog::id::RecordId;
use emporion_catalog::{Catalog, Problem};
use emporion_edge::answer::Answer;
use emporion_edge::login_throttle::Throttle;
use emporion_edge::request::Request;
use emporion_edge::token_bucket::TokenBuckets;
use emporion_products::calls::Calls;
use serde_json::json;

use crate::fault::{Fault, wording};
use crate::following::chat_places::{ChatPlaces, ChatSender};
use crate::following::mail::MailSender;
use crate::request::headers;
use crate::sign_in::attempt::Attempts;
use crate::sign_in::providers::SignIn;

/// What the operator decides about the pages.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Holds back who guesses passwords; shared with the other ways to log in.
    pub logins: Arc<Throttle>,
    /// Scheme and authority for the lines that people copy; without it each request's own.
    pub public_url: Option<String>,
    /// The port of PostgreSQL's protocol, where it is spoken.
    pub pg_port: Option<u16>,
    /// By whose word people sign in, beside their passwords.
    pub providers: Arc<[SignIn]>,
    /// What sends mail, where any is sent.
    pub mail: Option<Arc<dyn MailSender>>,
    /// What of the rest is shown to who runs the server.
    pub settings: Settings,
    /// Where messages to chat services may go.
    pub chat: ChatPlaces,
    pub chat_sender: Option<Arc<dyn ChatSender>>,
}

/// A key of the configuration file, and its value where it is set.
pub type Setting = (&'static str, Option<String>);

/// What the operator has configured. Never a secret.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Of mail and chat services.
    pub messages: Vec<Setting>,
    /// Of each provider by whose word people sign in.
    pub providers: Vec<Vec<Setting>>,
}

pub struct Door {
    pub catalog: Arc<Catalog>,
    pub finder: Arc<dyn Finder>,
    /// The way to data products, and to the other doors.
    pub calls: Calls,
    pub options: Options,
    /// Those who are away to sign in.
    pub attempts: Attempts,
    /// Messages that each may send to try out whether they arrive.
    tries: TokenBuckets<RecordId>,
}

/// So many messages to try out at once, and in such a time, in milliseconds.
const TRIES: (u32, u32) = (3, 60_000);

impl Door {
    pub fn new(calls: Calls, finder: Arc<dyn Finder>, options: Options) -> Door {
        let catalog = calls.products.catalog.clone();
        let attempts = Attempts::new(catalog.keys_for("sign-in attempts"));
        Door { catalog, finder, calls, options, attempts, tries: TokenBuckets::new(TRIES.0, TRIES.1) }
    }

    /// Errors: `Throttled` for who has sent several messages just now.
    pub fn may_try(&self, user: RecordId) -> Result<(), Problem> {
        let taken = self.tries.take(user, self.catalog.now().0);
        let retry_after_ms = taken.next_ms.ceil() as u64;
        if taken.is_admitted { Ok(()) } else { Err(Problem::Throttled { retry_after_ms }) }
    }

    /// What absolute addresses begin with.
    pub fn base_url(&self, request: &Request) -> String {
        match &self.options.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => request.base_url(),
        }
    }
}

impl emporion_edge::door::Door for Door {
    fn name(&self) -> &'static str {
        "web"
    }

    fn not_found(&self, request: &Request) -> Answer {
        match headers::is_from_browser(request) {
            true => wording::page_for_anybody(request, &Fault::NoSuchPage),
            false => plain(404, "nothing is served at this path"),
        }
    }

    fn method_not_allowed(&self, request: &Request, _: &str) -> Answer {
        match headers::is_from_browser(request) {
            true => wording::page_for_anybody(request, &Fault::WrongMethod),
            false => plain(405, "this page is not asked for in this way"),
        }
    }

    fn too_large(&self, request: &Request, limit: usize) -> Answer {
        wording::page_for_anybody(request, &Fault::TooLarge { limit })
    }

    fn internal(&self, request: &Request) -> Answer {
        wording::page_for_anybody(request, &Fault::Broken)
    }

    fn malformed(&self, request: &Request, reason: &str) -> Answer {
        wording::page_for_anybody(request, &Fault::Malformed(reason.to_owned()))
    }

    fn unavailable(&self, request: &Request, reason: &str) -> Answer {
        wording::page_for_anybody(request, &Fault::Unavailable(reason.to_owned()))
    }

    fn too_many_values(&self, request: &Request, _: &str) -> Answer {
        wording::page_for_anybody(request, &Fault::TooMany)
    }

    fn throttled(&self, request: &Request, _: &str) -> Answer {
        wording::page_for_anybody(request, &Fault::Problem(Problem::Throttled { retry_after_ms: 1_000 }))
    }
}

/// For programs that ask for what is no page: as paths that belong to no dialect are answered.
fn plain(status: u16, message: &str) -> Answer {
    Answer::json(status, "application/json", &json!({ "message": message }))
}
