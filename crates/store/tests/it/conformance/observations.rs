//! Observations: written with everything else, read as ranges, gone with their record. And past states of what was only
//! touched.

use emporion_catalog::change_set::{EventKind, Expect, Write};
use emporion_catalog::id::Millis;
use emporion_catalog::observation::{
    COLUMN_PROFILE, Key, Measures, Observation, Range, SAMPLE_DATA, Series, SeriesDef, TABLE_PROFILE, USAGE,
};
use emporion_catalog::record::Record;
use serde_json::{Value, json};

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    a_range_is_read_newest_first
    each_item_is_a_series_of_its_own
    the_newest_stay
    what_is_observed_twice_at_one_time_stands_once
    values_come_back_as_they_were_given
    the_newest_of_many_records_are_read_at_once
    an_observation_can_be_expected
    observations_are_stored_with_the_rest_or_not_at_all
    accounts_observe_apart
    observations_go_with_their_record
    past_states_of_what_was_touched_share_a_body
}

fn range(record: &Record, series: Series, item: &str) -> Range {
    let (from, to) = (Millis(i64::MIN), Millis(i64::MAX));
    Range { account: record.account, record: record.id, series, item: item.into(), from, to, limit: 100 }
}

async fn values(world: &World, range: &Range) -> (Vec<Value>, u64) {
    let observed = world.now().await.observations(range).await.unwrap();
    (observed.found.into_iter().map(|one| one.value).collect(), observed.total)
}

async fn a_range_is_read_newest_first(world: &World) {
    let a = domain("a");
    let all = (1..=5).map(|at| noted(TABLE_PROFILE, "", at * 10, json!({"at": at}))).collect();
    world.does(Set::new().put(&a).observe(&a, all)).await;
    let whole = range(&a, TABLE_PROFILE, "");
    let at = |times: &[i64]| times.iter().map(|at| json!({"at": at})).collect::<Vec<_>>();
    assert_eq!(values(world, &whole).await, (at(&[5, 4, 3, 2, 1]), 5));
    let within = Range { from: Millis(20), to: Millis(40), ..whole.clone() };
    assert_eq!(values(world, &within).await, (at(&[4, 3, 2]), 3), "both ends are included");
    assert_eq!(values(world, &Range { limit: 1, ..within.clone() }).await, (at(&[4]), 3));
    assert_eq!(values(world, &Range { from: Millis(50), to: Millis(10), ..whole.clone() }).await, (vec![], 0));
    let found = world.now().await.observations(&Range { limit: 1, ..whole }).await.unwrap().found;
    let newest = Observation {
        record: a.id,
        series: TABLE_PROFILE,
        item: String::new(),
        at: Millis(50),
        value: json!({"at": 5}),
    };
    assert_eq!(found, [newest]);
}

async fn each_item_is_a_series_of_its_own(world: &World) {
    let a = domain("a");
    let of = |item: &str, at, value: i64| noted(COLUMN_PROFILE, item, at, json!(value));
    world.does(Set::new().put(&a).observe(&a, vec![of("x", 1, 1), of("y", 1, 2), of("x", 2, 3)])).await;
    world.does(Set::new().observe(&a, vec![noted(TABLE_PROFILE, "x", 1, json!(4))])).await;
    assert_eq!(values(world, &range(&a, COLUMN_PROFILE, "x")).await, (vec![json!(3), json!(1)], 2));
    assert_eq!(values(world, &range(&a, COLUMN_PROFILE, "y")).await, (vec![json!(2)], 1));
    assert_eq!(values(world, &range(&a, COLUMN_PROFILE, "")).await, (vec![], 0));
}

async fn the_newest_stay(world: &World) {
    const FEW: &SeriesDef = &SeriesDef { name: "few", kept: 3, measures: Measures::NONE };
    let (a, few) = (domain("a"), Series(FEW));
    world.does(Set::new().put(&a)).await;
    for at in [5, 1, 4, 2, 3] {
        world.does(Set::new().observe(&a, vec![noted(few, "", at, json!(at)), noted(few, "other", 0, json!(0))])).await;
    }
    assert_eq!(values(world, &range(&a, few, "")).await, (vec![json!(5), json!(4), json!(3)], 3));
    assert_eq!(values(world, &range(&a, few, "other")).await, (vec![json!(0)], 1));
    for sample in [7, 8] {
        world.does(Set::new().observe(&a, vec![noted(SAMPLE_DATA, "", sample, json!(sample))])).await;
    }
    assert_eq!(values(world, &range(&a, SAMPLE_DATA, "")).await, (vec![json!(8)], 1));
}

