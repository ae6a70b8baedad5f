//! Skills as a product uses them: enabled, and held to a version or not.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::USES_SKILL;
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::idempotency::{self, Idempotent, StoredAnswer};
use emporion_products::message::Message;
use emporion_products::page::{PageRequest, Position, SortKey};
use emporion_products::problems::RULE_EXISTS;
use emporion_products::skills::used::{PINNED, depth, enabled, one, printed};
use emporion_products::warning::Warning;
use emporion_products::{commands, refs, rights, skills};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::products::product;
use crate::shapes::skill;
use crate::subject;

/// `GET skills`: those that are enabled, by command; none while the product has skills switched off.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &depth()).await?;
    let listing = subject::listing(&call, &view, "skills");
    let after = listing.after_text(&door.cursor_keys, &page)?;
    let mut used: Vec<(String, Uuid)> = enabled(&view).map(|(command, edge)| (command, edge.to.uuid())).collect();
    used.sort();
    let total = used.len();
    let rest = used.into_iter().filter(|used| after.as_ref().is_none_or(|after| used > after));
    let position = |(command, id): &(String, Uuid)| Position { key: SortKey::Text(command.clone()), id: *id };
    let (used, pagination) = listing.cut(&door.cursor_keys, &page, rest, position);
    let mut printed = Vec::with_capacity(used.len());
    for (_, id) in used {
        printed.extend(one(&reading, &view, id).await?);
    }
    let data = json!({"count": printed.len(), "skills": printed});
    Ok(Reply::list(&page, data, total, pagination))
}

/// `GET skills/{id}`.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = call.id("skillId", "skill")?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &depth()).await?;
    let skill = one(&reading, &view, id).await?.ok_or_else(|| unused(id))?;
    Ok(Reply::ok(json!({"skill": skill})).etag(product::version(&view)))
}

/// `PUT skills/{id}`, and `POST`, as older clients do: 201 the first time, 200 after it.
pub async fn enable(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = call.id("skillId", "skill")?;
    let body = call.optional_body()?;
    let key = Key::of(&call, &body, None)?;
    let Checked { body, warnings } = fields::check(&skill::ENABLE, &[&skill::SKILL], body, call.is_strict())?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &depth()).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    let pinned = body.get("version").and_then(Value::as_i64);
    let enabling = Enabling { id, view: &view, pinned, warnings };
    key.once(&door, &call, |stored| decide_to_enable(&door, &call, reading, enabling, stored)).await
}

/// A skill that a product shall use.
struct Enabling<'a> {
    id: Uuid,
    view: &'a View,
    pinned: Option<i64>,
    warnings: Vec<Warning>,
}

async fn decide_to_enable(
    door: &Door,
    call: &Call,
    reading: Reading<'_>,
    enabling: Enabling<'_>,
    stored: Option<StoredAnswer<Reply>>,
) -> Result<Idempotent<Reply>, Failure> {
    let Enabling { id, view, pinned, warnings } = enabling;
    let used = skills::by_id(&reading, id).await?;
    let shown = match pinned {
        None => {
            let newest = skills::newest(&reading, &[&used.record]).await?.remove(&used.id());
            newest.unwrap_or_else(|| used.record.clone())
        }
        Some(number) => skills::numbered(&reading, &used, number).await?.ok_or_else(|| {
            let message = Message::with("there is no version {} of the skill", [number.to_string()]);
            Failure::invalid_field("/version", RULE_EXISTS, message)
        })?,
    };
    let is_new = view.edges.iter().all(|edge| edge.relation != USES_SKILL || edge.to != used.id());
    drop(reading);
    let mut target = Target::of(Ref::Id(used.record.kind, used.id()));
    if let Some(number) = pinned {
        target = target.with(PINNED, number);
    }
    let command = edit(door, view.id(), How::Add, target);
    let location = call.location(&format!("/data-products/{}/skills/{id}", view.id()));
    idempotency::commit(&door.products.catalog, &call.caller, &command, stored, None, move |outcome| {
        let data = json!({"skill": printed(&shown, pinned)});
        let reply = if is_new { Reply::created(data, location.clone()) } else { Reply::ok(data) };
        reply.etag(product::version(&outcome.view)).warn(warnings.iter().cloned())
    })
    .await
}

/// `DELETE skills/{id}`: the product no longer uses it; the skill stays.
pub async fn disable(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = call.id("skillId", "skill")?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &depth()).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    drop(reading);
    if view.edges.iter().all(|edge| edge.relation != USES_SKILL || edge.to.uuid() != id) {
        return Err(unused(id));
    }
    let target = Target::of(Ref::Id(door.products.catalog.kind("skill"), RecordId::from_uuid(id)));
    door.products.catalog.execute(&call.caller, &edit(&door, view.id(), How::Remove, target)).await?;
    Ok(Reply::deleted(id))
}

fn edit(door: &Door, product: RecordId, how: How, target: Target) -> Command {
    let mut draft = Draft::default();
    draft.relate(USES_SKILL, how, "/skillId", vec![target]);
    commands::change(refs::product_id(&door.products.catalog, product), Guard::None, draft)
}

fn unused(id: Uuid) -> Failure {
    Failure::not_found(Message::with("the {product} does not use a skill \"{}\"", [id.to_string()]))
}
