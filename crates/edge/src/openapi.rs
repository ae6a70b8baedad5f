//! The OpenAPI 3.1 document of a door, printed from its route table in an order that diffs well.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::route::{Access, Route};
use crate::schema::Components;
use crate::shape::{Location, Shape, Struct};

/// What a document says beside its operations.
pub struct About {
    pub title: &'static str,
    pub version: &'static str,
    pub description: &'static str,
    /// Of all bodies that a row does not say otherwise about.
    pub media_type: &'static str,
    /// Media types of request bodies by method, where they differ from `media_type` (JSON Patch).
    pub request_media_types: &'static [(Method, &'static str)],
    /// The body of every error.
    pub error: Shape,
    pub error_media_type: &'static str,
    /// Statuses that any operation may answer, beside its own.
    pub errors: &'static [u16],
    /// Ways to authenticate by name, each an OpenAPI security scheme object. One of them suffices.
    pub security_schemes: Vec<(&'static str, Value)>,
}

/// Methods in the order in which a reader looks for them.
const METHOD_ORDER: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

/// Prints the visible rows.
///
/// Shape: paths, statuses and components sorted, members in the order of their declaration; equal tables give equal
/// bytes. Panics in debug builds when the table cannot be a document: an operation id or a component name used twice,
/// templates that differ only in label names, a path member that its template lacks.
pub fn document<D>(about: &About, routes: &[Route<D>]) -> Value {
    let visible: Vec<&Route<D>> = routes.iter().filter(|route| !route.hidden).collect();
    if cfg!(debug_assertions) {
        check_table(&visible);
    }
    let mut components = Components::default();
    let mut paths: BTreeMap<&str, BTreeMap<usize, (&Method, Value)>> = BTreeMap::new();
    for route in &visible {
        let place = METHOD_ORDER.iter().position(|method| *method == route.method).unwrap_or(METHOD_ORDER.len());
        let operation = operation(about, route, &mut components);
        paths.entry(&route.path).or_default().insert(place, (&route.method, operation));
    }
    let paths: Map<String, Value> = paths
        .into_iter()
        .map(|(path, operations)| {
            let operations = operations.into_values().map(|(method, value)| (method.as_str().to_lowercase(), value));
            (path.to_owned(), Value::Object(operations.collect()))
        })
        .collect();
    let error = json!({
        "description": "The request failed.",
        "content": {about.error_media_type: {"schema": components.schema(&about.error)}},
    });
    let tags: BTreeSet<&str> = visible.iter().map(|route| &*route.tag).filter(|tag| !tag.is_empty()).collect();
    let schemes: Map<String, Value> =
        about.security_schemes.iter().map(|(name, scheme)| ((*name).to_owned(), scheme.clone())).collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": about.title, "version": about.version, "description": about.description},
        "security": about.security_schemes.iter().map(|(name, _)| json!({*name: []})).collect::<Vec<_>>(),
        "tags": tags.into_iter().map(|tag| json!({"name": tag})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": components.into_schemas(),
            "responses": {"Error": error},
            "securitySchemes": schemes,
        },
    })
}

/// The document as it is checked in and served: indented, with a newline at the end.
pub fn print(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("a JSON value prints");
    text.push('\n');
    text
}

fn operation<D>(about: &About, route: &Route<D>, components: &mut Components) -> Value {
    let mut operation = json!({"operationId": route.operation});
    if !route.tag.is_empty() {
        operation["tags"] = json!([route.tag]);
    }
    if !route.summary.is_empty() {
        operation["summary"] = json!(route.summary);
    }
    if route.deprecated {
        operation["deprecated"] = json!(true);
    }
    let parameters = parameters(&route.path, route.input, components);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = request_body(about, route, components) {
        operation["requestBody"] = body;
    }
    operation["responses"] = responses(about, route, components);
    if route.access == Access::Anonymous {
        operation["security"] = json!([]);
    }
    operation
}

