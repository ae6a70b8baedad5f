//! Moving a term below another one, or into another glossary: what stands below it goes along, and what bears it keeps it. What it
//! has from what it stands in it has from the new place then: that is said before it is moved.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};
use emporion_edge::answer::Answer;

use crate::access::naming_policies;
use crate::fault::{self, Fault, wording};
use crate::forms::checked;
use crate::forms::edit::listed::denied_there;
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::forms::restoring::restoring;
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::records::naming::{self, ABOVE_TERMS, Suggested, named_record};
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, difference};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// What its form calls itself.
const NAME: &str = "move";
/// What the core calls the place of a record.
const PLACE: &str = "parent";

pub const FORM: OwnForm = OwnForm {
    name: NAME,
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: Some(FormPage {
        offered: Some((|_| "moving.do", Group::Words)),
        action: Action::EditAll,
        show: |here| Box::pin(form(here)),
    }),
};

#[derive(Template)]
#[template(path = "moving.html")]
struct Page {
    p: Shell,
    title: String,
    name: String,
    address: String,
    revision: u64,
    /// Where it stands, and what was typed.
    place: String,
    to: String,
    suggested: Suggested,
    /// The policies whose conditions name it where it stands.
    policies: String,
    /// Who and what comes and goes with the place, in sentences.
    changes: Vec<String>,
    /// Proves that they were shown.
    checked: String,
    faults: Vec<String>,
    restoring: Option<String>,
}

/// What is told of a move that was asked for.
#[derive(Default)]
struct Told {
    faults: Vec<String>,
    /// Where what is deleted and has the name there is brought back.
    restoring: Option<String>,
    changes: Vec<String>,
    checked: String,
}

/// What a term has from what it stands in, as long as it has none of its own; and how it is said.
const FROM_ABOVE: [(Relation, &str); 3] =
    [(relation::OWNER, "owners"), (relation::REVIEWER, "reviewers"), (relation::IN_DOMAIN, "domains")];

async fn form(here: Here<'_>) -> Shown {
    page(here, 200, String::new(), Told::default()).await
}

async fn page(here: Here<'_>, status: u16, to: String, told: Told) -> Shown {
    let Told { faults, restoring, changes, checked } = told;
    let Here { visit, reading, view, .. } = here;
    let policies = naming_policies::of(reading, &view.record).await?;
    let policies: Vec<String> = policies.iter().map(|policy| shown(&policy.name)).collect();
    let page = Page {
        p: here.shell(),
        title: visit.t.say("moving.do"),
        name: naming::rendered_of(&view.record),
        address: here.address(),
        revision: view.record.revision.0,
        place: view.parent().map(|above| shown(&above.fqn)).unwrap_or_default(),
        to,
        suggested: Suggested::places(reading, ABOVE_TERMS, view.record.kind).await?,
        policies: difference::listed(visit.t, &policies),
        changes,
        checked,
        faults,
        restoring,
    };
    Ok(headers::page(status, &page))
}

/// What comes to the term and goes from it with the place that it stands in, in sentences; nothing where it stays the same.
async fn changes(here: Here<'_>, above: &View) -> Result<Vec<String>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let t = visit.t;
    let mut changes = Vec::new();
    for (relation, key) in FROM_ABOVE {
        if view.targets(relation).next().is_some() || !view.record.kind.inherits(relation) {
            continue;
        }
        let before: Vec<RecordId> = view.inherited_targets(relation).map(|(_, card)| card.id).collect();
        let after: Vec<RecordId> = above.own_or_inherited(relation).iter().map(|card| card.id).collect();
        for (way, these, those) in [("go", &before, &after), ("come", &after, &before)] {
            let ids: Vec<RecordId> = these.iter().copied().filter(|id| !those.contains(id)).collect();
            let mut names: Vec<String> = reading.cards(&ids).await?.iter().map(|card| naming::rendered(card)).collect();
            names.sort();
            let named = [("names", &*difference::listed(t, &names))];
            changes.extend((!names.is_empty()).then(|| t.with(&format!("moving.{key}_{way}"), &named)));
        }
    }
    let below =
        ListQuery { within: Some(view.record.fqn.clone()), ..ListQuery::of(reading.account(), view.record.kind) };
    if !changes.is_empty() {
        let count = reading.counts(vec![below]).await?.into_iter().next().filter(|count| count.number > 0);
        changes.extend(count.map(|count| t.counted("moving.below", count)));
    }
    Ok(changes)
}

/// Moves it, as it was looked at.
async fn save(
    record_page: &'static RecordPage,
    visit: &Visit,
    reading: Reading<'_>,
    view: &View,
    sent: &Form,
) -> Result<Answer, Fault> {
    reading.ask_change(&view.record, &[PLACE]).await?;
    let seen = saving::revision(visit, sent.text("revision"))?;
    let to = sent.trimmed("to").to_owned();
    let here = Here { page: record_page, visit, reading: &reading, view };
    let (kind, place) = match named_record(&reading, ABOVE_TERMS, &to).await? {
        Ok(named) => named,
        Err(unnamed) => {
            let faults = vec![unnamed.rendered(visit.t)];
            return page(here, 400, to, Told { faults, ..Told::default() }).await;
        }
    };
    let place = Ref::Id(kind, place);
    let above = reading.get(&place, States::Alive, &Depth::of(&FROM_ABOVE.map(|(relation, _)| relation), true)).await?;
    if view.record.parent != Some(above.id())
        && !fault::is_allowed(reading.ask_create(view.record.kind, &above, None).await)?
    {
        let faults = vec![denied_there(visit.t, view.record.kind, &above.record)];
        return page(here, 403, to, Told { faults, ..Told::default() }).await;
    }
    let changes = changes(here, &above).await?;
    let checked = checked::word(&(above.id(), &changes));
    if !changes.is_empty() && sent.text("checked") != checked {
        return page(here, 200, to, Told { changes, checked, ..Told::default() }).await;
    }
    let draft = Draft { parent: Some(place), ..Draft::default() };
    let command = Command::Change {
        target: Ref::Id(view.record.kind, view.id()),
        guard: Guard::Revisions(vec![seen.0]),
        edit: Arc::new(move |_| Ok(draft.clone())),
        rules: DoorRules::default(),
    };
    let (status, wrong) = match reading.execute(&command).await {
        Ok(outcome) => {
            let at = address::of_record(&outcome.view.record);
            return Ok(headers::see_other(&address::with_query(&at, &[("done", "saved")])));
        }
        Err(Problem::Stale { .. }) => (409, vec![visit.t.say("fault.stale_text").into()]),
        Err(problem) => wording::in_fields(visit.t, problem)?,
    };
    let reading = visit.reading().await?;
    let restoring = restoring(visit, &reading, &wrong).await?;
    let faults = wrong.into_iter().map(|one| one.said).collect();
    let here = Here { page: record_page, visit, reading: &reading, view };
    page(here, status, to, Told { faults, restoring, ..Told::default() }).await
}
