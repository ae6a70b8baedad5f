//! Glossaries and terms.

use serde_json::{Value, json};

use crate::world::{Shop, World, text};

#[tokio::test]
async fn a_glossary_goes_when_it_is_disabled_and_empty() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let glossary = shop.glossary("Words").await;
    let labels = [shop.domain.as_str(), glossary.as_str()];
    let found = world.ok("GetGlossary", &labels, Value::Null).await;
    assert_eq!((&found["status"], text(&found, "owningProjectId")), (&json!("ENABLED"), shop.project.clone()));
    let term = shop.term(&glossary, "Revenue").await;
    let taken = json!({ "name": "Words", "owningProjectIdentifier": shop.project });
    let taken = world.attempt("CreateGlossary", &[&shop.domain], taken).await;
    taken.refused("ConflictException", &format!("Conflict with businessGlossary {glossary}"));
    world.attempt("DeleteGlossary", &labels, Value::Null).await.refused("ValidationException", "DISABLED");
    let updated = world.ok("UpdateGlossary", &labels, json!({ "status": "DISABLED" })).await;
    assert_eq!((&updated["status"], &updated["name"]), (&json!("DISABLED"), &json!("Words")));
    world.attempt("DeleteGlossary", &labels, Value::Null).await.refused("ConflictException", "having glossary terms");
    world.ok("DeleteGlossaryTerm", &[&shop.domain, &term], Value::Null).await;
    world.ok("DeleteGlossary", &labels, Value::Null).await;
    world.attempt("GetGlossary", &labels, Value::Null).await.refused("ResourceNotFoundException", "The given Glossary");
    shop.glossary("Words").await;
}

#[tokio::test]
async fn unknown_projects_are_400_where_404_is_not_declared() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let body = json!({ "name": "g", "owningProjectIdentifier": "nobody" });
    world.attempt("CreateGlossary", &[&shop.domain], body).await.refused("ValidationException", "project");
}

#[tokio::test]
async fn terms_have_descriptions_relations_and_a_life() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let glossary = shop.glossary("Words").await;
    let money = shop.term(&glossary, "Money").await;
    let body = json!({
        "glossaryIdentifier": glossary, "name": "Revenue", "shortDescription": "s", "longDescription": "l",
        "termRelations": { "isA": [money], "classifies": [money] },
    });
    let made = world.ok("CreateGlossaryTerm", &[&shop.domain], body).await;
    let revenue = text(&made, "id");
    let found = world.ok("GetGlossaryTerm", &[&shop.domain, &revenue], Value::Null).await;
    assert_eq!(found["termRelations"], json!({ "isA": [money], "classifies": [money] }));
    assert_eq!((&found["shortDescription"], &found["longDescription"]), (&json!("s"), &json!("l")));
    let in_use = world.attempt("DeleteGlossaryTerm", &[&shop.domain, &money], Value::Null).await;
    in_use.refused("ConflictException", "used");
    let cycle = json!({ "termRelations": { "isA": [revenue] } });
    let cycle = world.attempt("UpdateGlossaryTerm", &[&shop.domain, &money], cycle).await;
    cycle.refused("ValidationException", "cycle");
    let change = json!({ "status": "DISABLED", "shortDescription": "" });
    let updated = world.ok("UpdateGlossaryTerm", &[&shop.domain, &revenue], change).await;
    assert_eq!((&updated["status"], &updated["longDescription"]), (&json!("DISABLED"), &json!("l")));
    assert!(updated.get("shortDescription").is_none());
    let other = shop.glossary("Other words").await;
    let moved = json!({ "glossaryIdentifier": other });
    let moved = world.ok("UpdateGlossaryTerm", &[&shop.domain, &revenue], moved).await;
    assert_eq!((text(&moved, "glossaryId"), text(&moved, "id")), (other, revenue.clone()));
    let attach = json!({ "name": "p", "owningProjectIdentifier": shop.project, "glossaryTerms": [revenue] });
    world.attempt("CreateDataProduct", &[&shop.domain], attach).await.refused("ValidationException", "DISABLED");
    let attach = json!({ "name": "p", "owningProjectIdentifier": shop.project, "glossaryTerms": [money] });
    let product = text(&world.ok("CreateDataProduct", &[&shop.domain], attach).await, "id");
    world.ok("DeleteGlossaryTerm", &[&shop.domain, &revenue], Value::Null).await;
    world
        .attempt("DeleteGlossaryTerm", &[&shop.domain, &money], Value::Null)
        .await
        .refused("ConflictException", "used");
    world.ok("DeleteDataProduct", &[&shop.domain, &product], Value::Null).await;
    world.ok("DeleteGlossaryTerm", &[&shop.domain, &money], Value::Null).await;
    let lost = json!({ "glossaryIdentifier": money, "name": "x" });
    world
        .attempt("CreateGlossaryTerm", &[&shop.domain], lost)
        .await
        .refused("ResourceNotFoundException", "The given Glossary doesn't");
}
