//! Threads: whose they are, what a list finds, what becomes of them.

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_products::threads;
use emporion_products::threads::{Role, Saying};
use http::Method;
use serde_json::{Value, json};

use crate::testing::Stage;

struct Fixture {
    stage: Stage,
    product: RecordId,
    list: String,
    lee: Caller,
    token: String,
}

/// A product with a viewer.
async fn fixture() -> Fixture {
    let stage = Stage::new().await;
    stage.warehouse(&["orders"]).await;
    let made = stage.call(Method::POST, "/data-products", r#"{"name": "Sales"}"#).await;
    let id = made.data()["dataProduct"]["id"].as_str().unwrap().to_owned();
    let (user, token) = stage.user("lee").await;
    let add = json!({"add": [{"userId": user.to_string(), "role": "viewer"}]}).to_string();
    assert_eq!(stage.call(Method::PATCH, &format!("/data-products/{id}/users"), &add).await.status, 200);
    let lee = stage.catalog.caller(stage.account, user).await.unwrap();
    Fixture { list: format!("/data-products/{id}/chat-threads"), product: id.parse().unwrap(), stage, lee, token }
}

fn saying(role: Role, text: &str) -> Saying {
    Saying { id: RecordId::fresh(), role, text: text.to_owned(), answer: None }
}

impl Fixture {
    async fn ask(&self, question: &str, answer: &str) -> RecordId {
        let thread = RecordId::fresh();
        let sayings = [saying(Role::User, question), saying(Role::Assistant, answer)];
        let command = threads::beginning(&self.stage.catalog, &self.lee, self.product, thread, &[], &sayings);
        self.stage.catalog.execute(&self.lee, &command).await.unwrap();
        thread
    }

    async fn lee(&self, method: Method, path: &str, body: &str) -> crate::testing::Reply {
        self.stage.call_as(Some(&self.token), method, path, body, &[]).await
    }

    async fn titles(&self, query: &str) -> Vec<Value> {
        let listed = self.lee(Method::GET, &format!("{}{query}", self.list), "").await.data();
        listed["threads"].as_array().unwrap().iter().map(|thread| thread["title"].clone()).collect()
    }
}

#[tokio::test]
async fn a_viewer_owns_his_threads() {
    let fixture = fixture().await;
    let thread = fixture.ask("What did we sell in Rome?", "Shoes, mostly.").await;
    let one = format!("{}/{thread}", fixture.list);
    let read = fixture.lee(Method::GET, &one, "").await.data();
    assert_eq!(read["thread"]["title"], "What did we sell in Rome?");
    assert_eq!((&read["thread"]["messageCount"], &read["hasMore"]), (&json!(2), &json!(false)));
    let roles: Vec<&Value> = read["messages"].as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["user", "assistant"]);
    let after = read["messages"][0]["id"].as_str().unwrap();
    let rest = fixture.lee(Method::GET, &format!("{one}?afterMessageId={after}"), "").await.data();
    assert_eq!((&rest["count"], &rest["messages"][0]["text"]), (&json!(1), &json!("Shoes, mostly.")));
    let renamed = fixture.lee(Method::PATCH, &one, r#"{"title": "Rome"}"#).await;
    assert_eq!((renamed.status, &renamed.data()["thread"]["title"]), (200, &json!("Rome")));
    let stale = [("if-match", "\"1\"")];
    let refused = fixture.stage.call_as(Some(&fixture.token), Method::PATCH, &one, r#"{"title": "x"}"#, &stale).await;
    assert_eq!(refused.code(), "VERSION_MISMATCH");
    assert_eq!(fixture.lee(Method::PATCH, &one, "{}").await.paths(), ["/title"]);
    assert_eq!(fixture.lee(Method::DELETE, &one, "").await.data()["deleted"], true);
    assert_eq!(fixture.lee(Method::GET, &one, "").await.status, 404);
    assert_eq!(fixture.stage.count("chat_message").await, 0);
}

#[tokio::test]
async fn what_somebody_else_asked_is_not_there() {
    let fixture = fixture().await;
    let thread = fixture.ask("Who was sick?", "Nobody.").await;
    let one = format!("{}/{thread}", fixture.list);
    let (user, token) = fixture.stage.user("kim").await;
    let add = json!({"add": [{"userId": user.to_string(), "role": "editor"}]}).to_string();
    let users = format!("/data-products/{}/users", fixture.product);
    assert_eq!(fixture.stage.call(Method::PATCH, &users, &add).await.status, 200);
    let as_kim = |method: Method, path: String| {
        let (stage, token) = (&fixture.stage, &token);
        async move { stage.call_as(Some(token), method, &path, r#"{"title": "x"}"#, &[]).await }
    };
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        assert_eq!(as_kim(method, one.clone()).await.status, 404);
    }
    assert_eq!(as_kim(Method::GET, fixture.list.clone()).await.data()["count"], 0);
    assert_eq!(as_kim(Method::GET, format!("{}?scope=all", fixture.list)).await.status, 403);
    let kim = fixture.stage.catalog.caller(fixture.stage.account, user).await.unwrap();
    let catalog = &fixture.stage.catalog;
    let intruding = catalog.execute(&kim, &threads::going_on(catalog, thread, &[saying(Role::User, "And now?")])).await;
    assert!(matches!(intruding, Err(Problem::NotFound { .. })));

    let own = fixture.stage.call(Method::GET, &fixture.list, "").await.data();
    assert_eq!(own["count"], 0, "an administrator has asked nothing himself");
    let all = fixture.stage.call(Method::GET, &format!("{}?scope=all", fixture.list), "").await.data();
    assert_eq!(
        (&all["count"], &all["threads"][0]["createdBy"]),
        (&json!(1), &json!(fixture.lee.principal.user.to_string()))
    );
    let remove = json!({"remove": [fixture.lee.principal.user.to_string()]}).to_string();
    assert_eq!(fixture.stage.call(Method::PATCH, &users, &remove).await.status, 200);
    assert_eq!(fixture.lee(Method::GET, &one, "").await.status, 404, "who lost the product lost his threads");
}

#[tokio::test]
async fn threads_are_found_by_what_was_said_and_when() {
    let fixture = fixture().await;
    let first = fixture.ask("Sales by region", "EU 4, US 3").await;
    fixture.ask("Returns", "Within 30 days: SHOES").await;
    fixture.ask("Shoes", "12 pairs").await;
    assert_eq!(fixture.titles("").await, ["Shoes", "Returns", "Sales by region"]);
    assert_eq!(fixture.titles("?search=shoes").await, ["Shoes", "Returns"]);
    assert_eq!(fixture.titles("?search=nothing").await, Vec::<Value>::new());
    assert_eq!(fixture.titles(&format!("?threadId={first}")).await, ["Sales by region"]);
    assert_eq!(fixture.titles("?startDate=2000-01-01&endDate=2100-12-31").await.len(), 3);
    assert_eq!(fixture.titles("?endDate=2000-01-01").await.len(), 0);
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let going_on = threads::going_on(&fixture.stage.catalog, first, &[saying(Role::User, "And Asia?")]);
    fixture.stage.catalog.execute(&fixture.lee, &going_on).await.unwrap();
    assert_eq!(fixture.titles("").await, ["Sales by region", "Shoes", "Returns"]);
    let page = fixture.lee(Method::GET, &format!("{}?limit=2&includeTotal=true", fixture.list), "").await;
    assert_eq!((&page.data()["count"], &page.data()["totalCount"]), (&json!(2), &json!(3)));
    let cursor = page.body["pagination"]["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(fixture.titles(&format!("?limit=2&cursor={cursor}")).await, ["Returns"]);
    let tampered = fixture.lee(Method::GET, &format!("{}?cursor={cursor}x", fixture.list), "").await;
    assert_eq!(tampered.code(), "INVALID_CURSOR");
    let dates =
        fixture.lee(Method::GET, &format!("{}?startDate=2026-13-01&endDate=yesterday-", fixture.list), "").await;
    assert_eq!((dates.status, dates.paths()), (400, vec!["?startDate".to_owned(), "?endDate".to_owned()]));
    let old = fixture.lee(Method::GET, &fixture.list.replace("data-products", "workspaces"), "").await.data();
    assert_eq!(old["threads"][0]["workspaceId"], fixture.product.to_string());
}
