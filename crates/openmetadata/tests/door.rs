//! Stories through the whole door: what only the door, the core and a store together can show.

mod support;

use emporion_catalog::facet::{DESCRIBED, Facet};
use emporion_catalog::field::{Field, SHORT};
use emporion_catalog::kind::{Kind, KindDef, PLAIN};
use emporion_openmetadata::definition::{self, NounDef};
use emporion_openmetadata::entry::both;
use emporion_openmetadata::has;
use serde_json::{Value, json};
use support::World;

async fn domain(world: &World, name: &str) -> Value {
    world.done("POST", "/domains", json!({"name": name, "domainType": "Aggregate", "description": "d"})).await
}

async fn table(world: &World, service: &str) -> Value {
    world.done("PUT", "/services/databaseServices", json!({"name": service, "serviceType": "Postgres"})).await;
    world.done("PUT", "/databases", json!({"name": "db", "service": service})).await;
    world.done("PUT", "/databaseSchemas", json!({"name": "s", "database": format!("{service}.db")})).await;
    let columns = json!([{"name": "id", "dataType": "INT"}, {"name": "a.b", "dataType": "INT"}]);
    let body = json!({"name": "t", "databaseSchema": format!("{service}.db.s"), "columns": columns});
    world.done("PUT", "/tables", body).await
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}

#[tokio::test]
async fn an_answer_is_not_sent_twice_to_who_has_it() {
    let world = World::new().await;
    let made = domain(&world, "M").await;
    let path = format!("/domains/{}", text(&made, "/id"));
    let first = world.call("GET", &path, Value::Null).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let token = world.account.admin_token.clone();
    let second = world.send("GET", &path, &token, &[("if-none-match", &tag)], "").await;
    assert_eq!((second.status, second.body), (304, Value::Null));
    let patch = json!([{"op": "replace", "path": "/description", "value": "e"}]).to_string();
    let json_patch = ("content-type", "application/json-patch+json");
    for (header, status) in [("\"99-0\"", 412), (&*tag, 200), (&*tag, 412), ("*", 200), ("W/\"0.2\", W/\"0.9\"", 200)] {
        let reply = world.send("PATCH", &path, &token, &[json_patch, ("if-match", header)], &patch).await;
        assert_eq!(reply.status, status, "{header}: {}", reply.body);
        if status == 412 {
            let now = world.call("GET", &path, Value::Null).await.headers["etag"].clone();
            assert_eq!(reply.headers["etag"], now);
            let shown = format!("Current ETag: {}.", now.to_str().unwrap());
            assert!(text(&reply.body, "/message").contains(&shown), "{}", reply.body);
        }
    }
    let third = world.send("GET", &path, &token, &[("if-none-match", &tag)], "").await;
    assert_eq!(third.status, 200);
}

#[tokio::test]
async fn a_table_says_which_products_hold_it() {
    let world = World::new().await;
    domain(&world, "M").await;
    for name in ["p", "q"] {
        world.done("POST", "/dataProducts", json!({"name": name, "description": "d", "domains": ["M"]})).await;
    }
    let made = table(&world, "svc").await;
    let id = text(&made, "/id").to_owned();
    let mut body = json!({
        "name": "t", "databaseSchema": "svc.db.s", "columns": made["columns"], "dataProducts": ["M.p", "M.q"],
    });
    nothing_is_held_outside_of_domains(&world, &id, &body).await;
    let service = world.get("/services/databaseServices/name/svc").await;
    let m = world.get("/domains/name/M").await;
    let moved = json!([{"op": "add", "path": "/domains/0", "value": {"id": m["id"], "type": "domain"}}]);
    world.done("PATCH", &format!("/services/databaseServices/{}", text(&service, "/id")), moved).await;
    let put = world.done("PUT", "/tables", body.clone()).await;
    assert_eq!(put["dataProducts"].as_array().map(Vec::len), Some(2));
    assert_eq!(put["version"], json!(0.1), "products hold tables; tables do not change by it");
    body["dataProducts"] = json!(["M.q"]);
    world.done("PUT", "/tables", body.clone()).await;
    let path = format!("/tables/{id}?fields=dataProducts");
    assert_eq!(text(&world.get(&path).await, "/dataProducts/0/name"), "q");
    body.as_object_mut().unwrap().remove("dataProducts");
    world.done("PUT", "/tables", body).await;
    assert_eq!(
        world.get(&path).await["dataProducts"].as_array().map(Vec::len),
        Some(1),
        "a crawler says nothing of it"
    );
    let p = world.get("/dataProducts/name/M.p").await;
    let patch = json!([{"op": "add", "path": "/dataProducts/-", "value": {"id": p["id"], "type": "dataProduct"}}]);
    let patched = world.done("PATCH", &format!("/tables/{id}"), patch).await;
    assert_eq!(patched["dataProducts"].as_array().map(Vec::len), Some(2));
    let unknown = json!({
        "name": "u", "databaseSchema": "svc.db.s", "columns": [{"name": "c", "dataType": "INT"}], "dataProducts": ["x"],
    });
    let refused = world.call("POST", "/tables", unknown).await;
    assert_eq!((refused.status, text(&refused.body, "/message")), (404, "dataProduct instance for x not found"));
    assert_eq!(world.call("GET", "/tables/name/svc.db.s.u", Value::Null).await.status, 404, "nothing half-made");
}

