//! SQL dialects of plans, as one table: texts with places (`x`, `n`, `a`, `b`) that trees are put into.

use sqlparser::ast::{BinaryOperator, Expr, Ident, OrderByExpr};

use super::plan::sql;
use super::query::Grain;
use crate::guard::Dialect;
use crate::template;

/// How one dialect says what all of them can say. Dates are the values of DATE, in SQLite texts such as `2026-11-20`.
#[derive(Debug)]
pub(in crate::chat) struct Speech {
    pub dialect: Dialect,
    pub quote: char,
    /// The day of a time `x`, whatever its type.
    day: &'static str,
    week_from_monday: &'static str,
    week_from_sunday: &'static str,
    month: &'static str,
    quarter: &'static str,
    year: &'static str,
    /// A date `x`, and `n` months or days later; a day that the month lacks becomes its last.
    plus_months: &'static str,
    plus_days: &'static str,
    /// A date that came as the text `x`.
    date: &'static str,
    /// Times compare with dates as they are; without that their days do.
    pub compares_times: bool,
    text: &'static str,
    concat: &'static str,
    pub has_nulls_last: bool,
    /// Quotients and averages of decimals have few digits behind the point.
    pub has_short_fractions: bool,
    pub has_filter: bool,
    /// Of the values `x`; `None` where there is no such aggregate.
    median: Option<&'static str>,
}

const SPEECHES: [Speech; 3] = [
    Speech {
        dialect: Dialect::Sqlite,
        quote: '"',
        day: "date(x)",
        week_from_monday: "date(x, '-6 days', 'weekday 1')",
        week_from_sunday: "date(x, '-6 days', 'weekday 0')",
        month: "date(x, 'start of month')",
        quarter: "date(x, 'start of month', '-' || ((strftime('%m', x) - 1) % 3) || ' months')",
        year: "date(x, 'start of year')",
        plus_months: "date(x, (n) || ' months', 'floor')",
        plus_days: "date(x, (n) || ' days')",
        date: "x",
        compares_times: false,
        text: "CAST(x AS TEXT)",
        concat: "(a || b)",
        has_nulls_last: true,
        has_short_fractions: false,
        has_filter: true,
        median: Some("median(x)"),
    },
    Speech {
        dialect: Dialect::PostgreSql,
        quote: '"',
        day: "CAST(x AS DATE)",
        week_from_monday: "CAST(date_trunc('week', CAST(x AS TIMESTAMP)) AS DATE)",
        week_from_sunday: "(CAST(date_trunc('week', CAST(CAST(x AS DATE) + 1 AS TIMESTAMP)) AS DATE) - 1)",
        month: "CAST(date_trunc('month', CAST(x AS TIMESTAMP)) AS DATE)",
        quarter: "CAST(date_trunc('quarter', CAST(x AS TIMESTAMP)) AS DATE)",
        year: "CAST(date_trunc('year', CAST(x AS TIMESTAMP)) AS DATE)",
        plus_months: "CAST(x + make_interval(0, n) AS DATE)",
        plus_days: "(x + (n))",
        date: "CAST(x AS DATE)",
        compares_times: true,
        text: "CAST(x AS TEXT)",
        concat: "(a || b)",
        has_nulls_last: true,
        has_short_fractions: false,
        has_filter: true,
        median: Some("percentile_cont(0.5) WITHIN GROUP (ORDER BY x)"),
    },
    Speech {
        dialect: Dialect::MySql,
        quote: '`',
        day: "CAST(x AS DATE)",
        week_from_monday: "FROM_DAYS(TO_DAYS(x) - WEEKDAY(x))",
        week_from_sunday: "FROM_DAYS(TO_DAYS(x) - DAYOFWEEK(x) + 1)",
        month: "CAST(DATE_FORMAT(x, '%Y-%m-01') AS DATE)",
        quarter: "CAST(CONCAT(YEAR(x), '-', LPAD(QUARTER(x) * 3 - 2, 2, '0'), '-01') AS DATE)",
        year: "CAST(DATE_FORMAT(x, '%Y-01-01') AS DATE)",
        plus_months: "TIMESTAMPADD(MONTH, n, x)",
        plus_days: "FROM_DAYS(TO_DAYS(x) + (n))",
        date: "CAST(x AS DATE)",
        compares_times: true,
        text: "CAST(x AS CHAR)",
        concat: "CONCAT(a, b)",
        has_nulls_last: false,
        has_short_fractions: true,
        has_filter: false,
        median: None,
    },
];

