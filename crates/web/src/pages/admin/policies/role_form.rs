//! A role: its policies, and the people who have it in person. What it would change is shown before it is saved.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::what_if::WhatIf;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use serde_json::Value;

use super::deleting;
use super::held::is_on;
use super::place::PATH;
use crate::access::effects::{Effects, TestSubject};
use crate::access::{naming_policies, simulator};
use crate::fault::{Fault, wording};
use crate::forms::checked;
use crate::forms::conflict::Conflict;
use crate::forms::edit::{self, editable::is_of_system};
use crate::forms::form::Form;
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::pages::admin::frame::admitted_below;
use crate::records::address;
use crate::records::naming::{self, PEOPLE, Suggested, named_record};
use crate::records::resolver;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// Policies that are offered, and people of whom a form says that they have the role.
const MOST: u32 = 500;

#[derive(Template)]
#[template(path = "admin/role_form.html")]
struct Page {
    p: Shell,
    title: String,
    fqn: String,
    /// Where its deletion is asked about; nothing of what stays.
    deletion: Option<String>,
    /// It can have another name.
    is_named: bool,
    revision: String,
    name: String,
    description: String,
    is_on: bool,
    policies: Vec<Ticked>,
    bearers: Vec<Ticked>,
    /// Teams that bring it to their members.
    teams: Vec<String>,
    is_cut: bool,
    add: String,
    wanted: TestSubject,
    kinds: Vec<(String, String)>,
    people: Suggested,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    effects: Option<Effects>,
}

struct Ticked {
    id: RecordId,
    name: String,
    is_ticked: bool,
}

/// What is stored of a role, and of who has it.
struct Role {
    view: Option<View>,
    policies: Vec<View>,
    bearers: Vec<Card>,
    teams: Vec<Card>,
    is_cut: bool,
}

impl Role {
    async fn of(reading: &Reading<'_>, named: &str) -> Result<Role, Fault> {
        let catalog = reading.catalog();
        let query = ListQuery { limit: MOST, ..ListQuery::of(reading.account(), catalog.kind("policy")) };
        let policies = reading.list(query, &Depth::bare()).await?.views;
        if named.is_empty() {
            return Ok(Role { view: None, policies, bearers: Vec::new(), teams: Vec::new(), is_cut: false });
        }
        let target = resolver::target(catalog.kind("role"), named);
        let view = reading.get(&target, States::Alive, &Depth::of(&[relation::HAS_POLICY], false)).await?;
        let found = reading.sources(&[&view], &[relation::HAS_ROLE, relation::DEFAULT_ROLE], MOST).await?;
        let (mut bearers, mut teams) = (Vec::new(), Vec::new());
        for edge in &found.edges {
            let Some(record) = found.records.get(&edge.from) else { continue };
            let of = if edge.relation == relation::HAS_ROLE { &mut bearers } else { &mut teams };
            of.push(Card::of(record));
        }
        bearers.sort_by_key(naming::rendered);
        Ok(Role { view: Some(view), policies, bearers, teams, is_cut: found.is_cut })
    }
}

/// What was typed; `None` of what is as it stands.
#[derive(Default)]
struct Notes {
    status: Option<u16>,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    effects: Option<Effects>,
    sent: Option<Form>,
}

pub async fn show(visit: &Visit) -> Shown {
    let reading = visit.reading().await?;
    let role = Role::of(&reading, &visit.query("role")).await?;
    page(visit, &reading, &role, Notes::default()).await
}

