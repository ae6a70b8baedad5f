//! Creating and changing: one path for every kind.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::diff::{self, Difference};
use super::observe::Observing;
use super::planning::{Planned, Planning};
use super::{aliases, both_ends, forms, labels, loosen, nominal, observe, owners, relate, secrets};
use crate::action::Action;
use crate::change_set::{Event, EventKind, Expect, NameScope, Permit, Write};
use crate::command::{DoorRules, Draft, Edit, Effect, Guard, Ref, RelationEdit, Upsert};
use crate::context::Context;
use crate::facet::Facet;
use crate::field::{self, Field};
use crate::id::{EdgeId, RecordId, Revision};
use crate::kind::Kind;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Body, Card, Change, Edge, FieldChange, Record, State, View};
use crate::relation::{Relation, UNDER_TEAM};
use crate::resolve;
use crate::rules;

/// Changes of one user within this time count as one version, where the door asks for it.
const CONSOLIDATION_MS: i64 = 10 * 60 * 1000;
/// Longest name.
const MAX_NAME: usize = 256;

pub async fn create(
    cx: &Context<'_>,
    kind: Kind,
    parent: Option<&Ref>,
    draft: &Draft,
    id: Option<RecordId>,
    rules: &DoorRules,
) -> Result<Planned, Problem> {
    cx.access.may_create_somewhere(&cx.caller.principal, kind)?;
    let parent = find_parent(cx, kind, parent).await?;
    let name = draft.name.clone().unwrap_or_default();
    make(cx, kind, parent, name, draft.clone(), id, rules).await
}

pub async fn upsert(
    cx: &Context<'_>,
    kind: Kind,
    parent: Option<&Ref>,
    name: &str,
    edit: &Upsert,
    rules: &DoorRules,
) -> Result<Planned, Problem> {
    let parent = match find_parent(cx, kind, parent).await {
        Ok(parent) => parent,
        // Below what is not there nothing stands: it could only be made.
        Err(problem) => {
            return Err(cx.access.may_create_somewhere(&cx.caller.principal, kind).err().unwrap_or(problem));
        }
    };
    let fqn = kind.fqn(parent.as_ref().map(|record| record.fqn.as_str()), name, None);
    let found = cx.snapshot.by_fqn(cx.account(), kind, &[&fqn]).await?.into_iter().next().flatten();
    match found {
        Some(record) if cx.access.sees(cx, &record).await? => {
            let permit = cx.access.may_edit_something(cx, &record).await?;
            let before = load::view(cx.snapshot, record, &Depth::full()).await?;
            let draft = match edit(Some(&before)) {
                Ok(draft) => draft,
                Err(problem) => return Err(refusal(cx, &before.record, problem).await),
            };
            alter(cx, permit, before, draft, rules, None).await
        }
        // An invisible record holds the name: a create that finds it taken says so without showing it.
        _ => {
            cx.access.may_create_somewhere(&cx.caller.principal, kind)?;
            let draft = edit(None)?;
            make(cx, kind, parent, name.to_owned(), draft, None, rules).await
        }
    }
}

pub async fn change(
    cx: &Context<'_>,
    target: &Ref,
    guard: &Guard,
    edit: &Edit,
    rules: &DoorRules,
) -> Result<Planned, Problem> {
    let record = super::delete::visible(cx, target).await?;
    if !record.state.is_alive() {
        return Err(target.not_found());
    }
    let permit = cx.access.may_edit_something(cx, &record).await?;
    let stale = check_guard(guard, &record).err();
    let before = load::view(cx.snapshot, record, &Depth::full()).await?;
    match edit(&before) {
        Ok(draft) => alter(cx, permit, before, draft, rules, stale).await,
        Err(problem) => Err(refusal(cx, &before.record, stale.unwrap_or(problem)).await),
    }
}

/// What is said to an edit that does not fit the present state: to whoever may change nothing but his own marks, that he
/// may not.
async fn refusal(cx: &Context<'_>, record: &Record, problem: Problem) -> Problem {
    match cx.access.may_change_something(cx, record).await {
        Ok(_) => problem,
        Err(refused) => refused,
    }
}