pub(in crate::chat) fn of(dialect: Dialect) -> &'static Speech {
    match dialect {
        Dialect::Sqlite => &SPEECHES[0],
        Dialect::PostgreSql => &SPEECHES[1],
        Dialect::MySql => &SPEECHES[2],
    }
}

impl Speech {
    pub fn ident(&self, name: &str) -> Ident {
        Ident::with_quote(self.quote, name)
    }

    /// The first day of the period that a time lies in. Years and quarters begin `fiscal_months` later than the
    /// calendar's.
    pub fn truncated(&self, time: Expr, grain: Grain, starts_on_sunday: bool, fiscal_months: i64) -> Expr {
        let template = match grain {
            Grain::Weekday | Grain::Day => self.day,
            Grain::Week if starts_on_sunday => self.week_from_sunday,
            Grain::Week => self.week_from_monday,
            Grain::Month => self.month,
            Grain::Quarter => self.quarter,
            Grain::Year => self.year,
        };
        if !matches!(grain, Grain::Quarter | Grain::Year) || fiscal_months == 0 {
            return self.said(template, &[("x", time)]);
        }
        let month = self.said(self.month, &[("x", time)]);
        let earlier = self.plus_months(month, -fiscal_months);
        self.plus_months(self.said(template, &[("x", earlier)]), fiscal_months)
    }

    pub fn day(&self, time: Expr) -> Expr {
        self.said(self.day, &[("x", time)])
    }

    pub fn plus_months(&self, date: Expr, months: i64) -> Expr {
        self.said(self.plus_months, &[("x", date), ("n", whole(months))])
    }

    pub fn plus_days(&self, date: Expr, days: i64) -> Expr {
        self.said(self.plus_days, &[("x", date), ("n", whole(days))])
    }

    pub fn date(&self, text: Expr) -> Expr {
        self.said(self.date, &[("x", text)])
    }

    pub fn text(&self, value: Expr) -> Expr {
        self.said(self.text, &[("x", value)])
    }

    pub fn concat(&self, a: Expr, b: Expr) -> Expr {
        self.said(self.concat, &[("a", a), ("b", b)])
    }

    pub fn median(&self, value: Expr) -> Option<Expr> {
        self.median.map(|template| self.said(template, &[("x", value)]))
    }

    /// A number of which averages have all their digits.
    pub fn in_full(&self, value: Expr) -> Expr {
        match self.has_short_fractions {
            true => sql::bracketed(sql::binary(sql::decimal("1e0"), BinaryOperator::Multiply, sql::bracketed(value))),
            false => value,
        }
    }

    /// Sorted with what has no value at the end, whichever way round.
    pub fn sorted(&self, expr: Expr, is_descending: bool) -> Vec<OrderByExpr> {
        self.sorted_as(expr, None, is_descending)
    }

    /// The same by a name of the SELECT list, for which `value` stands where the name cannot be part of an expression.
    pub fn sorted_as(&self, expr: Expr, value: Option<Expr>, is_descending: bool) -> Vec<OrderByExpr> {
        if self.has_nulls_last {
            return vec![sql::sorted(expr, is_descending, Some(false))];
        }
        let missing = Expr::IsNull(Box::new(sql::bracketed(value.unwrap_or_else(|| expr.clone()))));
        vec![sql::sorted(missing, false, None), sql::sorted(expr, is_descending, None)]
    }

    fn said(&self, template: &str, places: &[(&str, Expr)]) -> Expr {
        template::filled(self.dialect, template, places)
    }
}

fn whole(value: i64) -> Expr {
    let digits = sql::number(value.unsigned_abs());
    if value >= 0 {
        return digits;
    }
    let minus = Expr::UnaryOp { op: sqlparser::ast::UnaryOperator::Minus, expr: Box::new(digits) };
    Expr::Nested(Box::new(minus))
}

#[cfg(test)]
mod tests {
    use sqlparser::parser::Parser;

    use super::*;

    #[test]
    fn every_template_is_an_expression_of_its_dialect() {
        for speech in &SPEECHES {
            let templates = [
                speech.day,
                speech.week_from_monday,
                speech.week_from_sunday,
                speech.month,
                speech.quarter,
                speech.year,
                speech.plus_months,
                speech.plus_days,
                speech.date,
                speech.text,
                speech.concat,
            ];
            for template in templates.into_iter().chain(speech.median) {
                let read =
                    Parser::new(speech.dialect.parser()).try_with_sql(template).and_then(|mut it| it.parse_expr());
                assert!(read.is_ok(), "{:?}: {template}", speech.dialect);
            }
        }
    }
}
