//! Values that are compared with personal columns, where texts are written that others read.

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::relation::TAGGED;
use http::Method;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

const SECRET: &str = "nemo@deep.example";

/// `customers` with a column that is tagged, and one that is a secret by its name; a product that has it.
async fn world() -> (Stage, String) {
    let stage = Stage::new().await;
    let service = stage.warehouse(&["orders"]).await;
    let reading = stage.catalog.reading(&stage.admin).await.expect("a snapshot");
    let kind = stage.catalog.kind("database_schema");
    let found = reading.by_fqn(kind, &["warehouse.shop.sales"]).await.expect("a read");
    let schema = found[0].as_ref().expect("the schema").id;
    drop(reading);
    let column = |name: &str| json!({"name": name, "data_type": "VARCHAR"});
    let columns = json!({"columns": [column("id"), column("mail"), column("password"), column("region")]});
    let table = stage.make("table", "customers", Some(schema), columns).await;
    let tag = Ref::Name(stage.catalog.kind("tag"), "PII.Sensitive".to_owned());
    let command = Command::Change {
        target: Ref::Id(stage.catalog.kind("table"), table),
        guard: Guard::None,
        edit: std::sync::Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.relate(TAGGED, How::Add, "tags", vec![Target::of(tag.clone()).at("columns/mail")]);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    stage.catalog.execute(&stage.admin, &command).await.expect("an administrator tags");
    let assets = json!([{"tableName": "orders"}, {"tableName": "customers"}]);
    let body = json!({"name": "A", "dataSourceId": service.to_string(), "dataAssets": assets, "isDeployed": true});
    let made = post(&stage, "/data-products", body).await.data();
    (stage, format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id")))
}

async fn post(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::POST, path, &body.to_string()).await
}

/// `path column` of each such warning; none of them holds the value.
fn described(reply: &Reply) -> Vec<String> {
    assert!(reply.status < 300, "{}", reply.body);
    let own = reply.body["warnings"].as_array().into_iter().flatten();
    let of_model = reply.body["data"]["validation"]["warnings"].as_array().into_iter().flatten();
    let reported = own.chain(of_model).filter(|warning| warning["code"] == "LITERAL_OF_PERSONAL_COLUMN");
    let reported = reported.map(|warning| {
        let message = warning["message"].as_str().expect("a message");
        assert!(!message.contains(SECRET) && !message.contains("deep"), "{message}");
        let column = ["mail", "password"].into_iter().find(|column| message.contains(&format!("\"{column}\"")));
        assert_eq!(message.contains("\"sales.customers\""), column.is_some(), "{message}");
        format!("{} {}", warning["path"].as_str().expect("a path"), column.unwrap_or("?"))
    });
    reported.collect()
}

#[tokio::test]
async fn a_verified_query_is_warned_of_when_it_is_written_and_deployed() {
    let (stage, path) = world().await;
    let list = format!("{path}/verified-queries");
    let query = |question: &str, condition: &str| {
        let sql = format!("SELECT count(*) AS n FROM sales.customers AS c WHERE {condition}");
        json!({"question": question, "sql": sql})
    };
    let mail = query("Who?", &format!("lower(c.mail) = '{SECRET}' AND region = 'EU'"));
    let made = post(&stage, &list, mail.clone()).await;
    assert_eq!(described(&made), ["/sql mail"]);
    let id = made.data()["verifiedQuery"]["id"].as_str().expect("an id").to_owned();
    let secret = query("Which?", &format!("password LIKE '{SECRET}%' OR mail IN ('{SECRET}')"));
    let mut live = secret.clone();
    live["isDeployed"] = true.into();
    assert_eq!(described(&post(&stage, &list, live).await), ["/sql mail", "/sql password"]);
    for harmless in ["region = 'EU'", "mail = region", "count(mail) > 3"] {
        let clause =
            if harmless.starts_with("count") { format!("1 = 1 HAVING {harmless}") } else { harmless.to_owned() };
        assert!(described(&post(&stage, &list, query(harmless, &clause)).await).is_empty(), "{harmless}");
    }
    // A default is a value, too.
    let mut asked = query("Whom?", "mail = :mail");
    asked["parameters"] = json!([{"name": "mail", "type": "string"}]);
    assert!(described(&post(&stage, &list, asked.clone()).await).is_empty());
    asked["question"] = "Who else?".into();
    asked["parameters"][0]["default"] = SECRET.into();
    let made = post(&stage, &list, asked).await;
    assert_eq!(described(&made), ["/sql mail"]);
    let other = made.data()["verifiedQuery"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(stage.call(Method::DELETE, &format!("{list}/{other}"), "").await.status, 200);
    // Another content of the same query is looked at like a new one.
    let one = format!("{list}/{id}");
    assert!(described(&post(&stage, &one, query("Who?", "region = 'EU'")).await).is_empty());
    assert_eq!(described(&post(&stage, &one, mail).await), ["/sql mail"]);
    let deploy = format!("{path}/deploy");
    let of_deploy = [format!("/verifiedQueries/{id}/sql mail")];
    assert_eq!(described(&post(&stage, &deploy, json!({"dryRun": true})).await), of_deploy);
    assert_eq!(described(&post(&stage, &deploy, json!({})).await), of_deploy);
    assert!(described(&post(&stage, &deploy, json!({})).await).is_empty(), "what is live was told of");
}

#[tokio::test]
async fn a_semantic_model_is_warned_of_in_any_format() {
    let (stage, path) = world().await;
    let list = format!("{path}/semantic-models");
    let said_of = |text: &str| json!({"dialects": [{"dialect": "ANSI_SQL", "expression": text}]});
    let fields = json!([
        {"name": "address", "expression": said_of("lower(mail)")},
        {"name": "is_nemo", "expression": said_of(&format!("address = '{SECRET}'"))},
    ]);
    let metric = json!({"name": "n", "expression": said_of("SUM(CASE WHEN people.password <> 'deep' THEN 1 END)")});
    let datasets = json!([{"name": "people", "source": "sales.customers", "fields": fields}]);
    let model = json!({"name": "retail", "datasets": datasets, "metrics": [metric]});
    let document = json!({"version": "1.0", "semantic_model": [model]});
    let body = json!({"name": "retail", "format": "osi", "document": document});
    let wanted = ["/datasets/0/fields/1/expression mail", "/metrics/0/expression password"];
    assert_eq!(described(&post(&stage, &format!("{list}/validate"), body.clone()).await), wanted);
    let made = post(&stage, &list, body).await;
    assert_eq!(described(&made), wanted);
    let id = made.data()["semanticModel"]["id"].as_str().expect("an id").to_owned();
    let change = json!({"description": "Who they are"}).to_string();
    assert_eq!(described(&stage.call(Method::PATCH, &format!("{list}/{id}"), &change).await), wanted);
    let deployed = post(&stage, &format!("{path}/deploy"), json!({})).await;
    let of_deploy: Vec<String> = wanted.iter().map(|it| format!("/semanticModels/{id}{it}")).collect();
    assert_eq!(described(&deployed), of_deploy);

    let cube = format!(
        "cubes: [{{name: people, sql_table: sales.customers, \
         dimensions: [{{name: mine, sql: \"{{CUBE}}.mail = '{SECRET}'\", type: boolean}}]}}]"
    );
    let body = json!({"name": "cubes", "format": "cube", "content": cube});
    let reported = described(&post(&stage, &list, body).await);
    assert!(reported.len() == 1 && reported[0].ends_with("/sql mail"), "{reported:?}");
}

#[tokio::test]
async fn fields_of_a_composed_product_are_followed_to_its_tables() {
    let (stage, path) = world().await;
    let said_of = |text: &str| json!({"dialects": [{"dialect": "ANSI_SQL", "expression": text}]});
    let model = |source: &str, fields: Value| {
        let datasets = json!([{"name": "people", "source": source, "fields": fields}]);
        let document = json!({"version": "1.0", "semantic_model": [{"name": "retail", "datasets": datasets}]});
        json!({"name": "retail", "format": "osi", "document": document, "isDeployed": true})
    };
    let address = json!([{"name": "address", "expression": said_of("lower(mail)")}]);
    let made = post(&stage, &format!("{path}/semantic-models"), model("sales.customers", address)).await;
    assert!(described(&made).is_empty(), "{}", made.body);
    let board = post(&stage, "/data-products", json!({"name": "Board", "isDeployed": true})).await.data();
    let board = format!("/data-products/{}", board["dataProduct"]["id"].as_str().expect("an id"));
    let source = path.trim_start_matches("/data-products/");
    let composed = json!({"sourceDataProductId": source, "alias": "a", "isDeployed": true});
    post(&stage, &format!("{board}/compositions"), composed).await.data();
    let fields = json!([
        {"name": "is_nemo", "expression": said_of(&format!("address = '{SECRET}'"))},
        {"name": "is_near", "expression": said_of("region = 'EU'")},
    ]);
    let made = post(&stage, &format!("{board}/semantic-models"), model("$ref(a.people)", fields)).await;
    assert_eq!(described(&made), ["/datasets/0/fields/0/expression mail"], "{}", made.body);
}

#[tokio::test]
async fn who_does_not_see_the_table_is_not_told_its_name() {
    let (stage, path) = world().await;
    let (user, token) = stage.user("eva").await;
    let users = json!({"users": [{"userId": user.to_string(), "role": "editor"}]}).to_string();
    stage.call(Method::PATCH, &format!("{path}/users"), &users).await.data();
    stage.hide("customers").await;
    let body = json!({"question": "Who?", "sql": format!("SELECT id FROM customers WHERE mail = '{SECRET}'")});
    let list = format!("{path}/verified-queries");
    let made = stage.call_as(Some(&token), Method::POST, &list, &body.to_string(), &[]).await;
    assert_eq!(described(&made), ["/sql ?"]);
}
