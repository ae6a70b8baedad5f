//! Questions that are easily answered wrongly without a word: each is answered rightly, or not at all.

use emporion_semantic::chat::reading::{Asked, Found, LookedUp, Reading, Thread};
use emporion_semantic::chat::{self, Ground, Lexicon, ModelSource, TableKnown};
use emporion_semantic::guard::{Column, Dialect, Policy, Table, TableName, guard};
use emporion_semantic::model::{Format, Syntax, parse};
use rusqlite::types::Value;

use crate::chat_world::TODAY;

const MODEL: &str = include_str!("chat_club.yaml");
const ROWS: &str = include_str!("chat_club.sql");
const TABLES: [&str; 8] = ["plans", "sites", "rooms", "members", "contracts", "bookings", "transfers", "visits"];

struct Club {
    ground: Ground,
    lexicon: Lexicon,
    policy: Policy,
    db: rusqlite::Connection,
}

fn club() -> Club {
    let db = rusqlite::Connection::open_in_memory().expect("a database");
    db.execute_batch(ROWS).expect("the rows");
    let mut policy = Policy::new(Dialect::Sqlite);
    let mut known: Vec<TableKnown> = Vec::new();
    for table in TABLES {
        let mut statement = db.prepare("SELECT name, type FROM pragma_table_info(?1)").expect("a table");
        let column = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let columns: Vec<(String, String)> =
            statement.query_map([table], column).and_then(Iterator::collect).expect("columns");
        let plain = |(name, ty): &(String, String)| (name.clone(), ty.split('(').next().unwrap_or_default().to_owned());
        let name = TableName { schema: None, name: table.to_owned() };
        let allowed = Some(columns.iter().map(|(name, _)| Column::named(name.clone())).collect());
        policy.allow(Table { name: name.clone(), columns: allowed, filter: None, rows: None }).expect("a table");
        let columns = columns.iter().map(plain).collect();
        known.push(TableKnown { name, dialect: Dialect::Sqlite, source: 0, columns, personal: Vec::new(), rows: None });
    }
    let tables = move |_: Option<&str>, source: &str| known.iter().find(|table| table.name.name == source).cloned();
    let read = parse(MODEL, Syntax::Yaml, Format::Osi, "club").expect("a model");
    let source = ModelSource { namespace: None, model: &read.model, is_generated: false };
    let (ground, left_out) = Ground::of(&[source], &tables);
    assert!(left_out.is_empty(), "{left_out:?}");
    Club { lexicon: Lexicon::of(&ground), ground, policy, db }
}

impl Club {
    fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let mut statement = self.db.prepare(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        let width = statement.column_count();
        let text = |value: Value| match value {
            Value::Text(text) => text,
            Value::Integer(number) => (number as f64).to_string(),
            Value::Real(number) => number.to_string(),
            _ => String::new(),
        };
        let rows = statement.query_map([], |row| (0..width).map(|at| Ok(text(row.get(at)?))).collect());
        let mut rows: Vec<Vec<String>> =
            rows.and_then(Iterator::collect).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        rows.sort();
        rows
    }

    fn read(&self, text: &str) -> Reading {
        let (thread, mut found) = (Thread::default(), Found::default());
        for _ in 0..5 {
            let asked = Asked { text, today: TODAY, locale: "en", thread: &thread, found: &found, verified: &[] };
            let reading = chat::read(&self.ground, &self.lexicon, &asked);
            let Reading::LookUp(probes) = reading else { return reading };
            for probe in probes {
                for field in probe.fields {
                    let known = self.ground.field(field);
                    let table = &self.ground.dataset(known.dataset).table.name;
                    let sql = format!("SELECT {0} FROM {table} WHERE lower({0}) = lower(?1)", known.expression);
                    let stored = self.db.query_row(&sql, [&probe.phrase], |row| row.get(0)).ok();
                    found.looked_up.push(LookedUp { phrase: probe.phrase.clone(), field, stored });
                }
            }
        }
        panic!("{text}: looked up again and again")
    }

