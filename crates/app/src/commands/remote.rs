//! Verbs that talk to a running server: accounts, users, tokens, keys. Of a stopped one, a password can be reset.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use emporion_catalog::cron::Cron;
use reqwest::Certificate;
use reqwest::blocking::{Client, ClientBuilder, RequestBuilder, Response};
use serde_json::{Value, json};

use super::store_target::{StoreTarget, open_stopped};
use crate::cli::{AccountVerb, DEFAULT_URL, Format, KeyForm, KeyVerb, Remote, TokenVerb, UserVerb};
use crate::command_error::UsageError;
use crate::config::Config;
use crate::config::Settings;
use crate::lifetime::Lifetime;
use crate::output::{print, print_text};
use crate::runtime::runtime;

pub fn account(verb: AccountVerb, format: Format) -> Result<()> {
    match verb {
        AccountVerb::Create { name, expires, remote } => {
            let body = lasting(json!({"name": name}), expires);
            print(format, &call(&remote, "POST", "/accounts", Some(body))?)
        }
    }
}

pub fn user(settings: Settings<'_>, verb: UserVerb, format: Format) -> Result<()> {
    let answer = match verb {
        UserVerb::Create { name, email, admin, remote } => {
            call(&remote, "POST", "/users", Some(json!({"name": name, "email": email, "isAdmin": admin})))?
        }
        UserVerb::ResetPassword { name, place } => match StoreTarget::of(settings, place)? {
            StoreTarget::Running(server) => {
                call(&server, "POST", &format!("/users/{}/reset-password", encode(&name)), None)?
            }
            StoreTarget::Stopped(config) => recover_password(&config, &name)?,
        },
        UserVerb::Disable { name, remote } => {
            call(&remote, "POST", &format!("/users/{}/disable", encode(&name)), None)?
        }
    };
    print(format, &answer)
}

pub fn token(verb: TokenVerb, format: Format) -> Result<()> {
    let answer = match verb {
        TokenVerb::Create { user, expires, remote } => {
            let body = lasting(json!({}), expires);
            call(&remote, "POST", &format!("/users/{}/tokens", encode(&user)), Some(body))?
        }
        TokenVerb::List { user, remote } => call(&remote, "GET", &format!("/users/{}/tokens", encode(&user)), None)?,
        TokenVerb::Revoke { id, remote } => call(&remote, "DELETE", &format!("/tokens/{}", encode(&id)), None)?,
    };
    print(format, &answer)
}

pub fn key(verb: KeyVerb, format: Format) -> Result<()> {
    let answer = match verb {
        KeyVerb::Create { user, session, expires, form, remote } => {
            let mut body = json!({"session": session});
            if let Some(expires) = expires {
                body["expires"] = expires.to_string().into();
            }
            let made = call(&remote, "POST", &format!("/users/{}/keys", encode(&user)), Some(body))?;
            match form {
                Some(form) => return print_text(&for_clients(form, &made)),
                None => made,
            }
        }
        KeyVerb::List { user, remote } => call(&remote, "GET", &format!("/users/{}/keys", encode(&user)), None)?,
        KeyVerb::Revoke { access_key_id, remote } => {
            call(&remote, "DELETE", &format!("/keys/{}", encode(&access_key_id)), None)?
        }
    };
    print(format, &answer)
}

