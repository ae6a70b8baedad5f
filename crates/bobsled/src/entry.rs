//! What the program calls: the door at its place, and the document that describes it.

use std::sync::Arc;

use emporion_catalog::registry::Registry;
use emporion_edge::mount::Mount;
use emporion_edge::openapi::{self, About};
use emporion_edge::router::{Router, admission};
use emporion_edge::shape::Shape;
use emporion_edge::timestamp;
use emporion_products::service::Products;
use serde_json::{Value, json};

use crate::deprecated_calls::DeprecatedCalls;
use crate::deprecation::Deprecation;
use crate::door::{BODY_LIMIT, Door};
use crate::shapes::envelope;
use crate::{admit, operation, operations, times};

/// Everything below this path is answered by this door.
const PREFIX: &str = "/api/v1/accounts";

/// Statuses that any row can answer.
const ERRORS: &[u16] = &[400, 401, 403, 404, 413, 429, 500, 503, 507];

/// What an operator can decide.
#[derive(Default, Clone)]
pub struct Options {
    /// When the deprecated paths go away, as an HTTP date or in RFC 3339; announced in `Sunset`.
    pub sunset: Option<String>,
    /// Whether they are really gone after that date.
    pub enforce_sunset: bool,
    /// The address below which `bobsled-migration` stands.
    pub docs: Option<String>,
    /// Counts calls of the deprecated paths, for whoever publishes it.
    pub deprecated_calls: DeprecatedCalls,
}

/// The door, ready to be served.
pub fn mount(products: Arc<Products>, options: Options) -> Mount {
    let deprecation = deprecation(&options);
    let door = Door::new(products, deprecation).with_deprecated_calls(options.deprecated_calls);
    let routes = operation::routes(operations::table());
    let router = Router::new(Arc::new(door), routes).body_limit(BODY_LIMIT).literals_win();
    Mount::new(router.admission(admission(admit::admission))).at(PREFIX)
}

/// The OpenAPI document. It is the same for every registry: this door shows kinds under names of its own.
pub fn document(_registry: &Registry) -> Value {
    let about = About {
        title: "Emporion: data products (Bobsled dialect)",
        version: env!("CARGO_PKG_VERSION"),
        description: "Data products with their assets, users and data sources. Everything is answered in an envelope: \
                      `{\"ok\": true, \"data\": …}` or `{\"ok\": false, \"error\": …}`. The `/workspaces` paths are \
                      deprecated twins of the `/data-products` paths: the same resources under the older names.",
        media_type: "application/json",
        request_media_types: &[],
        error: Shape::Struct(&envelope::FAILURE),
        error_media_type: "application/json",
        errors: ERRORS,
        security_schemes: vec![("bearer", json!({"type": "http", "scheme": "bearer"}))],
    };
    let table = operations::table();
    let groups = operation::tag_groups(&table);
    let mut document = openapi::document(&about, &operation::routes(table));
    document["x-tagGroups"] = groups;
    deprecate(&mut document);
    document
}

/// Marks what only the old paths use, and says of their operations which ones take their place.
fn deprecate(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut().into_iter().flatten();
    for (_, schema) in schemas.filter(|(name, _)| name.contains("Workspace")) {
        schema["deprecated"] = true.into();
    }
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    for operation in paths.filter_map(Value::as_object_mut).flat_map(|verbs| verbs.values_mut()) {
        let successor = operation["operationId"].as_str().and_then(successor);
        if let Some(successor) = successor {
            operation["description"] = format!("Deprecated since 2 March 2026. Use `{successor}` instead.").into();
        }
    }
}

/// The operation that takes the place of one of the old paths.
fn successor(operation: &str) -> Option<String> {
    let (prefix, name) = operation.split_once('_')?;
    let old = crate::mount::Mount::Workspaces.operation_prefix();
    (prefix == old).then(|| format!("{}_{name}", crate::mount::Mount::DataProducts.operation_prefix()))
}

/// Whether a date can be announced as the one when the deprecated paths go away. The error is the rule that it breaks.
pub fn check_sunset(text: &str) -> Result<(), String> {
    let Some(ms) = sunset_ms(text) else {
        return Err(format!(
            "must be a date of HTTP or RFC 3339, such as Tue, 02 Mar 2027 00:00:00 GMT; it is {text:?}"
        ));
    };
    Deprecation::new("", Some(ms), false).map(drop).map_err(|reason| format!("must be later: {reason}"))
}

fn sunset_ms(text: &str) -> Option<i64> {
    timestamp::parse(text).or_else(|| times::parse_http_date(text))
}

fn deprecation(options: &Options) -> Deprecation {
    let docs = options.docs.clone().unwrap_or_else(|| "/docs".to_owned());
    let sunset_ms = options.sunset.as_deref().and_then(|text| {
        let read = sunset_ms(text);
        if read.is_none() {
            tracing::error!(sunset = text, "the sunset date cannot be read, so none is announced");
        }
        read
    });
    Deprecation::new(docs, sunset_ms, options.enforce_sunset).unwrap_or_else(|reason| {
        tracing::error!(reason, "the sunset date is not announced");
        Deprecation::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations(document: &Value) -> Vec<(String, &Value)> {
        let paths = document["paths"].as_object().expect("paths");
        paths
            .iter()
            .flat_map(|(path, verbs)| {
                let verbs = verbs.as_object().expect("verbs");
                verbs.values().map(move |operation| (path.clone(), operation))
            })
            .collect()
    }

    #[test]
    fn the_document_marks_every_operation_of_the_old_paths() {
        let document = document(&Registry::standard());
        let operations = operations(&document);
        assert!(operations.len() > 20, "{}", operations.len());
        for (path, operation) in operations {
            let is_old = path.contains("/workspaces");
            assert_eq!(operation["deprecated"].as_bool().unwrap_or(false), is_old, "{path}");
            let tag = operation["tags"][0].as_str().expect("a tag");
            assert_eq!(tag.starts_with("Workspaces (deprecated)"), is_old, "{path} {tag}");
            assert_eq!(operation["description"].as_str().is_some_and(|text| text.contains("dataProducts_")), is_old);
        }
        let groups: Vec<&str> = document["x-tagGroups"]
            .as_array()
            .expect("groups")
            .iter()
            .map(|group| group["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(groups, ["Data Products", "Workspaces (deprecated)", "Account"]);
    }

    #[test]
    fn nulls_that_answers_print_are_allowed() {
        let document = document(&Registry::standard());
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["DataProduct"]["properties"]["description"]["type"], json!(["string", "null"]));
        assert_eq!(schemas["Pagination"]["properties"]["nextCursor"]["type"], json!(["string", "null"]));
        assert_eq!(schemas["Workspace"]["properties"]["deployedAt"]["type"], json!(["string", "null"]));
    }

    #[test]
    fn a_sunset_date_is_read_in_both_forms_and_a_bad_one_left_out() {
        let header = |sunset: &str| {
            let options = Options { sunset: Some(sunset.to_owned()), ..Options::default() };
            let headers = deprecation(&options).headers("/api/v1/accounts/a/workspaces");
            headers.into_iter().find(|(name, _)| *name == "sunset").map(|(_, value)| value)
        };
        let expected = Some("Tue, 02 Mar 2027 00:00:00 GMT".to_owned());
        assert_eq!(header("2027-03-02T00:00:00Z"), expected);
        assert_eq!(header("Tue, 02 Mar 2027 00:00:00 GMT"), expected);
        assert_eq!(header("soon"), None);
        assert_eq!(header("2020-01-01T00:00:00Z"), None);
    }
}
