//! What a search asks, and whether a document is what it asks for.
//!
//! A document is the entity as this door prints it, and a field is a path into it.
//! Suffixes that choose an analyser (`.keyword`) are left out.

use std::collections::HashSet;

use emporion_catalog::finder::Condition;
use emporion_catalog::id::RecordId;
use serde_json::{Value, json};

use super::pattern::effort;
use super::test::Looked;
pub use super::test::Test;

/// Suffixes of fields that name the same value, analysed in another way.
const ANALYSERS: &[&str] = &[".keyword", ".raw", ".ngram", ".compound", ".exact", ".actualCase"];

/// Fields that a word without a field is looked for in.
pub const TEXT_FIELDS: &[&str] = &["name", "displayName", "fullyQualifiedName", "description", "email"];

/// Fields that are compared by their words.
pub const PROSE: &[&str] = &["name", "displayName", "description"];

/// Clauses, of which all, any or none are to hold.
pub type Query = Condition<Clause>;

/// What one place of a document is to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    Field {
        path: String,
        test: Test,
    },
    /// Any of the fields.
    Fields {
        paths: Vec<String>,
        test: Test,
    },
    Ids(Vec<String>),
    /// What the index found of a part that it knows.
    Found(HashSet<RecordId>),
    /// One and the same object at the path.
    Nested {
        path: String,
        query: Box<Query>,
    },
    /// At least so many of them.
    Least {
        least: usize,
        of: Vec<Query>,
    },
}

/// A test of a field.
pub fn field(path: String, test: Test) -> Query {
    Clause::Field { path, test }.into()
}

/// At least so many of these.
pub fn at_least(least: usize, of: Vec<Query>) -> Query {
    if least == 1 { Query::Any(of) } else { Clause::Least { least, of }.into() }
}

/// The path behind a field's name.
pub fn path_of(field: &str) -> String {
    // Boosts are for ranking.
    let field = field.split('^').next().unwrap_or(field);
    let path = ANALYSERS.iter().find_map(|suffix| field.strip_suffix(suffix)).unwrap_or(field);
    match path.strip_prefix("domain") {
        // The name that it had.
        Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("domains{rest}"),
        _ => path.to_owned(),
    }
}

/// Parts that a query may have, as many as Elasticsearch takes, and such among them with wildcards.
pub const MOST_PARTS: usize = 1_024;
const MOST_PATTERNS: usize = 64;
/// Characters of a pattern behind its first run, each of which may be held against each of a value.
const MOST_LIKE: usize = 400;

/// What is wrong with a query of more parts than one may have.
pub fn check_size(query: &Query) -> Result<(), String> {
    let parts = parts(query);
    if parts > MOST_PARTS {
        return Err(format!("has {parts} clauses, of which there may be {MOST_PARTS}"));
    }
    let pattern = |clause: &Clause| match clause.test() {
        Some(Test::Like(pattern)) => Some(effort(pattern)),
        _ => None,
    };
    let efforts: Vec<usize> = clauses(query).into_iter().filter_map(pattern).collect();
    if efforts.len() > MOST_PATTERNS {
        return Err(format!("has {} clauses with wildcards, of which there may be {MOST_PATTERNS}", efforts.len()));
    }
    if efforts.into_iter().any(|effort| effort > MOST_LIKE) {
        return Err(format!("has more than {MOST_LIKE} characters beside wildcards"));
    }
    Ok(())
}

pub fn parts(query: &Query) -> usize {
    query.leaves(&|clause| match clause {
        Clause::Nested { query, .. } => parts(query),
        Clause::Least { of, .. } => of.iter().map(parts).sum(),
        _ => 1,
    })
}

/// All clauses, those in others among them.
pub fn clauses<'q>(query: &'q Query) -> Vec<&'q Clause> {
    let of_one = |clause: &'q Clause| match clause {
        Clause::Nested { query, .. } => [vec![clause], clauses(query)].concat(),
        Clause::Least { of, .. } => of.iter().flat_map(clauses).collect(),
        one => vec![one],
    };
    query.tests().into_iter().flat_map(of_one).collect()
}

/// First parts of all paths that a query looks at.
pub fn roots(query: &Query, roots: &mut Vec<String>) {
    for path in clauses(query).into_iter().flat_map(Clause::paths) {
        let root = path.split('.').next().unwrap_or(path);
        if !roots.iter().any(|known| known == root) {
            roots.push(root.to_owned());
        }
    }
}

/// Whether a document is what is asked for.
pub fn matches(query: &Query, document: &Value) -> bool {
    holds_of(query, &Looked::at(document))
}

/// The same of a document that is looked at more than once.
pub(super) fn holds_of(query: &Query, looked: &Looked<'_>) -> bool {
    query.holds_by(&|clause| clause.holds_of(looked))
}

impl Clause {
    /// The fields that it looks at.
    pub fn paths(&self) -> &[String] {
        match self {
            Clause::Field { path, .. } | Clause::Nested { path, .. } => std::slice::from_ref(path),
            Clause::Fields { paths, .. } => paths,
            Clause::Ids(_) | Clause::Found(_) | Clause::Least { .. } => &[],
        }
    }

    /// What a value of them is held against.
    pub fn test(&self) -> Option<&Test> {
        match self {
            Clause::Field { test, .. } | Clause::Fields { test, .. } => Some(test),
            _ => None,
        }
    }

