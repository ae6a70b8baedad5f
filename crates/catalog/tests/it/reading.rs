//! Whichever way a door reads, the caller gets what a look at each record would give him, and nothing else.

use std::collections::BTreeSet;

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Deletion, How};
use emporion_catalog::id::{RecordId, Seq};
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::read::Count;
use emporion_catalog::reading::{Limits, SeenCard};
use emporion_catalog::record::View;
use emporion_catalog::relation::{HAS_ASSET, IN_DOMAIN, OWNER, TAGGED};
use serde_json::json;

use crate::house::{House, is_forbidden, is_missing};

/// Compares every way to records of products with those that the caller is known to see.
pub async fn agrees(house: &House, caller: &Caller, products: &[RecordId], seen: &BTreeSet<RecordId>) {
    let reading = house.catalog.reading(caller).await.unwrap();
    let kind = house.kind("data_product");
    let all = ListQuery::of(house.made.account, kind);
    let who = &caller.principal.name;

    let records = reading.records(products, States::Alive).await.unwrap();
    let ids: BTreeSet<RecordId> = records.iter().map(|record| record.id).collect();
    assert_eq!(&ids, seen, "records: {who}");
    let cards = reading.cards(products).await.unwrap();
    assert_eq!(&cards.iter().map(|card| card.id).collect::<BTreeSet<_>>(), seen, "cards: {who}");

    let mut fqns = Vec::new();
    for product in products {
        let record = house.stored(*product).await.unwrap();
        let found = reading.find(&house.id("data_product", *product)).await.unwrap();
        assert_eq!(found.is_some(), seen.contains(product), "find: {who}");
        let named = reading.namesakes(kind, &record.name, States::Alive, 10).await.unwrap();
        assert_eq!(named.len(), usize::from(seen.contains(product)), "namesakes: {who}");
        fqns.push(record.fqn);
    }
    let held = reading.by_fqn(kind, &fqns.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    let held: BTreeSet<RecordId> = held.into_iter().flatten().map(|record| record.id).collect();
    assert_eq!(&held, seen, "by_fqn: {who}");

    let within = |fqn: &str| ListQuery { within: Some(fqn.into()), ..all.clone() };
    let queries = vec![all.clone(), within("B"), within("A.S"), within("A"), within("A.S.T"), all.clone()];
    let lists = reading.lists(queries.clone()).await.unwrap();
    assert_eq!(lists[0].len(), seen.len(), "lists: {who}");
    let totals = reading.totals(queries.clone()).await.unwrap();
    assert_eq!(totals, lists.iter().map(|list| list.len() as u64).collect::<Vec<_>>(), "totals: {who}");
    for (query, total) in queries.into_iter().zip(totals) {
        assert_eq!(reading.count(query).await.unwrap(), total, "count: {who}");
    }
    let whole: Vec<RecordId> = reading.all(all.clone()).await.unwrap().iter().map(|record| record.id).collect();
    assert_eq!(whole.len(), seen.len(), "all: {who}");
    for most in [1, 3, 1_000] {
        counts_among(house, caller, &all, &whole, most).await;
    }

    // By edges: those who bear a label, and what is around a domain.
    if let Some(tag) = reading.find(&house.name("tag", "Tier.Tier1")).await.unwrap() {
        let sources = reading.sources(&[&tag], &[TAGGED], u32::MAX).await.unwrap();
        let referring = sources.edges.iter().map(|edge| edge.from).collect::<BTreeSet<_>>();
        assert!(referring.is_subset(seen), "sources: {who}");
        for product in sources.records.values() {
            let edges = reading.edges_from(&[product], Some(&[TAGGED])).await.unwrap();
            assert!(edges.iter().any(|edge| edge.to == tag.id), "sources: {who}");
        }
    }
    if let Some(domain) = reading.find(&house.name("domain", "B")).await.unwrap() {
        let limits = Limits { up: 2, down: 2, nodes: 100, edges: 100 };
        let walked = reading.walk(&SeenCard::from(&domain), IN_DOMAIN, limits).await.unwrap();
        let met: BTreeSet<RecordId> =
            walked.nodes.iter().filter(|node| node.kind == kind).map(|node| node.id).collect();
        assert!(met.is_subset(seen), "walk: {who}");
    }

    let lines = reading.log(Seq(0), u32::MAX, &|event| event.kind == kind).await.unwrap();
    let told: BTreeSet<RecordId> = lines.found.iter().map(|line| line.event.id).collect();
    assert_eq!(&told, seen, "log: {who}");
    for record in &records {
        let may = reading.may(Action::EditDescription, record).await.unwrap();
        assert_eq!(may, reading.require(Action::EditDescription, record).await.is_ok());
        let verdicts = reading.verdicts(&[Action::View, Action::EditDescription], record).await.unwrap();
        assert_eq!(verdicts[1], reading.verdict(Action::EditDescription, record).await.unwrap());
    }
}

/// Who does not look at everything for a count gets the same pages, and is never told of more than there is.
async fn counts_among(house: &House, caller: &Caller, all: &ListQuery, whole: &[RecordId], most: u32) {
    let reading = house.catalog.reading(caller).await.unwrap().counting_among(most);
    let who = &caller.principal.name;
    let is_true =
        |count: Count| count.number == whole.len() as u64 || !count.is_exact && count.number < whole.len() as u64;
    let mut query = ListQuery { limit: 2, ..all.clone() };
    let mut met = Vec::new();
    loop {
        let page = reading.list(query.clone(), &Depth::bare()).await.unwrap();
        assert!(is_true(page.count()), "{who} among {most}: {:?} of {}", page.count(), whole.len());
        met.extend(page.views.iter().map(|view| view.id()));
        match page.views.last().filter(|_| page.more) {
            Some(last) => query.after = Some(query.keyset(&last.record)),
            None => break,
        }
    }
    assert_eq!(met, whole, "{who} among {most}");
    let counts = reading.counts(vec![all.clone()]).await.unwrap();
    assert!(is_true(counts[0]), "{who} among {most}: {counts:?} of {}", whole.len());
    assert_eq!(reading.count(all.clone()).await.unwrap(), whole.len() as u64, "{who}");
}

#[tokio::test]
async fn a_reading_is_of_one_account() {
    let house = House::new().await;
    let product = house.product("default", "p").await;
    let admin = house.caller(house.admin()).await;
    let made = house.catalog.create_account(&admin, "other", None).await.unwrap();
    let boss = house.catalog.caller(made.account, made.admin).await.unwrap();
    let reading = house.catalog.reading(&boss).await.unwrap();
    assert!(reading.records(&[product], States::All).await.unwrap().is_empty());
    assert!(reading.cards(&[product]).await.unwrap().is_empty());
    assert!(reading.find(&house.id("data_product", product)).await.unwrap().is_none());
    assert!(reading.names(&[product]).await.unwrap().into_iter().flatten().next().is_none());
    assert_eq!(reading.id_of_alias("cloud", "p").await.unwrap(), None);
    let gone = reading.get(&house.id("data_product", product), States::All, &Depth::bare()).await;
    assert!(is_missing(&gone));
    let of_product = |event: &emporion_catalog::change_set::Event| event.id == product;
    assert!(
        reading.log(Seq(0), u32::MAX, &of_product).await.unwrap().found.is_empty(),
        "the administrator of another account"
    );
}

#[tokio::test]
async fn of_what_is_gone_for_ever_administrators_alone_are_told() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let product = house.product("default", "p").await;
    house
        .run(house.admin(), house.delete(house.id("data_product", product), Deletion { hard: true, ..Deletion::SOFT }))
        .await
        .unwrap();
    for (who, lines) in [(ann, false), (house.admin(), true)] {
        let caller = house.caller(who).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        let found = reading.log(Seq(0), u32::MAX, &|event| event.id == product).await.unwrap().found;
        assert_eq!(!found.is_empty(), lines);
        assert!(found.iter().all(|line| !line.is_there));
    }
}

