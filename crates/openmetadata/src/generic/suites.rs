//! Suites of tests: the tests of a table go and come back together with its suite. Those that another suite takes stay.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Ref};
use emporion_catalog::kinds::TEST_CASE;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::Record;

use super::delete::Wanted;
use super::save::together;
use crate::errors::OmResult;
use crate::operation::Call;

/// The command that deletes a suite, and the tests of its table with it.
pub async fn deletion(call: &Call, suite: Ref, wanted: Wanted) -> OmResult<Command> {
    let (_, tests) = tests_of(call, &suite, if wanted.hard { States::All } else { States::Alive }).await?;
    let tests = tests.iter().map(|test| Ref::Id(test.kind, test.id));
    Ok(together([suite].into_iter().chain(tests).map(|target| wanted.command(true, target)).collect()))
}

/// The command that brings a suite back, and the tests that went with it.
pub async fn restoration(call: &Call, suite: Ref) -> OmResult<Command> {
    let (known, tests) = tests_of(call, &suite, States::Deleted).await?;
    let went_along = |test: &&Record| known.as_ref().is_some_and(|suite| suite.updated.at == test.updated.at);
    let tests = tests.iter().filter(went_along).map(|test| Ref::Id(test.kind, test.id));
    Ok(together([suite].into_iter().chain(tests).map(|target| Command::Restore { target }).collect()))
}

/// The suite, and the tests of its table. Of one that is not there, the command tells.
async fn tests_of(call: &Call, suite: &Ref, states: States) -> OmResult<(Option<Record>, Vec<Record>)> {
    let reading = call.reading().await?;
    let suite = match reading.get(suite, States::All, &Depth::bare()).await {
        Ok(view) => view.record,
        Err(Problem::NotFound { .. }) => return Ok((None, Vec::new())),
        Err(problem) => return Err(problem.into()),
    };
    let Some(table) = suite.parent else { return Ok((Some(suite), Vec::new())) };
    let of_table = ListQuery { parent: Some(table), states, ..ListQuery::of(reading.account(), TEST_CASE) };
    let tests = reading.lists(vec![of_table]).await?.pop().unwrap_or_default();
    Ok((Some(suite), tests))
}
