//! The OpenAPI document of the door, printed from the rows that it serves.

use emporion_catalog::registry::Registry;
use emporion_edge::openapi::{self, About};
use emporion_edge::route::Method;
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use crate::{mount, nouns};

/// The body of every error.
pub static ERROR: Struct = Struct {
    name: "ErrorMessage",
    open: true,
    members: &[
        Member::required("code", Shape::Integer { min: 400, max: 599 }),
        Member::optional("errorType", TEXT),
        Member::required("message", TEXT),
    ],
};

const DESCRIPTION: &str = "The catalogue in the words of OpenMetadata's clients. Paths are served below `/v1` and below \
                           `/api/v1` alike.";

/// The document for the nouns whose kinds are registered.
pub fn document(registry: &Registry) -> Value {
    let nouns: Vec<_> = nouns::all().filter(|noun| registry.get(noun.kind_name).is_some()).collect();
    let mut document = openapi::document(&about(), &mount::routes(&nouns));
    in_order(&mut document);
    document
}

/// Members and parameters by name: in which order a noun names them means nothing, and shows in no difference.
fn in_order(document: &mut Value) {
    let sorted = |list: Option<&mut Value>, key: fn(&Value) -> Option<&str>| {
        if let Some(Value::Array(items)) = list {
            items.sort_by(|one, other| key(one).cmp(&key(other)));
        }
    };
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for schema in schemas.values_mut() {
            sorted(schema.get_mut("required"), Value::as_str);
            if let Some(Value::Object(properties)) = schema.get_mut("properties") {
                properties.sort_keys();
            }
        }
    }
    let paths = document["paths"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(serde_json::Map::values_mut) {
        sorted(operation.get_mut("parameters"), |parameter| parameter["name"].as_str());
    }
}

fn about() -> About {
    About {
        title: "Emporion: OpenMetadata",
        version: env!("CARGO_PKG_VERSION"),
        description: DESCRIPTION,
        media_type: "application/json",
        request_media_types: &[(Method::PATCH, "application/json-patch+json")],
        error: Shape::Struct(&ERROR),
        error_media_type: "application/json",
        errors: &[400, 401, 403],
        security_schemes: vec![("bearer", json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_noun_has_its_operations_in_the_document() {
        let document = document(&Registry::standard());
        for noun in nouns::all().filter(|noun| noun.is_made_here()) {
            for (path, verb) in [("", "post"), ("", "put"), ("", "get"), ("/{id}", "patch"), ("/bulk", "put")] {
                let pointer = format!("/v1/{}{path}", noun.collection);
                assert!(document["paths"][&pointer][verb].is_object(), "{verb} {pointer}");
            }
        }
    }

    #[test]
    fn a_create_body_and_an_entity_are_components() {
        let document = document(&Registry::standard());
        let create = &document["components"]["schemas"]["CreateDataProduct"];
        assert!(create["required"].as_array().is_some_and(|required| required.contains(&json!("name"))));
        assert_eq!(document["components"]["schemas"]["ErrorMessage"]["required"], json!(["code", "message"]));
        let names = |shape: &str| -> Vec<String> {
            let properties = document["components"]["schemas"][shape]["properties"].as_object();
            properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        assert!(names("Table").is_sorted() && names("Table").len() > 50);
    }
}
