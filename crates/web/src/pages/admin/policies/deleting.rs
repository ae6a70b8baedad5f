//! Deleting a policy or a role: who has it, and who gains and loses what, is said first. What came with the catalogue stays.

use askama::Template;
use emporion_catalog::command::{Command, Deletion, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::what_if::WhatIf;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation::{self, Relation};
use serde_json::Value;

use super::effects::{self, Effects, PATH, TestSubject};
use crate::fault::{Fault, wording};
use crate::forms::checked;
use crate::forms::edit::editable::is_of_system;
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::pages::admin::frame::admitted;
use crate::records::difference::listed;
use crate::records::{address, naming, resolver};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// What asks for it, in addresses and forms.
pub const DELETE: &str = "delete";
/// What has it, and is read.
const MOST: u32 = 500;

#[derive(Template)]
#[template(path = "admin/deleting.html")]
struct Page {
    p: Shell,
    name: String,
    title: String,
    what: &'static str,
    fqn: String,
    revision: String,
    /// What goes, in sentences.
    goes: Vec<String>,
    /// Why it stays.
    obstacle: Option<String>,
    effects: Option<Effects>,
    back: String,
    faults: Vec<String>,
}

/// Where it is asked about; `None` of what stays.
pub fn offered(view: &View) -> Option<String> {
    let pairs = [("ask", DELETE), (view.record.kind.name(), &view.record.fqn)];
    (!stays(view)).then(|| address::with_query(PATH, &pairs))
}

fn stays(view: &View) -> bool {
    is_of_system(view) || view.field("allow_delete") == Some(&Value::Bool(false))
}

pub async fn show(visit: &Visit) -> Shown {
    let what = if visit.request.query_value("role").is_some() { "role" } else { "policy" };
    page(visit, what, &visit.query(what), 200, Vec::new()).await
}

/// What is deleted, with what has it.
struct Found {
    view: View,
    /// People, teams and roles.
    holders: Vec<Card>,
    is_cut: bool,
}

impl Found {
    async fn of(reading: &Reading<'_>, what: &'static str, named: &str) -> Result<Found, Fault> {
        let target = resolver::target(reading.catalog().kind(what), named);
        let view = reading.get(&target, States::Alive, &Depth::bare()).await?;
        let relations: &[Relation] = match what {
            "role" => &[relation::HAS_ROLE, relation::DEFAULT_ROLE],
            _ => &[relation::HAS_POLICY],
        };
        let found = reading.sources(&[&view], relations, MOST).await?;
        let ids = found.edges.iter().map(|edge| edge.from);
        let mut holders: Vec<Card> = ids.filter_map(|id| found.records.get(&id)).map(Card::of).collect();
        holders.sort_by_key(naming::rendered);
        Ok(Found { view, holders, is_cut: found.is_cut })
    }

    fn what_if(&self) -> WhatIf {
        let fqn = self.view.record.fqn.clone();
        match self.view.record.kind.is("role") {
            true => WhatIf::NoRole { fqn },
            false => WhatIf::Policy { id: self.view.id(), fqn, rules: None },
        }
    }

    /// What is sent proves that this much was shown.
    fn checked(&self) -> String {
        let holders: Vec<RecordId> = self.holders.iter().map(|card| card.id).collect();
        checked::word(&(self.view.id(), self.view.record.revision.0, holders))
    }

    /// Who has it, by kind.
    fn goes(&self, visit: &Visit) -> Vec<String> {
        let t = visit.t;
        let mut goes = vec![t.with("rights.itself", &[("name", &shown(&self.view.record.name))])];
        for (kind, key) in [("user", "rights.people"), ("team", "rights.teams"), ("role", "rights.roles")] {
            let names = self.holders.iter().filter(|card| card.kind.is(kind)).map(naming::rendered);
            let names: Vec<String> = names.collect();
            if !names.is_empty() {
                goes.push(t.with(key, &[("names", &listed(t, &names))]));
            }
        }
        goes.extend(self.is_cut.then(|| t.say("rights.cut")));
        goes
    }
}

async fn page(visit: &Visit, what: &'static str, named: &str, status: u16, faults: Vec<String>) -> Shown {
    let (p, _) = admitted(visit, "policies")?;
    let t = visit.t;
    let reading = visit.reading().await?;
    let found = Found::of(&reading, what, named).await?;
    let record = &found.view.record;
    let obstacle = stays(&found.view).then(|| t.say("rights.kept"));
    let effects = match obstacle {
        Some(_) => None,
        None => {
            let checked = found.checked();
            let effects = Effects::of(visit, &reading, &found.what_if(), &TestSubject::default(), checked).await?;
            effects.ok().map(|effects| Effects { title: t.say("rights.changes"), ..effects })
        }
    };
    let title = t.say(&format!("rights.delete_{what}"));
    let page = Page {
        p: p.below(shown(&record.name), Some(effects::form(what, &record.fqn))).below(title.clone(), None),
        name: shown(&record.name),
        title,
        what,
        fqn: record.fqn.clone(),
        revision: record.revision.0.to_string(),
        goes: found.goes(visit),
        obstacle,
        effects,
        back: effects::form(what, &record.fqn),
        faults,
    };
    Ok(headers::page(status, &page))
}

/// Deletes it as it was looked at, with who had it then.
pub async fn delete(visit: &Visit) -> Shown {
    let sent = visit.form();
    let what = if sent.text("form") == "role" { "role" } else { "policy" };
    let named = sent.text(what);
    let reading = visit.reading().await?;
    let found = Found::of(&reading, what, named).await?;
    let seen = saving::revision(visit, sent.text("revision"))?;
    if stays(&found.view) {
        return page(visit, what, named, 409, vec![visit.t.say("rights.kept")]).await;
    }
    if sent.text("checked") != found.checked() {
        return page(visit, what, named, 409, vec![visit.t.say("rights.changed")]).await;
    }
    let command = Command::Delete {
        target: Ref::Id(found.view.record.kind, found.view.id()),
        guard: Guard::Revisions(vec![seen.0]),
        // Whoever makes another of its name gives it to nobody by that.
        how: Deletion { frees_name: true, ..Deletion::SOFT },
    };
    match reading.execute(&command).await {
        Ok(_) => Ok(headers::see_other(&address::with_query(PATH, &[("done", "deleted")]))),
        Err(problem) => {
            let (status, faults) = match problem {
                Problem::Stale { .. } => (409, vec![visit.t.say("rights.changed")]),
                problem => wording::in_form(visit.t, problem)?,
            };
            page(visit, what, named, status, faults).await
        }
    }
}
