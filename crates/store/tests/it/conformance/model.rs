//! Random change sets on two engines at once: every answer and every state must be the same, and what an engine of tables
//! keeps must be whole. The memory engine is the model: plain code without indexes, tallies or SQL.

use emporion_catalog::change_set::{ChangeSet, Expect, NameScope, Write};
use emporion_catalog::id::{AccountId, EdgeId, Millis, RecordId, Revision, Seq};
use emporion_catalog::kind::Visibility;
use emporion_catalog::observation::{Range, SAMPLE_DATA, TABLE_PROFILE};
use emporion_catalog::ports::Snapshot;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Edge, Record, State};
use emporion_catalog::relation::{OWNER, TAGGED};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::support::*;

/// Records of the game; ids and names are few, so that they meet.
const RECORDS: u128 = 8;
const EDGES: u128 = 6;

#[derive(Debug, Clone)]
enum Move {
    Put { id: u128, name: u8, parent: Option<u128>, state: u8, fresh: bool },
    Touch { id: u128, note: u8 },
    Observe { id: u128, item: u8, at: i64, value: Option<u8> },
    Link { id: u128, from: u128, to: u128 },
    Unlink { id: u128, until: u64 },
    Alias { id: u128, value: u8 },
    Mark { root: u128, state: u8 },
    Drop { root: u128 },
    Rename { root: u128, name: u8 },
    Expect { id: u128, revision: u64, name: u8, sort: u8 },
}

fn moves() -> impl Strategy<Value = Move> {
    let id = 0..RECORDS;
    prop_oneof![
        6 => (id.clone(), 0..4u8, prop::option::of(0..RECORDS), 0..5u8, any::<bool>())
            .prop_map(|(id, name, parent, state, fresh)| Move::Put { id, name, parent, state, fresh }),
        2 => (id.clone(), 0..9u8).prop_map(|(id, note)| Move::Touch { id, note }),
        2 => (id.clone(), 0..3u8, 0..5i64, prop::option::weighted(0.8, 0..9u8))
            .prop_map(|(id, item, at, value)| Move::Observe { id, item, at, value }),
        2 => (0..EDGES, id.clone(), id.clone()).prop_map(|(id, from, to)| Move::Link { id, from, to }),
        1 => (0..EDGES, 1..6u64).prop_map(|(id, until)| Move::Unlink { id, until }),
        1 => (id.clone(), 0..3u8).prop_map(|(id, value)| Move::Alias { id, value }),
        2 => (id.clone(), 0..3u8).prop_map(|(root, state)| Move::Mark { root, state }),
        1 => id.clone().prop_map(|root| Move::Drop { root }),
        1 => (id.clone(), 0..4u8).prop_map(|(root, name)| Move::Rename { root, name }),
        1 => (id, 1..4u64, 0..4u8, 0..4u8)
            .prop_map(|(id, revision, name, sort)| Move::Expect { id, revision, name, sort }),
    ]
}

fn record_id(number: u128) -> RecordId {
    RecordId::from_uuid(Uuid::from_u128(0x1000 + number))
}

fn state(code: u8) -> State {
    match code {
        1 => State::Deleted { holds_name: true },
        2 => State::Deleted { holds_name: false },
        _ => State::Alive,
    }
}

