//! Where messages to chat services may go: to the services, and to what the operator allows beside them.

use std::fmt::Debug;
use std::net::IpAddr;

use emporion_catalog::record::Record;
use emporion_hosts::{Hosts, fits};
use futures_util::future::BoxFuture;
use url::{Host, Url};

/// The hosts of each service; with a dot before it, all below one.
const HOSTS: &[(&str, &[&str])] = &[
    ("slack", &["hooks.slack.com", "hooks.slack-gov.com"]),
    ("teams", &[".webhook.office.com", ".logic.azure.com", ".api.powerplatform.com"]),
];

/// What sends them.
pub trait ChatSender: Debug + Send + Sync {
    /// To the service of a record of choices.
    ///
    /// Errors: why it was not taken.
    fn send<'a>(&'a self, choices: &'a Record, text: &'a str) -> BoxFuture<'a, Result<(), String>>;
}

/// What the operator allows.
#[derive(Debug, Clone, Default)]
pub struct ChatPlaces {
    /// The networks are reached without encryption, too.
    pub allowed: Hosts,
}

impl ChatPlaces {
    /// Whether messages for a service go to an address.
    pub fn takes(&self, service: &str, url: &Url) -> bool {
        let (is_allowed, is_near) = match url.host() {
            Some(Host::Domain("localhost")) => {
                let is_near = self.allows(IpAddr::from([127, 0, 0, 1]));
                (is_near, is_near)
            }
            Some(Host::Domain(name)) => (self.names(service).any(|host| fits(name, host)), false),
            Some(Host::Ipv4(address)) => (self.allows(address.into()), self.allows(address.into())),
            Some(Host::Ipv6(address)) => (self.allows(address.into()), self.allows(address.into())),
            None => (false, false),
        };
        let is_scheme = url.scheme() == "https" || url.scheme() == "http" && is_near;
        is_allowed && is_scheme && url.username().is_empty() && url.password().is_none()
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allowed.holds(address)
    }

    /// The hosts that a service's messages go to.
    pub fn names<'a>(&'a self, service: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let own = HOSTS.iter().find(|(name, _)| *name == service).map_or(&[][..], |(_, hosts)| *hosts);
        own.iter().copied().chain(self.allowed.names.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_their_service_and_to_what_is_allowed() {
        let allowed = Hosts::parse(&["chat.example.org".into(), "127.0.0.1/32".into()]).expect("hosts");
        let places = ChatPlaces { allowed };
        let takes = |service: &str, url: &str| places.takes(service, &url.parse().expect("an address"));
        for (service, url) in [
            ("slack", "https://hooks.slack.com/services/T/B/x"),
            ("teams", "https://acme.webhook.office.com/webhookb2/x"),
            ("teams", "https://chat.example.org/x"),
            ("slack", "http://127.0.0.1:80/x"),
            ("slack", "http://localhost/x"),
        ] {
            assert!(takes(service, url), "{service} {url}");
        }
        for (service, url) in [
            ("teams", "https://hooks.slack.com/services/T/B/x"),
            ("slack", "http://hooks.slack.com/x"),
            ("slack", "https://hooks.slack.com.example/x"),
            ("teams", "https://webhook.office.com.example/x"),
            ("slack", "https://me:pw@hooks.slack.com/x"),
            ("slack", "https://10.0.0.1/x"),
            ("slack", "http://[::1]/x"),
        ] {
            assert!(!takes(service, url), "{service} {url}");
        }
    }
}
