//! From what is to become of assets to commands: as drafts, or as a change of the product itself.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Edit, Guard, How, Lender, Ref, Target};
use emporion_catalog::id::{EdgeId, RecordId};
use emporion_catalog::record::View;
use emporion_catalog::{Catalog, relation};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::missing_grants;
use super::pending::{self, Intent, Meant, Pending};
use super::product_assets::{Act, DESCRIPTION, EXTERNAL_ID, Item, ProductAssets, Redrafted};
use super::tables::{Missing, Tables};
use crate::assets::input::AssetInput;
use crate::failure::{Failure, Violation};
use crate::read_context::ReadContext;
use crate::refs;

/// A change of what is live, with every table found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveChange {
    /// Drafts that it takes up.
    pub purge: Vec<Uuid>,
    pub unlink: Vec<RecordId>,
    pub link: Vec<Link>,
}

/// An asset as it shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub id: Uuid,
    pub table: RecordId,
    /// The table that the asset stood for until now.
    pub instead_of: Option<RecordId>,
    pub external_id: Option<String>,
    pub description: Option<String>,
    /// In whose name the table is named.
    pub lender: Lender,
}

impl Link {
    pub fn of(id: Uuid, table: RecordId, fields: &AssetInput) -> Link {
        Link {
            id,
            table,
            lender: if fields.is_lent == Some(false) { Lender::Nobody } else { Lender::Caller },
            instead_of: None,
            external_id: fields.external_id.clone(),
            description: fields.description.clone(),
        }
    }

    /// The wanted edge. What other doors keep on it stays.
    pub fn target(&self, catalog: &Catalog, present: &Map<String, Value>) -> Target {
        let mut attributes = present.clone();
        for (name, text) in [(EXTERNAL_ID, &self.external_id), (DESCRIPTION, &self.description)] {
            match text {
                Some(text) => drop(attributes.insert(name.to_owned(), text.as_str().into())),
                None => drop(attributes.shift_remove(name)),
            }
        }
        let to = Ref::Id(catalog.kind("table"), self.table);
        Target { attributes, lender: self.lender, ..Target::of(to) }.under_id(EdgeId::from_uuid(self.id))
    }
}

impl LiveChange {
    pub fn touches_product(&self) -> bool {
        !self.unlink.is_empty() || !self.link.is_empty()
    }

    /// Everything as one list of commands, the product's own last. `fields` are set on the product with it.
    pub fn commands(self, catalog: &Arc<Catalog>, product: RecordId, fields: Map<String, Value>) -> Vec<Command> {
        let mut commands: Vec<Command> = self.purge.iter().map(|id| pending::purge(catalog, *id)).collect();
        if self.touches_product() || !fields.is_empty() {
            commands.push(Command::Change {
                target: refs::product_id(catalog, product),
                guard: Guard::None,
                edit: self.edit(catalog.clone(), fields),
                rules: DoorRules::default(),
            });
        }
        commands
    }

    fn edit(self, catalog: Arc<Catalog>, fields: Map<String, Value>) -> Edit {
        Arc::new(move |view: &View| {
            let mut draft = Draft { fields: fields.clone(), ..Draft::default() };
            let table = |id: &RecordId| Target::of(Ref::Id(catalog.kind("table"), *id));
            if !self.unlink.is_empty() {
                let gone = self.unlink.iter().map(table).collect();
                draft.relate(relation::HAS_ASSET, How::Remove, "/dataAssets", gone);
            }
            if !self.link.is_empty() {
                let attributes = |to: RecordId| {
                    let mut edges = view.edges.iter().filter(|edge| edge.relation == relation::HAS_ASSET);
                    edges.find(|edge| edge.to == to).map(|edge| edge.attributes.clone())
                };
                let wanted = self.link.iter().map(|link| {
                    let present = attributes(link.table).or_else(|| link.instead_of.and_then(attributes));
                    link.target(&catalog, &present.unwrap_or_default())
                });
                draft.relate(relation::HAS_ASSET, How::Add, "/dataAssets", wanted.collect());
            }
            Ok(draft)
        })
    }
}

/// Finds the tables of all acts. Violations name every asset whose table is not there, by its id and by its place in
/// the request where it has one.
pub async fn live(
    product_assets: &ProductAssets,
    acts: &[Act],
    tables: &mut Tables<'_>,
) -> Result<(LiveChange, Vec<Violation>), Failure> {
    let mut change = LiveChange::default();
    let mut violations = Vec::new();
    let mut linked = HashSet::new();
    // An asset that stays where it was has its table.
    let stays = |id: Uuid, fields: &AssetInput| {
        let live = product_assets.item(id).and_then(|item| item.live.as_ref());
        live.filter(|live| live.fields.full_name() == fields.full_name()).map(|live| live.table)
    };
    let named = acts.iter().filter_map(|act| match act {
        Act::Add { id, fields, .. } | Act::Change { id, fields, .. } => stays(*id, fields).is_none().then_some(fields),
        Act::Remove { .. } => None,
    });
    let mut found = tables.find(&named.collect::<Vec<_>>()).await?.into_iter();
    for act in acts {
        let (Act::Add { id, .. } | Act::Change { id, .. } | Act::Remove { id }) = act;
        let item = product_assets.item(*id);
        if item.is_some_and(|item| item.pending.is_some()) {
            change.purge.push(*id);
        }
        let present = item.and_then(|item| item.live.as_ref());
        let (Act::Add { fields, path, .. } | Act::Change { fields, path, .. }) = act else {
            change.unlink.extend(present.map(|live| live.table));
            continue;
        };
        let table = match stays(*id, fields) {
            Some(table) => table,
            None => match found.next().expect("each of these was looked up") {
                Ok(table) => table.id,
                Err(_) if tables.offered.contains(fields) => continue,
                Err(Missing { rule, message }) => {
                    violations.push(Violation::new(path.clone(), rule, message).of_entity("dataAsset", id.to_string()));
                    continue;
                }
            },
        };
        let instead_of = present.map(|live| live.table).filter(|old| *old != table);
        change.unlink.extend(instead_of);
        if linked.insert(table) {
            let link = Link { instead_of, ..Link::of(*id, table, fields) };
            change.link.push(match item {
                Some(item) => Link { lender: lender(item, fields, table, tables), ..link },
                None => link,
            });
        }
    }
    // A table that one asset leaves and another one takes stays linked.
    change.unlink.retain(|table| !linked.contains(table));
    Ok((change, violations))
}

