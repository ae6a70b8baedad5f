//! `POST deploy`: makes every draft of a product live, in one change set.

use std::sync::Arc;

use emporion_catalog::command::{Command, Guard, Outcome};
use emporion_catalog::reading::{Seen, SeenId};
use emporion_catalog::record::View;
use emporion_edge::timestamp;
use emporion_products::assets::aspect::Aspect;
use emporion_products::assets::product_assets::Act;
use emporion_products::assets::tables::Tables;
use emporion_products::assets::{contents, live_assets, pending, unlent};
use emporion_products::commands;
use emporion_products::failure::{Failure, Violation};
use emporion_products::parts::compositions::stale;
use emporion_products::parts::promote;
use emporion_products::read_context::ReadContext;
use serde_json::{Map, Value, json};

use crate::assets::take_in::{self, Looked, Undecided};
use crate::call::Call;
use crate::commit::Key;
use crate::decision::{self, Decision};
use crate::door::Door;
use crate::envelope::Reply;
use crate::guard;
use crate::mount::Mount;
use crate::print::Print;
use crate::product_input::DeployRequest;
use crate::products::product;
use crate::subject;
use crate::users::uncovered;

pub async fn deploy(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.optional_body()?;
    let key = Key::of(&call, &body, None)?;
    let request = DeployRequest::parse(body, call.is_strict())?;
    if let Some(key) = &key
        && let Some(reply) = key.replay(&door, &call).await?
    {
        return Ok(reply);
    }
    let product = subject::editable(&door, &call).await?;
    if !request.dry_run {
        // A table that is there without its columns could not be asked; what the source does not tell stays unknown.
        take_in::unknown(&door, &call, |relation| relation.record.is_some()).await?;
    }
    let mut conditions = vec![guard::guard(call.if_match()?.as_ref())];
    conditions.extend(request.expected_version.map(|version| Guard::Revisions(vec![version])));
    let deploy =
        Deploy { door: &door, call: &call, product, request: &request, conditions: &conditions, key: key.as_ref() };
    let decide = |looked, decision| deploy.decide(looked, decision);
    let done = take_in::decided(&door, &call.caller, request.dry_run, decide).await;
    let done = done.map_err(|failure| if failure.is_overtaken { Failure::deploy_in_progress() } else { failure });
    Ok(decision::answer(&door, &call, key.as_ref(), done).await?.warn(request.warnings))
}

/// A deploy that is asked for.
struct Deploy<'a> {
    door: &'a Arc<Door>,
    call: &'a Call,
    product: SeenId,
    request: &'a DeployRequest,
    conditions: &'a [Guard],
    key: Option<&'a Key>,
}

