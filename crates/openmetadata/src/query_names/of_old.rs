//! Queries that older servers called by the checksum of their text get other names, once: whoever sees such a name can try
//! texts against it.

use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::follower_state::FollowerState;
use emporion_catalog::id::AccountId;
use emporion_catalog::kinds::query::looks_made;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::record::Record;
use emporion_catalog::{Catalog, Problem};
use serde_json::Map;

use super::{PURPOSE, name, of_its_own};
use crate::nouns::query::is_checksum;

/// Under this name it is kept, by account, that it was done.
const DONE: &str = "names of queries";
const PAGE: u32 = 500;

/// Renames them in every account where that was not done. Answers how many.
///
/// Who is stopped within it begins again: what has another name by then is left as it is.
pub async fn rename(catalog: &Catalog) -> Result<u64, Problem> {
    let mut renamed = 0;
    for account in catalog.accounts().await? {
        let key = account.to_string();
        if catalog.follower_state(DONE, &key).await?.is_some() {
            continue;
        }
        renamed += rename_of(catalog, account).await?;
        let position = catalog.log_head().await?;
        let done = FollowerState { follower: DONE.into(), key, account, position, data: Map::new() };
        catalog.keep_follower_states(vec![done], Vec::new()).await?;
    }
    Ok(renamed)
}

async fn rename_of(catalog: &Catalog, account: AccountId) -> Result<u64, Problem> {
    let mut page = ListQuery { order: Order::Created, limit: PAGE, ..ListQuery::of(account, catalog.kind("query")) };
    let mut renamed = 0;
    loop {
        let records = catalog.followed_page(&page).await?;
        for record in &records {
            if tells_text(catalog, record).await? {
                rename_one(catalog, record).await?;
                renamed += 1;
            }
        }
        match records.last() {
            Some(last) if records.len() == PAGE as usize => page.after = Some(page.keyset(last)),
            _ => return Ok(renamed),
        }
    }
}

/// Whether it is called by the checksum of its text, or of one that it had.
async fn tells_text(catalog: &Catalog, record: &Record) -> Result<bool, Problem> {
    let is_told = |record: &Record, name: &str| {
        let text = record.body.get("query").and_then(|text| text.as_str());
        text.is_some_and(|text| is_checksum(name, text))
    };
    if !looks_made(&record.name) {
        return Ok(false);
    }
    if is_told(record, &record.name) {
        return Ok(true);
    }
    let mut before = Some(record.revision);
    while before.is_some() {
        let states = catalog.followed_past(record.id, before, PAGE).await?;
        if states.iter().any(|state| is_told(state, &record.name)) {
            return Ok(true);
        }
        before = states.last().map(|state| state.revision);
    }
    Ok(false)
}

async fn rename_one(catalog: &Catalog, record: &Record) -> Result<(), Problem> {
    let text = record.body.get("query").and_then(|text| text.as_str()).unwrap_or_default();
    // The one by which those who hold the rows find it again, where no other query has it.
    let shared = name(&catalog.keys_for(PURPOSE).now().newest, record.parent, None, text);
    match called(catalog, record, shared).await {
        Err(Problem::NameTaken { .. }) => called(catalog, record, of_its_own(catalog, record, text)).await,
        done => done,
    }
}

async fn called(catalog: &Catalog, record: &Record, name: String) -> Result<(), Problem> {
    let command = Command::Change {
        target: Ref::Id(record.kind, record.id),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(Draft { name: Some(name.clone()), ..Draft::default() })),
        rules: DoorRules { may_rename: true, ..DoorRules::default() },
    };
    catalog.note_by_server(record.account, &command, "openmetadata").await
}
