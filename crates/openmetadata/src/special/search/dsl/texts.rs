//! Clauses whose texts are taken apart into words.

use serde_json::Value;

use super::super::lucene::{self, Reading};
use super::super::query::{self, Clause, Query, Test, path_of};
use super::super::simple;
use super::{Read, of_field, only, single, text, unanswered};

/// The clause of this name; `None` where it is none of these.
pub fn named(name: &str, inner: &Value) -> Option<Read<Query>> {
    Some(match name {
        "match" => word_by_word(inner),
        "match_phrase" => phrase(name, inner, false),
        "match_phrase_prefix" => phrase(name, inner, true),
        "multi_match" => multi_match(inner),
        "query_string" => query_string(inner),
        "simple_query_string" => simple_query_string(inner),
        _ => return None,
    })
}

/// How far words may be from those that are found: they are found as they stand, and no further.
const NEARNESS: &[&str] = &["fuzziness", "prefix_length", "max_expansions"];

fn word_by_word(inner: &Value) -> Read<Query> {
    let (field, value) = single("match", inner)?;
    let (_, said) = of_field("match", inner, &["query"], &[&["operator", "lenient"], NEARNESS].concat())?;
    let all = is_and(value, "operator")?;
    let path = path_of(field);
    Ok(match path != field {
        // What is not analysed is one word.
        true => query::field(path, Test::is(&said)),
        false => several(words(&said).map(|test| query::field(path.clone(), test)).collect(), all),
    })
}

fn phrase(clause: &str, inner: &Value, begins: bool) -> Read<Query> {
    let (field, value) = single(clause, inner)?;
    let (_, said) = of_field(clause, inner, &["query"], &["slop"])?;
    if value.get("slop").is_some_and(|slop| slop != 0) {
        return Err(unanswered("slop"));
    }
    Ok(query::field(path_of(field), Test::Phrase { text: said, begins }))
}

fn multi_match(inner: &Value) -> Read<Query> {
    only(inner, &[&["query", "fields", "operator", "type", "lenient", "tie_breaker"], NEARNESS].concat())?;
    let said = said("multi_match", inner)?;
    let fields = fields(inner)?.unwrap_or_else(|| Reading::default().fields);
    let all = is_and(inner, "operator")?;
    let anywhere = |test: Test| Query::from(Clause::Fields { paths: fields.clone(), test });
    Ok(match inner.get("type").map_or(Some("best_fields"), Value::as_str) {
        Some("phrase") => anywhere(Test::phrase(&said)),
        Some("phrase_prefix") => anywhere(Test::Phrase { text: said, begins: true }),
        // Each word in any of the fields; where one field is to hold all of them, they are asked of each.
        Some("cross_fields") => several(words(&said).map(anywhere).collect(), all),
        Some("best_fields" | "most_fields") if !all => several(words(&said).map(anywhere).collect(), false),
        Some("best_fields" | "most_fields") => {
            let of_field =
                |path: &String| several(words(&said).map(|test| query::field(path.clone(), test)).collect(), true);
            Query::Any(fields.iter().map(of_field).collect())
        }
        other => return Err(unanswered(&format!("type {}", other.unwrap_or_default()))),
    })
}

fn query_string(inner: &Value) -> Read<Query> {
    // How far words may be from one that has a tilde is said to nobody: such words are not answered.
    const KNOWN: &[&str] = &[
        "query",
        "fields",
        "default_field",
        "default_operator",
        "type",
        "lenient",
        "analyze_wildcard",
        "allow_leading_wildcard",
        "fuzziness",
        "fuzzy_prefix_length",
        "fuzzy_max_expansions",
        "tie_breaker",
    ];
    only(inner, KNOWN)?;
    if inner.get("allow_leading_wildcard").is_some_and(|allowed| allowed == false) {
        return Err(unanswered("allow_leading_wildcard"));
    }
    if inner
        .get("type")
        .is_some_and(|known| !["best_fields", "most_fields", "cross_fields"].iter().any(|of| known == of))
    {
        return Err(unanswered(&format!("type {}", inner["type"])));
    }
    let reading = reading(inner)?;
    let text = said("query_string", inner)?;
    lucene::parse(&text, &reading).map_err(|error| format!("has a text that is not answered: {}", error.message))
}

fn simple_query_string(inner: &Value) -> Read<Query> {
    only(inner, &["query", "fields", "default_operator", "lenient", "analyze_wildcard"])?;
    let reading = reading(inner)?;
    let text = said("simple_query_string", inner)?;
    simple::parse(&text, &reading).map_err(|why| format!("has a text that is not answered: {why}"))
}

fn reading(inner: &Value) -> Read<Reading> {
    let mut reading = Reading { default_and: is_and(inner, "default_operator")?, ..Reading::default() };
    let fields = fields(inner)?;
    match inner.get("default_field") {
        None => {}
        Some(_) if fields.is_some() => return Err(unanswered("default_field beside fields")),
        Some(Value::String(field)) if field == "*" => {}
        Some(Value::String(field)) if !field.contains('*') => reading.fields = vec![path_of(field)],
        Some(_) => return Err(unanswered("default_field")),
    }
    reading.fields = fields.unwrap_or(reading.fields);
    Ok(reading)
}

/// The fields that words are looked for in; `None` where none are named.
fn fields(inner: &Value) -> Read<Option<Vec<String>>> {
    let Some(given) = inner.get("fields") else { return Ok(None) };
    let given = given.as_array().ok_or_else(|| unanswered("fields"))?;
    let name = |field: &Value| field.as_str().map(path_of).ok_or_else(|| unanswered("fields"));
    let names = given.iter().map(name).collect::<Read<Vec<String>>>()?;
    if names.is_empty() || names.iter().any(|name| name == "*") {
        return Ok(None);
    }
    match names.iter().find(|name| name.contains('*')) {
        Some(name) => Err(unanswered(&format!("fields of the form {name}"))),
        None => Ok(Some(names)),
    }
}

