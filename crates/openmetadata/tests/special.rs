//! What nouns do in their own way, asked through the whole door.

#[path = "special/lineage.rs"]
mod lineage;
#[path = "special/query_names.rs"]
mod query_names;
mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::World;

const PASSWORD: &str = "Correct-horse-7";

/// A user with a password, and a token of his.
async fn person(world: &World, name: &str) -> (Value, String) {
    let body = json!({
        "name": name, "email": format!("{name}@example.com"), "createPasswordType": "ADMIN_CREATE",
        "password": PASSWORD, "confirmPassword": PASSWORD,
    });
    let user = world.done("POST", "/users", body).await;
    (user, login(world, name, PASSWORD).await["accessToken"].as_str().unwrap().to_owned())
}

async fn login(world: &World, name: &str, password: &str) -> Value {
    let body = json!({"email": format!("{name}@example.com"), "password": STANDARD.encode(password)});
    world.done("POST", "/users/login", body).await
}

/// Two tables under a new service.
async fn tables(world: &World) -> [Value; 2] {
    world.done("POST", "/services/databaseServices", json!({"name": "pg", "serviceType": "Postgres"})).await;
    world.done("POST", "/databases", json!({"name": "d", "service": "pg"})).await;
    world.done("POST", "/databaseSchemas", json!({"name": "s", "database": "pg.d"})).await;
    let table =
        |name: &str| json!({"name": name, "databaseSchema": "pg.d.s", "columns": [{"name": "id", "dataType": "INT"}]});
    [world.done("POST", "/tables", table("orders")).await, world.done("POST", "/tables", table("a.b")).await]
}

fn refs(tables: &[&Value]) -> Value {
    tables.iter().map(|table| json!({"id": table["id"], "type": "table"})).collect()
}

async fn status(world: &World, method: &str, path: &str, token: &str, body: Value) -> u16 {
    world.send(method, path, token, &[], &body.to_string()).await.status
}

#[tokio::test]
async fn a_login_ends_by_logging_out_and_by_a_new_password() {
    let world = World::new().await;
    person(&world, "ada").await;
    let session = login(&world, "ada", PASSWORD).await;
    let renewed = world.done("POST", "/users/refresh", json!({"refreshToken": session["refreshToken"]})).await;
    let token = |tokens: &Value| tokens["accessToken"].as_str().unwrap().to_owned();
    for tokens in [&session, &renewed] {
        assert_eq!(status(&world, "GET", "/users/loggedInUser", &token(tokens), Value::Null).await, 200);
    }
    let out = json!({"token": renewed["accessToken"]});
    assert_eq!(status(&world, "POST", "/users/logout", &token(&renewed), out).await, 200);
    assert_eq!(status(&world, "GET", "/users/loggedInUser", &token(&renewed), Value::Null).await, 401);
    let again = world.call("POST", "/users/refresh", json!({"refreshToken": session["refreshToken"]})).await;
    assert_eq!(again.status, 401, "the refresh token went with the login");

    let session = login(&world, "ada", PASSWORD).await;
    let change =
        |old: &str| json!({"oldPassword": old, "newPassword": "Other-horse-8", "confirmPassword": "Other-horse-8"});
    assert_eq!(status(&world, "PUT", "/users/changePassword", &token(&session), change("guess")).await, 400);
    assert_eq!(status(&world, "PUT", "/users/changePassword", &token(&session), change(PASSWORD)).await, 200);
    assert_eq!(status(&world, "GET", "/users/loggedInUser", &token(&session), Value::Null).await, 401);
    let again = world.call("POST", "/users/refresh", json!({"refreshToken": session["refreshToken"]})).await;
    assert_eq!(again.status, 401);
    login(&world, "ada", "Other-horse-8").await;
}

#[tokio::test]
async fn guessing_a_password_is_slowed_down() {
    let world = World::new().await;
    person(&world, "bob").await;
    let body = json!({"email": "bob@example.com", "password": STANDARD.encode("guess")});
    let mut messages = Vec::new();
    for _ in 0..7 {
        let refused = world.call("POST", "/users/login", body.clone()).await;
        assert_eq!((refused.status, refused.headers["www-authenticate"].to_str().unwrap()), (401, "om-auth"));
        messages.push(refused.body["message"].as_str().unwrap().to_owned());
    }
    assert!(messages[0].contains("invalid username or password") && messages[6].contains("Attempts Exceeded"));
}

