//! In whose name the rows of data assets are lent.

use http::Method;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

/// A product without assets, with two editors: one who holds the rows of `orders`, and one who holds nothing.
struct World {
    stage: Stage,
    path: String,
    holder: String,
    editor: String,
}

impl World {
    async fn new() -> World {
        let stage = Stage::new().await;
        stage.warehouse(&["orders", "customers"]).await;
        let (holder, held) = stage.user("holder").await;
        let (editor, token) = stage.user("editor").await;
        stage.give("orders", holder).await;
        let world = World { stage, path: String::new(), holder: held, editor: token };
        let made = world.call(None, Method::POST, "/data-products", json!({"name": "A"})).await.data();
        let path = format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id"));
        let users = [holder, editor].map(|user| json!({"userId": user.to_string(), "role": "editor"}));
        world.call(None, Method::PATCH, &format!("{path}/users"), json!({"users": users})).await.data();
        World { path, ..world }
    }

    async fn call(&self, token: Option<&str>, method: Method, path: &str, body: Value) -> Reply {
        let token = token.unwrap_or(&self.stage.token);
        self.stage.call_as(Some(token), method, path, &body.to_string(), &[]).await
    }

    async fn edit(&self, token: &str, body: Value) -> Reply {
        self.call(Some(token), Method::PATCH, &format!("{}/data-assets", self.path), body).await
    }

    async fn add(&self, token: &str, entry: Value) -> Reply {
        self.edit(token, json!({"add": [entry]})).await
    }

    /// `table rows` of everything that is live after a deploy by the editor.
    async fn deployed(&self) -> Vec<String> {
        self.call(Some(&self.editor), Method::POST, &format!("{}/deploy", self.path), json!({})).await.data();
        let path = format!("{}/data-assets?isDeployed=true", self.path);
        let assets = self.call(None, Method::GET, &path, json!({})).await.data();
        let reported = |asset: &Value| format!("{} {}", asset["tableName"], asset["rows"]).replace('"', "");
        assets["dataAssets"].as_array().expect("a list").iter().map(reported).collect()
    }
}

fn codes(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let warnings = reply.body["warnings"].as_array().into_iter().flatten();
    warnings.map(|warning| warning["code"].as_str().expect("a code")).collect()
}

#[tokio::test]
async fn a_draft_that_its_holder_adds_again_is_lent_in_his_name() {
    let world = World::new().await;
    assert_eq!(codes(&world.add(&world.editor, json!({"tableName": "orders"})).await), ["ROWS_NOT_GRANTED"]);
    assert_eq!(codes(&world.add(&world.editor, json!({"tableName": "customers"})).await), ["ROWS_NOT_GRANTED"]);
    for entry in [json!({"tableName": "ORDERS"}), json!({"tableName": "customers", "schemaName": "sales"})] {
        assert_eq!(codes(&world.add(&world.holder, entry).await), ["DUPLICATE_ASSET"]);
    }
    assert_eq!(world.deployed().await, ["orders granted", "customers closed"]);
}

#[tokio::test]
async fn a_draft_that_somebody_else_adds_again_stays_its_holders() {
    let world = World::new().await;
    assert!(codes(&world.add(&world.holder, json!({"tableName": "orders"})).await).is_empty());
    assert_eq!(codes(&world.add(&world.editor, json!({"tableName": "orders"})).await), ["DUPLICATE_ASSET"]);
    assert_eq!(world.deployed().await, ["orders granted"]);
}

#[tokio::test]
async fn what_was_to_go_is_lent_by_the_holder_who_wants_it_back() {
    let world = World::new().await;
    world.add(&world.editor, json!({"tableName": "orders"})).await.data();
    assert_eq!(world.deployed().await, ["orders closed"]);
    let path = format!("{}/data-assets", world.path);
    let assets = world.call(None, Method::GET, &path, json!({})).await.data();
    world.edit(&world.editor, json!({"remove": [assets["dataAssets"][0]["id"]]})).await.data();
    assert_eq!(world.add(&world.holder, json!({"tableName": "orders"})).await.data()["added"], 1);
    assert_eq!(world.deployed().await, ["orders granted"]);
}

#[tokio::test]
async fn an_addition_says_whether_it_lends() {
    for is_live in [false, true] {
        let world = World::new().await;
        let add = async |token: &str, table: &str, rows: &str| {
            let add = json!([{"tableName": table, "rows": rows}]);
            world.edit(token, json!({"add": add, "isDeployed": is_live})).await
        };
        let refused = add(&world.editor, "orders", "granted").await;
        assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN".to_owned()));
        assert_eq!(add(&world.editor, "orders", "lent").await.paths(), ["/add/0/rows"]);
        assert_eq!(codes(&add(&world.holder, "orders", "closed").await), ["ROWS_NOT_GRANTED"]);
        // What is there already is neither lent by that nor taken back.
        assert_eq!(codes(&add(&world.holder, "orders", "closed").await), ["DUPLICATE_ASSET"]);
        let refused = add(&world.editor, "orders", "granted").await;
        assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN".to_owned()));
        assert_eq!(world.deployed().await, ["orders closed"]);
        assert_eq!(codes(&add(&world.holder, "orders", "granted").await), ["DUPLICATE_ASSET"]);
        assert_eq!(world.deployed().await, ["orders granted"]);
        assert_eq!(codes(&add(&world.holder, "orders", "closed").await), ["DUPLICATE_ASSET"]);
        assert_eq!(world.deployed().await, ["orders granted"]);
    }
}

#[tokio::test]
async fn a_new_product_may_leave_its_tables_closed() {
    let world = World::new().await;
    for is_live in [false, true] {
        let assets = json!([{"tableName": "orders", "rows": "closed"}, {"tableName": "customers", "rows": "granted"}]);
        let body = json!({"name": format!("B {is_live}"), "dataAssets": assets, "isDeployed": is_live});
        let made = world.call(None, Method::POST, "/data-products", body).await;
        let described = made.body["warnings"].as_array().expect("warnings").clone();
        let described: Vec<_> = described.iter().map(|it| (it["code"].clone(), it["path"].clone())).collect();
        assert_eq!(described, [(json!("ROWS_NOT_GRANTED"), json!("/dataAssets/0"))], "{}", made.body);
        let path = format!("/data-products/{}", made.data()["dataProduct"]["id"].as_str().expect("an id"));
        world.call(None, Method::POST, &format!("{path}/deploy"), json!({})).await.data();
        let assets = world.call(None, Method::GET, &format!("{path}/data-assets"), json!({})).await.data();
        let rows: Vec<_> =
            assets["dataAssets"].as_array().expect("a list").iter().map(|it| it["rows"].clone()).collect();
        assert_eq!(rows, [json!("closed"), json!("granted")]);
    }
}
