use jiff::civil::date;

use super::*;
use crate::chat::query::{By, Compare, CompareTo, Grain, Measure, Range, Share, Value as Asked};
use crate::chat::read::tests::grounds;

const TODAY: Date = Date::constant(2026, 11, 20);

fn offer(ground: &Ground) -> Offer {
    Offer::of(ground, "anything", &|_| true)
}

fn read(ground: &Ground, proposal: Value) -> Result<Query, Unread> {
    offer(ground).read(ground, &proposal.to_string(), TODAY)
}

#[test]
fn a_proposal_says_what_the_form_has_words_for() {
    let ground = grounds::retail();
    let metric = ground.metric(MetricId(0)).names.name.clone();
    let field =
        (0..ground.fields.len()).map(FieldId).find(|id| ground.field(*id).ty == Type::Text).expect("there is one");
    let path = ground.path(field);
    let query = read(
        &ground,
        json!({
            "measures": [{"metric": metric}], "dimensions": [{"field": path}],
            "where": [{"field": path, "op": "=", "values": ["b", "a"]}],
            "orderBy": [{"measure": 0, "descending": true}], "limit": 3,
        }),
    )
    .expect("it is right");
    assert_eq!(query.measures, [Measure::Metric(MetricId(0))]);
    assert_eq!(values(&query), [(field, "a".to_owned()), (field, "b".to_owned())], "in one order");
}

