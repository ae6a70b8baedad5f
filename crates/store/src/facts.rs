//! Expectations that need no question: what was found true before in the same transaction, and what an index checks.

use emporion_model::change_set::{Expect, NameScope, Write};
use emporion_model::id::{AccountId, RecordId, Revision};
use foldhash::HashSet;

/// What was found true in this transaction and stays true while it only adds rows: many sets expect the same of the
/// same domain, schema or caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fact {
    Alive(RecordId),
    Revision(RecordId, Revision),
    Epoch(AccountId, u64),
}

#[derive(Debug, Default)]
pub struct Facts(HashSet<Fact>);

impl Facts {
    /// To be called for everything that is written.
    pub fn outlive(&mut self, write: &Write) {
        let adds = match write {
            Write::Put { replaces, .. } => replaces.is_none(),
            Write::Observe { .. } => true,
            Write::Link(_) | Write::Alias { .. } | Write::PutSecrets { .. } | Write::PutKey(_) => true,
            // What followers keep, is asked for each time that it is expected.
            Write::PutFollower(_) | Write::DropFollower { .. } => true,
            Write::Note(_) | Write::EndAuditEvents { .. } => true,
            _ => false,
        };
        if !adds {
            self.forget();
        }
    }

    pub fn forget(&mut self) {
        self.0.clear();
    }

    pub fn has(&self, expect: &Expect) -> bool {
        Facts::of(expect).is_some_and(|fact| self.0.contains(&fact))
    }

    /// To be called for what was found true.
    pub fn add(&mut self, expect: &Expect) {
        self.0.extend(Facts::of(expect));
    }

    fn of(expect: &Expect) -> Option<Fact> {
        match expect {
            Expect::Alive { id } => Some(Fact::Alive(*id)),
            Expect::RevisionIs { id, revision } => Some(Fact::Revision(*id, *revision)),
            Expect::AccessEpochIs { account, epoch } => Some(Fact::Epoch(*account, *epoch)),
            _ => None,
        }
    }
}

/// Sets of more writes have every expectation asked for.
const FEW_WRITES: usize = 32;

/// Whether a write of the set meets what is in its way by itself: a name, an alias or a key that is given twice has no
/// place in its index. So most sets are spared a look for what hardly ever is there; one that loses takes its group back.
pub fn is_met_by_a_write(expect: &Expect, writes: &[Write]) -> bool {
    let is_it = |write: &Write| match (expect, write) {
        (
            Expect::NameFree { account, kind, scope: NameScope::Fqn(fqn), except: None },
            Write::Put { record, replaces: None, .. },
        ) => (record.account, record.kind) == (*account, *kind) && record.fqn == *fqn && record.state.holds_name(),
        (Expect::AliasFree { account, space, value }, Write::Alias { account: of, space: there, value: given, .. }) => {
            (account, space, value) == (of, there, given)
        }
        (Expect::KeyUnused { account, scope, key, since }, Write::PutKey(answer)) => {
            (account, scope, key) == (&answer.account, &answer.scope, &answer.key) && *since == answer.oldest()
        }
        _ => false,
    };
    writes.len() <= FEW_WRITES && writes.iter().any(is_it)
}
