//! One call of one operation: its parameters, query and body, read with either spelling and given in the canonical one.

use emporion_catalog::caller::Caller;
use emporion_edge::etag::IfMatch;
use emporion_edge::fingerprint::Fingerprint;
use emporion_edge::json::{self, JsonError};
use emporion_edge::params;
use emporion_edge::request::Request;
use emporion_edge::shape::Struct;
use emporion_products::content_state::ContentState;
use emporion_products::failure::Failure;
use emporion_products::fields;
use emporion_products::idempotency::IdempotencyKey;
use emporion_products::ids::{self, ProductKey};
use emporion_products::message::Message;
use emporion_products::request::ProductRequest;
use http::Method;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::envelope::Exchange;
use crate::{deprecation, http_failures, mount};

/// Canonical name of the path parameter that holds the product.
const PRODUCT: &str = "dataProductId";

#[derive(Clone)]
pub struct Call {
    pub request: Request,
    pub exchange: Exchange,
    pub caller: Caller,
    /// Canonical query of the operation, checked.
    pub query: Map<String, Value>,
}

impl Call {
    /// Errors: 400 for a query parameter that breaks its shape, or that contradicts its other spelling.
    pub fn of(request: Request, exchange: Exchange, caller: Caller, input: &Struct) -> Result<Call, Failure> {
        if !request.is_query_text() {
            return Err(Failure::bad_request("the query is not UTF-8"));
        }
        let pairs = if request.raw_query.is_empty() { Vec::new() } else { request.query() };
        let pairs =
            mount::query_from_wire(pairs).map_err(|contradiction| http_failures::contradiction(&contradiction))?;
        let query = params::parse_query(input, &pairs)
            .map_err(|broken| http_failures::bad_query(broken.iter().map(fields::query_violation).collect()))?;
        Ok(Call { request, exchange, caller, query })
    }

    /// The path of a resource below the account, under the mount that is not deprecated.
    pub fn location(&self, below: &str) -> String {
        format!("/api/v1/accounts/{}{below}", self.caller.account())
    }

    /// What it asks of a product, for the service behind the door.
    ///
    /// Errors: 404 for text that no product can be called.
    pub fn of_product(&self) -> Result<ProductRequest, Failure> {
        Ok(ProductRequest { caller: self.caller.clone(), product: self.product()? })
    }

    /// Errors: 404 for text that no product can be called.
    pub fn product(&self) -> Result<ProductKey, Failure> {
        let text = self.request.param(self.exchange.mount.key(PRODUCT));
        ProductKey::parse(text).ok_or_else(|| Failure::no_product(text))
    }

    /// The id of something else in the path; `noun` is what it would be the id of.
    pub fn id(&self, parameter: &str, noun: &'static str) -> Result<Uuid, Failure> {
        let text = self.request.param(parameter);
        ids::parse_uuid(text).ok_or_else(|| Failure::not_found(Message::with("there is no {} \"{}\"", [noun, text])))
    }

