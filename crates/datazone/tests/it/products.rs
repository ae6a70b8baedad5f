//! Data products: everything they hold, and what a revision replaces.

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::{EXPERT, HAS_ASSET, IN_DOMAIN, OWNER, TAGGED};
use emporion_datazone::Options;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::world::{Shop, World, text};

async fn view(world: &World, id: &str) -> View {
    let target = Ref::Id(world.catalog.kind("data_product"), id.parse().unwrap());
    world.catalog.get(&world.admin.caller, &target, States::Alive, &Depth::full()).await.unwrap()
}

async fn change(world: &World, id: &str, draft: Draft) {
    let command = Command::Change {
        target: Ref::Id(world.catalog.kind("data_product"), id.parse().unwrap()),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules::default(),
    };
    world.catalog.execute(&world.admin.caller, &command).await.unwrap();
}

#[tokio::test]
async fn the_shortest_create_answers_the_members_of_the_sample() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let made = shop.make("CreateDataProduct", json!({ "name": "CustomerInsightsDataProduct" })).await;
    let mut names: Vec<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "createdAt",
            "createdBy",
            "domainId",
            "firstRevisionCreatedAt",
            "firstRevisionCreatedBy",
            "formsOutput",
            "id",
            "name",
            "owningProjectId",
            "revision",
            "status",
        ]
    );
    assert_eq!(
        (&made["revision"], &made["status"], &made["formsOutput"]),
        (&json!("1"), &json!("CREATED"), &json!([]))
    );
    assert_eq!(
        (&made["createdAt"], &made["createdBy"]),
        (&made["firstRevisionCreatedAt"], &made["firstRevisionCreatedBy"])
    );
    let again = json!({ "name": "CustomerInsightsDataProduct", "owningProjectIdentifier": shop.project });
    let taken = world.attempt("CreateDataProduct", &[&shop.domain], again).await;
    assert_eq!(
        (taken.status, taken.message()),
        (409, format!("Conflict with dataProduct {}", text(&made, "id")).as_str())
    );
}