impl Deploy<'_> {
    async fn decide(&self, looked: Looked, decision: Decision) -> Result<Reply, Undecided> {
        let &Deploy { door, call, product, request, conditions, key } = self;
        let _turn = door.turn(product.record_id()).await;
        let catalog = &door.products.catalog;
        let reading = catalog.reading(&call.caller).await?;
        let view = contents::load(&reading, product.record_id()).await?;
        for condition in conditions {
            guard::check(condition, &view.record)?;
        }
        let product_assets = contents::product_assets(&reading, &view).await?;
        let acts = product_assets.pending_acts();
        let service = reading.source_of(&view).await?;
        let mut tables = Tables::below(service, &reading);
        match &looked {
            Looked::HasSome(assets) => tables.offered.clone_from(assets),
            Looked::Has(assets) if request.dry_run => tables.offered.clone_from(assets),
            Looked::Has(_) | Looked::NotYet => {}
        }
        let (change, mut violations) = live_assets::live(&product_assets, &acts, &mut tables).await?;
        if matches!(looked, Looked::HasSome(_)) && violations.is_empty() {
            // What the source lacked is there by now.
            return Err(Failure::overtaken().into());
        }
        if let (Looked::NotYet, Some(lack)) = (&looked, tables.lack()) {
            return Err(Undecided::Lacking(Box::new(lack)));
        }
        let promotion = promote::all(&door.products, &reading, SeenId::from(&view), !acts.is_empty()).await?;
        let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
        let mut warnings = uncovered::of_product(&cx, &view).await?;
        warnings.extend(stale::warnings(&cx, &view, Aspect::Drafted).await?);
        drop(reading);
        violations.extend(promotion.violations);
        warnings.extend(promotion.warnings);
        let counted = Counted { others: promotion.counters, ..Counted::of(&acts, &violations) };
        if request.dry_run {
            let errors = printed(&violations, call.exchange.mount);
            let data = counted.print(&view, None, Some(errors));
            return Ok(Reply::ok(data).etag(product::version(&view)).warn(warnings));
        }
        if !violations.is_empty() {
            return Err(Failure::deploy_validation_failed(violations).into());
        }
        let is_first = view.field("deployed_at").is_none();
        let mut fields = promotion.settings;
        if !acts.is_empty() || !promotion.commands.is_empty() || is_first {
            fields.insert("deployed_at".to_owned(), catalog.now().0.into());
            fields.insert("deployed_by".to_owned(), call.caller.principal.user.to_string().into());
        }
        let mut commands: Vec<_> = product_assets.stale.iter().map(|id| pending::purge(catalog, *id)).collect();
        commands.extend(promotion.commands);
        // What goes for ever goes first, so that the store can remove it in one sweep.
        commands.sort_by_key(|command| !matches!(command, Command::Delete { how, .. } if how.hard));
        commands.extend(change.commands(catalog, product.record_id(), fields));
        if commands.is_empty() && key.is_none() {
            let data = counted.print(&view, Some(&view), None);
            warnings.extend(unlent::of_product(&view));
            return Ok(Reply::ok(data).etag(product::version(&view)).warn(warnings));
        }
        if commands.is_empty() {
            // A key must remember its answer, so it is given by a change that changes nothing.
            commands.push(nothing(door, &view));
        }
        let before = view.clone();
        let command = commands::together(commands);
        let print = move |outcome: &Outcome| {
            let view = if outcome.view.id() == before.id() { &outcome.view } else { &before };
            let data = counted.print(view, Some(view), None);
            let closed = unlent::of_product(view);
            Reply::ok(data).etag(product::version(view)).warn(warnings.iter().cloned()).warn(closed)
        };
        Ok(decision.commit(door, call, &command, key.cloned(), print).await?)
    }
}

fn nothing(door: &Door, view: &View) -> Command {
    Command::Change {
        target: emporion_products::refs::product_id(&door.products.catalog, view.id()),
        guard: Guard::None,
        edit: Arc::new(|_| Ok(Default::default())),
        rules: Default::default(),
    }
}

/// How much a deploy makes live, and how much it takes away.
#[derive(Debug, Clone, Default)]
struct Counted {
    promoted: usize,
    deleted: usize,
    /// What the other parts say of themselves.
    others: Map<String, Value>,
}

impl Counted {
    /// What a violation names is not made live.
    fn of(acts: &[Act], violations: &[Violation]) -> Counted {
        let mut counted = Counted::default();
        for act in acts {
            match act {
                Act::Remove { .. } => counted.deleted += 1,
                Act::Add { id, .. } | Act::Change { id, .. } => {
                    let is_refused = violations.iter().any(|violation| violation.is_of("dataAsset", *id));
                    counted.promoted += usize::from(!is_refused);
                }
            }
        }
        counted
    }

    /// All ten counters, always: the parts that this server does not have yet have no drafts either.
    fn print(&self, product: &View, deployed: Option<&View>, errors: Option<Vec<Value>>) -> Value {
        let none = json!({"promoted": 0, "deleted": 0});
        let no_promotion = json!({"promoted": 0});
        let mut printed = json!({
            "dataProductId": product.id().to_string(),
            "deployedAt": deployed.and_then(|view| view.field("deployed_at")?.as_i64()).map(timestamp::print),
            "deployedBy": deployed.and_then(|view| view.text("deployed_by")),
            "results": {
                "dataAssets": {"promoted": self.promoted, "deleted": self.deleted},
                "dataModels": none,
                "compositions": none,
                "unstructuredAssets": none,
                "semanticModelTables": no_promotion,
                "semanticModelRelationships": no_promotion,
                "semanticModelMetrics": no_promotion,
                "verifiedQueries": no_promotion,
                "frontPageConfigs": {"draftsRemoved": 0},
                "semanticModelV2Draft": {"deleted": false},
            },
        });
        for (name, counter) in &self.others {
            printed["results"][name] = counter.clone();
        }
        if let Some(errors) = errors {
            printed["validation"] = json!({"errors": errors, "warnings": []});
        }
        printed
    }
}

fn printed(violations: &[Violation], mount: Mount) -> Vec<Value> {
    violations.iter().map(|violation| violation.print(mount)).collect()
}
