//! The filter and sort of a search: a recursive clause read into a tree, and what it says of one item.

use emporion_catalog::finder::Condition;
use serde_json::Value;

use crate::error::ServiceError;
use crate::text_query::TextQuery;
use crate::violations;

/// A condition on the attributes of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    Compare { attribute: String, comparison: Comparison },
    And(Vec<Filter>),
    Or(Vec<Filter>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// One of the attribute's values is this text.
    Text(String),
    Integer(Order, i64),
    /// The attribute's text holds these words.
    Words(TextQuery),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One value of an attribute; an attribute may have several (`glossaryTerms`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    Text(String),
    Integer(i64),
}

impl Filter {
    /// Reads the `filters` member of a request that follows its shape; what the shape cannot say is refused here.
    pub fn parse(clause: &Value) -> Result<Filter, ServiceError> {
        parse_clause(clause, "filters")
    }

    /// The texts that attributes are to equal.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Filter::And(clauses) | Filter::Or(clauses) => clauses.iter().flat_map(Filter::texts).collect(),
            Filter::Compare { comparison: Comparison::Text(text), .. } => vec![text],
            Filter::Compare { .. } => Vec::new(),
        }
    }

    /// What the index says of it, where `leaf` says what it says of one attribute.
    pub fn condition(&self, leaf: &dyn Fn(&str, &Comparison) -> Condition) -> Condition {
        match self {
            Filter::And(clauses) => Condition::all(clauses.iter().map(|clause| clause.condition(leaf)).collect()),
            Filter::Or(clauses) => Condition::any(clauses.iter().map(|clause| clause.condition(leaf)).collect()),
            Filter::Compare { attribute, comparison } => leaf(attribute, comparison),
        }
    }

    /// Whether an item passes; `values_of` gives an attribute's values, none for an attribute it does not have.
    pub fn accepts(&self, values_of: &dyn Fn(&str) -> Vec<Attribute>) -> bool {
        match self {
            Filter::And(clauses) => clauses.iter().all(|clause| clause.accepts(values_of)),
            Filter::Or(clauses) => clauses.iter().any(|clause| clause.accepts(values_of)),
            Filter::Compare { attribute, comparison } => {
                values_of(attribute).iter().any(|value| comparison.holds_for(attribute, value))
            }
        }
    }
}

impl Comparison {
    fn holds_for(&self, attribute: &str, value: &Attribute) -> bool {
        match (self, value) {
            (Comparison::Text(wanted), Attribute::Text(text)) => wanted == text,
            (Comparison::Text(wanted), Attribute::Integer(number)) => wanted.parse() == Ok(*number),
            (Comparison::Integer(order, wanted), Attribute::Integer(number)) => order.holds(*number, *wanted),
            (Comparison::Integer(order, wanted), Attribute::Text(text)) => {
                text.parse().is_ok_and(|number| order.holds(number, *wanted))
            }
            (Comparison::Words(words), Attribute::Text(text)) => words.matches(&[(attribute, text)]),
            (Comparison::Words(words), Attribute::Integer(number)) => words.matches(&[(attribute, number.to_string())]),
        }
    }
}

impl Order {
    /// Between which numbers those are that stand so to another, both among them.
    pub fn within(self, number: i64) -> (Option<i64>, Option<i64>) {
        match self {
            Order::Equal => (Some(number), Some(number)),
            Order::Less => (None, Some(number.saturating_sub(1))),
            Order::LessOrEqual => (None, Some(number)),
            Order::Greater => (Some(number.saturating_add(1)), None),
            Order::GreaterOrEqual => (Some(number), None),
        }
    }

    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Order::Equal => left == right,
            Order::Less => left < right,
            Order::LessOrEqual => left <= right,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

fn parse_clause(clause: &Value, at: &str) -> Result<Filter, ServiceError> {
    let one_member = || violations::one(at, "Member must have exactly one member set");
    let object = clause.as_object().ok_or_else(one_member)?;
    let mut members =
        object.iter().filter(|(name, value)| matches!(name.as_str(), "filter" | "and" | "or") && !value.is_null());
    let (Some((name, value)), None) = (members.next(), members.next()) else { return Err(one_member()) };
    let at = format!("{at}.{name}");
    match name.as_str() {
        "filter" => parse_comparison(value, &at),
        list => {
            let clauses = value.as_array().ok_or_else(one_member)?;
            let parsed: Result<Vec<Filter>, ServiceError> = clauses
                .iter()
                .enumerate()
                .map(|(index, clause)| parse_clause(clause, &format!("{at}.{}.member", index + 1)))
                .collect();
            if list == "and" { parsed.map(Filter::And) } else { parsed.map(Filter::Or) }
        }
    }
}

fn parse_comparison(filter: &Value, at: &str) -> Result<Filter, ServiceError> {
    let text = |name: &str| filter.get(name).and_then(Value::as_str);
    let attribute = text("attribute").unwrap_or_default().to_owned();
    let number = filter.get("intValue").and_then(Value::as_i64);
    let order = match text("operator").unwrap_or("EQ") {
        "EQ" => Order::Equal,
        "LT" => Order::Less,
        "LE" => Order::LessOrEqual,
        "GT" => Order::Greater,
        "GE" => Order::GreaterOrEqual,
        "TEXT_SEARCH" => {
            let words =
                text("value").ok_or_else(|| violations::one(&format!("{at}.value"), "Member must not be null"))?;
            return Ok(Filter::Compare { attribute, comparison: Comparison::Words(TextQuery::parse(words)) });
        }
        _ => return Err(violations::one(&format!("{at}.operator"), "Member must satisfy enum value set")),
    };
    let comparison = match (text("value"), number) {
        (Some(_), Some(_)) => {
            return Err(violations::one(at, "Member must have either value or intValue set, not both"));
        }
        (None, None) => return Err(violations::one(at, "Member must have value or intValue set")),
        (None, Some(number)) => Comparison::Integer(order, number),
        (Some(value), None) if order == Order::Equal => Comparison::Text(value.to_owned()),
        (Some(_), None) => {
            return Err(violations::one(
                &format!("{at}.intValue"),
                "Member must not be null for an operator that orders",
            ));
        }
    };
    Ok(Filter::Compare { attribute, comparison })
}

/// The `sort` member of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    pub attribute: String,
    pub descending: bool,
}

