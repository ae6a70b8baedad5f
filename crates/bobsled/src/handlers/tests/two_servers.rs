//! Two servers over one store, asked at once: what one request may do and another may not besides, they never both do.

use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::ports::Store;
use emporion_catalog::registry::Registry;
use emporion_store::testing::Remote;
use emporion_store::{MemoryStore, Options, PostgresStore, SqliteStore, postgres};
use http::Method;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

#[path = "../../../../store/tests/it/support/server.rs"]
mod server;

/// Rounds of each race.
const ROUNDS: usize = 12;

/// Two servers on each engine, with what keeps its file.
async fn engines() -> Vec<([Stage; 2], Option<tempfile::TempDir>)> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("store.db");
    let sqlite = SqliteStore::open(&file, Registry::standard(), Options::default()).expect("a new store opens");
    let sqlite: Arc<dyn Store> = Arc::new(sqlite);
    let yielding: Arc<dyn Store> = Arc::new(Remote::yielding(Arc::new(MemoryStore::default())));
    let address = server::database().await;
    let engines = vec![
        (Stage::two([yielding.clone(), yielding]).await, None),
        (Stage::two([sqlite.clone(), sqlite]).await, Some(directory)),
        (Stage::two([node(&address).await, node(&address).await]).await, None),
    ];
    for (servers, _) in &engines {
        servers[0].warehouse(&["orders"]).await;
    }
    engines
}

async fn node(address: &str) -> Arc<dyn Store> {
    let opened = PostgresStore::open(address, Registry::standard(), postgres::Options::default()).await;
    Arc::new(opened.expect("a new database opens"))
}

async fn post(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::POST, path, &body.to_string()).await
}

