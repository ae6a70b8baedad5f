//! A catalogue with people in it, and short ways to say what they do.

use std::sync::Arc;

use emporion_authz::gate::CedarGate;
use emporion_authz::keyring::Keyring;
use emporion_authz::sealer::RingSealer;
use emporion_catalog::Problem;
use emporion_catalog::bootstrap::NewAccount;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Outcome, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::{Kind, Visibility};
use emporion_catalog::load::Depth;
use emporion_catalog::ports::Store;
use emporion_catalog::query::States;
use emporion_catalog::record::{Record, View};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::Relation;
use emporion_catalog::testing::Trusting;
use emporion_store::MemoryStore;
use serde_json::{Value, json};

pub struct House {
    pub catalog: Arc<Catalog>,
    pub made: NewAccount,
}

impl House {
    pub async fn new() -> House {
        House::over(Arc::new(MemoryStore::default())).await
    }

    pub async fn over(store: Arc<dyn Store>) -> House {
        House::at(store, Millis::now).await
    }

    pub async fn at(store: Arc<dyn Store>, clock: fn() -> Millis) -> House {
        let catalog = House::catalog_over(store, clock);
        let made = catalog.initialise().await.unwrap();
        House { catalog, made }
    }

    /// Another catalogue over a store, as another server has it.
    pub fn catalog_over(store: Arc<dyn Store>, clock: fn() -> Millis) -> Arc<Catalog> {
        let ring = Keyring::from_environment(&"A".repeat(43)).unwrap();
        Arc::new(Catalog::new(Parts {
            store,
            registry: Registry::standard(),
            gate: Arc::new(CedarGate::default()),
            sealer: Arc::new(RingSealer::new(ring)),
            authenticator: Arc::new(Trusting),
            clock,
        }))
    }

    pub fn admin(&self) -> RecordId {
        self.made.admin
    }

    /// The caller as the next request finds him.
    pub async fn caller(&self, user: RecordId) -> Caller {
        self.catalog.caller(self.made.account, user).await.unwrap()
    }

    /// A new user without any right of his own.
    pub async fn person(&self, name: &str) -> RecordId {
        self.catalog.create_user(&self.caller(self.admin()).await, name, None, false).await.unwrap().0
    }

    pub fn kind(&self, name: &str) -> Kind {
        self.catalog.registry().expect(name)
    }

    pub fn name(&self, kind: &str, name: &str) -> Ref {
        Ref::Name(self.kind(kind), name.to_owned())
    }

    pub fn id(&self, kind: &str, id: RecordId) -> Ref {
        Ref::Id(self.kind(kind), id)
    }

    pub async fn run(&self, who: RecordId, command: Command) -> Result<Outcome, Problem> {
        self.catalog.execute(&self.caller(who).await, &command).await
    }

    /// Creates what must be possible, as the administrator.
    pub async fn make(&self, kind: &str, parent: Option<&Ref>, name: &str, fields: Value) -> RecordId {
        self.run(self.admin(), self.create(kind, parent, name, fields, &[])).await.unwrap().view.id()
    }

    pub fn create(
        &self,
        kind: &str,
        parent: Option<&Ref>,
        name: &str,
        fields: Value,
        relations: &[(Relation, Ref)],
    ) -> Command {
        let mut draft = Draft { name: Some(name.to_owned()), ..Draft::default() };
        draft.fields = fields.as_object().cloned().unwrap_or_default();
        for (relation, target) in relations {
            draft.relate(*relation, How::Add, relation.name(), vec![Target::of(target.clone())]);
        }
        self.create_draft(kind, parent, draft)
    }

    pub fn create_draft(&self, kind: &str, parent: Option<&Ref>, draft: Draft) -> Command {
        Command::Create { kind: self.kind(kind), parent: parent.cloned(), draft, id: None, rules: DoorRules::default() }
    }

    pub async fn domain(&self, name: &str) -> RecordId {
        self.make("domain", None, name, json!({"domain_type": "Aggregate"})).await
    }

    /// A product of a domain that everybody sees.
    pub async fn product(&self, domain: &str, name: &str) -> RecordId {
        self.make("data_product", Some(&self.name("domain", domain)), name, json!({})).await
    }

    /// The tables `w.d.s.<name>`, in order.
    pub async fn tables(&self, names: &[&str]) -> Vec<RecordId> {
        self.make("database_service", None, "w", json!({"service_type": "Postgres"})).await;
        self.make("database", Some(&self.name("database_service", "w")), "d", json!({})).await;
        self.make("database_schema", Some(&self.name("database", "w.d")), "s", json!({})).await;
        let schema = self.name("database_schema", "w.d.s");
        let mut ids = Vec::new();
        for name in names {
            let columns = json!({"columns": [{"name": "id", "data_type": "INT"}]});
            ids.push(self.make("table", Some(&schema), name, columns).await);
        }
        ids
    }

    pub fn change(&self, target: Ref, draft: Draft) -> Command {
        self.change_by(target, draft, DoorRules::default())
    }

    pub fn change_by(&self, target: Ref, draft: Draft, rules: DoorRules) -> Command {
        let edit = Arc::new(move |_: &View| Ok(draft.clone()));
        Command::Change { target, guard: Guard::None, edit, rules }
    }

    pub fn upsert(&self, kind: &str, parent: Option<&Ref>, name: &str, draft: Draft) -> Command {
        Command::Upsert {
            kind: self.kind(kind),
            parent: parent.cloned(),
            name: name.to_owned(),
            edit: Arc::new(move |_| Ok(draft.clone())),
            rules: DoorRules::default(),
        }
    }

    /// An edit of one relation, as the administrator.
    pub async fn relate(&self, target: &Ref, relation: Relation, how: How, to: Vec<Ref>) -> Outcome {
        let mut draft = Draft::default();
        draft.relate(relation, how, relation.name(), to.into_iter().map(Target::of).collect());
        self.run(self.admin(), self.change(target.clone(), draft)).await.unwrap()
    }

    pub async fn grant(&self, target: &Ref) {
        let hidden = Draft { visibility: Some(Visibility::Granted), ..Draft::default() };
        self.run(self.admin(), self.change(target.clone(), hidden)).await.unwrap();
    }

    pub fn delete(&self, target: Ref, how: Deletion) -> Command {
        Command::Delete { target, guard: Guard::None, how }
    }

    pub async fn get(&self, who: RecordId, target: &Ref) -> Result<View, Problem> {
        self.catalog.get(&self.caller(who).await, target, States::All, &Depth::full()).await
    }

    pub async fn sees(&self, who: RecordId, target: &Ref) -> bool {
        self.get(who, target).await.is_ok()
    }

    /// The record as it is stored, whatever its state.
    pub async fn stored(&self, id: RecordId) -> Option<Record> {
        let snapshot = self.catalog.unfiltered().await.unwrap();
        snapshot.by_id(self.made.account, &[id]).await.unwrap().pop().flatten()
    }
}

pub const RECURSIVE: Deletion = Deletion { recursive: true, ..Deletion::SOFT };
pub const PURGE: Deletion = Deletion { hard: true, recursive: true, include_deleted: true, ..Deletion::SOFT };

/// A draft with one field.
pub fn field(name: &str, value: impl Into<Value>) -> Draft {
    let mut draft = Draft::default();
    draft.set(name, value);
    draft
}

pub fn is_forbidden<T>(result: &Result<T, Problem>) -> bool {
    matches!(result, Err(Problem::Forbidden { .. }))
}

pub fn is_missing<T>(result: &Result<T, Problem>) -> bool {
    matches!(result, Err(Problem::NotFound { .. }))
}