/// A table without a domain, its own or one from above, is in no product, however it is said.
async fn nothing_is_held_outside_of_domains(world: &World, id: &str, body: &Value) {
    let refused = "Domain cannot be empty when data products are provided.";
    let mut other = body.clone();
    other["name"] = json!("v");
    let p = world.get("/dataProducts/name/M.p").await;
    let patch = json!([{"op": "add", "path": "/dataProducts/-", "value": {"id": p["id"], "type": "dataProduct"}}]);
    for (method, path, body) in
        [("PUT", "/tables", body), ("POST", "/tables", &other), ("PATCH", &format!("/tables/{id}"), &patch)]
    {
        let reply = world.call(method, path, body.clone()).await;
        assert_eq!((reply.status, text(&reply.body, "/message")), (400, refused), "{method}");
    }
    let bulk = world.done("PUT", "/tables/bulk", json!([body, other])).await;
    assert_eq!((&bulk["numberOfRowsFailed"], text(&bulk, "/failedRequest/1/message")), (&json!(2), refused));
    assert_eq!(world.call("GET", "/tables/name/svc.db.s.v", Value::Null).await.status, 404, "nothing half-made");
    other["domains"] = json!(["M"]);
    world.done("POST", "/tables", other).await;
}

#[tokio::test]
async fn a_mark_that_is_taken_back_is_the_old_value() {
    let world = World::new().await;
    let made = domain(&world, "M").await;
    let path = format!("/domains/{}", text(&made, "/id"));
    let me = world.get("/users/loggedInUser").await;
    let removed = |event: &Value| -> Value {
        assert_eq!(event["changeDescription"]["fieldsAdded"], json!([]), "{event}");
        serde_json::from_str(text(event, "/changeDescription/fieldsDeleted/0/oldValue")).unwrap()
    };
    world.done("PUT", &format!("{path}/followers"), me["id"].clone()).await;
    let unfollow = format!("{path}/followers/{}", text(&me, "/id"));
    let followers = removed(&world.done("DELETE", &unfollow, Value::Null).await);
    assert_eq!((text(&followers, "/0/id"), followers.as_array().map(Vec::len)), (text(&me, "/id"), Some(1)));
    let again = world.done("DELETE", &unfollow, Value::Null).await;
    assert_eq!(
        (text(&again, "/eventType"), &again["changeDescription"]["fieldsDeleted"]),
        ("entityNoChange", &json!([]))
    );
    for (vote, member) in [("votedUp", "/upVoters/0/id"), ("votedDown", "/downVoters/0/id")] {
        world.done("PUT", &format!("{path}/vote"), json!({"updatedVoteType": vote})).await;
        let votes = removed(&world.done("PUT", &format!("{path}/vote"), json!({"updatedVoteType": "unVoted"})).await);
        assert_eq!(text(&votes, member), text(&me, "/id"));
    }
}

#[tokio::test]
async fn a_reference_of_another_type_is_refused_whether_it_is_held_or_not() {
    let world = World::new().await;
    let made = domain(&world, "M").await;
    let me = world.get("/users/loggedInUser").await;
    let path = format!("/domains/{}", text(&made, "/id"));
    let owned = |of: &str| json!([{"op": "add", "path": "/owners", "value": [{"id": me["id"], "type": of}]}]);
    let before = world.call("PATCH", &path, owned("team")).await;
    world.done("PATCH", &path, owned("user")).await;
    let after = world.call("PATCH", &path, owned("team")).await;
    assert_eq!((before.status, after.status), (404, 404), "{}", after.body);
    assert_eq!(before.body, after.body);
    let product = json!({"name": "p", "description": "d", "domains": ["M"]});
    world.done("POST", "/dataProducts", product).await;
    let id = table(&world, "svc").await["id"].clone();
    let add = async |of: &str| {
        let assets = json!({"assets": [{"id": id, "type": of}]});
        world.call("PUT", "/dataProducts/M.p/assets/add", assets).await
    };
    let before = add("pipeline").await;
    assert_eq!(add("table").await.status, 200);
    let after = add("pipeline").await;
    assert_eq!((before.status, &before.body), (after.status, &after.body));
    assert_eq!(after.status, 400);
}

