//! Data assets and deploy.

use http::Method;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

/// A product over `warehouse.shop.sales` with three tables.
async fn product(stage: &Stage, body: Value) -> (String, Value) {
    stage.warehouse(&["orders", "customers", "returns"]).await;
    let made = stage.call(Method::POST, "/data-products", &body.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let data = made.data();
    (format!("/data-products/{}", data["dataProduct"]["id"].as_str().expect("an id")), data)
}

async fn edit(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::PATCH, &format!("{path}/data-assets"), &body.to_string()).await
}

async fn listed(stage: &Stage, path: &str, query: &str) -> Vec<Value> {
    let data = stage.call(Method::GET, &format!("{path}/data-assets{query}"), "").await.data();
    data["dataAssets"].as_array().expect("a list").clone()
}

fn names(assets: &[Value]) -> Vec<&str> {
    assets.iter().map(|asset| asset["tableName"].as_str().expect("a name")).collect()
}

fn counters(promoted: u64, deleted: u64) -> Value {
    json!({
        "dataAssets": {"promoted": promoted, "deleted": deleted},
        "dataModels": {"promoted": 0, "deleted": 0},
        "compositions": {"promoted": 0, "deleted": 0},
        "unstructuredAssets": {"promoted": 0, "deleted": 0},
        "semanticModelTables": {"promoted": 0},
        "semanticModelRelationships": {"promoted": 0},
        "semanticModelMetrics": {"promoted": 0},
        "verifiedQueries": {"promoted": 0},
        "frontPageConfigs": {"draftsRemoved": 0},
        "semanticModelV2Draft": {"deleted": false},
    })
}

