//! `emporion request`: asking for access, and deciding what others ask for.

use anyhow::Result;
use clap::ValueEnum;
use serde_json::{Value, json};

use super::remote::{self, encode};
use crate::cli::{Decision, Format, Remote, RequestVerb};
use crate::output::print;

pub fn run(verb: RequestVerb, format: Format) -> Result<()> {
    let answer = match verb {
        RequestVerb::Create { product, wants, assets, reason, until, remote } => {
            let body = json!({
                "product": product, "wants": word(wants), "assets": assets, "reason": reason, "until": until,
            });
            remote::call(&remote, "POST", "/requests", Some(body))?
        }
        RequestVerb::List { mine, waiting, product, state, remote } => {
            let which = match (mine, waiting) {
                (true, _) => "mine",
                (_, true) => "waiting",
                _ => "all",
            };
            let product = product.map(|product| format!("&product={}", encode(&product))).unwrap_or_default();
            let state = state.map(|state| format!("&state={}", word(state))).unwrap_or_default();
            listed(&remote, &format!("/requests?which={which}{product}{state}"))?
        }
        RequestVerb::Show { id, remote } => remote::call(&remote, "GET", &format!("/requests/{}", encode(&id)), None)?,
        RequestVerb::Approve { decision, until } => decide(&decision, "approve", until)?,
        RequestVerb::Reject { decision } => decide(&decision, "reject", None)?,
        RequestVerb::Withdraw { decision } => decide(&decision, "withdraw", None)?,
    };
    print(format, &answer)
}

/// Every page of a list.
fn listed(remote: &Remote, path: &str) -> Result<Value> {
    let mut listed: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let mut page = remote::call(remote, "GET", &format!("{path}{after}"), None)?;
        if let Value::Array(requests) = page["requests"].take() {
            listed.extend(requests);
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", encode(next)),
            None => return Ok(Value::Array(listed)),
        }
    }
}

fn decide(decision: &Decision, verdict: &str, until: Option<String>) -> Result<Value> {
    let mut body = json!({"words": decision.words});
    if let Some(until) = until {
        body["until"] = until.into();
    }
    remote::call(&decision.remote, "POST", &format!("/requests/{}/{verdict}", encode(&decision.id)), Some(body))
}

fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
