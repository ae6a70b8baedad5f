//! Compositions whose sources change.

use http::Method;
use serde_json::{Value, json};

use crate::testing::Stage;

async fn product(stage: &Stage, body: Value) -> String {
    let made = stage.call(Method::POST, "/data-products", &body.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.data()["dataProduct"]["id"].as_str().expect("an id").to_owned()
}

async fn body(stage: &Stage, method: Method, path: &str, body: Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let done = stage.call(method, path, &body).await;
    assert!(done.status < 300, "{}", done.body);
    done.body
}

#[tokio::test]
async fn a_composition_is_stale_while_its_source_lacks_what_it_names() {
    let stage = Stage::new().await;
    stage.warehouse(&["orders", "customers"]).await;
    let assets = json!([{"tableName": "orders"}, {"tableName": "customers"}]);
    let source = product(&stage, json!({"name": "Sales", "dataAssets": assets, "isDeployed": true})).await;
    let board = product(&stage, json!({"name": "Board"})).await;
    let (path, list) = (format!("/data-products/{board}"), format!("/data-products/{board}/compositions"));
    let request = json!({"sourceDataProductId": source, "include": {"datasets": ["Customers"]}, "isDeployed": true});
    body(&stage, Method::POST, &list, request).await;
    let status = |listed: Value| listed["data"]["compositions"][0]["status"].clone();
    assert_eq!(status(body(&stage, Method::GET, &list, Value::Null).await), "ok");
    assert_eq!(body(&stage, Method::GET, &path, Value::Null).await.get("warnings"), None);

    let assets = format!("/data-products/{source}/data-assets");
    let listed = body(&stage, Method::GET, &assets, Value::Null).await;
    let listed = listed["data"]["dataAssets"].as_array().expect("a list").clone();
    let gone = listed.iter().find(|asset| asset["tableName"] == "customers").expect("it is there")["id"].clone();
    body(&stage, Method::PATCH, &assets, json!({"remove": [gone]})).await;
    assert_eq!(status(body(&stage, Method::GET, &list, Value::Null).await), "ok", "only a draft takes it away");
    body(&stage, Method::POST, &format!("/data-products/{source}/deploy"), Value::Null).await;
    assert_eq!(status(body(&stage, Method::GET, &list, Value::Null).await), "stale");
    for (method, path) in [(Method::GET, path.clone()), (Method::POST, format!("{path}/deploy"))] {
        let reported = body(&stage, method, &path, Value::Null).await["warnings"].clone();
        assert_eq!(reported[0]["code"], "STALE_COMPOSITION", "{reported}");
        assert!(
            reported[0]["message"]
                .as_str()
                .is_some_and(|text| text.contains("\"sales\"") && text.contains("Customers"))
        );
    }

    let back = json!({"add": [{"tableName": "customers"}], "isDeployed": true});
    body(&stage, Method::PATCH, &assets, back).await;
    assert_eq!(status(body(&stage, Method::GET, &list, Value::Null).await), "ok");
    body(&stage, Method::DELETE, &format!("/data-products/{source}?force=true"), Value::Null).await;
    assert_eq!(status(body(&stage, Method::GET, &list, Value::Null).await), "stale");
    let reported = body(&stage, Method::GET, &path, Value::Null).await["warnings"].clone();
    assert_eq!(reported[0]["message"], "the data product composed as \"sales\" is gone");
}

#[tokio::test]
async fn a_product_that_only_a_draft_is_composed_of_is_not_deleted_unless_forced() {
    let stage = Stage::new().await;
    stage.warehouse(&["orders"]).await;
    let source = product(&stage, json!({"name": "Sales"})).await;
    let board = product(&stage, json!({"name": "Board", "compositeOf": [source]})).await;
    let path = format!("/data-products/{source}");
    let used = stage.call(Method::DELETE, &path, "").await;
    assert_eq!((used.status, used.code().as_str()), (409, "IN_USE"));
    assert_eq!(used.body["error"]["details"]["dataProducts"], json!([{"id": board, "name": "Board"}]));
    assert_eq!(stage.call(Method::DELETE, &format!("/data-products/{board}"), "").await.status, 200);
    assert_eq!(stage.call(Method::DELETE, &path, "").await.status, 200);
}