/// However many stand before it, and as if they were not there.
#[tokio::test]
async fn what_is_hidden_takes_no_place_among_those_that_refer_to_something() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let table = house.tables(&["t"]).await.pop().unwrap();
    let mut products = Vec::new();
    for n in 0..30 {
        let id = house.product("default", &format!("p{n}")).await;
        let product = house.id("data_product", id);
        house.relate(&product, HAS_ASSET, How::Add, vec![house.id("table", table)]).await;
        if n % 10 != 9 {
            house.grant(&product).await;
        }
        products.push(id);
    }
    let ann = house.caller(ann).await;
    let reading = house.catalog.reading(&ann).await.unwrap();
    let table = reading.find(&house.id("table", table)).await.unwrap().unwrap();
    let of = async |limit| {
        let found = reading.sources(&[&table], &[HAS_ASSET], limit).await.unwrap();
        let from: BTreeSet<RecordId> = found.edges.iter().map(|edge| edge.from).collect();
        assert_eq!(from, found.records.keys().copied().collect());
        (from, found.is_cut)
    };
    let seen: BTreeSet<RecordId> = [products[9], products[19], products[29]].into();
    for limit in [3, 4, 100, u32::MAX] {
        assert_eq!(of(limit).await, (seen.clone(), false), "{limit}");
    }
    let (first, is_cut) = of(2).await;
    assert!(first.len() == 2 && first.is_subset(&seen) && is_cut);
}

