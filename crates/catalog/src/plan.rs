//! Planning: from a command over a snapshot to a change set. Pure: no clock, no randomness but fresh ids, no I/O but the
//! snapshot.

pub mod aliases;
mod asset_domains;
mod certification;
mod check;
mod claim;
pub(crate) mod decide;
pub mod delete;
pub mod diff;
pub mod end;
pub mod forms;
mod hash_masks;
pub mod hooks;
pub(crate) mod join;
pub mod labels;
mod lend;
mod masked_filters;
mod nominal;
mod observe;
pub mod owners;
pub mod place;
pub mod planning;
pub mod relate;
pub mod release;
pub(crate) mod restriction_removal;
pub mod secrets;
mod settle;
mod symmetric;
pub(crate) mod version;
pub mod write;

use std::collections::BTreeMap;

use self::planning::Planned;
use crate::boxed::Boxed;
use crate::command::{Command, Ref};
use crate::context::Context;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::member_query;
use crate::overlay::Overlay;
use crate::problem::Problem;

/// As many commands at once as are worth looking ahead for.
const MANY: usize = 4;

/// Plans any command, with what becomes of the members of products that follow a query.
pub fn plan<'a>(cx: &'a Context<'a>, command: &'a Command) -> Boxed<'a, Result<Planned, Problem>> {
    Box::pin(async move { member_query::follow(cx, alone(cx, command).await?).await })
}

/// Plans any command, with what becomes of the requests that it answers.
pub(crate) fn alone<'a>(cx: &'a Context<'a>, command: &'a Command) -> Boxed<'a, Result<Planned, Problem>> {
    Box::pin(async move {
        // What makes a record is the most common by far: only that is made room for beforehand.
        let planned = match command {
            Command::Create { kind, parent, draft, id, rules } => {
                write::create(cx, *kind, parent.as_ref(), draft, *id, rules).await?
            }
            Command::Upsert { kind, parent, name, edit, rules } => {
                Box::pin(write::upsert(cx, *kind, parent.as_ref(), name, edit, rules)).await?
            }
            Command::Change { target, guard, edit, rules } => {
                Box::pin(write::change(cx, target, guard, edit, rules)).await?
            }
            Command::Delete { target, guard, how } => Box::pin(delete::delete(cx, target, guard, how)).await?,
            Command::Restore { target } => Box::pin(delete::restore(cx, target)).await?,
            Command::Lend { product, guard, assets, until } => {
                Box::pin(lend::lend(cx, product, guard, assets, *until)).await?
            }
            Command::Decide { request, guard, decision, words } => {
                Box::pin(decide::decide(cx, request, guard, *decision, words.as_deref())).await?
            }
            // Each of them has been through here.
            Command::Together(commands) => return Box::pin(together(cx, commands)).await,
        };
        settle::settle(cx, planned).await
    })
}

/// Asks at once for what each of the commands asks for: the snapshot remembers it. What of it is not there, or no business of
/// the caller's, they find out by themselves.
async fn foresee(cx: &Context<'_>, commands: &[Command]) -> Result<(), Problem> {
    let (mut targets, mut made) = (Vec::new(), Vec::new());
    for command in commands {
        match command {
            Command::Change { target, .. } | Command::Delete { target, .. } | Command::Restore { target } => {
                targets.extend(target.id());
            }
            Command::Create { kind, parent, draft, id, .. } => {
                let parent = parent.as_ref().and_then(Ref::id);
                made.extend(parent.zip(draft.name.as_deref()).map(|(parent, name)| (*kind, parent, name, *id)));
            }
            _ => {}
        }
    }
    let ids: Vec<RecordId> = targets.iter().copied().chain(made.iter().map(|(_, parent, ..)| *parent)).collect();
    let found = cx.snapshot.by_id(cx.account(), &ids).await?;
    let (of_targets, parents) = found.split_at(targets.len());
    let there: Vec<RecordId> = of_targets.iter().flatten().map(|record| record.id).collect();
    if !there.is_empty() {
        cx.snapshot.edges_from(&there, None).await?;
    }
    let mut fqns: BTreeMap<&'static str, (Kind, Vec<String>)> = BTreeMap::new();
    for ((kind, _, name, id), parent) in made.into_iter().zip(parents) {
        let fqn = kind.fqn(parent.as_ref().map(|parent| parent.fqn.as_str()), name, id);
        fqns.entry(kind.name()).or_insert_with(|| (kind, Vec::new())).1.push(fqn);
    }
    for (kind, fqns) in fqns.into_values() {
        let fqns: Vec<&str> = fqns.iter().map(String::as_str).collect();
        cx.snapshot.by_fqn(cx.account(), kind, &fqns).await?;
    }
    Ok(())
}

/// Plans several commands into one change set; each sees what the earlier ones decided.
async fn together(cx: &Context<'_>, commands: &[Command]) -> Result<Planned, Problem> {
    if commands.len() >= MANY {
        foresee(cx, commands).await?;
    }
    let overlay = Overlay::over(cx.snapshot);
    let mut joined = join::Joined::default();
    let mut outcomes = Vec::with_capacity(commands.len());
    for command in commands {
        let inner = cx.over(&overlay);
        let Planned { set, outcome } = alone(&inner, command).await?;
        overlay.apply(&set);
        outcomes.push(outcome);
        joined.add(set, &overlay);
    }
    let mut outcome = outcomes.pop().ok_or_else(|| Problem::internal("an empty list of commands"))?;
    let set = joined.into_set().expect("at least one command was planned");
    outcome.parts = outcomes;
    Ok(Planned { set, outcome })
}
