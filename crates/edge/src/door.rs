//! What the server asks a door for when no handler can answer: each door prints these in its own dialect.

use http::StatusCode;

use crate::answer::Answer;
use crate::request::Request;

/// One dialect. The router calls these functions; handlers get the same door behind an `Arc`.
pub trait Door: Send + Sync + 'static {
    /// The label in log lines and metrics.
    fn name(&self) -> &'static str;

    /// No operation has this path, or a path parameter is not valid percent-encoded UTF-8.
    fn not_found(&self, request: &Request) -> Answer;

    /// Operations have this path, but not with this method. A 405 without `Allow` gets one from the router.
    fn method_not_allowed(&self, request: &Request, allow: &str) -> Answer;

    /// The body is longer than `limit` bytes. The request's body is empty.
    fn too_large(&self, request: &Request, limit: usize) -> Answer;

    /// The handler panicked. Only method, path, query, request id and remote address of the request are left.
    fn internal(&self, request: &Request) -> Answer;

    /// The body broke off or did not arrive in time; `reason` is a sentence for the caller.
    fn malformed(&self, request: &Request, reason: &str) -> Answer;

    /// The head of the request could not be read: 431, 414 or 400. No more of it is known than its method and path, and
    /// these perhaps not to their ends.
    fn unread(&self, request: &Request, status: u16, reason: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Answer { status, ..self.malformed(request, reason) }
    }

    /// The server has no room for the request now, and says so before it has looked at it; `reason` is a sentence for the
    /// caller. A 503 without `Retry-After` gets one from the server.
    fn unavailable(&self, request: &Request, reason: &str) -> Answer;

    /// The body would take more memory than any may, however short it is; `reason` is a sentence for the caller.
    fn too_many_values(&self, request: &Request, reason: &str) -> Answer;

    /// The caller has more going on at once than is his share; `reason` is a sentence for him. A door whose clients take
    /// the usual status (429) amiss says [`Door::unavailable`]. Gets a `Retry-After` as that does.
    fn throttled(&self, request: &Request, reason: &str) -> Answer {
        self.unavailable(request, reason)
    }
}
