//! How transactions begin.
//!
//! All that write share an advisory lock, or have it alone (see `group`). Where everything they see is of the moment of
//! their first statement (SERIALIZABLE), that must not be the one that waits for this lock: who had waited to be alone would
//! see what was before, and be overtaken again. Locking a table sees nothing, so there it is waited for before.

/// Which isolation the transactions of a node have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Those that write are READ COMMITTED, those that read see one state: all that decision 0037 asks for.
    ReadCommitted,
    /// All of them, for engines that have no other.
    Serializable,
}

impl Isolation {
    /// Begins a transaction that may write, among others or with none beside it. A node that stands still with the turn holds
    /// every other one's commits: among others the server ends its session as soon as a lease would be gone. Planners wait for
    /// their own questions in between, and have the time of any transaction.
    pub fn begin(self, is_alone: bool) -> &'static str {
        match (self, is_alone) {
            (Isolation::ReadCommitted, false) => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '8s'; \
                 SELECT pg_advisory_xact_lock_shared(7307218417350467)"
            }
            (Isolation::ReadCommitted, true) => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7307218417350467)"
            }
            (Isolation::Serializable, false) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL idle_in_transaction_session_timeout = '8s'; \
                 LOCK TABLE probe IN ROW SHARE MODE; SELECT pg_advisory_xact_lock_shared(7307218417350467)"
            }
            (Isolation::Serializable, true) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE probe IN EXCLUSIVE MODE; \
                 SELECT pg_advisory_xact_lock(7307218417350467)"
            }
        }
    }

    /// Begins one that reads; the first statement after it fixes the state.
    pub fn begin_reading(self) -> &'static str {
        match self {
            Isolation::ReadCommitted => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
        }
    }
}
