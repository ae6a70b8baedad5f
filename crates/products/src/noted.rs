//! What stands in the trail of a reading of rows, whichever door it came by: one line for a statement, and one for a question,
//! however many statements answer it.

use std::collections::{BTreeMap, BTreeSet};

use emporion_catalog::audit_event::AuditEventKind;
use emporion_catalog::audit_trail::Detail;
use emporion_catalog::caller::Caller;
use emporion_catalog::denials::Denials;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_semantic::guard::TableName;
use parking_lot::Mutex;

use crate::asking::Decided;
use crate::failure::Failure;
use crate::rows_file::RowsFile;
use crate::service::Products;

/// The product whose rows are read.
#[derive(Debug, Clone)]
pub struct Subject {
    pub id: RecordId,
    pub name: String,
}

impl Subject {
    pub fn of(view: &View) -> Subject {
        Subject { id: view.id(), name: view.record.fqn.clone() }
    }
}

/// The tables that were read so far, each with the place of its source, and their full names.
#[derive(Debug, Default)]
pub struct TablesRead(Mutex<BTreeMap<(usize, TableName), String>>);

impl TablesRead {
    pub fn add(&self, Decided { source, at, plan, .. }: &Decided<'_>) {
        let named = |table: &TableName| ((*at, table.clone()), source.full_name(table));
        self.0.lock().extend(plan.tables.iter().map(named));
    }

    pub fn all(&self) -> Vec<(usize, TableName)> {
        self.0.lock().keys().cloned().collect()
    }

    fn names(&self) -> BTreeSet<String> {
        self.0.lock().values().cloned().collect()
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub enum ReadingOutcome<'a> {
    Rows(usize),
    /// So many, which were asked for before.
    Again(usize),
    Nothing(&'a Failure),
}

impl Products {
    pub fn note_reading(
        &self,
        caller: &Caller,
        what: AuditEventKind,
        subject: &Subject,
        tables: &TablesRead,
        given: ReadingOutcome<'_>,
        text: impl FnOnce() -> String,
    ) {
        self.catalog.note(caller, what, Some(subject.id), self.read(subject, tables, given, text));
    }

    /// Rows that were just read go into a file: the line tells as much as that of what they were read by.
    pub fn note_file(
        &self,
        caller: &Caller,
        file: RowsFile,
        subject: &Subject,
        tables: &TablesRead,
        rows: usize,
        text: impl FnOnce() -> String,
    ) {
        let detail = self.read(subject, tables, ReadingOutcome::Rows(rows), text).with("format", file.format);
        let caller = Caller { door: file.door.or(caller.door), ..caller.clone() };
        self.catalog.note(&caller, AuditEventKind::Exported, Some(subject.id), detail);
    }

    /// Of a preview beside what somebody is typing: with others of his, one line.
    pub fn note_preview(
        &self,
        caller: &Caller,
        beside: &'static str,
        subject: &Subject,
        tables: &TablesRead,
        given: ReadingOutcome<'_>,
        text: impl FnOnce() -> String,
    ) {
        let detail = self.read(subject, tables, given, text).of_preview(beside);
        self.catalog.note(caller, AuditEventKind::Statement, Some(subject.id), detail);
    }

    fn read(
        &self,
        subject: &Subject,
        tables: &TablesRead,
        given: ReadingOutcome<'_>,
        text: impl FnOnce() -> String,
    ) -> Detail {
        let tables = tables.names();
        let detail = Detail::default().text("product", &subject.name).list("tables", tables.into_iter());
        let detail = match given {
            ReadingOutcome::Rows(rows) => detail.with("rows", rows),
            ReadingOutcome::Again(rows) => detail.with("rows", rows).with("again", true),
            ReadingOutcome::Nothing(failure) => {
                Denials::are_noted();
                detail.with("rows", 0).with("failed", failure.code.name())
            }
        };
        match self.catalog.trail_settings().texts {
            true => detail.text("text", &text()),
            false => detail,
        }
    }
}
