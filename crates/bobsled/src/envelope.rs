//! The envelope: `{ok: true, data, …}` and `{ok: false, error}`, with the headers that go with each.

use std::borrow::Cow;

use bytes::Bytes;
use emporion_edge::answer::Answer;
use emporion_edge::stream::Stream;
use emporion_products::failure::{Code, Failure};
use emporion_products::page::{PageRequest, Pagination};
use emporion_products::warning::Warning;
use serde::Serialize;
use serde_json::{Value, json};

use crate::http_failures;
use crate::mount::{self, Mount};
use crate::print::Print;

const MEDIA_TYPE: &str = "application/json";

/// What printing needs to know of the request that is answered.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub mount: Mount,
    pub request_id: String,
    /// Headers that every answer to this request carries (`Deprecation` and its company).
    pub headers: Vec<(&'static str, String)>,
}

/// A success before its envelope is printed.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    content: Content,
    location: Option<String>,
    etag: Option<String>,
    replayed: bool,
}

#[derive(Debug, Clone)]
enum Content {
    Fresh {
        data: Data,
        pagination: Option<Pagination>,
        warnings: Vec<Warning>,
    },
    /// An envelope that was printed, and stored, when the request came the first time.
    Stored(Bytes),
    /// An envelope that was printed for another request, up to that request's id.
    Cached(Bytes),
    /// Pieces that are made while they are sent, without an envelope.
    Piecewise(&'static str, Stream),
    /// A document that stands for itself, without an envelope.
    Document {
        media_type: &'static str,
        bytes: Bytes,
        file_name: Option<String>,
    },
}

/// What a fresh answer shows.
#[derive(Debug, Clone)]
enum Data {
    /// In canonical names.
    Canonical(Value),
    /// As JSON, in the names of the mount that was asked.
    Printed(String),
}

impl Data {
    fn value(&self) -> Cow<'_, Value> {
        match self {
            Data::Canonical(value) => Cow::Borrowed(value),
            Data::Printed(text) => {
                let value = serde_json::from_str(text).unwrap_or_default();
                Cow::Owned(mount::from_wire(value).unwrap_or_default())
            }
        }
    }
}

impl Reply {
    pub fn new(status: u16, data: Value) -> Reply {
        Reply::fresh(status, Data::Canonical(data))
    }

    /// With `data` as JSON, in the names of the mount that was asked: for answers too large to be built first.
    pub fn printed(status: u16, data: String) -> Reply {
        Reply::fresh(status, Data::Printed(data))
    }

    fn fresh(status: u16, data: Data) -> Reply {
        let content = Content::Fresh { data, pagination: None, warnings: Vec::new() };
        Reply { status, content, location: None, etag: None, replayed: false }
    }

    pub fn ok(data: Value) -> Reply {
        Reply::new(200, data)
    }

    /// What is answered of something that is gone.
    pub fn deleted(id: impl std::fmt::Display) -> Reply {
        Reply::ok(json!({"id": id.to_string(), "deleted": true}))
    }

    /// `location` is the path under `/data-products`, whichever mount was used.
    pub fn created(data: Value, location: String) -> Reply {
        Reply { location: Some(location), ..Reply::new(201, data) }
    }

    /// The stored answer to a request that came again with its `Idempotency-Key`.
    pub fn replay(status: u16, envelope: Bytes) -> Reply {
        Reply { status, content: Content::Stored(envelope), location: None, etag: None, replayed: true }
    }

    /// The same, told as one that a request got before it, under its `Idempotency-Key`.
    pub fn again(self) -> Reply {
        Reply { replayed: true, ..self }
    }

    /// Pieces without an envelope. Nothing between is to keep them back.
    pub fn streamed(media_type: &'static str, pieces: Stream) -> Reply {
        let content = Content::Piecewise(media_type, pieces);
        Reply { status: 200, content, location: None, etag: None, replayed: false }
    }

