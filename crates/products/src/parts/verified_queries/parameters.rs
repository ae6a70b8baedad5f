//! Parameters of verified queries: what they may be, what stands for them when the query is planned, and the fields of
//! models that they speak of.

use std::collections::BTreeSet;

use emporion_semantic::guard::{Literal, Parameters};
use serde_json::{Map, Value};

use crate::asking;
use crate::assets::relations::Relation;
use crate::content_state::ContentState;
use crate::failure::{Failure, Violation};
use crate::message::Message;
use crate::parts::semantic_models::names;
use crate::parts::spec::Fields;
use crate::read_context::ReadContext;
use crate::warning::Warning;

pub fn is_name(text: &str) -> bool {
    text.len() <= 50
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn declared(body: &Map<String, Value>) -> impl Iterator<Item = (usize, &Value)> {
    body.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// The rules of parameters, and of the question that names them.
pub fn check_body(body: &Map<String, Value>, broken: &mut Vec<Violation>) {
    let mut known = BTreeSet::new();
    for (index, parameter) in declared(body) {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
        if !known.insert(name) {
            let message = "the parameter stands twice in the list";
            broken.push(Violation::new(format!("/parameters/{index}/name"), "unique", message));
        }
        let has_values = parameter.get("values").and_then(Value::as_array).is_some_and(|values| !values.is_empty());
        if parameter.get("type").is_some_and(|kind| kind == "enum") && !has_values {
            broken.push(Violation::new(format!("/parameters/{index}/values"), "required", "is required for an enum"));
        }
        if let Some(message) = misfit(parameter) {
            broken.push(Violation::new(format!("/parameters/{index}/default"), "type", message));
        }
    }
    let question = body.get("question").and_then(Value::as_str).unwrap_or_default();
    if !question.is_empty() && question.trim().is_empty() {
        broken.push(Violation::new("/question", "required", "must say something"));
    }
    for name in slots(question).filter(|name| !known.contains(name)) {
        let message = Message::with("names the parameter \"{}\", which is not declared", [name]);
        broken.push(Violation::new("/question", "undeclared_parameter", message));
    }
}

/// What is wrong with the default of a parameter, which no run could use as a value of it.
///
/// Dates may be relative words, which whoever runs the query resolves.
fn misfit(parameter: &Value) -> Option<&'static str> {
    let default = parameter.get("default").filter(|default| !default.is_null())?;
    match parameter.get("type").and_then(Value::as_str)? {
        "number" => {
            let is_number = match default {
                Value::Number(_) => true,
                Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
                _ => false,
            };
            (!is_number).then_some("must be a number, as the parameter is")
        }
        "enum" => {
            let values = parameter.get("values").and_then(Value::as_array).filter(|values| !values.is_empty())?;
            (!values.contains(default)).then_some("must be one of the values")
        }
        _ => None,
    }
}

/// The names that stand as `{name}` in a question.
fn slots(question: &str) -> impl Iterator<Item = &str> {
    let braced = question.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    braced.map(|(name, _)| name).filter(|name| is_name(name))
}

/// The parameters that values are kept for, as the statement names them.
pub fn given(fields: &Fields) -> BTreeSet<String> {
    let has_value = |parameter: &Value| {
        let is_some = |value: &Value| match value {
            Value::Null => false,
            Value::Array(values) => !values.is_empty(),
            _ => true,
        };
        ["default", "values"].iter().any(|member| parameter.get(*member).is_some_and(is_some))
    };
    let given = declared(fields).filter(|(_, parameter)| has_value(parameter));
    let names = given.filter_map(|(_, parameter)| parameter.get("name")?.as_str());
    names.flat_map(|name| [name.to_owned(), format!("{name}_start"), format!("{name}_end")]).collect()
}

/// A value of each parameter's type, to see whether the query can be planned.
pub fn samples(fields: &Fields) -> Parameters {
    let mut samples = Parameters::new();
    for (_, parameter) in declared(fields) {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        let date = || Literal::Text("2000-01-01".to_owned());
        let sample = match parameter.get("type").and_then(Value::as_str) {
            Some("dateRange") => {
                samples.insert(format!("{name}_start"), date());
                samples.insert(format!("{name}_end"), date());
                continue;
            }
            Some("number") => Literal::Number("0".to_owned()),
            Some("date") => date(),
            Some("enum") => parameter.pointer("/values/0").map_or(Literal::Text(String::new()), asking::literal),
            _ => Literal::Text(String::new()),
        };
        samples.insert(name.to_owned(), sample);
    }
    samples
}

/// A warning for each field that parameters speak of and nothing in the product has: neither its models nor its tables.
pub async fn unknown_fields(
    cx: &ReadContext<'_>,
    fields: &Fields,
    state: ContentState,
    tables: &[Relation],
) -> Result<Vec<Warning>, Failure> {
    let named: Vec<(usize, &str)> =
        declared(fields).filter_map(|(index, parameter)| Some((index, parameter.get("field")?.as_str()?))).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let known = names::of(cx, state).await?;
    let mut warnings = Vec::new();
    for (index, field) in named {
        if !known.has_field(field, tables) {
            let message = Message::with("no semantic model or table of the {product} has the field \"{}\"", [field]);
            warnings.push(Warning::new("UNKNOWN_MODEL_FIELD", message, Some(format!("/parameters/{index}/field"))));
        }
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn a_date_range_declares_its_two_ends() {
        let query = |parameters: Value| {
            let declared = samples(&fields(json!({ "parameters": parameters })));
            declared.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(query(json!([{"name": "p", "type": "dateRange"}])), ["p_end", "p_start"]);
        assert_eq!(
            query(json!([{"name": "p", "type": "date"}, {"name": "q", "type": "enum", "values": [1]}])),
            ["p", "q"]
        );
    }

    #[test]
    fn defaults_are_values_of_their_parameters_and_questions_say_something() {
        let broken = |question: &str, parameter: Value| {
            let mut broken = Vec::new();
            check_body(&fields(json!({"question": question, "parameters": [parameter]})), &mut broken);
            broken.into_iter().map(|violation| violation.path).collect::<Vec<_>>()
        };
        let one = |kind: &str, default: Value| json!({"name": "p", "type": kind, "values": ["a"], "default": default});
        assert_eq!(broken("How?", one("number", json!("abc"))), ["/parameters/0/default"]);
        assert_eq!(broken("How?", one("enum", json!("b"))), ["/parameters/0/default"]);
        assert_eq!(broken("   ", one("enum", json!("a"))), ["/question"]);
        for (kind, default) in [("number", json!(1)), ("number", json!("1.5")), ("enum", Value::Null)] {
            assert_eq!(broken("How?", one(kind, default)), [""; 0]);
        }
    }

    #[test]
    fn slots_of_a_question_must_be_declared() {
        let mut broken = Vec::new();
        check_body(&fields(json!({"question": "Sales in {period} {Not one}", "parameters": []})), &mut broken);
        assert_eq!(broken.iter().map(|b| b.rule.as_str()).collect::<Vec<_>>(), ["undeclared_parameter"]);
    }
}
