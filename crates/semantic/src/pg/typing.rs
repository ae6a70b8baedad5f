//! The type of each expression of a query, worked out once: by the columns that it names and by what it is made with. What
//! bears no type itself, a literal in quotes or a parameter, is of that of what it stands beside, as PostgreSQL has it.
//!
//! Expressions are known by their places in the tree: these stay while what stands there is written otherwise.

mod functions;
mod sources;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, Cte, DataType, Distinct, Expr, GroupByExpr, Interval, LimitClause, OrderBy,
    OrderByExpr, OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TypedString,
    UnaryOperator, Value, Values, WindowSpec,
};

use self::sources::{Columns, Scope, renamed};
use super::column_names;
use super::names::{self, Name};
use super::types::Type;

/// The columns of the tables that a query names, by their names there.
pub type Tables = BTreeMap<Name, Arc<Vec<(String, Option<Type>)>>>;

/// What is known of a query.
#[derive(Debug, Default)]
pub struct Types {
    of: HashMap<usize, Type>,
    /// The columns of its answer by their names, with what they hold; none where their number is not known.
    pub columns: Vec<(String, Option<Type>)>,
    /// What its parameters are taken for.
    pub parameters: Vec<Option<Type>>,
    /// Those of them that are arrays of such.
    pub arrays: BTreeSet<usize>,
}

impl Types {
    /// Of the expression that stands here, or stood here before it was written otherwise.
    pub(super) fn of(&self, expr: &Expr) -> Option<Type> {
        self.of.get(&place(expr)).copied()
    }
}

fn place(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

/// Looks through a query. `given` are the types that its client says its parameters are of.
pub(super) fn of_query(query: &Query, tables: &Tables, given: &[Option<Type>]) -> Types {
    let types = Types { parameters: given.to_vec(), ..Types::default() };
    let mut inference = TypeInference { tables, types, named: Vec::new(), scopes: Vec::new() };
    let columns = inference.query(query);
    Types { columns: columns.map(Arc::unwrap_or_clone).unwrap_or_default(), ..inference.types }
}

/// The number of a parameter, from 0.
pub(super) fn parameter(value: &Value) -> Option<usize> {
    let Value::Placeholder(name) = value else { return None };
    name.strip_prefix('$')?.parse::<u16>().ok().and_then(|number| usize::from(number).checked_sub(1))
}

/// A parameter for an array: `$1`, `$1::int[]`. Of the latter with the type of its elements.
fn array(expr: &Expr) -> Option<(usize, Option<&DataType>)> {
    match expr {
        Expr::Nested(inner) => array(inner),
        Expr::Cast { expr: inner, data_type: DataType::Array(element), .. } => {
            let element = match element {
                ArrayElemTypeDef::SquareBracket(element, _) => Some(&**element),
                _ => None,
            };
            array(inner).map(|(at, _)| (at, element))
        }
        Expr::Value(value) => parameter(&value.value).map(|at| (at, None)),
        _ => None,
    }
}

/// What stands in quotes, whose type is that of what it stands beside.
fn is_quoted(value: &Value) -> bool {
    matches!(
        value,
        Value::SingleQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::DollarQuotedString(_)
            | Value::NationalStringLiteral(_)
            | Value::UnicodeStringLiteral(_)
    )
}

struct TypeInference<'a> {
    tables: &'a Tables,
    types: Types,
    /// Common table expressions, the innermost last.
    named: Vec<(String, Columns)>,
    /// What the queries around an expression make visible, the innermost last.
    scopes: Vec<Scope>,
}

