//! Form types, asset types and assets, those of a crawl among them.

use emporion_catalog::command::Ref;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::relation::IN_DOMAIN;
use serde_json::{Value, json};

use crate::world::{Shop, World, text};

#[tokio::test]
async fn a_form_type_made_again_is_its_next_revision() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let model = |member: &str| json!({ "smithy": format!("structure Quality {{ {member}: String }}") });
    let body = |member: &str| json!({ "name": "Quality", "model": model(member), "description": "d" });
    assert_eq!(shop.make("CreateFormType", body("a")).await["revision"], "1");
    assert_eq!(shop.make("CreateFormType", body("b")).await["revision"], "2");
    assert_eq!(shop.make("CreateFormType", body("b")).await["revision"], "3", "the client asked for one");
    let get =
        |query: &'static str| world.call(&world.admin, "GetFormType", &[&shop.domain, "Quality"], query, Value::Null);
    assert_eq!(get("revision=1").await.body["model"], model("a"));
    assert_eq!(get("").await.body["model"], model("b"));
    get("revision=4").await.refused("ResourceNotFoundException", "The given FormType");
    let other = text(&world.ok("CreateProject", &[&shop.domain], json!({ "name": "other" })).await, "id");
    let mut theirs = body("c");
    theirs["owningProjectIdentifier"] = json!(other);
    world.attempt("CreateFormType", &[&shop.domain], theirs).await.refused("ConflictException", "FormType");
    let qualified = format!("{}.Quality", shop.domain.replace("dzd-", "dzd_"));
    assert_eq!(world.ok("GetFormType", &[&shop.domain, &qualified], Value::Null).await["name"], "Quality");
    let reserved =
        json!({ "name": "amazon.datazone.Mine", "model": model("a"), "owningProjectIdentifier": shop.project });
    world.attempt("CreateFormType", &[&shop.domain], reserved).await.refused("ValidationException", "reserved");
    world.ok("DeleteFormType", &[&shop.domain, "Quality"], Value::Null).await;
    assert_eq!(world.attempt("GetFormType", &[&shop.domain, "Quality"], Value::Null).await.status, 404);
    assert_eq!(shop.make("CreateFormType", body("a")).await["revision"], "1");
}

#[tokio::test]
async fn types_in_use_stay_and_unknown_forms_are_named() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    world.attempt("DeleteFormType", &[&shop.domain, "Quality"], Value::Null).await.refused("ConflictException", "used");
    let asset = shop.asset("a").await;
    world.attempt("DeleteAssetType", &[&shop.domain, "Sheet"], Value::Null).await.refused("ConflictException", "used");
    let forms = json!({ "F": { "typeIdentifier": "NoSuchForm", "typeRevision": "3" } });
    let bad = json!({ "name": "Bad", "formsInput": forms, "owningProjectIdentifier": shop.project });
    let bad = world.attempt("CreateAssetType", &[&shop.domain], bad).await;
    let expected = format!(r#"{{"message":"Object type Form#{}#NoSuchForm with version 3 not found"}}"#, shop.domain);
    bad.refused("ValidationException", &expected);
    world.ok("DeleteAsset", &[&shop.domain, &asset], Value::Null).await;
    world.ok("DeleteAssetType", &[&shop.domain, "Sheet"], Value::Null).await;
    world.ok("DeleteFormType", &[&shop.domain, "Quality"], Value::Null).await;
}

