//! Requests for access: who sees them, who decides them, and what they become.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Decision, Deletion, Draft, Guard, How, Ref, Target, Term};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::relation::{self, EDITOR, HAS_ASSET, HAS_ROLE, MEMBER, OWNER, ROW_FILTERS, Relation, VIEWER};
use emporion_catalog::requests::{AccessRequest, Ask, Asked, KIND, MOST_OPEN, Wanted, Which};
use emporion_catalog::rows::grants;
use emporion_catalog::rows::roles::ALLOW_SQL;
use emporion_store::MemoryStore;
use serde_json::json;

use crate::house::{House, RECURSIVE, field, is_forbidden, is_missing};

pub struct World {
    pub house: House,
    pub product: RecordId,
    /// Of the product, with its rows; of the tables.
    pub owner: RecordId,
    pub holder: RecordId,
    pub asker: RecordId,
    pub other: RecordId,
    pub tables: Vec<RecordId>,
}

impl World {
    pub async fn new() -> World {
        World::of(House::new().await).await
    }

    async fn of(house: House) -> World {
        house.domain("Sales").await;
        let product = house.product("Sales", "Orders").await;
        let tables = house.tables(&["orders", "wages"]).await;
        let (owner, holder) = (house.person("owner").await, house.person("holder").await);
        let (asker, other) = (house.person("asker").await, house.person("other").await);
        let target = house.id("data_product", product);
        house.relate(&target, OWNER, How::Add, vec![house.id("user", owner)]).await;
        for table in &tables {
            house.relate(&house.id("table", *table), OWNER, How::Add, vec![house.id("user", holder)]).await;
        }
        let assets = tables.iter().map(|table| house.id("table", *table)).collect::<Vec<_>>();
        house.relate(&target, HAS_ASSET, How::Add, assets).await;
        // What the administrator adds he lends.
        let closed = tables.iter().map(|table| (*table, false)).collect();
        let lend = Command::Lend { product: target, guard: Guard::None, assets: closed, until: None };
        house.run(house.admin(), lend).await.unwrap();
        World { house, product, owner, holder, asker, other, tables }
    }

    pub fn target(&self) -> Ref {
        self.house.id("data_product", self.product)
    }

    pub async fn ask(&self, who: RecordId, wanted: Wanted) -> Result<AccessRequest, Problem> {
        self.ask_until(who, wanted, None).await
    }

    async fn ask_until(&self, who: RecordId, wanted: Wanted, until: Option<i64>) -> Result<AccessRequest, Problem> {
        let ask = Ask { product: self.target(), wanted, reason: "a report".into(), until: until.map(Millis) };
        self.house.catalog.ask_for_access(&self.house.caller(who).await, &ask).await
    }

    pub async fn decide(&self, who: RecordId, id: RecordId, decision: Decision) -> Result<AccessRequest, Problem> {
        self.house.catalog.decide_access(&self.house.caller(who).await, id, None, decision, Some("so be it")).await
    }

    pub async fn approve(&self, who: RecordId, id: RecordId) -> Result<AccessRequest, Problem> {
        self.decide(who, id, Decision::Approve(Term::AsAsked)).await
    }

    async fn seen(&self, who: RecordId, which: Which) -> Vec<RecordId> {
        let caller = self.house.caller(who).await;
        let asked = Asked { which, product: None, state: None, after: None, limit: 9 };
        let reading = self.house.catalog.reading(&caller).await.unwrap();
        let page = reading.access_requests(&asked).await.unwrap();
        assert_eq!(reading.number_of_requests(&asked).await.unwrap(), page.requests.len());
        assert!(!page.more);
        page.requests.iter().map(|request| request.id).collect()
    }

    pub async fn may_query(&self, who: RecordId) -> bool {
        let caller = self.house.caller(who).await;
        let view = self.house.get(self.house.admin(), &self.target()).await.unwrap();
        let reading = self.house.catalog.reading(&caller).await.unwrap();
        reading.rows().may_query(&view).await.unwrap().is_some()
    }