    /// A document without an envelope, the same on both mounts.
    pub fn document(media_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
        let content = Content::Document { media_type, bytes: bytes.into(), file_name: None };
        Reply { status: 200, content, location: None, etag: None, replayed: false }
    }

    /// Of a document that a browser must keep as a file: what it is was said by somebody.
    pub fn saved_as(mut self, name: &str) -> Reply {
        if let Content::Document { file_name, .. } = &mut self.content {
            *file_name = Some(name.to_owned());
        }
        self
    }

    /// A page of a list, with how many there are in all where that is asked for.
    pub fn list(page: &PageRequest, mut data: Value, total: impl Into<Value>, pagination: Pagination) -> Reply {
        if page.include_total {
            data["totalCount"] = total.into();
        }
        Reply::ok(data).page(pagination)
    }

    pub fn page(mut self, page: Pagination) -> Reply {
        if let Content::Fresh { pagination, .. } = &mut self.content {
            *pagination = Some(page);
        }
        self
    }

    pub fn warn(mut self, more: impl IntoIterator<Item = Warning>) -> Reply {
        if let Content::Fresh { data, warnings, .. } = &mut self.content {
            warnings.extend(more.into_iter().filter(|warning| warning.concerns(|| data.value())));
        }
        self
    }

    pub fn located(mut self, location: String) -> Reply {
        self.location = Some(location);
        self
    }

    /// The same reply, printed for the mount, ready to be given to any number of requests.
    pub fn cached(self, mount: Mount) -> Reply {
        let nobody = Exchange { mount, request_id: String::new(), headers: Vec::new() };
        let envelope = self.print(&nobody);
        let head = envelope.len() - r#","requestId":""}"#.len();
        Reply { content: Content::Cached(envelope.slice(..head)), ..self }
    }

