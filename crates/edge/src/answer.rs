//! An answer: status, headers, bytes. Doors fill it, the server writes it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn empty(status: u16) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).expect("a constant status"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A JSON body with the given media type.
    pub fn json(status: u16, media_type: &'static str, body: &Value) -> Answer {
        Answer::bytes(status, media_type, serde_json::to_vec(body).expect("a JSON value prints"))
    }

    pub fn bytes(status: u16, media_type: &'static str, body: impl Into<Bytes>) -> Answer {
        let mut answer = Answer::empty(status);
        answer.body = body.into();
        answer.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        answer
    }

    /// Sets a header; a value that cannot stand in a header is left out.
    pub fn with(mut self, name: &'static str, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}
