//! Aliases of a record: at most one in each space, held by one record, given back by the deleted.

use super::planning::Planning;
use crate::alias::{self, Space};
use crate::change_set::{Expect, Write};
use crate::command::Draft;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::Record;
use crate::rules::external_id;

/// The aliases that the draft asks for and the record does not have yet. Of two in one space the last counts.
pub async fn wanted(plan: &Planning<'_>, draft: &Draft) -> Result<Vec<(&'static str, String)>, Problem> {
    let id = plan.after.record.id;
    let mut wanted: Vec<(&'static str, String)> = Vec::new();
    for (space, value) in &draft.aliases {
        wanted.retain(|(other, _)| other != space);
        let held = if plan.is_new() { Vec::new() } else { plan.cx.snapshot.aliases(space, &[id]).await? };
        if held.iter().all(|(_, present)| present != value) {
            wanted.push((space, value.clone()));
        }
    }
    Ok(wanted)
}

/// Gives the record its new aliases in place of those that it has in the same spaces.
pub async fn give(plan: &mut Planning<'_>, wanted: Vec<(&'static str, String)>) -> Result<(), Problem> {
    let (account, id) = (plan.cx.account(), plan.after.record.id);
    for (space, value) in wanted {
        if value.parse::<RecordId>().is_ok() {
            return Err(Problem::invalid(space, "cannot have the form of a UUID"));
        }
        match plan.cx.snapshot.by_alias(account, space, &value).await? {
            None => plan.expect.push(Expect::AliasFree { account, space, value: value.clone() }),
            Some(holder) if holder == id => continue,
            Some(holder) => match plan.cx.record(holder).await? {
                Some(gone) if !gone.state.holds_name() => take_from(plan, gone, space, &value).await?,
                _ => return Err(Problem::AliasTaken { space, value }),
            },
        }
        // What is being made has none yet.
        let held = if plan.is_new() { Vec::new() } else { plan.cx.snapshot.aliases(space, &[id]).await? };
        for (_, old) in held {
            plan.writes.push(Write::Unalias { account, space, value: old });
        }
        plan.writes.push(Write::Alias { account, space, value, id });
    }
    Ok(())
}

/// What has given up its name gives up its alias too, as soon as somebody asks for it. Its revision rises, so that of
/// two who ask at once only one is given it. Where every record of the kind has an alias, it gets another one, to come
/// back with.
async fn take_from(plan: &mut Planning<'_>, mut gone: Record, space: &'static str, value: &str) -> Result<(), Problem> {
    let account = plan.cx.account();
    let revision = gone.revision;
    gone.revision = revision.next();
    plan.expect.push(Expect::RevisionIs { id: gone.id, revision });
    plan.writes.push(Write::Unalias { account, space, value: value.to_owned() });
    if space_named(space).is_some_and(|space| space.minted) {
        let minted = external_id::minted(RecordId::fresh());
        plan.expect.push(Expect::AliasFree { account, space, value: minted.clone() });
        plan.writes.push(Write::Alias { account, space, value: minted, id: gone.id });
    }
    plan.writes.push(Write::Put { record: Box::new(gone), replaces: Some(revision), silent: false });
    Ok(())
}

fn space_named(name: &str) -> Option<&'static Space> {
    alias::ALL.iter().copied().find(|space| space.name == name)
}