async fn product(stage: &Stage, name: &str) -> String {
    let made = post(stage, "/data-products", json!({"name": name, "isDeployed": true})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.data()["dataProduct"]["id"].as_str().expect("an id").to_owned()
}

/// The statuses, the lower one first, and the code of the refusal.
fn outcome(one: &Reply, other: &Reply) -> (u16, u16, Value) {
    let (fine, refused) = if one.status <= other.status { (one, other) } else { (other, one) };
    (fine.status, refused.status, refused.body["error"]["code"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_compositions_close_a_cycle() {
    for ([a, b], _file) in engines().await {
        for round in 0..ROUNDS {
            let (p, q) = (product(&a, &format!("p{round}")).await, product(&b, &format!("q{round}")).await);
            let of = |source: &str| json!({"sourceDataProductId": source, "isDeployed": round % 2 == 0});
            let (into_p, into_q) =
                (format!("/data-products/{p}/compositions"), format!("/data-products/{q}/compositions"));
            let (one, other) = tokio::join!(post(&a, &into_p, of(&q)), post(&b, &into_q, of(&p)));
            assert_eq!(outcome(&one, &other), (201, 422, json!("COMPOSITION_CYCLE")), "{} {}", one.body, other.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_compositions_make_a_chain_too_long() {
    for ([a, b], _file) in engines().await {
        for round in 0..ROUNDS {
            let mut chain = Vec::new();
            for name in ["a", "b", "c", "d", "e"] {
                chain.push(product(&a, &format!("{name}{round}")).await);
            }
            let of = |at: usize, is_live: bool| {
                let body = json!({"sourceDataProductId": chain[at + 1], "isDeployed": is_live});
                (format!("/data-products/{}/compositions", chain[at]), body)
            };
            for (at, is_live) in [(0, round % 3 == 0), (2, round % 3 == 1)] {
                let (path, body) = of(at, is_live);
                assert_eq!(post(&a, &path, body).await.status, 201);
            }
            let ((one, first), (other, second)) = (of(1, round % 2 == 0), of(3, round % 2 == 1));
            let (one, other) = tokio::join!(post(&a, &one, first), post(&b, &other, second));
            assert_eq!(outcome(&one, &other), (201, 422, json!("VALIDATION_FAILED")), "{} {}", one.body, other.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_composed_of_what_is_being_deleted() {
    for ([a, b], _file) in engines().await {
        for round in 0..ROUNDS {
            let (p, q) = (product(&a, &format!("p{round}")).await, product(&b, &format!("q{round}")).await);
            let (path, into) = (format!("/data-products/{q}"), format!("/data-products/{p}/compositions"));
            let composed = json!({"sourceDataProductId": q, "isDeployed": round % 2 == 0});
            let (made, gone) = tokio::join!(post(&a, &into, composed), b.call(Method::DELETE, &path, ""));
            match (made.status, gone.status) {
                (201, 409) => assert_eq!(gone.code(), "IN_USE"),
                (422, 200) => {}
                other => panic!("{other:?}: {} {}", made.body, gone.body),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_source_is_composed_once() {
    for ([a, b], _file) in engines().await {
        let q = product(&a, "q").await;
        for round in 0..ROUNDS {
            let p = product(&b, &format!("p{round}")).await;
            let (path, body) = (format!("/data-products/{p}/compositions"), json!({"sourceDataProductId": q}));
            let (one, other) = tokio::join!(post(&a, &path, body.clone()), post(&b, &path, body));
            assert_eq!(outcome(&one, &other), (201, 409, json!("CONFLICT")), "{} {}", one.body, other.body);
            let listed = a.call(Method::GET, &path, "").await.data();
            assert_eq!(listed["count"], 1, "{listed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_are_counted_through_and_no_draft_is_lost() {
    for (servers, _file) in engines().await {
        let servers = servers.map(Arc::new);
        let p = product(&servers[0], "p").await;
        let path = format!("/data-products/{p}/system-prompts");
        let mut writes = tokio::task::JoinSet::new();
        for number in 0..8_usize {
            let (stage, path) = (servers[number % 2].clone(), path.clone());
            writes.spawn(async move { post(&stage, &path, json!({"content": format!("Say {number}.")})).await });
        }
        let made = writes.join_all().await;
        let versions: BTreeSet<i64> = made
            .iter()
            .map(|reply| {
                assert_eq!(reply.status, 201, "{}", reply.body);
                reply.data()["systemPrompt"]["version"].as_i64().expect("a number")
            })
            .collect();
        assert_eq!(versions, (1..=8).collect());
        let listed = servers[1].call(Method::GET, &path, "").await.data();
        assert_eq!(listed["count"], 8, "{listed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_make_the_same_live_one_does() {
    for ([a, b], _file) in engines().await {
        for round in 0..ROUNDS {
            let p = product(&a, &format!("p{round}")).await;
            let path = format!("/data-products/{p}/verified-queries");
            let body = json!({"question": "How many?", "sql": "SELECT 1", "isDeployed": true});
            let (one, other) = tokio::join!(post(&a, &path, body.clone()), post(&b, &path, body));
            assert_eq!(outcome(&one, &other), (201, 409, json!("CONFLICT")), "{} {}", one.body, other.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_deployed_by_one_of_two() {
    for ([a, b], _file) in engines().await {
        for round in 0..ROUNDS {
            let p = product(&a, &format!("p{round}")).await;
            let query = json!({"question": "How many?", "sql": "SELECT 1"});
            assert_eq!(post(&b, &format!("/data-products/{p}/verified-queries"), query).await.status, 201);
            let path = format!("/data-products/{p}/deploy");
            let (one, other) = tokio::join!(post(&a, &path, json!({})), post(&b, &path, json!({})));
            let promoted = |reply: &Reply| {
                assert_eq!(reply.status, 200, "{}", reply.body);
                reply.data()["results"]["verifiedQueries"]["promoted"].as_i64()
            };
            let all: BTreeSet<Option<i64>> = [promoted(&one), promoted(&other)].into();
            assert_eq!(all, [Some(0), Some(1)].into(), "what is live already is not made live again");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_both_are_given_has_one_effect() {
    for ([a, b], _file) in engines().await {
        for round in 0..ROUNDS {
            let p = product(&a, &format!("p{round}")).await;
            let path = format!("/data-products/{p}/verified-queries");
            let live = round % 2 == 0;
            let body = json!({"question": "How many?", "sql": "SELECT 1", "isDeployed": live}).to_string();
            let headers = [("idempotency-key", "k")];
            let (one, other) = tokio::join!(
                a.call_as(Some(&a.token), Method::POST, &path, &body, &headers),
                b.call_as(Some(&b.token), Method::POST, &path, &body, &headers)
            );
            assert_eq!((one.status, other.status), (201, 201), "{} {}", one.body, other.body);
            assert_eq!(one.data(), other.data());
            assert_eq!(a.call(Method::GET, &path, "").await.data()["count"], 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_make_a_version_of_a_skill_make_two() {
    for ([a, b], _file) in engines().await {
        let skill = json!({"name": "S", "command": "/sum", "prompt": "p"});
        let made = post(&a, "/skills", skill).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let path = format!("/skills/{}", made.data()["skill"]["skillId"].as_str().expect("an id"));
        for round in 0..ROUNDS {
            let (one, other) = tokio::join!(
                post(&a, &path, json!({"prompt": format!("a{round}")})),
                post(&b, &path, json!({"prompt": format!("b{round}")}))
            );
            let version = |reply: &Reply| {
                assert_eq!(reply.status, 200, "{}", reply.body);
                reply.data()["skill"]["version"].as_u64().expect("a number")
            };
            let first = 2 * round as u64 + 2;
            assert_eq!(BTreeSet::from([version(&one), version(&other)]), [first, first + 1].into());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_one_has_ended_opens_nothing_at_the_other() {
    for ([a, b], _file) in engines().await {
        let (user, token) = a.user("ann").await;
        for stage in [&a, &b] {
            assert_eq!(stage.call_as(Some(&token), Method::GET, "/data-products", "", &[]).await.status, 200);
        }
        let held = a.catalog.credentials(&a.admin, user).await.expect("an administrator may look");
        for credential in held {
            a.catalog.revoke(&a.admin, credential.id).await.expect("an administrator may end it");
        }
        for stage in [&b, &a] {
            assert_eq!(stage.call_as(Some(&token), Method::GET, "/data-products", "", &[]).await.status, 401);
        }
    }
}
