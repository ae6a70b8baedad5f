//! `If-Match`: whatever changes a record that has versions minds it.

use std::collections::BTreeSet;

use emporion_catalog::id::RecordId;
use emporion_products::threads::{self, Role, Saying};
use http::Method;
use serde_json::{Value, json};

use crate::operations::table;
use crate::shapes::common::IF_MATCH;
use crate::testing::Stage;

/// Of what is no record of its own, but an item of a part, the tests of parts tell.
const SECTIONS: &[&str] = &["", "Data Assets", "Skills", "Users", "Data Sources", "Chat"];
const OF_A_MODEL: &str = "unansweredQuestions_addSynonym";

async fn thread(stage: &Stage, product: &str) -> RecordId {
    let (thread, role) = (RecordId::fresh(), Role::User);
    let saying = Saying { id: RecordId::fresh(), role, text: "What did we sell?".to_owned(), answer: None };
    let product = product.parse().expect("an id");
    let command = threads::beginning(&stage.catalog, &stage.admin, product, thread, &[], &[saying]);
    stage.catalog.execute(&stage.admin, &command).await.expect("an administrator may ask");
    thread
}

#[tokio::test]
async fn nothing_is_written_over_a_state_that_was_not_read() {
    let stage = Stage::new().await;
    let source = stage.warehouse(&["orders"]).await;
    let made = stage.call(Method::POST, "/data-products", r#"{"name": "A"}"#).await.data();
    let id = made["dataProduct"]["id"].as_str().expect("an id");
    let skill = json!({"name": "Sums", "command": "/sums", "prompt": "Sum it up."}).to_string();
    let skill = stage.call(Method::POST, "/skills", &skill).await.data();
    let skill = format!("/skills/{}", skill["skill"]["skillId"].as_str().expect("an id"));
    let (product, source) = (format!("/data-products/{id}"), format!("/data-sources/{source}"));
    let thread = format!("{product}/chat-threads/{}", thread(&stage, id).await);
    let add = json!({"add": [{"tableName": "orders"}]});
    let cases: [(&str, Method, String, Value); 11] = [
        ("update", Method::PATCH, product.clone(), json!({"name": "B"})),
        ("deploy", Method::POST, format!("{product}/deploy"), json!({})),
        ("dataAssets_update", Method::PATCH, format!("{product}/data-assets"), add),
        ("users_update", Method::PATCH, format!("{product}/users"), json!({"remove": ["nobody"]})),
        ("chatThreads_rename", Method::PATCH, thread.clone(), json!({"title": "B"})),
        ("chatThreads_delete", Method::DELETE, thread, Value::Null),
        ("dataSources_update", Method::PATCH, source.clone(), json!({"name": "b"})),
        ("dataSources_delete", Method::DELETE, source, Value::Null),
        ("accountSkills_revise", Method::POST, skill.clone(), json!({"name": "B"})),
        ("accountSkills_delete", Method::DELETE, skill, Value::Null),
        ("delete", Method::DELETE, product, Value::Null),
    ];
    for (name, method, path, body) in &cases {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        for (tag, status) in [("\"999999\"", 412), ("999999", 400)] {
            let headers = [("if-match", tag)];
            let refused = stage.call_as(Some(&stage.token), method.clone(), path, &body, &headers).await;
            assert_eq!(refused.status, status, "{name}: {}", refused.body);
        }
    }
    let takes = |parameters: &[emporion_edge::shape::Member]| parameters.iter().any(|one| one.name == IF_MATCH.name);
    let table = table();
    let rows = table.iter().filter(|row| takes(&row.parameters) && SECTIONS.contains(&row.section));
    let rows: BTreeSet<&str> = rows.map(|row| row.name).filter(|name| *name != OF_A_MODEL).collect();
    assert_eq!(rows, cases.iter().map(|(name, ..)| *name).collect());
}
