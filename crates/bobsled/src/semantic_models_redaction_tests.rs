//! Sample values through the whole door: who has a row filter on a table sees none of its values.

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::testing::Stage;

const ACCOUNT_TABLES: [&str; 2] = ["orders", "customers"];

async fn ok(stage: &Stage, method: Method, path: &str, body: Value) -> Value {
    let reply = stage.call(method, path, &body.to_string()).await;
    assert!(matches!(reply.status, 200 | 201), "{path}: {}", reply.body);
    reply.data()
}

/// The text that a user reads, of whatever type.
async fn as_user(stage: &Stage, token: &str, path: &str, accept: &str) -> String {
    let uri = format!("/api/v1/accounts/{}{path}", stage.account);
    let request = http::Request::builder().uri(uri).header("authorization", format!("Bearer {token}"));
    let request = request.header("accept", accept).body(String::new()).expect("a request");
    let (parts, body) = stage.raw(request).await.into_parts();
    let bytes = body.collect().await.expect("a whole body does not fail").to_bytes();
    assert_eq!(parts.status, 200, "{path}");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn dataset(name: &str, source: &str, value: &str) -> Value {
    let data = json!({"sampleValues": [value], "enumerated": true}).to_string();
    let foreign = json!({"vendor_name": "OTHER", "data": json!({"sample_values": [value]}).to_string()});
    json!({"name": name, "source": source, "fields": [{
        "name": "id", "expression": "id", "dimension": {"is_time": false},
        "custom_extensions": [{"vendor_name": "EMPORION", "data": data}, foreign],
    }]})
}

async fn store(stage: &Stage, product: &str, name: &str, datasets: Value) -> String {
    let document = json!({"semantic_model": [{"name": name, "datasets": datasets}]});
    let body = json!({"name": name, "format": "osi", "document": document});
    let made = ok(stage, Method::POST, &format!("{product}/semantic-models"), body).await;
    ok(stage, Method::POST, &format!("{product}/deploy"), json!({})).await;
    format!("{product}/semantic-models/{}", made["semanticModel"]["id"].as_str().expect("an id"))
}

async fn product(stage: &Stage, body: Value) -> String {
    let made = ok(stage, Method::POST, "/data-products", body).await;
    format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id"))
}

async fn sales(stage: &Stage) -> (String, String) {
    stage.warehouse(&ACCOUNT_TABLES).await;
    let assets = ACCOUNT_TABLES.map(|table| json!({"tableName": table, "schemaName": "sales"}));
    let sales = product(stage, json!({"name": "Sales", "dataAssets": assets})).await;
    let datasets = json!([dataset("o", "sales.orders", "HIDDEN"), dataset("c", "sales.customers", "SHOWN")]);
    let model = store(stage, &sales, "retail", datasets).await;
    (sales, model)
}

#[tokio::test]
async fn no_answer_shows_values_of_a_table_that_is_filtered() {
    let stage = Stage::new().await;
    let (sales, model) = sales(&stage).await;
    let (user, token) = stage.user("lee").await;
    let give = async |role: &str, filters: Value| {
        let entry = json!({"userId": user.to_string(), "role": role, "rowFilters": filters});
        ok(&stage, Method::PATCH, &format!("{sales}/users"), json!({"users": [entry]})).await
    };
    give("viewer", json!({"orders": "id > 3"})).await;
    stage.give("customers", user).await;
    let list = format!("{sales}/semantic-models");
    let mut paths: Vec<String> =
        ["osi", "snowflake", "metricflow", "cube", "json"].map(|format| format!("{model}?format={format}")).to_vec();
    paths.extend(["", "/tables", "/tables?isDeployed=true", "/tables/o"].map(|below| format!("{model}{below}")));
    paths.extend([list.clone(), format!("{sales}?include=semanticModels")]);
    for path in &paths {
        for accept in ["application/json", "application/yaml"] {
            let seen = as_user(&stage, &token, path, accept).await;
            assert!(!seen.contains("HIDDEN"), "{path} {accept}: {seen}");
        }
    }
    let seen = as_user(&stage, &token, &model, "application/json").await;
    assert!(seen.contains("SHOWN"), "the rows of the other table are his: {seen}");
    let (other, other_token) = stage.user("kim").await;
    let entry = json!({"userId": other.to_string(), "role": "viewer"});
    ok(&stage, Method::PATCH, &format!("{sales}/users"), json!({"users": [entry]})).await;
    let others = as_user(&stage, &other_token, &model, "application/json").await;
    assert!(!others.contains("SHOWN") && !others.contains("HIDDEN"), "a role gives no part: {others}");
    assert!(as_user(&stage, &token, &format!("{model}/tables/c"), "*/*").await.contains("SHOWN"));
    let all = stage.call(Method::GET, &model, "").await.body.to_string();
    assert!(all.contains("HIDDEN") && all.contains("OTHER"), "without a filter everything is there: {all}");

    // Who may write reads what he has written.
    give("editor", json!({"sales.orders": "id > 3"})).await;
    let write = async |path: String, body: Value| {
        let done = stage.call_as(Some(&token), Method::PATCH, &path, &body.to_string(), &[]).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert!(!done.body.to_string().contains("HIDDEN"), "{}", done.body);
    };
    write(model.clone(), json!({"description": "a draft"})).await;
    write(format!("{model}/tables/o"), json!({"description": "a draft"})).await;
    let kept = stage.call(Method::GET, &model, "").await.body.to_string();
    assert!(kept.contains("HIDDEN"), "what he does not see stays: {kept}");
    write(format!("{model}/tables/o"), json!({"source": "sales.customers"})).await;
    assert!(!as_user(&stage, &token, &model, "*/*").await.contains("HIDDEN"));
}

#[tokio::test]
async fn a_filter_of_a_composed_product_holds_in_those_above_it() {
    let stage = Stage::new().await;
    let (sales, _) = sales(&stage).await;
    let source = sales.rsplit('/').next().expect("an id");
    let board = product(&stage, json!({"name": "Board", "compositeOf": [source]})).await;
    let datasets = json!([
        dataset("a", "$ref(sales.o)", "HIDDEN"),
        dataset("b", "$ref(sales.orders)", "HIDDEN"),
        dataset("c", "$ref(sales.c)", "SHOWN"),
    ]);
    let model = store(&stage, &board, "board", datasets).await;
    let (user, token) = stage.user("lee").await;
    stage.give("customers", user).await;
    for (product, filters) in [(&board, json!({})), (&sales, json!({"orders": "id > 3"}))] {
        let entry = json!({"userId": user.to_string(), "role": "viewer", "rowFilters": filters});
        ok(&stage, Method::PATCH, &format!("{product}/users"), json!({"users": [entry]})).await;
    }
    for path in [model.clone(), format!("{model}/tables"), format!("{model}?format=snowflake")] {
        let text = as_user(&stage, &token, &path, "application/json").await;
        assert!(!text.contains("HIDDEN") && text.contains("SHOWN"), "{path}: {text}");
    }
}