/// What it refers to, whoever sees it learns the name of; what it did once, who sees that.
#[tokio::test]
async fn the_past_names_nothing_that_is_hidden_by_now() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let tables = house.tables(&["kept", "gone"]).await;
    let id = house.product("default", "p").await;
    let product = house.id("data_product", id);
    let both: Vec<_> = tables.iter().map(|table| house.id("table", *table)).collect();
    house.relate(&product, HAS_ASSET, How::Add, both.clone()).await;
    house.relate(&product, HAS_ASSET, How::Remove, vec![both[1].clone()]).await;
    for table in &both {
        house.grant(table).await;
    }
    for (who, names) in [(house.admin(), 2), (ann, 1)] {
        let caller = house.caller(who).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        let past = house.catalog.history(&caller, &product, None, 10).await.unwrap();
        let wanted: Vec<_> = past.iter().map(|view| (id, view.record.revision)).collect();
        let states = reading.states(&wanted).await.unwrap();
        let named = |view: &View| tables.iter().filter(|id| view.cards.contains_key(id)).count();
        assert_eq!(states.iter().flatten().map(named).max(), Some(names), "{}", caller.principal.name);
        let edges = |view: &View| view.edges.iter().filter(|edge| edge.relation == HAS_ASSET).count();
        assert_eq!(states.iter().flatten().map(edges).max(), Some(2), "that there was one is told");
    }
}

/// He owns it through a team, another sees it and may not change it.
#[tokio::test]
async fn rights_are_asked_of_the_state_that_is_read() {
    let house = House::new().await;
    let (ann, eve) = (house.person("ann").await, house.person("eve").await);
    let team = house.make("team", None, "T", json!({"team_type": "Group"})).await;
    house
        .relate(&house.id("team", team), emporion_catalog::relation::MEMBER, How::Add, vec![house.id("user", ann)])
        .await;
    let product = house.product("default", "p").await;
    house.relate(&house.id("data_product", product), OWNER, How::Add, vec![house.id("team", team)]).await;
    for (who, may) in [(ann, true), (eve, false)] {
        let caller = house.caller(who).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        let record = reading.records(&[product], States::Alive).await.unwrap().pop().unwrap();
        assert_eq!(reading.may(Action::EditDescription, &record).await.unwrap(), may);
        assert_eq!(is_forbidden(&reading.require(Action::EditDescription, &record).await), !may);
        assert_eq!(is_forbidden(&reading.ask_change(&record, &["description"]).await), !may);
    }
}

/// What would wait for the writer with a connection of the store in its hand is found while it is written.
#[cfg(debug_assertions)]
#[tokio::test]
async fn nobody_writes_while_he_reads() {
    let house = std::sync::Arc::new(House::new().await);
    let held = house.clone();
    let write = tokio::spawn(async move {
        let caller = held.caller(held.admin()).await;
        let _reading = held.catalog.reading(&caller).await.unwrap();
        drop(held.catalog.execute(&caller, &held.create("domain", None, "D", json!({}), &[])).await);
    });
    assert!(write.await.unwrap_err().is_panic());
    let wrote = tokio::spawn(async move {
        let caller = house.caller(house.admin()).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        reading.execute(&house.create("domain", None, "D", json!({"domain_type": "Aggregate"}), &[])).await.map(drop)
    });
    wrote.await.unwrap().unwrap();
}
