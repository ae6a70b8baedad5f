//! Who has which role on a product.

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::relation::{DERIVED_FROM, EDITOR, Relation, VIEWER};
use emporion_catalog::rows::filters;
use emporion_catalog::rows::roles::ROLES;
use http::Method;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

async fn product(stage: &Stage) -> String {
    stage.warehouse(&["orders"]).await;
    let made = stage
        .call(Method::POST, "/data-products", r#"{"name": "A", "dataAssets": [{"tableName": "orders"}]}"#)
        .await
        .data();
    format!("/data-products/{}/users", made["dataProduct"]["id"].as_str().expect("an id"))
}

async fn edit(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::PATCH, path, &body.to_string()).await
}

fn roles(data: &Value) -> Vec<(String, String)> {
    let text = |user: &Value, name: &str| user[name].as_str().expect(name).to_owned();
    let users = data["users"].as_array().expect("a list");
    users.iter().map(|user| (text(user, "name"), text(user, "role"))).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

#[tokio::test]
async fn roles_are_given_changed_and_taken_in_both_forms() {
    let stage = Stage::new().await;
    let path = product(&stage).await;
    let (lee, _) = stage.user("lee").await;
    let (ana, _) = stage.user("ana").await;
    let first = stage.call(Method::GET, &path, "").await.data();
    assert_eq!(roles(&first).iter().map(|(_, role)| role.as_str()).collect::<Vec<_>>(), ["admin"]);
    let me = &first["users"][0];
    assert_eq!((&me["userId"], &me["addedBy"]), (&json!(stage.admin.principal.user.to_string()), &me["userId"]));
    let admin = me["name"].as_str().expect("a name").to_owned();

    let done = edit(
        &stage,
        &path,
        json!({"add": [
            {"email": "LEE@example.com", "role": "viewer", "allowSql": false, "rowFilters": {"orders": "id > 7"}},
            {"userId": ana.to_string().to_uppercase(), "role": "editor"},
        ]}),
    )
    .await
    .data();
    assert_eq!(roles(&done), pairs(&[(&admin, "admin"), ("ana", "editor"), ("lee", "viewer")]));
    assert_eq!(
        (&done["users"][2]["allowSql"], &done["users"][2]["rowFilters"]["orders"]),
        (&json!(false), &json!("id > 7"))
    );
    assert!(done["users"][2]["addedAt"].is_string());

    let done = edit(&stage, &path, json!({"update": [{"userId": lee.to_string(), "role": "admin", "rowFilters": null}], "remove": [ana.to_string()]})).await.data();
    assert_eq!(roles(&done).last().map(|(name, role)| (name.as_str(), role.as_str())), Some(("lee", "admin")));
    assert_eq!(done["users"].as_array().map(Vec::len), Some(2));
    let lee_entry = done["users"].as_array().expect("a list").iter().find(|user| user["name"] == "lee").expect("lee");
    assert!(lee_entry.get("rowFilters").is_none() && lee_entry["addedAt"].is_string());

    let same = edit(&stage, &path, done.clone()).await;
    assert_eq!((same.data()["users"].clone(), same.body.get("warnings")), (done["users"].clone(), None));
    let done = edit(&stage, &path, json!({"users": [{"email": "lee@example.com", "role": null}]})).await.data();
    assert_eq!(done["count"], 1);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let stage = Stage::new().await;
    let path = product(&stage).await;
    let me = stage.admin.principal.user.to_string();
    for body in [json!({"remove": [me]}), json!({"users": [{"userId": me, "role": "viewer"}]})] {
        let refused = edit(&stage, &path, body).await;
        assert_eq!((refused.status, refused.code()), (409, "LAST_ADMIN".to_owned()));
    }
    let (lee, _) = stage.user("lee").await;
    let body = json!({"add": [{"userId": lee.to_string(), "role": "admin"}], "remove": [me]});
    assert_eq!(roles(&edit(&stage, &path, body).await.data()), pairs(&[("lee", "admin")]));
}

fn the_product(stage: &Stage, path: &str) -> Ref {
    let id = path.split('/').nth(2).and_then(|id| id.parse().ok()).expect("an id");
    Ref::Id(stage.catalog.kind("data_product"), id)
}

/// The roles of a user on a product, the highest first, and whether each bears filters.
async fn borne(stage: &Stage, path: &str, user: RecordId) -> Vec<(&'static str, bool)> {
    let reading = stage.catalog.reading(&stage.admin).await.expect("a store in memory answers");
    let depth = Depth::of(&ROLES, false);
    let view = reading.get(&the_product(stage, path), States::Alive, &depth).await.expect("it is there");
    let role = |role: Relation| view.edges.iter().find(|edge| edge.relation == role && edge.to == user);
    let roles = ROLES.into_iter().filter_map(role);
    roles.map(|edge| (edge.relation.name(), filters::of_edge(edge).next().is_some())).collect()
}

#[tokio::test]
async fn filters_stand_on_every_role_and_a_change_of_one_role_leaves_those_beside_it() {
    let stage = Stage::new().await;
    let path = product(&stage).await;
    let (lee, _) = stage.user("lee").await;
    let viewer = json!({"userId": lee.to_string(), "role": "viewer", "rowFilters": {"orders": "id = 1"}});
    edit(&stage, &path, json!({"add": [viewer]})).await.data();
    let user = Ref::Id(stage.catalog.kind("user"), lee);
    let command = Command::Change {
        target: the_product(&stage, &path),
        guard: Guard::None,
        edit: std::sync::Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.relate(EDITOR, How::Add, "editors", vec![Target::of(user.clone())]);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    stage.catalog.execute(&stage.admin, &command).await.expect("an administrator gives roles");
    let (editor, viewer) = (EDITOR.name(), VIEWER.name());
    assert_eq!(borne(&stage, &path, lee).await, [(editor, false), (viewer, true)]);
    for (filters, is_filtered) in [(json!({"orders": "id = 2"}), true), (Value::Null, false)] {
        let change = json!({"update": [{"userId": lee.to_string(), "rowFilters": filters}]});
        let reported = edit(&stage, &path, change).await.data();
        let own = reported["users"].as_array().and_then(|users| users.iter().find(|user| user["name"] == "lee"));
        assert_eq!(own.expect("lee")["rowFilters"], filters);
        assert_eq!(borne(&stage, &path, lee).await, [(editor, is_filtered), (viewer, is_filtered)]);
    }
    edit(&stage, &path, json!({"update": [{"userId": lee.to_string(), "role": "admin"}]})).await.data();
    let roles: Vec<&str> = borne(&stage, &path, lee).await.into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, ["owner", viewer], "the editor has become an admin");
    edit(&stage, &path, json!({"users": [{"userId": lee.to_string(), "role": "viewer"}]})).await.data();
    assert_eq!(borne(&stage, &path, lee).await, [(viewer, false)], "who lists him says what he is");
    stage.catalog.execute(&stage.admin, &command).await.expect("an administrator gives roles");
    edit(&stage, &path, json!({"update": [{"userId": lee.to_string(), "role": "admin"}]})).await.data();
    stage.catalog.execute(&stage.admin, &command).await.expect("an administrator gives roles");
    edit(&stage, &path, json!({"update": [{"userId": lee.to_string(), "role": "viewer"}]})).await.data();
    assert_eq!(borne(&stage, &path, lee).await, [(viewer, false)], "nothing stays that is more");
}

#[tokio::test]
async fn who_is_unknown_is_named() {
    let stage = Stage::new().await;
    let path = product(&stage).await;
    let (lee, _) = stage.user("lee").await;
    let refused = edit(
        &stage,
        &path,
        json!({
            "add": [{"email": "nobody@example.com", "role": "viewer"}, {"userId": "u1", "role": "viewer"}],
            "remove": ["987fcdeb-51a2-43e7-b123-456789abcdef"],
        }),
    )
    .await;
    assert_eq!(
        (refused.status, refused.paths()),
        (422, vec!["/add/0/email".into(), "/add/1/userId".into(), "/remove/0".into()])
    );
    let twice = json!({"add": [{"email": "lee@example.com", "role": "viewer"}], "remove": [lee.to_string()]});
    assert_eq!(edit(&stage, &path, twice).await.paths(), ["/remove/0"]);
    let roleless = edit(&stage, &path, json!({"update": [{"userId": lee.to_string(), "role": "viewer"}]})).await;
    assert_eq!((roleless.status, roleless.paths()), (422, vec!["/update/0".to_owned()]));
    let gone = edit(&stage, &path, json!({"remove": [lee.to_string()]})).await;
    assert_eq!((gone.status, &gone.body["warnings"][0]["code"]), (200, &json!("NO_ROLE")));
}

#[tokio::test]
async fn users_come_in_pages() {
    let stage = Stage::new().await;
    let path = product(&stage).await;
    for name in ["a", "b", "c"] {
        stage.user(name).await;
        let body = json!({"add": [{"email": format!("{name}@example.com"), "role": "viewer"}]});
        edit(&stage, &path, body).await.data();
    }
    let first = stage.call(Method::GET, &format!("{path}?limit=2&includeTotal=true"), "").await;
    assert_eq!((&first.data()["count"], &first.data()["totalCount"]), (&json!(2), &json!(4)));
    let cursor = first.body["pagination"]["nextCursor"].as_str().expect("a cursor");
    let rest = stage.call(Method::GET, &format!("{path}?cursor={cursor}"), "").await.data();
    assert_eq!(roles(&rest), pairs(&[("b", "viewer"), ("c", "viewer")]));
}

/// As a crawl would: the view reads the table.
async fn reads(stage: &Stage, view: &str, table: &str, source: &str) {
    let named = |name: &str| Ref::Name(stage.catalog.kind("table"), format!("warehouse.shop.sales.{name}"));
    let target = Target::of(named(table)).with("source", source);
    let command = Command::Change {
        target: named(view),
        guard: Guard::None,
        edit: std::sync::Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.relate(DERIVED_FROM, How::Add, "lineage", vec![target.clone()]);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    stage.catalog.execute(&stage.admin, &command).await.expect("a good edge");
}

fn uncovered(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let warnings = reply.body["warnings"].as_array().cloned().unwrap_or_default();
    let own = warnings.iter().filter(|warning| warning["code"] == "UNFILTERED_VIEW");
    own.map(|warning| warning["message"].as_str().expect("a message").to_owned()).collect()
}

#[tokio::test]
async fn a_view_that_goes_round_a_row_filter_is_warned_of() {
    let stage = Stage::new().await;
    stage.warehouse(&["orders", "recent", "totals", "copies"]).await;
    // `recent` is no part of the product: what it shows comes through `totals`.
    reads(&stage, "recent", "orders", "view").await;
    reads(&stage, "totals", "recent", "view").await;
    reads(&stage, "copies", "orders", "pipeline").await;
    let tables = ["orders", "copies"].map(|name| json!({"tableName": name}));
    let body = json!({"name": "A", "dataAssets": tables, "isDeployed": true}).to_string();
    let made = stage.call(Method::POST, "/data-products", &body).await.data();
    let path = format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id"));
    let users = format!("{path}/users");
    let (lee, _) = stage.user("lee").await;
    let filtered =
        |filters: Value| json!({"users": [{"userId": lee.to_string(), "role": "viewer", "rowFilters": filters}]});
    assert!(uncovered(&edit(&stage, &users, filtered(json!({"orders": "id = 1"}))).await).is_empty());
    let add = json!({"add": [{"tableName": "totals"}]}).to_string();
    let assets = format!("{path}/data-assets");
    let expected =
        ["the view \"sales.totals\" reads \"sales.orders\" without its row filters or masks, and has none of its own"];
    assert_eq!(uncovered(&stage.call(Method::PATCH, &assets, &add).await), expected, "at once, though it is a draft");
    let deploy = format!("{path}/deploy");
    assert_eq!(uncovered(&stage.call(Method::POST, &deploy, r#"{"dryRun": true}"#).await), expected);
    assert_eq!(uncovered(&stage.call(Method::POST, &deploy, "").await), expected);
    let reported = edit(&stage, &users, filtered(json!({"sales.orders": "id = 2"}))).await;
    assert_eq!(uncovered(&reported), expected);
    let listed = stage.call(Method::GET, &assets, "").await.data();
    let view = listed["dataAssets"].as_array().and_then(|all| all.iter().find(|one| one["tableName"] == "totals"));
    let path = format!("/dataAssets/{}", view.and_then(|view| view["id"].as_str()).expect("it is live"));
    let warnings = reported.body["warnings"].as_array().expect("warnings");
    assert!(warnings.iter().any(|one| one["code"] == "UNFILTERED_VIEW" && one["path"] == *path), "{}", reported.body);
    let both = filtered(json!({"orders": "id = 1", "totals": "id = 1"}));
    assert!(uncovered(&edit(&stage, &users, both).await).is_empty());
    assert!(uncovered(&stage.call(Method::POST, &deploy, "").await).is_empty());
}

#[tokio::test]
async fn every_write_of_data_assets_tells_of_a_view_that_goes_round_a_row_filter() {
    let stage = Stage::new().await;
    stage.warehouse(&["orders", "totals"]).await;
    reads(&stage, "totals", "orders", "view").await;
    let body = json!({"name": "A", "dataAssets": [{"tableName": "orders"}], "isDeployed": true}).to_string();
    let made = stage.call(Method::POST, "/data-products", &body).await.data();
    let path = format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id"));
    let (lee, _) = stage.user("lee").await;
    let user = json!({"userId": lee.to_string(), "role": "viewer", "rowFilters": {"orders": "id = 1"}});
    edit(&stage, &format!("{path}/users"), json!({"users": [user]})).await.data();
    let write = async |body: Value| stage.call(Method::PATCH, &format!("{path}/data-assets"), &body.to_string()).await;
    let expected =
        ["the view \"sales.totals\" reads \"sales.orders\" without its row filters or masks, and has none of its own"];
    let added = write(json!({"add": [{"tableName": "totals"}], "isDeployed": true})).await;
    assert_eq!(uncovered(&added), expected);
    let totals = added.data()["dataAssets"][1]["id"].clone();
    let described = json!({"update": [{"id": totals, "description": "Sums"}], "isDeployed": true});
    assert_eq!(uncovered(&write(described).await), expected, "as long as it is there");
    assert_eq!(
        uncovered(
            &write(json!({"dataAssets": [{"tableName": "orders"}, {"id": totals, "tableName": "totals"}]})).await
        ),
        expected
    );
    assert!(uncovered(&write(json!({"remove": [totals]})).await).is_empty(), "the deploy takes it out");
}
