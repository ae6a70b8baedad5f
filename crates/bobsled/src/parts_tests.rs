//! Parts of products through the whole door: drafts, deploys, versions, both mounts.

use std::sync::Arc;

use emporion_store::MemoryStore;
use emporion_store::testing::Tallying;
use http::Method;
use serde_json::{Value, json};

use crate::testing::{self, Reply, Stage};

async fn product(stage: &Stage) -> String {
    stage.warehouse(&["orders"]).await;
    let made = stage.call(Method::POST, "/data-products", r#"{"name": "Sales", "description": "What we sell", "dataAssets": [{"tableName": "orders"}], "isDeployed": true}"#).await;
    format!("/data-products/{}", made.data()["dataProduct"]["id"].as_str().expect("an id"))
}

async fn post(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::POST, path, &body.to_string()).await
}

async fn get(stage: &Stage, path: &str) -> Value {
    stage.call(Method::GET, path, "").await.data()
}

async fn deploy(stage: &Stage, product: &str) -> Value {
    let done = stage.call(Method::POST, &format!("{product}/deploy"), "").await;
    assert_eq!(done.status, 200, "{}", done.body);
    done.data()["results"].clone()
}

fn id(reply: &Reply, member: &str) -> String {
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.data()[member]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_verified_query_is_a_draft_until_it_is_deployed() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/verified-queries");
    let made = post(&stage, &list, json!({"question": "How many?", "sql": "SELECT COUNT(*) FROM orders"})).await;
    let one = format!("{list}/{}", id(&made, "verifiedQuery"));
    assert_eq!(made.headers["location"].to_str().unwrap().rsplit('/').next(), one.rsplit('/').next());
    assert_eq!(made.data()["verifiedQuery"]["isDeployed"], false);
    assert_eq!(get(&stage, &format!("{list}?isDeployed=true")).await["count"], 0);
    assert_eq!(get(&stage, &product).await["hasDrafts"], true);
    assert_eq!(deploy(&stage, &product).await["verifiedQueries"], json!({"promoted": 1}));
    assert_eq!(deploy(&stage, &product).await["verifiedQueries"], json!({"promoted": 0}));
    let live = get(&stage, &one).await["verifiedQuery"].clone();
    assert_eq!((&live["isDeployed"], &live["question"]), (&json!(true), &json!("How many?")));
    assert_eq!(live["createdAt"], made.data()["verifiedQuery"]["createdAt"]);

    let revised = post(&stage, &one, json!({"question": "How many orders?", "sql": "SELECT 1"})).await;
    assert_eq!((revised.status, &revised.data()["verifiedQuery"]["isDeployed"]), (200, &json!(false)));
    let seen = |data: Value| data["verifiedQueries"][0]["question"].clone();
    assert_eq!(seen(get(&stage, &format!("{list}?isDeployed=true")).await), "How many?");
    assert_eq!(seen(get(&stage, &list).await), "How many orders?");
    let back = post(&stage, &one, json!({"question": "x", "sql": "SELECT 1", "isDeployed": true})).await;
    assert_eq!(back.data()["verifiedQuery"]["isDeployed"], true);
    assert_eq!(get(&stage, &product).await["hasDrafts"], false);
    assert_eq!(stage.call(Method::DELETE, &one, "").await.data()["deleted"], true);
    assert_eq!(stage.call(Method::GET, &one, "").await.status, 404);
    assert_eq!(stage.call(Method::DELETE, &one, "").await.status, 404);
}

#[tokio::test]
async fn queries_that_write_or_repeat_a_question_are_refused() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/verified-queries");
    let query = |question: &str, sql: &str, live: bool| json!({"question": question, "sql": sql, "isDeployed": live});
    let refused = post(&stage, &list, query("q", "DROP TABLE orders; SELECT 1", false)).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "SQL_NOT_ALLOWED"));
    assert_eq!(refused.body["error"]["details"]["rule"], "MULTIPLE_STATEMENTS");
    assert_eq!(post(&stage, &list, query("How many?", "SELECT 1", true)).await.status, 201);
    assert_eq!(post(&stage, &list, query("how  MANY", "SELECT 2", true)).await.code(), "CONFLICT");
    let draft = id(&post(&stage, &list, query("how  MANY", "SELECT 2", false)).await, "verifiedQuery");
    let failed = stage.call(Method::POST, &format!("{product}/deploy"), "").await;
    assert_eq!(failed.code(), "DEPLOY_VALIDATION_FAILED");
    assert_eq!(failed.body["error"]["details"]["violations"][0]["entityId"], draft);
    let body = json!({"question": "", "parameters": [{"name": "A", "type": "enum"}]});
    let paths = post(&stage, &list, body).await.paths();
    assert_eq!(paths, ["/question", "/sql", "/parameters/0/name", "/parameters/0/values"]);
}

