//! Records: by id, by name, their history.

use std::sync::Arc;

use emporion_catalog::change_set::{Expect, NameScope, Write};
use emporion_catalog::id::{Millis, Revision};
use emporion_catalog::kind::{Kind, Visibility};
use emporion_catalog::name;
use emporion_catalog::ports::StatePlace;
use emporion_catalog::record::{Body, Change, FieldChange, Record, State};
use serde_json::json;

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    a_record_is_found_as_it_was_put
    answers_keep_the_order_of_the_question
    a_freed_name_is_found_by_id_only
    a_held_name_is_found_after_deletion
    bare_names_are_found_in_their_folded_form
    a_name_has_one_holder
    an_id_is_given_once
    only_the_named_revision_is_replaced
    past_states_are_kept_newest_first
    states_of_what_stands_below_are_told_in_the_order_of_time
    a_record_can_move_and_be_renamed
}

fn full(parent: &Record) -> Record {
    let body =
        json!({"description": "ünï\u{0}code \" \\", "list": [1, 2.5, null, {"a": "b"}], "flag": true, "z": 1, "a": 2});
    let change = Change {
        previous_version: 11,
        updated: vec![FieldChange { field: "x.y".into(), old: Some(json!(null)), new: None }],
        ..Change::default()
    };
    let body: Body = body.as_object().unwrap().clone().into();
    let mut record = product(parent, "it's \"a.b\"");
    record.version = 12;
    record.content_revision = 3;
    record.updated.at = Millis(-5);
    record.updated.by.through = None;
    record.visibility = Visibility::Granted;
    Record { body, change: Some(Arc::new(change)), ..record }
}

async fn a_record_is_found_as_it_was_put(world: &World) {
    let parent = domain("d");
    let full = full(&parent);
    world.does(Set::new().put(&parent).put(&full)).await;
    let now = world.now().await;
    let found = now.by_fqn(ACCOUNT, full.kind, &[&full.fqn]).await.unwrap();
    assert_eq!(found, [Some(full.clone())]);
    // The order of members is part of what a client wrote.
    let body = found[0].as_ref().unwrap().body.keys().cloned().collect::<Vec<_>>();
    assert_eq!(body, ["description", "list", "flag", "z", "a"]);
}

async fn answers_keep_the_order_of_the_question(world: &World) {
    let (a, b, c) = (domain("a"), domain("b"), domain("c"));
    world.does(Set::new().put(&a).put(&b).put(&c)).await;
    let missing = domain("missing");
    let ids = [c.id, missing.id, a.id, b.id, a.id];
    let now = world.now().await;
    let found = now.by_id(ACCOUNT, &ids).await.unwrap();
    assert_eq!(found, [Some(c.clone()), None, Some(a.clone()), Some(b), Some(a.clone())]);
    let found = now.by_fqn(ACCOUNT, a.kind, &["c", "nothing", "a"]).await.unwrap();
    assert_eq!(found, [Some(c), None, Some(a.clone())]);
    assert_eq!(now.by_fqn(ACCOUNT, kind("glossary"), &["a"]).await.unwrap(), [None], "names are per kind");
    assert_eq!(now.by_id(ACCOUNT, &[]).await.unwrap(), []);
    let many: Vec<_> = std::iter::repeat_n(missing.id, 3_000).chain([a.id]).collect();
    let found = now.by_id(ACCOUNT, &many).await.unwrap();
    assert_eq!((found.len(), found.last().unwrap()), (3_001, &Some(a)));
}

async fn a_freed_name_is_found_by_id_only(world: &World) {
    let first = domain("a");
    world.puts(&first).await;
    let gone = deleted(&first, false);
    world.does(Set::new().replace(&gone)).await;
    let second = domain("a");
    world.puts(&second).await;
    let now = world.now().await;
    assert_eq!(now.by_fqn(ACCOUNT, first.kind, &["a"]).await.unwrap(), [Some(second.clone())]);
    assert_eq!(now.by_folded_name(ACCOUNT, first.kind, "a", 9).await.unwrap(), [second]);
    assert_eq!(world.get(first.id).await, Some(gone));
}

