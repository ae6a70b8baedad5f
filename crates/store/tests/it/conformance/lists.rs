//! Lists and counts: every condition, every order, pages that survive inserts.

use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::{Kind, Visibility};
use emporion_catalog::query::{DeletedWith, Keyset, ListQuery, Order, States};
use emporion_catalog::record::{Record, State};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{EDITOR, EXPERT, HAS_ASSET, IN_DOMAIN, OWNER};
use emporion_catalog::text;
use serde_json::{Value, json};

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    states_are_told_apart
    what_went_with_another_is_told_apart
    places_in_the_tree
    relations_both_ways
    many_links_and_few
    fields_of_the_body
    listed_fields
    ids_and_names
    texts_without_regard_to_case_and_marks
    texts_behind_many_that_are_not_meant
    what_is_visible
    orders_in_both_directions
    pages_survive_inserts
    a_limit_of_nothing
    large_ranges
}

fn products() -> ListQuery {
    ListQuery::of(ACCOUNT, kind("data_product"))
}

fn domains() -> ListQuery {
    ListQuery::of(ACCOUNT, kind("domain"))
}

async fn plant(world: &World, parent: &Record, names: &[&str]) -> Vec<Record> {
    let records: Vec<Record> = names.iter().map(|name| product(parent, name)).collect();
    world.does(records.iter().fold(Set::new(), |set, record| set.put(record))).await;
    records
}

async fn states_are_told_apart(world: &World) {
    let d = domain("d");
    world.puts(&d).await;
    let made = plant(world, &d, &["c", "b", "a"]).await;
    world.does(Set::new().replace(&deleted(&made[0], true)).replace(&deleted(&made[1], false))).await;
    let with = |states| ListQuery { states, ..products() };
    assert_eq!(world.finds(with(States::Alive)).await, ["a"]);
    assert_eq!(world.finds(with(States::Deleted)).await, ["c"]);
    assert_eq!(world.finds(with(States::All)).await, ["a", "c"]);
    assert_eq!(world.names(&ListQuery { descending: true, limit: 1, ..with(States::All) }).await, ["c"]);
    let some = |states| ListQuery { parent: Some(d.id), ..with(states) };
    assert_eq!(world.finds(some(States::All)).await, ["a", "c"]);
    assert_eq!(world.finds(some(States::Deleted)).await, ["c"]);
    assert_eq!(world.finds(with(States::Dead)).await, ["b", "c"]);
    assert_eq!(world.finds(some(States::Dead)).await, ["b", "c"]);
    assert_eq!(world.finds(ListQuery { within: Some("d".into()), ..with(States::Dead) }).await, ["b", "c"]);
    assert_eq!(world.names(&ListQuery { descending: true, limit: 1, ..with(States::Dead) }).await, ["c"]);
}

async fn what_went_with_another_is_told_apart(world: &World) {
    let d = domain("d");
    world.puts(&d).await;
    let made = plant(world, &d, &["a", "b", "c"]).await;
    let (freed, gone) = (State::Deleted { holds_name: false }, deleted(&d, false));
    world.does(Set::new().replace(&deleted(&made[0], false))).await;
    world.does(Set::new().replace(&gone).write(mark(&gone, freed))).await;
    let with = |deleted_with| ListQuery { states: States::Dead, deleted_with: Some(deleted_with), ..products() };
    assert_eq!(world.finds(with(DeletedWith::Nothing)).await, ["a"]);
    let newest = ListQuery { order: Order::Updated, descending: true, ..with(DeletedWith::Nothing) };
    assert_eq!(world.names(&newest).await, ["a"]);
    assert_eq!(world.names(&ListQuery { states: States::Deleted, ..newest }).await, [""; 0]);
    assert_eq!(world.finds(with(DeletedWith::Record(d.id))).await, ["b", "c"]);
    assert_eq!(world.finds(with(DeletedWith::Record(made[0].id))).await, [""; 0]);
    let back = alive(&gone);
    world.does(Set::new().replace(&back).write(mark(&back, State::Alive))).await;
    assert_eq!(world.finds(with(DeletedWith::Record(d.id))).await, [""; 0]);
    assert_eq!(world.finds(with(DeletedWith::Nothing)).await, ["a"]);
}

