use proptest::prelude::*;

use super::*;

fn read(text: &str) -> String {
    match parse(text) {
        Ok(query) => query.to_string(),
        Err(fault) => format!("{} {} {:?}", fault.at, fault.message, fault.expected),
    }
}

fn fault(text: &str) -> (usize, String) {
    match parse(text) {
        Ok(query) => panic!("{text} reads as {query}"),
        Err(fault) => {
            assert!(!fault.expected.is_empty(), "{text}: says nothing of what was expected");
            (fault.at, fault.message)
        }
    }
}

#[test]
fn queries_are_printed_as_they_were_read() {
    for (text, printed) in [
        ("", ""),
        ("  \t ", ""),
        ("*", "*"),
        ("orders", "orders"),
        ("net_sales  AND -raw*", "net_sales -raw*"),
        ("a b OR c AND d", "a b OR c d"),
        ("a (b OR c) d", "a (b OR c) d"),
        ("(a b) c", "a b c"),
        ("NOT (a OR b)", "-(a OR b)"),
        ("NOT NOT a", "--a"),
        ("\"two \\\"words\\\\\"", "\"two \\\"words\\\\\""),
        ("kind:table", "kind:table"),
        ("kind:(table OR \"a b\")", "kind:table,\"a b\""),
        ("owner:me,'Anna Lee'", "owner:me,'Anna Lee'"),
        ("domain:=Sales", "domain:=Sales"),
        ("updated:7d", "updated:7d"),
        ("updated:2026-01-01..", "updated:2026-01-01.."),
        ("updated>=2026-01", "updated:2026-01.."),
        ("updated<2026", "updated<2026"),
        ("cost>5.5", "cost>5.5"),
        ("cost:1..9", "cost:1..9"),
        ("has:owner has:cost", "has:owner has:cost"),
        ("owner:*", "has:owner"),
        ("property.owner:x", "property.owner:x"),
        ("property.\"two words\":x", "property.\"two words\":x"),
        ("has:property.name", "has:property.name"),
        ("tag:PII.*", "tag:PII.*"),
        ("and or not", "and or not"),
        ("it's", "it's"),
        ("売上", "売上"),
        ("orders & returns", "orders returns"),
        ("net sales - returns", "net sales returns"),
        ("a ... b –", "a b"),
        ("& a (/ b)", "a b"),
        ("note: orders", "note orders"),
    ] {
        assert_eq!(read(text), printed, "{text}");
        assert_eq!(parse(printed), parse(text), "{text}");
    }
}

#[test]
fn faults_say_where_they_are() {
    for (text, at) in [
        ("(a", 2),
        ("a)", 1),
        ("()", 1),
        ("é \"b", 2),
        ("a AND", 5),
        ("OR a", 0),
        ("a OR OR b", 5),
        ("- a", 1),
        ("kind:", 5),
        ("kind: table", 5),
        ("kind:(a b)", 8),
        ("kind:(a OR", 10),
        ("kind:\"a\"b", 8),
        ("kind:a,", 7),
        ("a*b", 1),
        ("10:30", 0),
        ("has:", 4),
        ("has:\"x\"", 4),
        ("owner>5", 5),
        ("updated:soon", 8),
        ("updated:2026-13", 8),
        ("updated:1d..soon", 12),
        ("cost:..", 5),
        ("cost>", 5),
        ("owner:=me", 6),
        ("queryable:maybe", 10),
        ("ab\"c\"", 2),
        ("---", 3),
        ("&", 0),
        ("a - (b OR c)", 3),
        ("a AND - b", 7),
        ("note:", 5),
        ("\"\"", 0),
        ("a \"\\\"\"", 2),
        ("\"-- 🙂\" a", 0),
        ("\u{200b}", 0),
        ("\u{115f}*", 0),
    ] {
        assert_eq!(fault(text).0, at, "{text}: {}", read(text));
    }
}

#[test]
fn queries_that_are_made_to_be_slow_are_refused() {
    assert_eq!(fault(&"(".repeat(40)).0, 32);
    assert_eq!(fault(&"-".repeat(40)).0, 32);
    assert_eq!(fault(&"a ".repeat(300)).0, 512);
    assert_eq!(fault(&"a".repeat(5_000)).0, 4_096);
    // A word of many parts costs as much as many words.
    for (parts, end) in [("a_", "*"), ("a_", ""), ("aB", "*"), ("売", "*")] {
        let (at, message) = fault(&format!("x {}b{end}", parts.repeat(300)));
        assert_eq!((at, message.contains("part of a word")), (2, true), "{parts}{end}");
    }
    assert_eq!(fault(&format!("\"{}\"", "a ".repeat(300))).0, 0);
    assert!(parse(&"a_b_c_d* ".repeat(64)).is_ok() && parse(&"a_b_c_d* ".repeat(65)).is_err());
    assert_eq!(fault(&format!("kind:{}a", "a,".repeat(300))).0, 5 + 2 * 256);
    assert_eq!(fault(&format!("kind:({}a)", "a OR ".repeat(300))).0, 6 + 5 * 256);
    for most in ["a ", "name:a ", "(a) ", "-a ", "has:owner ", "cost>5 ", "name:a,b,c,d a a a a "] {
        let clauses = if most.len() > 12 { 8 } else { 1 };
        let query = most.repeat(256 / clauses);
        assert!(parse(&query).is_ok(), "256 clauses: {}", read(&query));
        let (at, message) = fault(&format!("{query}a"));
        assert_eq!((at, message.contains("256 clauses")), (query.len(), true), "{most}");
    }
}

