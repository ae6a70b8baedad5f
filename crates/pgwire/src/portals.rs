//! What the portals of a conversation have read, and with which rights: what is sent later is held against those of then.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pgwire::api::Type;
use pgwire::api::portal::PortalExecutionState;
use pgwire::error::PgWireResult;

use crate::failures;
use crate::memory_budget::{MemoryBudget, Reservation};
use crate::rights::Rights;
use crate::values::Table;

/// How long an answer is sent that takes no rights.
const FRESH: Duration = Duration::from_secs(1);

/// Of a portal: no two have the same.
type State = Arc<Execution>;
type Execution = tokio::sync::Mutex<PortalExecutionState>;
/// With the rights that it was begun with.
type Begun = (Weak<Execution>, Option<Rights>);

#[derive(Default)]
pub struct Portals {
    described: Mutex<Option<Described>>,
    /// By their names, what those read of which a part was sent.
    begun: Mutex<HashMap<String, Begun>>,
}

/// What a portal answers that was described: it ran then.
pub struct Described {
    state: State,
    table: Table,
    rights: Option<Rights>,
    at: Instant,
    /// Where there is no room for its rows, they are read again. What was fetched of a cursor is a part of what that keeps.
    kept: Option<Reservation>,
}

/// What may be sent of what was read for a description.
pub enum Sent {
    Read(Table),
    /// It is read again, with these columns.
    Again(Vec<(String, Type)>),
}

impl Described {
    pub fn new(state: State, mut table: Table, rights: Option<Rights>, room: &Arc<MemoryBudget>) -> Described {
        let kept = if table.is_fetched { None } else { room.take(table.bytes()).ok() };
        if kept.is_none() && !table.is_fetched {
            table.rows = Vec::new();
        }
        Described { state, table, rights, at: Instant::now(), kept }
    }

    /// What is sent with the rights of now.
    pub fn sent(self, now: Option<&Rights>) -> Sent {
        // What was fetched of a cursor is fetched no second time.
        let is_last = now.is_some() || self.table.is_fetched || self.at.elapsed() < FRESH;
        let is_there = self.table.is_fetched || self.kept.is_some();
        let is_same = self.rights.as_ref() == now && is_last && is_there;
        if is_same { Sent::Read(self.table) } else { Sent::Again(self.table.columns) }
    }
}

impl Portals {
    pub fn describe(&self, described: Described) {
        *self.described.lock() = Some(described);
    }

    /// What was run for a description of this very portal.
    pub fn take_described(&self, state: &State) -> Option<Described> {
        self.described.lock().take().filter(|described| Arc::ptr_eq(&described.state, state))
    }

    pub fn begin(&self, name: &str, state: &State, rights: Option<Rights>) {
        self.begun.lock().insert(name.to_owned(), (Arc::downgrade(state), rights));
    }

    /// The rights with which a portal was begun, where it takes some.
    pub fn begun_with(&self, name: &str, state: &State) -> Option<Rights> {
        let begun = self.begun.lock();
        begun.get(name).filter(|(of, _)| of.as_ptr() == Arc::as_ptr(state)).and_then(|(_, rights)| rights.clone())
    }

    pub fn close(&self, name: &str) {
        self.begun.lock().remove(name);
    }

    pub fn clear(&self) {
        *self.described.lock() = None;
        self.begun.lock().clear();
    }
}

/// Gives what was read again the types that were described.
///
/// Errors: other columns than those.
pub fn as_described(table: &mut Table, columns: Vec<(String, Type)>) -> PgWireResult<()> {
    let names = |columns: &[(String, Type)]| columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if names(&table.columns) != names(&columns) {
        return Err(failures::error(failures::NOT_OFFERED, "cached plan must not change result type"));
    }
    table.columns = columns;
    Ok(())
}
