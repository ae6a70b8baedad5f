//! Services: what connectors test before a run, and what came of it.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, Ref};
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Map, Value, json};

use super::{Call, asset_lists::Window, carry_out, change, entity_at, ok, path_id, row};
use crate::case;
use crate::door::Door;
use crate::errors::OmResult;
use crate::list_of;
use crate::members::*;
use crate::noun::{Fields, Noun};
use crate::nouns;
use crate::nouns::service::TEST_RESULT;
use crate::params;

const TAG: &str = "Test Connection Definitions";
const SUFFIX: &str = "testConnectionDefinition";

/// The step that stands for "the source can be reached", where a connector does not call it `CheckAccess`: the client
/// runs exactly the steps that it is told by its own table, and knows no others.
const FIRST_STEPS: &[(&str, &str)] = &[
    ("Airbyte", "GetPipelines"),
    ("BigTable", "GetInstances"),
    ("Couchbase", "GetDatabases"),
    ("Dagster", "GetPipelines"),
    ("DatabricksPipeline", "GetPipelines"),
    ("Datalake", "ListBuckets"),
    ("DeltaLake", "GetDatabases"),
    ("DomoDatabase", "GetTables"),
    ("DomoPipeline", "GetPipelines"),
    ("DynamoDB", "ListTables"),
    ("Fivetran", "GetPipelines"),
    ("Flink", "GetPipelines"),
    ("Glue", "GetDatabases"),
    ("GluePipeline", "GetPipelines"),
    ("KafkaConnect", "GetPipelines"),
    ("Nifi", "GetPipelines"),
    ("OpenLineage", "CheckBrokerConnectivity"),
    ("SapErp", "GetTables"),
    ("Spline", "GetPipelines"),
];

static STEP: Struct = Struct {
    name: "TestConnectionStep",
    open: false,
    members: &[
        Member::required("name", TEXT),
        Member::required("description", TEXT),
        text("errorMessage"),
        Member::required("mandatory", Shape::Boolean),
        boolean("shortCircuit"),
    ],
};
static DEFINITION: Struct = Struct {
    name: "TestConnectionDefinition",
    open: false,
    members: &[
        ENTITY_NAME,
        DISPLAY_NAME,
        DESCRIPTION,
        FQN,
        Member { required: true, ..Member::optional("steps", list_of!(STEP)) },
    ],
};
static DEFINITIONS: Struct = Struct {
    name: "TestConnectionDefinitionList",
    open: false,
    members: &[
        Member { required: true, ..Member::optional("data", list_of!(DEFINITION)) },
        Member { required: true, ..object("paging") },
    ],
};
/// Newer clients say more of each step than answers have room for: what is not shown is not kept.
static RESULT: Struct = Struct {
    name: "TestConnectionResultInput",
    open: true,
    members: &[
        Member::optional("lastUpdatedAt", MILLIS),
        choice("status", &["Successful", "Failed", "Running"]),
        Member { required: true, ..Member::optional("steps", list_of!(STEP_RESULT)) },
    ],
};
static STEP_RESULT: Struct = Struct {
    name: "TestConnectionStepResultInput",
    open: true,
    members: &[
        Member::required("name", TEXT),
        Member::required("mandatory", Shape::Boolean),
        Member::required("passed", Shape::Boolean),
        text("message"),
        text("errorLog"),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let by_name = "/v1/services/testConnectionDefinitions/name/{fqn}";
    let mut routes = vec![
        Route {
            summary: "List what connectors test".into(),
            output: Some(Shape::Struct(&DEFINITIONS)),
            ..row(Method::GET, "/v1/services/testConnectionDefinitions", "listTestConnectionDefinitions", TAG, list)
        },
        Route {
            summary: "Show what a connector tests".into(),
            output: Some(Shape::Struct(&DEFINITION)),
            ..row(Method::GET, by_name, "getTestConnectionDefinitionByName", TAG, get)
        },
    ];
    for noun in services() {
        let entity = noun.entity;
        routes.push(Route {
            path: format!("/v1/{}/{{id}}/testConnectionResult", noun.collection).into(),
            operation: format!("addTestConnectionResultTo{}", entity.name).into(),
            summary: "Keep what came of a connection test".into(),
            input: &RESULT,
            output: Some(Shape::Struct(entity)),
            errors: &[404],
            ..row(Method::PUT, "", "", noun.tag, move |call| put_result(call, noun))
        });
    }
    routes
}

fn services() -> impl Iterator<Item = &'static Noun> {
    nouns::all().filter(|noun| noun.entity.member("testConnectionResult").is_some())
}