#[tokio::test]
async fn managed_types_can_be_read_and_used_and_not_deleted() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let name = "amazon.datazone.S3ObjectCollectionAssetType";
    let found = world.ok("GetAssetType", &[&shop.domain, name], Value::Null).await;
    assert_eq!(found["formsOutput"]["S3ObjectCollectionForm"]["required"], true);
    world.ok("GetFormType", &[&shop.domain, "amazon.datazone.S3ObjectCollectionFormType"], Value::Null).await;
    let body = |content: &str| {
        let form = json!({ "formName": "S3ObjectCollectionForm", "content": content });
        json!({ "name": "b", "typeIdentifier": name, "owningProjectIdentifier": shop.project, "formsInput": [form] })
    };
    let refused = world.attempt("CreateAsset", &[&shop.domain], body("{}")).await;
    refused.refused("ValidationException", "$.S3ObjectCollectionForm.bucketArn: is missing but it is required");
    let made = world.ok("CreateAsset", &[&shop.domain], body(r#"{"bucketArn": "arn:aws:s3:::b"}"#)).await;
    assert_eq!(made["typeIdentifier"], name);
    world
        .attempt("DeleteAssetType", &[&shop.domain, name], Value::Null)
        .await
        .refused("AccessDeniedException", "managed");
}

#[tokio::test]
async fn an_asset_has_revisions_with_all_that_they_held() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    let term = shop.term(&shop.glossary("Words").await, "Fresh").await;
    let form = json!({ "formName": "Quality", "content": r#"{"steward":"ann"}"# });
    let body = json!({
        "name": "weekly", "typeIdentifier": "Sheet", "description": "", "externalIdentifier": "x-1",
        "glossaryTerms": [term], "formsInput": [form],
    });
    let made = shop.make("CreateAsset", body).await;
    assert_eq!(made["readOnlyFormsOutput"], json!([]));
    assert!(made.get("description").is_none());
    let id = text(&made, "id");
    let labels = [shop.domain.as_str(), id.as_str()];
    let second = world.ok("CreateAssetRevision", &labels, json!({ "name": "weekly v2" })).await;
    assert_eq!((&second["revision"], &second["formsOutput"]), (&json!("2"), &json!([])));
    assert!(second.get("glossaryTerms").is_none() && second["externalIdentifier"] == "x-1");
    let first = world.call(&world.admin, "GetAsset", &labels, "revision=1", Value::Null).await.body;
    assert_eq!(first, made);
    let listed = world.ok("ListAssetRevisions", &labels, Value::Null).await;
    let numbers: Vec<String> = listed["items"].as_array().unwrap().iter().map(|row| text(row, "revision")).collect();
    assert_eq!(numbers, ["2", "1"]);
    world.ok("DeleteAsset", &labels, Value::Null).await;
    world
        .attempt("GetAsset", &labels, Value::Null)
        .await
        .refused("ResourceNotFoundException", "The given Asset doesn't");
}

#[tokio::test]
async fn the_forms_of_an_asset_are_those_of_its_type() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    let slot = json!({ "Q": { "typeIdentifier": "Quality", "typeRevision": "1", "required": true } });
    shop.make("CreateAssetType", json!({ "name": "Strict", "formsInput": slot })).await;
    shop.make("CreateFormType", json!({ "name": "Quality", "model": { "smithy": "structure Quality { a: String }" } }))
        .await;
    let attempt = |forms: Value| {
        let body = json!({ "name": "a", "typeIdentifier": "Strict", "owningProjectIdentifier": shop.project, "formsInput": forms });
        world.attempt("CreateAsset", &[&shop.domain], body)
    };
    attempt(json!([])).await.refused("ValidationException", "requires the forms [Q]");
    let newer = json!([{ "formName": "Q", "typeIdentifier": "Quality", "typeRevision": "2", "content": "{}" }]);
    let text = format!("Form Q expected form {0}#Quality@1 but was provided {0}#Quality@2", shop.domain);
    attempt(newer).await.refused("ValidationException", &text);
    let empty = json!([{ "formName": "Q", "content": "{}" }]);
    attempt(empty).await.refused("ValidationException", "$.Q.steward: is missing but it is required");
    let unknown = json!({ "name": "a", "typeIdentifier": "Nothing", "owningProjectIdentifier": shop.project });
    let unknown = world.attempt("CreateAsset", &[&shop.domain], unknown).await;
    unknown.refused("ResourceNotFoundException", "The given Asset's input resource doesn't exist.");
}

#[tokio::test]
async fn a_table_is_an_asset_of_the_domain_that_its_service_belongs_to() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let domain = Ref::Name(world.catalog.kind("domain"), "Sales".into());
    world
        .record("database_service", "pg", None, json!({ "service_type": "Postgres" }), vec![(IN_DOMAIN, domain)])
        .await;
    world.record("database", "db", Some(("database_service", "pg")), json!({}), vec![]).await;
    world.record("database_schema", "s", Some(("database", "pg.db")), json!({}), vec![]).await;
    let columns = json!({ "columns": [{ "name": "id", "data_type": "INT", "description": "the key" }] });
    let table =
        world.record("table", "orders", Some(("database_schema", "pg.db.s")), columns, vec![]).await.to_string();
    let labels = [shop.domain.as_str(), table.as_str()];
    let asset = world.ok("GetAsset", &labels, Value::Null).await;
    assert_eq!(
        (&asset["name"], &asset["typeIdentifier"]),
        (&json!("orders"), &json!("amazon.datazone.RelationalTableAssetType"))
    );
    let derived = asset["readOnlyFormsOutput"][0].clone();
    let content: Value = serde_json::from_str(derived["content"].as_str().unwrap()).unwrap();
    assert_eq!(content["columns"], json!([{ "columnName": "id", "dataType": "INT", "description": "the key" }]));
    world.ok("GetFormType", &[&shop.domain, derived["typeName"].as_str().unwrap()], Value::Null).await;
    world.ok("GetAssetType", &[&shop.domain, asset["typeIdentifier"].as_str().unwrap()], Value::Null).await;
    let written = json!({ "name": "orders", "formsInput": [{ "formName": derived["formName"], "content": "{}" }] });
    world.attempt("CreateAssetRevision", &labels, written).await.refused("ValidationException", "derived");
    let renamed = world.ok("CreateAssetRevision", &labels, json!({ "name": "All orders", "description": "d" })).await;
    assert_eq!((&renamed["name"], &renamed["revision"]), (&json!("All orders"), &json!("2")));
    let target = Ref::Name(world.catalog.kind("table"), "pg.db.s.orders".into());
    let view = world.catalog.get(&world.admin.caller, &target, States::Alive, &Depth::bare()).await.unwrap();
    assert_eq!((view.text("display_name"), view.text("description")), (Some("All orders"), Some("d")));
    let product = json!({ "name": "p", "items": [{ "itemType": "ASSET", "identifier": table }] });
    shop.make("CreateDataProduct", product).await;
    world.attempt("DeleteAsset", &labels, Value::Null).await.refused("ConflictException", "used");
    let made =
        json!({ "name": "t", "typeIdentifier": "RelationalTableAssetType", "owningProjectIdentifier": shop.project });
    world.attempt("CreateAsset", &[&shop.domain], made).await.refused("ValidationException", "sources");
}
