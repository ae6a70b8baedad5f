//! What the caller may do, asked of the gate: on a type of resource, or on one record.

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::Ref;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::ports::Verdict;
use emporion_catalog::query::States;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};
use serde_json::{Value, json};

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::members::*;
use crate::noun::Noun;
use crate::nouns::policy::OPERATIONS;
use crate::operation::{Call, ok, row};
use crate::page_of;
use crate::params;

const TAG: &str = "Permissions";

static PERMISSION: Struct = Struct {
    name: "Permission",
    open: false,
    members: &[
        Member::required("operation", Shape::Enumeration(OPERATIONS)),
        Member::required(
            "access",
            Shape::Enumeration(&["allow", "conditionalAllow", "deny", "conditionalDeny", "notAllow"]),
        ),
    ],
};
static OF_RESOURCE: Struct = Struct {
    name: "ResourcePermission",
    open: false,
    members: &[
        Member::required("resource", TEXT),
        Member { required: true, ..Member::optional("permissions", list_of!(PERMISSION)) },
    ],
};
static OF_ALL: Struct = page_of!("ResourcePermissionList", OF_RESOURCE);
static OF_WHOM: Struct = Struct { name: "PermissionsOf", open: true, members: &[text("user").at(Location::Query)] };

pub fn routes() -> Vec<Route<Door>> {
    let one = || Some(Shape::Struct(&OF_RESOURCE));
    let by_name = "/v1/permissions/{resource}/name/{fqn}";
    vec![
        Route {
            summary: "Show what one may do on every type of resource".into(),
            input: &OF_WHOM,
            output: Some(Shape::Struct(&OF_ALL)),
            ..row(Method::GET, "/v1/permissions", "listPermissions", TAG, of_all)
        },
        Route {
            summary: "Show what one may do on a type of resource".into(),
            input: &OF_WHOM,
            output: one(),
            errors: &[404],
            ..row(Method::GET, "/v1/permissions/{resource}", "getResourceTypePermission", TAG, of_type)
        },
        Route {
            summary: "Show what one may do on a record".into(),
            input: &OF_WHOM,
            output: one(),
            errors: &[404],
            ..row(Method::GET, "/v1/permissions/{resource}/{id}", "getResourcePermission", TAG, of_record)
        },
        Route {
            summary: "Show what one may do on a record by its name".into(),
            input: &OF_WHOM,
            output: one(),
            errors: &[404],
            ..row(Method::GET, by_name, "getResourcePermissionByName", TAG, of_record)
        },
    ]
}

/// The operations that mean something for a noun.
pub fn operations(noun: &Noun) -> Vec<&'static str> {
    let shows = |member: &str| noun.entity.member(member).is_some();
    let mut operations =
        vec!["Create", "Delete", "ViewAll", "ViewBasic", "EditAll", "EditDescription", "EditDisplayName"];
    for (member, more) in [
        ("owners", &["EditOwners"][..]),
        ("tags", &["EditTags", "EditTier", "EditGlossaryTerms"]),
        ("certification", &["EditCertification"]),
        ("domains", &["EditDomains"]),
        ("reviewers", &["EditReviewers"]),
        ("extension", &["EditCustomFields", "ViewCustomFields"]),
        ("lifeCycle", &["EditLifeCycle", "EditLineage"]),
        ("usageSummary", &["ViewUsage", "EditUsage"]),
        ("entityStatus", &["EditStatus"]),
        ("sampleData", &["ViewSampleData", "EditSampleData"]),
        ("profile", &["ViewDataProfile", "EditDataProfile", "ViewTests", "EditTests", "ViewQueries", "EditQueries"]),
        ("users", &["EditUsers"]),
        ("teams", &["EditTeams"]),
        ("roles", &["EditRole"]),
        ("policies", &["EditPolicy"]),
    ] {
        // `profile` is a picture on people.
        if shows(member) && (member != "profile" || shows("columns")) {
            operations.extend(more);
        }
    }
    if noun.is(kinds::USER) {
        operations.push("GenerateToken");
    }
    operations.sort_unstable();
    operations
}

