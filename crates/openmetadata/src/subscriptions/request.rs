//! What a request says of a subscription: given its one form, and refused where it means nothing.

use emporion_edge::secret_address;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::body::{ALL, DEFAULT_RETRIES, TASK, is_all, items, text_of};
use super::deliveries::Deliveries;
use super::served::FILTERS;
use crate::errors::{OmError, OmResult};
use crate::nouns;
use crate::secrets::MASK;

/// Gives a create body its one form, with what it leaves unsaid.
///
/// Errors: 400 for what means nothing.
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

/// Gives each destination an id, the same for the same destination, and takes off what only answers say. Where messages go
/// is read by whoever subscribes: what lets them in there stands beside the address, where it is sealed.
fn name_destinations(destinations: &mut Value) {
    let Value::Array(destinations) = destinations else { return };
    for (index, destination) in destinations.iter_mut().enumerate() {
        let endpoint = destination.pointer("/config/endpoint").and_then(Value::as_str).unwrap_or_default();
        let (endpoint, secrets) = secret_address::without_secrets(endpoint);
        if !secrets.is_empty() {
            let config = &mut destination["config"];
            let query = &mut config["queryParams"];
            if !query.is_object() {
                *query = json!({});
            }
            secrets.into_iter().for_each(|(name, value)| query[name] = Value::from(value));
            config["endpoint"] = Value::from(endpoint.as_str());
        }
        let Value::Object(members) = destination else { continue };
        members.shift_remove("statusDetails");
        members.entry("id").or_insert_with(|| {
            let user = secret_address::user(&endpoint).map(|user| format!("{user}@"));
            let open = user.map_or_else(|| endpoint.clone(), |user| endpoint.replacen(&user, "", 1));
            let digest = Sha256::digest(format!("{index} {open}"));
            let mut bytes = [0_u8; 16];
            bytes.copy_from_slice(&digest[..16]);
            Value::from(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
        });
    }
}

/// Gives what a patch has changed its one form.
pub fn changed(deliveries: Option<&dyn Deliveries>, members: &mut Map<String, Value>) -> OmResult<()> {
    if let Some(destinations) = members.get_mut("destinations") {
        name_destinations(destinations);
    }
    check(members)?;
    check_reach(deliveries, members.get("destinations"))
}

/// The destinations that are to be tried out.
///
/// Errors: 400 for what means nothing, or cannot be sent to.
pub fn tried(deliveries: Option<&dyn Deliveries>, mut members: Map<String, Value>) -> OmResult<Vec<Value>> {
    let mut destinations = members.remove("destinations").unwrap_or_default();
    name_destinations(&mut destinations);
    check_destinations(Some(&destinations))?;
    check_reach(deliveries, Some(&destinations))?;
    match destinations {
        Value::Array(destinations) => Ok(destinations),
        _ => Ok(Vec::new()),
    }
}

/// What means nothing in the protocol is refused. What it has and this server does not is kept: see [`super::served`].
fn check(members: &Map<String, Value>) -> OmResult<()> {
    let refused = |field: &str, rule: &str| Err(OmError::violation(field, rule));
    let rules = members.get("filteringRules");
    let (field, resources) = match members.get("resources").and_then(Value::as_array) {
        Some(resources) => ("resources", resources.as_slice()),
        None => ("filteringRules.resources", items(rules, "resources")),
    };
    for (index, resource) in resources.iter().enumerate() {
        if !is_resource(resource.as_str().unwrap_or_default()) {
            return refused(&format!("{field}[{index}]"), "is not a type of entity");
        }
    }
    if !items(rules, "rules").is_empty() || !items(rules, "actions").is_empty() {
        return refused("filteringRules.rules", "is what the server makes of input.filters");
    }
    for (index, filter) in items(members.get("input"), "filters").iter().enumerate() {
        check_filter(&format!("input.filters[{index}]"), filter)?;
    }
    check_destinations(members.get("destinations"))
}

fn check_destinations(destinations: Option<&Value>) -> OmResult<()> {
    let destinations = destinations.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if destinations.len() > MOST_DESTINATIONS {
        return Err(OmError::violation("destinations", "must be at most 10"));
    }
    let mut ids = Vec::new();
    for (index, destination) in destinations.iter().enumerate() {
        let path = format!("destinations[{index}]");
        check_destination(&path, destination)?;
        let id = text_of(destination, "id");
        if id.is_some() && ids.contains(&id) {
            return Err(OmError::violation(format_args!("{path}.id"), "stands twice"));
        }
        ids.push(id);
    }
    Ok(())
}

/// Types that the protocol sends alerts of and this server has no records of: of them there is nothing to tell.
const ELSEWHERE: &[&str] = &[
    "announcement",
    "apiCollection",
    "apiEndpoint",
    "apiService",
    "app",
    "chart",
    "container",
    "conversation",
    "dashboard",
    "dashboardDataModel",
    "dashboardService",
    "dataContract",
    "directory",
    "driveService",
    "file",
    "kpi",
    "location",
    "messagingService",
    "metadataService",
    "mlmodel",
    "mlmodelService",
    "persona",
    "searchIndex",
    "searchService",
    "securityService",
    "spreadsheet",
    "storageService",
    "testCaseResult",
    "topic",
    "workflow",
    "worksheet",
];

fn is_resource(name: &str) -> bool {
    is_all(name) || name == TASK || nouns::of_type(name).is_some() || ELSEWHERE.contains(&name)
}

const MOST_DESTINATIONS: usize = 10;

fn check_destination(path: &str, destination: &Value) -> OmResult<()> {
    let refused = |field: &str, rule: &str| Err(OmError::violation(format_args!("{path}.{field}"), rule));
    let endpoint = destination.pointer("/config/endpoint").and_then(Value::as_str);
    match endpoint {
        Some(MASK) => {}
        Some(endpoint) if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") => {
            return refused("config.endpoint", "must be an http or https address");
        }
        None if text_of(destination, "type") == Some("Webhook")
            && text_of(destination, "category") == Some("External") =>
        {
            return refused("config.endpoint", "must not be missing");
        }
        _ => {}
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
            (Some("none"), None) | (Some("bearer"), Some(_)) | (Some("oauth2"), _) => Ok(()),
            (Some("bearer"), None) => refused("config.authType.secretKey", "must not be missing"),
            _ => refused("config.authType.type", "must be none, bearer or oauth2"),
        },
    }
}

