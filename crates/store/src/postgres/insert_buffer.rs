//! What change sets of a group add, in memory until many of them are written by a statement for each sort.

use emporion_model::change_set::{Expect, NameScope, RememberedAnswer};
use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::name;
use emporion_model::record::{Edge, Record};

use super::error::PostgresError;

/// What is new, in its order.
#[derive(Debug, Default)]
pub struct InsertBuffer {
    pub records: Vec<Record>,
    pub aliases: Vec<Alias>,
    pub edges: Vec<Edge>,
    pub answers: Vec<RememberedAnswer>,
    /// Of the bodies of the records.
    pub bytes: usize,
}

#[derive(Debug)]
pub struct Alias {
    pub account: AccountId,
    pub space: &'static str,
    pub value: String,
    pub id: RecordId,
}

impl Alias {
    pub fn is_taken(&self) -> PostgresError {
        let Alias { account, space, value, .. } = self;
        PostgresError::Lost(Expect::AliasFree { account: *account, space, value: value.clone() })
    }
}

impl InsertBuffer {
    /// Whether an answer is kept under this key.
    pub fn has_answer(&self, account: AccountId, scope: &str, key: &str) -> bool {
        self.answers.iter().any(|there| there.account == account && there.scope == scope && there.key == key)
    }

    /// Whether what stands in the tables tells nothing of the expectation before this is written.
    pub fn bears_on(&self, expect: &Expect) -> bool {
        match expect {
            Expect::RevisionIs { id, .. } | Expect::Alive { id } => self.records.iter().any(|record| record.id == *id),
            Expect::NameFree { account, kind, scope, .. } => self.has_name(*account, *kind, scope),
            Expect::AliasFree { account, space, value } => {
                self.aliases.iter().any(|there| (there.account, there.space, &there.value) == (*account, space, value))
            }
            Expect::KeyUnused { account, scope, key, .. } => self.has_answer(*account, scope, key),
            Expect::EdgeExists { id } => self.edges.iter().any(|edge| edge.id == *id),
            Expect::NoEdgeTo { id, .. } => self.edges.iter().any(|edge| edge.to == *id),
            Expect::NoChildren { id } => self.records.iter().any(|record| record.parent == Some(*id)),
            // Records that are new are counted in memory; none of the rest is gathered.
            Expect::CountBelow { .. }
            | Expect::FollowerAt { .. }
            | Expect::ObservationIs { .. }
            | Expect::AccessEpochIs { .. }
            | Expect::Unchanged { .. } => false,
        }
    }

    fn has_name(&self, account: AccountId, kind: Kind, scope: &NameScope) -> bool {
        let folds_to = |record: &Record, folded: &str| name::fold(&record.name) == folded;
        self.records.iter().filter(|record| record.account == account && record.kind == kind).any(
            |record| match scope {
                NameScope::Fqn(fqn) => record.fqn == *fqn,
                NameScope::Folded(folded) => folds_to(record, folded),
                NameScope::Within { name, .. } => folds_to(record, &name::fold(name)),
            },
        )
    }
}
