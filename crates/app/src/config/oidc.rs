//! Providers by whose word people sign in (OpenID Connect): what is said of each, and whether it can be used.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use serde::Deserialize;

use super::Config;
use super::check::refuse;

/// Variables that hold a client's secret: behind it the provider's name, in capitals and with `_` for `-`.
pub const SECRET_VARIABLES: &str = "EMPORION_OIDC_SECRET_";
const MOST_NAME: usize = 32;
const MOST_LABEL: usize = 60;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// A part of its addresses: `/login/NAME`.
    pub name: String,
    /// What stands on its button; the name, where it is left out.
    pub label: Option<String>,
    /// To the letter as the provider calls itself.
    pub issuer: String,
    pub client_id: String,
    /// A file that holds the client's secret, else a variable does; a client without one is public.
    pub client_secret_file: Option<PathBuf>,
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The account that it lets into.
    #[serde(default = "account")]
    pub account: String,
    #[serde(default = "name_claim")]
    pub name_claim: String,
    #[serde(default = "email_claim")]
    pub email_claim: String,
    pub groups_claim: Option<String>,
    /// Who is not known is made a user.
    #[serde(default)]
    pub create_users: bool,
    /// Who is not known is taken for the user of his verified address.
    #[serde(default)]
    pub link_by_verified_email: bool,
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// What a group there gives here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub group: String,
    #[serde(default)]
    pub teams: Vec<String>,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub administrators: bool,
}

fn scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

fn account() -> String {
    "default".to_owned()
}

fn name_claim() -> String {
    "preferred_username".to_owned()
}

fn email_claim() -> String {
    "email".to_owned()
}

impl Oidc {
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    pub fn secret_variable(&self) -> String {
        format!("{SECRET_VARIABLES}{}", self.name.to_uppercase().replace('-', "_"))
    }

    fn check(&self, refuse: &dyn Fn(&str, &str) -> Result<()>) -> Result<()> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=MOST_NAME).contains(&self.name.len()) || !self.name.bytes().all(is_plain) {
            refuse("name", "must have 1 to 32 of a-z 0-9 -")?;
        }
        let label = self.label();
        if !(1..=MOST_LABEL).contains(&label.chars().count()) || label.chars().any(char::is_control) {
            refuse("label", "must have 1 to 60 characters")?;
        }
        if let Err(rule) = emporion_openid::check_issuer(&self.issuer) {
            refuse("issuer", rule)?;
        }
        if self.client_id.is_empty() || !self.client_id.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            refuse("client_id", "must be the name that the provider knows this server by")?;
        }
        // RFC 6749, section 3.3.
        let is_scope = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
        if self.scopes.iter().any(|scope| scope.is_empty() || !scope.bytes().all(is_scope)) {
            refuse("scopes", "must be a list of words")?;
        }
        let claims = [("name_claim", Some(&self.name_claim)), ("email_claim", Some(&self.email_claim))];
        for (key, claim) in claims.into_iter().chain([("groups_claim", self.groups_claim.as_ref())]) {
            if claim.is_some_and(String::is_empty) {
                refuse(key, "must name a claim, or be a JSON pointer")?;
            }
        }
        if self.groups_claim.is_none() && !self.groups.is_empty() {
            refuse("groups_claim", "is needed beside groups")?;
        }
        for (index, group) in self.groups.iter().enumerate() {
            if group.teams.is_empty() && group.roles.is_empty() && !group.administrators {
                refuse(&format!("groups[{index}]"), "must give teams, roles or administrators = true")?;
            }
        }
        Ok(())
    }
}

impl Config {
    pub(super) fn check_oidc(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        for (index, provider) in self.oidc.iter().enumerate() {
            let refused = |key: &str, rule: &str| refuse(&format!("oidc[{index}].{key}"), rule);
            provider.check(&refused)?;
            if !names.insert(&provider.name) {
                refused("name", "must be another one than that of the others")?;
            }
        }
        Ok(())
    }

    pub(super) fn check_oidc_files(&self) -> Result<()> {
        for (index, provider) in self.oidc.iter().enumerate() {
            let Some(path) = &provider.client_secret_file else { continue };
            if let Err(error) = std::fs::read_to_string(path) {
                let rule = format!("must be a file that can be read: {}: {error}", path.display());
                refuse(&format!("oidc[{index}].client_secret_file"), rule)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;

    const ONE: &str = "[[oidc]]\nname = 'corp'\nissuer = 'https://id.example.com'\nclient_id = 'emporion'\n";

    #[test]
    fn what_is_left_out_gives_nobody_anything() {
        let config = read(&ONE.parse().unwrap()).unwrap();
        config.check().unwrap();
        let corp = &config.oidc[0];
        assert!(!corp.create_users && !corp.link_by_verified_email && corp.groups.is_empty());
        assert_eq!((corp.label(), corp.account.as_str()), ("corp", "default"));
        assert_eq!(corp.secret_variable(), "EMPORION_OIDC_SECRET_CORP");
    }

    #[test]
    fn every_value_has_its_rule() {
        let with = |line: &str| format!("{ONE}{line}\n");
        let instead = |key: &str, value: &str| {
            let lines = ONE.lines().filter(|line| !line.starts_with(&format!("{key} =")));
            lines.chain([format!("{key} = {value}").as_str()]).collect::<Vec<_>>().join("\n")
        };
        for (text, key) in [
            (instead("name", "'Corp'"), "oidc[0].name"),
            (instead("name", "'a/b'"), "oidc[0].name"),
            (instead("name", "''"), "oidc[0].name"),
            (with(ONE), "oidc[1].name"),
            (with("label = ''"), "oidc[0].label"),
            (instead("issuer", "'http://id.example.com'"), "oidc[0].issuer"),
            (instead("issuer", "'https://id.example.com/?x'"), "oidc[0].issuer"),
            (instead("client_id", "''"), "oidc[0].client_id"),
            (with("scopes = ['a b']"), "oidc[0].scopes"),
            (with("groups_claim = ''"), "oidc[0].groups_claim"),
            (with("[[oidc.groups]]\ngroup = 'a'\nroles = ['b']"), "oidc[0].groups_claim"),
            (with("groups_claim = 'g'\n[[oidc.groups]]\ngroup = 'a'"), "oidc[0].groups[0]"),
        ] {
            let config = read(&text.parse().expect(&text)).expect(&text);
            let message = config.check().expect_err(&text).to_string();
            assert!(message.starts_with(&format!("configuration: {key} ")), "{message}");
        }
        for unknown in ["client_secret = 'x'", "[[oidc.groups]]\ngroup = 'a'\nadmin = true"] {
            assert!(read(&with(unknown).parse().unwrap()).is_err(), "{unknown}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let config = read(&format!("{ONE}client_secret_file = '/nowhere'").parse().unwrap()).unwrap();
        let message = config.check_files().err().expect("refused").to_string();
        assert!(message.contains("oidc[0].client_secret_file must be a file that can be read: /nowhere"), "{message}");
    }
}
