//! A row filter outlasts the role that it was put on, whichever way the next one comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use emporion_catalog::command::{Decision, Deletion, DoorRules, Draft, How, Ref, Target, Term};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::relation::{
    EDITOR, HAS_ASSET, HAS_POLICY, HAS_ROLE, IN_DOMAIN, MEMBER, OWNER, ROW_FILTERS, Relation, UNTIL, VIEWER,
};
use emporion_catalog::requests::{Ask, Wanted};
use emporion_catalog::rows::filters;
use emporion_store::MemoryStore;
use serde_json::json;

use crate::house::{House, PURGE, RECURSIVE, is_forbidden};

static CLOCK: AtomicI64 = AtomicI64::new(1_000);

struct World {
    house: House,
    product: RecordId,
    owner: RecordId,
    user: RecordId,
}

impl World {
    async fn new() -> World {
        World::at(|| Millis(CLOCK.load(Ordering::SeqCst))).await
    }

    async fn at(clock: fn() -> Millis) -> World {
        let house = House::at(Arc::new(MemoryStore::default()), clock).await;
        let product = house.product("default", "p").await;
        let (owner, user) = (house.person("owner").await, house.person("user").await);
        let target = house.id("data_product", product);
        house.relate(&target, OWNER, How::Add, vec![house.id("user", owner)]).await;
        World { house, product, owner, user }
    }

    async fn ask(&self, wanted: Wanted) -> RecordId {
        let product = self.house.id("data_product", self.product);
        let ask = Ask { product, wanted, reason: "a report".into(), until: None };
        self.house.catalog.ask_for_access(&self.house.caller(self.user).await, &ask).await.unwrap().id
    }

    async fn approve(&self, request: RecordId, term: Term) {
        let owner = self.house.caller(self.owner).await;
        self.house.catalog.decide_access(&owner, request, None, Decision::Approve(term), None).await.unwrap();
    }

    async fn change(&self, who: RecordId, relation: Relation, how: How, filter: Option<&str>) {
        let mut target = Target::of(self.house.id("user", self.user));
        if let Some(filter) = filter {
            target = target.with(ROW_FILTERS, json!({"orders": filter}));
        }
        let mut draft = Draft::default();
        draft.relate(relation, how, "users", vec![target]);
        let product = self.house.id("data_product", self.product);
        self.house.run(who, self.house.change(product, draft)).await.unwrap();
    }

    async fn filters(&self) -> Vec<String> {
        let view = self.house.get(self.house.admin(), &self.house.id("data_product", self.product)).await.unwrap();
        filters::of_user(&view, self.user)
            .into_iter()
            .map(|(table, condition)| format!("{table}: {condition}"))
            .collect()
    }

    async fn told(&self, who: RecordId, request: RecordId) -> usize {
        let caller = self.house.caller(who).await;
        let reading = self.house.catalog.reading(&caller).await.unwrap();
        let request = reading.access_request(request).await.unwrap();
        reading.filters_that_stay(&request).await.unwrap().len()
    }
}

