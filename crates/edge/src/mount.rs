//! A door at its place in the URL space: which paths are its own, and how one of its requests becomes an answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use emporion_catalog::committed::Committed;
use emporion_catalog::denials::Denials;
use emporion_catalog::questions::Questions;
use emporion_catalog::request_freshness::RequestFreshness;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use hyper::body::Body;

use crate::accept;
use crate::answer::Answer;
use crate::body::{self, BodyError};
use crate::body_budget::{BodyBudget, Held, NoRoom, Sender, Standing};
use crate::limits::Limits;
use crate::origin::Origin;
use crate::path;
use crate::request::Request;
use crate::router::{Door, Operation, Router, Serve, Target};

/// A body that is there within this time was sent with its head.
const AT_ONCE: Duration = Duration::from_millis(5);

/// A router and the path prefixes under which it is reached.
pub struct Mount {
    router: Box<dyn Serve>,
    prefixes: Vec<Prefix>,
    is_for_programs: bool,
}

struct Prefix {
    path: &'static str,
    /// Cut off before matching.
    cut: &'static str,
}

impl Mount {
    /// A door that takes no path yet.
    pub fn new<D: Door>(router: Router<D>) -> Mount {
        Mount { router: Box::new(router), prefixes: Vec::new(), is_for_programs: false }
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

    /// Leaves what asks for a page to the mounts that come after: at some addresses programs and people are answered alike.
    pub fn for_programs(self) -> Mount {
        Mount { is_for_programs: true, ..self }
    }

    pub(crate) fn takes(&self, headers: &HeaderMap) -> bool {
        !self.is_for_programs || !accept::wants_page(headers)
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

    /// Asks who is sending, reads the body, runs the handler, and lets the door speak where no handler can.
    pub(crate) async fn answer<B>(
        &self,
        mut target: Target,
        request: Request,
        mut body: B,
        bounds: &Bounds<'_>,
    ) -> Answer
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let expects_go_ahead = request.headers.contains_key(header::EXPECT);
        let refused = match self.receive(&mut target, request, &mut body, bounds).await {
            Ok((request, held)) => {
                return match target {
                    Target::Row { row, .. } => self.run(row, request, held).await,
                    target => match self.router.call_unmatched(request) {
                        Ok(answering) => answering.await,
                        Err(request) => self.refuse(&target, &request),
                    },
                };
            }
            Err(refused) => refused,
        };
        // A client that is still sending would take an early answer for a reset: what it sends is taken, and thrown away.
        let is_drained = refused.may_go_on && !expects_go_ahead && body::discard(&mut body).await;
        if is_drained { refused.answer } else { closing(refused.answer) }
    }

    /// The request with its body, and the room that the body takes.
    async fn receive<B>(
        &self,
        target: &mut Target,
        mut request: Request,
        body: &mut B,
        bounds: &Bounds<'_>,
    ) -> Result<(Request, Held), Refused>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let row = match target {
            Target::Row { row, params } => {
                request.params = std::mem::take(params);
                Some(*row)
            }
            _ => None,
        };
        // Without a body there is nothing to keep out: the handler asks by itself.
        if body.is_end_stream() {
            return Ok((request, bounds.budget.hold(Standing::Nobody, None)));
        }
        if row.is_none() && !self.router.takes_unmatched() {
            return Err(Refused { answer: self.refuse(target, &request), may_go_on: true });
        }
        let (mut request, standing) =
            self.admit(row, request).await.map_err(|answer| Refused { answer, may_go_on: true })?;
        let limit = self.router.body_limit(row).min(bounds.limits.body);
        let user = request.who.get().filter(|_| standing == Standing::Proven).map(|who| Sender::User(who.user));
        let sender = user.or(request.client().map(Sender::Address));
        let mut held = bounds.budget.hold(standing, sender);
        let begun = Instant::now();
        let error = match body::read_whole(body, limit, bounds.limits.body_time, &mut held).await {
            Ok(bytes) => {
                request.body = bytes;
                // Else his rights may have ended meanwhile.
                request.admitted = request.admitted.filter(|_| begun.elapsed() < AT_ONCE);
                return Ok((request, held));
            }
            Err(error) => error,
        };
        let door = self.router.door();
        let answer = match (&*target, &error) {
            (Target::WrongMethod { .. } | Target::Nothing, _) => self.refuse(target, &request),
            (_, BodyError::TooLarge) => door.too_large(&request, limit),
            (_, BodyError::NoRoom(NoRoom::Crowded)) => {
                self.unavailable(&request, "too much is being sent at once; try again in a moment")
            }
            (_, BodyError::NoRoom(NoRoom::OwnShare)) => {
                self.throttled(&request, "you are sending too much at once; try again when some of it is answered")
            }
            (_, BodyError::NoRoom(NoRoom::TooMuch)) => door.too_many_values(
                &request,
                "the body holds more values than are taken at once; send fewer rows or parts at a time",
            ),
            (_, BodyError::Broken) => door.malformed(&request, "the body broke off"),
            (_, BodyError::Late) => door.malformed(&request, "the body did not arrive in time"),
        };
        Err(Refused { answer, may_go_on: matches!(error, BodyError::TooLarge | BodyError::NoRoom(_)) })
    }

