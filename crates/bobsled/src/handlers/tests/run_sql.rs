//! Queries and tests of connections, over databases that only note what they were asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::record::Record;
use emporion_products::databases::{
    self, Answered, Column, DatabaseError, Databases, Offered, Speech, Statement, Target, Tested,
};
use emporion_semantic::guard::{Dialect, Plan};
use http::Method;
use serde_json::{Value, json};

use crate::testing::{self, Stage};

#[derive(Default)]
struct Noted {
    targets: Mutex<Vec<Target>>,
    plans: Mutex<Vec<Plan>>,
    error: Mutex<Option<DatabaseError>>,
}

impl Noted {
    fn answer<T>(&self, target: &Target, answer: T) -> Result<T, DatabaseError> {
        self.targets.lock().unwrap().push(target.clone());
        self.error.lock().unwrap().clone().map_or(Ok(answer), Err)
    }

    /// What was asked last: the statement, and the tables that it reads.
    fn last(&self) -> (String, Vec<String>) {
        let plan = self.plans.lock().unwrap().last().expect("a plan").clone();
        (plan.sql, plan.tables.into_iter().map(|table| table.name).collect())
    }
}

#[async_trait]
impl Databases for Noted {
    async fn test(&self, target: &Target, _: Duration) -> Result<Tested, DatabaseError> {
        let tested = Tested {
            version: "16.2".to_owned(),
            user: "reader".to_owned(),
            database: "shop".to_owned(),
            schemas: vec!["sales".to_owned()],
            latency: Duration::from_millis(3),
        };
        self.answer(target, tested)
    }

    async fn tables(&self, target: &Target, _: Duration) -> Result<Vec<Offered>, DatabaseError> {
        let text = str::to_owned;
        let table = Offered {
            database: text("shop"),
            schema: text("sales"),
            name: text("orders"),
            is_view: true,
            rows: Some(7),
        };
        self.answer(target, vec![table])
    }

    async fn take_in(&self, _: &Catalog, _: &Caller, _: &Record, _: &[(String, String)]) -> Result<(), String> {
        Ok(())
    }

    fn speech(&self, _: &Target) -> Result<Speech, DatabaseError> {
        Ok(Speech { dialect: Dialect::Sqlite, default_schema: None, database: None, place: String::new() })
    }

    async fn describe(&self, target: &Target, plan: &Plan, _: Duration) -> Result<Vec<Column>, DatabaseError> {
        self.plans.lock().unwrap().push(plan.clone());
        self.answer(target, vec![("n".to_owned(), "NUMBER")])
    }

    async fn run(&self, target: &Target, statement: &Statement<'_>) -> Result<Answered, DatabaseError> {
        self.plans.lock().unwrap().push(statement.plan.clone());
        let took = Duration::from_millis(2);
        let rows = vec![vec![json!(1)]];
        let columns = vec![("n".to_owned(), "NUMBER")];
        let warnings = databases::warnings(statement.plan);
        self.answer(target, Answered { columns, rows, truncated: false, took, warnings })
    }
}

async fn stage() -> (Stage, Arc<Noted>) {
    let noted = Arc::new(Noted::default());
    let databases = noted.clone();
    let stage = Stage::with(crate::operations::table, |products, deprecation| {
        testing::door(products.with_databases(databases), deprecation)
    })
    .await;
    (stage, noted)
}

async fn post(stage: &Stage, path: &str, body: Value) -> crate::testing::Reply {
    stage.call(Method::POST, path, &body.to_string()).await
}

