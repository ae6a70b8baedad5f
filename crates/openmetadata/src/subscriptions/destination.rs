//! Where messages of a subscription go.

use serde_json::Value;

use super::body::{is_enabled, text_of};
use super::chat::Form;
use super::served::unserved;

/// The header that bears the signature of a message.
pub const SIGNATURE_HEADER: &str = "x-om-signature";

/// Where messages are to go, as a subscription says.
pub struct Destination {
    pub id: String,
    pub form: Form,
    pub endpoint: String,
    pub is_put: bool,
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub secret: Option<String>,
    pub connect_seconds: u64,
    pub read_seconds: u64,
}

/// The destinations that are to be told now. `body` is the record's, with its secrets in their places.
pub fn wanted_destinations(body: &Value) -> Vec<Destination> {
    let all = body.get("destinations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !is_enabled(body) {
        return Vec::new();
    }
    let is_wanted = |destination: &&Value| is_enabled(destination) && unserved(body, destination).is_none();
    all.iter().filter(is_wanted).filter_map(wanted).collect()
}

/// A destination as it stands in a body.
pub fn wanted(destination: &Value) -> Option<Destination> {
    let config = destination.get("config")?;
    let texts = |member: &str| {
        let values = config.get(member).and_then(Value::as_object).into_iter().flatten();
        values.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    };
    let secret = config.pointer("/authType/secretKey").or_else(|| config.get("secretKey")).and_then(Value::as_str);
    Some(Destination {
        id: text_of(destination, "id")?.to_owned(),
        form: Form::of(text_of(destination, "type")?)?,
        endpoint: text_of(config, "endpoint")?.to_owned(),
        is_put: text_of(config, "httpMethod") == Some("PUT"),
        headers: texts("headers"),
        query: texts("queryParams"),
        secret: secret.filter(|secret| !secret.is_empty()).map(str::to_owned),
        connect_seconds: destination.get("timeout").and_then(Value::as_u64).unwrap_or(10),
        read_seconds: destination.get("read_timeout").and_then(Value::as_u64).unwrap_or(12),
    })
}
