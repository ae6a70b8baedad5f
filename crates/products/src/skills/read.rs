//! Skills and their versions, as they are shown.

use std::collections::HashMap;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use serde_json::Value;
use uuid::Uuid;

use super::{by_id, newest};
use crate::failure::Failure;
use crate::message::Message;
use crate::page::{CursorScope, ListPage, PageRequest};
use crate::service::Products;

/// A version of a skill.
pub struct ShownVersion {
    pub record: Record,
    /// The address of who made it, where it is asked for; null where he has none.
    pub email: Option<Value>,
}

/// The skills of the account, each as its newest version is; or the versions of one; oldest first.
///
/// Errors: 404 for a skill that is not there.
pub async fn list(
    products: &Products,
    caller: &Caller,
    versions_of: Option<Uuid>,
    page: &PageRequest,
    has_emails: bool,
) -> Result<ListPage<ShownVersion>, Failure> {
    let reading = products.catalog.reading(caller).await?;
    let parent = match versions_of {
        Some(skill) => Some(by_id(&reading, skill).await?.id()),
        None => None,
    };
    let kind = products.catalog.kind(if parent.is_some() { "skill_version" } else { "skill" });
    let name = parent.map_or_else(|| "accountSkills".to_owned(), |skill| format!("skillVersions/{skill}"));
    let scope = CursorScope::of(caller.account(), &name, page);
    let records = ListQuery { parent, ..ListQuery::of(caller.account(), kind) };
    let query = scope.query(&products.cursor_keys, page, records)?;
    let found = reading.list(query, &Depth::bare()).await?;
    let records: Vec<&Record> = found.views.iter().map(|view| &view.record).collect();
    let items = shown(&reading, &records, has_emails).await?;
    Ok(ListPage { items, total: found.total, pagination: scope.pagination_after(&products.cursor_keys, page, &found) })
}

/// A skill, as its newest version is.
///
/// Errors: 404.
pub async fn get(
    products: &Products,
    caller: &Caller,
    skill: Uuid,
    has_email: bool,
) -> Result<(View, ShownVersion), Failure> {
    let reading = products.catalog.reading(caller).await?;
    let view = by_id(&reading, skill).await?;
    let shown = one(&reading, &view.record, has_email).await?;
    Ok((view, shown))
}

/// One version of a skill.
///
/// Errors: 404.
pub async fn version(
    products: &Products,
    caller: &Caller,
    (skill, version): (Uuid, Uuid),
    has_email: bool,
) -> Result<ShownVersion, Failure> {
    let reading = products.catalog.reading(caller).await?;
    let skill = by_id(&reading, skill).await?;
    let record = find_version(&reading, &skill, version).await?;
    one(&reading, &record, has_email).await
}

/// Errors: 404.
pub(super) async fn find_version(reading: &Reading<'_>, skill: &View, id: Uuid) -> Result<Record, Failure> {
    let kind = reading.catalog().kind("skill_version");
    let found = reading.parts_by_id(&[skill], &[RecordId::from_uuid(id)]).await?.pop().flatten();
    found
        .filter(|record| record.kind == kind && record.state.is_alive())
        .ok_or_else(|| Failure::not_found(Message::with("there is no version \"{}\" of the skill", [id.to_string()])))
}

async fn one(reading: &Reading<'_>, record: &Record, has_email: bool) -> Result<ShownVersion, Failure> {
    let mut shown = shown(reading, &[record], has_email).await?;
    Ok(shown.pop().expect("one for each"))
}

async fn shown(reading: &Reading<'_>, records: &[&Record], has_emails: bool) -> Result<Vec<ShownVersion>, Failure> {
    let newest = newest(reading, records).await?;
    let records: Vec<&Record> = records.iter().map(|record| newest.get(&record.id).unwrap_or(record)).collect();
    let mut emails: HashMap<RecordId, Value> = HashMap::new();
    if has_emails {
        let mut makers: Vec<RecordId> = records.iter().map(|record| record.created.by.id).collect();
        makers.sort_unstable();
        makers.dedup();
        for user in reading.in_any_state(&makers).await? {
            emails.insert(user.id, user.body.get("email").cloned().unwrap_or(Value::Null));
        }
    }
    let email = |record: &Record| emails.get(&record.created.by.id).cloned().unwrap_or(Value::Null);
    let shown = records.into_iter();
    Ok(shown.map(|record| ShownVersion { record: record.clone(), email: has_emails.then(|| email(record)) }).collect())
}