async fn product(stage: &Stage, name: &str, more: Value) -> String {
    let mut body = json!({"name": name, "isDeployed": true});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = post(stage, "/data-products", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.data()["dataProduct"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn connections_are_tested_with_their_secret_and_the_result_is_kept() {
    let (stage, noted) = stage().await;
    let config = json!({"connectionString": "postgres://reader:s3cret@db/shop", "isEncoded": false});
    let tried = post(&stage, "/data-sources/test-connection", json!({"connectionConfig": config})).await.data();
    assert_eq!((&tried["success"], &tried["details"]["postgresVersion"]), (&json!(true), &json!("16.2")));
    let body = json!({"name": "shop", "type": "postgres", "connectionConfig": config});
    let made = post(&stage, "/data-sources", body).await.data();
    let path = format!("/data-sources/{}", made["dataSource"]["id"].as_str().unwrap());
    let tested = post(&stage, &format!("{path}/test-connection"), Value::Null).await.data();
    assert_eq!((&tested["connected"], &tested["latencyMs"]), (&json!(true), &json!(3)));
    for target in noted.targets.lock().unwrap().iter() {
        assert_eq!(target.config.pointer("/authType/password"), Some(&json!("s3cret")));
        assert!(!format!("{target:?}").contains("s3cret"));
    }
    let status = stage.call(Method::GET, &path, "").await.data()["dataSource"]["connectionStatus"].clone();
    assert_eq!(status["success"], true);
    let tables = stage.call(Method::GET, &format!("{path}/available-tables"), "").await.data();
    assert_eq!(
        tables["tables"][0],
        json!({"database": "shop", "schema": "sales", "name": "orders", "type": "view", "rowCount": 7})
    );

    let error =
        DatabaseError::Source { reason: "UNAUTHORISED", message: "the source refuses the credentials".to_owned() };
    *noted.error.lock().unwrap() = Some(error);
    let failed = post(&stage, &format!("{path}/test-connection"), Value::Null).await;
    assert_eq!((failed.status, failed.code().as_str()), (502, "DATA_SOURCE_ERROR"));
    assert_eq!(failed.body["error"]["details"]["reason"], "UNAUTHORISED");
    let status = stage.call(Method::GET, &path, "").await.data()["dataSource"]["connectionStatus"].clone();
    assert_eq!(status["success"], false);
    let tried = post(&stage, "/data-sources/test-connection", json!({"connectionConfig": config})).await.data();
    assert_eq!((&tried["success"], &tried["details"]["reason"]), (&json!(false), &json!("UNAUTHORISED")));
    let (_, token) = stage.user("lee").await;
    let refused = stage.call_as(Some(&token), Method::GET, &format!("{path}/available-tables"), "", &[]).await;
    assert_eq!(refused.code(), "FORBIDDEN");
}

#[tokio::test]
async fn a_query_reaches_the_deployed_tables_under_the_callers_row_filter() {
    let (stage, noted) = stage().await;
    stage.warehouse(&["orders", "customers", "secret"]).await;
    let sales = product(&stage, "Sales", json!({"dataAssets": [{"tableName": "orders"}]})).await;
    let path = format!("/data-products/{sales}");
    let patch = json!({"add": [{"tableName": "customers"}]}).to_string();
    assert_eq!(stage.call(Method::PATCH, &format!("{path}/data-assets"), &patch).await.status, 200);
    let sql = format!("{path}/run-sql");
    let ask = json!({"sql": "SELECT COUNT(*) AS n FROM orders WHERE id > :low", "params": {"low": 3}, "limit": 10});
    let answer = post(&stage, &sql, ask.clone()).await.data();
    assert_eq!(
        answer,
        json!({"columns": [{"name": "n", "type": "NUMBER"}], "rows": [[1]], "rowCount": 1, "executionTime": 2,
               "truncated": false, "limit": 10})
    );
    let (statement, tables) = noted.last();
    assert!(statement.contains("> 3") && statement.contains("LIMIT 11"), "{statement}");
    assert_eq!(tables, ["orders"]);
    let mut preview = json!({"sql": "SELECT id FROM customers"});
    assert_eq!(post(&stage, &sql, preview.clone()).await.body["error"]["details"]["rule"], "TABLE_NOT_ALLOWED");
    preview["preview"] = true.into();
    post(&stage, &sql, preview.clone()).await.data();
    assert_eq!(noted.last().1, ["customers"]);
    let wild = json!({"add": [{"tableName": "nowhere"}]}).to_string();
    assert_eq!(stage.call(Method::PATCH, &format!("{path}/data-assets"), &wild).await.status, 200);
    let unknown = json!({"sql": "SELECT 1 FROM nowhere", "preview": true});
    let refused = post(&stage, &sql, unknown).await;
    assert_eq!(refused.body["error"]["details"]["rule"], "TABLE_NOT_ALLOWED", "a draft opens no table of the source");

    let (user, token) = stage.user("lee").await;
    let entry = |more: Value| {
        let mut entry = json!({"userId": user.to_string(), "role": "viewer"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"users": [entry]}).to_string()
    };
    // What was found out about the product is kept from the second time on, until something changes.
    let as_viewer = async |body: &Value| {
        let ask = async || stage.call_as(Some(&token), Method::POST, &sql, &body.to_string(), &[]).await;
        let first = ask().await;
        for _ in 0..2 {
            assert_eq!(ask().await.status, first.status);
        }
        first
    };
    assert_eq!(as_viewer(&ask).await.status, 404);
    let users = format!("{path}/users");
    stage.call(Method::PATCH, &users, &entry(json!({"rowFilters": {"orders": "id < 9"}}))).await.data();
    assert_eq!(as_viewer(&ask).await.status, 200);
    assert!(noted.last().0.contains("id < 9"), "{}", noted.last().0);
    stage.call(Method::PATCH, &users, &entry(json!({"rowFilters": {"orders": "id < 8"}}))).await.data();
    assert_eq!(as_viewer(&ask).await.status, 200);
    assert!(noted.last().0.contains("id < 8"), "{}", noted.last().0);
    assert_eq!(as_viewer(&preview).await.code(), "FORBIDDEN");
    let board = product(&stage, "Board", json!({"compositeOf": [sales]})).await;
    post(&stage, &format!("/data-products/{board}/run-sql"), ask.clone()).await.data();
    assert_eq!(noted.last().1, ["orders"]);
    for (filters, rule) in [
        (json!({"gone": "id < 9"}), "exists"),
        (json!({"orders": "idd < 9"}), "UNKNOWN_COLUMN"),
        (json!({"orders": "id IN (SELECT 1)"}), "UNSUPPORTED"),
        (json!({"orders": "1 = 1; DROP TABLE orders"}), "MULTIPLE_STATEMENTS"),
        (json!({"orders": "count(*) > 1"}), "UNSUPPORTED"),
        (json!({"orders": "id"}), "UNSUPPORTED"),
    ] {
        let refused = stage.call(Method::PATCH, &users, &entry(json!({ "rowFilters": filters }))).await;
        let broken = refused.body["error"]["details"]["violations"][0].clone();
        assert_eq!((refused.status, &broken["rule"]), (422, &json!(rule)), "{}", refused.body);
        assert!(broken["path"].as_str().unwrap().starts_with("/users/0/rowFilters/"));
    }
    let later = json!({"rowFilters": {"customers": "id < 9"}});
    stage.call(Method::PATCH, &users, &entry(later)).await.data();
    assert_eq!(as_viewer(&ask).await.code(), "FORBIDDEN", "a filter that fits nothing opens nothing");
    stage.call(Method::PATCH, &users, &entry(json!({"allowSql": false, "rowFilters": null}))).await.data();
    assert_eq!(as_viewer(&ask).await.code(), "FORBIDDEN");
    assert_eq!(post(&stage, &sql, json!({"sql": "", "limit": 0})).await.paths(), ["/sql", "/limit"]);
    let refused = post(&stage, &sql, json!({"sql": "DROP TABLE orders"})).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "SQL_NOT_ALLOWED"));
    assert_eq!(refused.body["error"]["details"]["rule"], "NOT_A_SELECT");
    for (error, status, code) in [
        (DatabaseError::Refused { rule: "SYNTAX", message: "no such column".to_owned() }, 422, "SQL_NOT_ALLOWED"),
        (DatabaseError::Value { message: "a value could not be computed".to_owned() }, 422, "SQL_NOT_ALLOWED"),
        (DatabaseError::Cost { message: "too much".to_owned() }, 429, "COST_LIMIT"),
        (DatabaseError::Timeout, 504, "QUERY_TIMEOUT"),
    ] {
        *noted.error.lock().unwrap() = Some(error);
        let refused = post(&stage, &sql, ask.clone()).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code));
    }
}

