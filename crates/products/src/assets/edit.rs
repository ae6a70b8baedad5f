//! Edits of the tables that a product holds: drafted, or live at once; and the lending of their rows.

use std::collections::HashSet;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Guard};
use emporion_catalog::id::RecordId;
use emporion_catalog::plan::write::check_guard;
use emporion_catalog::reading::{Seen, SeenId};
use emporion_catalog::rows::lenders::Extent;
use serde_json::Map;
use uuid::Uuid;

use super::input::{AssetChange, AssetEdit, AssetInput};
use super::missing_grants::{self, Named};
use super::on_demand::{self, Looked, Undecided};
use super::product_assets::{Act, Item, Plan, ProductAssets};
use super::tables::Tables;
use super::{contents, fuzzy_match, live_assets};
use crate::decision::Decision;
use crate::failure::Failure;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::warning::Warning;
use crate::{commands, refs, rights, subject};

/// What became of an edit.
pub struct EditOutcome {
    pub product: SeenId,
    pub plan: Plan,
    /// What is worth saying of the drafts that it made.
    pub drafted: Vec<Warning>,
}

/// Edits the list; what is deployed is live at once.
///
/// Errors: 403, 404, 412 where the condition does not hold, 422 with what keeps tables from being live.
pub async fn edit(
    products: &Products,
    request: &ProductRequest,
    edit: &AssetEdit,
    is_deployed: bool,
    condition: &Guard,
) -> Result<EditOutcome, Failure> {
    let product = subject::editable(products, request).await?.seen();
    let update = Update { products, request, product, edit, is_deployed, condition };
    let decide = |looked, decision| update.decide(looked, decision);
    let (plan, drafted) = on_demand::decided(products, &request.caller, false, decide).await?;
    Ok(EditOutcome { product, plan, drafted })
}

/// The assets that somebody sees to that extent.
pub fn seen_of<'a>(product_assets: &'a ProductAssets, extent: &'a Extent) -> impl Iterator<Item = &'a Item> {
    let is_seen = move |item: &&Item| match (&item.live, extent) {
        (_, Extent::Whole) => true,
        (Some(live), extent) => extent.has(live.table),
        (None, Extent::Own(_)) => false,
    };
    product_assets.items.iter().filter(is_seen)
}

/// Lends rows to a product, or takes them back: for those who hold them, and nobody else. Answers how many changed.
///
/// Errors: 403 for those who do not, 404, 412.
pub async fn lend(
    products: &Products,
    request: &ProductRequest,
    changes: &[AssetChange],
    guard: Guard,
) -> Result<usize, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(&request.caller).await?;
    let (view, extent) = subject::find_for_lender(products, request, &reading).await?;
    let product_assets = contents::product_assets(&reading, &view).await?;
    let seen = ProductAssets { items: seen_of(&product_assets, &extent).cloned().collect(), stale: Vec::new() };
    // Who may not lend is told that before anything about the assets that he names.
    let named = |change: &AssetChange| Some(seen.item(change.id)?.live.as_ref()?.table);
    let tables: Vec<RecordId> = changes.iter().filter_map(named).collect();
    let held = reading.rows().held(&tables).await?;
    let may_know = || rights::may(&reading, Action::EditAll, &view.record);
    if tables.iter().any(|table| !held.contains(table)) || (tables.is_empty() && !may_know().await?) {
        return Err(missing_grants::not_held());
    }
    let edit = AssetEdit::Change { add: Vec::new(), update: changes.to_vec(), remove: Vec::new() };
    let plan = seen.plan(edit, Uuid::now_v7)?;
    drop(reading);
    let product = refs::product_id(catalog, view.id());
    catalog.execute(&request.caller, &Command::Lend { product, guard, assets: plan.lends, until: None }).await?;
    Ok(plan.changed)
}

