//! Skills as a product uses them: enabled, and held to a version or not.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Draft, Guard, How, Outcome, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record, View};
use emporion_catalog::relation::USES_SKILL;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::failure::Failure;
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::message::Message;
use crate::page::{CursorScope, ListPage, PageRequest, Position, SortKey};
use crate::problems::RULE_EXISTS;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::settings::SKILLS_DEFAULT;
use crate::{commands, refs, rights, subject};

/// The attribute of the edge that holds a product to one version.
const PINNED: &str = "version";

pub fn depth() -> Depth {
    Depth::of(&[USES_SKILL], false)
}

/// A skill that a product was made to use.
#[derive(Clone)]
pub struct EnabledSkill {
    pub product: View,
    /// The version that is used now.
    pub version: Record,
    pub pinned: Option<i64>,
    /// The product did not use it before.
    pub is_new: bool,
}

/// Those that are enabled, by command, as JSON; none while the product has skills switched off.
///
/// Errors: 404.
pub async fn list(
    products: &Products,
    request: &ProductRequest,
    page: &PageRequest,
) -> Result<ListPage<Map<String, Value>>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &depth()).await?;
    let scope = CursorScope::of(request.caller.account(), &format!("skills/{}", view.id()), page);
    let mut used: Vec<(String, Uuid)> = enabled(&view).map(|(command, edge)| (command, edge.to.uuid())).collect();
    used.sort();
    let place = |(command, id): &(String, Uuid)| Position { key: SortKey::Text(command.clone()), id: *id };
    let used = scope.page(&products.cursor_keys, page, used, place, Position::gt)?;
    let mut items = Vec::with_capacity(used.items.len());
    for (_, id) in used.items {
        items.extend(one(&reading, &view, id).await?);
    }
    Ok(ListPage { items, total: used.total, pagination: used.pagination })
}

/// One of them, with the product.
///
/// Errors: 404.
pub async fn get(
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
) -> Result<(View, Map<String, Value>), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &depth()).await?;
    let skill = one(&reading, &view, id).await?.ok_or_else(|| unused(id))?;
    Ok((view, skill))
}

/// Makes the product use a skill, held to the version of that number where one is given; once for the key where the
/// request has one.
///
/// Errors: 403, 404, 422 for a version that the skill does not have.
pub async fn enable(
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
    pinned: Option<i64>,
    stored: Option<StoredAnswer<EnabledSkill>>,
) -> Result<Idempotent<EnabledSkill>, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &depth()).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    idempotency::once(catalog, &request.caller, stored.as_ref(), async {
        let used = super::by_id(&reading, id).await?;
        let version = match pinned {
            None => {
                let newest = super::newest(&reading, &[&used.record]).await?.remove(&used.id());
                newest.unwrap_or_else(|| used.record.clone())
            }
            Some(number) => super::numbered(&reading, &used, number).await?.ok_or_else(|| {
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
        let command = edit(products, view.id(), How::Add, target);
        let make = move |outcome: &Outcome| EnabledSkill {
            product: outcome.view.clone(),
            version: version.clone(),
            pinned,
            is_new,
        };
        idempotency::commit(catalog, &request.caller, &command, stored.clone(), None, make).await
    })
    .await
}

/// The product no longer uses the skill, which stays.
///
/// Errors: 403, 404.
pub async fn disable(products: &Products, request: &ProductRequest, id: Uuid) -> Result<(), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &depth()).await?;
    rights::require(&reading, Action::EditAll, &view.record).await?;
    drop(reading);
    if view.edges.iter().all(|edge| edge.relation != USES_SKILL || edge.to.uuid() != id) {
        return Err(unused(id));
    }
    let target = Target::of(Ref::Id(products.catalog.kind("skill"), RecordId::from_uuid(id)));
    products.catalog.execute(&request.caller, &edit(products, view.id(), How::Remove, target)).await?;
    Ok(())
}

fn edit(products: &Products, product: RecordId, how: How, target: Target) -> Command {
    let mut draft = Draft::default();
    draft.relate(USES_SKILL, how, "/skillId", vec![target]);
    commands::change(refs::product_id(&products.catalog, product), Guard::None, draft)
}

fn unused(id: Uuid) -> Failure {
    Failure::not_found(Message::with("the {product} does not use a skill \"{}\"", [id.to_string()]))
}

/// The skills that the product shows, with their commands.
pub fn enabled(view: &View) -> impl Iterator<Item = (String, &Edge)> {
    let is_on = view.field("skills_enabled").and_then(Value::as_bool).unwrap_or(SKILLS_DEFAULT);
    let used = view.targets(USES_SKILL).filter(|(_, card)| card.state.is_alive());
    used.filter(move |_| is_on).map(|(edge, card)| (card.name.clone(), edge))
}

/// One skill as the product uses it, with the content of the version that it is held to.
pub async fn one(reading: &Reading<'_>, view: &View, id: Uuid) -> Result<Option<Map<String, Value>>, Failure> {
    let Some((_, edge)) = enabled(view).find(|(_, edge)| edge.to.uuid() == id) else { return Ok(None) };
    let pinned = edge.attributes.get(PINNED).and_then(Value::as_i64);
    let skill = super::by_id(reading, id).await?;
    let version = match pinned {
        Some(number) => super::numbered(reading, &skill, number).await?,
        None => None,
    };
    // A version that was deleted since gives way to the newest one.
    let pinned = pinned.filter(|_| version.is_some());
    let version = match version {
        Some(version) => Some(version),
        None => super::newest(reading, &[&skill.record]).await?.remove(&skill.id()),
    };
    Ok(Some(printed(version.as_ref().unwrap_or(&skill.record), pinned)))
}

/// What a skill that the product uses says, in the version that it is held to.
pub async fn prompt(reading: &Reading<'_>, view: &View, id: Uuid) -> Result<Option<String>, Failure> {
    let skill = one(reading, view, id).await?;
    Ok(skill.and_then(|skill| Some(skill.get("prompt")?.as_str()?.to_owned())))
}

pub fn printed(record: &Record, pinned: Option<i64>) -> Map<String, Value> {
    let mut printed = super::print(record);
    printed.insert("enabled".to_owned(), true.into());
    printed.insert("pinnedVersion".to_owned(), pinned.into());
    printed
}
