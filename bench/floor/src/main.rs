//! The floor: the least program that could do the catalogue's work over the catalogue's own tables.
//!
//! No callers, no rights, no dialects, no checks, no history: a point read gives back the stored bytes, a create stores
//! the bytes that came in. What the catalogue costs above this is what it does.

mod file;
mod postgres;
mod read;
mod store;
mod write;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use uuid::Uuid;

use store::Store;

struct Floor {
    store: Store,
    account: Uuid,
}

type Shared = State<Arc<Floor>>;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, account, listen] = arguments.as_slice() else {
        bail!("usage: floor <database file or its address> <account id> <address>");
    };
    let account = Uuid::parse_str(account).context("the account's id")?;
    let listen: SocketAddr = listen.parse().context("the address")?;
    let floor = Arc::new(Floor { store: Store::open(place, account).await?, account });
    let router = Router::new()
        .route("/records/{id}", get(by_id))
        .route("/names/{kind}/{fqn}", get(by_name))
        .route("/records", get(list).post(create))
        .route("/bulk", post(bulk))
        .with_state(floor);
    let listener = tokio::net::TcpListener::bind(listen).await.context("listening")?;
    axum::serve(tcp_without_delay(listener), router).await.context("serving")
}

/// Answers leave at once, as the catalogue's do.
fn tcp_without_delay(listener: tokio::net::TcpListener) -> impl axum::serve::Listener<Addr = SocketAddr> {
    use axum::serve::ListenerExt;
    listener.tap_io(|stream| {
        // A socket that cannot be set is only slower.
        let _ = stream.set_nodelay(true);
    })
}

async fn by_id(State(floor): Shared, Path(id): Path<String>) -> Response {
    match Uuid::parse_str(&id) {
        Ok(id) => found(floor.store.by_id(id).await),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn by_name(State(floor): Shared, Path((kind, fqn)): Path<(String, String)>) -> Response {
    found(floor.store.by_name(floor.account, &kind, &fqn).await)
}

#[derive(Deserialize)]
struct Page {
    kind: String,
    limit: u32,
    #[serde(default)]
    after: String,
}

async fn list(State(floor): Shared, Query(page): Query<Page>) -> Response {
    found(floor.store.list(floor.account, &page.kind, &page.after, page.limit).await.map(Some))
}

#[derive(Deserialize)]
struct Edges {
    #[serde(default)]
    edges: u32,
}

async fn create(State(floor): Shared, Query(Edges { edges }): Query<Edges>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Named<'a> {
        name: &'a str,
    }
    let name = match serde_json::from_slice::<Named<'_>>(&body) {
        Ok(named) => named.name.to_owned(),
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    match floor.store.create(name, edges, body.clone()).await {
        Ok(()) => (StatusCode::CREATED, json(body)).into_response(),
        Err(error) => broken(&error),
    }
}

#[derive(Deserialize)]
struct Rows {
    rows: u32,
}

/// The given record so many times under fresh names: prepared inserts, one transaction.
async fn bulk(State(floor): Shared, Query(Rows { rows }): Query<Rows>, body: Bytes) -> Response {
    match floor.store.bulk(rows, body).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => broken(&error),
    }
}

fn found(answer: Result<Option<Vec<u8>>>) -> Response {
    match answer {
        Ok(Some(bytes)) => json(bytes).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => broken(&error),
    }
}

fn json(bytes: impl Into<Bytes>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], bytes.into())
}

fn broken(error: &anyhow::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response()
}
