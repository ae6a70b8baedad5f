//! Deleting and restoring.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::planning::{Planned, Planning};
use super::{claim, diff, release, restriction_removal, write};
use crate::action::Action;
use crate::change_set::{EventKind, Expect, NameScope, Permit, Write};
use crate::command::{Deletion, DoorRules, Effect, Guard, Ref};
use crate::context::Context;
use crate::denials::Denials;
use crate::id::RecordId;
use crate::kind::{Kind, OnDelete};
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::query::{ListQuery, States};
use crate::record::{Change, Edge, FieldChange, Record, Stamp, State};
use crate::resolve;
use crate::rules;

/// How long what has given up its name can be brought back.
const RESTORABLE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// How many of those who use a record a refusal names.
const USERS: usize = 20;

/// The record that the reference names, if the caller may see it; deleted ones included.
pub async fn visible(cx: &Context<'_>, target: &Ref) -> Result<Record, Problem> {
    let found = resolve::find_seen(cx.snapshot, cx.access, &cx.caller.principal, target).await?;
    found.ok_or_else(|| target.not_found())
}

pub async fn delete(cx: &Context<'_>, target: &Ref, guard: &Guard, how: &Deletion) -> Result<Planned, Problem> {
    let record = visible(cx, target).await?;
    let can_be_purged = how.hard && how.include_deleted && is_within_reach(cx, &record);
    if !record.state.is_alive() && !can_be_purged {
        return Err(target.not_found());
    }
    let permit = cx.access.may(cx, Action::Delete, &record).await?;
    write::check_guard(guard, &record)?;
    let before = load::view(cx.snapshot, record, &Depth::full()).await?;
    let kind = before.record.kind;
    let id = before.record.id;
    let mut plan = Planning {
        cx,
        kind,
        after: before.clone(),
        before: Some(before.clone()),
        door: DoorRules::default(),
        expect: vec![Expect::RevisionIs { id, revision: before.record.revision }],
        writes: Vec::new(),
        events: Vec::new(),
        violations: Vec::new(),
        breaking: false,
        raises_epoch: if how.recursive || how.hard { cx.holds_access(kind) } else { kind.0.access },
        revived: false,
        alias_spaces: Vec::new(),
        lent: Vec::new(),
        named: Vec::new(),
        taken_out: Vec::new(),
    };
    restriction_removal::check(cx, &before, None).await?;
    for rule in kind.0.rules.iter().copied().map(rules::hooks) {
        let allowed = rule.deleting(&mut plan, how).await;
        allowed.inspect_err(|problem| Denials::are_about(problem, (id, &before.record.fqn)))?;
    }
    if !plan.violations.is_empty() {
        return Err(Problem::Invalid(plan.violations));
    }
    if !how.refuse_if_used.is_empty() {
        refuse_if_used(&mut plan, how).await?;
    }
    // What somebody asks for of it, or keeps there for himself, is in nobody's way, and goes with it.
    let is_attended = cx.registry.iter().any(|below| below.0.attends && below.0.parents.contains(&kind.name()));
    let is_recursive = how.recursive || is_attended || has_children(cx, &before.record, goes_along).await?;
    if !how.recursive && has_children(cx, &before.record, is_in_the_way).await? {
        return Err(Problem::NotEmpty { kind: kind.name(), name: before.record.fqn.clone() });
    }
    if !is_recursive {
        plan.expect.push(Expect::NoChildren { id });
    }
    restriction_removal::check_deletion(&plan, is_recursive || how.hard).await?;
    release::from_holders(&mut plan, is_recursive).await?;
    if how.hard {
        plan.writes.push(Write::DropSubtree { root: id });
        plan.after.record.state = State::Deleted { holds_name: false };
        plan.event(EventKind::Purged, None);
        return Ok(plan.finish(permit, Effect::Purged));
    }
    let holds_name = kind.0.on_delete == OnDelete::KeepsName && !how.frees_name;
    let put = turn(&mut plan.after.record, State::Deleted { holds_name }, cx.stamp());
    plan.writes.insert(0, put);
    if is_recursive {
        plan.writes.push(Write::MarkSubtree {
            root: id,
            state: State::Deleted { holds_name },
            at: cx.now,
            by: cx.caller.actor(),
        });
    }
    plan.event(EventKind::Deleted, None);
    Ok(plan.finish(permit, Effect::Deleted))
}

