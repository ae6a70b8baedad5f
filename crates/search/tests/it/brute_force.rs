//! Generated queries, for people of all standings, against a plain look at every record.

mod filled;
mod queries;

use emporion_catalog::caller::Caller;
use emporion_catalog::finder::{Finder, Found, Order, SORTS, Search};
use emporion_catalog::id::RecordId;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

pub use self::filled::fill;
use self::queries::{long, query};
use crate::house::field;
use crate::world::{Documents, Plain, World};

/// How many queries are tried: a seed and a number may be given.
fn how_many() -> (u64, u32) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    (number("SEARCH_SEED").unwrap_or(1), number("SEARCH_QUERIES").map_or(400, |n| n as u32))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_what_a_plain_look_finds() {
    let (seed, count) = how_many();
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(seed);
    let people = fill(&world, &mut random).await;
    world.settles().await;
    compare(&world, &people, &mut random, count / 2).await;
    // After changes that show elsewhere, and after deletions.
    let house = &world.house;
    let admin = house.admin();
    house.run(admin, house.change(house.name("domain", "sales"), field("display_name", "Vente"))).await.unwrap();
    house.run(admin, house.change(house.id("user", people[1]), field("display_name", "Anna Lee"))).await.unwrap();
    house
        .run(admin, house.delete(house.name("glossary_term", "Words.Net revenue"), crate::house::RECURSIVE))
        .await
        .unwrap();
    world.settles().await;
    compare(&world, &people, &mut random, count / 4).await;
    let world = world.dies().await;
    let house = &world.house;
    house.run(admin, house.delete(house.id("user", people[2]), crate::house::PURGE)).await.unwrap();
    house.run(admin, house.delete(house.name("domain", "finance"), crate::house::RECURSIVE)).await.unwrap();
    world.settles().await;
    let people: Vec<RecordId> = people.iter().copied().filter(|who| *who != people[2]).collect();
    compare(&world, &people, &mut random, count / 4).await;
}

async fn compare(world: &World, people: &[RecordId], random: &mut StdRng, count: u32) {
    let documents = world.documents().await;
    let mut matched = 0;
    for _ in 0..count {
        let query = if random.random_bool(0.1) { long(random) } else { query(random, 2) };
        let caller = world.house.caller(*people.choose(random).unwrap()).await;
        let limit = *[1_u32, 3, 7, 50, 1_000].choose(random).unwrap();
        let (sort, order) = *SORTS.choose(random).unwrap();
        let plain = world.plain(&caller, &documents, &query, order).await;
        if plain.total == 0 {
            nothing(world, &caller, &documents, &query, order).await;
            continue;
        }
        matched += 1;
        let limit = if plain.total > 60 { limit.max(50) } else { limit };
        let searched = world.searched(&caller, &query, limit, order).await;
        assert_eq!(searched, plain, "{query} for {} by {limit}, by {sort}", caller.principal.name);
        if matched % 6 == 0 {
            narrow(world, &caller, &documents, &query, order).await;
        }
        let most = random.random_range(1..12);
        bounded(world, &caller, Search { limit, order, ..Search::of(&query) }, &plain, most).await;
    }
    assert!(matched > count / 3, "{matched} of {count} queries find anything");
}

/// Where not everything is looked at, each page is the same, and what was counted is no more than there is.
async fn bounded(world: &World, caller: &Caller, search: Search, plain: &Plain, most: u32) {
    let told = |found: &Found| {
        let is_told = if found.total_is_exact { found.total == plain.total } else { found.total <= plain.total };
        assert!(is_told, "{} of {} for {}: {most}", found.total, plain.total, found.query);
    };
    let mut page = Search { most_looked_at: Some(most), ..search.clone() };
    let mut hits: Vec<RecordId> = Vec::new();
    loop {
        let found = world.engine.find(caller, &page).await.expect("a query");
        told(&found);
        hits.extend(found.hits.iter().map(|hit| hit.id));
        page.after = found.after;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(hits, plain.hits, "{} for {}, {most} looked at", search.query, caller.principal.name);
    let found = world.engine.find(caller, &Search { enough: Some(most), ..search }).await.expect("a query");
    told(&found);
    assert!(found.total >= u64::from(most).min(plain.total), "{} of {}", found.total, plain.total);
}

/// What nothing fits finds nothing, unless something was meant that is spelled otherwise: then it finds what that does.
async fn nothing(world: &World, caller: &Caller, documents: &Documents, query: &str, order: Order) {
    let found = world.engine.find(caller, &Search { order, ..Search::of(query) }).await.expect("a query");
    let Some(instead) = found.corrected else {
        assert_eq!((found.total, found.hits.len()), (0, 0), "{query} for {}", caller.principal.name);
        return;
    };
    let plain = world.plain(caller, documents, &instead, order).await;
    assert!(plain.total > 0, "{query} is no better as {instead}");
    let hits: Vec<RecordId> = found.hits.iter().map(|hit| hit.id).collect();
    let first = &plain.hits[..hits.len()];
    assert_eq!((found.total, &hits[..]), (plain.total, first), "{instead} for {}", caller.principal.name);
}

/// Values of a facet that are looked for plainly.
const MOST_VALUES: usize = 5;
/// What is counted beside a search.
const BESIDE: [&str; 5] = ["updated:7d", "-has:owner", "sal*", "(kind:table OR net)", "queryable:yes"];

/// What was counted beside it is what a plain look finds of its clause; and a query that is put together again is the same.
async fn narrow(world: &World, caller: &Caller, documents: &Documents, query: &str, order: Order) {
    let found = |query: String| async move {
        let counted = world.engine.counted().iter().map(|field| (*field).to_owned()).collect();
        let also = Vec::from(BESIDE.map(str::to_owned));
        world.engine.find(caller, &Search { limit: 1_000, counted, also, ..Search::of(query) }).await.expect("a query")
    };
    let whole = found(query.to_owned()).await;
    let clauses = world.engine.clauses(query).expect("a query").all.join(" ");
    let again = found(clauses.clone()).await;
    assert_eq!((&again.query, again.total, &again.hits), (&whole.query, whole.total, &whole.hits), "{clauses}");
    for facet in &whole.facets {
        let clause = |(value, count): &(String, u64)| (world.engine.clause(&facet.field, value), *count);
        for (clause, count) in facet.values.iter().map(clause).take(MOST_VALUES) {
            let plain = world.plain(caller, documents, &format!("{clauses} {clause}"), order).await;
            assert_eq!(plain.total, count, "{clauses} {clause} for {}", caller.principal.name);
        }
        if facet.field == "kind" {
            // Everything is of one kind: none is passed over.
            let counted: u64 = facet.values.iter().map(|(_, count)| count).sum();
            assert_eq!(counted, whole.total, "{clauses} for {}", caller.principal.name);
        }
    }
    for (clause, count) in std::iter::zip(BESIDE, &whole.also) {
        let plain = world.plain(caller, documents, &format!("{clauses} {clause}"), order).await;
        assert_eq!(plain.total, *count, "{clauses} {clause} for {}", caller.principal.name);
    }
}
