//! The bank of honest statements: what the guard makes of one answers the rows of the statement as it was typed.

use std::path::Path;

use emporion_semantic::guard::{Parameters, Plan, guard};
use emporion_sources::{Database, Limits, Source};

use crate::servers::{filtered, unguarded};

/// Text of the bank, which the tests of the guard read too.
pub fn bank(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../semantic/tests/bank").join(file);
    std::fs::read_to_string(path).expect("a bank")
}

fn statements(file: &str) -> Vec<String> {
    let text = bank(file);
    let lines = text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    lines.split(";\n").map(str::trim).filter(|sql| !sql.is_empty()).map(str::to_owned).collect()
}

/// Every statement of the bank, with a row filter that removes nothing and without.
pub async fn answers_as_typed(source: &dyn Source, database: &Database, file: &str) {
    let mut wrong = Vec::new();
    for filter in [None, Some("1 = 1")] {
        let policy = filtered(source, database, filter);
        for sql in statements(file) {
            let typed = source.query(&Plan { limit: 10_000, ..unguarded(&sql) }, None, Limits::default()).await;
            let plan = match guard(&sql, &policy, &Parameters::new()) {
                Ok(plan) => plan,
                Err(refusal) => {
                    wrong.push(format!("{refusal}: {sql}"));
                    continue;
                }
            };
            let generous = crate::servers::budget(&plan, &policy, u64::MAX);
            match (typed, source.query(&plan, Some(&generous), Limits::default()).await) {
                (Err(error), _) => wrong.push(format!("not of this engine: {error}: {sql}")),
                (_, Err(error)) => wrong.push(format!("{error}: {sql}\n    {}", plan.sql)),
                // Columns without a name are called by the text of their expressions, which is written anew.
                (Ok(typed), Ok(answer))
                    if typed.rows != answer.rows
                        || !typed
                            .columns
                            .iter()
                            .map(|column| column.kind)
                            .eq(answer.columns.iter().map(|column| column.kind)) =>
                {
                    wrong.push(format!("another answer: {sql}\n    {}", plan.sql));
                }
                _ => {}
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
