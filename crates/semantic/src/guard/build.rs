//! Allowed tables: the tree that stands for one, its full name behind its row filter and its visible columns.

use std::sync::OnceLock;

use sqlparser::ast::{BinaryOperator, Expr, Ident, Query, SetExpr, Statement, TableFactor};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::dialect::Dialect;
use super::plan::Parameters;
use super::policy::{Allowed, Column, Link, Offered, Policy, Table, TableName};
use super::refusal::{self, Refusal, Rule};
use super::scope::OutColumn;
use super::walk::Walk;
use super::{condition, lex, print};
use crate::stack;

const MAX_FILTER_BYTES: usize = 2_000;
/// As many links may stand in what is written for one table, those of the tables that it leads to as well.
pub const MAX_LINKS: usize = 64;
/// How tables are called where their rows are filtered, and what links look up. A column that the source has lost would
/// else be taken from the query around, whose author would say what a filter compares.
const ROW: &str = "emporion_row_";
const LINKED: &str = "emporion_linked_";

/// Whether a name in a statement may be one of these: of letters beyond ASCII, some servers take several for one.
pub(super) fn is_reserved(alias: &str) -> bool {
    let begins = |start: &str| {
        let mut own = alias.chars();
        start.chars().all(|of| own.next().is_some_and(|own| !own.is_ascii() || own.eq_ignore_ascii_case(&of)))
    };
    [ROW, LINKED].into_iter().any(begins)
}

/// Steps of a plan tell the table by its name, so it stands there as a word. One within another is called otherwise.
fn row_alias(table: &str, depth: usize, dialect: Dialect) -> Ident {
    let word: String = table.chars().take(60).collect();
    dialect.quoted(&format!("{ROW}{depth} {word}"))
}

impl Policy {
    /// Adds a table; one whose name cannot be quoted stays out, since no statement can name it either.
    ///
    /// Errors: a row filter that is no plain condition over the table's columns.
    pub fn allow(&mut self, table: Table) -> Result<(), Refusal> {
        self.allow_linked(table, Vec::new())
    }

    /// The same for a table of which only rows are seen that these links leave, whatever its own filter leaves.
    ///
    /// Errors: also a link that cannot be written, or whose table has a filter that is none.
    pub fn allow_linked(&mut self, table: Table, links: Vec<Link>) -> Result<(), Refusal> {
        if nameable(&table.name, self.dialect()).is_err() {
            return Ok(());
        }
        let ready = OnceLock::new();
        if table.filter.is_some() || !links.is_empty() {
            if written(&links) > MAX_LINKS {
                let message = format!("a table may follow row filters by {MAX_LINKS} relations");
                return Err(Refusal::new(Rule::TooComplex, message));
            }
            ready.get_or_init(|| allowed(table.clone(), &links, self.dialect(), 0)).as_ref().map_err(Clone::clone)?;
        }
        self.offer(table, links, ready);
        Ok(())
    }

    /// Checks a row filter as `allow` does, for the moment when it is written, and that it is a condition: of columns,
    /// those that `booleans` names are. Answers how it is printed anew, without comments.
    pub fn check_filter(
        dialect: Dialect,
        columns: Option<&[Column]>,
        booleans: &[String],
        filter: &str,
    ) -> Result<String, Refusal> {
        written_filter(filter, columns, booleans, dialect)
    }

    pub(super) fn table(&self, at: usize) -> Result<&Allowed, Refusal> {
        let Offered { table, links, ready } = self.offered(at);
        ready.get_or_init(|| allowed(table.clone(), links, self.dialect(), 0)).as_ref().map_err(Clone::clone)
    }
}

/// The parts of a name. Errors: one that cannot be quoted.
fn nameable(name: &TableName, dialect: Dialect) -> Result<[Option<&str>; 2], Refusal> {
    let parts = [name.schema.as_deref(), Some(name.name.as_str())];
    if parts.into_iter().flatten().all(|part| dialect.quotable(part)) {
        return Ok(parts);
    }
    Err(Refusal::new(Rule::Identifier, "a table's name holds a character that cannot be quoted"))
}

