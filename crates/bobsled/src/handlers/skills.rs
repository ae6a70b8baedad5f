//! Skills of the account and their versions.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, NameDemand, Outcome, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_products::decision::{self, Decision};
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::idempotency::{self, Idempotent, StoredAnswer};
use emporion_products::message::Message;
use emporion_products::page::{CursorScope, PageRequest};
use emporion_products::skills::{all_versions, by_id, newest, print};
use emporion_products::warning::Warning;
use emporion_products::{commands, rights};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::guard;
use crate::idempotency_key::{Key, Makes};
use crate::products::product;
use crate::shapes::skill;

const MAKES: Makes = Makes { shown: "skill", id: "skillId", version: None, folder: "skills", is_part: false };

/// `GET skills`, oldest first, each as its newest version is.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    page(&door, &call, "skills", door.products.catalog.kind("skill"), None).await
}

/// `GET skills/{id}/versions`, oldest first.
pub async fn versions(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let skill = find(&call, &reading).await?;
    drop(reading);
    page(&door, &call, "versions", door.products.catalog.kind("skill_version"), Some(skill.id())).await
}

async fn page(
    door: &Door,
    call: &Call,
    member: &str,
    kind: emporion_catalog::kind::Kind,
    parent: Option<RecordId>,
) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let name = parent.map_or_else(|| "accountSkills".to_owned(), |skill| format!("skillVersions/{skill}"));
    let listing = CursorScope::of(call.caller.account(), &name, &page);
    let records = ListQuery { parent, ..ListQuery::of(call.caller.account(), kind) };
    let query = listing.query(&door.cursor_keys, &page, records)?;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let found = reading.list(query, &Depth::bare()).await?;
    let records: Vec<&Record> = found.views.iter().map(|view| &view.record).collect();
    let printed = printed(call, &reading, &records).await?;
    let mut data = json!({"count": printed.len()});
    data[member] = printed.into();
    Ok(Reply::list(&page, data, found.total, listing.pagination_after(&door.cursor_keys, &page, &found)))
}

/// `GET skills/{id}`.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let skill = find(&call, &reading).await?;
    let mut printed = printed(&call, &reading, &[&skill.record]).await?;
    Ok(Reply::ok(json!({"skill": printed.pop()})).etag(product::version(&skill)))
}

/// `GET skills/{id}/versions/{id}`.
pub async fn version(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let skill = find(&call, &reading).await?;
    let version = find_version(&call, &reading, &skill).await?;
    let mut printed = printed(&call, &reading, &[&version]).await?;
    Ok(Reply::ok(json!({"skill": printed.pop()})))
}

/// `POST skills`.
pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(MAKES))?;
    let checked = fields::check(&skill::CREATE, &[&skill::SKILL], body, call.is_strict())?;
    key.once(&door, &call, |stored| decide_to_create(&door, &call, checked, stored)).await
}

async fn decide_to_create(
    door: &Door,
    call: &Call,
    checked: Checked,
    stored: Option<StoredAnswer<Reply>>,
) -> Result<Idempotent<Reply>, Failure> {
    let Checked { body, warnings } = checked;
    let (id, version) = (RecordId::fresh(), RecordId::fresh());
    let content = content(&body, None, 1);
    let mut skill = content.clone();
    skill.set("version_id", version.to_string());
    skill.set("highest", 1);
    let commands = vec![
        Command::Create {
            kind: door.products.catalog.kind("skill"),
            parent: None,
            draft: skill,
            id: Some(id),
            rules: unique(),
        },
        made(door, id, version, content),
    ];
    let location = call.location(&format!("/skills/{id}"));
    let command = commands::together(commands);
    let print = move |outcome: &Outcome| {
        Reply::created(json!({"skill": of_outcome(outcome, id)}), location.clone()).warn(warnings.iter().cloned())
    };
    idempotency::commit(&door.products.catalog, &call.caller, &command, stored, None, print)
        .await
        .map_err(|failure| named(failure, &body))
}

