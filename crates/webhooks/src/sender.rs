//! Sends one message: to an address that may be reached, signed, within a time, without following anybody elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use emporion_catalog::held;
use hmac::{Hmac, Mac};
use parking_lot::Mutex;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use sha2::Sha256;

use crate::reach::{Reach, Unreachable};
use crate::subscriptions::{Destination, Method};

/// What is read of an answer, to keep the connection clean. Nothing of it is kept.
const MOST_ANSWER_BYTES: usize = 64 << 10;
const ANSWER_TIME: Duration = Duration::from_millis(100);
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

/// The way to one destination. It keeps its connection while the addresses behind the destination's host stay the same.
#[derive(Debug)]
pub struct Channel {
    reach: Reach,
    to: Destination,
    client: Mutex<Option<(Vec<SocketAddr>, Client)>>,
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
    pub fn open(&self, to: Destination) -> Channel {
        Channel { reach: self.reach.clone(), to, client: Mutex::default() }
    }
}

impl Channel {
    pub fn to(&self) -> &Destination {
        &self.to
    }

    /// Sends a message, and tells the status that is answered. `id` names what it tells of, the same each time that it is
    /// sent.
    pub async fn send(&self, id: &str, message: Vec<u8>) -> Result<u16, Unsent> {
        held::assert_none("a message is sent");
        let to = &self.to;
        let mut url: url::Url = to.endpoint.parse().map_err(|_| Unsent::Unreachable(Unreachable::NotHttp))?;
        if !to.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&to.query);
        }
        let resolved = tokio::time::timeout(to.connect_timeout, self.reach.resolve(&url)).await;
        let addresses = resolved.map_err(|_| Unsent::Unreachable(Unreachable::NoAddress))??;
        let client = self.client(&url, addresses)?;
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
        let sent = tokio::time::timeout(to.connect_timeout + to.read_timeout, request.send()).await;
        let mut response = sent.map_err(|_| Unsent::TooSlow)?.map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        // A short answer is read to its end, so that the connection can be used again; it says nothing more.
        let _ = tokio::time::timeout(ANSWER_TIME, async {
            let mut read = 0;
            while let Ok(Some(chunk)) = response.chunk().await {
                read += chunk.len();
                if read > MOST_ANSWER_BYTES {
                    break;
                }
            }
        })
        .await;
        Ok(status)
    }

    fn client(&self, url: &url::Url, mut addresses: Vec<SocketAddr>) -> Result<Client, Unsent> {
        addresses.sort_unstable();
        let mut kept = self.client.lock();
        if let Some((_, client)) = kept.as_ref().filter(|(known, _)| *known == addresses) {
            return Ok(client.clone());
        }
        let client = client(url, &addresses, &self.to).map_err(|error| Unsent::Malformed(error.to_string()))?;
        *kept = Some((addresses, client.clone()));
        Ok(client)
    }
}

/// A client for these addresses and no others, whatever the name stands for a moment later.
fn client(url: &url::Url, addresses: &[SocketAddr], to: &Destination) -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(to.connect_timeout)
        .read_timeout(to.read_timeout)
        .pool_idle_timeout(Duration::from_secs(20))
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
