//! Tests of data: what they came to, by time; suites of one table, and suites that take tests of several.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::test_case::{STATUS, TESTED_AT};
use emporion_catalog::kinds::{TEST_CASE, TEST_SUITE};
use emporion_catalog::load::Depth;
use emporion_catalog::observation::TEST_RESULT;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::HAS_TEST;
use emporion_catalog::rows::redaction::Redaction;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct, UUID};
use serde_json::Value;

use super::observed::{self, Span};
use crate::door::Door;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::generic::{delete, list, save};
use crate::members::*;
use crate::nouns;
use crate::nouns::test_case::STATES;
use crate::nouns::{test_case, test_suite};
use crate::operation::{Call, carry_out, change, edited_unless, ok, path_id, row};
use crate::render::observed as shown;
use crate::{list_of, page_of, params};

const CASES: &str = "Test Cases";
const SUITES: &str = "Test Suites";

static VALUE: Struct =
    Struct { name: "TestResultValue", open: false, members: &[text("name"), text("value"), text("predictedValue")] };
/// One result, as it is sent and as it is shown.
static RESULT: Struct = Struct {
    name: "TestCaseResult",
    open: false,
    members: &[
        Member::optional("id", UUID),
        text("fqn"),
        text("testCaseFQN"),
        Member::required("timestamp", MILLIS),
        Member::required("testCaseStatus", Shape::Enumeration(STATES)),
        text("result"),
        text("sampleData"),
        Member::optional("testResultValue", list_of!(VALUE)),
        json("passedRows"),
        json("failedRows"),
        json("passedRowsPercentage"),
        json("failedRowsPercentage"),
        json("incidentId"),
        json("maxBound"),
        json("minBound"),
        object("testCase"),
        object("testDefinition"),
        Member::optional("dimensionResults", list(&Shape::Object)),
    ],
};
/// What a result says of its test, which is said anew with each answer.
const OF_TEST: &[&str] = &["fqn", "testCaseFQN", "testCase", "testDefinition"];
static RESULTS: Struct = page_of!("TestCaseResultList", RESULT);
static SPAN: Struct = Struct {
    name: "TestCaseResultSpan",
    open: true,
    members: &[
        integer("startTs").at(Location::Query),
        integer("endTs").at(Location::Query),
        count("limit").at(Location::Query),
    ],
};
static LATEST: Struct =
    Struct { name: "TestCaseResultLatest", open: true, members: &[fqn_required("testCaseFQN").at(Location::Query)] };
static LOGICAL: Struct = Struct {
    name: "CreateLogicalTestCases",
    open: false,
    members: &[Member::required("testSuiteId", UUID), Member { required: true, ..ids("testCaseIds") }],
};
static FOUND: Struct = Struct {
    name: "TestSearchList",
    open: true,
    members: &[
        text("fields").at(Location::Query),
        count("limit").at(Location::Query),
        count("offset").at(Location::Query),
        text("q").at(Location::Query),
    ],
};
static REMOVAL: Struct = Struct {
    name: "DeleteBasicTestSuite",
    open: true,
    members: &[boolean("recursive").at(Location::Query), boolean("hardDelete").at(Location::Query)],
};

pub fn routes() -> Vec<Route<Door>> {
    let mut routes = results();
    routes.extend(suites());
    routes.extend([
        searched("/v1/dataQuality/testCases/search/list", "searchTestCases", CASES, TEST_CASE.name()),
        searched("/v1/dataQuality/testSuites/search/list", "searchTestSuites", SUITES, TEST_SUITE.name()),
    ]);
    routes
}