/// `POST skills/{id}`: a new version, which becomes the one that counts.
pub async fn revise(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
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
    let condition = guard::guard(call.if_match()?.as_ref());
    let reading = door.products.catalog.reading(&call.caller).await?;
    let skill = find(&call, &reading).await?;
    rights::require(&reading, Action::EditAll, &skill.record).await?;
    drop(reading);
    let request = Revision { body: &body, condition: &condition, warnings: &warnings };
    let (door, call, request) = (&*door, &call, &request);
    let decide = |stored: Option<StoredAnswer<Reply>>| async move {
        let _turn = door.products.turn(skill.id()).await;
        let decide = |decision| decide_revision(door, call, request, stored.clone(), decision);
        decision::until_it_stands(decide).await
    };
    key.once(door, call, decide).await
}

struct Revision<'a> {
    body: &'a Map<String, Value>,
    condition: &'a Guard,
    warnings: &'a [Warning],
}

async fn decide_revision(
    door: &Door,
    call: &Call,
    request: &Revision<'_>,
    stored: Option<StoredAnswer<Reply>>,
    decision: Decision,
) -> Result<Idempotent<Reply>, Failure> {
    let &Revision { body, condition, warnings } = request;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let skill = find(call, &reading).await?;
    drop(reading);
    guard::check(condition, &skill.record)?;
    let (id, warnings) = (skill.id(), warnings.to_vec());
    let number = skill.field("highest").and_then(Value::as_i64).unwrap_or(0) + 1;
    let version = RecordId::fresh();
    let content = content(body, Some(&skill.record), number);
    let mut newest = content.clone();
    newest.set("version_id", version.to_string());
    newest.set("highest", number);
    let command = commands::together(vec![change(&skill, newest), made(door, id, version, content)]);
    let done = decision.commit(&door.products, &call.caller, &command, stored, move |outcome| {
        Reply::ok(json!({"skill": of_outcome(outcome, id)})).warn(warnings.iter().cloned())
    });
    done.await.map_err(|failure| named(failure, body))
}

/// `DELETE skills/{id}`, with its versions.
pub async fn delete(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let guard = guard::guard(call.if_match()?.as_ref());
    let target = Ref::Id(door.products.catalog.kind("skill"), RecordId::from_uuid(call.id("skillId", "skill")?));
    let command = Command::Delete { target, guard, how: Deletion { recursive: true, ..Deletion::SOFT } };
    let outcome = door.products.catalog.execute(&call.caller, &command).await?;
    Ok(Reply::deleted(outcome.view.id()))
}

/// `DELETE skills/{id}/versions/{id}`: where it is the newest, the one before it counts again.
pub async fn delete_version(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let skill = find(&call, &reading).await?;
    rights::require(&reading, Action::EditAll, &skill.record).await?;
    drop(reading);
    let _turn = door.products.turn(skill.id()).await;
    decision::until_it_stands(|decision| decide_to_delete(&door, &call, decision)).await
}

async fn decide_to_delete(door: &Door, call: &Call, decision: Decision) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let skill = find(call, &reading).await?;
    let gone = find_version(call, &reading, &skill).await?;
    let number = |record: &Record| record.body.get("version").and_then(Value::as_i64);
    let left = all_versions(&reading, &skill).await?;
    let Some(newest) = left.into_iter().filter(|record| record.id != gone.id).max_by_key(number) else {
        return Err(Failure::conflict("this is the only version; delete the skill instead"));
    };
    drop(reading);
    let mut commands = vec![commands::delete(Ref::Id(gone.kind, gone.id))];
    if skill.text("version_id") == Some(gone.id.to_string().as_str()) {
        let mut draft = Draft { name: Some(newest.name.clone()), ..Draft::default() };
        for field in ["display_name", "description", "prompt", "version"] {
            draft.set(field, newest.body.get(field).cloned().unwrap_or(Value::Null));
        }
        draft.set("version_id", newest.id.to_string());
        commands.push(change(&skill, draft));
    }
    decision.execute(&door.products, &call.caller, &commands::together(commands)).await?;
    Ok(Reply::deleted(gone.id))
}

