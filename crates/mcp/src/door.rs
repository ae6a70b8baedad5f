//! The door itself: who is let in, and what it says where the protocol's library has no word.

use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_catalog::{Catalog, Problem};
use emporion_edge::answer::Answer;
use emporion_edge::bearer::bearer;
use emporion_edge::body_budget::Standing;
use emporion_edge::request::Request;
use emporion_edge::router::Admitted;
use emporion_products::calls::Calls;
use serde_json::json;

use crate::exchange::Service;
use crate::server;

/// JSON-RPC's codes.
pub const PARSE_ERROR: i32 = -32700;
pub const INVALID_REQUEST: i32 = -32600;
const INTERNAL_ERROR: i32 = -32603;

pub struct Door {
    catalog: Arc<Catalog>,
    pub service: Service,
}

impl Door {
    pub fn new(calls: Calls, urls: &[String]) -> Door {
        let catalog = calls.products.catalog.clone();
        Door { service: server::service(calls, urls), catalog }
    }

    /// Who is calling, by a token of the catalogue.
    pub async fn caller(&self, request: &Request) -> Result<Caller, Answer> {
        let Some(token) = bearer(request) else {
            return Err(unauthenticated("give a token of the catalogue: Authorization: Bearer …"));
        };
        match self.catalog.authenticate_token(token, request.door).await {
            Ok(caller) => Ok(request.called_by(caller)),
            Err(Problem::Unauthenticated { .. }) => {
                Err(unauthenticated("the token is unknown, expired or revoked, or its user is disabled"))
            }
            Err(problem) => {
                tracing::error!(%problem, request_id = request.request_id, "a token could not be looked at");
                Err(error(503, INTERNAL_ERROR, "the catalogue cannot tell who is calling now; try again in a moment")
                    .with("retry-after", "1"))
            }
        }
    }
}

/// Before the body is read.
pub async fn admit(door: Arc<Door>, request: Request) -> Admitted {
    door.caller(&request).await?;
    Ok((request, Standing::Proven))
}

fn unauthenticated(message: &str) -> Answer {
    error(401, INVALID_REQUEST, message).with("www-authenticate", "Bearer")
}

/// An error that belongs to no request of the protocol.
pub fn error(status: u16, code: i32, message: &str) -> Answer {
    let body = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}});
    Answer::json(status, "application/json", &body)
}

impl emporion_edge::door::Door for Door {
    fn name(&self) -> &'static str {
        "mcp"
    }

    fn not_found(&self, _: &Request) -> Answer {
        error(404, INVALID_REQUEST, "the server for assistants is at /mcp")
    }

    fn method_not_allowed(&self, _: &Request, _: &str) -> Answer {
        error(405, INVALID_REQUEST, "requests are posted; there are no sessions, and no stream to listen to")
    }

    fn too_large(&self, _: &Request, limit: usize) -> Answer {
        error(413, INVALID_REQUEST, &format!("a request is {limit} bytes at most"))
    }

    fn internal(&self, request: &Request) -> Answer {
        let message = format!("something went wrong here; the log has it under {}", request.request_id);
        error(500, INTERNAL_ERROR, &message)
    }

    fn malformed(&self, _: &Request, reason: &str) -> Answer {
        error(400, INVALID_REQUEST, reason)
    }

    fn unavailable(&self, _: &Request, reason: &str) -> Answer {
        error(503, INTERNAL_ERROR, reason)
    }

    fn too_many_values(&self, _: &Request, reason: &str) -> Answer {
        error(413, INVALID_REQUEST, reason)
    }

    fn throttled(&self, _: &Request, reason: &str) -> Answer {
        error(429, INVALID_REQUEST, reason)
    }
}
