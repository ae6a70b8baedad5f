//! What a request says of a subscription: given its one form, and refused where it asks for what is not done here.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{ALL, DEFAULT_RETRIES, items, task, text_of};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::nouns;

/// Gives a create body its one form, with what it leaves unsaid.
///
/// Errors: 400 for what is not offered here.
pub fn complete(members: &mut Map<String, Value>) -> OmResult<()> {
    if members.contains_key("notificationTemplate") {
        return Err(OmError::violation("notificationTemplate", "names a template, of which there are none"));
    }
    for (member, value) in [
        ("resources", json!([ALL])),
        ("trigger", json!({"triggerType": "RealTime"})),
        ("destinations", json!([])),
        ("enabled", json!(true)),
        ("batchSize", json!(10)),
        ("retries", json!(DEFAULT_RETRIES)),
        ("pollInterval", json!(10)),
        ("provider", json!("user")),
    ] {
        members.entry(member).or_insert(value);
    }
    if let Some(destinations) = members.get_mut("destinations") {
        name_destinations(destinations);
    }
    check(members)
}

/// Gives each destination an id, the same for the same destination, and takes off what only answers say.
fn name_destinations(destinations: &mut Value) {
    let Value::Array(destinations) = destinations else { return };
    for (index, destination) in destinations.iter_mut().enumerate() {
        let endpoint = destination.pointer("/config/endpoint").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Value::Object(members) = destination else { continue };
        members.shift_remove("statusDetails");
        members.entry("id").or_insert_with(|| {
            let digest = Sha256::digest(format!("{index} {endpoint}"));
            let mut bytes = [0_u8; 16];
            bytes.copy_from_slice(&digest[..16]);
            Value::from(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
        });
    }
}

/// Gives what a patch has changed its one form.
pub fn changed(door: &Door, members: &mut Map<String, Value>) -> OmResult<()> {
    if let Some(destinations) = members.get_mut("destinations") {
        name_destinations(destinations);
    }
    check(members)?;
    check_reach(door, members.get("destinations"))
}

/// What this server does not do is refused, not ignored.
fn check(members: &Map<String, Value>) -> OmResult<()> {
    let refused = |field: &str, rule: &str| Err(OmError::violation(field, rule));
    if members.get("alertType").and_then(Value::as_str).is_some_and(|alert| alert != "Notification") {
        return refused("alertType", "must be Notification");
    }
    if members.get("trigger").and_then(|trigger| text_of(trigger, "triggerType")).is_some_and(|how| how != "RealTime") {
        return refused("trigger.triggerType", "must be RealTime");
    }
    let rules = members.get("filteringRules");
    let (field, resources) = match members.get("resources").and_then(Value::as_array) {
        Some(resources) => ("resources", resources.as_slice()),
        None => ("filteringRules.resources", items(rules, "resources")),
    };
    for (index, resource) in resources.iter().enumerate() {
        let name = resource.as_str().unwrap_or_default();
        if name != ALL && name != task::RESOURCE && nouns::of_type(name).is_none() {
            return refused(&format!("{field}[{index}]"), "is not a type of entity");
        }
    }
    if !items(rules, "rules").is_empty() || !items(rules, "actions").is_empty() {
        return refused("filteringRules.rules", "is what the server makes of input.filters");
    }
    let input = members.get("input");
    if !items(input, "actions").is_empty() {
        return refused("input.actions", "must be empty");
    }
    for (index, filter) in items(input, "filters").iter().enumerate() {
        check_filter(&format!("input.filters[{index}]"), filter)?;
    }
    let destinations = members.get("destinations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if destinations.len() > MOST_DESTINATIONS {
        return refused("destinations", "must be at most 10");
    }
    let mut ids = Vec::new();
    for (index, destination) in destinations.iter().enumerate() {
        let path = format!("destinations[{index}]");
        check_destination(&path, destination)?;
        let id = text_of(destination, "id");
        if id.is_some() && ids.contains(&id) {
            return refused(&format!("{path}.id"), "stands twice");
        }
        ids.push(id);
    }
    Ok(())
}

const MOST_DESTINATIONS: usize = 10;

fn check_destination(path: &str, destination: &Value) -> OmResult<()> {
    let refused = |field: &str, rule: &str| Err(OmError::violation(format_args!("{path}.{field}"), rule));
    let text = |pointer: &str| destination.pointer(pointer).and_then(Value::as_str);
    if text("/type") != Some("Webhook") {
        return refused("type", "must be Webhook");
    }
    if text("/category") != Some("External") {
        return refused("category", "must be External");
    }
    if destination.get("notifyDownstream") == Some(&Value::Bool(true)) {
        return refused("notifyDownstream", "must be false");
    }
    let Some(endpoint) = text("/config/endpoint") else { return refused("config.endpoint", "must not be missing") };
    if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        return refused("config.endpoint", "must be an http or https address");
    }
    for member in ["sendToAdmins", "sendToOwners", "sendToFollowers"] {
        if destination["config"].get(member) == Some(&Value::Bool(true)) {
            return refused(&format!("config.{member}"), "must be false");
        }
    }
    if !items(destination.get("config"), "receivers").is_empty() {
        return refused("config.receivers", "must be empty");
    }
    for member in ["headers", "queryParams"] {
        let Some(Value::Object(values)) = destination["config"].get(member) else { continue };
        if let Some((name, _)) = values.iter().find(|(_, value)| !value.is_string()) {
            return refused(&format!("config.{member}.{name}"), "must be a string");
        }
    }
    match destination.pointer("/config/authType") {
        None => Ok(()),
        Some(auth) => match (text_of(auth, "type"), text_of(auth, "secretKey")) {
            (Some("none"), None) => Ok(()),
            (Some("bearer"), Some(_)) => Ok(()),
            (Some("bearer"), None) => refused("config.authType.secretKey", "must not be missing"),
            _ => refused("config.authType.type", "must be none or bearer"),
        },
    }
}

