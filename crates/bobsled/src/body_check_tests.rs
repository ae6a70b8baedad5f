//! Tests of the check of bodies, over the shapes of this door.

use emporion_products::failure::{Code, Failure};
use emporion_products::fields::{Aliases, Bounds, Checked, Spelling, check, check_change};
use serde_json::{Value, json};

use crate::envelope::{Exchange, Reply};
use crate::http_failures;
use crate::mount::Mount;
use crate::print::Print;
use crate::shapes::{asset, product};

fn create(body: Value, strict: bool) -> Result<Checked, Failure> {
    check(&product::CREATE, &[&product::PRODUCT], body, strict)
}

#[test]
fn unknown_members_warn_wherever_they_stand() {
    let body = json!({"name": "a", "colour": 1, "dataAssets": [{"tableName": "t", "shape": 2}]});
    let checked = create(body, false).expect("only unknown members");
    let paths: Vec<_> = checked.warnings.iter().map(|warning| warning.path.as_deref().expect("a path")).collect();
    assert_eq!(paths, ["/colour", "/dataAssets/0/shape"]);
}

#[test]
fn strict_turns_unknown_members_into_violations() {
    let failure = create(json!({"name": "a", "colour": 1}), true).expect_err("strict");
    assert_eq!(failure.code, Code::UNKNOWN_FIELD);
    assert_eq!(failure.print(Mount::DataProducts)["details"]["violations"][0]["path"], "/colour");
}

#[test]
fn what_was_read_may_be_sent_back_even_in_strict_mode() {
    let body = json!({"name": "a", "id": "x", "createdAt": "2026-01-01T00:00:00.000Z", "version": 3});
    let warnings = create(body, true).expect("all known").warnings;
    let exchange = Exchange { mount: Mount::DataProducts, request_id: String::new(), headers: Vec::new() };
    let answered = |data: Value| Reply::ok(data).warn(warnings.clone()).print(&exchange);
    let reported = |data: Value| String::from_utf8(answered(data).to_vec()).expect("JSON").contains("READ_ONLY_FIELD");
    assert!(!reported(json!({"id": "x", "createdAt": "2026-01-01T00:00:00.000Z", "version": 3})));
    assert!(!reported(json!({"dataProduct": {"id": "x", "version": 4}})), "an older version may have been read");
    assert!(reported(json!({"dataProduct": {"id": "y", "version": 4}})));
    assert!(reported(json!({"id": "x", "version": 2})));
}

#[test]
fn a_wrong_type_is_400_and_any_other_rule_422() {
    assert_eq!(http_failures::status(&create(json!({"name": 7}), false).expect_err("a type")), 400);
    assert_eq!(http_failures::status(&create(json!([]), false).expect_err("a type")), 400);
    assert_eq!(http_failures::status(&create(json!({}), false).expect_err("required")), 422);
    assert_eq!(http_failures::status(&create(json!({"name": "x".repeat(201)}), false).expect_err("length")), 422);
}

#[test]
fn limits_of_a_change_bind_what_it_changes() {
    let (long, longer) = ("x".repeat(256), "x".repeat(257));
    let change = |body: Value| check_change(&product::PATCH, &[], body, false, &|_, _| {}, &["name", "description"]);
    let (_, bounds) = change(json!({"name": long})).expect("nothing to say without the record");
    assert_eq!(bounds.hold(|member| (member == "name").then_some(&long)), Ok(()));
    let failure = bounds.hold(|_| Some(&longer)).expect_err("another one");
    assert_eq!((http_failures::status(&failure), failure.violations[0].path.as_str()), (422, "/name"));
    assert_eq!(change(json!({"name": ""})).expect_err("no name").violations[0].rule, "minLength");
    assert_eq!(http_failures::status(&change(json!({"name": 7})).expect_err("a type")), 400);
    assert_eq!(change(json!({"name": "short"})).expect("a name").1, Bounds::default());
}

#[test]
fn every_broken_rule_is_listed_at_once() {
    let failure = create(json!({"dataAssets": [{}, {"tableName": ""}], "externalDataProductId": "a b"}), false);
    let failure = failure.expect_err("four rules");
    let paths: Vec<&str> = failure.violations.iter().map(|violation| violation.path.as_str()).collect();
    assert_eq!(paths, ["/name", "/dataAssets/0/tableName", "/dataAssets/1/tableName", "/externalDataProductId"]);
}

#[test]
fn an_alias_is_read_and_named_in_the_refusal() {
    const ALIASES: Aliases = &[("add", &["dataAssetsToAdd", "addDataAssets"])];
    let mut body = json!({"addDataAssets": [{}]});
    let spelling = Spelling::unify(&mut body, ALIASES).expect("one name");
    assert_eq!(body, json!({"add": [{}]}));
    let failure = check(&asset::PATCH, &[], body, false).expect_err("no table name");
    assert_eq!(spelling.restore(failure).violations[0].path, "/addDataAssets/0/tableName");

    let mut body = json!({"add": [], "addDataAssets": [1]});
    assert_eq!(Spelling::unify(&mut body, ALIASES).expect_err("they differ").code, Code::CONFLICTING_FIELDS);
    let mut body = json!({"addDataAssets": [1], "dataAssetsToAdd": [1]});
    assert!(Spelling::unify(&mut body, ALIASES).is_ok());
}