/// Makes a set out of moves, over the present state, so that most of them can be stored.
async fn plan(now: &dyn Snapshot, moves: &[Move]) -> ChangeSet {
    let get = async |id| now.by_id(ACCOUNT, &[id]).await.unwrap().pop().flatten();
    let mut set = Set::new();
    for one in moves {
        match *one {
            Move::Put { id, name, parent, state: code, fresh } => {
                let parent = match parent {
                    // Parents have smaller numbers, so that no chain meets itself.
                    Some(parent) if parent < id => get(record_id(parent)).await,
                    _ => None,
                };
                let name = format!("n{name}");
                let made = Record { id: record_id(id), ..record("domain", parent.as_ref(), &name) };
                let before = if fresh { None } else { get(made.id).await };
                let before = before.unwrap_or_else(|| Record { revision: Revision(0), ..made.clone() });
                let visibility = if code == 3 { Visibility::Granted } else { Visibility::Open };
                let put = Record { revision: before.revision.next(), state: state(code), visibility, ..made };
                set = if before.revision.0 == 0 { set.put(&put) } else { set.replace(&put) };
            }
            Move::Touch { id, note } => {
                if let Some(before) = get(record_id(id)).await {
                    let mut after = Record { revision: before.revision.next(), ..before };
                    after.body.insert("note".into(), note.into());
                    set = set.touch(&after);
                }
            }
            Move::Observe { id, item, at, value } => {
                if let Some(record) = get(record_id(id)).await {
                    // Values of different looks, and one that is no object.
                    let value = value.map(|value| match value % 3 {
                        0 => json!({"a": value, "b": {"c": [value]}}),
                        1 => json!({"b": value, "a": null}),
                        _ => json!(value),
                    });
                    let series = if item == 0 { SAMPLE_DATA } else { TABLE_PROFILE };
                    set = set.observe(&record, vec![noted(series, &format!("i{item}"), at, value)]);
                }
            }
            Move::Link { id, from, to } => {
                let edge_id = EdgeId::from_uuid(Uuid::from_u128(id));
                let (Some(source), Some(target)) = (get(record_id(from)).await, get(record_id(to)).await) else {
                    continue;
                };
                let relation = if id % 2 == 0 { OWNER } else { TAGGED };
                let edge = Edge { id: edge_id, ..edge(&source, relation, &target) };
                set = set.unlink(&edge, source.revision.0).link(&edge);
            }
            Move::Unlink { id, until } => {
                set = set.write(Write::Unlink { id: EdgeId::from_uuid(Uuid::from_u128(id)), until: Revision(until) });
            }
            Move::Alias { id, value } => {
                if let Some(record) = get(record_id(id)).await {
                    let value = format!("v{value}");
                    set = set.write(Write::Alias { account: ACCOUNT, space: "s", value, id: record.id });
                }
            }
            Move::Mark { root, state: code } => {
                let (root, state) = (record_id(root), state(code));
                set = set.write(Write::MarkSubtree { root, state, at: Millis(5), by: actor() });
            }
            Move::Drop { root } => {
                let root = record_id(root);
                if let Some(record) = get(root).await {
                    set = set.write(Write::DropSubtree { root });
                    set = set.tell(emporion_catalog::change_set::EventKind::Purged, &record);
                }
            }
            Move::Rename { root, name } => {
                if let Some(before) = get(record_id(root)).await {
                    let to = format!("m{name}");
                    let after = Record { name: to.clone(), fqn: to.clone(), parent: None, ..next(&before) };
                    let from = before.fqn;
                    set = set.replace(&after).write(Write::MovePrefix { root: before.id, from, to });
                }
            }
            Move::Expect { id, revision, name, sort } => {
                let id = record_id(id);
                let scope = NameScope::Fqn(format!("n{name}"));
                set = set.expect(match sort {
                    0 => Expect::RevisionIs { id, revision: Revision(revision) },
                    1 => Expect::Alive { id },
                    2 => Expect::NoChildren { id },
                    _ => Expect::NameFree { account: ACCOUNT, kind: kind("domain"), scope, except: Some(id) },
                });
            }
        }
    }
    set.0
}

