//! The tables of a product: the live ones overlaid with drafts, and what an edit of the list comes to.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::rows::grants;
use emporion_catalog::spelling::decode;
use emporion_catalog::{name, relation};
use serde_json::Value;
use uuid::Uuid;

use super::input;
use super::pending::{Intent, Pending};
use crate::assets::input::{AssetChange, AssetEdit, AssetInput};
use crate::content_state::ContentState;
use crate::failure::{Failure, Violation};
use crate::patch::Patch;
use crate::problems::RULE_EXISTS;
use crate::warning::Warning;

/// Attributes of the edge from a product to an asset.
pub const EXTERNAL_ID: &str = "external_id";
pub const DESCRIPTION: &str = "description";

/// An asset that is live: a table that the product has an edge to.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    pub table: RecordId,
    /// The table lends its rows to the product.
    pub is_lent: bool,
    /// Where the table stands, and what the edge says of it.
    pub fields: AssetInput,
    /// What the table says of itself, shown where the edge says nothing.
    pub table_description: Option<String>,
}

/// One data asset.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub id: Uuid,
    /// What a client that may see drafts sees.
    pub fields: AssetInput,
    pub live: Option<Live>,
    pub pending: Option<Pending>,
}

/// What is to become of one asset.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Add { id: Uuid, fields: AssetInput, path: String },
    Change { id: Uuid, fields: AssetInput, path: String },
    Remove { id: Uuid },
}

/// An edit, taken apart.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    pub acts: Vec<Act>,
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    /// Tables whose rows are to be lent from now on, or no longer.
    pub lends: Vec<(RecordId, bool)>,
    /// Tables that lend nothing and were added again: who holds their rows lends them by that.
    pub again: Vec<RecordId>,
    /// Drafts whose tables were added again: who holds the rows of one lends them in its stead.
    pub redrafted: Vec<Redrafted>,
    pub warnings: Vec<Warning>,
}

/// A draft whose table somebody adds again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redrafted {
    pub id: Uuid,
    /// He says that it shall lend its rows.
    pub is_asked: bool,
}

/// All data assets of a product, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProductAssets {
    pub items: Vec<Item>,
    /// Drafts of assets that somebody else has taken out meanwhile; they go with the next deploy.
    pub stale: Vec<Uuid>,
}

impl Item {
    pub fn is_shown(&self, state: ContentState) -> bool {
        state.shows(self.live.is_some(), self.is_deployed())
    }

    pub fn is_pending_delete(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.intent == Intent::Delete)
    }

    /// What is live, where it is what is seen: a draft may name another table.
    pub fn shown(&self) -> Option<&Live> {
        self.live.as_ref().filter(|live| live.fields.full_name() == self.fields.full_name())
    }

    /// Whether what is seen is live.
    pub fn is_deployed(&self) -> bool {
        self.live.is_some() && self.pending.as_ref().is_none_or(|pending| pending.intent == Intent::Delete)
    }

    /// The description as it is printed: the asset's own, else the table's.
    pub fn description(&self) -> Option<&str> {
        let own = self.fields.description.as_deref();
        own.or_else(|| self.live.as_ref().and_then(|live| live.table_description.as_deref()))
    }

    /// When it came to the product: its id says so, before the deploy and after it.
    pub fn created_ms(&self) -> Option<i64> {
        let (seconds, nanos) = self.id.get_timestamp()?.to_unix();
        Some(i64::try_from(seconds).ok()? * 1_000 + i64::from(nanos / 1_000_000))
    }

    /// Whether the entry of a request means this asset: a part that the entry leaves out means whatever there is.
    pub fn is_meant_by(&self, entry: &AssetInput) -> bool {
        let own = &self.fields;
        let (database, schema, table) = entry.full_name();
        if self.live.is_none() {
            return own.full_name() == entry.full_name();
        }
        table == own.table_name
            && schema.is_none_or(|schema| own.schema_name.as_deref() == Some(schema))
            && database.is_none_or(|database| own.database_name.as_deref() == Some(database))
    }
}

impl ProductAssets {
    /// The view has its `has_asset` edges; assets that are no tables do not count.
    pub fn of(view: &View, pending: Vec<Pending>) -> ProductAssets {
        let mut items: Vec<Item> = view
            .targets(relation::HAS_ASSET)
            .filter_map(|(edge, card)| {
                let live = live(edge, card)?;
                Some(Item { id: edge.id.uuid(), fields: live.fields.clone(), live: Some(live), pending: None })
            })
            .collect();
        let index: HashMap<Uuid, usize> = items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
        let mut stale = Vec::new();
        for draft in pending {
            match (index.get(&draft.id), draft.intent) {
                (Some(at), intent) => {
                    if intent != Intent::Delete {
                        items[*at].fields = draft.fields.clone();
                    }
                    items[*at].pending = Some(draft);
                }
                (None, Intent::New) => {
                    items.push(Item { id: draft.id, fields: draft.fields.clone(), live: None, pending: Some(draft) });
                }
                (None, Intent::Edit | Intent::Delete) => stale.push(draft.id),
            }
        }
        items.sort_by_cached_key(|item| (item.created_ms().unwrap_or(i64::MIN), item.id));
        ProductAssets { items, stale }
    }

