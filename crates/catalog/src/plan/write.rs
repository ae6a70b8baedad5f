//! Creating and changing: one path for every kind.

use super::diff::{self, Difference};
use super::observe::Observing;
use super::planning::{Planned, Planning};
use super::{
    aliases, asset_domains, certification, check, claim, forms, hash_masks, labels, masked_filters, nominal, observe,
    owners, place, relate, restriction_removal, secrets, symmetric, version,
};
use crate::action::Action;
use crate::change_set::{Event, EventKind, Expect, Permit, Write};
use crate::command::{DoorRules, Draft, Edit, Effect, Guard, Ref, RelationEdit, Upsert};
use crate::context::Context;
use crate::denials::Denials;
use crate::field;
use crate::id::{RecordId, Revision};
use crate::kind::Kind;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::record::{Body, Edge, FieldChange, Record, State, View};
use crate::references::ReferenceScope;
use crate::relation::{Relation, UNDER_TEAM};
use crate::rows::filters;
use crate::rows::roles::ROLES;
use crate::rules;

pub async fn create(
    cx: &Context<'_>,
    kind: Kind,
    parent: Option<&Ref>,
    draft: &Draft,
    id: Option<RecordId>,
    rules: &DoorRules,
) -> Result<Planned, Problem> {
    cx.access.may_create_somewhere(&cx.caller.principal, kind)?;
    let parent = place::find_parent(cx, kind, parent).await?;
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
    let parent = match place::find_parent(cx, kind, parent).await {
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
            let hidden =
                cx.access.hidden(cx.snapshot, &cx.caller.principal, &[&before], ReferenceScope::LeftOut).await?;
            let mut draft = match hidden.edited(&before, |shown| edit(Some(shown))) {
                Ok(draft) => draft,
                Err(problem) => return Err(refusal(cx, &before.record, problem).await),
            };
            // What comes back stands below what bears the name of its parent by now.
            if let Some(parent) = parent.filter(|parent| Some(parent.id) != before.record.parent)
                && !before.record.state.is_alive()
            {
                draft.parent.get_or_insert(Ref::Id(parent.kind, parent.id));
            }
            alter_with_assets(cx, permit, before, draft, rules, None).await
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
    // An edit is made of what a read told: a patch names what stood there.
    let hidden = cx.access.hidden(cx.snapshot, &cx.caller.principal, &[&before], ReferenceScope::All).await?;
    match hidden.edited(&before, |shown| edit(shown)) {
        Ok(draft) => alter_with_assets(cx, permit, before, draft, rules, stale).await,
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
    let mut plan = Planning::new(cx, None, after, rules);
    plan.alias_spaces = draft.aliases.iter().map(|(space, _)| *space).collect();
    // Rights first: of what the payload names, only the place where the record is to stand is looked at before them.
    let (place, rest): (Vec<&RelationEdit>, Vec<&RelationEdit>) =
        draft.relations.iter().partition(|edit| relate::is_place(edit));
    apply_relations(&mut plan, &place).await.map_err(|(_, problem)| problem)?;
    let permit = cx.access.may_create(cx, &plan.after).await?;
    if let Err((_, problem)) = apply_relations(&mut plan, &rest).await {
        return Err(claim::taken_or(&mut plan, problem).await);
    }
    if rest.iter().any(|edit| relate::hands_out(edit)) {
        cx.access.may_create(cx, &plan.after).await?;
    }
    apply(&mut plan, &draft).await?;
    if let Err(problem) = run_rules(&mut plan).await {
        return Err(claim::taken_or(&mut plan, problem).await);
    }
    check::check(&mut plan)?;
    claim::demand_names(&mut plan).await?;
    if let Some(limit) = rules.quota.into_iter().chain(plan.kind.0.most).min() {
        claim::demand_room(&mut plan, limit).await?;
    }
    claim::expect_parent(&mut plan, parent).await?;
    for edge in &mut plan.after.edges {
        edge.since = Revision::FIRST;
    }
    let begun = plan.after.edges.clone();
    claim::expect_targets(&mut plan, begun.iter());
    plan.writes.insert(0, Write::Put { record: Box::new(plan.after.record.clone()), replaces: None, silent: false });
    symmetric::follow(&mut plan, &begun, &[]).await?;
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

/// Alters a record; what a product holds goes along where it moves to.
async fn alter_with_assets(
    cx: &Context<'_>,
    permit: Permit,
    before: View,
    draft: Draft,
    rules: &DoorRules,
    fault: Option<Problem>,
) -> Result<Planned, Problem> {
    let domains = asset_domains::of_product(&before);
    let (id, fqn) = (before.id(), before.record.fqn.clone());
    let altered = alter(cx, permit, before, draft, rules, fault).await;
    let planned = altered.inspect_err(|problem| Denials::are_about(problem, (id, &fqn)))?;
    asset_domains::follow(cx, &domains, planned, super::alone).await
}

async fn alter(
    cx: &Context<'_>,
    permit: Permit,
    before: View,
    draft: Draft,
    rules: &DoorRules,
    fault: Option<Problem>,
) -> Result<Planned, Problem> {
    let mut after = before.clone();
    after.record.state = State::Alive;
    let mut plan = Planning::new(cx, Some(before.clone()), after, rules);
    plan.revived = !before.record.state.is_alive();
    if let Err(problem) = rename(&mut plan, draft.name.as_deref()) {
        return Err(refusal(cx, &before.record, fault.unwrap_or(problem)).await);
    }
    let mut alteration = compose(&mut plan, &before, &draft, fault).await?;
    let permit = permit_for(&plan, &before, &alteration, permit).await?;
    if let Some(fault) = alteration.fault.take() {
        return Err(fault);
    }
    let is_moved = before.record.fqn != plan.after.record.fqn;
    if alteration.difference.is_empty() && !is_moved && !plan.revived && !rules.always_revise {
        return keep(plan, &before, alteration.observing, permit).await;
    }
    store(plan, &before, alteration, is_moved, permit).await
}

/// What a draft makes of a record, before it is known whether it may.
struct Alteration {
    difference: Difference,
    observing: Observing,
    aliases: Vec<(&'static str, String)>,
    /// Fields, relations and series that rights are asked for.
    asked: Vec<&'static str>,
    /// What is wrong with the wanted state: told after the rights to want it were asked for.
    fault: Option<Problem>,
}

fn rename(plan: &mut Planning<'_>, name: Option<&str>) -> Result<(), Problem> {
    let Some(name) = name.filter(|name| *name != plan.after.record.name) else { return Ok(()) };
    if !plan.door.may_rename {
        return Err(Problem::invalid("name", "cannot be changed"));
    }
    name.clone_into(&mut plan.after.record.name);
    Ok(())
}

/// Applies the draft, and compares what comes of it with what there was.
async fn compose(
    plan: &mut Planning<'_>,
    before: &View,
    draft: &Draft,
    mut fault: Option<Problem>,
) -> Result<Alteration, Problem> {
    let mut secret_field = None;
    let mut asked = Vec::new();
    if let Some(parent) = &draft.parent {
        let misplaced = place::move_to(plan, parent).await.err();
        let is_misplaced = misplaced.is_some();
        fault = fault.or(misplaced);
        if is_misplaced || plan.after.record.parent != before.record.parent {
            asked.push("parent");
        }
    }
    match apply_relations(plan, &draft.relations.iter().collect::<Vec<_>>()).await {
        Ok(()) => secret_field = apply(plan, draft).await?,
        Err((relation, problem)) => {
            asked.push(relation.name());
            fault = fault.or(Some(problem));
        }
    }
    if fault.is_none() {
        fault = run_rules(plan).await.and_then(|()| check::check(plan)).err();
    }
    place::refresh_fqn(plan);
    let mut difference = diff::between(plan.kind, before, &plan.after);
    if let Some(field) = secret_field
        && !difference.touched.contains(&field.as_str())
    {
        let touched = plan.kind.fields().find(|f| f.name == field).map_or("secrets", |f| f.name);
        difference.touched.push(touched);
        difference.change.updated.push(FieldChange { field, old: None, new: None });
    }
    let observing = match observe::compare(plan, &draft.observations).await {
        Ok(observing) => observing,
        Err(problem) => {
            asked.extend(draft.observations.iter().map(|edit| edit.series.name()));
            fault = fault.or(Some(problem));
            Observing::default()
        }
    };
    asked.extend(&observing.touched);
    let aliases = aliases::wanted(plan, draft).await?;
    if !aliases.is_empty() {
        difference.silent = true;
        difference.signed = true;
        difference.touched.extend(aliases.iter().map(|(space, _)| *space));
    }
    asked.extend(difference.touched.iter().copied());
    Ok(Alteration { difference, observing, aliases, asked, fault })
}

/// The permit for all that the alteration touches; where that is nothing, the one that there is.
async fn permit_for(
    plan: &Planning<'_>,
    before: &View,
    alteration: &Alteration,
    mut permit: Permit,
) -> Result<Permit, Problem> {
    let (cx, difference) = (plan.cx, &alteration.difference);
    let mut actions: Vec<Action> = Vec::new();
    let asked = alteration.asked.iter().filter(|touched| !only_draws(difference, touched));
    for action in asked.flat_map(|touched| difference.actions(touched, cx.caller.principal.user)) {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    restriction_removal::check(cx, before, Some(&plan.after)).await?;
    masked_filters::check(cx, before, &plan.after).await?;
    hash_masks::check(cx, before, &plan.after).await?;
    // A revision that changes nothing still counts: that is no mark of one's own.
    if plan.door.always_revise && actions.iter().all(|action| *action == Action::Mark) {
        actions.push(Action::EditAll);
    }
    if !actions.is_empty() {
        permit = cx.access.may_each(cx, &actions, &before.record).await?;
    }
    place::may_enter(cx, plan, difference).await?;
    if plan.revived {
        permit = cx.access.may_revive(cx, &before.record, &plan.after).await?;
    }
    Ok(permit)
}

/// Whether of roles nothing differs but that they bear more relations of models: that is for who writes these.
fn only_draws(difference: &Difference, touched: &str) -> bool {
    let Some(role) = ROLES.into_iter().find(|role| role.name() == touched) else { return false };
    let of = |edges: &[Edge]| edges.iter().filter(|edge| edge.relation == role).count();
    let mut begun = difference.begun.iter().filter(|edge| edge.relation == role);
    let grows = |now: &Edge| difference.ended.iter().any(|was| filters::gains_drawn_alone(was, now));
    // Where nothing differs, the right comes first all the same.
    let count = of(&difference.begun);
    count > 0 && count == of(&difference.ended) && begun.all(grows)
}

/// Leaves the record at its revision; what is observed of it may be new.
async fn keep(mut plan: Planning<'_>, before: &View, observing: Observing, permit: Permit) -> Result<Planned, Problem> {
    plan.after.record = before.record.clone();
    plan.expect.clear();
    let effect = if observing.touched.is_empty() { Effect::Unchanged } else { Effect::Updated };
    if effect == Effect::Updated {
        plan.expect.push(Expect::RevisionIs { id: before.record.id, revision: before.record.revision });
        observing.store(&mut plan);
        plan.event(EventKind::Updated, Some(Event::of_observations()));
    }
    settle(plan.cx, &mut plan.after).await?;
    Ok(plan.finish(permit, effect))
}

/// Puts the alteration into the plan: a new revision, and what follows of it for others.
async fn store(
    mut plan: Planning<'_>,
    before: &View,
    alteration: Alteration,
    is_moved: bool,
    permit: Permit,
) -> Result<Planned, Problem> {
    let Alteration { difference, observing, aliases, .. } = alteration;
    let (cx, kind, revived) = (plan.cx, plan.kind, plan.revived);
    if before.record.name != plan.after.record.name || is_moved {
        claim::demand_names(&mut plan).await?;
    }
    if is_moved || revived {
        claim::expect_parent(&mut plan, None).await?;
    }
    version::count(&mut plan, before, &difference).await?;
    plan.raises_epoch |= touches_access(kind, &difference);
    let told = version::change_detail(&difference.change);
    // A move and a return show in others, whatever else has changed.
    let detail = told.or_else(|| (!is_moved && !revived).then(Event::of_itself_alone));
    symmetric::follow(&mut plan, &difference.begun, &difference.ended).await?;
    plan.store(before, difference);
    observing.store(&mut plan);
    if is_moved {
        plan.writes.push(Write::MovePrefix {
            root: before.record.id,
            from: before.record.fqn.clone(),
            to: plan.after.record.fqn.clone(),
        });
    }
    if revived && !plan.door.alone {
        plan.writes.push(Write::MarkSubtree {
            root: before.record.id,
            state: State::Alive,
            at: cx.now,
            by: cx.caller.actor(),
        });
    }
    // Rights name teams and domains by FQN, and what comes back or moves may hold teams.
    plan.raises_epoch |= (is_moved || revived) && cx.holds_access(kind);
    plan.event(if revived { EventKind::Restored } else { EventKind::Updated }, detail);
    aliases::give(&mut plan, aliases).await?;
    settle(cx, &mut plan.after).await?;
    Ok(plan.finish(permit, if revived { Effect::Restored } else { Effect::Updated }))
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
    certification::check(plan).await?;
    forms::check(plan).await
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
