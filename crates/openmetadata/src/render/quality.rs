//! What answers show of tests beside the records themselves: the suite of a table, the suites of a test, the tests of a suite
//! and how they stand.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds::test_case::STATUS;
use emporion_catalog::kinds::test_suite::OF_TABLE;
use emporion_catalog::kinds::{TABLE, TEST_CASE, TEST_SUITE};
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::{Reading, Sources};
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::HAS_TEST;
use serde_json::{Value, json};

use super::print::Around;
use crate::errors::OmResult;
use crate::noun::Noun;
use crate::nouns::test_case::{STATES, Tested};

const SUITE: &str = "testSuite";
const SUITES: &str = "testSuites";
const TESTS: &str = "tests";
const SUMMARY: &str = "summary";
/// More suites than a test stands in.
const MOST: u32 = 1_000;

/// Whether a computed member tells of tests.
pub fn are_told(noun: &Noun, member: &str) -> bool {
    match member {
        SUITE => noun.is(TABLE) || noun.is(TEST_CASE),
        SUITES => noun.is(TEST_CASE),
        TESTS | SUMMARY => noun.is(TEST_SUITE),
        _ => false,
    }
}

/// Reads what such a member shows of each of the views.
pub async fn add(
    reading: &Reading<'_>,
    noun: &Noun,
    member: &'static str,
    views: &[View],
    all: &mut [Around],
) -> OmResult<()> {
    match member {
        SUITE => {
            for (around, suite) in all.iter_mut().zip(suites_of_tables(reading, noun, views).await?) {
                around.lists.push((member, suite.into_iter().collect()));
            }
        }
        SUITES => {
            let mut own = suites_of_tables(reading, noun, views).await?;
            let mut others = suites_that_take(reading, views).await?;
            for ((around, view), own) in all.iter_mut().zip(views).zip(&mut own) {
                let others = others.remove(&view.id()).unwrap_or_default();
                around.lists.push((member, own.take().into_iter().chain(others).collect()));
            }
        }
        _ => {
            for (around, tests) in all.iter_mut().zip(tests_of_suites(reading, views).await?) {
                match member {
                    SUMMARY => around.summary = Some(summary(&tests)),
                    _ => around.lists.push((member, tests.iter().map(|test| Arc::new(Card::of(test))).collect())),
                }
            }
        }
    }
    Ok(())
}

/// The suite of the table of each view: of tables, or of tests. A test that is deleted shows the one that went with it.
async fn suites_of_tables(reading: &Reading<'_>, noun: &Noun, views: &[View]) -> OmResult<Vec<Option<Arc<Card>>>> {
    if noun.is(TABLE) {
        let suites = reading.parts_of_each(views, &ListQuery::of(reading.account(), TEST_SUITE)).await?;
        return Ok(suites.iter().map(|suites| suites.first().map(|suite| Arc::new(Card::of(suite)))).collect());
    }
    let of_test = |view: &View| TEST_SUITE.fqn(Some(&Tested::of(&view.record).table), OF_TABLE, None);
    let fqns: Vec<String> = views.iter().map(of_test).collect();
    let mut distinct: Vec<&str> = fqns.iter().map(String::as_str).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let found = reading.by_fqn(TEST_SUITE, &distinct).await?;
    let cards: HashMap<&str, Arc<Card>> = distinct
        .iter()
        .zip(&found)
        .filter_map(|(fqn, suite)| Some((*fqn, Arc::new(Card::of(suite.as_ref()?)))))
        .collect();
    Ok(fqns.iter().map(|fqn| cards.get(fqn.as_str()).cloned()).collect())
}

async fn suites_that_take(reading: &Reading<'_>, views: &[View]) -> OmResult<HashMap<RecordId, Vec<Arc<Card>>>> {
    let Sources { edges, records, .. } = reading.sources(views, &[HAS_TEST], MOST).await?;
    let mut suites: HashMap<RecordId, Vec<Arc<Card>>> = HashMap::new();
    for edge in &edges {
        if let Some(suite) = records.get(&edge.from) {
            suites.entry(edge.to).or_default().push(Arc::new(Card::of(suite)));
        }
    }
    Ok(suites)
}

/// Those of a table stand beside its suite; other suites say which they take.
async fn tests_of_suites(reading: &Reading<'_>, suites: &[View]) -> OmResult<Vec<Vec<Record>>> {
    let of_kind = |kind: Kind| ListQuery::of(reading.account(), kind);
    let tests = |suite: &View| match suite.record.parent {
        Some(table) => ListQuery { parent: Some(table), ..of_kind(TEST_CASE) },
        None => ListQuery { linked_from: Some((suite.id(), HAS_TEST)), ..of_kind(TEST_CASE) },
    };
    Ok(reading.lists(suites.iter().map(tests).collect()).await?)
}

fn summary(tests: &[Record]) -> Value {
    let mut summary = json!({"total": tests.len()});
    for state in STATES {
        let number = tests.iter().filter(|test| test.body.text(STATUS).as_deref() == Some(*state)).count();
        summary[state.to_lowercase()] = number.into();
    }
    summary
}
