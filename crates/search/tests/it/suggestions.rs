//! What is suggested while somebody types.

use std::collections::HashSet;

use emporion_catalog::finder::{Effort, Finder, Found, Search};
use emporion_catalog::id::RecordId;

use crate::house::field;
use crate::world::World;

/// How many steps one question may take.
const MOST_STEPS: u64 = 400_000_000;

/// The best few are looked for in names alone; that must not show.
#[tokio::test(flavor = "multi_thread")]
async fn suggestions_are_the_best_of_what_begins_so() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    for n in 0..40 {
        let id = house.product("sales", &format!("{}{n}", if n % 2 == 0 { "quark" } else { "other" })).await;
        let target = || house.id("data_product", id);
        if n % 3 == 0 {
            house.run(house.admin(), house.change(target(), field("display_name", "Quantity"))).await.unwrap();
        }
        if n % 5 == 0 {
            house.run(house.admin(), house.change(target(), field("description", "Quarks and quanta."))).await.unwrap();
        }
    }
    world.settles().await;
    let typed = ["q", "qu", "qua", "quark", "quan", "quanta", "quark1", "quarks", "oth", "sales.qu", "sales.quark12"];
    for typed in typed {
        for limit in [1, 5, 12, 30, 100] {
            let search = Search { limit, ..Search::of(format!("{typed}*")) };
            let found = world.find(house.admin(), &search).await.unwrap();
            let suggested = world.engine.suggest(&house.caller(house.admin()).await, typed, limit, None).await.unwrap();
            let ids = |found: &emporion_catalog::finder::Found| -> HashSet<RecordId> {
                found.hits.iter().map(|hit| hit.id).collect()
            };
            assert_eq!(ids(&suggested), ids(&found), "{typed} {limit}");
            assert!(!suggested.hits.is_empty(), "{typed}");
            let why = |found: &emporion_catalog::finder::Found| {
                let mut why: Vec<String> = found.hits.iter().map(|hit| format!("{:?}", hit.why)).collect();
                why.sort();
                why
            };
            assert_eq!(why(&suggested), why(&found), "{typed} {limit}");
        }
    }
}

/// Somebody who types a name to its end means what bears it, whatever else has it as a word.
#[tokio::test(flavor = "multi_thread")]
async fn an_fqn_is_completed_and_an_exact_name_stands_first() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    for name in ["load_orders", "orders", "a_orders", "orders_raw"] {
        house.product("sales", name).await;
    }
    world.settles().await;
    let caller = house.caller(house.admin()).await;
    let names = async |typed: &str| -> Vec<String> {
        let found = world.engine.suggest(&caller, typed, 10, None).await.unwrap();
        found.hits.into_iter().map(|hit| hit.name).collect()
    };
    assert_eq!(names("orders").await, ["orders", "a_orders", "load_orders", "orders_raw"]);
    assert_eq!(names("sales.orders").await, ["orders", "orders_raw"]);
    assert_eq!(names("sales.o").await, ["orders", "orders_raw"]);
    assert_eq!(names("Sales.Load_Orders").await, ["load_orders"]);
    assert_eq!(names("ales.o").await, [""; 0]);
}

/// What is put in another's place is what is seen of a word, and nothing that turns the text around it.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_sees_is_in_no_correction() {
    let world = World::new().await;
    world.house.domain("sales").await;
    world.house.product("sales", "tur\u{200b}nov\u{202e}er").await;
    world.settles().await;
    let admin = world.house.admin();
    for query in ["turnover", "TURN\u{200d}OVER", "name:turnover", "\"turnover\"", "turno*"] {
        assert_eq!(world.ids(admin, query).await.len(), 1, "{query}");
    }
    let found = world.find(admin, &Search::of("turnovir")).await.unwrap();
    assert_eq!((found.corrected.as_deref(), found.total), (Some("turnover"), 1));
}

/// Each with how much of what the caller sees it finds, in the whole query where that finds anything.
#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_spellings_are_told_of_what_the_caller_sees() {
    let world = World::new().await;
    let house = &world.house;
    let ben = house.person("ben").await;
    house.domain("sales").await;
    for name in ["zanabrikt", "zanabrikt_two", "zanobrikt", "zanubrikt"] {
        house.product("sales", name).await;
    }
    let hidden = house.product("sales", "zanebrikt").await;
    house.grant(&house.id("data_product", hidden)).await;
    world.settles().await;
    let told = async |who: RecordId, query: &str| {
        let found = world.find(who, &Search { spellings: 3, ..Search::of(query) }).await.unwrap();
        let spellings = found.spellings.unwrap();
        let near = spellings.words.iter().flat_map(|word| word.near.iter().map(move |one| (word, one)));
        let near = near.map(|(of, one)| format!("{}: {} {}", of.word, one.query, one.total)).collect::<Vec<_>>();
        (found.corrected, spellings.nearest, near.join(", "))
    };
    let admin = house.admin();
    let wanted = |corrected: Option<&str>, nearest: &str, near: &str| {
        (corrected.map(str::to_owned), nearest.to_owned(), near.to_owned())
    };
    assert_eq!(
        told(admin, "zanxbrikt").await,
        wanted(Some("zanabrikt"), "zanabrikt", "zanxbrikt: zanebrikt 1, zanxbrikt: zanobrikt 1")
    );
    assert_eq!(
        told(ben, "zanxbrikt kind:product").await,
        wanted(
            Some("zanabrikt kind:product"),
            "zanabrikt kind:product",
            "zanxbrikt: zanobrikt kind:product 1, zanxbrikt: zanubrikt kind:product 1"
        )
    );
    assert_eq!(
        told(ben, "zanxbrikt kind:table").await,
        wanted(None, "zanabrikt kind:table", "zanxbrikt: zanabrikt 2, zanxbrikt: zanobrikt 1, zanxbrikt: zanubrikt 1")
    );
    let found = world.find(ben, &Search { spellings: 3, ..Search::of("\"zanxbrikt\" sale*") }).await.unwrap();
    assert_eq!((found.total, found.spellings), (0, None), "what is not corrected is not spelt otherwise");
    assert_eq!(world.find(ben, &Search::of("zanxbrikt")).await.unwrap().spellings, None, "nobody asked for them");
}

