use jiff::civil::date;

use crate::chat::ground::FieldId;
use crate::chat::lexicon::Lexicon;
use crate::chat::read::{read, tests};
use crate::chat::reading::{Asked, Found, InColumn, LookedUp, Reading, Thread};
use crate::chat::verified::{Slot, Takes, Verified};

fn queries() -> Vec<Verified> {
    let slot = |name: &str, takes: Takes| Slot { name: name.to_owned(), takes };
    let of = |id: &str, questions: &[&str], slots: Vec<Slot>| Verified {
        id: id.to_owned(),
        questions: questions.iter().map(|text| (*text).to_owned()).collect(),
        slots,
    };
    vec![
        of("fixed", &["How healthy is the business?", "business health"], vec![]),
        of("sales-2023", &["What were net sales in 2023?"], vec![]),
        of("by-region", &["How is turnover split by area"], vec![]),
        of("top", &["best {n} partners of {period}"], vec![slot("n", Takes::Number), slot("period", Takes::Period)]),
        of("city", &["score of {city} right now"], vec![slot("city", Takes::ValueOf(FieldId(2)))]),
        of(
            "size",
            &["stock of {size} boxes"],
            vec![slot("size", Takes::OneOf(vec!["small".into(), "extra large".into()]))],
        ),
        of("day", &["closing balance on {day}"], vec![slot("day", Takes::Date)]),
        of("note", &["notes that say {note} today"], vec![slot("note", Takes::ValueIn("notes.text".into()))]),
        of("free", &["tickets about {topic}"], vec![slot("topic", Takes::Quoted)]),
    ]
}

fn ask(text: &str, found: &Found) -> String {
    let ground = tests::grounds::retail();
    let lexicon = Lexicon::of(&ground);
    let (thread, verified) = (Thread::default(), queries());
    let asked = Asked { text, today: date(2026, 11, 20), locale: "en-GB", thread: &thread, found, verified: &verified };
    tests::line(&ground, &read(&ground, &lexicon, &asked))
}

#[test]
fn the_same_question_is_answered_and_an_alike_one_is_not() {
    let rows = [
        ("how healthy is the business", "verified fixed"),
        ("Please show me the business health!", "verified fixed"),
        ("how healthy was the business", "unknown healthy, business"),
        ("what were net sales in 2023", "verified sales-2023"),
        ("what were net sales in 2024", "net_sales | in orders.order_date 2024-01-01..2025-01-01"),
        ("net sales 2024", "net_sales | in orders.order_date 2024-01-01..2025-01-01"),
        ("net sales for 2023", "verified sales-2023"),
        ("net sales not 2023", "outside"),
        ("turnover by area", "net_sales | by customers.region"),
        ("best 5 partners of 2025", "verified top n=5 period_start=2025-01-01 period_end=2026-01-01"),
        ("best ten partners of last quarter", "verified top n=10 period_start=2026-07-01 period_end=2026-10-01"),
        ("best partners of 2025", "unknown partners"),
        ("worst 5 partners of 2025", "unknown partners"),
        ("stock of extra large boxes", "verified size size=extra large"),
        ("stock of huge boxes", "unknown stock, huge, boxes"),
        ("closing balance on 2026-01-05", "verified day day=2026-01-05"),
        ("closing balance on 01/02/2026", "verified day day=2026-02-01"),
        ("closing balance on March 2026", "unknown closing, balance"),
        ("tickets about \"the Late Train\"", "verified free topic=the Late Train"),
        ("tickets about the late train", "unknown tickets, about, late, train"),
    ];
    let known = |text: &str| {
        let mut found = Found::default();
        for _ in 0..3 {
            let ground = tests::grounds::retail();
            let lexicon = Lexicon::of(&ground);
            let (thread, verified) = (Thread::default(), queries());
            let asked = Asked {
                text,
                today: date(2026, 11, 20),
                locale: "en-GB",
                thread: &thread,
                found: &found,
                verified: &verified,
            };
            let Reading::LookUp(probes) = read(&ground, &lexicon, &asked) else { break };
            for probe in probes {
                let none = |field| LookedUp { phrase: probe.phrase.clone(), field, stored: None };
                found.looked_up.extend(probe.fields.iter().copied().map(none));
                let none =
                    |column: &String| InColumn { phrase: probe.phrase.clone(), column: column.clone(), stored: None };
                found.in_columns.extend(probe.columns.iter().map(none));
            }
        }
        ask(text, &found)
    };
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(text, wanted)| known(text) != *wanted)
        .map(|(text, wanted)| format!("{text}\n  got    {}\n  wanted {wanted}", known(text)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_slot_takes_a_value_that_the_source_knows() {
    assert_eq!(ask("score of Berlin right now", &Found::default()), "look up");
    let stored = |stored: Option<&str>| Found {
        looked_up: vec![LookedUp { phrase: "Berlin".into(), field: FieldId(2), stored: stored.map(str::to_owned) }],
        ..Found::default()
    };
    assert_eq!(ask("score of Berlin right now", &stored(Some("Berlin"))), "verified city city=Berlin");
    assert_ne!(ask("score of Berlin right now", &stored(None)), "verified city city=Berlin");
}

#[test]
fn a_slot_takes_a_value_of_a_column_that_no_model_speaks_of() {
    assert_eq!(ask("notes that say gone fishing today", &Found::default()), "look up");
    let stored = |stored: &[&str]| {
        let one = |text: &str| InColumn {
            phrase: "gone fishing".into(),
            column: "notes.text".into(),
            stored: Some(text.into()),
        };
        Found { in_columns: stored.iter().map(|text| one(text)).collect(), ..Found::default() }
    };
    let found = "verified note note=Gone Fishing";
    assert_eq!(ask("notes that say gone fishing today", &stored(&["Gone Fishing"])), found);
    assert_eq!(ask("notes that say \"gone fishing\" today", &stored(&["Gone Fishing"])), found);
    // Of two that differ in capitals neither is chosen, unless it is written so.
    assert_ne!(ask("notes that say gone fishing today", &stored(&["Gone Fishing", "GONE FISHING"])), found);
    assert_eq!(ask("notes that say Gone Fishing today", &stored(&["Gone Fishing", "GONE FISHING"])), found);
}