#[tokio::test]
async fn the_newest_prompt_is_active_and_a_deleted_one_gives_way() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/system-prompts");
    let first = id(&post(&stage, &list, json!({"content": "one"})).await, "systemPrompt");
    let second = post(&stage, &list, json!({"content": "two"})).await;
    assert_eq!(second.data()["systemPrompt"]["isActive"], true);
    let third = post(&stage, &list, json!({"content": "three", "activate": false})).await.data();
    assert_eq!((&third["systemPrompt"]["version"], &third["systemPrompt"]["isActive"]), (&json!(3), &json!(false)));
    let second = format!("{list}/{}", id(&second, "systemPrompt"));
    assert_eq!(stage.call(Method::DELETE, &second, "").await.status, 200);
    assert_eq!(get(&stage, &format!("{list}/{first}")).await["systemPrompt"]["isActive"], true);
    let fourth = post(&stage, &list, json!({"content": "four"})).await.data();
    assert_eq!(fourth["systemPrompt"]["version"], 4);
    assert_eq!(get(&stage, &product).await["hasDrafts"], false);
    assert_eq!(post(&stage, &list, json!({"content": ""})).await.status, 422);
}

#[tokio::test]
async fn a_dry_run_does_not_count_what_cannot_be_made_live() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    for question in ["How many?", "how many"] {
        let query = json!({"question": question, "sql": "SELECT COUNT(*) FROM orders"});
        id(&post(&stage, &format!("{product}/verified-queries"), query).await, "verifiedQuery");
    }
    let dry = post(&stage, &format!("{product}/deploy"), json!({"dryRun": true})).await.data();
    assert_eq!(dry["validation"]["errors"].as_array().map(Vec::len), Some(1), "{dry}");
    assert_eq!(dry["results"]["verifiedQueries"], json!({"promoted": 1}));
}

#[tokio::test]
async fn a_question_is_the_same_without_its_punctuation() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/verified-queries");
    let query = |question: &str, live: bool| json!({"question": question, "sql": "SELECT 1", "isDeployed": live});
    id(&post(&stage, &list, query("How many orders, by region?", true)).await, "verifiedQuery");
    let again = post(&stage, &list, query("“How many orders – by region”", true)).await;
    assert_eq!(again.status, 409, "{}", again.body);
    let drafted = post(&stage, &list, query("how many orders: by region...", false)).await;
    assert_eq!(drafted.status, 201, "{}", drafted.body);
    let refused = post(&stage, &format!("{product}/deploy"), json!({})).await;
    assert_eq!((refused.status, refused.body["error"]["code"].as_str()), (422, Some("DEPLOY_VALIDATION_FAILED")));
    assert_eq!(post(&stage, &list, query("How many orders < 5 by region?", true)).await.status, 201);
    assert_eq!(post(&stage, &list, query("How many orders > 5 by region?", true)).await.status, 201);
}

#[tokio::test]
async fn a_suggested_question_names_a_verified_query_of_the_product() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/front-page-configs");
    let query = json!({"question": "How many?", "sql": "SELECT COUNT(*) FROM orders"});
    let drafted = id(&post(&stage, &format!("{product}/verified-queries"), query).await, "verifiedQuery");
    let page = |query: &str| {
        let questions = json!([{"text": "a"}, {"text": "b", "verifiedQueryId": query}]);
        json!({"title": "Sales", "suggestedQuestions": questions})
    };
    let made = post(&stage, &list, page(&drafted.to_uppercase())).await;
    let other = id(&made, "frontPageConfig");
    let refused = post(&stage, &list, page(&other)).await;
    assert_eq!((refused.status, refused.paths()), (422, vec!["/suggestedQuestions/1/verifiedQueryId".to_owned()]));
    deploy(&stage, &product).await;
    id(&post(&stage, &list, page(&drafted)).await, "frontPageConfig");
}

