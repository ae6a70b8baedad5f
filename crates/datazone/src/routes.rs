//! The route table: every operation of the service model, offered or not, and the OpenAPI document of those offered.

use std::sync::Arc;

use emporion_catalog::Catalog;
use emporion_catalog::registry::Registry;
use emporion_edge::mount::Mount;
use emporion_edge::openapi::{self, About};
use emporion_edge::route::{Route, handler};
use emporion_edge::router::{Router, admission};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use crate::door::DataZone;
use crate::error::MEDIA_TYPE;
use crate::offered::{self, Offered};
use crate::operations::{COMMON_ERRORS, OPERATIONS, Operation};
use crate::options::Options;
use crate::serve::{self, serve};
use crate::shapes::{self, OperationShapes};

/// Ten forms of 300,000 characters, escaped as some clients do.
const BODY_LIMIT: usize = 16 << 20;

static ERROR: Struct = Struct { name: "ServiceError", members: &[Member::required("message", TEXT)], open: false };

/// One operation as the door serves it; without the second part it is known and not offered.
#[derive(Clone, Copy)]
pub struct Row {
    pub operation: &'static Operation,
    pub offered: Option<(&'static Offered, &'static OperationShapes)>,
}

/// Every operation of the service model.
pub fn table() -> Vec<Row> {
    OPERATIONS
        .iter()
        .map(|operation| Row {
            operation,
            offered: offered::by_name(operation.name).zip(shapes::of_operation(operation.name)),
        })
        .collect()
}

/// The door, ready to be served.
pub fn mount(catalog: Arc<Catalog>, options: Options) -> Mount {
    serving(catalog, options, &table())
}

/// The same with operations of one's own.
pub fn serving(catalog: Arc<Catalog>, options: Options, rows: &[Row]) -> Mount {
    let router = Router::new(Arc::new(DataZone::new(catalog, options)), routes(rows));
    let router = router.body_limit(BODY_LIMIT).unmatched(handler(serve::unmatched));
    let router = router.admission(admission(serve::admit));
    // Whoever looks for tags with a browser means those of the pages; what is signed asks for no page.
    Mount::new(router).at("/v2").at("/tags").for_programs()
}

/// The OpenAPI document of what is offered. It is the same whatever kinds are registered.
pub fn document(_registry: &Registry) -> Value {
    document_of(&table())
}

/// The same of operations of one's own.
pub fn document_of(rows: &[Row]) -> Value {
    let about = About {
        title: "Emporion: DataZone",
        version: "2018-05-10",
        description: "The data-product catalogue in the language of Amazon DataZone (REST-JSON, Signature Version 4).",
        media_type: MEDIA_TYPE,
        request_media_types: &[],
        error: Shape::Struct(&ERROR),
        error_media_type: MEDIA_TYPE,
        errors: COMMON_ERRORS,
        security_schemes: vec![(
            "sigv4",
            json!({
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "AWS Signature Version 4 for the service datazone.",
                "x-amazon-apigateway-authtype": "awsSigv4",
            }),
        )],
    };
    openapi::document(&about, &routes(rows))
}

fn routes(rows: &[Row]) -> Vec<Route<DataZone>> {
    rows.iter().copied().map(route).collect()
}

fn route(row: Row) -> Route<DataZone> {
    let operation = row.operation;
    let shapes = row.offered.map(|(_, shapes)| shapes);
    let serve = handler(move |door, request| serve(door, request, row));
    Route {
        tag: tag(operation.path).into(),
        input: shapes.map_or(Struct::EMPTY, |shapes| shapes.input),
        output: shapes.and_then(|shapes| shapes.output).map(Shape::Struct),
        ok: success(operation.ok),
        errors: operation.errors.extra,
        hidden: row.offered.is_none(),
        ..Route::new(operation.method.clone(), operation.path, operation.name, serve)
    }
}

fn success(status: u16) -> &'static [u16] {
    match status {
        201 => &[201],
        202 => &[202],
        204 => &[204],
        _ => &[200],
    }
}

/// The collection that an operation works on.
fn tag(path: &'static str) -> &'static str {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    match (segments.next(), segments.next()) {
        (Some("v2"), _) => segments.next().unwrap_or("domains"),
        (first, _) => first.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_holds_what_is_offered_and_nothing_else() {
        let document = document(&Registry::standard());
        let operations: usize = document["paths"]
            .as_object()
            .expect("paths are an object")
            .values()
            .map(|methods| methods.as_object().expect("methods are an object").len())
            .sum();
        assert_eq!(operations, offered::OFFERED.len());
        assert!(document["paths"]["/v2/domains/{domainIdentifier}/data-products"]["post"].is_object());
    }

    #[test]
    fn operations_are_grouped_by_collection() {
        assert_eq!(tag("/v2/domains"), "domains");
        assert_eq!(tag("/v2/domains/{identifier}"), "domains");
        assert_eq!(tag("/v2/domains/{domainIdentifier}/data-products/{identifier}/revisions"), "data-products");
        assert_eq!(tag("/tags/{resourceArn}"), "tags");
    }
}