#[test]
fn times_are_days_of_utc() {
    let now = emporion_catalog::timestamp::parse("2026-03-10T12:00:00Z").unwrap();
    let print = |text: &str| {
        let span = when::span(text, now)?;
        let last = if span.last == i64::MAX { "…".to_owned() } else { emporion_catalog::timestamp::print(span.last) };
        Some(format!("{} {last}", emporion_catalog::timestamp::print(span.first)))
    };
    for (text, span) in [
        ("2026", Some("2026-01-01T00:00:00.000Z 2026-12-31T23:59:59.999Z")),
        ("9999", Some("9999-01-01T00:00:00.000Z 9999-12-31T23:59:59.999Z")),
        ("2024-02", Some("2024-02-01T00:00:00.000Z 2024-02-29T23:59:59.999Z")),
        ("2026-01-31", Some("2026-01-31T00:00:00.000Z 2026-01-31T23:59:59.999Z")),
        ("2026-01-31T12:00:00+02:00", Some("2026-01-31T10:00:00.000Z 2026-01-31T10:00:00.000Z")),
        ("today", Some("2026-03-10T00:00:00.000Z 2026-03-10T23:59:59.999Z")),
        ("yesterday", Some("2026-03-09T00:00:00.000Z 2026-03-09T23:59:59.999Z")),
        ("36h", Some("2026-03-09T00:00:00.000Z …")),
        ("7d", Some("2026-03-03T12:00:00.000Z …")),
        ("2026-02-30", None),
        ("20é", None),
        ("d", None),
        ("999999d", None),
    ] {
        assert_eq!(print(text).as_deref(), span, "{text}");
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Zé売][a-z0-9_.-]{0,5}[a-z0-9]"
        .prop_filter("a keyword", |word| !["AND", "OR", "NOT"].contains(&word.as_str()))
}

fn value() -> impl Strategy<Value = super::Value> {
    let forms = prop_oneof![
        name().prop_filter("a range", |text| !text.contains("..")).prop_map(|text| (text, Form::Plain)),
        name().prop_filter("a range", |text| !text.contains("..")).prop_map(|text| (text, Form::Prefix)),
        "[^\u{0}]{1,6}".prop_map(|text| (text, Form::Exact)),
        "[^\u{0}]{1,6}".prop_map(|text| (text, Form::Folded)),
    ];
    forms.prop_map(|(text, form)| super::Value { at: At(0), text, form, alone: false })
}

fn expr() -> impl Strategy<Value = Expr> {
    let field = prop_oneof![
        Just(Field::named("owner")),
        Just(Field::named("tag")),
        name().prop_map(|name| Field::named(&name)),
        "[^\u{0}]{1,6}".prop_map(Field::Property),
    ];
    let bound = || (prop_oneof!["[0-9]{1,4}", Just("2026-01-31".to_owned()), Just("7d".to_owned())], any::<bool>());
    let within = (field.clone(), proptest::option::of(bound()), proptest::option::of(bound())).prop_filter_map(
        "an end",
        |(field, from, to)| {
            let field = if field.sort().is_some() { Field::named("cost") } else { field };
            let both = from.is_some() && to.is_some();
            let end = |(text, inclusive): (String, bool)| Bound { text, inclusive: inclusive || both };
            (from.is_some() || to.is_some()).then(|| Expr::Within {
                field,
                at: At(0),
                from: from.map(end),
                to: to.map(end),
            })
        },
    );
    let leaf = prop_oneof![
        (name(), any::<bool>()).prop_map(|(text, prefix)| Expr::Word { text, prefix }),
        "[a-z]{1,4}[^\u{0}]{0,6}".prop_map(Expr::Phrase),
        (
            field.clone().prop_filter("has words of its own", |field| !matches!(
                field.sort(),
                Some(Sort::Times | Sort::Words(_) | Sort::Presence)
            )),
            proptest::collection::vec(value(), 1..3)
        )
            .prop_map(|(field, values)| Expr::Is { field, at: At(0), values }),
        within,
        field.prop_map(|field| Expr::Has { field, at: At(0) }),
        Just(Expr::Everything),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| {
                Expr::All(
                    parts
                        .into_iter()
                        .flat_map(|part| if let Expr::All(inner) = part { inner } else { vec![part] })
                        .collect(),
                )
            }),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| {
                Expr::Any(
                    parts
                        .into_iter()
                        .flat_map(|part| if let Expr::Any(inner) = part { inner } else { vec![part] })
                        .collect(),
                )
            }),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same(expr in expr()) {
        let query = Query { root: Some(expr) };
        prop_assert_eq!(parse(&query.to_string()), Ok(query.clone()), "{}", query);
    }

    #[test]
    fn anything_can_be_typed(text in "\\PC{0,40}") {
        match parse(&text) {
            Ok(query) => prop_assert_eq!(parse(&query.to_string()), Ok(query)),
            Err(fault) => prop_assert!(fault.at <= text.chars().count()),
        }
    }

    #[test]
    fn signs_can_be_typed_in_any_order(text in "[a:<>()\"'*.=, ORND-]{0,24}") {
        match parse(&text) {
            Ok(query) => prop_assert_eq!(parse(&query.to_string()), Ok(query), "{}", text),
            Err(fault) => prop_assert!(fault.at <= text.chars().count()),
        }
    }
}
