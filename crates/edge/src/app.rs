//! Everything on one listener: the doors by path prefix, the probes beside them, and the one function that takes a
//! request through id, dispatch, log and metrics.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::Bytes;
use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::committed::Committed;
use emporion_catalog::denials::{Denial, Denials};
use emporion_catalog::questions::Questions;
use emporion_catalog::request_freshness::RequestFreshness;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Body;
use serde_json::json;

use crate::access_log;
use crate::answer::{Answer, Content};
use crate::body;
use crate::body_budget::BodyBudget;
use crate::fixed_page::FixedPage;
use crate::health::{self, ReadyCheck};
pub use crate::limits::Limits;
use crate::metrics::{Meter, Metrics};
use crate::mount::{Bounds, Mount, closing};
use crate::origin::{Origin, Peer, Proxies};
use crate::request::{Request, Who};
use crate::request_id;
use crate::router::Operation;
use crate::stream::Sent;
use crate::tls::Tls;

/// The program as HTTP sees it. Built once, then shared by all connections.
pub struct App {
    mounts: Vec<(Mount, Arc<Meter>)>,
    pages: HashMap<&'static str, Page>,
    ready: ReadyCheck,
    metrics: Arc<Metrics>,
    /// Counts the pages and whatever no mount takes.
    server_meter: Arc<Meter>,
    limits: Limits,
    budget: Arc<BodyBudget>,
    proxies: Proxies,
    tls: Option<Tls>,
    /// Where refusals are noted.
    trail: Option<Arc<Catalog>>,
    leaving: AtomicBool,
}

/// Whether a connection is one of those that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seat {
    Own,
    /// All are taken: the pages are still answered, so that probes do not take a crowd for a failure; all else is refused.
    None,
    /// Its address has its share of them: the same.
    Over,
}

/// How a request comes in.
struct Entry<'a> {
    request_id: &'a str,
    origin: Origin,
    /// Of a request that is made inside: that of the one it is made for.
    door: Option<&'static str>,
    proven: Option<Caller>,
}

enum Page {
    Fixed(Arc<FixedPage>),
    Alive,
    Ready,
    Metrics,
}

/// How far an answer to a change has written the log: a search that is to know it says `at_least` this.
const SEQ: HeaderName = HeaderName::from_static("emporion-seq");
const NO_SEAT: &str = "too many connections are open; try again in a moment";
const OVER_SHARE: &str = "too many connections are open from this address; try again in a moment";
/// The name of the door of people.
const PAGES: &str = "web";
const UNMATCHED: Operation = Operation { name: "unmatched", template: "unmatched" };

impl App {
    /// Serves the probes and nothing else yet; ready unless told otherwise.
    pub fn new(metrics: Arc<Metrics>) -> App {
        App {
            mounts: Vec::new(),
            pages: HashMap::from([("/healthz", Page::Alive), ("/readyz", Page::Ready), ("/metrics", Page::Metrics)]),
            ready: Arc::new(|| Box::pin(async { Ok(()) })),
            server_meter: Arc::new(metrics.meter("server")),
            limits: Limits::default(),
            budget: BodyBudget::new(Limits::default().bodies, Limits::default().room_time),
            metrics,
            proxies: Proxies::default(),
            tls: None,
            trail: None,
            leaving: AtomicBool::new(false),
        }
    }

    /// Adds a door. The first mount that takes a path serves it.
    pub fn mount(mut self, mount: Mount) -> App {
        let meter = Arc::new(self.metrics.meter(mount.door().name()));
        self.mounts.push((mount, meter));
        self
    }