#[tokio::test]
async fn a_query_goes_to_the_source_whose_tables_it_names() {
    let (stage, noted) = stage().await;
    stage.warehouse(&["orders"]).await;
    let sales = product(&stage, "Sales", json!({"dataAssets": [{"tableName": "orders"}]})).await;
    let service = stage.make("database_service", "market", None, json!({"service_type": "SQLite"})).await;
    let database = stage.make("database", "m", Some(service), json!({})).await;
    let schema = stage.make("database_schema", "main", Some(database), json!({})).await;
    let columns = json!({"columns": [{"name": "id", "data_type": "INT"}]});
    stage.make("table", "campaigns", Some(schema), columns).await;
    let body = json!({"dataSourceId": service.to_string(), "dataAssets": [{"tableName": "campaigns"}]});
    let market = product(&stage, "Market", body).await;
    let board = product(&stage, "Board", json!({"compositeOf": [sales, market]})).await;
    let sql = format!("/data-products/{board}/run-sql");
    for (table, kind) in [("orders", "Postgres"), ("campaigns", "SQLite"), ("main.campaigns", "SQLite")] {
        post(&stage, &sql, json!({"sql": format!("SELECT id FROM {table}")})).await.data();
        assert_eq!(noted.targets.lock().unwrap().last().expect("a place").service_type, kind, "{table}");
    }
    for (text, rule) in [
        ("SELECT o.id FROM orders o JOIN campaigns c ON o.id = c.id", "SEVERAL_SOURCES"),
        ("SELECT o.id FROM orders o JOIN nowhere n ON o.id = n.id", "TABLE_NOT_ALLOWED"),
        ("SELECT nothing FROM campaigns", "UNKNOWN_COLUMN"),
    ] {
        let refused = post(&stage, &sql, json!({ "sql": text })).await;
        assert_eq!((refused.status, &refused.body["error"]["details"]["rule"]), (422, &json!(rule)), "{text}");
    }
}