#[tokio::test]
async fn the_next_role_bears_the_filter_of_one_that_has_ended_or_was_given_up() {
    let world = World::new().await;
    let admin = world.house.admin();
    world.approve(world.ask(Wanted::Viewer).await, Term::Until(Millis(2_000))).await;
    world.change(admin, VIEWER, How::Add, Some("a = 1")).await;
    let longer = world.ask(Wanted::Viewer).await;
    assert_eq!((world.told(world.owner, longer).await, world.told(world.user, longer).await), (1, 0));
    CLOCK.store(2_000, Ordering::SeqCst);
    world.house.catalog.end_expired().await.unwrap();
    assert_eq!(world.filters().await, ["orders: a = 1"], "it holds meanwhile");
    assert_eq!((world.told(world.owner, longer).await, world.told(world.user, longer).await), (1, 0));
    world.approve(longer, Term::Endless).await;
    assert_eq!(world.filters().await, ["orders: a = 1"]);

    // Nobody gets rid of it by going and coming back; nor does who is given the role by hand.
    world.change(world.user, VIEWER, How::Remove, None).await;
    assert_eq!(world.filters().await, ["orders: a = 1"], "it holds meanwhile");
    world.approve(world.ask(Wanted::Editor).await, Term::Endless).await;
    assert_eq!(world.filters().await, ["orders: a = 1"]);
    world.change(world.user, EDITOR, How::Remove, None).await;
    world.change(world.owner, VIEWER, How::Add, Some("b = 2")).await;
    assert_eq!(world.filters().await, ["orders: (b = 2) AND (a = 1)"]);

    // Who reads all rows takes it off with the role.
    world.change(admin, VIEWER, How::Remove, None).await;
    let anew = world.ask(Wanted::Viewer).await;
    assert_eq!(world.told(world.owner, anew).await, 0);
    world.approve(anew, Term::Endless).await;
    assert!(world.filters().await.is_empty());
}

/// It is given up, or it ends by itself: a team that owns the product brings nothing that the filter held back.
#[tokio::test]
async fn after_the_role_a_filter_holds_whatever_else_opens_the_rows() {
    static LATER: AtomicI64 = AtomicI64::new(1_000);
    let world = World::at(|| Millis(LATER.load(Ordering::SeqCst))).await;
    let house = &world.house;
    let orders = house.tables(&["orders"]).await.pop().unwrap();
    let product = house.id("data_product", world.product);
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("table", orders)]).await;
    let team = house.make("team", None, "T", json!({"team_type": "Group"})).await;
    house.relate(&product, OWNER, How::Add, vec![house.id("team", team)]).await;
    let seen = async || {
        let caller = house.caller(world.user).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        let view = reading.get(&product, States::Alive, &Depth::full()).await.unwrap();
        let table = reading.find(&house.id("table", orders)).await.unwrap().unwrap();
        let is_filtered = !reading.rows().filtered(&[&table]).await.unwrap().is_empty();
        assert_eq!(is_filtered, !filters::of_user(&view, world.user).is_empty());
        (reading.rows().may_query(&view).await.unwrap().is_some(), is_filtered)
    };
    assert_eq!(seen().await, (false, false));
    let narrowed = Target::of(house.id("user", world.user)).with(ROW_FILTERS, json!({"orders": "a = 1"}));
    let mut draft = Draft::default();
    draft.relate(VIEWER, How::Add, "users", vec![narrowed.with(UNTIL, json!(2_000))]);
    house.run(house.admin(), house.change(product.clone(), draft)).await.unwrap();
    assert_eq!(seen().await, (true, true));
    LATER.store(2_000, Ordering::SeqCst);
    house.catalog.end_expired().await.unwrap();
    assert_eq!(seen().await, (false, true));
    house.relate(&house.id("team", team), MEMBER, How::Add, vec![house.id("user", world.user)]).await;
    assert_eq!(seen().await, (true, true), "whoever let him in did not know");
    // A role bears it again, and is not given up for what the team brings; without the team he has the filter as before.
    world.change(house.admin(), VIEWER, How::Add, None).await;
    assert_eq!(seen().await, (true, true));
    let mut draft = Draft::default();
    draft.relate(VIEWER, How::Remove, "users", vec![Target::of(house.id("user", world.user))]);
    let gone = house.run(world.user, house.change(product.clone(), draft)).await;
    assert!(is_forbidden(&gone));
    house.relate(&house.id("team", team), MEMBER, How::Remove, vec![house.id("user", world.user)]).await;
    world.change(world.user, VIEWER, How::Remove, None).await;
    house.relate(&house.id("team", team), MEMBER, How::Add, vec![house.id("user", world.user)]).await;
    assert_eq!(seen().await, (true, true));
    // Who reads all rows takes it off, by the role that bears it.
    world.change(house.admin(), VIEWER, How::Add, None).await;
    world.change(house.admin(), VIEWER, How::Remove, None).await;
    assert_eq!(seen().await, (true, false));
}