/// An access key as clients of AWS take it. What it is made of are letters, digits and `+/`.
fn for_clients(form: KeyForm, made: &Value) -> String {
    const MEMBERS: [(&str, &str, &str); 3] = [
        ("accessKeyId", "AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("secretAccessKey", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("sessionToken", "AWS_SESSION_TOKEN", "SessionToken"),
    ];
    let said = MEMBERS.map(|(member, variable, name)| (made[member].as_str(), variable, name));
    match form {
        KeyForm::Shell => {
            let line = |(value, variable, _): (Option<&str>, &str, &str)| match value {
                Some(value) => format!("export {variable}='{value}'\n"),
                // The token of an earlier one would make this one invalid.
                None => format!("unset {variable}\n"),
            };
            said.into_iter().map(line).collect()
        }
        KeyForm::Process => {
            let mut printed = json!({"Version": 1});
            for (value, _, name) in said {
                if let Some(value) = value {
                    printed[name] = value.into();
                }
            }
            if let Some(at) = made["expiration"].as_str() {
                printed["Expiration"] = at.into();
            }
            printed.to_string()
        }
    }
}

/// A request for a token; how long it lives is said only where somebody has said so.
pub fn lasting(mut body: Value, expires: Option<Lifetime>) -> Value {
    if let Some(expires) = expires {
        body["expires"] = expires.to_string().into();
    }
    body
}

fn recover_password(config: &Config, name: &str) -> Result<Value> {
    runtime()?.block_on(async {
        let (name, password) = open_stopped(config).await?.catalog.recover_password(name).await?;
        Ok(json!({"name": name, "password": password}))
    })
}

/// A text as a segment of a path, or as a value of a query.
pub fn encode(segment: &str) -> String {
    segment
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

pub fn call(remote: &Remote, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
    let mut request = request(remote, method, path)?;
    if let Some(body) = body {
        request = request.json(&body);
    }
    let (address, answer) = send(request)?;
    answer.json().with_context(|| format!("the answer of {address} is not JSON"))
}

/// `emporion schedule`.
pub fn schedule(service: &str, cron: Option<&Cron>, remove: bool, remote: &Remote, format: Format) -> Result<()> {
    let path = format!("/sources/{}/schedule", encode(service));
    let answer = match cron {
        Some(cron) => call(remote, "PUT", &path, Some(json!({"cron": cron.to_string()})))?,
        None => call(remote, if remove { "DELETE" } else { "GET" }, &path, None)?,
    };
    print(format, &answer)
}

/// The bytes of an answer.
pub fn bytes(remote: &Remote, path: &str) -> Result<Vec<u8>> {
    let (address, answer) = send(request(remote, "GET", path)?)?;
    Ok(answer.bytes().with_context(|| format!("the answer of {address} broke off"))?.to_vec())
}

/// What a door answers, whether it is a success or not: the status, and the body as JSON. `path` is the whole path.
pub fn exchange(
    remote: &Remote,
    method: &str,
    path: &str,
    body: Option<&Value>,
    time: Duration,
) -> Result<(u16, Value)> {
    let request = request_at(remote, method, path)?.timeout(time);
    exchanged(body.into_iter().fold(request, RequestBuilder::json))
}

/// The same for rows: what is written to a file is said to the server, whose trail knows exports.
pub fn exchange_rows(
    remote: &Remote,
    path: &str,
    body: &Value,
    time: Duration,
    file: Option<&str>,
) -> Result<(u16, Value)> {
    let request = request_at(remote, "POST", path)?.timeout(time).json(body);
    exchanged(file.into_iter().fold(request, |request, file| request.header(emporion_bobsled::file_note::HEADER, file)))
}

fn exchanged(request: RequestBuilder) -> Result<(u16, Value)> {
    let (address, answer) = execute(request)?;
    let status = answer.status();
    let body = answer.json().with_context(|| format!("{address} answered {status}, and no JSON"))?;
    Ok((status.as_u16(), body))
}

fn request(remote: &Remote, method: &str, path: &str) -> Result<RequestBuilder> {
    request_at(remote, method, &format!("{}{path}", crate::admin::PREFIX))
}

fn request_at(remote: &Remote, method: &str, path: &str) -> Result<RequestBuilder> {
    let url = format!("{}{path}", address(&remote.url)?);
    let method = method.parse().expect("a constant method");
    Ok(client(remote)?.request(method, &url).bearer_auth(&remote.token))
}

/// Errors: `UsageError` for a file that holds no certificates.
fn client(remote: &Remote) -> Result<Client> {
    let Some(file) = &remote.cacert else { return Ok(Client::new()) };
    let refused = |why: String| UsageError(format!("--cacert: {}: {why}", file.display()));
    let pem = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
    let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.to_string()))?;
    if authorities.is_empty() {
        return Err(refused("holds no certificate in PEM".into()).into());
    }
    let builder = authorities.into_iter().fold(Client::builder(), ClientBuilder::add_root_certificate);
    builder.build().map_err(|_| refused("holds a certificate that cannot be used".into()).into())
}

/// What to do about a certificate that cannot be verified; `None` where the call failed for another reason.
fn advice(error: &reqwest::Error) -> Option<&'static str> {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let causes: String = causes.map(ToString::to_string).collect();
    if !causes.contains("invalid peer certificate") {
        return None;
    }
    Some(if causes.contains("UnknownIssuer") {
        "no known authority has signed its certificate; --cacert FILE (or EMPORION_CACERT) names the one that has"
    } else if causes.contains("CaUsedAsEndEntity") {
        "its certificate is one of an authority, not of a server: it needs to be made with basicConstraints CA:FALSE"
    } else {
        "its certificate does not prove that it is the one that was called"
    })
}

