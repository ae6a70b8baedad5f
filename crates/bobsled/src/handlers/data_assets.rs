//! The data assets of a product: the list as it is drafted or live, and its edit in every form.

use std::collections::HashSet;
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Guard};
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Reading, Seen, SeenId};
use emporion_catalog::record::View;
use emporion_catalog::rows::lenders::Extent;
use emporion_products::assets::aspect::Aspect;
use emporion_products::assets::input::{AssetChange, AssetEdit, AssetInput};
use emporion_products::assets::product_assets::{Act, Item, Plan, ProductAssets};
use emporion_products::assets::tables::Tables;
use emporion_products::assets::unlent::Named;
use emporion_products::assets::{contents, live_assets, meant, unlent};
use emporion_products::commands;
use emporion_products::failure::Failure;
use emporion_products::read_context::ReadContext;
use emporion_products::warning::Warning;
use emporion_products::{refs, rights};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::asset_list;
use crate::assets::asset;
use crate::assets::asset::Showing;
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::guard;
use crate::http_failures;
use crate::mount::Mount;
use crate::page::{PageRequest, Position, SortKey};
use crate::products::product;
use crate::subject;
use emporion_products::assets::on_demand::{self, Looked, Undecided};
use emporion_products::decision::Decision;
use emporion_products::reach::uncovered;

/// `GET data-assets`.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let aspect = Aspect::of(call.query.get("isDeployed").and_then(Value::as_bool));
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let (view, extent) = subject::find_for_lender(&door, &call, &reading).await?;
    let listing = subject::listing(&call, &view, "dataAssets");
    let product_assets = contents::product_assets(&reading, &view).await?;
    let shown: Vec<&Item> = seen_of(&product_assets, &extent).filter(|item| aspect.shows(item)).collect();
    let total = shown.len();
    let since_ms = view.record.created.at.0;
    let key = |item: &Item| (item.created_ms().unwrap_or(since_ms), item.id);
    let after = match &page.cursor {
        None => None,
        Some(cursor) => match listing.open(&door.cursor_keys, cursor)? {
            Position { key: SortKey::Millis(millis), id } => Some((millis, id)),
            Position { key: SortKey::Text(_), .. } => return Err(http_failures::invalid_cursor()),
        },
    };
    let rest = shown.into_iter().filter(|item| after.is_none_or(|after| key(item) > after));
    let fetched: Vec<&Item> = rest.take(page.limit + 1).collect();
    let position = |item: &&Item| Position { key: SortKey::Millis(key(item).0), id: item.id };
    let (items, pagination) = listing.cut(&door.cursor_keys, &page, fetched, position);
    let printed = print(&reading, &view, &items, aspect).await?;
    let mut data = json!({"dataAssets": printed, "count": items.len()});
    if page.include_total {
        data["totalCount"] = total.into();
    }
    Ok(Reply::ok(data).page(pagination))
}

/// `PATCH data-assets`.
pub async fn update(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let patch = asset_list::parse(call.body()?, call.is_strict())?;
    let condition = guard::guard(call.if_match()?.as_ref());
    if let Some(changes) = patch.edit.only_lends() {
        return lend(&door, &call, changes, condition, patch.warnings).await;
    }
    let product = subject::editable(&door, &call).await?;
    let (edit, is_deployed, condition) = (&patch.edit, patch.is_deployed, &condition);
    let update = Update { door: &door, call: &call, product, edit, is_deployed, condition };
    let decide = |looked, decision| update.decide(looked, decision);
    let (plan, drafted) = on_demand::decided(&door.products, &call.caller, false, decide).await?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = contents::load(&reading, product.record_id()).await?;
    let closed = if patch.is_deployed { unlent::of_acts(&view, &plan.acts) } else { drafted };
    let assets = all_of(&reading, &view).await?;
    let cx = ReadContext { products: &door.products, reading: &reading, product };
    let uncovered = uncovered::of_product(&cx, &view).await?;
    let data = json!({"dataAssets": assets, "added": plan.added, "updated": plan.changed, "removed": plan.removed});
    Ok(Reply::ok(data)
        .etag(product::version(&view))
        .warn(patch.warnings)
        .warn(plan.warnings)
        .warn(closed)
        .warn(uncovered))
}

/// The assets that somebody sees to that extent.
fn seen_of<'a>(product_assets: &'a ProductAssets, extent: &'a Extent) -> impl Iterator<Item = &'a Item> {
    let is_seen = move |item: &&Item| match (&item.live, extent) {
        (_, Extent::Whole) => true,
        (Some(live), extent) => extent.has(live.table),
        (None, Extent::Own(_)) => false,
    };
    product_assets.items.iter().filter(is_seen)
}