    /// What the drafts ask for.
    pub fn pending_acts(&self) -> Vec<Act> {
        let drafts = self.items.iter().filter_map(|item| Some((item, item.pending.as_ref()?)));
        drafts
            .map(|(item, pending)| {
                let (id, fields, path) = (item.id, pending.fields.clone(), String::new());
                match pending.intent {
                    Intent::New => Act::Add { id, fields, path },
                    Intent::Edit => Act::Change { id, fields, path },
                    Intent::Delete => Act::Remove { id },
                }
            })
            .collect()
    }

    pub fn item(&self, id: Uuid) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// What an edit of the list comes to.
    ///
    /// Errors: 422 for changes of assets that the product does not have, and for two assets at one place.
    pub fn plan(&self, edit: AssetEdit, fresh: impl Fn() -> Uuid) -> Result<Plan, Failure> {
        let mut plan = Plan::default();
        let mut violations = Vec::new();
        match edit {
            AssetEdit::Change { add, update, remove } => {
                let leaving: HashSet<Uuid> = remove.iter().copied().collect();
                for (index, entry) in add.into_iter().enumerate() {
                    self.add(entry, format!("/add/{index}"), &leaving, &fresh, &mut plan);
                }
                for (index, change) in update.into_iter().enumerate() {
                    self.change(change, format!("/update/{index}"), &mut plan, &mut violations);
                }
                for (index, id) in remove.into_iter().enumerate() {
                    self.remove(id, index, &mut plan);
                }
            }
            AssetEdit::Replace(entries) => self.replace(entries, &fresh, &mut plan, &mut violations),
        }
        self.check_places(&plan, &mut violations);
        if violations.is_empty() { Ok(plan) } else { Err(Failure::invalid(violations)) }
    }

    fn add(
        &self,
        entry: AssetInput,
        path: String,
        leaving: &HashSet<Uuid>,
        fresh: &impl Fn() -> Uuid,
        plan: &mut Plan,
    ) {
        let same = self.items.iter().find(|item| item.is_meant_by(&entry) && !leaving.contains(&item.id));
        if let Some(item) = same {
            lend_again(item, entry.is_lent, plan);
        }
        match same {
            Some(item) if item.is_pending_delete() => {
                // It was to go and is wanted again.
                let fields = merged(item, entry);
                plan.added += 1;
                plan.acts.push(Act::Change { id: item.id, fields, path });
            }
            Some(_) => plan.warnings.push(input::already_there(&entry, path)),
            None => {
                plan.added += 1;
                plan.acts.push(Act::Add { id: fresh(), fields: entry, path });
            }
        }
    }

    fn change(&self, change: AssetChange, path: String, plan: &mut Plan, violations: &mut Vec<Violation>) {
        let Some(item) = self.item(change.id) else {
            violations.push(unknown(format!("{path}/id")));
            return;
        };
        if let Some(is_lent) = change.is_lent {
            match item.shown() {
                Some(live) => {
                    plan.changed += usize::from(live.is_lent != is_lent && change.only_lends());
                    plan.lends.push((live.table, is_lent));
                }
                None => violations.push(not_live(&path)),
            }
        }
        let mut fields = item.fields.clone();
        patch(&mut fields.external_id, change.external_id);
        patch(&mut fields.database_name, change.database_name);
        patch(&mut fields.schema_name, change.schema_name);
        if change.description.as_set().map(String::as_str) != item.description() {
            patch(&mut fields.description, change.description);
        }
        if let Some(table) = change.table_name {
            fields.table_name = table;
        }
        if fields != item.fields || item.is_pending_delete() {
            plan.changed += 1;
            plan.acts.push(Act::Change { id: item.id, fields, path });
        }
    }

    fn remove(&self, id: Uuid, index: usize, plan: &mut Plan) {
        match self.item(id) {
            Some(item) if item.is_pending_delete() => {}
            Some(_) => {
                plan.removed += 1;
                plan.acts.push(Act::Remove { id });
            }
            None => {
                let message = "there is no such asset in the {product}";
                plan.warnings.push(Warning::new("UNKNOWN_ASSET", message, Some(format!("/remove/{index}"))));
            }
        }
    }

