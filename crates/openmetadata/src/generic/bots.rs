//! Bots: each goes and comes back together with its user.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Ref};
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::Card;
use emporion_catalog::relation::BOT_USER;

use super::delete::Wanted;
use super::save::together;
use crate::errors::OmResult;
use crate::operation::Call;

/// The command that deletes a bot, and its user with it.
pub async fn deletion(call: &Call, bot: Ref, wanted: Wanted) -> OmResult<Command> {
    let user = user_of(call, &bot, |_, user| user || wanted.hard).await?;
    Ok(together([bot].into_iter().chain(user).map(|target| wanted.command(true, target)).collect()))
}

/// The command that brings a bot back, and its user with it.
pub async fn restoration(call: &Call, bot: Ref) -> OmResult<Command> {
    let user = restoration_of_user(call, &bot).await?;
    Ok(together(user.into_iter().chain([Command::Restore { target: bot }]).collect()))
}

/// The command that brings the user of a deleted bot back.
pub async fn restoration_of_user(call: &Call, bot: &Ref) -> OmResult<Option<Command>> {
    Ok(user_of(call, bot, |bot, user| !bot && !user).await?.map(|target| Command::Restore { target }))
}

/// The user of a bot, where one is linked; `is_meant` is told which of the two is alive. Of a bot that is not there, the
/// command tells.
async fn user_of(call: &Call, bot: &Ref, is_meant: impl Fn(bool, bool) -> bool) -> OmResult<Option<Ref>> {
    let depth = Depth::of(&[BOT_USER], false);
    let view = match call.door.catalog.get(&call.caller, bot, States::All, &depth).await {
        Ok(view) => view,
        Err(Problem::NotFound { .. }) => return Ok(None),
        Err(problem) => return Err(problem.into()),
    };
    let user = view.edges.iter().find(|edge| edge.relation == BOT_USER).and_then(|edge| view.cards.get(&edge.to));
    let is_meant = |user: &&std::sync::Arc<Card>| is_meant(view.record.state.is_alive(), user.state.is_alive());
    Ok(user.filter(is_meant).map(|user| Ref::Id(user.kind, user.id)))
}
