//! Generated queries, for people of all standings, against a plain look at every record.

use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::finder::{Finder, Found, Order, SORTS, Search};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::observation::USAGE;
use emporion_catalog::relation::{self, Relation};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::house::field;
use crate::world::{Documents, Plain, World};

const WORDS: &[&str] = &[
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

fn clause(random: &mut StdRng) -> String {
    let word = WORDS.choose(random).unwrap();
    match random.random_range(0..24) {
        0..6 => (*word).to_owned(),
        6 => format!("{}*", word.chars().take(3).collect::<String>()),
        7 => format!("{word}_{}", WORDS.choose(random).unwrap()),
        8 => format!(
            "{}_{}*",
            word.chars().take(2).collect::<String>(),
            WORDS.choose(random).unwrap().chars().take(2).collect::<String>()
        ),
        9 => format!("\"{word} {}\"", WORDS.choose(random).unwrap()),
        10 => {
            ["kind:table", "kind:product", "kind:(tables OR domain)", "kind:person"].choose(random).unwrap().to_string()
        }
        11 => ["owner:me", "owner:mine", "owner:anna", "owner:\"ben\"", "owner:\"Ben\"", "owner:DES*"]
            .choose(random)
            .unwrap()
            .to_string(),
        12 => [
            "domain:sales",
            "domain:=sales",
            "domain:=\"sales\"",
            "domain:'Sales.Emea'",
            "domain:vente",
            "domain:finance,emea",
        ]
        .choose(random)
        .unwrap()
        .to_string(),
        13 => {
            ["tag:PII.Sensitive", "tag:sensitive", "term:'net revenue'", "tag:pii*"].choose(random).unwrap().to_string()
        }
        14 => [
            "cost>20",
            "cost:5..30",
            "cost<=10",
            "cost:7",
            "since:2026-01",
            "since:2026..",
            "since:2026",
            "since>2025",
            "since<2026",
            "since:2025-12..2026-01",
            "since:2y",
            "property.kind:sales",
        ]
        .choose(random)
        .unwrap()
        .to_string(),
        15 => ["has:owner", "has:tag", "has:cost", "has:description", "has:domain"].choose(random).unwrap().to_string(),
        16 => ["updated:1d", "created:2020..", "updated<2020", "created:today"].choose(random).unwrap().to_string(),
        17 => ["status:production", "type:postgres", "type:Aggregate", "certified:no", "rows:closed"]
            .choose(random)
            .unwrap()
            .to_string(),
        18 => [
            "source:pg",
            "source:'the mart'",
            "source:\"The Mart\"",
            "source:the*",
            "-source:MART",
            "pg.shop",
            "pg.shop.public",
            "sales.emea",
            "column:net_0",
            "by:admin",
        ]
        .choose(random)
        .unwrap()
        .to_string(),
        19 => "*".to_owned(),
        20 => [
            "fqn:pg.shop.public",
            "name:sales",
            "fqn:sales.*",
            "team:desk",
            "team:mine",
            "pg.sh*",
            "pg.shop.public.s*",
            "SALES.E*",
            "sales*",
            "finance.sales*",
        ]
        .choose(random)
        .unwrap()
        .to_string(),
        21 => ["rows:granted", "-rows:granted", "queryable:yes", "queryable:no"].choose(random).unwrap().to_string(),
        22 => match random.random_range(0..3) {
            0 => format!("product:{}*", word.chars().take(2).collect::<String>()),
            1 => format!("product:'{word}'"),
            _ => "product:(net* OR \"Sales\")".to_owned(),
        },
        _ => [
            "customers",
            "ordering",
            "region",
            "売",
            "gro*",
            "SALES",
            "Große",
            "データ",
            "zerowidth",
            "zero*",
            "name:zero*",
            "name:'データ'",
            "ΠΩΛΗΣΕΙΣ",
            "name:'Πωλησεισ'",
        ]
        .choose(random)
        .unwrap()
        .to_string(),
    }
}

fn query(random: &mut StdRng, depth: u32) -> String {
    if depth == 0 || random.random_bool(0.5) {
        return clause(random);
    }
    let (a, b) = (query(random, depth - 1), query(random, depth - 1));
    match random.random_range(0..5) {
        0 => format!("({a}) OR ({b})"),
        1 => format!("{a} -({b})"),
        2 => format!("NOT ({a})"),
        3 => format!("({a}) AND ({b})"),
        _ => format!("({a}) {b}"),
    }
}

/// More clauses than are looked at side by side.
fn long(random: &mut StdRng) -> String {
    let mut groups: Vec<String> = (0..20).map(|_| format!("({})", query(random, 1))).collect();
    let last = groups.split_off(17).join(" -");
    format!("({}) {last}", groups.join(" OR "))
}

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
