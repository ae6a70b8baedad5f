//! Lineage: edges, what is around an entity, who may write and see it.

use serde_json::{Value, json};

use crate::support::World;

const NOBODY: &str = "11111111-2222-3333-4444-555555555555";

/// The ids of tables of these names, each with the columns `id` and `x`.
async fn tables(world: &World, names: &[&str]) -> Vec<String> {
    world.done("POST", "/services/databaseServices", json!({"name": "pg", "serviceType": "Postgres"})).await;
    world.done("POST", "/databases", json!({"name": "d", "service": "pg"})).await;
    world.done("POST", "/databaseSchemas", json!({"name": "s", "database": "pg.d"})).await;
    let columns = json!([{"name": "id", "dataType": "INT"}, {"name": "x", "dataType": "INT"}]);
    let mut ids = Vec::new();
    for name in names {
        let table = json!({"name": name, "databaseSchema": "pg.d.s", "columns": columns});
        ids.push(id_of(&world.done("POST", "/tables", table).await));
    }
    ids
}

fn id_of(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

fn edge(from: &str, to: &str, details: Value) -> Value {
    let end = |id: &str| json!({"id": id, "type": "table"});
    json!({"edge": {"fromEntity": end(from), "toEntity": end(to), "lineageDetails": details}})
}

async fn link(world: &World, from: &str, to: &str) {
    let answer = world.call("PUT", "/lineage", edge(from, to, json!({}))).await;
    assert_eq!((answer.status, answer.body), (200, Value::Null));
}

/// `(nodes, upstream edges, downstream edges)` by the names of the tables.
async fn around(world: &World, token: &str, id: &str, depths: (u32, u32)) -> (Vec<String>, usize, usize) {
    let (up, down) = depths;
    let path = format!("/lineage/table/{id}?upstreamDepth={up}&downstreamDepth={down}");
    let graph = world.send("GET", &path, token, &[], "").await;
    assert_eq!(graph.status, 200, "{}", graph.body);
    let graph = graph.body;
    let count = |member: &str| graph[member].as_array().unwrap().len();
    let nodes = graph["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap().to_owned());
    let mut nodes: Vec<String> = nodes.collect();
    nodes.sort();
    (nodes, count("upstreamEdges"), count("downstreamEdges"))
}

#[tokio::test]
async fn an_edge_is_made_changed_and_taken_away() {
    let world = World::new().await;
    let ids = tables(&world, &["a", "b"]).await;
    let [a, b] = &ids[..] else { panic!("two tables") };
    let version = world.get(&format!("/tables/{b}")).await["version"].clone();
    let columns = json!([{"fromColumns": ["pg.d.s.a.id"], "toColumn": "pg.d.s.b.x"}]);
    let details =
        json!({"sqlQuery": "SELECT 1", "columnsLineage": columns, "source": "QueryLineage", "description": "why"});
    world.done("PUT", "/lineage", edge(a, b, details.clone())).await;
    let one = format!("/lineage/getLineageEdge/{a}/{b}");
    let shown = world.get(&one).await["edge"].clone();
    for (member, value) in details.as_object().unwrap() {
        assert_eq!(&shown[member], value);
    }
    assert_eq!((&shown["fromEntity"]["name"], &shown["createdBy"]), (&json!("a"), &json!("admin")));
    assert_eq!(world.get("/lineage/getLineageEdge/table/name/pg.d.s.a/table/name/pg.d.s.b").await["edge"], shown);
    // The same again is no change; what a PUT leaves out is gone.
    world.done("PUT", "/lineage", edge(a, b, details)).await;
    assert_eq!(world.get(&one).await["edge"], shown);
    world.done("PUT", "/lineage/table/name/pg.d.s.a/table/name/pg.d.s.b", json!({"source": "Manual"})).await;
    let bare = world.get(&one).await["edge"].clone();
    assert_eq!((&bare["source"], bare.get("sqlQuery"), bare.get("columnsLineage")), (&json!("Manual"), None, None));
    assert_eq!(bare["createdAt"], shown["createdAt"]);
    // By JSON Patch, by ids and by names.
    let patch = json!([
        {"op": "add", "path": "/columnsLineage", "value": columns},
        {"op": "add", "path": "/columnsLineage/1", "value": {"fromColumns": ["pg.d.s.a.x"], "toColumn": "pg.d.s.b.id"}},
    ]);
    let patched = world.done("PATCH", &format!("/lineage/table/{a}/table/{b}"), patch).await;
    assert_eq!(patched["columnsLineage"][1]["fromColumns"], json!(["pg.d.s.a.x"]));
    let by_name = "/lineage/table/name/pg.d.s.a/table/name/pg.d.s.b";
    let patched = world.done("PATCH", by_name, json!([{"op": "add", "path": "/sqlQuery", "value": "S"}])).await;
    assert_eq!((&patched["sqlQuery"], &patched["source"]), (&json!("S"), &json!("Manual")));
    let graph = world.get("/lineage/table/name/pg.d.s.b").await;
    assert_eq!(graph["upstreamEdges"][0]["lineageDetails"]["columnsLineage"], patched["columnsLineage"]);
    assert_eq!(graph["upstreamEdges"][0]["fromEntity"], json!(a));
    assert_eq!(world.get(&format!("/tables/{b}")).await["version"], version, "lineage is no version");
    world.done("DELETE", by_name, Value::Null).await;
    for (method, path) in [("DELETE", by_name), ("GET", &one)] {
        let gone = world.call(method, path, Value::Null).await;
        assert_eq!((gone.status, &gone.body["message"]), (404, &json!("Lineage edge not found")));
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let world = World::new().await;
    let ids = tables(&world, &["a", "b"]).await;
    let [a, b] = &ids[..] else { panic!("two tables") };
    let columns = |from: &str| json!({"columnsLineage": [{"fromColumns": [from], "toColumn": "pg.d.s.b.x"}]});
    let pipeline = |id: &str, kind: &str| json!({"pipeline": {"id": id, "type": kind}});
    let typed =
        |kind: &str| json!({"edge": {"fromEntity": {"id": a, "type": kind}, "toEntity": {"id": b, "type": "table"}}});
    for (body, status, message) in [
        (edge(a, a, json!({})), 400, "from itself"),
        (edge(a, NOBODY, json!({})), 404, "table instance for 1111"),
        (edge(NOBODY, b, json!({})), 404, "table instance for 1111"),
        (edge(a, b, columns("pg.d.s.a.nope")), 400, "Invalid column name pg.d.s.a.nope"),
        (edge(a, b, columns("pg.d.s.b.id")), 400, "Invalid column name"),
        (edge(a, b, pipeline(NOBODY, "pipeline")), 404, "pipeline instance for 1111"),
        (edge(a, b, pipeline(a, "table")), 400, "must be pipeline"),
        (edge(a, b, json!({"source": "Magic"})), 400, "source"),
        (typed("user"), 400, "not kept"),
        (typed("topic"), 404, "Entity type topic not found"),
        (json!({"edge": {"fromEntity": {"id": a, "type": "table"}}}), 400, "toEntity must not be null"),
        (json!({}), 400, "edge must not be null"),
    ] {
        let answer = world.call("PUT", "/lineage", body.clone()).await;
        let said = answer.body["message"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == status && said.contains(message), "{body}: {} {said}", answer.status);
    }
    let patch = format!("/lineage/table/{a}/table/{b}");
    let missing = world.call("PATCH", &patch, json!([])).await;
    assert_eq!((missing.status, &missing.body["message"]), (404, &json!("Lineage edge not found")));
    link(&world, a, b).await;
    let stamp = json!([{"op": "replace", "path": "/createdBy", "value": "somebody"}]);
    assert_eq!(world.call("PATCH", &patch, stamp).await.status, 400);
    for path in ["?upstreamDepth=4", "?downstreamDepth=-1", "?upstreamDepth=x"] {
        assert_eq!(world.call("GET", &format!("/lineage/table/{a}{path}"), Value::Null).await.status, 400, "{path}");
    }
    for path in [&format!("/lineage/table/{NOBODY}"), "/lineage/table/name/pg.d.s.c", "/lineage/getLineageEdge/x/y"] {
        assert_eq!(world.call("GET", path, Value::Null).await.status, 404, "{path}");
    }
    assert_eq!(world.call("DELETE", &format!("/lineage/table/{b}/type/Magic"), Value::Null).await.status, 400);
}

#[tokio::test]
async fn what_is_around_an_entity_has_depth_and_no_end_in_a_circle() {
    let world = World::new().await;
    let ids = tables(&world, &["a", "b", "c", "d", "e"]).await;
    for pair in ids.windows(2) {
        link(&world, &pair[0], &pair[1]).await;
    }
    let admin = world.account.admin_token.clone();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let c = &ids[2];
    assert_eq!(around(&world, &admin, c, (0, 0)).await, (names(&[]), 0, 0));
    assert_eq!(around(&world, &admin, c, (1, 1)).await, (names(&["b", "d"]), 1, 1));
    assert_eq!(around(&world, &admin, c, (3, 0)).await, (names(&["a", "b"]), 2, 0));
    link(&world, &ids[4], &ids[0]).await;
    assert_eq!(around(&world, &admin, c, (3, 3)).await, (names(&["a", "b", "d", "e"]), 3, 3));
    // What is deleted is not there, and what was beyond it is not reached; it comes back with its edges.
    world.done("DELETE", &format!("/tables/{}", ids[1]), Value::Null).await;
    assert_eq!(around(&world, &admin, c, (3, 0)).await, (names(&[]), 0, 0));
    world.done("PUT", "/tables/restore", json!({"id": ids[1]})).await;
    assert_eq!(around(&world, &admin, c, (2, 0)).await, (names(&["a", "b"]), 2, 0));
    world.done("DELETE", &format!("/tables/{}?hardDelete=true", ids[3]), Value::Null).await;
    assert_eq!(around(&world, &admin, c, (0, 3)).await, (names(&[]), 0, 0));
}

#[tokio::test]
async fn edges_of_one_source_go_together() {
    let world = World::new().await;
    let ids = tables(&world, &["a", "b", "c"]).await;
    let [a, b, c] = &ids[..] else { panic!("three tables") };
    world.done("POST", "/services/pipelineServices", json!({"name": "af", "serviceType": "Airflow"})).await;
    let load = id_of(&world.done("POST", "/pipelines", json!({"name": "load", "service": "af"})).await);
    let by_pipeline = json!({"source": "PipelineLineage", "pipeline": {"id": load, "type": "pipeline"}});
    world.done("PUT", "/lineage", edge(a, b, by_pipeline.clone())).await;
    world.done("PUT", "/lineage", edge(a, c, by_pipeline.clone())).await;
    world.done("PUT", "/lineage", edge(b, c, json!({"source": "DbtLineage"}))).await;
    let shown = world.get(&format!("/lineage/getLineageEdge/{a}/{b}")).await;
    assert_eq!(shown["edge"]["pipeline"]["fullyQualifiedName"], "af.load");
    // The pipeline is no node of its own.
    let admin = world.account.admin_token.clone();
    assert_eq!(around(&world, &admin, c, (1, 1)).await, (vec!["a".to_owned(), "b".to_owned()], 2, 0));
    let graph = world.get(&format!("/lineage/pipeline/{load}")).await;
    assert_eq!((&graph["nodes"], &graph["downstreamEdges"]), (&json!([]), &json!([])));
    // By the entity downstream, then by the pipeline.
    world.done("DELETE", &format!("/lineage/table/{c}/type/DbtLineage"), Value::Null).await;
    assert_eq!(around(&world, &admin, c, (1, 1)).await, (vec!["a".to_owned()], 1, 0));
    world.done("DELETE", &format!("/lineage/pipeline/{load}/type/DbtLineage"), Value::Null).await;
    assert_eq!(around(&world, &admin, a, (1, 1)).await.2, 2);
    world.done("DELETE", "/lineage/source/name/pipeline/af.load/type/PipelineLineage", Value::Null).await;
    assert_eq!(around(&world, &admin, a, (1, 1)).await.2, 0);
    // A pipeline that is gone is shown no more.
    world.done("PUT", "/lineage", edge(a, b, by_pipeline)).await;
    world.done("DELETE", &format!("/pipelines/{load}?hardDelete=true"), Value::Null).await;
    let graph = world.get(&format!("/lineage/table/{b}")).await;
    assert_eq!(graph["upstreamEdges"][0]["lineageDetails"].get("pipeline"), None);
    // An edge whose maker is another one from now on.
    world
        .done(
            "PATCH",
            &format!("/lineage/table/{a}/table/{b}"),
            json!([{"op": "add", "path": "/sqlQuery", "value": "S"}]),
        )
        .await;
}

#[tokio::test]
async fn who_may_edit_lineage_writes_it_and_nobody_sees_what_is_hidden() {
    let world = World::new().await;
    let ids = tables(&world, &["a", "b", "c"]).await;
    let [a, b, c] = &ids[..] else { panic!("three tables") };
    link(&world, a, b).await;
    link(&world, b, c).await;
    let rules = json!([{"name": "hide", "effect": "deny", "resources": ["table"], "operations": ["ViewAll", "ViewBasic"],
        "condition": "matchAnyTag('PII.Sensitive')"}]);
    world.done("POST", "/policies", json!({"name": "Hide", "rules": rules})).await;
    let linking = json!([{"name": "link", "effect": "allow", "resources": ["table"], "operations": ["EditLineage"]}]);
    world.done("POST", "/policies", json!({"name": "Link", "rules": linking})).await;
    let role = |name: &str| json!({"name": format!("{name}Role"), "policies": [name]});
    let hide = id_of(&world.done("POST", "/roles", role("Hide")).await);
    let link = id_of(&world.done("POST", "/roles", role("Link")).await);
    let consumer = id_of(&world.get("/roles/name/DataConsumer").await);
    let mut tokens = Vec::new();
    for (name, roles) in [("eve", vec![&consumer]), ("kim", vec![&link]), ("lee", vec![&hide, &link])] {
        let (user, token) = super::person(&world, name).await;
        let roles: Vec<Value> = roles.iter().map(|role| json!({"id": role, "type": "role"})).collect();
        let patch = json!([{"op": "add", "path": "/roles", "value": roles}]);
        world.done("PATCH", &format!("/users/{}", id_of(&user)), patch).await;
        tokens.push(token);
    }
    let [eve, kim, lee] = &tokens[..] else { panic!("three people") };
    let put = edge(a, c, json!({}));
    let one = format!("/lineage/table/{a}/table/{c}");
    // Who may describe a table may not say what it is made from, nor learn whether somebody has.
    for (method, path, body) in [
        ("PUT", "/lineage", put.clone()),
        ("DELETE", &one, Value::Null),
        ("DELETE", &format!("/lineage/table/{c}/type/Manual"), Value::Null),
    ] {
        assert_eq!(super::status(&world, method, path, eve, body.clone()).await, 403, "{method} {path}");
        assert_eq!(super::status(&world, method, path, kim, body).await, 200, "{method} {path}");
    }
    let patch = [("content-type", "application/json-patch+json")];
    assert_eq!(world.send("PATCH", &one, eve, &patch, "[]").await.status, 403);
    assert_eq!(super::status(&world, "PUT", "/lineage", kim, edge(b, c, json!({}))).await, 200);
    // Of what is hidden there is nothing, and nothing behind it.
    let tag = json!([{"op": "add", "path": "/tags/0", "value": {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}}]);
    world.done("PATCH", &format!("/tables/{b}"), tag).await;
    assert_eq!(around(&world, kim, c, (3, 3)).await, (vec!["a".to_owned(), "b".to_owned()], 2, 0));
    assert_eq!(around(&world, lee, c, (3, 3)).await, (vec![], 0, 0));
    assert_eq!(around(&world, lee, a, (3, 3)).await, (vec![], 0, 0));
    for path in [format!("/lineage/table/{b}"), format!("/lineage/getLineageEdge/{b}/{c}")] {
        assert_eq!(super::status(&world, "GET", &path, lee, Value::Null).await, 404, "{path}");
    }
    for body in [edge(b, c, json!({})), edge(a, b, json!({}))] {
        assert_eq!(super::status(&world, "PUT", "/lineage", lee, body).await, 404);
    }
}