    async fn lent(&self) -> usize {
        let view = self.house.get(self.house.admin(), &self.target()).await.unwrap();
        view.edges.iter().filter(|edge| grants::is_granted(edge)).count()
    }
}

fn is_conflict<T>(result: &Result<T, Problem>) -> bool {
    matches!(result, Err(Problem::Conflict { .. }))
}

#[tokio::test]
async fn a_role_is_asked_for_by_who_sees_the_product_and_given_by_who_gives_roles() {
    let world = World::new().await;
    let made = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    assert!(made.is_open() && made.is_own && !made.may_decide);
    assert!(!world.may_query(world.asker).await);
    for (who, mine, waiting) in [(world.asker, 1, 0), (world.owner, 0, 1), (world.house.admin(), 0, 1)] {
        assert_eq!(world.seen(who, Which::Mine).await.len(), mine);
        assert_eq!(world.seen(who, Which::Waiting).await.len(), waiting);
        assert_eq!(world.seen(who, Which::All).await, [made.id]);
    }
    for stranger in [world.other, world.holder] {
        assert_eq!(world.seen(stranger, Which::All).await, []);
        assert!(is_missing(&world.approve(stranger, made.id).await));
        assert!(!world.house.sees(stranger, &world.house.id(KIND, made.id)).await);
    }
    let done = world.approve(world.owner, made.id).await.unwrap();
    assert_eq!((done.state.as_str(), done.words.as_deref()), ("approved", Some("so be it")));
    assert!(world.may_query(world.asker).await);
    for decision in [Decision::Reject, Decision::Approve(Term::AsAsked)] {
        assert!(is_conflict(&world.decide(world.owner, made.id, decision).await), "decided once");
    }
    assert!(is_conflict(&world.decide(world.asker, made.id, Decision::Withdraw).await));
    assert!(is_conflict(&world.ask(world.asker, Wanted::Viewer).await), "he has it");
    world.ask(world.asker, Wanted::Editor).await.unwrap();
}

#[tokio::test]
async fn nobody_decides_what_he_asks_for_himself() {
    let world = World::new().await;
    let house = &world.house;
    let made = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let of_rows = world.ask(world.asker, Wanted::Rows(world.tables.clone())).await.unwrap();
    // Whatever he becomes since.
    for table in &world.tables {
        house.relate(&house.id("table", *table), OWNER, How::Add, vec![house.id("user", world.asker)]).await;
    }
    let grant = house.change(house.id("user", world.asker), field("is_admin", true));
    house.run(house.admin(), grant).await.unwrap();
    for id in [made.id, of_rows.id] {
        for decision in [Decision::Approve(Term::AsAsked), Decision::Reject] {
            assert!(is_forbidden(&world.decide(world.asker, id, decision).await));
        }
        let target = house.id(KIND, id);
        for change in [
            field("state", "approved"),
            field("state", "rejected"),
            field("requester", "somebody"),
            field("reason", "x"),
        ] {
            assert!(is_forbidden(&house.run(world.asker, house.change(target.clone(), change.clone())).await));
            assert!(is_forbidden(&house.run(house.admin(), house.change(target.clone(), change)).await));
        }
        for who in [world.asker, world.owner, house.admin()] {
            let gone = house.run(who, house.delete(target.clone(), RECURSIVE)).await;
            assert!(is_forbidden(&gone) || is_missing(&gone), "{gone:?}");
        }
    }
    assert_eq!(world.seen(world.asker, Which::Waiting).await, []);
    // Neither does a program, which may be his.
    let owner = house.caller(world.owner).await;
    let bot = house.caller(world.other).await;
    let by_program = owner.made_by(&bot);
    let refused = house.catalog.decide_access(&by_program, made.id, None, Decision::Reject, None).await;
    assert!(is_forbidden(&refused));
    let bot =
        house.make("user", None, "robot", json!({"email": "robot@x.example", "is_bot": true, "is_admin": true})).await;
    assert!(is_forbidden(&world.approve(bot, made.id).await));
    assert_eq!(world.seen(bot, Which::Waiting).await, []);
    let back = world.decide(world.asker, made.id, Decision::Withdraw).await.unwrap();
    assert_eq!(back.state, "withdrawn");
    assert!(is_forbidden(&world.decide(house.admin(), of_rows.id, Decision::Withdraw).await));
}