#[tokio::test]
async fn assets_are_added_row_by_row() {
    let world = World::new().await;
    let [orders, dotted] = tables(&world).await;
    let domain = |name: &str| json!({"name": name, "domainType": "Aggregate", "description": ""});
    world.done("POST", "/domains", domain("One")).await;
    world.done("POST", "/domains", domain("Two")).await;
    let unknown = json!({"id": "11111111-2222-3333-4444-555555555555", "type": "table"});

    let rehearsed = json!({"assets": refs(&[&orders]), "dryRun": true});
    let result = world.done("PUT", "/domains/One/assets/add", rehearsed).await;
    assert_eq!((&result["status"], &result["dryRun"]), (&json!("success"), &json!(true)));
    assert_eq!(world.get("/domains/name/One/assets").await["paging"]["total"], 0);

    let mixed = json!({"assets": [refs(&[&orders])[0], unknown]});
    let result = world.done("PUT", "/domains/One/assets/add", mixed).await;
    assert_eq!((&result["status"], &result["numberOfRowsFailed"]), (&json!("partialSuccess"), &json!(1)));
    assert_eq!(result["successRequest"][0]["request"]["fullyQualifiedName"], "pg.d.s.orders");
    assert_eq!(result["failedRequest"][0]["status"], 404);

    world.done("PUT", "/domains/Two/assets/add", json!({"assets": refs(&[&orders, &dotted])})).await;
    assert_eq!(world.get("/domains/name/One/assets").await["data"], json!([]), "an asset is in one domain");
    assert_eq!(world.get("/domains/assets/counts").await, json!({"One": 0, "Two": 2, "default": 0}));
    let page = world.get("/domains/name/Two/assets?limit=1&offset=1").await;
    assert_eq!((page["data"][0]["name"].clone(), &page["paging"]["total"]), (json!("orders"), &json!(2)));

    let failed = world.call("PUT", "/domains/Two/assets/add", json!({"assets": [unknown]})).await;
    assert_eq!((failed.status, &failed.body["status"]), (400, &json!("failure")));
    assert!(failed.body.get("code").is_none());
    let gone = world.done("PUT", "/domains/Two/assets/remove", json!({"assets": [unknown]})).await;
    assert_eq!(gone["status"], "success", "what is not there is gone");
    let nothing = world.done("PUT", "/domains/Two/assets/add", json!({"assets": []})).await;
    assert_eq!(nothing["successRequest"][0]["message"], "Nothing to Validate.");
    let user = json!({"assets": [{"id": orders["id"], "type": "user"}]});
    assert_eq!(world.call("PUT", "/domains/Two/assets/add", user).await.status, 400);
}

#[tokio::test]
async fn ports_are_assets_on_one_side_only() {
    let world = World::new().await;
    let [orders, dotted] = tables(&world).await;
    world.done("POST", "/domains", json!({"name": "One", "domainType": "Aggregate", "description": ""})).await;
    let product = json!({"name": "P", "description": "d", "domains": ["One"]});
    let product = world.done("POST", "/dataProducts", product).await;
    let (_, stranger) = person(&world, "eve").await;
    let put = |place: &str, tables: Value| (format!("/dataProducts/One.P/{place}"), json!({"assets": tables}));

    let (path, body) = put("outputPorts/add", refs(&[&orders]));
    let early = world.call("PUT", &path, body.clone()).await;
    let message = early.body["failedRequest"][0]["message"].as_str().unwrap();
    assert!(early.status == 400 && message.contains("must belong to the data product"), "{message}");

    let (assets, both) = put("assets/add", refs(&[&orders, &dotted]));
    assert_eq!(status(&world, "PUT", &assets, &stranger, both.clone()).await, 403);
    world.done("PUT", &assets, both.clone()).await;
    assert_eq!(status(&world, "PUT", &assets, &stranger, both).await, 403, "also where nothing would change");
    world.done("PUT", &path, body).await;
    let (inputs, body) = put("inputPorts/add", refs(&[&orders, &dotted]));
    let result = world.done("PUT", &inputs, body).await;
    assert_eq!((&result["status"], &result["numberOfRowsPassed"]), (&json!("partialSuccess"), &json!(1)));

    let id = product["id"].as_str().unwrap();
    let view = world.get(&format!("/dataProducts/{id}/portsView")).await;
    assert_eq!(view["outputPorts"]["data"][0]["columns"][0]["name"], "id", "ports are whole entities");
    assert_eq!(view["inputPorts"]["data"][0]["name"], "a.b");
    let (remove, body) = put("assets/remove", refs(&[&orders]));
    world.done("PUT", &remove, body).await;
    assert_eq!(world.get(&format!("/dataProducts/{id}/outputPorts")).await["data"], json!([]));
    assert_eq!(world.get("/dataProducts/assets/counts").await, json!({"One.P": 1}));
    assert_eq!(world.get(&format!("/dataProducts/{id}")).await["version"], product["version"]);
}

