//! What a deploy does with the drafts of all parts: one list of commands, or a list of what is wrong.

use emporion_catalog::caller::Caller;
use emporion_catalog::command::Command;
use emporion_catalog::id::RecordId;
use emporion_catalog::ports::Snapshot;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::item::{self, Item, draft_id};
use super::part::{Deploying, Fields, Life, Look, Part, Tally};
use super::writes;
use crate::door::Door;
use crate::error::{Failure, Violation};
use crate::translate::pending::{self, Intent};

/// Everything that is to become of the parts of a product.
#[derive(Default)]
pub struct Promotion {
    pub commands: Vec<Command>,
    pub violations: Vec<Violation>,
    /// Members of the answer's `results`.
    pub counters: Map<String, Value>,
    /// Settings of the product that change with it.
    pub settings: Map<String, Value>,
}

/// `moves_tables`: the deploy changes the data assets, too.
pub async fn all(
    door: &Door,
    snapshot: &dyn Snapshot,
    caller: &Caller,
    product: RecordId,
    moves_tables: bool,
) -> Result<Promotion, Failure> {
    let mut promotion = Promotion::default();
    let mut parts = Vec::new();
    for part in super::ALL.iter().filter(|part| part.has_drafts()) {
        parts.push((part, item::of_product(part, &door.catalog, snapshot, caller, product).await?));
    }
    let composes =
        |(part, items): &(&&Part, Vec<Item>)| part.link.is_some() && items.iter().any(|item| item.pending.is_some());
    let deploying = Deploying { moves_tables: moves_tables || parts.iter().any(composes) };
    for (part, items) in &parts {
        let tally = promote(part, door, product, items, &mut promotion);
        if tally.promoted > 0 || deploying.moves_tables {
            let look = Look { door, caller, snapshot, product };
            promotion.violations.extend((part.stands)(&look, items, deploying).await?);
        }
        if let Some(setting) = part.setting
            && tally.deleted > 0
            && items.iter().all(Item::is_pending_delete)
        {
            promotion.settings.insert(setting.to_owned(), Value::Null);
        }
        (part.count)(items, &tally, &mut promotion.counters);
    }
    Ok(promotion)
}

fn promote(part: &Part, door: &Door, product: RecordId, items: &[Item], promotion: &mut Promotion) -> Tally {
    let catalog = &door.catalog;
    let drafts: Vec<&Item> = items.iter().filter(|item| item.pending.is_some()).collect();
    let newest: Option<Uuid> = drafts.iter().map(|item| item.id).max();
    let mut tally = Tally { removed: drafts.len(), ..Tally::default() };
    for item in drafts {
        let Some(draft) = &item.pending else { continue };
        if part.life == Life::NewestDraft && newest != Some(item.id) {
            promotion.commands.push(pending::purge(catalog, draft_id(item.id)));
            continue;
        }
        if draft.intent == Intent::Delete {
            tally.deleted += 1;
            promotion.commands.extend(writes::removed(part, catalog, item));
            continue;
        }
        tally.promoted += 1;
        let others = candidates(items, item.id);
        let wrong = (part.clash)(&draft.fields, &others);
        let entity = |broken: Violation| Violation::new("", broken.rule, broken.message);
        let id = item.id.to_string();
        promotion.violations.extend(wrong.map(|broken| entity(broken).of_entity(part.one, id.clone())));
        promotion.commands.extend(writes::live(part, catalog, product, item, &draft.fields));
    }
    tally
}

/// What will be live beside an item, of what stands before it where both are new: of two that clash, one is named.
fn candidates(items: &[Item], id: Uuid) -> Vec<&Fields> {
    let beside = items.iter().filter(|other| other.id != id && !other.is_pending_delete());
    beside.filter(|other| other.is_deployed() || other.id < id).map(Item::fields).collect()
}
