//! What the index knows of the fields of documents, noun by noun: just what they say, what can say it, or nothing.

mod coverage;
mod references;

use emporion_catalog::finder::{Condition, KIND_ITSELF};
use emporion_catalog::kind::Kind;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;

pub use self::coverage::Coverage;
use self::coverage::coverage;
use self::references::{NamedReferences, ReferenceKind, gather};
use super::labels::{TIER, TIER_LABEL};
use super::query::Test;
use super::search_request::SearchRequest;
use crate::errors::OmResult;
use crate::noun::Noun;
use crate::operation::Call;

/// Names that are looked up for one search; of what else is named, the index says what can be meant.
const MOST_NAMED: usize = 128;

/// The nouns that are searched, and what names in the queries of a search were found to mean.
#[derive(Default)]
pub struct IndexedFields {
    nouns: Vec<(&'static Noun, Kind)>,
    named: Vec<(NamedReferences, Option<Condition>)>,
}

impl IndexedFields {
    /// Looks each name up once, whatever it is asked for. What is deleted no index knows, whatever names in it mean.
    pub async fn of(call: &Call, reading: &Reading<'_>, search: &SearchRequest) -> OmResult<IndexedFields> {
        let nouns = search.nouns.iter().map(|noun| (*noun, call.kind(noun.kind_name))).collect();
        let mut names = Vec::new();
        for query in std::iter::once(&search.query).chain(&search.post).filter(|_| search.states == States::Alive) {
            gather(query, &mut names);
        }
        names.truncate(MOST_NAMED);
        let kinds = |name: &NamedReferences| -> Vec<Kind> {
            call.door.catalog.registry().iter().filter(|kind| name.refers.leads_to(*kind)).collect()
        };
        let wanted: Vec<(Vec<Kind>, Condition)> =
            names.iter().map(|name| (kinds(name), name.condition.clone())).collect();
        let mut named = Vec::with_capacity(names.len());
        for (name, found) in names.into_iter().zip(reading.narrowed_each(&wanted).await?) {
            let led = found.led_to_by(name.refers.leads());
            named.push((name, led));
        }
        Ok(IndexedFields { nouns, named })
    }

    /// Of these kinds, with no name looked up.
    #[cfg(test)]
    pub fn of_kinds(kinds: &[&str]) -> IndexedFields {
        let of = |kind: &&str| {
            let noun = crate::nouns::of_kind(kind).expect(kind);
            (noun, emporion_catalog::registry::Registry::standard().expect(kind))
        };
        IndexedFields { nouns: kinds.iter().map(of).collect(), named: Vec::new() }
    }

    /// What can match a test of a field, and whether that is just what does.
    pub fn condition(&self, path: &str, test: &Test) -> (Condition, bool) {
        let mut groups: Vec<(Condition, Vec<Kind>)> = Vec::new();
        let mut is_certain = true;
        for (noun, kind) in &self.nouns {
            let condition = match coverage(self, noun, *kind, path, test) {
                Coverage::Never => continue,
                Coverage::Exactly(condition) => condition,
                Coverage::AtMost(condition) => {
                    is_certain = false;
                    condition
                }
                Coverage::Unknown => {
                    is_certain = false;
                    Condition::Everything
                }
            };
            match groups.iter_mut().find(|(known, _)| *known == condition) {
                Some((_, kinds)) => kinds.push(*kind),
                None => groups.push((condition, vec![*kind])),
            }
        }
        let of_kinds = |(condition, kinds): (Condition, Vec<Kind>)| match kinds.len() == self.nouns.len() {
            true => condition,
            false => Condition::all(vec![Condition::kinds(kinds), condition]),
        };
        (Condition::any(groups.into_iter().map(of_kinds).collect()), is_certain)
    }

    /// What the index counts of the values of a field, and the kinds whose documents have it; `None` where it does not
    /// count just what documents say.
    pub fn counted(&self, path: &str) -> Option<(Vec<&'static str>, Vec<Kind>)> {
        let is_type = |kind: &Kind| coverage::of_type(*kind, path);
        let fields: &[&str] = match path {
            "entityType" => &[KIND_ITSELF],
            "owners.name" => &["owner"],
            "domains.fullyQualifiedName" => &["domain"],
            "tags.tagFQN" => &["tag", "term"],
            "service.fullyQualifiedName" => &["source"],
            _ if self.nouns.iter().any(|(_, kind)| is_type(kind)) => &["type"],
            _ => return None,
        };
        let mut kinds = Vec::new();
        for (noun, kind) in &self.nouns {
            match coverage(self, noun, *kind, path, &Test::Exists) {
                Coverage::Never => {}
                Coverage::Exactly(_) if fields != ["type"] || is_type(kind) => kinds.push(*kind),
                _ => return None,
            }
        }
        Some((fields.to_vec(), kinds))
    }

    /// What a name was found to mean.
    fn meant(&self, refers: ReferenceKind, condition: &Condition) -> Option<&Condition> {
        let known = self.named.iter().find(|(name, _)| name.refers == refers && name.condition == *condition);
        known.and_then(|(_, led)| led.as_ref())
    }
}

/// The parts of a path, of which the second is empty where it has one alone. What stands at `tier` is a label.
fn parts(path: &str) -> (&str, &str) {
    match path.split_once('.') {
        Some((TIER, rest)) => ("tags", rest),
        Some(parts) => parts,
        None => (path, ""),
    }
}