#[tokio::test]
async fn a_full_product_is_read_as_it_was_made_and_every_revision_stays() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    let glossary = shop.glossary("Words").await;
    let (zeta, alpha) = (shop.term(&glossary, "Zeta").await, shop.term(&glossary, "Alpha").await);
    let (first, second) = (shop.asset("first").await, shop.asset("second").await);
    let form = |name: &str| json!({ "formName": name, "typeIdentifier": "Quality", "typeRevision": "1", "content": r#"{ "steward": "ann" }"# });
    let items = json!([
        { "itemType": "ASSET", "identifier": second, "revision": "1", "glossaryTerms": [zeta, alpha] },
        { "itemType": "ASSET", "identifier": first },
    ]);
    let body = json!({
        "name": "Sales", "description": "What was sold", "glossaryTerms": [zeta, alpha, zeta],
        "formsInput": [form("B"), form("A")], "items": items,
    });
    let made = shop.make("CreateDataProduct", body).await;
    assert_eq!((&made["glossaryTerms"], &made["items"]), (&json!([zeta, alpha]), &items));
    assert_eq!(made["formsOutput"][0]["typeName"], "Quality");
    assert_eq!(made["formsOutput"][0]["content"], r#"{ "steward": "ann" }"#);
    let id = text(&made, "id");
    let labels = [shop.domain.as_str(), id.as_str()];
    assert_eq!(world.ok("GetDataProduct", &labels, Value::Null).await, made);
    let next = world.ok("CreateDataProductRevision", &labels, json!({ "name": "Sales v2" })).await;
    assert_eq!((&next["revision"], &next["name"], &next["formsOutput"]), (&json!("2"), &json!("Sales v2"), &json!([])));
    assert!(next.get("items").is_none() && next.get("glossaryTerms").is_none() && next.get("description").is_none());
    assert_eq!(next["firstRevisionCreatedAt"], made["createdAt"]);
    assert_eq!(world.ok("GetDataProduct", &labels, Value::Null).await, next);
    let get = |query: &'static str| world.call(&world.admin, "GetDataProduct", &labels, query, Value::Null);
    assert_eq!(get("revision=1").await.body, made);
    for unknown in ["revision=3", "revision=01", "revision=x"] {
        get(unknown).await.refused("ResourceNotFoundException", "Requested dataProduct cannot be found in domain");
    }
    shop.product("Sales").await;
    let taken = world.attempt("CreateDataProductRevision", &labels, json!({ "name": "Sales" })).await;
    taken.refused("ConflictException", "Conflict with dataProduct");
    world.ok("DeleteDataProduct", &labels, Value::Null).await;
    world
        .attempt("DeleteDataProduct", &labels, Value::Null)
        .await
        .refused("ResourceNotFoundException", "cannot be found");
}

#[tokio::test]
async fn revisions_are_pages_of_numbers_and_changes_elsewhere_count_only_as_content() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let id = shop.product("p").await;
    let labels = [shop.domain.as_str(), id.as_str()];
    for _ in 2..=5 {
        world.ok("CreateDataProductRevision", &labels, json!({ "name": "p" })).await;
    }
    let before = world.ok("GetDataProduct", &labels, Value::Null).await;
    // An owner is no content, a description is.
    let mut owned = Draft::default();
    owned.relate(OWNER, How::Add, "owners", vec![Target::of(Ref::Id(world.catalog.kind("user"), world.admin.id))]);
    change(&world, &id, owned).await;
    assert_eq!(world.ok("GetDataProduct", &labels, Value::Null).await, before, "its stamp is that of the revision");
    let mut described = Draft::default();
    described.set("description", "from elsewhere");
    change(&world, &id, described).await;
    let after = world.ok("GetDataProduct", &labels, Value::Null).await;
    assert_eq!((&after["revision"], &after["description"]), (&json!("6"), &json!("from elsewhere")));
    let mut numbers = Vec::new();
    let mut query = "maxResults=4".to_owned();
    loop {
        let page = world.call(&world.admin, "ListDataProductRevisions", &labels, &query, Value::Null).await.body;
        numbers.extend(page["items"].as_array().unwrap().iter().map(|row| text(row, "revision")));
        let Some(token) = page["nextToken"].as_str() else { break };
        query = format!("maxResults=4&nextToken={token}");
    }
    assert_eq!(numbers, ["6", "5", "4", "3", "2", "1"]);
}

#[tokio::test]
async fn a_revision_replaces_only_what_this_api_can_say() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    let glossary = shop.glossary("Words").await;
    let (old, new) = (shop.term(&glossary, "Old").await, shop.term(&glossary, "New").await);
    let asset = shop.asset("a").await;
    let id = shop.product("p").await;
    world.record("classification", "Level", None, json!({}), vec![]).await;
    let tag = world.record("tag", "High", Some(("classification", "Level")), json!({}), vec![]).await;
    let user = world.catalog.kind("user");
    let mut draft = Draft::default();
    draft.set("display_name", "Shown");
    draft.relate(OWNER, How::Add, "owners", vec![Target::of(Ref::Id(user, world.admin.id))]);
    draft.relate(EXPERT, How::Add, "experts", vec![Target::of(Ref::Id(user, world.admin.id))]);
    let label = |id: &str| Target::of(Ref::AnyOf(&[], id.parse().unwrap())).with("label_type", "Manual");
    draft.relate(TAGGED, How::Add, "tags", vec![label(&old), label(&tag.to_string())]);
    let held = Target::of(Ref::AnyOf(&[], asset.parse().unwrap())).with("external_id", "x.1");
    draft.relate(HAS_ASSET, How::Add, "assets", vec![held]);
    change(&world, &id, draft).await;
    let before = view(&world, &id).await;
    let items = json!([{ "itemType": "ASSET", "identifier": asset, "revision": "1" }]);
    let body = json!({ "name": "p", "glossaryTerms": [new, old], "items": items });
    world.ok("CreateDataProductRevision", &[&shop.domain, &id], body).await;
    let after = view(&world, &id).await;
    assert_eq!(after.text("display_name"), Some("Shown"));
    assert_eq!(after.targets(OWNER).count() + after.targets(EXPERT).count(), 2);
    let labels: Vec<String> = after.targets(TAGGED).map(|(edge, _)| edge.to.to_string()).collect();
    assert_eq!(labels, [new, tag.to_string(), old], "terms take the places of terms, tags keep theirs");
    let edge = |view: &View| view.targets(HAS_ASSET).next().map(|(edge, _)| edge.clone()).unwrap();
    assert_eq!(edge(&after).id, edge(&before).id);
    assert_eq!(edge(&after).attributes["external_id"], "x.1");
    assert_eq!(edge(&after).attributes["revision"], "1");
    let shown = world.ok("GetDataProduct", &[&shop.domain, &id], Value::Null).await;
    assert_eq!(shown["items"], items);
}

