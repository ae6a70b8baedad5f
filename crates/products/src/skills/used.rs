//! The skills that a product uses.

use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record, View};
use emporion_catalog::relation::USES_SKILL;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::failure::Failure;
use crate::settings::SKILLS_DEFAULT;

/// The attribute of the edge that holds a product to one version.
pub const PINNED: &str = "version";

pub fn depth() -> Depth {
    Depth::of(&[USES_SKILL], false)
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
