//! Documents through the whole door: uploads, what is refused, drafts, downloads, who sees them.

use emporion_products::parts::unstructured_assets::document::MAX_FILE;
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::testing::{Reply, Stage};

const BOUNDARY: &str = "X-BOUNDARY";

async fn product(stage: &Stage) -> String {
    stage.warehouse(&["orders"]).await;
    let made = stage.call(Method::POST, "/data-products", r#"{"name": "Sales"}"#).await;
    format!("/data-products/{}", made.data()["dataProduct"]["id"].as_str().expect("an id"))
}

/// One part of a form: its name, what stands beside that, its media type, its content.
fn part(name: &str, more: &str, media_type: &str, content: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\nContent-Type: {media_type}\r\n\r\n{content}\r\n"
    )
}

fn file(name: &str, media_type: &str, content: &str) -> String {
    part("file", &format!("; filename=\"{name}\""), media_type, content)
}

async fn send(stage: &Stage, list: &str, parts: &[String], headers: &[(&str, &str)]) -> Reply {
    let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let body = format!("{}--{BOUNDARY}--\r\n", parts.concat());
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([("content-type", media_type.as_str())]).collect();
    stage.call_as(Some(&stage.token), Method::POST, list, &body, &headers).await
}

fn asset(reply: &Reply) -> Value {
    assert!(matches!(reply.status, 200 | 202), "{}", reply.body);
    reply.data()["unstructuredAsset"].clone()
}

async fn get(stage: &Stage, path: &str) -> Value {
    stage.call(Method::GET, path, "").await.data()
}

async fn deploy(stage: &Stage, product: &str) -> Value {
    let done = stage.call(Method::POST, &format!("{product}/deploy"), "").await;
    assert_eq!(done.status, 200, "{}", done.body);
    done.data()["results"]["unstructuredAssets"].clone()
}

#[tokio::test]
async fn a_file_is_kept_read_and_given_back() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/unstructured-assets");
    let text = "# Returns\n\nGoods come back within 30 days.\n\n# Prices\n\nAmounts are in EUR.\n";
    let metadata =
        part("metadata", "", "application/json", r#"{"description": "House rules", "tags": ["rules"], "foo": 1}"#);
    let made = send(&stage, &list, &[file("../rules.md", "text/plain", text), metadata], &[]).await;
    assert_eq!(made.body["warnings"][0]["path"], "/metadata/foo");
    assert_eq!(made.status, 202, "{}", made.body);
    let shown = asset(&made);
    assert_eq!((&shown["name"], &shown["mediaType"]), (&json!("rules.md"), &json!("text/markdown")));
    assert_eq!((&shown["kind"], &shown["sizeBytes"]), (&json!("file"), &json!(text.len())));
    assert_eq!(
        (&shown["status"], &shown["chunkCount"], &shown["isDeployed"]),
        (&json!("ready"), &json!(2), &json!(false))
    );
    assert_eq!((&shown["description"], &shown["tags"]), (&json!("House rules"), &json!(["rules"])));
    let one = format!("{list}/{}", shown["id"].as_str().unwrap());
    assert!(made.headers["location"].to_str().unwrap().ends_with(&one));

    let request = http::Request::builder()
        .uri(format!("/api/v1/accounts/{}{one}/content", stage.account))
        .header("authorization", format!("Bearer {}", stage.token));
    let answer = stage.raw(request.body(String::new()).unwrap()).await;
    assert_eq!(answer.headers()["content-type"], "text/markdown");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"rules.md\""));
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(bytes, text.as_bytes());

    let passages = stage.call(Method::GET, &format!("{one}/passages?limit=1&includeTotal=true"), "").await;
    let first = json!({"index": 0, "text": "Goods come back within 30 days.", "heading": "Returns", "page": null});
    assert_eq!((&passages.data()["passages"], &passages.data()["totalCount"]), (&json!([first]), &json!(2)));
    let cursor = passages.body["pagination"]["nextCursor"].as_str().unwrap().to_owned();
    let rest = get(&stage, &format!("{one}/passages?limit=1&cursor={cursor}")).await;
    assert_eq!((&rest["passages"][0]["heading"], &rest["count"]), (&json!("Prices"), &json!(1)));
}

