//! Deleting by id, by name and in the background, and bringing back.

use emporion_catalog::command::{Command, Deletion, Effect, Guard, Outcome, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::relation::OF_DEFINITION;
use emporion_edge::answer::Answer;
use emporion_edge::json_writer;
use serde_json::Value;

use super::{CHANGE_HEADER, bots, change_name, entity_answer, job_answer, main_outcome, suites};
use crate::errors::{OmError, OmResult};
use crate::noun::{Fields, Noun};
use crate::operation::Call;
use crate::params;

/// How a request wants something deleted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub recursive: bool,
    pub hard: bool,
}

impl Wanted {
    fn read(query: &[(String, String)]) -> OmResult<Wanted> {
        Ok(Wanted {
            recursive: params::flag(query, "recursive", false)?,
            hard: params::flag(query, "hardDelete", false)?,
        })
    }

    /// `is_soft`: what shows no deleted records is deleted whole, whatever the request says.
    pub fn command(self, is_soft: bool, target: Ref) -> Command {
        let how = Deletion {
            hard: self.hard,
            recursive: self.recursive || !is_soft,
            include_deleted: self.hard,
            ..Deletion::SOFT
        };
        Command::Delete { target, guard: Guard::None, how }
    }
}

async fn deletion(call: &Call, noun: &Noun, target: Ref, wanted: Wanted) -> OmResult<Command> {
    if noun.is(kinds::BOT) {
        return bots::deletion(call, target, wanted).await;
    }
    if noun.is(kinds::TEST_SUITE) {
        return suites::deletion(call, target, wanted).await;
    }
    Ok(match wanted.command(noun.soft_delete, target) {
        // A test without its definition would say nothing.
        Command::Delete { target, guard, how } if noun.is(kinds::TEST_DEFINITION) => {
            Command::Delete { target, guard, how: Deletion { refuse_if_used: &[OF_DEFINITION], ..how } }
        }
        command => command,
    })
}

/// `DELETE /{collection}/{id}` and `DELETE /{collection}/name/{fqn}`
pub async fn delete(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    let wanted = Wanted::read(&call.query())?;
    let outcome =
        main_outcome(call.kind(noun.kind_name), call.execute(&deletion(&call, noun, target, wanted).await?).await?);
    answer(&call, noun, &outcome).await
}

/// `DELETE /{collection}/async/{id}`: a deletion is one commit, so it is done when the job is announced, and whoever may
/// not ask for it is told at once.
pub async fn in_background(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    let wanted = Wanted::read(&call.query())?;
    let bare = emporion_catalog::load::Depth::bare();
    let view = call.door.catalog.get(&call.caller, &target, super::states(params::Include::All), &bare).await?;
    let name = view.record.name;
    call.execute(&deletion(&call, noun, target, wanted).await?).await?;
    Ok(job_answer(
        &format!("Delete operation initiated for {name}"),
        &[
            ("entityName", Value::from(name)),
            ("hardDelete", Value::from(wanted.hard)),
            ("recursive", Value::from(wanted.recursive)),
        ],
    ))
}

/// `PUT /{collection}/restore`
pub async fn restore(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let body = call.json()?;
    let text = match body.get("id") {
        Some(Value::String(text)) => text.clone(),
        Some(_) => return Err(OmError::violation("id", "must be a UUID")),
        None if body.is_object() => return Err(OmError::missing("id")),
        None => return Err(OmError::malformed()),
    };
    let id: RecordId = text.parse().map_err(|_| OmError::violation("id", "must be a UUID"))?;
    let target = Ref::Id(call.kind(noun.kind_name), id);
    let command = match noun.is(kinds::BOT) {
        true => bots::restoration(&call, target).await?,
        false if noun.is(kinds::TEST_SUITE) => suites::restoration(&call, target).await?,
        false => Command::Restore { target },
    };
    let in_background = params::flag(&call.query(), "async", false)?;
    let outcome = main_outcome(call.kind(noun.kind_name), call.execute(&command).await?);
    if outcome.effect == Effect::Unchanged {
        let reason = format!("Entity {}:{id} is not in deleted state", noun.entity_type);
        return Err(OmError::bad_request(reason));
    }
    // One commit, too, that is done when it is announced.
    if in_background {
        return Ok(job_answer("Restore operation initiated", &[]));
    }
    answer(&call, noun, &outcome).await
}

async fn answer(call: &Call, noun: &'static Noun, outcome: &Outcome) -> OmResult<Answer> {
    let mut entity = call.printed(noun, &outcome.view, &Fields::NONE).await?;
    if outcome.effect == Effect::Purged && noun.soft_delete {
        let mut shown = json_writer::read(&entity);
        shown["deleted"] = Value::Bool(true);
        entity.clear();
        json_writer::value(&mut entity, &shown);
    }
    let change = match outcome.effect {
        // What shows no deleted records knows no soft deletion either.
        Effect::Deleted if !noun.soft_delete => Effect::Purged,
        effect => effect,
    };
    Ok(entity_answer(200, entity, &outcome.view).with(CHANGE_HEADER, change_name(change)))
}