fn results() -> Vec<Route<Door>> {
    let path = "/v1/dataQuality/testCases/testCaseResults/{fqn}";
    let of_old = "/v1/dataQuality/testCases/{fqn}/testCaseResult";
    let latest = "/v1/dataQuality/testCases/testCaseResults/search/latest";
    let noted = |method, path, operation, status: &'static [u16]| Route {
        summary: "Keep what a test came to".into(),
        input: &RESULT,
        output: Some(Shape::Struct(&RESULT)),
        ok: status,
        errors: &[404],
        ..row(method, path, operation, CASES, |call| note(call, status[0]))
    };
    let listed = |path, operation| Route {
        summary: "List what a test came to, newest first".into(),
        input: &SPAN,
        output: Some(Shape::Struct(&RESULTS)),
        errors: &[404],
        ..row(Method::GET, path, operation, CASES, list_results)
    };
    vec![
        noted(Method::POST, path, "addTestCaseResult", &[201]),
        noted(Method::PUT, path, "updateTestCaseResult", &[200]),
        listed(path, "listTestCaseResults"),
        noted(Method::PUT, of_old, "putTestCaseResult", &[200]),
        listed(of_old, "listResultsOfTestCase"),
        Route {
            summary: "Show what a test came to last".into(),
            input: &LATEST,
            output: Some(Shape::Struct(&RESULT)),
            errors: &[404],
            ..row(Method::GET, latest, "getLatestTestCaseResult", CASES, latest_result)
        },
    ]
}

fn suites() -> Vec<Route<Door>> {
    let suite = || Some(Shape::Struct(nouns::of(&test_suite::NOUN).entity));
    let mut routes = Vec::new();
    for (path, word) in
        [("/v1/dataQuality/testSuites/basic", "Basic"), ("/v1/dataQuality/testSuites/executable", "Executable")]
    {
        let leaked = |text: String| -> &'static str { text.leak() };
        let named = |verb: &str, more: &str| leaked(format!("{verb}{word}TestSuite{more}"));
        let create = |method, operation, status: &'static [u16], is_new| Route {
            summary: "Make the suite of a table".into(),
            input: nouns::of(&test_suite::NOUN).create,
            output: suite(),
            ok: status,
            errors: &[404, 409],
            ..row(method, path, operation, SUITES, move |call| make_basic(call, is_new))
        };
        let delete = |path: String, operation| Route {
            summary: "Delete the suite of a table with its tests".into(),
            input: &REMOVAL,
            output: suite(),
            errors: &[404],
            ..row(Method::DELETE, leaked(path), operation, SUITES, |call| {
                delete::delete(call, nouns::of(&test_suite::NOUN))
            })
        };
        routes.extend([
            create(Method::POST, named("create", ""), &[201], true),
            create(Method::PUT, named("createOrUpdate", ""), &[200, 201], false),
            delete(format!("{path}/{{id}}"), named("delete", "")),
            delete(format!("{path}/name/{{fqn}}"), named("delete", "ByName")),
        ]);
    }
    routes.extend([
        Route {
            summary: "Let a suite take tests of tables".into(),
            input: &LOGICAL,
            output: suite(),
            errors: &[404],
            ..row(
                Method::PUT,
                "/v1/dataQuality/testCases/logicalTestCases",
                "addTestCasesToLogicalTestSuite",
                CASES,
                add,
            )
        },
        Route {
            summary: "Take a test out of a suite".into(),
            output: suite(),
            errors: &[404],
            ..row(
                Method::DELETE,
                "/v1/dataQuality/testCases/logicalTestCases/{testSuiteId}/{id}",
                "deleteLogicalTestCase",
                CASES,
                remove,
            )
        },
    ]);
    routes
}

fn searched(path: &'static str, operation: &'static str, tag: &'static str, kind: &'static str) -> Route<Door> {
    Route {
        summary: "List by number, with the filters of the other list".into(),
        input: &FOUND,
        ..row(Method::GET, path, operation, tag, move |call| async move {
            let noun = nouns::of_kind(kind).ok_or_else(OmError::internal)?;
            list::by_offset(call, noun).await
        })
    }
}

/// The newest result says how a test stands.
async fn note(call: Call, status: u16) -> OmResult<Answer> {
    let mut result = call.body(&RESULT)?;
    OF_TEST.iter().for_each(|member| drop(result.shift_remove(*member)));
    result.entry("id").or_insert_with(|| RecordId::fresh().to_string().into());
    let result = Value::Object(result);
    observed::check_timestamp(observed::timestamp(&result))?;
    let (at, kept) = (observed::at(&result), result.clone());
    let command = change(call.by_name_or_id("fqn", TEST_CASE), move |view: &View| {
        let mut draft = Draft::default();
        if view.field(TESTED_AT).and_then(Value::as_i64).is_none_or(|known| known <= at.0) {
            draft.set(STATUS, kept["testCaseStatus"].clone());
            draft.set(TESTED_AT, at.0);
        }
        draft.observe(TEST_RESULT, "", at, kept.clone());
        Ok(draft)
    });
    let test = carry_out(&call, &command, Action::EditAll).await?.view.record;
    let redaction = redaction(&call.reading().await?, &test).await?;
    let shown = shown::test_result(&test, &result, &redaction).unwrap_or_default();
    Ok(Answer::json(status, MEDIA_TYPE, &shown))
}

