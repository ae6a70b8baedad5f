//! The language in which queries for members are given, and the queries that are known in it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::finder::{Condition, Document, Test};
use crate::id::{AccountId, RecordId};
use crate::kind::{Asset, Kind};
use crate::record::View;
use crate::registry::Registry;

/// The language of searches, as far as it says what is decided of one record alone. It knows no index.
pub trait MemberLanguage: Send + Sync {
    /// What a query names, to be looked up.
    ///
    /// Errors: what is wrong with the query, as a rule.
    fn names(&self, registry: &Registry, query: &str) -> Result<Vec<Named>, String>;

    /// The properties that a query asks for. Who gives one must see something that has it.
    fn properties(&self, query: &str) -> Vec<Property>;

    /// What a query asks of a record, where its names mean these.
    fn condition(&self, registry: &Registry, query: &str, means: &Means) -> Result<Condition, String>;

    /// The record as queries see it. The view has edges of the relations that decide, and the domains above its domains.
    fn document(&self, view: &View) -> Document;
}

/// Something that a query names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub field: &'static str,
    pub text: String,
}

impl Named {
    /// By which it is found in [`Means`].
    pub fn key(&self) -> String {
        format!("{}:{}", self.field, self.text)
    }
}

/// A property that a query asks for.
#[derive(Debug, Clone)]
pub struct Property {
    /// That a record has it.
    pub has: Condition,
    /// What is wrong where none has, as a rule.
    pub missing: String,
}

/// The records that names of a query mean.
pub type Means = HashMap<String, Vec<RecordId>>;

/// Fields of documents that a record can have from what it stands below.
const INHERITED: [&str; 4] = ["owner", "team", "domain", "domain="];
/// The same, with all that lead to records which can be deleted while others refer to them.
const REFERRING: [&str; 7] = ["owner", "team", "domain", "domain=", "tag", "term", "certified"];

/// A product's query, ready to be held against records.
pub struct Standing {
    pub product: RecordId,
    /// Whoever gave it.
    pub giver: RecordId,
    pub condition: Condition,
    /// The kinds of what can match.
    pub kinds: Vec<Kind>,
}

impl Standing {
    pub fn new(registry: &Registry, product: RecordId, giver: RecordId, condition: Condition) -> Standing {
        let (by_kind, _) = condition.bounded(&|test| match test {
            Test::Kinds(kinds) => (Condition::Test(kinds.clone()), true),
            _ => (Condition::Everything, false),
        });
        let can_match =
            |kind: &Kind| is_candidate(*kind) && by_kind.holds_by(&|kinds: &Vec<Kind>| kinds.contains(kind));
        let kinds = registry.iter().filter(can_match).collect();
        Standing { product, giver, condition, kinds }
    }

    /// Whether it turns on what records have from above them.
    pub fn turns_on_places(&self) -> bool {
        self.asks_for(&INHERITED)
    }

    /// Whether it turns on records that others refer to.
    pub fn turns_on_references(&self) -> bool {
        self.asks_for(&REFERRING)
    }

    /// The records that it names of these; `None` where it turns on others of their kinds, too.
    pub fn referred_to(&self) -> Option<Vec<RecordId>> {
        let mut named = Vec::new();
        for test in self.condition.tests() {
            match test {
                Test::Leads { field, to } if REFERRING.contains(&&**field) => named.extend(to),
                Test::Has(field) | Test::Exact { field, .. } | Test::Folded { field, .. }
                    if REFERRING.contains(&&**field) =>
                {
                    return None;
                }
                _ => {}
            }
        }
        Some(named)
    }

    fn asks_for(&self, fields: &[&str]) -> bool {
        self.condition.tests().into_iter().any(|test| match test {
            Test::Leads { field, .. } | Test::Has(field) => fields.contains(&&**field),
            Test::Exact { field, .. } | Test::Folded { field, .. } => fields.contains(&&**field),
            _ => false,
        })
    }
}

/// Whether records of the kind can be members by a query.
pub fn is_candidate(kind: Kind) -> bool {
    kind.0.asset == Asset::Item
}

/// The queries of each account as they were at an access epoch. A commit expects the epoch that it was planned at, and
/// whatever changes a query raises it: what is kept here is asked about by each that uses it.
pub struct MemberQueries {
    pub language: &'static dyn MemberLanguage,
    known: RwLock<HashMap<AccountId, OfEpoch>>,
}

/// The queries at an access epoch.
type OfEpoch = (u64, Arc<[Standing]>);

impl MemberQueries {
    pub fn read_by(language: &'static dyn MemberLanguage) -> MemberQueries {
        MemberQueries { language, known: RwLock::default() }
    }

    pub fn known(&self, account: AccountId, epoch: u64) -> Option<Arc<[Standing]>> {
        self.known.read().get(&account).filter(|(known, _)| *known == epoch).map(|(_, all)| all.clone())
    }

    pub fn keep(&self, account: AccountId, epoch: u64, all: &Arc<[Standing]>) {
        let mut known = self.known.write();
        if known.get(&account).is_none_or(|(known, _)| *known < epoch) {
            known.insert(account, (epoch, all.clone()));
        }
    }
}