#[tokio::test]
async fn a_record_bears_one_label_of_an_exclusive_vocabulary() {
    let world = World::new().await;
    let [orders, _] = tables(&world).await;
    let body = json!({"assets": refs(&[&orders])});
    let id = |tag: Value| tag["id"].as_str().unwrap().to_owned();
    let gold = id(world.get("/tags/name/Certification.Gold").await);
    let silver = id(world.get("/tags/name/Certification.Silver").await);
    world.done("PUT", &format!("/tags/{gold}/assets/add"), body.clone()).await;
    let refused = world.call("PUT", &format!("/tags/{silver}/assets/add"), body.clone()).await;
    assert!(refused.body["failedRequest"][0]["message"].as_str().unwrap().contains("mutually exclusive"));
    assert_eq!(world.get("/tags/name/Certification.Gold/assets").await["data"][0]["id"], orders["id"]);
    world.done("PUT", &format!("/tags/{gold}/assets/remove"), body).await;
    assert_eq!(world.get("/tags/name/Certification.Gold/assets").await["paging"]["total"], 0);
}

#[tokio::test]
async fn observations_change_no_version() {
    let world = World::new().await;
    let [orders, _] = tables(&world).await;
    let id = orders["id"].as_str().unwrap();
    let profile = json!({
        "tableProfile": {"timestamp": 1_700_000_000_000_i64, "rowCount": 3.0},
        "columnProfile": [{"name": "id", "timestamp": 1_700_000_000_000_i64, "nullCount": 1.0}],
    });
    world.done("PUT", &format!("/tables/{id}/tableProfile"), profile).await;
    let sample = format!("/tables/{id}/sampleData");
    let unknown = world.call("PUT", &sample, json!({"columns": ["id", "nope"], "rows": [[1, 2]]})).await;
    assert_eq!((unknown.status, &unknown.body["message"]), (400, &json!("Invalid column name nope")));
    world.done("PUT", &sample, json!({"columns": ["id"], "rows": [[1]]})).await;
    world.done("PUT", &format!("/usage/table/{id}"), json!({"date": "2026-01-02", "count": 3})).await;
    let seen = world.get(&format!("/tables/{id}?fields=profile,sampleData,usageSummary")).await;
    assert_eq!((&seen["version"], &seen["profile"]["rowCount"]), (&json!(0.1), &json!(3.0)));
    assert_eq!(seen["sampleData"]["rows"], json!([[1]]));
    assert_eq!(seen["usageSummary"]["dailyStats"]["count"], 3);
    let latest = world.get("/tables/pg.d.s.orders/tableProfile/latest").await;
    assert_eq!(latest["columns"][0]["profile"]["nullCount"], 1.0);
    assert_eq!(world.get("/tables/pg.d.s.orders.id/columnProfile").await["paging"]["total"], 1);

    world.done("POST", "/services/pipelineServices", json!({"name": "af", "serviceType": "Airflow"})).await;
    world.done("POST", "/pipelines", json!({"name": "x.y", "service": "af"})).await;
    let path = "/pipelines/af.%22x.y%22/status";
    let run = |time: i64, state: &str| json!({"timestamp": time, "executionStatus": state});
    let runs = json!([run(1_700_000_002_000, "Failed"), run(1_700_000_001_000, "Successful")]);
    let pipeline = world.done("PUT", &format!("{path}/bulk"), runs).await;
    assert_eq!((&pipeline["pipelineStatus"]["executionStatus"], &pipeline["version"]), (&json!("Failed"), &json!(0.1)));
    let listed = world.get(&format!("{path}?startTs=1700000001000&endTs=1700000001500")).await;
    assert_eq!(listed["data"], json!([run(1_700_000_001_000, "Successful")]));
    let pipeline = world.done("DELETE", &format!("{path}/1700000002000"), Value::Null).await;
    assert_eq!(pipeline["pipelineStatus"]["executionStatus"], "Successful");
    assert_eq!(world.call("PUT", path, run(1_700_000_000, "Failed")).await.status, 400, "seconds");
}

