//! Expressions: every form is known and allowed, every column exists, every parameter has a value.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastFormat, CeilFloorKind, Expr, Ident, Interval, Query, Spanned, Subscript,
    TypedString, UnaryOperator, Value, ValueWithSpan, WindowFrame, WindowFrameBound, WindowSpec,
};
use sqlparser::tokenizer::Span;

use super::dialect::Dialect;
use super::plan::Literal;
use super::refusal::{Refusal, Rule, brief, unsupported};
use super::scope::Found;
use super::walk::Walk;
use super::{functions, types};

/// SQLite's own bound; the others overflow their stacks some way above it.
const MAX_EXPR_DEPTH: usize = 1_000;

impl Walk<'_> {
    pub fn expr(&mut self, expr: &mut Expr) -> Result<(), Refusal> {
        self.expr_depth += 1;
        if self.expr_depth > MAX_EXPR_DEPTH {
            return Err(Refusal::new(Rule::TooDeep, format!("an expression may be {MAX_EXPR_DEPTH} operators deep")));
        }
        let done = self.expr_inside(expr);
        self.expr_depth -= 1;
        done
    }

    fn expr_inside(&mut self, expr: &mut Expr) -> Result<(), Refusal> {
        let span = match expr {
            Expr::Value(value) => value.span,
            _ => Span::empty(),
        };
        match expr {
            Expr::Identifier(ident) => {
                self.column(ident)?;
                if let Some(qualifier) = &self.qualifier {
                    *expr = Expr::CompoundIdentifier(vec![qualifier.clone(), ident.clone()]);
                }
                Ok(())
            }
            Expr::CompoundIdentifier(parts) => self.compound(parts),
            Expr::Value(ValueWithSpan { value: Value::Placeholder(name), .. }) => {
                let literal = self.parameter(name, span)?;
                *expr = literal;
                Ok(())
            }
            Expr::Value(value) => literal(&value.value).map_err(|refusal| refusal.or_at(value.span)),
            Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax }) => {
                if *uses_odbc_syntax || !matches!(value.value, Value::SingleQuotedString(_)) {
                    return Err(unsupported("this literal").or_at(value.span));
                }
                types::check(data_type).map_err(|refusal| refusal.or_at(value.span))
            }
            Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner)
            | Expr::Extract { expr: inner, .. }
            | Expr::Nested(inner)
            | Expr::Collate { expr: inner, .. } => self.expr(inner),
            Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right)
            | Expr::Position { expr: left, r#in: right }
            | Expr::AtTimeZone { timestamp: left, time_zone: right }
            | Expr::RLike { expr: left, pattern: right, .. } => self.both(left, right),
            Expr::Like { expr, pattern, escape_char, any, .. }
            | Expr::ILike { expr, pattern, escape_char, any, .. } => {
                if *any && self.policy.dialect() != Dialect::PostgreSql {
                    return Err(unsupported("LIKE ANY"));
                }
                self.both(expr, pattern)?;
                self.option(escape_char)
            }
            Expr::SimilarTo { expr, pattern, escape_char, .. } => {
                self.both(expr, pattern)?;
                self.option(escape_char)
            }
            Expr::InList { expr, list, .. } => {
                self.expr(expr)?;
                self.exprs(list)
            }
            Expr::Between { expr, low, high, .. } => {
                self.expr(expr)?;
                self.both(low, high)
            }
            Expr::BinaryOp { left, op, right } => {
                operator(op, self.policy.dialect()).map_err(|refusal| refusal.or_at(left.span()))?;
                self.both(left, right)
            }
            Expr::AnyOp { left, compare_op, right, .. } | Expr::AllOp { left, compare_op, right } => {
                operator(compare_op, self.policy.dialect())?;
                self.both(left, right)
            }
            Expr::UnaryOp { op, expr } => {
                if !matches!(
                    op,
                    UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not | UnaryOperator::BitwiseNot
                ) {
                    return Err(Refusal::at(
                        Rule::OperatorNotAllowed,
                        expr.span(),
                        format!("the operator `{op}` is not allowed"),
                    ));
                }
                self.expr(expr)?;
                // `- -1` would be printed as the start of a comment.
                if matches!(expr.as_ref(), Expr::UnaryOp { .. }) {
                    let inner = std::mem::replace(expr.as_mut(), Expr::Value(Value::Null.into()));
                    **expr = Expr::Nested(Box::new(inner));
                }
                Ok(())
            }
            Expr::Cast { expr, data_type, format, .. } => {
                if matches!(format, Some(CastFormat::Value(_) | CastFormat::ValueAtTimeZone(..))) {
                    return Err(unsupported("CAST … FORMAT"));
                }
                types::check(data_type).map_err(|refusal| refusal.or_at(expr.span()))?;
                self.expr(expr)
            }
            Expr::Convert {
                is_try: false,
                expr,
                data_type: Some(data_type),
                charset: None,
                target_before_value: false,
                styles,
            } if styles.is_empty() => {
                types::check(data_type).map_err(|refusal| refusal.or_at(expr.span()))?;
                self.expr(expr)
            }
            Expr::Convert {
                is_try: false,
                expr,
                data_type: None,
                charset: Some(charset),
                target_before_value: false,
                styles,
            } if styles.is_empty() => {
                types::check_charset(charset).map_err(|refusal| refusal.or_at(expr.span()))?;
                self.expr(expr)
            }
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                match field {
                    CeilFloorKind::DateTimeField(_) => {}
                    CeilFloorKind::Scale(scale) => literal(&scale.value)?,
                }
                self.expr(expr)
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                self.expr(expr)?;
                self.option(substring_from)?;
                self.option(substring_for)
            }
            Expr::Trim { trim_what, expr, trim_characters, .. } => {
                self.expr(expr)?;
                self.option(trim_what)?;
                self.exprs(trim_characters.as_deref_mut().unwrap_or_default())
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                self.expr(expr)?;
                self.both(overlay_what, overlay_from)?;
                self.option(overlay_for)
            }
            Expr::Function(function) => functions::call(function, self),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.option(operand)?;
                for CaseWhen { condition, result } in conditions {
                    self.expr(condition)?;
                    self.expr(result)?;
                }
                self.option(else_result)
            }
            Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => self.subquery(subquery),
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr)?;
                self.subquery(subquery)
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                sets.iter_mut().try_for_each(|set| self.exprs(set))
            }
            Expr::Tuple(exprs) => self.exprs(exprs),
            Expr::Array(array) if self.policy.dialect() == Dialect::PostgreSql => self.exprs(&mut array.elem),
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.expr(root)?;
                for access in access_chain {
                    match access {
                        AccessExpr::Subscript(Subscript::Index { index }) => self.expr(index)?,
                        AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride: None }) => {
                            for bound in [lower_bound, upper_bound].into_iter().flatten() {
                                self.expr(bound)?;
                            }
                        }
                        AccessExpr::Subscript(Subscript::Slice { .. }) | AccessExpr::Dot(_) => {
                            return Err(unsupported("a part of a composite value").or_at(root.span()));
                        }
                    }
                }
                Ok(())
            }
            Expr::Interval(Interval { value, .. }) => self.expr(value),
            other => Err(unsupported("this expression").or_at(other.span())),
        }
    }

    fn both(&mut self, left: &mut Expr, right: &mut Expr) -> Result<(), Refusal> {
        self.expr(left)?;
        self.expr(right)
    }

    fn option(&mut self, expr: &mut Option<Box<Expr>>) -> Result<(), Refusal> {
        expr.as_mut().map_or(Ok(()), |expr| self.expr(expr))
    }

    pub fn subquery(&mut self, query: &mut Query) -> Result<(), Refusal> {
        if self.plain {
            return Err(unsupported("a query inside a row filter"));
        }
        self.query(query).map(|_| ())
    }

    pub fn window(&mut self, window: &mut WindowSpec) -> Result<(), Refusal> {
        let WindowSpec { window_name: _, partition_by, order_by, window_frame } = window;
        self.exprs(partition_by)?;
        self.sorts(order_by)?;
        if let Some(WindowFrame { units: _, start_bound, end_bound }) = window_frame {
            for bound in [Some(start_bound), end_bound.as_mut()].into_iter().flatten() {
                if let WindowFrameBound::Preceding(distance) | WindowFrameBound::Following(distance) = bound {
                    self.option(distance)?;
                }
            }
        }
        Ok(())
    }

    fn column(&mut self, ident: &Ident) -> Result<(), Refusal> {
        if ident.value.starts_with('@') {
            return Err(Refusal::at(Rule::Variable, ident.span, "variables are not allowed"));
        }
        // Some functions are called without brackets; only quotes make a column of such a name.
        if ident.quote_style.is_none() && functions::is_bare(&ident.value) {
            return Err(functions::refused(&ident.value, ident.span));
        }
        let key = self.policy.dialect().key(ident);
        match self.scope.column(&key) {
            Found::Here(at) => self.found.see(self.policy, [&self.scope.frame().sources[at]], Some(&key)),
            Found::Somewhere => {
                let sources = self.scope.frames.iter().flat_map(|frame| &frame.sources);
                self.found.see(self.policy, sources, Some(&key));
            }
            Found::Nowhere if self.is_value(ident) => {}
            Found::Nowhere => return Err(unknown_column(ident)),
        }
        Ok(())
    }

    /// Whether a name means a source of rows that are values each.
    fn is_value(&self, ident: &Ident) -> bool {
        let key = self.policy.dialect().key(ident);
        self.scope.source(&key).is_some_and(|at| self.scope.source_at(at).is_value)
    }

    /// Whether a name means all columns of a source, and no column is called so.
    pub fn is_source(&self, ident: &Ident) -> bool {
        let key = self.policy.dialect().key(ident);
        let is_bare = ident.quote_style.is_none() && functions::is_bare(&ident.value);
        !is_bare && matches!(self.scope.column(&key), Found::Nowhere) && self.scope.source(&key).is_some()
    }

    fn compound(&mut self, parts: &mut Vec<Ident>) -> Result<(), Refusal> {
        let Some((column, qualifier)) = parts.split_last() else { return Err(unsupported("a column without a name")) };
        if let Some(variable) = parts.iter().find(|part| part.value.starts_with('@')) {
            return Err(Refusal::at(Rule::Variable, variable.span, "variables are not allowed"));
        }
        let qualifier: Vec<&Ident> = qualifier.iter().collect();
        let (at, alias) = self.qualifier_of(&qualifier)?;
        let key = self.policy.dialect().key(column);
        let columns = &self.scope.source_at(at).shape.columns;
        if columns.as_ref().is_some_and(|columns| !columns.iter().any(|column| column.key == key)) {
            return Err(unknown_column(column));
        }
        self.found.see(self.policy, [self.scope.source_at(at)], Some(&key));
        if let Some(alias) = alias {
            let column = column.clone();
            *parts = vec![alias, column];
        }
        Ok(())
    }

    /// The value of `:name`, as the tree that stands for it.
    fn parameter(&mut self, name: &str, span: Span) -> Result<Expr, Refusal> {
        let refused = |message: String| Err(Refusal::at(Rule::Parameter, span, message));
        let Some(name) = name.strip_prefix(':').filter(|_| !self.plain) else {
            return refused("a parameter is written `:name`".to_owned());
        };
        let Some(value) = self.given.get(name) else {
            return refused(format!("the parameter `{}` has no value", brief(name)));
        };
        if !self.found.parameters.iter().any(|known| known == name) {
            self.found.parameters.push(name.to_owned());
        }
        let value = match value {
            Literal::Null => Value::Null,
            Literal::Boolean(value) => Value::Boolean(*value),
            Literal::Text(text) => Value::SingleQuotedString(text.clone()),
            Literal::Number(text) => {
                let (negative, digits) = match text.strip_prefix('-') {
                    Some(digits) => (true, digits),
                    None => (false, text.as_str()),
                };
                if !is_number(digits) {
                    return refused(format!("the value of `{}` is no number", brief(name)));
                }
                let number = Expr::Value(Value::Number(digits.to_owned(), false).into());
                if negative {
                    let negated = Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) };
                    return Ok(Expr::Nested(Box::new(negated)));
                }
                return Ok(number);
            }
        };
        Ok(Expr::Value(value.into()))
    }
}

fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    text.len() <= 100 && digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

fn unknown_column(ident: &Ident) -> Refusal {
    Refusal::at(Rule::UnknownColumn, ident.span, format!("there is no column `{}`", brief(&ident.value)))
}

/// Literals that can be printed anew without doubt.
fn literal(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Number(text, false)
            if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-' | b'_')) =>
        {
            Ok(())
        }
        Value::SingleQuotedString(_)
        | Value::DoubleQuotedString(_)
        | Value::DollarQuotedString(_)
        | Value::EscapedStringLiteral(_)
        | Value::UnicodeStringLiteral(_)
        | Value::NationalStringLiteral(_)
        | Value::Boolean(_)
        | Value::Null => Ok(()),
        Value::HexStringLiteral(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(()),
        _ => Err(unsupported("this literal")),
    }
}

fn operator(op: &BinaryOperator, dialect: Dialect) -> Result<(), Refusal> {
    use BinaryOperator as Op;
    let known = match op {
        Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo | Op::StringConcat => true,
        Op::Gt | Op::Lt | Op::GtEq | Op::LtEq | Op::Eq | Op::NotEq | Op::And | Op::Or => true,
        Op::BitwiseOr | Op::BitwiseAnd => true,
        Op::PGBitwiseShiftLeft | Op::PGBitwiseShiftRight => true,
        Op::Arrow | Op::LongArrow => true,
        Op::Glob => dialect == Dialect::Sqlite,
        Op::Regexp => dialect != Dialect::PostgreSql,
        Op::Spaceship | Op::Xor | Op::BitwiseXor | Op::MyIntegerDivide => dialect == Dialect::MySql,
        Op::PGBitwiseXor
        | Op::PGExp
        | Op::PGOverlap
        | Op::HashArrow
        | Op::HashLongArrow
        | Op::AtArrow
        | Op::ArrowAt
        | Op::PGStartsWith
        | Op::HashMinus
        | Op::AtQuestion
        | Op::Question
        | Op::QuestionAnd
        | Op::QuestionPipe => dialect == Dialect::PostgreSql,
        Op::PGRegexMatch | Op::PGRegexIMatch | Op::PGRegexNotMatch | Op::PGRegexNotIMatch => {
            dialect == Dialect::PostgreSql
        }
        Op::PGLikeMatch | Op::PGILikeMatch | Op::PGNotLikeMatch | Op::PGNotILikeMatch | Op::Overlaps | Op::AtAt => {
            dialect == Dialect::PostgreSql
        }
        _ => false,
    };
    match (known, op) {
        (true, _) => Ok(()),
        (false, Op::Assignment) => Err(Refusal::new(Rule::Variable, "a query assigns nothing")),
        (false, _) => Err(Refusal::new(Rule::OperatorNotAllowed, format!("the operator `{op}` is not allowed"))),
    }
}
