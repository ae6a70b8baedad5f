//! Queries that older servers called by the checksum of their text get other names, once: whoever sees such a name can try
//! texts against it. What is deleted cannot be changed: it gets another name when it comes back with its service.

use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Effect, Guard, Outcome, Ref};
use emporion_catalog::follower_state::FollowerState;
use emporion_catalog::id::AccountId;
use emporion_catalog::kinds;
use emporion_catalog::kinds::query::looks_made;
use emporion_catalog::lease::Ownership;
use emporion_catalog::query::{ListQuery, Order, States};
use emporion_catalog::record::Record;
use emporion_catalog::{Catalog, Problem};
use serde_json::Map;

use super::{PURPOSE, name, of_its_own};
use crate::nouns::query::is_checksum;

/// Under this name it is kept, by account, that it was done, of what is deleted, too.
const DONE: &str = "names of all queries";
const PAGE: u32 = 500;

/// Renames them in every account where that was not done. Answers how many.
///
/// Who is stopped within it begins again: what has another name by then is left as it is. So does the next start where some
/// are deleted, until they have come back or are gone.
pub async fn rename(catalog: &Catalog) -> Result<u64, Problem> {
    let mut renamed = 0;
    for account in catalog.accounts().await? {
        if is_done(catalog, account).await? {
            continue;
        }
        renamed += each(catalog, account, States::Alive, true).await?;
        if each(catalog, account, States::Deleted, false).await? > 0 {
            continue;
        }
        let (key, position) = (account.to_string(), catalog.log_head().await?);
        let done = FollowerState { follower: DONE.into(), key, account, position, data: Map::new() };
        catalog.keep_follower_states(&Ownership::alone(), vec![done], Vec::new()).await?;
    }
    Ok(renamed)
}

/// The same of what has come back by a command, with the service that it stands below.
///
/// Cost: none where no service has come back; else a question, where no query was called so.
pub async fn rename_restored(catalog: &Catalog, outcome: &Outcome) {
    let came_back = |outcome: &&Outcome| outcome.effect == Effect::Restored;
    let outcomes = outcome.parts.iter().chain([outcome]).filter(came_back);
    for record in outcomes.map(|outcome| &outcome.view.record).filter(|record| record.kind == kinds::DATABASE_SERVICE) {
        let renamed = async {
            if is_done(catalog, record.account).await? {
                return Ok(());
            }
            each(catalog, record.account, States::Alive, true).await.map(drop)
        };
        if let Err(problem) = renamed.await {
            // What came back is back. The next start tries again.
            tracing::error!(%problem, service = %record.id, "queries of a service that was restored have their old names");
        }
    }
}

async fn is_done(catalog: &Catalog, account: AccountId) -> Result<bool, Problem> {
    Ok(catalog.follower_state(DONE, &account.to_string()).await?.is_some())
}

/// Goes through the queries that are called so, and renames them where that is asked for. Answers how many there are.
async fn each(catalog: &Catalog, account: AccountId, states: States, renames: bool) -> Result<u64, Problem> {
    let of_account = ListQuery::of(account, kinds::QUERY);
    let mut page = ListQuery { order: Order::Created, limit: PAGE, states, ..of_account };
    let mut found = 0;
    loop {
        let records = catalog.followed_page(&page).await?;
        for record in &records {
            if tells_text(catalog, record).await? {
                found += 1;
                if renames {
                    rename_one(catalog, record).await?;
                }
            }
        }
        match records.last() {
            Some(last) if records.len() == PAGE as usize => page.after = Some(page.keyset(last)),
            _ => return Ok(found),
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
    catalog.note_by_server(&Ownership::alone(), record.account, &command, "openmetadata").await
}
