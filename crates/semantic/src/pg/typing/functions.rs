//! What functions answer, and what they take.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, WindowType,
};

use super::TypeInference;
use crate::pg::column_names::function_name;
use crate::pg::system;
use crate::pg::types::Type;

/// Functions of texts and numbers: what they take, a letter for each argument, the last for all behind it, and what they
/// answer. `t` is a text, `i` a whole number, `.` anything.
const PLAIN: &[(&str, &str, Type)] = &[
    ("ascii bit_length char_length character_length length octet_length unicode", "t", Type::Int4),
    ("instr position strpos", "t", Type::Int4),
    ("btrim char concat concat_ws group_concat initcap lower ltrim md5 quote_ident quote_literal", "t", Type::Text),
    ("replace reverse rtrim string_agg translate trim upper", "t", Type::Text),
    ("left repeat right substr substring", "ti", Type::Text),
    ("lpad rpad", "tit", Type::Text),
    ("split_part", "tti", Type::Text),
    ("string_to_array", "t", Type::Texts),
    ("chr to_hex", "i", Type::Text),
    ("format printf strftime to_char typeof", ".", Type::Text),
    ("bool_and bool_or every isfinite regexp_like starts_with", ".", Type::Bool),
    ("count dense_rank rank row_number", ".", Type::Int8),
    ("ntile", "i", Type::Int4),
    ("cume_dist date_part julianday percent_rank pi random", ".", Type::Float8),
    ("current_date make_date to_date", ".", Type::Date),
    (
        "clock_timestamp current_timestamp now statement_timestamp to_timestamp transaction_timestamp",
        ".",
        Type::TimestampTz,
    ),
    ("localtimestamp make_timestamp", ".", Type::Timestamp),
    ("current_time", ".", Type::Time),
    ("age justify_days justify_hours justify_interval make_interval", ".", Type::Interval),
];

/// Functions that answer one of their arguments.
const CHOOSING: &[&str] = &["coalesce", "greatest", "ifnull", "iif", "least", "max", "min", "nullif"];
/// The same of another row; what stands behind the first argument says where that is.
const ELSEWHERE: &[&str] = &["first_value", "lag", "last_value", "lead", "nth_value"];
/// Whole numbers become floating points there.
const ROUNDING: &[&str] = &["ceil", "ceiling", "floor", "round", "trunc"];
const ANALYTIC: &[&str] = &[
    "acos", "asin", "atan", "atan2", "cbrt", "cos", "cot", "degrees", "exp", "ln", "log", "log10", "log2", "power",
    "pow", "radians", "sin", "sqrt", "tan",
];

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let expr = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    list.args.iter().filter_map(expr).collect()
}

impl TypeInference<'_> {
    pub(super) fn function(&mut self, function: &Function) -> Option<Type> {
        let name = function_name(function);
        let answered = self.called(&name, &arguments(function));
        if let Some(filter) = &function.filter {
            self.of_type(filter, Type::Bool);
        }
        if let FunctionArguments::List(list) = &function.args {
            for clause in &list.clauses {
                if let FunctionArgumentClause::OrderBy(by) = clause {
                    self.sorts(by);
                }
            }
        }
        self.sorts(&function.within_group);
        if let Some(WindowType::WindowSpec(window)) = &function.over {
            self.window(window);
        }
        answered
    }

    fn called(&mut self, name: &str, args: &[&Expr]) -> Option<Type> {
        let is_named = |names: &str| names.split(' ').any(|known| known == name);
        if let Some((_, takes, answers)) = PLAIN.iter().find(|(names, ..)| is_named(names)) {
            self.take(args, takes);
            return Some(*answers);
        }
        if CHOOSING.contains(&name) {
            return self.alike(if name == "iif" { args.get(1..)? } else { args });
        }
        if ELSEWHERE.contains(&name) {
            // The value of lag and lead where there is no such row is of the type of what they look for.
            self.each_of_type(args.get(1).copied(), Type::Int4);
            return self.alike(&args.iter().take(1).chain(args.get(2)).copied().collect::<Vec<_>>());
        }
        match (name, args) {
            ("date_trunc", [grain, of, ..]) => {
                self.of_type(grain, Type::Text);
                let ty = self.of_type(of, Type::Timestamp)?;
                Some(if ty == Type::Date { Type::Timestamp } else { ty })
            }
            ("date", [of, ..]) => {
                self.of_type(of, Type::Timestamp);
                Some(Type::Date)
            }
            ("datetime", [of, ..]) => {
                self.of_type(of, Type::Timestamp);
                Some(Type::Timestamp)
            }
            ("sum", [of]) => Some(match self.of_type(of, Type::Numeric)? {
                Type::Int4 => Type::Int8,
                Type::Int8 => Type::Numeric,
                ty => ty,
            }),
            ("avg", [of]) => Some(match self.of_type(of, Type::Numeric)? {
                ty if ty.is_whole() => Type::Numeric,
                ty => ty,
            }),
            ("array_agg", [of]) => self.expr(of)?.array(),
            ("abs" | "sign", [of]) => self.of_type(of, Type::Float8),
            ("mod", [_, _]) => self.alike(args),
            (name, [of]) if ROUNDING.contains(&name) => {
                self.of_type(of, Type::Float8).map(|ty| if ty.is_whole() { Type::Float8 } else { ty })
            }
            (name, [of, digits]) if ROUNDING.contains(&name) => {
                self.of_type(digits, Type::Int4);
                self.of_type(of, Type::Numeric).map(|_| Type::Numeric)
            }
            (name, args) if ANALYTIC.contains(&name) => {
                let types: Vec<Option<Type>> = args.iter().map(|of| self.of_type(of, Type::Float8)).collect();
                let is_exact = types.contains(&Some(Type::Numeric)) && !types.contains(&Some(Type::Float8));
                Some(if is_exact { Type::Numeric } else { Type::Float8 })
            }
            (name, args) => {
                self.each(args.iter().copied());
                system::answers(name)
            }
        }
    }

    fn take(&mut self, args: &[&Expr], takes: &str) {
        let letters = takes.chars().chain(takes.chars().last().into_iter().cycle());
        for (of, letter) in args.iter().zip(letters) {
            match letter {
                't' => self.of_type(of, Type::Text),
                'i' => self.of_type(of, Type::Int4),
                _ => self.expr(of),
            };
        }
    }
}
