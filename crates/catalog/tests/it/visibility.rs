//! What a list shows, what it counts and what a look at the record allows are one.

use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::command::{Deletion, How, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::questions::Questions;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{
    EDITOR, HAS_POLICY, HAS_ROLE, IN_DOMAIN, MEMBER, OWNER, OWNING_TEAM, Relation, TAGGED, VIEWER,
};
use emporion_store::{Options, SqliteStore};
use serde_json::json;

use crate::house::House;
use crate::reading;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % sides as u64) as usize
    }
}

const DOMAINS: [&str; 4] = ["A", "A.S", "A.S.T", "B"];

/// Domains with owners and stewards, teams in all designations, products of every standing.
async fn town(house: &House, seed: u64) -> (Vec<RecordId>, Vec<RecordId>) {
    let mut dice = Dice(seed);
    let mut people = Vec::new();
    for name in ["ann", "bob", "cyd", "dan", "eve", "fay"] {
        people.push(house.person(name).await);
    }
    let user = |id: RecordId| house.id("user", id);
    let domain = json!({"domain_type": "Aggregate"});
    house.domain("A").await;
    house.domain("B").await;
    house.make("domain", Some(&house.name("domain", "A")), "S", domain.clone()).await;
    house.make("domain", Some(&house.name("domain", "A.S")), "T", domain).await;
    let mut teams = Vec::new();
    for name in ["Red", "Blue"] {
        let id = house.make("team", Some(&house.name("domain", "B")), name, json!({"team_type": "Group"})).await;
        teams.push(house.id("team", id));
    }
    teams.push(house.name("team", "A.Stewards"));
    teams.push(house.name("team", "B.Stewards"));
    for team in &teams {
        for person in &people[..4] {
            if dice.roll(3) == 0 {
                let designation = ["owner", "contributor", "viewer"][dice.roll(3)];
                let member = Target::of(user(*person)).with("designation", designation);
                let mut draft = emporion_catalog::command::Draft::default();
                draft.relate(MEMBER, How::Add, "members", vec![member]);
                house.run(house.admin(), house.change(team.clone(), draft)).await.unwrap();
            }
        }
    }
    for name in DOMAINS {
        if dice.roll(2) == 0 {
            let owner = if dice.roll(3) == 0 { teams[dice.roll(2)].clone() } else { user(people[dice.roll(5)]) };
            house.relate(&house.name("domain", name), OWNER, How::Add, vec![owner]).await;
        }
    }
    let mut products = Vec::new();
    for n in 0..24 {
        let id = house.product(DOMAINS[dice.roll(4)], &format!("p{n}")).await;
        let product = house.id("data_product", id);
        let add = |relation: Relation, to| house.relate(&product, relation, How::Add, vec![to]);
        match dice.roll(6) {
            0 => drop(add(OWNER, user(people[dice.roll(6)])).await),
            1 => drop(add(OWNER, teams[dice.roll(2)].clone()).await),
            2 => drop(add(OWNING_TEAM, teams[dice.roll(2)].clone()).await),
            _ => {}
        }
        match dice.roll(5) {
            0 => drop(add(EDITOR, user(people[dice.roll(6)])).await),
            1 => drop(add(VIEWER, user(people[dice.roll(6)])).await),
            2 => drop(add(IN_DOMAIN, house.name("domain", DOMAINS[dice.roll(4)])).await),
            3 => drop(add(TAGGED, house.name("tag", "Tier.Tier1")).await),
            _ => {}
        }
        if dice.roll(4) != 0 {
            house.grant(&product).await;
        }
        products.push(id);
    }
    // The last one owned things, and has left.
    let leaver = people.pop().unwrap();
    house.run(house.admin(), house.delete(user(leaver), Deletion::SOFT)).await.unwrap();
    people.push(house.admin());
    (people, products)
}

/// Compares, for everybody, the lists in all orders and page sizes with what a look at each record says.
async fn agree(house: &House, people: &[RecordId], products: &[RecordId]) {
    let kind = house.kind("data_product");
    let all = ListQuery::of(house.made.account, kind);
    for person in people {
        let mut seen = BTreeSet::new();
        for product in products {
            if house.sees(*person, &house.id("data_product", *product)).await {
                seen.insert(*product);
            }
        }
        let caller = house.caller(*person).await;
        for (order, descending, limit) in
            [(Order::Name, false, 100), (Order::Name, true, 3), (Order::Created, false, 5), (Order::Updated, true, 1)]
        {
            let mut query = ListQuery { order, descending, limit, ..all.clone() };
            let mut listed = Vec::new();
            loop {
                let page = house.catalog.list(&caller, query.clone(), &Depth::bare()).await.unwrap();
                assert_eq!(page.total as usize, seen.len(), "a count tells of what is hidden");
                query.after = page.views.last().map(|view| query.keyset(&view.record));
                listed.extend(page.views.iter().map(|view| view.id()));
                assert_eq!(page.more, listed.len() < seen.len());
                if !page.more {
                    break;
                }
            }
            assert_eq!(listed.len(), seen.len(), "a record stands on two pages");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), seen, "{:?}", caller.principal.name);
        }
        reading::agrees(house, &caller, products, &seen).await;
        let within = ListQuery { within: Some("A.S".into()), limit: 0, ..all.clone() };
        let page = house.catalog.list(&caller, within, &Depth::bare()).await.unwrap();
        let mut below = 0;
        for product in &seen {
            let fqn = house.stored(*product).await.unwrap().fqn;
            below += u64::from(fqn.starts_with("A.S."));
        }
        assert_eq!((page.total, page.more), (below, below > 0));
    }
}

