//! The way in, the same for every row: a bearer token, its rate, and an account that must be the caller's own.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_edge::bearer::bearer;
use emporion_edge::body_budget::Standing;
use emporion_edge::request::Request;
use emporion_edge::router::Admitted;
use emporion_products::failure::Failure;
use emporion_products::{problems, rate};

use crate::door::Door;
use crate::envelope::{self, Exchange};
use crate::http_failures;
use crate::mount::Mount;

impl Door {
    /// Who is calling. Adds what the rate limit says to the headers of the answer, whatever that will be.
    ///
    /// Errors: 401 without a valid bearer token, 429 over the limit, 404 for any account but the caller's, so that
    /// accounts cannot be told from nothing.
    pub async fn admit(&self, request: &Request, exchange: &mut Exchange) -> Result<Caller, Failure> {
        let caller = self.caller(request).await?;
        // Who has not proven himself by a token shows none: his requests count together.
        let user = caller.principal.user.to_string();
        let token = caller.by.and_then(|_| bearer(request));
        if let Some(standing) = self.products.count_request(token.unwrap_or(&user)) {
            exchange.headers.extend(headers(&standing));
            if standing.is_over {
                return Err(Failure::rate_limited(standing.retry_after_s));
            }
        }
        in_own_account(request, caller)
    }

    async fn caller(&self, request: &Request) -> Result<Caller, Failure> {
        if let Some(caller) = request.known_caller() {
            return Ok(caller);
        }
        let token = bearer(request).ok_or_else(|| Failure::unauthenticated("give a token: Authorization: Bearer …"))?;
        let caller =
            self.products.catalog.authenticate_token(token, request.door).await.map_err(|problem| match problem {
                // The core's reasons speak another dialect, and say nothing that helps a client of this one.
                Problem::Unauthenticated { .. } => {
                    Failure::unauthenticated("the token is unknown, expired or revoked, or its user is disabled")
                }
                other => problems::failure(other),
            })?;
        Ok(request.called_by(caller))
    }
}

/// What every answer to a token says of its rate.
fn headers(standing: &rate::Standing) -> [(&'static str, String); 3] {
    [
        ("ratelimit-limit", standing.limit.to_string()),
        ("ratelimit-remaining", standing.remaining.to_string()),
        ("ratelimit-reset", standing.reset_s.to_string()),
    ]
}

/// How a path names the account of whoever calls.
const ME: &str = "me";

fn in_own_account(request: &Request, caller: Caller) -> Result<Caller, Failure> {
    let named = request.param("accountId");
    let is_own = named == ME || named.parse() == Ok(caller.account().record());
    if is_own { Ok(caller) } else { Err(http_failures::no_account(named)) }
}

/// Who sends a body, before it is read. The request counts for the rate when it is carried out.
pub async fn admission(door: Arc<Door>, request: Request) -> Admitted {
    let mount = Mount::of_path(&request.raw_path).unwrap_or(Mount::DataProducts);
    let admitted = match door.open(mount) {
        Ok(()) => door.caller(&request).await.and_then(|caller| in_own_account(&request, caller)),
        Err(failure) => Err(failure),
    };
    match admitted {
        Ok(caller) => Ok((Request { admitted: Some(caller), ..request }, Standing::Proven)),
        Err(failure) => Err(envelope::refuse(&failure, &door.exchange(mount, &request))),
    }
}
