//! What PostgreSQL calls the columns of an answer that a query gives no name.

use sqlparser::ast::{Expr, Function, Ident, ObjectNamePart, Query, SelectItem, SetExpr};

use super::names;
use super::types::type_name;
use crate::guard::Dialect;

/// Of what is neither a column nor a call.
const UNNAMED: &str = "?column?";

/// Writes the names of computed columns down: each source would call them otherwise, mostly by its own way to write them. Of
/// a union the first part names them. Columns of a query within another one are only named where no other is called so:
/// nobody can speak of two of one name, and some sources refuse them.
pub(super) fn write(body: &mut SetExpr, dialect: Dialect, is_within: bool) {
    match body {
        SetExpr::Select(select) => {
            let names: Vec<Option<String>> = select.projection.iter().map(item_name).collect();
            let is_taken = |at: usize| names.iter().enumerate().any(|(other, name)| other != at && *name == names[at]);
            for (at, item) in select.projection.iter_mut().enumerate() {
                let Some(name) = names[at].clone().filter(|name| dialect.quotable(name)) else { continue };
                if let SelectItem::UnnamedExpr(expr) = item
                    && !matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
                    && !(is_within && is_taken(at))
                {
                    let alias = Ident::with_quote(dialect.quote(), name);
                    *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
                }
            }
        }
        SetExpr::SetOperation { left, .. } => write(left, dialect, is_within),
        _ => {}
    }
}

/// Of a `*`, none.
fn item_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some(of(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(names::folded(alias)),
        _ => None,
    }
}

pub(super) fn of(expr: &Expr) -> String {
    let called = match expr {
        Expr::Identifier(ident) => return names::folded(ident),
        Expr::CompoundIdentifier(parts) => return parts.last().map(names::folded).unwrap_or_default(),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => return of(inner),
        Expr::Function(function) => return function_name(function),
        Expr::Cast { expr, data_type, .. } => {
            return Some(of(expr)).filter(|name| name != UNNAMED).unwrap_or_else(|| type_name(data_type));
        }
        Expr::TypedString(typed) => return type_name(&typed.data_type),
        Expr::Subquery(query) => return of_query(query).unwrap_or_else(|| UNNAMED.to_owned()),
        // By what it is otherwise, where that has a name of its own.
        Expr::Case { else_result, .. } => {
            let named = else_result.as_deref().map(|other| of(without_casts(other)));
            return named.filter(|name| name != UNNAMED).unwrap_or_else(|| "case".to_owned());
        }
        Expr::Exists { .. } => "exists",
        Expr::Extract { .. } => "extract",
        Expr::Substring { .. } => "substring",
        Expr::Position { .. } => "position",
        Expr::Trim { .. } => "btrim",
        Expr::Ceil { .. } => "ceil",
        Expr::Floor { .. } => "floor",
        Expr::AtTimeZone { .. } => "timezone",
        _ => UNNAMED,
    };
    called.to_owned()
}

fn without_casts(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => without_casts(expr),
        other => other,
    }
}

fn of_query(query: &Query) -> Option<String> {
    let SetExpr::Select(select) = &*query.body else { return None };
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(expr)] => Some(of(expr)),
        [SelectItem::ExprWithAlias { alias, .. }] => Some(names::folded(alias)),
        _ => None,
    }
}

pub(super) fn function_name(function: &Function) -> String {
    function.name.0.last().and_then(ObjectNamePart::as_ident).map(names::folded).unwrap_or_default()
}
