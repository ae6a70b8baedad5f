//! Values between two ends.

use emporion_catalog::id::Millis;
use serde_json::Value;

use super::super::query::{self, Query, Test, path_of};
use super::super::range::Range;
use super::{Read, only, single, text, unanswered};

/// Forms in which moments can be said.
const FORMATS: &[&str] = &["epoch_millis", "strict_date_optional_time", "date_optional_time", "yyyy-MM-dd"];

/// `{"updatedAt": {"gte": 1, "lt": "2026-01-31"}}`.
pub fn range(inner: &Value) -> Read<Query> {
    let (field, value) = single("range", inner)?;
    if !value.is_object() {
        return Err(unanswered("range without ends"));
    }
    only(value, &["gt", "gte", "lt", "lte", "format"])?;
    if let Some(format) = value.get("format") {
        let known = |format: &str| format.split("||").all(|one| FORMATS.contains(&one));
        format.as_str().filter(|format| known(format)).ok_or_else(|| unanswered(&format!("format {format}")))?;
    }
    let (from, to) = (end(value, "gt", "gte")?, end(value, "lt", "lte")?);
    let from = from.as_ref().map(|(text, is_within)| (text.as_str(), *is_within));
    let to = to.as_ref().map(|(text, is_within)| (text.as_str(), *is_within));
    Ok(query::field(path_of(field), Test::Between(Range::of(from, to, Millis::now())?)))
}

/// One end, and whether it is meant itself; `null` is an open one.
fn end(value: &Value, beyond: &str, within: &str) -> Read<Option<(String, bool)>> {
    let said = |name: &str| value.get(name).filter(|end| !end.is_null());
    let (end, is_within) = match (said(beyond), said(within)) {
        (None, None) => return Ok(None),
        (Some(end), None) => (end, false),
        (None, Some(end)) => (end, true),
        (Some(_), Some(_)) => return Err(unanswered(&format!("{beyond} beside {within}"))),
    };
    text(end).map(|text| Some((text, is_within))).ok_or_else(|| unanswered("range"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::query::matches;
    use super::super::parse;

    #[test]
    fn ends_are_within_or_not() {
        let document = |n: i64| json!({"n": n, "owners": []});
        for (clause, found, not) in [
            (json!({"gte": 5, "lte": 9}), [5, 9], [4, 10]),
            (json!({"gt": 5, "lt": "9", "boost": 2}), [6, 8], [5, 9]),
            (json!({"gte": null, "lt": 9}), [1, 8], [9, 10]),
            (json!({"gte": "1970-01-01", "format": "strict_date_optional_time||epoch_millis"}), [0, 5], [-1, -2]),
        ] {
            let query = parse("query_filter", &json!({"range": {"n": clause}}).to_string()).expect("a query");
            assert!(found.iter().all(|n| matches(&query, &document(*n))), "{clause}");
            assert!(!not.iter().any(|n| matches(&query, &document(*n))), "{clause}");
            assert!(!matches(&query, &json!({})), "what is absent lies nowhere");
        }
    }

    #[test]
    fn other_ranges_are_refused_by_name() {
        for (clause, named) in [
            (json!({"n": 5}), "range"),
            (json!({"n": {"from": 5}}), "from"),
            (json!({"n": {"gt": 5, "gte": 6}}), "gte"),
            (json!({"n": {"gt": 5, "time_zone": "+01:00"}}), "time_zone"),
            (json!({"n": {"gt": 5, "format": "dd/MM/yyyy"}}), "dd/MM/yyyy"),
            (json!({"n": {"gt": "now/d"}}), "now/d"),
            (json!({"n": {"gt": [5]}}), "range"),
            (json!({"n": {"gt": 5}, "m": {"gt": 5}}), "m"),
        ] {
            let error = parse("query_filter", &json!({"range": clause}).to_string()).expect_err("refused");
            assert!(error.status == 400 && error.message.contains(named), "{clause}: {}", error.message);
        }
    }
}
