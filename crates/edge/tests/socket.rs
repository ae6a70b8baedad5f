//! A toy door over real sockets: what only a connection can show.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_edge::answer::Answer;
use emporion_edge::app::{App, Limits};
use emporion_edge::body_budget::Standing;
use emporion_edge::door::Door;
use emporion_edge::metrics::Metrics;
use emporion_edge::mount::Mount;
use emporion_edge::origin::{Forwarding, Proxies, network};
use emporion_edge::request::Request;
use emporion_edge::route::{Access, Handler, Method, Route, handler};
use emporion_edge::router::{Admitted, Router, admission};
use emporion_edge::server::serve;
use emporion_edge::stream::Stream;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

struct Toy {
    name: &'static str,
    /// Told when a slow write has ended.
    written: Notify,
}

impl Toy {
    fn error(&self, status: u16, code: &str, request: &Request) -> Answer {
        let path = &request.raw_path;
        Answer::json(status, "application/json", &json!({"door": self.name, "code": code, "path": path}))
    }
}

impl Door for Toy {
    fn name(&self) -> &'static str {
        self.name
    }
    fn not_found(&self, request: &Request) -> Answer {
        self.error(404, "not found", request)
    }
    fn method_not_allowed(&self, request: &Request, allow: &str) -> Answer {
        self.error(405, allow, request)
    }
    fn too_large(&self, request: &Request, limit: usize) -> Answer {
        self.error(413, &limit.to_string(), request)
    }
    fn internal(&self, request: &Request) -> Answer {
        self.error(500, "internal", request)
    }
    fn malformed(&self, request: &Request, reason: &str) -> Answer {
        self.error(400, reason, request)
    }
    fn unavailable(&self, request: &Request, reason: &str) -> Answer {
        self.error(503, reason, request)
    }
    fn too_many_values(&self, request: &Request, reason: &str) -> Answer {
        self.error(413, reason, request)
    }
}

fn row(method: Method, path: &'static str, operation: &'static str, handler: Handler<Toy>) -> Route<Toy> {
    Route { access: Access::Anonymous, ..Route::new(method, path, operation, handler) }
}

async fn echo(door: Arc<Toy>, request: Request) -> Answer {
    let body = json!({
        "door": door.name,
        "params": request.params.iter().map(|(_, value)| value).collect::<Vec<_>>(),
        "path": request.raw_path,
        "body": String::from_utf8_lossy(&request.body),
        "client": request.client().map(|client| client.to_string()),
        "base": request.base_url(),
    });
    Answer::json(200, "application/json", &body)
}

async fn panic(_: Arc<Toy>, request: Request) -> Answer {
    panic!("as {} asked", request.method)
}

/// Tells of its end also when it is broken off.
async fn question(door: Arc<Toy>, _: Request) -> Answer {
    struct Ends(Arc<Toy>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.written.notify_one();
        }
    }
    let _ends = Ends(door);
    std::future::pending().await
}

/// Counts to `{n}`, a line each, some time apart. Tells of its end when it is broken off.
async fn count(door: Arc<Toy>, request: Request) -> Answer {
    struct Ends(Arc<Toy>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.written.notify_one();
        }
    }
    let most: u32 = request.params.first().and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let pieces = futures_util::stream::unfold((0, Ends(door)), move |(n, ends)| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        (n < most).then(|| (format!("{n}\n").into(), (n + 1, ends)))
    });
    Answer::streamed(200, "text/plain", Stream::of(pieces))
}

async fn slow(door: Arc<Toy>, _: Request) -> Answer {
    tokio::time::sleep(Duration::from_millis(300)).await;
    door.written.notify_one();
    Answer::empty(204)
}

/// Takes `Authorization: me` for a caller, and breaks down over `Authorization: panic`.
async fn admit(toy: Arc<Toy>, request: Request) -> Admitted {
    match request.header("authorization") {
        Some("me") => Ok((request, Standing::Proven)),
        Some("panic") => panic!("as it was told"),
        _ => Err(toy.error(401, "who?", &request)),
    }
}

