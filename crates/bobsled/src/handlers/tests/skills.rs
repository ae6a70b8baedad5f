//! Skills of the account, their versions, and their use by products.

use http::Method;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

async fn skill(stage: &Stage, command: &str) -> Reply {
    let body = json!({"name": "Top customers", "command": command, "prompt": "Top {n} customers"});
    let made = stage.call(Method::POST, "/skills", &body.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made
}

fn path(made: &Reply) -> String {
    format!("/skills/{}", made.data()["skill"]["skillId"].as_str().expect("an id"))
}

async fn get(stage: &Stage, path: &str) -> Value {
    stage.call(Method::GET, path, "").await.data()
}

#[tokio::test]
async fn a_new_version_counts_and_the_old_one_never_changes() {
    let stage = Stage::new().await;
    let made = skill(&stage, "/top").await;
    let one = path(&made);
    assert!(made.headers["location"].to_str().expect("text").ends_with(&one));
    let revised = stage.call(Method::POST, &one, r#"{"prompt": "Best {n} customers"}"#).await.data()["skill"].clone();
    assert_eq!((&revised["version"], &revised["name"]), (&json!(2), &json!("Top customers")));
    assert_ne!(revised["id"], made.data()["skill"]["id"]);
    assert_eq!(get(&stage, &one).await["skill"]["prompt"], "Best {n} customers");
    let versions = get(&stage, &format!("{one}/versions")).await["versions"].clone();
    assert_eq!((&versions[0]["prompt"], &versions[1]["version"]), (&json!("Top {n} customers"), &json!(2)));
    let newest = format!("{one}/versions/{}", revised["id"].as_str().expect("an id"));
    assert_eq!(get(&stage, &newest).await["skill"], revised, "one id, one time of creation");
    assert_eq!(get(&stage, &one).await["skill"], revised);
    assert_eq!(get(&stage, "/skills").await["skills"][0], revised);
    assert_eq!(stage.call(Method::DELETE, &newest, "").await.status, 200);
    assert_eq!(get(&stage, &one).await["skill"]["version"], 1);
    assert_eq!(stage.call(Method::GET, &newest, "").await.status, 404);
    let first = format!("{one}/versions/{}", made.data()["skill"]["id"].as_str().expect("an id"));
    assert_eq!(stage.call(Method::DELETE, &first, "").await.code(), "CONFLICT");
    let third = stage.call(Method::POST, &one, r#"{"description": "d"}"#).await.data();
    assert_eq!(third["skill"]["version"], 3);
}

#[tokio::test]
async fn a_command_belongs_to_one_skill() {
    let stage = Stage::new().await;
    let one = path(&skill(&stage, "/top").await);
    let other = path(&skill(&stage, "/other").await);
    let body = json!({"name": "x", "command": "/top", "prompt": "p"}).to_string();
    let taken = stage.call(Method::POST, "/skills", &body).await;
    assert_eq!(taken.code(), "CONFLICT");
    assert!(taken.body["error"]["message"].as_str().expect("text").contains("/top"));
    assert_eq!(stage.call(Method::POST, &other, r#"{"command": "/top"}"#).await.code(), "CONFLICT");
    assert_eq!(stage.call(Method::DELETE, &one, "").await.data()["deleted"], true);
    assert_eq!(stage.call(Method::GET, &one, "").await.status, 404);
    assert_eq!(stage.call(Method::POST, &other, r#"{"command": "/top"}"#).await.data()["skill"]["command"], "/top");
    let bad = stage.call(Method::POST, "/skills", r#"{"name": "", "command": "top"}"#).await;
    assert_eq!(bad.paths(), ["/name", "/command", "/prompt"]);
}

#[tokio::test]
async fn a_product_enables_pins_and_disables_a_skill() {
    let stage = Stage::new().await;
    stage.warehouse(&["orders"]).await;
    let made = stage.call(Method::POST, "/data-products", r#"{"name": "Sales"}"#).await.data();
    let product = format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id"));
    let skill = path(&skill(&stage, "/top").await);
    stage.call(Method::POST, &skill, r#"{"prompt": "second"}"#).await;
    let used = format!("{product}{skill}");
    assert_eq!(stage.call(Method::GET, &used, "").await.status, 404);
    let enabled = stage.call(Method::PUT, &used, "").await;
    assert_eq!((enabled.status, &enabled.data()["skill"]["enabled"]), (201, &json!(true)));
    let pinned = stage.call(Method::POST, &used, r#"{"version": 1}"#).await;
    assert_eq!((pinned.status, &pinned.data()["skill"]["pinnedVersion"]), (200, &json!(1)));
    assert_eq!(stage.call(Method::PUT, &used, r#"{"version": 9}"#).await.paths(), ["/version"]);
    let list = get(&stage, &format!("{product}/skills")).await;
    assert_eq!((&list["count"], &list["skills"][0]["prompt"]), (&json!(1), &json!("Top {n} customers")));
    assert_eq!(stage.call(Method::PUT, &used, "{}").await.data()["skill"]["pinnedVersion"], Value::Null);
    assert_eq!(get(&stage, &used).await["skill"]["prompt"], "second");

    stage.call(Method::PATCH, &product, r#"{"skillsEnabled": false}"#).await;
    assert_eq!(get(&stage, &format!("{product}/skills")).await["count"], 0);
    stage.call(Method::PATCH, &product, r#"{"skillsEnabled": true}"#).await;
    assert_eq!(stage.call(Method::DELETE, &used, "").await.data()["deleted"], true);
    assert_eq!(stage.call(Method::DELETE, &used, "").await.status, 404);
    stage.call(Method::PUT, &used, "").await;
    stage.call(Method::DELETE, &skill, "").await;
    assert_eq!(get(&stage, &format!("{product}/skills")).await["count"], 0);
}