#[tokio::test]
async fn what_is_given_by_hand_decides_the_requests_for_it() {
    let world = World::new().await;
    let (house, target) = (&world.house, world.target());
    let shown = async |id: RecordId| {
        let admin = house.caller(house.admin()).await;
        let request = house.catalog.reading(&admin).await.unwrap().access_request(id).await.unwrap();
        (request.state, request.decided_by.map(|card| card.id))
    };
    let by = |who: RecordId| ("approved".to_owned(), Some(who));
    let open = ("open".to_owned(), None);
    let asked = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let of_other = world.ask(world.other, Wanted::Viewer).await.unwrap();
    house.run(world.owner, house.change(target.clone(), role(&world, EDITOR, world.asker))).await.unwrap();
    assert_eq!(shown(asked.id).await, by(world.owner), "a higher role is more than what he asked for");
    assert_eq!(shown(of_other.id).await, open, "what others ask for waits");
    assert!(is_conflict(&world.decide(world.asker, asked.id, Decision::Withdraw).await));
    // What ends sooner is less than what was asked for.
    let owner = house.caller(world.owner).await;
    let soon = Some(Millis(Millis::now().0 + 3_600_000));
    house.catalog.give_role(&owner, (world.product, world.other), VIEWER, soon).await.unwrap();
    assert_eq!(shown(of_other.id).await, open);
    house.catalog.give_role(&owner, (world.product, world.other), VIEWER, None).await.unwrap();
    assert_eq!(shown(of_other.id).await, by(world.owner));
    // Rows, once all of them are lent; beside a change of something else.
    let rows = world.ask(world.other, Wanted::Rows(world.tables.clone())).await.unwrap();
    house.run(world.holder, lend(&world, &[world.tables[0]])).await.unwrap();
    assert_eq!(shown(rows.id).await, open);
    let both = vec![lend(&world, &[world.tables[1]]), house.change(target.clone(), field("description", "x"))];
    house.run(house.admin(), Command::Together(both)).await.unwrap();
    assert_eq!(shown(rows.id).await, by(house.admin()));
    assert_eq!(world.seen(world.holder, Which::Waiting).await, []);
    // Whoever joins a team has what it has.
    let team = house.make("team", None, "Desk", json!({"team_type": "Group"})).await;
    house.relate(&target, OWNER, How::Add, vec![house.id("team", team)]).await;
    let late = house.person("late").await;
    let asked = world.ask(late, Wanted::Viewer).await.unwrap();
    house.relate(&house.id("team", team), MEMBER, How::Add, vec![house.id("user", late)]).await;
    assert_eq!(shown(asked.id).await, by(house.admin()));
}

#[tokio::test]
async fn nobody_gives_himself_what_he_has_asked_for() {
    let world = World::new().await;
    let (house, target, admin) = (&world.house, world.target(), world.house.admin());
    let asked = world.ask(admin, Wanted::Editor).await.unwrap();
    for relation in [EDITOR, OWNER] {
        let change = house.change(target.clone(), role(&world, relation, admin));
        assert!(is_forbidden(&house.run(admin, change.clone()).await));
        assert!(is_forbidden(&house.run(admin, Command::Together(vec![change])).await));
    }
    // What he has not asked for is his as ever, and so is what he gives others.
    house.run(admin, house.change(target.clone(), role(&world, VIEWER, admin))).await.unwrap();
    house.run(admin, house.change(target.clone(), role(&world, EDITOR, world.other))).await.unwrap();
    world.decide(admin, asked.id, Decision::Withdraw).await.unwrap();
    house.run(admin, house.change(target.clone(), role(&world, EDITOR, admin))).await.unwrap();

    house.relate(&target, VIEWER, How::Add, vec![house.id("user", world.holder)]).await;
    let rows = world.ask(world.holder, Wanted::Rows(world.tables.clone())).await.unwrap();
    assert!(is_forbidden(&house.run(world.holder, lend(&world, &world.tables)).await));
    assert_eq!(world.lent().await, 0);
    // That one of them has left the product is no loan.
    let mut less = Draft::default();
    less.relate(HAS_ASSET, How::Remove, "assets", vec![Target::of(house.id("table", world.tables[0]))]);
    house.run(world.owner, house.change(target, less)).await.unwrap();
    house.run(world.holder, lend(&world, &world.tables[1..])).await.unwrap();
    assert_eq!(world.seen(admin, Which::Waiting).await, [rows.id]);
    world.decide(world.holder, rows.id, Decision::Withdraw).await.unwrap();
}

