//! Products: the documented exchange, both mounts, conditions, keys, pages, rights.

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::RecordId;
use http::Method;
use serde_json::{Value, json};

use crate::testing::{self, Stage};

const EXAMPLE: &str = r#"{
    "name": "Sales Analytics",
    "description": "Sales data product for reporting",
    "dataSourceId": "default",
    "dataAssets": [{"externalId": "asset-123", "tableName": "orders", "schemaName": "sales"}]
}"#;

#[tokio::test]
async fn the_documented_create_is_answered_as_documented() {
    let stage = Stage::new().await;
    let service = stage.warehouse(&[]).await;
    let made = stage.call(Method::POST, "/data-products", EXAMPLE).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let data = made.data();
    let product = &data["dataProduct"];
    let expected = json!({
        "accountId": stage.account.to_string(),
        "name": "Sales Analytics",
        "description": "Sales data product for reporting",
        "dataSourceId": service.to_string(),
    });
    for (member, value) in expected.as_object().expect("an object") {
        assert_eq!(&product[member], value, "{member}");
    }
    assert!(product["externalDataProductId"].as_str().expect("a text").starts_with("ws-"));
    assert_eq!(product["createdAt"], product["updatedAt"]);
    assert_eq!((&product["hasDrafts"], &product["version"]), (&json!(true), &json!(1)));
    let asset = &data["dataAssets"][0];
    assert_eq!(asset["dataProductId"], product["id"]);
    assert_eq!((&asset["tableName"], &asset["schemaName"]), (&json!("orders"), &json!("sales")));
    assert_eq!((&asset["externalId"], &asset["isDeployed"]), (&json!("asset-123"), &json!(false)));
    let id = product["id"].as_str().expect("an id");
    let location = format!("/api/v1/accounts/{}/data-products/{id}", stage.account);
    assert_eq!(made.headers["location"], location.as_str());

    let read = stage.call(Method::GET, &format!("/data-products/{}", id.to_uppercase()), "").await;
    assert_eq!(&read.data(), product);
    let wrapped = stage.call(Method::GET, &format!("/data-products/{id}?wrap=true&include=dataAssets,users"), "").await;
    let wrapped = &wrapped.data()["dataProduct"];
    assert_eq!(wrapped["dataAssets"], data["dataAssets"]);
    assert_eq!(wrapped["users"][0]["role"], "admin");
}

#[tokio::test]
async fn the_old_mount_shows_the_same_under_its_names() {
    let stage = Stage::new().await;
    stage.warehouse(&[]).await;
    let body = r#"{"name": "A", "externalWorkspaceId": "ws-abc123"}"#;
    let made = stage.call(Method::POST, "/workspaces", body).await.data();
    assert_eq!(made["workspace"]["externalWorkspaceId"], "ws-abc123");
    let old = stage.call(Method::GET, "/workspaces/ws-abc123", "").await;
    assert!(old.headers.contains_key("deprecation"));
    let current = stage.call(Method::GET, "/data-products/ws-abc123", "").await;
    assert_eq!(current.data()["externalDataProductId"], "ws-abc123");
    assert_eq!(old.data()["workspaceType"], current.data()["dataProductType"]);
    let missing = stage.call(Method::GET, "/workspaces/ws-none", "").await;
    assert_eq!((missing.status, missing.code()), (404, "NOT_FOUND".to_owned()));
    assert!(missing.body["error"]["message"].as_str().expect("a text").contains("workspace"));
}