    /// A switch of the query; absent is off.
    pub fn flag(&self, name: &str) -> bool {
        self.query.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A text of the query.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).and_then(Value::as_str)
    }

    /// What a list is asked for by `isDeployed`: what is live, what is not, or, where nothing is said, all of it.
    pub fn content_state(&self) -> ContentState {
        ContentState::of(self.query.get("isDeployed").and_then(Value::as_bool))
    }

    pub fn is_strict(&self) -> bool {
        self.flag("strict")
    }

    /// The body as canonical JSON.
    ///
    /// Errors: 415 for another media type, 400 for what is not JSON, nested too deeply, or contradicts itself.
    pub fn body(&self) -> Result<Value, Failure> {
        if !is_json(self.request.header("content-type")) {
            let given = self.request.header("content-type").unwrap_or_default();
            return Err(http_failures::unsupported_media_type(given, "application/json"));
        }
        let value = json::parse_strictly(&self.request.body)
            .map_err(|error| Failure::bad_request(Message::verbatim(error.to_string())))?;
        mount::from_wire(value).map_err(|contradiction| http_failures::contradiction(&contradiction))
    }

    /// The same where a request may have no body, which reads as null.
    pub fn optional_body(&self) -> Result<Value, Failure> {
        match json::parse(&self.request.body) {
            Err(JsonError::Empty) => Ok(Value::Null),
            _ => self.body(),
        }
    }

    /// `If-Match`, which every write may carry.
    pub fn if_match(&self) -> Result<Option<IfMatch>, Failure> {
        match self.request.headers.get(http::header::IF_MATCH) {
            None => Ok(None),
            Some(value) => {
                let parsed = value.to_str().ok().and_then(IfMatch::parse);
                parsed.map(Some).ok_or_else(|| Failure::bad_request("If-Match is not a list of entity tags"))
            }
        }
    }

    /// The idempotency key of a POST: one of the operation and its resource, whichever mount they were reached by.
    pub fn idempotency(&self, body: &Value) -> Result<Option<IdempotencyKey>, Failure> {
        if self.request.method != Method::POST {
            return Ok(None);
        }
        match self.request.headers.get("idempotency-key") {
            None => Ok(None),
            Some(value) => match value.to_str().ok().filter(|key| is_key(key)) {
                Some(key) => {
                    let (method, raw) = (&self.request.method, &self.request.raw_path);
                    let path = &deprecation::successor(raw).unwrap_or_else(|| raw.clone());
                    let scope = format!("bobsled {} {method} {path}", self.caller.principal.user);
                    let fingerprint = Fingerprint::of_json(method, path, body);
                    Ok(Some(IdempotencyKey { scope, text: key.to_owned(), fingerprint }))
                }
                None => Err(Failure::bad_request("Idempotency-Key must be 1 to 255 printable characters")),
            },
        }
    }
}

/// 1 to 255 printable ASCII characters, as UUIDs and most generators give them.
fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

/// JSON under any of its names, a merge patch, or no name at all; a JSON Patch is something else.
fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| part.strip_prefix("charset=").map(|name| name.trim_matches('"').to_owned()));
    if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset.as_str())) {
        return false;
    }
    essence.is_empty()
        || essence == "application/json"
        || (essence.starts_with("application/")
            && essence.ends_with("+json")
            && essence != "application/json-patch+json")
}

#[cfg(test)]
mod tests {
    use emporion_catalog::command::Guard;
    use http::{HeaderMap, HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;
    use crate::mount::Mount;
    use crate::operation::Condition;
    use crate::shapes::product;
    use crate::testing;
    use emporion_products::failure::Code;

    static INPUT: Struct = Struct { name: "Input", members: product::LIST_QUERY, open: true };

    fn request(mount: Mount, query: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            map.insert(name, HeaderValue::from_str(value).expect("a header value"));
        }
        Request {
            raw_path: format!("/api/v1/accounts/a1/{}/D001", mount.segment()),
            raw_query: query.to_owned(),
            params: vec![("accountId", "a1".to_owned()), (mount.parameter(), "D001".to_owned())],
            headers: map,
            body: body.to_owned().into(),
            request_id: "r-1".to_owned(),
            ..Request::new(Method::POST, "")
        }
    }

    fn call(mount: Mount, query: &str, headers: &[(&str, &str)], body: &str) -> Result<Call, Failure> {
        let exchange = Exchange { mount, request_id: "r-1".to_owned(), headers: Vec::new() };
        Call::of(request(mount, query, headers, body), exchange, testing::caller(), &INPUT)
    }

    fn code(result: Result<Value, Failure>) -> Code {
        result.expect_err("a refusal").code
    }

    #[test]
    fn path_and_query_are_read_on_both_mounts() {
        for mount in Mount::ALL {
            let call = call(mount, "workspaceType=standard&limit=3&unknown=1", &[], "").expect("a good query");
            assert_eq!(call.product(), Ok(ProductKey::External("D001".to_owned())));
            assert_eq!(Value::Object(call.query), json!({"limit": 3, "dataProductType": "standard"}));
        }
    }

    #[test]
    fn a_bad_query_parameter_is_named() {
        for (query, at) in [("limit=0", "?limit"), ("limit=x", "?limit"), ("includeTotal=maybe", "?includeTotal")] {
            let failure = call(Mount::DataProducts, query, &[], "").err().expect("a refusal");
            assert_eq!((failure.code, failure.violations[0].path.as_str()), (Code::BAD_REQUEST, at));
        }
        let failure = call(Mount::DataProducts, "search=%ff", &[], "").err().expect("a refusal");
        assert_eq!(failure.code, Code::BAD_REQUEST);
        let contradiction = call(Mount::DataProducts, "workspaceType=standard&dataProductType=composite", &[], "");
        assert_eq!(contradiction.err().expect("a refusal").code, Code::CONFLICTING_FIELDS);
    }