async fn printed(call: &Call, reading: &Reading<'_>, records: &[&Record]) -> Result<Vec<Map<String, Value>>, Failure> {
    let newest = newest(reading, records).await?;
    let records: Vec<&Record> = records.iter().map(|record| newest.get(&record.id).unwrap_or(record)).collect();
    let mut emails: HashMap<RecordId, Value> = HashMap::new();
    if call.flag("includeCreatedByEmail") {
        let mut makers: Vec<RecordId> = records.iter().map(|record| record.created.by.id).collect();
        makers.sort_unstable();
        makers.dedup();
        for user in reading.in_any_state(&makers).await? {
            emails.insert(user.id, user.body.get("email").cloned().unwrap_or(Value::Null));
        }
    }
    let shown = records.iter().map(|record| {
        let mut printed = print(record);
        if call.flag("includeCreatedByEmail") {
            let email = emails.get(&record.created.by.id).cloned().unwrap_or(Value::Null);
            printed.insert("createdByEmail".to_owned(), email);
        }
        printed
    });
    Ok(shown.collect())
}

/// The skill that the path names, if the caller may see it.
async fn find(call: &Call, reading: &Reading<'_>) -> Result<View, Failure> {
    by_id(reading, call.id("skillId", "skill")?).await
}

async fn find_version(call: &Call, reading: &Reading<'_>, skill: &View) -> Result<Record, Failure> {
    let id = call.id("versionId", "version")?;
    let kind = reading.catalog().kind("skill_version");
    let found = reading.parts_by_id(&[skill], &[RecordId::from_uuid(id)]).await?.pop().flatten();
    found
        .filter(|record| record.kind == kind && record.state.is_alive())
        .ok_or_else(|| Failure::not_found(Message::with("there is no version \"{}\" of the skill", [id.to_string()])))
}

/// What a body says, over what there is.
fn content(body: &Map<String, Value>, present: Option<&Record>, version: i64) -> Draft {
    let said = |member: &str, field: &str| match body.get(member) {
        Some(value) => value.clone(),
        None => present.and_then(|record| record.body.get(field).cloned()).unwrap_or(Value::Null),
    };
    let command = body.get("command").and_then(Value::as_str).or(present.map(|record| record.name.as_str()));
    let mut draft = Draft { name: command.map(str::to_owned), ..Draft::default() };
    draft.set("display_name", said("name", "display_name"));
    draft.set("description", said("description", "description"));
    draft.set("prompt", said("prompt", "prompt"));
    draft.set("version", version);
    draft
}

/// No two skills of an account have one command.
fn unique() -> DoorRules {
    DoorRules { names_free: vec![NameDemand::FoldedInAccount], may_rename: true, ..DoorRules::default() }
}

fn made(door: &Door, skill: RecordId, id: RecordId, draft: Draft) -> Command {
    let parent = Some(Ref::Id(door.products.catalog.kind("skill"), skill));
    let kind = door.products.catalog.kind("skill_version");
    commands::create(kind, parent, id, draft)
}

fn change(skill: &View, draft: Draft) -> Command {
    Command::Change {
        target: Ref::Id(skill.record.kind, skill.id()),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: unique(),
    }
}

fn of_outcome(outcome: &Outcome, skill: RecordId) -> Map<String, Value> {
    let mut views = commands::outcomes(outcome).map(|part| &part.view.record);
    // The version, for it is what `id` names.
    views.find(|record| record.parent == Some(skill)).map(print).unwrap_or_default()
}

/// A refusal for a name is one for the command here.
fn named(failure: Failure, body: &Map<String, Value>) -> Failure {
    let command = body.get("command").and_then(Value::as_str);
    match command {
        Some(command) if failure.code == emporion_products::failure::Code::CONFLICT && !failure.is_overtaken => {
            Failure::conflict(Message::with("a skill with the command \"{}\" exists already", [command]))
        }
        _ => failure,
    }
}