#[tokio::test]
async fn people_and_teams_list_the_assets_that_they_own() {
    let world = World::new().await;
    let made = table(&world, "svc").await;
    let me = world.get("/users/loggedInUser").await;
    let team = world.done("POST", "/teams", json!({"name": "makers", "teamType": "Group"})).await;
    domain(&world, "M").await;
    let own = |id: &Value, of: &str| json!([{"op": "add", "path": "/owners", "value": [{"id": id, "type": of}]}]);
    let path = format!("/tables/{}", text(&made, "/id"));
    let (user_id, team_id) = (text(&me, "/id"), text(&team, "/id"));
    let (name, team_name) = (text(&me, "/name"), "makers");
    world.done("PATCH", &path, own(&me["id"], "user")).await;
    let domain = world.get("/domains/name/M").await;
    world.done("PATCH", &format!("/domains/{}", text(&domain, "/id")), own(&me["id"], "user")).await;
    for at in [format!("/users/{user_id}/assets"), format!("/users/name/{name}/assets?limit=5&offset=0")] {
        let listed = world.get(&at).await;
        assert_eq!((&listed["paging"]["total"], &listed["data"][0]["id"]), (&json!(1), &made["id"]), "{at}: {listed}");
        assert_eq!(listed["data"][0]["type"], "table");
    }
    world.done("PATCH", &path, own(&team["id"], "team")).await;
    for at in [format!("/teams/{team_id}/assets"), format!("/teams/name/{team_name}/assets")] {
        assert_eq!(world.get(&at).await["data"][0]["id"], made["id"], "{at}");
    }
    assert_eq!(world.get(&format!("/users/{user_id}/assets")).await["paging"]["total"], json!(0));
    assert_eq!(world.call("GET", "/teams/name/nobody/assets", Value::Null).await.status, 404);
    assert_eq!(world.call("PUT", &format!("/users/{name}/assets/add"), json!({"assets": []})).await.status, 404);
}

#[tokio::test]
async fn ingestion_pipelines_are_listed_by_what_they_are_for() {
    let world = World::new().await;
    table(&world, "svc").await;
    world.done("PUT", "/services/pipelineServices", json!({"name": "af", "serviceType": "Airflow"})).await;
    for (name, collection, service, of) in
        [("crawl", "databaseServices", "svc", "databaseService"), ("runs", "pipelineServices", "af", "pipelineService")]
    {
        let service = world.get(&format!("/services/{collection}/name/{service}")).await;
        let body = json!({
            "name": name, "pipelineType": "metadata", "sourceConfig": {"config": {}}, "airflowConfig": {},
            "service": {"id": service["id"], "type": of},
            "provider": if name == "runs" { Some("automation") } else { None },
        });
        world.done("POST", "/services/ingestionPipelines", body).await;
    }
    let listed = async |filters: &str| -> Vec<String> {
        let page = world.get(&format!("/services/ingestionPipelines?{filters}")).await;
        let names = page["data"].as_array().unwrap().iter().map(|one| text(one, "/name").to_owned());
        let names: Vec<String> = names.collect();
        assert_eq!(page["paging"]["total"], json!(names.len()), "{filters}");
        names
    };
    assert_eq!(listed("").await, ["crawl", "runs"]);
    assert_eq!(listed("serviceType=databaseService").await, ["crawl"]);
    assert_eq!(listed("serviceType=pipelineService&pipelineType=metadata").await, ["runs"]);
    assert_eq!(listed("provider=user").await, ["crawl"]);
    assert_eq!(listed("provider=automation").await, ["runs"]);
    for nothing in [
        "serviceType=dashboardService",
        "serviceType=table",
        "serviceType=databaseService&provider=automation",
        "provider=system",
        "testSuite=svc",
        "applicationType=DataInsights",
    ] {
        assert_eq!(listed(nothing).await, [""; 0], "{nothing}");
    }
    assert_eq!(world.call("GET", "/tables?testSuite=svc", Value::Null).await.status, 400);
}

