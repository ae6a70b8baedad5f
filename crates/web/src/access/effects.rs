//! What a change of rights gives and takes, in words, and what it comes to for one person and one record: shown before it is
//! saved.

use std::collections::BTreeMap;

use askama::Template;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::what_if::{self, AccessChange, Effect, WhatIf};
use emporion_catalog::record::Record;
use emporion_edge::apart::apart;

use crate::access::{action_labels, simulator};
use crate::fault::Fault;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::records::difference::listed;
use crate::records::link::Link;
use crate::records::naming;
use crate::records::people::Person;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// People who are named.
const MOST_NAMED: usize = 12;

/// Conditions of records that are named; of more it is said that there are some.
const MOST_CONDITIONS: usize = 6;

/// What is shown of a change that was checked.
#[derive(Default)]
pub struct Effects {
    pub title: String,
    /// What is said of it before.
    pub reason: Option<String>,
    pub lines: Vec<EffectLine>,
    /// Why there are none, where that is known.
    pub none: Option<String>,
    /// What it comes to is for administrators of the account to know.
    pub is_untold: bool,
    pub is_cut: bool,
    /// Proves that they were shown of what is saved.
    pub checked: String,
    pub trial: Option<PersonEffect>,
}

/// The same for all these people.
#[derive(Hash)]
pub struct EffectLine {
    pub people: String,
    pub gains: Vec<String>,
    pub loses: Vec<String>,
    pub differs: Vec<String>,
}

/// One person and one record: what would be otherwise.
pub struct PersonEffect {
    pub person: Person,
    pub link: Link,
    /// Actions, and whether each is allowed then.
    pub changed: Vec<(String, bool)>,
}

/// What a form asks to be tried.
#[derive(Default, Clone)]
pub struct TestSubject {
    pub who: String,
    pub kind: String,
    pub what: String,
}

impl TestSubject {
    pub fn sent(sent: &Form) -> TestSubject {
        let text = |name: &str| sent.trimmed(name).to_owned();
        TestSubject { who: text("who"), kind: text("kind"), what: text("what") }
    }
}

#[derive(Template)]
#[template(path = "admin/effects.html")]
struct Part<'a> {
    p: &'a Shell,
    effects: Option<&'a Effects>,
}

impl Effects {
    /// As markup for a page that has no place for them.
    pub fn rendered(&self, p: &Shell) -> String {
        let part = Part { p, effects: Some(self) };
        part.render().unwrap_or_default()
    }

    /// Or what is wrong with what is to be tried.
    pub async fn of(
        visit: &Visit,
        reading: &Reading<'_>,
        what_if: &WhatIf,
        wanted: &TestSubject,
        checked: String,
    ) -> Result<Result<Effects, String>, Fault> {
        let trial = match trial(visit, reading, what_if, wanted).await? {
            Ok(trial) => trial,
            Err(fault) => return Ok(Err(fault)),
        };
        let supposition = reading.supposition(what_if).await?;
        let found = apart(move |wanted| supposition.effects(|| wanted.is_still())).await?.ok_or(Fault::Broken)?;
        Ok(Ok(Effects { checked, trial, ..Effects::found(visit.t, reading, &found, said).await? }))
    }

    /// What it comes to that a record bears these labels, by their full names, and no others.
    pub async fn of_labels(
        visit: &Visit,
        reading: &Reading<'_>,
        record: &Record,
        labels: Vec<String>,
    ) -> Result<Effects, Fault> {
        let change = reading.label_change(record, labels).await?;
        let found = apart(move |wanted| change.effects(|| wanted.is_still())).await?.ok_or(Fault::Broken)?;
        // It is about this record alone.
        Effects::found(visit.t, reading, &found, |t, _, _, _, actions| listed(t, actions)).await
    }

    async fn found(t: Texts, reading: &Reading<'_>, found: &what_if::Effects, said: Said) -> Result<Effects, Fault> {
        let mut lines = Vec::new();
        for effect in &found.effects {
            lines.push(line(t, reading, effect, said).await?);
        }
        Ok(Effects { title: t.say("effects.title"), lines, is_cut: found.is_cut, ..Effects::default() })
    }
}

