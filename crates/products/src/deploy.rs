//! Deploys: every draft of a product becomes live, in one change set.

use emporion_catalog::command::{Command, Draft, Guard, Outcome};
use emporion_catalog::plan::write::check_guard;
use emporion_catalog::reading::{Seen, SeenId};
use emporion_catalog::record::View;
use serde_json::{Map, Value, json};

use crate::assets::on_demand::{self, Looked, Undecided};
use crate::assets::product_assets::Act;
use crate::assets::tables::Tables;
use crate::assets::{contents, live_assets, missing_grants, pending};
use crate::content_state::ContentState;
use crate::decision::Decision;
use crate::failure::{Failure, Violation};
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::parts::compositions::stale;
use crate::parts::promote;
use crate::reach::unfiltered_views;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::warning::Warning;
use crate::{commands, refs, subject};

/// What a deploy is asked for with.
pub struct Deploy {
    /// Only says what would become of it.
    pub is_dry_run: bool,
    /// What the product has to be like.
    pub conditions: Vec<Guard>,
}

/// What became of a deploy, or would become of it.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The product after it.
    pub product: View,
    /// How much it made live and took away, by parts: a member of answers, and its counter.
    pub counters: Map<String, Value>,
    /// What would keep it from being made; of a dry run alone.
    pub errors: Option<Vec<Violation>>,
    pub warnings: Vec<Warning>,
}

impl Deployed {
    /// How many of what a counter counts it made live.
    pub fn promoted(&self, counter: &str) -> u64 {
        self.counters.get(counter).and_then(|counter| counter["promoted"].as_u64()).unwrap_or_default()
    }
}

/// Makes every draft of the product live, once for the key where the request has one.
///
/// Errors: 403, 404, 412 where the conditions do not hold, 422 with all that keeps it from being made, 409 while
/// another one is faster.
pub async fn deploy(
    products: &Products,
    request: &ProductRequest,
    wanted: &Deploy,
    stored: Option<StoredAnswer<Deployed>>,
) -> Result<Idempotent<Deployed>, Failure> {
    let product = subject::editable(products, request).await?.seen();
    idempotency::once(&products.catalog, &request.caller, stored.as_ref(), async {
        if !wanted.is_dry_run {
            // A table that is there without its columns could not be asked; what the source does not tell stays
            // unknown.
            on_demand::unknown(products, request, |relation| relation.record.is_some()).await?;
        }
        let deployment = Deployment { products, request, product, wanted, stored: stored.as_ref() };
        let decide = |looked, decision| deployment.decide(looked, decision);
        let done = on_demand::decided(products, &request.caller, wanted.is_dry_run, decide).await;
        done.map_err(|failure| if failure.is_overtaken { Failure::deploy_in_progress() } else { failure })
    })
    .await
}

/// A deploy on its way.
struct Deployment<'a> {
    products: &'a Products,
    request: &'a ProductRequest,
    product: SeenId,
    wanted: &'a Deploy,
    stored: Option<&'a StoredAnswer<Deployed>>,
}

impl Deployment<'_> {
    async fn decide(&self, looked: Looked, decision: Decision) -> Result<Idempotent<Deployed>, Undecided> {
        let &Deployment { products, request, product, wanted, stored } = self;
        let _turn = products.turn(product.record_id()).await;
        let catalog = &products.catalog;
        let reading = catalog.reading(&request.caller).await?;
        let view = contents::load(&reading, product.record_id()).await?;
        for condition in &wanted.conditions {
            check_guard(condition, &view.record)?;
        }
        let product_assets = contents::product_assets(&reading, &view).await?;
        let acts = product_assets.pending_acts();
        let service = reading.source_of(&view).await?;
        let mut tables = Tables::below(service, &reading);
        match &looked {
            Looked::HasSome(assets) => tables.offered.clone_from(assets),
            Looked::Has(assets) if wanted.is_dry_run => tables.offered.clone_from(assets),
            Looked::Has(_) | Looked::NotYet => {}
        }
        let (change, mut violations) = live_assets::live(&product_assets, &acts, &mut tables).await?;
        looked.require_settled(&mut tables, &violations)?;
        let promotion = promote::all(products, &reading, &view, !acts.is_empty()).await?;
        let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
        let mut warnings = unfiltered_views::of_product(&cx, &view).await?;
        warnings.extend(stale::warnings(&cx, &view, ContentState::Drafted).await?);
        drop(reading);
        violations.extend(promotion.violations);
        warnings.extend(promotion.warnings);
        let mut counters = counters(&acts, &violations);
        counters.extend(promotion.counters);
        if wanted.is_dry_run {
            return Ok(Idempotent::Fresh(Deployed { product: view, counters, errors: Some(violations), warnings }));
        }
        if !violations.is_empty() {
            return Err(Failure::deploy_validation_failed(violations).into());
        }
        let is_first = view.field("deployed_at").is_none();
        let mut fields = promotion.settings;
        if !acts.is_empty() || !promotion.commands.is_empty() || is_first {
            fields.insert("deployed_at".to_owned(), catalog.now().0.into());
            fields.insert("deployed_by".to_owned(), request.caller.principal.user.to_string().into());
        }
        let mut commands: Vec<_> = product_assets.stale.iter().map(|id| pending::purge(catalog, *id)).collect();
        commands.extend(promotion.commands);
        // What goes for ever goes first, so that the store can remove it in one sweep.
        commands.sort_by_key(|command| !matches!(command, Command::Delete { how, .. } if how.hard));
        commands.extend(change.commands(catalog, product.record_id(), fields));
        let before = view.clone();
        let deployed = move |product: &View| {
            let warnings = warnings.iter().cloned().chain(missing_grants::of_product(product)).collect();
            Deployed { product: product.clone(), counters: counters.clone(), errors: None, warnings }
        };
        if commands.is_empty() && stored.is_none() {
            return Ok(Idempotent::Fresh(deployed(&before)));
        }
        if commands.is_empty() {
            // A key must remember its answer, so it is given by a change that changes nothing.
            commands.push(nothing(products, &view));
        }
        let command = commands::together(commands);
        let make =
            move |outcome: &Outcome| deployed(if outcome.view.id() == before.id() { &outcome.view } else { &before });
        Ok(decision.commit(products, &request.caller, &command, stored.cloned(), make).await?)
    }
}

fn nothing(products: &Products, view: &View) -> Command {
    commands::change(refs::product_id(&products.catalog, view.id()), Guard::None, Draft::default())
}

/// How many tables become live and go; of what does not become live, the violations tell.
fn counters(acts: &[Act], violations: &[Violation]) -> Map<String, Value> {
    let (mut promoted, mut deleted) = (0, 0);
    for act in acts {
        match act {
            Act::Remove { .. } => deleted += 1,
            Act::Add { id, .. } | Act::Change { id, .. } => {
                let is_refused = violations.iter().any(|violation| violation.is_of("dataAsset", *id));
                promoted += usize::from(!is_refused);
            }
        }
    }
    Map::from_iter([("dataAssets".to_owned(), json!({"promoted": promoted, "deleted": deleted}))])
}