#[tokio::test]
async fn forms_are_merged_by_put_and_taken_away_by_patch() {
    let world = World::new().await;
    domain(&world, "M").await;
    world.form_type("M", "Note", "structure Note { @required text: String }").await;
    let form = |name: &str, content: &str| json!({"name": name, "type": "Note", "revision": "1", "content": format!("{{\"text\": \"{content}\"}}")});
    let body = |forms: Value| json!({"name": "p", "description": "d", "domains": ["M"], "extension": {"cost": 7, "forms": forms}});
    let made = world.done("PUT", "/dataProducts", body(json!([form("A", "1"), form("B", "2")]))).await;
    let path = format!("/dataProducts/{}", text(&made, "/id"));
    world.done("PUT", "/dataProducts", body(json!([form("B", "3"), form("C", "4")]))).await;
    let found = world.get(&format!("{path}?fields=extension")).await;
    let expected = json!({"cost": 7, "forms": [form("A", "1"), form("B", "3"), form("C", "4")]});
    assert_eq!(found["extension"], expected);
    let patched = world.done("PATCH", &path, json!([{"op": "remove", "path": "/extension/forms/1"}])).await;
    assert_eq!(patched["extension"]["forms"], json!([form("A", "1"), form("C", "4")]));
    let wrong = world.call("PUT", "/dataProducts", body(json!([{"content": "x"}]))).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn tags_of_columns_stay_with_their_columns() {
    let world = World::new().await;
    world.done("POST", "/classifications", json!({"name": "C", "description": "c"})).await;
    for name in ["x", "y"] {
        world.done("POST", "/tags", json!({"name": name, "classification": "C", "description": "t"})).await;
    }
    let label =
        |fqn: &str| json!({"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"});
    let made = table(&world, "svc").await;
    let path = format!("/tables/{}", text(&made, "/id"));
    let patch = json!([
        {"op": "add", "path": "/columns/1/tags/0", "value": label("C.x")},
        {"op": "add", "path": "/tags/0", "value": label("C.y")},
    ]);
    let patched = world.done("PATCH", &path, patch).await;
    assert_eq!(text(&patched, "/columns/1/tags/0/tagFQN"), "C.x");
    assert_eq!(text(&patched, "/columns/1/fullyQualifiedName"), "svc.db.s.t.\"a.b\"");
    let changes: Vec<&str> = patched["changeDescription"]["fieldsAdded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| text(change, "/name"))
        .collect();
    assert_eq!(changes, ["tags", "columns.\"a.b\".tags"]);
    let columns = json!([{"name": "id", "dataType": "INT", "tags": [label("C.y")]}]);
    let body = json!({"name": "t", "databaseSchema": "svc.db.s", "columns": columns});
    world.done("PUT", "/tables", body.clone()).await;
    let found = world.get(&format!("{path}?fields=tags")).await;
    assert_eq!(text(&found, "/columns/0/tags/0/tagFQN"), "C.y");
    assert_eq!(text(&found, "/tags/0/tagFQN"), "C.y");
    let again = world.call("PUT", "/tables", body).await;
    assert_eq!(again.headers["x-openmetadata-change"], "entityNoChange");
    assert_eq!(again.body["version"], found["version"]);
}

#[tokio::test]
async fn the_team_that_holds_a_product_shows_as_its_inherited_owner() {
    let world = World::new().await;
    domain(&world, "M").await;
    let team = world.done("POST", "/teams", json!({"name": "crew", "teamType": "Group"})).await;
    let body = json!({"name": "p", "description": "d", "domains": ["M"]});
    let made = world.done("PUT", "/dataProducts", body).await;
    let path = format!("/dataProducts/{}?fields=owners", text(&made, "/id"));
    assert_eq!(world.get(&path).await["owners"], json!([]), "stewards are no owners");
    let owner = json!({"id": team["id"], "type": "team"});
    let patch = json!([{"op": "add", "path": "/owners/0", "value": owner}]);
    let patched = world.done("PATCH", path.split('?').next().unwrap(), patch).await;
    assert_eq!(text(&patched, "/owners/0/name"), "crew");
    assert!(patched["owners"][0].get("inherited").is_none());
    let both = json!({"name": "q", "description": "d", "domains": ["M"], "owners": [owner, {
        "id": world.get("/users/loggedInUser").await["id"], "type": "user"}]});
    assert_eq!(world.call("POST", "/dataProducts", both).await.status, 400);
}

#[tokio::test]
async fn secrets_reach_programs_and_nobody_else() {
    let world = World::new().await;
    let config =
        |word: &str| json!({"config": {"hostPort": "db:5432", "username": "u", "authType": {"password": word}}});
    let body = |word: &str| json!({"name": "pg", "serviceType": "PostgreSQL", "connection": config(word)});
    let made = world.done("POST", "/services/databaseServices", body("hush")).await;
    assert_eq!(made["connection"]["config"]["type"], "Postgres");
    assert!(!made.to_string().contains("hush"));
    let path = format!("/services/databaseServices/{}", text(&made, "/id"));
    world.done("PUT", "/services/databaseServices", body("*********")).await;
    let bot = world.bot_token().await;
    let clear = world.send("GET", &path, &bot, &[], "").await;
    assert_eq!(text(&clear.body, "/connection/config/authType/password"), "hush");
    assert_eq!(clear.body["version"], json!(0.1), "a mask that comes back changes nothing");
    let changed = world.done("PUT", "/services/databaseServices", body("other")).await;
    assert_eq!(changed["changeDescription"]["fieldsUpdated"][0]["newValue"], "new-encrypted-value");
    for operation in [
        json!({"op": "test", "path": "/connection/config/authType/password", "value": "*********"}),
        json!({"op": "copy", "from": "/connection/config/authType", "path": "/description"}),
    ] {
        assert_eq!(world.call("PATCH", &path, json!([operation])).await.status, 400);
    }
    let patch = json!([{"op": "replace", "path": "/connection/config/authType/password", "value": "third"}]);
    let patched = world.done("PATCH", &path, patch).await;
    assert!(!patched.to_string().contains("third"));
    let clear = world.send("GET", &path, &bot, &[], "").await;
    assert_eq!(text(&clear.body, "/connection/config/authType/password"), "third");
}

#[tokio::test]
async fn a_row_with_a_known_hash_is_passed_over_unless_the_caller_overrides() {
    let world = World::new().await;
    table(&world, "svc").await;
    let bot = world.bot_token().await;
    let row = |hash: &str, description: &str| {
        json!([{"name": "h", "databaseSchema": "svc.db.s", "columns": [{"name": "id", "dataType": "INT"}],
                "sourceHash": hash, "description": description}])
    };
    let bulk = async |query: &str, rows: Value| {
        let reply = world.send("PUT", &format!("/tables/bulk{query}"), &bot, &[], &rows.to_string()).await;
        assert_eq!((reply.status, &reply.body["status"]), (200, &json!("success")), "{}", reply.body);
        world.get("/tables/name/svc.db.s.h").await
    };
    assert_eq!(text(&bulk("", row("1", "one")).await, "/description"), "one");
    assert_eq!(text(&bulk("", row("1", "two")).await, "/description"), "one");
    assert_eq!(text(&bulk("", row("2", "two")).await, "/description"), "one", "a bot keeps what is there");
    assert_eq!(text(&bulk("?overrideMetadata=true", row("2", "two")).await, "/description"), "two");
    let background = world.send("PUT", "/tables/bulk?async=true", &bot, &[], &row("3", "x").to_string()).await;
    assert_eq!((background.status, &background.body["numberOfRowsProcessed"]), (202, &json!(1)));
    let twice = json!([row("4", "a")[0], row("5", "b")[0]]);
    bulk("", twice).await;
}

#[tokio::test]
async fn a_dry_run_of_a_bulk_call_says_what_would_happen_and_stores_nothing() {
    let world = World::new().await;
    table(&world, "svc").await;
    let row = |name: &str| json!({"name": name, "databaseSchema": "svc.db.s", "columns": [{"name": "id", "dataType": "INT"}]});
    let rows = json!([row("new"), row("new"), {"name": "x", "databaseSchema": "svc.db.missing", "columns": []}]);
    let before = world.get("/tables?limit=0").await["paging"]["total"].clone();
    for query in ["dryRun=true", "dryRun=true&async=true"] {
        let said = world.done("PUT", &format!("/tables/bulk?{query}"), rows.clone()).await;
        assert_eq!((&said["dryRun"], &said["status"]), (&json!(true), &json!("partialSuccess")), "{said}");
        assert_eq!(said["successRequest"][0], json!({"request": "svc.db.s.new", "status": 200}));
        assert_eq!(said["numberOfRowsFailed"], 1);
    }
    assert_eq!(world.get("/tables?limit=0").await["paging"]["total"], before);
    let people = json!([{"name": "zoe", "email": "zoe@example.com"}]);
    assert_eq!(world.done("PUT", "/users/bulk?dryRun=true", people.clone()).await["status"], "success");
    let missing = world.call("GET", "/users/name/zoe", Value::Null).await;
    assert_eq!(missing.status, 404);
    let done = world.done("PUT", "/users/bulk", people).await;
    assert_eq!((&done["dryRun"], &done["status"]), (&json!(false), &json!("success")));
}

#[tokio::test]
async fn everybody_is_in_the_team_of_everybody() {
    let world = World::new().await;
    world.done("POST", "/teams", json!({"name": "few", "teamType": "Group"})).await;
    let total = async |path: &str| world.get(path).await["paging"]["total"].clone();
    let all = total("/users").await;
    assert_eq!(total("/users?team=Organization").await, all);
    assert_eq!(total("/users?team=few").await, 0);
    assert_eq!(total("/users?team=Organization&isBot=true").await, total("/users?isBot=true").await);
}

// ---- a kind and a noun that only this test knows

const SHELF: KindDef = KindDef {
    name: "shelf",
    fields: &[Field::optional("room", SHORT)],
    facets: DESCRIBED,
    sample: || json!({}),
    ..PLAIN
};

const SHELF_NOUN: NounDef = NounDef {
    kind: Kind(&SHELF),
    entity_type: "shelf",
    collection: "shelves",
    tag: "Shelves",
    members: &[&[
        both(text_member("room")),
        has::OWNERS,
        has::TAGS,
        has::OWN_DOMAINS,
        has::EXTENSION,
        has::FOLLOWERS,
        has::VOTES,
    ]],
    ..definition::PLAIN
};

const fn text_member(name: &'static str) -> emporion_edge::shape::Member {
    emporion_openmetadata::members::text(name)
}

#[tokio::test]
async fn a_kind_declared_in_a_test_has_every_operation() {
    assert!(SHELF.facets.contains(&Facet::Owners));
    let world = World::with(&[(&SHELF, Box::leak(Box::new(SHELF_NOUN.noun())))]).await;
    domain(&world, "M").await;
    let me = world.get("/users/loggedInUser").await;
    let body = json!({"name": "a.b", "room": "east", "domains": ["M"], "owners": [{"id": me["id"], "type": "user"}]});
    let made = world.done("POST", "/shelves", body.clone()).await;
    assert_eq!((text(&made, "/fullyQualifiedName"), text(&made, "/room")), ("\"a.b\"", "east"));
    assert_eq!(text(&made, "/href"), format!("http://catalogue.example.com/api/v1/shelves/{}", text(&made, "/id")));
    let path = format!("/shelves/{}", text(&made, "/id"));
    assert_eq!(world.call("PUT", "/shelves", body).await.headers["x-openmetadata-change"], "entityNoChange");
    let patched = world.done("PATCH", &path, json!([{"op": "replace", "path": "/room", "value": "west"}])).await;
    assert_eq!((text(&patched, "/room"), &patched["version"]), ("west", &json!(0.2)));
    assert_eq!(world.get("/shelves/name/a.b").await["id"], made["id"]);
    assert_eq!(world.get("/shelves?limit=1&fields=owners").await["data"][0]["owners"][0]["id"], me["id"]);
    let versions = world.get(&format!("{path}/versions")).await;
    assert_eq!((text(&versions, "/entityType"), versions["versions"].as_array().map(Vec::len)), ("shelf", Some(2)));
    let event = world.done("PUT", &format!("{path}/followers"), me["id"].clone()).await;
    assert_eq!(text(&event, "/eventType"), "entityFieldsChanged");
    world.done("PUT", &format!("{path}/vote"), json!({"updatedVoteType": "votedDown"})).await;
    let found = world.get(&format!("{path}?fields=*")).await;
    assert_eq!((&found["votes"]["downVotes"], text(&found, "/followers/0/id")), (&json!(1), text(&me, "/id")));
    let bulk = world.done("PUT", "/shelves/bulk", json!([{"name": "c"}, {"name": "d::e"}])).await;
    assert_eq!(bulk["status"], "partialSuccess");
    assert_eq!(world.done("DELETE", &path, Value::Null).await["deleted"], json!(true));
    assert_eq!(world.call("GET", &path, Value::Null).await.status, 404);
    assert_eq!(world.done("PUT", "/shelves/restore", json!({"id": made["id"]})).await["deleted"], json!(false));
}
