//! A catalogue in memory with the door before it, and people who sign what they send.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::command::{Command, DoorRules, Draft, How, Ref, Target};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::Relation;
use emporion_datazone::routes::Row;
use emporion_datazone::{Options, operations, shapes};
use emporion_edge::app::App;
use emporion_edge::check::check_shape;
use emporion_edge::metrics::Metrics;
use emporion_edge::shape::Shape;
use emporion_search::Engine;
use emporion_store::MemoryStore;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tempfile::TempDir;

const HOST: &str = "127.0.0.1:8585";

pub struct World {
    pub catalog: Arc<Catalog>,
    app: App,
    pub admin: Person,
    _searched: (Arc<Engine>, Arc<Followers>, TempDir),
}

#[derive(Clone)]
pub struct Person {
    pub id: RecordId,
    pub key: String,
    pub secret: String,
    pub caller: Caller,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub code: String,
    pub body: Value,
}

impl Got {
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn refused(&self, code: &str, text: &str) {
        assert!(self.code == code && self.message().contains(text), "expected {code} {text:?}, got {self:?}");
    }
}

impl World {
    pub async fn new() -> World {
        World::with(Options::default()).await
    }

    pub async fn with(options: Options) -> World {
        World::over(Registry::standard(), options).await
    }

    pub async fn default_domain(&self) -> RecordId {
        self.catalog.reading(&self.admin.caller).await.unwrap().default_domain().await.unwrap()
    }

    /// The same with other kinds.
    pub async fn over(registry: Registry, options: Options) -> World {
        World::serving(registry, options, &emporion_datazone::routes::table()).await
    }

    /// The same with other operations.
    pub async fn serving(registry: Registry, options: Options, rows: &[Row]) -> World {
        let folder = tempfile::tempdir().expect("a folder for the keys");
        let keys = emporion_authz::open::open(folder.path(), None, true, None).expect("fresh keys");
        let catalog = Arc::new(Catalog::new(Parts {
            store: Arc::new(MemoryStore::default()),
            registry: emporion_datazone::provide(registry),
            gate: keys.gate,
            sealer: keys.sealer,
            authenticator: keys.authenticator,
            clock: Millis::now,
        }));
        let made = catalog.initialise().await.expect("a first account");
        let caller = catalog.caller(made.account, made.admin).await.expect("the administrator");
        let app = App::new(Arc::new(Metrics::default())).mount(emporion_datazone::routes::serving(
            catalog.clone(),
            options,
            rows,
        ));
        let admin = Person { id: made.admin, key: made.access_key_id, secret: made.secret_access_key, caller };
        let engine = Engine::open(catalog.clone(), &folder.path().join("search")).await.expect("an index");
        let followers = Arc::new(Followers::new(catalog.clone()));
        engine.start(&followers);
        World { catalog, app, admin, _searched: (engine, followers, folder) }
    }

    /// Another user of the account, without any role.
    pub async fn person(&self, name: &str) -> Person {
        let (id, _) = self.catalog.create_user(&self.admin.caller, name, None, false).await.expect("a user");
        let made = self.catalog.create_access_key(&self.admin.caller, id, "k").await.expect("a key");
        let (key, secret) = (made.public, made.secret);
        let caller = self.catalog.caller(self.admin.caller.account(), id).await.expect("the user");
        Person { id, key, secret, caller }
    }

    /// One operation by the administrator; the answer must be the success that the model knows.
    #[track_caller]
    pub fn ok<'w>(
        &'w self,
        operation: &'static str,
        labels: &[&str],
        body: Value,
    ) -> impl Future<Output = Value> + use<'w> {
        let place = std::panic::Location::caller();
        let call = self.call(&self.admin, operation, labels, "", body);
        async move {
            let got = call.await;
            assert!(got.status < 300, "{operation} at {place}: {got:?}");
            got.body
        }
    }

    /// One operation by the administrator that may fail.
    pub fn attempt<'w>(
        &'w self,
        operation: &'static str,
        labels: &[&str],
        body: Value,
    ) -> impl Future<Output = Got> + use<'w> {
        self.call(&self.admin, operation, labels, "", body)
    }

    /// One operation: labels fill the path in order. What the door answers is checked against the operation.
    pub fn call<'w>(
        &'w self,
        who: &Person,
        operation: &'static str,
        labels: &[&str],
        query: &str,
        body: Value,
    ) -> impl Future<Output = Got> + use<'w> {
        let request = request(who, operation, labels, query, &body);
        async move {
            let got = self.send(request).await;
            hold(operation, &got);
            got
        }
    }

    /// The same without a look at the shape of the answer, for what other doors made longer than this one allows.
    pub async fn beyond_limits(&self, operation: &'static str, labels: &[&str], body: Value) -> Value {
        let got = self.send(request(&self.admin, operation, labels, "", &body)).await;
        assert!(got.status < 300, "{operation}: {got:?}");
        got.body
    }

    pub async fn send(&self, request: http::Request<Full<Bytes>>) -> Got {
        let answer = self.app.handle(request, None).await;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body in memory").to_bytes();
        let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        assert!(!text("x-amzn-requestid").is_empty(), "every answer has a request id");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            assert_eq!(text("content-type"), "application/json");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        Got { status: parts.status.as_u16(), code: text("x-amzn-errortype"), body }
    }

    /// Makes a record as another door would.
    pub async fn record(
        &self,
        kind: &str,
        name: &str,
        parent: Option<(&str, &str)>,
        fields: Value,
        links: Vec<(Relation, Ref)>,
    ) -> RecordId {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let mut draft = Draft { name: Some(name.to_owned()), fields, ..Draft::default() };
        for (relation, target) in links {
            draft.relate(relation, How::Add, relation.name(), vec![Target::of(target)]);
        }
        let command = Command::Create {
            kind: self.catalog.kind(kind),
            parent: parent.map(|(kind, fqn)| Ref::Name(self.catalog.kind(kind), fqn.to_owned())),
            draft,
            id: None,
            rules: DoorRules::default(),
        };
        self.catalog.execute(&self.admin.caller, &command).await.expect(name).view.id()
    }
}

