//! What was observed of a table and lies in the catalogue: samples, profiles, counts. Who sees which part of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::closed::Closed;
use super::{Reader, RowsPermit, personal};
use crate::action::Action;
use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::id::RecordId;
use crate::observation::{COLUMN_PROFILE, SAMPLE_DATA, SYSTEM_PROFILE, Series, TABLE_PROFILE, TEST_RESULT};
use crate::ports::Verdict;
use crate::problem::Problem;
use crate::record::Record;

/// Series that hold rows, or what was computed of rows. Whoever shows or compares their values asks for a [`Sight`].
pub const OF_ROWS: &[Series] = &[SAMPLE_DATA, TABLE_PROFILE, COLUMN_PROFILE, SYSTEM_PROFILE, TEST_RESULT];

/// What one principal sees of what was observed of one table that he sees. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// The rows are his to lend; nothing is masked for him.
    pub holds: bool,
    /// Rows of the sample.
    pub sample: bool,
    /// Values that were computed of columns: extremes, means, histograms.
    pub values: bool,
    /// Numbers of rows, nulls and distinct values, and lengths.
    pub counts: bool,
    /// Paths of columns that are masked from him in some product: here he sees no more of them.
    pub masked: BTreeSet<String>,
}

impl Sight {
    /// Whether the principal sees values of the column nowhere, whatever it holds.
    ///
    /// `path` is as FQNs are written, or the name of a top column.
    pub fn masks(&self, path: &str) -> bool {
        if self.holds || self.masked.is_empty() {
            return false;
        }
        let path = personal::folded(path);
        let is_above = |masked: &String| path.strip_prefix(masked.as_str()).is_some_and(|rest| rest.starts_with('.'));
        self.masked.contains(&path) || self.masked.iter().any(is_above)
    }

    /// The right to read rows of the source itself for a sample.
    pub fn permit(&self) -> Option<RowsPermit> {
        self.sample.then_some(RowsPermit(()))
    }
}

/// What there is a right of its own for.
const PARTS: [Action; 2] = [Action::ViewSampleData, Action::ViewDataProfile];

impl Reader<'_> {
    /// What the principal sees of each of the tables, which he sees.
    ///
    /// Cost: a few reads for all of them together, the facts that a policy asks for among them.
    pub fn sights<'a>(&'a self, tables: &'a [&'a Record]) -> Boxed<'a, Result<HashMap<RecordId, Sight>, Problem>> {
        Box::pin(async move {
            let ids: Vec<RecordId> = tables.iter().map(|table| table.id).collect();
            let held = self.held(&ids).await?;
            let closed = if tables.is_empty() { Closed::default() } else { self.closed().await? };
            let known = CachedSnapshot::over(self.snapshot);
            self.access.prefetch_parts(&known, self.principal, &PARTS, tables).await?;
            let reader = Reader { snapshot: &known, ..*self };
            let mut sights = HashMap::with_capacity(tables.len());
            for table in tables {
                let holds = held.contains(&table.id);
                let is_whole = holds || !closed.holds(table);
                let sight = Sight {
                    holds,
                    sample: is_whole && reader.has_part(Action::ViewSampleData, table, holds).await?,
                    values: is_whole && reader.has_part(Action::ViewDataProfile, table, holds).await?,
                    counts: is_whole,
                    masked: closed.masked(table.id),
                };
                sights.insert(table.id, sight);
            }
            Ok(sights)
        })
    }

    /// Those of the tables whose rows are not to be counted for the principal: he sees a part of them only.
    pub fn uncounted<'a>(&'a self, tables: &'a [&'a Record]) -> Boxed<'a, Result<HashSet<RecordId>, Problem>> {
        Box::pin(async move {
            let mut filtered = self.filtered(tables).await?;
            if !filtered.is_empty() {
                let held = self.held(&filtered.iter().copied().collect::<Vec<_>>()).await?;
                filtered.retain(|table| !held.contains(table));
            }
            Ok(filtered)
        })
    }

    /// By holding or by a policy; a policy that denies the part denies it to owners as well.
    async fn has_part(&self, part: Action, table: &Record, holds: bool) -> Result<bool, Problem> {
        Ok(match self.access.judge_part(self.snapshot, self.principal, part, table).await? {
            Verdict::Always => true,
            Verdict::Never { why } => holds && why.is_none(),
            Verdict::Depends => false,
        })
    }
}