async fn what_is_observed_twice_at_one_time_stands_once(world: &World) {
    let a = domain("a");
    let at = |value: Value| noted(USAGE, "", 7, value);
    world.does(Set::new().put(&a).observe(&a, vec![at(json!({"n": 1})), at(json!({"m": [2]}))])).await;
    assert_eq!(values(world, &range(&a, USAGE, "")).await, (vec![json!({"m": [2]})], 1));
    world.does(Set::new().observe(&a, vec![at(json!(3))])).await;
    assert_eq!(values(world, &range(&a, USAGE, "")).await, (vec![json!(3)], 1));
    let gone = |at| noted(USAGE, "", at, None);
    world.does(Set::new().observe(&a, vec![gone(7), gone(8), noted(TABLE_PROFILE, "", 7, None)])).await;
    assert_eq!(values(world, &range(&a, USAGE, "")).await, (vec![], 0));
}

async fn values_come_back_as_they_were_given(world: &World) {
    let a = domain("a");
    let given = [
        json!({"z": 1.0, "a": {"b": [null, "ü\"\\"], "c": {}}, "m": -0.5e-9}),
        json!({}),
        json!([1, {"x": 2}]),
        json!(null),
        json!("text"),
        // More looks than a layout is kept for, and a very long one.
        Value::Object((0..5_000).map(|n| (format!("member{n}"), json!(n))).collect()),
    ];
    let looks = (0..100).map(|n| json!({format!("m{n}"): n, "same": true}));
    let all: Vec<Value> = given.into_iter().chain(looks).collect();
    let observed = all.iter().zip(0..).map(|(value, at)| noted(TABLE_PROFILE, "", at, value.clone())).collect();
    world.does(Set::new().put(&a).observe(&a, observed)).await;
    let whole = Range { limit: 1_000, ..range(&a, TABLE_PROFILE, "") };
    let (mut found, total) = values(world, &whole).await;
    found.reverse();
    assert_eq!(total, all.len() as u64);
    for (found, given) in found.iter().zip(&all) {
        assert_eq!(found.to_string(), given.to_string(), "the order of members too");
    }
}

async fn the_newest_of_many_records_are_read_at_once(world: &World) {
    let (a, b, c) = (domain("a"), domain("b"), domain("c"));
    let at = |series, item, at| noted(series, item, at, json!(at));
    let set = Set::new().put(&a).put(&b).put(&c);
    let set = set.observe(&a, vec![at(TABLE_PROFILE, "", 2), at(TABLE_PROFILE, "", 1), at(USAGE, "", 9)]);
    world
        .does(set.observe(&b, vec![at(COLUMN_PROFILE, "y", 3), at(COLUMN_PROFILE, "x", 4), at(TABLE_PROFILE, "", 5)]))
        .await;
    let now = world.now().await;
    let ids = [c.id, b.id, a.id];
    let found = now.newest_observations(ACCOUNT, &ids, &[TABLE_PROFILE, COLUMN_PROFILE]).await.unwrap();
    let mut expected = vec![(a.id, "table_profile", "", 2), (b.id, "column_profile", "x", 4)];
    expected.extend([(b.id, "column_profile", "y", 3), (b.id, "table_profile", "", 5)]);
    expected.sort();
    let shown: Vec<_> = found.iter().map(|one| (one.record, one.series.name(), &*one.item, one.at.0)).collect();
    assert_eq!(shown, expected);
    assert_eq!(now.newest_observations(ACCOUNT, &[], &[USAGE]).await.unwrap(), []);
    assert_eq!(now.newest_observations(ACCOUNT, &ids, &[]).await.unwrap(), []);
    let key = |series, item: &str, at| Key { series, item: item.into(), at: Millis(at) };
    let keys = [key(TABLE_PROFILE, "", 1), key(TABLE_PROFILE, "", 3), key(USAGE, "", 9), key(USAGE, "x", 9)];
    assert_eq!(now.observed_at(ACCOUNT, a.id, &keys).await.unwrap(), [Some(json!(1)), None, Some(json!(9)), None]);
}

async fn an_observation_can_be_expected(world: &World) {
    let a = domain("a");
    let is = |value: Option<Value>| {
        let noted = Box::new(noted(USAGE, "", 1, value));
        Expect::ObservationIs { account: ACCOUNT, record: a.id, noted }
    };
    let day = |n| noted(USAGE, "", 1, json!({"count": n}));
    world.does(Set::new().put(&a)).await;
    world.does(Set::new().expect(is(None)).observe(&a, vec![day(1)])).await;
    assert_eq!(world.loses(Set::new().expect(is(None)).observe(&a, vec![day(2)])).await, is(None));
    let other = is(Some(json!({"count": 2})));
    assert_eq!(world.loses(Set::new().expect(other.clone()).observe(&a, vec![day(2)])).await, other);
    world.does(Set::new().expect(is(Some(json!({"count": 1})))).observe(&a, vec![day(2)])).await;
    assert_eq!(values(world, &range(&a, USAGE, "")).await.0, [json!({"count": 2})]);
}

