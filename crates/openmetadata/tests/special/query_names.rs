//! Names of queries tell nobody their texts.

use emporion_openmetadata::nouns::query::checksum;
use serde_json::{Value, json};

use super::{person, support::World};

const TEXT: &str = "SELECT * FROM people WHERE ssn = '12-345'";

/// What somebody without rows is told, whichever way he asks. Searches follow the log: they are asked until they know it.
async fn told(world: &World, token: &str, query: &Value) -> String {
    let id = query["id"].as_str().unwrap();
    let name = query["name"].as_str().unwrap();
    let document = format!("/search/get/query_search_index/doc/{id}");
    for _ in 0..200 {
        let found = world.send("GET", &document, token, &[], "").await;
        if found.body.to_string().contains(name) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut told = String::new();
    for path in [
        &document,
        "/search/query?q=*&index=query_search_index",
        &format!("/search/suggest?q={}&index=query_search_index", &name[..8]),
        &format!("/queries/{id}"),
        &format!("/queries/{id}/versions"),
        &format!("/queries/{id}/versions/0.1"),
        "/queries?service=pg",
        "/queries/history?startTs=0",
        "/events?entityCreated=query&entityUpdated=query&timestamp=0",
    ] {
        let reply = world.send("GET", path, token, &[], "").await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        told += &reply.body.to_string();
    }
    assert!(told.contains(name), "{told}");
    told
}

async fn status_of(world: &World, token: &str, name: &str) -> u16 {
    world.send("GET", &format!("/queries/name/pg.{name}"), token, &[], "").await.status
}

async fn service(world: &World) {
    world.done("POST", "/services/databaseServices", json!({"name": "pg", "serviceType": "Postgres"})).await;
}

#[tokio::test]
async fn the_checksum_of_its_text_is_no_name_that_a_client_gives_a_query() {
    let world = World::new().await;
    service(&world).await;
    let (_, eve) = person(&world, "eve").await;
    let md5 = checksum(TEXT);
    let body = |name: &str| json!({"name": name, "query": TEXT, "service": "pg"});
    let made = world.done("POST", "/queries", body(&md5)).await;
    assert_ne!(made["name"], md5.as_str());
    for (path, again) in [("/queries", body(&md5)), ("/queries", json!({"query": TEXT, "service": "pg"}))] {
        assert_eq!(world.done("PUT", path, again).await["id"], made["id"], "the same text is the same query");
    }
    assert_eq!(world.done("PUT", "/queries", body(&md5.to_uppercase())).await["id"], made["id"]);
    world.done("PUT", "/queries/bulk", json!([body(&md5)])).await;
    assert_eq!(world.get("/queries?service=pg").await["paging"]["total"], 1);
    for guess in [&md5, &checksum("SELECT 1")] {
        assert_eq!(
            (status_of(&world, &eve, guess).await, 404),
            (404, status_of(&world, &world.account.admin_token, guess).await)
        );
    }
    assert!(!told(&world, &eve, &made).await.contains(&md5));
    // The text may come after the name, too.
    let other = checksum("SELECT 2");
    let early = world.done("PUT", "/queries", json!({"name": other, "query": "SELECT 3", "service": "pg"})).await;
    assert_eq!(early["name"], other.as_str());
    let path = format!("/queries/{}", early["id"].as_str().unwrap());
    let text = json!([{"op": "replace", "path": "/query", "value": "SELECT 2"}]);
    let followed = world.done("PATCH", &path, text).await;
    assert!(followed["query"] == "SELECT 2" && followed["name"] != other.as_str(), "{followed}");
    let name = json!([{"op": "replace", "path": "/name", "value": other}]);
    assert_eq!(world.call("PATCH", &path, name).await.status, 400, "nor can it be renamed");
    assert!(!told(&world, &eve, &followed).await.contains(&other));
}

#[tokio::test]
async fn queries_that_older_servers_called_by_the_checksum_get_other_names_once() {
    let world = World::new().await;
    service(&world).await;
    let (_, eve) = person(&world, "eve").await;
    let md5 = checksum(TEXT);
    world.query_called("pg", &md5, TEXT).await;
    // One that somebody wrote again, and one of which only the past has the text.
    let known = world.done("POST", "/queries", json!({"query": "SELECT 1", "service": "pg"})).await;
    world.query_called("pg", &checksum("SELECT 1"), "SELECT 1").await;
    world.query_called("pg", &checksum("SELECT 2"), "SELECT 2").await;
    let path = format!("/queries/name/pg.{}", checksum("SELECT 2"));
    world.done("PATCH", &path, json!([{"op": "replace", "path": "/query", "value": "SELECT 4"}])).await;
    let own =
        world.done("POST", "/queries", json!({"name": checksum("x"), "query": "SELECT 5", "service": "pg"})).await;
    let old = world.get(&format!("/queries/name/pg.{md5}")).await;

    assert_eq!(world.rename_queries().await, 3);
    assert_eq!(world.rename_queries().await, 0);
    let new = world.get(&format!("/queries/{}", old["id"].as_str().unwrap())).await;
    assert_eq!(world.done("PUT", "/queries", json!({"query": TEXT, "service": "pg"})).await["id"], old["id"]);
    assert_eq!(world.done("PUT", "/queries", json!({"query": "SELECT 1", "service": "pg"})).await["id"], known["id"]);
    assert_eq!(world.get("/queries?service=pg").await["paging"]["total"], 5);
    assert_eq!(status_of(&world, &eve, own["name"].as_str().unwrap()).await, 200, "a name that tells nothing stays");
    let told = told(&world, &eve, &new).await;
    for text in [TEXT, "SELECT 1", "SELECT 2"] {
        assert_eq!(status_of(&world, &eve, &checksum(text)).await, 404, "{text}");
        assert!(!told.contains(&checksum(text)), "{text}: {told}");
    }
    let hits = world.send("GET", &format!("/search/query?q={md5}&index=query_search_index"), &eve, &[], "").await;
    assert_eq!(hits.body["hits"]["total"]["value"], 0);
}

/// What was deleted with its service cannot be changed, and gets another name when that comes back.
#[tokio::test]
async fn queries_that_come_back_with_their_service_get_other_names_too() {
    for how in ["restore", "put"] {
        let world = World::new().await;
        service(&world).await;
        let (_, eve) = person(&world, "eve").await;
        world.query_called("pg", &checksum(TEXT), TEXT).await;
        let query = world.get(&format!("/queries/name/pg.{}", checksum(TEXT))).await;
        let pg = world.get("/services/databaseServices/name/pg").await["id"].clone();
        let path = format!("/services/databaseServices/{}", pg.as_str().unwrap());
        world.done("DELETE", &format!("{path}?recursive=true"), Value::Null).await;
        for _ in 0..2 {
            assert_eq!(world.rename_queries().await, 0, "it is deleted");
        }
        match how {
            "restore" => drop(world.done("PUT", "/services/databaseServices/restore", json!({"id": pg})).await),
            _ => {
                let body = json!({"name": "pg", "serviceType": "Postgres"});
                drop(world.done("PUT", "/services/databaseServices", body).await);
            }
        }
        assert_eq!(status_of(&world, &eve, &checksum(TEXT)).await, 404, "{how}");
        let back = world.get(&format!("/queries/{}", query["id"].as_str().unwrap())).await;
        assert_ne!(back["name"], query["name"], "{how}");
        assert_eq!(world.done("PUT", "/queries", json!({"query": TEXT, "service": "pg"})).await["id"], query["id"]);
        assert_eq!(world.rename_queries().await, 0, "{how}");
        assert!(!told(&world, &eve, &back).await.contains(&checksum(TEXT)), "{how}");
    }
}