#[tokio::test]
async fn what_is_beyond_the_limits_is_shown_and_may_be_repeated() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let name = "n".repeat(100);
    let id =
        world.record("data_product", &name, Some(("domain", "Sales")), json!({ "description": "d" }), vec![]).await;
    let id = id.to_string();
    // The shape of an answer says 64; names of other doors are not cut.
    let labels = [shop.domain.as_str(), id.as_str()];
    let found = world.beyond_limits("GetDataProduct", &labels, Value::Null).await;
    assert_eq!(found["name"], name);
    let revise = |name: String| json!({ "name": name, "description": "e" });
    let refused = world.attempt("CreateDataProductRevision", &[&shop.domain, &id], revise("m".repeat(65))).await;
    refused.refused("ValidationException", "'name'");
    let repeated = world.beyond_limits("CreateDataProductRevision", &labels, revise(name.clone())).await;
    assert_eq!((&repeated["name"], &repeated["description"]), (&json!(name), &json!("e")));
}

#[tokio::test]
async fn references_must_lead_somewhere() {
    let world = World::new().await;
    let (shop, other) = (Shop::new(&world, "Sales").await, Shop::new(&world, "Other").await);
    shop.types().await;
    let asset = shop.asset("a").await;
    let create = |mut body: Value| {
        body["name"] = json!("p");
        if body.get("owningProjectIdentifier").is_none() {
            body["owningProjectIdentifier"] = json!(shop.project);
        }
        world.attempt("CreateDataProduct", &[&shop.domain], body)
    };
    let missing = "ResourceNotFoundException";
    create(json!({ "owningProjectIdentifier": other.project })).await.refused(missing, "project");
    create(json!({ "owningProjectIdentifier": "nobody" })).await.refused(missing, "project");
    create(json!({ "glossaryTerms": [asset] })).await.refused(missing, "GlossaryTerm");
    create(json!({ "items": [{ "itemType": "ASSET", "identifier": shop.project }] })).await.refused(missing, "Asset");
    let item = |revision: &str| json!([{ "itemType": "ASSET", "identifier": asset, "revision": revision }]);
    create(json!({ "items": item("2") })).await.refused(missing, "revision 2");
    let twice = json!([{ "itemType": "ASSET", "identifier": asset }, { "itemType": "ASSET", "identifier": asset }]);
    create(json!({ "items": twice })).await.refused("ValidationException", "items.2.member.identifier");
    let foreign = other.term(&other.glossary("Words").await, "T").await;
    create(json!({ "glossaryTerms": [foreign] })).await.refused(missing, "GlossaryTerm");
    let form = json!({ "formName": "F", "typeIdentifier": "Nothing", "typeRevision": "1" });
    create(json!({ "formsInput": [form] })).await.refused("ValidationException", "Nothing");
    create(json!({ "formsInput": [{ "formName": "F" }] })).await.refused("ValidationException", "typeIdentifier");
    create(json!({ "items": item("1") })).await;
}

#[tokio::test]
async fn products_are_limited_and_publishing_can_be_off() {
    let world = World::with(Options { max_data_products: Some(1), ..Options::default() }).await;
    let shop = Shop::new(&world, "Sales").await;
    shop.product("one").await;
    let body = json!({ "name": "two", "owningProjectIdentifier": shop.project });
    let full = world.attempt("CreateDataProduct", &[&shop.domain], body.clone()).await;
    assert_eq!(full.status, 402);
    full.refused("ServiceQuotaExceededException", "quota of 1 for DataProduct");
    let world = World::with(Options { publishing_enabled: false, ..Options::default() }).await;
    let shop = Shop::new(&world, "Sales").await;
    let body = json!({ "name": "two", "owningProjectIdentifier": shop.project });
    world.attempt("CreateDataProduct", &[&shop.domain], body).await.refused("AccessDeniedException", "publishing");
}

