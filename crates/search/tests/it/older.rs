//! An index that an older program made answers until a new one is whole, and only what it answers rightly.

use std::path::Path;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::finder::{Condition, Finder, Found, Order, Refusal, Search, Sought};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::brute_force::fill;
use crate::world::World;

/// Of which an index of another form answers each as a whole one does.
const ANSWERED: &[&str] = &[
    "kind:product",
    "owner:anna",
    "domain:sales kind:table",
    "tag:pii*",
    "-has:owner",
    "cost>20",
    "certified:no",
    "*",
];
/// Of which it finds some by words, and does not know whether these are all.
const IN_PART: &[&str] = &["sales", "net_* kind:table", "\"net sales\" OR owner:anna", "revenue -kind:table", "anna"];
/// What it would answer wrongly.
const UNANSWERED: &[&str] = &["-sales", "term:'net revenue'", "kind:table -has:term", "sales OR term:x*", "updated:1d"];

/// Makes of an index one of an older program: it has not `certified` as a column, has the words of labels by another name
/// and cut in another way, has its times in another form, and knows nothing of terms.
fn age(schema: &mut Vec<Value>, told: &mut Value) {
    schema.retain(|field| field["name"] != "counted_certified");
    for field in schema {
        match field["name"].as_str().unwrap() {
            "labels" => {
                field["name"] = "marks".into();
                field["options"]["indexing"]["tokenizer"] = "gone".into();
            }
            "updated" => field["options"]["stored"] = true.into(),
            _ => {}
        }
    }
    told["parts"].as_object_mut().unwrap().remove("fact term").unwrap();
}

/// Changes what the only index of a folder says of itself.
fn rewrite(folder: &Path, change: fn(&mut Vec<Value>, &mut Value)) {
    let index = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(index.join("meta.json")).unwrap();
    let mut meta: Value = serde_json::from_str(&text).unwrap();
    let mut told: Value = serde_json::from_str(meta["payload"].as_str().unwrap()).unwrap();
    told["fingerprint"] = "older".into();
    change(meta["schema"].as_array_mut().unwrap(), &mut told);
    meta["payload"] = told.to_string().into();
    std::fs::write(index.join("meta.json"), meta.to_string()).unwrap();
}

async fn found(world: &World, query: &str) -> Result<Found, Refusal> {
    world.find(world.house.admin(), &Search { limit: 1_000, ..Search::of(query) }).await
}

async fn all(world: &World, queries: &[&str]) -> Vec<Found> {
    let mut all = Vec::new();
    for query in queries {
        all.push(Found { seq: Default::default(), ..found(world, query).await.expect(query) });
    }
    all
}

fn is_unavailable<T, E: Into<Refusal>>(answer: Result<T, E>) -> bool {
    let answer: Result<T, Refusal> = answer.map_err(Into::into);
    matches!(answer, Err(Refusal::Problem(Problem::Unavailable { reason })) if reason.contains("anew"))
}

