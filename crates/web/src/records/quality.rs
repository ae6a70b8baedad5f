//! Tests of a table and its columns, each with how it was last.

use std::cmp::Reverse;

use emporion_catalog::id::Millis;
use emporion_catalog::kinds::TEST_CASE;
use emporion_catalog::kinds::test_case::{self, STATUS, TESTED_AT};
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::{Record, View};
use serde_json::Value;

use crate::fault::Fault;
use crate::layout::rest::Rest;
use crate::records::naming;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Tests that a page shows, and those of each table that a product looks at.
const MOST: usize = 50;
const ASKED: u32 = 1_000;

/// How a test was last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Failed,
    /// It was begun, and nobody knows what it would have come to.
    Aborted,
    Queued,
    /// It was never run.
    Unknown,
    Passed,
}

impl Outcome {
    pub fn of(test: &Record) -> Outcome {
        match test.body.text(STATUS).as_deref() {
            Some("Success") => Outcome::Passed,
            Some("Failed") => Outcome::Failed,
            Some("Aborted") => Outcome::Aborted,
            Some("Queued") => Outcome::Queued,
            _ => Outcome::Unknown,
        }
    }

    pub fn mood(self) -> &'static str {
        match self {
            Outcome::Failed => "bad",
            Outcome::Aborted => "fair",
            Outcome::Passed => "good",
            Outcome::Queued | Outcome::Unknown => "",
        }
    }

    fn rendered(self, t: Texts) -> String {
        t.say(match self {
            Outcome::Failed => "tests.failed",
            Outcome::Aborted => "tests.aborted",
            Outcome::Queued => "tests.queued",
            Outcome::Unknown => "tests.unknown",
            Outcome::Passed => "tests.passed",
        })
    }
}

/// When a test was run last.
pub fn run_at(test: &Record) -> Option<Millis> {
    test.body.get(TESTED_AT).and_then(Value::as_i64).map(Millis)
}

/// Tests of each of the tables, those that failed first.
pub async fn of_tables(reading: &Reading<'_>, tables: &[SeenCard]) -> Result<Vec<Vec<Record>>, Fault> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let query = ListQuery { limit: ASKED, ..ListQuery::of(reading.account(), TEST_CASE) };
    let mut all = reading.parts_of_each(tables, &query).await?;
    all.iter_mut().for_each(|tests| tests.sort_by_key(|test| (Outcome::of(test), Reverse(run_at(test)))));
    Ok(all)
}

/// The tests that the page of a table shows.
pub struct TableTests {
    pub passed: String,
    pub rows: Vec<TableTest>,
    pub rest: Option<Rest>,
}

pub struct TableTest {
    pub name: String,
    pub column: Option<String>,
    pub mood: &'static str,
    pub outcome: String,
    pub at: Option<Moment>,
}

impl TableTests {
    /// `None` where there are none.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, table: &View) -> Result<Option<TableTests>, Fault> {
        let tests = of_tables(reading, &[SeenCard::from(&table.record)]).await?.pop().unwrap_or_default();
        if tests.is_empty() {
            return Ok(None);
        }
        let t = visit.t;
        let passed = tests.iter().filter(|test| Outcome::of(test) == Outcome::Passed).count();
        let (part, whole) = (t.number(passed as u64), t.number(tests.len() as u64));
        let rows: Vec<TableTest> = tests.iter().take(MOST).map(|test| row(visit, test)).collect();
        Ok(Some(TableTests {
            passed: t.with("tests.part", &[("part", &part), ("whole", &whole)]),
            rest: Rest::of_all(t, rows.len(), tests.len()),
            rows,
        }))
    }
}

fn row(visit: &Visit, test: &Record) -> TableTest {
    let outcome = Outcome::of(test);
    TableTest {
        name: naming::rendered_of(test),
        column: test_case::column(&test.name).map(|column| shown(&column)),
        mood: outcome.mood(),
        outcome: outcome.rendered(visit.t),
        at: run_at(test).map(|at| visit.moment(at)),
    }
}
