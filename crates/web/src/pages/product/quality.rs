//! What tests of a product's tables say of it: the latest result of each, those that failed by their names.

use emporion_catalog::id::Millis;
use emporion_catalog::kinds::test_case;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::Record;

use super::trust::{Trust, known};
use crate::fault::Fault;
use crate::records::naming;
use crate::records::quality::{self, Outcome, run_at};
use crate::request::visit::Visit;
use crate::text::plain::shown;

/// Tests that are named as failed.
const MOST_FAILED: usize = 3;

/// `None` where the tables have no tests.
pub async fn tests(visit: &Visit, reading: &Reading<'_>, tables: &[SeenCard]) -> Result<Option<Trust>, Fault> {
    let of_tables = quality::of_tables(reading, tables).await?;
    let all = tables.iter().zip(&of_tables);
    let tests: Vec<(&SeenCard, &Record)> =
        all.flat_map(|(table, tests)| tests.iter().map(move |test| (table, test))).collect();
    let with = |outcome: Outcome| tests.iter().filter(move |(_, test)| Outcome::of(test) == outcome);
    let (passed, failed) = (with(Outcome::Passed).count(), with(Outcome::Failed).count());
    // It leads to the first that failed, or else to the result that is oldest.
    let oldest = || tests.iter().min_by_key(|(_, test)| run_at(test));
    let Some((table, oldest)) = with(Outcome::Failed).next().or_else(oldest) else { return Ok(None) };
    let t = visit.t;
    let (part, whole) = (t.number(passed as u64), t.number(tests.len() as u64));
    let values = [("part", &*part), ("whole", &*whole)];
    let when = |at: Option<Millis>| at.map(|at| visit.moment(at).rendered).unwrap_or_default();
    let (key, mood, names, at) = if failed > 0 {
        let last = with(Outcome::Failed).filter_map(|(_, test)| run_at(test)).max();
        let names = with(Outcome::Failed).take(MOST_FAILED).map(|(table, test)| named(table, test));
        let names = names.collect::<Vec<_>>().join(", ");
        let more = (failed > MOST_FAILED).then(|| format!(" {}", t.count("diff.more", failed - MOST_FAILED)));
        ("trust.tests_failed", "bad", names + &more.unwrap_or_default(), when(last))
    } else if passed == tests.len() {
        ("trust.tests_passed", "good", String::new(), when(run_at(oldest)))
    } else if tests.iter().all(|(_, test)| run_at(test).is_none()) {
        ("trust.tests_never_run", "plain", String::new(), String::new())
    } else {
        ("trust.tests_passed_but", "fair", String::new(), String::new())
    };
    let rendered = t.with(key, &[&values[..], &[("names", &names), ("when", &at)]].concat());
    let trust = known(visit, "tests", rendered, table, "", mood);
    Ok(Some(Trust { address: format!("{}#tests", trust.address), ..trust }))
}

/// A test with what it is of.
fn named(table: &SeenCard, test: &Record) -> String {
    let place = match test_case::column(&test.name) {
        Some(column) => format!("{}.{}", naming::alone(table), shown(&column)),
        None => naming::alone(table),
    };
    format!("{} ({place})", naming::rendered_of(test))
}
