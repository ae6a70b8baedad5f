//! What policies can speak of: resources, operations, and the functions of their conditions.

use emporion_catalog::Problem;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use super::permissions;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::nouns::policy::OPERATIONS;
use crate::operation::{Call, ok, row};
use crate::page_of;

const TAG: &str = "Policies";

static RESOURCE: Struct = Struct {
    name: "ResourceDescriptor",
    open: false,
    members: &[Member::required("name", TEXT), Member::optional("operations", list(&Shape::Enumeration(OPERATIONS)))],
};
static RESOURCES: Struct = page_of!("ResourceDescriptorList", RESOURCE);
static FUNCTION: Struct = Struct {
    name: "Function",
    open: false,
    members: &[Member::required("name", TEXT), text("input"), text("description"), Member::optional("examples", TEXTS)],
};
static FUNCTIONS: Struct = page_of!("FunctionList", FUNCTION);

/// Name, input, what it says, example.
const CONDITIONS: &[(&str, &str, &str, &str)] = &[
    ("noOwner", "none", "True when the resource has no owner.", "noOwner()"),
    ("isOwner", "none", "True when the user, or a team of his, owns the resource.", "isOwner()"),
    ("isReviewer", "none", "True when the user, or a team of his, reviews the resource.", "isReviewer()"),
    ("hasDomain", "none", "True when the user stands in a domain of the resource.", "hasDomain()"),
    ("noDomain", "none", "True when the resource is in no domain.", "noDomain()"),
    (
        "matchAllTags",
        "tag FQNs",
        "True when the resource bears all of these tags.",
        "matchAllTags('PersonalData.Personal', 'Tier.Tier1')",
    ),
    (
        "matchAnyTag",
        "tag FQNs",
        "True when the resource bears one of these tags.",
        "matchAnyTag('PersonalData.Personal', 'Tier.Tier1')",
    ),
    (
        "matchAnyCertification",
        "tag FQNs",
        "True when one of these tags certifies the resource.",
        "matchAnyCertification('Certification.Gold')",
    ),
    ("matchTeam", "none", "True when the user is in a team that owns the resource.", "matchTeam()"),
    ("inAnyTeam", "team names", "True when the user is in one of these teams.", "inAnyTeam('marketing')"),
    ("hasAnyRole", "role names", "True when the user has one of these roles.", "hasAnyRole('DataSteward')"),
];

pub fn routes() -> Vec<Route<Door>> {
    let condition = "/v1/policies/validation/condition/{expression}";
    vec![
        Route {
            summary: "List the types of resources with their operations".into(),
            output: Some(Shape::Struct(&RESOURCES)),
            ..row(Method::GET, "/v1/policies/resources", "listPolicyResources", TAG, resources)
        },
        Route {
            summary: "List the functions of conditions".into(),
            output: Some(Shape::Struct(&FUNCTIONS)),
            ..row(Method::GET, "/v1/policies/functions", "listPolicyFunctions", TAG, functions)
        },
        Route {
            summary: "Check a condition".into(),
            output: None,
            ok: &[204],
            ..row(Method::GET, condition, "validateCondition", TAG, validate)
        },
        Route {
            summary: "Check a condition".into(),
            output: None,
            ok: &[204],
            ..row(Method::POST, condition, "postValidateCondition", TAG, validate)
        },
    ]
}

async fn resources(call: Call) -> OmResult<Answer> {
    let mut data = vec![json!({"name": "all", "operations": OPERATIONS})];
    data.extend(
        call.door
            .nouns
            .iter()
            .map(|noun| json!({"name": noun.entity_type, "operations": permissions::operations(noun)})),
    );
    ok(&json!({"paging": {"total": data.len()}, "data": data}))
}

async fn functions(_: Call) -> OmResult<Answer> {
    let data: Vec<Value> = CONDITIONS
        .iter()
        .map(|(name, input, description, example)| {
            json!({"name": name, "input": input, "description": description, "examples": [example]})
        })
        .collect();
    ok(&json!({"paging": {"total": data.len()}, "data": data}))
}

async fn validate(call: Call) -> OmResult<Answer> {
    let rules = json!([{
        "name": "validation",
        "effect": "allow",
        "resources": ["all"],
        "operations": ["All"],
        "condition": call.request.param("expression"),
    }]);
    match call.door.catalog.check_rules(&rules) {
        Ok(()) => Ok(Answer::empty(204)),
        // There is one rule, and nothing of it but the condition is the caller's.
        Err(Problem::Invalid(faults)) => {
            Err(OmError::violations(faults.into_iter().map(|fault| ("condition", fault.rule))))
        }
        Err(problem) => Err(problem.into()),
    }
}
