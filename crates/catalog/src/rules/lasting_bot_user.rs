//! A bot keeps its user: as long as it is there, so is the user under which its program acts.

use async_trait::async_trait;

use crate::change_set::Expect;
use crate::command::Deletion;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::relation::BOT_USER;

pub struct LastingBotUser;

#[async_trait]
impl Hooks for LastingBotUser {
    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        let (cx, id) = (plan.cx, plan.after.record.id);
        let edges = cx.snapshot.edges_to(&[id], &[BOT_USER], u32::MAX).await?;
        let bots: Vec<_> = edges.iter().map(|edge| edge.from).collect();
        let bots = cx.snapshot.by_id(cx.account(), &bots).await?;
        if let Some(bot) = bots.into_iter().flatten().find(|bot| bot.state.is_alive()) {
            let (user, bot) = (&plan.after.record.name, bot.name);
            return Err(Problem::conflict(format!("user {user:?} is the user of bot {bot:?} and goes with it")));
        }
        if edges.is_empty() {
            plan.expect.push(Expect::NoEdgeTo { id, relations: &[BOT_USER] });
        }
        Ok(())
    }
}
