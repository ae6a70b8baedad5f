//! Tests of JSON Patch: the cases of RFC 6902, the leniencies, the refusals.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const FREE: Rules<'static> = Rules { entity_type: "table", protected: &[], secrets: &[] };

fn apply(document: Value, patch: Value) -> Result<Value, String> {
    apply_with(document, patch, &FREE)
}

fn apply_with(document: Value, patch: Value, rules: &Rules<'_>) -> Result<Value, String> {
    Patch::parse(patch).and_then(|patch| patch.apply(&document, rules)).map_err(|error| {
        assert_eq!(error.status, 400);
        error.message
    })
}

fn works(document: Value, patch: Value, result: Value) {
    assert_eq!(apply(document, patch), Ok(result));
}

fn fails(document: Value, patch: Value, part: &str) {
    let message = apply(document, patch).expect_err("the patch should be refused");
    assert!(message.contains(part), "{message}");
}

#[test]
fn the_six_operations_do_what_the_specification_says() {
    works(json!({"a": 1}), json!([{"op": "add", "path": "/b", "value": 2}]), json!({"a": 1, "b": 2}));
    works(json!({"l": [1, 3]}), json!([{"op": "add", "path": "/l/1", "value": 2}]), json!({"l": [1, 2, 3]}));
    works(json!({"l": [1]}), json!([{"op": "add", "path": "/l/-", "value": 2}]), json!({"l": [1, 2]}));
    works(json!({"a": 1, "b": 2}), json!([{"op": "remove", "path": "/a"}]), json!({"b": 2}));
    works(json!({"l": [1, 2]}), json!([{"op": "remove", "path": "/l/0"}]), json!({"l": [2]}));
    works(json!({"a": 1}), json!([{"op": "replace", "path": "/a", "value": null}]), json!({"a": null}));
    works(
        json!({"a": {"b": 1}, "c": {}}),
        json!([{"op": "move", "from": "/a/b", "path": "/c/d"}]),
        json!({"a": {}, "c": {"d": 1}}),
    );
    works(json!({"a": [1]}), json!([{"op": "copy", "from": "/a", "path": "/b"}]), json!({"a": [1], "b": [1]}));
    works(
        json!({"a": {"x": 1, "y": 2.0}}),
        json!([{"op": "test", "path": "/a", "value": {"y": 2, "x": 1.0}}]),
        json!({"a": {"x": 1, "y": 2.0}}),
    );
    works(
        json!({"a/b": 1, "~": 2}),
        json!([{"op": "remove", "path": "/a~1b"}, {"op": "remove", "path": "/~0"}]),
        json!({}),
    );
}

#[test]
fn operations_run_strictly_in_order() {
    works(
        json!({"l": ["a", "b", "c"]}),
        json!([{"op": "remove", "path": "/l/2"}, {"op": "remove", "path": "/l/1"}, {"op": "add", "path": "/l/1", "value": "d"}]),
        json!({"l": ["a", "d"]}),
    );
}

#[test]
fn absent_lists_and_known_objects_come_into_being() {
    works(json!({}), json!([{"op": "add", "path": "/tags/0", "value": 1}]), json!({"tags": [1]}));
    works(json!({"tags": null}), json!([{"op": "add", "path": "/tags/-", "value": 1}]), json!({"tags": [1]}));
    works(
        json!({"columns": [{"name": "a"}]}),
        json!([{"op": "add", "path": "/columns/0/tags/0", "value": 1}, {"op": "add", "path": "/columns/0/description", "value": "d"}]),
        json!({"columns": [{"name": "a", "tags": [1], "description": "d"}]}),
    );
    works(json!({}), json!([{"op": "add", "path": "/extension/p", "value": 1}]), json!({"extension": {"p": 1}}));
    fails(json!({}), json!([{"op": "add", "path": "/tags/1", "value": 1}]), "patch operation 0 (add /tags/1)");
    fails(json!({}), json!([{"op": "add", "path": "/misspelt/p", "value": 1}]), "nothing at /misspelt");
}

#[test]
fn replacing_what_is_absent_adds_it() {
    works(json!({}), json!([{"op": "replace", "path": "/description", "value": "d"}]), json!({"description": "d"}));
    fails(json!({"l": []}), json!([{"op": "replace", "path": "/l/0", "value": 1}]), "no such item");
}

#[test]
fn removing_what_is_absent_is_an_error_that_names_operation_and_path() {
    fails(
        json!({"a": 1}),
        json!([{"op": "remove", "path": "/a"}, {"op": "remove", "path": "/b"}]),
        "patch operation 1 (remove /b): there is no such member",
    );
    fails(json!({"l": [1]}), json!([{"op": "remove", "path": "/l/01"}]), "no such item");
}

