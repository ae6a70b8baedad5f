//! One request of HTTP through the protocol's library and back.

use std::sync::Arc;

use emporion_catalog::committed::Committed;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use http::{StatusCode, header};
use http_body_util::{BodyExt, Full};
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use serde_json::Value;

use crate::door::{Door, INVALID_REQUEST, PARSE_ERROR, error};
use crate::server::Server;

pub type Service = StreamableHttpService<Server, NeverSessionManager>;

pub async fn answer(door: Arc<Door>, request: Request) -> Answer {
    let caller = match door.caller(&request).await {
        Ok(caller) => caller,
        Err(refused) => return refused,
    };
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(Value::Object(_)) => {}
        Ok(Value::Array(_)) => return error(400, INVALID_REQUEST, "batches are not taken: post one message at a time"),
        Ok(_) => return error(400, INVALID_REQUEST, "a message is a JSON object"),
        Err(wrong) => return error(400, PARSE_ERROR, &format!("the body is not JSON: {wrong}")),
    }
    let mut http = http::Request::new(Full::new(request.body.clone()));
    *http.method_mut() = request.method.clone();
    *http.uri_mut() = request.raw_path.parse().unwrap_or_default();
    *http.headers_mut() = request.headers.clone();
    // So that tools know for whom they ask.
    http.extensions_mut().insert(caller);
    http.extensions_mut().insert(Arc::new(Request { body: Default::default(), ..request }));
    // The library runs them apart from this request.
    let committed = Committed::default();
    http.extensions_mut().insert(committed.clone());
    let (parts, body) = door.service.handle(http).await.into_parts();
    // No tool says anything before its result, so every answer is whole.
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    committed.tell();
    let is_json =
        parts.headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if parts.status.is_success() || is_json {
        let mut answer = Answer::bytes(parts.status.as_u16(), "application/json", bytes);
        if !is_json {
            answer.headers.remove(header::CONTENT_TYPE);
        }
        return answer;
    }
    reply(parts.status, &String::from_utf8_lossy(&bytes))
}

/// What the library says in plain text, in the protocol's form.
fn reply(status: StatusCode, text: &str) -> Answer {
    // That a message has not the form of one is no matter of its media type.
    const UNREAD: &str = "fail to deserialize request body";
    match text.strip_prefix(UNREAD) {
        Some(_) => error(400, INVALID_REQUEST, "the body is no message of JSON-RPC 2.0 that this protocol knows"),
        None => error(status.as_u16(), INVALID_REQUEST, text),
    }
}