/// In whose name an asset that is there comes to its table: whoever names the table now, or has named it in the draft that becomes live.
/// One that stays where it is says nothing of rows.
fn lender(item: &Item, fields: &AssetInput, table: RecordId, tables: &Tables<'_>) -> Lender {
    if item.live.as_ref().is_some_and(|live| live.fields.full_name() == fields.full_name()) {
        return Lender::Nobody;
    }
    match &item.pending {
        Some(draft) if draft.intent != Intent::Delete && draft.fields.full_name() == fields.full_name() => {
            let caller = tables.reading.caller().principal.user;
            let is_of_caller = draft.added_by == Some(caller) && draft.meant.service == tables.service_id();
            match draft.meant.table {
                // Its names may mean another table by now, or stand in another source.
                Some(meant) if meant == table => draft.added_by.map_or(Lender::Nobody, Lender::User),
                None if is_of_caller => Lender::Caller,
                _ => Lender::Nobody,
            }
        }
        _ => Lender::Caller,
    }
}

/// What the names of the acts' assets mean now.
pub async fn meant(acts: &[Act], tables: &mut Tables<'_>) -> Result<HashMap<Uuid, Meant>, Failure> {
    let named = acts.iter().filter_map(|act| match act {
        Act::Add { id, fields, .. } | Act::Change { id, fields, .. } => Some((*id, fields)),
        Act::Remove { .. } => None,
    });
    let (ids, fields): (Vec<Uuid>, Vec<&AssetInput>) = named.unzip();
    Ok(ids.into_iter().zip(tables.meant(&fields).await?).collect())
}

/// Drafts that their tables' holders have added again, lent in their stead from now on.
///
/// Errors: 403 where rows are asked for that the caller does not hold.
pub async fn adopted(
    cx: &ReadContext<'_>,
    product_assets: &ProductAssets,
    redrafted: &[Redrafted],
    tables: &mut Tables<'_>,
) -> Result<Vec<Command>, Failure> {
    let drafts: Vec<(&Pending, bool)> = redrafted
        .iter()
        .filter_map(|one| Some((product_assets.item(one.id)?.pending.as_ref()?, one.is_asked)))
        .collect();
    let meant = tables.meant(&drafts.iter().map(|(draft, _)| &draft.fields).collect::<Vec<_>>()).await?;
    let held = missing_grants::held(cx.reading, meant.iter().filter_map(|meant| meant.table)).await?;
    held.all(drafts.iter().zip(&meant).filter(|((_, is_asked), _)| *is_asked).map(|(_, meant)| meant.table))?;
    let user = cx.reading.caller().principal.user;
    let adopt = |((draft, _), meant): (&(&Pending, bool), &Meant)| {
        let is_his = draft.added_by == Some(user) && draft.meant == *meant;
        let is_held = meant.table.is_some_and(|table| held.has(table));
        (is_held && !is_his).then(|| pending::adopt(&cx.products.catalog, draft, user, *meant))
    };
    Ok(drafts.iter().zip(&meant).filter_map(adopt).collect())
}

/// The same acts as drafts, made by the user. `meant` is what the names of each asset mean.
pub fn drafts(
    catalog: &Catalog,
    user: RecordId,
    product: RecordId,
    product_assets: &ProductAssets,
    acts: &[Act],
    meant: &HashMap<Uuid, Meant>,
) -> Vec<Command> {
    let mut commands = Vec::new();
    for act in acts {
        let (Act::Add { id, .. } | Act::Change { id, .. } | Act::Remove { id }) = act;
        let item = product_assets.item(*id);
        let live = item.and_then(|item| item.live.as_ref());
        let drafted = item.and_then(|item| item.pending.as_ref());
        let nothing = AssetInput::default();
        let meant = meant.get(id).copied().unwrap_or_default();
        let (intent, fields) = match act {
            Act::Add { fields, .. } => (Intent::New, fields),
            Act::Change { fields, .. } if live.is_some() => (Intent::Edit, fields),
            Act::Change { fields, .. } => (Intent::New, fields),
            Act::Remove { .. } => (Intent::Delete, &nothing),
        };
        let is_as_live = intent == Intent::Edit && live.is_some_and(|live| live.fields == *fields);
        let never_was = intent == Intent::Delete && live.is_none();
        commands.extend(match (is_as_live || never_was, drafted) {
            (true, Some(_)) => Some(pending::purge(catalog, *id)),
            (true, None) => None,
            (false, Some(before)) => Some(pending::change(catalog, before, intent, fields, user, meant)),
            (false, None) => Some(pending::create(catalog, product, *id, intent, fields, user, meant)),
        });
    }
    commands
}
