//! Projects, who belongs to them, and who people are.

use emporion_catalog::command::Ref;
use emporion_catalog::relation::IN_DOMAIN;
use serde_json::{Value, json};

use crate::world::{Shop, World, text};

#[tokio::test]
async fn a_project_is_made_listed_changed_and_deleted() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let body = json!({ "name": "Insights", "resourceTags": { "k": "v" }, "projectCategory": "c" });
    let made = world.ok("CreateProject", &[&shop.domain], body).await;
    let id = text(&made, "id");
    assert_eq!(made["resourceTags"], json!([{ "key": "k", "value": "v", "source": "PROJECT" }]));
    let updated = world.ok("UpdateProject", &[&shop.domain, &id], json!({ "description": "d" })).await;
    assert_eq!((&updated["name"], &updated["description"]), (&json!("Insights"), &json!("d")));
    assert_eq!(updated["resourceTags"], made["resourceTags"]);
    let list = |query: &'static str| world.call(&world.admin, "ListProjects", &[&shop.domain], query, Value::Null);
    let names = |page: Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| text(item, "name")).collect()
    };
    assert_eq!(names(list("").await.body), ["Insights", "Stewards", "makers"]);
    assert_eq!(names(list("name=makers").await.body), ["makers"]);
    assert_eq!(names(list("projectCategory=c").await.body), ["Insights"]);
    assert_eq!(names(list("userIdentifier=admin").await.body).len(), 3);
    assert!(names(list("userIdentifier=nobody").await.body).is_empty());
    let root = text(&made, "domainUnitId");
    let unit = json!({ "name": "North", "parentDomainUnitIdentifier": root });
    let unit = text(&world.ok("CreateDomainUnit", &[&shop.domain], unit).await, "id");
    let moved = world.ok("UpdateProject", &[&shop.domain, &id], json!({ "domainUnitId": unit })).await;
    assert_eq!((text(&moved, "domainUnitId"), text(&moved, "id")), (unit, id.clone()));
    let taken = world.attempt("CreateProject", &[&shop.domain], json!({ "name": "Insights" })).await;
    taken.refused("ConflictException", &id);
    world.ok("DeleteProject", &[&shop.domain, &id], Value::Null).await;
    world
        .attempt("GetProject", &[&shop.domain, &id], Value::Null)
        .await
        .refused("ResourceNotFoundException", "Project");
    world.ok("CreateProject", &[&shop.domain], json!({ "name": "Insights" })).await;
}

#[tokio::test]
async fn a_project_with_products_goes_with_the_flag_and_leaves_them_to_the_stewards() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let product = shop.product("p").await;
    let labels = [shop.domain.as_str(), shop.project.as_str()];
    world.attempt("DeleteProject", &labels, Value::Null).await.refused("ValidationException", "used");
    let gone = world.call(&world.admin, "DeleteProject", &labels, "skipDeletionCheck=true", Value::Null).await;
    assert_eq!(gone.status, 204);
    let found = world.ok("GetDataProduct", &[&shop.domain, &product], Value::Null).await;
    let steward = text(&found, "owningProjectId");
    let project = world.ok("GetProject", &[&shop.domain, &steward], Value::Null).await;
    assert_eq!(project["name"], "Stewards");
    world
        .attempt("DeleteProject", &[&shop.domain, &steward], Value::Null)
        .await
        .refused("ValidationException", "stewards");
}