async fn redaction(reading: &Reading<'_>, test: &Record) -> OmResult<Redaction> {
    Ok(reading.rows().redactions_of_tests(&[test]).await?.pop().unwrap_or_default())
}

async fn list_results(call: Call) -> OmResult<Answer> {
    let span = Span::read(&call.request, 100)?;
    let target = call.by_name_or_id("fqn", TEST_CASE);
    ok(&results_of(&call, &target, span).await?)
}

async fn results_of(call: &Call, target: &Ref, span: Span) -> OmResult<Value> {
    let reading = call.reading().await?;
    let test = reading.get(target, States::Alive, &Depth::bare()).await?.record;
    let redaction = redaction(&reading, &test).await?;
    let seen = |row: &Value| shown::test_result(&test, row, &redaction);
    span.page(&reading, &test, (TEST_RESULT, &[String::new()]), seen).await
}

async fn latest_result(call: Call) -> OmResult<Answer> {
    let query = call.query();
    let fqn =
        params::value(&query, "testCaseFQN").ok_or_else(|| OmError::query_param("testCaseFQN", "must not be null"))?;
    let found = results_of(&call, &Ref::Name(TEST_CASE, fqn.to_owned()), Span::LATEST).await?;
    match found.pointer("/data/0") {
        Some(newest) => ok(newest),
        None => Err(OmError::not_found("testCaseResult", fqn)),
    }
}

async fn make_basic(call: Call, is_new: bool) -> OmResult<Answer> {
    let body = call.json()?;
    let is_named = |member: &str| body.get(member).is_some_and(Value::is_string);
    if !is_named("basicEntityReference") && !is_named("executableEntityReference") {
        return Err(OmError::missing("basicEntityReference"));
    }
    let noun = nouns::of(&test_suite::NOUN);
    if is_new { save::post(call, noun).await } else { save::put(call, noun).await }
}

async fn add(call: Call) -> OmResult<Answer> {
    let body = call.body(&LOGICAL)?;
    let id = |value: &Value, member: &str| -> OmResult<RecordId> {
        let text = value.as_str().unwrap_or_default();
        text.parse().map_err(|_| OmError::violation(member, "must be a UUID"))
    };
    let suite = id(&body["testSuiteId"], "testSuiteId")?;
    let tests = body["testCaseIds"].as_array().into_iter().flatten();
    let tests = tests.map(|test| id(test, "testCaseIds")).collect::<OmResult<Vec<_>>>()?;
    take(&call, suite, How::Add, &tests).await
}

async fn remove(call: Call) -> OmResult<Answer> {
    let suite = path_id(&call.request, "testSuiteId", test_suite::NOUN.entity_type)?;
    let test = path_id(&call.request, "id", test_case::NOUN.entity_type)?;
    take(&call, suite, How::Remove, &[test]).await
}

async fn take(call: &Call, suite: RecordId, how: How, tests: &[RecordId]) -> OmResult<Answer> {
    let targets: Vec<Target> = tests.iter().map(|test| Target::of(Ref::Id(TEST_CASE, *test))).collect();
    let edit = move |view: &View, draft: &mut Draft| {
        if view.record.parent.is_some() {
            return Err(Problem::conflict("The suite of a table has the tests of that table, and takes no others."));
        }
        draft.relate(HAS_TEST, how, "tests", targets.clone());
        Ok(())
    };
    let target = Ref::Id(TEST_SUITE, suite);
    ok(&edited_unless(call, nouns::of(&test_suite::NOUN), target, Action::EditAll, &["tests"], edit).await?)
}