/// The parent, alive and seen by the caller.
async fn find_parent(cx: &Context<'_>, kind: Kind, parent: Option<&Ref>) -> Result<Option<Record>, Problem> {
    let Some(wanted) = parent else { return Ok(None) };
    let unknown = || Problem::UnknownReference {
        field: wanted.kind_name().to_owned(),
        kind: wanted.kind_name(),
        value: wanted.text(),
    };
    let found = resolve::find_seen(cx.snapshot, cx.access, &cx.caller.principal, wanted).await?;
    let record = found.filter(|record| record.state.is_alive()).ok_or_else(unknown)?;
    if !kind.0.parents.contains(&record.kind.name()) {
        return Err(Problem::invalid("parent", format!("cannot be a {}", record.kind)));
    }
    Ok(Some(record))
}

pub fn check_guard(guard: &Guard, record: &Record) -> Result<(), Problem> {
    let holds = match guard {
        Guard::None => true,
        Guard::Revisions(revisions) => revisions.contains(&record.revision.0),
        Guard::Versions(versions) => versions.contains(&record.version),
    };
    if holds { Ok(()) } else { Err(Problem::Stale { current: record.revision.0, version: record.version }) }
}

async fn make(
    cx: &Context<'_>,
    kind: Kind,
    parent: Option<Record>,
    name: String,
    mut draft: Draft,
    id: Option<RecordId>,
    rules: &DoorRules,
) -> Result<Planned, Problem> {
    let id = id.unwrap_or_else(RecordId::fresh);
    let fqn = kind.fqn(parent.as_ref().map(|record| record.fqn.as_str()), &name, Some(id));
    let record = Record {
        id,
        account: cx.account(),
        kind,
        name,
        fqn,
        parent: parent.as_ref().map(|record| record.id),
        revision: Revision::FIRST,
        version: 1,
        content_revision: 1,
        created: cx.stamp(),
        updated: cx.stamp(),
        state: State::Alive,
        visibility: kind.0.visibility,
        body: Body::new(),
        change: None,
    };
    let after = match &parent {
        Some(_) => load::view(cx.snapshot, record, &Depth::bare()).await?,
        None => {
            View { record, edges: Vec::new(), cards: Default::default(), ancestors: Vec::new(), inherited: Vec::new() }
        }
    };
    draft.name = None;
    let mut plan = planning(cx, None, after, rules);
    plan.alias_spaces = draft.aliases.iter().map(|(space, _)| *space).collect();
    // Rights first: of what the payload names, only the place where the record is to stand is looked at before them.
    let (place, rest): (Vec<&RelationEdit>, Vec<&RelationEdit>) =
        draft.relations.iter().partition(|edit| relate::is_place(edit));
    apply_relations(&mut plan, &place).await.map_err(|(_, problem)| problem)?;
    let permit = cx.access.may_create(cx, &plan.after).await?;
    if let Err((_, problem)) = apply_relations(&mut plan, &rest).await {
        return Err(taken_or(&mut plan, problem).await);
    }
    if rest.iter().any(|edit| relate::hands_out(edit)) {
        cx.access.may_create(cx, &plan.after).await?;
    }
    apply(&mut plan, &draft).await?;
    if let Err(problem) = run_rules(&mut plan).await {
        return Err(taken_or(&mut plan, problem).await);
    }
    check(&mut plan)?;
    demand_names(&mut plan).await?;
    if let Some(limit) = rules.quota.into_iter().chain(plan.kind.0.most).min() {
        demand_room(&mut plan, limit).await?;
    }
    expect_parent(&mut plan, parent).await?;
    for edge in &mut plan.after.edges {
        edge.since = Revision::FIRST;
    }
    let begun = plan.after.edges.clone();
    expect_targets(&mut plan, begun.iter());
    plan.writes.insert(0, Write::Put { record: Box::new(plan.after.record.clone()), replaces: None, silent: false });
    both_ends::follow(&mut plan, &begun, &[]).await?;
    plan.writes.extend(begun.into_iter().map(|edge| Write::Link(Box::new(edge))));
    observe::compare(&plan, &draft.observations).await?.store(&mut plan);
    // A new record alters nobody's rights but through what it is linked to (members of a new team). Where an empty team
    // stands concerns nobody.
    plan.raises_epoch |= kind.0.access && plan.after.edges.iter().any(|edge| edge.relation != UNDER_TEAM);
    plan.event(EventKind::Created, None);
    let wanted = aliases::wanted(&plan, &draft).await?;
    aliases::give(&mut plan, wanted).await?;
    settle(cx, &mut plan.after).await?;
    Ok(plan.finish(permit, Effect::Created))
}

