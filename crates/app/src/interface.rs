//! What the interfaces that are no dialect have in common: callers bear a token, answers are JSON, and an error says why
//! in one member.

use std::ops::Deref;
use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::problem::Violation;
use emporion_edge::answer::Answer;
use emporion_edge::bearer::bearer;
use emporion_edge::body_budget::Standing;
use emporion_edge::door::Door;
use emporion_edge::request::Request;
use emporion_edge::route::{Handler, Method, Route};
use emporion_edge::router::Admitted;
use serde_json::{Value, json};

use crate::status;

pub const JSON: &str = "application/json";

/// What is particular to one of them.
pub trait Own: Send + Sync + 'static {
    /// The label in log lines and metrics.
    const NAME: &'static str;
    /// The member of an error that says why.
    const WHY: &'static str;

    fn catalog(&self) -> &Catalog;
}

pub struct Interface<T>(pub T);

impl<T> Deref for Interface<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Own> Interface<T> {
    pub async fn caller(&self, request: &Request) -> Result<Caller, Problem> {
        let caller = match (&request.proven, bearer(request)) {
            (Some(caller), _) => caller.clone(),
            (None, Some(token)) => self.catalog().authenticate_token(token, request.door).await?,
            (None, None) => return Err(Problem::Unauthenticated { reason: "a bearer token is needed".into() }),
        };
        Ok(request.called_by(caller))
    }

    /// Who sends a body, before it is read.
    pub async fn admit(interface: Arc<Self>, request: Request) -> Admitted {
        match interface.caller(&request).await {
            Ok(_) => Ok((request, Standing::Proven)),
            Err(problem) => Err(Self::refused(&problem)),
        }
    }

    /// A row of its routes, of which no document tells; what differs is set on it.
    pub fn route(method: Method, path: &'static str, name: &'static str, handler: Handler<Self>) -> Route<Self> {
        Route { hidden: true, ..Route::new(method, path, name, handler) }
    }

    pub fn answer(outcome: &Result<Value, Problem>) -> Answer {
        match outcome {
            Ok(value) => Answer::json(200, JSON, value),
            Err(problem) => Self::refused(problem),
        }
    }

    pub fn refused(problem: &Problem) -> Answer {
        let status = status::of(problem);
        let answer = match status {
            500 => {
                tracing::error!(interface = T::NAME, %problem, "a request failed");
                Self::error(status, "internal error")
            }
            _ => {
                let mut told = json!({ T::WHY: problem.to_string() });
                if let Problem::Invalid(violations) = problem {
                    let one = |fault: &Violation| json!({"field": fault.field, "rule": fault.rule});
                    told["faults"] = violations.iter().map(one).collect();
                }
                Answer::json(status, JSON, &told)
            }
        };
        match status {
            401 => answer.with("www-authenticate", "Bearer"),
            503 => answer.with("retry-after", "1"),
            _ => answer,
        }
    }

    fn error(status: u16, why: &str) -> Answer {
        Answer::json(status, JSON, &json!({ T::WHY: why }))
    }
}

impl<T: Own> Door for Interface<T> {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn not_found(&self, _: &Request) -> Answer {
        Self::error(404, "nothing is served at this path")
    }

    fn method_not_allowed(&self, _: &Request, allow: &str) -> Answer {
        Self::error(405, "method not allowed").with("allow", allow)
    }

    fn too_large(&self, _: &Request, limit: usize) -> Answer {
        Self::error(413, &format!("the body is longer than {limit} bytes"))
    }

    fn internal(&self, _: &Request) -> Answer {
        Self::error(500, "internal error")
    }

    fn malformed(&self, _: &Request, reason: &str) -> Answer {
        Self::error(400, reason)
    }

    fn unavailable(&self, _: &Request, reason: &str) -> Answer {
        Self::error(503, reason)
    }

    fn too_many_values(&self, _: &Request, reason: &str) -> Answer {
        Self::error(413, reason)
    }

    fn throttled(&self, _: &Request, reason: &str) -> Answer {
        Self::error(429, reason)
    }
}
