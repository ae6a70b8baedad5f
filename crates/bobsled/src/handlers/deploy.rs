//! `POST deploy`: makes every draft of a product live, in one change set.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Guard};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::record::View;
use emporion_edge::timestamp;
use serde_json::{Map, Value, json};

use super::data_assets::Attempt;
use crate::assets::asset::Aspect;
use crate::assets::product_assets::Act;
use crate::assets::tables::Tables;
use crate::assets::take_in::{self, Looked};
use crate::assets::{contents, live_assets, pending, unlent};
use crate::call::Call;
use crate::commit::{self, Key};
use crate::data_sources::sources;
use crate::decision::{self, Decision, Tries};
use crate::door::Door;
use crate::envelope::Reply;
use crate::error::{Failure, Violation};
use crate::mount::Mount;
use crate::parts::compositions::stale;
use crate::parts::promote;
use crate::product_input::DeployRequest;
use crate::products::product;
use crate::reach::uncovered;
use crate::read_context::ReadContext;
use crate::subject;
use crate::{guard, rights};

pub async fn deploy(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.optional_body()?;
    let key_of = || Key::of(&call, &body, None);
    let request = DeployRequest::parse(body.clone(), call.is_strict())?;
    if let Some(key) = key_of()?
        && let Some(reply) = key.replay(&door, &call).await?
    {
        return Ok(reply);
    }
    if !request.dry_run {
        subject::editable(&door, &call).await?;
        // A table that is there without its columns could not be asked; what the source does not tell stays unknown.
        take_in::unknown(&door, &call, |relation| relation.record.is_some()).await?;
    }
    let mut conditions = vec![guard::guard(call.if_match()?.as_ref())];
    conditions.extend(request.expected_version.map(|version| Guard::Revisions(vec![version])));
    let mut tries = Tries::default();
    let mut looked = Looked::NotYet;
    loop {
        match attempt(&door, &call, &request, &conditions, key_of()?, &looked).await {
            Err(Attempt::Lacking(lack)) => looked = take_in::look(&door, &call.caller, &lack, request.dry_run).await?,
            Err(Attempt::Stale) if tries.left().await => looked = Looked::NotYet,
            Err(Attempt::Stale) => return Err(Failure::deploy_in_progress()),
            Err(Attempt::Failed(failure)) => {
                return decision::answer(&door, &call, key_of()?.as_ref(), Err(failure)).await;
            }
            Ok(reply) => return Ok(reply.warn(request.warnings)),
        }
    }
}

async fn attempt(
    door: &Arc<Door>,
    call: &Call,
    request: &DeployRequest,
    conditions: &[Guard],
    key: Option<Key>,
    looked: &Looked,
) -> Result<Reply, Attempt> {
    let catalog = &door.catalog;
    let snapshot = catalog.snapshot().await?;
    let seen = subject::find(door, call, &*snapshot, &Depth::bare()).await?;
    rights::require(catalog, &*snapshot, &call.caller, Action::EditAll, &seen.record).await?;
    drop(snapshot);
    let _turn = door.turn(seen.id()).await;
    let decision = Decision::default();
    decision.over(decide(door, call, request, conditions, key, looked, seen.id(), &decision)).await
}

#[expect(clippy::too_many_arguments, reason = "a try of `deploy`, which calls nothing else")]
async fn decide(
    door: &Arc<Door>,
    call: &Call,
    request: &DeployRequest,
    conditions: &[Guard],
    key: Option<Key>,
    looked: &Looked,
    product: RecordId,
    decision: &Decision,
) -> Result<Reply, Attempt> {
    let catalog = &door.catalog;
    let snapshot = catalog.snapshot().await?;
    let view = contents::load(door, &call.caller, &*snapshot, product).await?;
    for condition in conditions {
        guard::check(condition, &view.record)?;
    }
    let product_assets = contents::product_assets(door, &call.caller, &*snapshot, &view).await?;
    let acts = product_assets.pending_acts();
    let service = sources::of_product(catalog, &*snapshot, &view).await?;
    let mut tables = Tables::below(service, catalog, &*snapshot, &call.caller);
    match looked {
        Looked::HasSome(assets) => tables.offered.clone_from(assets),
        Looked::Has(assets) if request.dry_run => tables.offered.clone_from(assets),
        Looked::Has(_) | Looked::NotYet => {}
    }
    let (change, mut violations) = live_assets::live(&product_assets, &acts, &mut tables).await?;
    if matches!(looked, Looked::HasSome(_)) && violations.is_empty() {
        // What the source lacked is there by now.
        return Err(Attempt::Stale);
    }
    if let (Looked::NotYet, Some(lack)) = (looked, tables.lack()) {
        return Err(Attempt::Lacking(Box::new(lack)));
    }
    let promotion = promote::all(door, &*snapshot, &call.caller, view.id(), !acts.is_empty()).await?;
    let cx = ReadContext { door, caller: &call.caller, snapshot: &*snapshot, product: view.id() };
    let mut warnings = uncovered::of_product(&cx, &view).await?;
    warnings.extend(stale::warnings(&cx, &view, Aspect::Drafted).await?);
    drop(snapshot);
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
    commands.extend(change.commands(catalog, &view.record, fields));
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
    let command = commit::together(commands);
    let committed = decision.commit(door, call, &command, key, move |outcome| {
        let view = if outcome.view.id() == before.id() { &outcome.view } else { &before };
        let data = counted.print(view, Some(view), None);
        let closed = unlent::of_product(view);
        Reply::ok(data).etag(product::version(view)).warn(warnings.iter().cloned()).warn(closed)
    });
    committed.await.map_err(|failure| match failure.code {
        _ if failure.is_overtaken => Attempt::Stale,
        crate::error::Code::VERSION_MISMATCH => Attempt::Stale,
        _ => Attempt::Failed(failure),
    })
}

fn nothing(door: &Door, view: &View) -> Command {
    Command::Change {
        target: crate::refs::product_id(&door.catalog, view.id()),
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