/// What every reader of `table` reads instead of it.
fn allowed(table: Table, links: &[Link], dialect: Dialect, depth: usize) -> Result<Allowed, Refusal> {
    let Table { name, columns, filter, rows } = table;
    let parts = nameable(&name, dialect)?;
    let full: Vec<String> = parts.into_iter().flatten().map(|part| dialect.quoted(part).to_string()).collect();
    let row = row_alias(&name.name, depth, dialect);
    let filter = filter.as_deref().map(|text| self::filter(text, columns.as_deref(), Some(&row), dialect));
    let condition = filter.transpose()?;
    let followed =
        links.iter().map(|link| followed(link, &row, dialect, depth)).collect::<Result<Vec<Expr>, Refusal>>()?;
    let condition = condition.into_iter().chain(followed).map(|one| Expr::Nested(Box::new(one))).reduce(both);
    let hides_nothing = columns.iter().flatten().all(|column| !column.hidden);
    let visible = columns.map(|columns| columns.into_iter().filter(|column| !column.hidden).collect::<Vec<_>>());
    let is_plain = hides_nothing && visible.iter().flatten().all(|column| column.mask.is_none());

    let full = full.join(".");
    let text = if condition.is_none() && is_plain {
        format!("SELECT * FROM {full}")
    } else {
        let list = match &visible {
            // A column that cannot be quoted cannot be read either: nobody could name it in a statement.
            Some(columns) if !is_plain => {
                let columns = columns.iter().filter(|column| dialect.quotable(&column.name));
                let list: Vec<String> = columns.map(|column| read_as(column, &row, dialect)).collect();
                if list.is_empty() { "NULL".to_owned() } else { list.join(", ") }
            }
            _ => "*".to_owned(),
        };
        let wheres = if condition.is_some() { " WHERE (TRUE)" } else { "" };
        let fence = if condition.is_some() { dialect.fence() } else { "" };
        format!("SELECT * FROM (SELECT {list} FROM {full} AS {row}{wheres}{fence}) AS scan")
    };
    let mut scan = first_source(&text, dialect)?;
    if let (Some(condition), TableFactor::Derived { subquery, .. }) = (condition.clone(), &mut scan)
        && let SetExpr::Select(select) = subquery.body.as_mut()
    {
        select.selection = Some(condition);
    }
    let mask = |column: &Column| Some((OutColumn::stored(&column.name, dialect), column.mask.as_ref()?.kind()));
    let masked = visible.iter().flatten().filter_map(mask).collect();
    let visible = visible.map(|columns| columns.into_iter().map(|column| column.name).collect());
    Ok(Allowed { name, columns: visible, rows, filtered: condition.is_some(), masked, scan })
}

/// How many links are written.
fn written(links: &[Link]) -> usize {
    links.iter().map(|link| 1 + written(&link.to_links)).sum()
}

fn both(one: Expr, other: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(one), op: BinaryOperator::And, right: Box::new(other) }
}

/// That the columns of a row stand among those of the rows that are seen of another table. One that refers to none is not
/// there: nobody could tell it from one whose row is hidden.
fn followed(link: &Link, row: &Ident, dialect: Dialect, depth: usize) -> Result<Expr, Refusal> {
    let broken = || Refusal::new(Rule::Identifier, "the columns of a relation cannot be written in this dialect");
    let linked = dialect.quoted(&format!("{LINKED}{depth}"));
    let quoted = |of: &Ident, names: &[String]| -> Result<Vec<String>, Refusal> {
        let is_quotable = !names.is_empty() && names.iter().all(|name| dialect.quotable(name));
        if is_quotable {
            Ok(names.iter().map(|name| format!("{of}.{}", dialect.quoted(name))).collect())
        } else {
            Err(broken())
        }
    };
    let (columns, to_columns) = (quoted(row, &link.columns)?, quoted(&linked, &link.to_columns)?);
    if columns.len() != to_columns.len() {
        return Err(broken());
    }
    let mut to = link.to.clone();
    for column in to.columns.iter_mut().flatten() {
        (column.hidden, column.mask) = (false, None);
    }
    let mut scan = allowed(to, &link.to_links, dialect, depth + 1)?.scan;
    let text = format!("({}) IN (SELECT {} FROM linked AS {linked})", columns.join(", "), to_columns.join(", "));
    let mut parser = Parser::new(dialect.parser()).try_with_sql(&text).map_err(|_| broken())?;
    let mut condition = parser.parse_expr().map_err(|_| broken())?;
    let Expr::InSubquery { subquery, .. } = &mut condition else { return Err(broken()) };
    let SetExpr::Select(select) = subquery.body.as_mut() else { return Err(broken()) };
    let place = select.from.first_mut().ok_or_else(broken)?;
    let named = match &place.relation {
        TableFactor::Table { alias, .. } => alias.clone(),
        _ => None,
    };
    match &mut scan {
        TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. } => *alias = named,
        _ => return Err(broken()),
    }
    place.relation = scan;
    Ok(condition)
}