/// Lends rows to a product, or takes them back: for those who hold them, and nobody else.
async fn lend(
    door: &Door,
    call: &Call,
    changes: &[AssetChange],
    guard: Guard,
    warnings: Vec<Warning>,
) -> Result<Reply, Failure> {
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let (view, extent) = subject::find_for_lender(door, call, &reading).await?;
    let product_assets = contents::product_assets(&reading, &view).await?;
    let seen = ProductAssets { items: seen_of(&product_assets, &extent).cloned().collect(), stale: Vec::new() };
    // Who may not lend is told that before anything about the assets that he names.
    let named = |change: &AssetChange| Some(seen.item(change.id)?.live.as_ref()?.table);
    let tables: Vec<RecordId> = changes.iter().filter_map(named).collect();
    let held = reading.rows().held(&tables).await?;
    let may_know = || rights::may(&reading, Action::EditAll, &view.record);
    if tables.iter().any(|table| !held.contains(table)) || (tables.is_empty() && !may_know().await?) {
        return Err(unlent::not_held());
    }
    let edit = AssetEdit::Change { add: Vec::new(), update: changes.to_vec(), remove: Vec::new() };
    let plan = seen.plan(edit, Uuid::now_v7)?;
    drop(reading);
    let product = refs::product_id(catalog, view.id());
    catalog.execute(&call.caller, &Command::Lend { product, guard, assets: plan.lends, until: None }).await?;
    let reading = catalog.reading(&call.caller).await?;
    let (view, extent) = subject::find_for_lender(door, call, &reading).await?;
    let product_assets = contents::product_assets(&reading, &view).await?;
    let items: Vec<&Item> = seen_of(&product_assets, &extent).collect();
    let assets = print(&reading, &view, &items, Aspect::Drafted).await?;
    let data = json!({"dataAssets": assets, "added": 0, "updated": plan.changed, "removed": 0});
    Ok(Reply::ok(data).etag(product::version(&view)).warn(warnings))
}

/// An edit of the assets of one product.
struct Update<'a> {
    door: &'a Door,
    call: &'a Call,
    product: SeenId,
    edit: &'a AssetEdit,
    is_deployed: bool,
    condition: &'a Guard,
}

impl Update<'_> {
    /// Answers the change, and what is worth saying of the drafts that it makes.
    async fn decide(&self, looked: Looked, decision: Decision) -> Result<(Plan, Vec<Warning>), Undecided> {
        let &Update { door, call, product, edit, is_deployed, condition } = self;
        let _turn = door.products.turn(product.record_id()).await;
        let catalog = &door.products.catalog;
        let reading = catalog.reading(&call.caller).await?;
        let view = contents::load(&reading, product.record_id()).await?;
        guard::check(condition, &view.record)?;
        let product_assets = contents::product_assets(&reading, &view).await?;
        let service = reading.source_of(&view).await?;
        let mut tables = Tables::below(service, &reading);
        let (edit, warnings) = meant::unified(edit.clone(), &product_assets, &mut tables).await?;
        let mut plan = product_assets.plan(edit, Uuid::now_v7)?;
        plan.warnings.extend(warnings);
        let cx = ReadContext { products: &door.products, reading: &reading, product };
        let mut drafted = Vec::new();
        let mut commands = if is_deployed {
            // What was compared before may lack what the change does not touch.
            tables.lack();
            if let Looked::HasSome(assets) = &looked {
                tables.offered.clone_from(assets);
            }
            let (change, violations) = live_assets::live(&product_assets, &plan.acts, &mut tables).await?;
            if matches!(looked, Looked::HasSome(_)) && violations.is_empty() {
                // What the source lacked is there by now.
                return Err(Failure::overtaken().into());
            }
            if let (Looked::NotYet, Some(lack)) = (&looked, tables.lack()) {
                return Err(Undecided::Lacking(Box::new(lack)));
            }
            if !violations.is_empty() {
                return Err(Failure::deploy_validation_failed(violations).into());
            }
            let asked: HashSet<Uuid> =
                added(&plan).filter(|it| it.fields.is_lent == Some(true)).map(|it| it.id).collect();
            let asked = change.link.iter().filter(|link| asked.contains(&link.id)).map(|link| link.table);
            let asked: Vec<RecordId> = asked.collect();
            unlent::held(&reading, asked.iter().copied()).await?.all(asked.into_iter().map(Some))?;
            change.commands(catalog, product.record_id(), Map::new())
        } else {
            let meant = live_assets::meant(&plan.acts, &mut tables).await?;
            let named = added(&plan).map(|Added { id, fields, path }| {
                let table = meant.get(&id).and_then(|meant| meant.table);
                Named { fields, path: path.to_owned(), table }
            });
            drafted = unlent::of_drafts(&reading, &named.collect::<Vec<_>>()).await?;
            live_assets::drafts(
                catalog,
                call.caller.principal.user,
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
            decision.execute(&door.products, &call.caller, &commands::together(commands)).await?;
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

/// Everything that the caller may see of a product's assets, printed.
pub async fn all(reading: &Reading<'_>, product: RecordId) -> Result<Vec<Value>, Failure> {
    let view = contents::load(reading, product).await?;
    all_of(reading, &view).await
}

async fn all_of(reading: &Reading<'_>, view: &View) -> Result<Vec<Value>, Failure> {
    let product_assets = contents::product_assets(reading, view).await?;
    let items: Vec<&Item> = product_assets.items.iter().collect();
    print(reading, view, &items, Aspect::Drafted).await
}

async fn print(reading: &Reading<'_>, view: &View, items: &[&Item], aspect: Aspect) -> Result<Vec<Value>, Failure> {
    let tables = asset::tables(reading, items).await?;
    let (product, since_ms, mount) = (view.id(), view.record.created.at.0, Mount::DataProducts);
    let showing = Showing { product, aspect, tables: &tables, since_ms, mount };
    Ok(items.iter().map(|item| asset::print(item, showing)).collect())
}
