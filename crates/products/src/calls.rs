//! Service calls of pages and assistants: limited, counted and logged as the requests of clients are.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_edge::bearer::bearer;
use emporion_edge::inside::Inside;
use emporion_edge::request::Request;
use futures_util::FutureExt;

use crate::failure::Failure;
use crate::service::Products;

/// What the calls are counted and logged under.
const SERVICE: &str = "products";

/// The way to the service for who comes in by another door than that of its clients.
#[derive(Clone)]
pub struct Calls {
    pub products: Arc<Products>,
    /// The way to the other doors.
    pub inside: Inside,
    /// The HTTP status of a failure, for pages, the log and the metrics.
    pub status: fn(&Failure) -> u16,
}

impl Calls {
    pub fn new(products: Arc<Products>, inside: Inside, status: fn(&Failure) -> u16) -> Calls {
        Calls { products, inside, status }
    }

    /// Carries an operation out for whoever makes `outer`: it takes one of the requests that its token, or who shows
    /// none, has in a minute, and has a line in the log.
    ///
    /// Errors: 429 over that limit, before anything is looked at; those of the operation.
    pub async fn make<T>(
        &self,
        outer: &Request,
        caller: &Caller,
        operation: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let limited = async {
            let user = caller.principal.user.to_string();
            // Beside a session, a token proves nothing.
            let token = caller.by.and_then(|_| bearer(outer));
            match self.products.count_request(token.unwrap_or(&user)) {
                Some(standing) if standing.is_over => Err(Failure::rate_limited(standing.retry_after_s)),
                _ => work.await,
            }
        };
        // A page shows what else it has.
        let limited = AssertUnwindSafe(limited).catch_unwind().map(|done| {
            done.unwrap_or_else(|_| {
                tracing::error!(operation, request_id = outer.request_id, "a service call panicked");
                Err(Failure::internal())
            })
        });
        let status = |done: &Result<T, Failure>| done.as_ref().map_or_else(self.status, |_| 200);
        let done = self.inside.during(outer, (SERVICE, operation), status, limited).await;
        done.unwrap_or_else(|_| Err(Failure::unavailable(1)))
    }
}