async fn a_held_name_is_found_after_deletion(world: &World) {
    let first = domain("a");
    world.puts(&first).await;
    let gone = deleted(&first, true);
    world.does(Set::new().replace(&gone)).await;
    let now = world.now().await;
    assert_eq!(now.by_fqn(ACCOUNT, first.kind, &["a"]).await.unwrap(), [Some(gone.clone())]);
    assert_eq!(now.by_folded_name(ACCOUNT, first.kind, "a", 9).await.unwrap(), [gone]);
}

async fn bare_names_are_found_in_their_folded_form(world: &World) {
    let (x, y) = (domain("x"), domain("y"));
    let (upper, lower) = (product(&x, "ÄRA"), product(&y, "ära"));
    world.does(Set::new().put(&x).put(&y).put(&upper).put(&lower)).await;
    let now = world.now().await;
    let found = now.by_folded_name(ACCOUNT, upper.kind, &name::fold("Ära"), 9).await.unwrap();
    assert_eq!(found, [upper.clone(), lower]);
    assert_eq!(now.by_folded_name(ACCOUNT, upper.kind, "ära", 1).await.unwrap(), [upper]);
}

async fn a_name_has_one_holder(world: &World) {
    let (first, second, third) = (domain("a"), domain("a"), domain("b"));
    world.puts(&first).await;
    // Without an expectation the set loses all the same, and alone.
    let sets = [domain("before"), second.clone(), domain("after")].map(|record| Set::new().put(&record).0);
    let answers = world.store.commit(sets.to_vec()).await.unwrap();
    let taken = Expect::NameFree {
        account: ACCOUNT,
        kind: first.kind,
        scope: NameScope::Fqn("a".into()),
        except: Some(second.id),
    };
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().0, taken);
    assert_eq!(answers[2].as_ref().unwrap().0, answers[0].as_ref().unwrap().0 + 1, "the lost set left no event");
    world.puts(&third).await;
    let renamed = Record { name: "a".into(), fqn: "a".into(), ..next(&third) };
    assert!(matches!(world.loses(Set::new().replace(&renamed)).await, Expect::NameFree { .. }));
    assert_eq!(world.get(third.id).await, Some(third));
    assert_eq!(world.get(second.id).await, None);
}

async fn an_id_is_given_once(world: &World) {
    let first = domain("a");
    world.puts(&first).await;
    let second = Record { id: first.id, ..domain("b") };
    let lost = world.loses(Set::new().put(&second)).await;
    assert_eq!(lost, Expect::RevisionIs { id: first.id, revision: Revision(0) });
    let elsewhere = Record { account: OTHER, ..next(&first) };
    assert!(matches!(world.loses(Set::new().replace(&elsewhere)).await, Expect::RevisionIs { .. }));
}

async fn only_the_named_revision_is_replaced(world: &World) {
    let first = domain("a");
    world.puts(&first).await;
    let third = next(&next(&first));
    let lost = world.loses(Set::new().replace(&third)).await;
    assert_eq!(lost, Expect::RevisionIs { id: first.id, revision: Revision(2) });
    let unknown = next(&domain("b"));
    assert!(matches!(world.loses(Set::new().replace(&unknown)).await, Expect::RevisionIs { .. }));
    world.does(Set::new().replace(&next(&first))).await;
    world.does(Set::new().replace(&third)).await;
    assert_eq!(world.get(first.id).await, Some(third));
}

async fn past_states_are_kept_newest_first(world: &World) {
    let mut states = vec![full(&domain("d"))];
    states[0].parent = None;
    world.puts(&states[0]).await;
    for n in 2..=6 {
        let mut state = next(&states[0]);
        state.body.insert("n".into(), json!(n));
        world.does(Set::new().replace(&state)).await;
        states.insert(0, state);
    }
    let id = states[0].id;
    let now = world.now().await;
    assert_eq!(now.history(id, None, 100).await.unwrap(), states);
    assert_eq!(now.history(id, None, 2).await.unwrap(), states[..2]);
    assert_eq!(now.history(id, Some(Revision(6)), 2).await.unwrap(), states[1..3]);
    assert_eq!(now.history(id, Some(Revision(1)), 2).await.unwrap(), []);
    assert_eq!(now.history(id, None, 0).await.unwrap(), []);
    assert_eq!(now.history(domain("x").id, None, 9).await.unwrap(), []);
}

