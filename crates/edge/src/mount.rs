//! A door at its place in the URL space: which paths are its own, and how one of its requests becomes an answer.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use hyper::body::Body;

use crate::answer::Answer;
use crate::body::{self, BodyError};
use crate::path;
use crate::request::Request;
use crate::router::{Door, Operation, Router, Serve, Target};

/// A router and the path prefixes under which it is reached.
pub struct Mount {
    router: Box<dyn Serve>,
    prefixes: Vec<Prefix>,
}

struct Prefix {
    path: &'static str,
    /// Cut off before matching.
    cut: &'static str,
}

impl Mount {
    /// A door that takes no path yet.
    pub fn new<D: Door>(router: Router<D>) -> Mount {
        Mount { router: Box::new(router), prefixes: Vec::new() }
    }

    /// Takes the paths below `prefix`, by whole segments; templates hold the prefix too. `/` takes every path.
    pub fn at(self, prefix: &'static str) -> Mount {
        self.at_cutting(prefix, "")
    }

    /// Takes the paths below `prefix` and cuts its beginning off before matching: `/api/v1` cutting `/api` serves
    /// `/api/v1/tables` by the template `/v1/tables`. The request's `raw_path` stays as received.
    pub fn at_cutting(mut self, prefix: &'static str, cut: &'static str) -> Mount {
        assert!(cut.is_empty() || path::is_below(prefix, cut), "{prefix} does not begin with {cut}");
        self.prefixes.push(Prefix { path: prefix, cut });
        self
    }

    pub(crate) fn door(&self) -> &dyn Door {
        self.router.door()
    }

    /// The path to match, when this door takes it.
    pub(crate) fn path_within<'p>(&self, path: &'p str) -> Option<&'p str> {
        let prefix = self.prefixes.iter().find(|prefix| path::is_below(path, prefix.path))?;
        path.strip_prefix(prefix.cut)
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Target {
        self.router.find(method, path)
    }

    pub(crate) fn operation(&self, target: &Target) -> Option<Operation> {
        match target {
            Target::Row { row, .. } => Some(self.router.operation(*row)),
            _ => None,
        }
    }

    /// Reads the body, runs the handler, and lets the door speak where no handler can.
    pub(crate) async fn answer<B>(
        &self,
        target: Target,
        parts: Parts,
        mut body: B,
        request_id: &str,
        remote: Option<SocketAddr>,
        body_time: Duration,
    ) -> Answer
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let limit = self.router.body_limit();
        // Read before anything is answered: a client that is still sending would take an early answer for a reset.
        let received = body::read_whole(&mut body, limit, body_time).await;
        let expects_go_ahead = parts.headers.contains_key(header::EXPECT);
        let mut request = Request {
            method: parts.method,
            raw_path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or("").to_owned(),
            params: Vec::new(),
            headers: parts.headers,
            body: Bytes::new(),
            request_id: request_id.to_owned(),
            remote,
        };
        let door = self.router.door();
        let error = match received {
            Ok(bytes) => {
                request.body = bytes;
                return match target {
                    Target::Row { row, params } => {
                        request.params = params;
                        self.run(row, request, parts.uri).await
                    }
                    target => match self.router.call_unmatched(request) {
                        Ok(answering) => answering.await,
                        Err(request) => self.refuse(&target, &request),
                    },
                };
            }
            Err(error) => error,
        };
        let answer = match (&target, &error) {
            (Target::WrongMethod { .. } | Target::Nothing, _) => self.refuse(&target, &request),
            (_, BodyError::TooLarge) => door.too_large(&request, limit),
            (_, BodyError::Broken) => door.malformed(&request, "the body broke off"),
            (_, BodyError::Late) => door.malformed(&request, "the body did not arrive in time"),
        };
        let is_drained = error == BodyError::TooLarge && !expects_go_ahead && body::discard(&mut body).await;
        if is_drained { answer } else { closing(answer) }
    }

    fn refuse(&self, target: &Target, request: &Request) -> Answer {
        let Target::WrongMethod { allow } = target else { return self.router.door().not_found(request) };
        let answer = self.router.door().method_not_allowed(request, allow);
        if answer.status == StatusCode::METHOD_NOT_ALLOWED && !answer.headers.contains_key(header::ALLOW) {
            return answer.with("allow", allow);
        }
        answer
    }

    /// Runs the handler and turns a panic into the door's own answer.
    async fn run(&self, row: usize, request: Request, uri: Uri) -> Answer {
        let method = request.method.clone();
        let (request_id, remote) = (request.request_id.clone(), request.remote);
        let outcome = match std::panic::catch_unwind(AssertUnwindSafe(|| self.router.call(row, request))) {
            Ok(answering) => {
                let guarded = AssertUnwindSafe(answering).catch_unwind();
                if self.router.is_safe(row) {
                    guarded.await
                } else {
                    // A client that hangs up cancels this future. A write that has begun must still end as one that
                    // nobody waits for: its commit is followed by work (caches, followers) that must not be lost.
                    tokio::spawn(guarded).await.unwrap_or_else(|error| Err(Box::new(error.to_string())))
                }
            }
            Err(panic) => Err(panic),
        };
        outcome.unwrap_or_else(|panic| {
            let Operation { name: operation, .. } = self.router.operation(row);
            let door = self.router.door();
            let panic = panic_text(&*panic);
            tracing::error!(door = door.name(), operation, request_id, panic, "a handler panicked");
            door.internal(&Request {
                method,
                raw_path: uri.path().to_owned(),
                raw_query: uri.query().unwrap_or("").to_owned(),
                params: Vec::new(),
                headers: HeaderMap::new(),
                body: Bytes::new(),
                request_id,
                remote,
            })
        })
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

fn closing(mut answer: Answer) -> Answer {
    answer.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
