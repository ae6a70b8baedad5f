//! The JSON form of a query: the part of Elasticsearch's language that clients of this protocol send.

use serde_json::{Map, Value};

use super::lucene::{self, Reading};
use super::query::{Query, Test, path_of};
use crate::errors::{OmError, OmResult};

/// Why a clause is not answered.
type Read<T> = Result<T, String>;

/// Reads what a parameter says, `query_filter` or another: `{"query": …}`.
///
/// Errors: 400 for clauses that this server does not answer, rather than an answer to another question.
pub fn parse(param: &str, text: &str) -> OmResult<Query> {
    let body = emporion_edge::json::parse(text.as_bytes())
        .map_err(|error| OmError::query_param(param, format_args!("is not JSON: {error}")))?;
    let query = body_of(&body).map_err(|rule| OmError::query_param(param, rule))?;
    query.check_size().map(|()| query).map_err(|rule| OmError::query_param(param, rule))
}

fn body_of(body: &Value) -> Read<Query> {
    if body.get("query").is_some() {
        only(body, &["query"])?;
    }
    match body.get("query").unwrap_or(body) {
        Value::Object(clause) if clause.is_empty() => Ok(Query::All),
        clause => one(clause),
    }
}

/// Options of clauses on one field. Boosts are for ranking alone; texts compare without case in any case.
const OF_FIELDS: &[&str] = &["value", "query", "boost", "_name", "case_insensitive"];
const OF_TEXTS: &[&str] = &[
    "query",
    "fields",
    "default_field",
    "default_operator",
    "operator",
    "boost",
    "_name",
    "type",
    "lenient",
    "analyze_wildcard",
    "allow_leading_wildcard",
    "fuzziness",
    "tie_breaker",
];

/// Errors: 400 for an option that is none of these: without it the clause would be another one.
fn only(object: &Value, known: &[&str]) -> Read<()> {
    let mut names = object.as_object().into_iter().flat_map(Map::keys);
    match names.find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(unanswered(name)),
        None => Ok(()),
    }
}

fn unanswered(what: &str) -> String {
    format!("has a clause that is not answered: {what}")
}

fn one(clause: &Value) -> Read<Query> {
    let members = clause.as_object().ok_or_else(|| unanswered("a clause is an object"))?;
    let mut of = Vec::new();
    for (name, inner) in members {
        of.push(named(name, inner)?);
    }
    Ok(match of.len() {
        1 => of.remove(0),
        _ => Query::And(of),
    })
}