async fn places_in_the_tree(world: &World) {
    let (d, dx) = (domain("d"), domain("d-x"));
    let sub = record("domain", Some(&d), "sub");
    world.does(Set::new().put(&d).put(&dx).put(&sub)).await;
    plant(world, &d, &["b", "a"]).await;
    plant(world, &sub, &["c"]).await;
    plant(world, &dx, &["x"]).await;
    let parent = |id| ListQuery { parent: Some(id), ..products() };
    assert_eq!(world.finds(parent(d.id)).await, ["a", "b"]);
    assert_eq!(world.finds(parent(sub.id)).await, ["c"]);
    assert_eq!(world.finds(parent(RecordId::fresh())).await, [""; 0]);
    let within = |fqn: &str| ListQuery { within: Some(fqn.into()), ..products() };
    assert_eq!(world.finds(within("d")).await, ["a", "b", "c"]);
    assert_eq!(world.finds(within("d.sub")).await, ["c"]);
    assert_eq!(world.finds(within("d.su")).await, [""; 0]);
    assert_eq!(world.finds(ListQuery { roots_only: true, ..domains() }).await, ["d", "d-x"]);
    assert_eq!(world.finds(ListQuery { within: Some("d".into()), ..domains() }).await, ["sub"]);
    let both = ListQuery { parent: Some(d.id), order: Order::Created, descending: true, ..within("d") };
    assert_eq!(world.finds(both).await, ["a", "b"]);
    assert_eq!(world.finds(ListQuery { states: States::All, ..within("d") }).await, ["a", "b", "c"]);
}

async fn relations_both_ways(world: &World) {
    let (d, e) = (domain("d"), domain("e"));
    world.does(Set::new().put(&d).put(&e)).await;
    let p = plant(world, &d, &["a", "b", "c"]).await;
    let ended = edge(&p[2], OWNER, &d);
    let set = Set::new()
        .link(&edge(&p[0], IN_DOMAIN, &d))
        .link(&edge(&p[1], IN_DOMAIN, &d))
        .link(&edge(&p[1], IN_DOMAIN, &e))
        .link(&edge(&p[1], OWNER, &e))
        .link(&edge(&e, HAS_ASSET, &p[2]))
        .link(&edge(&e, HAS_ASSET, &p[0]))
        .link(&ended);
    world.does(set).await;
    world.does(Set::new().replace(&next(&p[2])).unlink(&ended, 2)).await;
    let linked = |linked| ListQuery { linked, ..products() };
    assert_eq!(world.finds(linked(vec![(IN_DOMAIN, vec![d.id])])).await, ["a", "b"]);
    assert_eq!(world.finds(linked(vec![(IN_DOMAIN, vec![d.id, e.id])])).await, ["a", "b"], "each once");
    assert_eq!(world.finds(linked(vec![(IN_DOMAIN, vec![d.id]), (OWNER, vec![e.id])])).await, ["b"]);
    assert_eq!(world.finds(linked(vec![(OWNER, vec![d.id])])).await, [""; 0], "an ended edge is none");
    assert_eq!(world.finds(linked(vec![(OWNER, vec![])])).await, [""; 0]);
    assert_eq!(world.finds(ListQuery { unlinked: vec![IN_DOMAIN], ..products() }).await, ["c"]);
    assert_eq!(world.finds(ListQuery { unlinked: vec![IN_DOMAIN, HAS_ASSET], ..products() }).await, ["c"]);
    let from = |source: &Record, relation| ListQuery { linked_from: Some((source.id, relation)), ..products() };
    assert_eq!(world.finds(from(&e, HAS_ASSET)).await, ["a", "c"]);
    assert_eq!(world.finds(ListQuery { unlinked: vec![IN_DOMAIN], ..from(&e, HAS_ASSET) }).await, ["c"]);
    assert_eq!(world.finds(from(&d, HAS_ASSET)).await, [""; 0]);
}