async fn refuse_if_used(plan: &mut Planning<'_>, how: &Deletion) -> Result<(), Problem> {
    let (cx, id) = (plan.cx, plan.after.record.id);
    let edges = cx.snapshot.edges_to(&[id], how.refuse_if_used, u32::MAX).await?;
    let sources: BTreeSet<RecordId> = edges.iter().map(|edge| edge.from).collect();
    let sources: Vec<RecordId> = sources.into_iter().collect();
    let mut by = Vec::new();
    let mut is_used_in_secret = false;
    for user in cx.snapshot.by_id(cx.account(), &sources).await?.into_iter().flatten() {
        if !user.state.is_alive() {
            continue;
        }
        match cx.access.sees(cx, &user).await? {
            true if by.len() < USERS => by.push(format!("{} {}", user.kind, user.fqn)),
            true => {}
            false => is_used_in_secret = true,
        }
    }
    if is_used_in_secret {
        by.push("something that is not yours to see".to_owned());
    }
    if !by.is_empty() {
        return Err(Problem::InUse { kind: plan.kind.name(), name: plan.after.record.fqn.clone(), by });
    }
    plan.expect.push(Expect::NoEdgeTo { id, relations: how.refuse_if_used });
    Ok(())
}

/// Whether a deleted record can still be removed for ever by the caller. What has given up its name is gone for everybody
/// but an administrator, and for him after a while.
fn is_within_reach(cx: &Context<'_>, record: &Record) -> bool {
    record.state.holds_name() || (cx.caller.principal.is_admin && is_kept(cx, record))
}

/// Whether it can still be brought back.
fn is_kept(cx: &Context<'_>, record: &Record) -> bool {
    record.state.holds_name() || cx.now.0 - record.updated.at.0 <= RESTORABLE_MS
}

fn goes_along(below: Kind) -> bool {
    below.0.asks || below.0.personal
}

fn is_in_the_way(below: Kind) -> bool {
    !goes_along(below) && !below.0.attends
}