/// What finds nothing for the caller is none of those that he is told.
#[tokio::test(flavor = "multi_thread")]
async fn spellings_that_find_nothing_are_passed_over() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    for name in ["zanabrikt", "zanobrikt"] {
        house.product("sales", name).await;
    }
    house.tables(&["zanebrikt", "zanibrikt"]).await;
    world.settles().await;
    let found = async |query: &str, search: Search| {
        let search = Search { spellings: 3, query: query.to_owned(), ..search };
        world.find(house.admin(), &search).await.unwrap()
    };
    let told = async |query: &str, most_looked_at: Option<u32>| {
        let found = found(query, Search { most_looked_at, ..Search::of("") }).await;
        let words = found.spellings.unwrap().words;
        words.into_iter().flat_map(|word| word.near).map(|near| near.query).collect::<Vec<_>>().join(", ")
    };
    for most_looked_at in [None, Some(1)] {
        assert_eq!(told("zanxbrikt kind:product", most_looked_at).await, "zanobrikt kind:product");
        assert_eq!(told("zanxbrikt kind:glossary", most_looked_at).await, "zanabrikt, zanebrikt, zanibrikt");
    }
    // What the page shows comes first, and what is told beside it takes what is left.
    let effort = Effort::default();
    let whole = found("zanxbrikt kind:product", Search { effort: effort.clone(), ..Search::of("") }).await;
    let (spent, less) = (effort.add(0), Effort::default());
    less.add(MOST_STEPS - spent + 1);
    let found = found("zanxbrikt kind:product", Search { effort: less, ..Search::of("") }).await;
    assert_eq!((found.corrected, found.total, found.hits), (whole.corrected, whole.total, whole.hits));
}

/// What the index keeps whole can have signs in it that mean something in a query.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_typed_as_a_word_is_no_correction() {
    let world = World::new().await;
    let house = &world.house;
    house.tables(&["quorvex:alpha", "snorkel>flag", "fizz\"burnt", "has(paren)x", "quince_jelly"]).await;
    world.settles().await;
    for query in ["quorvexxalpha kind:term", "quorvexxalpha", "snorkelxflag", "fizzxburnt", "hasxparenxx"] {
        let search = Search { spellings: 3, ..Search::of(query) };
        let found = world.find(house.admin(), &search).await.unwrap();
        let spellings = found.spellings.as_ref().map(|spellings| &spellings.nearest);
        assert_eq!((found.total, &found.corrected, spellings), (0, &None, None), "{query}");
    }
    // With the parts of its words it would have more clauses than one may have.
    let nearest = |found: Found| found.spellings.map(|spellings| spellings.nearest);
    let search = |query: String| Search { spellings: 3, ..Search::of(query) };
    let found = world.find(house.admin(), &search("quince_jally kind:term".to_owned())).await.unwrap();
    assert_eq!(nearest(found).as_deref(), Some("quince_jelly kind:term"));
    let many = ["quincexjelly"; 200].join(" ");
    let found = world.find(house.admin(), &search(format!("{many} kind:term"))).await.unwrap();
    assert_eq!(nearest(found), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_made_is_suggested_to_who_waits_for_it() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    let caller = house.caller(house.admin()).await;
    for n in 0..10 {
        house.product("sales", &format!("orders{n}")).await;
        let at_least = house.catalog.health().await.unwrap();
        let found = world.engine.suggest(&caller, &format!("orders{n}"), 10, Some(at_least)).await.unwrap();
        assert!(found.seq >= at_least && found.hits.len() == 1, "{n}: {found:?}");
    }
}

/// Of all that stands below a name the first are looked at, and more of it where these are not for the caller's eyes.
#[tokio::test(flavor = "multi_thread")]
async fn below_a_name_with_more_than_anybody_reads_there_is_something_for_everybody() {
    const MANY: usize = 1_200;
    let world = World::new().await;
    let house = &world.house;
    let ben = house.person("ben").await;
    house.domain("sales").await;
    for n in 0..MANY {
        let id = house.product("sales", &format!("p{n:04}")).await;
        if n < MANY - 3 {
            house.grant(&house.id("data_product", id)).await;
        }
    }
    world.settles().await;
    let suggested = async |who: RecordId, typed: &str| {
        let found = world.engine.suggest(&house.caller(who).await, typed, 5, None).await.unwrap();
        (found.hits.into_iter().map(|hit| hit.name).collect::<Vec<_>>(), found.total_is_exact)
    };
    let admin = house.admin();
    let (names, is_exact) = suggested(admin, "sales.p").await;
    assert_eq!((names.join(" "), is_exact), ("p0000 p0001 p0002 p0003 p0004".to_owned(), false));
    assert_eq!(suggested(admin, "kind:product sales.p").await.0, names);
    assert_eq!(suggested(admin, "kind:domain sales.p").await, (vec![], true), "nothing was left out, after all");
    assert_eq!(suggested(ben, "sales.p").await, (["p1197", "p1198", "p1199"].map(str::to_owned).to_vec(), true));
    // What is asked, and not typed, is told whole.
    let found = world.find(admin, &Search::of("sales.p*")).await.unwrap();
    assert_eq!((found.total, found.total_is_exact), (MANY as u64, true));
}
