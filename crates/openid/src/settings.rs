//! What an operator says of a provider.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

#[derive(Debug, Clone)]
pub struct Settings {
    /// As the provider calls itself, to the letter.
    pub issuer: String,
    pub client_id: String,
    /// Without one the client is public, and PKCE alone ties the code to it.
    pub client_secret: Option<Secret>,
    /// Asked for; `openid` is among them always.
    pub scopes: Vec<String>,
    pub claims: Claims,
}

/// Where in what the provider says of somebody things stand: a member, or a JSON pointer where it begins with `/`.
#[derive(Debug, Clone)]
pub struct Claims {
    pub name: String,
    pub email: String,
    pub groups: Option<String>,
}

/// The client's secret, which is shown to its provider alone.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    pub(crate) fn shown(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Whether an issuer can be one: https, or http on this machine; and nothing behind its path.
///
/// Errors: the rule.
pub fn check_issuer(issuer: &str) -> Result<Url, &'static str> {
    let rule = "must be an address such as https://id.example.com (http on this machine alone), without query and user";
    let url = Url::parse(issuer).map_err(|_| rule)?;
    let is_bare = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.host().is_some();
    match is_bare && (url.scheme() == "https" || is_local(&url)) {
        true => Ok(url),
        false => Err(rule),
    }
}

/// Whether an address is http on this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    };
    url.scheme() == "http" && is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_reached_by_https_or_stands_on_this_machine() {
        for good in
            ["https://id.example.com", "https://id.example.com:8443/realms/a/", "http://127.0.0.1:9", "http://[::1]"]
        {
            assert!(check_issuer(good).is_ok(), "{good}");
        }
        for bad in [
            "id.example.com",
            "http://id.example.com",
            "http://localhost.example.com",
            "https://me@id.example.com",
            "https://id.example.com/?a",
            "https://id.example.com/#a",
            "ftp://id.example.com",
            "",
        ] {
            assert!(check_issuer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::new("of the client".into());
        assert_eq!(format!("{secret:?}"), "Secret(***)");
    }
}