#[test]
fn a_failed_test_refuses_the_patch() {
    fails(json!({"a": 1}), json!([{"op": "test", "path": "/a", "value": 2}]), "patch operation 0 (test /a)");
    for value in [json!(2), json!(null), json!(false), json!([])] {
        fails(json!({}), json!([{"op": "test", "path": "/a", "value": value}]), "no such member");
        fails(json!({"a": [1]}), json!([{"op": "test", "path": "/a/1/b", "value": value}]), "no such member");
    }
    works(json!({"a": null}), json!([{"op": "test", "path": "/a", "value": null}]), json!({"a": null}));
}

#[test]
fn malformed_patches_are_refused_before_anything_is_read() {
    for (patch, part) in [
        (json!({}), "list of operations"),
        (json!([1]), "patch operation 0: is not an object"),
        (json!([{"path": "/a", "value": 1}]), "op is missing"),
        (json!([{"op": "erase", "path": "/a"}]), "\"erase\""),
        (json!([{"op": "add", "path": "/a"}]), "value is missing"),
        (json!([{"op": "add", "value": 1}]), "path is missing"),
        (json!([{"op": "add", "path": 1, "value": 1}]), "path must be a string"),
        (json!([{"op": "add", "path": "a", "value": 1}]), "must begin with /"),
        (json!([{"op": "add", "path": "/~2", "value": 1}]), "~"),
        (json!([{"op": "move", "path": "/a"}]), "from is missing"),
    ] {
        let error = Patch::parse(patch).expect_err("the patch should be refused");
        assert!(error.status == 400 && error.message.contains(part), "{}", error.message);
    }
}

#[test]
fn limits_hold() {
    let many: Vec<_> = (0..=MAX_OPERATIONS).map(|_| json!({"op": "remove", "path": "/a"})).collect();
    assert!(Patch::parse(Value::Array(many)).is_err());
    let deep = (0..MAX_DEPTH).fold(json!(1), |value, _| json!([value]));
    assert!(Patch::parse(json!([{"op": "add", "path": "/a", "value": deep}])).is_err());
    let doubling: Vec<_> = (0..80).map(|_| json!({"op": "copy", "from": "", "path": "/a"})).collect();
    fails(json!({"x": "y"}), Value::Array(doubling), "copy");
    let wide: Vec<_> = (0..40).map(|n| json!({"op": "copy", "from": "/l", "path": format!("/l/{n}")})).collect();
    fails(json!({"l": ["y".repeat(1000)]}), Value::Array(wide), "copy");
}

#[test]
fn protected_attributes_may_be_repeated_but_not_changed() {
    let rules = Rules { entity_type: "table", protected: &["id", "deleted", "version"], secrets: &[] };
    let document = json!({"id": "1", "version": 0.1, "name": "n"});
    assert_eq!(
        apply_with(document.clone(), json!([{"op": "replace", "path": "/id", "value": "2"}]), &rules),
        Err("table attribute id can't be modified".into())
    );
    assert!(apply_with(document.clone(), json!([{"op": "replace", "path": "/id", "value": "1"}]), &rules).is_ok());
    assert!(apply_with(document.clone(), json!([{"op": "add", "path": "/deleted", "value": false}]), &rules).is_ok());
    assert!(apply_with(document.clone(), json!([{"op": "add", "path": "/deleted", "value": true}]), &rules).is_err());
    assert!(apply_with(document.clone(), json!([{"op": "move", "from": "/name", "path": "/id"}]), &rules).is_err());
    assert!(apply_with(document.clone(), json!([{"op": "replace", "path": "", "value": {}}]), &rules).is_err());
    assert!(apply_with(document, json!([{"op": "replace", "path": "", "value": 1}]), &rules).is_err());
}

#[test]
fn masks_are_neither_moved_nor_copied_nor_compared() {
    let secrets = ["/connection/config/password".to_owned()];
    let rules = Rules { entity_type: "databaseService", protected: &[], secrets: &secrets };
    let document = json!({"connection": {"config": {"password": "*********", "user": "u"}}});
    for patch in [
        json!([{"op": "copy", "from": "/connection/config/password", "path": "/description"}]),
        json!([{"op": "move", "from": "/connection/config/password", "path": "/description"}]),
        json!([{"op": "copy", "from": "/connection", "path": "/extension/x"}]),
        json!([{"op": "copy", "from": "", "path": "/extension/x"}]),
        json!([{"op": "test", "path": "/connection/config/password", "value": "guess"}]),
        json!([{"op": "test", "path": "/connection/config", "value": {}}]),
        json!([{"op": "move", "from": "/connection/config/user", "path": "/connection/config/password"}]),
    ] {
        let message = apply_with(document.clone(), patch, &rules).expect_err("should be refused");
        assert!(message.contains("holds a secret"), "{message}");
    }
    let replaced = json!([{"op": "replace", "path": "/connection/config/password", "value": "new"}]);
    assert!(apply_with(document.clone(), replaced, &rules).is_ok());
    let removed = json!([{"op": "remove", "path": "/connection/config/password"}]);
    assert!(apply_with(document.clone(), removed, &rules).is_ok());
    let other = json!([{"op": "copy", "from": "/connection/config/user", "path": "/description"}]);
    assert!(apply_with(document, other, &rules).is_ok());
}

