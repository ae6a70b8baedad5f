//! The core's commit path over every engine, and over engines that make trouble.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use emporion_catalog::action::Action;
use emporion_catalog::caller::{Caller, Principal};
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::change_set::Expect;
use emporion_catalog::command::{
    Command, Deletion, DoorRules, Draft, Effect, Guard, How, Idempotency, Once, Outcome, Ref, Target,
};
use emporion_catalog::id::{AccountId, Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::ports::{Facts, Gate, PolicySource, Sealer, Store, Verdict};
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{View, Visibility};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{FOLLOWER, OWNER};
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::testing::Trusting;
use emporion_store::testing::{Losing, Yielding};
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::{World, kind, memory, sqlite};

/// Lets everybody do everything.
struct Open;

impl Gate for Open {
    fn is_loaded(&self, _: AccountId, _: u64) -> bool {
        true
    }
    fn load(&self, _: AccountId, _: u64, _: &[PolicySource]) {}
    fn check_rules(&self, _: &Value) -> Result<(), Problem> {
        Ok(())
    }
    fn decide(&self, _: &Principal, _: Action, _: Kind, _: Visibility, _: Option<&Facts>) -> Verdict {
        Verdict::Always
    }
}

/// Keeps secrets as they are, behind their context.
struct Plain;

impl Sealer for Plain {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        [context, plain].concat()
    }
    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Problem> {
        sealed.strip_prefix(context).map(<[u8]>::to_vec).ok_or_else(|| Problem::internal("sealed for somebody else"))
    }
    fn fingerprint(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.seal(context, plain)
    }
    fn is_same(&self, context: &[u8], plain: &[u8], _: &[u8], fingerprint: &[u8]) -> bool {
        self.fingerprint(context, plain) == fingerprint
    }

    fn reseal(&self, _: &[u8], _: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, Problem> {
        Ok(None)
    }
}

/// A catalogue with its first account.
struct House {
    catalog: Arc<Catalog>,
    caller: Caller,
    /// Names the engine in failures; keeps its file.
    engine: &'static str,
    world: World,
}

impl House {
    async fn build(engine: &'static str, world: World, store: Arc<dyn Store>) -> House {
        let catalog = Arc::new(Catalog::new(Parts {
            store,
            registry: Registry::standard(),
            gate: Arc::new(Open),
            sealer: Arc::new(Plain),
            authenticator: Arc::new(Trusting),
            clock: Millis::now,
        }));
        let made = catalog.initialise().await.unwrap();
        let caller = catalog.caller(made.account, made.admin).await.unwrap();
        House { catalog, caller, engine, world }
    }

    async fn run(&self, command: Command) -> Result<Outcome, Problem> {
        self.catalog.execute(&self.caller, &command).await
    }

    async fn get(&self, target: &Ref) -> Result<View, Problem> {
        self.catalog.get(&self.caller, target, States::Alive, &Depth::full()).await
    }

    async fn product(&self, name: &str) -> RecordId {
        self.run(product(name)).await.unwrap().view.id()
    }
}

/// The commit path on all engines. `loses` says what the losing engine loses; the others lose nothing.
async fn houses(loses: impl Fn(&Expect) -> bool + Send + Sync + 'static) -> Vec<House> {
    let (one, two, three, four, five) = (memory(), sqlite(), memory(), sqlite(), sqlite());
    let mut houses = Vec::new();
    let store = one.store.clone();
    houses.push(House::build("memory", one, store).await);
    let store = two.store.clone();
    houses.push(House::build("sqlite", two, store).await);
    let store = Arc::new(Yielding(three.store.clone()));
    houses.push(House::build("yielding over memory", three, store).await);
    let store = Arc::new(Yielding(four.store.clone()));
    houses.push(House::build("yielding over sqlite", four, store).await);
    let store = Arc::new(Losing { store: five.store.clone(), loses: Box::new(loses) });
    houses.push(House::build("losing over sqlite", five, store).await);
    houses
}

/// Loses two of three expectations, whichever they are.
fn often() -> impl Fn(&Expect) -> bool + Send + Sync + 'static {
    let asked = AtomicU64::new(0);
    move |_| !asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(3)
}

fn named(kind_name: &str, name: &str) -> Ref {
    Ref::Name(kind(kind_name), name.into())
}

fn home() -> Option<Ref> {
    Some(named("domain", "default"))
}

