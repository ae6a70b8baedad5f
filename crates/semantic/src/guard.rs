//! The guard: what a caller typed becomes one read-only statement over the tables he may read, or is refused by name.
//!
//! The statement is parsed, walked with an allow-list of everything SQL can say (what is not listed is refused), every
//! table is written with its full name and wrapped in the caller's row filter, and the result is printed anew. What
//! runs is never the text that came in: comments, odd quoting and odd spelling end here. The printed text is parsed
//! once more and must be the very tree that was meant.

mod answers;
mod build;
mod condition;
mod cost;
mod dialect;
mod engine;
mod expressions;
mod extract;
mod from;
mod functions;
mod joins;
mod labels;
mod lex;
mod limit;
mod masks;
mod names;
mod parse;
mod plain;
mod plan;
mod policy;
mod print;
mod recursion;
mod refusal;
mod rows;
mod sample;
mod scope;
mod series;
mod types;
mod walk;

use sqlparser::tokenizer::TokenWithSpan;

use crate::stack;

pub use answers::{Answer, Columns, Tables, answers};
pub use build::MAX_LINKS;
pub use cost::{CostLimits, Estimate, Sizes, Step};
pub use dialect::Dialect;
pub(crate) use extract::of_definition;
pub use extract::{NamedTable, defining_query, tables_named, tables_read};
pub use functions::{DIVISION_BY_ZERO, DIVISOR_FUNCTION, known_function};
pub use masks::{HASH_DIGITS, HASH_FUNCTION, HashKey, Mask, MaskKind, Time};
pub(crate) use parse::read;
pub use plain::{How, Plain, Test, Value, plain, plain_in};
pub use plan::{Literal, MaskedColumn, Parameters, Plan};
pub use policy::{Column, Link, Policy, Table, TableName};
pub use refusal::{Position, Refusal, Rule};
pub(crate) use series::rows as rows_of_series;

/// Decides whether `sql` may run for a caller whose reach is `policy`.
///
/// Errors: the first rule that it breaks, with the place in the text where that is known. A table that does not exist
/// and one that the caller may not see are refused with the same words.
/// Cost: input is bounded before anything is parsed; a statement with two joins, a common table
/// expression and row filters took 0.3 ms in an optimised build with a new stack for each, which short ones do not
/// need.
pub fn guard(sql: &str, policy: &Policy, parameters: &Parameters) -> Result<Plan, Refusal> {
    guard_rows(sql, policy, parameters, policy.max_rows())
}

/// The same for a caller who wants at most so many rows.
pub fn guard_rows(sql: &str, policy: &Policy, parameters: &Parameters, rows: u64) -> Result<Plan, Refusal> {
    let tokens = lex::tokens(sql, policy.dialect())?;
    let rows = rows.clamp(1, policy.max_rows());
    stack::enough_for(tokens.len(), || decide(tokens, policy, parameters, rows))
}

fn decide(tokens: Vec<TokenWithSpan>, policy: &Policy, parameters: &Parameters, rows: u64) -> Result<Plan, Refusal> {
    let mut query = parse::parsed(tokens, policy.dialect())?;
    labels::give(&mut query, policy.dialect());
    let mut walk = walk::Walk::new(policy, parameters);
    let shape = walk.statement(&mut query)?;
    let limit = limit::apply(&mut query, rows, policy.dialect())?;
    let found = walk.finish();
    let sql = print::checked(query, policy.dialect())?;
    Ok(Plan {
        sql,
        limit,
        tables: found.tables,
        columns: shape.columns.map(|columns| columns.into_iter().map(|column| column.name).collect()),
        filtered: found.filtered,
        masked: found.masked,
        parameters: found.parameters,
    })
}
