//! Semantic models through the whole door: drafts, deploys, parts, formats, what is refused.

use http::Method;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

const RETAIL: &str = r#"
version: "0.2.0.dev0"
semantic_model:
  - name: retail
    datasets:
      - name: orders
        source: sales.orders
        primary_key: [id]
        fields:
          - {name: id, expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}}
      - name: customers
        source: sales.customers
        primary_key: [id]
    relationships:
      - {name: o2c, from: orders, to: customers, from_columns: [id], to_columns: [id]}
    metrics:
      - name: order_count
        expression: {dialects: [{dialect: ANSI_SQL, expression: COUNT(orders.id)}]}
        ai_context: {synonyms: [orders]}
"#;

async fn product(stage: &Stage, name: &str, tables: &[&str]) -> String {
    let assets: Vec<Value> = tables.iter().map(|table| json!({"tableName": table, "schemaName": "sales"})).collect();
    let body = json!({"name": name, "dataAssets": assets});
    let made = post(stage, "/data-products", body).await;
    format!("/data-products/{}", made.data()["dataProduct"]["id"].as_str().expect("an id"))
}

async fn shop() -> (Stage, String) {
    let stage = Stage::new().await;
    stage.warehouse(&["orders", "customers"]).await;
    let product = product(&stage, "Sales", &["orders", "customers"]).await;
    (stage, product)
}

async fn post(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::POST, path, &body.to_string()).await
}

async fn patch(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::PATCH, path, &body.to_string()).await
}

async fn get(stage: &Stage, path: &str) -> Value {
    stage.call(Method::GET, path, "").await.data()
}

