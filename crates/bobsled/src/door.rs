//! The door itself: what all its operations share, and what it says where no operation can answer.

use std::time::{SystemTime, UNIX_EPOCH};

use emporion_edge::answer::Answer;
use emporion_edge::request::Request;

use crate::deprecation::Deprecation;
use crate::envelope::Exchange;
use crate::error::Failure;
use crate::mount::Mount;

/// The longest body that is read; uploads and models included.
pub const BODY_LIMIT: usize = 32 << 20;

pub struct Door {
    pub deprecation: Deprecation,
    /// Signs page cursors; whoever knows it can start a list anywhere.
    pub cursor_secret: Vec<u8>,
    clock: fn() -> i64,
}

impl Door {
    pub fn new(deprecation: Deprecation, cursor_secret: Vec<u8>) -> Door {
        Door { deprecation, cursor_secret, clock: now_ms }
    }

    /// With another source of the present, in milliseconds since 1970.
    pub fn with_clock(self, clock: fn() -> i64) -> Door {
        Door { clock, ..self }
    }

    /// What printing an answer to the request needs.
    pub fn exchange(&self, mount: Mount, request: &Request) -> Exchange {
        Exchange { mount, request_id: request.request_id.clone(), headers: self.deprecation.headers(&request.raw_path) }
    }

    /// Refuses requests to a mount that has been switched off.
    pub fn open(&self, mount: Mount) -> Result<(), Failure> {
        if mount.is_deprecated() && self.deprecation.is_over((self.clock)()) {
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
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