async fn many_links_and_few(world: &World) {
    let (d, rare) = (domain("d"), domain("rare"));
    world.does(Set::new().put(&d).put(&rare)).await;
    // More than an engine may want to look up one by one, where it has indexes; memory need not be tried so hard.
    let n: usize = if world.is_indexed() { 2_100 } else { 60 };
    let records: Vec<Record> = (0..n).map(|at| product(&d, &format!("{at:04}"))).collect();
    let mut set = Set::new();
    for (at, record) in records.iter().enumerate() {
        set = set.put(record).link(&edge(record, OWNER, &d));
        if at % 50 == 7 {
            set = set.link(&edge(record, EXPERT, &rare));
        }
    }
    world.does(set).await;
    let linked = |linked| ListQuery { linked, limit: 3, ..products() };
    let (many, few) = ((OWNER, vec![d.id]), (EXPERT, vec![rare.id]));
    assert_eq!(world.names(&linked(vec![many.clone()])).await, ["0000", "0001", "0002"]);
    assert_eq!(world.now().await.count(&linked(vec![many.clone()])).await.unwrap(), n as u64);
    assert_eq!(
        world.names(&linked(vec![many.clone(), few.clone()])).await,
        ["0007", "0057"].into_iter().chain((n > 100).then_some("0107")).collect::<Vec<_>>()
    );
    assert_eq!(world.now().await.count(&linked(vec![few, many])).await.unwrap(), n.div_ceil(50) as u64);
}

async fn fields_of_the_body(world: &World) {
    let d = domain("d");
    let bodies = [
        ("a", json!({"text": "x", "flag": true, "n": 3, "list": ["p", 1], "quote's": "q"})),
        ("b", json!({"text": "X", "flag": false, "n": 3.5, "list": []})),
        ("c", json!({"text": null, "n": "3"})),
    ];
    let mut set = Set::new().put(&d);
    for (name, body) in bodies {
        set = set.put(&Record { body: body.as_object().unwrap().clone().into(), ..product(&d, name) });
    }
    world.does(set).await;
    let with = |field: &'static str, value: Value| ListQuery { fields: vec![(field, value)], ..products() };
    assert_eq!(world.finds(with("text", json!("x"))).await, ["a"]);
    assert_eq!(world.finds(with("text", json!(null))).await, ["c"]);
    assert_eq!(world.finds(with("absent", json!(null))).await, ["a", "b", "c"]);
    assert_eq!(world.finds(with("flag", json!(true))).await, ["a"]);
    assert_eq!(world.finds(with("flag", json!(false))).await, ["b", "c"], "absent is false");
    assert_eq!(world.finds(with("n", json!(3))).await, ["a"]);
    assert_eq!(world.finds(with("n", json!(3.5))).await, ["b"]);
    assert_eq!(world.finds(with("n", json!("3"))).await, ["c"]);
    assert_eq!(world.finds(with("list", json!(["p", 1]))).await, ["a"]);
    assert_eq!(world.finds(with("list", json!([]))).await, ["b"]);
    assert_eq!(world.finds(with("quote's", json!("q"))).await, ["a"]);
    let two = ListQuery { fields: vec![("flag", json!(true)), ("n", json!(3))], ..products() };
    assert_eq!(world.finds(two).await, ["a"]);
}

/// More than are found by the record that they stand below.
const CROWD: usize = 2_100;