/// Labels in the order of the template, then query and header members in the order of their declaration.
fn parameters(path: &str, input: &Struct, components: &mut Components) -> Vec<Value> {
    let mut parameters = Vec::new();
    for label in labels(path) {
        let member = input.members.iter().find(|member| member.place == Location::Path && member.name == label);
        let schema = match member {
            Some(member) => components.schema(&member.shape),
            None => json!({"type": "string"}),
        };
        parameters.push(json!({"name": label, "in": "path", "required": true, "schema": schema}));
    }
    for member in input.members {
        let place = match member.place {
            Location::Query => "query",
            Location::Header => "header",
            Location::Path | Location::Body => continue,
        };
        let schema = components.schema(&member.shape);
        let mut parameter = json!({"name": member.name, "in": place});
        if member.required {
            parameter["required"] = json!(true);
        }
        parameter["schema"] = schema;
        parameters.push(parameter);
    }
    parameters
}

fn request_body<D>(about: &About, route: &Route<D>, components: &mut Components) -> Option<Value> {
    let media_type = about.request_media_types.iter().find(|(method, _)| *method == route.method);
    let media_type = media_type.map_or(about.media_type, |(_, media_type)| media_type);
    let (schema, required) = match &route.body {
        Some(shape) => (components.schema(shape), true),
        None => {
            let mut members = route.input.members.iter().filter(|member| member.place == Location::Body).peekable();
            members.peek()?;
            (components.schema(&Shape::Struct(route.input)), members.any(|member| member.required))
        }
    };
    let mut body = json!({});
    if required {
        body["required"] = json!(true);
    }
    body["content"] = json!({media_type: {"schema": schema}});
    for (media_type, shape) in route.other_bodies {
        body["content"][media_type] = json!({"schema": components.schema(shape)});
    }
    Some(body)
}

fn responses<D>(about: &About, route: &Route<D>, components: &mut Components) -> Value {
    let mut responses: BTreeMap<u16, Value> = BTreeMap::new();
    for status in about.errors.iter().chain(route.errors) {
        responses.insert(*status, json!({"$ref": "#/components/responses/Error"}));
    }
    for status in route.ok {
        let mut response = json!({"description": reason(*status)});
        if let Some(shape) = route.output.as_ref().filter(|_| !matches!(status, 204 | 205 | 304)) {
            response["content"] = json!({about.media_type: {"schema": components.schema(shape)}});
        }
        for (media_type, shape) in route.other_answers {
            response["content"][media_type] = json!({"schema": components.schema(shape)});
        }
        responses.insert(*status, response);
    }
    let responses = responses.into_iter().map(|(status, response)| (status.to_string(), response));
    Value::Object(responses.collect())
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Answer")
}

