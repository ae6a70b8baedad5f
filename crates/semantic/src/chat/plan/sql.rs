//! Builders of syntax trees. What has operators in it goes into brackets, so that the printed text reads as the tree.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, Cte, DataType, DuplicateTreatment, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentList, FunctionArguments, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator,
    LimitClause, ObjectName, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select,
    SelectFlavor, SelectItem, SetExpr, SetOperator, SetQuantifier, TableAlias, TableFactor, TableWithJoins, Value,
    WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType, With,
};

pub(in crate::chat) use crate::template::bracketed;

/// One SELECT and what stands around it.
#[derive(Debug, Clone, Default)]
pub(in crate::chat) struct Block {
    pub ctes: Vec<(Ident, Query)>,
    pub items: Vec<(Expr, Ident)>,
    pub from: Option<From>,
    /// Joined by AND.
    pub conditions: Vec<Expr>,
    /// So many of the first items are what rows are grouped by.
    pub groups: usize,
    pub having: Vec<Expr>,
    pub order: Vec<OrderByExpr>,
    pub limit: Option<u64>,
}

#[derive(Debug, Clone)]
pub(in crate::chat) struct From {
    pub first: TableFactor,
    /// What is joined, by which condition, and whether rows without one go.
    pub joins: Vec<(TableFactor, Expr, bool)>,
}

impl Block {
    pub fn query(self) -> Query {
        let cte = |(name, query): (Ident, Query)| Cte {
            alias: TableAlias { explicit: false, ..alias(name) },
            query: Box::new(query),
            from: None,
            materialized: None,
            closing_paren_token: AttachedToken::empty(),
        };
        let with = (!self.ctes.is_empty()).then(|| With {
            with_token: AttachedToken::empty(),
            recursive: false,
            cte_tables: self.ctes.into_iter().map(cte).collect(),
        });
        let groups = (1..=self.groups as u64).map(number).collect();
        let select = Select {
            select_token: AttachedToken::empty(),
            optimizer_hints: Vec::new(),
            distinct: None,
            select_modifiers: None,
            top: None,
            top_before_distinct: false,
            projection: self.items.into_iter().map(|(expr, alias)| SelectItem::ExprWithAlias { expr, alias }).collect(),
            exclude: None,
            into: None,
            from: self.from.into_iter().map(From::tables).collect(),
            lateral_views: Vec::new(),
            prewhere: None,
            selection: all(self.conditions),
            connect_by: Vec::new(),
            group_by: GroupByExpr::Expressions(groups, Vec::new()),
            cluster_by: Vec::new(),
            distribute_by: Vec::new(),
            sort_by: Vec::new(),
            having: all(self.having),
            named_window: Vec::new(),
            qualify: None,
            window_before_qualify: false,
            value_table_mode: None,
            flavor: SelectFlavor::Standard,
        };
        let mut query = bare(SetExpr::Select(Box::new(select)));
        query.with = with;
        query.order_by = (!self.order.is_empty())
            .then_some(OrderBy { kind: OrderByKind::Expressions(self.order), interpolate: None });
        query.limit_clause = self.limit.map(|rows| LimitClause::LimitOffset {
            limit: Some(number(rows)),
            offset: None,
            limit_by: Vec::new(),
        });
        query
    }
}

impl From {
    pub fn of(first: TableFactor) -> From {
        From { first, joins: Vec::new() }
    }

    fn tables(self) -> TableWithJoins {
        let join = |(relation, condition, is_inner): (TableFactor, Expr, bool)| {
            let on = JoinConstraint::On(condition);
            Join {
                relation,
                global: false,
                join_operator: if is_inner { JoinOperator::Inner(on) } else { JoinOperator::Left(on) },
            }
        };
        TableWithJoins { relation: self.first, joins: self.joins.into_iter().map(join).collect() }
    }
}

