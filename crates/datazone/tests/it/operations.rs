//! An operation is one row: what is declared here alone is routed, checked, signed for, documented and refused in words.

use emporion_catalog::registry::Registry;
use emporion_datazone::call::{Call, CallError, Reply};
use emporion_datazone::messages::{GLOSSARY, Subject, does_not_exist};
use emporion_datazone::offered::Offered;
use emporion_datazone::operations::{COMMON_ERRORS, Errors, Operation};
use emporion_datazone::routes::{self, Row};
use emporion_datazone::shapes::OperationShapes;
use emporion_datazone::shapes::common::{DOMAIN_ID, ENTITY_ID};
use emporion_datazone::{Options, operations};
use emporion_edge::shape::{Location, Member, Shape, Struct, Text};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Shop, World, signed};

static PRAISE: Operation = Operation {
    name: "PraiseGlossary",
    method: Method::POST,
    path: "/v2/domains/{domainIdentifier}/glossaries/{identifier}/praise",
    ok: 201,
    errors: Errors { common: COMMON_ERRORS, extra: &[404] },
    tier: 1,
};
static INPUT: Struct = Struct {
    name: "PraiseGlossaryInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::required("word", Shape::Text(Text::between(1, 8))),
        Member::optional("loud", Shape::Boolean).at(Location::Query),
    ],
    open: true,
};
static OUTPUT: Struct =
    Struct { name: "PraiseGlossaryOutput", members: &[Member::required("said", Shape::Text(Text::ANY))], open: false };
static SHAPES: OperationShapes = OperationShapes { operation: "PraiseGlossary", input: &INPUT, output: Some(&OUTPUT) };
static OFFERED: Offered = Offered {
    name: "PraiseGlossary",
    subject: Subject::new(GLOSSARY, does_not_exist),
    repeatable: &[],
    run: |call| Box::pin(praise(call)),
};

async fn praise(call: Call) -> Result<Reply, CallError> {
    call.enter().await?;
    if call.input.text("word") == Some("missing") {
        let what = call.input.required_text("identifier").to_owned();
        return Err(emporion_catalog::Problem::NotFound { kind: "glossary", what }.into());
    }
    let word = call.input.required_text("word");
    let said = if call.input.flag("loud") == Some(true) { word.to_uppercase() } else { word.to_owned() };
    Ok(Reply::Json(json!({ "said": said })))
}

fn rows() -> Vec<Row> {
    let mut rows = routes::table();
    rows.push(Row { operation: &PRAISE, offered: Some((&OFFERED, &SHAPES)) });
    rows
}

#[tokio::test]
async fn an_operation_that_is_only_declared_here_is_served_in_every_respect() {
    let world = World::serving(Registry::standard(), Options::default(), &rows()).await;
    let shop = Shop::new(&world, "Sales").await;
    let target = format!("/v2/domains/{}/glossaries/g-1/praise", shop.domain);
    let send = |target: &str, body: Value| {
        world.send(signed(&world.admin, "POST", target, serde_json::to_vec(&body).expect("JSON")))
    };
    let got = send(&format!("{target}?loud=true"), json!({ "word": "fine", "later": 1 })).await;
    assert_eq!((got.status, got.body), (201, json!({ "said": "FINE" })));

    let got = send(&target, json!({ "word": "" })).await;
    got.refused("ValidationException", "Value at 'word' failed to satisfy constraint: Member must have length greater");
    send(&target, json!({ "word": 7 })).await.refused("SerializationException", "word");
    let got = send(&target, json!({ "word": "missing" })).await;
    got.refused("ResourceNotFoundException", "The given Glossary doesn't exist");
    let elsewhere = "/v2/domains/dzd-0/glossaries/g-1/praise";
    let got = send(elsewhere, json!({ "word": "fine" })).await;
    got.refused("AccessDeniedException", "User is not permitted to perform operation: PraiseGlossary");

    let unsigned = http::Request::post(target.as_str()).body(Default::default()).unwrap();
    world.send(unsigned).await.refused("MissingAuthenticationTokenException", "Missing");
    let got = world.send(signed(&world.admin, "PUT", &target, Vec::new())).await;
    got.refused("UnknownOperationException", "");
}

#[test]
fn an_operation_that_is_only_declared_here_is_documented() {
    let document = routes::document_of(&rows());
    let said = &document["paths"][PRAISE.path]["post"];
    assert_eq!((&said["operationId"], &said["tags"]), (&json!("PraiseGlossary"), &json!(["glossaries"])));
    let names: Vec<&Value> = said["parameters"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(names, ["domainIdentifier", "identifier", "loud"]);
    let statuses: Vec<&String> = said["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["201", "400", "401", "403", "404", "429", "500"]);
    assert_eq!(document["components"]["schemas"]["PraiseGlossaryOutput"]["required"], json!(["said"]));
    assert_eq!(document["components"]["schemas"]["PraiseGlossaryInput"]["required"], json!(["word"]));
    let without = routes::document_of(&routes::table());
    assert!(without["paths"][PRAISE.path].is_null() && operations::by_name("PraiseGlossary").is_none());
}
