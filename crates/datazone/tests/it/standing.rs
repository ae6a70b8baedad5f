//! What belongs to a project, asked for by members of another project of the same domain.

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::relation::{EDITOR, OWNER, Relation};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::world::{Got, Person, Shop, World, text};

/// A domain with two projects, a member of each, and what the first one owns.
struct Street<'w> {
    shop: Shop<'w>,
    other: String,
    ours: Person,
    theirs: Person,
    asset: String,
    product: String,
}

impl<'w> Street<'w> {
    async fn new(world: &'w World) -> Street<'w> {
        let shop = Shop::new(world, "Sales").await;
        let other = text(&world.ok("CreateProject", &[&shop.domain], json!({ "name": "others" })).await, "id");
        let (ours, theirs) = (world.person("ours").await, world.person("theirs").await);
        join(&shop, &shop.project, &ours, "PROJECT_CATALOG_VIEWER").await;
        join(&shop, &other, &theirs, "PROJECT_OWNER").await;
        shop.types().await;
        let asset = shop.asset("a").await;
        let items = json!([{ "itemType": "ASSET", "identifier": asset }]);
        let product = text(&shop.make("CreateDataProduct", json!({ "name": "p", "items": items })).await, "id");
        let (ours, theirs) = (again(world, ours).await, again(world, theirs).await);
        Street { shop, other, ours, theirs, asset, product }
    }

    async fn call(&self, who: &Person, operation: &'static str, rest: &[&str], query: &str, body: Value) -> Got {
        let labels: Vec<&str> = std::iter::once(self.shop.domain.as_str()).chain(rest.iter().copied()).collect();
        self.shop.world.call(who, operation, &labels, query, body).await
    }

    async fn found(&self, who: &Person, scope: &str, more: Value) -> (Vec<String>, u64) {
        let mut body = json!({ "searchScope": scope, "maxResults": 1 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (mut names, mut total) = (Vec::new(), 0);
        loop {
            let page = self.call(who, "Search", &[], "", body.clone()).await.body;
            let items = page["items"].as_array().unwrap();
            names.extend(items.iter().map(|item| text(item.as_object().unwrap().values().next().unwrap(), "name")));
            total = total.max(page["totalMatchCount"].as_u64().unwrap());
            match page.get("nextToken") {
                Some(token) => body["nextToken"] = token.clone(),
                None => return (names, total),
            }
        }
    }

    /// Gives a person a role on the product, as another door would.
    async fn role(&self, relation: Relation, who: &Person) {
        let world = self.shop.world;
        let mut draft = Draft::default();
        let user = Ref::Id(world.catalog.kind("user"), who.id);
        draft.relate(relation, How::Replace, relation.name(), vec![Target::of(user)]);
        let command = Command::Change {
            target: Ref::Id(world.catalog.kind("data_product"), self.product.parse().unwrap()),
            guard: Guard::None,
            edit: Arc::new(move |_| Ok(draft.clone())),
            rules: DoorRules::default(),
        };
        world.catalog.execute(&world.admin.caller, &command).await.unwrap();
    }
}

async fn join(shop: &Shop<'_>, project: &str, who: &Person, designation: &str) {
    let member = json!({ "member": { "userIdentifier": who.id.to_string() }, "designation": designation });
    shop.world.ok("CreateProjectMembership", &[&shop.domain, project], member).await;
}

/// The person as the next request finds him.
async fn again(world: &World, who: Person) -> Person {
    let caller = world.catalog.caller(world.admin.caller.account(), who.id).await.unwrap();
    Person { caller, ..who }
}

#[tokio::test]
async fn the_inventory_of_a_project_is_there_for_its_members_alone() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    let revision = json!({ "name": "p" });
    let item = json!({ "name": "q", "owningProjectIdentifier": street.other,
        "items": [{ "itemType": "ASSET", "identifier": street.asset }] });
    for (operation, label, query, body) in [
        ("GetDataProduct", Some(&street.product), "", Value::Null),
        ("GetDataProduct", Some(&street.product), "revision=1", Value::Null),
        ("ListDataProductRevisions", Some(&street.product), "", Value::Null),
        ("CreateDataProductRevision", Some(&street.product), "", revision.clone()),
        ("DeleteDataProduct", Some(&street.product), "", Value::Null),
        ("GetAsset", Some(&street.asset), "", Value::Null),
        ("ListAssetRevisions", Some(&street.asset), "", Value::Null),
        ("CreateAssetRevision", Some(&street.asset), "", revision),
        ("DeleteAsset", Some(&street.asset), "", Value::Null),
        ("CreateDataProduct", None, "", item),
    ] {
        let rest: Vec<&str> = label.map(String::as_str).into_iter().collect();
        let got = street.call(&street.theirs, operation, &rest, query, body).await;
        assert_eq!((got.status, got.code.as_str()), (404, "ResourceNotFoundException"), "{operation}: {got:?}");
    }
    for (operation, id) in [("GetDataProduct", &street.product), ("GetAsset", &street.asset)] {
        let got = street.call(&street.ours, operation, &[id], "", Value::Null).await;
        assert_eq!(got.status, 200, "{operation}: {got:?}");
    }
    let nothing = (Vec::new(), 0);
    let named = json!({ "owningProjectIdentifier": street.shop.project });
    for scope in ["ASSET", "DATA_PRODUCT"] {
        for more in [json!({}), json!({ "searchText": if scope == "ASSET" { "a" } else { "p" } }), named.clone()] {
            assert_eq!(street.found(&street.theirs, scope, more.clone()).await, nothing, "{scope} {more}");
            assert_eq!(street.found(&street.ours, scope, more.clone()).await.1, 1, "{scope} {more}");
        }
    }
    street.call(&world.admin, "GetDataProduct", &[&street.product], "", Value::Null).await;
}

#[tokio::test]
async fn what_no_project_owns_and_what_serves_the_domain_is_there_for_every_member() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    world.record("data_product", "free", Some(("domain", "Sales")), json!({}), Vec::new()).await;
    let glossary = street.shop.glossary("Words").await;
    let term = street.shop.term(&glossary, "Net").await;
    assert_eq!(street.found(&street.theirs, "DATA_PRODUCT", json!({})).await, (vec!["free".to_owned()], 1));
    for (operation, label) in [
        ("GetGlossary", glossary.as_str()),
        ("GetGlossaryTerm", term.as_str()),
        ("GetFormType", "Quality"),
        ("GetAssetType", "Sheet"),
        ("GetProject", street.shop.project.as_str()),
    ] {
        let got = street.call(&street.theirs, operation, &[label], "", Value::Null).await;
        assert_eq!(got.status, 200, "{operation}: {got:?}");
    }
    let body = json!({ "name": "theirs", "typeIdentifier": "Sheet", "owningProjectIdentifier": street.other,
        "glossaryTerms": [term] });
    assert_eq!(street.call(&street.theirs, "CreateAsset", &[], "", body).await.status, 201);
}

#[tokio::test]
async fn members_of_a_project_are_named_to_its_members() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    let project = [street.shop.project.as_str()];
    let got = street.call(&street.theirs, "ListProjectMemberships", &project, "", Value::Null).await;
    got.refused("AccessDeniedException", "User is not permitted to perform operation: ListProjectMemberships");
    let got = street.call(&street.ours, "ListProjectMemberships", &project, "", Value::Null).await;
    assert_eq!(got.body["members"].as_array().unwrap().len(), 2);
    let of = |who: &Person| format!("userIdentifier={}", who.id);
    for (asker, asked, projects) in [
        (&street.theirs, &street.ours, vec![]),
        (&street.ours, &street.ours, vec!["makers"]),
        (&street.theirs, &street.theirs, vec!["others"]),
        (&world.admin, &street.ours, vec!["makers"]),
    ] {
        let got = street.call(asker, "ListProjects", &[], &of(asked), Value::Null).await;
        let names: Vec<&str> =
            got.body["items"].as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
        assert_eq!(names, projects);
    }
}