/// Each of them, in every order; an engine that lacks the index for one refuses the list.
async fn listed_fields(world: &World) {
    let d = domain("d");
    let (p, q) = (product(&d, "p"), product(&d, "q"));
    world.does(Set::new().put(&d).put(&p).put(&q)).await;
    let registry = Registry::standard();
    let all = registry.iter().flat_map(|kind| kind.0.fields.iter().map(move |field| (kind, field)));
    let listed: Vec<(Kind, &str)> =
        all.filter(|(_, field)| field.listed).map(|(kind, field)| (kind, field.name)).collect();
    assert_ne!(listed, []);
    for (kind, field) in listed {
        let one = |parent: &Record, name: &str, value: &str, (created, updated): (i64, i64)| {
            let mut record = record(kind.name(), Some(parent), &format!("{field}-{name}"));
            record.body.insert(field.into(), value.into());
            (record.created.at, record.updated.at) = (Millis(created), Millis(updated));
            record
        };
        let (a, b) = (one(&p, "a", "x\"'", (2, 7)), one(&q, "b", "x\"'", (1, 9)));
        let (c, e) = (one(&p, "c", "y", (1, 1)), one(&p, "e", "x\"'", (3, 8)));
        let gone = one(&p, "gone", "x\"'", (4, 4));
        let set = [&a, &b, &c, &e, &gone].into_iter().fold(Set::new(), |set, record| set.put(record));
        world.does(set).await;
        world.does(Set::new().replace(&deleted(&gone, true))).await;
        let of = |value: &str| ListQuery { fields: vec![(field, value.into())], ..ListQuery::of(ACCOUNT, kind) };
        let names = |records: &[&Record]| records.iter().map(|record| record.name.clone()).collect::<Vec<_>>();
        for (order, sorted) in
            [(Order::Name, [&a, &b, &e]), (Order::Created, [&b, &a, &e]), (Order::Updated, [&a, &e, &b])]
        {
            let up = ListQuery { order, ..of("x\"'") };
            assert_eq!(world.finds(up.clone()).await, names(&sorted), "{kind} {field} {order:?}");
            let down = ListQuery { descending: true, ..up };
            let behind = ListQuery { after: Some(down.keyset(sorted[2])), limit: 1, ..down };
            assert_eq!(world.names(&behind).await, names(&[sorted[1]]), "{kind} {field} {order:?}");
        }
        assert_eq!(world.finds(ListQuery { since: Some(Millis(2)), ..of("x\"'") }).await, names(&[&a, &e]));
        let everything = ListQuery { states: States::All, descending: true, ..of("x\"'") };
        assert_eq!(world.finds(everything).await, names(&[&gone, &e, &b, &a]));
        assert_eq!(world.finds(of("z")).await, [""; 0]);
        let within = |parent: &Record| ListQuery { parent: Some(parent.id), ..of("x\"'") };
        assert_eq!(world.finds(within(&p)).await, names(&[&a, &e]));
        let crowd = (0..CROWD).map(|at| one(&p, &format!("f{at}"), "w", (5, 5)));
        world.does(crowd.fold(Set::new(), |set, record| set.put(&record))).await;
        assert_eq!(world.finds(within(&p)).await, names(&[&a, &e]));
        assert_eq!(world.finds(within(&q)).await, names(&[&b]));
        world.does(Set::new().replace(&Record { body: c.body.clone(), ..next(&a) })).await;
        assert_eq!(world.finds(of("y")).await, names(&[&a, &c]), "the value as it is now");
        assert_eq!(world.finds(ListQuery { account: OTHER, ..of("y") }).await, [""; 0]);
    }
}

async fn ids_and_names(world: &World) {
    let (d, e) = (domain("d"), domain("e"));
    world.does(Set::new().put(&d).put(&e)).await;
    let made = plant(world, &d, &["b", "a", "it's"]).await;
    plant(world, &e, &["a"]).await;
    let ids = |ids| ListQuery { ids: Some(ids), ..products() };
    assert_eq!(world.finds(ids(vec![made[0].id, made[1].id, d.id, RecordId::fresh()])).await, ["a", "b"]);
    assert_eq!(world.finds(ids(vec![])).await, [""; 0]);
    let named = |name: &str| ListQuery { name: Some(name.into()), ..products() };
    assert_eq!(world.finds(named("a")).await, ["a", "a"]);
    assert_eq!(world.finds(named("it's")).await, ["it's"]);
    assert_eq!(world.finds(named("A")).await, [""; 0]);
    assert_eq!(world.finds(ListQuery { parent: Some(e.id), ..named("a") }).await, ["a"]);
}

