//! What of the configuration pages show to who runs the server: how messages and sign-ins are set up. Never a secret.

use emporion_web::{Setting, Settings};

use super::{Config, Mail, Oidc, Security};

impl Config {
    pub fn shown_settings(&self) -> Settings {
        Settings { messages: self.mail.shown(), providers: self.oidc.iter().map(Oidc::shown).collect() }
    }
}

fn list(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(", "))
}

impl Mail {
    fn shown(&self) -> Vec<Setting> {
        let security = match self.security {
            Security::Tls => "tls",
            Security::Starttls => "starttls",
            Security::None => "none",
        };
        vec![
            ("mail.host", self.host.clone()),
            ("mail.port", self.port.map(|port| port.to_string())),
            ("mail.security", Some(security.to_owned())),
            ("mail.user", self.user.clone()),
            ("mail.from", self.from.clone()),
            ("mail.hour", Some(self.hour.to_string())),
            ("mail.every_seconds", Some(self.every_seconds.to_string())),
            ("mail.chat_hosts", list(&self.chat_hosts)),
            ("mail.chat_networks", list(&self.chat_networks)),
        ]
    }
}

impl Oidc {
    fn shown(&self) -> Vec<Setting> {
        let groups: Vec<String> = self.groups.iter().map(|group| group.group.clone()).collect();
        vec![
            ("oidc.name", Some(self.name.clone())),
            ("oidc.label", self.label.clone()),
            ("oidc.issuer", Some(self.issuer.clone())),
            ("oidc.client_id", Some(self.client_id.clone())),
            ("oidc.scopes", list(&self.scopes)),
            ("oidc.account", Some(self.account.clone())),
            ("oidc.name_claim", Some(self.name_claim.clone())),
            ("oidc.email_claim", Some(self.email_claim.clone())),
            ("oidc.groups_claim", self.groups_claim.clone()),
            ("oidc.groups", list(&groups)),
            ("oidc.create_users", Some(self.create_users.to_string())),
            ("oidc.link_by_verified_email", Some(self.link_by_verified_email.to_string())),
        ]
    }
}
