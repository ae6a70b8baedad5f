//! What a search asks, and whether a document is what it asks for.
//!
//! A document is the entity as this door prints it, and a field is a path into it.
//! Suffixes that choose an analyser (`.keyword`) are left out.

use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use serde_json::{Value, json};

use super::test::Looked;
pub use super::test::Test;

/// Suffixes of fields that name the same value, analysed in another way.
const ANALYSERS: &[&str] = &[".keyword", ".raw", ".ngram", ".compound", ".exact", ".actualCase"];

/// Fields that a word without a field is looked for in.
pub const TEXT_FIELDS: &[&str] = &["name", "displayName", "fullyQualifiedName", "description", "email"];

/// Fields that are compared by their words.
pub const PROSE: &[&str] = &["name", "displayName", "description"];

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    All,
    Nothing,
    And(Vec<Query>),
    /// At least `least` of them.
    Or {
        of: Vec<Query>,
        least: usize,
    },
    Not(Box<Query>),
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
const MOST_PARTS: usize = 1_024;
const MOST_PATTERNS: usize = 64;
/// Characters of a pattern behind its first run, each of which may be held against each of a value.
const MOST_LIKE: usize = 400;

impl Query {
    /// What is wrong with a query of more parts than one may have.
    pub fn check_size(&self) -> Result<(), String> {
        let (parts, patterns) = self.size();
        if parts > MOST_PARTS {
            return Err(format!("has {parts} clauses, of which there may be {MOST_PARTS}"));
        }
        if patterns > MOST_PATTERNS {
            return Err(format!("has {patterns} clauses with wildcards, of which there may be {MOST_PATTERNS}"));
        }
        if self.has_long_pattern() {
            return Err(format!("has more than {MOST_LIKE} characters beside wildcards"));
        }
        Ok(())
    }

    fn has_long_pattern(&self) -> bool {
        match self {
            Query::And(of) | Query::Or { of, .. } => of.iter().any(Query::has_long_pattern),
            Query::Not(query) | Query::Nested { query, .. } => query.has_long_pattern(),
            Query::Field { test: Test::Like(pattern), .. } | Query::Fields { test: Test::Like(pattern), .. } => {
                pattern.effort() > MOST_LIKE
            }
            _ => false,
        }
    }

    pub fn parts(&self) -> usize {
        self.size().0
    }

    /// How many parts there are, and how many of them are patterns.
    fn size(&self) -> (usize, usize) {
        match self {
            Query::And(of) | Query::Or { of, .. } => {
                of.iter().map(Query::size).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
            }
            Query::Not(query) | Query::Nested { query, .. } => query.size(),
            Query::Field { test: Test::Like(_), .. } | Query::Fields { test: Test::Like(_), .. } => (1, 1),
            _ => (1, 0),
        }
    }

    pub fn matches(&self, document: &Value) -> bool {
        self.holds_of(&Looked::at(document))
    }

    /// The same of a document that is looked at more than once.
    pub(super) fn holds_of(&self, looked: &Looked<'_>) -> bool {
        let document = looked.document;
        match self {
            Query::All => true,
            Query::Nothing => false,
            Query::And(of) => of.iter().all(|query| query.holds_of(looked)),
            Query::Or { of, least } => of.iter().filter(|query| query.holds_of(looked)).take(*least).count() >= *least,
            Query::Not(query) => !query.holds_of(looked),
            Query::Ids(ids) => document.get("id").and_then(Value::as_str).is_some_and(|id| ids.iter().any(|i| i == id)),
            Query::Found(found) => {
                let id = document.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
                id.is_some_and(|id| found.contains(&id))
            }
            Query::Field { path, test } => looked.passes(path, test),
            Query::Fields { paths, test } => paths.iter().any(|path| looked.passes(path, test)),
            Query::Nested { path, query } => {
                let mut found = Vec::new();
                objects(document, path, &mut found);
                found.into_iter().any(|one| query.matches(&at(path, one)))
            }
        }
    }

    /// First parts of all paths that it looks at.
    pub fn roots(&self, roots: &mut Vec<String>) {
        let mut add = |path: &str| {
            let root = path.split('.').next().unwrap_or(path);
            if !roots.iter().any(|known| known == root) {
                roots.push(root.to_owned());
            }
        };
        match self {
            Query::All | Query::Nothing | Query::Ids(_) | Query::Found(_) => {}
            Query::And(of) | Query::Or { of, .. } => of.iter().for_each(|query| query.roots(roots)),
            Query::Not(query) => query.roots(roots),
            Query::Field { path, .. } => add(path),
            Query::Fields { paths, .. } => paths.iter().for_each(|path| add(path)),
            Query::Nested { path, query } => {
                add(path);
                query.roots(roots);
            }
        }
    }

    /// What must hold of every match: the conditions of the outermost AND.
    pub fn musts(&self) -> Vec<&Query> {
        match self {
            Query::And(of) => of.iter().flat_map(Query::musts).collect(),
            Query::Or { of, least: 1 } if of.len() == 1 => of[0].musts(),
            one => vec![one],
        }
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
    use super::super::pattern::Pattern;
    use super::*;
    use serde_json::json;

    fn field(path: &str, test: Test) -> Query {
        Query::Field { path: path_of(path), test }
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
            ("name", Test::Like(Pattern::new("ord*")), true),
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
            assert_eq!(field(path, test.clone()).matches(&document), expected, "{path} {test:?}");
        }
    }

    #[test]
    fn what_is_nested_holds_of_one_object() {
        let document = json!({"columns": [{"name": "a", "dataType": "INT"}, {"name": "b", "dataType": "TEXT"}]});
        let both = |name: &str, of: &str| {
            let is = |path: &str, text: &str| Query::Field { path: path.into(), test: Test::is(text) };
            let query = Box::new(Query::And(vec![is("columns.name", name), is("columns.dataType", of)]));
            Query::Nested { path: "columns".into(), query }
        };
        assert!(both("a", "int").matches(&document) && both("b", "text").matches(&document));
        assert!(!both("a", "text").matches(&document) && !both("a", "int").matches(&json!({})));
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
            assert!(field("name", test.clone()).matches(&document), "{test:?}");
        }
    }

    #[test]
    fn the_outermost_conditions_are_found_through_single_branches() {
        let inner = field("name", Test::Is("a".into()));
        let query = Query::And(vec![Query::Or { of: vec![inner.clone()], least: 1 }, Query::All]);
        assert_eq!(query.musts(), [&inner, &Query::All]);
        let mut roots = Vec::new();
        field("service.name.keyword", Test::Exists).roots(&mut roots);
        assert_eq!(roots, ["service"]);
    }
}