    /// Serves a fixed answer to GET at exactly these paths, before any door. It is made when it is first asked for.
    pub fn page(mut self, paths: &[&'static str], make: impl FnOnce() -> Answer + Send + 'static) -> App {
        let page = Arc::new(FixedPage::new(make));
        self.pages.extend(paths.iter().map(|path| (*path, Page::Fixed(page.clone()))));
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
        App { limits, budget: BodyBudget::new(limits.bodies, limits.room_time), ..self }
    }

    /// Believes what these say of the clients behind them.
    pub fn proxies(self, proxies: Proxies) -> App {
        App { proxies, ..self }
    }

    /// Speaks TLS on its listener, and nothing else.
    pub fn tls(self, tls: Option<Tls>) -> App {
        App { tls, ..self }
    }

    /// Notes in the trail of this catalogue who was refused what.
    pub fn trail(self, catalog: Arc<Catalog>) -> App {
        App { trail: Some(catalog), ..self }
    }

    /// Whether connections from there bear the requests of many clients.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.trusts(address.to_canonical())
    }

    pub(crate) fn tls_now(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    pub(crate) fn body_budget(&self) -> &Arc<BodyBudget> {
        &self.budget
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn limits_now(&self) -> Limits {
        self.limits
    }

    /// Says from now on that nothing is to be sent here any more; what comes all the same is served.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Takes one request to its answer. Never fails; public so that tests can do without a socket.
    pub async fn handle<B>(&self, http: http::Request<B>, peer: Option<Peer>) -> Response<Sent>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        self.handle_in(Seat::Own, http, peer).await
    }

    pub(crate) async fn handle_in<B>(&self, seat: Seat, http: http::Request<B>, peer: Option<Peer>) -> Response<Sent>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = http.into_parts();
        let is_head = parts.method == Method::HEAD;
        let request_id = request_id::of(&parts.headers);
        let origin = self.proxies.origin(peer, &parts.headers);
        let outside = Entry { request_id: &request_id, origin, door: None, proven: None };
        let (mut answer, watch) = self.answer(seat, parts, body, outside).await;
        request_id::put(&request_id, &mut answer.headers);
        // Whatever it is, it is what it says of itself.
        answer.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response(answer, is_head, watch)
    }

    /// The answer to a request whose head could not be read, of which no more is known than how it began.
    pub(crate) fn unread(&self, status: StatusCode, method: Method, path: String) -> Answer {
        let reason = match status {
            StatusCode::URI_TOO_LONG => "the address is too long",
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "the headers are too long",
            _ => "this is no request of HTTP/1.1",
        };
        let headers = HeaderMap::new();
        let request_id = request_id::of(&headers);
        let mut mounts = self.mounts.iter().map(|(mount, _)| mount);
        let mut answer = match mounts.find(|mount| mount.path_within(&path).is_some() && mount.takes(&headers)) {
            Some(mount) => {
                let request = Request { raw_path: path, request_id: request_id.clone(), ..Request::new(method, "") };
                mount.door().unread(&request, status.as_u16(), reason)
            }
            None => plain_error(status.as_u16(), reason),
        };
        request_id::put(&request_id, &mut answer.headers);
        answer.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        answer
    }