/// Every type of service that clients know.
fn types() -> Vec<&'static str> {
    let mut types: Vec<&'static str> = services()
        .filter_map(|noun| match noun.entity.member("serviceType").map(|member| member.shape) {
            Some(Shape::Enumeration(types)) => Some(types),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    types.sort_unstable();
    types
}

fn definition(service_type: &str) -> Value {
    let step = FIRST_STEPS.iter().find(|(known, _)| *known == service_type).map_or("CheckAccess", |(_, step)| step);
    json!({
        "name": service_type,
        "displayName": format!("{service_type} Test Connection"),
        "description": format!("What is tried to see whether a connection of type {service_type} works."),
        "fullyQualifiedName": format!("{}.{SUFFIX}", crate::names::quote(service_type)),
        "steps": [{
            "name": step,
            "description": "Reach the source with the given credentials.",
            "errorMessage": "The source could not be reached: check the address, the credentials and the network.",
            "mandatory": true,
            "shortCircuit": true,
        }],
    })
}

async fn list(call: Call) -> OmResult<Answer> {
    let window = Window::read(&call, params::DEFAULT_LIMIT)?;
    let types = types();
    let total = types.len() as u64;
    ok(&window.page(window.of(types).into_iter().map(definition).collect(), total))
}

async fn get(call: Call) -> OmResult<Answer> {
    let name = params::name_in_path(&call.request, "fqn").0;
    let names = crate::names::split(&name).unwrap_or_else(|| vec![name.clone()]);
    // A connector of another version must not be stopped for its name alone.
    ok(&definition(names.first().map_or("", String::as_str)))
}

async fn put_result(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let body = shown_only(&TEST_RESULT, &call.body(&RESULT)?);
    let target = Ref::Id(call.kind(noun.kind), path_id(&call.request, "id", noun.entity_type)?);
    let field = case::core_key("testConnectionResult").into_owned();
    let command = change(target.clone(), move |_| {
        let mut draft = Draft::default();
        draft.set(&field, body.clone());
        Ok(draft)
    });
    carry_out(&call, &command, Action::EditAll).await?;
    ok(&entity_at(&call, &target, noun, &Fields::NONE).await?)
}

/// The members of a value that the shape has, at every level.
fn shown_only(shape: &Struct, members: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = Map::new();
    for (name, value) in members {
        let Some(member) = shape.member(name) else { continue };
        let value = match (member.shape, value) {
            (Shape::List { of: Shape::Struct(inner), .. }, Value::Array(items)) => {
                items.iter().filter_map(Value::as_object).map(|item| Value::Object(shown_only(inner, item))).collect()
            }
            _ => value.clone(),
        };
        shown.insert(name.clone(), value);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_step_is_one_that_the_connector_has() {
        assert_eq!(definition("Postgres")["steps"][0]["name"], "CheckAccess");
        assert_eq!(definition("Dagster")["steps"][0]["name"], "GetPipelines");
        assert_eq!(definition("Postgres")["fullyQualifiedName"], "Postgres.testConnectionDefinition");
    }

    #[test]
    fn exceptions_are_types_of_services() {
        let types = types();
        for (service_type, _) in FIRST_STEPS {
            assert!(types.contains(service_type), "{service_type}");
        }
    }

    #[test]
    fn what_answers_have_no_room_for_is_not_kept() {
        let sent = json!({"status": "Failed", "extra": 1, "steps": [{"name": "s", "durationMs": 5}]});
        let kept = shown_only(&TEST_RESULT, sent.as_object().expect("an object"));
        assert_eq!(Value::Object(kept), json!({"status": "Failed", "steps": [{"name": "s"}]}));
    }
}
