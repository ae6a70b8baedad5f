//! Deleting and restoring.

use super::{Context, Planned, Planning};
use crate::action::Action;
use crate::change_set::{EventKind, Expect, NameScope, Write};
use crate::command::{Deletion, DoorRules, Effect, Guard, Ref};
use crate::kind::OnDelete;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::query::{ListQuery, States};
use crate::record::{Record, State};
use crate::resolve;

/// The record that the reference names, if the caller may see it; deleted ones included.
pub async fn visible(cx: &Context<'_>, target: &Ref) -> Result<Record, Problem> {
    let record = resolve::find(cx.snapshot, cx.account(), target).await?.ok_or_else(|| target.not_found())?;
    if cx.access.sees(cx, &record).await? { Ok(record) } else { Err(target.not_found()) }
}

pub async fn delete(cx: &Context<'_>, target: &Ref, guard: &Guard, how: &Deletion) -> Result<Planned, Problem> {
    let record = visible(cx, target).await?;
    if !record.state.is_alive() && !(how.hard && how.include_deleted && record.state.holds_name()) {
        return Err(target.not_found());
    }
    let permit = cx.access.may(cx, Action::Delete, &record).await?;
    super::write::check_guard(guard, &record)?;
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
        raises_epoch: kind.0.access,
        revived: false,
        alias_spaces: Vec::new(),
    };
    for rule in kind.0.rules {
        rule.deleting(&mut plan, how).await?;
    }
    if !plan.violations.is_empty() {
        return Err(Problem::Invalid(plan.violations));
    }
    if !how.refuse_if_used.is_empty() {
        refuse_if_used(&mut plan, how).await?;
    }
    if !how.recursive {
        if has_children(cx, &before.record).await? {
            return Err(Problem::NotEmpty { kind: kind.name(), name: before.record.fqn.clone() });
        }
        plan.expect.push(Expect::NoChildren { id });
    }
    if how.hard {
        plan.writes.push(Write::DropSubtree { root: id });
        plan.after.record.state = State::Deleted { holds_name: false };
        plan.event(EventKind::Purged, None);
        return Ok(plan.finish(permit, Effect::Purged));
    }
    let holds_name = kind.0.on_delete == OnDelete::KeepsName && !how.frees_name;
    let after = &mut plan.after.record;
    after.state = State::Deleted { holds_name };
    after.revision = before.record.revision.next();
    after.version += 1;
    after.updated = cx.stamp();
    after.change = Some(std::sync::Arc::new(crate::record::Change {
        previous_version: before.record.version,
        updated: vec![crate::record::FieldChange {
            field: "deleted".into(),
            old: Some(false.into()),
            new: Some(true.into()),
        }],
        ..Default::default()
    }));
    let put = Write::Put { record: Box::new(after.clone()), replaces: Some(before.record.revision) };
    plan.writes.insert(0, put);
    if how.recursive {
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
    let record = &plan.after.record;
    let edges = plan.cx.snapshot.edges_to(&[record.id], how.refuse_if_used, 20).await?;
    let sources: Vec<_> = edges.iter().map(|edge| edge.from).collect();
    let users: Vec<String> = plan
        .cx
        .snapshot
        .by_id(record.account, &sources)
        .await?
        .into_iter()
        .flatten()
        .filter(|user| user.state.is_alive())
        .map(|user| format!("{} {}", user.kind, user.fqn))
        .collect();
    if !users.is_empty() {
        return Err(Problem::InUse { kind: plan.kind.name(), name: record.fqn.clone(), by: users });
    }
    let id = record.id;
    plan.expect.push(Expect::NoEdgeTo { id, relations: how.refuse_if_used });
    Ok(())
}

async fn has_children(cx: &Context<'_>, record: &Record) -> Result<bool, Problem> {
    for kind in cx.registry.iter().filter(|kind| kind.0.parents.contains(&record.kind.name())) {
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

/// Brings a deleted record back, with everything that went with it.
pub async fn restore(cx: &Context<'_>, target: &Ref) -> Result<Planned, Problem> {
    let record = visible(cx, target).await?;
    let permit = cx.access.may(cx, Action::Delete, &record).await?;
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
        raises_epoch: kind.0.access,
        revived: true,
        alias_spaces: Vec::new(),
    };
    if before.record.state.is_alive() {
        plan.expect.clear();
        return Ok(plan.finish(permit, Effect::Unchanged));
    }
    if let Some(parent) = before.parent()
        && !parent.state.is_alive()
    {
        return Err(Problem::conflict(format!("{} {:?} above it is deleted", parent.kind, parent.fqn)));
    }
    let holder = cx.snapshot.by_fqn(cx.account(), kind, &[&before.record.fqn]).await?.into_iter().next().flatten();
    if let Some(holder) = holder.filter(|holder| holder.id != before.record.id) {
        return Err(Problem::NameTaken { kind: kind.name(), name: holder.fqn, existing: Some(holder.id) });
    }
    let after = &mut plan.after.record;
    after.state = State::Alive;
    after.revision = before.record.revision.next();
    after.version += 1;
    after.updated = cx.stamp();
    after.change = Some(std::sync::Arc::new(crate::record::Change {
        previous_version: before.record.version,
        updated: vec![crate::record::FieldChange {
            field: "deleted".into(),
            old: Some(true.into()),
            new: Some(false.into()),
        }],
        ..Default::default()
    }));
    plan.expect.push(Expect::NameFree {
        account: cx.account(),
        kind,
        scope: NameScope::Fqn(after.fqn.clone()),
        except: Some(after.id),
    });
    let put = Write::Put { record: Box::new(after.clone()), replaces: Some(before.record.revision) };
    plan.writes.push(put);
    plan.writes.push(Write::MarkSubtree {
        root: before.record.id,
        state: State::Alive,
        at: cx.now,
        by: cx.caller.actor(),
    });
    plan.event(EventKind::Restored, None);
    Ok(plan.finish(permit, Effect::Restored))
}