async fn states_of_what_stands_below_are_told_in_the_order_of_time(world: &World) {
    let at = |record: &Record, at: i64| {
        let mut record = record.clone();
        record.updated.at = Millis(at);
        record
    };
    let (p, elsewhere) = (domain("p"), domain("elsewhere"));
    let query = |below: &Record, name: &str| record("verified_query", Some(below), name);
    let (a, b, other) = (at(&query(&p, "a"), 10), at(&query(&p, "b"), 20), query(&elsewhere, "c"));
    let model = at(&record("semantic_model", Some(&p), "m"), 30);
    let beside = at(&product(&p, "d"), 15);
    world.does(Set::new().put(&p).put(&elsewhere).put(&a).put(&b).put(&other).put(&model).put(&beside)).await;
    let second = at(&next(&a), 30);
    world.does(Set::new().replace(&second)).await;
    let mut gone = at(&next(&b), 40);
    gone.state = State::Deleted { holds_name: false };
    world.does(Set::new().replace(&gone)).await;
    let third = at(&next(&second), 30);
    world.does(Set::new().replace(&third)).await;
    let place = |record: &Record| StatePlace { at: record.updated.at, id: record.id, revision: record.revision };
    let all = [&gone, &third, &second, &b, &a].map(place);
    let mut of_both: Vec<StatePlace> = all.into_iter().chain([place(&model)]).collect();
    of_both.sort_unstable_by_key(|place| std::cmp::Reverse(*place));
    let now = world.now().await;
    let below = async |kinds: &[Kind], before, limit| now.history_below(p.id, kinds, before, limit).await.unwrap();
    assert_eq!(below(&[a.kind], None, 9).await, all);
    assert_eq!(below(&[a.kind, p.kind], None, 2).await, all[..2]);
    assert_eq!(below(&[a.kind, model.kind], None, 9).await, of_both);
    for (at, before) in of_both.iter().enumerate() {
        let behind = &of_both[at + 1..];
        assert_eq!(below(&[model.kind, a.kind], Some(*before), 2).await, behind[..behind.len().min(2)]);
    }
    assert_eq!(below(&[a.kind], Some(all[1]), 9).await, all[2..]);
    assert_eq!(below(&[a.kind], Some(all[4]), 9).await, []);
    assert_eq!(below(&[beside.kind], None, 9).await, [place(&beside)]);
    assert_eq!(below(&[p.kind], None, 9).await, []);
    assert_eq!(below(&[], None, 9).await, []);
}

async fn a_record_can_move_and_be_renamed(world: &World) {
    let (x, y) = (domain("x"), domain("y"));
    let before = product(&x, "p");
    world.does(Set::new().put(&x).put(&y).put(&before)).await;
    let after = Record { parent: Some(y.id), name: "Q".into(), fqn: "y.Q".into(), ..next(&before) };
    world.does(Set::new().replace(&after)).await;
    let now = world.now().await;
    assert_eq!(now.by_fqn(ACCOUNT, after.kind, &["x.p", "y.Q"]).await.unwrap(), [None, Some(after.clone())]);
    assert_eq!(now.by_folded_name(ACCOUNT, after.kind, "q", 9).await.unwrap(), std::slice::from_ref(&after));
    assert!(now.by_folded_name(ACCOUNT, after.kind, "p", 9).await.unwrap().is_empty());
    let lost = world.loses(Set::new().expect(Expect::NoChildren { id: y.id })).await;
    assert_eq!(lost, Expect::NoChildren { id: y.id });
    world.does(Set::new().expect(Expect::NoChildren { id: x.id })).await;
    world.does(Set::new().write(Write::RaiseEpoch { account: ACCOUNT })).await;
    assert_eq!(now.access_epoch(ACCOUNT).await.unwrap(), 0, "the older snapshot stays as it is");
}
