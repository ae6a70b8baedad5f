//! Domains and their units.

use emporion_catalog::command::Ref;
use emporion_catalog::relation::OWNER;
use serde_json::{Value, json};

use crate::world::{Shop, World, text};

#[tokio::test]
async fn a_domain_is_made_read_changed_and_deleted() {
    let world = World::new().await;
    let body = json!({ "name": "Sales", "description": "d", "tags": { "a": "b" }, "domainVersion": "V2" });
    let made = world.ok("CreateDomain", &[], body).await;
    let id = text(&made, "id");
    assert!(id.starts_with("dzd-") && made["status"] == "AVAILABLE");
    let found = world.ok("GetDomain", &[&id], Value::Null).await;
    assert!(text(&found, "domainExecutionRole").starts_with("arn:aws:iam::"));
    assert_eq!((&found["tags"], &found["domainVersion"]), (&json!({ "a": "b" }), &json!("V2")));
    assert_eq!(text(&found, "rootDomainUnitId").replace('-', ""), id[4..]);
    let updated = world.ok("UpdateDomain", &[&id], json!({ "description": "new" })).await;
    assert_eq!((&updated["name"], &updated["description"]), (&json!("Sales"), &json!("new")));
    world.attempt("CreateDomain", &[], json!({ "name": "Sales" })).await.refused("ConflictException", &id);
    world.ok("DeleteDomain", &[&id], Value::Null).await;
    let gone = world.attempt("GetDomain", &[&id], Value::Null).await;
    gone.refused("AccessDeniedException", "User is not permitted to perform operation: GetDomain");
    world.ok("CreateDomain", &[], json!({ "name": "Sales" })).await;
}

#[tokio::test]
async fn a_domain_that_holds_something_goes_only_with_the_flag() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    world.attempt("DeleteDomain", &[&shop.domain], Value::Null).await.refused("ConflictException", "not empty");
    let flag = "skipDeletionCheck=true";
    assert_eq!(world.call(&world.admin, "DeleteDomain", &[&shop.domain], flag, Value::Null).await.status, 202);
    let default = world.default_domain().await;
    let default = format!("dzd-{}", default.uuid().simple());
    world.attempt("DeleteDomain", &[&default], Value::Null).await.refused("ValidationException", "default domain");
}

#[tokio::test]
async fn domains_are_listed_by_page_to_those_at_home_in_them() {
    let world = World::new().await;
    for i in 0..5 {
        world.ok("CreateDomain", &[], json!({ "name": format!("d{i}") })).await;
    }
    let mut seen = Vec::new();
    let mut query = "maxResults=2".to_owned();
    loop {
        let page = world.call(&world.admin, "ListDomains", &[], &query, Value::Null).await.body;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| text(item, "name")));
        match page["nextToken"].as_str() {
            Some(token) => query = format!("maxResults=2&nextToken={token}"),
            None => break,
        }
    }
    assert_eq!(seen, ["d0", "d1", "d2", "d3", "d4", "default"]);
    let stranger = world.person("stranger").await;
    let theirs = world.call(&stranger, "ListDomains", &[], "", Value::Null).await.body;
    assert_eq!(theirs, json!({ "items": [] }));
    let owner = Ref::Id(world.catalog.kind("user"), stranger.id);
    world.record("domain", "Mine", None, json!({ "domain_type": "Aggregate" }), vec![(OWNER, owner)]).await;
    let theirs = world.call(&stranger, "ListDomains", &[], "", Value::Null).await.body;
    assert_eq!(theirs["items"][0]["name"], "Mine");
}

#[tokio::test]
async fn a_stranger_sees_no_domain_and_a_member_sees_his() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let person = world.person("ann").await;
    let denied = world.call(&person, "GetDomain", &[&shop.domain], "", Value::Null).await;
    denied.refused("AccessDeniedException", "GetDomain");
    let member = json!({ "member": { "userIdentifier": "ann" }, "designation": "PROJECT_CONTRIBUTOR" });
    world.ok("CreateProjectMembership", &[&shop.domain, &shop.project], member).await;
    assert_eq!(world.call(&person, "GetDomain", &[&shop.domain], "", Value::Null).await.status, 200);
    let body = json!({ "name": "by ann", "owningProjectIdentifier": shop.project });
    let product = world.call(&person, "CreateDataProduct", &[&shop.domain], "", body).await;
    assert_eq!((product.status, text(&product.body, "createdBy")), (201, person.id.to_string()));
}