#[tokio::test]
async fn a_document_is_a_draft_until_it_is_deployed_and_goes_with_a_deploy() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/unstructured-assets");
    let body = json!({"kind": "text", "name": "Currency", "text": "Amounts are in EUR."}).to_string();
    let made = stage.call(Method::POST, &list, &body).await;
    assert_eq!(made.status, 202, "{}", made.body);
    let one = format!("{list}/{}", asset(&made)["id"].as_str().unwrap());
    assert_eq!(get(&stage, &format!("{list}?isDeployed=true")).await["count"], 0);
    assert_eq!(get(&stage, &product).await["hasDrafts"], true);
    assert_eq!(deploy(&stage, &product).await, json!({"promoted": 1, "deleted": 0}));
    assert_eq!(deploy(&stage, &product).await, json!({"promoted": 0, "deleted": 0}));
    assert_eq!(get(&stage, &format!("{list}?isDeployed=true")).await["count"], 1);

    let changed = stage.call(Method::PATCH, &one, r#"{"name": "Money", "tags": ["eur"]}"#).await;
    assert_eq!((&asset(&changed)["name"], &asset(&changed)["isDeployed"]), (&json!("Money"), &json!(false)));
    let live = get(&stage, &format!("{list}?isDeployed=true")).await;
    assert_eq!(live["unstructuredAssets"][0]["name"], "Currency");
    let at_once = stage.call(Method::PATCH, &one, r#"{"isDeployed": true, "description": "Which"}"#).await;
    assert_eq!((&asset(&at_once)["name"], &asset(&at_once)["isDeployed"]), (&json!("Money"), &json!(true)));
    assert_eq!(asset(&at_once)["sha256"], asset(&made)["sha256"]);
    let stale = [("if-match", "\"1\"")];
    let refused = stage.call_as(Some(&stage.token), Method::PATCH, &one, r#"{"name": "x"}"#, &stale).await;
    assert_eq!(refused.code(), "VERSION_MISMATCH");
    assert_eq!(stage.call(Method::PATCH, &one, "{}").await.status, 422);
    assert_eq!(stage.call(Method::PATCH, &one, r#"{"name": null}"#).await.paths(), ["/name"]);

    let gone = stage.call(Method::DELETE, &one, "").await.data();
    assert_eq!((&gone["deleted"], &gone["pendingDelete"]), (&json!(true), &json!(true)));
    assert_eq!(get(&stage, &one).await["unstructuredAsset"]["pendingDelete"], true);
    assert_eq!(get(&stage, &format!("{one}/passages")).await["count"], 1);
    assert_eq!(deploy(&stage, &product).await, json!({"promoted": 0, "deleted": 1}));
    assert_eq!(stage.call(Method::GET, &format!("{one}/content"), "").await.status, 404);
    for kind in ["document_content", "document_passages", "unstructured_asset", "draft"] {
        assert_eq!(stage.count(kind).await, 0, "{kind}");
    }
}

#[tokio::test]
async fn uploads_that_cannot_be_kept_are_refused_and_leave_nothing() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/unstructured-assets");
    let sent = |parts: Vec<String>| {
        let (stage, list) = (&stage, &list);
        async move { send(stage, list, &parts, &[]).await }
    };
    let picture = sent(vec![file("a.png", "image/png", "x")]).await;
    assert_eq!((picture.status, picture.code()), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    let says = |reply: &Reply, text: &str| {
        let message = reply.body["error"]["message"].as_str().unwrap_or_default();
        assert!(reply.status == 415 && message.contains(text), "{}", reply.body);
    };
    says(&picture, "the body is image/png, and only text/plain,");
    let unmarked = sent(vec![file("a.pdf", "application/pdf", "no PDF")]).await;
    says(&unmarked, "the content is not application/pdf, as it is said to be");
    let with_nul = sent(vec![file("a.txt", "text/plain", "a\0b")]).await;
    says(&with_nul, "the content is not text/plain, as it is said to be");
    let unbound = [("content-type", "multipart/form-data")];
    let unbound = stage.call_as(Some(&stage.token), Method::POST, &list, "--y\r\n", &unbound).await;
    says(&unbound, "names no boundary");
    let long = sent(vec![file("a.txt", "text/plain", &"x".repeat(MAX_FILE + 1))]).await;
    assert_eq!((long.status, long.code()), (413, "PAYLOAD_TOO_LARGE".to_owned()));
    assert_eq!(long.body["error"]["details"]["limitBytes"], MAX_FILE);
    let none = sent(vec![part("metadata", "", "application/json", "{}"), part("extra", "", "text/plain", "x")]).await;
    assert_eq!((none.status, none.paths()), (422, vec!["/extra".to_owned(), "/file".to_owned()]));
    assert_eq!(sent(vec![file("a.txt", "text/plain", "")]).await.paths(), ["/file"]);
    let twice = sent(vec![file("a.txt", "text/plain", "x"), file("b.txt", "text/plain", "y")]).await;
    assert_eq!((twice.status, twice.paths()), (422, vec!["/file".to_owned()]));
    let metadata = |text: &str| part("metadata", "", "application/json", text);
    let broken = sent(vec![file("a.txt", "text/plain", "x"), metadata("{")]).await;
    assert_eq!((broken.status, broken.paths()), (400, vec!["/metadata".to_owned()]));
    let wrong = sent(vec![file("a.txt", "text/plain", "x"), metadata(r#"{"tags": "x", "name": ""}"#)]).await;
    assert_eq!((wrong.status, wrong.paths()), (400, vec!["/metadata/name".to_owned(), "/metadata/tags".to_owned()]));
    let media_type = [("content-type", "multipart/form-data; boundary=y")];
    let cut = stage.call_as(Some(&stage.token), Method::POST, &list, "--y\r\nContent-Dis", &media_type).await;
    assert_eq!((cut.status, cut.code()), (400, "BAD_REQUEST".to_owned()));
    let post = |body: Value| {
        let (stage, list) = (&stage, &list);
        async move { stage.call(Method::POST, list, &body.to_string()).await }
    };
    assert_eq!(post(json!({"kind": "text", "name": "x"})).await.paths(), ["/text"]);
    assert_eq!(post(json!({"kind": "file", "name": "x"})).await.paths(), ["/kind"]);
    let metadata_host = json!({"kind": "url", "name": "x", "url": "http://169.254.169.254/latest"});
    assert_eq!(post(metadata_host).await.paths(), ["/url"]);
    for kind in ["document_content", "document_passages", "draft"] {
        assert_eq!(stage.count(kind).await, 0, "{kind}");
    }
    let broken_pdf = sent(vec![file("a.pdf", "application/pdf", "%PDF-1.7 and no more")]).await;
    assert_eq!((&asset(&broken_pdf)["status"], &asset(&broken_pdf)["chunkCount"]), (&json!("failed"), &json!(0)));
    assert!(asset(&broken_pdf)["error"].as_str().is_some_and(|error| error.contains("damaged")));
}

#[tokio::test]
async fn a_key_makes_one_document_and_readers_see_only_what_is_live() {
    let stage = Stage::new().await;
    let product = product(&stage).await;
    let list = format!("{product}/unstructured-assets");
    let key = [("idempotency-key", "k1")];
    let first = send(&stage, &list, &[file("a.txt", "text/plain", "one")], &key).await;
    let again = send(&stage, &list, &[file("a.txt", "text/plain", "one")], &key).await;
    assert_eq!((again.status, &again.body), (202, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["location"], first.headers["location"]);
    let other = send(&stage, &list, &[file("a.txt", "text/plain", "two")], &key).await;
    assert_eq!(other.code(), "IDEMPOTENCY_CONFLICT");
    assert_eq!(stage.count("document_content").await, 1);

    let (user, token) = stage.user("lee").await;
    let one = format!("{list}/{}", asset(&first)["id"].as_str().unwrap());
    let as_lee = |method: Method, path: String| {
        let (stage, token) = (&stage, &token);
        async move { stage.call_as(Some(token), method, &path, r#"{"name": "x"}"#, &[]).await }
    };
    assert_eq!(as_lee(Method::GET, list.clone()).await.status, 404);
    let add = json!({"add": [{"userId": user.to_string(), "role": "viewer"}]}).to_string();
    assert_eq!(stage.call(Method::PATCH, &format!("{product}/users"), &add).await.status, 200);
    assert_eq!(as_lee(Method::GET, list.clone()).await.data()["count"], 0);
    assert_eq!(as_lee(Method::GET, format!("{one}/passages")).await.status, 404);
    deploy(&stage, &product).await;
    assert_eq!(as_lee(Method::GET, format!("{one}/passages")).await.data()["count"], 1);
    assert_eq!(as_lee(Method::PATCH, one.clone()).await.status, 403);
    assert_eq!(as_lee(Method::DELETE, one.clone()).await.status, 403);
    let old = stage.call(Method::GET, &list.replace("data-products", "workspaces"), "").await.data();
    assert_eq!(old["unstructuredAssets"][0]["workspaceId"], product.rsplit('/').next().unwrap());
}
