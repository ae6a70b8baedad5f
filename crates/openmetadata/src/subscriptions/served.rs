//! What of a subscription is served here. All that the protocol has is kept; what this server does not do, it says of each
//! destination that hears nothing for it, and why.

use serde_json::{Value, json};

use super::body::{items, text_of};
use crate::case;

/// What happens to records, and what is told of them for their sake.
const ALERTS: &[&str] = &["Notification", "Observability"];

/// A filter, and the argument that holds its values.
pub const FILTERS: &[(&str, &str)] = &[
    ("filterByEventType", "eventTypeList"),
    ("filterByFqn", "fqnList"),
    ("filterByEntityId", "entityIdList"),
    ("filterByUpdaterName", "updateByUserList"),
    ("filterByOwnerName", "ownerNameList"),
    ("filterByDomain", "domainList"),
];

/// Who is told by his own record, where a destination names no address.
const BY_RECORD: &[&str] = &["sendToAdmins", "sendToOwners", "sendToFollowers"];

/// Why a destination of a subscription hears nothing, where that shows in what is said of it: the member, and what is not
/// done. Members are those of the wire, in which a request says it, or of the body, in which it is kept.
pub fn unserved(subscription: &Value, destination: &Value) -> Option<String> {
    of_subscription(subscription).or_else(|| of_destination(destination))
}

fn of_subscription(subscription: &Value) -> Option<String> {
    let alert = said(subscription, "alertType").and_then(Value::as_str).unwrap_or(ALERTS[0]);
    if !ALERTS.contains(&alert) {
        return Some(format!("alertType: {alert} is not served, {} are", ALERTS.join(" and ")));
    }
    let trigger =
        said(subscription, "trigger").and_then(|trigger| said(trigger, "triggerType")).and_then(Value::as_str);
    if trigger.is_some_and(|trigger| trigger != "RealTime") {
        return Some("trigger.triggerType: nothing is sent by a schedule, only as it happens (RealTime)".into());
    }
    let input = said(subscription, "input");
    // What is not understood could have kept an event back.
    for (index, filter) in items(input, "filters").iter().enumerate() {
        let name = text_of(filter, "name").unwrap_or_default();
        if !FILTERS.iter().any(|(known, _)| *known == name) {
            return Some(format!("input.filters[{index}]: {name} is not evaluated"));
        }
    }
    let action = items(input, "actions").first()?;
    Some(format!("input.actions[0]: {} is not evaluated", text_of(action, "name").unwrap_or_default()))
}

fn of_destination(destination: &Value) -> Option<String> {
    let kind = said(destination, "type").and_then(Value::as_str).unwrap_or_default();
    if super::chat::Form::of(kind).is_none() {
        return Some(match kind {
            "Email" => "type: Email is not served, the server sends no letters".into(),
            _ => format!("type: {kind} is not served"),
        });
    }
    let category = said(destination, "category").and_then(Value::as_str).unwrap_or_default();
    if category != "External" {
        return Some(format!("category: {category} is not served, only External addresses are"));
    }
    let is_set =
        |holder: Option<&Value>, member: &str| holder.and_then(|holder| said(holder, member)) == Some(&true.into());
    if is_set(Some(destination), "notifyDownstream") {
        return Some("notifyDownstream: whoever stands downstream is not told".into());
    }
    let config = said(destination, "config");
    if let Some(member) = BY_RECORD.iter().find(|member| is_set(config, member)) {
        return Some(format!("config.{member}: nobody is told by his own record"));
    }
    if !items(config, "receivers").is_empty() {
        return Some("config.receivers: nobody is told by his own record".into());
    }
    if config.and_then(|config| text_of(config, "endpoint")).is_none() {
        return Some("config.endpoint: there is no address to send to".into());
    }
    let auth = config.and_then(|config| config.get("authType")).and_then(|auth| text_of(auth, "type"));
    auth.filter(|auth| !["none", "bearer"].contains(auth)).map(|auth| format!("config.authType: {auth} is not spoken"))
}

/// Says of each destination that hears nothing for what it is why that is. Both in the form of the wire.
pub fn say(subscription: &Value, destinations: &mut Value) {
    for destination in destinations.as_array_mut().into_iter().flatten() {
        if let Some(reason) = unserved(subscription, destination) {
            destination["statusDetails"] = json!({"status": "failed", "lastFailedReason": reason});
        }
    }
}

fn said<'v>(holder: &'v Value, member: &str) -> Option<&'v Value> {
    holder.get(member).or_else(|| holder.get(&*case::core_key(member)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(change: impl FnOnce(&mut Value)) -> Option<String> {
        let mut body = json!({
            "alertType": "Notification",
            "destinations": [{"type": "Webhook", "category": "External", "config": {"endpoint": "https://e.example/x"}}],
        });
        change(&mut body);
        let as_kept = case::to_core(body.clone());
        let of = |body: &Value| unserved(body, &body["destinations"][0]);
        assert_eq!(of(&body), of(&as_kept), "however it is spelled");
        of(&body)
    }

    #[test]
    fn what_is_not_done_is_said_by_name() {
        assert_eq!(reason(|_| {}), None);
        let cases: &[(&str, Value, &str)] = &[
            ("/alertType", json!("Observability"), ""),
            ("/alertType", json!("ActivityFeed"), "alertType:"),
            ("/trigger", json!({"triggerType": "RealTime"}), ""),
            ("/trigger", json!({"triggerType": "Scheduled"}), "trigger.triggerType:"),
            ("/input", json!({"filters": [{"name": "filterByFqn"}]}), ""),
            ("/input", json!({"filters": [{"name": "filterByPhase"}]}), "input.filters[0]: filterByPhase"),
            ("/input", json!({"actions": [{"name": "GetSchemaChanges"}]}), "input.actions[0]: GetSchemaChanges"),
            ("/destinations/0/type", json!("Slack"), ""),
            ("/destinations/0/type", json!("MsTeams"), ""),
            ("/destinations/0/type", json!("GChat"), ""),
            ("/destinations/0/type", json!("Email"), "type: Email"),
            ("/destinations/0/type", json!("ActivityFeed"), "type: ActivityFeed"),
            ("/destinations/0/category", json!("Admins"), "category: Admins"),
            ("/destinations/0/notifyDownstream", json!(true), "notifyDownstream:"),
            (
                "/destinations/0/config",
                json!({"endpoint": "https://e.example", "sendToAdmins": true}),
                "config.sendToAdmins:",
            ),
            (
                "/destinations/0/config",
                json!({"endpoint": "https://e.example", "receivers": ["a"]}),
                "config.receivers:",
            ),
            ("/destinations/0/config", json!({}), "config.endpoint:"),
            (
                "/destinations/0/config",
                json!({"endpoint": "https://e.example", "authType": {"type": "oauth2"}}),
                "config.authType: oauth2",
            ),
        ];
        for (pointer, value, begins) in cases {
            let found = reason(|body| {
                let (holder, member) = pointer.rsplit_once('/').unwrap();
                body.pointer_mut(holder).unwrap()[member] = value.clone();
            });
            assert_eq!(found.is_none(), begins.is_empty(), "{pointer} {value}: {found:?}");
            assert!(found.as_deref().unwrap_or_default().starts_with(begins), "{pointer} {value}: {found:?}");
        }
    }

    #[test]
    fn a_destination_says_why_it_hears_nothing() {
        let mut destinations = json!([{"type": "Email", "category": "External", "config": {"receivers": ["a@b.c"]}}]);
        say(&json!({}), &mut destinations);
        assert_eq!(destinations[0]["statusDetails"]["status"], "failed");
    }
}