fn labels(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn check_table<D>(routes: &[&Route<D>]) {
    let mut operations = BTreeSet::new();
    let mut templates: BTreeMap<String, &str> = BTreeMap::new();
    for route in routes {
        assert!(operations.insert(&*route.operation), "two rows are named {}", route.operation);
        let anonymous: Vec<&str> =
            route.path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
        let known = templates.entry(anonymous.join("/")).or_insert(&route.path);
        assert!(*known == &*route.path, "{} and {} differ only in label names", known, route.path);
        for member in route.input.members.iter().filter(|member| member.place == Location::Path) {
            let is_label = labels(&route.path).any(|label| label == member.name);
            assert!(is_label, "{}: {} has no label {}", route.operation, route.path, member.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use crate::route::handler;
    use crate::shape::{Member, TEXT};

    static ERROR: Struct = Struct { name: "Error", members: &[Member::required("message", TEXT)], open: true };
    static THING: Struct = Struct { name: "Thing", members: &[Member::required("name", TEXT)], open: true };
    static CREATE: Struct = Struct {
        name: "CreateThing",
        members: &[
            Member::required("owner", Shape::Text(crate::shape::Text::between(1, 36))).at(Location::Path),
            Member::required("name", TEXT),
            Member::optional("dryRun", Shape::Boolean).at(Location::Query),
            Member::required("Client-Token", TEXT).at(Location::Header),
        ],
        open: false,
    };

    fn row(method: Method, path: &'static str, operation: &'static str) -> Route<()> {
        Route {
            summary: "Does it.".into(),
            tag: "things".into(),
            output: Some(Shape::Struct(&THING)),
            errors: &[404],
            ..Route::new(method, path, operation, handler(|_, _| async { Answer::empty(200) }))
        }
    }

    fn about() -> About {
        About {
            title: "Toy",
            version: "1",
            description: "A toy.",
            media_type: "application/json",
            request_media_types: &[(Method::PATCH, "application/json-patch+json")],
            error: Shape::Struct(&ERROR),
            error_media_type: "application/json",
            errors: &[400],
            security_schemes: vec![("token", json!({"type": "http", "scheme": "bearer"}))],
        }
    }

    #[test]
    fn an_operation_says_all_that_its_row_says() {
        let create = Route { input: &CREATE, ok: &[201, 204], ..row(Method::POST, "/{owner}/things", "CreateThing") };
        let document = document(&about(), &[create]);
        let expected = json!({
            "operationId": "CreateThing",
            "tags": ["things"],
            "summary": "Does it.",
            "parameters": [
                {"name": "owner", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 36}},
                {"name": "dryRun", "in": "query", "schema": {"type": "boolean"}},
                {"name": "Client-Token", "in": "header", "required": true, "schema": {"type": "string"}},
            ],
            "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CreateThing"}}},
            },
            "responses": {
                "201": {
                    "description": "Created",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                },
                "204": {"description": "No Content"},
                "400": {"$ref": "#/components/responses/Error"},
                "404": {"$ref": "#/components/responses/Error"},
            },
        });
        assert_eq!(document["paths"]["/{owner}/things"]["post"], expected);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["CreateThing", "Error", "Thing"]);
        assert_eq!(schemas["CreateThing"]["properties"], json!({"name": {"type": "string"}}));
        assert_eq!(document["security"], json!([{"token": []}]));
    }

    #[test]
    fn hidden_rows_stay_out_and_flags_are_shown() {
        let routes = [
            Route { hidden: true, ..row(Method::GET, "/later", "Later") },
            Route { deprecated: true, access: Access::Anonymous, ..row(Method::GET, "/old", "Old") },
        ];
        let document = document(&about(), &routes);
        assert_eq!(document["paths"].as_object().unwrap().len(), 1);
        assert_eq!(document["paths"]["/old"]["get"]["deprecated"], json!(true));
        assert_eq!(document["paths"]["/old"]["get"]["security"], json!([]));
    }

    #[test]
    fn a_body_of_another_form_and_media_type_is_documented() {
        let patch = Route {
            body: Some(Shape::List { of: &Shape::Object, min: 0, max: usize::MAX }),
            ..row(Method::PATCH, "/things/{id}", "PatchThing")
        };
        let document = document(&about(), &[patch]);
        let content = &document["paths"]["/things/{id}"]["patch"]["requestBody"]["content"];
        assert_eq!(content["application/json-patch+json"]["schema"]["type"], "array");
    }

    #[test]
    fn the_order_of_rows_does_not_change_the_document() {
        let rows = || {
            vec![
                row(Method::PUT, "/b", "PutB"),
                row(Method::GET, "/b", "GetB"),
                row(Method::DELETE, "/a", "DeleteA"),
                Route { tag: "other".into(), ..row(Method::GET, "/a/{id}", "GetA") },
            ]
        };
        let mut reversed = rows();
        reversed.reverse();
        let text = print(&document(&about(), &rows()));
        assert_eq!(text, print(&document(&about(), &reversed)));
        assert!(text.find(r#""get""#).unwrap() < text.find(r#""put""#).unwrap());
        assert!(text.ends_with("}\n"));
    }

    #[test]
    #[should_panic(expected = "differ only in label names")]
    fn templates_that_differ_only_in_names_are_a_mistake() {
        document(&about(), &[row(Method::GET, "/a/{x}", "GetX"), row(Method::PUT, "/a/{y}", "PutY")]);
    }

    #[test]
    #[should_panic(expected = "has no label owner")]
    fn a_path_member_without_a_label_is_a_mistake() {
        document(&about(), &[Route { input: &CREATE, ..row(Method::POST, "/things", "CreateThing") }]);
    }
}