async fn has_children(cx: &Context<'_>, record: &Record, counts: fn(Kind) -> bool) -> Result<bool, Problem> {
    let below = cx.registry.iter().filter(|kind| kind.0.parents.contains(&record.kind.name()));
    for kind in below.filter(|kind| counts(*kind)) {
        let query = ListQuery {
            parent: Some(record.id),
            limit: 1,
            states: States::Alive,
            ..ListQuery::of(record.account, kind)
        };
        if !cx.snapshot.list(&query).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the caller may bring a record back that he sees.
///
/// Errors: `Forbidden` for who could not have deleted it. What has given up its name is gone (`NotFound`) for him, and, once
/// somebody deleted it who does not own it, for everybody but that one and administrators: no owner undoes a takedown.
pub async fn may_restore(cx: &Context<'_>, record: &Record) -> Result<Permit, Problem> {
    let gone = || Ref::Id(record.kind, record.id).not_found();
    if !is_kept(cx, record) {
        return Err(gone());
    }
    match cx.access.may(cx, Action::Delete, record).await {
        Err(Problem::Forbidden { .. }) if !record.state.holds_name() => Err(gone()),
        Ok(_) if !record.state.holds_name() && !is_undone_by(cx, record).await? => Err(gone()),
        permit => permit,
    }
}

/// Whether the caller undoes what he did himself, or somebody whose the record is; administrators undo everything.
async fn is_undone_by(cx: &Context<'_>, record: &Record) -> Result<bool, Problem> {
    let deleter = record.updated.by.id;
    if cx.caller.principal.is_admin || deleter == cx.caller.principal.user {
        return Ok(true);
    }
    let Some(deleter) = cx.access.principal(cx.snapshot, cx.account(), deleter).await? else { return Ok(false) };
    let facts = cx.access.facts(cx.snapshot, &deleter, record).await?;
    // An administrator is in the teams that he made: what they own is not his for that.
    let teams = deleter.teams.iter().filter(|membership| !deleter.is_admin && membership.owns());
    let mut owning = std::iter::once(deleter.user).chain(teams.map(|membership| membership.team));
    Ok(owning.any(|id| facts.owners.contains(&id)))
}

/// Brings a deleted record back, with everything that went with it.
pub async fn restore(cx: &Context<'_>, target: &Ref) -> Result<Planned, Problem> {
    let record = visible(cx, target).await?;
    let permit = may_restore(cx, &record).await.map_err(|problem| match problem {
        Problem::NotFound { .. } => target.not_found(),
        problem => problem,
    })?;
    let before = load::view(cx.snapshot, record, &Depth::full()).await?;
    let kind = before.record.kind;
    let mut plan = Planning {
        cx,
        kind,
        after: before.clone(),
        before: Some(before.clone()),
        door: DoorRules::default(),
        expect: vec![Expect::RevisionIs { id: before.record.id, revision: before.record.revision }],
        writes: Vec::new(),
        events: Vec::new(),
        violations: Vec::new(),
        breaking: false,
        raises_epoch: cx.holds_access(kind),
        revived: true,
        alias_spaces: Vec::new(),
        lent: Vec::new(),
        named: Vec::new(),
        taken_out: Vec::new(),
    };
    if before.record.state.is_alive() {
        plan.expect.clear();
        plan.raises_epoch = false;
        return Ok(plan.finish(permit, Effect::Unchanged));
    }
    for rule in kind.0.rules.iter().copied().map(rules::hooks) {
        rule.restoring(&mut plan).await?;
    }
    if let Some(parent) = before.parent()
        && !parent.state.is_alive()
    {
        return Err(claim::is_deleted(parent.kind, &parent.fqn));
    }
    let holder = cx.snapshot.by_fqn(cx.account(), kind, &[&before.record.fqn]).await?.into_iter().next().flatten();
    if let Some(holder) = holder.filter(|holder| holder.id != before.record.id) {
        return Err(claim::taken(cx, &holder, &before.record.fqn).await);
    }
    claim::expect_parent(&mut plan, None).await?;
    let put = turn(&mut plan.after.record, State::Alive, cx.stamp());
    plan.expect.push(Expect::NameFree {
        account: cx.account(),
        kind,
        scope: NameScope::Fqn(before.record.fqn.clone()),
        except: Some(before.record.id),
    });
    plan.writes.push(put);
    // What it bore, and its rules let it no longer bear.
    let difference = diff::between(kind, &before, &plan.after);
    let since = plan.after.record.revision;
    plan.writes.extend(difference.ended.iter().map(|edge| Write::Unlink { id: edge.id, until: since }));
    let closed = difference.begun.into_iter().map(|edge| Write::Link(Box::new(Edge { since, ..edge })));
    plan.writes.extend(closed);
    plan.writes.push(Write::MarkSubtree {
        root: before.record.id,
        state: State::Alive,
        at: cx.now,
        by: cx.caller.actor(),
    });
    plan.event(EventKind::Restored, None);
    Ok(plan.finish(permit, Effect::Restored))
}

/// Deletes the record or brings it back, which is a version of it.
fn turn(record: &mut Record, state: State, stamp: Stamp) -> Write {
    let before = (record.revision, record.version, record.state);
    record.state = state;
    record.revision = before.0.next();
    record.version += 1;
    record.updated = stamp;
    let field = FieldChange {
        field: "deleted".into(),
        old: Some((!before.2.is_alive()).into()),
        new: Some((!state.is_alive()).into()),
    };
    let change = Change { previous_version: before.1, updated: vec![field], ..Change::default() };
    record.change = Some(Arc::new(change));
    Write::Put { record: Box::new(record.clone()), replaces: Some(before.0), silent: false }
}