async fn texts_without_regard_to_case_and_marks(world: &World) {
    let d = domain("d");
    let mut set = Set::new().put(&d);
    for (name, text) in [("Ümlaut", ""), ("b", "größe ÜML"), ("c", "other"), ("ümla", "")] {
        let body = json!({"description": text}).as_object().unwrap().clone();
        set = set.put(&Record { body: body.into(), ..product(&d, name) });
    }
    let gone = Record { state: State::Deleted { holds_name: true }, ..product(&d, "üml gone") };
    world.does(set.put(&gone)).await;
    let holding = |part: &str| ListQuery { containing: text::folded_words(part), ..products() };
    assert_eq!(world.finds(holding("üml")).await, ["b", "Ümlaut", "ümla"]);
    assert_eq!(world.finds(holding("ümlauts")).await, [""; 0]);
    assert_eq!(world.finds(holding("UML GROSSE")).await, ["b"]);
    assert_eq!(world.finds(holding("üml b")).await, ["b"]);
    assert_eq!(world.finds(holding("üml größe")).await, ["b"]);
    assert_eq!(world.finds(holding("üml other")).await, [""; 0]);
    assert_eq!(world.names(&ListQuery { limit: 1, descending: true, ..holding("üml") }).await, ["ümla"]);
    assert_eq!(world.finds(ListQuery { states: States::All, ..holding("üml") }).await.len(), 4);
}

/// On both sides of where an engine may begin to read anew.
async fn texts_behind_many_that_are_not_meant(world: &World) {
    let d = domain("d");
    let set = (0..1_050).fold(Set::new().put(&d), |set, number| {
        let text = if [999, 1_000, 1_049].contains(&number) { "meant" } else { "other" };
        let body = json!({"description": text}).as_object().unwrap().clone();
        set.put(&Record { body: body.into(), ..product(&d, &format!("p{number:04}")) })
    });
    world.does(set).await;
    let meant = ListQuery { containing: vec!["meant".into()], ..products() };
    assert_eq!(world.finds(meant.clone()).await, ["p0999", "p1000", "p1049"]);
    assert_eq!(world.names(&ListQuery { limit: 2, descending: true, ..meant.clone() }).await, ["p1049", "p1000"]);
    // All of them are of one moment.
    for order in [Order::Created, Order::Updated] {
        let mut names = world.names(&ListQuery { order, ..meant.clone() }).await;
        names.sort();
        assert_eq!(names, ["p0999", "p1000", "p1049"]);
    }
}

