//! All documents that fit, without a caller: for those who read what was found with his rights.

use emporion_catalog::id::{AccountId, RecordId};
use tantivy::query::{EnableScoring, Query};
use tantivy::{Result, Searcher};

use super::sweep::id;
use crate::index::Fields;

/// Every document of an account that fits, whoever sees it, with the name of its kind. `None` where there are more than
/// `most`.
pub fn every(
    searcher: &Searcher,
    fields: &Fields,
    query: &dyn Query,
    account: AccountId,
    most: usize,
) -> Result<Option<Vec<(String, RecordId)>>> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut found = Vec::new();
    let name = |field: tantivy::schema::Field| fields.schema.get_field_name(field);
    for reader in searcher.segment_readers() {
        let (fast, columns) = (reader.fast_fields(), &fields.columns);
        let (Some(accounts), Some(kinds)) = (fast.str(name(columns.account))?, fast.str(name(columns.kind))?) else {
            continue;
        };
        let Some(own) = accounts.dictionary().term_ord(account.to_string())? else { continue };
        let (high, low) = (fast.u64(name(columns.id_high))?, fast.u64(name(columns.id_low))?);
        let alive = reader.alive_bitset();
        let mut docs: Vec<(u64, RecordId)> = Vec::new();
        weight.for_each_no_score(reader, &mut |batch| {
            for doc in batch.iter().copied() {
                let is_gone = alive.is_some_and(|alive| alive.is_deleted(doc));
                if !is_gone && accounts.ords().first(doc) == Some(own) && found.len() + docs.len() <= most {
                    docs.push((kinds.ords().first(doc).unwrap_or(0), id(&high, &low, doc)));
                }
            }
        })?;
        for (kind, id) in docs {
            let mut name = String::new();
            kinds.ord_to_str(kind, &mut name)?;
            found.push((name, id));
        }
    }
    Ok((found.len() <= most).then_some(found))
}