impl Sort {
    /// Reads the `sort` member of a request that follows its shape. Without an order it is ascending.
    pub fn parse(sort: &Value) -> Sort {
        let text = |name: &str| sort.get(name).and_then(Value::as_str);
        Sort {
            attribute: text("attribute").unwrap_or_default().to_owned(),
            descending: text("order") == Some("DESCENDING"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(name: &str) -> Vec<Attribute> {
        match name {
            "name" => vec![Attribute::Text("Sales Orders".into())],
            "glossaryTerms" => vec![Attribute::Text("t1".into()), Attribute::Text("t2".into())],
            "creationTime" => vec![Attribute::Integer(1_767_323_045_123)],
            _ => Vec::new(),
        }
    }

    fn accepts(clause: Value) -> bool {
        Filter::parse(&clause).unwrap().accepts(&item)
    }

    fn filter(attribute: &str, value: &str) -> Value {
        json!({ "filter": { "attribute": attribute, "value": value } })
    }

    #[test]
    fn clauses_nest_and_any_value_of_an_attribute_counts() {
        assert!(accepts(filter("glossaryTerms", "t2")));
        assert!(accepts(
            json!({ "and": [filter("name", "Sales Orders"), { "or": [filter("x", "y"), filter("glossaryTerms", "t1")] }] })
        ));
        assert!(!accepts(json!({ "and": [filter("name", "Sales Orders"), filter("name", "Other")] })));
    }

    #[test]
    fn an_unknown_attribute_matches_nothing() {
        assert!(!accepts(filter("colour", "red")));
    }

    #[test]
    fn equality_is_exact_and_text_search_is_not() {
        assert!(!accepts(filter("name", "sales orders")));
        assert!(accepts(json!({ "filter": { "attribute": "name", "value": "ORDER sal", "operator": "TEXT_SEARCH" } })));
    }

    #[test]
    fn numbers_compare_by_every_operator() {
        let compare = |operator: &str, than: i64| {
            accepts(json!({ "filter": { "attribute": "creationTime", "intValue": than, "operator": operator } }))
        };
        let at = 1_767_323_045_123;
        assert!(
            compare("EQ", at)
                && compare("LE", at)
                && compare("GE", at)
                && compare("LT", at + 1)
                && compare("GT", at - 1)
        );
        assert!(!compare("LT", at) && !compare("GT", at) && !compare("LE", at - 1) && !compare("GE", at + 1));
    }

    #[test]
    fn clauses_with_no_two_or_contradicting_members_are_refused_with_their_place() {
        let refused = |clause: Value| Filter::parse(&clause).unwrap_err().message;
        assert!(refused(json!({})).contains("'filters'"));
        let two = json!({ "and": [{ "filter": { "attribute": "a", "value": "b" }, "or": [filter("a", "b")] }] });
        assert!(refused(two).contains("'filters.and.1.member'"));
        assert!(refused(json!({ "filter": { "attribute": "a" } })).contains("value or intValue"));
        assert!(refused(json!({ "filter": { "attribute": "a", "value": "1", "intValue": 1 } })).contains("not both"));
        assert!(
            refused(json!({ "filter": { "attribute": "a", "value": "1", "operator": "LT" } })).contains("intValue")
        );
        assert!(
            refused(json!({ "filter": { "attribute": "a", "intValue": 1, "operator": "TEXT_SEARCH" } }))
                .contains("value")
        );
    }

    #[test]
    fn a_sort_is_ascending_unless_it_says_otherwise() {
        assert_eq!(Sort::parse(&json!({ "attribute": "name" })), Sort { attribute: "name".into(), descending: false });
        assert!(Sort::parse(&json!({ "attribute": "name", "order": "DESCENDING" })).descending);
    }
}