fn routes() -> Vec<Route<Toy>> {
    vec![
        row(Method::GET, "/v1/things/{id}", "GetThing", handler(echo)),
        row(Method::GET, "/v1/things/name/{fqn}", "GetThingByName", handler(echo)),
        row(Method::PUT, "/v1/things/{id}/assets/add", "AddAssets", handler(echo)),
        row(Method::POST, "/v1/things", "CreateThing", handler(echo)),
        Route::new(Method::POST, "/v1/own", "CreateOwn", handler(echo)),
        Route { body_limit: Some(5000), ..Route::new(Method::POST, "/v1/own/many", "CreateMany", handler(echo)) },
        row(Method::GET, "/v1/panic", "Panic", handler(panic)),
        row(Method::POST, "/v1/panic", "PanicWriting", handler(panic)),
        row(Method::GET, "/v1/count/{n}", "Count", handler(count)),
        row(Method::GET, "/v1/slow", "Slow", handler(slow)),
        row(Method::POST, "/v1/slow", "SlowWrite", handler(slow)),
        row(Method::GET, "/v1/question", "Question", handler(question)),
        Route { is_safe: true, ..row(Method::POST, "/v1/question", "QuestionWithBody", handler(question)) },
    ]
}

struct Server {
    address: SocketAddr,
    toy: Arc<Toy>,
    runtime: tokio::runtime::Runtime,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<usize>>,
}

impl Server {
    fn start(limits: Limits) -> Server {
        Server::behind(&[], limits)
    }

    fn behind(trusted: &[&str], limits: Limits) -> Server {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let toy = Arc::new(Toy { name: "toy", written: Notify::new() });
        let accounts = Arc::new(Toy { name: "accounts", written: Notify::new() });
        let account = row(Method::GET, "/api/v1/accounts/{id}", "GetAccount", handler(echo));
        let app = App::new(Arc::new(Metrics::default()))
            .mount(Mount::new(Router::new(accounts, vec![account])).at("/api/v1/accounts"))
            .mount(
                Mount::new(Router::new(toy.clone(), routes()).body_limit(1000).admission(admission(admit)))
                    .at("/v1")
                    .at_cutting("/api/v1", "/api"),
            )
            .page(&["/openapi/toy.json"], || Answer::json(200, "application/json", &json!({"openapi": "3.1.0"})))
            .page(&["/openapi/large.json"], || Answer::json(200, "application/json", &json!("x".repeat(2 << 20))))
            .proxies(Proxies::new(trusted.iter().filter_map(|text| network(text)).collect(), Forwarding::XForwarded))
            .limits(limits);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = runtime.spawn(serve(listener, Arc::new(app), async {
            let _ = stopped.await;
        }));
        Server { address, toy, runtime, stop: Some(stop), served: Some(served) }
    }

    fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Connection { reader: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    fn ask(&self, request: &str) -> Reply {
        self.connect().ask(request)
    }

    fn begin_shutdown(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    fn wait_for_end(&mut self) -> usize {
        self.runtime.block_on(self.served.take().unwrap()).unwrap()
    }
}

struct Connection {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Connection {
    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    fn ask(&mut self, request: &str) -> Reply {
        self.send(request.as_bytes());
        self.receive(request.starts_with("HEAD"))
    }

    fn receive(&mut self, is_head: bool) -> Reply {
        let line = self.line();
        let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no status in {line:?}")).parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let mut reply = Reply { status, headers, body: String::new() };
        let length: usize = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if is_head { 0 } else { length }];
        self.reader.read_exact(&mut body).unwrap();
        reply.body = String::from_utf8(body).unwrap();
        reply
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn is_closed(&mut self) -> bool {
        matches!(self.reader.read(&mut [0]), Ok(0) | Err(_))
    }
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn rows_are_found_by_raw_path_and_labels_are_decoded() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    let reply = connection.ask(&get("/v1/things/name/a%2Fb%20c?x=1"));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["params"], json!(["a/b c"]));
    assert_eq!(reply.json()["path"], "/v1/things/name/a%2Fb%20c");
    assert_eq!(reply.json()["client"], "127.0.0.1");
    assert!(reply.header("date").is_some());
    assert!(reply.header("x-request-id").is_some_and(|id| id.len() == 36));
    // The same connection, the other prefix, and the door that stands before it.
    assert_eq!(connection.ask(&get("/api/v1/things/7")).json()["path"], "/api/v1/things/7");
    assert_eq!(connection.ask(&get("/api/v1/accounts/7")).json()["door"], "accounts");
    let reply = connection
        .ask("PUT /v1/things/name/assets/add HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nContent-Length: 2\r\n\r\n{}");
    assert_eq!(reply.json()["params"], json!(["name"]));
    assert_eq!(reply.json()["body"], "{}");
    assert_eq!(reply.header("x-request-id"), Some("mine"));
}

#[test]
fn path_tricks_reach_no_handler() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    for path in [
        "/v1//things/7",
        "/v1/./things/7",
        "/v1/x/../things/7",
        "/v1/things/%2e%2e",
        "/v1/things/..",
        "/v1/things/.%2E/x",
        "/v1/things%2F7",
        "/v1/th%69ngs/7",
        "/v1/things/7/",
        "/v1/things/7%",
        "/v1/things/%ff",
        "/v1;x/things/7/8",
    ] {
        let reply = connection.ask(&get(path));
        assert_eq!(reply.status, 404, "{path}: {reply:?}");
    }
    for path in ["//v1/things/7", "/../v1/things/7", "/%761/things/7", "/v10/things/7", "/"] {
        let reply = connection.ask(&get(path));
        assert_eq!((reply.status, reply.json()["door"].is_null()), (404, true), "{path}: {reply:?}");
    }
}

#[test]
fn every_answer_is_what_it_says_it_is() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    for path in ["/v1/things/7", "/v1/nothing", "/nowhere", "/healthz", "/metrics"] {
        assert_eq!(connection.ask(&get(path)).header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

/// However much of it is still on its way: an answer is not lost with it.
#[test]
fn a_head_that_cannot_be_read_is_answered_in_the_form_of_its_door() {
    let server = Server::start(Limits::default());
    let long = "x".repeat(2 << 20);
    let head = |method: &str, path: &str| format!("{method} {path}?q HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n");
    for (path, door) in [("/v1/things/7", "toy"), ("/api/v1/accounts/7", "accounts"), ("/nowhere", "")] {
        let mut connection = server.connect();
        let reply = connection.ask(&head("PUT", path));
        assert_eq!((reply.status, reply.header("connection")), (431, Some("close")), "{reply:?}");
        assert!(reply.header("x-request-id").is_some() && reply.header("date").is_some(), "{reply:?}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        let said = reply.json();
        assert_eq!(said["door"].as_str().unwrap_or_default(), door);
        assert_eq!(said[if door.is_empty() { "message" } else { "code" }], "the headers are too long");
        assert!(connection.is_closed(), "{path}");
    }
    // Also behind other requests; and a HEAD gets no body.
    let mut connection = server.connect();
    assert_eq!(connection.ask(&get("/api/v1/accounts/7")).status, 200);
    let reply = connection.ask(&head("GET", "/v1/things/7"));
    assert_eq!((reply.status, reply.json()["door"].as_str()), (431, Some("toy")));
    let mut connection = server.connect();
    assert_eq!(connection.ask(&head("HEAD", "/v1/things/7")).status, 431);
    assert!(connection.is_closed());
    for broken in ["GET /v1/things/7 HTTP/1.1\r\nno header\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"] {
        let mut connection = server.connect();
        let reply = connection.ask(broken);
        assert_eq!((reply.status, reply.body.contains("no request of HTTP/1.1")), (400, true), "{reply:?}");
        assert!(connection.is_closed());
    }
}

#[test]
fn a_wrong_method_is_answered_by_the_door_with_allow() {
    let server = Server::start(Limits::default());
    let reply = server.ask("DELETE /v1/things/7 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(reply.json()["code"], "GET, HEAD");
}

#[test]
fn head_answers_as_get_without_the_body() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    let length = connection.ask(&get("/v1/things/7")).body.len();
    let reply = connection.ask("HEAD /v1/things/7 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((reply.status, reply.header("content-length")), (200, Some(length.to_string().as_str())));
    assert_eq!(connection.ask(&get("/v1/things/7")).status, 200);
}

#[test]
fn a_body_over_the_limit_is_refused_and_the_connection_goes_on() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    let long = "x".repeat(200_000);
    let reply = connection.ask(&post("/v1/things", &long));
    assert_eq!((reply.status, &reply.json()["code"]), (413, &json!("1000")));
    let chunked = format!(
        "POST /v1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        900,
        "y".repeat(900),
        long.len(),
    );
    assert_eq!(connection.ask(&chunked).status, 413);
    assert_eq!(connection.ask(&post("/v1/nothing", &long)).status, 404);
    assert_eq!(connection.ask(&post("/v1/things", &"x".repeat(1000))).status, 200);
    // A client that waits for the go-ahead never gets to send.
    let reply =
        connection.ask("POST /v1/things HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
    assert_eq!(reply.status, 413);
    assert!(connection.is_closed());
}

#[test]
fn a_body_that_breaks_off_or_stalls_is_malformed() {
    let server = Server::start(Limits { body_time: Duration::from_millis(100), ..Limits::default() });
    let reply = server.ask("POST /v1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    assert_eq!((reply.status, reply.json()["code"].as_str()), (400, Some("the body broke off")));
    let mut connection = server.connect();
    let reply = connection.ask("POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    assert_eq!((reply.status, reply.json()["code"].as_str()), (400, Some("the body did not arrive in time")));
    assert!(connection.is_closed());
}

#[test]
fn a_panic_is_the_doors_internal_error_and_nothing_else_suffers() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    for request in [get("/v1/panic"), post("/v1/panic", "{}")] {
        let reply = connection.ask(&request);
        assert_eq!((reply.status, &reply.json()["code"]), (500, &json!("internal")));
        assert_eq!(reply.json()["path"], "/v1/panic");
    }
    assert_eq!(connection.ask(&get("/v1/things/7")).status, 200);
}

#[test]
fn a_write_ends_though_its_client_has_left() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    connection.send(post("/v1/slow", "").as_bytes());
    std::thread::sleep(Duration::from_millis(100));
    drop(connection);
    let written = async { tokio::time::timeout(Duration::from_secs(5), server.toy.written.notified()).await };
    assert!(server.runtime.block_on(written).is_ok());
}

#[test]
fn a_question_ends_when_its_client_leaves() {
    let server = Server::start(Limits::default());
    for request in [get("/v1/question"), post("/v1/question", "{}")] {
        let mut connection = server.connect();
        connection.send(request.as_bytes());
        std::thread::sleep(Duration::from_millis(100));
        drop(connection);
        let ended = async { tokio::time::timeout(Duration::from_secs(5), server.toy.written.notified()).await };
        assert!(server.runtime.block_on(ended).is_ok(), "{request}");
    }
}

/// What the metrics say of requests to count, by status.
fn counted(server: &Server, status: u16) -> bool {
    let line = format!(r#"http_requests_total{{door="toy",operation="Count",status="{status}"}} 1"#);
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        if server.ask(&get("/metrics")).body.contains(&line) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn an_answer_may_be_made_while_it_is_sent() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    connection.send(get("/v1/count/3").as_bytes());
    let head = connection.receive(false);
    assert_eq!((head.status, head.header("transfer-encoding")), (200, Some("chunked")));
    // It counts as answered when its last piece has left, and not before.
    let metrics = server.ask(&get("/metrics")).body;
    assert!(!metrics.contains(r#"operation="Count""#) && metrics.contains(r#"in_flight{door="toy"} 1"#), "{metrics}");
    let lines: Vec<String> = (0..10).map(|_| connection.line()).collect();
    assert_eq!(lines, ["2", "0", "", "2", "1", "", "2", "2", "", "0"]);
    assert_eq!(connection.line(), "");
    assert_eq!(connection.ask(&get("/v1/things/7")).status, 200);
    assert!(counted(&server, 200));
    let head = server.ask("HEAD /v1/count/3 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((head.status, head.header("content-length")), (200, None));
}

#[test]
fn what_makes_an_answer_ends_when_its_reader_leaves() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    connection.send(get("/v1/count/1000000").as_bytes());
    assert_eq!(connection.receive(false).status, 200);
    drop(connection);
    let ended = async { tokio::time::timeout(Duration::from_secs(5), server.toy.written.notified()).await };
    assert!(server.runtime.block_on(ended).is_ok());
    assert!(counted(&server, 499));
}

#[test]
fn shutdown_lets_an_answer_be_sent_to_its_end() {
    let mut server = Server::start(Limits::default());
    let mut connection = server.connect();
    connection.send(get("/v1/count/9").as_bytes());
    assert_eq!(connection.receive(false).status, 200);
    server.begin_shutdown();
    let mut rest = String::new();
    connection.reader.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("8\n") && rest.ends_with("0\r\n\r\n"), "{rest:?}");
    assert_eq!(server.wait_for_end(), 0);
}

#[test]
fn probes_and_pages_stand_beside_the_doors() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    assert_eq!(connection.ask(&get("/healthz")).json(), json!({"status": "alive"}));
    assert_eq!(connection.ask(&get("/readyz")).status, 200);
    assert_eq!(connection.ask(&get("/openapi/toy.json")).json(), json!({"openapi": "3.1.0"}));
    assert_eq!(connection.ask(&post("/healthz", "{}")).status, 405);
    connection.ask(&get("/v1/things/7"));
    let reply = connection.ask(&get("/metrics"));
    assert!(
        reply.body.contains(r#"http_requests_total{door="toy",operation="GetThing",status="200"} 1"#),
        "{}",
        reply.body
    );
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("application/openmetrics-text")));
}

#[test]
fn shutdown_lets_running_requests_end_and_closes_idle_connections() {
    let mut server = Server::start(Limits::default());
    let mut idle = server.connect();
    assert_eq!(idle.ask(&get("/healthz")).status, 200);
    let mut silent = server.connect();
    let mut busy = server.connect();
    busy.send(get("/v1/slow").as_bytes());
    std::thread::sleep(Duration::from_millis(100));
    server.begin_shutdown();
    assert_eq!(busy.receive(false).status, 204);
    assert!(idle.is_closed() && silent.is_closed() && busy.is_closed());
    assert_eq!(server.wait_for_end(), 0);
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn the_drain_deadline_cuts_off_what_still_runs() {
    let mut server = Server::start(Limits { drain_time: Duration::from_millis(50), ..Limits::default() });
    let mut busy = server.connect();
    busy.send(get("/v1/slow").as_bytes());
    std::thread::sleep(Duration::from_millis(100));
    server.begin_shutdown();
    assert_eq!(server.wait_for_end(), 1);
    assert!(busy.is_closed());
}

#[test]
fn a_head_that_does_not_arrive_closes_the_connection() {
    let server = Server::start(Limits { head_time: Duration::from_millis(100), ..Limits::default() });
    let mut connection = server.connect();
    connection.send(b"GET /healthz HTTP/1.1\r\nHost:");
    let started = Instant::now();
    let mut rest = Vec::new();
    let _ = connection.reader.read_to_end(&mut rest);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(!String::from_utf8_lossy(&rest).contains(" 200 "));
}

#[test]
fn a_client_that_reads_no_answer_gives_up_its_seat() {
    let limits = Limits { connections: 1, write_time: Duration::from_secs(2), ..Limits::default() };
    let server = Server::start(limits);
    let mut deaf = server.connect();
    for _ in 0..30 {
        deaf.send(get("/openapi/large.json").as_bytes());
    }
    std::thread::sleep(Duration::from_millis(100));
    let status = || server.ask(&get("/v1/things/7")).status;
    assert_eq!(status(), 503, "its seat is taken while it may still read");
    let began = Instant::now();
    while status() != 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "the seat was not given back");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn connections_beyond_the_seats_are_refused_and_probes_are_answered_still() {
    let server = Server::start(Limits { connections: 1, ..Limits::default() });
    let mut first = server.connect();
    assert_eq!(first.ask(&get("/healthz")).status, 200);
    for request in [get("/v1/things/7"), post("/v1/things", &"x".repeat(200_000)), get("/nothing")] {
        let mut second = server.connect();
        let reply = second.ask(&request);
        assert_eq!(
            (reply.status, reply.header("connection"), reply.header("retry-after")),
            (503, Some("close"), Some("1"))
        );
        assert!(second.is_closed());
    }
    for page in ["/healthz", "/readyz", "/metrics"] {
        let reply = server.ask(&get(page));
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")), "{page}");
    }
    assert!(server.ask(&get("/metrics")).body.contains("emporion_http_connections_refused_total 7.0"));
    drop(first);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(server.ask(&get("/v1/things/7")).status, 200);
}

#[test]
fn nobody_has_to_go_away_for_the_next_to_be_answered() {
    let server = Server::start(Limits { connections: 1, ..Limits::default() });
    let _silent: Vec<Connection> = (0..300).map(|_| server.connect()).collect();
    let began = Instant::now();
    assert_eq!(server.ask(&get("/v1/things/7")).status, 503);
    assert!(began.elapsed() < Duration::from_secs(1));
    // Whoever is only listened to does not say nothing for long.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(server.ask(&get("/healthz")).status, 200);
}

fn own(path: &str, who: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {who}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_body_is_read_only_of_who_may_send_one() {
    let server = Server::start(Limits::default());
    let mut connection = server.connect();
    let long = "x".repeat(3_000_000);
    assert_eq!(connection.ask(&own("/v1/own", "nobody", &long)).status, 401);
    assert_eq!(connection.ask(&own("/v1/own", "me", &long)).status, 413);
    assert_eq!(connection.ask(&own("/v1/own", "me", "mine")).json()["body"], "mine");
    assert_eq!(connection.ask(&own("/v1/own", "panic", "mine")).status, 500);
    let head = |who: &str| {
        format!(
            "POST /v1/own HTTP/1.1\r\nHost: x\r\nAuthorization: {who}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        )
    };
    let mut connection = server.connect();
    assert_eq!(connection.ask(&head("nobody")).status, 401);
    assert!(connection.is_closed(), "the body was never asked for");
    let mut connection = server.connect();
    assert_eq!(connection.ask(&head("me")).status, 100);
    connection.send(b"mine");
    assert_eq!(connection.receive(false).json()["body"], "mine");
}

#[test]
fn a_route_may_take_longer_bodies_than_its_door() {
    let server = Server::start(Limits { body: 4000, ..Limits::default() });
    let mut connection = server.connect();
    let reply = |connection: &mut Connection, path: &str, length: usize| {
        let reply = connection.ask(&own(path, "me", &"x".repeat(length)));
        (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(reply(&mut connection, "/v1/own", 1001), (413, "1000".into()));
    assert_eq!(reply(&mut connection, "/v1/own/many", 3999).0, 200);
    assert_eq!(reply(&mut connection, "/v1/own/many", 4001), (413, "4000".into()));
}

#[test]
fn where_bodies_take_all_the_room_others_are_told_to_come_again() {
    let server = Server::start(Limits { bodies: 20_000, room_time: Duration::ZERO, ..Limits::default() });
    let mut first = server.connect();
    let begun = own("/v1/own/many", "me", &"x".repeat(5000));
    first.send(&begun.as_bytes()[..begun.len() - 1]);
    std::thread::sleep(Duration::from_millis(100));
    let mut second = server.connect();
    let reply = second.ask(&begun);
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    // What is small goes through.
    assert_eq!(second.ask(&own("/v1/own", "me", "mine")).status, 200);
    // An eighth of it is for those who prove nothing.
    assert_eq!(second.ask(&post("/v1/things", &"x".repeat(900))).status, 200);
    let mut third = server.connect();
    let begun_by_nobody = post("/v1/things", &"x".repeat(600));
    third.send(&begun_by_nobody.as_bytes()[..begun_by_nobody.len() - 1]);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(second.ask(&post("/v1/things", &"x".repeat(600))).status, 503);
    let metrics = server.ask(&get("/metrics")).body;
    assert!(metrics.contains("emporion_http_bodies_refused_total 2.0"), "{metrics}");
    first.send(b"x");
    assert_eq!(first.receive(false).status, 200);
    assert_eq!(second.ask(&begun).status, 200);
}

#[test]
fn a_body_of_more_values_than_there_is_room_for_is_refused_whatever_its_length() {
    let server = Server::start(Limits { bodies: 210_000, ..Limits::default() });
    let mut connection = server.connect();
    let items = |count: usize| format!("[{}0]", "0,".repeat(count));
    assert_eq!(connection.ask(&own("/v1/own/many", "me", &items(1000))).status, 200);
    let reply = connection.ask(&own("/v1/own/many", "me", &items(2000)));
    assert_eq!(reply.status, 413, "{}", reply.body);
    assert!(reply.body.contains("more values"), "{}", reply.body);
    // A text of the same length is none of it.
    assert_eq!(connection.ask(&own("/v1/own/many", "me", &format!("[\"{}\"]", "0,".repeat(2000)))).status, 200);
}

#[test]
fn forwarding_headers_count_from_trusted_proxies_only() {
    let request = "GET /v1/things/7 HTTP/1.1\r\nHost: inner:8585\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n\
                   X-Forwarded-Proto: https\r\nX-Forwarded-Host: catalogue.example\r\n\r\n";
    let told = |server: &Server| {
        let reply = server.ask(request).json();
        (reply["client"].as_str().unwrap().to_owned(), reply["base"].as_str().unwrap().to_owned())
    };
    let direct = Server::start(Limits::default());
    assert_eq!(told(&direct), ("127.0.0.1".into(), "http://inner:8585".into()));
    let behind = Server::behind(&["127.0.0.0/8"], Limits::default());
    assert_eq!(told(&behind), ("192.0.2.7".into(), "https://catalogue.example".into()));
}