fn role(world: &World, relation: Relation, user: RecordId) -> Draft {
    let mut draft = Draft::default();
    draft.relate(relation, How::Add, "users", vec![Target::of(world.house.id("user", user))]);
    draft
}

fn lend(world: &World, tables: &[RecordId]) -> Command {
    let assets = tables.iter().map(|table| (*table, true)).collect();
    Command::Lend { product: world.target(), guard: Guard::None, assets, until: None }
}

#[tokio::test]
async fn a_request_begins_open_and_in_the_name_of_its_maker() {
    let world = World::new().await;
    let house = &world.house;
    let fields = json!({
        "requester": world.owner.to_string(), "reason": "x", "wants": "viewer", "state": "approved",
        "decided_by": world.owner.to_string(), "decided_at": 1, "words": "yes",
    });
    let command = house.create(KIND, Some(&world.target()), "r", fields, &[]);
    let made = house.run(world.asker, command).await.unwrap().view;
    assert_eq!(made.text("state"), Some("open"));
    assert_eq!(made.text("requester"), Some(world.asker.to_string().as_str()));
    assert!(made.field("decided_by").is_none() && made.field("words").is_none());
    assert!(!world.may_query(world.asker).await);
    for (wanted, until, member) in [
        (Wanted::Rows(Vec::new()), None, "assets"),
        (Wanted::Rows(vec![world.product]), None, "assets"),
        (Wanted::Rows(vec![world.tables[0]; 51]), None, "assets"),
        (Wanted::Editor, Some(1), "until"),
    ] {
        let refused = world.ask_until(world.asker, wanted, until).await;
        assert!(matches!(&refused, Err(Problem::Invalid(all)) if all[0].field == member), "{refused:?}");
    }
    for reason in ["", "   ", &"x".repeat(2_001)] {
        let ask = Ask { product: world.target(), wanted: Wanted::Editor, reason: reason.to_owned(), until: None };
        let refused = house.catalog.ask_for_access(&house.caller(world.asker).await, &ask).await;
        assert!(matches!(&refused, Err(Problem::Invalid(all)) if all[0].field == "reason"), "{refused:?}");
    }
    house.grant(&world.target()).await;
    assert!(is_missing(&world.ask(world.other, Wanted::Editor).await), "what one does not see one does not ask for");
    assert_eq!(world.seen(world.asker, Which::All).await, [], "nor does one see what one has asked of it");
}

#[tokio::test]
async fn rows_are_lent_by_who_holds_them_all() {
    let world = World::new().await;
    let house = &world.house;
    let made = world.ask(world.asker, Wanted::Rows(world.tables.clone())).await.unwrap();
    assert_eq!(made.assets.len(), 2);
    assert_eq!(world.seen(world.owner, Which::All).await, [], "it is none of the product's owners");
    assert!(is_missing(&world.approve(world.owner, made.id).await));
    assert_eq!(world.seen(world.holder, Which::Waiting).await, [made.id]);
    // Who holds one of two holds too little.
    house.relate(&house.id("table", world.tables[0]), OWNER, How::Add, vec![house.id("user", world.other)]).await;
    assert!(is_missing(&world.approve(world.other, made.id).await));
    house.grant(&world.target()).await;
    assert!(!house.sees(world.holder, &world.target()).await);
    let done = world.approve(world.holder, made.id).await.unwrap();
    assert_eq!((done.state.as_str(), world.lent().await), ("approved", 2), "also where the product is hidden from him");
    let own = world.ask(world.owner, Wanted::Rows(world.tables.clone())).await;
    assert!(is_conflict(&own), "{own:?}");
}

