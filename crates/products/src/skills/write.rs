//! Making skills, storing new versions of them, and deleting either.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, NameDemand, Outcome, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::plan::write::check_guard;
use emporion_catalog::record::{Record, View};
use serde_json::Value;
use uuid::Uuid;

use super::read::find_version;
use super::{all_versions, by_id};
use crate::decision::{self, Decision};
use crate::failure::{Code, Failure};
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::message::Message;
use crate::patch::Patch;
use crate::service::Products;
use crate::{commands, rights};

/// What a version says; what is absent is as in the version before.
#[derive(Debug, Clone, Default)]
pub struct SkillContent {
    pub command: Option<String>,
    pub name: Option<String>,
    pub description: Patch<String>,
    pub prompt: Option<String>,
}

/// Makes a skill with its first version, which is answered; once for the key where the request has one.
///
/// Errors: 403; 409 for a command that another skill has.
pub async fn create(
    products: &Products,
    caller: &Caller,
    content: &SkillContent,
    stored: Option<StoredAnswer<Record>>,
) -> Result<Idempotent<Record>, Failure> {
    let catalog = &products.catalog;
    let (id, version) = (RecordId::fresh(), RecordId::fresh());
    let draft = content.draft(None, 1);
    let mut skill = draft.clone();
    skill.set("version_id", version.to_string());
    skill.set("highest", 1);
    let commands = vec![
        Command::Create { kind: catalog.kind("skill"), parent: None, draft: skill, id: Some(id), rules: unique() },
        made(products, id, version, draft),
    ];
    let command = commands::together(commands);
    idempotency::once(catalog, caller, stored.as_ref(), async {
        let done =
            idempotency::commit(catalog, caller, &command, stored.clone(), None, move |made| of_outcome(made, id));
        done.await.map_err(|failure| content.named(failure))
    })
    .await
}

/// Stores a new version, which becomes the one that counts and is answered; once for the key where the request has one.
///
/// Errors: 403, 404; 409 for a command that another skill has; 412 where the guard does not hold.
pub async fn revise(
    products: &Products,
    caller: &Caller,
    skill: Uuid,
    content: &SkillContent,
    guard: &Guard,
    stored: Option<StoredAnswer<Record>>,
) -> Result<Idempotent<Record>, Failure> {
    let id = editable(products, caller, skill).await?;
    idempotency::once(&products.catalog, caller, stored.as_ref(), async {
        let _turn = products.turn(id).await;
        let decide = |decision| decide_revision(products, caller, id, (content, guard), stored.clone(), decision);
        decision::until_it_stands(decide).await
    })
    .await
}

async fn decide_revision(
    products: &Products,
    caller: &Caller,
    id: RecordId,
    (content, guard): (&SkillContent, &Guard),
    stored: Option<StoredAnswer<Record>>,
    decision: Decision,
) -> Result<Idempotent<Record>, Failure> {
    let reading = products.catalog.reading(caller).await?;
    let skill = by_id(&reading, id.uuid()).await?;
    drop(reading);
    check_guard(guard, &skill.record)?;
    let number = skill.field("highest").and_then(Value::as_i64).unwrap_or(0) + 1;
    let version = RecordId::fresh();
    let draft = content.draft(Some(&skill.record), number);
    let mut newest = draft.clone();
    newest.set("version_id", version.to_string());
    newest.set("highest", number);
    let command = commands::together(vec![change(&skill, newest), made(products, id, version, draft)]);
    let done = decision.commit(products, caller, &command, stored, move |made| of_outcome(made, id));
    done.await.map_err(|failure| content.named(failure))
}

/// Deletes a skill with its versions.
///
/// Errors: 403, 404, 412 where the guard does not hold.
pub async fn delete(products: &Products, caller: &Caller, skill: Uuid, guard: Guard) -> Result<RecordId, Failure> {
    let target = Ref::Id(products.catalog.kind("skill"), RecordId::from_uuid(skill));
    let command = Command::Delete { target, guard, how: Deletion { recursive: true, ..Deletion::SOFT } };
    Ok(products.catalog.execute(caller, &command).await?.view.id())
}

/// Deletes a version; where it is the newest, the one before it counts again.
///
/// Errors: 403, 404; 409 for the only version.
pub async fn delete_version(products: &Products, caller: &Caller, skill: Uuid, version: Uuid) -> Result<(), Failure> {
    let id = editable(products, caller, skill).await?;
    let _turn = products.turn(id).await;
    decision::until_it_stands(|decision| decide_to_delete(products, caller, id, version, decision)).await
}

async fn decide_to_delete(
    products: &Products,
    caller: &Caller,
    id: RecordId,
    version: Uuid,
    decision: Decision,
) -> Result<(), Failure> {
    let reading = products.catalog.reading(caller).await?;
    let skill = by_id(&reading, id.uuid()).await?;
    let gone = find_version(&reading, &skill, version).await?;
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
    decision.execute(products, caller, &commands::together(commands)).await?;
    Ok(())
}

/// The skill, if the caller may change it.
async fn editable(products: &Products, caller: &Caller, skill: Uuid) -> Result<RecordId, Failure> {
    let reading = products.catalog.reading(caller).await?;
    let skill = by_id(&reading, skill).await?;
    rights::require(&reading, Action::EditAll, &skill.record).await?;
    Ok(skill.id())
}

impl SkillContent {
    /// What it says, over what there is.
    fn draft(&self, present: Option<&Record>, version: i64) -> Draft {
        let before = |field: &str| present.and_then(|record| record.body.get(field).cloned()).unwrap_or(Value::Null);
        let described = |text: &Option<String>, field: &str| text.as_deref().map_or_else(|| before(field), Value::from);
        let command = self.command.clone().or_else(|| present.map(|record| record.name.clone()));
        let mut draft = Draft { name: command, ..Draft::default() };
        draft.set("display_name", described(&self.name, "display_name"));
        draft.set(
            "description",
            match &self.description {
                Patch::Keep => before("description"),
                Patch::Clear => Value::Null,
                Patch::Set(text) => text.as_str().into(),
            },
        );
        draft.set("prompt", described(&self.prompt, "prompt"));
        draft.set("version", version);
        draft
    }

    /// A refusal for a name is one for the command here.
    fn named(&self, failure: Failure) -> Failure {
        match &self.command {
            Some(command) if failure.code == Code::CONFLICT && !failure.is_overtaken => {
                Failure::conflict(Message::with("a skill with the command \"{}\" exists already", [command]))
            }
            _ => failure,
        }
    }
}

/// No two skills of an account have one command.
fn unique() -> DoorRules {
    DoorRules { names_free: vec![NameDemand::FoldedInAccount], may_rename: true, ..DoorRules::default() }
}

fn made(products: &Products, skill: RecordId, id: RecordId, draft: Draft) -> Command {
    let parent = Some(Ref::Id(products.catalog.kind("skill"), skill));
    commands::create(products.catalog.kind("skill_version"), parent, id, draft)
}

fn change(skill: &View, draft: Draft) -> Command {
    Command::Change {
        target: Ref::Id(skill.record.kind, skill.id()),
        guard: Guard::None,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: unique(),
    }
}

/// The version, for it is what `id` names in answers.
fn of_outcome(outcome: &Outcome, skill: RecordId) -> Record {
    let mut records = commands::outcomes(outcome).map(|part| &part.view.record);
    records.find(|record| record.parent == Some(skill)).unwrap_or(&outcome.view.record).clone()
}
