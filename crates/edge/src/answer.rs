//! An answer: status, headers, bytes, at once or one after the other. Doors fill it, the server writes it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::stream::Stream;

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    Whole(Bytes),
    /// Not to be kept: it is made once.
    Piecewise(Stream),
}

impl Answer {
    pub fn empty(status: u16) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).expect("a constant status"),
            headers: HeaderMap::new(),
            body: Content::Whole(Bytes::new()),
        }
    }

    /// A body that is made while it is sent.
    pub fn streamed(status: u16, media_type: &'static str, pieces: Stream) -> Answer {
        let mut answer = Answer::empty(status);
        answer.body = Content::Piecewise(pieces);
        answer.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        answer
    }

    /// The bytes, where all of them are there.
    pub fn whole(&self) -> Option<&Bytes> {
        match &self.body {
            Content::Whole(bytes) => Some(bytes),
            Content::Piecewise(_) => None,
        }
    }

    /// A JSON body with the given media type.
    pub fn json(status: u16, media_type: &'static str, body: &Value) -> Answer {
        Answer::bytes(status, media_type, serde_json::to_vec(body).expect("a JSON value prints"))
    }

    pub fn bytes(status: u16, media_type: &'static str, body: impl Into<Bytes>) -> Answer {
        let mut answer = Answer::empty(status);
        answer.body = Content::Whole(body.into());
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

    /// A file that browsers keep, called so in both forms of RFC 6266: for old clients without what is not ASCII.
    pub fn saved_as(self, name: &str) -> Answer {
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ';
        let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        self.with("content-disposition", &format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"))
    }
}
