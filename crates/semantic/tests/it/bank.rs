//! The bank of honest statements in `tests/bank`: the guard accepts every one. That the engines answer them as they
//! were typed is for the tests of the sources, which read the same files.

use std::path::Path;

use emporion_semantic::guard::{Dialect, Parameters, guard};

use crate::shop;

pub fn statements(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bank").join(file);
    let text = std::fs::read_to_string(path).expect("a bank");
    let lines = text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    lines.split(";\n").map(str::trim).filter(|sql| !sql.is_empty()).map(str::to_owned).collect()
}

#[test]
fn what_analysts_write_is_accepted() {
    let mut wrong = Vec::new();
    let banks =
        [(Dialect::PostgreSql, "postgresql.sql"), (Dialect::MySql, "mariadb.sql"), (Dialect::Sqlite, "sqlite.sql")];
    for (dialect, file) in banks {
        let statements = statements(file);
        assert!(statements.len() >= 60, "{file}: {}", statements.len());
        for filter in [None, Some("1 = 1")] {
            let policy = shop::policy(dialect, filter);
            for sql in &statements {
                if let Err(refusal) = guard(sql, &policy, &Parameters::new()) {
                    wrong.push(format!("{dialect:?} {refusal}: {sql}"));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