#[test]
fn a_mask_in_a_list_does_not_slide_to_another_place() {
    let secrets = ["/l/1/password".to_owned()];
    let rules = Rules { entity_type: "databaseService", protected: &[], secrets: &secrets };
    let document = json!({"l": [{}, {"password": "*********"}, {}]});
    for refused in [json!([{"op": "remove", "path": "/l/0"}]), json!([{"op": "add", "path": "/l/1", "value": {}}])] {
        assert!(apply_with(document.clone(), refused, &rules).is_err());
    }
    for allowed in [
        json!([{"op": "remove", "path": "/l/1"}]),
        json!([{"op": "remove", "path": "/l/2"}]),
        json!([{"op": "add", "path": "/l/2", "value": {}}]),
        json!([{"op": "add", "path": "/l/-", "value": {}}]),
    ] {
        assert!(apply_with(document.clone(), allowed, &rules).is_ok());
    }
}

#[test]
fn a_patch_says_which_members_it_touches() {
    let patch = Patch::parse(json!([
        {"op": "add", "path": "/tags/0", "value": 1},
        {"op": "remove", "path": "/tags/1"},
        {"op": "test", "path": "/name", "value": "n"},
        {"op": "move", "from": "/a", "path": "/b"}
    ]));
    assert_eq!(patch.expect("well-formed").touches(), Some(vec!["tags", "a", "b"]));
    let whole = Patch::parse(json!([{"op": "replace", "path": "", "value": {}}]));
    assert_eq!(whole.expect("well-formed").touches(), None);
}

proptest! {
    #[test]
    fn no_patch_panics(ops in prop::collection::vec(
        ("add|remove|replace|move|copy|test", "(/(a|b|0|1|-|tags|~0|extension)){0,4}", "(/(a|b|0|1|-)){0,3}", 0u8..4),
        0..8,
    )) {
        let patch: Vec<_> = ops.into_iter().map(|(op, path, from, value)| {
            let value = [json!(1), json!([1]), json!({"a": [{"b": 1}]}), json!(null)][usize::from(value)].clone();
            json!({"op": op, "path": path, "from": from, "value": value})
        }).collect();
        let secrets = ["/a/0/b".to_owned()];
        let rules = Rules { entity_type: "t", protected: &["id"], secrets: &secrets };
        let _ = apply_with(json!({"id": 1, "a": [{"b": "*********"}], "b": {"a": []}}), Value::Array(patch), &rules);
    }
}

#[test]
fn what_all_operations_move_is_bounded() {
    let document = json!({"l": vec![1; 50_000], "m": 1, "deep": vec![vec![1; 100]; 500]});
    let many_of =
        |ops: &[Value], times: usize| -> Value { ops.iter().cycle().take(ops.len() * times).cloned().collect() };
    let many = |op: Value| many_of(&[op], 9_000);
    for op in [
        json!({"op": "add", "path": "/l/0", "value": 1}),
        json!({"op": "remove", "path": "/l/0"}),
        json!({"op": "move", "from": "/l/0", "path": "/l/-"}),
        json!({"op": "copy", "from": "/m", "path": "/l/0"}),
    ] {
        fails(document.clone(), many(op), "moves more than");
    }
    let mut round = vec![json!({"op": "move", "from": "/deep", "path": "/there"})];
    round.push(json!({"op": "move", "from": "/there", "path": "/deep"}));
    fails(document.clone(), many_of(&round, 4_000), "moves more than");
    let ends = json!([{"op": "add", "path": "/l/-", "value": 1}, {"op": "remove", "path": "/l/50000"}]);
    works(document.clone(), many_of(ends.as_array().expect("a list"), 4_000), document.clone());
    let first = apply(document, Value::from(vec![json!({"op": "remove", "path": "/l/0"}); 300]));
    assert_eq!(first.expect("some of the first go")["l"].as_array().map(Vec::len), Some(49_700));
}
