//! Statements made of what is honest and of what is not.

use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Numbers that say what is picked at each place; 0 where they are used up, so that shorter ones make simpler statements.
pub struct Tape {
    numbers: Vec<u16>,
    at: usize,
}

impl Tape {
    pub fn pick<'a>(&mut self, among: &[&'a str]) -> &'a str {
        among[self.number(among.len())]
    }

    pub fn number(&mut self, below: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(number) % below
    }

    pub fn is(&mut self, one_in: usize) -> bool {
        self.number(one_in) == one_in - 1
    }
}

const COLUMNS: [&str; 6] = ["id", "id", "name", "region", "salary", "word"];
const CALLS: [&str; 16] = [
    "COUNT(*)",
    "LOWER({})",
    "COALESCE({}, 0)",
    "date({})",
    "printf('%s', {})",
    "json_object('a', {})",
    "SUM({})",
    "hex({})",
    "SUBSTR({}, 1, 2)",
    "load_extension({})",
    "readfile({})",
    "writefile('/tmp/x', {})",
    "sqlite_version()",
    "fts3_tokenizer({})",
    "zeroblob({})",
    "randomblob({})",
]; // the last ones are on no list
pub const TABLES: [&str; 14] = [
    "customers",
    "customers",
    "customers",
    "employees",
    "main.customers",
    "\"customers\"",
    "customers AS c",
    "[customers]",
    "secrets",
    "sqlite_master",
    "pragma_table_info('orders')",
    "temp.x",
    "json_each('[1]')",
    "main.\"secrets\"",
];
pub const TRICKS: [&str; 24] = [
    "; DELETE FROM orders",
    "; DROP TABLE orders --",
    " /* x */",
    " --",
    " /*! DELETE */",
    " UNION SELECT word FROM secrets",
    " INTO OUTFILE '/tmp/x'",
    " RETURNING *",
    " FOR UPDATE",
    "\u{a0}",
    "\0",
    " ; PRAGMA writable_schema = ON",
    "'",
    "\"",
    "`",
    " $$ x $$",
    " E'\\'' ",
    " OR 1 = 1",
    " INDEXED BY x",
    " WINDOW w AS ()",
    " LIMIT 1 OFFSET (SELECT word FROM secrets)",
    "\u{feff}",
    " COLLATE nocase",
    " WITH TIES",
];
const WHOLE: [&str; 14] = [
    "DELETE FROM orders",
    "UPDATE orders SET amount = 0",
    "INSERT INTO orders (id) SELECT id FROM customers",
    "REPLACE INTO orders (id) VALUES (1)",
    "DROP TABLE orders",
    "CREATE TABLE t AS SELECT * FROM orders",
    "ATTACH ':memory:' AS m",
    "PRAGMA user_version = 5",
    "VACUUM INTO '/tmp/x'",
    "EXPLAIN SELECT 1",
    "BEGIN",
    "REINDEX",
    "ANALYZE",
    "ALTER TABLE orders RENAME TO x",
];

fn expression(tape: &mut Tape, depth: usize) -> String {
    match tape.number(if depth == 0 { 4 } else { 10 }) {
        0 | 1 => tape.pick(&COLUMNS).to_owned(),
        2 => tape.pick(&["1", "'x'", "NULL", "-2.5", "'it''s'", "x'00'", "TRUE"]).to_owned(),
        3 => tape.pick(&CALLS).replace("{}", tape.pick(&COLUMNS)),
        4 => {
            let call = tape.pick(&CALLS[..9]);
            call.replace("{}", &expression(tape, depth - 1))
        }
        5 => {
            let sign = tape.pick(&["+", "=", "||", "<", "AND", "LIKE", "IS NOT", "->>", "GLOB", "%"]);
            format!("({} {sign} {})", expression(tape, depth - 1), expression(tape, depth - 1))
        }
        6 => format!("CASE WHEN {} THEN {} END", expression(tape, depth - 1), expression(tape, depth - 1)),
        7 => format!("CAST({} AS TEXT)", expression(tape, depth - 1)),
        8 => format!("({} LIMIT 1)", select(tape, depth - 1, 1)),
        _ => format!("id IN ({})", select(tape, depth - 1, 1)),
    }
}

fn select(tape: &mut Tape, depth: usize, width: usize) -> String {
    let list: Vec<String> = (0..width).map(|at| format!("{} AS v{at}", expression(tape, depth))).collect();
    let from = match depth > 0 && tape.is(4) {
        true => format!(
            "({}) AS s",
            select(tape, depth - 1, 2).replacen("AS v0", "AS id", 1).replacen("AS v1", "AS name", 1)
        ),
        false => tape.pick(&TABLES).to_owned(),
    };
    let condition = if tape.is(2) { format!(" WHERE {}", expression(tape, depth)) } else { String::new() };
    format!("SELECT {} FROM {from}{condition}", list.join(", "))
}

pub fn statement(tape: &mut Tape) -> String {
    let width = 1 + tape.number(3);
    let plain = select(tape, 2, width);
    let mut sql = match tape.number(9) {
        0..=3 => plain,
        4 => format!("WITH x AS ({plain}) SELECT * FROM x"),
        5 => format!("{plain} UNION ALL {}", select(tape, 1, width)),
        6 => format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i, ({plain} LIMIT 1) FROM n"
        ),
        7 => format!("SELECT v0, COUNT(*) FROM ({plain}) AS g GROUP BY v0 ORDER BY 2 LIMIT 3"),
        _ => match tape.is(2) {
            true => tape.pick(&WHOLE).to_owned(),
            false => format!("WITH x AS ({}) {plain}", tape.pick(&WHOLE)),
        },
    };
    if tape.is(4) {
        let trick = tape.pick(&TRICKS);
        let places: Vec<usize> = sql.char_indices().map(|(at, _)| at).chain([sql.len()]).collect();
        // At the end, where most tricks would work, or anywhere.
        let at = if tape.is(2) { sql.len() } else { places[tape.number(places.len())] };
        sql.insert_str(at, trick);
    }
    sql
}

pub fn every_tape(cases: u32, test: impl Fn(&mut Tape) -> Result<(), String>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let numbers = proptest::collection::vec(proptest::num::u16::ANY, 0..60);
    let ran = TestRunner::new(config)
        .run(&numbers, |numbers| test(&mut Tape { numbers, at: 0 }).map_err(TestCaseError::fail));
    ran.unwrap_or_else(|error| panic!("{error}"));
}