/// A policy of the user's own.
async fn allow(house: &House, user: RecordId, kind: &str, operation: &str) {
    let rule = json!({"name": "r", "effect": "allow", "resources": [kind], "operations": [operation]});
    let name = format!("{kind}{operation}{user}");
    house.make("policy", None, &name, json!({"rules": [rule]})).await;
    let role = house.create("role", None, &name, json!({}), &[(HAS_POLICY, house.name("policy", &name))]);
    let role = house.run(house.admin(), role).await.unwrap().view.id();
    house.relate(&house.id("user", user), HAS_ROLE, How::Add, vec![house.id("role", role)]).await;
}

/// The account's own way to end a filter is for those who have all rows, and no deletion is a way round.
#[tokio::test]
async fn who_has_a_filter_deletes_nothing_that_it_stands_on() {
    let world = World::new().await;
    let house = &world.house;
    let orders = house.tables(&["orders", "returns"]).await.remove(0);
    let sales = house.id("domain", house.domain("Sales").await);
    house.relate(&sales, OWNER, How::Add, vec![house.id("user", world.user)]).await;
    house.make("domain", Some(&house.name("domain", "Sales")), "Retail", json!({"domain_type": "Aggregate"})).await;
    let product = house.id("data_product", house.product("Sales.Retail", "r").await);
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("table", orders)]).await;
    let filtered = |how| {
        let narrowed = Target::of(house.id("user", world.user)).with(ROW_FILTERS, json!({"orders": "a = 1"}));
        let mut draft = Draft::default();
        draft.relate(VIEWER, how, "users", vec![narrowed]);
        house.run(house.admin(), house.change(product.clone(), draft))
    };
    filtered(How::Add).await.unwrap();
    for how in [RECURSIVE, PURGE, Deletion { frees_name: true, ..RECURSIVE }] {
        for target in [&sales, &house.name("domain", "Sales.Retail"), &product] {
            let gone = house.run(world.user, house.delete(target.clone(), how)).await;
            assert!(is_forbidden(&gone), "{target:?} {how:?}: {gone:?}");
        }
    }
    // Nor does somebody who reads no rows free him.
    let helper = house.person("helper").await;
    allow(house, helper, "domain", "Delete").await;
    let gone = house.run(helper, house.delete(sales.clone(), RECURSIVE)).await;
    assert!(is_forbidden(&gone), "{gone:?}");
    // What goes to another domain is not lost, and keeps its filter.
    house.relate(&product, IN_DOMAIN, How::Add, vec![house.name("domain", "default")]).await;
    house.run(world.user, house.delete(house.name("domain", "Sales.Retail"), RECURSIVE)).await.unwrap();
    let view = house.get(house.admin(), &product).await.unwrap();
    assert_eq!(view.record.fqn, "default.r");
    assert_eq!(filters::of_user(&view, world.user).len(), 1);
    house.relate(&product, OWNER, How::Add, vec![house.id("user", world.user)]).await;
    assert!(is_forbidden(&house.run(world.user, house.delete(product.clone(), RECURSIVE)).await));
    filtered(How::Remove).await.unwrap();
    house.run(world.user, house.delete(product.clone(), RECURSIVE)).await.unwrap();
    house.run(world.user, house.delete(sales, RECURSIVE)).await.unwrap();
}