/// Whether all words are wanted, where any of them are unless it is said.
fn is_and(inner: &Value, name: &str) -> Read<bool> {
    match inner.get(name).map(|operator| operator.as_str().unwrap_or_default().to_ascii_lowercase()).as_deref() {
        Some("and") => Ok(true),
        None | Some("or") => Ok(false),
        Some(_) => Err(unanswered(name)),
    }
}

fn said(clause: &str, inner: &Value) -> Read<String> {
    inner.get("query").and_then(text).ok_or_else(|| unanswered(clause))
}

fn words(text: &str) -> impl Iterator<Item = Test> {
    text.split_whitespace().map(|word| Test::Holds(word.to_owned()))
}

fn several(mut of: Vec<Query>, all: bool) -> Query {
    match (of.len(), all) {
        (1, _) => of.remove(0),
        // A text without words finds nothing.
        (0, _) | (_, false) => Query::Any(of),
        (_, true) => Query::All(of),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse;
    use super::*;

    fn matches(query: &Value, document: &Value) -> bool {
        query::matches(&parse("query_filter", &query.to_string()).expect("a query"), document)
    }

    #[test]
    fn words_are_looked_for_as_the_clause_says() {
        let document = json!({"name": "orders", "description": "net sales by region"});
        for (query, expected) in [
            (json!({"match": {"description": "net gross"}}), true),
            (json!({"match": {"description": {"query": "net gross", "operator": "and"}}}), false),
            (json!({"match": {"description": {"query": "region net", "operator": "AND"}}}), true),
            (json!({"match": {"description": ""}}), false),
            (json!({"match": {"name.keyword": "orders net"}}), false),
            (json!({"match": {"description": {"query": "net", "fuzziness": "AUTO", "prefix_length": 1}}}), true),
            (json!({"match": {"description": {"query": "nett", "fuzziness": 1, "max_expansions": 5}}}), false),
            (json!({"multi_match": {"query": "orders", "fuzziness": "AUTO", "prefix_length": 3}}), true),
            (json!({"query_string": {"query": "orders", "fuzziness": "1", "fuzzy_prefix_length": 3}}), true),
            (json!({"match_phrase": {"description": "net sales"}}), true),
            (json!({"match_phrase": {"description": {"query": "sales net", "slop": 0}}}), false),
            (json!({"match_phrase_prefix": {"description": "sales by re"}}), true),
            (json!({"match_phrase_prefix": {"description": "sales re"}}), false),
            (json!({"multi_match": {"query": "orders region"}}), true),
            (json!({"multi_match": {"query": "orders region", "operator": "and"}}), false),
            (json!({"multi_match": {"query": "orders region", "operator": "and", "type": "cross_fields"}}), true),
            (json!({"multi_match": {"query": "orders", "fields": ["description^2"]}}), false),
            (json!({"multi_match": {"query": "sales net", "type": "phrase"}}), false),
            (json!({"multi_match": {"query": "net sa", "type": "phrase_prefix", "fields": ["description"]}}), true),
            (json!({"query_string": {"query": "-orders region"}}), false),
            (json!({"query_string": {"query": "-gross region", "default_field": "description"}}), true),
            (json!({"query_string": {"query": "gross region", "default_operator": "and"}}), false),
            (json!({"simple_query_string": {"query": "orders + region"}}), true),
            (json!({"simple_query_string": {"query": "orders + gross | net"}}), true),
            (json!({"simple_query_string": {"query": "orders + (gross | yen)"}}), false),
        ] {
            assert_eq!(matches(&query, &document), expected, "{query}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (query, named) in [
            (json!({"match": {"name": {"query": "a", "fuzzy_rewrite": "x"}}}), "fuzzy_rewrite"),
            (json!({"match": {"name": {"query": "a", "operator": "xor"}}}), "operator"),
            (json!({"match": {"name": {"operator": "and"}}}), "match"),
            (json!({"match_phrase": {"name": {"query": "a b", "slop": 1}}}), "slop"),
            (json!({"multi_match": {"query": "a", "type": "bool_prefix"}}), "bool_prefix"),
            (json!({"multi_match": {"query": "a", "fields": ["name", "desc*"]}}), "desc*"),
            (json!({"multi_match": {"query": "a", "fields": [1]}}), "fields"),
            (json!({"query_string": {"query": "a", "phrase_slop": 2}}), "phrase_slop"),
            (json!({"query_string": {"query": "a b", "type": "phrase"}}), "phrase"),
            (json!({"query_string": {"query": "a~"}}), "(~)"),
            (json!({"query_string": {"query": "*a", "allow_leading_wildcard": false}}), "allow_leading_wildcard"),
            (json!({"query_string": {"query": "a", "default_operator": "maybe"}}), "default_operator"),
            (json!({"query_string": {"query": "a", "default_field": "name", "fields": ["name"]}}), "default_field"),
            (json!({"simple_query_string": {"query": "a", "flags": "OR"}}), "flags"),
            (json!({"simple_query_string": {"query": "a", "fuzziness": "AUTO"}}), "fuzziness"),
            (json!({"simple_query_string": {"query": "a~1"}}), "(~)"),
        ] {
            let error = parse("query_filter", &query.to_string()).expect_err(&query.to_string());
            assert!(error.status == 400 && error.message.contains(named), "{query}: {}", error.message);
        }
    }
}