#[tokio::test]
async fn a_role_on_the_record_is_standing_of_its_own() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    for relation in [OWNER, EDITOR] {
        street.role(relation, &street.theirs).await;
        let got = street.call(&street.theirs, "GetDataProduct", &[&street.product], "", Value::Null).await;
        assert_eq!(got.status, 200, "{relation:?}: {got:?}");
        assert_eq!(street.found(&street.theirs, "DATA_PRODUCT", json!({})).await.1, 1);
        // What the product holds already may stay, though it is not his to take.
        let body = json!({ "name": "p", "items": [{ "itemType": "ASSET", "identifier": street.asset }] });
        let got = street.call(&street.theirs, "CreateDataProductRevision", &[&street.product], "", body).await;
        assert_eq!(got.status, 201, "{relation:?}: {got:?}");
        street.role(relation, &world.admin).await;
    }
    let got = street.call(&street.theirs, "GetDataProduct", &[&street.product], "", Value::Null).await;
    assert_eq!(got.status, 404);
}

#[tokio::test]
async fn who_leaves_a_project_loses_sight_of_it_with_the_next_request() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    join(&street.shop, &street.other, &street.ours, "PROJECT_CONTRIBUTOR").await;
    let get = async || street.call(&street.ours, "GetDataProduct", &[&street.product], "", Value::Null).await.status;
    assert_eq!(get().await, 200);
    let member = json!({ "member": { "userIdentifier": street.ours.id.to_string() } });
    let labels = [street.shop.domain.as_str(), street.shop.project.as_str()];
    world.ok("DeleteProjectMembership", &labels, member).await;
    assert_eq!(get().await, 404, "an answer that was kept is not given any more");
}

#[tokio::test]
async fn the_stewards_of_a_domain_stand_in_all_of_its_projects() {
    let world = World::new().await;
    let street = Street::new(&world).await;
    let projects = world.call(&world.admin, "ListProjects", &[&street.shop.domain], "name=Stewards", Value::Null).await;
    let stewards = text(&projects.body["items"][0], "id");
    for (designation, status) in [("PROJECT_CATALOG_VIEWER", 404), ("PROJECT_CATALOG_STEWARD", 200)] {
        let who = world.person(&format!("steward-{status}")).await;
        join(&street.shop, &stewards, &who, designation).await;
        let who = again(&world, who).await;
        let got = street.call(&who, "GetDataProduct", &[&street.product], "", Value::Null).await;
        assert_eq!(got.status, status, "{designation}");
    }
}

#[tokio::test]
async fn an_asset_of_a_project_elsewhere_is_no_item_for_others() {
    let world = World::new().await;
    let (street, far) = (Street::new(&world).await, Shop::new(&world, "Far").await);
    far.types().await;
    let asset = far.asset("far").await;
    let free = world.record("asset", "free", Some(("domain", "Far")), json!({}), Vec::new()).await.to_string();
    for (who, asset, status) in
        [(&street.theirs, &asset, 404), (&street.theirs, &free, 201), (&world.admin, &asset, 201)]
    {
        let body = json!({ "name": format!("of {status} {}", who.key), "owningProjectIdentifier": street.other,
            "items": [{ "itemType": "ASSET", "identifier": asset }] });
        let got = street.call(who, "CreateDataProduct", &[], "", body).await;
        assert_eq!(got.status, status, "{got:?}");
    }
}