/// Puts actions into words that somebody gains or loses of records of these kinds, of so many.
type Said = fn(Texts, &AccessChange, &[&str], usize, &[String]) -> String;

async fn line(t: Texts, reading: &Reading<'_>, effect: &Effect, said: Said) -> Result<EffectLine, Fault> {
    let named = &effect.people[..effect.people.len().min(MOST_NAMED)];
    let records = reading.records(named, States::Alive).await?;
    let mut names: Vec<String> = records.iter().map(naming::rendered_of).collect();
    names.sort();
    let more = effect.people.len() - named.len();
    if more > 0 {
        names.push(t.count("count.more_people", more as u64));
    }
    let all = reading.catalog().registry().iter().filter(|kind| !kind.0.part).count();
    let of = |is_wanted: fn(&AccessChange) -> bool| {
        // What holds for the same kinds is said once.
        let mut alike: BTreeMap<(&AccessChange, Vec<&str>), Vec<String>> = BTreeMap::new();
        for ((change, action), kinds) in effect.changes.iter().filter(|((change, _), _)| is_wanted(change)) {
            let kinds = kinds.iter().map(|kind| kind.name()).collect();
            alike.entry((change, kinds)).or_default().push(action_labels::rendered(t, action.name()));
        }
        let rendered = alike.into_iter().map(|((change, kinds), actions)| said(t, change, &kinds, all, &actions));
        rendered.collect::<Vec<_>>()
    };
    Ok(EffectLine {
        people: listed(t, &names),
        gains: of(|one| matches!(one, AccessChange::Gains | AccessChange::GainsSome | AccessChange::GainsWhere(_))),
        loses: of(|one| matches!(one, AccessChange::Loses | AccessChange::LosesSome | AccessChange::LosesWhere(_))),
        differs: of(|one| matches!(one, AccessChange::Differs)),
    })
}

fn said(t: Texts, change: &AccessChange, kinds: &[&str], all: usize, actions: &[String]) -> String {
    let named: Vec<String> = kinds.iter().map(|kind| action_labels::kind(t, kind)).collect();
    let is_all = kinds.len() == all;
    let kinds = if is_all { t.say("admin.everything") } else { listed(t, &named) };
    let key = match change {
        AccessChange::Gains | AccessChange::Loses => "effects.of_all",
        _ if is_all => "effects.of_any",
        _ => "effects.of_some",
    };
    let said = t.with(key, &[("actions", &listed(t, actions)), ("kinds", &kinds)]);
    match change {
        AccessChange::GainsWhere(conditions) | AccessChange::LosesWhere(conditions)
            if conditions.len() <= MOST_CONDITIONS =>
        {
            let condition = shown(&conditions.join(" || "));
            t.with("diff.rule_where", &[("rule", &said), ("condition", &condition)])
        }
        _ => said,
    }
}

async fn trial(
    visit: &Visit,
    reading: &Reading<'_>,
    what_if: &WhatIf,
    wanted: &TestSubject,
) -> Result<Result<Option<PersonEffect>, String>, Fault> {
    if wanted.who.is_empty() || wanted.what.is_empty() {
        return Ok(Ok(None));
    }
    let (who, what) = match simulator::pair(visit.t, reading, &wanted.who, &wanted.kind, &wanted.what).await? {
        Ok(pair) => pair,
        Err(fault) => return Ok(Err(fault)),
    };
    let (Some(person), Some(record)) = (reading.find(&who).await?, reading.find(&what).await?) else {
        return Ok(Err(visit.t.with("edit.unknown", &[("name", &wanted.what)])));
    };
    let compared = match reading.compared(what_if, person.id, &record).await {
        Err(Problem::Unauthenticated { .. }) => return Ok(Err(visit.t.say("admin.disabled"))),
        compared => compared?,
    };
    let changed =
        compared.into_iter().filter(|(action, is, then)| is != then && simulator::is_about(*action, record.kind));
    let changed = changed.map(|(action, _, then)| (action_labels::rendered(visit.t, action.name()), then));
    Ok(Ok(Some(PersonEffect {
        person: Person::of_record(&person),
        link: Link::of_record(&record),
        changed: changed.collect(),
    })))
}
