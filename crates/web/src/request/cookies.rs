//! What a browser keeps for the pages.

use emporion_edge::request::Request;

/// The value of a cookie.
pub fn cookie(request: &Request, name: &str) -> Option<String> {
    let sent = request.headers.get_all("cookie").iter().filter_map(|header| header.to_str().ok());
    let mut pairs = sent.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty())
}

/// Over TLS, cookies go over nothing else.
pub fn secure(request: &Request) -> &'static str {
    if request.origin.is_https { "; Secure" } else { "" }
}
