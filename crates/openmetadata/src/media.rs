//! Which media types the bodies of requests may have.

use emporion_edge::request::Request;

use crate::errors::{OmError, OmResult};

pub const JSON_PATCH: &str = "application/json-patch+json";

/// What a request says its body is, without parameters and in lower case. Empty where it says nothing.
fn declared(request: &Request) -> String {
    let value = request.header("content-type").and_then(|value| value.split(';').next()).unwrap_or("");
    value.trim().to_ascii_lowercase()
}

/// Whether a body that is read as JSON is said to be something else. Scripts may leave the header out.
///
/// Errors: 415.
pub fn expect_json(request: &Request) -> OmResult<()> {
    let declared = declared(request);
    let is_json = declared.is_empty() || declared == "application/json" || declared.ends_with("+json");
    if is_json || request.body.is_empty() { Ok(()) } else { Err(OmError::unsupported_media_type()) }
}

/// A JSON Patch must be called one.
///
/// Errors: 415.
pub fn expect_patch(request: &Request) -> OmResult<()> {
    if declared(request) == JSON_PATCH { Ok(()) } else { Err(OmError::unsupported_media_type()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    fn with(content_type: Option<&str>) -> Request {
        let mut request = Request::new(Method::PUT, "/v1/tables");
        request.body = bytes::Bytes::from_static(b"{}");
        if let Some(value) = content_type {
            request.headers.insert("content-type", value.parse().expect("a header"));
        }
        request
    }

    #[test]
    fn json_may_be_unnamed_but_not_misnamed() {
        for good in [None, Some("application/json"), Some("Application/JSON; charset=utf-8"), Some("text/x+json")] {
            assert!(expect_json(&with(good)).is_ok(), "{good:?}");
        }
        for bad in
            ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=x"]
        {
            assert_eq!(expect_json(&with(Some(bad))).expect_err("not JSON").status, 415, "{bad}");
        }
    }

    #[test]
    fn a_patch_must_be_named() {
        assert!(expect_patch(&with(Some("application/json-patch+json;charset=utf-8"))).is_ok());
        for bad in [None, Some("application/json"), Some("text/plain")] {
            assert_eq!(expect_patch(&with(bad)).expect_err("no patch").status, 415, "{bad:?}");
        }
    }
}
