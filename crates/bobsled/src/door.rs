//! The door itself: what all its operations share, and what it says where no operation can answer.

use std::sync::Arc;

use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_products::failure::Failure;
use emporion_products::message::Message;
use emporion_products::service::Products;

use crate::deprecated_calls::DeprecatedCalls;
use crate::deprecation::Deprecation;
use crate::envelope::{self, Exchange};
use crate::http_failures;
use crate::mount::Mount;

/// The longest body that is read; models included.
pub const BODY_LIMIT: usize = 32 << 20;
/// The same where files come in.
pub const UPLOAD_LIMIT: usize = 32 << 20;

pub struct Door {
    /// What it translates for.
    pub products: Arc<Products>,
    pub deprecation: Deprecation,
    pub deprecated_calls: DeprecatedCalls,
}

impl Door {
    pub fn new(products: Arc<Products>, deprecation: Deprecation) -> Door {
        Door { products, deprecation, deprecated_calls: DeprecatedCalls::default() }
    }

    /// Counts calls of the deprecated paths where somebody reads them.
    pub fn with_deprecated_calls(self, deprecated_calls: DeprecatedCalls) -> Door {
        Door { deprecated_calls, ..self }
    }

    /// What printing an answer to the request needs.
    pub fn exchange(&self, mount: Mount, request: &Request) -> Exchange {
        Exchange { mount, request_id: request.request_id.clone(), headers: self.deprecation.headers(&request.raw_path) }
    }

    /// Refuses requests to a mount that has been switched off.
    pub fn open(&self, mount: Mount) -> Result<(), Failure> {
        if mount.is_deprecated() && self.deprecation.is_over(self.products.now_ms()) {
            return Err(http_failures::gone_sunset());
        }
        Ok(())
    }

    /// An answer without an operation: the mount is read from the path.
    fn refuse(&self, request: &Request, failure: Failure) -> Answer {
        let mount = Mount::of_path(&request.raw_path).unwrap_or(Mount::DataProducts);
        let failure = self.open(mount).err().unwrap_or(failure);
        envelope::refuse(&failure, &self.exchange(mount, request))
    }
}

impl emporion_edge::door::Door for Door {
    fn name(&self) -> &'static str {
        "bobsled"
    }

    fn not_found(&self, request: &Request) -> Answer {
        self.refuse(request, http_failures::no_route(&request.raw_path))
    }

    fn method_not_allowed(&self, request: &Request, allow: &str) -> Answer {
        let answer = self.refuse(request, http_failures::method_not_allowed(&request.method, allow));
        // What is gone allows nothing.
        if answer.status == 405 { answer.with("allow", allow) } else { answer }
    }

    fn too_large(&self, request: &Request, limit: usize) -> Answer {
        self.refuse(request, http_failures::payload_too_large(limit))
    }

    fn internal(&self, request: &Request) -> Answer {
        self.refuse(request, Failure::internal())
    }

    fn malformed(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, Failure::bad_request(Message::verbatim(reason)))
    }

    fn unavailable(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, http_failures::crowded(reason))
    }

    fn too_many_values(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, http_failures::too_many_values(reason))
    }

    fn throttled(&self, request: &Request, reason: &str) -> Answer {
        self.refuse(request, http_failures::over_share(reason))
    }
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
        let door = Door::new(Arc::new(Products::new(testing::catalog())), Deprecation::default());
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
        let products = Products::new(testing::catalog()).with_clock(|| 1_803_945_600_000);
        let door = Door::new(Arc::new(products), over);
        let old = request("/api/v1/accounts/a1/workspaces/d001/nothing");
        assert_eq!(error(&door.not_found(&old)), (410, "GONE_SUNSET".into()));
        assert!(!door.method_not_allowed(&old, "GET").headers.contains_key("allow"));
        assert!(door.open(Mount::DataProducts).is_ok());
    }
}
