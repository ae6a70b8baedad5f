//! The filter and sort of a search: a recursive clause read into a condition, and what its tests say of one item.

use emporion_catalog::finder::Condition;
use serde_json::Value;

use crate::error::ServiceError;
use crate::text_query::TextQuery;
use crate::violations;

/// A condition on the attributes of an item.
pub type Filter = Condition<Compare>;

/// What one attribute is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    pub attribute: String,
    pub comparison: Comparison,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// One of the attribute's values is this text.
    Text(String),
    /// One of them is between these, both among them.
    Integer { from: Option<i64>, to: Option<i64> },
    /// The attribute's text holds these words.
    Words(TextQuery),
}

/// One value of an attribute; an attribute may have several (`glossaryTerms`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    Text(String),
    Integer(i64),
}

/// Reads the `filters` member of a request that follows its shape; what the shape cannot say is refused here.
pub fn parse(clause: &Value) -> Result<Filter, ServiceError> {
    parse_clause(clause, "filters")
}

impl Compare {
    /// Whether an item passes; `values_of` gives an attribute's values, none for an attribute it does not have.
    pub fn accepts(&self, values_of: impl Fn(&str) -> Vec<Attribute>) -> bool {
        let is_between = |number: i64, from: Option<i64>, to: Option<i64>| {
            from.is_none_or(|from| from <= number) && to.is_none_or(|to| number <= to)
        };
        values_of(&self.attribute).iter().any(|value| match (&self.comparison, value) {
            (Comparison::Text(wanted), Attribute::Text(text)) => wanted == text,
            (Comparison::Text(wanted), Attribute::Integer(number)) => wanted.parse() == Ok(*number),
            (Comparison::Integer { from, to }, Attribute::Integer(number)) => is_between(*number, *from, *to),
            (Comparison::Integer { from, to }, Attribute::Text(text)) => {
                text.parse().is_ok_and(|number| is_between(number, *from, *to))
            }
            (Comparison::Words(words), Attribute::Text(text)) => words.matches(&[(&self.attribute, text)]),
            (Comparison::Words(words), Attribute::Integer(number)) => {
                words.matches(&[(&self.attribute, number.to_string())])
            }
        })
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
            if list == "and" { parsed.map(Filter::All) } else { parsed.map(Filter::Any) }
        }
    }
}

fn parse_comparison(filter: &Value, at: &str) -> Result<Filter, ServiceError> {
    let text = |name: &str| filter.get(name).and_then(Value::as_str);
    let attribute = text("attribute").unwrap_or_default().to_owned();
    let number = filter.get("intValue").and_then(Value::as_i64);
    let operator = text("operator").unwrap_or("EQ");
    let compare = |comparison| Filter::Test(Compare { attribute, comparison });
    if operator == "TEXT_SEARCH" {
        let words = text("value").ok_or_else(|| violations::one(&format!("{at}.value"), "Member must not be null"))?;
        return Ok(compare(Comparison::Words(TextQuery::parse(words))));
    }
    if !["EQ", "LT", "LE", "GT", "GE"].contains(&operator) {
        return Err(violations::one(&format!("{at}.operator"), "Member must satisfy enum value set"));
    }
    match (text("value"), number) {
        (Some(_), Some(_)) => Err(violations::one(at, "Member must have either value or intValue set, not both")),
        (None, None) => Err(violations::one(at, "Member must have value or intValue set")),
        (None, Some(number)) => {
            Ok(within(operator, number).map_or(Filter::Nothing, |(from, to)| compare(Comparison::Integer { from, to })))
        }
        (Some(value), None) if operator == "EQ" => Ok(compare(Comparison::Text(value.to_owned()))),
        (Some(_), None) => {
            Err(violations::one(&format!("{at}.intValue"), "Member must not be null for an operator that orders"))
        }
    }
}

/// The ends between which those stand that an operator means, both among them; `None` where there are none.
fn within(operator: &str, number: i64) -> Option<(Option<i64>, Option<i64>)> {
    Some(match operator {
        "LT" => (None, Some(number.checked_sub(1)?)),
        "LE" => (None, Some(number)),
        "GT" => (Some(number.checked_add(1)?), None),
        "GE" => (Some(number), None),
        _ => (Some(number), Some(number)),
    })
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
        parse(&clause).unwrap().holds_by(&|compare| compare.accepts(item))
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
        let refused = |clause: Value| parse(&clause).unwrap_err().message;
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