impl TypeInference<'_> {
    fn query(&mut self, query: &Query) -> Columns {
        let outside = self.named.len();
        if let Some(with) = &query.with {
            with.cte_tables.iter().for_each(|table| self.common_table(table, with.recursive));
        }
        let columns = match &*query.body {
            SetExpr::Select(select) => self.select(select, query.order_by.as_ref(), true),
            body => {
                let columns = self.body(body, true);
                let aliases = columns.as_deref().cloned().unwrap_or_default();
                self.scopes.push(Scope::of_aliases(aliases));
                self.order(query.order_by.as_ref());
                self.scopes.pop();
                columns
            }
        };
        self.bounds(query);
        self.named.truncate(outside);
        columns
    }

    fn common_table(&mut self, table: &Cte, is_recursive: bool) {
        let name = names::folded(&table.alias.name);
        // Inside of itself it is what its first part says.
        if is_recursive && let SetExpr::SetOperation { left, right, .. } = &*table.query.body {
            let columns = renamed(self.body(left, true), Some(&table.alias));
            self.named.push((name, columns));
            self.body(right, true);
            self.bounds(&table.query);
            return;
        }
        let columns = renamed(self.query(&table.query), Some(&table.alias));
        self.named.push((name, columns));
    }

    /// `is_whole`: what has no type there is a text.
    fn body(&mut self, body: &SetExpr, is_whole: bool) -> Columns {
        match body {
            SetExpr::Select(select) => self.select(select, None, is_whole),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                let (one, other) = (self.body(left, false), self.body(right, false));
                self.united((left, one), (right, other), is_whole)
            }
            SetExpr::Values(values) => self.values(values),
            _ => None,
        }
    }

    /// The columns of a union: of what both sides hold.
    fn united(&mut self, left: (&SetExpr, Columns), right: (&SetExpr, Columns), is_whole: bool) -> Columns {
        let (one, other) = (left.1?, right.1);
        let other = other.filter(|other| other.len() == one.len());
        let (first, second) = (items(left.0), items(right.0));
        let mut columns = Vec::with_capacity(one.len());
        for (at, (name, ty)) in one.iter().enumerate() {
            let beside = other.as_ref().and_then(|other| other[at].1);
            let both = match (*ty, beside) {
                (Some(ty), Some(beside)) => ty.common(beside),
                (ty, beside) => ty.or(beside),
            };
            let ty = both.or(is_whole.then_some(Type::Text).filter(|_| ty.is_none() && beside.is_none()));
            for item in [first.get(at), second.get(at)].into_iter().flatten() {
                self.settle(item, ty);
            }
            columns.push((name.clone(), ty));
        }
        Some(Arc::new(columns))
    }

    fn values(&mut self, values: &Values) -> Columns {
        let width = values.rows.first()?.content.len();
        let mut column = |at: usize| {
            let all: Vec<&Expr> = values.rows.iter().filter_map(|row| row.content.get(at)).collect();
            let ty = self.alike(&all).unwrap_or(Type::Text);
            all.into_iter().for_each(|expr| self.settle(expr, Some(ty)));
            (format!("column{}", at + 1), Some(ty))
        };
        Some(Arc::new((0..width).map(&mut column).collect()))
    }

    fn select(&mut self, select: &Select, order: Option<&OrderBy>, is_whole: bool) -> Columns {
        self.scopes.push(Scope::default());
        select.from.iter().for_each(|from| self.from(from));
        let mut columns = Some(Vec::new());
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let ty = self.expr(expr);
                    push(&mut columns, column_names::of(expr), ty);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let ty = self.expr(expr);
                    push(&mut columns, names::folded(alias), ty);
                }
                SelectItem::Wildcard(_) => extend(&mut columns, self.all_columns(None)),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let table = name.0.last().and_then(|part| part.as_ident()).map(names::folded);
                    extend(&mut columns, table.and_then(|table| self.all_columns(Some(&table))));
                }
                _ => columns = None,
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.aliases = columns.clone().unwrap_or_default();
        }
        self.conditions(select);
        self.order(order);
        if is_whole {
            self.texts(select, &mut columns);
        }
        self.scopes.pop();
        columns.map(Arc::new)
    }

    fn conditions(&mut self, select: &Select) {
        if let Some(Distinct::On(exprs)) = &select.distinct {
            exprs.iter().for_each(|expr| self.by_alias(expr));
        }
        for condition in [&select.selection, &select.having, &select.qualify].into_iter().flatten() {
            self.of_type(condition, Type::Bool);
        }
        if let GroupByExpr::Expressions(exprs, _) = &select.group_by {
            exprs.iter().for_each(|expr| self.by_alias(expr));
        }
        for sqlparser::ast::NamedWindowDefinition(_, window) in &select.named_window {
            if let sqlparser::ast::NamedWindowExpr::WindowSpec(window) = window {
                self.window(window);
            }
        }
    }

    /// What nothing else has given a type to is a text in an answer.
    fn texts(&mut self, select: &Select, columns: &mut Option<Vec<(String, Option<Type>)>>) {
        for (at, item) in select.projection.iter().enumerate() {
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
            self.settle(expr, Some(Type::Text));
            let (known, wide) = (self.types.of(expr), select.projection.len());
            // One `*` moves all that stand behind it.
            if let Some(columns) = columns.as_mut().filter(|columns| columns.len() == wide) {
                columns[at].1 = columns[at].1.or(known);
            }
        }
    }

    fn order(&mut self, order: Option<&OrderBy>) {
        if let Some(OrderBy { kind: OrderByKind::Expressions(by), .. }) = order {
            by.iter().for_each(|by| self.by_alias(&by.expr));
        }
    }

    /// What rows are grouped or ordered by can be a column of the answer.
    fn by_alias(&mut self, expr: &Expr) {
        if self.expr(expr).is_some() {
            return;
        }
        if let Expr::Identifier(ident) = expr
            && let Some(ty) = self.scopes.last().and_then(|scope| scope.alias(&names::folded(ident)))
        {
            self.types.of.insert(place(expr), ty);
        }
    }

    fn bounds(&mut self, query: &Query) {
        let mut numbers: Vec<&Expr> = Vec::new();
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                numbers.extend(limit);
                numbers.extend(offset.iter().map(|offset| &offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => numbers.extend([offset, limit]),
            None => {}
        }
        numbers.extend(query.fetch.iter().filter_map(|fetch| fetch.quantity.as_ref()));
        self.each_of_type(numbers, Type::Int8);
    }

    fn window(&mut self, window: &WindowSpec) {
        self.each(&window.partition_by);
        self.sorts(&window.order_by);
    }

    fn sorts(&mut self, by: &[OrderByExpr]) {
        self.each(by.iter().map(|by| &by.expr));
    }

    fn expr(&mut self, expr: &Expr) -> Option<Type> {
        let ty = self.found(expr);
        if let Some(ty) = ty {
            self.types.of.insert(place(expr), ty);
        }
        ty
    }

    /// The same, of what should be of this type.
    fn of_type(&mut self, expr: &Expr, ty: Type) -> Option<Type> {
        let own = self.expr(expr);
        self.settle(expr, Some(ty));
        own.or(self.types.of(expr))
    }

    fn each<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn each_of_type<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, ty: Type) {
        for expr in exprs {
            self.of_type(expr, ty);
        }
    }

    /// The type that expressions beside each other have in common.
    fn alike(&mut self, all: &[&Expr]) -> Option<Type> {
        let types: Vec<Option<Type>> = all.iter().map(|expr| self.expr(expr)).collect();
        let common = common(&types);
        all.iter().for_each(|expr| self.settle(expr, common));
        common
    }

    /// Gives a type to what bears none itself.
    fn settle(&mut self, expr: &Expr, ty: Option<Type>) {
        let Some(ty) = ty.filter(|_| self.types.of(expr).is_none()) else { return };
        let ty = match expr {
            Expr::Nested(inner) => {
                self.settle(inner, Some(ty));
                self.types.of(inner)
            }
            Expr::Value(value) => match parameter(&value.value) {
                Some(at) => Some(self.set(at, ty)),
                None => is_quoted(&value.value).then_some(ty),
            },
            _ => None,
        };
        if let Some(ty) = ty {
            self.types.of.insert(place(expr), ty);
        }
    }

    /// The type of a parameter: this one, where nothing before it has said another.
    fn set(&mut self, at: usize, ty: Type) -> Type {
        if self.types.parameters.len() <= at {
            self.types.parameters.resize(at + 1, None);
        }
        *self.types.parameters[at].get_or_insert(ty)
    }

    fn found(&mut self, expr: &Expr) -> Option<Type> {
        match expr {
            Expr::Identifier(ident) => self.column(None, &names::folded(ident)),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, column] => self.column(Some(&names::folded(table)), &names::folded(column)),
                _ => None,
            },
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => self.expr(inner),
            Expr::Value(value) => match &value.value {
                Value::Boolean(_) => Some(Type::Bool),
                Value::Number(digits, _) => Some(of_number(digits)),
                value => parameter(value).and_then(|at| self.parameter(at)),
            },
            Expr::Cast { expr: inner, data_type, .. } => {
                let ty = Type::of_data_type(data_type);
                self.expr(inner);
                self.settle(inner, ty);
                ty
            }
            Expr::TypedString(TypedString { data_type, .. }) => Type::of_data_type(data_type),
            Expr::Interval(Interval { .. }) => Some(Type::Interval),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => self.of_type(inner, Type::Bool),
            Expr::UnaryOp { expr: inner, .. } => self.expr(inner),
            Expr::Case { operand, conditions, else_result, .. } => {
                let whens: Vec<&Expr> = conditions.iter().map(|when| &when.condition).collect();
                match operand {
                    Some(operand) => {
                        self.alike(&[&[&**operand], whens.as_slice()].concat());
                    }
                    None => self.each_of_type(whens, Type::Bool),
                }
                let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
                self.alike(&results.collect::<Vec<_>>())
            }
            Expr::Subquery(query) => self.query(query)?.first()?.1,
            Expr::Function(function) => self.function(function),
            Expr::Extract { expr: inner, .. } => {
                self.expr(inner);
                Some(Type::Numeric)
            }
            Expr::Ceil { expr: inner, .. } | Expr::Floor { expr: inner, .. } => {
                let ty = self.expr(inner)?;
                Some(if ty.is_whole() { Type::Float8 } else { ty })
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                self.of_type(time_zone, Type::Text);
                self.of_type(timestamp, Type::Timestamp).map(|_| Type::Timestamp)
            }
            _ => self.condition(expr).or_else(|| self.of_text(expr)),
        }
    }

    /// Of what is true or not.
    fn condition(&mut self, expr: &Expr) -> Option<Type> {
        match expr {
            Expr::IsFalse(inner) | Expr::IsNotFalse(inner) | Expr::IsTrue(inner) | Expr::IsNotTrue(inner) => {
                self.of_type(inner, Type::Bool);
            }
            Expr::IsNull(inner) | Expr::IsNotNull(inner) | Expr::IsUnknown(inner) | Expr::IsNotUnknown(inner) => {
                self.of_type(inner, Type::Text);
            }
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.alike(&[left, right]);
            }
            Expr::InList { expr: of, list, .. } => {
                self.alike(&std::iter::once(&**of).chain(list).collect::<Vec<_>>());
            }
            Expr::InSubquery { expr: of, subquery, .. } => {
                let among = self.query(subquery).and_then(|columns| columns.first()?.1);
                self.expr(of);
                self.settle(of, among);
            }
            Expr::Between { expr: of, low, high, .. } => {
                self.alike(&[of, low, high]);
            }
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => self.among(left, right),
            Expr::Like { expr: of, pattern, escape_char, .. }
            | Expr::ILike { expr: of, pattern, escape_char, .. }
            | Expr::SimilarTo { expr: of, pattern, escape_char, .. } => {
                let texts = [Some(of), Some(pattern), escape_char.as_ref()];
                self.each_of_type(texts.into_iter().flatten().map(|text| &**text), Type::Text);
            }
            Expr::Exists { subquery, .. } => drop(self.query(subquery)),
            _ => return None,
        }
        Some(Type::Bool)
    }

    fn among(&mut self, one: &Expr, of: &Expr) {
        match of {
            Expr::Nested(inner) => self.among(one, inner),
            Expr::Array(array) => {
                self.alike(&std::iter::once(one).chain(&array.elem).collect::<Vec<_>>());
            }
            Expr::Subquery(query) => {
                let among = self.query(query).and_then(|columns| columns.first()?.1);
                self.expr(one);
                self.settle(one, among);
            }
            other => match array(other) {
                Some((at, of)) => {
                    self.types.arrays.insert(at);
                    let element = of.and_then(Type::of_data_type);
                    let beside = self.expr(one);
                    self.settle(one, element);
                    self.set(at, element.or(beside).unwrap_or(Type::Text));
                }
                None => self.each([one, other]),
            },
        }
    }

    fn of_text(&mut self, expr: &Expr) -> Option<Type> {
        match expr {
            Expr::Substring { expr: of, substring_from, substring_for, .. } => {
                self.of_type(of, Type::Text);
                let numbers = [substring_from, substring_for].into_iter().flatten();
                self.each_of_type(numbers.map(|number| &**number), Type::Int4);
                Some(Type::Text)
            }
            Expr::Trim { trim_what, expr: of, trim_characters, .. } => {
                self.of_type(of, Type::Text);
                let what = trim_what.iter().map(|what| &**what).chain(trim_characters.iter().flatten());
                self.each_of_type(what, Type::Text);
                Some(Type::Text)
            }
            Expr::Overlay { expr: of, overlay_what, overlay_from, overlay_for } => {
                self.of_type(of, Type::Text);
                self.of_type(overlay_what, Type::Text);
                let numbers = std::iter::once(overlay_from).chain(overlay_for);
                self.each_of_type(numbers.map(|number| &**number), Type::Int4);
                Some(Type::Text)
            }
            Expr::Position { expr: part, r#in: whole } => {
                self.of_type(part, Type::Text);
                self.of_type(whole, Type::Text);
                Some(Type::Int4)
            }
            Expr::Tuple(exprs) => {
                self.each(exprs);
                None
            }
            Expr::Array(array) => {
                let all: Vec<&Expr> = array.elem.iter().collect();
                let are_literals = all.iter().all(|expr| matches!(expr, Expr::Value(_)));
                let ty = self.alike(&all).or(are_literals.then_some(Type::Text))?;
                all.into_iter().for_each(|expr| self.settle(expr, Some(ty)));
                ty.array()
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                self.each(sets.iter().flatten());
                None
            }
            _ => None,
        }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Type> {
        use BinaryOperator as Op;
        match op {
            Op::And | Op::Or => {
                self.of_type(left, Type::Bool);
                self.of_type(right, Type::Bool);
                Some(Type::Bool)
            }
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
                if let (Expr::Tuple(one), Expr::Tuple(other)) = (left, right) {
                    for (one, other) in one.iter().zip(other) {
                        self.alike(&[one, other]);
                    }
                } else {
                    self.alike(&[left, right]);
                }
                Some(Type::Bool)
            }
            Op::StringConcat => {
                self.of_type(left, Type::Text);
                self.of_type(right, Type::Text);
                Some(Type::Text)
            }
            Op::Plus | Op::Minus => {
                let (one, other) = (self.expr(left), self.expr(right));
                self.summed((left, one), op, (right, other))
            }
            Op::Multiply | Op::Divide | Op::Modulo => {
                let types = [self.expr(left), self.expr(right)];
                // So many times an interval is one.
                let is_interval = types.contains(&Some(Type::Interval));
                let both = if is_interval { Some(Type::Float8) } else { common(&types) };
                [left, right].into_iter().for_each(|expr| self.settle(expr, both));
                if is_interval { Some(Type::Interval) } else { both.filter(|ty| ty.is_number()) }
            }
            Op::PGRegexMatch
            | Op::PGRegexIMatch
            | Op::PGRegexNotMatch
            | Op::PGRegexNotIMatch
            | Op::PGLikeMatch
            | Op::PGILikeMatch
            | Op::PGNotLikeMatch
            | Op::PGNotILikeMatch => {
                self.of_type(left, Type::Text);
                self.of_type(right, Type::Text);
                Some(Type::Bool)
            }
            Op::LongArrow | Op::HashLongArrow => {
                self.expr(left);
                self.expr(right);
                Some(Type::Text)
            }
            _ => {
                self.expr(left);
                self.expr(right);
                None
            }
        }
    }

    fn summed(
        &mut self,
        (left, one): (&Expr, Option<Type>),
        op: &BinaryOperator,
        (right, other): (&Expr, Option<Type>),
    ) -> Option<Type> {
        let is_minus = *op == BinaryOperator::Minus;
        match (one, other) {
            (None | Some(Type::Interval), Some(Type::Interval)) => {
                self.settle(left, Some(Type::Timestamp));
                self.types.of(left)
            }
            (Some(ty), Some(Type::Interval)) | (Some(Type::Interval), Some(ty)) => {
                Some(if ty == Type::Date { Type::Timestamp } else { ty }).filter(|ty| ty.is_time())
            }
            (Some(ty), None) | (None, Some(ty)) => {
                let beside = if ty == Type::Date && !is_minus { Type::Int4 } else { ty };
                [left, right].into_iter().for_each(|expr| self.settle(expr, Some(beside)));
                match (self.types.of(left), self.types.of(right)) {
                    (Some(one), Some(other)) => of_sum(one, is_minus, other),
                    _ => None,
                }
            }
            (Some(one), Some(other)) => of_sum(one, is_minus, other),
            (None, None) => None,
        }
    }

    fn parameter(&self, at: usize) -> Option<Type> {
        self.types.parameters.get(at).copied().flatten()
    }
}