async fn alter(
    cx: &Context<'_>,
    mut permit: Permit,
    before: View,
    draft: Draft,
    rules: &DoorRules,
    mut fault: Option<Problem>,
) -> Result<Planned, Problem> {
    let kind = before.record.kind;
    let mut after = before.clone();
    let revived = !before.record.state.is_alive();
    after.record.state = State::Alive;
    let mut plan = planning(cx, Some(before.clone()), after, rules);
    plan.revived = revived;
    if let Some(name) = &draft.name
        && *name != plan.after.record.name
    {
        if !rules.may_rename {
            let problem = fault.unwrap_or_else(|| Problem::invalid("name", "cannot be changed"));
            return Err(refusal(cx, &before.record, problem).await);
        }
        plan.after.record.name.clone_from(name);
    }
    // What is wrong with the wanted state is told after the rights to want it were asked for.
    let mut secret_field = None;
    let mut asked = Vec::new();
    if let Some(parent) = &draft.parent {
        let misplaced = move_to(&mut plan, parent).await.err();
        let is_misplaced = misplaced.is_some();
        fault = fault.or(misplaced);
        if is_misplaced || plan.after.record.parent != before.record.parent {
            asked.push("parent");
        }
    }
    match apply_relations(&mut plan, &draft.relations.iter().collect::<Vec<_>>()).await {
        Ok(()) => secret_field = apply(&mut plan, &draft).await?,
        Err((relation, problem)) => {
            asked.push(relation.name());
            fault = fault.or(Some(problem));
        }
    }
    if fault.is_none() {
        fault = run_rules(&mut plan).await.and_then(|()| check(&mut plan)).err();
    }
    refresh_fqn(&mut plan);
    let mut difference = diff::between(kind, &before, &plan.after);
    if let Some(field) = secret_field
        && !difference.touched.contains(&field.as_str())
    {
        let touched = kind.fields().find(|f| f.name == field).map_or("secrets", |f| f.name);
        difference.touched.push(touched);
        difference.change.updated.push(FieldChange { field, old: None, new: None });
    }
    let observing = match observe::compare(&plan, &draft.observations).await {
        Ok(observing) => observing,
        Err(problem) => {
            asked.extend(draft.observations.iter().map(|edit| edit.series.name()));
            fault = fault.or(Some(problem));
            Observing::default()
        }
    };
    asked.extend(&observing.touched);
    let aliases = aliases::wanted(&plan, &draft).await?;
    if !aliases.is_empty() {
        difference.silent = true;
        difference.signed = true;
        difference.touched.extend(aliases.iter().map(|(space, _)| *space));
    }
    asked.extend(difference.touched.iter().copied());
    let mut actions: Vec<Action> = Vec::new();
    for action in asked.into_iter().map(|touched| difference.action(touched, cx.caller.principal.user)) {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    loosen::check(cx, &before, Some(&plan.after)).await?;
    // A revision that changes nothing still counts: that is no mark of one's own.
    if rules.always_revise && actions.iter().all(|action| *action == Action::Mark) {
        actions.push(Action::EditAll);
    }
    if !actions.is_empty() {
        permit = cx.access.may_each(cx, &actions, &before.record).await?;
    }
    may_enter(cx, &plan, &difference).await?;
    if revived {
        permit = cx.access.may_revive(cx, &before.record, &plan.after).await?;
    }
    if let Some(fault) = fault {
        return Err(fault);
    }
    let moved = before.record.fqn != plan.after.record.fqn;
    if difference.is_empty() && !moved && !revived && !rules.always_revise {
        plan.after.record = before.record.clone();
        plan.expect.clear();
        let effect = if observing.touched.is_empty() { Effect::Unchanged } else { Effect::Updated };
        if effect == Effect::Updated {
            plan.expect.push(Expect::RevisionIs { id: before.record.id, revision: before.record.revision });
            observing.store(&mut plan);
            plan.event(EventKind::Updated, Some(Event::of_itself_alone()));
        }
        settle(cx, &mut plan.after).await?;
        return Ok(plan.finish(permit, effect));
    }
    if before.record.name != plan.after.record.name || moved {
        demand_names(&mut plan).await?;
    }
    if moved || revived {
        expect_parent(&mut plan, None).await?;
    }
    count(&mut plan, &before, &difference).await?;
    plan.raises_epoch |= touches_access(kind, &difference);
    let told = change_detail(&difference.change);
    // A move and a return show in others, whatever else has changed.
    let detail = told.or_else(|| (!moved && !revived).then(Event::of_itself_alone));
    both_ends::follow(&mut plan, &difference.begun, &difference.ended).await?;
    store(&mut plan, &before, difference);
    observing.store(&mut plan);
    if moved {
        plan.writes.push(Write::MovePrefix {
            root: before.record.id,
            from: before.record.fqn.clone(),
            to: plan.after.record.fqn.clone(),
        });
    }
    if revived {
        plan.writes.push(Write::MarkSubtree {
            root: before.record.id,
            state: State::Alive,
            at: cx.now,
            by: cx.caller.actor(),
        });
    }
    // Rights name teams and domains by FQN, and what comes back or moves may hold teams.
    plan.raises_epoch |= (moved || revived) && cx.holds_access(kind);
    plan.event(if revived { EventKind::Restored } else { EventKind::Updated }, detail);
    aliases::give(&mut plan, aliases).await?;
    settle(cx, &mut plan.after).await?;
    Ok(plan.finish(permit, if revived { Effect::Restored } else { Effect::Updated }))
}

/// Puts a difference into the plan: the record under its next revision, the edges that ended and those that began.
pub fn store(plan: &mut Planning<'_>, before: &View, difference: Difference) {
    let revision = before.record.revision.next();
    plan.after.record.revision = revision;
    let begun: HashSet<EdgeId> = difference.begun.iter().map(|edge| edge.id).collect();
    for edge in plan.after.edges.iter_mut().filter(|edge| begun.contains(&edge.id)) {
        edge.since = revision;
    }
    plan.expect.push(Expect::RevisionIs { id: before.record.id, revision: before.record.revision });
    let fresh: Vec<Edge> = plan.after.edges.iter().filter(|edge| begun.contains(&edge.id)).cloned().collect();
    // What an edge led to already may be deleted by now: the edge says something else, it does not lead elsewhere.
    let stood: HashSet<RecordId> = difference.ended.iter().map(|edge| edge.to).collect();
    expect_targets(plan, fresh.iter().filter(|edge| !stood.contains(&edge.to)));
    let (was, record) = (&before.record, plan.after.record.clone());
    let silent = difference.change.is_empty()
        && (was.version, was.content_revision, was.state) == (record.version, record.content_revision, record.state)
        && (&was.name, &was.fqn, was.parent) == (&record.name, &record.fqn, record.parent);
    let put = Write::Put { record: Box::new(record), replaces: Some(was.revision), silent };
    plan.writes.insert(0, put);
    plan.writes.extend(difference.ended.iter().map(|edge| Write::Unlink { id: edge.id, until: revision }));
    plan.writes.extend(fresh.into_iter().map(|edge| Write::Link(Box::new(edge))));
}

pub fn planning<'a>(cx: &'a Context<'a>, before: Option<View>, after: View, rules: &DoorRules) -> Planning<'a> {
    Planning {
        cx,
        kind: after.record.kind,
        before,
        after,
        door: rules.clone(),
        expect: Vec::new(),
        writes: Vec::new(),
        events: Vec::new(),
        violations: Vec::new(),
        breaking: false,
        raises_epoch: false,
        revived: false,
        alias_spaces: Vec::new(),
        lent: Vec::new(),
        named: Vec::new(),
    }
}

/// Errors: with the relation that they concern.
async fn apply_relations(plan: &mut Planning<'_>, edits: &[&RelationEdit]) -> Result<(), (Relation, Problem)> {
    let Some(first) = edits.first() else { return Ok(()) };
    let targets = relate::Targets::of(plan, edits).await.map_err(|problem| (first.relation, problem))?;
    for edit in edits {
        relate::apply(plan, edit, &targets).await.map_err(|problem| (edit.relation, problem))?;
    }
    Ok(())
}

/// Fields, visibility and secrets of the draft. Answers the field whose secrets differ.
async fn apply(plan: &mut Planning<'_>, draft: &Draft) -> Result<Option<String>, Problem> {
    for (name, value) in &draft.fields {
        let ty = match name.as_str() {
            "forms" => Some(field::FORMS.ty),
            name => plan.kind.field(name).map(|field| field.ty),
        };
        match field::tidy(ty, value) {
            Some(kept) => drop(plan.after.record.body.insert(name.clone(), kept)),
            None => drop(plan.after.record.body.shift_remove(name)),
        }
    }
    if let Some(visibility) = draft.visibility {
        plan.after.record.visibility = visibility;
    }
    secrets::stay_with_their_server(plan, draft.secrets.as_deref()).await?;
    match &draft.secrets {
        Some(edits) => secrets::apply(plan, edits).await,
        None => Ok(None),
    }
}

async fn run_rules(plan: &mut Planning<'_>) -> Result<(), Problem> {
    for rule in plan.kind.0.rules.iter().copied().map(rules::hooks) {
        rule.writing(plan).await?;
    }
    nominal::mark(plan).await?;
    owners::check(plan).await?;
    labels::check(plan).await?;
    forms::check(plan).await
}

/// Puts the record under the parent that the draft names.
async fn move_to(plan: &mut Planning<'_>, wanted: &Ref) -> Result<(), Problem> {
    let cx = plan.cx;
    let Some(parent) = find_parent(cx, plan.kind, Some(wanted)).await? else { return Ok(()) };
    if plan.after.record.parent == Some(parent.id) {
        return Ok(());
    }
    let above = load::view(cx.snapshot, parent.clone(), &Depth::bare()).await?;
    let id = plan.after.record.id;
    if parent.id == id || above.ancestors.iter().any(|card| card.id == id) {
        return Err(Problem::invalid("parent", "must not be the record itself or stand below it"));
    }
    let mut ancestors = vec![Arc::new(Card::of(&parent))];
    ancestors.extend(above.ancestors);
    move_under(plan, &parent, ancestors);
    let mut there = plan.after.clone();
    there.edges.clear();
    cx.access.may_create(cx, &there).await?;
    Ok(())
}

/// Moving a record into a domain asks for the right to make it there.
async fn may_enter(cx: &Context<'_>, plan: &Planning<'_>, difference: &Difference) -> Result<(), Problem> {
    let entered: Vec<_> =
        difference.begun.iter().filter(|edge| edge.relation == crate::relation::IN_DOMAIN).cloned().collect();
    let stood_in = |id| plan.before.as_ref().is_some_and(|view| view.edges.iter().any(|edge| edge.to == id));
    let entered: Vec<_> = entered.into_iter().filter(|edge| !stood_in(edge.to)).collect();
    if entered.is_empty() || !plan.kind.0.parents.contains(&"domain") {
        return Ok(());
    }
    let mut there = plan.after.clone();
    there.edges = entered;
    there.ancestors.clear();
    there.record.parent = None;
    cx.access.may_create(cx, &there).await.map(|_| ())
}

/// Everything that can be said against the planned state, at once.
pub(super) fn check(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let kind = plan.kind;
    let record = &plan.after.record;
    let mut violations = std::mem::take(&mut plan.violations);
    if record.name.is_empty() {
        violations.push(crate::problem::Violation::new("name", "must not be null"));
    } else if plan.before.as_ref().is_none_or(|before| before.record.name != record.name) {
        if record.name.chars().nth(MAX_NAME).is_some() {
            violations.push(crate::problem::Violation::new("name", format!("must have at most {MAX_NAME} characters")));
        }
        if record.name.contains('\0') {
            violations.push(crate::problem::Violation::new("name", "must not hold a NUL character"));
        }
    }
    if kind.0.parent_required && record.parent.is_none() {
        violations.push(crate::problem::Violation::new("parent", "must not be null"));
    }
    let fields: Vec<Field> = kind
        .fields()
        .chain(kind.has_facet(Facet::Extension).then_some(&field::EXTENSION))
        .chain(kind.has_facet(Facet::Forms).then_some(&field::FORMS))
        .copied()
        .collect();
    violations.extend(field::check_body(&fields, &record.body));
    if let Some(before) = &plan.before {
        for field in fields.iter().filter(|field| field.fixed) {
            if before.field(field.name).is_some() && before.field(field.name) != plan.after.field(field.name) {
                violations.push(crate::problem::Violation::new(field.name, "cannot be changed"));
            }
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Problem::Invalid(violations)) }
}

fn refresh_fqn(plan: &mut Planning<'_>) {
    let parent = plan.after.parent().map(|card| card.fqn.clone());
    plan.after.record.fqn = plan.kind.fqn(parent.as_deref(), &plan.after.record.name, Some(plan.after.record.id));
}

/// The FQN must be free, and so must the scopes that the door asks for.
async fn demand_names(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let cx = plan.cx;
    let record = &plan.after.record;
    let except = plan.before.as_ref().map(|before| before.record.id);
    let holder = cx.snapshot.by_fqn(cx.account(), plan.kind, &[&record.fqn]).await?.into_iter().next().flatten();
    if let Some(holder) = holder.filter(|holder| Some(holder.id) != except) {
        return Err(taken(cx, &holder, &record.fqn).await);
    }
    let mut scopes = vec![NameScope::Fqn(record.fqn.clone())];
    let top = plan.after.ancestors.last().map_or("", |card| card.fqn.as_str());
    scopes.extend(plan.door.names_free.iter().map(|demand| demand.scope(top, &record.name)));
    if scopes.len() > 1 {
        let folded = crate::name::fold(&record.name);
        let namesakes = cx.snapshot.by_folded_name(cx.account(), plan.kind, &folded, 1_000).await?;
        let clash = namesakes.iter().filter(|other| Some(other.id) != except && other.state.is_alive()).find(|other| {
            scopes.iter().any(|scope| match scope {
                NameScope::Fqn(_) => false,
                NameScope::Folded(_) => true,
                NameScope::Within { fqn, name } => {
                    other.name == *name
                        && other.fqn.strip_prefix(fqn.as_str()).is_some_and(|rest| rest.starts_with('.'))
                }
            })
        });
        if let Some(other) = clash {
            return Err(taken(cx, other, &record.fqn).await);
        }
    }
    let (account, kind) = (cx.account(), plan.kind);
    plan.expect.extend(scopes.into_iter().map(|scope| Expect::NameFree { account, kind, scope, except }));
    Ok(())
}

/// Whoever makes again what is there already is told that, whatever else is wrong with it.
async fn taken_or(plan: &mut Planning<'_>, problem: Problem) -> Problem {
    match problem {
        Problem::Forbidden { .. } => problem,
        problem => demand_names(plan).await.err().unwrap_or(problem),
    }
}

/// What the caller is told of a name that is taken: by whom, only if he may see the holder.
pub async fn taken(cx: &Context<'_>, holder: &Record, wanted: &str) -> Problem {
    let kind = holder.kind.name();
    match cx.access.sees(cx, holder).await {
        Ok(true) => Problem::NameTaken { kind, name: holder.fqn.clone(), existing: Some(holder.id) },
        Ok(false) => Problem::NameTaken { kind, name: wanted.to_owned(), existing: None },
        Err(problem) => problem,
    }
}

/// There must be room for one more record of the kind.
async fn demand_room(plan: &mut Planning<'_>, limit: u64) -> Result<(), Problem> {
    let (account, kind) = (plan.cx.account(), plan.kind);
    if plan.cx.snapshot.count(&ListQuery::of(account, kind)).await? >= limit {
        return Err(Problem::Quota { what: format!("records of kind {kind}"), limit });
    }
    plan.expect.push(Expect::CountBelow { account, kind, limit });
    Ok(())
}

/// The parent must still be alive and have the FQN that the record's own was made from: a change of either raises its
/// revision.
///
/// `read` is the parent where it was read already.
pub async fn expect_parent(plan: &mut Planning<'_>, read: Option<Record>) -> Result<(), Problem> {
    let Some(id) = plan.after.record.parent else { return Ok(()) };
    let parent = match read.filter(|read| read.id == id) {
        Some(read) => Some(read),
        None => plan.cx.record(id).await?,
    };
    let parent = parent.filter(|parent| parent.state.is_alive());
    let parent = parent.ok_or_else(|| Problem::conflict(format!("what {} stands under is deleted", plan.kind)))?;
    plan.expect.push(Expect::RevisionIs { id, revision: parent.revision });
    Ok(())
}

/// Version, content revision, stamp and change description of an altered record.
pub(super) async fn count(plan: &mut Planning<'_>, before: &View, difference: &Difference) -> Result<(), Problem> {
    let cx = plan.cx;
    let kind = plan.kind;
    let described = !difference.change.is_empty() || plan.revived;
    plan.after.record.updated = cx.stamp();
    if difference.content || plan.door.always_revise {
        plan.after.record.content_revision += 1;
    }
    if !described {
        // Hashes, order, followers: only the revision counts them, and nobody is said to have updated the record but for
        // settings and roles.
        if !plan.door.always_revise && !difference.signed {
            plan.after.record.updated = before.record.updated.clone();
        }
        return Ok(());
    }
    let step = if plan.breaking { 10 } else { 1 };
    let young = cx.now.0 - before.record.updated.at.0 < CONSOLIDATION_MS;
    let same_hand = before.record.updated.by.id == cx.caller.principal.user;
    let joins = plan.door.consolidate
        && young
        && same_hand
        && !plan.breaking
        && !plan.revived
        && before.record.version > 1
        // A deletion or a restoration stays a step of its own.
        && before.record.change.as_ref().is_some_and(|change| change.fields().all(|field| field != "deleted"));
    if joins {
        let previous = before.record.change.as_ref().map_or(1, |change| change.previous_version);
        if let Some(base) = version_view(cx, before.record.id, previous).await? {
            let mut change = diff::between(kind, &base, &plan.after).change;
            change.previous_version = previous;
            plan.after.record.change = Some(Arc::new(change));
            return Ok(());
        }
    }
    plan.after.record.version += step;
    plan.after.record.change =
        Some(Arc::new(Change { previous_version: before.record.version, ..difference.change.clone() }));
    Ok(())
}

/// The last state that bore a version.
pub async fn version_view(cx: &Context<'_>, id: RecordId, version: u32) -> Result<Option<View>, Problem> {
    let mut before = None;
    loop {
        let page = cx.snapshot.history(id, before, 64).await?;
        let Some(last) = page.last().map(|record| record.revision) else { return Ok(None) };
        if let Some(record) = page.into_iter().find(|record| record.version == version) {
            return Ok(Some(load::past_view(cx.snapshot, record).await?));
        }
        before = Some(last);
    }
}

/// Targets of new edges must still be alive when the edges are stored.
fn expect_targets<'e>(plan: &mut Planning<'_>, begun: impl Iterator<Item = &'e Edge>) {
    let made_here: HashSet<RecordId> = plan
        .writes
        .iter()
        .filter_map(|write| match write {
            Write::Put { record, .. } => Some(record.id),
            _ => None,
        })
        .chain([plan.after.record.id])
        .collect();
    let targets: BTreeSet<RecordId> = begun.map(|edge| edge.to).filter(|id| !made_here.contains(id)).collect();
    plan.expect.extend(targets.into_iter().map(|id| Expect::Alive { id }));
}

