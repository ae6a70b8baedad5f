//! Queries made by chance, of every form that the language has.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::filled::WORDS;

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

pub fn query(random: &mut StdRng, depth: u32) -> String {
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
pub fn long(random: &mut StdRng) -> String {
    let mut groups: Vec<String> = (0..20).map(|_| format!("({})", query(random, 1))).collect();
    let last = groups.split_off(17).join(" -");
    format!("({}) {last}", groups.join(" OR "))
}
