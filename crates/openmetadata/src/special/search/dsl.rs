//! The JSON form of a query: the part of Elasticsearch's language that clients of this protocol send.

mod ranges;
mod texts;

use serde_json::{Map, Value};

use super::lucene;
use super::query::{self, Clause, Query, Test, at_least, check_size, path_of};
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
    check_size(&query).map(|()| query).map_err(|rule| OmError::query_param(param, rule))
}

fn body_of(body: &Value) -> Read<Query> {
    if body.get("query").is_some() {
        only(body, &["query"])?;
    }
    match body.get("query").unwrap_or(body) {
        Value::Object(clause) if clause.is_empty() => Ok(Query::Everything),
        clause => one(clause),
    }
}

/// Options that any clause may have: they concern ranking, and what is told of a match.
const OF_ALL: &[&str] = &["boost", "_name"];

/// Errors: for an option that is none of these: without it the clause would be another one.
fn only(object: &Value, known: &[&str]) -> Read<()> {
    let mut names = object.as_object().into_iter().flat_map(Map::keys);
    match names.find(|name| !known.contains(&name.as_str()) && !OF_ALL.contains(&name.as_str())) {
        Some(name) => Err(unanswered(name)),
        None => Ok(()),
    }
}

fn unanswered(what: &str) -> String {
    format!("has a clause that is not answered: {what}")
}

fn one(clause: &Value) -> Read<Query> {
    let mut members = clause.as_object().ok_or_else(|| unanswered("a clause is an object"))?.iter();
    match (members.next(), members.next()) {
        (Some((name, inner)), None) if inner.is_object() => named(name, inner),
        (Some((name, _)), None) => Err(format!("has a clause that is no object: {name}")),
        (Some((name, _)), Some((other, _))) => Err(format!("has a clause of two names: {name}, {other}")),
        (None, _) => Err("has a clause without a name".to_owned()),
    }
}

fn named(name: &str, inner: &Value) -> Read<Query> {
    match name {
        "match_all" => only(inner, &[]).map(|()| Query::Everything),
        "match_none" => only(inner, &[]).map(|()| Query::Nothing),
        "bool" => boolean(inner),
        "term" => {
            let (field, value) = of_field(name, inner, &["value"], &["case_insensitive"])?;
            Ok(query::field(path_of(field), Test::is(&value)))
        }
        "wildcard" => {
            let (field, value) = of_field(name, inner, &["value", "wildcard"], &["case_insensitive"])?;
            Ok(query::field(path_of(field), lucene::whole(&value)))
        }
        "prefix" => {
            let (field, value) = of_field(name, inner, &["value"], &["case_insensitive"])?;
            Ok(query::field(path_of(field), Test::begins(&value)))
        }
        "terms" => {
            let (field, values) = single(name, inner)?;
            let values = values.as_array().ok_or_else(|| unanswered(name))?;
            let test = |value: &Value| {
                let text = text(value).ok_or_else(|| unanswered(name))?;
                Ok(query::field(path_of(field), Test::is(&text)))
            };
            Ok(Query::Any(values.iter().map(test).collect::<Read<_>>()?))
        }
        "range" => ranges::range(inner),
        "exists" => {
            only(inner, &["field"])?;
            let field = inner.get("field").and_then(Value::as_str).ok_or_else(|| unanswered(name))?;
            Ok(query::field(path_of(field), Test::Exists))
        }
        "ids" => {
            only(inner, &["values"])?;
            let values = inner.get("values").and_then(Value::as_array).ok_or_else(|| unanswered(name))?;
            let id = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| unanswered("ids of another form"));
            Ok(Clause::Ids(values.iter().map(id).collect::<Read<_>>()?).into())
        }
        "nested" => {
            only(inner, &["path", "query", "score_mode", "ignore_unmapped"])?;
            let path = inner.get("path").and_then(Value::as_str).ok_or_else(|| unanswered("nested without a path"))?;
            let query = one(inner.get("query").ok_or_else(|| unanswered(name))?)?;
            Ok(Clause::Nested { path: path_of(path), query: Box::new(query) }.into())
        }
        "constant_score" => {
            only(inner, &["filter"])?;
            one(inner.get("filter").ok_or_else(|| unanswered(name))?)
        }
        name => texts::named(name, inner).unwrap_or_else(|| Err(unanswered(name))),
    }
}

/// The field of a clause such as `{"name": "orders"}` or `{"name": {"value": "orders"}}`, and the text that stands there,
/// or under one of `names`; beside it there may be `options`.
fn of_field<'v>(clause: &str, inner: &'v Value, names: &[&str], options: &[&str]) -> Read<(&'v str, String)> {
    let (field, value) = single(clause, inner)?;
    only(value, &[names, options].concat())?;
    let said = match value {
        Value::Object(members) => names.iter().find_map(|name| members.get(*name)).unwrap_or(&Value::Null),
        plain => plain,
    };
    text(said).map(|text| (field, text)).ok_or_else(|| unanswered(clause))
}

/// The one field of a clause such as `{"name": …}`.
fn single<'v>(clause: &str, inner: &'v Value) -> Read<(&'v str, &'v Value)> {
    let members: &Map<String, Value> = inner.as_object().ok_or_else(|| unanswered(clause))?;
    let mut fields = members.iter().filter(|(name, _)| !OF_ALL.contains(&name.as_str()));
    match (fields.next(), fields.next()) {
        (Some((field, value)), None) => Ok((field, value)),
        (Some(_), Some((other, _))) => Err(unanswered(other)),
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
    only(inner, &["must", "filter", "should", "must_not", "minimum_should_match"])?;
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
            all.push(at_least(least, should));
        }
    }
    all.extend(list("must_not")?.into_iter().map(Query::negated));
    Ok(match all.len() {
        0 => Query::Everything,
        1 => all.remove(0),
        _ => Query::All(all),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(query: Value, document: &Value) -> bool {
        query::matches(&parse("query_filter", &query.to_string()).expect("a query"), document)
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
    fn beginnings_have_no_wildcards() {
        let document = json!({"name": "w?imbrel"});
        assert!(matches(json!({"prefix": {"name": "W?im"}}), &document));
        assert!(!matches(json!({"prefix": {"name": "w?im"}}), &json!({"name": "whimbrel"})));
        assert!(matches(json!({"wildcard": {"name": {"wildcard": "w*el"}}}), &document));
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
            r#"{"term": {"name": "a"}, "match_all": {}}"#,
            r#"{"term": {"name": "a", "displayName": "b"}}"#,
            r#"{"bool": {"must": [{}]}}"#,
            r#"{"bool": {"must": 1}}"#,
            r#"{"match_all": []}"#,
            r#"{"match_none": {"a": 1}}"#,
            r#"{"exists": {"field": "owners", "slop": 1}}"#,
            r#"{"ids": {"values": ["1"], "type": "t"}}"#,
            r#"{"ids": {"values": [1]}}"#,
            r#"{"nested": {"query": {"match_all": {}}}}"#,
            r#"{"nested": {"path": "a", "query": {"match_all": {}}, "inner_hits": {}}}"#,
            r#"{"constant_score": {"query": {"match_all": {}}}}"#,
            r#"{"fuzzy": {"name": "a"}}"#,
            r#"{"regexp": {"name": "a.*"}}"#,
            r#"{"wildcard": {"name": {"value": "a*", "rewrite": "x"}}}"#,
        ] {
            let error = parse("query_filter", broken).expect_err(broken);
            assert!(error.status == 400 && error.message.contains("query_filter"), "{broken}: {}", error.message);
        }
        assert_eq!(parse("query_filter", "{}"), Ok(Query::Everything));
    }
}