#[tokio::test]
async fn a_composed_product_that_one_may_not_query_lends_nothing() {
    let (stage, _) = stage().await;
    stage.warehouse(&["orders", "wages"]).await;
    let sales =
        product(&stage, "Sales", json!({"dataAssets": [{"tableName": "orders"}, {"tableName": "wages"}]})).await;
    let board = product(&stage, "Board", json!({})).await;
    let body = json!({"sourceDataProductId": sales, "include": {"datasets": ["orders"]}, "isDeployed": true});
    post(&stage, &format!("/data-products/{board}/compositions"), body).await.data();
    let (user, token) = stage.user("lee").await;
    let ask = async |table: &str| {
        let body = json!({"sql": format!("SELECT id FROM {table}")}).to_string();
        let path = format!("/data-products/{board}/run-sql");
        let answer = stage.call_as(Some(&token), Method::POST, &path, &body, &[]).await;
        let reported = answer.body["error"]["message"].as_str().unwrap_or_default().contains(table);
        (answer.status, answer.body["error"]["code"].as_str().unwrap_or("OK").to_owned(), reported)
    };
    let refused =
        |code: &str, reported: bool| (if code == "SQL_NOT_ALLOWED" { 422 } else { 403 }, code.to_owned(), reported);
    assert_eq!(ask("orders").await.0, 404, "the product itself is not seen");
    let give = async |product: &str, more: Value| {
        let mut entry = json!({"userId": user.to_string(), "role": "viewer"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let users = json!({"users": [entry]}).to_string();
        stage.call(Method::PATCH, &format!("/data-products/{product}/users"), &users).await.data();
    };
    give(&board, json!({})).await;
    // Of a product that he does not see he cannot tell what it has.
    assert_eq!(ask("orders").await, ask("nowhere").await.clone());
    assert_eq!(ask("orders").await.1, "SQL_NOT_ALLOWED");
    give(&sales, json!({"allowSql": false})).await;
    assert_eq!(ask("orders").await, refused("ROWS_NOT_GRANTED", true));
    assert_eq!(ask("wages").await.1, "SQL_NOT_ALLOWED", "the composition does not take it over");
    stage.hide("orders").await;
    assert_eq!(ask("orders").await, refused("ROWS_NOT_GRANTED", false));
    give(&sales, json!({"allowSql": true})).await;
    assert_eq!(ask("orders").await.0, 200);
}

#[tokio::test]
async fn verified_queries_are_planned_when_they_are_written_and_looked_at_again_when_tables_change() {
    let (stage, noted) = stage().await;
    stage.warehouse(&["orders", "customers"]).await;
    let assets = json!({"dataAssets": [{"tableName": "orders"}, {"tableName": "customers"}]});
    let path = format!("/data-products/{}", product(&stage, "Sales", assets).await);
    let list = format!("{path}/verified-queries");
    let query = |question: &str, sql: &str| json!({"question": question, "sql": sql, "isDeployed": true});
    let made = post(&stage, &list, query("How many?", "SELECT COUNT(id) AS n FROM orders WHERE id > 1")).await.data();
    let made = made["verifiedQuery"].clone();
    assert_eq!((&made["status"], &made["resultColumns"]), (&json!("ok"), &json!([{"name": "n", "type": "NUMBER"}])));
    for (sql, rule) in [
        ("SELECT 1 FROM wages", "TABLE_NOT_ALLOWED"),
        ("SELECT idd FROM orders", "UNKNOWN_COLUMN"),
        ("SELECT id FROM orders WHERE id > :low", "PARAMETER"),
        ("SELECT 1; DROP TABLE orders", "MULTIPLE_STATEMENTS"),
    ] {
        let refused = post(&stage, &list, query("x", sql)).await;
        assert_eq!((refused.status, &refused.body["error"]["details"]["rule"]), (422, &json!(rule)), "{sql}");
    }
    *noted.error.lock().unwrap() =
        Some(DatabaseError::Refused { rule: "SYNTAX", message: "no such function".to_owned() });
    assert_eq!(post(&stage, &list, query("x", "SELECT id FROM orders")).await.code(), "SQL_NOT_ALLOWED");
    *noted.error.lock().unwrap() = Some(DatabaseError::Value { message: "a value could not be converted".to_owned() });
    let refused = post(&stage, &list, query("x", "SELECT id FROM orders")).await;
    assert_eq!((refused.status, &refused.body["error"]["details"]["rule"]), (422, &json!("VALUE")));
    let mut sampled = query("Which?", "SELECT id FROM customers WHERE id > :low");
    sampled["parameters"] = json!([{"name": "low", "type": "string"}]);
    let sampled = post(&stage, &list, sampled).await.data();
    assert_eq!(sampled["verifiedQuery"]["status"], "unchecked", "other values may do");
    *noted.error.lock().unwrap() = Some(DatabaseError::Timeout);
    let unchecked = post(&stage, &list, query("Who?", "SELECT id FROM customers")).await.data();
    assert_eq!(unchecked["verifiedQuery"]["status"], "unchecked");
    *noted.error.lock().unwrap() = None;

    let all = stage.call(Method::GET, &format!("{path}/data-assets"), "").await.data();
    let id = |table: &str| {
        let assets = all["dataAssets"].as_array().expect("assets");
        assets.iter().find(|asset| asset["tableName"] == table).expect("the asset")["id"].clone()
    };
    let remove = json!({"remove": [id("orders")]}).to_string();
    stage.call(Method::PATCH, &format!("{path}/data-assets"), &remove).await.data();
    let one = format!("{list}/{}", made["id"].as_str().expect("an id"));
    let status = async || stage.call(Method::GET, &one, "").await.data()["verifiedQuery"]["status"].clone();
    assert_eq!(status().await, "broken", "over what the next deploy would leave");
    let refused = post(&stage, &format!("{path}/deploy"), json!({})).await;
    let broken = refused.body["error"]["details"]["violations"][0].clone();
    assert_eq!((refused.status, &broken["rule"], &broken["entityId"]), (422, &json!("TABLE_NOT_ALLOWED"), &made["id"]));
    assert_eq!(stage.call(Method::DELETE, &one, "").await.status, 200);
    assert_eq!(post(&stage, &format!("{path}/deploy"), json!({})).await.status, 200);
}

#[tokio::test]
async fn a_silent_source_is_waited_for_once() {
    let (stage, noted) = stage().await;
    let service = stage.warehouse(&["orders"]).await;
    let body = json!({"dataSourceId": service.to_string(), "dataAssets": [{"tableName": "orders"}]});
    let list = format!("/data-products/{}/verified-queries", product(&stage, "Sales", body).await);
    let status = async |question: &str| {
        let made = post(&stage, &list, json!({"question": question, "sql": "SELECT id FROM orders"})).await.data();
        made["verifiedQuery"]["status"].clone()
    };
    let asked = || noted.targets.lock().unwrap().len();
    let silence = DatabaseError::Source { reason: "UNREACHABLE", message: "nobody is there".to_owned() };
    *noted.error.lock().unwrap() = Some(silence);
    assert_eq!((status("one").await, asked()), (json!("unchecked"), 1));
    assert_eq!((status("two").await, asked()), (json!("unchecked"), 1), "it is left alone");
    *noted.error.lock().unwrap() = None;
    assert_eq!((status("three").await, asked()), (json!("unchecked"), 1));
    post(&stage, &format!("/data-sources/{service}/test-connection"), json!({})).await.data();
    assert_eq!((status("four").await, asked()), (json!("ok"), 3), "whatever reaches it says that it is there");
}

#[tokio::test]
async fn sketches_hold_values_that_were_seen() {
    let (stage, noted) = stage().await;
    let service = stage.warehouse(&[]).await;
    let kind = stage.catalog.kind("database_schema");
    let reading = stage.catalog.reading(&stage.admin).await.expect("a snapshot");
    let schema = reading.by_fqn(kind, &["warehouse.shop.sales"]).await.expect("a read").remove(0).expect("it");
    drop(reading);
    let columns =
        json!({"columns": [{"name": "region", "data_type": "VARCHAR"}, {"name": "amount", "data_type": "INT"}]});
    stage.make("table", "orders", Some(schema.id), columns).await;
    let body = json!({"dataSourceId": service.to_string(), "dataAssets": [{"tableName": "orders"}]});
    let path = format!("/data-products/{}/semantic-models/generate", product(&stage, "Sales", body).await);
    let made = post(&stage, &path, json!({"name": "one"})).await.data();
    let (sql, _) = noted.last();
    assert!(sql.contains("\"region\"") && !sql.contains("amount") && sql.contains("LIMIT 1001"), "{sql}");
    assert_eq!(made["semanticModel"]["tableCount"], 1);
    *noted.error.lock().unwrap() = Some(DatabaseError::Timeout);
    let made = post(&stage, &path, json!({"name": "two"})).await;
    assert_eq!((made.status, &made.body["warnings"][0]["code"]), (201, &json!("SAMPLES_LEFT_OUT")), "{}", made.body);
}