/// A domain with a project, and what is needed to work in it.
pub struct Shop<'w> {
    pub world: &'w World,
    pub domain: String,
    pub project: String,
}

impl<'w> Shop<'w> {
    pub async fn new(world: &'w World, name: &str) -> Shop<'w> {
        let domain = text(&world.ok("CreateDomain", &[], json!({ "name": name })).await, "id");
        let project = text(&world.ok("CreateProject", &[&domain], json!({ "name": "makers" })).await, "id");
        Shop { world, domain, project }
    }

    /// An operation on the domain; owned by the project unless the body says otherwise.
    pub async fn make(&self, operation: &'static str, mut body: Value) -> Value {
        if body.get("owningProjectIdentifier").is_none() && operation != "CreateGlossaryTerm" {
            body["owningProjectIdentifier"] = json!(self.project);
        }
        self.world.ok(operation, &[&self.domain], body).await
    }

    pub async fn glossary(&self, name: &str) -> String {
        text(&self.make("CreateGlossary", json!({ "name": name })).await, "id")
    }

    pub async fn term(&self, glossary: &str, name: &str) -> String {
        let body = json!({ "glossaryIdentifier": glossary, "name": name });
        text(&self.make("CreateGlossaryTerm", body).await, "id")
    }

    pub async fn product(&self, name: &str) -> String {
        text(&self.make("CreateDataProduct", json!({ "name": name })).await, "id")
    }

    /// A form type `Quality` with one required member, and an asset type that may carry it.
    pub async fn types(&self) {
        let model = "structure Quality { @required steward: String freshnessDays: Integer }";
        self.make("CreateFormType", json!({ "name": "Quality", "model": { "smithy": model } })).await;
        let slot = json!({ "Quality": { "typeIdentifier": "Quality", "typeRevision": "1" } });
        self.make("CreateAssetType", json!({ "name": "Sheet", "formsInput": slot })).await;
    }

    pub async fn asset(&self, name: &str) -> String {
        text(&self.make("CreateAsset", json!({ "name": name, "typeIdentifier": "Sheet" })).await, "id")
    }
}

#[track_caller]
pub fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("{member} of {value}")).to_owned()
}

fn request(who: &Person, operation: &str, labels: &[&str], query: &str, body: &Value) -> http::Request<Full<Bytes>> {
    let model = operations::by_name(operation).expect(operation);
    let mut labels = labels.iter();
    let path: Vec<&str> = model
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { *labels.next().expect("a label") } else { part })
        .collect();
    let target = if query.is_empty() { path.join("/") } else { format!("{}?{query}", path.join("/")) };
    let bytes = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).expect("a JSON value") };
    signed(who, model.method.as_str(), &target, bytes)
}

/// Signs as the clients do.
pub fn signed(who: &Person, method: &str, target: &str, body: Vec<u8>) -> http::Request<Full<Bytes>> {
    let identity = Credentials::new(&who.key, &who.secret, None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("datazone")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .expect("complete parameters")
        .into();
    let uri = format!("http://{HOST}{target}");
    let headers = [("host", HOST), ("content-type", "application/json")];
    let signable =
        SignableRequest::new(method, uri, headers.into_iter(), SignableBody::Bytes(&body)).expect("a legal request");
    let (instructions, _) = sign(signable, &params).expect("a signature").into_parts();
    let mut request = http::Request::builder().method(method).uri(target);
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(body))).expect("a legal request")
}

/// An answer is the one success of its operation in the shape of its output, or an error that the operation declares.
fn hold(operation: &str, got: &Got) {
    let model = operations::by_name(operation).expect(operation);
    if got.status >= 300 {
        let frame = ["SerializationException", "UnrecognizedClientException", "InvalidSignatureException"];
        let declared = model.errors.declares(got.status) || frame.contains(&got.code.as_str());
        assert!(declared && !got.message().is_empty(), "{operation}: {got:?}");
        return;
    }
    assert_eq!(got.status, model.ok, "{operation}");
    let shapes = shapes::of_operation(operation).expect(operation);
    match shapes.output {
        None => assert!(got.body.is_null(), "{operation}: {got:?}"),
        Some(output) => {
            let broken = check_shape(&Shape::Struct(output), &got.body, Vec::new());
            assert!(broken.is_empty(), "{operation}: {broken:?} in {}", got.body);
        }
    }
}