async fn page(visit: &Visit, reading: &Reading<'_>, role: &Role, notes: Notes) -> Shown {
    let (p, _) = admitted_below(visit, "policies")?;
    let (t, view, sent) = (visit.t, role.view.as_ref(), notes.sent.as_ref());
    let title = view.map_or_else(|| t.say("role_form.new"), |view| shown(&view.record.name));
    let has = |id: RecordId| view.is_some_and(|view| view.targets(relation::HAS_POLICY).any(|(edge, _)| edge.to == id));
    let is_sent = |field: &str, id: RecordId| sent.map(|sent| sent.all(field).any(|one| one == id.to_string()));
    let policies = role.policies.iter().map(|policy| Ticked {
        id: policy.id(),
        name: shown(&policy.record.name),
        is_ticked: is_sent("policy", policy.id()).unwrap_or_else(|| has(policy.id())),
    });
    let bearers = role.bearers.iter().map(|card| Ticked {
        id: card.id,
        name: naming::rendered(card),
        // Who got it meanwhile was not shown with it.
        is_ticked: !is_sent("shown", card.id).unwrap_or(false) || is_sent("bearer", card.id).unwrap_or(true),
    });
    let text = |field: &str| sent.map(|sent| sent.prose(field));
    let present = view.map(|view| view.record.revision.0.to_string()).unwrap_or_default();
    let described = view.and_then(|view| view.text("description")).unwrap_or_default().to_owned();
    let page = Page {
        p: p.below(title.clone(), None),
        title,
        fqn: view.map(|view| view.record.fqn.clone()).unwrap_or_default(),
        deletion: view.and_then(deleting::offered),
        is_named: view.is_none_or(|view| !is_of_system(view)),
        revision: text("revision").filter(|_| notes.conflict.is_none()).unwrap_or(present),
        name: text("name").unwrap_or_else(|| view.map(|view| view.record.name.clone()).unwrap_or_default()),
        description: text("description").unwrap_or(described),
        is_on: match sent {
            Some(sent) => view.is_none() || sent.text("on") == "yes",
            None => view.is_none_or(is_on),
        },
        policies: policies.collect(),
        bearers: bearers.collect(),
        teams: role.teams.iter().map(naming::rendered).collect(),
        is_cut: role.is_cut,
        add: text("add").unwrap_or_else(|| visit.query("add")),
        wanted: sent.map(TestSubject::sent).unwrap_or_default(),
        kinds: simulator::kinds(t),
        people: Suggested::of(reading, PEOPLE).await?,
        faults: notes.faults,
        conflict: notes.conflict,
        effects: notes.effects,
    };
    Ok(headers::page(notes.status.unwrap_or(200), &page))
}

/// Checks what was sent, or saves what was checked.
pub async fn change(visit: &Visit) -> Shown {
    let sent = visit.form();
    let reading = visit.reading().await?;
    let role = Role::of(&reading, sent.text("role")).await?;
    if let Some(view) = &role.view {
        let seen = saving::revision(visit, sent.text("revision"))?;
        if let Some(conflict) = Conflict::since(visit, &reading, view, seen).await? {
            let notes = Notes { status: Some(409), conflict: Some(conflict), sent: Some(sent), ..Notes::default() };
            return page(visit, &reading, &role, notes).await;
        }
    }
    let mut faults = Vec::new();
    let fqn = role.view.as_ref().map_or(sent.trimmed("name"), |view| &view.record.fqn).to_owned();
    // What is not sent, or came with the catalogue, keeps its name.
    let named = role.view.as_ref().filter(|view| is_of_system(view) || !sent.has("name"));
    let name = named.map_or(sent.trimmed("name"), |view| &view.record.name).to_owned();
    if name.is_empty() {
        faults.push(visit.t.say("edit.name_missing"));
    }
    if let Some(view) = role.view.as_ref().filter(|view| view.record.name != name) {
        faults.extend(left_behind(visit, &reading, view, &name).await?);
    }
    let ticked = |field: &'static str| sent.all(field).filter_map(|id| id.parse::<RecordId>().ok()).collect::<Vec<_>>();
    let (wanted, stays, shown) = (ticked("policy"), ticked("bearer"), ticked("shown"));
    let mut given = Vec::new();
    for name in sent.text("add").split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()) {
        match named_record(&reading, PEOPLE, name).await? {
            Ok((_, id)) => given.push(id),
            Err(unnamed) => faults.push(unnamed.rendered(visit.t)),
        }
    }
    // From those it is taken who were shown with it.
    let taken: Vec<RecordId> = shown.into_iter().filter(|id| !stays.contains(id) && !given.contains(id)).collect();
    let policies: Vec<&View> = role.policies.iter().filter(|policy| wanted.contains(&policy.id())).collect();
    if policies.is_empty() {
        faults.push(visit.t.say("role_form.no_policy"));
    }
    let fqns: Vec<String> = policies.iter().map(|policy| policy.record.fqn.clone()).collect();
    let (was_on, is_on) = (role.view.as_ref().is_none_or(is_on), role.view.is_none() || sent.text("on") == "yes");
    let checked = checked::word(&(&fqn, &name, &fqns, &given, &taken, is_on));
    // Turned on, it comes back to all who have it.
    let coming_back = role.bearers.iter().map(|card| card.id).filter(|id| is_on && !was_on && !taken.contains(id));
    let what_if = WhatIf::Role {
        fqn: fqn.clone(),
        policies: fqns,
        is_on,
        given: given.iter().copied().chain(coming_back).collect(),
        taken: taken.clone(),
        teams: role.teams.clone(),
    };
    let mut effects = None;
    let is_saved = sent.text("do") == "save" && sent.text("checked") == checked;
    if faults.is_empty() && !is_saved {
        match Effects::of(visit, &reading, &what_if, &TestSubject::sent(&sent), checked.clone()).await? {
            Ok(found) => effects = Some(found),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() || !is_saved {
        let status = (!faults.is_empty()).then_some(400);
        return page(visit, &reading, &role, Notes { status, faults, effects, sent: Some(sent), conflict: None }).await;
    }
    let mut draft = Draft::default();
    let description = Some(sent.prose("description")).filter(|text| !text.trim().is_empty());
    draft.set("description", description.map_or(Value::Null, Value::from));
    if is_on != was_on {
        draft.set("disabled", !is_on);
    }
    // Policies that the form does not show stay.
    let has = |id: RecordId| {
        role.view.as_ref().is_some_and(|view| view.targets(relation::HAS_POLICY).any(|(edge, _)| edge.to == id))
    };
    for (how, is_wanted) in [(How::Add, true), (How::Remove, false)] {
        let moved =
            role.policies.iter().filter(|one| wanted.contains(&one.id()) == is_wanted && has(one.id()) != is_wanted);
        let targets = moved.map(|policy| Target::of(Ref::Id(policy.record.kind, policy.id())));
        draft.relate(relation::HAS_POLICY, how, "policies", targets.collect());
    }
    let command = command(&reading, role.view.as_ref(), name, draft, (&given, &taken));
    match reading.execute(&command).await {
        Ok(_) => Ok(headers::see_other(&address::with_query(PATH, &[("done", "saved")]))),
        // Others were faster, after it was checked.
        Err(Problem::Stale { .. }) => Box::pin(change(visit)).await,
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            let reading = visit.reading().await?;
            let notes = Notes { status: Some(status), faults, effects, sent: Some(sent), conflict: None };
            page(visit, &reading, &role, notes).await
        }
    }
}

