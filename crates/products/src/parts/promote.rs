//! What a deploy does with the drafts of all parts: one list of commands, or a list of what is wrong.

use std::collections::{HashMap, HashSet};

use emporion_catalog::command::Command;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Reading, Seen, SeenId};
use emporion_catalog::record::{Record, View};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::all::ALL;
use super::item::{self, Item, draft_id};
use super::part::{DeployFindings, DeployScope, LiveChange, Part, Tally};
use super::spec::{Life, Spec};
use super::unique::Taken;
use super::writes;
use crate::assets::pending::{self, Intent};
use crate::failure::{Failure, Violation};
use crate::read_context::ReadContext;
use crate::service::Products;
use crate::warning::Warning;

/// Everything that is to become of the parts of a product.
#[derive(Default)]
pub struct Promotion {
    pub commands: Vec<Command>,
    pub violations: Vec<Violation>,
    pub warnings: Vec<Warning>,
    /// Members of the answer's `results`.
    pub counters: Map<String, Value>,
    /// Settings of the product that change with it.
    pub settings: Map<String, Value>,
}

/// `moves_tables`: the deploy changes the data assets, too.
pub async fn all(
    products: &Products,
    reading: &Reading<'_>,
    view: &View,
    moves_tables: bool,
) -> Result<Promotion, Failure> {
    let product = SeenId::from(view);
    let mut promotion = Promotion::default();
    let mut parts = Vec::new();
    let mut drafts = by_part(item::drafts(None, reading, product).await?);
    for part in ALL.iter().copied().filter(|part| part.spec().has_drafts()) {
        let spec = part.spec();
        let own = drafts.remove(spec.word).unwrap_or_default();
        parts.push((part, item::overlaid(spec, reading, product, own).await?));
    }
    let composes = |(part, items): &(&dyn Part, Vec<Item>)| {
        part.spec().link.is_some() && items.iter().any(|item| item.pending.is_some())
    };
    let scope = DeployScope { moves_tables: moves_tables || parts.iter().any(composes) };
    for (part, items) in &parts {
        let spec = part.spec();
        let mut tally = promote(spec, products, product.record_id(), items, &mut promotion);
        let cx = ReadContext { products, reading, product };
        if tally.removed > 0 || scope.moves_tables {
            let change = LiveChange::Deployed { view, items, moves_tables };
            promotion.settings.extend(part.settings(&cx, change).await?);
        }
        if tally.promoted > 0 || scope.moves_tables {
            let DeployFindings { violations, warnings } = part.check_deploy(&cx, items, scope).await?;
            promotion.violations.extend(violations);
            promotion.warnings.extend(warnings);
        }
        if let Some(setting) = spec.setting
            && tally.deleted > 0
            && items.iter().all(Item::is_pending_delete)
        {
            promotion.settings.insert(setting.to_owned(), Value::Null);
        }
        let refused = named(spec, items, &promotion.violations);
        tally.promoted = tally.promoted.saturating_sub(refused.len());
        if refused.is_empty() {
            part.count(items, &tally, &mut promotion.counters);
        } else {
            let fit: Vec<Item> = items.iter().filter(|item| !refused.contains(&item.id)).cloned().collect();
            part.count(&fit, &tally, &mut promotion.counters);
        }
    }
    Ok(promotion)
}

/// The drafts that would be made live, if nothing were said against them.
fn named(spec: &Spec, items: &[Item], violations: &[Violation]) -> HashSet<Uuid> {
    let is_draft = |item: &&Item| item.pending.is_some() && !item.is_pending_delete();
    let is_named = |item: &&Item| violations.iter().any(|violation| violation.is_of(spec.one, item.id));
    items.iter().filter(is_draft).filter(is_named).map(|item| item.id).collect()
}

fn by_part(drafts: Vec<Record>) -> HashMap<String, Vec<Record>> {
    let mut parts: HashMap<String, Vec<Record>> = HashMap::new();
    for draft in drafts {
        let word = draft.body.get("part").and_then(Value::as_str).unwrap_or_default().to_owned();
        parts.entry(word).or_default().push(draft);
    }
    parts
}

fn promote(
    spec: &'static Spec,
    products: &Products,
    product: RecordId,
    items: &[Item],
    promotion: &mut Promotion,
) -> Tally {
    let catalog = &products.catalog;
    let drafts: Vec<&Item> = items.iter().filter(|item| item.pending.is_some()).collect();
    let newest: Option<Uuid> = drafts.iter().map(|item| item.id).max();
    let staying = items.iter().filter(|item| !item.is_pending_delete());
    let taken = Taken::by(spec, staying.map(|item| (item.fields(), item)));
    let mut tally = Tally { removed: drafts.len(), ..Tally::default() };
    for item in drafts {
        let Some(draft) = &item.pending else { continue };
        if spec.life == Life::NewestDraft && newest != Some(item.id) {
            promotion.commands.push(pending::purge(catalog, draft_id(item.id)));
            continue;
        }
        if draft.intent == Intent::Delete {
            tally.deleted += 1;
            promotion.commands.extend(writes::removed(spec, catalog, item));
            continue;
        }
        tally.promoted += 1;
        // Of two new ones that clash, the later one is named.
        let wrong =
            taken.clash(&draft.fields, |other| other.id != item.id && (other.is_deployed() || other.id < item.id));
        let entity = |broken: Violation| Violation::new("", broken.rule, broken.message);
        let id = item.id.to_string();
        promotion.violations.extend(wrong.map(|broken| entity(broken).of_entity(spec.one, id.clone())));
        promotion.commands.extend(writes::live(spec, catalog, product, item, &draft.fields));
    }
    tally
}
