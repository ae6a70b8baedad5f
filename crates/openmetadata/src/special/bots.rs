//! Bots: the user of a bot must be one.

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::Ref;
use emporion_catalog::load::Depth;
use emporion_catalog::ports::Verdict;
use emporion_catalog::query::States;
use emporion_catalog::record::Visibility;
use emporion_catalog::relation::BOT_USER;
use serde_json::Value;

use crate::door::Door;
use crate::errors::{OmError, OmResult};

/// What can be said against the `botUser` of a create body: he must be a bot, and no other bot's.
///
/// Whoever may not make bots at all learns nothing here; the command that follows refuses him. An unknown user is left
/// to the command as well.
pub async fn check_user(door: &Door, caller: &Caller, body: &Value) -> OmResult<()> {
    let (Some(bot), Some(name)) =
        (body.get("name").and_then(Value::as_str), body.get("botUser").and_then(Value::as_str))
    else {
        return Ok(());
    };
    let kind = door.catalog.kind("bot");
    let verdict = door.catalog.access().gate().decide(&caller.principal, Action::Create, kind, Visibility::Open, None);
    if matches!(verdict, Verdict::Never { .. }) {
        return Ok(());
    }
    let target = Ref::Name(door.catalog.kind("user"), name.to_owned());
    let Ok(user) = door.catalog.get(caller, &target, States::Alive, &Depth::bare()).await else { return Ok(()) };
    if user.field("is_bot").and_then(Value::as_bool) != Some(true) {
        return Err(OmError::bad_request(format!("User [{name}] is not a bot")));
    }
    let holders = door.catalog.sources(caller, user.id(), &[BOT_USER], 10, &Depth::bare()).await?;
    match holders.iter().find(|holder| holder.record.name != bot) {
        Some(other) => {
            let other = &other.record.name;
            Err(OmError::bad_request(format!("Bot user [{name}] is already used by [{other}] bot")))
        }
        None => Ok(()),
    }
}