/// An edit of the assets of one product.
struct Update<'a> {
    products: &'a Products,
    request: &'a ProductRequest,
    product: SeenId,
    edit: &'a AssetEdit,
    is_deployed: bool,
    condition: &'a Guard,
}

impl Update<'_> {
    /// Answers the change, and what is worth saying of the drafts that it makes.
    async fn decide(&self, looked: Looked, decision: Decision) -> Result<(Plan, Vec<Warning>), Undecided> {
        let &Update { products, request, product, edit, is_deployed, condition } = self;
        let _turn = products.turn(product.record_id()).await;
        let catalog = &products.catalog;
        let reading = catalog.reading(&request.caller).await?;
        let view = contents::load(&reading, product.record_id()).await?;
        check_guard(condition, &view.record)?;
        let product_assets = contents::product_assets(&reading, &view).await?;
        let service = reading.source_of(&view).await?;
        let mut tables = Tables::below(service, &reading);
        let (edit, warnings) = fuzzy_match::unified(edit.clone(), &product_assets, &mut tables).await?;
        let mut plan = product_assets.plan(edit, Uuid::now_v7)?;
        plan.warnings.extend(warnings);
        let cx = ReadContext { products, reading: &reading, product };
        let mut drafted = Vec::new();
        let mut commands = if is_deployed {
            // What was compared before may lack what the change does not touch.
            tables.lack();
            if let Looked::HasSome(assets) = &looked {
                tables.offered.clone_from(assets);
            }
            let (change, violations) = live_assets::live(&product_assets, &plan.acts, &mut tables).await?;
            looked.require_settled(&mut tables, &violations)?;
            if !violations.is_empty() {
                return Err(Failure::deploy_validation_failed(violations).into());
            }
            let asked: HashSet<Uuid> =
                added(&plan).filter(|it| it.fields.is_lent == Some(true)).map(|it| it.id).collect();
            let asked = change.link.iter().filter(|link| asked.contains(&link.id)).map(|link| link.table);
            let asked: Vec<RecordId> = asked.collect();
            missing_grants::held(&reading, asked.iter().copied()).await?.all(asked.into_iter().map(Some))?;
            change.commands(catalog, product.record_id(), Map::new())
        } else {
            let meant = live_assets::meant(&plan.acts, &mut tables).await?;
            let named = added(&plan).map(|Added { id, fields, path }| {
                let table = meant.get(&id).and_then(|meant| meant.table);
                Named { fields, path: path.to_owned(), table }
            });
            drafted = missing_grants::of_drafts(&reading, &named.collect::<Vec<_>>()).await?;
            live_assets::drafts(
                catalog,
                request.caller.principal.user,
                product.record_id(),
                &product_assets,
                &plan.acts,
                &meant,
            )
        };
        let adopted = live_assets::adopted(&cx, &product_assets, &plan.redrafted, &mut tables).await?;
        commands.splice(..0, adopted);
        let held = reading.rows().held(&plan.again).await?;
        let again = plan.again.iter().filter(|table| held.contains(table)).map(|table| (*table, true));
        let lends: Vec<(RecordId, bool)> = plan.lends.iter().copied().chain(again).collect();
        if !lends.is_empty() {
            let product = refs::product_id(catalog, product.record_id());
            commands.push(Command::Lend { product, guard: Guard::None, assets: lends, until: None });
        }
        drop(reading);
        if !commands.is_empty() {
            decision.execute(products, &request.caller, &commands::together(commands)).await?;
        }
        Ok((plan, drafted))
    }
}

/// An asset that is new in the list.
struct Added<'a> {
    id: Uuid,
    fields: &'a AssetInput,
    path: &'a str,
}

fn added(plan: &Plan) -> impl Iterator<Item = Added<'_>> {
    plan.acts.iter().filter_map(|act| match act {
        Act::Add { id, fields, path } => Some(Added { id: *id, fields, path }),
        Act::Change { .. } | Act::Remove { .. } => None,
    })
}
