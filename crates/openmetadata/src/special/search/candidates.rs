//! Which records of a kind can match a query: the narrowest set that the store can name without an index of words.

use emporion_catalog::kind::{Kind, Naming};
use emporion_catalog::load::Depth;
use emporion_catalog::name::fold;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

use super::query::{Query, Test};
use crate::errors::OmResult;
use crate::names;

/// Namesakes that are looked at.
const NAMESAKES: u32 = 10_000;
/// Kinds of at most so many records are read whole; of larger ones only what the words are found in.
const SMALL: u64 = 20_000;
/// More records than this are not looked at: the answer then says that there are at least so many matches.
const MOST: usize = 100_000;
const PAGE: u32 = 5_000;

pub struct Candidates {
    pub records: Vec<Record>,
    /// There were more than could be looked at.
    pub cut_off: bool,
}

/// How the store finds them.
#[derive(Debug, PartialEq, Eq)]
enum Probe {
    Ids(Vec<String>),
    /// The folded name.
    Name(String),
    /// A folded text that name or description holds.
    Holding(String),
    /// The same, where the kind is too large to be read whole.
    HoldingIfLarge(String),
    Everything,
}

/// The candidates of one kind that the caller sees.
pub async fn candidates(reading: &Reading<'_>, kind: Kind, states: States, query: &Query) -> OmResult<Candidates> {
    let mut list = ListQuery { states, limit: PAGE, ..ListQuery::of(reading.account(), kind) };
    match probe(query, kind) {
        Probe::Ids(ids) => {
            let ids: Vec<_> = ids.iter().filter_map(|id| id.parse().ok()).collect();
            let mut records = reading.records(&ids, states).await?;
            records.retain(|record| record.kind == kind);
            return Ok(Candidates { records, cut_off: false });
        }
        Probe::Name(folded) => {
            let records = reading.namesakes(kind, &folded, states, NAMESAKES).await?;
            return Ok(Candidates { records, cut_off: false });
        }
        Probe::Holding(text) => list.containing.push(text),
        Probe::HoldingIfLarge(text) => {
            if reading.count(list.clone()).await? > SMALL {
                list.containing.push(text);
            }
        }
        Probe::Everything => {}
    }
    let mut records: Vec<Record> = Vec::new();
    loop {
        let page = reading.list(list.clone(), &Depth::bare()).await?;
        records.extend(page.views.into_iter().map(|view| view.record));
        match records.last() {
            Some(last) if page.more && records.len() < MOST => list.after = Some(list.keyset(last)),
            _ => return Ok(Candidates { cut_off: page.more, records }),
        }
    }
}

/// The best of the conditions that every match fulfils.
fn probe(query: &Query, kind: Kind) -> Probe {
    let probes = query.musts().into_iter().map(|must| of_condition(must, kind));
    probes.min_by_key(rank).unwrap_or(Probe::Everything)
}

fn rank(probe: &Probe) -> u8 {
    match probe {
        Probe::Ids(_) => 0,
        Probe::Name(_) => 1,
        Probe::Holding(_) => 3,
        Probe::HoldingIfLarge(_) => 4,
        Probe::Everything => 5,
    }
}

fn of_condition(condition: &Query, kind: Kind) -> Probe {
    match condition {
        Query::Ids(ids) => Probe::Ids(ids.clone()),
        Query::Field { path, test: Test::Is(text) } => match path.as_str() {
            "id" => Probe::Ids(vec![text.clone()]),
            "name" => Probe::Name(text.clone()),
            "fullyQualifiedName" => last_name(text, kind).map_or(Probe::Everything, Probe::Name),
            _ => Probe::Everything,
        },
        Query::Field { path, test: Test::Like(pattern) } if path == "fullyQualifiedName" => {
            let ending = pattern.ending();
            // A whole last part is behind the last dot; what is shorter ends the name, if no quotes are about.
            match ending.rsplit_once('.') {
                Some((_, last)) if !ending.contains('"') && !last.is_empty() => {
                    last_name(last, kind).map_or(Probe::Everything, Probe::Name)
                }
                None if !ending.is_empty() && !ending.contains('"') && is_named(kind) => Probe::Holding(ending),
                _ => Probe::Everything,
            }
        }
        Query::Fields { test: Test::Holds(text), .. } => {
            let longest = text.split(|c: char| !c.is_alphanumeric()).max_by_key(|word| word.len()).unwrap_or("");
            if longest.is_empty() { Probe::Everything } else { Probe::HoldingIfLarge(longest.to_owned()) }
        }
        _ => Probe::Everything,
    }
}

/// The folded name at the end of an FQN.
fn last_name(fqn: &str, kind: Kind) -> Option<String> {
    let last = names::split(fqn)?.pop()?;
    is_named(kind).then(|| fold(&last))
}

/// Whether FQNs of the kind end in the name.
fn is_named(kind: Kind) -> bool {
    kind.0.naming != Naming::ById
}

#[cfg(test)]
mod tests {
    use emporion_catalog::registry::Registry;

    use super::super::lucene::{self, Reading};
    use super::*;

    fn of(text: &str, kind: &str) -> Probe {
        probe(&lucene::parse(text, &Reading::default()).expect(text), Registry::standard().expect(kind))
    }

    #[test]
    fn the_store_is_asked_for_as_little_as_the_query_allows() {
        for (text, expected) in [
            ("fullyQualifiedName:Svc.db.sc.T", Probe::Name("t".into())),
            ("fullyQualifiedName:svc.*.sc.t AND tableType:View", Probe::Name("t".into())),
            ("fullyQualifiedName:svc.db.sc.\"a.b\"", Probe::Name("a.b".into())),
            ("fullyQualifiedName:svc.*_fact", Probe::Holding("_fact".into())),
            ("fullyQualifiedName:svc.*", Probe::Everything),
            ("name.keyword:orders", Probe::Name("orders".into())),
            ("orders 2026", Probe::HoldingIfLarge("orders".into())),
            ("fullyQualifiedName:a OR fullyQualifiedName:b", Probe::Everything),
            ("NOT fullyQualifiedName:a", Probe::Everything),
            ("", Probe::Everything),
        ] {
            assert_eq!(of(text, "table"), expected, "{text}");
        }
        assert_eq!(of("fullyQualifiedName:d.x", "asset"), Probe::Everything, "its name is not in its FQN");
    }
}
