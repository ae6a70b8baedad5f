//! Words that name no field, beside what the index does not know: what they find by themselves they find there, too.
//!
//! By itself such a word is looked for in all that the index knows of records, and no document shows all of that.
//! Before documents are held against a query, the index is asked for what matches those parts that hold such words.

use std::collections::HashSet;

use emporion_catalog::finder::Condition;
use emporion_catalog::id::RecordId;

use super::index_query::meant;
use super::indexed_fields::IndexedFields;
use super::query::{Clause, Query, TEXT_FIELDS, at_least};
use crate::errors::{OmError, OmResult};

/// How many parts of one query the index is asked for.
const MOST: usize = 16;

/// The parts of a query that the index is to be asked for.
///
/// Errors: 400 for the parameter, where there are too many.
pub fn parts(param: &str, query: &Query, known: &IndexedFields) -> OmResult<Vec<Condition>> {
    let mut parts = Vec::new();
    settle(query, known, &mut |condition| {
        parts.push(condition);
        Query::Nothing
    });
    if parts.len() > MOST {
        let rule = format!("has words beside fields that have to be looked at in more than {MOST} places");
        return Err(OmError::query_param(param, rule));
    }
    Ok(parts)
}

/// The query with what the index found of each of its [`parts`] in the place of that.
pub fn settled(query: &Query, known: &IndexedFields, found: &mut impl Iterator<Item = HashSet<RecordId>>) -> Query {
    settle(query, known, &mut |_| Clause::Found(found.next().unwrap_or_default()).into())
}

/// What stands in the place of a part.
type Put<'p> = &'p mut dyn FnMut(Condition) -> Query;

fn settle(query: &Query, known: &IndexedFields, put: Put<'_>) -> Query {
    if !has_words(query) {
        return query.clone();
    }
    if let (condition, true) = meant(query, known) {
        return match condition {
            Condition::Everything => Query::Everything,
            Condition::Nothing => Query::Nothing,
            condition => put(condition),
        };
    }
    match query {
        Query::All(of) => Query::All(each(of, known, Query::All, put)),
        Query::Any(of) => Query::Any(each(of, known, Query::Any, put)),
        Query::Test(Clause::Least { of, least }) => {
            at_least(*least, of.iter().map(|query| settle(query, known, put)).collect())
        }
        Query::Not(inner) => settle(inner, known, put).negated(),
        other => other.clone(),
    }
}

/// Of several, those that the index knows are asked for together.
fn each(of: &[Query], known: &IndexedFields, join: fn(Vec<Query>) -> Query, put: Put<'_>) -> Vec<Query> {
    let is_known = |query: &&Query| has_words(query) && meant(query, known).1;
    let (whole, rest): (Vec<&Query>, Vec<&Query>) = of.iter().partition(is_known);
    let mut all = Vec::with_capacity(rest.len() + 1);
    if !whole.is_empty() {
        all.push(settle(&join(whole.into_iter().cloned().collect()), known, put));
    }
    all.extend(rest.into_iter().map(|query| settle(query, known, put)));
    all
}

/// Whether it looks for words that name no field. What one object must have is its own matter.
fn has_words(query: &Query) -> bool {
    query.tests().into_iter().any(|clause| match clause {
        Clause::Fields { paths, .. } => paths == TEXT_FIELDS,
        Clause::Least { of, .. } => of.iter().any(has_words),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::lucene::{self, Reading};
    use super::super::query::matches;
    use super::*;

    /// The conditions that the index is asked for, and the query that is left when it finds this record alone by each.
    fn asked(text: &str, found: RecordId) -> (Vec<Condition>, Query) {
        let query = lucene::parse(text, &Reading::default()).expect(text);
        let known = IndexedFields::of_kinds(&["table"]);
        let asked = parts("q", &query, &known).expect(text);
        let mut found = asked.iter().map(|_| HashSet::from([found])).collect::<Vec<_>>().into_iter();
        let settled = settled(&query, &known, &mut found);
        assert_eq!(found.next(), None, "each of {text} has its place");
        (asked, settled)
    }

    #[test]
    fn a_word_beside_an_unknown_field_finds_what_it_finds_alone() {
        let found: RecordId = "0192f0c0-0000-7000-8000-000000000001".parse().expect("an id");
        let alone =
            |text: &str| meant(&lucene::parse(text, &Reading::default()).expect(text), &IndexedFields::default()).0;
        // The word stands in a column, which is none of the fields of texts.
        let document = json!({"id": found.to_string(), "name": "orders", "columns": [{"name": "amount"}]});
        let another = json!({"id": "0192f0c0-0000-7000-8000-000000000002", "name": "amount", "sourceUrl": "x"});
        for (text, wanted, fits) in [
            ("amount OR sourceUrl:zzz", vec![alone("amount")], [true, false]),
            ("amount OR sourceUrl:x", vec![alone("amount")], [true, true]),
            ("net OR amount OR sourceUrl:zzz", vec![alone("net OR amount")], [true, false]),
            ("NOT (amount OR sourceUrl:zzz)", vec![alone("amount")], [false, true]),
            ("NOT (NOT amount AND NOT sourceUrl:zzz)", vec![alone("NOT amount")], [false, true]),
            ("sourceUrl:x OR description:y", vec![], [false, true]),
        ] {
            let (conditions, query) = asked(text, found);
            assert_eq!(conditions, wanted, "{text}");
            assert_eq!([&document, &another].map(|document| matches(&query, document)), fits, "{text}");
        }
    }

    #[test]
    fn who_asks_for_too_many_is_told_where() {
        let many = |n: usize| (0..n).map(|n| format!("(a{n} AND sourceUrl:b)")).collect::<Vec<_>>().join(" OR ");
        let parts = |n: usize| {
            let query = lucene::parse(&many(n), &Reading::default()).expect("a query");
            parts("post_filter", &query, &IndexedFields::of_kinds(&["table"]))
        };
        assert_eq!(parts(16).expect("as many as may be").len(), 16);
        let refused = parts(17).expect_err("one more");
        assert!(refused.message.contains("post_filter"), "{}", refused.message);
    }

    #[test]
    fn what_one_object_must_have_and_named_fields_are_looked_at() {
        let found: RecordId = "0192f0c0-0000-7000-8000-000000000001".parse().expect("an id");
        for text in ["sourceUrl:x", "name:a OR sourceUrl:x", "NOT description:\"net sales\""] {
            let query = lucene::parse(text, &Reading::default()).expect(text);
            assert_eq!(asked(text, found), (Vec::new(), query), "{text}");
        }
    }
}
