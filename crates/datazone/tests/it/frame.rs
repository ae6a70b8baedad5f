//! What holds for every operation: who may call, what is known, how often.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::purpose_keys::{DerivedKeys, PurposeKeys};
use emporion_datazone::input::Input;
use emporion_datazone::page::Page;
use emporion_datazone::{Options, shapes};
use emporion_edge::request::Request;
use emporion_edge::route::Method;
use serde_json::{Value, json};

use crate::world::{Shop, World, signed, text};

#[tokio::test]
async fn nobody_is_let_in_without_a_good_signature() {
    let world = World::new().await;
    let mut thief = world.admin.clone();
    thief.secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into();
    world.call(&thief, "ListDomains", &[], "", Value::Null).await.refused("InvalidSignatureException", "signature");
    thief.key = "AKIAIOSFODNN7EXAMPLE".into();
    world.call(&thief, "ListDomains", &[], "", Value::Null).await.refused("UnrecognizedClientException", "token");
    let unsigned = http::Request::get("/v2/domains").body(Default::default()).unwrap();
    world.send(unsigned).await.refused("MissingAuthenticationTokenException", "Missing");
}

#[tokio::test]
async fn what_is_not_offered_says_so_and_what_is_unknown_is_unknown() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let got = world.attempt("ListEnvironments", &[&shop.domain], Value::Null).await;
    assert_eq!(got.status, 400);
    got.refused("ValidationException", "Operation ListEnvironments is not supported by this server");
    for target in ["/v2/domains/x/nothing-like-it", "/v2/domains/", "/tags"] {
        let got = world.send(signed(&world.admin, "GET", target, Vec::new())).await;
        assert_eq!(got.status, 404);
        got.refused("UnknownOperationException", "");
    }
}

#[tokio::test]
async fn a_shape_is_checked_before_anything_is_looked_up() {
    let world = World::new().await;
    let got = world.attempt("CreateDataProduct", &["BAD"], json!({ "name": "n" })).await;
    got.refused("ValidationException", "2 validation errors detected: Value at 'domainIdentifier'");
    let body = json!({ "name": 7, "owningProjectIdentifier": "p" });
    world.attempt("CreateDataProduct", &["dzd-1"], body).await.refused("SerializationException", "name");
}

#[tokio::test]
async fn a_body_in_another_encoding_is_refused() {
    let world = World::new().await;
    let send = async |encoding: &'static str| {
        let mut request = signed(&world.admin, "POST", "/v2/domains", br#"{"name": "A"}"#.to_vec());
        request.headers_mut().insert("content-encoding", http::HeaderValue::from_static(encoding));
        world.send(request).await
    };
    for encoding in ["gzip", "aws-chunked", "br, gzip"] {
        let got = send(encoding).await;
        assert_eq!(got.status, 400, "{encoding}");
        got.refused("SerializationException", "Content-Encoding");
    }
    assert_ne!(send("identity").await.code, "SerializationException");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_throttled() {
    let world = World::with(Options { requests_per_second: Some(2), ..Options::default() }).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(world.attempt("ListDomains", &[], Value::Null).await.code);
    }
    assert!(codes[0].is_empty() && codes.contains(&"ThrottlingException".to_owned()), "{codes:?}");
}

#[tokio::test]
async fn a_page_token_of_a_key_that_anybody_has_is_refused() {
    let world = World::new().await;
    for name in ["A", "B", "C"] {
        world.ok("CreateDomain", &[], json!({ "name": name })).await;
    }
    let list = async |query: String| world.call(&world.admin, "ListDomains", &[], &query, Value::Null).await;
    let token = text(&list("maxResults=1".into()).await.body, "nextToken");
    assert_eq!(list(format!("maxResults=1&nextToken={token}")).await.status, 200);
    let place: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&token).unwrap()[16..]).unwrap();
    // To HMAC an empty key is one of zeros.
    for byte in [0, 7] {
        let keys = PurposeKeys::new(move || DerivedKeys { newest: [byte; 32], older: Vec::new() });
        let shape = shapes::of_operation("ListDomains").unwrap().input;
        let input = Input::read(shape, &Request::new(Method::GET, "/v2/domains")).unwrap();
        let account = world.admin.caller.account().to_string();
        let page = Page::read("ListDomains", shape, &account, &input, &keys).unwrap();
        let forged = page.next_token(&keys, &place);
        assert_eq!(forged.len(), token.len());
        let got = list(format!("maxResults=1&nextToken={forged}")).await;
        assert_eq!(got.status, 400);
        got.refused("ValidationException", "nextToken");
    }
}

