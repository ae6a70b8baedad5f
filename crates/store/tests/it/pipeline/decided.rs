//! Decisions that are made outside the core, over what somebody read: stored while that stands, and made again if not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, DoorRules, Draft, Effect};
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::tracking::ReadSet;

use super::house::{House, by_id, change, houses, named, often, product};
use crate::support::kind;

/// How many products there may be in the domain, says a door; the core knows of no such limit.
const MOST: usize = 5;

/// Makes a product where the door finds room for one.
async fn try_one(catalog: &Catalog, caller: &Caller, domain: RecordId, name: &str) -> Result<bool, Problem> {
    let read = Arc::new(ReadSet::default());
    let query = ListQuery { parent: Some(domain), ..ListQuery::of(caller.account(), kind("data_product")) };
    let present =
        read.during(async { Ok::<_, Problem>(catalog.unfiltered().await?.list(&query).await?.len()) }).await?;
    if present >= MOST {
        return Ok(false);
    }
    tokio::task::yield_now().await;
    let made = catalog.execute_decided(caller, &product(name), None, &read).await?;
    Ok(made.outcome()?.changed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_each_of_two_doors_may_do_they_do_not_both() {
    for house in houses(often()).await {
        let domain = house.get(&named("domain", "default")).await.unwrap().id();
        let (tried, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut doors = tokio::task::JoinSet::new();
        for door in 0..8 {
            let (catalog, caller) = (house.both[door % 2].clone(), house.caller.clone());
            let (tried, again) = (tried.clone(), again.clone());
            doors.spawn(async move {
                loop {
                    let name = format!("p{}", tried.fetch_add(1, Ordering::Relaxed));
                    match try_one(&catalog, &caller, domain, &name).await {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(Problem::Overtaken) => drop(again.fetch_add(1, Ordering::Relaxed)),
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
        doors.join_all().await;
        let query = ListQuery::of(house.caller.account(), kind("data_product"));
        let made = house.world.store.snapshot().await.unwrap().count(&query).await.unwrap();
        assert_eq!(made, MOST as u64, "{}: {again:?} decided again", house.engine);
    }
}

/// A decision over one thing, with another change between it and its storing.
async fn overtaken(house: &House, look: Look, between: Command) -> bool {
    let [one, other] = &house.both;
    let read = Arc::new(ReadSet::default());
    read.during(async {
        let snapshot = one.unfiltered().await.unwrap();
        look.at(&*snapshot, house.caller.account()).await;
    })
    .await;
    other.execute(&house.caller, &between).await.unwrap();
    let decided = change(named("domain", "default"), |_| {
        let mut draft = Draft::default();
        draft.set("display_name", RecordId::fresh().to_string());
        draft
    });
    match one.execute_decided(&house.caller, &decided, None, &read).await {
        Ok(done) => {
            assert_eq!(done.outcome().unwrap().effect, Effect::Updated, "{}", house.engine);
            false
        }
        Err(Problem::Overtaken) => true,
        Err(problem) => panic!("{}: {problem}", house.engine),
    }
}

enum Look {
    Record(RecordId),
    Below(RecordId),
    NoName(&'static str),
    NoAlias(&'static str),
}

impl Look {
    async fn at(&self, snapshot: &dyn emporion_catalog::ports::Snapshot, account: emporion_catalog::id::AccountId) {
        match self {
            Look::Record(id) => drop(snapshot.by_id(account, &[*id]).await.unwrap()),
            Look::Below(parent) => {
                let query = ListQuery { parent: Some(*parent), ..ListQuery::of(account, kind("data_product")) };
                drop(snapshot.list(&query).await.unwrap());
            }
            Look::NoName(fqn) => drop(snapshot.by_fqn(account, kind("data_product"), &[fqn]).await.unwrap()),
            Look::NoAlias(value) => {
                let found = snapshot.by_alias(account, emporion_catalog::alias::EXTERNAL_PRODUCT.name, value).await;
                assert_eq!(found.unwrap(), None);
            }
        }
    }
}

fn described(id: RecordId) -> Command {
    change(by_id(id), |_| {
        let mut draft = Draft::default();
        draft.set("description", RecordId::fresh().to_string());
        draft
    })
}

fn aliased(name: &str, alias: &str) -> Command {
    let aliases = vec![(emporion_catalog::alias::EXTERNAL_PRODUCT.name, alias.to_owned())];
    let draft = Draft { name: Some(name.into()), aliases, ..Draft::default() };
    let parent = Some(named("domain", "default"));
    Command::Create { kind: kind("data_product"), parent, draft, id: None, rules: DoorRules::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_is_overtaken_by_what_it_looked_at() {
    for house in houses(|_| false).await {
        let engine = house.engine;
        let (p, q) = (house.product("p").await, house.product("q").await);
        let domain = house.get(&named("domain", "default")).await.unwrap().id();
        assert!(overtaken(&house, Look::Record(p), described(p)).await, "{engine}: the record");
        assert!(overtaken(&house, Look::Below(domain), described(p)).await, "{engine}: one of a list");
        assert!(overtaken(&house, Look::Below(domain), product("r")).await, "{engine}: a new one in a list");
        assert!(overtaken(&house, Look::NoName("default.s"), product("s")).await, "{engine}: a name");
        assert!(overtaken(&house, Look::NoAlias("a"), aliased("t", "a")).await, "{engine}: an alias");
        // An engine that knows what has changed lets the rest pass; the others may do so.
        if engine.ends_with("sqlite") {
            assert!(!overtaken(&house, Look::Record(p), described(q)).await, "{engine}: another record");
            assert!(!overtaken(&house, Look::Below(p), described(q)).await, "{engine}: elsewhere");
            assert!(!overtaken(&house, Look::NoName("default.u"), product("v")).await, "{engine}: another name");
            assert!(!overtaken(&house, Look::NoAlias("b"), aliased("w", "c")).await, "{engine}: another alias");
        }
        house.world.is_whole().await;
    }
}
