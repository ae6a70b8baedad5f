//! Queries and tests of connections, over databases that only note what they were asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

use crate::databases::{Answered, Databases, Fault, Offered, Place, Question, Tested};
use crate::testing::Stage;

#[derive(Default)]
struct Noted {
    places: Mutex<Vec<Place>>,
    questions: Mutex<Vec<Question>>,
    fault: Mutex<Option<Fault>>,
}

impl Noted {
    fn answer<T>(&self, place: &Place, answer: T) -> Result<T, Fault> {
        self.places.lock().unwrap().push(place.clone());
        self.fault.lock().unwrap().clone().map_or(Ok(answer), Err)
    }

    fn last(&self) -> Question {
        self.questions.lock().unwrap().last().expect("a question").clone()
    }
}

#[async_trait]
impl Databases for Noted {
    async fn test(&self, place: &Place, _: Duration) -> Result<Tested, Fault> {
        let tested = Tested {
            version: "16.2".to_owned(),
            user: "reader".to_owned(),
            database: "shop".to_owned(),
            schemas: vec!["sales".to_owned()],
            latency: Duration::from_millis(3),
        };
        self.answer(place, tested)
    }

    async fn tables(&self, place: &Place, _: Duration) -> Result<Vec<Offered>, Fault> {
        let text = str::to_owned;
        let table = Offered {
            database: text("shop"),
            schema: text("sales"),
            name: text("orders"),
            is_view: true,
            rows: Some(7),
        };
        self.answer(place, vec![table])
    }

    async fn run(&self, place: &Place, question: &Question) -> Result<Answered, Fault> {
        self.questions.lock().unwrap().push(question.clone());
        let took = Duration::from_millis(2);
        let rows = vec![vec![json!(1)]];
        self.answer(place, Answered { columns: vec![("n".to_owned(), "NUMBER")], rows, truncated: false, took })
    }
}

async fn stage() -> (Stage, Arc<Noted>) {
    let noted = Arc::new(Noted::default());
    let databases = noted.clone();
    let stage = Stage::with(crate::operations::table, |door| door.with_databases(databases)).await;
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
    for place in noted.places.lock().unwrap().iter() {
        assert_eq!(place.config.pointer("/authType/password"), Some(&json!("s3cret")));
        assert!(!format!("{place:?}").contains("s3cret"));
    }
    let status = stage.call(Method::GET, &path, "").await.data()["dataSource"]["connectionStatus"].clone();
    assert_eq!(status["success"], true);
    let tables = stage.call(Method::GET, &format!("{path}/available-tables"), "").await.data();
    assert_eq!(
        tables["tables"][0],
        json!({"database": "shop", "schema": "sales", "name": "orders", "type": "view", "rowCount": 7})
    );

    let fault = Fault::Source { reason: "UNAUTHORISED", message: "the source refuses the credentials".to_owned() };
    *noted.fault.lock().unwrap() = Some(fault);
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
    let names = |question: &Question| question.tables.iter().map(|table| table.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&noted.last()), ["orders"]);
    assert_eq!(
        (noted.last().parameters["low"].clone(), noted.last().tables[0].columns.clone()),
        (json!(3), vec!["id".to_owned()])
    );
    let mut preview = ask.clone();
    preview["preview"] = true.into();
    post(&stage, &sql, preview.clone()).await.data();
    assert_eq!(names(&noted.last()), ["orders", "customers"]);

    let (user, token) = stage.user("lee").await;
    let entry = |more: Value| {
        let mut entry = json!({"userId": user.to_string(), "role": "viewer"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"users": [entry]}).to_string()
    };
    let as_viewer = async |body: &Value| stage.call_as(Some(&token), Method::POST, &sql, &body.to_string(), &[]).await;
    assert_eq!(as_viewer(&ask).await.status, 404);
    let users = format!("{path}/users");
    stage.call(Method::PATCH, &users, &entry(json!({"rowFilters": {"orders": "id < 9"}}))).await.data();
    assert_eq!(as_viewer(&ask).await.status, 200);
    assert_eq!(noted.last().tables[0].filter.as_deref(), Some("(id < 9)"));
    assert_eq!(as_viewer(&preview).await.code(), "FORBIDDEN");
    let board = product(&stage, "Board", json!({"compositeOf": [sales]})).await;
    post(&stage, &format!("/data-products/{board}/run-sql"), ask.clone()).await.data();
    assert_eq!(names(&noted.last()), ["orders"]);
    stage.call(Method::PATCH, &users, &entry(json!({"rowFilters": {"gone": "id < 9"}}))).await.data();
    assert_eq!(as_viewer(&ask).await.code(), "FORBIDDEN", "a filter that fits nothing opens nothing");
    stage.call(Method::PATCH, &users, &entry(json!({"allowSql": false, "rowFilters": null}))).await.data();
    assert_eq!(as_viewer(&ask).await.code(), "FORBIDDEN");
    assert_eq!(post(&stage, &sql, json!({"sql": "", "limit": 0})).await.paths(), ["/sql", "/limit"]);
    let fault =
        Fault::Refused { rule: "NOT_A_SELECT", message: "only SELECT may be run".to_owned(), position: Some((1, 2)) };
    *noted.fault.lock().unwrap() = Some(fault);
    let refused = post(&stage, &sql, json!({"sql": "DROP TABLE orders"})).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "SQL_NOT_ALLOWED"));
    assert_eq!(refused.body["error"]["details"]["rule"], "NOT_A_SELECT");
}