async fn what_is_visible(world: &World) {
    let (d, ann) = (domain("d"), record("user", None, "ann"));
    let hidden = |name| Record { visibility: Visibility::Granted, ..product(&d, name) };
    let (open, hers, foreign, expert) = (product(&d, "open"), hidden("hers"), hidden("foreign"), hidden("expert"));
    let set = [&d, &ann, &open, &hers, &foreign, &expert].into_iter().fold(Set::new(), |set, record| set.put(record));
    world.does(set.link(&edge(&hers, EDITOR, &ann)).link(&edge(&expert, EXPERT, &ann))).await;
    let to = |ids| ListQuery { visible_to: Some(ids), ..products() };
    assert_eq!(world.finds(to(vec![ann.id, d.id])).await, ["hers", "open"]);
    assert_eq!(world.finds(to(vec![])).await, ["open"]);
    assert_eq!(world.finds(products()).await.len(), 4);
    let within = |query| ListQuery { within: Some("d".into()), ..query };
    assert_eq!(world.finds(within(to(vec![ann.id]))).await, ["hers", "open"]);
    assert_eq!(world.finds(ListQuery { parent: Some(d.id), ..to(vec![ann.id]) }).await, ["hers", "open"]);
    assert_eq!(world.finds(ListQuery { within: Some("e".into()), ..to(vec![ann.id]) }).await, [""; 0]);
    let closed = |query| ListQuery { hidden: true, ..query };
    assert_eq!(world.finds(closed(products())).await, ["expert", "foreign", "hers"]);
    assert_eq!(world.finds(closed(within(products()))).await, ["expert", "foreign", "hers"]);
    assert_eq!(world.finds(closed(ListQuery { parent: Some(d.id), ..to(vec![ann.id]) })).await, ["hers"]);
    assert_eq!(world.finds(ListQuery { within: Some("e".into()), ..closed(products()) }).await, [""; 0]);
    let opened = Record { visibility: Visibility::Open, ..next(&foreign) };
    world.does(Set::new().replace(&opened)).await;
    assert_eq!(world.finds(within(to(vec![]))).await, ["foreign", "open"]);
    assert_eq!(world.finds(closed(within(products()))).await, ["expert", "hers"]);
}

async fn orders_in_both_directions(world: &World) {
    let d = domain("d");
    let mut set = Set::new().put(&d);
    for (name, created, updated) in [("b", 1, 9), ("a", 2, 8), ("C", 2, 9), ("ä", -1, 7)] {
        let mut record = product(&d, name);
        record.created.at = Millis(created);
        record.updated.at = Millis(updated);
        set = set.put(&record);
    }
    world.does(set).await;
    for (order, expected) in [
        (Order::Name, ["C", "a", "b", "ä"]),
        (Order::Created, ["ä", "b", "a", "C"]),
        (Order::Updated, ["ä", "a", "b", "C"]),
    ] {
        for parent in [None, Some(d.id)] {
            let query = ListQuery { order, parent, ..products() };
            assert_eq!(world.finds(query.clone()).await, expected);
            let reversed: Vec<_> = expected.into_iter().rev().collect();
            assert_eq!(world.finds(ListQuery { descending: true, ..query.clone() }).await, reversed);
            let later: Vec<_> = expected.into_iter().filter(|name| ["a", "C"].contains(name)).collect();
            assert_eq!(world.finds(ListQuery { since: Some(Millis(2)), ..query }).await, later);
        }
    }
}

/// Reads page after page; `between` runs after each.
async fn walk(world: &World, mut query: ListQuery, between: impl AsyncFn(usize)) -> Vec<String> {
    let mut names = Vec::new();
    for page in 0.. {
        let records = world.now().await.list(&query).await.unwrap();
        assert!(records.len() <= query.limit as usize);
        let Some(last) = records.last() else { return names };
        query.after = Some(query.keyset(last));
        names.extend(records.into_iter().map(|record| record.name));
        between(page).await;
    }
    names
}

async fn pages_survive_inserts(world: &World) {
    let d = domain("d");
    world.puts(&d).await;
    let names: Vec<String> = (0..30).map(|n| format!("n{:02}", n * 2)).collect();
    let mut set = Set::new();
    for (at, name) in names.iter().enumerate() {
        let mut record = product(&d, name);
        // Ties, which only the id breaks.
        record.created.at = Millis(at as i64 / 10);
        record.updated.at = Millis(at as i64 / 7);
        record.state = if at % 3 == 0 { State::Deleted { holds_name: true } } else { State::Alive };
        set = set.put(&record);
    }
    world.does(set).await;
    for order in [Order::Name, Order::Created, Order::Updated] {
        for descending in [false, true] {
            for parent in [None, Some(d.id)] {
                let query = ListQuery { order, descending, parent, limit: 4, states: States::All, ..products() };
                let seen = walk(world, query, async |_| ()).await;
                let expected: Vec<String> =
                    if descending { names.iter().rev().cloned().collect() } else { names.clone() };
                assert_eq!(seen, expected, "{order:?} {descending}");
            }
        }
    }
    // What is there throughout is seen once, whatever is put before and behind the reader.
    let query = ListQuery { limit: 4, states: States::All, ..products() };
    let seen = walk(world, query, async |page| {
        plant(world, &d, &[&format!("a{page}"), &format!("n{:02}", page * 8 + 1)]).await;
    });
    let seen: Vec<String> = seen.await.into_iter().filter(|name| names.contains(name)).collect();
    assert_eq!(seen, names);
}