/// The policies whose conditions name the role, and not what it is to be called: who has it would have nothing of them.
async fn left_behind(visit: &Visit, reading: &Reading<'_>, view: &View, name: &str) -> Result<Option<String>, Fault> {
    let mut policies = naming_policies::of(reading, &view.record).await?;
    let (kind, fqn) = (view.record.kind, name::quote(name));
    policies.retain(|policy| !policy.body.get("rules").is_some_and(|rules| reading.catalog().names(rules, kind, &fqn)));
    let named = policies.iter().map(|policy| shown(&policy.name)).collect::<Vec<_>>().join(", ");
    let values = [("policies", &*named), ("name", &*shown(name))];
    Ok((!policies.is_empty()).then(|| visit.t.with("role_form.named", &values)))
}

/// The role and those who have it, in one commit.
fn command(
    reading: &Reading<'_>,
    view: Option<&View>,
    name: String,
    draft: Draft,
    (given, taken): (&[RecordId], &[RecordId]),
) -> Command {
    let (role, user) = (reading.catalog().kind("role"), reading.catalog().kind("user"));
    let id = view.map_or_else(RecordId::fresh, View::id);
    let change = |target, guard, draft: Draft| Command::Change {
        target,
        guard,
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules::default(),
    };
    let first = match view {
        Some(view) => edit::command::change(view, Draft { name: Some(name), ..draft }),
        None => Command::Create {
            kind: role,
            parent: None,
            draft: Draft { name: Some(name), ..draft },
            id: Some(id),
            rules: DoorRules::default(),
        },
    };
    let of = |people: &[RecordId], how: fn() -> How| {
        let all = people.iter().map(|person| {
            let mut draft = Draft::default();
            draft.relate(relation::HAS_ROLE, how(), "roles", vec![Target::of(Ref::Id(role, id))]);
            change(Ref::Id(user, *person), Guard::None, draft)
        });
        all.collect::<Vec<_>>()
    };
    let people = of(given, || How::Add).into_iter().chain(of(taken, || How::Remove));
    Command::Together(std::iter::once(first).chain(people).collect())
}