async fn observations_are_stored_with_the_rest_or_not_at_all(world: &World) {
    let (a, b) = (domain("a"), domain("b"));
    let lost = Expect::Alive { id: b.id };
    world.loses(Set::new().expect(lost).put(&a).observe(&a, vec![noted(USAGE, "", 1, json!(1))])).await;
    assert_eq!(values(world, &range(&a, USAGE, "")).await, (vec![], 0));
    // The record was taken meanwhile: what stands before the write that fails goes, too.
    world.puts(&b).await;
    let set = Set::new().observe(&b, vec![noted(USAGE, "", 1, json!(1))]).put(&Record { id: a.id, ..domain("b") });
    world.loses(set).await;
    assert_eq!(values(world, &range(&b, USAGE, "")).await, (vec![], 0));
}

async fn accounts_observe_apart(world: &World) {
    let a = domain("a");
    world.does(Set::new().put(&a).observe(&a, vec![noted(USAGE, "", 1, json!(1))])).await;
    let foreign = Range { account: OTHER, ..range(&a, USAGE, "") };
    assert_eq!(values(world, &foreign).await, (vec![], 0));
    let now = world.now().await;
    assert_eq!(now.newest_observations(OTHER, &[a.id], &[USAGE]).await.unwrap(), []);
    let key = Key { series: USAGE, item: String::new(), at: Millis(1) };
    assert_eq!(now.observed_at(OTHER, a.id, &[key]).await.unwrap(), [None]);
}

async fn observations_go_with_their_record(world: &World) {
    let a = domain("a");
    let (b, c) = (product(&a, "b"), product(&a, "c"));
    let one = || vec![noted(USAGE, "", 1, json!({"n": 1})), noted(COLUMN_PROFILE, "x", 1, json!({"n": 1}))];
    let set = Set::new().put(&a).put(&b).put(&c);
    world.does(set.observe(&a, one()).observe(&b, one()).observe(&c, one())).await;
    let drop =
        |record: &Record| Set::new().write(Write::DropSubtree { root: record.id }).tell(EventKind::Purged, record);
    world.does(drop(&b)).await;
    assert_eq!(values(world, &range(&b, USAGE, "")).await, (vec![], 0));
    assert_eq!(values(world, &range(&c, COLUMN_PROFILE, "x")).await.1, 1);
    // One that comes again under its id has none of them.
    world.does(drop(&a)).await;
    world.does(Set::new().put(&a).observe(&a, vec![noted(USAGE, "", 2, json!({"n": 2}))])).await;
    assert_eq!(values(world, &range(&a, USAGE, "")).await, (vec![json!({"n": 2})], 1));
    assert_eq!(values(world, &range(&c, USAGE, "")).await, (vec![], 0));
}

async fn past_states_of_what_was_touched_share_a_body(world: &World) {
    let with = |record: &Record, note: &str| {
        let mut record = record.clone();
        record.body.insert("note".into(), json!(note));
        record
    };
    let mut states = vec![with(&domain("a"), "one")];
    world.puts(&states[0]).await;
    // Two touches, a change that counts, one more touch.
    for (note, at, touches) in [("two", 10, true), ("three", 20, true), ("four", 30, false), ("five", 40, true)] {
        let before = states.last().unwrap();
        let mut after = Record { revision: before.revision.next(), ..with(before, note) };
        after.updated.at = Millis(at);
        after.version += u32::from(!touches);
        world.does(if touches { Set::new().touch(&after) } else { Set::new().replace(&after) }).await;
        states.push(after);
    }
    let id = states[0].id;
    let found = world.now().await.history(id, None, 9).await.unwrap();
    let seen: Vec<_> =
        found.iter().map(|past| (past.revision.0, past.updated.at.0, past.body["note"].clone())).collect();
    let shared = [(5, 40, "five"), (4, 30, "five"), (3, 20, "three"), (2, 10, "three"), (1, 1_000, "three")];
    assert_eq!(seen, shared.map(|(revision, at, note)| (revision, at, json!(note))));
    for (newer, past) in found.iter().zip(&found[1..]) {
        let found = world.now().await.history(id, Some(newer.revision), 1).await.unwrap();
        assert_eq!(found, std::slice::from_ref(past));
    }
    if let Some(store) = &world.sqlite {
        assert_eq!(store.verify().unwrap().revisions, 4);
    }
}