fn product(name: &str) -> Command {
    let draft = Draft { name: Some(name.into()), ..Draft::default() };
    Command::Create { kind: kind("data_product"), parent: home(), draft, id: None, rules: DoorRules::default() }
}

fn change(target: Ref, edit: impl Fn(&View) -> Draft + Send + Sync + 'static) -> Command {
    let edit = Arc::new(move |view: &View| Ok(edit(view)));
    Command::Change { target, guard: Guard::None, edit, rules: DoorRules::default() }
}

fn upsert(name: &str, description: &'static str) -> Command {
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

fn by_id(id: RecordId) -> Ref {
    Ref::Id(kind("data_product"), id)
}

/// Adds one to a number in the body.
fn count_up(id: RecordId) -> Command {
    change(by_id(id), |view| {
        let n = view.field("sla").and_then(Value::as_u64).unwrap_or(0);
        let mut draft = Draft::default();
        draft.set("sla", n + 1);
        draft
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_lives_through_every_command() {
    for house in houses(often()).await {
        let engine = house.engine;
        let made = house.run(product("p")).await.unwrap();
        assert_eq!((made.effect, made.view.record.version), (Effect::Created, 1), "{engine}");
        let id = made.view.id();
        let again = house.run(product("p")).await.unwrap_err();
        assert!(
            matches!(again, Problem::NameTaken { existing: Some(holder), .. } if holder == id),
            "{engine}: {again}"
        );

        let put = house.run(upsert("p", "one")).await.unwrap();
        assert_eq!((put.effect, put.view.record.version), (Effect::Updated, 2), "{engine}");
        let put = house.run(upsert("p", "one")).await.unwrap();
        assert_eq!((put.effect, put.seq), (Effect::Unchanged, None), "{engine}: a second identical upsert");
        let other = house.run(upsert("q", "two")).await.unwrap();
        assert_eq!(other.effect, Effect::Created, "{engine}");

        let user = house.caller.principal.user;
        let follow = house.run(change(by_id(id), move |_| {
            let mut draft = Draft::default();
            let me = Target::of(Ref::Id(kind("user"), user));
            draft.relate(FOLLOWER, How::Add, "followers", vec![me.clone()]);
            draft.relate(OWNER, How::Add, "owners", vec![me]);
            draft
        }));
        assert_eq!(follow.await.unwrap().view.record.version, 3, "{engine}");
        let shown = house.get(&named("data_product", "default.p")).await.unwrap();
        assert_eq!(shown.targets(OWNER).count(), 1, "{engine}");

        let delete = |target| Command::Delete { target, guard: Guard::None, how: Deletion::SOFT };
        assert_eq!(house.run(delete(by_id(id))).await.unwrap().effect, Effect::Deleted, "{engine}");
        assert!(matches!(house.get(&by_id(id)).await, Err(Problem::NotFound { .. })), "{engine}");
        let back = house.run(Command::Restore { target: by_id(id) }).await.unwrap();
        assert_eq!(back.effect, Effect::Restored, "{engine}");
        assert_eq!(house.get(&by_id(id)).await.unwrap().record.version, 5, "{engine}");
        let history = house.catalog.history(&house.caller, &by_id(id), None, 100).await.unwrap();
        let versions: Vec<u32> = history.iter().map(|view| view.record.version).collect();
        assert_eq!(versions, [5, 4, 3, 2, 1], "{engine}");
        let owners: Vec<usize> = history.iter().map(|view| view.targets(OWNER).count()).collect();
        assert_eq!(owners, [1, 1, 1, 0, 0], "{engine}");

        let hard = Deletion { hard: true, recursive: true, ..Deletion::SOFT };
        let purge = Command::Delete { target: by_id(id), guard: Guard::None, how: hard };
        assert_eq!(house.run(purge).await.unwrap().effect, Effect::Purged, "{engine}");
        assert!(matches!(house.get(&by_id(id)).await, Err(Problem::NotFound { .. })), "{engine}");
        house.world.is_whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_changes_of_one_record_all_succeed() {
    for house in houses(often()).await {
        let id = house.product("p").await;
        let mut changes = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let (catalog, caller) = (house.catalog.clone(), house.caller.clone());
            changes.spawn(async move { catalog.execute(&caller, &count_up(id)).await });
        }
        for outcome in changes.join_all().await {
            assert_eq!(outcome.unwrap().effect, Effect::Updated, "{}", house.engine);
        }
        let shown = house.get(&by_id(id)).await.unwrap();
        assert_eq!(shown.field("sla"), Some(&json!(32)), "{}: no update is lost", house.engine);
        assert_eq!(shown.record.revision.0, 33, "{}", house.engine);
        house.world.is_whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_parallel_creates_wins() {
    for house in houses(often()).await {
        let mut creates = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let (catalog, caller) = (house.catalog.clone(), house.caller.clone());
            creates.spawn(async move { catalog.execute(&caller, &product("same")).await });
        }
        let (won, lost): (Vec<_>, Vec<_>) = creates.join_all().await.into_iter().partition(Result::is_ok);
        let [Ok(winner)] = &won[..] else { panic!("{}: {} winners", house.engine, won.len()) };
        for refused in lost {
            let problem = refused.unwrap_err();
            let existing = Some(winner.view.id());
            assert!(
                matches!(problem, Problem::NameTaken { existing: e, .. } if e == existing),
                "{}: {problem}",
                house.engine
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_always_loses_is_planned_inside_the_writer() {
    for world in [memory(), sqlite()] {
        let loses_revisions = |expect: &Expect| matches!(expect, Expect::RevisionIs { .. });
        let store = Arc::new(Losing { store: world.store.clone(), loses: Box::new(loses_revisions) });
        let house = House::build("losing every revision", world, store).await;
        let id = house.product("p").await;
        let mut changes = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (catalog, caller) = (house.catalog.clone(), house.caller.clone());
            changes.spawn(async move { catalog.execute(&caller, &count_up(id)).await });
        }
        for outcome in changes.join_all().await {
            assert!(outcome.unwrap().seq.is_some());
        }
        assert_eq!(house.get(&by_id(id)).await.unwrap().field("sla"), Some(&json!(8)));
        let refused = house.run(product("p")).await.unwrap_err();
        assert!(
            matches!(refused, Problem::NameTaken { .. }),
            "a refusal inside the writer is the planner's: {refused}"
        );
        house.world.is_whole();
    }
}

fn key(text: &str, fingerprint: u8, printed: &Arc<AtomicU64>) -> Idempotency {
    let printed = printed.clone();
    Idempotency {
        scope: "ann POST /products".into(),
        key: text.into(),
        fingerprint: vec![fingerprint],
        print: Arc::new(move |outcome| {
            // Another text each time: a replay must not print again.
            let n = printed.fetch_add(1, Ordering::Relaxed);
            (201, Bytes::from(format!("{} {n}", outcome.view.id())))
        }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_key_gives_the_same_bytes() {
    for house in houses(often()).await {
        let printed = Arc::new(AtomicU64::new(0));
        let answers = Arc::new(Mutex::new(Vec::new()));
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (catalog, caller) = (house.catalog.clone(), house.caller.clone());
            let (key, answers) = (key("k", 1, &printed), answers.clone());
            requests.spawn(async move {
                let once = catalog.execute_once(&caller, &product("p"), &key).await.unwrap();
                let (done, status, body) = match once {
                    Once::Done { status, body, .. } => (true, status, body),
                    Once::Replayed { status, body } => (false, status, body),
                };
                answers.lock().push((done, status, body));
            });
        }
        requests.join_all().await;
        let answers = answers.lock().clone();
        assert_eq!(answers.iter().filter(|(done, ..)| *done).count(), 1, "{}", house.engine);
        let first = &answers[0];
        assert!(answers.iter().all(|(_, status, body)| (*status, body) == (201, &first.2)), "{}", house.engine);

        let reused = house.catalog.execute_once(&house.caller, &product("p"), &key("k", 2, &printed)).await;
        assert!(matches!(reused, Err(Problem::KeyReused)), "{}", house.engine);
        // A refused command leaves its key unused.
        let refused = house.catalog.execute_once(&house.caller, &product("p"), &key("l", 1, &printed)).await;
        assert!(matches!(refused, Err(Problem::NameTaken { .. })), "{}", house.engine);
        let done = house.catalog.execute_once(&house.caller, &product("q"), &key("l", 1, &printed)).await;
        assert!(matches!(done, Ok(Once::Done { .. })), "{}", house.engine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_together_are_all_or_none() {
    for house in houses(often()).await {
        let engine = house.engine;
        let domain = |name: &str| {
            let mut draft = Draft { name: Some(name.into()), ..Draft::default() };
            draft.set("domain_type", "Aggregate");
            Command::Create { kind: kind("domain"), parent: None, draft, id: None, rules: DoorRules::default() }
        };
        let inside = |domain: &str, name: &str| {
            let draft = Draft { name: Some(name.into()), ..Draft::default() };
            let parent = Some(named("domain", domain));
            Command::Create { kind: kind("data_product"), parent, draft, id: None, rules: DoorRules::default() }
        };
        let both = house.run(Command::Together(vec![domain("d"), inside("d", "p")])).await.unwrap();
        assert_eq!((both.parts.len(), both.view.record.fqn.as_str()), (1, "d.p"), "{engine}");
        let half = house.run(Command::Together(vec![domain("e"), inside("d", "p")])).await.unwrap_err();
        assert!(matches!(half, Problem::NameTaken { .. }), "{engine}: {half}");
        assert!(house.get(&named("domain", "e")).await.is_err(), "{engine}");

        let recursive = Deletion { recursive: true, ..Deletion::SOFT };
        let gone = Command::Delete { target: named("domain", "d"), guard: Guard::None, how: recursive };
        let gone = house.run(gone).await.unwrap().view.id();
        assert!(house.get(&named("data_product", "d.p")).await.is_err(), "{engine}");
        house.run(Command::Restore { target: Ref::Id(kind("domain"), gone) }).await.unwrap();
        assert!(house.get(&named("data_product", "d.p")).await.is_ok(), "{engine}: it comes back with its domain");
        house.world.is_whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_row_of_many_answers_for_itself() {
    for house in houses(often()).await {
        let engine = house.engine;
        house.product("taken").await;
        let rows = [product("a"), product("taken"), upsert("b", "x"), upsert("b", "x"), product("a"), upsert("b", "y")];
        let answers = house.catalog.execute_all(&house.caller, &rows).await;
        let effects: Vec<Option<Effect>> =
            answers.iter().map(|answer| answer.as_ref().ok().map(|outcome| outcome.effect)).collect();
        let (created, updated) = (Some(Effect::Created), Some(Effect::Updated));
        assert_eq!(effects, [created, None, created, Some(Effect::Unchanged), None, updated], "{engine}");
        assert!(matches!(answers[4], Err(Problem::NameTaken { .. })), "{engine}: rows of one call see one another");
        let shown = house.get(&named("data_product", "default.b")).await.unwrap();
        assert_eq!((shown.text("description"), shown.record.version), (Some("y"), 2), "{engine}");
        house.world.is_whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_accounts_share_nothing() {
    for house in houses(often()).await {
        let id = house.product("p").await;
        let other = house.catalog.create_account(&house.caller, "other", None).await.unwrap();
        let stranger = house.catalog.caller(other.account, other.admin).await.unwrap();
        for target in [by_id(id), named("data_product", "default.p"), named("data_product", "p")] {
            let seen = house.catalog.get(&stranger, &target, States::All, &Depth::full()).await;
            assert!(matches!(seen, Err(Problem::NotFound { .. })), "{}", house.engine);
        }
        let changed = house.catalog.execute(&stranger, &count_up(id)).await;
        assert!(matches!(changed, Err(Problem::NotFound { .. })), "{}", house.engine);
        let made = house.catalog.execute(&stranger, &product("p")).await.unwrap();
        assert_eq!(made.view.record.account, other.account);
        house.world.is_whole();
    }
}

/// What two readers ask for, kept: the product's count, and what the list of all products says of it.
async fn remembered_counts(house: &House, id: RecordId, made: &AtomicU64) -> (u64, u64) {
    let reading = async {
        made.fetch_add(1, Ordering::Relaxed);
        let count = |view: &View| view.field("sla").and_then(Value::as_u64).unwrap_or(0);
        let own = count(&house.get(&by_id(id)).await?);
        let query = ListQuery::of(house.caller.account(), kind("data_product"));
        let listed = house.catalog.list(&house.caller, query, &Depth::bare()).await?;
        Ok::<_, Problem>((own, listed.views.iter().find(|view| view.id() == id).map_or(0, count)))
    };
    house
        .catalog
        .remembered(CachePool::Answers, &house.caller, "counts".to_owned(), |_| Some(16), reading)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remembered_answer_is_never_older_than_an_acknowledged_write() {
    const WRITES: u64 = 60;
    for house in houses(often()).await {
        let house = Arc::new(house);
        let id = house.product("p").await;
        let (acknowledged, made) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let writer = tokio::spawn({
            let (house, acknowledged) = (house.clone(), acknowledged.clone());
            async move {
                for write in 1..=WRITES {
                    house.run(count_up(id)).await.unwrap();
                    acknowledged.store(write, Ordering::SeqCst);
                }
            }
        });
        let reader = |house: Arc<House>, acknowledged: Arc<AtomicU64>, made: Arc<AtomicU64>| async move {
            loop {
                let known = acknowledged.load(Ordering::SeqCst);
                let (own, listed) = remembered_counts(&house, id, &made).await;
                assert!(own >= known && listed >= known, "{}: {own} and {listed} after {known}", house.engine);
                if known == WRITES {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        let readers = [0; 2].map(|_| tokio::spawn(reader(house.clone(), acknowledged.clone(), made.clone())));
        writer.await.unwrap();
        for reader in readers {
            reader.await.unwrap();
        }
        // In the end nothing changes any more: where the engine marks its changes, one making serves all.
        let before = made.load(Ordering::Relaxed);
        for _ in 0..10 {
            assert_eq!(remembered_counts(&house, id, &made).await, (WRITES, WRITES), "{}", house.engine);
        }
        let makings = made.load(Ordering::Relaxed) - before;
        assert_eq!(makings < 3, house.engine == "sqlite", "{}: made {makings} times", house.engine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_answer_shows_of_other_records_is_watched_too() {
    let world = sqlite();
    let store = world.store.clone();
    let house = House::build("sqlite", world, store).await;
    let id = house.product("p").await;
    let user = house.caller.principal.user;
    let shown = async || {
        let reading = async {
            let view = house.catalog.get(&house.caller, &by_id(id), States::All, &Depth::full()).await?;
            let owners: Vec<String> = view.targets(OWNER).filter_map(|(_, card)| card.display_name.clone()).collect();
            Ok::<_, Problem>((view.record.fqn.clone(), view.record.state.is_alive(), owners))
        };
        house
            .catalog
            .remembered(CachePool::Answers, &house.caller, "shown".to_owned(), |_| Some(16), reading)
            .await
            .ok()
    };
    let after = async |command: Command| {
        for _ in 0..3 {
            shown().await;
        }
        house.run(command).await.unwrap();
        shown().await
    };
    let own = change(by_id(id), move |_| {
        let mut draft = Draft::default();
        draft.relate(OWNER, How::Add, "owners", vec![Target::of(Ref::Id(kind("user"), user))]);
        draft
    });
    let of = |owner: &str| Some(("default.p".to_owned(), true, vec![owner.to_owned()]));
    assert_eq!(after(own).await, of("Administrator"));
    let named_anew = change(Ref::Id(kind("user"), user), |_| {
        let mut draft = Draft::default();
        draft.set("display_name", "Ann");
        draft
    });
    assert_eq!(after(named_anew).await, of("Ann"));
    let disown = change(by_id(id), |_| {
        let mut draft = Draft::default();
        draft.relate(OWNER, How::Replace, "owners", vec![]);
        draft
    });
    assert_eq!(after(disown).await.unwrap().2, [""; 0]);
    let delete = Command::Delete { target: by_id(id), guard: Guard::None, how: Deletion::SOFT };
    assert_eq!(after(delete).await, None);
    assert!(after(Command::Restore { target: by_id(id) }).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_made_of_another_that_is_kept_ends_with_it() {
    let world = sqlite();
    let store = world.store.clone();
    let house = House::build("sqlite", world, store).await;
    let id = house.product("p").await;
    let inner = async || {
        let count = async { Ok::<_, Problem>(house.get(&by_id(id)).await?.field("sla").and_then(Value::as_u64)) };
        house.catalog.remembered(CachePool::Preparations, &house.caller, "inner".to_owned(), |_| Some(16), count).await
    };
    let outer = async || {
        let count = async {
            house.get(&Ref::Id(kind("user"), house.caller.principal.user)).await?;
            inner().await
        };
        house
            .catalog
            .remembered(CachePool::Answers, &house.caller, "outer".to_owned(), |_| Some(16), count)
            .await
            .unwrap()
    };
    for write in 0..3 {
        // Whichever of them was kept first.
        for _ in 0..write {
            inner().await.unwrap();
        }
        for _ in 0..4 {
            assert_eq!(outer().await.unwrap_or(0), write);
        }
        house.run(count_up(id)).await.unwrap();
    }
}