/// Everything that the port can be asked about the game.
async fn dump(now: &dyn Snapshot) -> Vec<String> {
    let ids: Vec<RecordId> = (0..RECORDS).map(record_id).collect();
    let mut seen = vec![format!("{:?}", now.by_id(ACCOUNT, &ids).await.unwrap())];
    let series = [SAMPLE_DATA, TABLE_PROFILE];
    seen.push(format!("{:?}", now.newest_observations(ACCOUNT, &ids, &series).await.unwrap()));
    for (id, series, item) in ids
        .iter()
        .flat_map(|id| series.map(|series| (*id, series)))
        .flat_map(|(id, series)| ["i0", "i1", "i2"].map(|item| (id, series, item.to_owned())))
    {
        let (from, to) = (Millis(1), Millis(3));
        let range = Range { account: ACCOUNT, record: id, series, item, from, to, limit: 2 };
        seen.push(format!("{:?}", now.observations(&range).await.unwrap()));
    }
    for id in &ids {
        let history = now.history(*id, None, 100).await.unwrap();
        for record in &history {
            seen.push(format!("{:?}", now.edges_at(*id, record.revision).await.unwrap()));
        }
        seen.push(format!("{history:?}"));
        for (before, one) in history.iter().zip(history.iter().skip(1)) {
            let found = now.history(*id, Some(before.revision), 1).await.unwrap();
            assert_eq!(found, std::slice::from_ref(one), "each past state is the same, wherever the reader begins");
        }
    }
    seen.push(format!("{:?}", now.edges_from(&ids, None).await.unwrap()));
    seen.push(format!("{:?}", now.edges_to(&ids, &[OWNER, TAGGED], 100).await.unwrap()));
    seen.push(format!("{:?}", now.aliases("s", &ids).await.unwrap()));
    seen.push(format!("{:?}", now.greatest_alias(ACCOUNT, kind("domain"), "s", None).await.unwrap()));
    for states in [States::Alive, States::Deleted, States::All] {
        for account in [ACCOUNT, AccountId::GLOBAL] {
            let query = ListQuery { states, ..ListQuery::of(account, kind("domain")) };
            let listed = now.list(&query).await.unwrap();
            // A total is what can be listed.
            assert_eq!(now.count(&query).await.unwrap(), listed.len() as u64);
            seen.push(format!("{listed:?}"));
        }
    }
    let every = ListQuery::of(ACCOUNT, kind("domain"));
    let below = ids.iter().map(|id| ListQuery { parent: Some(*id), ..every.clone() });
    let shown = |query: ListQuery| ListQuery { visible_to: Some(ids[..3].to_vec()), ..query };
    let places = below.chain([ListQuery { roots_only: true, ..every.clone() }, every.clone()]);
    for query in places.flat_map(|query| [shown(query.clone()), query]) {
        let listed = now.list(&query).await.unwrap();
        assert_eq!(now.count(&query).await.unwrap(), listed.len() as u64, "{query:?}");
        seen.push(format!("{listed:?}"));
    }
    for name in ["n0", "n1", "m2", "n1.n2"] {
        seen.push(format!("{:?}", now.by_fqn(ACCOUNT, kind("domain"), &[name]).await.unwrap()));
        seen.push(format!("{:?}", now.by_folded_name(ACCOUNT, kind("domain"), name, 100).await.unwrap()));
    }
    seen.push(format!("{:?}", now.events(Seq(0), 1_000).await.unwrap()));
    seen
}

/// Plays the game on the model and on an engine.
async fn play(engine: &World, calls: &[Vec<Vec<Move>>]) -> Result<(), TestCaseError> {
    let model = memory();
    for call in calls {
        let mut sets = Vec::new();
        for moves in call {
            sets.push(plan(&*model.now().await, moves).await);
        }
        let expected = model.store.commit(sets.clone()).await.unwrap();
        let answered = engine.store.commit(sets).await.unwrap();
        prop_assert_eq!(answered, expected);
        prop_assert_eq!(dump(&*engine.now().await).await, dump(&*model.now().await).await);
    }
    // The game leaves living records under deleted ones and edges to nothing, which the core does not.
    let serious: Vec<_> = engine
        .faults()
        .await
        .into_iter()
        .filter(|fault| !fault.contains("under a deleted record") && !fault.contains("no record"))
        .collect();
    prop_assert_eq!(serious, Vec::<String>::new());
    Ok(())
}

fn calls() -> impl Strategy<Value = Vec<Vec<Vec<Move>>>> {
    prop::collection::vec(prop::collection::vec(prop::collection::vec(moves(), 1..4), 1..4), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_answer_the_same(calls in calls()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { play(&sqlite(), &calls).await })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default()
    })]

    #[test]
    fn postgres_answers_the_same(calls in calls()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { play(&postgres().await, &calls).await })?;
    }
}