fn named(name: &str, inner: &Value) -> Read<Query> {
    let field = |test: fn(&str) -> Test| {
        let (field, value) = single(name, inner)?;
        let value = match value {
            Value::Object(options) => {
                only(value, OF_FIELDS)?;
                options.get("value").or(options.get("query")).unwrap_or(&Value::Null)
            }
            plain => plain,
        };
        let text = text(value).ok_or_else(|| unanswered(name))?;
        Ok(Query::Field { path: path_of(field), test: test(&text) })
    };
    match name {
        "match_all" => Ok(Query::All),
        "match_none" => Ok(Query::Nothing),
        "bool" => boolean(inner),
        "term" => field(Test::is),
        "match" | "match_phrase" | "match_phrase_prefix" => {
            field(|text| Test::Holds(emporion_catalog::name::fold(text)))
        }
        "wildcard" => field(lucene::whole),
        "prefix" => field(|text| lucene::whole(&format!("{}*", text.replace('\\', "\\\\").replace('*', "\\*")))),
        "terms" => {
            let (field, values) = single(name, inner)?;
            let values = values.as_array().ok_or_else(|| unanswered(name))?;
            let test = |value: &Value| {
                let text = text(value).ok_or_else(|| unanswered(name))?;
                Ok(Query::Field { path: path_of(field), test: Test::is(&text) })
            };
            Ok(Query::Or { of: values.iter().map(test).collect::<Read<_>>()?, least: 1 })
        }
        "exists" => match inner.get("field").and_then(Value::as_str) {
            Some(field) => Ok(Query::Field { path: path_of(field), test: Test::Exists }),
            None => Err(unanswered(name)),
        },
        "ids" => {
            let values = inner.get("values").and_then(Value::as_array).ok_or_else(|| unanswered(name))?;
            Ok(Query::Ids(values.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
        }
        "nested" | "constant_score" => match inner.get("query").or(inner.get("filter")) {
            Some(query) => one(query),
            None => Err(unanswered(name)),
        },
        "query_string" | "simple_query_string" => query_string(name, inner),
        "multi_match" => query_string(name, inner),
        other => Err(unanswered(other)),
    }
}

/// The one field of a clause such as `{"name": …}`.
fn single<'v>(clause: &str, inner: &'v Value) -> Read<(&'v str, &'v Value)> {
    let members: &Map<String, Value> = inner.as_object().ok_or_else(|| unanswered(clause))?;
    let mut fields = members.iter().filter(|(name, _)| !matches!(name.as_str(), "boost" | "_name"));
    match (fields.next(), fields.next()) {
        (Some((field, value)), None) => Ok((field, value)),
        _ => Err(unanswered(clause)),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

fn boolean(inner: &Value) -> Read<Query> {
    only(inner, &["must", "filter", "should", "must_not", "minimum_should_match", "boost", "_name"])?;
    let list = |name: &str| -> Read<Vec<Query>> {
        match inner.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(clauses)) => clauses.iter().map(one).collect(),
            Some(clause) => Ok(vec![one(clause)?]),
        }
    };
    let mut all = list("must")?;
    all.extend(list("filter")?);
    let should = list("should")?;
    if !should.is_empty() {
        let least = |least: &Value| match least {
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let asked = inner.get("minimum_should_match").filter(|asked| !asked.is_null());
        let asked = asked.map(|asked| least(asked).ok_or_else(|| unanswered("minimum_should_match"))).transpose()?;
        // Beside conditions that must hold, alternatives only rank.
        let least = asked.unwrap_or(usize::from(all.is_empty()));
        if least > 0 {
            all.push(Query::Or { of: should, least });
        }
    }
    all.extend(list("must_not")?.into_iter().map(|query| Query::Not(Box::new(query))));
    Ok(match all.len() {
        0 => Query::All,
        1 => all.remove(0),
        _ => Query::And(all),
    })
}

fn query_string(name: &str, inner: &Value) -> Read<Query> {
    only(inner, OF_TEXTS)?;
    let text = inner.get("query").and_then(Value::as_str).ok_or_else(|| unanswered(name))?;
    let mut reading = Reading::default();
    if let Some(fields) = inner.get("fields").and_then(Value::as_array) {
        reading.fields = fields.iter().filter_map(Value::as_str).map(path_of).collect();
    } else if let Some(field) = inner.get("default_field").and_then(Value::as_str).filter(|field| *field != "*") {
        reading.fields = vec![path_of(field)];
    }
    let operator = inner.get("default_operator").or(inner.get("operator")).and_then(Value::as_str).unwrap_or("OR");
    reading.default_and = operator.eq_ignore_ascii_case("and");
    if name == "multi_match" {
        let of = text.split_whitespace().map(|word| Query::Fields {
            paths: reading.fields.clone(),
            test: Test::Holds(emporion_catalog::name::fold(word)),
        });
        let of: Vec<Query> = of.collect();
        return Ok(if reading.default_and { Query::And(of) } else { Query::Or { of, least: 1 } });
    }
    lucene::parse(text, &reading).map_err(|error| format!("has a text that is not answered: {}", error.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(query: Value, document: &Value) -> bool {
        parse("query_filter", &query.to_string()).expect("a query").matches(document)
    }

    #[test]
    fn the_clients_filters_are_understood() {
        let view = json!({
            "id": "1", "service": {"name": "pg"}, "tableType": "View", "deleted": false, "schemaDefinition": "select 1"
        });
        let views = |service: &str| {
            json!({"query": {"bool": {"must": [
                {"bool": {"should": [{"term": {"service.name.keyword": service}}]}},
                {"bool": {"should": [{"term": {"tableType": "View"}}, {"term": {"tableType": "Dynamic"}}]}},
                {"bool": {"should": [{"term": {"deleted": false}}]}},
                {"bool": {"should": [{"exists": {"field": "schemaDefinition"}}]}},
                {"bool": {"should": [
                    {"term": {"processedLineage": false}},
                    {"bool": {"must_not": {"exists": {"field": "processedLineage"}}}}
                ]}}
            ]}}})
        };
        assert!(matches(views("pg"), &view));
        assert!(!matches(views("other"), &view));
        assert!(matches(json!({"query": {"ids": {"values": ["1", "2"]}}}), &view));
        assert!(matches(json!({"query": {"terms": {"tableType.keyword": ["view"]}}}), &view));
        let user = json!({"name": "random.user", "displayName": "Random User"});
        let by_name = json!({"query": {"query_string": {
            "query": "Random User AND isBot:false", "fields": ["name", "displayName"], "default_operator": "AND",
            "fuzziness": "AUTO"
        }}});
        assert!(matches(by_name, &user));
    }

    #[test]
    fn other_clauses_are_refused_by_name() {
        let error = parse("post_filter", r#"{"query": {"geo_distance": {}}}"#).expect_err("refused");
        assert!(error.status == 400 && error.message.contains("geo_distance"));
        assert!(error.message.contains("post_filter"), "the member is named");
        for broken in [
            "",
            "[]",
            "{\"query\": 1}",
            r#"{"query": {"term": {}}}"#,
            r#"{"query": {"exists": {}}}"#,
            r#"{"query": {"match_all": {}}, "sort": []}"#,
            r#"{"bool": {"mast": []}}"#,
            r#"{"bool": {"should": [{"match_all": {}}], "minimum_should_match": "75%"}}"#,
            r#"{"term": {"name": {"value": "a", "slop": 1}}}"#,
            r#"{"query_string": {"query": "a", "phrase_slop": 2}}"#,
        ] {
            assert_eq!(parse("query_filter", broken).expect_err(broken).status, 400);
        }
        assert_eq!(parse("query_filter", "{}"), Ok(Query::All));
    }
}
