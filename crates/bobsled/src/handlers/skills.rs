//! Skills of the account and their versions.

use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_catalog::record::Record;
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::page::PageRequest;
use emporion_products::patch::Patch;
use emporion_products::skills::print;
use emporion_products::skills::read::{self, ShownVersion};
use emporion_products::skills::write::{self, SkillContent};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, MakesRecord};
use crate::products::product;
use crate::shapes::skill;

const MAKES: MakesRecord = MakesRecord { shown: "skill", id: "skillId", version: None, folder: "skills" };

/// `GET skills`, oldest first, each as its newest version is.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    page(&door, &call, "skills", None).await
}

/// `GET skills/{id}/versions`, oldest first.
pub async fn versions(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    page(&door, &call, "versions", Some(id(&call)?)).await
}

async fn page(door: &Door, call: &Call, member: &str, versions_of: Option<Uuid>) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let found = read::list(&door.products, &call.caller, versions_of, &page, has_email(call)).await?;
    let mut data = json!({"count": found.items.len()});
    data[member] = found.items.iter().map(printed).collect();
    Ok(Reply::list(&page, data, found.total, found.pagination))
}

/// `GET skills/{id}`.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (skill, shown) = read::get(&door.products, &call.caller, id(&call)?, has_email(&call)).await?;
    Ok(Reply::ok(json!({"skill": printed(&shown)})).etag(product::version(&skill)))
}

/// `GET skills/{id}/versions/{id}`.
pub async fn version(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let ids = (id(&call)?, version_id(&call)?);
    let shown = read::version(&door.products, &call.caller, ids, has_email(&call)).await?;
    Ok(Reply::ok(json!({"skill": printed(&shown)})))
}

/// `POST skills`.
pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of_record(&call, &body, MAKES, &door.products)?;
    let Checked { body, warnings } = fields::check(&skill::CREATE, &[&skill::SKILL], body, call.is_strict())?;
    let below = call.location("/skills");
    let print = move |version: &Record| {
        let location = format!("{below}/{}", version.parent.unwrap_or(version.id));
        Reply::created(json!({"skill": print(version)}), location).warn(warnings.iter().cloned())
    };
    let content = content(&body);
    key.answer(&call, print, |stored| write::create(&door.products, &call.caller, &content, stored)).await
}

/// `POST skills/{id}`: a new version, which becomes the one that counts.
pub async fn revise(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, None)?;
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<_>| {
        fields::says_nothing(body, "say what to change", broken);
        fields::cannot_be_removed(body, &["name", "command", "prompt"], broken);
    };
    let Checked { body, mut warnings } =
        fields::check_all(&skill::REVISE, &[&skill::SKILL], body, call.is_strict(), &check_body)?;
    // What is shown is a version, and this makes another one.
    warnings.retain(|warning| warning.path.as_deref() != Some("/id"));
    let print = move |version: &Record| Reply::ok(json!({"skill": print(version)})).warn(warnings.iter().cloned());
    let (skill, content) = (id(&call)?, content(&body));
    let revise = |stored| write::revise(&door.products, &call.caller, skill, &content, &guard, stored);
    key.answer(&call, print, revise).await
}

/// `DELETE skills/{id}`, with its versions.
pub async fn delete(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    Ok(Reply::deleted(write::delete(&door.products, &call.caller, id(&call)?, guard).await?))
}

/// `DELETE skills/{id}/versions/{id}`: where it is the newest, the one before it counts again.
pub async fn delete_version(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (skill, version) = (id(&call)?, version_id(&call)?);
    write::delete_version(&door.products, &call.caller, skill, version).await?;
    Ok(Reply::deleted(version))
}

fn id(call: &Call) -> Result<Uuid, Failure> {
    call.id("skillId", "skill")
}

fn version_id(call: &Call) -> Result<Uuid, Failure> {
    call.id("versionId", "version")
}

fn has_email(call: &Call) -> bool {
    call.flag("includeCreatedByEmail")
}

fn printed(shown: &ShownVersion) -> Map<String, Value> {
    let mut printed = print(&shown.record);
    printed.extend(shown.email.clone().map(|email| ("createdByEmail".to_owned(), email)));
    printed
}

fn content(body: &Map<String, Value>) -> SkillContent {
    let text = |member: &str| body.get(member).and_then(Value::as_str).map(str::to_owned);
    let description = Patch::text(body, "description");
    SkillContent { command: text("command"), name: text("name"), description, prompt: text("prompt") }
}