async fn deploy(stage: &Stage, product: &str) -> Value {
    let done = post(stage, &format!("{product}/deploy"), json!({})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    done.data()["results"].clone()
}

fn body(name: &str, content: &str) -> Value {
    json!({"name": name, "format": "osi", "content": content})
}

async fn model(stage: &Stage, product: &str) -> String {
    let made = post(stage, &format!("{product}/semantic-models"), body("retail", RETAIL)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    format!("{product}/semantic-models/{}", made.data()["semanticModel"]["id"].as_str().expect("an id"))
}

fn counters(results: &Value) -> [i64; 3] {
    ["semanticModelTables", "semanticModelRelationships", "semanticModelMetrics"]
        .map(|name| results[name]["promoted"].as_i64().expect("a count"))
}

#[tokio::test]
async fn a_model_is_a_draft_until_its_parts_are_promoted() {
    let (stage, product) = shop().await;
    let list = format!("{product}/semantic-models");
    let made = post(&stage, &list, body("retail", RETAIL)).await;
    let shown = made.data()["semanticModel"].clone();
    assert_eq!((made.status, &shown["isDeployed"], &shown["format"]), (201, &json!(false), &json!("osi")));
    assert_eq!(
        (&shown["tableCount"], &shown["relationshipCount"], &shown["metricCount"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(shown["document"]["semantic_model"][0]["metrics"][0]["name"], "order_count");
    assert_eq!(made.data()["validation"], json!({"errors": [], "warnings": []}));
    assert_eq!(get(&stage, &format!("{list}?isDeployed=true")).await["count"], 0);
    let line = get(&stage, &list).await["semanticModels"][0].clone();
    assert_eq!((line.get("document"), &line["tableCount"]), (None, &json!(2)));
    let old = get(&stage, &list.replace("data-products", "workspaces")).await;
    assert_eq!(old["semanticModels"][0]["workspaceId"], shown["dataProductId"]);

    let dry = post(&stage, &format!("{product}/deploy"), json!({"dryRun": true})).await.data();
    assert_eq!(counters(&dry["results"]), [2, 1, 1]);
    let done = deploy(&stage, &product).await;
    assert_eq!((counters(&done), &done["semanticModelV2Draft"]), ([2, 1, 1], &json!({"deleted": true})));
    let again = deploy(&stage, &product).await;
    assert_eq!((counters(&again), &again["semanticModelV2Draft"]), ([0, 0, 0], &json!({"deleted": false})));

    let one = format!("{list}/{}", shown["id"].as_str().expect("an id"));
    let change = json!({"document": {"metrics": {"order_count": {"description": "How many"}, "ids": {"expression": "SUM(orders.id)"}}}});
    let changed = patch(&stage, &one, change).await.data();
    assert_eq!(
        (&changed["semanticModel"]["metricCount"], &changed["semanticModel"]["isDeployed"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(counters(&deploy(&stage, &product).await), [0, 0, 2]);
    let back = patch(&stage, &one, json!({"document": {"metrics": {"ids": null}}, "isDeployed": true})).await.data();
    assert_eq!(
        (&back["semanticModel"]["metricCount"], &back["semanticModel"]["isDeployed"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(get(&stage, &product).await["hasDrafts"], false);
    assert_eq!(get(&stage, &format!("{product}?include=semanticModels")).await["semanticModels"][0]["metricCount"], 1);

    let renamed = patch(&stage, &one, json!({"name": "shop", "description": "The shop"})).await.data();
    assert_eq!(
        (&renamed["semanticModel"]["name"], &renamed["semanticModel"]["description"]),
        (&json!("shop"), &json!("The shop"))
    );
    let gone = patch(&stage, &one, json!({"remove": true})).await.data();
    assert_eq!((&gone["deleted"], &gone["pendingDelete"]), (&json!(true), &json!(true)));
    assert_eq!(get(&stage, &one).await["semanticModel"]["pendingDelete"], true);
    assert_eq!(counters(&deploy(&stage, &product).await), [2, 1, 1]);
    assert_eq!(stage.call(Method::GET, &one, "").await.status, 404);
}

#[tokio::test]
async fn parts_are_read_added_changed_and_removed_one_by_one() {
    let (stage, product) = shop().await;
    let one = model(&stage, &product).await;
    deploy(&stage, &product).await;
    let metrics = format!("{one}/metrics");
    let made = post(&stage, &metrics, json!({"name": "buyers", "expression": "COUNT(DISTINCT customers.id)"})).await;
    assert_eq!((made.status, &made.data()["metric"]["isDeployed"]), (201, &json!(false)));
    assert!(made.headers["location"].to_str().unwrap().ends_with("/metrics/buyers"));
    let listed = get(&stage, &format!("{metrics}?includeTotal=true&limit=1")).await;
    assert_eq!(
        (&listed["metrics"][0]["id"], &listed["metrics"][0]["isDeployed"], &listed["totalCount"]),
        (&json!("order_count"), &json!(true), &json!(2))
    );
    let page = stage.call(Method::GET, &format!("{metrics}?limit=1"), "").await;
    let cursor = page.body["pagination"]["nextCursor"].as_str().expect("more").to_owned();
    assert_eq!(get(&stage, &format!("{metrics}?limit=1&cursor={cursor}")).await["metrics"][0]["id"], "buyers");
    assert_eq!(get(&stage, &format!("{metrics}?isDeployed=true")).await["count"], 1);
    assert_eq!(get(&stage, &format!("{metrics}?isDeployed=false")).await["metrics"][0]["id"], "buyers");

    let taken = post(&stage, &metrics, json!({"name": "Buyers", "expression": "COUNT(orders.id)"})).await;
    assert_eq!((taken.status, taken.code().as_str()), (422, "SEMANTIC_MODEL_INVALID"));
    assert_eq!(taken.paths(), ["/name"]);
    let wrong = post(&stage, &metrics, json!({"name": "x", "expression": "orders.id"})).await;
    assert_eq!(
        (wrong.status, wrong.code().as_str(), wrong.paths()),
        (422, "SEMANTIC_MODEL_INVALID", vec!["/expression".to_owned()])
    );
    let wrong = post(&stage, &metrics, json!({"name": "x", "expression": "SUM(orders.idd)"})).await;
    assert_eq!(wrong.paths(), ["/expression"]);
    assert!(wrong.body.to_string().contains("did you mean orders.id?"), "{}", wrong.body);

    let changed = patch(&stage, &format!("{metrics}/buyers"), json!({"description": "Who bought"})).await.data();
    assert_eq!(
        (&changed["metric"]["description"], &changed["metric"]["name"]),
        (&json!("Who bought"), &json!("buyers"))
    );
    let table = format!("{one}/tables/orders");
    let field = json!({"fields": {"workspaceId": {"expression": "id"}}});
    let old = table.replace("data-products", "workspaces");
    assert_eq!(patch(&stage, &old, field).await.data()["table"]["fields"][1]["name"], "workspaceId");
    let dangling = patch(&stage, &format!("{one}/tables/customers"), json!({"remove": true})).await;
    assert_eq!(dangling.paths(), ["/relationships/0/to", "/metrics/1/expression"], "{}", dangling.body);
    for gone in ["relationships/o2c", "metrics/buyers", "tables/customers"] {
        let removed = patch(&stage, &format!("{one}/{gone}"), json!({"remove": true})).await.data();
        assert_eq!(removed["deleted"], true);
        assert_eq!(stage.call(Method::GET, &format!("{one}/{gone}"), "").await.status, 404);
    }
    assert_eq!(counters(&deploy(&stage, &product).await), [2, 1, 0], "the metric never was live");
    assert_eq!(stage.call(Method::PUT, &metrics, "{}").await.status, 405);
    assert_eq!(patch(&stage, &table, json!({})).await.status, 422);
}

#[tokio::test]
async fn everything_wrong_with_a_document_is_said_at_once() {
    let (stage, product) = shop().await;
    let list = format!("{product}/semantic-models");
    let bad = RETAIL.replace("to: customers", "to: clients").replace("COUNT(orders.id)", "orders.id");
    let refused = post(&stage, &list, body("retail", &bad)).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "SEMANTIC_MODEL_INVALID"));
    assert_eq!(refused.paths(), ["/relationships/0/to", "/metrics/0/expression"]);
    let refused = post(&stage, &list, body("retail", &RETAIL.replace("COUNT(orders.id)", "COUNT(orders.idx)"))).await;
    assert_eq!(refused.body["error"]["details"]["violations"][0]["rule"], "UNKNOWN_FIELD");
    let checked = post(&stage, &format!("{list}/validate"), body("retail", &bad)).await.data();
    assert_eq!(checked["validation"]["errors"].as_array().map(Vec::len), Some(2));
    for (bad, path) in [
        (json!({"name": "9", "format": "osi", "content": RETAIL}), "/name"),
        (json!({"name": "a", "format": "xml", "content": RETAIL}), "/format"),
        (json!({"name": "a", "format": "osi"}), "/document"),
        (json!({"name": "a", "format": "osi", "content": RETAIL, "document": {}}), "/content"),
        (json!({"name": "a", "format": "osi", "content": "a: *b"}), "/content"),
        (json!({"name": "a", "format": "osi", "document": {}}), "/semantic_model"),
    ] {
        let refused = post(&stage, &list, bad).await;
        assert_eq!((refused.status, refused.paths()), (422, vec![path.to_owned()]), "{}", refused.body);
    }
    let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        text + &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
    });
    let refused = post(&stage, &list, body("bomb", &bomb)).await;
    assert_eq!(refused.body["error"]["details"]["violations"][0]["rule"], "TOO_LARGE");
    assert_eq!(get(&stage, &list).await["count"], 0);
}

#[tokio::test]
async fn tables_may_come_later_but_not_after_the_deploy() {
    let stage = Stage::new().await;
    stage.warehouse(&["orders", "customers"]).await;
    let product = product(&stage, "Sales", &["orders"]).await;
    let list = format!("{product}/semantic-models");
    let made = post(&stage, &list, body("retail", RETAIL)).await;
    let warned = made.data()["validation"]["warnings"].clone();
    assert_eq!((&warned[0]["code"], &warned[0]["path"]), (&json!("UNKNOWN_TABLE"), &json!("/datasets/1/source")));
    let live =
        post(&stage, &list, json!({"name": "live", "format": "osi", "content": RETAIL, "isDeployed": true})).await;
    assert_eq!((live.status, live.code().as_str()), (422, "SEMANTIC_MODEL_INVALID"));
    let refused = post(&stage, &format!("{product}/deploy"), json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "DEPLOY_VALIDATION_FAILED"));
    let broken = &refused.body["error"]["details"]["violations"][0];
    assert_eq!((&broken["entityType"], &broken["rule"]), (&json!("semanticModel"), &json!("UNKNOWN_TABLE")));
    assert_eq!(get(&stage, &format!("{product}/data-assets?isDeployed=true")).await["count"], 0, "nothing is promoted");
    patch(&stage, &format!("{product}/data-assets"), json!({"add": [{"tableName": "customers"}]})).await.data();
    assert_eq!(counters(&deploy(&stage, &product).await), [2, 1, 1]);
}

#[tokio::test]
async fn one_name_is_one_metric_of_the_product() {
    let (stage, product) = shop().await;
    let one = model(&stage, &product).await;
    let list = format!("{product}/semantic-models");
    let second = RETAIL.replace("name: order_count", "name: Order_Count");
    let refused = post(&stage, &list, body("second", &second)).await;
    let broken = refused.body["error"]["details"]["violations"][0].clone();
    assert_eq!(
        (refused.status, &broken["rule"], &broken["path"]),
        (422, &json!("DUPLICATE_METRIC"), &json!("/metrics/0/name"))
    );
    assert!(broken["message"].as_str().unwrap().contains("retail.order_count"));
    let other = RETAIL.replace("name: order_count", "name: other_count");
    post(&stage, &list, body("retail", &other)).await.data();
    let refused = post(&stage, &format!("{product}/deploy"), json!({})).await;
    assert_eq!(refused.body["error"]["details"]["violations"][0]["rule"], "unique", "{}", refused.body);
    patch(&stage, &one, json!({"name": "first"})).await.data();
    assert_eq!(counters(&deploy(&stage, &product).await), [4, 2, 2]);
}

#[tokio::test]
async fn other_formats_come_in_with_their_verified_queries() {
    let (stage, product) = shop().await;
    let snowflake = r"
name: retail
tables:
  - name: orders
    base_table: {schema: sales, table: orders}
    primary_key: {columns: [id]}
    facts: [{name: id, expr: id}]
    metrics: [{name: order_count, expr: COUNT(id)}]
verified_queries:
  - {name: total, question: How many?, sql: SELECT COUNT(*) FROM sales.orders}
  - {name: bad, question: Drop it?, sql: DROP TABLE orders}
";
    let list = format!("{product}/semantic-models");
    let made = post(&stage, &list, json!({"name": "snow", "format": "snowflake", "content": snowflake})).await;
    assert_eq!(
        (made.status, &made.data()["semanticModel"]["sourceFormat"]),
        (201, &json!("snowflake")),
        "{}",
        made.body
    );
    let warned = made.data()["validation"]["warnings"].clone();
    assert_eq!(
        (&warned[0]["code"], &warned[0]["path"]),
        (&json!("VERIFIED_QUERY_LEFT_OUT"), &json!("/verified_queries/1"))
    );
    let queries = get(&stage, &format!("{product}/verified-queries")).await;
    assert_eq!((&queries["count"], &queries["verifiedQueries"][0]["name"]), (&json!(1), &json!("total")));
    let bad = snowflake.replace("COUNT(id)", "COUNT(idd)").replace("order_count", "other_count");
    let refused = post(&stage, &list, json!({"name": "bad", "format": "snowflake", "content": bad})).await;
    assert_eq!(refused.paths(), ["/tables/0/metrics/0/expr"], "{}", refused.body);
}

#[tokio::test]
async fn a_sketch_is_made_of_keys_and_types() {
    let (stage, product) = shop().await;
    let list = format!("{product}/semantic-models");
    let made = post(&stage, &format!("{list}/generate"), json!({"sampleRows": 0})).await;
    let shown = made.data()["semanticModel"].clone();
    assert_eq!((made.status, &shown["name"], &shown["tableCount"]), (201, &json!("sales"), &json!(2)), "{}", made.body);
    assert_eq!(shown["document"]["semantic_model"][0]["datasets"][0]["source"], "sales.orders");
    let assets = get(&stage, &format!("{product}/data-assets")).await["dataAssets"].clone();
    let one = json!({"name": "one", "dataAssetIds": [assets[1]["id"]], "sampleRows": 0});
    let made = post(&stage, &format!("{list}/generate"), one).await.data();
    assert_eq!(made["semanticModel"]["document"]["semantic_model"][0]["datasets"][0]["name"], "customers");
    let unknown =
        post(&stage, &format!("{list}/generate"), json!({"dataAssetIds": [stage.account.to_string(), "x"]})).await;
    assert_eq!((unknown.status, unknown.paths()), (422, vec!["/dataAssetIds/1".to_owned()]));
}

#[tokio::test]
async fn a_front_page_that_nobody_made_shows_the_first_metrics() {
    let (stage, product) = shop().await;
    let current = format!("{product}/front-page-configs/current");
    let metric = |name: &str| format!("      - {{name: {name}, expression: COUNT(orders.id)}}\n");
    let hidden = "      - {name: internal, expression: COUNT(orders.id), custom_extensions: [{vendor_name: EMPORION, data: '{\"hidden\": true}'}]}\n";
    let more = format!("{}{hidden}{}{}", metric("b_count"), metric("c_count"), metric("d_count"));
    let made = post(&stage, &format!("{product}/semantic-models"), body("retail", &format!("{RETAIL}{more}"))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(get(&stage, &current).await["frontPageConfig"]["kpis"], json!([]), "a draft is shown to nobody");
    deploy(&stage, &product).await;
    let kpis = get(&stage, &current).await["frontPageConfig"]["kpis"].clone();
    let kpi = |metric: &str, label: &str| json!({"metric": metric, "label": label});
    assert_eq!(kpis, json!([kpi("order_count", "Order count"), kpi("b_count", "B count"), kpi("c_count", "C count")]));
    // What is shown can be made one's own.
    let page = json!({"title": "Sales", "kpis": kpis});
    assert_eq!(post(&stage, &format!("{product}/front-page-configs"), page).await.status, 201);
}

#[tokio::test]
async fn nothing_is_made_of_what_nobody_knows() {
    let stage = Stage::new().await;
    stage.warehouse(&["orders"]).await;
    let product = product(&stage, "Sales", &["ghosts", "orders"]).await;
    let generate = format!("{product}/semantic-models/generate");
    let made = post(&stage, &generate, json!({"sampleRows": 0})).await;
    assert_eq!((made.status, &made.data()["semanticModel"]["tableCount"]), (201, &json!(1)), "{}", made.body);
    assert_eq!(made.body["warnings"][0]["code"], "TABLE_LEFT_OUT");
    let reported = made.body["warnings"][0]["message"].as_str().expect("a message");
    assert!(reported.contains("ghosts") && reported.contains("cannot be reached from here"), "{reported}");
    let assets = get(&stage, &format!("{product}/data-assets")).await["dataAssets"].clone();
    let alone = post(&stage, &generate, json!({"dataAssetIds": [assets[0]["id"]], "sampleRows": 0})).await;
    assert_eq!(alone.status, 422, "{}", alone.body);
    assert_eq!(alone.body["error"]["details"]["violations"][0]["entityId"], assets[0]["id"]);
    let empty = self::product(&stage, "Empty", &[]).await;
    let empty = post(&stage, &format!("{empty}/semantic-models/generate"), json!({})).await;
    assert_eq!(empty.status, 422, "{}", empty.body);
}

#[tokio::test]
async fn a_sketch_can_be_deployed_beside_what_is_there() {
    let stage = Stage::new().await;
    let service = stage.warehouse(&[]).await;
    let database = stage.make("database", "other", Some(service), json!({})).await;
    let schema = stage.make("database_schema", "o.ther dß", Some(database), json!({})).await;
    let columns = json!({"columns": [{"name": "id", "data_type": "INT", "constraint": "PRIMARY_KEY"}]});
    let mut assets = Vec::new();
    for table in ["ships", "ports"] {
        stage.make("table", table, Some(schema), columns.clone()).await;
        assets.push(json!({"tableName": table, "schemaName": "o.ther dß", "databaseName": "other"}));
    }
    let made = post(&stage, "/data-products", json!({"name": "Fleet", "dataAssets": assets})).await.data();
    let product = format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id"));
    let ids = get(&stage, &format!("{product}/data-assets")).await["dataAssets"].clone();
    let generate = async |body: Value| post(&stage, &format!("{product}/semantic-models/generate"), body).await;
    let mut names = Vec::new();
    for body in [
        json!({"dataAssetIds": [ids[0]["id"]], "sampleRows": 0}),
        json!({"dataAssetIds": [ids[1]["id"]], "sampleRows": 0}),
        json!({"sampleRows": 0}),
    ] {
        let made = generate(body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        names.push(made.data()["semanticModel"]["name"].clone());
    }
    assert_eq!(names, ["fleet", "fleet_2", "fleet_3"]);
    deploy(&stage, &product).await;
    let again = generate(json!({"sampleRows": 0})).await;
    assert_eq!(again.data()["semanticModel"]["metricCount"], 0);
    assert!(again.body.to_string().contains("METRIC_LEFT_OUT"), "{}", again.body);
    let shown = again.data()["semanticModel"].clone();
    assert_eq!(shown["document"]["semantic_model"][0]["datasets"][0]["source"], "\"o.ther dß\".ships");
    deploy(&stage, &product).await;
}

#[tokio::test]
async fn a_copy_of_a_model_is_checked_as_the_one_that_it_replaces() {
    let (stage, product) = shop().await;
    model(&stage, &product).await;
    let list = format!("{product}/semantic-models");
    let checked = post(&stage, &format!("{list}/validate"), body("Retail", RETAIL)).await.data();
    assert_eq!(checked["validation"]["errors"], json!([]));
    let refused = post(&stage, &list, body("retail", RETAIL)).await;
    let message = refused.body["error"]["details"]["violations"][0]["message"].to_string();
    assert!(message.contains("retail.order_count of the model "), "{message}");
}

#[tokio::test]
async fn references_lead_to_the_products_that_are_composed() {
    let (stage, sales) = shop().await;
    model(&stage, &sales).await;
    deploy(&stage, &sales).await;
    let source = sales.rsplit('/').next().expect("an id");
    let board = post(&stage, "/data-products", json!({"name": "Board", "compositeOf": [source]})).await.data();
    let board = format!("/data-products/{}", board["dataProduct"]["id"].as_str().expect("an id"));
    let list = format!("{board}/semantic-models");
    let of = |source: &str, column: &str| {
        format!(
            "semantic_model:\n- name: board\n  datasets: [{{name: sold, source: \"{source}\"}}]\n  metrics: [{{name: sold_count, expression: COUNT(sold.{column})}}]\n"
        )
    };
    for (source, column, rule) in [("$ref(sales.orders)", "idd", "UNKNOWN_FIELD"), ("$ref(orders)", "id", "REFERENCE")]
    {
        let refused = post(&stage, &list, body("board", &of(source, column))).await;
        assert_eq!(refused.body["error"]["details"]["violations"][0]["rule"], rule, "{}", refused.body);
    }
    let warned =
        post(&stage, &format!("{list}/validate"), body("board", &of("$ref(nobody.orders)", "id"))).await.data();
    assert_eq!(warned["validation"]["warnings"][0]["code"], "UNKNOWN_TABLE");
    let made = post(&stage, &list, body("board", &of("$ref(sales.orders)", "id"))).await;
    assert_eq!((made.status, &made.data()["validation"]["warnings"]), (201, &json!([])), "{}", made.body);
    let results = deploy(&stage, &board).await;
    assert_eq!((counters(&results), &results["compositions"]["promoted"]), ([1, 0, 1], &json!(1)));
}

#[tokio::test]
async fn who_reads_sees_what_is_live_and_changes_nothing() {
    let (stage, product) = shop().await;
    let one = model(&stage, &product).await;
    let (user, token) = stage.user("lee").await;
    let add = json!({"add": [{"userId": user.to_string(), "role": "viewer"}]});
    patch(&stage, &format!("{product}/users"), add).await.data();
    let ask = |method: Method, path: String, body: Value| {
        let (stage, token) = (&stage, &token);
        async move { stage.call_as(Some(token), method, &path, &body.to_string(), &[]).await }
    };
    assert_eq!(ask(Method::GET, one.clone(), Value::Null).await.status, 404, "drafts are for editors");
    deploy(&stage, &product).await;
    patch(&stage, &one, json!({"description": "draft"})).await.data();
    let seen = ask(Method::GET, one.clone(), Value::Null).await.data();
    assert_eq!(
        (&seen["semanticModel"]["isDeployed"], &seen["semanticModel"]["description"]),
        (&json!(true), &Value::Null)
    );
    let list = format!("{product}/semantic-models");
    for (method, path, body) in [
        (Method::PATCH, one.clone(), json!({"name": "x"})),
        (Method::POST, list.clone(), body("x", RETAIL)),
        (Method::POST, format!("{list}/validate"), body("x", RETAIL)),
        (Method::POST, format!("{list}/generate"), json!({})),
        (Method::POST, format!("{one}/metrics"), json!({"name": "x", "expression": "COUNT(orders.id)"})),
        (Method::PATCH, format!("{one}/metrics/order_count"), json!({"remove": true})),
    ] {
        assert_eq!(ask(method, path.clone(), body).await.status, 403, "{path}");
    }
}