/// A filter is found by the name of a table: another one of that name in the product must not be all that it means.
#[tokio::test]
async fn an_asset_goes_with_its_filter_for_nobody_whom_that_holds_back() {
    let world = World::new().await;
    let house = &world.house;
    let orders = house.tables(&["orders", "returns"]).await.remove(0);
    house.make("database_schema", Some(&house.name("database", "w.d")), "t", json!({})).await;
    let other = house.make("table", Some(&house.name("database_schema", "w.d.t")), "orders", json!({})).await;
    let product = house.id("data_product", world.product);
    let assets = vec![house.id("table", orders), house.id("table", other)];
    house.relate(&product, HAS_ASSET, How::Add, assets.clone()).await;
    world.change(house.admin(), EDITOR, How::Add, Some("a = 1")).await;
    allow(house, world.user, "all", "Delete").await;
    let removal = |asset: &Ref| {
        let mut draft = Draft::default();
        draft.relate(HAS_ASSET, How::Remove, "assets", vec![Target::of(asset.clone())]);
        house.change(product.clone(), draft)
    };
    let closed = async || {
        let caller = house.caller(world.user).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        let tables = [house.stored(orders).await.unwrap(), house.stored(other).await.unwrap()];
        reading.rows().filtered(&[&tables[0], &tables[1]]).await.unwrap().len()
    };
    assert_eq!(closed().await, 2);
    assert!(is_forbidden(&house.run(world.user, removal(&assets[0])).await));
    for target in [assets[0].clone(), house.name("database_schema", "w.d.s"), house.name("database_service", "w")] {
        let gone = house.run(world.user, house.delete(target.clone(), RECURSIVE)).await;
        assert!(is_forbidden(&gone), "{target:?}: {gone:?}");
    }
    house.run(world.user, house.delete(house.name("table", "w.d.s.returns"), Deletion::SOFT)).await.unwrap();
    house.run(house.admin(), removal(&assets[0])).await.unwrap();
    assert_eq!(closed().await, 1, "who has all rows may");
}