    fn replace(
        &self,
        entries: Vec<AssetInput>,
        fresh: &impl Fn() -> Uuid,
        plan: &mut Plan,
        violations: &mut Vec<Violation>,
    ) {
        let mut kept: HashSet<Uuid> = entries.iter().filter_map(|entry| entry.id).collect();
        for (index, entry) in entries.into_iter().enumerate() {
            let path = format!("/dataAssets/{index}");
            let item = match entry.id {
                Some(id) => match self.item(id) {
                    Some(item) => Some(item),
                    None => {
                        violations.push(unknown(format!("{path}/id")));
                        continue;
                    }
                },
                None => self.items.iter().find(|item| item.is_meant_by(&entry) && !kept.contains(&item.id)),
            };
            let Some(item) = item else {
                plan.added += 1;
                plan.acts.push(Act::Add { id: fresh(), fields: entry, path });
                continue;
            };
            kept.insert(item.id);
            let fields = merged(item, entry);
            if fields != item.fields || item.is_pending_delete() {
                plan.changed += 1;
                plan.acts.push(Act::Change { id: item.id, fields, path });
            }
        }
        for item in self.items.iter().filter(|item| !kept.contains(&item.id) && !item.is_pending_delete()) {
            plan.removed += 1;
            plan.acts.push(Act::Remove { id: item.id });
        }
    }

    /// No two assets may end up at one place.
    fn check_places(&self, plan: &Plan, violations: &mut Vec<Violation>) {
        let touched: HashSet<Uuid> = plan
            .acts
            .iter()
            .map(|act| match act {
                Act::Add { id, .. } | Act::Change { id, .. } | Act::Remove { id } => *id,
            })
            .collect();
        let untouched = self.items.iter().filter(|item| !touched.contains(&item.id) && !item.is_pending_delete());
        let mut names: HashSet<_> = untouched.map(|item| item.fields.full_name()).collect();
        for act in &plan.acts {
            if let Act::Add { fields, path, .. } | Act::Change { fields, path, .. } = act
                && !names.insert(fields.full_name())
            {
                let message = "another asset of the {product} stands for the same table";
                violations.push(Violation::new(path.clone(), "unique", message));
            }
        }
    }
}

/// To add an asset again says of its rows what adding it says.
fn lend_again(item: &Item, wanted: Option<bool>, plan: &mut Plan) {
    match (item.shown(), wanted) {
        (_, Some(false)) => {}
        (Some(live), _) if live.is_lent => {}
        (Some(live), None) => plan.again.push(live.table),
        (Some(live), Some(true)) => plan.lends.push((live.table, true)),
        (None, _) => plan.redrafted.push(Redrafted { id: item.id, is_asked: wanted == Some(true) }),
    }
}

/// An entry that stands for an asset that is there: what it does not mention stays.
fn merged(item: &Item, entry: AssetInput) -> AssetInput {
    let own = &item.fields;
    // What was read from here and is sent back is no statement: the description may be the table's.
    let description = match entry.description {
        Some(text) if Some(text.as_str()) == item.description() => own.description.clone(),
        Some(text) => Some(text),
        None => own.description.clone(),
    };
    AssetInput {
        id: None,
        external_id: entry.external_id.or_else(|| own.external_id.clone()),
        database_name: entry.database_name.or_else(|| own.database_name.clone()),
        schema_name: entry.schema_name.or_else(|| own.schema_name.clone()),
        table_name: entry.table_name,
        description,
        is_lent: None,
    }
}

fn patch(field: &mut Option<String>, patch: Patch<String>) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *field = None,
        Patch::Set(text) => *field = Some(text),
    }
}

/// A draft lends nothing; what it says of rows is decided when it is deployed.
fn not_live(path: &str) -> Violation {
    let message = "the asset is not deployed yet; its rows are lent at the deploy if who added it holds them";
    Violation::new(format!("{path}/rows"), "deployed", message)
}

fn unknown(path: String) -> Violation {
    Violation::new(path, RULE_EXISTS, "there is no such asset in the {product}")
}

fn live(edge: &Edge, card: &Card) -> Option<Live> {
    if !card.kind.is("table") {
        return None;
    }
    let text = |name: &str| edge.attributes.get(name).and_then(Value::as_str).map(str::to_owned);
    let above = name::split(&card.fqn).unwrap_or_default();
    let real = |name: &str| decode(name).into_owned();
    let (database, schema) = match above.as_slice() {
        [_, database, schema, _] => (Some(real(database)), Some(real(schema))),
        _ => (None, None),
    };
    Some(Live {
        table: card.id,
        is_lent: grants::is_granted(edge),
        fields: AssetInput {
            id: None,
            external_id: text(EXTERNAL_ID),
            database_name: database,
            schema_name: schema,
            table_name: real(&card.name),
            description: text(DESCRIPTION),
            is_lent: None,
        },
        table_description: card.description.clone(),
    })
}

#[cfg(test)]
#[path = "product_assets_tests.rs"]
mod tests;