#[tokio::test]
async fn searches_see_every_write_at_once() {
    let world = World::new().await;
    let [orders, dotted] = tables(&world).await;
    let found = async |path: &str| -> Vec<String> {
        let hits = world.get(path).await["hits"]["hits"].as_array().unwrap().clone();
        hits.iter().map(|hit| hit["_source"]["fullyQualifiedName"].as_str().unwrap().to_owned()).collect()
    };
    let (plain, quoted) = ("pg.d.s.orders".to_owned(), "pg.d.s.\"a.b\"".to_owned());
    let by_fqn = "/search/fieldQuery?fieldName=fullyQualifiedName&index=table_search_index&fieldValue=";
    assert_eq!(found(&format!("{by_fqn}pg.d.s.orders")).await, std::slice::from_ref(&plain));
    assert_eq!(found(&format!("{by_fqn}PG.*.s.ORDERS")).await, std::slice::from_ref(&plain));
    assert_eq!(found(&format!("{by_fqn}*.s.%22a.b%22")).await, std::slice::from_ref(&quoted));
    assert_eq!(found(&format!("{by_fqn}pg.*")).await, [quoted.clone(), plain.clone()]);
    assert_eq!(found(&format!("{by_fqn}pg.d.other.orders")).await, Vec::<String>::new());
    person(&world, "random.user").await;
    let users = "&index=user_search_index&from=0&size=1";
    assert_eq!(
        found(&format!("/search/query?q=email.keyword:Random.User@example.com{users}")).await,
        ["\"random.user\""]
    );
    assert_eq!(found(&format!("/search/query?q=email.keyword:nobody@example.com{users}")).await, Vec::<String>::new());
    let mut pages = Vec::new();
    let mut after = String::new();
    let sorted = "/search/query?q=&index=table&size=1&sort_field=fullyQualifiedName&sort_order=desc";
    loop {
        let page = world.get(&format!("{sorted}{after}")).await["hits"]["hits"].as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        pages.push(last["_id"].clone());
        after = format!("&search_after={}", last["sort"][0].as_str().unwrap().replace('"', "%22"));
    }
    assert_eq!(pages, [orders["id"].clone(), dotted["id"].clone()]);
    world.done("DELETE", &format!("/tables/{}", orders["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(found(&format!("{by_fqn}pg.d.s.orders")).await, Vec::<String>::new());
    assert_eq!(found(&format!("{by_fqn}pg.d.s.orders&deleted=true")).await, [plain]);
}

#[tokio::test]
async fn events_tell_what_the_caller_may_know() {
    let world = World::new().await;
    let [orders, _] = tables(&world).await;
    let path = format!("/tables/{}", orders["id"].as_str().unwrap());
    world.done("PATCH", &path, json!([{"op": "add", "path": "/description", "value": "all of them"}])).await;
    world.done("DELETE", &path, Value::Null).await;
    let since = orders["updatedAt"].as_i64().unwrap();
    let query = format!("/events?entityCreated=table&entityUpdated=*&entityDeleted=table&timestamp={since}");
    let events = world.get(&query).await["data"].as_array().unwrap().clone();
    let of_orders: Vec<&Value> = events.iter().filter(|event| event["entityId"] == orders["id"]).collect();
    let types: Vec<&str> = of_orders.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(types, ["entityCreated", "entityUpdated", "entitySoftDeleted"]);
    assert_eq!(of_orders[1]["changeDescription"]["fieldsAdded"][0]["name"], "description");
    assert_eq!((&of_orders[1]["previousVersion"], &of_orders[1]["currentVersion"]), (&json!(0.1), &json!(0.2)));
    let mut after = String::new();
    let mut walked = 0;
    loop {
        let page = world.get(&format!("{query}&limit=2{after}")).await;
        walked += page["data"].as_array().unwrap().len();
        let Some(cursor) = page["paging"]["after"].as_str() else { break };
        after = format!("&after={cursor}");
    }
    assert_eq!(walked, events.len());
}

#[tokio::test]
async fn a_bot_acts_for_people_only_by_leave_of_its_record() {
    let world = World::new().await;
    let (user, token) = person(&world, "carol").await;
    let refused = world.call("POST", "/bots", json!({"name": "b", "botUser": "carol"})).await;
    assert!(refused.status == 400 && refused.body["message"].as_str().unwrap().contains("is not a bot"));

    let jwt = json!({"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}});
    let robot = json!({"name": "robot", "email": "robot@example.com", "isBot": true, "authenticationMechanism": jwt});
    let robot = world.done("POST", "/users", robot).await;
    world.done("POST", "/bots", json!({"name": "b", "botUser": "robot", "allowImpersonation": true})).await;
    assert_eq!(world.call("POST", "/bots", json!({"name": "c", "botUser": "robot"})).await.status, 400);
    let mechanism = world.get(&format!("/users/auth-mechanism/{}", robot["id"].as_str().unwrap())).await;
    let robot = mechanism["config"]["JWTToken"].as_str().unwrap().to_owned();

    let as_carol = [("x-impersonate-user", "carol")];
    let me = world.send("GET", "/users/loggedInUser", &robot, &as_carol, "").await;
    assert_eq!((me.status, &me.body["id"]), (200, &user["id"]));
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    let rename = |name: &str| json!([{"op": "add", "path": "/displayName", "value": name}]).to_string();
    let patch = [("content-type", "application/json-patch+json"), as_carol[0]];
    let renamed = world.send("PATCH", &path, &robot, &patch, &rename("Carol")).await.body;
    assert_eq!((&renamed["updatedBy"], &renamed["impersonatedBy"]), (&json!("carol"), &json!("robot")));
    assert_eq!(world.get(&path).await["impersonatedBy"], "robot");
    let renamed = world.send("PATCH", &path, &token, &patch[..1], &rename("Carola")).await.body;
    assert_eq!((&renamed["updatedBy"], renamed.get("impersonatedBy")), (&json!("carol"), None));
    let as_admin = [("x-impersonate-user", "admin")];
    assert_eq!(world.send("GET", "/users/loggedInUser", &robot, &as_admin, "").await.status, 403);
    let other = world.bot_token().await;
    assert_eq!(world.send("GET", "/users/loggedInUser", &other, &as_carol, "").await.status, 403);
    assert_eq!(world.send("GET", "/users/loggedInUser", &token, &as_admin, "").await.status, 403);
}

#[tokio::test]
async fn permissions_are_what_the_gate_says() {
    let world = World::new().await;
    let [orders, _] = tables(&world).await;
    let (_, token) = person(&world, "dan").await;
    let path = format!("/permissions/table/{}", orders["id"].as_str().unwrap());
    let access = async |token: &str, path: &str, operation: &str| {
        let answer = world.send("GET", path, token, &[], "").await.body;
        let all = answer["permissions"].as_array().unwrap().clone();
        all.iter().find(|one| one["operation"] == operation).map(|one| one["access"].as_str().unwrap().to_owned())
    };
    let admin = world.account.admin_token.clone();
    assert_eq!(access(&admin, &path, "EditOwners").await.as_deref(), Some("allow"));
    assert_eq!(access(&token, &path, "ViewAll").await.as_deref(), Some("allow"));
    assert_eq!(access(&token, &path, "EditOwners").await.as_deref(), Some("notAllow"));
    assert_eq!(access(&token, "/permissions/table", "EditOwners").await.as_deref(), Some("conditionalAllow"));
    assert_eq!(access(&admin, &format!("{path}?user=dan"), "Delete").await.as_deref(), Some("notAllow"));
    assert_eq!(world.send("GET", &format!("{path}?user=admin"), &token, &[], "").await.status, 403);
}

#[tokio::test]
async fn teams_have_members_and_stand_under_one_another() {
    let world = World::new().await;
    let (user, token) = person(&world, "fay").await;
    let above = world.done("POST", "/teams", json!({"name": "Sales", "teamType": "Department"})).await;
    let group = json!({"name": "East", "teamType": "Group", "parents": [above["id"]]});
    let group = world.done("POST", "/teams", group).await;
    let path = format!("/teams/{}/users", group["id"].as_str().unwrap());
    let member = json!([{"id": user["id"], "type": "user"}]);
    assert_eq!(status(&world, "PUT", &path, &token, member.clone()).await, 403);
    let team = world.done("PUT", &path, member).await;
    assert_eq!(team["users"][0]["name"], "fay");
    assert_eq!(world.send("GET", "/users/loggedInUser/groupTeams", &token, &[], "").await.body[0]["name"], "East");
    let tree = world.get("/teams/hierarchy?limit=100").await;
    let sales = tree["data"].as_array().unwrap().iter().find(|team| team["name"] == "Sales").unwrap().clone();
    assert_eq!(sales["children"][0]["name"], "East");
    let team = world.done("DELETE", &format!("{path}/{}", user["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(team["users"], json!([]));
}

#[tokio::test]
async fn forms_are_held_against_their_types() {
    let world = World::new().await;
    for name in ["M", "Other"] {
        world.done("POST", "/domains", json!({"name": name, "domainType": "Aggregate", "description": "d"})).await;
    }
    let model = "structure Quality { @required owner: String @range(min: 0, max: 10) score: Integer }";
    world.form_type("M", "Quality", model).await;
    let body = |domain: &str, form: Value| json!({"name": "p", "description": "d", "domains": [domain], "extension": {"forms": [form]}});
    let form = |content: Value| json!({"name": "Q", "type": "Quality", "content": content.to_string()});
    let refused = async |domain: &str, form: Value, told: &str| {
        let reply = world.call("POST", "/dataProducts", body(domain, form)).await;
        assert_eq!((reply.status, reply.body["message"].as_str()), (400, Some(told)));
    };
    refused(
        "M",
        form(json!({"score": 11, "extra": 1})),
        "[extension.forms.Q.content.owner is missing but it is required, extension.forms.Q.content.score must be at \
         most 10, extension.forms.Q.content.extra is not defined in the form type, which allows no other fields]",
    )
    .await;
    refused("Other", form(json!({"owner": "o"})), "[extension.forms.Q.type is no form type of the domain Other]").await;
    refused("M", json!({"name": "Q", "content": "{}"}), "[extension.forms.Q.type must not be null]").await;
    let gone = json!({"name": "Q", "type": "Quality", "revision": "2", "content": "{}"});
    refused("M", gone, "[extension.forms.Q.revision is no revision of Quality]").await;
    assert_eq!(world.call("GET", "/dataProducts/name/M.p", Value::Null).await.status, 404, "nothing half-made");

    let made = world.done("PUT", "/dataProducts", body("M", form(json!({"owner": "o", "score": 3})))).await;
    assert_eq!(made["extension"]["forms"][0]["revision"], "1");
    let again = world.done("PUT", "/dataProducts", body("M", form(json!({"owner": "o", "score": 3})))).await;
    assert_eq!(again["version"], json!(0.1), "the same forms again change nothing");
    let path = format!("/dataProducts/{}", made["id"].as_str().unwrap());
    let patch = json!([{"op": "replace", "path": "/extension/forms/0/content", "value": "{\"owner\": 7}"}]);
    let reply = world.call("PATCH", &path, patch).await;
    assert_eq!(
        (reply.status, reply.body["message"].as_str()),
        (400, Some("[extension.forms.Q.content.owner must be of type string, not integer]"))
    );
}
