//! Verbs that talk to a running server: accounts, users, tokens, keys. Of a stopped one, a password can be reset.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::place::{Place, open_stopped};
use crate::cli::{AccountVerb, Format, KeyVerb, Remote, TokenVerb, UserVerb};
use crate::config::Config;

pub fn account(verb: AccountVerb, format: Format) -> Result<()> {
    match verb {
        AccountVerb::Create { name, remote } => {
            super::print(format, &call(&remote, "POST", "/accounts", Some(json!({"name": name})))?)
        }
    }
}

pub fn user(config: Config, verb: UserVerb, format: Format) -> Result<()> {
    let answer = match verb {
        UserVerb::Create { name, email, admin, remote } => {
            call(&remote, "POST", "/users", Some(json!({"name": name, "email": email, "isAdmin": admin})))?
        }
        UserVerb::ResetPassword { name, place } => match Place::of(config, place)? {
            Place::Running(server) => call(&server, "POST", &format!("/users/{}/reset-password", encode(&name)), None)?,
            Place::Stopped(config) => recover_password(&config, &name)?,
        },
        UserVerb::Disable { name, remote } => {
            call(&remote, "POST", &format!("/users/{}/disable", encode(&name)), None)?
        }
    };
    super::print(format, &answer)
}

pub fn token(verb: TokenVerb, format: Format) -> Result<()> {
    let answer = match verb {
        TokenVerb::Create { user, days, remote } => {
            call(&remote, "POST", &format!("/users/{}/tokens", encode(&user)), Some(json!({"days": days})))?
        }
        TokenVerb::List { user, remote } => call(&remote, "GET", &format!("/users/{}/tokens", encode(&user)), None)?,
        TokenVerb::Revoke { id, remote } => call(&remote, "DELETE", &format!("/tokens/{}", encode(&id)), None)?,
    };
    super::print(format, &answer)
}

pub fn key(verb: KeyVerb, format: Format) -> Result<()> {
    let answer = match verb {
        KeyVerb::Create { user, remote } => call(&remote, "POST", &format!("/users/{}/keys", encode(&user)), None)?,
        KeyVerb::List { user, remote } => call(&remote, "GET", &format!("/users/{}/keys", encode(&user)), None)?,
        KeyVerb::Revoke { access_key_id, remote } => {
            call(&remote, "DELETE", &format!("/keys/{}", encode(&access_key_id)), None)?
        }
    };
    super::print(format, &answer)
}

fn recover_password(config: &Config, name: &str) -> Result<Value> {
    super::runtime()?.block_on(async {
        let (name, password) = open_stopped(config).await?.catalog.recover_password(name).await?;
        Ok(json!({"name": name, "password": password}))
    })
}

fn encode(segment: &str) -> String {
    segment
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

pub fn call(remote: &Remote, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
    let url = format!("{}{}{path}", remote.url.trim_end_matches('/'), crate::admin::PREFIX);
    let method = method.parse().expect("a constant method");
    let mut request = reqwest::blocking::Client::new().request(method, &url).bearer_auth(&remote.token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().with_context(|| format!("calling {}", remote.url))?;
    let status = answer.status();
    let body: Value = answer.json().with_context(|| format!("the answer of {} is not JSON", remote.url))?;
    if !status.is_success() {
        bail!("{}", body["error"].as_str().unwrap_or("the server refused without saying why"));
    }
    Ok(body)
}
