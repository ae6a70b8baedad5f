//! The door itself: what all its operations share, and what it says where no operation can answer.

use std::sync::Arc;

use emporion_catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::purpose_keys::PurposeKeys;
use emporion_edge::answer::Answer;
use emporion_edge::door::Door;
use emporion_edge::request::Request;
use emporion_edge::token_bucket::TokenBuckets;

use crate::error::{Code, ServiceError};
use crate::options::Options;
use crate::sigv4::Verifier;

/// A user may make the requests of one second at once.
const SECOND_MS: u32 = 1000;

pub struct DataZone {
    pub catalog: Arc<Catalog>,
    pub options: Options,
    pub verifier: Verifier,
    pub throttle: Option<TokenBuckets<RecordId>>,
    /// Signs page tokens.
    pub page_keys: PurposeKeys,
}

impl DataZone {
    pub fn new(catalog: Arc<Catalog>, options: Options) -> DataZone {
        DataZone {
            page_keys: catalog.keys_for("DataZone page tokens"),
            catalog,
            verifier: Verifier::new(options.region.clone(), options.hosts.clone()),
            throttle: options.requests_per_second.map(|most| TokenBuckets::new(most, SECOND_MS)),
            options,
        }
    }
}

impl Door for DataZone {
    fn name(&self) -> &'static str {
        "datazone"
    }

    fn not_found(&self, request: &Request) -> Answer {
        refuse(request, Code::UnknownOperation, "The requested operation is not known.")
    }

    /// Method and path select the operation together, so a wrong method is an unknown operation.
    fn method_not_allowed(&self, request: &Request, _allow: &str) -> Answer {
        self.not_found(request)
    }

    fn too_large(&self, request: &Request, limit: usize) -> Answer {
        refuse(request, Code::RequestEntityTooLarge, format!("The body is longer than {limit} bytes."))
    }

    fn internal(&self, request: &Request) -> Answer {
        ServiceError::internal().into_answer(&request.request_id)
    }

    fn malformed(&self, request: &Request, reason: &str) -> Answer {
        refuse(request, Code::RequestTimeout, format!("The request could not be read: {reason}."))
    }

    fn unread(&self, request: &Request, status: u16, reason: &str) -> Answer {
        let error = ServiceError::new(Code::Serialization, format!("The request could not be read: {reason}."));
        error.with_status(status).into_answer(&request.request_id)
    }

    fn unavailable(&self, request: &Request, reason: &str) -> Answer {
        refuse(request, Code::ServiceUnavailable, format!("The service is busy: {reason}."))
    }

    // What cannot be read is a 408 here, which clients send again.
    fn too_many_values(&self, request: &Request, reason: &str) -> Answer {
        refuse(request, Code::RequestEntityTooLarge, format!("The request is refused: {reason}."))
    }

    fn throttled(&self, request: &Request, reason: &str) -> Answer {
        refuse(request, Code::Throttling, format!("Rate exceeded: {reason}."))
    }
}

fn refuse(request: &Request, code: Code, message: impl Into<String>) -> Answer {
    ServiceError::new(code, message).into_answer(&request.request_id)
}