    /// How many bytes of it are printed already.
    pub fn weight(&self) -> usize {
        match &self.content {
            Content::Stored(printed) | Content::Cached(printed) | Content::Document { bytes: printed, .. } => {
                printed.len()
            }
            Content::Fresh { .. } | Content::Piecewise(..) => 0,
        }
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    /// A strong validator made of the version.
    pub fn etag(mut self, version: i64) -> Reply {
        self.etag = Some(format!("\"{version}\""));
        self
    }

    /// The same for what is more than one record.
    pub fn tag(mut self, opaque: &str) -> Reply {
        self.etag = Some(format!("\"{opaque}\""));
        self
    }

    /// The envelope as bytes: what a handler hands to the commit so that a replay is the same to the byte.
    pub fn print(&self, exchange: &Exchange) -> Bytes {
        match &self.content {
            Content::Stored(envelope) => envelope.clone(),
            Content::Document { bytes, .. } => bytes.clone(),
            Content::Piecewise(..) => Bytes::new(),
            Content::Cached(head) => {
                // The id of the request is the last member of every envelope.
                let id = serde_json::to_string(&exchange.request_id).expect("a text prints");
                [head, &br#","requestId":"#[..], id.as_bytes(), b"}"].concat().into()
            }
            Content::Fresh { data, pagination, warnings } => {
                let mount = exchange.mount;
                let envelope = Printed {
                    ok: true,
                    data: match (data, mount) {
                        (Data::Printed(..), _) => None,
                        // The usual case prints a list of a hundred products without a copy of it.
                        (Data::Canonical(data), Mount::DataProducts) => Some(Cow::Borrowed(data)),
                        (Data::Canonical(data), Mount::Workspaces) => Some(Cow::Owned(mount.to_wire(data.clone()))),
                    },
                    error: None,
                    pagination: pagination.as_ref().map(print_pagination),
                    warnings: warnings.iter().map(|warning| warning.print(mount)).collect(),
                    request_id: &exchange.request_id,
                };
                match data {
                    Data::Canonical(_) => print(&envelope),
                    Data::Printed(data) => {
                        const BEGIN: &str = r#"{"ok":true,"#;
                        let rest = print(&envelope);
                        [BEGIN.as_bytes(), br#""data":"#, data.as_bytes(), b",", &rest[BEGIN.len()..]].concat().into()
                    }
                }
            }
        }
    }

    pub fn into_answer(self, exchange: &Exchange) -> Answer {
        if let Content::Piecewise(media_type, pieces) = self.content {
            let answer = Answer::streamed(self.status, media_type, pieces);
            let answer =
                with_headers(answer, exchange).with("cache-control", "no-store").with("x-accel-buffering", "no");
            return if self.replayed { answer.with("idempotency-replayed", "true") } else { answer };
        }
        let media_type = match &self.content {
            Content::Document { media_type, .. } => media_type,
            _ => MEDIA_TYPE,
        };
        let mut answer = with_headers(Answer::bytes(self.status, media_type, self.print(exchange)), exchange);
        if let Content::Document { file_name: Some(name), .. } = &self.content {
            answer = answer.saved_as(name).with("content-security-policy", "default-src 'none'; sandbox");
        }
        if let Some(location) = &self.location {
            answer = answer.with("location", location);
        }
        if let Some(etag) = &self.etag {
            answer = answer.with("etag", etag);
        }
        if self.replayed {
            answer = answer.with("idempotency-replayed", "true");
        }
        answer
    }
}

/// The answer that a failure is.
pub fn refuse(failure: &Failure, exchange: &Exchange) -> Answer {
    let envelope = print(&Printed {
        ok: false,
        data: None,
        error: Some(failure.print(exchange.mount)),
        pagination: None,
        warnings: Vec::new(),
        request_id: &exchange.request_id,
    });
    let mut answer = with_headers(Answer::bytes(http_failures::status(failure), MEDIA_TYPE, envelope), exchange);
    if failure.code == Code::UNAUTHENTICATED {
        answer = answer.with("www-authenticate", "Bearer");
    }
    if let Some(seconds) = failure.retry_after_s {
        answer = answer.with("retry-after", &seconds.to_string());
    }
    answer
}

fn print_pagination(Pagination { next_cursor, limit }: &Pagination) -> Value {
    json!({"nextCursor": next_cursor, "limit": limit, "hasMore": next_cursor.is_some()})
}

/// The members in their order on the wire.
#[derive(Serialize)]
struct Printed<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Cow<'a, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Value>,
    #[serde(rename = "requestId")]
    request_id: &'a str,
}

fn print(envelope: &Printed<'_>) -> Bytes {
    serde_json::to_vec(envelope).expect("a JSON value prints").into()
}

fn with_headers(answer: Answer, exchange: &Exchange) -> Answer {
    let answer = answer.with("x-request-id", &exchange.request_id);
    exchange.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deprecation::Deprecation;

    fn exchange(mount: Mount) -> Exchange {
        let path = format!("/api/v1/accounts/a1/{}/d001", mount.segment());
        Exchange { mount, request_id: "r-1".to_owned(), headers: Deprecation::default().headers(&path) }
    }

    fn body(answer: &Answer) -> Value {
        serde_json::from_slice(answer.whole().expect("bytes")).expect("an envelope is JSON")
    }

    #[test]
    fn data_that_is_printed_already_stands_where_it_would() {
        let given = || [Warning::new("X", "…", None), Warning::read_only("dataProductType", &json!("composite"))];
        for (mount, key) in [(Mount::DataProducts, "dataProductType"), (Mount::Workspaces, "workspaceType")] {
            let built = Reply::created(json!({"dataProductType": "standard"}), "/x".to_owned()).warn(given());
            let printed = Reply::printed(201, json!({key: "standard"}).to_string()).warn(given());
            let (built, printed) = (built.print(&exchange(mount)), printed.print(&exchange(mount)));
            assert_eq!(printed, built);
            assert!(String::from_utf8_lossy(&printed).contains("READ_ONLY_FIELD"));
        }
    }

    #[test]
    fn a_cached_reply_prints_as_the_fresh_one() {
        for mount in Mount::ALL {
            let page = Pagination { next_cursor: Some("c".to_owned()), limit: 3 };
            let fresh = Reply::ok(json!({"dataProduct": {"name": "a \"b\""}})).page(page).etag(3);
            let mut exchange = exchange(mount);
            exchange.request_id = "r \"1\"".to_owned();
            let (answer, cached) = (fresh.clone().into_answer(&exchange), fresh.cached(mount));
            assert!(cached.weight() > 0);
            let again = cached.into_answer(&exchange);
            assert_eq!((again.whole(), &again.headers), (answer.whole(), &answer.headers));
        }
    }

    #[test]
    fn a_success_holds_data_and_its_siblings() {
        let page = Pagination { next_cursor: None, limit: 20 };
        let answer = Reply::ok(json!({"dataProducts": [], "count": 0}))
            .page(page)
            .warn([Warning::new("UNKNOWN_FIELD", "…", Some("/x".to_owned()))])
            .into_answer(&exchange(Mount::DataProducts));
        assert_eq!(answer.status, 200);
        assert_eq!(
            String::from_utf8_lossy(answer.whole().expect("bytes")),
            r#"{"ok":true,"data":{"dataProducts":[],"count":0},"pagination":{"nextCursor":null,"limit":20,"hasMore":false},"warnings":[{"code":"UNKNOWN_FIELD","message":"…","path":"/x"}],"requestId":"r-1"}"#
        );
        assert_eq!(answer.headers["x-request-id"], "r-1");
        assert!(!answer.headers.contains_key("deprecation"));
    }

    #[test]
    fn the_old_path_translates_the_answer_and_deprecates_itself() {
        let data =
            json!({"dataProduct": {"externalDataProductId": "ws-abc123"}, "dataAssets": [{"dataProductId": "d001"}]});
        let answer = Reply::created(data, "/api/v1/accounts/a1/data-products/d001".to_owned())
            .etag(7)
            .into_answer(&exchange(Mount::Workspaces));
        assert_eq!(answer.status, 201);
        assert_eq!(
            body(&answer)["data"],
            json!({"workspace": {"externalWorkspaceId": "ws-abc123"}, "dataAssets": [{"workspaceId": "d001"}]})
        );
        assert_eq!(answer.headers["deprecation"], "@1772409600");
        assert_eq!(answer.headers["location"], "/api/v1/accounts/a1/data-products/d001");
        assert_eq!(answer.headers["etag"], "\"7\"");
    }

    #[test]
    fn a_failure_on_the_old_path_is_deprecated_too() {
        let answer = refuse(&Failure::no_product("d001"), &exchange(Mount::Workspaces));
        assert_eq!(answer.status, 404);
        assert_eq!(
            body(&answer),
            json!({"ok": false, "error": {"code": "NOT_FOUND", "message": "there is no workspace \"d001\""}, "requestId": "r-1"})
        );
        assert!(answer.headers.contains_key("link"));
    }

    #[test]
    fn failures_bring_the_headers_of_their_status() {
        let at = exchange(Mount::DataProducts);
        assert_eq!(refuse(&Failure::unauthenticated("…"), &at).headers["www-authenticate"], "Bearer");
        assert_eq!(refuse(&Failure::rate_limited(7), &at).headers["retry-after"], "7");
        assert!(!refuse(&Failure::new(Code::COST_LIMIT, "…"), &at).headers.contains_key("retry-after"));
    }

    #[test]
    fn a_replay_is_the_stored_answer_to_the_byte() {
        let at = exchange(Mount::DataProducts);
        let first = Reply::created(json!({"a": 1}), "/x".to_owned());
        let stored = first.print(&at);
        let again = Reply::replay(201, stored.clone()).located("/x".to_owned()).into_answer(&at);
        assert_eq!(again.whole(), Some(&stored));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(first.into_answer(&at).whole(), Some(&stored));
    }
}
