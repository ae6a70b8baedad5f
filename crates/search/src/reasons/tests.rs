use emporion_catalog::finder::{BELOW, Fact, FieldName, Fit, Text, Tier};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::registry::Registry;

use super::*;
use crate::plan::{Settings, resolve};
use crate::query::parse;

fn document(name: &str, description: &str) -> Document {
    let fact = |field: &'static str, text: &str| Fact { field: FieldName::Borrowed(field), text: text.to_owned() };
    let text = |tier: Tier, field: &'static str, text: &str| Text { tier, field, text: text.to_owned() };
    Document {
        id: RecordId::fresh(),
        account: AccountId::fresh(),
        kind: Registry::standard().expect("table"),
        name: name.to_owned(),
        fqn: format!("pg.shop.{name}"),
        is_granted: false,
        linked: Vec::new(),
        standing: 0,
        created: 0,
        updated: 0,
        texts: vec![text(Tier::Name, "name", name), text(Tier::Description, "description", description)],
        facts: vec![
            fact("name", name),
            fact("fqn", &format!("pg.shop.{name}")),
            fact(BELOW, "pg.shop"),
            fact(BELOW, "pg"),
        ],
        leads: Vec::new(),
        numbers: vec![(FieldName::Borrowed("property.cost"), 5.0)],
        times: Vec::new(),
        has: vec![FieldName::Borrowed("name"), FieldName::Borrowed("property.cost")],
        counted: Vec::new(),
    }
}

fn test(query: &str) -> Condition {
    let registry = Registry::standard();
    let settings = Settings {
        registry: &registry,
        me: RecordId::fresh(),
        teams: Vec::new(),
        now: 0,
        products: Default::default(),
        holders: Default::default(),
        sources: Default::default(),
        queryable: None,
    };
    resolve(&parse(query).unwrap(), &settings).unwrap()
}

fn of(query: &str, name: &str, description: &str) -> Option<u32> {
    test(query).score(&document(name, description))
}

#[test]
fn words_of_names_are_found_in_parts_and_whole() {
    for query in [
        "insights",
        "CustomerInsights",
        "customerinsightsdataproduct",
        "cust_ins*",
        "custom*",
        "insight",
        "INSIGHTS",
        "data-product",
        "\"customer insights\"",
        "pg.shop",
        "PG",
        "pg.shop.CustomerInsightsDataProduct",
        "cost:5",
        "cost>4",
        "cost:5.0",
        "has:cost",
        "-has:owner",
        "name:customerinsightsdataproduct",
        "fqn:pg.*",
        "pg.sh*",
        "pg.shop.Cust*",
        "PG.Shop.customerinsightsdataproduct*",
        "kind:tables",
        "*",
    ] {
        assert!(of(query, "CustomerInsightsDataProduct", "").is_some(), "{query}");
    }
    for query in [
        "sights",
        "insights_customer",
        "cust_data*",
        "shop.CustomerInsights",
        "pg.sh",
        "pg*",
        "shop.c*",
        "\"insights customer\"",
        "cost>5",
        "cost:..4",
        "name:insights",
        "name:\"customerinsightsdataproduct\"",
        "-insights",
        "kind:domain",
        "has:owner",
    ] {
        assert_eq!(of(query, "CustomerInsightsDataProduct", ""), None, "{query}");
    }
}

#[test]
fn a_month_or_a_year_of_a_property_is_all_of_it() {
    let mut document = document("orders", "");
    let since = FieldName::Borrowed("property.since");
    document.facts.push(Fact { field: since.clone(), text: "2026-03-01".to_owned() });
    document.times.push((since, crate::document::properties::time("2026-03-01").unwrap()));
    for query in [
        "since:2026-03-01",
        "since:2026-03",
        "since:2026",
        "since:2025,2026",
        "since:2026..",
        "since:..2026",
        "since>2025",
        "since>2026-02",
        "since:2026-02..2026-03",
        "since<=2026",
        "cost:5",
        "cost<2026",
    ] {
        assert!(test(query).holds(&document), "{query}");
    }
    for query in
        ["since:2026-02", "since:2025", "since>2026", "since<2026", "since:'2026-03'", "since:\"2026\"", "cost:2026"]
    {
        assert!(!test(query).holds(&document), "{query}");
    }
}

#[test]
fn where_a_word_stands_says_how_well_it_fits() {
    let scores = [
        of("orders", "orders", ""),
        of("orders", "orders_raw", ""),
        of("order", "orders_raw", ""),
        of("ord*", "orders_raw", ""),
        of("orders", "x", "All orders."),
        of("pg", "x", ""),
        of("-orders", "x", ""),
    ];
    assert!(scores.iter().all(Option::is_some), "{scores:?}");
    assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
    let begun = [
        of("orders*", "orders", ""),
        of("orders*", "load_orders", ""),
        of("pg.shop.o*", "orders", ""),
        of("o*", "x", "All orders."),
    ];
    assert!(begun[0] > begun[1] && begun[1] == begun[2] && begun[2] > begun[3], "an exact name first: {begun:?}");
    assert_eq!(of("orders raw", "orders_raw", ""), Some(2 * worth(Tier::Name, Fit::Word)), "words add up");
}