#[tokio::test]
async fn a_deploy_makes_drafts_live_under_their_ids() {
    let stage = Stage::new().await;
    let body = json!({"name": "A", "dataAssets": [
        {"externalId": "asset-123", "tableName": "orders", "schemaName": "sales"},
        {"tableName": "CUSTOMERS", "description": "Who buys"},
    ]});
    let (path, data) = product(&stage, body).await;
    assert_eq!(listed(&stage, &path, "?isDeployed=true").await, [] as [Value; 0]);
    let dry = stage.call(Method::POST, &format!("{path}/deploy"), r#"{"dryRun": true}"#).await.data();
    assert_eq!((&dry["results"], &dry["deployedAt"]), (&counters(2, 0), &Value::Null));
    assert_eq!(dry["validation"], json!({"errors": [], "warnings": []}));
    let done = stage.call(Method::POST, &format!("{path}/deploy"), "").await;
    assert_eq!(done.data()["results"], counters(2, 0), "{}", done.body);
    assert_eq!(done.data()["deployedBy"], stage.admin.principal.user.to_string());

    let live = listed(&stage, &path, "?isDeployed=true").await;
    assert_eq!(names(&live), ["orders", "customers"]);
    for (before, after) in data["dataAssets"].as_array().expect("a list").iter().zip(&live) {
        assert_eq!((&before["id"], &before["createdAt"]), (&after["id"], &after["createdAt"]));
    }
    assert_eq!((&live[0]["databaseName"], &live[0]["externalId"]), (&json!("shop"), &json!("asset-123")));
    assert_eq!(live[0]["columns"], json!([{"name": "id", "type": "INT", "nullable": false, "description": null}]));
    assert_eq!(live[1]["description"], "Who buys");
    let product = stage.call(Method::GET, &path, "").await.data();
    assert_eq!((&product["hasDrafts"], &product["version"]), (&json!(false), &json!(2)));
    assert_eq!(product["deployedAt"], done.data()["deployedAt"]);

    let again = stage.call(Method::POST, &format!("{path}/deploy"), "{}").await.data();
    assert_eq!((&again["results"], &again["deployedAt"]), (&counters(0, 0), &done.data()["deployedAt"]));
    assert_eq!(stage.call(Method::GET, &path, "").await.data()["version"], 2);
}

#[tokio::test]
async fn a_deploy_that_fails_promotes_nothing_and_lists_every_table() {
    let stage = Stage::new().await;
    let body = json!({"name": "A", "dataAssets": [
        {"tableName": "orders"}, {"tableName": "nowhere"}, {"tableName": "orders", "schemaName": "other"},
    ]});
    let (path, data) = product(&stage, body).await;
    let failed = stage.call(Method::POST, &format!("{path}/deploy"), "").await;
    assert_eq!((failed.status, failed.code()), (422, "DEPLOY_VALIDATION_FAILED".to_owned()));
    let violations = failed.body["error"]["details"]["violations"].as_array().expect("a list");
    let entities: Vec<&Value> = violations.iter().map(|violation| &violation["entityId"]).collect();
    assert_eq!(entities, [&data["dataAssets"][1]["id"], &data["dataAssets"][2]["id"]]);
    assert_eq!(violations[0]["entityType"], "dataAsset");
    let dry = stage.call(Method::POST, &format!("{path}/deploy"), r#"{"dryRun": true}"#).await.data();
    assert_eq!(dry["validation"]["errors"].as_array().map(Vec::len), Some(2));
    assert_eq!(dry["results"], counters(1, 0), "what cannot be made live is not counted");
    assert_eq!(listed(&stage, &path, "?isDeployed=true").await, [] as [Value; 0]);
    let stale = stage.call(Method::POST, &format!("{path}/deploy"), r#"{"expectedVersion": 9}"#).await;
    assert_eq!((stale.status, stale.code()), (412, "VERSION_MISMATCH".to_owned()));
}

#[tokio::test]
async fn removals_and_edits_wait_for_the_deploy() {
    let stage = Stage::new().await;
    let body =
        json!({"name": "A", "isDeployed": true, "dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]});
    let (path, data) = product(&stage, body).await;
    let [orders, customers] = [0, 1].map(|at| data["dataAssets"][at]["id"].clone());
    assert_eq!(data["dataAssets"][0]["isDeployed"], true);
    let done = edit(
        &stage,
        &path,
        json!({
            "add": [{"tableName": "returns"}, {"tableName": "orders", "schemaName": "sales"}],
            "update": [{"id": orders, "description": "Mine"}],
            "remove": [customers],
        }),
    )
    .await;
    let edited = done.data();
    assert_eq!((&edited["added"], &edited["updated"], &edited["removed"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(done.body["warnings"][0]["code"], "DUPLICATE_ASSET");
    let drafted = edited["dataAssets"].as_array().expect("a list");
    assert_eq!(names(drafted), ["orders", "customers", "returns"]);
    assert_eq!((&drafted[0]["description"], &drafted[0]["isDeployed"]), (&json!("Mine"), &json!(false)));
    assert_eq!((&drafted[1]["pendingDelete"], &drafted[1]["isDeployed"]), (&json!(true), &json!(true)));
    let live = listed(&stage, &path, "?isDeployed=true").await;
    assert_eq!((names(&live), &live[0]["description"]), (vec!["orders", "customers"], &Value::Null));
    assert_eq!(names(&listed(&stage, &path, "?isDeployed=false").await), ["orders", "returns"]);
    assert_eq!(stage.call(Method::GET, &path, "").await.data()["hasDrafts"], true);

    let deployed = stage.call(Method::POST, &format!("{path}/deploy"), "").await.data();
    assert_eq!(deployed["results"], counters(2, 1));
    let live = listed(&stage, &path, "").await;
    assert_eq!((names(&live), &live[0]["description"]), (vec!["orders", "returns"], &json!("Mine")));
    assert_eq!(live[0]["id"], orders);
    assert!(live.iter().all(|asset| asset["isDeployed"] == true && asset["pendingDelete"] == false));
}

#[tokio::test]
async fn is_deployed_skips_the_draft() {
    let stage = Stage::new().await;
    let (path, data) = product(&stage, json!({"name": "A", "dataAssets": [{"tableName": "orders"}]})).await;
    let orders = data["dataAssets"][0]["id"].clone();
    let body = json!({"add": [{"tableName": "returns"}], "update": [{"id": orders, "tableName": "customers"}], "isDeployed": true});
    let done = edit(&stage, &path, body).await.data();
    assert_eq!(names(done["dataAssets"].as_array().expect("a list")), ["customers", "returns"]);
    assert!(done["dataAssets"].as_array().expect("a list").iter().all(|asset| asset["isDeployed"] == true));
    assert_eq!(done["dataAssets"][0]["id"], orders);
    // The same asset, of another table: its id stays.
    let body = json!({"update": [{"id": orders, "tableName": "orders", "externalId": "x"}], "isDeployed": true});
    let moved = edit(&stage, &path, body).await.data();
    assert_eq!((&moved["dataAssets"][0]["id"], &moved["dataAssets"][0]["tableName"]), (&orders, &json!("orders")));
    let missing = edit(&stage, &path, json!({"add": [{"tableName": "nowhere"}], "isDeployed": true})).await;
    assert_eq!((missing.status, missing.code()), (422, "DEPLOY_VALIDATION_FAILED".to_owned()));
    assert_eq!(missing.paths(), ["/add/0"]);
}

#[tokio::test]
async fn a_new_draft_that_is_removed_is_gone_at_once() {
    let stage = Stage::new().await;
    let (path, data) = product(&stage, json!({"name": "A", "dataAssets": [{"tableName": "orders"}]})).await;
    let done = edit(&stage, &path, json!({"remove": [data["dataAssets"][0]["id"]]})).await.data();
    assert_eq!((&done["dataAssets"], &done["removed"]), (&json!([]), &json!(1)));
    assert_eq!(stage.call(Method::GET, &path, "").await.data()["hasDrafts"], false);
    let gone = edit(&stage, &path, json!({"remove": [data["dataAssets"][0]["id"]]})).await;
    assert_eq!((gone.status, &gone.body["warnings"][0]["code"]), (200, &json!("UNKNOWN_ASSET")));
}

#[tokio::test]
async fn a_bare_list_replaces_the_assets_and_sending_back_changes_nothing() {
    let stage = Stage::new().await;
    let body =
        json!({"name": "A", "isDeployed": true, "dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]});
    let (path, _) = product(&stage, body).await;
    let read = listed(&stage, &path, "").await;
    let same = edit(&stage, &path, json!({"dataAssets": read, "isDeployed": true})).await;
    assert_eq!(same.headers["etag"], "\"1\"");
    let kept = json!({"dataAssets": [read[1], {"tableName": "returns", "schemaName": "sales"}]});
    let done = edit(&stage, &path, kept).await.data();
    assert_eq!((&done["added"], &done["updated"], &done["removed"]), (&json!(1), &json!(0), &json!(1)));
    let back = edit(&stage, &path, json!({"dataAssets": read})).await.data();
    assert_eq!(back["dataAssets"], json!(read));
    assert_eq!(stage.call(Method::GET, &path, "").await.data()["hasDrafts"], false);
}

#[tokio::test]
async fn parallel_additions_of_one_table_make_one_asset() {
    let stage = std::sync::Arc::new(Stage::new().await);
    let (path, _) = product(&stage, json!({"name": "A"})).await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (stage, path) = (stage.clone(), path.clone());
            tokio::spawn(async move { edit(&stage, &path, json!({"add": [{"tableName": "orders"}]})).await.status })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic"), 200);
    }
    assert_eq!(listed(&stage, &path, "").await.len(), 1);
}

#[tokio::test]
async fn viewers_see_what_is_live_and_write_nothing() {
    let stage = Stage::new().await;
    let body = json!({"name": "A", "isDeployed": true, "dataAssets": [{"tableName": "orders"}]});
    let (path, _) = product(&stage, body).await;
    edit(&stage, &path, json!({"add": [{"tableName": "customers"}]})).await.data();
    let (user, token) = stage.user("vic").await;
    let grant = |role: &str| json!({"users": [{"userId": user.to_string(), "role": role}]}).to_string();
    stage.call(Method::PATCH, &format!("{path}/users"), &grant("viewer")).await.data();
    let call = |method: Method, below: &str, body: &'static str| {
        let (stage, token, path) = (&stage, token.clone(), format!("{path}{below}"));
        async move { stage.call_as(Some(&token), method, &path, body, &[]).await }
    };
    let seen = call(Method::GET, "/data-assets", "").await.data();
    assert_eq!(names(seen["dataAssets"].as_array().expect("a list")), ["orders"]);
    assert_eq!(call(Method::GET, "", "").await.data()["hasDrafts"], false);
    let body = r#"{"add": [{"tableName": "returns"}]}"#;
    assert_eq!(call(Method::PATCH, "/data-assets", body).await.status, 403);
    assert_eq!(call(Method::POST, "/deploy", "").await.status, 403);
    stage.call(Method::PATCH, &format!("{path}/users"), &grant("editor")).await.data();
    let seen = call(Method::PATCH, "/data-assets", body).await.data();
    assert_eq!(names(seen["dataAssets"].as_array().expect("a list")), ["orders", "customers", "returns"]);
    assert_eq!(call(Method::POST, "/deploy", "").await.data()["results"], counters(2, 0));
    assert_eq!(call(Method::PATCH, "", r#"{"description": "d"}"#).await.status, 200);
    for (method, below, body) in [
        (Method::PATCH, "", r#"{"webSearchEnabled": true}"#),
        (Method::PATCH, "/users", r#"{"remove": []}"#),
        (Method::DELETE, "", ""),
    ] {
        assert_eq!(call(method, below, body).await.status, 403, "{below} {body}");
    }
}

#[tokio::test]
async fn a_product_that_another_door_left_without_source_takes_its_first_tables() {
    let stage = Stage::new().await;
    let service = stage.warehouse(&["orders"]).await;
    let domain = stage.make("domain", "Sales", None, json!({"domain_type": "Aggregate"})).await;
    let id = stage.make("data_product", "Open", Some(domain), json!({})).await;
    let path = format!("/data-products/{id}");
    edit(&stage, &path, json!({"add": [{"tableName": "orders"}]})).await.data();
    let failed = stage.call(Method::POST, &format!("{path}/deploy"), "").await;
    assert_eq!(failed.body["error"]["details"]["violations"][0]["rule"], "dataSource");
    let body = json!({"dataSourceId": "default"}).to_string();
    assert_eq!(stage.call(Method::PATCH, &path, &body).await.data()["dataSourceId"], service.to_string());
    stage.call(Method::POST, &format!("{path}/deploy"), "").await.data();
    let other = stage.make("database_service", "other", None, json!({"service_type": "Mysql"})).await;
    let moved = stage.call(Method::PATCH, &path, &json!({"dataSourceId": other.to_string()}).to_string()).await;
    assert_eq!((moved.status, moved.code()), (409, "CONFLICT".to_owned()));
}

#[tokio::test]
async fn assets_come_in_pages() {
    let stage = Stage::new().await;
    let assets: Vec<Value> = (0..5).map(|n| json!({"tableName": format!("t{n}")})).collect();
    let (path, _) = product(&stage, json!({"name": "A", "dataAssets": assets})).await;
    let first = stage.call(Method::GET, &format!("{path}/data-assets?limit=3&includeTotal=true"), "").await;
    assert_eq!((&first.data()["count"], &first.data()["totalCount"]), (&json!(3), &json!(5)));
    let cursor = first.body["pagination"]["nextCursor"].as_str().expect("a cursor").to_owned();
    let rest = listed(&stage, &path, &format!("?limit=3&cursor={cursor}")).await;
    assert_eq!(names(&rest), ["t3", "t4"]);
}

#[tokio::test]
async fn an_asset_in_another_spelling_is_the_same_one() {
    let stage = Stage::new().await;
    let body = json!({"name": "A", "dataAssets": [{"tableName": "orders", "externalId": "one"}], "isDeployed": true});
    let (path, _) = product(&stage, body).await;
    let before = listed(&stage, &path, "").await;
    for is_live in [false, true] {
        let entry = json!({"tableName": "ORDERS", "schemaName": "Sales", "externalId": "two"});
        let done = edit(&stage, &path, json!({"add": [entry], "isDeployed": is_live})).await;
        assert_eq!(
            (done.data()["added"].clone(), &done.body["warnings"][0]["code"]),
            (json!(0), &json!("DUPLICATE_ASSET"))
        );
        assert_eq!(listed(&stage, &path, "").await, before);
    }
    // Drafts, too: of a table that is there, of one that is not, and twice in one request.
    let twice = json!({"add": [{"tableName": "RETURNS"}, {"tableName": "returns"}, {"tableName": "Nowhere"}]});
    let done = edit(&stage, &path, twice).await;
    assert_eq!((done.data()["added"].clone(), &done.body["warnings"][0]["path"]), (json!(2), &json!("/add/1")));
    let again = edit(&stage, &path, json!({"add": [{"tableName": "returns"}, {"tableName": "NOWHERE"}]})).await;
    assert_eq!((again.data()["added"].clone(), again.body["warnings"].as_array().map(Vec::len)), (json!(0), Some(2)));
    let kept = edit(&stage, &path, json!({"dataAssets": [{"tableName": "ORDERS"}]})).await.data();
    assert_eq!(
        (&kept["added"], &kept["removed"], &kept["dataAssets"][0]["id"]),
        (&json!(0), &json!(2), &before[0]["id"])
    );
}
