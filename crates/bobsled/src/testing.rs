//! What the tests of this crate share: a catalogue in memory behind the real gate, and the door over it.

use std::sync::Arc;

use emporion_authz::gate::CedarGate;
use emporion_catalog::bootstrap::NewAccount;
use emporion_catalog::caller::{Caller, Principal};
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::{AccountId, Millis, RecordId};
use emporion_catalog::kind::Visibility;
use emporion_catalog::ports::Store;
use emporion_catalog::query::ListQuery;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::OWNER;
use emporion_catalog::testing::{Plain, Tokens};
use emporion_edge::app::App;
use emporion_edge::limits::Limits;
use emporion_edge::metrics::Metrics;
use emporion_edge::mount::Mount;
use emporion_edge::router::Router;
use emporion_products::service::Products;
use emporion_search::Engine;
use emporion_store::MemoryStore;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::deprecation::Deprecation;
use crate::door::{BODY_LIMIT, Door};
use crate::operation::{Operation, routes};

/// An empty catalogue without an account.
pub fn catalog() -> Arc<Catalog> {
    catalog_over(Arc::new(MemoryStore::default()), Arc::default())
}

fn catalog_over(store: Arc<dyn Store>, authenticator: Arc<Tokens>) -> Arc<Catalog> {
    Arc::new(Catalog::new(Parts {
        store,
        registry: Registry::standard(),
        gate: Arc::new(CedarGate::default()),
        sealer: Arc::new(Plain),
        authenticator,
        clock: Millis::now,
    }))
}

/// A running door over an account with an administrator.
pub struct Stage {
    pub catalog: Arc<Catalog>,
    pub account: AccountId,
    pub admin: Caller,
    pub token: String,
    app: App,
}

/// The plain door over a service.
pub fn door(products: Products, deprecation: Deprecation) -> Door {
    Door::new(Arc::new(products), deprecation)
}

