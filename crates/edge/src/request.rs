//! A request as doors see it: raw path kept, parameters decoded once, body read whole.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use emporion_catalog::caller::{Caller, Principal};
use http::{HeaderMap, Method};

use crate::origin::Origin;

/// Everything about one request that a door may look at.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    /// As received, still percent-encoded (signatures and names with `%2F` need it).
    pub raw_path: String,
    pub raw_query: String,
    /// Path parameters by template name, percent-decoded.
    pub params: Vec<(&'static str, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Echoed in the answer, the log and the metrics exemplar.
    pub request_id: String,
    /// Where it comes from; see [`Request::client`] and [`Request::base_url`].
    pub origin: Origin,
    /// Who has proven to be calling, for the log.
    pub who: Who,
    /// Who makes a request of [`crate::inside`], where the door that makes it knows by other means than a token. Nothing
    /// that comes over the network has it.
    pub proven: Option<Caller>,
    /// Who was let in to send the body, where that came at once: what is known of him was asked just now.
    pub admitted: Option<Caller>,
    /// The name of the door that it came in by; of one that is made inside, that of the request it is made for.
    pub door: Option<&'static str>,
}

/// Filled by the door, read when the request has ended.
#[derive(Debug, Clone, Default)]
pub struct Who(Arc<OnceLock<Arc<Principal>>>);

impl Who {
    pub fn is(&self, caller: &Caller) {
        // The first proof stands: a door that looks twice finds the same.
        let _ = self.0.set(caller.principal.clone());
    }

    pub fn get(&self) -> Option<&Principal> {
        self.0.get().map(|principal| &**principal)
    }
}

impl Request {
    /// A request for a target such as `/v1/tables?limit=2`, with no headers, parameters or body: a start for tests
    /// and for answers made without a connection.
    pub fn new(method: Method, target: &str) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request {
            method,
            raw_path: path.to_owned(),
            raw_query: query.to_owned(),
            params: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            request_id: String::new(),
            origin: Origin::default(),
            who: Who::default(),
            proven: None,
            admitted: None,
            door: None,
        }
    }

    /// Who is calling, where that was found out before; answers him as he calls here.
    pub fn known_caller(&self) -> Option<Caller> {
        self.proven.as_ref().or(self.admitted.as_ref()).map(|caller| self.called_by(caller.clone()))
    }

    /// Takes down who has proven to be calling. Answers him as he calls here: the log is told by which door.
    pub fn called_by(&self, caller: Caller) -> Caller {
        self.who.is(&caller);
        Caller { door: caller.door.or(self.door), ..caller }
    }

    /// A path parameter, percent-decoded. Empty when the template has no such name.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Query parameters in wire order, decoded (`+` and `%20` are blanks).
    pub fn query(&self) -> Vec<(String, String)> {
        let decode =
            |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        self.raw_query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| match pair.split_once('=') {
                Some((key, value)) => (decode(key), decode(value)),
                None => (decode(pair), String::new()),
            })
            .collect()
    }

    /// Whether every text of the query is UTF-8.
    pub fn is_query_text(&self) -> bool {
        let spaced = self.raw_query.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().is_ok()
    }

    /// The first query parameter of that name.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The address of the client, not of a proxy before the server.
    pub fn client(&self) -> Option<IpAddr> {
        self.origin.client
    }

    /// Scheme and authority under which the client reached the server.
    pub fn base_url(&self) -> String {
        let scheme = if self.origin.is_https { "https" } else { "http" };
        let host = self.origin.host.as_deref().or_else(|| self.header("host")).unwrap_or("localhost");
        format!("{scheme}://{host}")
    }
}
