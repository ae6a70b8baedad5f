//! What is told of the past of a record's parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use emporion_catalog::command::Deletion;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::ports::StatePlace;
use emporion_catalog::reading::PartChanges;
use emporion_catalog::record::Record;
use emporion_store::MemoryStore;
use serde_json::json;

use crate::house::{House, PURGE, field};

/// No two changes at one time, so that their order is known.
fn clock() -> Millis {
    static NOW: AtomicI64 = AtomicI64::new(1_790_000_000_000);
    Millis(NOW.fetch_add(1, Ordering::Relaxed))
}

async fn query(house: &House, product: RecordId, name: &str) -> RecordId {
    let asked = json!({"question": name, "sql": "SELECT 1"});
    house.make("verified_query", Some(&house.id("data_product", product)), name, asked).await
}

async fn edit(house: &House, kind: &str, id: RecordId, name: &str, value: &str) {
    house.run(house.admin(), house.change(house.id(kind, id), field(name, value))).await.unwrap();
}

async fn told(
    house: &House,
    (who, product): (RecordId, RecordId),
    kinds: &[&str],
    before: Option<StatePlace>,
    limit: u32,
) -> PartChanges {
    let caller = house.caller(who).await;
    let reading = house.catalog.reading(&caller).await.unwrap();
    let whole = reading.record(product).await.unwrap().unwrap();
    let kinds: Vec<_> = kinds.iter().map(|kind| house.kind(kind)).collect();
    reading.part_changes(&whole, &kinds, before, limit).await.unwrap()
}

/// Which parts, and at which revision.
fn which(told: &PartChanges) -> Vec<(RecordId, u64)> {
    told.found.iter().map(|change| (change.place.id, change.place.revision.0)).collect()
}

fn said(state: &Record, name: &str) -> String {
    state.body.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

const KINDS: [&str; 2] = ["semantic_model", "verified_query"];

#[tokio::test]
async fn what_parts_were_and_became_is_told_to_who_sees_the_whole() {
    let house = House::at(Arc::new(MemoryStore::default()), clock).await;
    let eve = house.person("eve").await;
    let [product, other] = [house.product("default", "p").await, house.product("default", "q").await];
    let named = house.id("data_product", product);
    let (first, gone) = (query(&house, product, "first").await, query(&house, product, "gone").await);
    let document = json!({"document": {"semantic_model": [{"name": "m", "datasets": []}]}});
    let model = house.make("semantic_model", Some(&named), "m", document).await;
    house.make("draft", Some(&named), "d", json!({"part": "x", "intent": "new"})).await;
    query(&house, other, "elsewhere").await;
    edit(&house, "verified_query", first, "sql", "SELECT 2").await;
    edit(&house, "data_product", product, "description", "Its own.").await;
    house.run(house.admin(), house.delete(house.id("verified_query", gone), Deletion::SOFT)).await.unwrap();
    edit(&house, "verified_query", first, "sql", "SELECT 3").await;
    for who in [eve, house.admin()] {
        // Drafts are not for everybody, and so told to nobody here.
        let all = told(&house, (who, product), &["draft", KINDS[0], KINDS[1]], None, 9).await;
        assert_eq!(which(&all), [(first, 3), (gone, 2), (first, 2), (model, 1), (gone, 1), (first, 1)]);
        assert!(all.more.is_none() && all.found.windows(2).all(|pair| pair[0].place > pair[1].place));
        assert!(told(&house, (who, product), &["draft", "data_product"], None, 9).await.found.is_empty());
        let [newest, deleted, second, ..] = &all.found[..] else { panic!("{all:?}") };
        let sql = |state: &Record| said(state, "sql");
        assert_eq!([&newest.after, &second.after, &second.now].map(sql), ["SELECT 3", "SELECT 2", "SELECT 3"]);
        let before = [newest, second].map(|change| change.before.as_ref().map(sql).unwrap_or_default());
        assert_eq!(before, ["SELECT 2", "SELECT 1"]);
        let lived = deleted.before.as_ref().is_some_and(|before| before.state.is_alive());
        assert!(lived && !deleted.after.state.is_alive() && !deleted.now.state.is_alive());
        assert!(all.found[3..].iter().all(|change| change.before.is_none()), "they came then");
        let of_models = told(&house, (who, product), &[KINDS[0]], None, 9).await;
        assert_eq!(which(&of_models), [(model, 1)]);
    }
    // What is gone for good has no past.
    house.run(house.admin(), house.delete(house.id("verified_query", gone), PURGE)).await.unwrap();
    assert_eq!(which(&told(&house, (eve, product), &KINDS, None, 9).await).len(), 4);
}

#[tokio::test]
async fn a_long_past_is_told_in_stretches() {
    let house = House::at(Arc::new(MemoryStore::default()), clock).await;
    let product = house.product("default", "p").await;
    let (a, b) = (query(&house, product, "a").await, query(&house, product, "b").await);
    for number in 0..3 {
        edit(&house, "verified_query", a, "sql", &format!("SELECT a{number}")).await;
        edit(&house, "verified_query", b, "sql", &format!("SELECT b{number}")).await;
    }
    let who = (house.admin(), product);
    let all = told(&house, who, &KINDS, None, 8).await;
    assert!(all.found.len() == 8 && all.more.is_none(), "just as many as there are");
    let (mut stretches, mut before) = (Vec::new(), None);
    loop {
        let stretch = told(&house, who, &KINDS, before, 3).await;
        assert_eq!(stretch.more, stretch.found.last().map(|last| last.place).filter(|_| stretches.len() < 6));
        // A stretch begins with what the one before it has not read.
        assert!(stretch.found.iter().all(|change| change.after.revision == change.place.revision));
        before = stretch.more;
        stretches.extend(which(&stretch));
        if before.is_none() {
            break;
        }
    }
    assert_eq!(stretches, which(&all));
    let end = told(&house, who, &KINDS, all.found.last().map(|last| last.place), 3).await;
    assert!(end.found.is_empty() && end.more.is_none());
}