#[tokio::test]
async fn units_form_a_tree_under_the_domain() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let domain = world.ok("GetDomain", &[&shop.domain], Value::Null).await;
    let root = text(&domain, "rootDomainUnitId");
    let unit = |name: &'static str, parent: String| {
        let body = json!({ "name": name, "parentDomainUnitIdentifier": parent });
        world.ok("CreateDomainUnit", &[&shop.domain], body)
    };
    let north = text(&unit("North", root.clone()).await, "id");
    let city = unit("City", north.clone()).await;
    assert_eq!(city["ancestorDomainUnitIds"], json!([north, root]));
    assert_eq!(city["owners"], json!([{ "user": { "userId": world.admin.id.to_string() } }]));
    let city = text(&city, "id");
    let listed = world.call(
        &world.admin,
        "ListDomainUnitsForParent",
        &[&shop.domain],
        &format!("parentDomainUnitIdentifier={root}"),
        Value::Null,
    );
    assert_eq!(listed.await.body["items"], json!([{ "name": "North", "id": north }]));
    let renamed = world.ok("UpdateDomainUnit", &[&shop.domain, &city], json!({ "name": "Town" })).await;
    assert_eq!((text(&renamed, "name"), text(&renamed, "parentDomainUnitId")), ("Town".into(), north.clone()));
    world
        .attempt("DeleteDomainUnit", &[&shop.domain, &north], Value::Null)
        .await
        .refused("ConflictException", "not empty");
    world.attempt("DeleteDomainUnit", &[&shop.domain, &root], Value::Null).await.refused("ValidationException", "root");
    world.ok("DeleteDomainUnit", &[&shop.domain, &city], Value::Null).await;
    world.ok("DeleteDomainUnit", &[&shop.domain, &north], Value::Null).await;
    world
        .attempt("GetDomainUnit", &[&shop.domain, &north], Value::Null)
        .await
        .refused("ResourceNotFoundException", "DomainUnit");
    let body = json!({ "name": "x", "parentDomainUnitIdentifier": north });
    world.attempt("CreateDomainUnit", &[&shop.domain], body).await.refused("ValidationException", "DomainUnit");
}

#[tokio::test]
async fn a_domain_is_tagged_by_its_arn() {
    let world = World::new().await;
    let domain = text(&world.ok("CreateDomain", &[], json!({ "name": "Sales", "tags": { "a": "1" } })).await, "id");
    let arn = text(&world.ok("GetDomain", &[&domain], Value::Null).await, "arn");
    let arn = arn.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(world.ok("TagResource", &[&arn], json!({ "tags": { "b c": "2" } })).await, json!({}));
    assert_eq!(
        world.ok("ListTagsForResource", &[&arn], Value::Null).await,
        json!({ "tags": { "a": "1", "b c": "2" } })
    );
    let gone = world.call(&world.admin, "UntagResource", &[&arn], "tagKeys=a&tagKeys=b%20c", Value::Null).await;
    assert_eq!((gone.status, gone.body), (200, json!({})));
    assert_eq!(world.ok("ListTagsForResource", &[&arn], Value::Null).await, json!({ "tags": {} }));
    let wrong = world.attempt("ListTagsForResource", &["arn%3Aaws%3As3%3A%3A%3Ab"], Value::Null).await;
    wrong.refused("ResourceNotFoundException", "Resource");
}

#[tokio::test]
async fn units_stand_five_levels_deep_and_no_deeper() {
    let world = World::new().await;
    let domain = text(&world.ok("CreateDomain", &[], json!({ "name": "Sales" })).await, "id");
    let mut parent = text(&world.ok("GetDomain", &[&domain], Value::Null).await, "rootDomainUnitId");
    for level in 1..=5 {
        let body = json!({ "name": format!("level {level}"), "parentDomainUnitIdentifier": parent });
        let unit = world.ok("CreateDomainUnit", &[&domain], body).await;
        assert_eq!(unit["ancestorDomainUnitIds"].as_array().unwrap().len(), level);
        parent = text(&unit, "id");
    }
    let body = json!({ "name": "level 6", "parentDomainUnitIdentifier": parent });
    let got = world.attempt("CreateDomainUnit", &[&domain], body).await;
    got.refused("ServiceQuotaExceededException", "5 levels");
}

#[tokio::test]
async fn a_user_has_no_profile_of_single_sign_on() {
    let world = World::new().await;
    let domain = text(&world.ok("CreateDomain", &[], json!({ "name": "Sales" })).await, "id");
    let id = world.admin.id.to_string();
    let labels = [domain.as_str(), &id];
    assert_eq!(world.call(&world.admin, "GetUserProfile", &labels, "type=IAM", Value::Null).await.status, 200);
    let got = world.call(&world.admin, "GetUserProfile", &labels, "type=SSO", Value::Null).await;
    got.refused("ResourceNotFoundException", "UserProfile");
}