    async fn admit(&self, row: Option<usize>, request: Request) -> Result<(Request, Standing), Answer> {
        let left = Left::of(&request);
        let admitting = AssertUnwindSafe(async { self.router.admit(row, request).await }).catch_unwind();
        match admitting.await {
            Ok(admitted) => admitted.map_err(|refused| match refused.status {
                StatusCode::SERVICE_UNAVAILABLE => retried(refused),
                _ => refused,
            }),
            Err(panic) => Err(self.broke_down(row, left, &*panic)),
        }
    }

    /// What the door says when the server cannot take the request now.
    pub(crate) fn unavailable(&self, request: &Request, reason: &str) -> Answer {
        retried(self.router.door().unavailable(request, reason))
    }

    /// What the door says to who has more going on than is his share.
    pub(crate) fn throttled(&self, request: &Request, reason: &str) -> Answer {
        retried(self.router.door().throttled(request, reason))
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
    async fn run(&self, row: usize, request: Request, held: Held) -> Answer {
        let left = Left::of(&request);
        let outcome = match std::panic::catch_unwind(AssertUnwindSafe(|| self.router.call(row, request))) {
            Ok(answering) => {
                let guarded = AssertUnwindSafe(answering).catch_unwind();
                if self.router.is_safe(row) {
                    guarded.await
                } else {
                    // A client that hangs up cancels this future. A write that has begun must still end as one that
                    // nobody waits for: its commit is followed by work (caches, followers) that must not be lost. It
                    // keeps its room until then.
                    let guarded = async move {
                        let outcome = guarded.await;
                        drop(held);
                        outcome
                    };
                    let carried = Questions::carried(Committed::carried(Denials::carried(guarded)));
                    tokio::spawn(RequestFreshness::carried(carried))
                        .await
                        .unwrap_or_else(|error| Err(Box::new(error.to_string())))
                }
            }
            Err(panic) => Err(panic),
        };
        let answer = outcome.unwrap_or_else(|panic| self.broke_down(Some(row), left, &*panic));
        // What the store could not do now, it may a moment later.
        if answer.status == StatusCode::SERVICE_UNAVAILABLE { retried(answer) } else { answer }
    }

    fn broke_down(&self, row: Option<usize>, left: Left, panic: &(dyn std::any::Any + Send)) -> Answer {
        let operation = row.map_or("unmatched", |row| self.router.operation(row).name);
        let door = self.router.door();
        let (request_id, panic) = (&left.request_id, panic_text(panic));
        tracing::error!(door = door.name(), operation, request_id, panic, "a handler panicked");
        door.internal(&Request {
            raw_path: left.raw_path,
            raw_query: left.raw_query,
            request_id: left.request_id,
            origin: left.origin,
            ..Request::new(left.method, "")
        })
    }
}

/// Says when to come again, where the door has not.
fn retried(answer: Answer) -> Answer {
    if answer.headers.contains_key(header::RETRY_AFTER) { answer } else { answer.with("retry-after", "1") }
}

/// What every request of a server is held to.
pub(crate) struct Bounds<'a> {
    pub limits: &'a Limits,
    pub budget: &'a Arc<BodyBudget>,
}

/// A request that is answered without its body.
struct Refused {
    answer: Answer,
    /// The connection can carry another request, once the body is thrown away.
    may_go_on: bool,
}

/// What is left of a request when its handler has panicked.
struct Left {
    method: Method,
    raw_path: String,
    raw_query: String,
    request_id: String,
    origin: Origin,
}

impl Left {
    fn of(request: &Request) -> Left {
        Left {
            method: request.method.clone(),
            raw_path: request.raw_path.clone(),
            raw_query: request.raw_query.clone(),
            request_id: request.request_id.clone(),
            origin: request.origin.clone(),
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// The answer is the last of its connection.
pub(crate) fn closing(mut answer: Answer) -> Answer {
    answer.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
