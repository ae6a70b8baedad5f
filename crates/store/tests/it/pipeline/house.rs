//! One installation as two servers see it: two catalogues over one store, each with its own caches, gate and locks, and
//! over a database that nodes share each with its own way to it. Which of them answers a call is drawn anew for each.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use emporion_catalog::action::Action;
use emporion_catalog::caller::{Caller, Principal};
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::change_set::Expect;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Outcome, Ref};
use emporion_catalog::id::{AccountId, Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::kind::Visibility;
use emporion_catalog::load::Depth;
use emporion_catalog::ports::{Facts, Gate, PolicySource, Store, Verdict};
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::registry::Registry;
use emporion_catalog::testing::{Plain, Tokens};
use emporion_store::testing::{Losing, Remote};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::support::random::SeededRandom;
use crate::support::{World, kind, memory, over_database, server, sqlite};

/// The role that may do what administrators may to records, while its policy is attached to it.
pub const STEWARD: &str = "DataSteward";
pub const ITS_POLICY: &str = "DataStewardPolicy";

/// Lets everybody look, and those write who hold the role.
#[derive(Default)]
pub struct Roles(Mutex<HashMap<AccountId, (u64, Vec<PolicySource>)>>);

impl Gate for Roles {
    fn is_loaded(&self, account: AccountId, epoch: u64) -> bool {
        self.0.lock().get(&account).is_some_and(|(loaded, _)| *loaded >= epoch)
    }
    fn load(&self, account: AccountId, epoch: u64, policies: &[PolicySource]) {
        let mut all = self.0.lock();
        let known = all.entry(account).or_default();
        if known.0 <= epoch {
            *known = (epoch, policies.to_vec());
        }
    }
    fn check_rules(&self, _: &Value, _: &Registry) -> Result<(), Problem> {
        Ok(())
    }
    fn decide(&self, principal: &Principal, action: Action, _: Kind, _: Visibility, _: Option<&Facts>) -> Verdict {
        let all = self.0.lock();
        let mut policies = all.get(&principal.account).into_iter().flat_map(|(_, policies)| policies);
        let mut steward = || policies.find(|policy| policy.name == ITS_POLICY);
        let is_held = |policy: &PolicySource| policy.roles.iter().any(|role| principal.roles.contains(role));
        if principal.is_admin || action == Action::View || steward().is_some_and(is_held) {
            return Verdict::Always;
        }
        Verdict::Never { why: None }
    }
}

/// Two catalogues over one store, with their first account.
pub struct House {
    pub both: [Arc<Catalog>; 2],
    /// Draws the next one.
    random: Mutex<SeededRandom>,
    pub caller: Caller,
    /// Names the engine in failures; keeps its file.
    pub engine: &'static str,
    pub world: World,
}

impl House {
    pub async fn build(engine: &'static str, world: World, store: Arc<dyn Store>) -> House {
        House::of_two(engine, world, [store.clone(), store]).await
    }

    pub async fn of_two(engine: &'static str, world: World, stores: [Arc<dyn Store>; 2]) -> House {
        let authenticator = Arc::new(Tokens::default());
        let both = stores.map(|store| {
            Arc::new(Catalog::new(Parts {
                store,
                registry: Registry::standard(),
                gate: Arc::new(Roles::default()),
                sealer: Arc::new(Plain),
                authenticator: authenticator.clone(),
                clock: Millis::now,
            }))
        });
        let made = both[0].initialise().await.unwrap();
        let caller = both[1].caller(made.account, made.admin).await.unwrap();
        House { both, random: Mutex::new(SeededRandom::of(0, 0)), caller, engine, world }
    }

    /// One of the two: the same one for the same call of every run, as far as calls are made in one order.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.both[usize::from(self.draw() & 1 == 1)].clone()
    }

    /// A number that looks like chance.
    pub fn draw(&self) -> u64 {
        self.random.lock().draw()
    }

    pub async fn run(&self, command: Command) -> Result<Outcome, Problem> {
        self.catalog().execute(&self.caller, &command).await
    }

    pub async fn get(&self, target: &Ref) -> Result<View, Problem> {
        self.catalog().get(&self.caller, target, States::Alive, &Depth::full()).await
    }

    pub async fn product(&self, name: &str) -> RecordId {
        self.run(product(name)).await.unwrap().view.id()
    }
}

/// The commit path on all engines. `loses` says what the losing engines lose; the others lose nothing.
pub async fn houses(loses: impl Fn(&Expect) -> bool + Send + Sync + 'static) -> Vec<House> {
    let loses = Arc::new(loses);
    let losing = |store: Arc<dyn Store>| -> Arc<dyn Store> {
        let loses = loses.clone();
        Arc::new(Losing { store, loses: Box::new(move |expect| loses(expect)) })
    };
    let yielding = |store: Arc<dyn Store>| -> Arc<dyn Store> { Arc::new(Remote::yielding(store)) };
    let mut houses = Vec::new();
    for (engine, world) in [("memory", memory()), ("sqlite", sqlite())] {
        let store = world.store.clone();
        houses.push(House::build(engine, world, store).await);
    }
    for (engine, world) in [("yielding over memory", memory()), ("yielding over sqlite", sqlite())] {
        let store = yielding(world.store.clone());
        houses.push(House::build(engine, world, store).await);
    }
    let world = sqlite();
    let store = losing(world.store.clone());
    houses.push(House::build("losing over sqlite", world, store).await);
    let (world, stores) = two_over_postgres().await;
    houses.push(House::of_two("postgres", world, stores).await);
    let (world, stores) = two_over_postgres().await;
    houses.push(House::of_two("losing over postgres", world, stores.map(losing)).await);
    houses
}

/// One database, as two nodes have it open.
async fn two_over_postgres() -> (World, [Arc<dyn Store>; 2]) {
    let address = server::database().await;
    let (world, other) = (over_database(&address).await, over_database(&address).await);
    let stores = [world.store.clone(), other.store];
    (world, stores)
}

/// Loses two of three expectations, whichever they are.
pub fn often() -> impl Fn(&Expect) -> bool + Send + Sync + 'static {
    let asked = AtomicU64::new(0);
    move |_| !asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(3)
}

pub fn named(kind_name: &str, name: &str) -> Ref {
    Ref::Name(kind(kind_name), name.into())
}

pub fn home() -> Option<Ref> {
    Some(named("domain", "default"))
}

pub fn product(name: &str) -> Command {
    let draft = Draft { name: Some(name.into()), ..Draft::default() };
    Command::Create { kind: kind("data_product"), parent: home(), draft, id: None, rules: DoorRules::default() }
}

pub fn change(target: Ref, edit: impl Fn(&View) -> Draft + Send + Sync + 'static) -> Command {
    let edit = Arc::new(move |view: &View| Ok(edit(view)));
    Command::Change { target, guard: Guard::None, edit, rules: DoorRules::default() }
}

pub fn upsert(name: &str, description: &'static str) -> Command {
    Command::Upsert {
        kind: kind("data_product"),
        parent: home(),
        name: name.into(),
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.set("description", description);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    }
}

pub fn by_id(id: RecordId) -> Ref {
    Ref::Id(kind("data_product"), id)
}

/// Adds one to a number in the body.
pub fn count_up(id: RecordId) -> Command {
    change(by_id(id), |view| {
        let n = view.field("extension").and_then(|of| of["n"].as_u64()).unwrap_or(0);
        let mut draft = Draft::default();
        draft.set("extension", json!({"n": n + 1}));
        draft
    })
}