/// A filter, and the argument that holds its values.
const FILTERS: &[(&str, &str)] = &[
    ("filterByEventType", "eventTypeList"),
    ("filterByFqn", "fqnList"),
    ("filterByEntityId", "entityIdList"),
    ("filterByUpdaterName", "updateByUserList"),
    ("filterByOwnerName", "ownerNameList"),
    ("filterByDomain", "domainList"),
];

fn check_filter(path: &str, filter: &Value) -> OmResult<()> {
    let known = FILTERS.iter().find(|(name, _)| text_of(filter, "name") == Some(name));
    let Some((_, argument)) = known else {
        let names: Vec<&str> = FILTERS.iter().map(|(name, _)| *name).collect();
        let rule = format!("must be one of {}", names.join(", "));
        return Err(OmError::violation(format_args!("{path}.name"), rule));
    };
    for (index, given) in items(Some(filter), "arguments").iter().enumerate() {
        if text_of(given, "name") != Some(argument) {
            let rule = format!("must be {argument}");
            return Err(OmError::violation(format_args!("{path}.arguments[{index}].name"), rule));
        }
    }
    Ok(())
}

/// Looks whether what a body says can be sent to at all.
pub fn check_reach(door: &Door, destinations: Option<&Value>) -> OmResult<()> {
    let Some(deliveries) = &door.options.deliveries else { return Ok(()) };
    let destinations = destinations.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, destination) in destinations.iter().enumerate() {
        let endpoint = destination.pointer("/config/endpoint").and_then(Value::as_str).unwrap_or_default();
        if let Some(rule) = deliveries.refuses(endpoint) {
            return Err(OmError::violation(format_args!("destinations[{index}].config.endpoint"), rule));
        }
        let headers = destination.pointer("/config/headers").and_then(Value::as_object);
        if let Some((name, _)) = headers.into_iter().flatten().find(|(name, _)| !deliveries.may_set(name)) {
            let field = format!("destinations[{index}].config.headers.{name}");
            return Err(OmError::violation(field, "is not a header that a subscription sets"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: impl FnOnce(&mut Value)) -> OmResult<Map<String, Value>> {
        let mut body = json!({
            "alertType": "Notification",
            "resources": ["table"],
            "destinations": [{"type": "Webhook", "category": "External", "config": {"endpoint": "https://e.example/x"}}],
        });
        change(&mut body);
        let Value::Object(mut members) = body else { unreachable!() };
        complete(&mut members).map(|()| members)
    }

    #[test]
    fn what_a_request_leaves_unsaid_is_filled_in() {
        let members = request(|_| {}).unwrap();
        assert_eq!(members["resources"], json!(["table"]));
        assert_eq!((&members["enabled"], &members["retries"]), (&json!(true), &json!(3)));
        let again = request(|_| {}).unwrap();
        assert_eq!(members["destinations"], again["destinations"], "the same destination has the same id");
        let other =
            request(|body| body["destinations"][0]["config"]["endpoint"] = json!("https://e.example/y")).unwrap();
        assert_ne!(members["destinations"][0]["id"], other["destinations"][0]["id"]);
    }

    #[test]
    fn what_is_not_offered_is_refused_by_name() {
        let cases: &[(&str, Value, &str)] = &[
            ("/alertType", json!("Observability"), "alertType"),
            ("/resources", json!(["table", "pages"]), "resources[1]"),
            ("/trigger", json!({"triggerType": "Scheduled"}), "trigger.triggerType"),
            ("/destinations/0/type", json!("Slack"), "destinations[0].type"),
            ("/destinations/0/category", json!("Admins"), "destinations[0].category"),
            ("/destinations/0/config/endpoint", json!("ftp://e.example"), "destinations[0].config.endpoint"),
            ("/destinations/0/config/sendToAdmins", json!(true), "destinations[0].config.sendToAdmins"),
            ("/destinations/0/config/headers", json!({"a": 1}), "destinations[0].config.headers.a"),
            ("/destinations/0/config/authType", json!({"type": "oauth2"}), "destinations[0].config.authType.type"),
            ("/destinations/0/config/authType", json!({"type": "bearer"}), "destinations[0].config.authType.secretKey"),
            ("/input", json!({"filters": [{"name": "filterByPhase"}]}), "input.filters[0].name"),
            (
                "/input",
                json!({"filters": [{"name": "filterByFqn", "arguments": [{"name": "x"}]}]}),
                "input.filters[0].arguments[0].name",
            ),
        ];
        for (pointer, value, field) in cases {
            let error = request(|body| {
                let (holder, member) = pointer.rsplit_once('/').unwrap();
                body.pointer_mut(holder).unwrap()[member] = value.clone();
            });
            let error = error.expect_err(field);
            assert_eq!(error.status, 400);
            assert!(error.message.contains(field), "{field}: {}", error.message);
        }
    }
}
