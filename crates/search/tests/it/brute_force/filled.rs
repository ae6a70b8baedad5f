//! What is looked for: records of several kinds with names that resemble each other, and people of all standings.

use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::observation::USAGE;
use emporion_catalog::relation::{self, Relation};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use crate::world::World;

pub const WORDS: &[&str] = &[
    "sales",
    "net",
    "revenue",
    "customer",
    "insights",
    "order",
    "orders",
    "daily",
    "raw",
    "EU",
    "売上",
    "報告",
    "größe",
    "πωλήσεις",
    "テ\u{3099}ータ",
    "zero\u{200b}width",
    "marketing",
    "2024",
];
const TEXTS: &[&str] = &[
    "Net sales by region, updated daily.",
    "Customers and their orders; see customer_insights.",
    "Raw data. Do not use!",
    "売上の報告 for the EU",
    "Größe und Gewicht",
];

fn name(random: &mut StdRng) -> String {
    let mut word = || WORDS.choose(random).unwrap().to_string();
    let (a, b) = (word(), word());
    let capital = |text: &str| text[..1].to_uppercase() + &text[1..];
    let form = random.random_range(0..5);
    let number: u16 = random.random_range(0..1000);
    match form {
        0 => format!("{a}_{b}{number}"),
        1 if a.is_ascii() && b.is_ascii() => format!("{}{}{number}", capital(&a), capital(&b)),
        2 => format!("{a}-{b}.{number}"),
        3 => format!("{a}{number}"),
        _ => format!("{a} {b} {number}"),
    }
}

/// People of several standings, and what they see or do not.
pub async fn fill(world: &World, random: &mut StdRng) -> Vec<RecordId> {
    let house = &world.house;
    let mut people = vec![house.admin()];
    for name in ["anna", "ben", "cara", "dora", "emil"] {
        people.push(house.person(name).await);
    }
    let person = |who: RecordId| house.id("user", who);
    // Whether one of them sees a product has to be asked of each.
    let rule = json!({"name": "r", "effect": "deny", "resources": ["dataProduct"], "operations": ["ViewAll"],
                      "condition": "matchAnyTag('PII.Sensitive')"});
    house.make("policy", None, "Careful", json!({"rules": [rule]})).await;
    let policy = (relation::HAS_POLICY, house.name("policy", "Careful"));
    house.run(house.admin(), house.create("role", None, "Reader", json!({}), &[policy])).await.unwrap();
    house.relate(&person(people[5]), relation::HAS_ROLE, How::Add, vec![house.name("role", "Reader")]).await;
    // One below another has the name of a third.
    for (domain, above) in [("sales", None), ("emea", Some("sales")), ("finance", None), ("sales", Some("finance"))] {
        let parent = above.map(|above| house.name("domain", above));
        house.make("domain", parent.as_ref(), domain, json!({"domain_type": "Aggregate"})).await;
    }
    let domains = ["sales", "sales.emea", "finance", "finance.sales"];
    let team = house.make("team", Some(&house.name("domain", "sales")), "desk", json!({"team_type": "Group"})).await;
    house.relate(&house.id("team", team), relation::MEMBER, How::Add, vec![person(people[2])]).await;
    // She owns a domain, and sees what is granted there to nobody else.
    house.relate(&house.name("domain", "finance"), relation::OWNER, How::Add, vec![person(people[3])]).await;
    house.relate(&house.name("domain", "sales"), relation::STEWARD, How::Add, vec![house.id("team", team)]).await;
    house.make("glossary", None, "Words", json!({})).await;
    house
        .make(
            "glossary_term",
            Some(&house.name("glossary", "Words")),
            "Net revenue",
            json!({"display_name": "Net Revenue"}),
        )
        .await;
    let tag = house.name("tag", "PII.Sensitive");
    let term = house.name("glossary_term", "Words.Net revenue");
    house.make("database_service", None, "pg", json!({"service_type": "Postgres", "display_name": "The Mart"})).await;
    house.make("database", Some(&house.name("database_service", "pg")), "shop", json!({})).await;
    house.make("database_schema", Some(&house.name("database", "pg.shop")), "public", json!({})).await;
    house
        .relate(&house.name("database_schema", "pg.shop.public"), relation::OWNER, How::Add, vec![person(people[1])])
        .await;
    let schema = house.name("database_schema", "pg.shop.public");
    let mut made: Vec<Ref> = Vec::new();
    for _ in 0..60 {
        let columns: Vec<Value> = (0..random.random_range(0..4))
            .map(|n| {
                json!({"name": format!("{}_{n}", WORDS.choose(random).unwrap()), "data_type": "INT",
                            "description": TEXTS.choose(random).unwrap()})
            })
            .collect();
        let mut fields = json!({"columns": columns, "description": TEXTS.choose(random).unwrap(),
            "extension": {"cost": random.random_range(0..50), "since": "2026-01-15", "kind": WORDS.choose(random).unwrap()}});
        if random.random_bool(0.3) {
            fields["display_name"] = format!("{} table", WORDS.choose(random).unwrap()).into();
        }
        let id = house.make("table", Some(&schema), &name(random), fields).await;
        made.push(house.id("table", id));
    }
    for _ in 0..60 {
        let domain = house.name("domain", domains.choose(random).unwrap());
        let fields = json!({"description": TEXTS.choose(random).unwrap(), "lifecycle_stage": "PRODUCTION",
                            "extension": {"cost": random.random_range(0..50)}});
        let id = house.make("data_product", Some(&domain), &name(random), fields).await;
        made.push(house.id("data_product", id));
    }
    // What the administrator adds he lends.
    let (tables, products) = made.split_at(60);
    for product in products {
        let number = random.random_range(0..3);
        let assets: Vec<Ref> = tables.choose_multiple(random, number).cloned().collect();
        house.relate(product, relation::HAS_ASSET, How::Add, assets).await;
    }
    for record in &made {
        let mut relate: Vec<(Relation, Ref)> = Vec::new();
        if random.random_bool(0.4) {
            relate.push((relation::OWNER, person(*people.choose(random).unwrap())));
        }
        if random.random_bool(0.3) {
            relate.push((relation::TAGGED, tag.clone()));
        }
        if random.random_bool(0.3) {
            relate.push((relation::TAGGED, term.clone()));
        }
        if random.random_bool(0.2) {
            relate.push((relation::FOLLOWER, person(people[1])));
        }
        let mut draft = Draft::default();
        if matches!(record, Ref::Id(kind, _) if kind.is("table")) && random.random_bool(0.4) {
            let count = random.random_range(0..3);
            draft.observe(USAGE, "", Millis(86_400_000), json!({"daily_stats": {"count": count}}));
        }
        for (relation, target) in relate {
            draft.relate(relation, How::Add, relation.name(), vec![Target::of(target)]);
        }
        if matches!(record, Ref::Id(kind, _) if kind.is("data_product")) && random.random_bool(0.5) {
            draft.visibility = Some(emporion_catalog::kind::Visibility::Granted);
            if random.random_bool(0.3) {
                draft.relate(relation::VIEWER, How::Add, "viewer", vec![Target::of(person(people[4]))]);
            }
        }
        house.run(house.admin(), house.change(record.clone(), draft)).await.unwrap();
    }
    people
}
