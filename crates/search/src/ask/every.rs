//! All documents that fit, without a caller: for those who read what was found with his rights.

use emporion_catalog::id::{AccountId, RecordId};
use tantivy::Result;
use tantivy::query::Query;
use tantivy::schema::Field;

use crate::index::{Fields, Ids, Segments};

/// Every document of an account that fits, whoever sees it, with the name of its kind. `None` where there are more than
/// `most`.
pub fn every(
    segments: &Segments,
    fields: &Fields,
    query: &dyn Query,
    account: AccountId,
    most: usize,
) -> Result<Option<Vec<(String, RecordId)>>> {
    let weight = segments.plain(query)?;
    let mut found = Vec::new();
    let name = |field: Field| fields.schema.get_field_name(field);
    let columns = &fields.columns;
    for segment in segments.all() {
        let (accounts, kinds) = (segment.text(name(columns.account))?, segment.text(name(columns.kind))?);
        let (Some(accounts), Some(kinds)) = (accounts, kinds) else { continue };
        let Some(own) = accounts.dictionary().term_ord(account.to_string())? else { continue };
        let ids = Ids::of(segment, fields)?;
        let alive = segment.reader.alive_bitset();
        let mut docs: Vec<(u64, RecordId)> = Vec::new();
        weight.for_each_no_score(&segment.reader, &mut |batch| {
            for doc in batch.iter().copied() {
                let is_gone = alive.is_some_and(|alive| alive.is_deleted(doc));
                if !is_gone && accounts.ords().first(doc) == Some(own) && found.len() + docs.len() <= most {
                    docs.push((kinds.ords().first(doc).unwrap_or(0), ids.of_doc(doc)));
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
