use super::*;
use serde_json::json;

fn faults(fields: &[Field], body: Value) -> Vec<String> {
    let Value::Object(body) = body else { panic!("an object") };
    check_body(fields, &body).into_iter().map(|v| format!("{} {}", v.field, v.rule)).collect()
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

#[test]
fn json_is_kept_only_as_deep_as_it_can_be_read_again() {
    const FIELDS: &[Field] = &[Field::optional("o", FieldType::Opaque)];
    assert!(faults(FIELDS, json!({"o": nested(96)})).is_empty());
    assert_eq!(faults(FIELDS, json!({"o": nested(97)})), [format!("o {TOO_DEEP}")]);
    let stored = json!({"change": {"added": [{"field": "o", "old": null, "new": [nested(96)]}]}}).to_string();
    assert!(serde_json::from_str::<Value>(&stored).is_ok());
}

#[test]
fn what_says_nothing_is_not_kept() {
    const PARTS: &[Field] = &[
        Field::required("name", FieldType::Text { max: 9 }),
        Field::optional("note", FieldType::Text { max: 9 }),
        Field::optional("size", FieldType::Integer),
    ];
    let text = Some(FieldType::Text { max: 9 });
    for nothing in [json!(null), json!(""), json!([])] {
        assert_eq!(tidy(text, &nothing), None);
    }
    assert_eq!(tidy(Some(FieldType::Opaque), &json!("")), Some(json!("")));
    let items = json!([{"name": "", "note": "", "size": 5.0}, {"name": "a", "note": null, "size": 1.5}, 7]);
    let kept = tidy(Some(FieldType::Structs(PARTS)), &items);
    assert_eq!(kept, Some(json!([{"name": "", "size": 5}, {"name": "a", "size": 1.5}, 7])));
}

#[test]
fn what_is_kept_as_it_came_can_have_a_form() {
    const FIELDS: &[Field] = &[
        Field::optional("stage", SHORT).formed(FieldType::Choice(&["A", "B"])),
        Field::optional("sla", FieldType::Opaque).formed(FieldType::Struct(&[
            Field::optional("part", FieldType::Within { min: 0.0, max: 100.0 }),
            Field::optional("seconds", FieldType::Count),
            Field::optional("at", FieldType::Formed(Form::Url)),
        ])),
    ];
    assert!(faults(FIELDS, json!({"stage": "A", "sla": {"part": 99.5, "seconds": 3.0, "at": "urn:x:y"}})).is_empty());
    assert_eq!(
        faults(FIELDS, json!({"stage": "C", "sla": {"part": 101, "seconds": -1, "at": "x", "odd": 1}})),
        [
            "stage must be one of [A, B]",
            "sla.part must be between 0 and 100",
            "sla.seconds must be a whole number, zero or more",
            "sla.at must be an absolute URL",
            "sla.odd is not a known field"
        ]
    );
    assert_eq!(faults(FIELDS, json!({"stage": 7, "sla": []})), ["stage must be a string", "sla must be an object"]);
    let Value::Object(more) = json!({"stage": "C", "odd": 1}) else { panic!("an object") };
    assert_eq!(check_declared(FIELDS, &more).len(), 1);
}

#[test]
fn every_fault_is_listed_at_once() {
    const FIELDS: &[Field] = &[
        Field::required("a", FieldType::Text { max: 2 }),
        Field::optional("b", FieldType::Structs(&[Field::required("c", FieldType::Boolean)])),
    ];
    assert_eq!(
        faults(FIELDS, json!({"a": "xyz", "b": [{"c": 1}, {}], "z": 1})),
        [
            "a must have at most 2 characters",
            "b[0].c must be true or false",
            "b[1].c must not be null",
            "z is not a known field"
        ]
    );
}
