//! Proposed metrics: sums that a person may want, by the names of columns. What may not be added is never proposed.

use super::super::datatype;
use super::super::generate::plain;
use super::super::parts::{AiContext, Common, Expression, Metric};
use super::roles::{Role, Roles};
use super::words::{label, plain_name, words};
use super::{SourceColumn, SourceTable};
use serde_json::{Map, Value, json};

/// Amounts of money, in the singular and plural in which columns have them.
const MONEY: &[&str] = &[
    "amount",
    "amounts",
    "amt",
    "revenue",
    "revenues",
    "sales",
    "turnover",
    "subtotal",
    "cost",
    "costs",
    "expense",
    "expenses",
    "profit",
    "profits",
    "fee",
    "fees",
    "freight",
    "payment",
    "payments",
    "refund",
    "refunds",
    "donation",
    "donations",
    "spend",
    "spent",
    "spending",
    "income",
    "gross",
    "net",
];
/// Counts and measures of other things.
const THINGS: &[&str] = &[
    "quantity",
    "quantities",
    "qty",
    "units",
    "sold",
    "count",
    "clicks",
    "impressions",
    "views",
    "visits",
    "downloads",
    "bytes",
    "hours",
    "minutes",
    "seconds",
    "milliseconds",
    "distance",
    "miles",
    "km",
];
/// Of anything.
const TOTALS: &[&str] = &["total", "totals"];
/// One of these, and the number is a rate, a state, or something of one unit: its sum means nothing.
const NOT_ADDED: &[&str] = &[
    "price",
    "prices",
    "rate",
    "rates",
    "ratio",
    "percent",
    "percentage",
    "pct",
    "perc",
    "share",
    "proportion",
    "fraction",
    "balance",
    "age",
    "score",
    "scores",
    "rating",
    "rank",
    "average",
    "avg",
    "mean",
    "median",
    "min",
    "minimum",
    "max",
    "maximum",
    "std",
    "stddev",
    "variance",
    "limit",
    "threshold",
    "target",
    "per",
    "unit",
    "each",
    "index",
    "level",
    "temperature",
    "stock",
    "hand",
    "inventory",
    "remaining",
    "available",
    "outstanding",
    "cumulative",
    "running",
    "ytd",
    "mtd",
    "qtd",
    "rolling",
    "moving",
    "exchange",
    "factor",
    "margin",
    "yield",
    "distinct",
    "unique",
    "current",
    "opening",
    "closing",
    "previous",
    "prior",
    "first",
    "last",
    "list",
    "standard",
    "reorder",
    "replacement",
    "capacity",
    "duration",
];
/// With one of these, a price is the price of everything in the row.
const WHOLE: &[&str] = &["total", "extended", "line", "subtotal"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Additive {
    Money,
    Things,
}

/// The sums of one table, named after `dataset`; and what a reader of the dataset should know of them.
pub(super) fn sums(table: &SourceTable, dataset: &str, roles: &Roles) -> (Vec<Metric>, Option<String>) {
    let facts: Vec<&SourceColumn> =
        table.columns.iter().filter(|column| roles.of(column, table) == Role::Fact).collect();
    let mut sums: Vec<(Additive, Metric)> = facts
        .iter()
        .filter_map(|column| {
            let kind = additive(&column.name)?;
            let said = format!("Sum of {} of {}", spoken(&column.name), spoken(dataset));
            let expression = format!("SUM({})", qualified(dataset, column));
            Some((kind, metric(&plain_name(&format!("{dataset}_{}", column.name)), said, expression, column)))
        })
        .collect();
    if !sums.iter().any(|(kind, _)| *kind == Additive::Money)
        && let Some((price, quantity)) = price_and_quantity(&facts)
    {
        let discount = table.columns.iter().any(|column| words(&column.name).iter().any(|word| word == "discount"));
        let before = if discount { ", before discounts" } else { "" };
        let said =
            format!("Sum of {} times {} of {}{before}", spoken(&price.name), spoken(&quantity.name), spoken(dataset));
        let expression = format!("SUM({} * {})", qualified(dataset, price), qualified(dataset, quantity));
        let metric = metric(&plain_name(&format!("{dataset}_gross_amount")), said, expression, price);
        sums.push((Additive::Money, metric));
    }
    let Some(currency) = table.columns.iter().find(|column| is_currency(column)) else {
        return (sums.into_iter().map(|(_, metric)| metric).collect(), None);
    };
    if let ([Value::String(unit)], true) = (currency.sample_values.as_slice(), currency.complete) {
        let in_unit = |(kind, mut metric): (Additive, Metric)| {
            if kind == Additive::Money {
                metric.common.extension["unit"] = json!(unit);
            }
            metric
        };
        return (sums.into_iter().map(in_unit).collect(), None);
    }
    // Euros and dollars have no sum.
    let hint = sums.iter().any(|(kind, _)| *kind == Additive::Money).then(|| {
        format!("Amounts are in the currency that `{}` names: add those of one currency only.", currency.name)
    });
    (sums.into_iter().filter(|(kind, _)| *kind != Additive::Money).map(|(_, metric)| metric).collect(), hint)
}

fn metric(name: &str, said: String, expression: String, column: &SourceColumn) -> Metric {
    let is_whole = datatype::logical(&column.data_type) == Some(datatype::INTEGER);
    let mut extension = Map::new();
    extension.insert("additivity".to_owned(), json!("additive"));
    extension.insert("format".to_owned(), json!(if is_whole { "#,##0" } else { "#,##0.00" }));
    // Nobody has looked at it yet.
    extension.insert("proposed".to_owned(), json!(true));
    Metric {
        common: Common {
            name: name.to_owned(),
            description: Some(said),
            ai: AiContext::default(),
            extension: Value::Object(extension),
            ..Common::default()
        },
        expression: Expression::ansi(expression),
    }
}

/// Whether rows' values of such a name may be added.
fn additive(name: &str) -> Option<Additive> {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let last = words.last()?;
    // `orderqty`, `taxamt`, `linetotal`, `extendedprice`: run together.
    let ends = |list: &[&str]| list.iter().any(|end| last.ends_with(end));
    if has(&["price", "prices"]) && has(WHOLE) || ends(&["totalprice", "extendedprice", "lineprice"]) {
        let others = words.iter().filter(|word| !matches!(word.as_str(), "price" | "prices"));
        return others.into_iter().all(|word| !NOT_ADDED.contains(&word.as_str())).then_some(Additive::Money);
    }
    let hides_another = ["price", "rate", "balance", "percent", "avg"].iter().any(|part| last.contains(part));
    let is_awaited = words.windows(2).any(|pair| pair == ["on", "order"]);
    if has(NOT_ADDED) || is_awaited || hides_another && !has(MONEY) && !has(THINGS) {
        return None;
    }
    if has(MONEY) || has(TOTALS) && !has(THINGS) || ends(&["amount", "amt", "revenue", "total"]) {
        Some(Additive::Money)
    } else if has(THINGS) || ends(&["qty", "quantity"]) {
        Some(Additive::Things)
    } else {
        None
    }
}

/// The price of one and the number of them, where there is one of each.
fn price_and_quantity<'a>(facts: &[&'a SourceColumn]) -> Option<(&'a SourceColumn, &'a SourceColumn)> {
    let is_price = |column: &&&SourceColumn| words(&column.name).last().is_some_and(|word| word.ends_with("price"));
    let is_quantity = |column: &&&SourceColumn| {
        additive(&column.name) == Some(Additive::Things)
            && words(&column.name).iter().any(|word| word.ends_with("quantity") || word.ends_with("qty"))
    };
    let prices: Vec<&'a SourceColumn> = facts.iter().filter(is_price).copied().collect();
    let quantities: Vec<&'a SourceColumn> = facts.iter().filter(is_quantity).copied().collect();
    let of_unit = |column: &&&'a SourceColumn| words(&column.name).concat() == "unitprice";
    let price = match prices[..] {
        [only] => only,
        _ => prices.iter().find(of_unit)?,
    };
    if let [quantity] = quantities[..] { Some((price, quantity)) } else { None }
}