#[tokio::test]
async fn members_come_and_go_and_the_last_owner_stays() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let person = world.person("ann").await;
    let labels = [shop.domain.as_str(), shop.project.as_str()];
    let join = |word: &str| json!({ "member": { "userIdentifier": person.id.to_string() }, "designation": word });
    assert_eq!(world.ok("CreateProjectMembership", &labels, join("PROJECT_CATALOG_STEWARD")).await, json!({}));
    world
        .attempt("CreateProjectMembership", &labels, join("PROJECT_OWNER"))
        .await
        .refused("ValidationException", "User is already in the project.");
    let members = world.ok("ListProjectMemberships", &labels, Value::Null).await;
    let words: Vec<String> = members["members"].as_array().unwrap().iter().map(|m| text(m, "designation")).collect();
    assert_eq!(words, ["PROJECT_OWNER", "PROJECT_CATALOG_STEWARD"]);
    let page = world.call(&world.admin, "ListProjectMemberships", &labels, "maxResults=1", Value::Null).await.body;
    let query = format!("maxResults=1&nextToken={}", text(&page, "nextToken"));
    let second = world.call(&world.admin, "ListProjectMemberships", &labels, &query, Value::Null).await.body;
    assert_eq!(second["members"][0]["memberDetails"]["user"]["userId"], person.id.to_string());
    assert!(second.get("nextToken").is_none());
    let leave = |id: String| json!({ "member": { "userIdentifier": id } });
    world.ok("DeleteProjectMembership", &labels, leave(person.id.to_string())).await;
    let again = world.attempt("DeleteProjectMembership", &labels, leave(person.id.to_string())).await;
    again.refused("ResourceNotFoundException", "projectMember");
    let last = world.attempt("DeleteProjectMembership", &labels, leave(world.admin.id.to_string())).await;
    last.refused("ValidationException", "last owner");
    let nobody = join("PROJECT_OWNER")["designation"].clone();
    let nobody = json!({ "member": { "userIdentifier": "nobody" }, "designation": nobody });
    world.attempt("CreateProjectMembership", &labels, nobody).await.refused("ResourceNotFoundException", "UserProfile");
}

#[tokio::test]
async fn an_owner_manages_his_project_and_a_viewer_makes_nothing() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let (owner, viewer) = (world.person("owner").await, world.person("viewer").await);
    let labels = [shop.domain.as_str(), shop.project.as_str()];
    let join = |name: &str, word: &str| json!({ "member": { "userIdentifier": name }, "designation": word });
    world.ok("CreateProjectMembership", &labels, join("owner", "PROJECT_OWNER")).await;
    let added =
        world.call(&owner, "CreateProjectMembership", &labels, "", join("viewer", "PROJECT_CATALOG_VIEWER")).await;
    assert_eq!(added.status, 201, "{added:?}");
    let body = json!({ "name": "n", "owningProjectIdentifier": shop.project });
    let denied = world.call(&viewer, "CreateDataProduct", &[&shop.domain], "", body.clone()).await;
    denied.refused("AccessDeniedException", "User is not permitted to perform operation: CreateDataProduct");
    let made = world.call(&owner, "CreateDataProduct", &[&shop.domain], "", body).await;
    let product = text(&made.body, "id");
    let seen = world.call(&viewer, "GetDataProduct", &[&shop.domain, &product], "", Value::Null).await;
    assert_eq!(seen.status, 200);
    let denied = world.call(&viewer, "DeleteDataProduct", &[&shop.domain, &product], "", Value::Null).await;
    denied.refused("AccessDeniedException", "DeleteDataProduct");
}

#[tokio::test]
async fn teams_of_other_doors_are_projects_where_their_domain_is() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let domain = Ref::Name(world.catalog.kind("domain"), "Sales".into());
    let group = json!({ "team_type": "Group" });
    let linked = world.record("team", "Linked", None, group.clone(), vec![(IN_DOMAIN, domain)]).await.to_string();
    let free = world.record("team", "Free", None, group, Vec::new()).await.to_string();
    assert_eq!(world.ok("GetProject", &[&shop.domain, &linked], Value::Null).await["name"], "Linked");
    assert_eq!(world.attempt("GetProject", &[&shop.domain, &free], Value::Null).await.status, 404);
    let names = |page: Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| text(item, "name")).collect()
    };
    assert_eq!(names(world.ok("ListProjects", &[&shop.domain], Value::Null).await), ["Linked", "Stewards", "makers"]);
    let default = world.default_domain().await;
    let default = format!("dzd-{}", default.uuid().simple());
    assert_eq!(names(world.ok("ListProjects", &[&default], Value::Null).await), ["Free", "Stewards"]);
}

#[tokio::test]
async fn people_are_known_by_id_name_and_arn() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let person = world.person("ann").await;
    let id = person.id.to_string();
    let found = world.ok("GetUserProfile", &[&shop.domain, &id], Value::Null).await;
    assert_eq!((text(&found, "id"), &found["status"]), (id.clone(), &json!("ACTIVATED")));
    let arn = text(&found["details"]["iam"], "arn").replace(':', "%3A").replace('/', "%2F");
    for spelling in ["ann", "ANN", &arn] {
        assert_eq!(world.ok("GetUserProfile", &[&shop.domain, spelling], Value::Null).await["id"], id, "{spelling}");
    }
    let nobody = world.attempt("GetUserProfile", &[&shop.domain, "nobody"], Value::Null).await;
    nobody.refused("ResourceNotFoundException", "UserProfile");
}
