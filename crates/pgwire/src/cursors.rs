//! Cursors: what a query answered, taken in portions. It was read when the cursor was declared; what is fetched later is held
//! against the rights of then.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_semantic::pg::said::{Fetch, Step};
use parking_lot::Mutex;
use pgwire::api::Type;
use pgwire::error::PgWireError;

use crate::failures::{self, NO_SUCH_CURSOR, TOO_LARGE};
use crate::memory_budget::{MemoryBudget, Reservation};
use crate::rights::Rights;
use crate::values::{Bound, Table};

/// Of one conversation.
const MOST: usize = 16;

/// A query with what is bound to its parameters, and what he who declared the cursor could read of it.
#[derive(Clone)]
pub struct Declared {
    pub query: String,
    pub bound: Vec<Bound>,
    pub rights: Option<Rights>,
    pub is_held: bool,
}

impl Declared {
    /// That it takes for as long as it is there.
    fn bytes(&self) -> usize {
        let bound = self.bound.iter().map(|one| size_of::<Bound>() + one.bytes.as_ref().map_or(0, |bytes| bytes.len()));
        size_of::<Declared>() + self.query.len() + bound.sum::<usize>()
    }
}

struct Cursor {
    declared: Declared,
    table: Table,
    _kept: Reservation,
    /// Where it stands: 0 before the first row, behind the last one where all were passed.
    at: usize,
}

#[derive(Default)]
pub struct Cursors(Mutex<HashMap<String, Cursor>>);

impl Cursors {
    /// Errors: where there is one of the name, too many, or no room for another.
    pub fn open(
        &self,
        room: &Arc<MemoryBudget>,
        name: &str,
        declared: Declared,
        table: Table,
    ) -> Result<(), PgWireError> {
        let mut cursors = self.0.lock();
        if cursors.contains_key(name) {
            return Err(failures::error("42P03", format!("cursor \"{name}\" already exists")));
        }
        if cursors.len() >= MOST {
            return Err(failures::error(TOO_LARGE, "too many cursors: close some"));
        }
        let kept = room.take(table.bytes() + declared.bytes())?;
        cursors.insert(name.to_owned(), Cursor { declared, table, _kept: kept, at: 0 });
        Ok(())
    }

    pub fn declared(&self, name: &str) -> Result<Declared, PgWireError> {
        self.0.lock().get(name).map(|cursor| cursor.declared.clone()).ok_or_else(|| none(name))
    }

    /// What its rows have.
    pub fn columns(&self, name: &str) -> Result<Vec<(String, Type)>, PgWireError> {
        self.0.lock().get(name).map(|cursor| cursor.table.columns.clone()).ok_or_else(|| none(name))
    }

    /// The rows that are wanted.
    ///
    /// Errors: where there is no such cursor.
    pub fn fetch(&self, wanted: &Fetch) -> Result<Table, PgWireError> {
        let mut cursors = self.0.lock();
        let cursor = cursors.get_mut(&wanted.cursor).ok_or_else(|| none(&wanted.cursor))?;
        let all = cursor.table.rows.len();
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        // The places of the rows, and where it stands then.
        let (from, to) = match wanted.step {
            Step::Next(None) => (cursor.at, usize::MAX),
            Step::Next(Some(count)) => (cursor.at, cursor.at.saturating_add(place(count))),
            Step::At(at) => (place(at).saturating_sub(1), place(at)),
            Step::Ahead(count) => {
                let to = cursor.at.saturating_add(place(count));
                (to.saturating_sub(1), to)
            }
            Step::Again => (cursor.at.saturating_sub(1), cursor.at),
        };
        cursor.at = to.min(all + 1);
        Ok(Table {
            columns: cursor.table.columns.clone(),
            rows: cursor.table.rows[from.min(all)..to.min(all)].to_vec(),
            warnings: std::mem::take(&mut cursor.table.warnings),
            is_fetched: true,
        })
    }

    /// Errors: where there is no such cursor.
    pub fn close(&self, name: Option<&str>) -> Result<(), PgWireError> {
        let mut cursors = self.0.lock();
        match name {
            Some(name) => cursors.remove(name).map(drop).ok_or_else(|| none(name)),
            None => {
                cursors.clear();
                Ok(())
            }
        }
    }

    /// With a transaction those end that are not held beyond it.
    pub fn end(&self) {
        self.0.lock().retain(|_, cursor| cursor.declared.is_held);
    }
}

fn none(name: &str) -> PgWireError {
    failures::error(NO_SUCH_CURSOR, format!("cursor \"{name}\" does not exist"))
}