/// Sends it; answers the address of the server, and what it said.
fn execute(request: RequestBuilder) -> Result<(String, Response)> {
    let (client, request) = request.build_split();
    let request = request?;
    let address = request.url().origin().ascii_serialization();
    let answer = client.execute(request).map_err(|error| {
        let called = match advice(&error) {
            Some(advice) => format!("calling {address}: {advice}"),
            None => format!("calling {address}"),
        };
        // The error would repeat the whole address.
        anyhow::Error::new(error.without_url()).context(called)
    })?;
    Ok((address, answer))
}

/// Sends it; an answer that is no success becomes an error of what the server says.
fn send(request: RequestBuilder) -> Result<(String, Response)> {
    let (address, answer) = execute(request)?;
    if answer.status().is_success() {
        return Ok((address, answer));
    }
    let status = answer.status();
    let body: Value = answer.json().with_context(|| format!("{address} answered {status}, and no JSON"))?;
    bail!("{}", body["error"].as_str().unwrap_or("the server refused without saying why"));
}

/// The address of a server as people write it: without a scheme it is http, and what ends in `/api` or `/` is the same
/// server, since that is how clients of OpenMetadata write it.
///
/// Errors: `UsageError` for what is no address, and for one with a password, which is not repeated.
pub fn address(written: &str) -> Result<String> {
    let refused = |why: &str| UsageError(format!("--url: {why}, such as {DEFAULT_URL}"));
    let text = written.trim();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = reqwest::Url::parse(&text).map_err(|_| refused("is not the address of a server"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            refused("a user and a password have no place in it, --token says who asks; it is an address").into()
        );
    }
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refused("is not an address of http or https").into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("is an address without ? and #").into());
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/api").unwrap_or(path).trim_end_matches('/');
    Ok(format!("{}{path}", url.origin().ascii_serialization()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_server_is_understood_as_people_write_it() {
        for (written, meant) in [
            ("http://127.0.0.1:8585", "http://127.0.0.1:8585"),
            ("127.0.0.1:8585", "http://127.0.0.1:8585"),
            ("localhost:8585/", "http://localhost:8585"),
            ("localhost:8585/api", "http://localhost:8585"),
            ("http://localhost:8585/api/", "http://localhost:8585"),
            ("https://catalogue.example.com", "https://catalogue.example.com"),
            ("https://example.com/catalogue/api", "https://example.com/catalogue"),
            ("[::1]:8585", "http://[::1]:8585"),
            (" catalogue ", "http://catalogue"),
        ] {
            assert_eq!(address(written).unwrap(), meant, "{written}");
        }
    }

    #[test]
    fn a_key_is_printed_as_clients_take_it() {
        let mut made = json!({"accessKeyId": "AKIA1", "secretAccessKey": "s+/"});
        let shell = "export AWS_ACCESS_KEY_ID='AKIA1'\nexport AWS_SECRET_ACCESS_KEY='s+/'\nunset AWS_SESSION_TOKEN\n";
        assert_eq!(for_clients(KeyForm::Shell, &made), shell);
        made["sessionToken"] = "t".into();
        made["expiration"] = "2026-01-02T03:04:05Z".into();
        assert!(for_clients(KeyForm::Shell, &made).ends_with("export AWS_SESSION_TOKEN='t'\n"));
        let process: Value = serde_json::from_str(&for_clients(KeyForm::Process, &made)).unwrap();
        let expected = json!({
            "Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "s+/", "SessionToken": "t",
            "Expiration": "2026-01-02T03:04:05Z",
        });
        assert_eq!(process, expected);
    }

    #[test]
    fn what_is_no_address_is_misuse_and_a_password_is_not_repeated() {
        for written in
            ["", "http://", "ftp://h", "postgres://u:hunter2@h/d", "http://u:hunter2@h", "u:hunter2@h:1", "h?a"]
        {
            let error = address(written).unwrap_err();
            assert!(error.is::<UsageError>() && !error.to_string().contains("hunter2"), "{written}: {error}");
        }
    }
}