#[test]
fn comparisons_shares_and_running_totals_are_said_too() {
    let ground = grounds::retail();
    let metric = ground.metric(MetricId(0)).names.name.clone();
    let of = |wanted: Type| {
        let found = (0..ground.fields.len()).map(FieldId).find(|id| ground.field(*id).ty == wanted);
        found.expect("there is one")
    };
    let (text, time) = (of(Type::Text), of(Type::Date));
    let (place, moment) = (ground.path(text), ground.path(time));
    let ask = |more: Value| {
        let mut whole = json!({"measures": [{"metric": metric}], "dimensions": [{"field": place}]});
        whole.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        read(&ground, whole)
    };
    let compared = |from: &str, to: &str, compare: Value| {
        ask(json!({"time": {"field": moment, "from": from, "to": to}, "compare": compare}))
    };
    let query = compared("2026-07-01", "2026-10-01", json!({"kind": "previous_period"})).expect("it is right");
    assert_eq!(query.compare, Some(Compare { to: CompareTo::PreviousPeriod, shows_change: true }));
    let range = |from, to, grain, is_partial| Range { from: Some(from), to: Some(to), grain, is_partial };
    let quarter = range(date(2026, 7, 1), date(2026, 10, 1), Some(Grain::Quarter), false);
    assert_eq!(query.time.map(|time| time.range), Some(quarter));
    // A year that is not over is compared with as much of the one before.
    let query = compared("2026-01-01", "2027-01-01", json!({"kind": "same_period_last_year"})).expect("it is right");
    let year = range(date(2026, 1, 1), date(2026, 11, 21), Some(Grain::Year), true);
    assert_eq!(query.time.map(|time| time.range), Some(year));
    let other = json!({"kind": "range", "from": "2025-02-01", "to": "2025-03-01"});
    let query = compared("2026-02-01", "2026-03-01", other).expect("it is right");
    let month = range(date(2025, 2, 1), date(2025, 3, 1), Some(Grain::Month), false);
    assert_eq!(query.compare.map(|compare| compare.to), Some(CompareTo::Range(month)));
    let values_of = json!({"compare": {"kind": "values", "field": place, "first": "a", "second": "b"}});
    let mut query = ask(values_of).expect("it is right");
    assert_eq!(values(&query), [(text, "a".to_owned()), (text, "b".to_owned())], "they are looked up");
    put(&mut query, text, "a", "A");
    let [first, second] = ["A", "b"].map(|value| Asked::Text(value.to_owned()));
    assert_eq!(query.compare.map(|compare| compare.to), Some(CompareTo::Values { field: text, first, second }));
    let query = ask(json!({"share": {"where": [{"field": place, "op": "=", "values": ["x"]}]}})).expect("it is right");
    assert_eq!((query.share, values(&query)), (Some(Share::OfTotal), vec![(text, "x".to_owned())]));
    assert_eq!(ask(json!({"share": {"dimension": 0}})).expect("it is right").share, Some(Share::Of(0)));
    assert!(ask(json!({"cumulative": true})).expect("it is right").is_cumulative);
    let order = json!({"compare": {"kind": "previous_period"}, "orderBy": [{"change": 0, "descending": true}]});
    assert_eq!(ask(order).expect("it is right").order[0].by, By::Change(0));
    for wrong in [
        json!({"compare": {"kind": "yesterday"}}),
        json!({"compare": {"kind": "previous_period", "field": place}}),
        json!({"compare": {"kind": "range", "from": "2025-02-01"}}),
        json!({"compare": {"kind": "range", "from": "2025-02-01", "to": "2025-02-01"}}),
        json!({"compare": {"kind": "values", "field": place, "first": "a"}}),
        json!({"compare": {"kind": "values", "field": place, "first": 1, "second": "b"}}),
        json!({"compare": {"kind": "values", "field": "customers.password", "first": "a", "second": "b"}}),
        json!({"share": {"dimension": 1}}),
        json!({"share": {"of": "everything"}}),
        json!({"share": {"where": [{"field": "customers.password", "op": "=", "values": ["x"]}]}}),
        json!({"orderBy": [{"change": 0}]}),
        json!({"cumulative": "yes"}),
    ] {
        assert!(ask(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn what_was_not_offered_and_what_the_form_lacks_is_refused() {
    let ground = grounds::retail();
    let metric = ground.metric(MetricId(0)).names.name.clone();
    let path = ground.path(FieldId(0));
    for wrong in [
        json!({}),
        json!({"cannot": true}),
        json!({"measures": [{"metric": "salaries"}]}),
        json!({"measures": [{"metric": metric, "count": "orders"}]}),
        json!({"measures": [{"metric": metric}], "dimensions": [{"field": "customers.password"}]}),
        json!({"measures": [{"metric": metric}], "dimensions": [{"field": path, "grain": "minute"}]}),
        json!({"measures": [{"metric": metric}], "sql": "DROP TABLE orders"}),
        json!({"measures": [{"metric": metric}], "where": [{"field": path, "op": "or 1=1", "values": ["x"]}]}),
        json!({"measures": [{"metric": metric}], "where": [{"field": path, "op": "=", "values": []}]}),
        json!({"measures": [{"metric": metric}], "where": [{"field": path, "op": "=", "values": [{"a": 1}]}]}),
        json!({"measures": [{"metric": metric}], "orderBy": [{"measure": 7}]}),
        json!({"measures": [{"metric": metric}], "limit": 1_000_000}),
        json!({"measures": vec![json!({"metric": metric}); 21]}),
    ] {
        assert!(read(&ground, wrong.clone()).is_err(), "{wrong}");
    }
    for text in ["", "not JSON", "[]", "{\"measures\": 1}", &"[".repeat(100_000)] {
        assert!(offer(&ground).read(&ground, text, TODAY).is_err());
    }
    let closed = Offer::of(&ground, "anything", &|_| false);
    assert!(
        closed.is_empty()
            && closed.read(&ground, &json!({"measures": [{"metric": metric}]}).to_string(), TODAY).is_err()
    );
}

#[test]
fn no_more_than_a_slice_is_offered_the_nearest_first() {
    let mut ground = grounds::retail();
    let pattern = ground.fields[0].clone();
    for n in 0..300 {
        let mut field = pattern.clone();
        field.names = Names { name: format!("filler_{n}"), ..Names::default() };
        ground.fields.push(field);
    }
    let mut wanted = pattern;
    wanted.names = Names { name: "zebra_stripes".to_owned(), ..Names::default() };
    ground.fields.push(wanted);
    let printed = Offer::of(&ground, "how many stripes has a zebra", &|_| true).print(&ground);
    let fields = printed["fields"].as_array().expect("a list");
    assert!(fields.len() <= MOST_PARTS && fields[0]["id"].as_str().is_some_and(|id| id.ends_with("zebra_stripes")));
}

#[test]
fn what_only_goes_on_is_known() {
    assert!(goes_on("and by month") && goes_on("only the EU") && !goes_on("what is our churn"));
}