#[tokio::test]
async fn nothing_is_given_where_the_request_cannot_be_decided() {
    let world = World::new().await;
    let house = &world.house;
    // A steward decides by his own rights: one who may not give roles does not see it.
    house.relate(&house.id("user", world.other), HAS_ROLE, How::Add, vec![house.name("role", "DataSteward")]).await;
    let made = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let owner = house.caller(world.owner).await;
    let seen = Some(emporion_catalog::id::Revision(9));
    let approve = Decision::Approve(Term::AsAsked);
    let stale = house.catalog.decide_access(&owner, made.id, seen, approve, None).await;
    assert!(matches!(stale, Err(Problem::Stale { .. })));
    assert!(!world.may_query(world.asker).await);
    let long = "x".repeat(2_001);
    let refused =
        house.catalog.decide_access(&owner, made.id, None, Decision::Approve(Term::AsAsked), Some(&long)).await;
    assert!(matches!(&refused, Err(Problem::Invalid(all)) if all[0].field == "words"), "{refused:?}");
    assert!(!world.may_query(world.asker).await, "both or neither");
    let past = world.decide(world.owner, made.id, Decision::Approve(Term::Until(Millis(1)))).await;
    assert!(matches!(&past, Err(Problem::Invalid(all)) if all[0].field == "until"), "{past:?}");
    let disable = |yes: bool| house.change(house.id("user", world.asker), field("disabled", yes));
    house.run(house.admin(), disable(true)).await.unwrap();
    assert!(is_conflict(&world.approve(world.owner, made.id).await));
    house.run(house.admin(), disable(false)).await.unwrap();
    house.run(house.admin(), house.change(house.id("user", world.asker), field("is_admin", true))).await.unwrap();
    let before = house.get(house.admin(), &world.target()).await.unwrap();
    let term = Decision::Approve(Term::Until(Millis(9_000_000_000_000)));
    let done = world.decide(world.owner, made.id, term).await.unwrap();
    assert_eq!((done.state.as_str(), done.until), ("approved", None), "he has it by now, without an end");
    let after = house.get(house.admin(), &world.target()).await.unwrap();
    assert_eq!((after.record.revision, after.edges), (before.record.revision, before.edges));
    let editor = world.ask(world.asker, Wanted::Editor).await.unwrap();
    house.run(house.admin(), house.delete(world.target(), Deletion::SOFT)).await.unwrap();
    assert!(!house.stored(editor.id).await.unwrap().state.is_alive(), "it goes with its product");
    assert!(is_missing(&world.approve(world.owner, editor.id).await));
    house.run(house.admin(), Command::Restore { target: world.target() }).await.unwrap();
    world.approve(world.owner, editor.id).await.unwrap();
}

#[tokio::test]
async fn one_thing_is_asked_for_once_at_a_time() {
    let world = World::new().await;
    let first = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let second = world.ask(world.asker, Wanted::Viewer).await;
    assert!(matches!(&second, Err(Problem::Conflict { message, .. }) if message.contains(&first.id.to_string())));
    world.ask(world.asker, Wanted::Rows(vec![world.tables[0]])).await.unwrap();
    assert!(is_conflict(&world.ask(world.asker, Wanted::Rows(world.tables.clone())).await), "one of the two waits");
    world.ask(world.asker, Wanted::Rows(vec![world.tables[1]])).await.unwrap();
    world.ask(world.other, Wanted::Viewer).await.unwrap();
    world.decide(world.owner, first.id, Decision::Reject).await.unwrap();
    world.ask(world.asker, Wanted::Viewer).await.unwrap();
}