fn touches_access(kind: Kind, difference: &Difference) -> bool {
    // Rights hang on kinds that say so; owners of a table are looked up at each decision.
    kind.0.access && !difference.is_empty()
}

/// Completes the view that the caller gets: edges in order, cards of everything they lead to, inherited edges.
async fn settle(cx: &Context<'_>, view: &mut View) -> Result<(), Problem> {
    view.edges.sort_by(|a, b| {
        (a.relation.name(), a.at.as_str(), a.ord, a.id).cmp(&(b.relation.name(), b.at.as_str(), b.ord, b.id))
    });
    let targets: Vec<RecordId> = view.edges.iter().map(|edge| edge.to).collect();
    load::add_cards(cx.snapshot, view, &targets).await?;
    load::inherit_into(cx.snapshot, view).await
}

/// The change as a log line keeps it.
pub(super) fn change_detail(change: &Change) -> Option<Value> {
    if change.is_empty() {
        return None;
    }
    let list = |changes: &[FieldChange]| {
        changes.iter().map(|c| json!({"field": c.field, "old": c.old, "new": c.new})).collect::<Vec<_>>()
    };
    Some(json!({
        "previous_version": change.previous_version,
        "added": list(&change.added),
        "updated": list(&change.updated),
        "deleted": list(&change.deleted),
    }))
}

/// Puts a record under another parent within the plan; the FQN follows when the plan is finished.
pub fn move_under(plan: &mut Planning<'_>, parent: &Record, ancestors: Vec<Arc<Card>>) {
    plan.after.record.parent = Some(parent.id);
    plan.after.ancestors = ancestors;
    if let Some(first) = plan.after.ancestors.first().cloned() {
        plan.after.cards.insert(first.id, first);
    }
    plan.after.record.fqn = plan.kind.fqn(Some(&parent.fqn), &plan.after.record.name, Some(plan.after.record.id));
}