#[test]
fn text_without_spaces_is_found_by_its_characters() {
    for query in ["売上", "上高", "売", "高", "売上高"] {
        assert!(of(query, "月次売上高", "").is_some(), "{query}");
    }
    for query in ["高売", "売高"] {
        assert_eq!(of(query, "月次売上高", ""), None, "{query}");
    }
}

#[test]
fn the_reason_names_the_place_and_shows_what_stands_around() {
    let long = format!("{} Revenue of the year. {}", "Words before. ".repeat(20), "Words after. ".repeat(20));
    let found = reasons(&test("revenues name:x -other"), &document("x", &long));
    let fields: Vec<&str> = found.iter().map(|reason| reason.field.as_str()).collect();
    assert_eq!(fields, ["description", "name"]);
    assert!(found[0].fragment.contains("Revenue") && found[0].fragment.len() < 200, "{found:?}");
    assert!(found[0].fragment.starts_with('…') && found[0].fragment.ends_with('…'), "{found:?}");
}

#[test]
fn each_clause_that_a_hit_fits_is_a_reason() {
    let mut document = document("orders", "Net sales by day.");
    let fact = |field: &'static str, text: &str| Fact { field: FieldName::Borrowed(field), text: text.to_owned() };
    document.facts.extend([
        fact("column", "net_sales"),
        fact("column", "Sales"),
        fact("property.cost", "5"),
        fact("property.since", "2026-03-01"),
    ]);
    document.texts.push(Text { tier: Tier::Labels, field: "term", text: "Net sales".to_owned() });
    document.has.push(FieldName::Borrowed("updated"));
    let told = |query: &str| -> Vec<String> {
        let told = reasons(&test(query), &document).into_iter();
        let shown = |reason: Reason| {
            let mark = if reason.marks.is_empty() { "" } else { "!" };
            format!("{}={}{mark}", reason.field, reason.fragment)
        };
        told.map(shown).collect()
    };
    for (query, reasons) in [
        ("kind:tables", &["kind=table"][..]),
        ("cost>4", &["cost=5!"][..]),
        ("cost:5.00", &["cost=5!"][..]),
        ("since:2026-02..2026-04", &["since=2026-03-01!"][..]),
        ("updated:1970", &["updated=1970-01-01T00:00:00.000Z"][..]),
        ("has:name has:updated", &["name=orders", "updated=1970-01-01T00:00:00.000Z"][..]),
        ("net_sales", &["term=Net sales!", "column=net_sales!"][..]),
        ("sales kind:table", &["term=Net sales!", "column=Sales!", "kind=table"][..]),
        ("-has:owner cost<1", &[][..]),
    ] {
        assert_eq!(told(query), reasons, "{query}");
    }
}

#[test]
fn a_mark_is_where_the_word_stands_in_what_is_shown() {
    let long = format!("{}   révenue per day {}", "é ".repeat(200), "and more ".repeat(60));
    for text in ["revenue", "all révenue", long.as_str()] {
        let from = text.find("r").expect("the word");
        let to = from + text[from..].find(' ').unwrap_or(text.len() - from);
        let (fragment, mark) = around(text, from, to);
        assert_eq!(fragment[mark], text[from..to], "{fragment}");
    }
    let word = "x".repeat(1_000);
    let (fragment, mark) = around(&word, 0, 1_000);
    assert!(fragment.get(mark).is_some_and(|marked| marked.len() > 100), "a word longer than what is shown");
}

#[test]
fn a_fragment_of_a_description_is_read_without_its_signs() {
    let of = |text: &str, word: &str| {
        let at = text.find(word).expect("it stands there");
        let (fragment, mark) = without_markdown(text.to_owned(), at..at + word.len());
        assert_eq!(&fragment[mark], word, "{text}");
        fragment
    };
    assert_eq!(
        of("**Net** sales, `nightly`, of [the größte shop](/a_b)", "shop"),
        "Net sales, nightly, of the größte shop"
    );
    assert_eq!(of("runs **nightly**.", "nightly"), "runs nightly.");
    assert_eq!(of("see [here](/orders)", "orders"), "see [here](/orders)", "it stands in the address");
    for plain in ["a[0] net_sales", "[an end", "a](b)", "[a](b c)", "[a\n](b)"] {
        assert_eq!(of(plain, "a"), plain);
    }
}
