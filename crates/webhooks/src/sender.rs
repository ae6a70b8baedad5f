//! Sends one message: to an address that may be reached, signed, within a time, without following anybody elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use sha2::Sha256;

use crate::reach::{Reach, Unreachable};
use crate::subscriptions::{Destination, Method};

/// What is read of an answer, to keep the connection clean. Nothing of it is kept.
const MOST_ANSWER_BYTES: usize = 64 << 10;
const EVENT_ID: &str = "x-emporion-event";
/// Headers that belong to the connection, or that say where a message goes: no subscription sets them.
const OWN_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a subscription may set the header.
pub fn may_set(header: &str) -> bool {
    HeaderName::try_from(header).is_ok_and(|name| !OWN_HEADERS.contains(&name.as_str()))
}

/// Sends messages.
#[derive(Debug, Clone)]
pub struct Sender {
    pub reach: Reach,
}

/// What a destination said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
}

/// Why a message did not arrive, or nobody knows whether it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    #[error("the endpoint {0}")]
    Unreachable(#[from] Unreachable),
    #[error("the endpoint cannot be sent what the subscription says: {0}")]
    Malformed(String),
    #[error("no connection")]
    NoConnection,
    #[error("no answer in time")]
    TooSlow,
    #[error("the connection broke")]
    Broken,
}

/// The signature of a message: an HMAC-SHA256 under the secret that its receiver shares.
pub fn signature(secret: &str, message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(message);
    format!("sha256={}", STANDARD.encode(mac.finalize().into_bytes()))
}

impl Sender {
    /// Sends a message to a destination. `id` names what it tells of, the same each time that it is sent.
    pub async fn send(&self, to: &Destination, id: &str, message: Vec<u8>) -> Result<Answered, Unsent> {
        let mut url: url::Url = to.endpoint.parse().map_err(|_| Unsent::Unreachable(Unreachable::NotHttp))?;
        if !to.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&to.query);
        }
        let within = to.connect_timeout;
        let addresses = tokio::time::timeout(within, self.reach.resolve(&url)).await.map_err(|_| Unsent::TooSlow)??;
        let client = client(&url, &addresses, to).map_err(|error| Unsent::Malformed(error.to_string()))?;
        let mut headers = headers(to)?;
        headers.insert(HeaderName::from_static(EVENT_ID), value(id)?);
        if let Some(secret) = &to.secret {
            headers.insert(HeaderName::from_static(to.signature_header), value(&signature(secret, &message))?);
        }
        let method = match to.method {
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let request = client.request(method, url).headers(headers).body(message);
        let sent = tokio::time::timeout(to.connect_timeout + to.read_timeout, async {
            let mut response = request.send().await.map_err(|error| broken(&error))?;
            let status = response.status().as_u16();
            let mut read = 0;
            while let Ok(Some(chunk)) = response.chunk().await {
                read += chunk.len();
                if read > MOST_ANSWER_BYTES {
                    break;
                }
            }
            Ok(Answered { status })
        });
        sent.await.map_err(|_| Unsent::TooSlow)?
    }
}

/// A client for these addresses and no others, whatever the name stands for a moment later.
fn client(url: &url::Url, addresses: &[SocketAddr], to: &Destination) -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(to.connect_timeout)
        .read_timeout(to.read_timeout)
        .pool_idle_timeout(Duration::from_secs(1))
        .user_agent(concat!("emporion/", env!("CARGO_PKG_VERSION")));
    if let Some(name) = url.domain() {
        builder = builder.resolve_to_addrs(name, addresses);
    }
    builder.build()
}

/// The headers that the subscription says, then those that it cannot.
fn headers(to: &Destination) -> Result<HeaderMap, Unsent> {
    let mut headers = HeaderMap::new();
    for (name, text) in &to.headers {
        if !may_set(name) {
            return Err(Unsent::Malformed(format!("header {name:?}")));
        }
        let name = HeaderName::try_from(name.as_str()).map_err(|_| Unsent::Malformed("a header's name".into()))?;
        headers.insert(name, value(text)?);
    }
    headers.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(headers)
}

fn value(text: &str) -> Result<HeaderValue, Unsent> {
    let mut value = HeaderValue::from_str(text).map_err(|_| Unsent::Malformed("a header's value".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn broken(error: &reqwest::Error) -> Unsent {
    if error.is_timeout() {
        Unsent::TooSlow
    } else if error.is_connect() {
        Unsent::NoConnection
    } else {
        Unsent::Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_others_compute() {
        // RFC 4231, test case 2.
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        let wanted = format!("sha256={}", STANDARD.encode(bytes));
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), wanted);
    }
}
