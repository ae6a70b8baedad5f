//! A whole catalogue behind the door, asked in the process that runs the test.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::bootstrap::NewAccount;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::command::{Command, DoorRules, Draft, Ref};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::Millis;
use emporion_catalog::kind::KindDef;
use emporion_catalog::registry::Registry;
use emporion_edge::app::App;
use emporion_edge::metrics::Metrics;
use emporion_openmetadata::Options;
use emporion_openmetadata::door::Door;
use emporion_openmetadata::mount::serve;
use emporion_openmetadata::noun::Noun;
use emporion_search::Engine;
use emporion_store::MemoryStore;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

pub struct World {
    app: App,
    catalog: Arc<Catalog>,
    pub account: NewAccount,
    _searched: (Arc<Engine>, Arc<Followers>),
    _folder: tempfile::TempDir,
}

/// What came back.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl World {
    pub async fn new() -> World {
        World::with(&[]).await
    }

    /// With kinds and nouns that only a test knows.
    pub async fn with(extra: &[(&'static KindDef, &'static Noun)]) -> World {
        let keys = tempfile::tempdir().unwrap();
        let parts = emporion_authz::open::open(keys.path(), None, true, None).unwrap();
        let registry = extra.iter().fold(Registry::standard(), |registry, (kind, _)| registry.with(kind));
        let catalog = Arc::new(Catalog::new(Parts {
            store: Arc::new(MemoryStore::default()),
            registry: emporion_datazone::provide(registry),
            gate: parts.gate,
            sealer: parts.sealer,
            authenticator: parts.authenticator,
            clock: Millis::now,
        }));
        let account = catalog.initialise().await.unwrap();
        let door = Door::new(catalog.clone(), Options::default());
        let door = extra.iter().fold(door, |door, (_, noun)| door.with_noun(noun));
        let app = App::new(Arc::new(Metrics::default())).mount(serve(door));
        let engine = Engine::open(catalog.clone(), &keys.path().join("search")).await.unwrap();
        let followers = Arc::new(Followers::new(catalog.clone()));
        engine.start(&followers);
        World { app, catalog, account, _searched: (engine, followers), _folder: keys }
    }

    pub async fn send(&self, method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", "catalogue.example.com")
            .header("authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let answer = self.app.handle(request, None).await;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A call by the administrator.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let headers: &[(&str, &str)] =
            if method == "PATCH" { &[("content-type", "application/json-patch+json")] } else { &[] };
        self.send(method, path, &self.account.admin_token, headers, &text).await
    }

    /// The same, which must succeed.
    pub async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let reply = self.call(method, path, body).await;
        assert!(reply.status < 300, "{method} {path}: {} {}", reply.status, reply.body);
        reply.body
    }

    pub async fn get(&self, path: &str) -> Value {
        self.done("GET", path, Value::Null).await
    }

    /// A form type of a domain, which this door cannot make.
    pub async fn form_type(&self, domain: &str, name: &str, model: &str) {
        let caller = self.catalog.caller(self.account.account, self.account.admin).await.unwrap();
        let mut draft = Draft { name: Some(name.to_owned()), ..Draft::default() };
        draft.set("model", model);
        let command = Command::Create {
            kind: self.catalog.kind("form_type"),
            parent: Some(Ref::Name(self.catalog.kind("domain"), domain.to_owned())),
            draft,
            id: None,
            rules: DoorRules::default(),
        };
        self.catalog.execute(&caller, &command).await.unwrap();
    }

    /// A query under a name that this door gives to none any more.
    #[allow(dead_code)] // Not every test binary asks for names.
    pub async fn query_called(&self, service: &str, name: &str, text: &str) {
        let caller = self.catalog.caller(self.account.account, self.account.admin).await.unwrap();
        let mut draft = Draft { name: Some(name.to_owned()), ..Draft::default() };
        draft.set("query", text);
        let command = Command::Create {
            kind: self.catalog.kind("query"),
            parent: Some(Ref::Name(self.catalog.kind("database_service"), service.to_owned())),
            draft,
            id: None,
            rules: DoorRules::default(),
        };
        self.catalog.execute(&caller, &command).await.unwrap();
    }

    /// What a server does as it starts. Answers how many queries have other names.
    #[allow(dead_code)] // Not every test binary asks for names.
    pub async fn rename_queries(&self) -> u64 {
        emporion_openmetadata::query_names::rename(&self.catalog).await.unwrap()
    }

    /// The token of the seeded bot.
    pub async fn bot_token(&self) -> String {
        let bot = self.get("/bots/name/ingestion-bot").await;
        let user = bot["botUser"]["id"].as_str().unwrap().to_owned();
        let mechanism = self.get(&format!("/users/auth-mechanism/{user}")).await;
        mechanism["config"]["JWTToken"].as_str().unwrap().to_owned()
    }
}
