//! In which order hits stand, and what says where one stands: `sort` of a hit, and `search_after` of the next page.

use std::cmp::Ordering;

use emporion_catalog::finder::{Beyond, By, Order};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::record::Record;
use serde_json::Value;

use super::query::{path_of, values};
use super::search_request::root;
use crate::errors::{OmError, OmResult};
use crate::noun::Noun;
use crate::params;

/// What fits best comes first.
const SCORE: &str = "_score";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sort {
    /// Places are score, id and the name's key, or the FQN.
    Score,
    /// By the FQN: places are that and the id.
    Fqn { descending: bool },
    /// By a field; places are its value, the FQN and the id. What has none comes last.
    Field { path: String, descending: bool },
}

impl Sort {
    /// Errors: 400 for what nothing that is searched can be sorted by.
    pub fn read(params: &[(String, String)], nouns: &[&'static Noun]) -> OmResult<Option<Sort>> {
        let order = params::value(params, "sort_order");
        if order.is_some_and(|order| order != "asc" && order != "desc") {
            return Err(OmError::query_param("sort_order", "must be one of [asc, desc]"));
        }
        let Some(field) = params::value(params, "sort_field") else { return Ok(None) };
        let path = path_of(field);
        let descending = order != Some("asc");
        let is_known = |noun: &&Noun| noun.entity.member(root(&path)).is_some() || root(&path) == "entityType";
        match path.as_str() {
            SCORE if !descending => Err(OmError::query_param("sort_order", "must be desc where sort_field is _score")),
            SCORE => Ok(Some(Sort::Score)),
            "fullyQualifiedName" => Ok(Some(Sort::Fqn { descending })),
            _ if nouns.is_empty() || nouns.iter().any(is_known) => Ok(Some(Sort::Field { path, descending })),
            _ => Err(OmError::query_param("sort_field", format_args!("has no field to sort by: {field}"))),
        }
    }

    /// The order in which the index has it.
    pub fn order(&self) -> Option<Order> {
        let (by, descending) = match self {
            Sort::Score => (By::Best, false),
            Sort::Fqn { descending } => (By::Fqn, *descending),
            Sort::Field { path, descending } if path == "updatedAt" => (By::Updated, *descending),
            Sort::Field { .. } => return None,
        };
        Some(Order { by, descending })
    }

    /// The field that is to be known of a document.
    pub fn path(&self) -> Option<&str> {
        match self {
            Sort::Field { path, .. } if path != "updatedAt" => Some(path),
            _ => None,
        }
    }

    /// A place as a client gives it back; `None` for what is none. Keys that are put together with commas may hold some.
    pub fn place_of(&self, given: &[&str]) -> Option<Vec<String>> {
        let keys = if matches!(self, Sort::Fqn { .. }) { 2 } else { 3 };
        let place: Vec<String> = match given {
            [one] => self.taken_apart(one),
            several => several.iter().map(|text| (*text).to_owned()).collect(),
        };
        // The id, which came later, may be left out.
        let is_whole = place.len() == keys || (place.len() + 1 == keys && *self != Sort::Score);
        (is_whole && self.order().is_none_or(|_| self.beyond(&place).is_some())).then_some(place)
    }

    fn taken_apart(&self, text: &str) -> Vec<String> {
        if *self == Sort::Score {
            return text.splitn(3, ',').map(str::to_owned).collect();
        }
        let (rest, id) = match text.rsplit_once(',') {
            Some((rest, id)) if id.parse::<RecordId>().is_ok() => (rest, Some(id)),
            _ => (text, None),
        };
        let mut parts: Vec<&str> = match self {
            Sort::Field { .. } => rest.splitn(2, ',').collect(),
            _ => vec![rest],
        };
        parts.extend(id);
        parts.into_iter().map(str::to_owned).collect()
    }

    /// A place as the index takes it; `None` for what is none.
    pub fn beyond(&self, place: &[String]) -> Option<Beyond> {
        let id = |at: usize| match place.get(at) {
            None => Some(None),
            Some(id) => id.parse().ok().map(Some),
        };
        match (self, place) {
            (Sort::Score, [score, id, name]) => {
                let score = score.parse::<f64>().ok().filter(|score| *score >= 0.0)?;
                Some(Beyond::Fitting { score: score as u64, name: name.clone(), id: id.parse().ok()? })
            }
            (Sort::Fqn { .. }, [fqn, ..]) => Some(Beyond::Named { at: None, fqn: fqn.clone(), id: id(1)? }),
            (Sort::Field { .. }, [at, fqn, ..]) => {
                let at = Some(Millis(at.parse().ok()?));
                Some(Beyond::Named { at, fqn: fqn.clone(), id: id(2)? })
            }
            _ => None,
        }
    }

    /// Where something stands: of what fits best, with its score and the key of its name.
    pub fn place(&self, record: &Record, document: &Value, score: u64, name: &str) -> Vec<String> {
        let id = record.id.to_string();
        match self {
            Sort::Score => vec![score.to_string(), id, name.to_owned()],
            Sort::Fqn { .. } => vec![record.fqn.clone(), id],
            Sort::Field { path, .. } if path == "updatedAt" => {
                vec![record.updated.at.0.to_string(), record.fqn.clone(), id]
            }
            Sort::Field { path, .. } => {
                let value = values(document, path).into_iter().next().unwrap_or_default();
                vec![value, record.fqn.clone(), id]
            }
        }
    }

    /// How two places stand to one another, as far as both say.
    pub fn compare(&self, one: &[String], other: &[String]) -> Ordering {
        let at = |place: &[String], at: usize| place.get(at).cloned().unwrap_or_default();
        let ids = |index: usize| match (one.get(index), other.get(index)) {
            (Some(one), Some(other)) => one.cmp(other),
            _ => Ordering::Equal,
        };
        let turned = |ordering: Ordering, descending: bool| if descending { ordering.reverse() } else { ordering };
        match self {
            Sort::Score => number(&at(other, 0))
                .total_cmp(&number(&at(one, 0)))
                .then_with(|| at(one, 2).cmp(&at(other, 2)))
                .then_with(|| ids(1)),
            Sort::Fqn { descending } => turned(at(one, 0).cmp(&at(other, 0)), *descending).then_with(|| ids(1)),
            Sort::Field { descending, .. } => by_value(&at(one, 0), &at(other, 0), *descending)
                .then_with(|| turned(at(one, 1).cmp(&at(other, 1)), *descending))
                .then_with(|| ids(2)),
        }
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

/// Numbers stand before texts, and what has no value comes last, whichever way the others stand.
fn by_value(one: &str, other: &str, descending: bool) -> Ordering {
    if one.is_empty() || other.is_empty() {
        return one.is_empty().cmp(&other.is_empty());
    }
    let ordering = match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    };
    if descending { ordering.reverse() } else { ordering }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[&str]) -> Vec<String> {
        of.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_place_comes_back_as_one_text_or_as_several() {
        let id = "0192f0c0-0000-7000-8000-000000000001";
        let fqn = Sort::Fqn { descending: true };
        assert_eq!(fqn.place_of(&[&format!("a,b,{id}")]), Some(texts(&["a,b", id])));
        assert_eq!(fqn.place_of(&["a,b", id]), Some(texts(&["a,b", id])));
        assert_eq!(fqn.place_of(&["a,b"]), Some(texts(&["a,b"])));
        assert_eq!(fqn.place_of(&["a", "b"]), None, "what stands where the id stands is none");
        let updated = Sort::Field { path: "updatedAt".into(), descending: false };
        assert_eq!(updated.place_of(&[&format!("7,a,b,{id}")]), Some(texts(&["7", "a,b", id])));
        assert_eq!(updated.place_of(&["x", "a"]), None, "that is no time");
        assert_eq!(Sort::Score.place_of(&[&format!("12.0,{id},a, b")]), Some(texts(&["12.0", id, "a, b"])));
        assert_eq!(Sort::Score.place_of(&["12"]), None);
    }

    #[test]
    fn numbers_are_compared_as_such_and_what_is_absent_comes_last() {
        for (one, other, descending) in [("9", "10", false), ("10", "9", true), ("1", "", true), ("b", "a", true)] {
            assert_eq!(by_value(one, other, descending), Ordering::Less, "{one} {other}");
        }
        let sort = Sort::Field { path: "x".into(), descending: true };
        assert_eq!(sort.compare(&texts(&["a", "f", "2"]), &texts(&["a", "f"])), Ordering::Equal);
        assert_eq!(sort.compare(&texts(&["a", "f", "2"]), &texts(&["a", "f", "1"])), Ordering::Greater);
    }
}
