//! How long a statement waits before its source sees it: the policy over the product's tables is made, and the guard
//! decides. Run with `cargo run --release -p emporion-semantic --example guard_time`; it prints a table.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use emporion_semantic::guard::{Column, Dialect, Parameters, Policy, Table, TableName, guard};

const ROUNDS: usize = 2_000;
const COLUMNS: usize = 20;

const STATEMENTS: &[(&str, &str)] = &[
    ("one table", "SELECT COUNT(*) FROM table_0 WHERE column_1 > 5"),
    (
        "two joins, one CTE",
        "WITH large AS (SELECT t.column_0 AS id, t.column_2 AS amount FROM table_0 t WHERE t.column_2 > 10) \
         SELECT a.column_3, SUM(large.amount) AS total FROM large \
         JOIN table_1 a ON a.column_0 = large.id JOIN table_2 b ON b.column_0 = a.column_1 \
         WHERE b.column_4 IN ('x', 'y') GROUP BY a.column_3 ORDER BY total DESC LIMIT 20",
    ),
];

fn policy(tables: usize) -> Policy {
    let mut policy = Policy::new(Dialect::PostgreSql).with_default_schema("public");
    for at in 0..tables {
        let columns = (0..COLUMNS).map(|column| Column::named(format!("column_{column}"))).collect();
        let table = Table {
            name: TableName { schema: Some("public".to_owned()), name: format!("table_{at}") },
            columns: Some(columns),
            filter: (at % 10 == 0).then(|| "column_5 IN ('EU', 'US') AND column_6 IS NOT NULL".to_owned()),
            rows: Some(1_000_000),
        };
        policy.allow(table).expect("a good table");
    }
    policy
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{:>7}  {:<20} {:>10} {:>10} {:>10}", "tables", "statement", "p50 µs", "p99 µs", "max µs")?;
    for tables in [10, 100, 500] {
        for (name, sql) in STATEMENTS {
            let mut times: Vec<Duration> = (0..ROUNDS)
                .map(|_| {
                    let began = Instant::now();
                    let policy = policy(tables);
                    let plan = guard(sql, &policy, &Parameters::new()).expect("an honest statement");
                    std::hint::black_box(plan);
                    began.elapsed()
                })
                .collect();
            times.sort();
            let at = |share: usize| times[(times.len() - 1) * share / 100].as_micros();
            writeln!(out, "{tables:>7}  {name:<20} {:>10} {:>10} {:>10}", at(50), at(99), at(100))?;
        }
    }
    Ok(())
}