#[tokio::test]
async fn a_deploy_takes_the_newest_front_page_and_drops_the_other_drafts() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/front-page-configs");
    let made_up = get(&stage, &format!("{list}/current")).await["frontPageConfig"].clone();
    assert_eq!(
        (&made_up["id"], &made_up["title"], &made_up["subtitle"]),
        (&Value::Null, &json!("Sales"), &json!("What we sell"))
    );
    for title in ["one", "two"] {
        id(&post(&stage, &list, json!({"title": title, "markdown": "a<script>b"})).await, "frontPageConfig");
    }
    assert_eq!(deploy(&stage, &product).await["frontPageConfigs"], json!({"draftsRemoved": 2}));
    assert_eq!(deploy(&stage, &product).await["frontPageConfigs"], json!({"draftsRemoved": 0}));
    let current = get(&stage, &format!("{list}/current")).await["frontPageConfig"].clone();
    assert_eq!((&current["title"], &current["markdown"]), (&json!("two"), &json!("ab")));
    assert_eq!(get(&stage, &list).await["count"], 1);
    let bad = json!({"title": "x", "theme": {"logoUrl": "javascript:alert(1)"}, "kpis": [{}]});
    assert_eq!(post(&stage, &list, bad).await.paths(), ["/kpis/0/metric", "/theme/logoUrl"]);
}

#[tokio::test]
async fn both_mounts_show_the_same_parts_and_pages_are_cut() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/verified-queries");
    for n in 0..5 {
        let body = json!({"question": format!("Question {n}"), "sql": "SELECT 1"});
        assert_eq!(post(&stage, &list, body).await.status, 201);
    }
    let old = get(&stage, &list.replace("data-products", "workspaces")).await;
    assert_eq!(old["verifiedQueries"][0]["workspaceId"], product.rsplit('/').next().unwrap());
    let page = stage.call(Method::GET, &format!("{list}?limit=3&includeTotal=true"), "").await;
    assert_eq!((&page.data()["count"], &page.data()["totalCount"]), (&json!(3), &json!(5)));
    let cursor = page.body["pagination"]["nextCursor"].as_str().expect("there is more").to_owned();
    assert_eq!(get(&stage, &format!("{list}?limit=3&cursor={cursor}")).await["count"], 2);
    assert_eq!(get(&stage, &format!("{list}?search=QUESTION%204")).await["count"], 1);
    let headers = [("if-match", "\"9\"")];
    let one = get(&stage, &list).await["verifiedQueries"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("{list}/{one}");
    let refused = stage.call_as(Some(&stage.token), Method::DELETE, &path, "", &headers).await;
    assert_eq!(refused.code(), "VERSION_MISMATCH");
    let tag = stage.call(Method::GET, &path, "").await.headers["etag"].to_str().unwrap().to_owned();
    let deleted = stage.call_as(Some(&stage.token), Method::DELETE, &path, "", &[("if-match", &tag)]).await;
    assert_eq!(deleted.status, 200);
}