/// What gives a filter that was for nothing a table to be for opens whatever else it closed.
#[tokio::test]
async fn nobody_has_his_filter_mean_another_table_than_the_one_that_it_was_put_on() {
    for standing in ["editor", "owner", "team", "policy"] {
        let world = World::new().await;
        let house = &world.house;
        let tables = house.tables(&["orders", "returns"]).await;
        house.make("database_schema", Some(&house.name("database", "w.d")), "t", json!({})).await;
        let schema = house.name("database_schema", "w.d.t");
        let mut own = Vec::new();
        for name in ["ORDERS", "other"] {
            let table = house.id("table", house.make("table", Some(&schema), name, json!({})).await);
            house.relate(&table, OWNER, How::Add, vec![house.id("user", world.user)]).await;
            own.push(table);
        }
        let product = house.id("data_product", world.product);
        let (orders, returns) = (house.id("table", tables[0]), house.id("table", tables[1]));
        house.relate(&product, HAS_ASSET, How::Add, vec![orders.clone(), returns.clone()]).await;
        let role = if standing == "editor" { EDITOR } else { VIEWER };
        world.change(house.admin(), role, How::Add, Some("a = 1")).await;
        let user = house.id("user", world.user);
        match standing {
            "owner" => drop(house.relate(&product, OWNER, How::Add, vec![user]).await),
            "policy" => allow(house, world.user, "data_product", "EditAll").await,
            "team" => {
                let team = house.make("team", None, "T", json!({"team_type": "Group"})).await;
                house.relate(&house.id("team", team), MEMBER, How::Add, vec![user]).await;
                house.relate(&product, OWNER, How::Add, vec![house.id("team", team)]).await;
            }
            _ => {}
        }
        let assets = async |who, how, assets: &[&Ref]| {
            let targets = assets.iter().map(|asset| Target::of((*asset).clone())).collect();
            let mut draft = Draft::default();
            draft.relate(HAS_ASSET, how, "assets", targets);
            house.run(who, house.change(product.clone(), draft)).await
        };
        let is_closed = async || {
            let caller = house.caller(world.user).await;
            let reading = house.catalog.reading(&caller).await.unwrap();
            let table = house.stored(tables[0]).await.unwrap();
            !reading.rows().filtered(&[&table]).await.unwrap().is_empty()
        };
        // What goes and comes back is closed all the while.
        let taken = assets(world.user, How::Remove, &[&orders]).await;
        assert!(taken.is_ok(), "{standing}: {taken:?}");
        assert!(is_closed().await, "{standing}");
        let gone = assets(world.user, How::Remove, &[&returns]).await;
        assert!(is_forbidden(&gone), "{standing}: it closes whatever the product has: {gone:?}");
        assets(world.user, How::Add, &[&orders]).await.unwrap();
        assert!(is_closed().await, "{standing}");

        assets(world.user, How::Remove, &[&orders]).await.unwrap();
        for (how, added) in [
            (How::Add, vec![&own[0]]),
            (How::Add, vec![&own[1], &own[0]]),
            (How::Replace, vec![&own[0]]),
            (How::Replace, vec![&returns, &own[0]]),
        ] {
            let swapped = assets(world.user, how, &added).await;
            assert!(is_forbidden(&swapped), "{standing}: {swapped:?}");
        }
        // Nor when the other one was in the product beside it.
        assets(world.user, How::Add, &[&orders, &own[0]]).await.unwrap();
        assert!(is_forbidden(&assets(world.user, How::Remove, &[&orders]).await), "{standing}");
        assets(world.user, How::Remove, &[&orders, &own[0]]).await.unwrap();
        assert!(is_forbidden(&assets(world.user, How::Add, &[&own[0]]).await), "{standing}");
        // Nor by the help of somebody who reads no rows.
        let helper = house.person("helper").await;
        allow(house, helper, "data_product", "EditAll").await;
        assert!(is_forbidden(&assets(helper, How::Add, &[&own[0]]).await), "{standing}");

        // What he holds is not all that the filter closes.
        assets(world.user, How::Add, &[&own[1]]).await.unwrap();
        assets(house.admin(), How::Remove, &[&returns]).await.unwrap();
        allow(house, world.user, "data_product", "Delete").await;
        let gone = house.run(world.user, house.delete(product.clone(), RECURSIVE)).await;
        assert!(is_forbidden(&gone), "{standing}: {gone:?}");
        assert!(is_closed().await, "{standing}");
        assets(house.admin(), How::Add, &[&own[0]]).await.unwrap();
        assert!(!is_closed().await, "{standing}: who has all rows may");
    }
}

/// What is no table and can be called anything is nothing that a filter could be for.
#[tokio::test]
async fn no_filter_is_for_an_asset_that_is_called_as_its_table_afterwards() {
    let world = World::new().await;
    let house = &world.house;
    let orders = house.id("table", house.tables(&["orders"]).await.remove(0));
    let product = house.id("data_product", world.product);
    house.relate(&product, HAS_ASSET, How::Add, vec![orders.clone()]).await;
    world.change(house.admin(), EDITOR, How::Add, Some("a = 1")).await;
    let other = house.make("asset", Some(&house.name("domain", "default")), "other", json!({})).await;
    let other = house.id("asset", other);
    house.relate(&other, OWNER, How::Add, vec![house.id("user", world.user)]).await;
    let mut draft = Draft::default();
    draft.relate(HAS_ASSET, How::Replace, "assets", vec![Target::of(other.clone())]);
    house.run(world.user, house.change(product, draft)).await.unwrap();
    let draft = Draft { name: Some("orders".into()), ..Draft::default() };
    let rules = DoorRules { may_rename: true, ..DoorRules::default() };
    house.run(world.user, house.change_by(other, draft, rules)).await.unwrap();
    let caller = house.caller(world.user).await;
    let reading = house.catalog.reading(&caller).await.unwrap();
    let table = reading.find(&orders).await.unwrap().unwrap();
    assert_eq!(reading.rows().filtered(&[&table]).await.unwrap().len(), 1);
}
