//! Skills of the account and their versions, as they are kept.

pub mod read;
pub mod used;
pub mod write;

use std::collections::HashMap;

use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_edge::timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::failure::Failure;

pub async fn by_id(reading: &Reading<'_>, id: Uuid) -> Result<View, Failure> {
    let target = Ref::Id(reading.catalog().kind("skill"), RecordId::from_uuid(id));
    Ok(reading.get(&target, States::Alive, &Depth::bare()).await?)
}

/// The versions that count, by skill: an answer shows the version that its `id` names, with who made it and when.
pub async fn newest(reading: &Reading<'_>, skills: &[&Record]) -> Result<HashMap<RecordId, Record>, Failure> {
    let version = |skill: &&Record| Uuid::try_parse(skill.body.get("version_id")?.as_str()?).ok();
    let ids: Vec<RecordId> = skills.iter().filter_map(version).map(RecordId::from_uuid).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = reading.parts_by_id(skills, &ids).await?.into_iter().flatten();
    Ok(found.filter_map(|version| Some((version.parent?, version))).collect())
}

/// The version of a skill that has this number.
pub async fn numbered(reading: &Reading<'_>, skill: &View, number: i64) -> Result<Option<Record>, Failure> {
    let versions = all_versions(reading, skill).await?;
    Ok(versions.into_iter().find(|record| record.body.get("version").and_then(Value::as_i64) == Some(number)))
}

pub async fn all_versions(reading: &Reading<'_>, skill: &View) -> Result<Vec<Record>, Failure> {
    let kind = reading.catalog().kind("skill_version");
    Ok(reading.parts(skill, ListQuery { limit: u32::MAX, ..ListQuery::of(reading.account(), kind) }).await?)
}

/// A skill, or one of its versions, on the wire.
pub fn print(record: &Record) -> Map<String, Value> {
    let text = |name: &str| record.body.get(name).cloned().unwrap_or(Value::Null);
    let (version, skill) = match record.parent {
        Some(skill) => (record.id.to_string().into(), skill),
        None => (text("version_id"), record.id),
    };
    let printed = json!({
        "id": version,
        "skillId": skill.to_string(),
        "accountId": record.account.to_string(),
        "version": text("version"),
        "name": text("display_name"),
        "command": record.name,
        "description": text("description"),
        "prompt": text("prompt"),
        "createdAt": timestamp::print(record.created.at.0),
        "createdBy": record.created.by.id.to_string(),
    });
    if let Value::Object(members) = printed { members } else { Map::new() }
}