/// What all of these become beside each other, of those that are known.
fn common(types: &[Option<Type>]) -> Option<Type> {
    let mut known = types.iter().flatten().copied();
    known.next().and_then(|first| known.try_fold(first, Type::common))
}

/// Of a sum or a difference, of what it is.
fn of_sum(one: Type, is_minus: bool, other: Type) -> Option<Type> {
    match (one, other) {
        (Type::Date, Type::Date) if is_minus => Some(Type::Int4),
        (Type::Date, whole) if whole.is_whole() => Some(Type::Date),
        (whole, Type::Date) if whole.is_whole() && !is_minus => Some(Type::Date),
        (one, other) if one.is_time() && other.is_time() && is_minus => Some(Type::Interval),
        _ => one.common(other).filter(|ty| ty.is_number()),
    }
}

fn of_number(digits: &str) -> Type {
    match digits.contains(['.', 'e', 'E']) {
        true => Type::Numeric,
        false if digits.parse::<i32>().is_ok() => Type::Int4,
        false if digits.parse::<i64>().is_ok() => Type::Int8,
        false => Type::Numeric,
    }
}

/// What a SELECT lists; nothing where it lists all columns of something.
fn items(body: &SetExpr) -> Vec<&Expr> {
    let SetExpr::Select(select) = body else { return Vec::new() };
    let expr = |item| match item {
        &SelectItem::UnnamedExpr(ref expr) | &SelectItem::ExprWithAlias { ref expr, .. } => Some(expr),
        _ => None,
    };
    select.projection.iter().map(expr).collect::<Option<_>>().unwrap_or_default()
}

fn push(columns: &mut Option<Vec<(String, Option<Type>)>>, name: String, ty: Option<Type>) {
    if let Some(columns) = columns {
        columns.push((name, ty));
    }
}

/// The columns are known as long as all that is added is.
fn extend(columns: &mut Option<Vec<(String, Option<Type>)>>, more: Option<Vec<(String, Option<Type>)>>) {
    *columns = columns.take().zip(more).map(|(mut columns, more)| {
        columns.extend(more);
        columns
    });
}
