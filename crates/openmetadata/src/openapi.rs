//! The OpenAPI document of the door, printed from the rows that it serves.

use emporion_catalog::registry::Registry;
use emporion_edge::openapi::{self, About};
use emporion_edge::route::Method;
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use crate::{door, nouns};

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
    let nouns: Vec<_> = nouns::ALL.iter().copied().filter(|noun| registry.get(noun.kind).is_some()).collect();
    openapi::document(&about(), &door::routes(&nouns))
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
        for noun in nouns::ALL.iter().filter(|noun| noun.is_made_here()) {
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
    }
}