    /// `None`: it was not answered.
    fn answer(&self, text: &str) -> Option<(String, Vec<Vec<String>>)> {
        let Reading::Query { query, .. } = self.read(text) else { return None };
        let statement = chat::plan(&self.ground, &query, TODAY).ok()?;
        let sql = guard(&statement.sql, &self.policy, &statement.parameters).expect("a plan").sql;
        let rows = self.rows(&sql);
        Some((sql, rows))
    }
}

/// Each column that is wanted is one of the answer.
fn holds(rows: &[Vec<String>], wanted: &[Vec<String>]) -> bool {
    let column = |rows: &[Vec<String>], at: usize| {
        let mut column: Vec<String> = rows.iter().map(|row| row[at].clone()).collect();
        column.sort();
        column
    };
    let width = |rows: &[Vec<String>]| rows.first().map_or(0, Vec::len);
    let has = |wanted: Vec<String>| (0..width(rows)).any(|at| column(rows, at) == wanted);
    rows.len() == wanted.len() && (0..width(wanted)).all(|at| has(column(wanted, at)))
}

fn check(rows: &[(&str, &str)]) {
    let club = club();
    let mut wrong = Vec::new();
    for (question, gold) in rows {
        let wanted = club.rows(gold);
        match club.answer(question) {
            Some((_, rows)) if holds(&rows, &wanted) => {}
            Some((sql, rows)) => wrong.push(format!("{question}\n  got    {rows:?}\n  wanted {wanted:?}\n  {sql}")),
            None => wrong.push(format!("{question}\n  {:?}", club.read(question))),
        }
    }
    assert!(wrong.is_empty(), "\n{}\n{} of {}", wrong.join("\n"), wrong.len(), rows.len());
}

fn refused(questions: &[&str]) {
    let club = club();
    let answered = questions.iter().filter_map(|question| Some(format!("{question}: {:?}", club.answer(question)?)));
    let answered: Vec<String> = answered.collect();
    assert!(answered.is_empty(), "\n{}", answered.join("\n"));
}

#[test]
fn what_happened_lies_behind_and_periods_hold_what_lies_ahead() {
    check(&[
        ("How many contracts have expired?", "SELECT 2"),
        ("expired contracts", "SELECT contract_no FROM contracts WHERE expires_on < '2026-11-21'"),
        ("How many contracts have not expired?", "SELECT 2"),
        ("How many bookings this year?", "SELECT 3"),
        ("Revenue this year", "SELECT 18"),
        ("bookings this year so far", "SELECT 2"),
        ("contracts that expire after 2026", "SELECT 'C2'"),
        ("How many members were born before 1970?", "SELECT 2"),
    ]);
}

#[test]
fn times_and_roads_of_others_are_not_borrowed() {
    refused(&[
        "How many rooms were there in 2025?",
        "rooms by year",
        "Seats in all in 2025",
        "Number of members by site",
        "members in Oslo",
        "members by city",
    ]);
}

#[test]
fn codes_and_names_are_those_that_are_there() {
    refused(&["contract C9", "fee of contract C77", "How many bookings does member K999 have?"]);
    check(&[
        ("fee of contract C2", "SELECT 20"),
        ("How many bookings does member K200 have?", "SELECT 2"),
        ("How many members are on a Monthly plan?", "SELECT 3"),
        ("plans with a monthly fee over 30", "SELECT plan_name FROM plans WHERE monthly_fee > 30"),
        ("What is the monthly fee of the Student plan?", "SELECT 20"),
    ]);
    refused(&["members not on the Student plan", "How many members are not on the Student plan?"]);
}

#[test]
fn persons_and_what_they_are_to_others() {
    check(&[
        ("mentor of Ben", "SELECT 'Anna'"),
        ("Who is the mentor of Ben?", "SELECT 'Anna'"),
        ("Who is Ben's mentor?", "SELECT 'Anna'"),
        ("Who is mentored by Anna?", "SELECT member_name FROM members WHERE mentor_id = 1"),
        ("How many mentors are there?", "SELECT 2"),
        ("Who has the most bookings?", "SELECT 'Ben'"),
        ("Who was born in 1999?", "SELECT 'Cleo'"),
    ]);
}