    /// Takes a request of [`crate::inside`] to its answer.
    pub(crate) async fn handle_inside<B>(
        &self,
        http: http::Request<B>,
        outer: &Request,
        proven: Option<Caller>,
    ) -> Answer
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = http.into_parts();
        let made_for = Entry { request_id: &outer.request_id, origin: outer.origin.clone(), door: outer.door, proven };
        let (answer, watch) = self.answer(Seat::Own, parts, body, made_for).await;
        watch.finish(answer.status);
        answer
    }

    /// Counts, times and logs work that is done for a request, until what is given back goes or ends.
    pub(crate) fn watch_work(&self, outer: &Request, service: &'static str, name: &'static str) -> Watch {
        let meter = Arc::new(self.metrics.meter(service));
        let operation = Some(Operation { name, template: name });
        let (id, client, who) = (&outer.request_id, outer.client(), outer.who.clone());
        let watch = Watch::start(meter, operation, name, outer.method.clone(), id, client, who);
        watch.noting(self.trail_of(outer.door, true), outer.door)
    }

    /// Where a refusal is noted. Pages ask other doors and services for what they show to who may see it: what they do not
    /// get is no try of his.
    fn trail_of(&self, door: Option<&'static str>, is_inside: bool) -> Option<Arc<Catalog>> {
        self.trail.as_ref().filter(|_| !is_inside || door != Some(PAGES)).cloned()
    }

    async fn answer<B>(&self, seat: Seat, parts: Parts, mut body: B, entry: Entry<'_>) -> (Answer, Watch)
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let Entry { request_id, origin, door, proven } = entry;
        let who = Who::default();
        let client = origin.client;
        let watch = |meter: &Arc<Meter>, operation, parts: &Parts| {
            let path = parts.uri.path();
            Watch::start(Arc::clone(meter), operation, path, parts.method.clone(), request_id, client, who.clone())
        };
        let path = parts.uri.path();
        if let Some((path, page)) = self.pages.get_key_value(path) {
            let operation = Operation { name: path, template: path };
            let watch = watch(&self.server_meter, Some(operation), &parts);
            let answer = self.page_answer(page, &parts).await;
            return (if seat == Seat::Own { answer } else { closing(answer) }, watch);
        }
        for (mount, meter) in &self.mounts {
            let Some(path) = mount.path_within(path).filter(|_| mount.takes(&parts.headers)) else { continue };
            let target = mount.find(&parts.method, path);
            let (own, is_inside) = (door.or(Some(mount.door().name())), door.is_some());
            let watch = watch(meter, mount.operation(&target), &parts).noting(self.trail_of(own, is_inside), own);
            let request = Request {
                raw_path: parts.uri.path().to_owned(),
                raw_query: parts.uri.query().unwrap_or("").to_owned(),
                headers: parts.headers,
                request_id: request_id.to_owned(),
                origin,
                who: who.clone(),
                proven,
                door: own,
                ..Request::new(parts.method, "")
            };
            let answer = match seat {
                Seat::Own => {
                    let bounds = Bounds { limits: &self.limits, budget: &self.budget };
                    let committed = Committed::default();
                    let answering = committed.during(mount.answer(target, request, body, &bounds));
                    let answering = watch.questions.during(watch.denials.during(answering));
                    let mut answer = RequestFreshness::during(answering).await;
                    if let Some(seq) = committed.newest() {
                        answer.headers.insert(SEQ, HeaderValue::from(seq.0));
                        // The client cannot know it, and the store could not be asked once more.
                        if answer.status.is_server_error() {
                            tracing::warn!(
                                status = answer.status.as_u16(),
                                seq = seq.0,
                                "what was stored could not be told to who stored it"
                            );
                        }
                    }
                    answer
                }
                Seat::None => {
                    body::discard(&mut body).await;
                    closing(mount.unavailable(&request, NO_SEAT))
                }
                Seat::Over => {
                    body::discard(&mut body).await;
                    closing(mount.throttled(&request, OVER_SHARE))
                }
            };
            return (answer, watch);
        }
        let watch = watch(&self.server_meter, None, &parts);
        let answer = match seat {
            Seat::Own => plain_error(404, "nothing is served at this path"),
            Seat::None => closing(plain_error(503, NO_SEAT).with("retry-after", "1")),
            Seat::Over => closing(plain_error(429, OVER_SHARE).with("retry-after", "1")),
        };
        (answer, watch)
    }

    async fn page_answer(&self, page: &Page, parts: &Parts) -> Answer {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return plain_error(405, "this page can only be read").with("allow", "GET, HEAD");
        }
        match page {
            Page::Fixed(page) => page.answer(&parts.headers),
            Page::Alive => health::alive(),
            Page::Ready if self.leaving.load(Ordering::Relaxed) => health::leaving(parts.uri.query()),
            Page::Ready => health::ready((self.ready)().await),
            Page::Metrics => health::scrape(&self.metrics),
        }
    }
}

/// For paths that belong to no dialect.
fn plain_error(status: u16, message: &str) -> Answer {
    Answer::json(status, "application/json", &json!({ "message": message }))
}

