//! Arrays, and functions that answer a row for each element of one: SQLite has neither. Arrays are texts here, and a query
//! that wants a row for each element is joined with a series of numbers.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    Query, Select, SelectItem, Subscript, TableAlias, TableFactor, TableWithJoins, Value,
};

use super::{call, derived, function_name, null, plain, text};
use crate::pg::names;
use crate::visit::{self, VisitorMut};

/// What the series is called, and the number in it.
const ROWS: &str = "door_rows";
/// Keys have no more columns (`max_index_keys`).
const MOST_ELEMENTS: i64 = 32;
/// Series that are asked for are no longer.
const MOST_NUMBERS: i64 = 1_000;

fn numbers(from: i64, to: i64, column: &str) -> String {
    let rows: Vec<String> = (from..=to).map(|number| format!("({number})")).collect();
    match rows.is_empty() {
        true => format!("SELECT NULL AS \"{column}\" WHERE 0"),
        false => format!("SELECT column1 AS \"{column}\" FROM (VALUES {})", rows.join(", ")),
    }
}

/// `generate_series(1, 32)` in a FROM; `None` for other functions, and where the numbers do not stand there.
pub fn series(name: &ObjectName, args: &[FunctionArg], alias: Option<&TableAlias>) -> Option<TableFactor> {
    let called = names::of(name).filter(|name| name.table == "generate_series")?;
    let number = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => value.to_string().parse::<i64>().ok(),
        _ => None,
    };
    let [from, to] = args else { return None };
    let (from, to) = (number(from)?, number(to)?);
    let name = alias.map_or(called.table, |alias| plain(&alias.name.value));
    let column = alias.and_then(|alias| alias.columns.first()).map_or(name.clone(), |column| plain(&column.name.value));
    (to.checked_sub(from)? < MOST_NUMBERS).then(|| derived(&numbers(from, to, &column), &name))
}

/// Functions that answer a row for each element of an array.
pub fn answers_rows(function: &str) -> bool {
    ["unnest", "generate_subscripts", "_pg_expandarray"].contains(&function)
}

/// Joins a query with a series where its list has functions that answer rows.
pub fn in_rows(select: &mut Select) {
    let mut found = Elements { of: Vec::new(), depth: 0 };
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            let _: ControlFlow<()> = visit::change(expr, &mut found);
        }
    }
    let Some(array) = found.of.into_iter().next() else { return };
    let relation = derived(&numbers(1, MOST_ELEMENTS, "n"), ROWS);
    select.from.push(TableWithJoins { relation, joins: Vec::new() });
    // All of them are as long: they are the same array, or its subscripts.
    let is_there = Expr::BinaryOp {
        left: Box::new(place()),
        op: BinaryOperator::LtEq,
        right: Box::new(call("door_length", vec![array])),
    };
    select.selection = Some(match select.selection.take() {
        Some(condition) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(condition))),
            op: BinaryOperator::And,
            right: Box::new(is_there),
        },
        None => is_there,
    });
}

fn place() -> Expr {
    Expr::CompoundIdentifier(vec![Ident::new(ROWS), Ident::new("n")])
}

/// Puts the element of a row in the place of functions that answer rows, and keeps what they are called with.
struct Elements {
    of: Vec<Expr>,
    /// Queries within the list have rows of their own.
    depth: usize,
}

impl VisitorMut for Elements {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = &*expr
            && self.depth == 0
            && let Some(array) = first(function)
        {
            let written = match function_name(function).as_str() {
                "unnest" => call("door_place", vec![array.clone(), place()]),
                "generate_subscripts" => place(),
                "_pg_expandarray" => call("door_pair", vec![array.clone(), place()]),
                _ => return ControlFlow::Continue(()),
            };
            self.of.push(array);
            *expr = written;
        }
        ControlFlow::Continue(())
    }
}

fn first(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))) => Some(expr.clone()),
        _ => None,
    }
}

/// `a[1]`, and of what `_pg_expandarray` answers `(a).x` and `(a).n`.
pub fn accessed(root: Expr, mut chain: Vec<AccessExpr>) -> Expr {
    let last = chain.pop();
    // What stands before it names a column.
    let root = chain.into_iter().try_fold(root, |root, access| match (root, access) {
        (Expr::Identifier(table), AccessExpr::Dot(Expr::Identifier(column))) => {
            Some(Expr::CompoundIdentifier(vec![table, column]))
        }
        (Expr::CompoundIdentifier(mut parts), AccessExpr::Dot(Expr::Identifier(column))) => {
            // Of a schema, a table and a column, the schema goes.
            parts.push(column);
            Some(Expr::CompoundIdentifier(parts.split_off(parts.len().saturating_sub(2))))
        }
        _ => None,
    });
    match (root, last) {
        (Some(root), Some(AccessExpr::Subscript(Subscript::Index { index }))) => {
            call("door_element", vec![root, index])
        }
        (Some(root), Some(AccessExpr::Dot(Expr::Identifier(field)))) => {
            call("door_field", vec![root, text(&plain(&field.value))])
        }
        _ => null(),
    }
}

/// `array_agg(…)`: its elements in braces.
pub fn aggregated(mut function: Function) -> Expr {
    let FunctionArguments::List(list) = &mut function.args else { return null() };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(element))] = list.args.as_mut_slice() else { return null() };
    *element = call("door_quoted", vec![std::mem::replace(element, null())]);
    list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(","))));
    function.name = ObjectName::from(vec![Ident::new("string_agg")]);
    let brace = |brace: &str| Expr::Value(Value::Placeholder(format!("'{brace}'")).into());
    let joined =
        |left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::StringConcat, right: Box::new(right) };
    Expr::Nested(Box::new(joined(joined(brace("{"), Expr::Function(function)), brace("}"))))
}
