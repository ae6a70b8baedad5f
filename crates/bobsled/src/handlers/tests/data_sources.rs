//! Data sources: connections, secrets, the default.

use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, Guard, Ref};
use emporion_store::MemoryStore;
use emporion_store::testing::Tallying;
use http::Method;
use serde_json::json;

use crate::testing::{self, Stage};

const SHOP: &str = r#"{"name": "shop", "type": "postgres", "connectionConfig":
    {"connectionString": "postgres://reader:s3cret@db:5432/shop", "isEncoded": false, "sslMode": "require"}}"#;

#[tokio::test]
async fn a_data_source_is_made_read_changed_and_deleted_without_showing_its_secret() {
    let stage = Stage::new().await;
    let made = stage.call(Method::POST, "/data-sources", SHOP).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let source = made.data()["dataSource"].clone();
    assert_eq!((&source["type"], &source["isDefault"]), (&json!("postgres"), &json!(true)));
    assert_eq!(source["connectionConfig"]["connectionString"], "***");
    assert_eq!(source["connectionStatus"], json!({"success": null, "lastTestedAt": null}));
    let path = format!("/data-sources/{}", source["id"].as_str().expect("an id"));
    assert_eq!(stage.call(Method::GET, &path, "").await.data()["dataSource"], source);

    let body = json!({"name": "Shop", "description": "d", "connectionConfig": source["connectionConfig"]}).to_string();
    let changed = stage.call(Method::PATCH, &path, &body).await;
    assert_eq!(changed.headers["etag"], "\"2\"");
    assert_eq!(changed.data()["dataSource"]["connectionConfig"], source["connectionConfig"]);
    let same = stage.call(Method::PATCH, &path, &body).await;
    assert_eq!(same.headers["etag"], "\"2\"");
    let taken = stage.call(Method::POST, "/data-sources", &SHOP.replace("shop", "Shop")).await;
    assert_eq!((taken.status, taken.code()), (409, "CONFLICT".to_owned()));

    stage.call(Method::POST, "/data-products", r#"{"name": "A", "externalDataProductId": "a"}"#).await.data();
    let used = stage.call(Method::DELETE, &path, "").await;
    assert_eq!((used.status, used.code()), (409, "IN_USE".to_owned()));
    stage.call(Method::DELETE, "/data-products/a", "").await.data();
    assert_eq!(stage.call(Method::DELETE, &path, "").await.data()["deleted"], true);
    assert_eq!(stage.call(Method::GET, &path, "").await.status, 404);
    for call in [stage.call(Method::GET, "/data-sources", "").await, made] {
        assert!(!call.body.to_string().contains("s3cret"));
    }
}

#[tokio::test]
async fn the_default_is_the_oldest_until_another_one_is_marked() {
    let stage = Stage::new().await;
    let make = |name: &'static str, is_default: bool| {
        let stage = &stage;
        async move {
            let body =
                json!({"name": name, "type": "sqlite", "connectionConfig": {"path": "x"}, "isDefault": is_default});
            let made = stage.call(Method::POST, "/data-sources", &body.to_string()).await.data();
            made["dataSource"]["id"].as_str().expect("an id").to_owned()
        }
    };
    let default = || async {
        let data = stage.call(Method::GET, "/data-sources?includeTotal=true", "").await.data();
        let sources = data["dataSources"].as_array().expect("a list").clone();
        let names: Vec<String> =
            sources.iter().filter(|one| one["isDefault"] == true).map(|one| one["name"].to_string()).collect();
        (names.join(" "), data["totalCount"].clone())
    };
    let first = make("first", false).await;
    make("second", false).await;
    assert_eq!(default().await, ("\"first\"".to_owned(), json!(2)));
    let third = make("third", true).await;
    assert_eq!(default().await.0, "\"third\"");
    stage.call(Method::PATCH, &format!("/data-sources/{first}"), r#"{"isDefault": true}"#).await.data();
    assert_eq!(default().await.0, "\"first\"");
    let product = stage.call(Method::POST, "/data-products", r#"{"name": "A"}"#).await.data();
    assert_eq!(product["dataProduct"]["dataSourceId"], first);
    stage.call(Method::PATCH, &format!("/data-sources/{first}"), r#"{"isDefault": false}"#).await.data();
    assert_eq!(default().await.0, "\"third\"");
    stage.call(Method::DELETE, &format!("/data-sources/{third}"), "").await.data();
    assert_eq!(default().await.0, "\"first\"");
}

#[tokio::test]
async fn the_default_is_found_among_any_number_of_sources() {
    let tally = Arc::new(Tallying::over(Arc::new(MemoryStore::default())));
    let stage = Stage::over(tally.clone(), crate::operations::table, testing::door).await;
    let product = async |name: &str| {
        tally.take();
        let made = stage.call(Method::POST, "/data-products", &json!({"name": name}).to_string()).await.data();
        (made["dataProduct"]["dataSourceId"].clone(), tally.take())
    };
    let first = stage.make("database_service", "0", None, json!({"service_type": "Postgres"})).await;
    product("without a cache").await;
    let (chosen, cost) = product("among one").await;
    assert_eq!(chosen, first.to_string());
    let mut last = first;
    for number in 1..40 {
        last = stage.make("database_service", &number.to_string(), None, json!({"service_type": "Postgres"})).await;
    }
    assert_eq!(product("among many").await, (first.to_string().into(), cost));
    let path = format!("/data-sources/{last}");
    stage.call(Method::PATCH, &path, r#"{"isDefault": true}"#).await.data();
    assert_eq!(product("the marked one").await.0, last.to_string());
    stage.call(Method::DELETE, "/data-products/the%20marked%20one", "").await;
    let restore = async |deleted: bool| {
        let target = Ref::Id(stage.catalog.kind("database_service"), last);
        let command = match deleted {
            true => Command::Delete { target, guard: Guard::None, how: Deletion { recursive: true, ..Deletion::SOFT } },
            false => Command::Restore { target },
        };
        stage.catalog.execute(&stage.admin, &command).await.expect("an administrator may");
    };
    restore(true).await;
    assert_eq!(product("after it is gone").await.0, first.to_string());
    restore(false).await;
    assert_eq!(product("with it again").await.0, last.to_string());
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let stage = Stage::new().await;
    for path in ["/data-sources/x", "/data-sources/987fcdeb-51a2-43e7-b123-456789abcdef"] {
        for (method, body) in [(Method::GET, ""), (Method::PATCH, r#"{"name": "x"}"#), (Method::DELETE, "")] {
            let missing = stage.call(method, path, body).await;
            assert_eq!((missing.status, missing.code()), (404, "NOT_FOUND".to_owned()), "{path}");
        }
    }
}
