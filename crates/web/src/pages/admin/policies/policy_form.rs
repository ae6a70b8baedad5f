//! A policy, rule by rule: what it would change is shown before it is saved.

use askama::Template;
use emporion_catalog::command::{Command, DoorRules, Draft, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::problem::{Problem, Violation};
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::what_if::WhatIf;
use emporion_catalog::record::View;
use emporion_catalog::spelling::camel_case;
use serde_json::Value;

use super::deleting;
use super::held::{Held, is_on};
use super::place::PATH;
use crate::access::action_labels;
use crate::access::effects::{Effects, TestSubject};
use crate::access::policy_rules;
use crate::access::simulator;
use crate::fault::{Fault, wording};
use crate::forms::checked;
use crate::forms::conflict::Conflict;
use crate::forms::edit::{self, editable::is_of_system};
use crate::forms::form::Form;
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::pages::admin::frame::admitted_below;
use crate::records::naming::{PEOPLE, Suggested};
use crate::records::{address, difference};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// What policies call what they allow; what the pages know no action of is kept where it stands.
const OPERATIONS: &[&str] = &[
    "All",
    "ViewAll",
    "ViewBasic",
    "ViewSampleData",
    "ViewDataProfile",
    "Create",
    "Delete",
    "EditAll",
    "EditDescription",
    "EditDisplayName",
    "EditTags",
    "EditGlossaryTerms",
    "EditTier",
    "EditCertification",
    "EditOwners",
    "EditDomains",
    "EditLineage",
    "EditReviewers",
    "EditCustomFields",
    "EditUsers",
    "EditTeams",
    "EditRole",
    "EditPolicy",
];

#[derive(Template)]
#[template(path = "admin/policy_form.html")]
struct Page {
    p: Shell,
    title: String,
    /// The policy by its full name; empty: a new one.
    fqn: String,
    /// Where its deletion is asked about; nothing of what stays.
    deletion: Option<String>,
    /// It can have another name.
    is_named: bool,
    revision: String,
    policy: Policy,
    wanted: TestSubject,
    kinds: Vec<(String, String)>,
    people: Suggested,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    effects: Option<Effects>,
}

/// A policy as the form has it.
#[derive(Default)]
struct Policy {
    name: String,
    description: String,
    is_on: bool,
    rules: Vec<Rule>,
}

#[derive(Default)]
struct Rule {
    /// Its place among those of the policy that the form was made of; none of a new one.
    place: String,
    /// It is to be left out.
    is_out: bool,
    name: String,
    is_denying: bool,
    operations: Vec<Choice>,
    resources: Vec<Choice>,
    condition: String,
}

struct Choice {
    value: String,
    name: String,
    is_chosen: bool,
}

pub async fn show(visit: &Visit) -> Shown {
    let reading = visit.reading().await?;
    let named = visit.query("policy");
    let view = match named.is_empty() {
        true => None,
        false => Some(found(&reading, &named).await?),
    };
    let policy = match &view {
        Some(view) => Policy::of(visit.t, &reading, view),
        None => Policy { is_on: true, ..Policy::default() },
    };
    page(visit, &reading, view.as_ref(), policy, Notes::default()).await
}

async fn found(reading: &Reading<'_>, named: &str) -> Result<View, Fault> {
    let target = crate::records::resolver::target(reading.catalog().kind("policy"), named);
    Ok(reading.get(&target, States::Alive, &Depth::bare()).await?)
}

#[derive(Default)]
struct Notes {
    status: Option<u16>,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    effects: Option<Effects>,
    wanted: TestSubject,
    /// What was seen, where the form is shown again.
    revision: Option<String>,
}

async fn page(visit: &Visit, reading: &Reading<'_>, view: Option<&View>, mut policy: Policy, notes: Notes) -> Shown {
    let (p, _) = admitted_below(visit, "policies")?;
    let t = visit.t;
    policy.rules.push(Rule::empty(t, reading));
    let title = match view {
        Some(view) => shown(&view.record.name),
        None => t.say("policy.new"),
    };
    let fqn = view.map(|view| view.record.fqn.clone()).unwrap_or_default();
    let present = view.map(|view| view.record.revision.0.to_string()).unwrap_or_default();
    let page = Page {
        p: p.below(title.clone(), None),
        title,
        fqn,
        deletion: view.and_then(deleting::offered),
        is_named: view.is_none_or(|view| !is_of_system(view)),
        revision: notes.revision.unwrap_or(present),
        policy,
        wanted: notes.wanted,
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
    let named = sent.text("policy");
    let view = match named.is_empty() {
        true => None,
        false => Some(found(&reading, named).await?),
    };
    let wanted = TestSubject::sent(&sent);
    let placed = rules(&sent, view.as_ref());
    let is_on = view.is_none() || sent.text("on") == "yes";
    let policy = Policy::sent(visit.t, &reading, &sent, &placed, is_on);
    let (left_out, rules): (Vec<Sent>, Vec<Sent>) = placed.into_iter().partition(|rule| rule.is_out);
    let rules: Value = rules.into_iter().map(|rule| rule.rule).collect();
    let mut notes =
        Notes { wanted: wanted.clone(), revision: Some(sent.text("revision").to_owned()), ..Notes::default() };
    if let Some(view) = &view {
        let seen = saving::revision(visit, sent.text("revision"))?;
        if let Some(conflict) = Conflict::since(visit, &reading, view, seen).await? {
            let notes = Notes { conflict: Some(conflict), revision: None, status: Some(409), ..notes };
            return page(visit, &reading, Some(view), policy.unplaced(), notes).await;
        }
    }
    // What is not sent, or came with the catalogue, keeps its name.
    let named = view.as_ref().filter(|view| is_of_system(view) || !sent.has("name")).map(|view| &view.record.name);
    let name = named.map_or(sent.trimmed("name"), String::as_str).to_owned();
    let mut faults = Vec::new();
    if name.is_empty() {
        faults.push(visit.t.say("edit.name_missing"));
    }
    match visit.catalog().check_rules(&rules) {
        Err(Problem::Invalid(violations)) => {
            faults.extend(violations.iter().map(|violation| broken(visit.t, &rules, violation)));
        }
        checked => checked?,
    }
    if rules.as_array().is_none_or(Vec::is_empty) {
        faults.push(visit.t.say("policy.no_rules"));
    }
    let id = view.as_ref().map_or_else(RecordId::fresh, View::id);
    // Until it is saved it is there by the name that it has.
    let present = view.as_ref().map_or(&name, |view| &view.record.fqn).clone();
    let what_if = WhatIf::Policy { id, fqn: present, rules: is_on.then(|| rules.clone()) };
    let checked = checked::word(&(&name, rules.to_string(), is_on));
    let is_saved = sent.text("do") == "save" && sent.text("checked") == checked;
    if faults.is_empty() && !is_saved {
        match Effects::of(visit, &reading, &what_if, &wanted, checked.clone()).await? {
            Ok(effects) => {
                let sent = (&rules, &*left_out);
                notes.effects = Some(explained(visit, &reading, view.as_ref(), sent, effects).await?);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() || !is_saved {
        notes.status = (!faults.is_empty()).then_some(400);
        notes.faults = faults;
        return page(visit, &reading, view.as_ref(), policy, notes).await;
    }
    let mut draft = Draft::default();
    draft.set("rules", rules);
    draft.set(
        "description",
        Some(sent.prose("description")).filter(|text| !text.trim().is_empty()).map_or(Value::Null, Value::from),
    );
    draft.set("enabled", is_on);
    if is_on && view.as_ref().is_some_and(is_disabled) {
        draft.set("disabled", false);
    }
    let command = command(reading.catalog().kind("policy"), view.as_ref(), name, draft);
    match reading.execute(&command).await {
        Ok(_) => Ok(headers::see_other(&address::with_query(PATH, &[("done", "saved")]))),
        // Others were faster, after it was checked.
        Err(Problem::Stale { .. }) => Box::pin(change(visit)).await,
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            let reading = visit.reading().await?;
            page(visit, &reading, view.as_ref(), policy, Notes { status: Some(status), faults, ..notes }).await
        }
    }
}

/// What is wrong with a rule, by its name and the name that the form has for the field.
fn broken(t: Texts, rules: &Value, violation: &Violation) -> String {
    let place = || {
        let (at, member) = violation.field.strip_prefix("rules[")?.split_once(']')?;
        let name = rules.get(at.parse::<usize>().ok()?)?["name"].as_str().unwrap_or_default();
        let key = match member.trim_start_matches('.') {
            "name" => "policy.rule",
            "effect" => "policy.effect",
            "operations" => "policy.operations",
            "resources" => "policy.resources",
            "condition" => "policy.condition_of",
            _ => return None,
        };
        let name = if name.is_empty() { t.say("policy.new_rule") } else { shown(name) };
        Some((name, t.say(key)))
    };
    let said = t.translated(&violation.rule);
    match place() {
        Some((name, field)) => shown(&t.with("policy.broken", &[("name", &name), ("field", &field), ("said", &said)])),
        None => wording::broken_rule(t, &violation.field, &said),
    }
}

/// The same, with what is said before it, and why there is nothing where there is nothing.
async fn explained(
    visit: &Visit,
    reading: &Reading<'_>,
    view: Option<&View>,
    (rules, left_out): (&Value, &[Sent]),
    effects: Effects,
) -> Result<Effects, Fault> {
    let none = match effects.lines.is_empty() {
        true => why_none(visit.t, reading, view, left_out).await?,
        false => None,
    };
    Ok(Effects { reason: reason(visit, reading, rules, left_out).await?, none, ..effects })
}

/// Why nothing changes for anybody, where that is known.
async fn why_none(
    t: Texts,
    reading: &Reading<'_>,
    view: Option<&View>,
    left_out: &[Sent],
) -> Result<Option<String>, Fault> {
    let is_held = match view {
        Some(view) => Held::of(reading, view.clone()).await?.is_had(),
        None => false,
    };
    Ok(match (is_held, left_out) {
        (false, _) => Some(t.say("effects.nobody")),
        (true, []) => None,
        (true, _) => Some(t.say("effects.same")),
    })
}

/// What is said before what a policy comes to: the labels that its conditions name in vain, and the rules that go.
async fn reason(
    visit: &Visit,
    reading: &Reading<'_>,
    rules: &Value,
    left_out: &[Sent],
) -> Result<Option<String>, Fault> {
    let unnamed: Vec<String> = unnamed(reading, rules).await?.iter().map(|name| shown(name)).collect();
    let out = left_out.iter().map(|one| shown(one.rule["name"].as_str().unwrap_or_default())).collect();
    let told = [("policy.unnamed", unnamed), ("policy.left_out", out)];
    let told = told.into_iter().filter(|(_, names)| !names.is_empty());
    let told = told.map(|(key, names)| visit.t.with(key, &[("names", &difference::listed(visit.t, &names))]));
    Ok(Some(told.collect::<Vec<_>>().join(" ")).filter(|told| !told.is_empty()))
}

/// The labels that conditions name and that nothing is called by: until something is, they hold for nothing.
async fn unnamed(reading: &Reading<'_>, rules: &Value) -> Result<Vec<String>, Fault> {
    let mut unnamed = Vec::new();
    for name in reading.catalog().labels_named(rules) {
        let mut is_there = false;
        for kind in ["tag", "glossary_term"] {
            let found = reading.find(&Ref::Name(reading.catalog().kind(kind), name.clone())).await?;
            // A reference may leave out what a name stands below; a condition may not.
            is_there |=
                found.is_some_and(|record| record.state.is_alive() && name::fold(&record.fqn) == name::fold(&name));
        }
        if !is_there && !unnamed.contains(&name) {
            unnamed.push(name);
        }
    }
    Ok(unnamed)
}

fn command(kind: Kind, view: Option<&View>, name: String, draft: Draft) -> Command {
    match view {
        Some(view) => edit::command::change(view, Draft { name: Some(name), ..draft }),
        None => Command::Create {
            kind,
            parent: None,
            draft: Draft { name: Some(name), ..draft },
            id: None,
            rules: DoorRules::default(),
        },
    }
}

/// A rule as the form says it.
struct Sent {
    /// Its place among those that the form was made of; new ones have none.
    place: Option<usize>,
    /// It goes once the form is saved. Until then the form has it.
    is_out: bool,
    rule: Value,
}

/// The rules that the form says.
fn rules(sent: &Form, view: Option<&View>) -> Vec<Sent> {
    let known = view.and_then(|view| view.field("rules")).and_then(Value::as_array);
    let mut rules = Vec::new();
    // Each has a name, and be it an empty one.
    for at in (0..).take_while(|at| sent.has(&format!("rule-{at}"))) {
        let field = |name: &str| format!("{name}-{at}");
        let name = sent.trimmed(&field("rule")).to_owned();
        let chosen = |name: &str| {
            let of = field(name);
            let values = sent.fields().filter(|(key, value)| *key == of && !value.is_empty());
            values.map(|(_, value)| value).collect::<Vec<_>>()
        };
        let (operations, resources) = (chosen("operations"), chosen("resources"));
        let place = sent.text(&field("place")).parse::<usize>().ok();
        let is_out = sent.text(&field("out")) == "yes";
        // A new one that nobody has filled in. What was there before goes by its box alone.
        let is_blank = name.is_empty() && operations.is_empty() && resources.is_empty();
        if is_blank && place.is_none() {
            continue;
        }
        // What forms do not speak of stays.
        let stored = place.and_then(|place| known?.get(place)).filter(|rule| rule.is_object());
        let mut rule = stored.and_then(Value::as_object).cloned().unwrap_or_default();
        let effect = if sent.text(&field("effect")) == "deny" { "deny" } else { "allow" };
        rule.insert("name".into(), name.into());
        rule.insert("effect".into(), effect.into());
        rule.insert("operations".into(), operations.into());
        rule.insert("resources".into(), resources.into());
        match sent.trimmed(&field("condition")) {
            "" => drop(rule.shift_remove("condition")),
            condition => drop(rule.insert("condition".into(), condition.into())),
        }
        // A rule that nobody touched stays as it was written.
        let rule = Value::Object(rule);
        let kept = stored.filter(|stored| policy_rules::are_same(stored, &rule)).cloned();
        rules.push(Sent { place, is_out, rule: kept.unwrap_or(rule) });
    }
    rules
}

/// Clients write either.
fn is_disabled(view: &View) -> bool {
    view.field("disabled") == Some(&Value::Bool(true))
}

impl Policy {
    fn of(t: Texts, reading: &Reading<'_>, view: &View) -> Policy {
        let rules = view.field("rules").and_then(Value::as_array).into_iter().flatten().enumerate();
        Policy {
            name: view.record.name.clone(),
            description: view.text("description").unwrap_or_default().to_owned(),
            is_on: is_on(view),
            rules: rules.map(|(place, rule)| Rule::of(t, reading, Some(place), rule)).collect(),
        }
    }

    /// Of another state of the policy than the one that the form was made of.
    fn unplaced(mut self) -> Policy {
        for rule in &mut self.rules {
            rule.place.clear();
        }
        self
    }

    fn sent(t: Texts, reading: &Reading<'_>, sent: &Form, rules: &[Sent], is_on: bool) -> Policy {
        Policy {
            name: sent.trimmed("name").to_owned(),
            description: sent.prose("description"),
            is_on,
            rules: rules
                .iter()
                .map(|one| Rule { is_out: one.is_out, ..Rule::of(t, reading, one.place, &one.rule) })
                .collect(),
        }
    }
}

impl Rule {
    /// What of it is chosen, in a row.
    fn chosen(choices: &[Choice]) -> String {
        let chosen = choices.iter().filter(|one| one.is_chosen);
        chosen.map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn empty(t: Texts, reading: &Reading<'_>) -> Rule {
        Rule::of(t, reading, None, &Value::Null)
    }

    fn of(t: Texts, reading: &Reading<'_>, place: Option<usize>, rule: &Value) -> Rule {
        let text = |name: &str| rule[name].as_str().unwrap_or_default().to_owned();
        let resources =
            reading.catalog().registry().iter().filter(|kind| !kind.0.part).map(|kind| camel_case(kind.name()));
        let mut resources: Vec<String> = resources.collect();
        resources.sort_unstable();
        resources.insert(0, "All".to_owned());
        let operations = OPERATIONS.iter().map(|name| (*name).to_owned()).collect();
        Rule {
            place: place.map(|place| place.to_string()).unwrap_or_default(),
            is_out: false,
            name: text("name"),
            is_denying: rule["effect"] == "deny",
            operations: choices(operations, &rule["operations"], |word| word_of(t, word, action_labels::rendered)),
            resources: choices(resources, &rule["resources"], |word| word_of(t, word, action_labels::kind)),
            condition: text("condition"),
        }
    }
}

fn word_of(t: Texts, word: &str, rendered: fn(Texts, &str) -> String) -> String {
    if word.eq_ignore_ascii_case("all") { t.say("admin.everything") } else { rendered(t, word) }
}

/// All that is offered, and what stands there beside it.
fn choices(mut offered: Vec<String>, chosen: &Value, rendered: impl Fn(&str) -> String) -> Vec<Choice> {
    let chosen: Vec<&str> = chosen.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is = |offered: &str, chosen: &str| offered == chosen || (offered == "All" && chosen == "all");
    for other in &chosen {
        if !offered.iter().any(|offered| is(offered, other)) {
            offered.push((*other).to_owned());
        }
    }
    let choice = |value: String| Choice {
        name: rendered(&value),
        is_chosen: chosen.iter().any(|chosen| is(&value, chosen)),
        value,
    };
    offered.into_iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_understood() {
        let t = Texts::by_code("de").expect("German");
        for operation in OPERATIONS.iter().filter(|name| **name != "All") {
            assert!(t.find(&format!("action.{operation}")).is_some(), "{operation}");
        }
    }

    #[test]
    fn what_stands_in_a_rule_and_is_not_offered_is_kept() {
        let chosen = serde_json::json!(["all", "dashboard"]);
        let found = choices(vec!["All".into(), "table".into()], &chosen, str::to_owned);
        let rendered: Vec<(&str, bool)> = found.iter().map(|one| (&*one.value, one.is_chosen)).collect();
        assert_eq!(rendered, [("All", true), ("table", false), ("dashboard", true)]);
    }
}
