//! Everything on one listener: the doors by path prefix, the probes beside them, and the one function that takes a
//! request through id, dispatch, log and metrics.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Body;
use serde_json::json;

use crate::access_log;
use crate::answer::Answer;
use crate::health::{self, ReadyCheck};
use crate::metrics::{Meter, Metrics};
use crate::mount::Mount;
use crate::request_id;
use crate::router::Operation;

/// The program as HTTP sees it. Built once, then shared by all connections.
pub struct App {
    mounts: Vec<(Mount, Meter)>,
    pages: HashMap<&'static str, Page>,
    ready: ReadyCheck,
    metrics: Arc<Metrics>,
    /// Counts the pages and whatever no mount takes.
    beside: Meter,
    limits: Limits,
    draining: AtomicBool,
}

/// Bounds on what clients may use up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once; more wait to be accepted.
    pub connections: u32,
    /// For a request's head to arrive, and so for a kept-alive connection to be idle.
    pub head_time: Duration,
    /// For a request's body to arrive whole.
    pub body_time: Duration,
    /// For running requests to end after shutdown began.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 4096,
            head_time: Duration::from_secs(60),
            body_time: Duration::from_secs(60),
            drain_time: Duration::from_secs(20),
        }
    }
}

enum Page {
    Fixed(Answer),
    Alive,
    Ready,
    Metrics,
}

const UNMATCHED: Operation = Operation { name: "unmatched", template: "unmatched" };

impl App {
    /// Serves the probes and nothing else yet; ready unless told otherwise.
    pub fn new(metrics: Arc<Metrics>) -> App {
        App {
            mounts: Vec::new(),
            pages: HashMap::from([("/healthz", Page::Alive), ("/readyz", Page::Ready), ("/metrics", Page::Metrics)]),
            ready: Arc::new(|| Box::pin(async { Ok(()) })),
            beside: metrics.meter("server"),
            metrics,
            limits: Limits::default(),
            draining: AtomicBool::new(false),
        }
    }

    /// Adds a door. The first mount that takes a path serves it.
    pub fn mount(mut self, mount: Mount) -> App {
        let meter = self.metrics.meter(mount.door().name());
        self.mounts.push((mount, meter));
        self
    }

    /// Serves a fixed answer to GET at exactly this path, before any door.
    pub fn page(mut self, path: &'static str, answer: Answer) -> App {
        self.pages.insert(path, Page::Fixed(answer));
        self
    }

    /// Decides `/readyz`. During shutdown it says no without asking.
    pub fn ready<F, R>(mut self, check: F) -> App
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.ready = Arc::new(move || Box::pin(check()));
        self
    }

    pub fn limits(self, limits: Limits) -> App {
        App { limits, ..self }
    }

    pub(crate) fn limits_now(&self) -> Limits {
        self.limits
    }

    pub(crate) fn begin_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Takes one request to its answer. Never fails; public so that tests can do without a socket.
    pub async fn handle<B>(&self, http: http::Request<B>, remote: Option<SocketAddr>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = http.into_parts();
        let is_head = parts.method == Method::HEAD;
        let request_id = request_id::of(&parts.headers);
        let mut answer = self.answer(parts, body, &request_id, remote).await;
        request_id::put(&request_id, &mut answer.headers);
        response(answer, is_head)
    }

    async fn answer<B>(&self, parts: Parts, body: B, request_id: &str, remote: Option<SocketAddr>) -> Answer
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let path = parts.uri.path();
        if let Some((path, page)) = self.pages.get_key_value(path) {
            let operation = Operation { name: path, template: path };
            let watch = Watch::start(&self.beside, operation, &parts.method, request_id);
            let answer = self.page_answer(page, &parts.method).await;
            watch.finish(answer.status);
            return answer;
        }
        for (mount, meter) in &self.mounts {
            let Some(path) = mount.path_within(path) else { continue };
            let target = mount.find(&parts.method, path);
            let operation = mount.operation(&target).unwrap_or(UNMATCHED);
            let method = parts.method.clone();
            let watch = Watch::start(meter, operation, &method, request_id);
            let answer = mount.answer(target, parts, body, request_id, remote, self.limits.body_time).await;
            watch.finish(answer.status);
            return answer;
        }
        let watch = Watch::start(&self.beside, UNMATCHED, &parts.method, request_id);
        let answer = plain_error(404, "nothing is served at this path");
        watch.finish(answer.status);
        answer
    }

    async fn page_answer(&self, page: &Page, method: &Method) -> Answer {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return plain_error(405, "this page can only be read").with("allow", "GET, HEAD");
        }
        match page {
            Page::Fixed(answer) => answer.clone(),
            Page::Alive => health::alive(),
            Page::Ready if self.draining.load(Ordering::Relaxed) => health::ready(Err("shutting down".into())),
            Page::Ready => health::ready((self.ready)().await),
            Page::Metrics => health::scrape(&self.metrics),
        }
    }
}

/// For paths that belong to no dialect.
fn plain_error(status: u16, message: &str) -> Answer {
    Answer::json(status, "application/json", &json!({ "message": message }))
}

fn response(answer: Answer, is_head: bool) -> Response<Full<Bytes>> {
    let Answer { status, mut headers, mut body } = answer;
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        body = Bytes::new();
    } else if is_head {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        body = Bytes::new();
    }
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The client closed the connection before the answer was there. No standard status says so; proxies log this one.
const CLIENT_LEFT: u16 = 499;

/// Counts and logs a request when it ends, in whatever way it ends.
struct Watch<'a> {
    meter: &'a Meter,
    operation: Operation,
    method: &'a Method,
    request_id: &'a str,
    started: Instant,
    status: u16,
}

impl<'a> Watch<'a> {
    fn start(meter: &'a Meter, operation: Operation, method: &'a Method, request_id: &'a str) -> Watch<'a> {
        meter.begin();
        Watch { meter, operation, method, request_id, started: Instant::now(), status: CLIENT_LEFT }
    }

    fn finish(mut self, status: StatusCode) {
        self.status = status.as_u16();
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.meter.end(self.operation.name, self.status, took);
        access_log::write(&access_log::Line {
            door: self.meter.door(),
            operation: self.operation.name,
            route: self.operation.template,
            method: self.method,
            status: self.status,
            took,
            request_id: self.request_id,
        });
    }
}

/// What hyper wants of a service: an answer to everything.
pub(crate) async fn serve_one<B>(
    app: Arc<App>,
    http: http::Request<B>,
    remote: SocketAddr,
) -> Result<Response<Full<Bytes>>, Infallible>
where
    B: Body<Data = Bytes> + Unpin,
{
    Ok(app.handle(http, Some(remote)).await)
}