#[tokio::test]
async fn nobody_waits_for_more_than_can_be_looked_at() {
    let world = World::new().await;
    let (asker, other) = (world.house.caller(world.asker).await, world.house.caller(world.other).await);
    let mut products = Vec::new();
    for n in 0..=MOST_OPEN {
        products.push(world.house.product("Sales", &format!("p{n}")).await);
    }
    let ask = async |who: &Caller, product: RecordId| {
        let product = world.house.id("data_product", product);
        let ask = Ask { product, wanted: Wanted::Viewer, reason: "a report".into(), until: None };
        world.house.catalog.ask_for_access(who, &ask).await
    };
    let (last, first) = products.split_last().unwrap();
    let mut made = Vec::new();
    for product in first {
        made.push(ask(&asker, *product).await.unwrap());
    }
    assert!(
        matches!(ask(&asker, *last).await, Err(Problem::Conflict { message, .. }) if message.contains("wait for a decision"))
    );
    ask(&other, *last).await.unwrap();
    world.decide(world.asker, made[0].id, Decision::Withdraw).await.unwrap();
    ask(&asker, *last).await.unwrap();
}

#[tokio::test]
async fn of_two_catalogues_over_one_store_one_decides() {
    let store = Arc::new(MemoryStore::default());
    let world = World::of(House::over(store.clone()).await).await;
    let other = House::catalog_over(store, Millis::now);
    let owner = world.house.caller(world.owner).await;
    let ask = Ask { product: world.target(), wanted: Wanted::Viewer, reason: "x".into(), until: None };
    let asker = world.house.caller(world.asker).await;
    let (one, two) = tokio::join!(world.house.catalog.ask_for_access(&asker, &ask), other.ask_for_access(&asker, &ask));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let made = one.or(two).unwrap();
    let (yes, no) = tokio::join!(
        world.house.catalog.decide_access(&owner, made.id, None, Decision::Approve(Term::AsAsked), None),
        other.decide_access(&owner, made.id, None, Decision::Reject, None),
    );
    assert!(yes.is_ok() != no.is_ok() && (is_conflict(&yes) || is_conflict(&no)), "{yes:?} {no:?}");
    assert_eq!(world.may_query(world.asker).await, yes.is_ok());
}

static CLOCK: AtomicI64 = AtomicI64::new(0);

fn clock() -> Millis {
    Millis(CLOCK.load(Ordering::SeqCst))
}

fn at(time: i64) {
    CLOCK.store(time, Ordering::SeqCst);
}