/// What is understood of a filter is held against what it may say.
fn check_filter(path: &str, filter: &Value) -> OmResult<()> {
    let known = FILTERS.iter().find(|(name, _)| text_of(filter, "name") == Some(name));
    let Some((_, argument)) = known else { return Ok(()) };
    for (index, given) in items(Some(filter), "arguments").iter().enumerate() {
        if text_of(given, "name") != Some(argument) {
            let rule = format!("must be {argument}");
            return Err(OmError::violation(format_args!("{path}.arguments[{index}].name"), rule));
        }
    }
    Ok(())
}

/// Looks whether what a body says can be sent to at all.
pub fn check_reach(deliveries: Option<&dyn Deliveries>, destinations: Option<&Value>) -> OmResult<()> {
    let Some(deliveries) = deliveries else { return Ok(()) };
    let destinations = destinations.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, destination) in destinations.iter().enumerate() {
        let endpoint = destination.pointer("/config/endpoint").and_then(Value::as_str);
        let endpoint = endpoint.filter(|endpoint| *endpoint != MASK);
        if let Some(rule) = endpoint.and_then(|endpoint| deliveries.refuses(endpoint)) {
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
    fn what_means_nothing_is_refused_by_name() {
        let cases: &[(&str, Value, &str)] = &[
            ("/resources", json!(["table", "pages"]), "resources[1]"),
            ("/destinations/0/config/endpoint", json!("ftp://e.example"), "destinations[0].config.endpoint"),
            ("/destinations/0/config", json!({}), "destinations[0].config.endpoint"),
            ("/destinations/0/config/headers", json!({"a": 1}), "destinations[0].config.headers.a"),
            ("/destinations/0/config/authType", json!({"type": "digest"}), "destinations[0].config.authType.type"),
            ("/destinations/0/config/authType", json!({"type": "bearer"}), "destinations[0].config.authType.secretKey"),
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

    #[test]
    fn what_the_protocol_has_is_kept() {
        for resources in [json!(["all"]), json!(["All"]), json!(["testCase", "topic"]), json!(["task"])] {
            assert_eq!(request(|body| body["resources"] = resources.clone()).unwrap()["resources"], resources);
        }
        let email = json!([{"type": "Email", "category": "Admins", "config": {"sendToAdmins": true}}]);
        let kept = request(|body| {
            body["alertType"] = json!("Observability");
            body["destinations"] = email.clone();
            body["input"] = json!({"filters": [{"name": "filterByPhase"}], "actions": [{"name": "GetSchemaChanges"}]});
        });
        let kept = kept.unwrap();
        assert_eq!((&kept["alertType"], &kept["destinations"][0]["type"]), (&json!("Observability"), &json!("Email")));
        assert_eq!(kept["input"]["actions"][0]["name"], "GetSchemaChanges");
    }
}