/// What came back.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn data(&self) -> Value {
        assert_eq!(self.body["ok"], true, "{}", self.body);
        self.body["data"].clone()
    }

    pub fn code(&self) -> String {
        assert_eq!(self.body["ok"], false, "{}", self.body);
        self.body["error"]["code"].as_str().expect("a code").to_owned()
    }

    /// Paths of the violations.
    pub fn paths(&self) -> Vec<String> {
        let violations = self.body["error"]["details"]["violations"].as_array().cloned().unwrap_or_default();
        violations.iter().map(|violation| violation["path"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Stage {
    /// The whole door.
    pub async fn new() -> Stage {
        Stage::with(crate::operations::table, door).await
    }

    pub async fn with(table: fn() -> Vec<Operation>, change: impl FnOnce(Products, Deprecation) -> Door) -> Stage {
        Stage::over(Arc::new(MemoryStore::default()), table, change).await
    }

    pub async fn over(
        store: Arc<dyn Store>,
        table: fn() -> Vec<Operation>,
        change: impl FnOnce(Products, Deprecation) -> Door,
    ) -> Stage {
        let catalog = catalog_over(store, Arc::default());
        let made = catalog.initialise().await.expect("an empty store takes an account");
        Stage::of(catalog, &made, table, change).await
    }

    /// Two servers over one store, each with its own way to it where it has one: doors, catalogues and whatever they keep are
    /// each their own.
    pub async fn two(stores: [Arc<dyn Store>; 2]) -> [Stage; 2] {
        let tokens = Arc::new(Tokens::default());
        let [one, other] = stores.map(|store| catalog_over(store, tokens.clone()));
        let made = one.initialise().await.expect("an empty store takes an account");
        let table = crate::operations::table;
        [Stage::of(one, &made, table, door).await, Stage::of(other, &made, table, door).await]
    }

    async fn of(
        catalog: Arc<Catalog>,
        made: &NewAccount,
        table: fn() -> Vec<Operation>,
        change: impl FnOnce(Products, Deprecation) -> Door,
    ) -> Stage {
        let admin = catalog.caller(made.account, made.admin).await.expect("the account has its administrator");
        let door = change(Products::new(catalog.clone()), Deprecation::default());
        let mount = Mount::new(Router::new(Arc::new(door), routes(table())).body_limit(BODY_LIMIT).literals_win())
            .at("/api/v1/accounts");
        // Nobody is asked here who sends a body before it is read, and the part of those is to hold an upload.
        let limits = Limits { bodies: 1 << 30, ..Limits::default() };
        let app = App::new(Arc::new(Metrics::default())).limits(limits).mount(mount);
        Stage { catalog, account: made.account, admin, token: made.admin_token.clone(), app }
    }

    /// With an index of searches, as long as what this answers is held.
    pub async fn searched(&self) -> (Arc<Engine>, Arc<Followers>, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = Engine::open(self.catalog.clone(), folder.path()).await.expect("an index");
        let followers = Arc::new(Followers::new(self.catalog.clone()));
        engine.start(&followers);
        (engine, followers, folder)
    }

    /// As the administrator, below the account.
    pub async fn call(&self, method: Method, path: &str, body: &str) -> Reply {
        self.call_as(Some(&self.token), method, path, body, &[]).await
    }

    pub async fn call_as(
        &self,
        token: Option<&str>,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request =
            http::Request::builder().method(method).uri(format!("/api/v1/accounts/{}{path}", self.account));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.to_owned()).expect("a request")).await
    }

    pub async fn send(&self, request: http::Request<String>) -> Reply {
        let (parts, body) = self.raw(request).await.into_parts();
        let bytes = body.collect().await.expect("a whole body does not fail").to_bytes();
        let body = serde_json::from_slice(&bytes).expect("an envelope is JSON");
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// The answer as it is, for those that are no envelopes.
    pub async fn raw(&self, request: http::Request<String>) -> http::Response<emporion_edge::stream::Sent> {
        self.app.handle(request, None).await
    }

    /// How many living records of a kind there are.
    pub async fn count(&self, kind: &str) -> u64 {
        let reading = self.catalog.reading(&self.admin).await.expect("a store in memory answers");
        let query = ListQuery { limit: u32::MAX, ..ListQuery::of(self.account, self.catalog.kind(kind)) };
        reading.places(&query).await.expect("a store in memory answers").len() as u64
    }

    /// One more user, with a token.
    pub async fn user(&self, name: &str) -> (RecordId, String) {
        let id = self.make("user", name, None, json!({"email": format!("{name}@example.com")})).await;
        let issued = self.catalog.create_token(&self.admin, id, "test", None).await.expect("an administrator may");
        (id, issued.token)
    }

    /// A record made past the door.
    pub async fn make(&self, kind: &str, name: &str, parent: Option<RecordId>, fields: Value) -> RecordId {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let command = Command::Create {
            kind: self.catalog.kind(kind),
            parent: parent.map(|parent| Ref::AnyOf(&[], parent)),
            draft: Draft { name: Some(name.to_owned()), fields, ..Draft::default() },
            id: None,
            rules: DoorRules::default(),
        };
        self.catalog.execute(&self.admin, &command).await.expect("a good record").view.id()
    }

    /// Makes the user the owner of a table in `shop.sales` of the warehouse: its rows are his.
    pub async fn give(&self, table: &str, user: RecordId) {
        let command = Command::Change {
            target: Ref::Name(self.catalog.kind("table"), format!("warehouse.shop.sales.{table}")),
            guard: Guard::None,
            edit: Arc::new({
                let to = Ref::Id(self.catalog.kind("user"), user);
                move |_| {
                    let mut draft = Draft::default();
                    draft.relate(OWNER, How::Add, "owners", vec![Target::of(to.clone())]);
                    Ok(draft)
                }
            }),
            rules: DoorRules::default(),
        };
        self.catalog.execute(&self.admin, &command).await.expect("an administrator gives owners");
    }

    /// Shows a table in `shop.sales` of the warehouse to those only to whom it was given.
    pub async fn hide(&self, table: &str) {
        let command = Command::Change {
            target: Ref::Name(self.catalog.kind("table"), format!("warehouse.shop.sales.{table}")),
            guard: Guard::None,
            edit: Arc::new(|_| Ok(Draft { visibility: Some(Visibility::Granted), ..Draft::default() })),
            rules: DoorRules::default(),
        };
        self.catalog.execute(&self.admin, &command).await.expect("an administrator hides it");
    }

    /// The data source `warehouse` with tables in `shop.sales`.
    pub async fn warehouse(&self, tables: &[&str]) -> RecordId {
        let service = self.make("database_service", "warehouse", None, json!({"service_type": "Postgres"})).await;
        let database = self.make("database", "shop", Some(service), json!({})).await;
        let schema = self.make("database_schema", "sales", Some(database), json!({})).await;
        for table in tables {
            let columns = json!({"columns": [{"name": "id", "data_type": "INT", "constraint": "NOT_NULL"}]});
            self.make("table", table, Some(schema), columns).await;
        }
        service
    }
}

/// Somebody, for code that only hands the caller on.
pub fn caller() -> Caller {
    let principal = Principal {
        account: AccountId::fresh(),
        user: RecordId::fresh(),
        name: "somebody".into(),
        email: "somebody@example.com".to_owned(),
        is_admin: false,
        is_bot: false,
        roles: Vec::new(),
        teams: Vec::new(),
        domains: Vec::new(),
        epoch: 1,
    };
    Caller::of(Arc::new(principal))
}