/// The right behind an operation. What has no right of its own goes by the one for all that is read or written.
fn action(operation: &str) -> Action {
    match operation {
        "Create" => Action::Create,
        "Delete" => Action::Delete,
        "EditDescription" => Action::EditDescription,
        "EditDisplayName" => Action::EditDisplayName,
        "EditOwners" => Action::EditOwners,
        "EditTags" => Action::EditTags,
        "EditTier" => Action::EditTier,
        "EditGlossaryTerms" => Action::EditGlossaryTerms,
        "EditCertification" => Action::EditCertification,
        "EditLineage" => Action::EditLineage,
        "EditDomains" => Action::EditDomains,
        "EditReviewers" => Action::EditReviewers,
        "EditCustomFields" => Action::EditExtension,
        "EditUsers" | "EditTeams" => Action::EditMembers,
        "EditRole" => Action::EditRole,
        "EditPolicy" => Action::EditPolicy,
        "GenerateToken" => Action::ManageCredentials,
        "ViewSampleData" => Action::ViewSampleData,
        "ViewDataProfile" => Action::ViewDataProfile,
        view if view.starts_with("View") => Action::View,
        _ => Action::EditAll,
    }
}

fn access(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Always => "allow",
        Verdict::Depends => "conditionalAllow",
        Verdict::Never { why: Some(_) } => "deny",
        Verdict::Never { why: None } => "notAllow",
    }
}

/// What holds of all that is of a type.
fn of_noun(call: &Call, of: &Caller, noun: &'static Noun) -> Value {
    let kind = call.kind(noun.kind_name);
    let verdict = |operation: &&'static str| call.door.catalog.verdict_of_kind(of, action(operation), kind);
    let operations = operations(noun);
    printed(noun, &operations, operations.iter().map(verdict))
}

fn printed(noun: &Noun, operations: &[&'static str], verdicts: impl Iterator<Item = Verdict>) -> Value {
    let permission =
        |(operation, verdict): (&&'static str, Verdict)| json!({"operation": operation, "access": access(&verdict)});
    let permissions: Vec<Value> = operations.iter().zip(verdicts).map(permission).collect();
    json!({"resource": noun.entity_type, "permissions": permissions})
}

/// Whose rights are asked for: one's own, or as an administrator somebody's.
async fn of_whom(call: &Call) -> OmResult<Caller> {
    match params::value(&call.request.query(), "user") {
        None => Ok(call.caller.clone()),
        Some(name) => {
            let catalog = &call.door.catalog;
            catalog.may_operate(&call.caller)?;
            let target = Ref::Name(kinds::USER, name.to_owned());
            let user = catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?.id();
            Ok(catalog.caller(call.caller.account(), user).await?)
        }
    }
}

fn resource(call: &Call) -> OmResult<&'static Noun> {
    let name = call.request.param("resource");
    call.door.noun_of_type(name).ok_or_else(|| OmError::new(404, format!("Entity type {name} not found")))
}

async fn of_all(call: Call) -> OmResult<Answer> {
    let of = of_whom(&call).await?;
    let data: Vec<Value> = call.door.nouns.iter().map(|noun| of_noun(&call, &of, noun)).collect();
    ok(&json!({"paging": {"total": data.len()}, "data": data}))
}

async fn of_type(call: Call) -> OmResult<Answer> {
    let noun = resource(&call)?;
    let of = of_whom(&call).await?;
    ok(&of_noun(&call, &of, noun))
}

async fn of_record(call: Call) -> OmResult<Answer> {
    let noun = resource(&call)?;
    let target = call.target(noun)?;
    let of = of_whom(&call).await?;
    let reading = call.door.catalog.reading(&of).await?;
    let record = reading.get(&target, States::All, &Depth::bare()).await?.record;
    let operations = operations(noun);
    let actions: Vec<Action> = operations.iter().map(|operation| action(operation)).collect();
    let verdicts = reading.verdicts(&actions, &record).await?;
    ok(&printed(noun, &operations, verdicts.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nouns;

    #[test]
    fn every_operation_is_one_that_clients_know_and_stands_once() {
        for noun in nouns::all() {
            let mut seen = operations(noun);
            assert!(seen.iter().all(|operation| OPERATIONS.contains(operation)), "{}: {seen:?}", noun.kind_name);
            let count = seen.len();
            seen.dedup();
            assert_eq!(seen.len(), count, "{}", noun.kind_name);
        }
    }

    #[test]
    fn what_has_no_right_of_its_own_goes_by_the_general_one() {
        assert_eq!(action("ViewSampleData"), Action::ViewSampleData);
        assert_eq!(action("ViewTests"), Action::View);
        assert_eq!(action("EditLifeCycle"), Action::EditAll);
        assert_eq!(access(&Verdict::Depends), "conditionalAllow");
    }
}
