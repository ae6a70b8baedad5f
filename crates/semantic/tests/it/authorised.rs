//! What the guard accepts only reads: SQLite's own authorizer is asked about every step of every accepted statement.
//!
//! The functions listed here are those of SQLite's manual that compute from their arguments, written down beside the guard's own
//! list and not taken from it.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use emporion_semantic::chat::{self, Reading};
use emporion_semantic::guard::{Dialect, Parameters, Plan, Policy, guard};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::chat_asked::{Office, office};
use crate::chat_world::TODAY;
use crate::tricks::{TABLES, TRICKS, every_tape, statement};
use crate::{bank, shop};

const FUNCTIONS: &str = "abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count \
    cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format glob \
    group_concat hex ifnull iif instr json json_array json_array_length json_extract json_group_array json_group_object \
    json_insert json_object json_patch json_quote json_remove json_replace json_set json_type json_valid julianday lag \
    last_value lead length like likelihood likely ln log log10 log2 lower ltrim max median min mod nth_value ntile nullif \
    octet_length percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians random rank replace round row_number rtrim sign sin \
    sinh soundex sqrt strftime string_agg substr substring subtype sum tan tanh time timediff total trim trunc typeof unhex unicode \
    unixepoch unlikely upper -> ->>";
/// Instructions of a statement that is cut off: cross joins may go on for long.
const STEPS: i32 = 200_000;

/// A connection on which everything but reading what may be read is denied, and written down.
struct Watched {
    db: Connection,
    denied: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    fn over(db: Connection, may_read: fn(&str, &str) -> bool) -> Watched {
        let denied = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&denied);
        let hook = move |context: AuthContext<'_>| {
            let is_read = match context.action {
                AuthAction::Select | AuthAction::Recursive => true,
                AuthAction::Read { table_name, column_name } => may_read(table_name, column_name),
                AuthAction::Function { function_name } => {
                    FUNCTIONS.split_whitespace().any(|known| known.eq_ignore_ascii_case(function_name))
                }
                _ => false,
            };
            if is_read {
                return Authorization::Allow;
            }
            seen.lock().expect("a list").push(format!("{:?}", context.action));
            Authorization::Deny
        };
        db.authorizer(Some(hook)).expect("an authorizer");
        let mut left = STEPS / 1_000;
        db.progress_handler(
            1_000,
            Some(move || {
                left -= 1;
                if left == 0 {
                    left = STEPS / 1_000;
                }
                left == STEPS / 1_000
            }),
        )
        .expect("a handler");
        Watched { db, denied }
    }

    /// What was denied while a statement was prepared and run. Whether SQLite has run it is the other half.
    fn run(&self, sql: &str) -> (Vec<String>, bool) {
        let changes = self.db.total_changes();
        let ran = self.db.prepare(sql).and_then(|mut statement| {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        });
        let mut denied = std::mem::take(&mut *self.denied.lock().expect("a list"));
        if self.db.total_changes() != changes {
            denied.push("rows were changed".to_owned());
        }
        let is_cut =
            matches!(&ran, Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted));
        (denied, ran.is_ok() || is_cut)
    }
}

/// The columns of the shop's policy. SQLite names none where rows are only counted, also those of a subquery by its name.
fn of_the_shop(table: &str, column: &str) -> bool {
    let known = shop::TABLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(table));
    match known {
        Some((_, columns)) => {
            let is_hidden = column.eq_ignore_ascii_case("salary");
            !is_hidden && (column.is_empty() || columns.iter().any(|known| known.eq_ignore_ascii_case(column)))
        }
        None => {
            let is_stored = table == "secrets" || table.starts_with("sqlite_") || table.starts_with("pragma_");
            ["json_each", "json_tree", "generate_series"].contains(&table) || column.is_empty() && !is_stored
        }
    }
}

fn shop_watched() -> Watched {
    Watched::over(shop::database(), of_the_shop)
}

/// What the others rest on: the authorizer sees what a guard must not let through.
#[test]
fn the_authorizer_sees_what_is_no_reading() {
    let watched = shop_watched();
    let harmful = [
        "DELETE FROM orders",
        "UPDATE orders SET amount = 0",
        "INSERT INTO orders (id) VALUES (9999)",
        "DROP TABLE orders",
        "CREATE TEMP TABLE t AS SELECT * FROM orders",
        "ATTACH ':memory:' AS other",
        "PRAGMA writable_schema = ON",
        "SELECT * FROM pragma_table_info('orders')",
        "SELECT word FROM secrets",
        "SELECT COUNT(*) FROM secrets",
        "SELECT name FROM orders, sqlite_master",
        "SELECT salary FROM employees",
        "SELECT load_extension('x')",
        "SELECT sqlite_version()",
        "WITH a AS (SELECT 1) DELETE FROM orders WHERE id IN (SELECT * FROM a)",
        "VACUUM",
        "BEGIN",
    ];
    for sql in harmful {
        let (denied, _) = watched.run(sql);
        assert!(!denied.is_empty() || sql == "VACUUM", "{sql}");
    }
    let (denied, has_run) = watched.run("SELECT region, COUNT(*) FROM customers GROUP BY 1");
    assert!(denied.is_empty() && has_run, "{denied:?}");
}