async fn a_limit_of_nothing(world: &World) {
    let d = domain("d");
    world.puts(&d).await;
    plant(world, &d, &["a"]).await;
    assert_eq!(world.names(&ListQuery { limit: 0, ..products() }).await, [""; 0]);
    assert_eq!(world.names(&ListQuery { limit: u32::MAX, ..products() }).await, ["a"]);
    let place = Keyset { key: emporion_catalog::query::KeysetKey::Name("a".into()), id: RecordId::fresh() };
    let query = ListQuery { after: Some(place), limit: 0, ..products() };
    assert_eq!(world.now().await.count(&query).await.unwrap(), 1, "a count has neither place nor limit");
}

async fn large_ranges(world: &World) {
    let (d, e) = (domain("d"), domain("e"));
    world.does(Set::new().put(&d).put(&e)).await;
    let n: usize = if world.is_indexed() { 2_100 } else { 60 };
    let hidden = |domain, name: &str| Record { visibility: Visibility::Granted, ..product(domain, name) };
    let records: Vec<Record> = (0..n).map(|at| hidden(&d, &format!("{at:04}"))).collect();
    world.does(records.iter().fold(Set::new(), |set, record| set.put(record))).await;
    plant(world, &e, &["0000"]).await;
    let within = |fqn: &str| ListQuery { within: Some(fqn.into()), limit: 2, ..products() };
    assert_eq!(world.names(&within("d")).await, ["0000", "0001"]);
    assert_eq!(world.names(&ListQuery { descending: true, ..within("d") }).await.len(), 2);
    assert_eq!(world.now().await.count(&within("d")).await.unwrap(), n as u64);
    assert_eq!(world.names(&within("e")).await, ["0000"]);
    // More leads to one of two people than is looked up one by one, of more that not everybody sees than are looked at alone.
    let (ann, bob) = (record("user", None, "ann"), record("user", None, "bob"));
    let (hers, foreign) = (hidden(&e, "hers"), hidden(&e, "foreign"));
    let set = Set::new().put(&ann).put(&bob).put(&hers).put(&foreign).link(&edge(&hers, OWNER, &ann));
    let set = set.link(&edge(&records[7], OWNER, &bob));
    world.does(records.iter().fold(set, |set, record| set.link(&edge(record, OWNER, &ann)))).await;
    let seen = |fqn: &str, ids| ListQuery { limit: 9_000, visible_to: Some(ids), ..within(fqn) };
    assert_eq!(world.finds(seen("e", vec![ann.id])).await, ["0000", "hers"]);
    assert_eq!(world.finds(seen("e", vec![d.id])).await, ["0000"]);
    assert_eq!(world.finds(seen("d", vec![ann.id])).await.len(), n);
    assert_eq!(world.finds(seen("d", vec![bob.id])).await, ["0007"]);
    assert_eq!(world.finds(ListQuery { hidden: true, ..seen("d", vec![bob.id]) }).await, ["0007"]);
    assert_eq!(world.finds(ListQuery { hidden: true, limit: 9_000, ..within("d") }).await.len(), n);
    assert_eq!(world.finds(ListQuery { hidden: true, limit: 9_000, ..within("e") }).await, ["foreign", "hers"]);
}
