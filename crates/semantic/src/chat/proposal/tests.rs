use super::*;
use crate::chat::query::Measure;
use crate::chat::read::tests::grounds;

fn offer(ground: &Ground) -> Offer {
    Offer::of(ground, "anything", &|_| true)
}

fn read(ground: &Ground, proposal: Value) -> Result<Query, String> {
    offer(ground).read(ground, &proposal.to_string())
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
        assert!(offer(&ground).read(&ground, text).is_err());
    }
    let closed = Offer::of(&ground, "anything", &|_| false);
    assert!(closed.is_empty() && closed.read(&ground, &json!({"measures": [{"metric": metric}]}).to_string()).is_err());
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
