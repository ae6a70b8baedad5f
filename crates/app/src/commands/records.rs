//! `emporion get` and `emporion list`: records of a running server, as the token's user sees them.

use anyhow::Result;
use emporion_catalog::kind::Kind;
use emporion_catalog::registry::Registry;
use serde_json::Value;

use super::remote;
use super::remote::encode;
use crate::cli::{Format, Remote};
use crate::command_error::UsageError;
use crate::output::print;
use crate::records;

pub fn get(kind: &str, name: &str, server: &Remote, format: Format) -> Result<()> {
    let path = format!("/records/{}/named?name={}", known(kind)?, encode(name));
    print(format, &remote::call(server, "GET", &path, None)?)
}

pub fn list(kind: &str, domain: Option<&str>, limit: Option<u32>, server: &Remote, format: Format) -> Result<()> {
    let kind = known(kind)?;
    let most = limit.map_or(usize::MAX, |limit| limit as usize);
    let mut listed: Vec<Value> = Vec::new();
    let mut after = String::new();
    while listed.len() < most {
        let page = (most - listed.len()).min(records::PAGE as usize);
        let domain = domain.map(|domain| format!("&domain={}", encode(domain))).unwrap_or_default();
        let path = format!("/records/{kind}?limit={page}{domain}{after}");
        let mut told = remote::call(server, "GET", &path, None)?;
        if let Value::Array(records) = told["records"].take() {
            listed.extend(records);
        }
        let text = |member: &str| told["next"][member].as_str().map(encode);
        let (Some(name), Some(id)) = (text("name"), text("id")) else { break };
        after = format!("&after={name}&afterId={id}");
    }
    print(format, &Value::Array(listed))
}

fn known(kind: &str) -> Result<Kind> {
    let registry = Registry::standard();
    Ok(records::kind_meant(&registry, kind).ok_or_else(|| {
        let kinds: Vec<&str> = records::kinds(&registry).map(Kind::name).collect();
        UsageError(format!("there is no kind {kind:?}; kinds are {}", kinds.join(", ")))
    })?)
}
