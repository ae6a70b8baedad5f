//! Tests of `print`.

use emporion_products::failure::{Code, RULE_TYPE};
use serde_json::json;

use super::*;
use crate::print::Print;

#[test]
fn a_wrong_type_among_broken_rules_makes_the_request_malformed() {
    let rule = |rule: &str| Violation::new("/name", rule, "…");
    assert_eq!(Failure::invalid(vec![rule("required")]).code, Code::VALIDATION_FAILED);
    assert_eq!(Failure::invalid(vec![rule("required"), rule(RULE_TYPE)]).code, Code::BAD_REQUEST);
}

#[test]
fn violations_are_listed_with_the_names_of_the_mount() {
    let failure = Failure::invalid_field("/externalDataProductId", "pattern", "a {product} id has no blanks");
    assert_eq!(
        failure.print(Mount::Workspaces),
        json!({
            "code": "VALIDATION_FAILED",
            "message": "/externalWorkspaceId: a workspace id has no blanks",
            "details": {"violations": [
                {"path": "/externalWorkspaceId", "rule": "pattern", "message": "a workspace id has no blanks"}
            ]}
        })
    );
}

#[test]
fn details_stand_only_where_there_are_any() {
    assert_eq!(
        Failure::last_admin().print(Mount::DataProducts),
        json!({"code": "LAST_ADMIN", "message": "a data product needs at least one admin"})
    );
    let used = Failure::in_use(vec![json!({"id": "d009"})]);
    assert_eq!(used.print(Mount::Workspaces)["details"], json!({"workspaces": [{"id": "d009"}]}));
}

#[test]
fn a_failure_is_small_enough_to_be_returned_by_value() {
    assert!(size_of::<Failure>() < 128, "{}", size_of::<Failure>());
}

#[test]
fn a_deploy_violation_names_the_entity() {
    let violation = Violation::new("", "exists", "shop.orders is not there").of_entity("dataAsset", "as01");
    let failure = Failure::deploy_validation_failed(vec![violation]);
    assert_eq!(
        failure.print(Mount::DataProducts)["details"]["violations"][0],
        json!({"entityType": "dataAsset", "entityId": "as01", "rule": "exists", "message": "shop.orders is not there"})
    );
}

#[test]
fn messages_say_what_the_mount_calls_a_product() {
    let message = Message::from("{Product}: a {product} of {products}");
    assert_eq!(message.print(Mount::DataProducts), "Data product: a data product of data products");
    assert_eq!(message.print(Mount::Workspaces), "Workspace: a workspace of workspaces");
}
