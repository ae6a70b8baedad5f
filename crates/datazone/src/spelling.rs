//! Ids as clients of this API know them: the alias under which a record was imported, else the record's own id.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;

use crate::ids;

/// The aliases of the records that an answer names.
#[derive(Debug, Clone, Default)]
pub struct Spelling {
    aliases: HashMap<RecordId, String>,
}

impl Spelling {
    pub async fn of(reading: &Reading<'_>, mut records: Vec<RecordId>) -> Result<Spelling, Problem> {
        records.sort_unstable();
        records.dedup();
        Ok(Spelling::known(reading.aliases(CLOUD_ID.name, &records).await?))
    }

    pub fn known(aliases: Vec<(RecordId, String)>) -> Spelling {
        Spelling { aliases: aliases.into_iter().collect() }
    }

    /// Everything but a domain.
    pub fn id(&self, record: RecordId) -> String {
        self.aliases.get(&record).cloned().unwrap_or_else(|| record.to_string())
    }

    /// A domain as such; as a domain unit it has the plain id.
    pub fn domain(&self, record: RecordId) -> String {
        self.aliases.get(&record).cloned().unwrap_or_else(|| ids::domain_id(record.uuid()))
    }
}