/// One test for all that turns on the clock, since they share it.
#[tokio::test]
async fn what_was_given_for_a_time_ends_by_itself() {
    let store = Arc::new(MemoryStore::default());
    at(1_000_000);
    let world = World::of(House::at(store.clone(), clock).await).await;
    let house = &world.house;
    let other = House::catalog_over(store, clock);
    let target = world.target();
    assert_eq!(house.catalog.end_expired().await.unwrap(), None);

    // A role that was not there before is gone; the filter that was put on it moves to the one that stays.
    let made = world.ask_until(world.asker, Wanted::Editor, Some(1_000_100)).await.unwrap();
    assert_eq!(world.approve(world.owner, made.id).await.unwrap().until, Some(Millis(1_000_100)));
    let mut filtered = Draft::default();
    let user = house.id("user", world.asker);
    let target_of = Target::of(user.clone()).with(ROW_FILTERS, json!({"orders": "a = 1"}));
    filtered.relate(EDITOR, How::Add, "users", vec![target_of]);
    filtered.relate(VIEWER, How::Add, "users", vec![Target::of(user.clone())]);
    house.run(house.admin(), house.change(target.clone(), filtered)).await.unwrap();
    let edges = |relation: Relation| {
        let (asker, target) = (world.asker, target.clone());
        async move {
            let view = house.get(house.admin(), &target).await.unwrap();
            view.edges.into_iter().filter(|edge| edge.relation == relation && edge.to == asker).collect::<Vec<_>>()
        }
    };
    assert_eq!(edges(EDITOR).await[0].ends_at(), Some(Millis(1_000_100)), "what is changed of a role leaves its end");
    assert_eq!(house.catalog.end_expired().await.unwrap(), Some(Millis(1_000_100)));
    at(1_000_100);
    let revision = house.stored(world.product).await.unwrap().revision;
    let (one, two) = tokio::join!(house.catalog.end_expired(), other.end_expired());
    assert_eq!((one.unwrap(), two.unwrap()), (None, None));
    assert_eq!(edges(EDITOR).await.len(), 0);
    assert_eq!(edges(VIEWER).await[0].attributes.get(ROW_FILTERS), Some(&json!({"orders": "a = 1"})));
    assert_eq!(house.stored(world.product).await.unwrap().revision, revision.next(), "by one of the two");
    let log = house.catalog.unfiltered().await.unwrap();
    let events = log.events(emporion_catalog::id::Seq(0), 10_000).await.unwrap();
    let last = &events.last().unwrap().1;
    assert_eq!((&*last.by.name, last.id), ("emporion", world.product));

    // A role that was there before says again what it said, with the filter that it has by then.
    let denied = |allow: bool| {
        let mut draft = Draft::default();
        let kept = Target::of(user.clone()).with(ALLOW_SQL, allow);
        draft.relate(VIEWER, How::Add, "users", vec![kept]);
        draft
    };
    house.run(house.admin(), house.change(target.clone(), denied(false))).await.unwrap();
    assert!(!world.may_query(world.asker).await);
    let made = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let until = Decision::Approve(Term::Until(Millis(1_000_300)));
    world.decide(house.admin(), made.id, until).await.unwrap();
    assert!(world.may_query(world.asker).await);
    at(1_000_300);
    house.catalog.end_expired().await.unwrap();
    assert!(!world.may_query(world.asker).await);
    let viewer = edges(VIEWER).await.remove(0);
    assert_eq!(viewer.attributes.get(ROW_FILTERS), Some(&json!({"orders": "a = 1"})));
    assert!(viewer.ends_at().is_none() && !viewer.attributes.contains_key(relation::AFTERWARDS));

    // Given by hand without an end, it has none.
    let made = world.ask(world.other, Wanted::Viewer).await.unwrap();
    world.decide(world.owner, made.id, Decision::Approve(Term::Until(Millis(1_000_400)))).await.unwrap();
    let mut by_hand = Draft::default();
    let endless = Target::of(house.id("user", world.other)).with(relation::UNTIL, serde_json::Value::Null);
    by_hand.relate(VIEWER, How::Add, "users", vec![endless]);
    house.run(world.owner, house.change(target.clone(), by_hand)).await.unwrap();
    assert_eq!(house.catalog.end_expired().await.unwrap(), None);

    // Rows go back to being closed, also where the product was deleted meanwhile and comes back; and they may be lent
    // for good before that.
    let made = world.ask_until(world.asker, Wanted::Rows(world.tables.clone()), Some(1_000_500)).await.unwrap();
    world.approve(world.holder, made.id).await.unwrap();
    assert_eq!(world.lent().await, 2);
    let for_good = Command::Lend {
        product: target.clone(),
        guard: Guard::None,
        assets: vec![(world.tables[1], true)],
        until: None,
    };
    house.run(world.holder, for_good).await.unwrap();
    house.run(house.admin(), house.delete(target.clone(), RECURSIVE)).await.unwrap();
    at(1_000_500);
    assert_eq!(house.catalog.end_expired().await.unwrap(), None);
    house.run(house.admin(), Command::Restore { target }).await.unwrap();
    house.catalog.end_expired().await.unwrap();
    assert_eq!(world.lent().await, 1);
}

#[tokio::test]
async fn an_end_is_kept_while_nobody_asks() {
    let world = World::new().await;
    let catalog = world.house.catalog.clone();
    let keeping = tokio::spawn(async move { catalog.run_expiry().await });
    let made = world.ask(world.asker, Wanted::Viewer).await.unwrap();
    let soon = Millis(Millis::now().0 + 300);
    world.decide(world.owner, made.id, Decision::Approve(Term::Until(soon))).await.unwrap();
    assert!(world.may_query(world.asker).await);
    let begun = std::time::Instant::now();
    while world.may_query(world.asker).await {
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "it is woken by what is given, and by the time");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(Millis::now() >= soon);
    keeping.abort();
}