/// The column, or what is shown in its place, under its name.
fn read_as(column: &Column, row: &Ident, dialect: Dialect) -> String {
    let quoted = dialect.quoted(&column.name);
    let read = format!("{row}.{quoted}");
    match &column.mask {
        Some(mask) => format!("{} AS {quoted}", mask.expression(&read, dialect)),
        None => read,
    }
}

/// A row filter that somebody wants to keep, printed from its tree.
fn written_filter(
    text: &str,
    columns: Option<&[Column]>,
    booleans: &[String],
    dialect: Dialect,
) -> Result<String, Refusal> {
    let tree = filter(text, columns, None, dialect)?;
    stack::enough_for(text.len(), || {
        condition::check(&tree, booleans, dialect)?;
        // What is kept is read again, with brackets around it.
        Some(print::condition(tree, dialect)?).filter(|text| text.len() + 3 <= MAX_FILTER_BYTES).ok_or_else(too_long)
    })
}

/// A row filter as a tree: one condition over the table's own columns, no subquery, no parameter. Where the table is called
/// somehow, so are its columns.
fn filter(text: &str, columns: Option<&[Column]>, row: Option<&Ident>, dialect: Dialect) -> Result<Expr, Refusal> {
    stack::enough_for(text.len(), || {
        // Kept with the policy and dropped on an ordinary stack, so it is bounded closer than a statement.
        if text.len() > MAX_FILTER_BYTES {
            return Err(too_long());
        }
        lex::tokens(&format!("SELECT 1 WHERE ({text}\n)"), dialect)?;
        let tokens = Tokenizer::new(dialect.parser(), text)
            .tokenize_with_location()
            .map_err(|error| refusal::of_parser(&error.into()))?;
        let mut parser =
            Parser::new(dialect.parser()).with_recursion_limit(lex::MAX_DEPTH).with_tokens_with_locations(tokens);
        let mut condition = parser.parse_expr().map_err(|error| refusal::of_parser(&error))?;
        if parser.peek_token_ref().token != Token::EOF {
            return Err(Refusal::new(Rule::Syntax, "a row filter is one condition"));
        }
        let policy = Policy::new(dialect);
        let parameters = Parameters::new();
        let mut walk = Walk::new(&policy, &parameters);
        walk.qualifier = row.cloned();
        walk.condition(&mut condition, columns)?;
        Ok(condition)
    })
}

fn too_long() -> Refusal {
    Refusal::new(Rule::TooLong, format!("a row filter may have {MAX_FILTER_BYTES} bytes"))
}

fn first_source(text: &str, dialect: Dialect) -> Result<TableFactor, Refusal> {
    let broken = || Refusal::new(Rule::Identifier, "a table's name cannot be written in this dialect");
    let mut statements = Parser::parse_sql(dialect.parser(), text).map_err(|_| broken())?;
    let Some(Statement::Query(query)) = statements.pop() else { return Err(broken()) };
    let Query { body, .. } = *query;
    match *body {
        SetExpr::Select(select) => select.from.into_iter().next().map(|from| from.relation).ok_or_else(broken),
        _ => Err(broken()),
    }
}