/// Passes a statement through the guard, and what is accepted over the connection.
fn tried(sql: &str, policy: &Policy, watched: &Watched, counts: &Counts) -> Result<(), String> {
    match guard(sql, policy, &Parameters::new()) {
        Ok(plan) => accepted(sql, &plan, watched, counts),
        Err(_) => {
            counts.refused.set(counts.refused.get() + 1);
            Ok(())
        }
    }
}

fn accepted(asked: &str, plan: &Plan, watched: &Watched, counts: &Counts) -> Result<(), String> {
    let (denied, has_run) = watched.run(&plan.sql);
    counts.accepted.set(counts.accepted.get() + 1);
    counts.ran.set(counts.ran.get() + usize::from(has_run));
    match denied.is_empty() {
        true => Ok(()),
        false => Err(format!("{asked}\n  as {}\n  was to {denied:?}", plan.sql)),
    }
}

#[derive(Default)]
struct Counts {
    accepted: Cell<usize>,
    ran: Cell<usize>,
    refused: Cell<usize>,
}

impl Counts {
    /// Enough were accepted and run, and enough refused, for the test to say something.
    fn are(&self, accepted: usize, ran: usize, refused: usize) {
        let counted = (self.accepted.get(), self.ran.get(), self.refused.get());
        assert!(
            counted.0 >= accepted && counted.1 >= ran && counted.2 >= refused,
            "accepted, run, refused: {counted:?}"
        );
    }
}

#[test]
fn no_statement_that_is_accepted_does_more_than_read() {
    let (watched, counts) = (shop_watched(), Counts::default());
    let policies = [shop::policy(Dialect::Sqlite, None), shop::policy(Dialect::Sqlite, Some("1 = 1"))];
    every_tape(6_000, |tape| {
        let policy = &policies[tape.number(2)];
        tried(&statement(tape), policy, &watched, &counts)
    });
    counts.are(800, 500, 800);
}

/// Pieces of honest and of hostile statements, one within the other.
#[test]
fn no_honest_statement_with_a_trick_in_it_does_more_than_read() {
    let (watched, counts) = (shop_watched(), Counts::default());
    let policy = shop::policy(Dialect::Sqlite, None);
    let honest = bank::statements("sqlite.sql");
    for sql in &honest {
        tried(sql, &policy, &watched, &counts).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    every_tape(3_000, |tape| {
        let mut words: Vec<&str> = honest[tape.number(honest.len())].split_inclusive(' ').collect();
        let other: Vec<&str> = honest[tape.number(honest.len())].split_inclusive(' ').collect();
        let at = tape.number(words.len());
        match tape.number(7) {
            0 => words.insert(at, tape.pick(&TRICKS)),
            1 => words[at] = tape.pick(&TABLES),
            2 => words[at] = other[tape.number(other.len())],
            3 => words.truncate(at + 1),
            4 => words = [&["SELECT * FROM ("], words.as_slice(), &[") AS w"]].concat(),
            5 => words = [&["SELECT EXISTS ("], words.as_slice(), &[")"]].concat(),
            _ => {
                words =
                    [&["WITH w AS ("], words.as_slice(), &[") SELECT COUNT(*) FROM w WHERE EXISTS ("], &other, &[")"]]
                        .concat()
            }
        }
        if tape.is(3) {
            words.push(tape.pick(&TRICKS));
        }
        tried(&words.concat(), &policy, &watched, &counts)
    });
    counts.are(700, 600, 700);
}

const BEGIN: [&str; 12] = [
    "revenue",
    "number of orders",
    "average amount",
    "orders",
    "list orders",
    "how many customers",
    "units sold",
    "top 3 customers by revenue",
    "share of revenue",
    "customers without orders",
    "revenue per order",
    "status of order 104",
];
const THEN: [&str; 24] = [
    " by region",
    " by channel",
    " by month",
    " in 2026",
    " in the EU",
    " for paid orders",
    " by customer",
    " where amount over 100",
    " vs last year",
    " excluding web",
    " last quarter",
    " highest first",
    " by category",
    " and revenue",
    " per product",
    "'; DROP TABLE orders; --",
    " UNION SELECT 1",
    " delete",
    " where name = 'x' OR 1=1",
    " whose name contains \"'; DELETE FROM orders; --\"",
    " whose name starts with O'Brien",
    " for \"x' OR '1'='1\"",
    " {week(order_date)}",
    " 💥\u{202e}",
];

/// The statements that questions come to, whatever the questions.
#[test]
fn no_question_comes_to_more_than_reading() {
    let Office { ground, lexicon, policy, db } = office();
    let counts = Counts::default();
    let of_the_office = |table: &str, _: &str| {
        table.is_empty() || ["customers", "orders", "items", "products", "tickets"].contains(&table)
    };
    let watched = Watched::over(db, of_the_office);
    every_tape(2_000, |tape| {
        let mut question = tape.pick(&BEGIN).to_owned();
        for _ in 0..tape.number(4) {
            question.push_str(tape.pick(&THEN));
        }
        let Reading::Query { query, .. } = crate::chat_asked::read(&ground, &lexicon, &question) else {
            counts.refused.set(counts.refused.get() + 1);
            return Ok(());
        };
        let Ok(statement) = chat::plan(&ground, &query, TODAY) else { return Ok(()) };
        let plan = guard(&statement.sql, &policy, &statement.parameters)
            .map_err(|refusal| format!("{question}: {refusal}\n  {}", statement.sql))?;
        accepted(&question, &plan, &watched, &counts)
    });
    counts.are(400, 400, 400);
}
