//! The cost guard: how much a source says a statement would read, against what the product allows.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::dialect::Dialect;
use super::plan::Plan;
use super::policy::{Policy, TableName};
use super::refusal::{Refusal, Rule};

/// About how many rows a function such as `json_each` makes in SQLite, which does not say.
const MADE_ROWS: u64 = 100;

/// What one statement may read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostLimits {
    pub rows: u64,
    pub bytes: u64,
}

impl Default for CostLimits {
    fn default() -> CostLimits {
        CostLimits { rows: 50_000_000, bytes: 2 << 30 }
    }
}

/// What a source expects of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimate {
    pub rows: u64,
    pub bytes: u64,
}

/// About how many rows the tables of a statement have, by their names; those of which it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sizes(Vec<(String, u64)>);

impl Sizes {
    pub fn of(plan: &Plan, policy: &Policy) -> Sizes {
        let rows = |table: &TableName| {
            let at = policy.find(&[&policy.dialect().quoted(&table.name)]).ok()?;
            Some((table.name.clone(), policy.rows(at)?))
        };
        Sizes(plan.tables.iter().filter_map(rows).collect())
    }
}

/// A step of SQLite's plan; `parent` is 0 for those that stand in no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: i64,
    pub parent: i64,
    pub text: String,
}

impl Estimate {
    /// The statement that asks the source. Its answer is one text for PostgreSQL and MySQL, rows for SQLite.
    pub fn question(plan: &Plan, dialect: Dialect) -> String {
        match dialect {
            Dialect::PostgreSql => format!("EXPLAIN (FORMAT JSON) {}", plan.sql),
            Dialect::MySql => format!("EXPLAIN FORMAT=JSON {}", plan.sql),
            Dialect::Sqlite => format!("EXPLAIN QUERY PLAN {}", plan.sql),
        }
    }

    /// Reads the plan that PostgreSQL, MySQL or MariaDB answered.
    ///
    /// Servers say rows per pass; what runs once per row of its neighbour counts that often. A form that is not known
    /// costs nothing: the statement's time limit still holds.
    pub fn of_json(answer: &Value) -> Estimate {
        let mut estimate = Estimate::default();
        match answer.pointer("/0/Plan") {
            Some(node) => postgresql(node, 1.0, &mut estimate),
            None => {
                mysql(answer, 1.0, &mut estimate);
            }
        }
        estimate
    }

    /// Reads SQLite's plan: its steps (`SCAN orders`, `SEARCH …`) by nesting, with the sizes that are known.
    pub fn of_steps(steps: &[Step], Sizes(sizes): &Sizes) -> Estimate {
        let largest = |step: &str| {
            let named = sizes.iter().filter(|(name, _)| step.split(' ').any(|word| word.eq_ignore_ascii_case(name)));
            let rows = named.map(|(_, rows)| *rows).max();
            // A function makes its rows of a value; PostgreSQL reckons with as many.
            let made = step.contains(" VIRTUAL TABLE ").then_some(MADE_ROWS);
            // An alias hides the table's name; the largest table of the statement stands for it.
            rows.or(made).or_else(|| sizes.iter().map(|(_, rows)| *rows).max()).unwrap_or(0)
        };
        let mut rows = 0_u64;
        // How often what stands next below a step runs.
        let mut passes: HashMap<i64, u64> = HashMap::from([(0, 1)]);
        // Subqueries, by the step that they stand in and their name: what is read of them was read below them.
        let mut made: HashSet<(i64, &str)> = HashSet::new();
        for Step { id, parent, text } in steps {
            let now = passes.get(parent).copied().unwrap_or(1);
            let mut words = text.split(' ');
            match words.next() {
                Some("SCAN") if !text.starts_with("SCAN CONSTANT") => {
                    let size = largest(text);
                    if !words.next().is_some_and(|name| made.contains(&(*parent, name))) {
                        rows = rows.saturating_add(size.saturating_mul(now));
                    }
                    // What follows at the same level runs once for each of these rows.
                    passes.insert(*parent, now.saturating_mul(size.max(1)));
                }
                Some("CO-ROUTINE" | "MATERIALIZE") => {
                    made.extend(words.next().map(|name| (*parent, name)));
                    passes.insert(*id, 1);
                }
                Some("CORRELATED" | "MULTI-INDEX") => drop(passes.insert(*id, now)),
                _ => drop(passes.insert(*id, 1)),
            }
        }
        Estimate { rows, bytes: 0 }
    }

    /// Errors: `COST_LIMIT` with the estimate.
    pub fn check(self, limits: CostLimits) -> Result<(), Refusal> {
        if self.rows <= limits.rows && self.bytes <= limits.bytes {
            return Ok(());
        }
        let message = format!(
            "the statement would read about {} rows, {} are allowed: add a condition that narrows it",
            self.rows, limits.rows
        );
        Err(Refusal::new(Rule::CostLimit, message))
    }
}

fn postgresql(node: &Value, passes: f64, estimate: &mut Estimate) {
    let rows = node["Plan Rows"].as_f64().unwrap_or(0.0);
    let width = node["Plan Width"].as_f64().unwrap_or(0.0);
    let kind = node["Node Type"].as_str().unwrap_or_default();
    if kind.ends_with("Scan") || kind == "Nested Loop" {
        estimate.rows = estimate.rows.saturating_add((rows * passes) as u64);
        estimate.bytes = estimate.bytes.saturating_add((rows * width * passes) as u64);
    }
    let children = node["Plans"].as_array().map_or(&[][..], Vec::as_slice);
    for (at, child) in children.iter().enumerate() {
        let inner = kind == "Nested Loop" && at > 0;
        let outer = children[0]["Plan Rows"].as_f64().unwrap_or(1.0).max(1.0);
        postgresql(child, if inner { passes * outer } else { passes }, estimate);
    }
}

fn mysql(node: &Value, passes: f64, estimate: &mut Estimate) -> f64 {
    match node {
        Value::Object(fields) => {
            let mut produced = 1.0;
            for (name, value) in fields {
                if name == "table" {
                    let rows =
                        ["rows_examined_per_scan", "rows"].iter().find_map(|key| value[*key].as_f64()).unwrap_or(0.0);
                    estimate.rows = estimate.rows.saturating_add((rows * passes) as u64);
                    let kept = value["filtered"]
                        .as_f64()
                        .or_else(|| value["filtered"].as_str()?.parse().ok())
                        .unwrap_or(100.0);
                    produced = (rows * kept / 100.0).max(1.0);
                    mysql(value, 1.0, estimate);
                } else if name == "nested_loop" {
                    let mut passes = passes;
                    for step in value.as_array().into_iter().flatten() {
                        passes *= mysql(step, passes, estimate);
                    }
                    produced = passes;
                } else if value.is_object() || value.is_array() {
                    produced = mysql(value, passes, estimate);
                }
            }
            produced
        }
        Value::Array(items) => items.iter().map(|item| mysql(item, passes, estimate)).fold(1.0, f64::max),
        _ => 1.0,
    }
}