fn bare(body: SetExpr) -> Query {
    Query {
        with: None,
        body: Box::new(body),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

/// One after the other, all rows of both.
pub(in crate::chat) fn union_all(left: Query, right: Query) -> Query {
    bare(SetExpr::SetOperation {
        op: SetOperator::Union,
        set_quantifier: SetQuantifier::All,
        left: left.body,
        right: right.body,
    })
}

pub(in crate::chat) fn alias(name: Ident) -> TableAlias {
    TableAlias { explicit: true, name, columns: Vec::new(), at: None }
}

pub(in crate::chat) fn table(name: Vec<Ident>, called: Option<Ident>) -> TableFactor {
    TableFactor::Table {
        name: ObjectName::from(name),
        alias: called.map(alias),
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

pub(in crate::chat) fn derived(query: Query, called: Ident) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias(called)), sample: None }
}

/// `None` of nothing.
pub(in crate::chat) fn all(conditions: Vec<Expr>) -> Option<Expr> {
    conditions.into_iter().reduce(|left, right| binary(left, BinaryOperator::And, right))
}

pub(in crate::chat) fn any(conditions: Vec<Expr>) -> Option<Expr> {
    let several = conditions.len() > 1;
    let either = conditions.into_iter().reduce(|left, right| binary(left, BinaryOperator::Or, right))?;
    Some(if several { Expr::Nested(Box::new(either)) } else { either })
}

/// Both sides are brought into brackets where they need them; chains of the same AND or OR stay plain.
pub(in crate::chat) fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    let is_chain = matches!(op, BinaryOperator::And | BinaryOperator::Or);
    let side = |expr: Expr, is_left: bool| match &expr {
        Expr::BinaryOp { op: inner, .. } if is_left && *inner == op && is_chain => expr,
        // Comparisons bind closer than AND and OR.
        Expr::BinaryOp { op: inner, .. } if is_chain && compares(inner) => expr,
        Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::Like { .. } | Expr::InList { .. } if is_chain => expr,
        _ => bracketed(expr),
    };
    let (left, right) = (side(left, true), side(right, false));
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn compares(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq)
}

pub(in crate::chat) fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: sqlparser::ast::UnaryOperator::Not, expr: Box::new(bracketed(expr)) }
}

pub(in crate::chat) fn number(value: u64) -> Expr {
    Expr::Value(Value::Number(value.to_string(), false).into())
}

pub(in crate::chat) fn decimal(digits: &str) -> Expr {
    Expr::Value(Value::Number(digits.to_owned(), false).into())
}

pub(in crate::chat) fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

pub(in crate::chat) fn parameter(name: &str) -> Expr {
    Expr::Value(Value::Placeholder(format!(":{name}")).into())
}

pub(in crate::chat) fn call(name: &str, args: Vec<Expr>) -> Expr {
    function(name, args, false)
}

pub(in crate::chat) fn function(name: &str, args: Vec<Expr>, is_distinct: bool) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    called(name, args, is_distinct)
}

pub(in crate::chat) fn count_rows() -> Expr {
    called("COUNT", vec![FunctionArg::Unnamed(FunctionArgExpr::Wildcard)], false)
}

fn called(name: &str, args: Vec<FunctionArg>, is_distinct: bool) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: is_distinct.then_some(DuplicateTreatment::Distinct),
            args,
            clauses: Vec::new(),
        }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    })
}

/// A call over a window; `is_running` adds up from the first row to the current one.
pub(in crate::chat) fn over(call: Expr, partition_by: Vec<Expr>, order_by: Vec<OrderByExpr>, is_running: bool) -> Expr {
    let frame = || WindowFrame {
        units: WindowFrameUnits::Rows,
        start_bound: WindowFrameBound::Preceding(None),
        end_bound: Some(WindowFrameBound::CurrentRow),
    };
    match call {
        Expr::Function(function) => Expr::Function(Function {
            over: Some(WindowType::WindowSpec(WindowSpec {
                window_name: None,
                partition_by,
                order_by,
                window_frame: is_running.then(frame),
            })),
            ..function
        }),
        other => other,
    }
}

pub(in crate::chat) fn cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, format: None }
}

/// `CASE WHEN condition THEN result END`.
pub(in crate::chat) fn when(condition: Expr, result: Expr) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result }],
        else_result: None,
    }
}

pub(in crate::chat) fn sorted(expr: Expr, is_descending: bool, nulls_first: Option<bool>) -> OrderByExpr {
    let sort = Some(if is_descending { OrderBySort::Desc } else { OrderBySort::Asc });
    OrderByExpr { expr, options: OrderByOptions { sort, nulls_first }, with_fill: None }
}