fn is_currency(column: &SourceColumn) -> bool {
    datatype::may_be_text(Some(&column.data_type))
        && words(&column.name).iter().any(|word| matches!(word.as_str(), "currency" | "ccy" | "currencycode"))
}

fn qualified(dataset: &str, column: &SourceColumn) -> String {
    format!("{}.{}", plain(dataset), plain(&column.name))
}

fn spoken(name: &str) -> String {
    label(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_added_and_rates_are_not() {
        for name in [
            "amount",
            "total",
            "TotalDue",
            "subtotal",
            "line_total",
            "linetotal",
            "taxamt",
            "revenue",
            "tax_amount",
            "discount_amount",
            "Freight",
            "total_price",
            "o_totalprice",
            "l_extendedprice",
        ] {
            assert_eq!(additive(name), Some(Additive::Money), "{name}");
        }
        for name in ["quantity", "orderqty", "units_sold", "click_count", "total_quantity", "Milliseconds"] {
            assert_eq!(additive(name), Some(Additive::Things), "{name}");
        }
        for name in [
            "price",
            "unit_price",
            "UnitPrice",
            "unitprice",
            "rental_rate",
            "tax_rate",
            "percentage",
            "discount_pct",
            "balance",
            "account_balance",
            "age",
            "score",
            "total_score",
            "average_amount",
            "avg_quantity",
            "running_total",
            "credit_limit",
            "units_in_stock",
            "UnitsOnOrder",
            "quantity_on_hand",
            "unit_cost",
            "amount_per_unit",
            "discount",
            "tax",
            "length",
            "replacement_cost",
            "last_payment_amount",
            "unique_views",
        ] {
            assert_eq!(additive(name), None, "{name}");
        }
    }
}