/// The response, and the end of the request: now, or with its last piece.
fn response(answer: Answer, is_head: bool, watch: Watch) -> Response<Sent> {
    let Answer { status, mut headers, body } = answer;
    let is_bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let sent = match body {
        Content::Piecewise(pieces) if !is_head && !is_bodiless => {
            let questions = watch.questions.clone();
            pieces.sent(questions, move || watch.finish(status))
        }
        body => {
            watch.finish(status);
            let bytes = match body {
                Content::Whole(bytes) => Some(bytes),
                Content::Piecewise(_) => None,
            };
            if let (true, false, Some(bytes)) = (is_head, is_bodiless, &bytes) {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            }
            Sent::Whole(bytes.filter(|_| !is_head && !is_bodiless))
        }
    };
    let mut response = Response::new(sent);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The client closed the connection before the answer was there. No standard status says so; proxies log this one.
const CLIENT_LEFT: u16 = 499;

/// Counts and logs a request when it ends, in whatever way it ends.
pub(crate) struct Watch {
    meter: Arc<Meter>,
    operation: Operation,
    /// Of what has no route.
    path: Option<String>,
    method: Method,
    request_id: String,
    client: Option<IpAddr>,
    who: Who,
    pub(crate) questions: Questions,
    pub(crate) denials: Denials,
    trail: Option<Arc<Catalog>>,
    door: Option<&'static str>,
    started: Instant,
    status: u16,
}

impl Watch {
    fn start(
        meter: Arc<Meter>,
        operation: Option<Operation>,
        path: &str,
        method: Method,
        request_id: &str,
        client: Option<IpAddr>,
        who: Who,
    ) -> Watch {
        meter.begin();
        let path = operation.is_none().then(|| path.to_owned());
        let operation = operation.unwrap_or(UNMATCHED);
        let (started, request_id) = (Instant::now(), request_id.to_owned());
        let (questions, denials, status) = (Questions::default(), Denials::default(), CLIENT_LEFT);
        let (trail, door) = (None, None);
        Watch {
            meter,
            operation,
            path,
            method,
            request_id,
            client,
            who,
            questions,
            denials,
            trail,
            door,
            started,
            status,
        }
    }

    fn noting(mut self, trail: Option<Arc<Catalog>>, door: Option<&'static str>) -> Watch {
        (self.trail, self.door) = (trail, door);
        self
    }

    /// Notes a refusal: what was forbidden, and what was said not to be there because it is hidden.
    fn note_refusal(&self) {
        let (Some(trail), Some(who)) = (&self.trail, self.who.get()) else { return };
        let denied = self.denials.last();
        let is_hidden = matches!(denied, Some(Denial::Hidden { .. }));
        if !self.denials.is_noted() && (self.status == 403 || (self.status == 404 && is_hidden)) {
            trail.note_refusal(who, self.door, self.operation.name, denied);
        }
    }

    fn finish(self, status: StatusCode) {
        self.end(status.as_u16());
    }

    pub(crate) fn end(mut self, status: u16) {
        self.status = status;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.meter.end(self.operation.name, self.status, took);
        self.note_refusal();
        access_log::write(&access_log::Line {
            door: self.meter.door(),
            operation: self.operation.name,
            route: self.operation.template,
            path: self.path.as_deref(),
            method: &self.method,
            status: self.status,
            took,
            questions: self.questions.count(),
            request_id: &self.request_id,
            client: self.client,
            who: self.who.get(),
        });
    }
}

/// What hyper wants of a service: an answer to everything.
pub(crate) async fn serve_one<B>(
    app: Arc<App>,
    seat: Seat,
    http: http::Request<B>,
    peer: Peer,
) -> Result<Response<Sent>, Infallible>
where
    B: Body<Data = Bytes> + Unpin,
{
    Ok(app.handle_in(seat, http, Some(peer)).await)
}