async fn filled() -> World {
    let world = World::new().await;
    fill(&world, &mut StdRng::seed_from_u64(5)).await;
    world.settles().await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_an_older_schema_answers_what_it_knows_while_a_new_one_is_made() {
    let world = filled().await;
    let (rightly, in_words) = (all(&world, ANSWERED).await, all(&world, IN_PART).await);
    let world = world.stops().await.changed(|folder| rewrite(folder, age)).waits().await;
    // Nothing is built yet: the new index is there, and empty.
    assert!(world.engine.progress().await.unwrap().is_some_and(|progress| progress.position.0 == 0));
    assert_eq!(all(&world, ANSWERED).await, rightly);
    for (query, whole) in IN_PART.iter().zip(&in_words) {
        let some = found(&world, query).await.expect(query);
        assert!(whole.total_is_exact && !some.total_is_exact && some.corrected.is_none(), "{query}");
        let is_hit = |id| whole.hits.iter().any(|hit| hit.id == id);
        assert!(some.total > 0 && some.total <= whole.total && some.hits.iter().all(|hit| is_hit(hit.id)), "{query}");
    }
    for query in UNANSWERED {
        assert!(is_unavailable(found(&world, query).await), "{query}");
    }
    let counted = |field: &str| Search { counted: vec![field.to_owned()], ..Search::of("kind:product") };
    let admin = world.house.admin();
    assert!(is_unavailable(world.find(admin, &counted("certified")).await));
    assert!(world.find(admin, &counted("tag")).await.is_ok());
    let by_time = Order::called("updated").unwrap();
    assert!(is_unavailable(world.find(admin, &Search { order: by_time, ..Search::of("*") }).await));
    // Doors promise that nothing is missing.
    let caller = world.house.caller(admin).await;
    let reading = world.house.catalog.reading(&caller).await.unwrap();
    let word = Condition::word("sales", false);
    let sought =
        |condition| Sought { condition, order: Order::BEST, beyond: None, from: 0, limit: 10, counted: vec![] };
    let words_of_tables = [(vec![world.house.kind("table")], word.clone())];
    assert!(is_unavailable(world.engine.seek(&reading, &sought(word.clone()), &[]).await));
    assert!(is_unavailable(world.engine.narrow(reading.account(), &words_of_tables, 100).await));
    assert!(world.engine.seek(&reading, &sought(Condition::has("owner")), &[]).await.unwrap().total > 0);
    drop(reading);

    let world = world.stops().await.starts().await;
    let late = world.house.product("sales", "late").await;
    let at_least = Some(world.house.catalog.health().await.unwrap());
    let hits = world.find(admin, &Search { at_least, ..Search::of("name:late") }).await.unwrap().hits;
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [late], "who was told of his write finds it");
    world
        .house
        .run(admin, world.house.delete(world.house.id("data_product", late), crate::house::PURGE))
        .await
        .unwrap();
    world.settles().await;
    assert_eq!((all(&world, ANSWERED).await, all(&world, IN_PART).await), (rightly, in_words));
    for query in UNANSWERED {
        assert!(found(&world, query).await.is_ok_and(|found| found.total_is_exact), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_index_answers_however_often_the_new_one_is_cut_off() {
    let mut world = filled().await;
    let rightly = all(&world, ANSWERED).await;
    world = world.stops().await.changed(|folder| rewrite(folder, age)).starts().await;
    for n in 0..12 {
        assert_eq!(all(&world, ANSWERED).await, rightly);
        tokio::time::sleep(Duration::from_millis(n * 2)).await;
        assert_eq!(all(&world, ANSWERED).await, rightly);
        world = world.dies().await;
    }
    world.settles().await;
    assert_eq!(all(&world, ANSWERED).await, rightly);
    assert!(found(&world, "-sales").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_does_not_tell_its_parts_is_taken_by_its_schema() {
    let world = filled().await;
    let (rightly, in_words) = (all(&world, ANSWERED).await, all(&world, IN_PART).await);
    let untold = |_: &mut Vec<Value>, told: &mut Value| drop(told.as_object_mut().unwrap().remove("parts"));
    let world = world.stops().await.changed(|folder| rewrite(folder, untold)).waits().await;
    // How it folds it does not tell either.
    for (query, whole) in ANSWERED.iter().zip(rightly).chain(IN_PART.iter().zip(in_words)) {
        let Ok(found) = found(&world, query).await else { panic!("{query} is not answered") };
        assert_eq!((found.total, found.hits), (whole.total, whole.hits), "{query}");
    }
}

/// What it lacks says where hits stand that are alike in everything else, and nothing of what is found.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_knows_nothing_of_uses_answers_everything() {
    let queries = [ANSWERED, IN_PART, UNANSWERED].concat();
    let world = filled().await;
    let rightly = all(&world, &queries).await;
    let without = |_: &mut Vec<Value>, told: &mut Value| {
        told["parts"].as_object_mut().unwrap().remove("use").unwrap();
    };
    let world = world.stops().await.changed(|folder| rewrite(folder, without)).waits().await;
    assert!(world.engine.progress().await.unwrap().is_some(), "a new one is to be made");
    assert_eq!(all(&world, &queries).await, rightly);
    let world = world.stops().await.starts().await;
    world.settles().await;
    assert_eq!(all(&world, &queries).await, rightly);
}

/// What both fold alike is found, and it is said that more can be; what is not to be there may be hidden.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_folds_otherwise_finds_what_it_folds_as_we_do() {
    const BY_TEXT: &[&str] = &["sales", "owner:anna", "tag:pii*", "name:sales", "domain:\"sales\""];
    const BY_IDS: &[&str] = &["owner:me", "kind:product", "-has:owner", "cost>20", "updated:1d", "*"];
    const ABSENT: &[&str] = &["-sales", "kind:table -owner:anna"];
    let world = filled().await;
    let (rightly, by_ids) = (all(&world, BY_TEXT).await, all(&world, BY_IDS).await);
    let otherwise = |_: &mut Vec<Value>, told: &mut Value| told["parts"]["folding"] = 1.into();
    let world = world.stops().await.changed(|folder| rewrite(folder, otherwise)).waits().await;
    assert_eq!(all(&world, BY_IDS).await, by_ids);
    for (query, whole) in BY_TEXT.iter().zip(rightly) {
        let found = found(&world, query).await.expect(query);
        assert!(whole.total > 0 && !found.total_is_exact && found.corrected.is_none(), "{query}");
        assert_eq!((found.total, found.hits), (whole.total, whole.hits), "{query}");
    }
    for query in ABSENT {
        assert!(is_unavailable(found(&world, query).await), "{query}");
    }
    let world = world.stops().await.starts().await;
    world.settles().await;
    assert!(found(&world, "-sales").await.is_ok_and(|found| found.total_is_exact));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_without_what_rights_and_places_need_is_made_anew() {
    let world = filled().await;
    let rightly = all(&world, ANSWERED).await;
    let unusable = |schema: &mut Vec<Value>, _: &mut Value| {
        let granted = schema.iter_mut().find(|field| field["name"] == "granted").unwrap();
        granted["name"] = "hidden".into();
    };
    let world = world.stops().await.changed(|folder| rewrite(folder, unusable)).waits().await;
    let before = found(&world, "kind:product").await.unwrap();
    assert_eq!((before.total, before.total_is_exact), (0, false));
    let world = world.stops().await.starts().await;
    world.settles().await;
    assert_eq!(all(&world, ANSWERED).await, rightly);
}