    #[test]
    fn bodies_are_read_in_either_spelling() {
        let body = r#"{"externalWorkspaceId":"ws-1"}"#;
        let call = call(Mount::DataProducts, "", &[("content-type", "application/json; charset=utf-8")], body);
        assert_eq!(call.expect("a call").body(), Ok(json!({"externalDataProductId": "ws-1"})));
    }

    #[test]
    fn bodies_that_cannot_be_read_say_why() {
        let read =
            |headers: &[(&str, &str)], body: &str| call(Mount::Workspaces, "", headers, body).expect("a call").body();
        assert_eq!(code(read(&[], "")), Code::BAD_REQUEST);
        assert_eq!(code(read(&[], "{")), Code::BAD_REQUEST);
        assert_eq!(code(read(&[], &"[".repeat(100))), Code::BAD_REQUEST);
        assert_eq!(code(read(&[("content-type", "text/plain")], "{}")), http_failures::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(
            code(read(&[("content-type", "application/json-patch+json")], "[]")),
            http_failures::UNSUPPORTED_MEDIA_TYPE
        );
        assert_eq!(code(read(&[], r#"{"name":"a","name":"b"}"#)), Code::BAD_REQUEST);
        let latin = [("content-type", "application/json; charset=latin1")];
        assert_eq!(code(read(&latin, "{}")), http_failures::UNSUPPORTED_MEDIA_TYPE);
        assert!(read(&[("content-type", "application/json; charset=\"UTF-8\"")], "{}").is_ok());
        let both = r#"{"workspaceId":1,"dataProductId":2}"#;
        assert_eq!(code(read(&[], both)), Code::CONFLICTING_FIELDS);
        assert!(read(&[("content-type", "application/merge-patch+json")], "{}").is_ok());
    }

    #[test]
    fn an_absent_body_is_null_where_it_may_be_absent() {
        let empty = call(Mount::DataProducts, "", &[], " ").expect("a call");
        assert_eq!(empty.optional_body(), Ok(Value::Null));
        let broken = call(Mount::DataProducts, "", &[], "{").expect("a call");
        assert_eq!(code(broken.optional_body()), Code::BAD_REQUEST);
    }

    #[test]
    fn conditions_and_keys_are_read_from_their_headers() {
        let good = call(Mount::DataProducts, "", &[("if-match", "\"7\""), ("idempotency-key", "k")], "{}");
        let good = good.expect("a call");
        assert!(good.if_match().expect("a tag").is_some());
        let key = good.idempotency(&json!({})).expect("a key").expect("a key");
        assert_eq!(key.text, "k");
        let bad = call(Mount::DataProducts, "", &[("if-match", "7"), ("idempotency-key", "")], "{}").expect("a call");
        assert!(bad.if_match().is_err());
        assert!(bad.idempotency(&json!({})).is_err());
    }

    #[test]
    fn strong_tags_are_revisions_and_others_match_nothing() {
        let of = |headers: &[(&str, &str)]| {
            let call = call(Mount::DataProducts, "", headers, "").expect("a call");
            call.if_match().map(Guard::of)
        };
        assert_eq!(of(&[("if-match", r#""7", "9""#)]), Ok(Guard::Revisions(vec![7, 9])));
        assert_eq!(of(&[("if-match", r#"W/"7""#)]), Ok(Guard::Revisions(vec![])));
        assert_eq!(of(&[("if-match", r#""abc""#)]), Ok(Guard::Revisions(vec![])));
        assert_eq!(of(&[("if-match", "*")]), Ok(Guard::None));
        assert_eq!(of(&[]), Ok(Guard::None));
    }

    #[test]
    fn keys_are_printable_and_bounded() {
        assert!(is_key("4f6c2b0e-5d0e-4c0f-9a55-1f6a2b3c4d5e"));
        for text in ["", "a\nb", "é", &"k".repeat(256)] {
            assert!(!is_key(text), "{text}");
        }
    }

    #[test]
    fn an_id_that_is_none_is_not_found() {
        let call = call(Mount::DataProducts, "", &[], "").expect("a call");
        assert_eq!(call.id("accountId", "data source").expect_err("no UUID").code, Code::NOT_FOUND);
    }
}