#[tokio::test]
async fn lists_show_and_count_what_can_be_seen_and_nothing_else() {
    for seed in 1..=6 {
        let house = House::new().await;
        let (people, products) = town(&house, seed).await;
        agree(&house, &people, &products).await;
    }
}

#[tokio::test]
async fn lists_and_looks_agree_under_policies_of_all_sorts() {
    let rules = [
        json!({"name": "r", "effect": "deny", "resources": ["dataProduct"], "operations": ["ViewAll"], "condition": "matchAnyTag('Tier.Tier1')"}),
        json!({"name": "r", "effect": "allow", "resources": ["dataProduct"], "operations": ["All"], "condition": "matchAnyTag('Tier.Tier1')"}),
        json!({"name": "r", "effect": "deny", "resources": ["dataProduct"], "operations": ["ViewAll"]}),
        json!({"name": "r", "effect": "allow", "resources": ["all"], "operations": ["All"]}),
        json!({"name": "r", "effect": "deny", "resources": ["dataProduct"], "operations": ["ViewAll"], "condition": "!hasDomain()"}),
    ];
    for (seed, rule) in rules.into_iter().enumerate() {
        let house = House::new().await;
        let (people, products) = town(&house, 20 + seed as u64).await;
        house.make("policy", None, "P", json!({"rules": [rule]})).await;
        house
            .run(house.admin(), house.create("role", None, "R", json!({}), &[(HAS_POLICY, house.name("policy", "P"))]))
            .await
            .unwrap();
        for person in people.iter().take(3) {
            house.relate(&house.id("user", *person), HAS_ROLE, How::Add, vec![house.name("role", "R")]).await;
        }
        agree(&house, &people, &products).await;
    }
}

#[tokio::test]
async fn however_many_lists_an_owner_of_many_domains_counts_they_are_asked_for_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db"), Registry::standard(), Options::default()).unwrap();
    let house = House::over(Arc::new(store)).await;
    let ann = house.person("ann").await;
    for n in 0..8 {
        let name = format!("d{n}");
        house.domain(&name).await;
        house.relate(&house.name("domain", &name), OWNER, How::Add, vec![house.id("user", ann)]).await;
        let product = house.product(&name, "p").await;
        house.grant(&house.id("data_product", product)).await;
    }
    let caller = house.caller(ann).await;
    let all = ListQuery::of(house.made.account, house.kind("data_product"));
    let asked = async |many: usize| {
        let questions = Questions::default();
        let counting = async {
            let within = |n| ListQuery { within: Some(format!("d{n}")), ..all.clone() };
            let reading = house.catalog.reading(&caller).await.unwrap();
            reading.totals((0..many).map(within).collect()).await.unwrap()
        };
        assert_eq!(questions.during(counting).await, vec![1; many]);
        questions.count()
    };
    let few = asked(2).await;
    assert_eq!(asked(8).await, few);
}

#[tokio::test]
async fn parts_are_listed_for_those_who_may_change_the_whole() {
    let house = House::new().await;
    let (ann, eve) = (house.person("ann").await, house.person("eve").await);
    let product = house.id("data_product", house.product("default", "p").await);
    house.relate(&product, OWNER, How::Add, vec![house.id("user", ann)]).await;
    let draft = house.make("draft", Some(&product), "d", json!({"part": "data_assets", "intent": "new"})).await;
    for (who, seen) in [(house.admin(), 1), (ann, 1), (eve, 0)] {
        assert_eq!(house.sees(who, &house.id("draft", draft)).await, seen == 1);
        let parent = house.get(house.admin(), &product).await.unwrap().id();
        for parent in [Some(parent), None] {
            let query = ListQuery { parent, ..ListQuery::of(house.made.account, house.kind("draft")) };
            let page = house.catalog.list(&house.caller(who).await, query, &Depth::bare()).await.unwrap();
            assert_eq!((page.views.len(), page.total), (seen, seen as u64));
        }
    }
}
