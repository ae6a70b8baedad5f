//! Data sources on the wire, and their connections as the catalogue keeps them.
//!
//! The catalogue keeps a mask wherever a secret stood and the secret beside the record, under the pointer of its place,
//! so that each dialect can show the connection and take it back without knowing the secrets.

use std::collections::BTreeSet;

use emporion_catalog::command::SecretEdit;
use emporion_catalog::id::AccountId;
use emporion_catalog::record::Record;
use emporion_edge::timestamp;
use serde_json::{Map, Value, json};

use crate::connection::{self, Connection, Secret};
use crate::databases::Target;
use crate::source_type::SourceType;

/// The member of the field `connection` that holds the settings.
const CONFIG: &str = "config";

/// The data source that a database service is.
pub fn source_type(service: &Record) -> SourceType {
    let service_type = service.body.get("service_type").and_then(Value::as_str).unwrap_or_default();
    SourceType::of_service(service_type, &config(service))
}

/// The stored connection without its masks; `secrets` are the pointers of what is sealed.
pub fn stored(service: &Record, secrets: &BTreeSet<String>) -> Connection {
    let mut field = json!({ "connection": { CONFIG: config(service) } });
    for pointer in secrets {
        remove(&mut field, pointer);
    }
    let config = match field.pointer_mut("/connection/config").map(Value::take) {
        Some(Value::Object(config)) => config,
        _ => Map::new(),
    };
    Connection::stored(config, secrets.iter().cloned())
}

/// The field `connection` with its masks, and the secrets to seal beside it.
pub fn field(connection: &Connection) -> (Value, Vec<SecretEdit>) {
    let mut body = json!({ "connection": connection.field() });
    let mut edits = Vec::with_capacity(connection.secrets.len());
    for (pointer, secret) in &connection.secrets {
        put(&mut body, pointer, SecretEdit::MASK);
        edits.push(match secret {
            Secret::Set(text) => SecretEdit::Set { path: pointer.clone(), text: text.clone() },
            Secret::Keep => SecretEdit::Keep { path: pointer.clone() },
        });
    }
    (body["connection"].take(), edits)
}

/// What it takes to reach the source: the connector's settings with the secrets in their places.
pub fn target(
    account: AccountId,
    service_type: &str,
    connection: &Connection,
    clear: impl IntoIterator<Item = (String, String)>,
) -> Target {
    let mut body = json!({ "connection": connection.field() });
    for (pointer, text) in clear {
        put(&mut body, &pointer, &text);
    }
    let config = body.pointer_mut("/connection/config").map(Value::take).unwrap_or_default();
    Target { account, service_type: service_type.to_owned(), config }
}

/// The object of a data source; with `secrets`, its connection too.
pub fn print(service: &Record, is_default: bool, secrets: Option<&BTreeSet<String>>) -> Value {
    let source = source_type(service);
    let test = service.body.get("test_connection_result");
    let success = test.and_then(|test| test.get("status")?.as_str()).and_then(|status| match status {
        "Successful" => Some(true),
        "Failed" => Some(false),
        _ => None,
    });
    let tested_ms = test.and_then(|test| test.get("lastUpdatedAt")?.as_i64());
    let mut printed = json!({
        "id": service.id.to_string(),
        "name": service.name,
        "type": source.word(),
        "isDefault": is_default,
        "description": service.body.get("description"),
    });
    if let Some(secrets) = secrets {
        printed["connectionConfig"] = connection::print(&source, &stored(service, secrets));
    }
    printed["connectionStatus"] = json!({"success": success, "lastTestedAt": tested_ms.map(timestamp::print)});
    printed["createdAt"] = timestamp::print(service.created.at.0).into();
    printed["updatedAt"] = timestamp::print(service.updated.at.0).into();
    printed["createdBy"] = service.created.by.id.to_string().into();
    printed
}

fn config(service: &Record) -> Map<String, Value> {
    let config = service.body.get("connection").and_then(|connection| connection.get(CONFIG));
    config.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Puts a text at a pointer, making the objects on the way.
fn put(body: &mut Value, pointer: &str, text: &str) {
    let mut here = body;
    for segment in segments(pointer) {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let Value::Object(members) = here else { return };
        here = members.entry(segment).or_insert(Value::Null);
    }
    *here = text.into();
}

/// Removes what stands at a pointer, and the objects that are empty then.
fn remove(body: &mut Value, pointer: &str) {
    fn within(here: &mut Value, segments: &[String]) {
        let (Some((first, rest)), Value::Object(members)) = (segments.split_first(), here) else { return };
        if rest.is_empty() {
            members.shift_remove(first);
        } else if let Some(inner) = members.get_mut(first) {
            within(inner, rest);
        }
    }
    within(body, &segments(pointer).collect::<Vec<_>>());
}

fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_catalog::testing;

    #[test]
    fn a_connection_is_kept_with_masks_and_read_back_without() {
        let config = json!({"connectionString": "postgres://reader:s3cret@db:5432/shop", "isEncoded": false});
        let config = config.as_object().expect("an object");
        let read = connection::read(&SourceType::Postgres, config, None).expect("a good connection");
        let (kept, edits) = field(&read);
        assert_eq!(kept["config"]["authType"], json!({"password": SecretEdit::MASK}));
        assert_eq!(kept["config"]["hostPort"], "db:5432");
        assert!(!kept.to_string().contains("s3cret"));
        let [SecretEdit::Set { path, text }] = edits.as_slice() else { panic!("one secret") };
        assert_eq!((path.as_str(), text.as_str()), ("/connection/config/authType/password", "s3cret"));

        let mut service = testing::record("database_service", None, "warehouse");
        service.body =
            json!({"service_type": "Postgres", "connection": kept}).as_object().expect("an object").clone().into();
        let pointers = BTreeSet::from([path.clone()]);
        let again = stored(&service, &pointers);
        assert_eq!(again.config, read.config);
        assert_eq!(again.secrets.get(path), Some(&Secret::Keep));
        let (field_again, edits) = field(&again);
        assert_eq!(field_again, kept);
        assert!(matches!(edits.as_slice(), [SecretEdit::Keep { .. }]));
    }

    #[test]
    fn a_data_source_shows_no_secret() {
        let mut service = testing::record("database_service", None, "warehouse");
        let body = json!({
            "service_type": "Snowflake",
            "connection": {"config": {"type": "Snowflake", "account": "a", "username": "u", "warehouse": "w", "password": SecretEdit::MASK}},
            "test_connection_result": {"status": "Failed", "lastUpdatedAt": 0, "steps": []}
        });
        service.body = body.as_object().expect("an object").clone().into();
        let secrets = BTreeSet::from(["/connection/config/password".to_owned()]);
        let printed = print(&service, true, Some(&secrets));
        assert_eq!(printed["type"], "snowflake");
        assert_eq!(printed["connectionConfig"]["password"], connection::MASK);
        assert_eq!(printed["connectionStatus"], json!({"success": false, "lastTestedAt": "1970-01-01T00:00:00.000Z"}));
        assert_eq!(print(&service, true, None).get("connectionConfig"), None);
    }
}
