//! What came of a run.

use std::time::Duration;

use serde_json::{Value, json};

use crate::changes::TableChange;

/// How many things of one level were changed, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub created: usize,
    pub updated: usize,
    /// Only what is counted in no version differs: numbers of rows.
    pub observed: usize,
    pub restored: usize,
    pub removed: usize,
    pub unchanged: usize,
    pub failed: usize,
}

/// Something that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omission {
    pub name: String,
    pub reason: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub service: String,
    pub database: String,
    /// What the source says of itself.
    pub version: String,
    pub is_dry_run: bool,
    pub schemas: Tally,
    pub tables: Tally,
    /// Of views that read tables: `updated` have other origins now.
    pub lineage: Tally,
    /// Of the tables that were crawled.
    pub columns: usize,
    /// Tables that the catalogue had in the scope.
    pub known: usize,
    /// Tables that were other ones in the catalogue, with what of their columns differed.
    pub changes: Vec<TableChange>,
    /// FQNs of tables that the catalogue has in the scope and the source no longer has.
    pub missing: Vec<String>,
    /// What the source has and the catalogue cannot hold.
    pub skipped: Vec<Omission>,
    /// The first of what was refused.
    pub failed: Vec<Omission>,
    pub notes: Vec<String>,
    pub crawling: Duration,
    pub writing: Duration,
}

/// How many refusals are told one by one.
pub const MOST_FAULTS: usize = 20;

impl Report {
    pub fn failures(&self) -> usize {
        self.schemas.failed + self.tables.failed + self.lineage.failed
    }

    pub fn to_json(&self) -> Value {
        let faults = |faults: &[Omission]| -> Value {
            faults.iter().map(|fault| json!({"name": fault.name, "reason": fault.reason})).collect()
        };
        let told = |change: &TableChange| {
            let columns = change
                .changed
                .iter()
                .map(|column| json!({"name": column.name, "before": column.before, "after": column.after}));
            json!({
                "name": change.fqn,
                "added": change.added,
                "removed": change.removed,
                "columns": columns.collect::<Value>(),
            })
        };
        json!({
            "service": self.service,
            "database": self.database,
            "source": self.version,
            "dryRun": self.is_dry_run,
            "schemas": self.schemas.to_json(),
            "tables": self.tables.to_json(),
            "lineage": self.lineage.to_json(),
            "columns": self.columns,
            "changed": self.changes.iter().map(told).collect::<Value>(),
            "missing": self.missing,
            "skipped": faults(&self.skipped),
            "failed": faults(&self.failed),
            "notes": self.notes,
            "crawlMs": u64::try_from(self.crawling.as_millis()).unwrap_or(u64::MAX),
            "writeMs": u64::try_from(self.writing.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl Tally {
    fn to_json(self) -> Value {
        json!({
            "created": self.created,
            "updated": self.updated,
            "observed": self.observed,
            "restored": self.restored,
            "removed": self.removed,
            "unchanged": self.unchanged,
            "failed": self.failed,
        })
    }
}
