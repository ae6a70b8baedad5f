//! The user of a bot is one that was made for a program, and no other bot's. Only administrators let a bot act for others.

use async_trait::async_trait;
use serde_json::Value;

use crate::change_set::Expect;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::relation::BOT_USER;

pub struct BotUser;

#[async_trait]
impl Hooks for BotUser {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let user = plan.after.targets(BOT_USER).next().map(|(edge, _)| edge.to);
        let had = user.is_some_and(|user| {
            plan.before.as_ref().is_some_and(|view| view.targets(BOT_USER).any(|(edge, _)| edge.to == user))
        });
        let acts_for_others = plan.after.field("allow_impersonation").and_then(Value::as_bool) == Some(true);
        let is_given = !had || plan.revived || plan.differs("allow_impersonation");
        if acts_for_others && is_given && !plan.cx.caller.principal.is_admin {
            return Err(Problem::Forbidden {
                who: plan.cx.caller.principal.name.to_string(),
                action: "Impersonate",
                kind: "bot",
                why: Some("only an administrator lets a bot act for others".into()),
            });
        }
        let Some(user) = user.filter(|_| !had) else { return Ok(()) };
        let cx = plan.cx;
        let Some(record) = cx.record(user).await? else { return Ok(()) };
        if record.body.get("is_bot").and_then(Value::as_bool) != Some(true) {
            plan.refuse("bot_user", format!("{:?} is not a bot", record.name));
            return Ok(());
        }
        let id = plan.after.record.id;
        let edges = cx.snapshot.edges_to(&[user], &[BOT_USER], 10).await?;
        let holders: Vec<_> = edges.iter().map(|edge| edge.from).filter(|holder| *holder != id).collect();
        let holders = cx.snapshot.by_id(cx.account(), &holders).await?;
        match holders.into_iter().flatten().find(|holder| holder.state.is_alive()) {
            Some(other) => {
                let taken = format!("{:?} is already used by {:?}", record.name, other.name);
                return Err(Problem::invalid("bot_user", taken));
            }
            // Of two bots that ask for one user at once, one is seen by the other.
            None if edges.is_empty() => plan.expect.push(Expect::NoEdgeTo { id: user, relations: &[BOT_USER] }),
            None => {}
        }
        Ok(())
    }
}