#[tokio::test]
async fn the_same_token_replays_the_answer_whatever_happened_since() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let body = json!({ "name": "p", "owningProjectIdentifier": shop.project, "clientToken": "t-1" });
    let first = world.ok("CreateDataProduct", &[&shop.domain], body.clone()).await;
    assert_eq!(world.ok("CreateDataProduct", &[&shop.domain], body.clone()).await, first);
    // Another spelling of the domain is the same domain.
    let other = shop.domain.replace("dzd-", "dzd_");
    assert_eq!(world.ok("CreateDataProduct", &[&other], body.clone()).await, first);
    world.ok("DeleteDataProduct", &[&shop.domain, &text(&first, "id")], Value::Null).await;
    assert_eq!(world.ok("CreateDataProduct", &[&shop.domain], body.clone()).await, first);
    let mut changed = body;
    changed["name"] = json!("q");
    world.attempt("CreateDataProduct", &[&shop.domain], changed).await.refused("ConflictException", "clientToken");
}

/// What she was told once is no more hers to hear than the record itself.
#[tokio::test]
async fn a_token_replays_nothing_to_who_has_lost_his_rights() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let other = text(&world.ok("CreateProject", &[&shop.domain], json!({ "name": "others" })).await, "id");
    let ann = world.person("ann").await;
    let member = json!({ "userIdentifier": ann.id.to_string() });
    let seat = json!({ "member": member, "designation": "PROJECT_CONTRIBUTOR" });
    for project in [&shop.project, &other] {
        world.ok("CreateProjectMembership", &[&shop.domain, project], seat.clone()).await;
    }
    let body = json!({ "name": "p", "owningProjectIdentifier": shop.project, "clientToken": "t-1" });
    let create = async || world.call(&ann, "CreateDataProduct", &[&shop.domain], "", body.clone()).await;
    let first = create().await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(create().await.body, first.body);
    let id = text(&first.body, "id");
    let get = async || world.call(&ann, "GetDataProduct", &[&shop.domain, &id], "", Value::Null).await;
    let leave = json!({ "member": member });
    // She is at home in the domain, and not in the project.
    world.ok("DeleteProjectMembership", &[&shop.domain, &shop.project], leave.clone()).await;
    assert_eq!(get().await.status, 404);
    let refused = create().await;
    assert!(refused.status == 404 && !refused.body.to_string().contains(&id), "{refused:?}");
    // With her seat she has it again.
    world.ok("CreateProjectMembership", &[&shop.domain, &shop.project], seat.clone()).await;
    assert_eq!(create().await.body, first.body);
    // She is nowhere in the domain.
    for project in [&shop.project, &other] {
        world.ok("DeleteProjectMembership", &[&shop.domain, project], leave.clone()).await;
    }
    let refused = create().await;
    assert!(refused.status == 403 && !refused.body.to_string().contains(&id), "{refused:?}");
    // The same token is somebody else's own.
    let made = json!({ "name": "q", "owningProjectIdentifier": shop.project, "clientToken": "t-1" });
    assert_ne!(text(&world.ok("CreateDataProduct", &[&shop.domain], made).await, "id"), id);
}

/// Nothing but the name that one has given oneself is told of what holds it, where one does not see that.
#[tokio::test]
async fn a_taken_name_tells_no_id_of_what_is_hidden() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let ann = world.person("ann").await;
    let member = json!({ "userIdentifier": ann.id.to_string() });
    let seat = json!({ "member": member, "designation": "PROJECT_CONTRIBUTOR" });
    world.ok("CreateProjectMembership", &[&shop.domain, &shop.project], seat).await;
    let others = text(&world.ok("CreateProject", &[&shop.domain], json!({ "name": "others" })).await, "id");
    let body = |project: &str| json!({ "name": "p", "owningProjectIdentifier": project });
    let hidden = text(&world.ok("CreateDataProduct", &[&shop.domain], body(&others)).await, "id");
    let seen = world.call(&ann, "GetDataProduct", &[&shop.domain, &hidden], "", Value::Null).await;
    assert_eq!(seen.status, 404);
    let refused = world.call(&ann, "CreateDataProduct", &[&shop.domain], "", body(&shop.project)).await;
    assert!(refused.status == 409 && !refused.body.to_string().contains(&hidden), "{refused:?}");
    let told = world.attempt("CreateDataProduct", &[&shop.domain], body(&shop.project)).await;
    told.refused("ConflictException", &hidden);
}

#[tokio::test]
async fn a_refused_create_burns_no_token() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.product("taken").await;
    let body = |name: &str| json!({ "name": name, "owningProjectIdentifier": shop.project, "clientToken": "t" });
    world
        .attempt("CreateDataProduct", &[&shop.domain], body("taken"))
        .await
        .refused("ConflictException", "Conflict with");
    world.ok("CreateDataProduct", &[&shop.domain], body("free")).await;
}

#[tokio::test]
async fn deleting_a_domain_again_with_the_same_token_answers_again() {
    let world = World::new().await;
    let domain = text(&world.ok("CreateDomain", &[], json!({ "name": "Brief" })).await, "id");
    for _ in 0..2 {
        let got = world.call(&world.admin, "DeleteDomain", &[&domain], "clientToken=x", Value::Null).await;
        assert_eq!((got.status, got.body), (202, json!({ "status": "DELETED" })));
    }
}