async fn named(stage: &Stage, name: &str, more: Value) -> String {
    let mut body = json!({"name": name});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = post(stage, "/data-products", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.data()["dataProduct"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn products_are_composed_as_drafts_and_deployed() {
    let stage = Stage::new().await;
    let sales = product(&stage).await.rsplit('/').next().unwrap().to_owned();
    let marketing = named(&stage, "Market Ing!", json!({})).await;
    let made = post(&stage, "/data-products", json!({"name": "Board", "compositeOf": [sales, marketing]})).await.data();
    let board = made["dataProduct"].clone();
    assert_eq!(board["dataProductType"], "composite");
    assert_eq!(board["compositeOf"], json!([sales, marketing]));
    assert_eq!(board["hasDrafts"], true);
    let path = format!("/data-products/{}", board["id"].as_str().unwrap());
    let list = format!("{path}/compositions");
    let listed = get(&stage, &list).await;
    let aliases: Vec<_> = listed["compositions"].as_array().unwrap().iter().map(|one| one["alias"].clone()).collect();
    assert_eq!(aliases, ["sales", "market_ing"]);
    assert_eq!(listed["compositions"][0]["include"], json!({"datasets": ["*"], "metrics": ["*"]}));
    assert_eq!(listed["compositions"][0]["source"]["name"], "Sales");
    assert_eq!(get(&stage, &format!("{list}?isDeployed=true")).await["count"], 0);
    assert_eq!(deploy(&stage, &path).await["compositions"], json!({"promoted": 2, "deleted": 0}));
    assert_eq!(deploy(&stage, &path).await["compositions"], json!({"promoted": 0, "deleted": 0}));
    assert_eq!(get(&stage, &format!("{path}?include=compositions")).await["compositions"].as_array().unwrap().len(), 2);

    let used = stage.call(Method::DELETE, &format!("/data-products/{sales}"), "").await;
    assert_eq!((used.status, used.code().as_str()), (409, "IN_USE"));
    assert_eq!(used.body["error"]["details"]["dataProducts"], json!([{"id": board["id"], "name": "Board"}]));
    let first = format!("{list}/{}", listed["compositions"][0]["id"].as_str().unwrap());
    let gone = stage.call(Method::DELETE, &first, "").await.data();
    assert_eq!((&gone["deleted"], &gone["pendingDelete"]), (&json!(true), &json!(true)));
    assert_eq!(get(&stage, &first).await["composition"]["pendingDelete"], true);
    assert_eq!(get(&stage, &format!("{list}?isDeployed=true")).await["count"], 2);
    let dry = post(&stage, &format!("{path}/deploy"), json!({"dryRun": true})).await.data();
    assert_eq!(dry["results"]["compositions"], json!({"promoted": 0, "deleted": 1}));
    assert_eq!(deploy(&stage, &path).await["compositions"], json!({"promoted": 0, "deleted": 1}));
    assert_eq!(stage.call(Method::DELETE, &format!("/data-products/{sales}"), "").await.status, 200);

    let forced = stage.call(Method::DELETE, &format!("/data-products/{marketing}?force=true"), "").await;
    assert_eq!(forced.status, 200, "{}", forced.body);
    let left = get(&stage, &list).await["compositions"][0].clone();
    assert_eq!((&left["status"], &left["source"]["accessible"]), (&json!("stale"), &json!(false)));
    let left = format!("{list}/{}", left["id"].as_str().unwrap());
    stage.call(Method::DELETE, &left, "").await;
    deploy(&stage, &path).await;
    let plain = get(&stage, &path).await;
    assert_eq!((&plain["dataProductType"], plain.get("compositeOf")), (&json!("standard"), None));
}

#[tokio::test]
async fn cycles_long_chains_and_taken_aliases_are_refused() {
    let stage = Stage::new().await;
    let a = product(&stage).await.rsplit('/').next().unwrap().to_owned();
    let list = |id: &str| format!("/data-products/{id}/compositions");
    let itself = post(&stage, &list(&a), json!({"sourceDataProductId": a})).await;
    assert_eq!((itself.status, itself.code().as_str()), (422, "COMPOSITION_CYCLE"));
    assert_eq!(itself.body["error"]["details"]["path"], json!([a, a]));
    let mut chain = vec![a.clone()];
    for name in ["b", "c", "d"] {
        let below = chain.last().unwrap().clone();
        chain.push(named(&stage, name, json!({"compositeOf": [below], "isDeployed": true})).await);
    }
    let round = post(&stage, &list(&a), json!({"sourceDataProductId": chain[1]})).await;
    assert_eq!(round.body["error"]["details"]["path"], json!([a, chain[1], a]));
    let deep = post(&stage, "/data-products", json!({"name": "e", "compositeOf": [chain[3]]})).await;
    assert_eq!((deep.status, deep.body["error"]["details"]["violations"][0]["rule"].clone()), (422, json!("maxDepth")));
    let e = named(&stage, "e", json!({})).await;
    let below = post(&stage, &list(&a), json!({"sourceDataProductId": e, "isDeployed": true})).await;
    assert_eq!(below.status, 422, "{}", below.body);

    let two = json!({"sources": [{"sourceDataProductId": a, "alias": "x"}, {"sourceDataProductId": chain[1]}]});
    let made = post(&stage, &list(&e), two).await;
    assert_eq!((made.status, &made.data()["count"]), (201, &json!(2)));
    assert_eq!(post(&stage, &list(&e), json!({"sourceDataProductId": a})).await.code(), "CONFLICT");
    let taken = json!({"sourceDataProductId": chain[2], "alias": "x"});
    assert_eq!(post(&stage, &list(&e), taken).await.code(), "CONFLICT");
    let bad = post(&stage, &list(&e), json!({"sourceDataProductId": "ws-none", "alias": "x"})).await;
    assert_eq!((bad.status, bad.paths()), (422, vec!["/sourceDataProductId".to_owned()]));
    assert_eq!(post(&stage, &list(&e), json!({"alias": "9"})).await.paths(), ["/alias", "/sourceDataProductId"]);
    let old = stage.call(Method::GET, &list(&e).replace("data-products", "workspaces"), "").await.data();
    assert_eq!(old["compositions"][0]["sourceWorkspaceId"], a);
    let composites = get(&stage, "/data-products?dataProductType=composite").await;
    assert_eq!(composites["count"], 4);
    assert_eq!(get(&stage, "/data-products?dataProductType=standard").await["count"], 1);
}

#[tokio::test]
async fn drafts_above_a_product_count_for_how_deep_it_is_composed() {
    for is_live in [false, true] {
        let stage = Stage::new().await;
        stage.warehouse(&["orders"]).await;
        let list = |id: &str| format!("/data-products/{id}/compositions");
        let mut chain = Vec::new();
        for name in ["a", "b", "c", "d", "e"] {
            chain.push(named(&stage, name, json!({})).await);
        }
        // From the top down: what is added last stands lowest.
        for (at, pair) in chain.windows(2).enumerate() {
            let body = json!({"sourceDataProductId": pair[1], "isDeployed": is_live && at % 2 == 1});
            let made = post(&stage, &list(&pair[0]), body).await;
            let wanted = if at < 3 { 201 } else { 422 };
            assert_eq!(made.status, wanted, "{at} {}", made.body);
            if wanted == 422 {
                assert_eq!(made.body["error"]["details"]["violations"][0]["rule"], "maxDepth");
            }
        }
        // What stands above through a draft that goes does not count any more.
        let first = get(&stage, &list(&chain[0])).await["compositions"][0]["id"].as_str().expect("an id").to_owned();
        stage.call(Method::DELETE, &format!("{}/{first}", list(&chain[0])), "").await;
        let made = post(&stage, &list(&chain[3]), json!({"sourceDataProductId": chain[4]})).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
}

#[tokio::test]
async fn prompts_of_composed_products_are_merged_under_their_aliases() {
    let stage = Stage::new().await;
    let sales = product(&stage).await;
    post(&stage, &format!("{sales}/system-prompts"), json!({"content": "Amounts are in EUR."})).await;
    let source = sales.rsplit('/').next().unwrap();
    let board = named(&stage, "Board", json!({"compositeOf": [source], "isDeployed": true})).await;
    let prompts = format!("/data-products/{board}/system-prompts");
    assert_eq!(get(&stage, &prompts).await["merged"], "[sales] Amounts are in EUR.");
    post(&stage, &prompts, json!({"content": "Be brief."})).await;
    assert_eq!(get(&stage, &prompts).await["merged"], "Be brief.\n[sales] Amounts are in EUR.");
    assert_eq!(get(&stage, &format!("{sales}/system-prompts")).await.get("merged"), None);
    let (user, token) = stage.user("lee").await;
    let add = json!({"add": [{"userId": user.to_string(), "role": "editor"}]});
    let users = format!("/data-products/{board}/users");
    assert_eq!(stage.call(Method::PATCH, &users, &add.to_string()).await.status, 200);
    let seen = stage.call_as(Some(&token), Method::GET, &prompts, "", &[]).await.data();
    assert_eq!(seen["merged"], "Be brief.", "who may not see a source does not see its prompts");
    let list = format!("/data-products/{board}/compositions");
    let composed = stage.call_as(Some(&token), Method::GET, &list, "", &[]).await.data();
    assert_eq!(composed["compositions"][0]["source"]["accessible"], false);
    let hidden = named(&stage, "Hidden", json!({})).await;
    let body = json!({"sourceDataProductId": hidden}).to_string();
    assert_eq!(stage.call_as(Some(&token), Method::POST, &list, &body, &[]).await.status, 422);
}

#[tokio::test]
async fn what_a_create_reads_does_not_grow_with_its_siblings() {
    let tally = Arc::new(Tallying::over(Arc::new(MemoryStore::default())));
    let stage = Stage::over(tally.clone(), crate::operations::table, testing::door).await;
    let product = product(&stage).await;
    let query = |number: usize, live: bool| {
        let question = format!("How many of {number}?");
        ("verified-queries", json!({"question": question, "sql": "SELECT COUNT(*) FROM orders", "isDeployed": live}))
    };
    let mut known = Value::Null;
    let mut costs = Vec::new();
    for round in 0..20 {
        let suggested = json!([{"text": "How many?", "verifiedQueryId": known}]);
        let page = json!({"title": "Sales", "suggestedQuestions": if round == 0 { json!([]) } else { suggested }});
        let mut live_page = page.clone();
        live_page["isDeployed"] = true.into();
        let text = json!({"kind": "text", "name": "notes.txt", "text": "We sell."});
        let model = json!({"name": format!("m{round}"), "format": "osi", "document": {"version": "0.2.0.dev0",
            "semantic_model": [{"name": "sales", "datasets": [{"name": "orders", "source": "orders"}]}]}});
        let wanted = [
            query(2 * round, false),
            query(2 * round + 1, true),
            ("system-prompts", json!({"content": "Amounts are in EUR."})),
            ("front-page-configs", page),
            ("front-page-configs", live_page),
            ("unstructured-assets", text),
            ("semantic-models", model),
        ];
        let mut cost = Vec::new();
        for (folder, body) in wanted {
            tally.take();
            let made = post(&stage, &format!("{product}/{folder}"), body).await;
            cost.push((folder, tally.take()));
            assert!(matches!(made.status, 201 | 202), "{folder}: {}", made.body);
            if folder == "verified-queries" {
                known = made.data()["verifiedQuery"]["id"].clone();
            }
        }
        costs.push(cost);
    }
    // The first of each may find less to read.
    assert_eq!(costs[2], costs[19]);
    let prompts = get(&stage, &format!("{product}/system-prompts?limit=100")).await;
    let numbers: Vec<i64> = prompts["systemPrompts"]
        .as_array()
        .expect("prompts")
        .iter()
        .map(|prompt| prompt["version"].as_i64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    assert_eq!(prompts["systemPrompts"][19]["isActive"], true);
}

#[tokio::test]
async fn a_draft_of_a_query_reads_the_tables_of_its_product_once() {
    let tally = Arc::new(Tallying::over(Arc::new(MemoryStore::default())));
    let stage = Stage::over(tally.clone(), crate::operations::table, testing::door).await;
    let names: Vec<String> = (0..30).map(|number| format!("t{number}")).collect();
    stage.warehouse(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let assets: Vec<Value> = names.iter().map(|name| json!({"tableName": name})).collect();
    let made = post(&stage, "/data-products", json!({"name": "A", "dataAssets": assets, "isDeployed": true})).await;
    let list = format!("/data-products/{}/verified-queries", id(&made, "dataProduct"));
    let cost = async |question: &str, live: bool| {
        tally.take();
        let query = json!({"question": question, "sql": "SELECT id FROM t1", "isDeployed": live});
        let made = post(&stage, &list, query).await.data();
        assert_eq!(made["verifiedQuery"]["status"], "unchecked");
        tally.take()
    };
    cost("before anything is kept", false).await;
    // What is to be live is held against what is live, and shown as it stands in the drafts.
    let (draft, live) = (cost("draft", false).await, cost("live", true).await);
    assert!(draft + names.len() <= live, "{draft} and {live}");
}