#[tokio::test]
async fn names_and_external_ids_are_unique_without_regard_to_case() {
    let stage = Stage::new().await;
    stage.warehouse(&[]).await;
    stage.call(Method::POST, "/data-products", r#"{"name": "Sales", "externalDataProductId": "x"}"#).await.data();
    let named = stage.call(Method::POST, "/data-products", r#"{"name": "SALES"}"#).await;
    assert_eq!((named.status, named.code()), (409, "CONFLICT".to_owned()));
    let aliased = stage.call(Method::POST, "/data-products", r#"{"name": "B", "externalDataProductId": "x"}"#).await;
    assert_eq!((aliased.status, aliased.code()), (409, "CONFLICT".to_owned()));
    stage.call(Method::DELETE, "/data-products/x", "").await.data();
    let again = stage.call(Method::POST, "/data-products", r#"{"name": "sales"}"#).await;
    assert_eq!(again.status, 201, "{}", again.body);
}

#[tokio::test]
async fn a_product_needs_a_data_source_and_a_domain_that_exist() {
    let stage = Stage::new().await;
    let none = stage.call(Method::POST, "/data-products", r#"{"name": "A"}"#).await;
    assert_eq!((none.status, none.code()), (422, "NO_DEFAULT_DATA_SOURCE".to_owned()));
    stage.warehouse(&[]).await;
    let unknown = "987fcdeb-51a2-43e7-b123-456789abcdef";
    for (member, value) in [("dataSourceId", unknown), ("domainId", unknown), ("domainId", "dzd_nothing")] {
        let body = json!({"name": "A", member: value}).to_string();
        let refused = stage.call(Method::POST, "/data-products", &body).await;
        assert_eq!((refused.status, refused.paths()), (422, vec![format!("/{member}")]), "{}", refused.body);
    }
    let domain = stage.make("domain", "Sales", None, json!({"domain_type": "Aggregate"})).await;
    for (name, spelled) in [("A", domain.to_string()), ("B", format!("dzd-{}", domain.uuid().simple()))] {
        let body = json!({"name": name, "domainId": spelled}).to_string();
        let made = stage.call(Method::POST, "/data-products", &body).await.data();
        assert_eq!(made["dataProduct"]["domainId"], domain.to_string());
    }
}

#[tokio::test]
async fn a_merge_patch_changes_what_it_names_under_the_condition_it_makes() {
    let stage = Stage::new().await;
    stage.warehouse(&[]).await;
    let made = stage.call(Method::POST, "/data-products", r#"{"name": "A", "description": "d"}"#).await;
    let id = made.data()["dataProduct"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/data-products/{id}");
    let patch = |body: Value, tag: &'static str| {
        let (stage, path) = (&stage, path.clone());
        async move {
            let headers: &[(&str, &str)] = if tag.is_empty() { &[] } else { &[("if-match", tag)] };
            stage.call_as(Some(&stage.token), Method::PATCH, &path, &body.to_string(), headers).await
        }
    };
    let stale = patch(json!({"name": "B"}), "\"7\"").await;
    assert_eq!((stale.status, stale.code()), (412, "VERSION_MISMATCH".to_owned()));
    assert_eq!(stale.body["error"]["details"]["currentVersion"], 1);
    let changed = patch(json!({"name": "B", "description": null, "webSearchEnabled": true}), "\"1\"").await;
    assert_eq!(changed.headers["etag"], "\"2\"");
    let changed = changed.data();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("B"), &Value::Null));
    assert_eq!((&changed["webSearchEnabled"], &changed["skillsEnabled"]), (&json!(true), &json!(true)));
    let renamed = patch(json!({"externalDataProductId": "mine"}), "").await.data();
    assert_eq!(renamed["externalDataProductId"], "mine");
    assert_eq!(stage.call(Method::GET, "/data-products/mine", "").await.data()["version"], 3);
    let same = patch(json!({"externalDataProductId": "mine", "name": "B"}), "").await;
    assert_eq!(same.headers["etag"], "\"3\"");
    let echoed = patch(same.data(), "").await;
    assert_eq!((echoed.status, echoed.body.get("warnings")), (200, None), "{}", echoed.body);
    let strict = stage.call(Method::PATCH, &format!("{path}?strict=true"), r#"{"colour": 1}"#).await;
    assert_eq!((strict.status, strict.code()), (422, "UNKNOWN_FIELD".to_owned()));
}

#[tokio::test]
async fn what_another_door_made_longer_may_stay_and_not_grow() {
    let stage = Stage::new().await;
    let source = stage.warehouse(&[]).await;
    let made = stage.call(Method::POST, "/data-products", EXAMPLE).await.data();
    let path = format!("/data-products/{}", made["dataProduct"]["id"].as_str().expect("an id"));
    let (long, prose) = ("x".repeat(250), "y".repeat(10_001));
    for (kind, id) in [
        ("data_product", made["dataProduct"]["id"].as_str().unwrap().to_owned()),
        ("database_service", source.to_string()),
    ] {
        let (name, text) = (long.clone(), prose.clone());
        let command = Command::Change {
            target: Ref::Id(stage.catalog.kind(kind), RecordId::from_uuid(id.parse().expect("an id"))),
            guard: Guard::None,
            edit: std::sync::Arc::new(move |_| {
                let mut draft = Draft { name: Some(name.clone()), ..Draft::default() };
                draft.set("description", text.as_str());
                Ok(draft)
            }),
            rules: DoorRules { may_rename: true, ..DoorRules::default() },
        };
        stage.catalog.execute(&stage.admin, &command).await.expect("other doors take long names");
    }
    let source = format!("/data-sources/{source}");
    for path in [&path, &source] {
        let change = async |body: Value| stage.call(Method::PATCH, path, &body.to_string()).await;
        let kept = change(json!({"name": long, "description": prose})).await;
        assert_eq!(kept.status, 200, "{}", kept.body);
        let refused = change(json!({"name": format!("{long}x"), "description": format!("{prose}y")})).await;
        assert_eq!((refused.status, refused.paths()), (422, vec!["/name".to_owned(), "/description".to_owned()]));
        let refused = change(json!({"name": long, "description": format!("{prose}y")})).await;
        assert_eq!((refused.status, refused.paths()), (422, vec!["/description".to_owned()]));
        assert_eq!(change(json!({"name": "short"})).await.status, 200);
        assert_eq!(change(json!({"name": long})).await.paths(), ["/name"], "it is not there any more");
    }
    // Limits that need the record are for who sees it.
    let nobody = format!("/data-products/{}", stage.account);
    assert_eq!(stage.call(Method::PATCH, &nobody, &json!({"name": long}).to_string()).await.status, 404);
}

#[tokio::test]
async fn a_key_repeats_the_first_answer_to_the_byte() {
    let stage = Stage::new().await;
    stage.warehouse(&[]).await;
    let send = |body: &'static str| {
        let stage = &stage;
        async move {
            let headers = [("idempotency-key", "k1")];
            stage.call_as(Some(&stage.token), Method::POST, "/data-products", body, &headers).await
        }
    };
    let first = send(r#"{"name": "A"}"#).await;
    let again = send(r#"{"name": "A"}"#).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["location"], first.headers["location"]);
    let other = send(r#"{"name": "B"}"#).await;
    assert_eq!((other.status, other.code()), (409, "IDEMPOTENCY_CONFLICT".to_owned()));
    let headers = [("idempotency-key", "k1")];
    let mirrored = stage.call_as(Some(&stage.token), Method::POST, "/workspaces", r#"{"name": "A"}"#, &headers).await;
    assert_eq!((mirrored.status, &mirrored.headers["idempotency-replayed"]), (201, &"true".parse().expect("a value")));
    assert_eq!(mirrored.body["data"]["workspace"]["id"], first.body["data"]["dataProduct"]["id"]);
    let other = stage.call_as(Some(&stage.token), Method::POST, "/workspaces", r#"{"name": "B"}"#, &headers).await;
    assert_eq!((other.status, other.code()), (409, "IDEMPOTENCY_CONFLICT".to_owned()));
}

#[tokio::test]
async fn pages_go_on_where_they_ended() {
    let stage = Stage::new().await;
    let _searched = stage.searched().await;
    stage.warehouse(&[]).await;
    for name in ["a", "b", "c"] {
        stage.call(Method::POST, "/data-products", &json!({"name": name}).to_string()).await.data();
    }
    let names = |body: &Value| -> Vec<Value> {
        let products = body["data"]["dataProducts"].as_array().expect("a list");
        products.iter().map(|product| product["name"].clone()).collect()
    };
    let first = stage.call(Method::GET, "/data-products?limit=2&includeTotal=true", "").await;
    assert_eq!((names(&first.body), &first.body["data"]["totalCount"]), (vec![json!("a"), json!("b")], &json!(3)));
    let cursor = first.body["pagination"]["nextCursor"].as_str().expect("a cursor");
    let last = stage.call(Method::GET, &format!("/workspaces?limit=2&cursor={cursor}"), "").await;
    assert_eq!(last.body["data"]["workspaces"][0]["name"], "c");
    assert_eq!(last.body["pagination"], json!({"nextCursor": null, "limit": 2, "hasMore": false}));
    let tampered = stage.call(Method::GET, &format!("/data-products?cursor=x{cursor}"), "").await;
    assert_eq!((tampered.status, tampered.code()), (400, "INVALID_CURSOR".to_owned()));
    let filtered = stage.call(Method::GET, "/data-products?search=B", "").await;
    assert_eq!(names(&filtered.body), [json!("b")]);
    assert_eq!(names(&stage.call(Method::GET, "/data-products?name=B", "").await.body), [] as [Value; 0]);
    assert_eq!(names(&stage.call(Method::GET, "/data-products?dataProductType=composite", "").await.body).len(), 0);
}

#[tokio::test]
async fn strangers_see_no_granted_product_and_open_ones_as_viewers() {
    let stage = Stage::new().await;
    stage.warehouse(&[]).await;
    let (_, token) = stage.user("eve").await;
    stage.call(Method::POST, "/data-products", r#"{"name": "Closed", "externalDataProductId": "closed"}"#).await.data();
    let domain = stage.make("domain", "Sales", None, json!({"domain_type": "Aggregate"})).await;
    let open = stage.make("data_product", "Open", Some(domain), json!({})).await;
    let call = |method: Method, path: String, body: &'static str| {
        let (stage, token) = (&stage, token.clone());
        async move { stage.call_as(Some(&token), method, &path, body, &[]).await }
    };
    for (method, path) in [
        (Method::GET, "/data-products/closed"),
        (Method::PATCH, "/data-products/closed"),
        (Method::DELETE, "/data-products/closed"),
        (Method::GET, "/data-products/closed/data-assets"),
        (Method::GET, "/data-products/closed/users"),
        (Method::POST, "/data-products/closed/deploy"),
    ] {
        let body = if method == Method::PATCH { r#"{"name": "Mine"}"# } else { "" };
        let hidden = call(method.clone(), path.to_owned(), body).await;
        assert_eq!(hidden.status, 404, "{method} {path} {}", hidden.body);
    }
    let listed = call(Method::GET, "/data-products".to_owned(), "").await.data();
    assert_eq!((&listed["count"], &listed["dataProducts"][0]["name"]), (&json!(1), &json!("Open")));
    assert_eq!(listed["dataProducts"][0]["dataSourceId"], Value::Null);
    let seen = call(Method::GET, format!("/data-products/{open}/users"), "").await.data();
    assert_eq!(seen["count"], 0);
    for (method, path, body) in [
        (Method::PATCH, format!("/data-products/{open}"), r#"{"name": "Open"}"#),
        (Method::PATCH, format!("/data-products/{open}/data-assets"), r#"{"add": [{"tableName": "t"}]}"#),
        (Method::PATCH, format!("/data-products/{open}/users"), r#"{"remove": []}"#),
        (Method::POST, format!("/data-products/{open}/deploy"), ""),
        (Method::DELETE, format!("/data-products/{open}"), ""),
        (Method::POST, "/data-products".to_owned(), r#"{"name": "Mine"}"#),
        (
            Method::POST,
            "/data-sources".to_owned(),
            r#"{"name": "s", "type": "sqlite", "connectionConfig": {"path": "x"}}"#,
        ),
    ] {
        let refused = call(method.clone(), path.clone(), body).await;
        assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN".to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn only_the_callers_own_account_exists() {
    let stage = Stage::new().await;
    let send = |account: String, token: Option<String>| {
        let stage = &stage;
        async move {
            let mut request = http::Request::get(format!("/api/v1/accounts/{account}/data-products"));
            if let Some(token) = token {
                request = request.header("authorization", token);
            }
            stage.send(request.body(String::new()).expect("a request")).await
        }
    };
    let bearer = || Some(format!("bearer {}", stage.token));
    assert_eq!(send("me".to_owned(), bearer()).await.status, 200);
    assert_eq!(send(stage.account.to_string().to_uppercase(), bearer()).await.status, 200);
    for other in ["987fcdeb-51a2-43e7-b123-456789abcdef", "nothing", "Me"] {
        assert_eq!(send(other.to_owned(), bearer()).await.status, 404, "{other}");
    }
    for wrong in [None, Some("Bearer wrong".to_owned()), Some("Basic x".to_owned())] {
        let refused = send(stage.account.to_string(), wrong).await;
        assert_eq!((refused.status, &refused.headers["www-authenticate"]), (401, &"Bearer".parse().expect("a value")));
    }
}

#[tokio::test]
async fn over_the_limit_a_token_waits() {
    let stage = Stage::with(crate::operations::table, |products, deprecation| {
        testing::door(products.with_requests(Some(2)), deprecation)
    })
    .await;
    let first = stage.call(Method::GET, "/data-products", "").await;
    assert_eq!(
        (&first.headers["ratelimit-limit"], &first.headers["ratelimit-remaining"]),
        (&"2".parse().expect("a value"), &"1".parse().expect("a value"))
    );
    stage.call(Method::GET, "/data-products", "").await.data();
    let over = stage.call(Method::GET, "/data-products", "").await;
    assert_eq!((over.status, over.code()), (429, "RATE_LIMITED".to_owned()));
    assert!(over.headers.contains_key("retry-after") && over.headers.contains_key("ratelimit-reset"));
}
