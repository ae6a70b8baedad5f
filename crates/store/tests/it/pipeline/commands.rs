//! The commit path, by whichever of two catalogues.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use emporion_catalog::change_set::Expect;
use emporion_catalog::command::{
    Command, Deletion, DoorRules, Draft, Effect, Guard, How, Idempotency, Once, Ref, Target,
};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::relation::{FOLLOWER, OWNER};
use emporion_store::testing::Losing;
use parking_lot::Mutex;
use serde_json::json;

use super::house::{House, by_id, change, count_up, houses, named, often, product, upsert};
use crate::support::{kind, memory, sqlite};

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
        let history = house.catalog().history(&house.caller, &by_id(id), None, 100).await.unwrap();
        let versions: Vec<u32> = history.iter().map(|view| view.record.version).collect();
        assert_eq!(versions, [5, 4, 3, 2, 1], "{engine}");
        let owners: Vec<usize> = history.iter().map(|view| view.targets(OWNER).count()).collect();
        assert_eq!(owners, [1, 1, 1, 0, 0], "{engine}");

        let hard = Deletion { hard: true, recursive: true, ..Deletion::SOFT };
        let purge = Command::Delete { target: by_id(id), guard: Guard::None, how: hard };
        assert_eq!(house.run(purge).await.unwrap().effect, Effect::Purged, "{engine}");
        assert!(matches!(house.get(&by_id(id)).await, Err(Problem::NotFound { .. })), "{engine}");
        house.world.is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_changes_of_one_record_all_succeed() {
    for house in houses(often()).await {
        let id = house.product("p").await;
        let mut changes = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let (catalog, caller) = (house.catalog(), house.caller.clone());
            changes.spawn(async move { catalog.execute(&caller, &count_up(id)).await });
        }
        for outcome in changes.join_all().await {
            assert_eq!(outcome.unwrap().effect, Effect::Updated, "{}", house.engine);
        }
        let shown = house.get(&by_id(id)).await.unwrap();
        assert_eq!(shown.field("extension"), Some(&json!({"n": 32})), "{}: no update is lost", house.engine);
        assert_eq!(shown.record.revision.0, 33, "{}", house.engine);
        house.world.is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_parallel_creates_wins() {
    for house in houses(often()).await {
        let mut creates = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let (catalog, caller) = (house.catalog(), house.caller.clone());
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
            let (catalog, caller) = (house.catalog(), house.caller.clone());
            changes.spawn(async move { catalog.execute(&caller, &count_up(id)).await });
        }
        for outcome in changes.join_all().await {
            assert!(outcome.unwrap().seq.is_some());
        }
        assert_eq!(house.get(&by_id(id)).await.unwrap().field("extension"), Some(&json!({"n": 8})));
        let refused = house.run(product("p")).await.unwrap_err();
        assert!(
            matches!(refused, Problem::NameTaken { .. }),
            "a refusal inside the writer is the planner's: {refused}"
        );
        house.world.is_whole().await;
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
            let (catalog, caller) = (house.catalog(), house.caller.clone());
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

        let reused = house.catalog().execute_once(&house.caller, &product("p"), &key("k", 2, &printed)).await;
        assert!(matches!(reused, Err(Problem::KeyReused)), "{}", house.engine);
        // A refused command leaves its key unused.
        let refused = house.catalog().execute_once(&house.caller, &product("p"), &key("l", 1, &printed)).await;
        assert!(matches!(refused, Err(Problem::NameTaken { .. })), "{}", house.engine);
        let done = house.catalog().execute_once(&house.caller, &product("q"), &key("l", 1, &printed)).await;
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
        house.world.is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_row_of_many_answers_for_itself() {
    for house in houses(often()).await {
        let engine = house.engine;
        house.product("taken").await;
        let rows = [product("a"), product("taken"), upsert("b", "x"), upsert("b", "x"), product("a"), upsert("b", "y")];
        let answers = house.catalog().execute_all(&house.caller, &rows).await;
        let effects: Vec<Option<Effect>> =
            answers.iter().map(|answer| answer.as_ref().ok().map(|outcome| outcome.effect)).collect();
        let (created, updated) = (Some(Effect::Created), Some(Effect::Updated));
        assert_eq!(effects, [created, None, created, Some(Effect::Unchanged), None, updated], "{engine}");
        assert!(matches!(answers[4], Err(Problem::NameTaken { .. })), "{engine}: rows of one call see one another");
        let shown = house.get(&named("data_product", "default.b")).await.unwrap();
        assert_eq!((shown.text("description"), shown.record.version), (Some("y"), 2), "{engine}");
        house.world.is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_accounts_share_nothing() {
    for house in houses(often()).await {
        let id = house.product("p").await;
        let other = house.catalog().create_account(&house.caller, "other", None).await.unwrap();
        let stranger = house.catalog().caller(other.account, other.admin).await.unwrap();
        for target in [by_id(id), named("data_product", "default.p"), named("data_product", "p")] {
            let seen = house.catalog().get(&stranger, &target, States::All, &Depth::full()).await;
            assert!(matches!(seen, Err(Problem::NotFound { .. })), "{}", house.engine);
        }
        let changed = house.catalog().execute(&stranger, &count_up(id)).await;
        assert!(matches!(changed, Err(Problem::NotFound { .. })), "{}", house.engine);
        let made = house.catalog().execute(&stranger, &product("p")).await.unwrap();
        assert_eq!(made.view.record.account, other.account);
        house.world.is_whole().await;
    }
}