    fn holds_of(&self, looked: &Looked<'_>) -> bool {
        let id = || looked.document.get("id").and_then(Value::as_str);
        match self {
            Clause::Field { path, test } => looked.passes(path, test),
            Clause::Fields { paths, test } => paths.iter().any(|path| looked.passes(path, test)),
            Clause::Ids(ids) => id().is_some_and(|id| ids.iter().any(|i| i == id)),
            Clause::Found(found) => id().and_then(|id| id.parse().ok()).is_some_and(|id| found.contains(&id)),
            Clause::Nested { path, query } => {
                let mut found = Vec::new();
                objects(looked.document, path, &mut found);
                found.into_iter().any(|one| matches(query, &at(path, one)))
            }
            Clause::Least { least, of } => {
                of.iter().filter(|query| holds_of(query, looked)).take(*least).count() >= *least
            }
        }
    }
}

/// What must hold of every match: the conditions of the outermost AND.
pub fn musts(query: &Query) -> Vec<&Query> {
    match query {
        Query::All(of) => of.iter().flat_map(musts).collect(),
        Query::Any(of) if of.len() == 1 => musts(&of[0]),
        one => vec![one],
    }
}

/// The objects at a path of a document.
fn objects<'d>(value: &'d Value, path: &str, found: &mut Vec<&'d Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| objects(item, path, found)),
        Value::Object(_) if path.is_empty() => found.push(value),
        Value::Object(members) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Some(inner) = members.get(first) {
                objects(inner, rest, found);
            }
        }
        _ => {}
    }
}

/// A document that has just this at the path.
fn at(path: &str, value: &Value) -> Value {
    path.rsplit('.').fold(value.clone(), |inner, member| json!({ (member): inner }))
}

/// What stands at a path of a document.
pub fn values(document: &Value, path: &str) -> Vec<String> {
    let mut values = Vec::new();
    collect(document, path, &mut values);
    values
}

fn collect(value: &Value, path: &str, values: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, values)),
        Value::Object(members) if !path.is_empty() => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Some(inner) = members.get(first) {
                collect(inner, rest, values);
            }
        }
        Value::Object(members) => {
            // An object as a whole is only ever asked whether it is there.
            if !members.is_empty() {
                values.push("{}".into());
            }
        }
        _ if !path.is_empty() => {}
        Value::String(text) => values.push(text.clone()),
        Value::Null => {}
        plain => values.push(plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::pattern;
    use super::*;
    use serde_json::json;

    fn named(name: &str, test: Test) -> Query {
        field(path_of(name), test)
    }

    #[test]
    fn what_asks_for_everything_or_nothing_counts_as_well() {
        let query = |parts: usize| Query::All(vec![Query::Everything.negated(); parts]);
        assert!(check_size(&query(MOST_PARTS)).is_ok());
        assert!(check_size(&query(MOST_PARTS + 1)).is_err());
    }

    #[test]
    fn fields_are_paths_through_objects_and_lists() {
        let document = json!({
            "name": "Orders_2026", "owners": [{"name": "alice"}, {"name": "bob"}], "service": {"name": "pg"}, "n": 3
        });
        for (path, test, expected) in [
            ("owners.name", Test::Is("bob".into()), true),
            ("service.name.keyword", Test::Is("pg".into()), true),
            ("service.name.keyword", Test::Is("p".into()), false),
            ("name", Test::Holds("orders".into()), true),
            ("name", Test::Holds("2026 orders".into()), true),
            ("name", Test::Like(pattern("ord*")), true),
            ("name", Test::phrase("Orders 2026"), true),
            ("name", Test::phrase("2026 orders"), false),
            ("name", Test::phrase("orders 20"), false),
            ("name", Test::Phrase { text: "orders 20".into(), begins: true }, true),
            ("n", Test::Is("3".into()), true),
            ("isBot", Test::Is("false".into()), true),
            ("isBot", Test::Is("true".into()), false),
            ("service", Test::Exists, true),
            ("tags", Test::Exists, false),
        ] {
            assert_eq!(matches(&named(path, test.clone()), &document), expected, "{path} {test:?}");
        }
    }

    #[test]
    fn what_is_nested_holds_of_one_object() {
        let document = json!({"columns": [{"name": "a", "dataType": "INT"}, {"name": "b", "dataType": "TEXT"}]});
        let both = |name: &str, of: &str| {
            let is = |path: &str, text: &str| field(path.into(), Test::is(text));
            let query = Box::new(Query::All(vec![is("columns.name", name), is("columns.dataType", of)]));
            Query::from(Clause::Nested { path: "columns".into(), query })
        };
        assert!(matches(&both("a", "int"), &document) && matches(&both("b", "text"), &document));
        assert!(!matches(&both("a", "text"), &document) && !matches(&both("a", "int"), &json!({})));
    }

    #[test]
    fn letters_compare_as_searches_compare_them() {
        let document = json!({"name": "Größe_der Änderung"});
        for test in [
            Test::Holds("GROSSE".into()),
            Test::phrase("der anderung"),
            Test::begins("gros"),
            Test::word("gr?sse_der*", true),
            Test::is("GRÖSSE_DER ÄNDERUNG"),
        ] {
            assert!(matches(&named("name", test.clone()), &document), "{test:?}");
        }
    }

    #[test]
    fn the_outermost_conditions_are_found_through_single_branches() {
        let inner = named("name", Test::Is("a".into()));
        let query = Query::All(vec![Query::Any(vec![inner.clone()]), Query::Everything]);
        assert_eq!(musts(&query), [&inner, &Query::Everything]);
        let mut found = Vec::new();
        roots(&named("service.name.keyword", Test::Exists), &mut found);
        assert_eq!(found, ["service"]);
    }
}