#[tokio::test]
async fn imported_ids_are_shown_and_understood() {
    let world = World::new().await;
    let known_as = |alias: &str| vec![(emporion_catalog::alias::CLOUD_ID.name, alias.to_owned())];
    let create = |kind: &str, name: &str, parent: Option<Ref>, fields: Value, alias: &str| {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let draft = Draft { name: Some(name.into()), fields, aliases: known_as(alias), ..Draft::default() };
        let kind = world.catalog.kind(kind);
        Command::Create { kind, parent, draft, id: None, rules: DoorRules::default() }
    };
    let (domain, project) = ("dzd_53ielnpxktdilj", "prj7nx82mkl");
    let parent = Ref::Name(world.catalog.kind("domain"), "Sales".into());
    let commands = [
        create("domain", "Sales", None, json!({ "domain_type": "Aggregate" }), domain),
        create("team", "Insights", Some(parent), json!({ "team_type": "Group" }), project),
    ];
    for command in &commands {
        world.catalog.execute(&world.admin.caller, command).await.unwrap();
    }
    let body = json!({ "name": "CustomerInsightsDataProduct", "owningProjectIdentifier": project });
    let made = world.ok("CreateDataProduct", &[domain], body).await;
    assert_eq!((&made["domainId"], &made["owningProjectId"]), (&json!(domain), &json!(project)));
    let found = world.ok("GetDataProduct", &[domain, &text(&made, "id")], Value::Null).await;
    assert_eq!(found, made);
    let filter = json!({ "filter": { "attribute": "owningProjectId", "value": project } });
    let body = json!({ "searchScope": "DATA_PRODUCT", "filters": filter });
    assert_eq!(world.ok("Search", &[domain], body).await["totalMatchCount"], 1);
}

/// Deletes as another door does, which refuses nothing because it is used.
async fn delete(world: &World, kind: &str, id: &str) {
    let target = Ref::Id(world.catalog.kind(kind), id.parse().unwrap());
    let command = Command::Delete { target, guard: Guard::None, how: Deletion::SOFT };
    world.catalog.execute(&world.admin.caller, &command).await.unwrap();
}

#[tokio::test]
async fn a_past_revision_shows_what_was_deleted_since() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    let glossary = shop.glossary("Words").await;
    let (term, own) = (shop.term(&glossary, "Net").await, shop.term(&glossary, "Gross").await);
    let (gone, stays) = (shop.asset("gone").await, shop.asset("stays").await);
    let items = json!([
        { "itemType": "ASSET", "identifier": gone, "revision": "1", "glossaryTerms": [own] },
        { "itemType": "ASSET", "identifier": stays },
    ]);
    let body = json!({ "name": "p", "items": items, "glossaryTerms": [term] });
    let made = shop.make("CreateDataProduct", body).await;
    let labels = [shop.domain.clone(), text(&made, "id")];
    let labels = [labels[0].as_str(), labels[1].as_str()];
    delete(&world, "asset", &gone).await;
    let now = world.ok("GetDataProduct", &labels, Value::Null).await;
    assert_eq!((&now["revision"], now["items"].as_array().unwrap().len()), (&json!("2"), 1));
    delete(&world, "glossary_term", &term).await;
    delete(&world, "glossary_term", &own).await;
    let now = world.ok("GetDataProduct", &labels, Value::Null).await;
    assert!(now["revision"] == "3" && now.get("glossaryTerms").is_none(), "{now}");
    let first = world.call(&world.admin, "GetDataProduct", &labels, "revision=1", Value::Null).await.body;
    assert_eq!(first, made);
}

#[tokio::test]
async fn a_product_that_moves_belongs_to_the_stewards_of_its_new_domain() {
    let world = World::new().await;
    let (shop, other) = (Shop::new(&world, "Sales").await, Shop::new(&world, "Other").await);
    let id = shop.product("p").await;
    let mut draft = Draft::default();
    let domain = Ref::Name(world.catalog.kind("domain"), "Other".into());
    draft.relate(IN_DOMAIN, How::Replace, "domains", vec![Target::of(domain)]);
    change(&world, &id, draft).await;
    let projects = world.ok("ListProjects", &[&other.domain], Value::Null).await;
    let stewards = projects["items"].as_array().unwrap().iter().find(|project| project["name"] == "Stewards").unwrap();
    let got = world.ok("GetDataProduct", &[&other.domain, &id], Value::Null).await;
    assert_eq!(got["owningProjectId"], stewards["id"]);
    let gone = world.attempt("GetDataProduct", &[&shop.domain, &id], Value::Null).await;
    gone.refused("ResourceNotFoundException", "cannot be found in domain");
}

#[tokio::test]
async fn a_tag_of_another_door_makes_no_revision() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let id = shop.product("p").await;
    world.record("classification", "Level", None, json!({}), Vec::new()).await;
    world.record("tag", "low", Some(("classification", "Level")), json!({}), Vec::new()).await;
    let mut draft = Draft::default();
    let tag = Ref::Name(world.catalog.kind("tag"), "Level.low".into());
    draft.relate(TAGGED, How::Add, "tags", vec![Target::of(tag)]);
    change(&world, &id, draft).await;
    let got = world.ok("GetDataProduct", &[&shop.domain, &id], Value::Null).await;
    assert!(got["revision"] == "1" && view(&world, &id).await.targets(TAGGED).count() == 1, "{got}");
}
