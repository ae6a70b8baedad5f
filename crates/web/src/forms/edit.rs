//! Changing one thing of a record: `?edit=<field>` shows its form, and the record's own address takes it. Forms that only the
//! records of one page have are asked for and sent in the same way.
//!
//! A form bears the revision that its reader saw. Where the same thing has changed since, nothing is stored: he sees both,
//! and what he typed stays in the form.

pub mod command;
pub mod editable;
mod promises;
mod removals;

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::kind::Kind;
use emporion_catalog::ports::Verdict;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;

use self::editable::{Editable, What, linked};
use self::promises::Input;
use crate::fault::Fault;
use crate::fault::wording;
use crate::forms::choice::Choice;
use crate::forms::confirmation::{self, Removal};
use crate::forms::conflict::Conflict;
use crate::forms::edit_menu::{Group, Offer};
use crate::forms::form::Form;
use crate::forms::{expiry, restore};
use crate::layout::icon::Icon;
use crate::layout::shell::Shell;
use crate::pages::product::lending;
use crate::records::address;
use crate::records::naming::{self, Suggested, named_record};
use crate::records::record::{Here, RecordPage};
use crate::records::resolver;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};

/// How often a form is judged again because the record keeps changing.
const TRIES: usize = 4;
/// Fields for names beside the first.
const MOST_MORE: usize = 4;

#[derive(Template)]
#[template(path = "edit.html")]
struct Page {
    p: Shell,
    icon: Icon,
    record: String,
    title: String,
    hint: String,
    field: &'static str,
    is_long: bool,
    is_list: bool,
    value: String,
    choices: Vec<Choice>,
    inputs: Vec<Input>,
    kept: Vec<Entry>,
    /// Names that were typed to be added: what stands in the first field, and in the others.
    add: String,
    more: Vec<String>,
    adds_several: bool,
    suggested: Suggested,
    /// Where adding lends rows: the end that was typed.
    until: Option<String>,
    today: String,
    revision: u64,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    /// What goes with what was typed, in sentences, and as the form names it when it is sent again.
    goes: Vec<String>,
    sure: String,
    address: String,
}

struct Entry {
    id: String,
    name: String,
    is_kept: bool,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    value: Option<String>,
    kept: Option<BTreeSet<String>>,
    add: Vec<String>,
    until: String,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    gone: Vec<Removal>,
}

/// What the visitor may change of a record; the gate is asked about all of it at once.
pub async fn offers(here: Here<'_>) -> Result<Vec<Offer>, Fault> {
    let Here { page, visit, reading, view } = here;
    if !page.is_edited {
        return Ok(Vec::new());
    }
    let at = here.address();
    let offer = |action: Action, label: &str, name: &'static str, group: Group| {
        let address = address::with_query(&at, &[("edit", name)]);
        (action, Offer { what: name, name: visit.t.say(label), address, group })
    };
    let shared = Editable::all(view.record.kind).map(|editable| {
        let Editable { name, group, .. } = *editable;
        offer(Action::for_field(editable.asked()), &format!("edit.{name}"), name, group)
    });
    let own = page.forms.iter().filter_map(|form| {
        let page = form.page.as_ref()?;
        let (label, group) = page.offered?;
        Some(offer(page.action, label, form.name, group))
    });
    let (actions, offers): (Vec<Action>, Vec<Offer>) = shared.chain(own).unzip();
    let verdicts = reading.verdicts(&actions, &view.record).await?;
    let offered = offers.into_iter().zip(verdicts).filter(|(_, verdict)| *verdict == Verdict::Always);
    let mut offered: Vec<Offer> = offered.map(|(offer, _)| offer).collect();
    for new in page.made_in {
        offered.extend(new.offer_in(visit, reading, view).await?);
    }
    offered.sort_by_key(|offer| offer.group);
    Ok(offered)
}

/// The form that the address asks for, where it asks for one.
pub async fn asked(here: Here<'_>) -> Result<Option<Answer>, Fault> {
    let Here { page, visit, reading, view } = here;
    let wanted = visit.query("edit");
    if wanted.is_empty() || !page.is_edited {
        return Ok(None);
    }
    if let Some(own) = page.forms.iter().find(|form| form.name == wanted) {
        let page = own.page.as_ref().ok_or(Fault::NoSuchPage)?;
        reading.require(page.action, &view.record).await?;
        return Ok(Some((page.show)(here).await?));
    }
    if wanted == restore::EDIT {
        return Ok(Some(restore::form(here).await?));
    }
    let editable = Editable::of(&wanted, view.record.kind).ok_or(Fault::NoSuchPage)?;
    reading.ask_change(&view.record, &[editable.asked()]).await?;
    Ok(Some(form(here, editable, Typed::default(), 200).await?))
}

async fn form(here: Here<'_>, editable: &Editable, typed: Typed, status: u16) -> Result<Answer, Fault> {
    let Here { visit, reading, view, .. } = here;
    let (t, record) = (visit.t, &view.record);
    let name = naming::said_of(record);
    let value = typed.value.unwrap_or_else(|| editable.text(view));
    let (kept, suggested) = match editable.what {
        What::Links(relation, kinds) => {
            let entry = |id: String, name: String| Entry {
                is_kept: typed.kept.as_ref().is_none_or(|kept| kept.contains(&id)),
                id,
                name,
            };
            let kept = view.targets(relation).map(|(edge, card)| {
                let is_named = card.display_name.is_some() || kinds.contains(&"user");
                entry(edge.to.to_string(), if is_named { naming::said(card) } else { shown(&card.fqn) })
            });
            (kept.collect(), Suggested::of(reading, kinds).await?)
        }
        _ => (Vec::new(), Suggested::default()),
    };
    let mut names = typed.add.into_iter();
    let page = Page {
        p: here.shell(),
        icon: Icon::of(record.kind),
        record: name,
        title: t.say(&format!("edit.{}", editable.name)),
        hint: t.say(&format!("edit.{}_hint", editable.name)),
        field: editable.name,
        is_long: matches!(editable.what, What::Prose(_) | What::Words(_)),
        choices: editable.choices(t, reading, record.kind, &value).await?,
        inputs: editable.inputs(t, record.kind, &value),
        is_list: matches!(editable.what, What::Links(..)),
        value,
        kept,
        add: names.next().unwrap_or_default(),
        adds_several: names.len() > 0,
        more: names.chain(std::iter::repeat_with(String::new)).take(MOST_MORE).collect(),
        suggested,
        until: editable.lends().then_some(typed.until),
        today: expiry::day(visit.now),
        revision: record.revision.0,
        faults: typed.faults,
        conflict: typed.conflict,
        sure: confirmation::shown(&typed.gone),
        goes: typed.gone.into_iter().map(|one| one.said).collect(),
        address: address::of_record(record),
    };
    Ok(headers::page(status, &page))
}

pub async fn save(page: &'static RecordPage, visit: Arc<Visit>) -> Shown {
    for _ in 0..TRIES {
        if let Some(answer) = try_save(page, &visit).await? {
            return Ok(answer);
        }
    }
    Err(Problem::Overtaken.into())
}

/// `None` where the record has changed between reading and writing.
async fn try_save(page: &'static RecordPage, visit: &Visit) -> Result<Option<Answer>, Fault> {
    let reading = visit.reading().await?;
    let view = resolver::sent_to(visit, &reading, page.folder).await?;
    let sent = visit.form();
    if let Some(own) = page.forms.iter().find(|form| form.name == sent.text("edit")) {
        return (own.save)(page, visit, reading, &view, &sent).await.map(Some);
    }
    if sent.text("edit") == restore::EDIT {
        return restore::save(page, visit, reading, &view, &sent).await;
    }
    let here = Here { page, visit, reading: &reading, view: &view };
    let editable = Editable::of(sent.text("edit"), view.record.kind).ok_or(Fault::NoSuchPage)?;
    reading.ask_change(&view.record, &[editable.asked()]).await?;
    let mut typed = typed(&sent, view.record.kind, editable);
    let seen =
        sent.text("revision").parse().map(Revision).map_err(|_| Fault::Malformed(visit.t.say("edit.no_revision")))?;
    if let Some((conflict, old, added)) = conflict(visit, &reading, &view, editable, seen).await? {
        typed.conflict = Some(conflict);
        if let Some(old) = old {
            typed.value = typed.value.map(|mine| editable.merged(&old, &view, mine));
        }
        // What others have added he did not see: it stays unless he takes it away now.
        typed.kept.iter_mut().for_each(|kept| kept.extend(added.iter().map(RecordId::to_string)));
        return Ok(Some(form(here, editable, typed, 409).await?));
    }
    let draft = match draft(visit, &reading, &view, editable, &sent).await? {
        Ok(draft) => draft,
        Err(faults) => {
            typed.faults = faults;
            return Ok(Some(form(here, editable, typed, 400).await?));
        }
    };
    let gone = removals::of(here, editable, &sent).await?;
    if !confirmation::is_confirmed(&sent, &gone) {
        typed.gone = gone;
        return Ok(Some(form(here, editable, typed, 200).await?));
    }
    match reading.execute(&command::change(&view, draft)).await {
        Ok(outcome) => {
            let record = &outcome.view.record;
            let at = address::of_record(record);
            let done = if outcome.changed() { "saved" } else { "unchanged" };
            let added = if editable.lends() { lending::added(&view, &outcome.view) } else { Vec::new() };
            Ok(Some(headers::see_other(&match added.is_empty() {
                true => address::with_query(&at, &[("done", done)]),
                false => lending::address_after(&at, &added),
            })))
        }
        Err(Problem::Stale { .. } | Problem::Overtaken) => Ok(None),
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            typed.faults = faults;
            let reading = visit.reading().await?;
            Ok(Some(form(Here { page, visit, reading: &reading, view: &view }, editable, typed, status).await?))
        }
    }
}

/// The names that were typed to be added, no more than the form has fields.
fn added_names(sent: &Form) -> Vec<String> {
    let names = sent.all("add").map(str::trim).filter(|name| !name.is_empty());
    names.take(1 + MOST_MORE).map(str::to_owned).collect()
}

fn typed(sent: &Form, kind: Kind, editable: &Editable) -> Typed {
    let is_list = matches!(editable.what, What::Links(..));
    Typed {
        value: editable.sent(kind, sent),
        kept: is_list.then(|| sent.all("keep").map(str::to_owned).collect()),
        add: added_names(sent),
        until: sent.trimmed("until").to_owned(),
        ..Typed::default()
    }
}

/// What somebody else has made of it since the form was made, the state that the form was made of, and what it leads to that
/// was not in the form. Of a past that is not kept, that may be all of it.
async fn conflict(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    editable: &Editable,
    seen: Revision,
) -> Result<Option<(Conflict, Option<View>, BTreeSet<RecordId>)>, Fault> {
    if seen == view.record.revision {
        return Ok(None);
    }
    let old = reading.states(&[(view.id(), seen)]).await?.pop().flatten();
    if old.as_ref().is_some_and(|old| editable.is_same(old, view)) {
        return Ok(None);
    }
    let (theirs, added) = match editable.what {
        What::Line(_) | What::Prose(_) | What::Words(_) => (Some(shown_prose(&editable.text(view))), BTreeSet::new()),
        What::Contract | What::Choice(_) | What::Certification | What::Visibility => (None, BTreeSet::new()),
        What::Links(relation, _) => {
            let before = old.as_ref().map(|old| linked(old, relation)).unwrap_or_default();
            (None, linked(view, relation).difference(&before).copied().collect())
        }
    };
    let conflict = Conflict { theirs, ..Conflict::between(visit, old.as_ref(), view).await? };
    Ok(Some((conflict, old, added)))
}

/// The change that the form asks for; or what of it names nothing.
async fn draft(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    editable: &Editable,
    sent: &Form,
) -> Result<Result<Draft, Vec<String>>, Fault> {
    let mut draft = Draft::default();
    if let Some(text) = editable.sent(view.record.kind, sent)
        && let Err(fault) = editable.set(visit, view.record.kind, &mut draft, text)
    {
        return Ok(Err(vec![fault]));
    }
    let What::Links(relation, named) = editable.what else { return Ok(Ok(draft)) };
    let gone: Vec<Target> = removals::unticked(view, relation, sent)
        .into_iter()
        .map(|(_, card)| Target::of(Ref::Id(card.kind, card.id)))
        .collect();
    if !gone.is_empty() {
        draft.relate(relation, How::Remove, editable.name, gone);
    }
    let mut faults = Vec::new();
    let until = match editable.lends() {
        true => expiry::typed(visit.t, sent.trimmed("until"), visit.now).unwrap_or_else(|fault| {
            faults.push(fault);
            None
        }),
        false => None,
    };
    let mut added = Vec::new();
    for name in added_names(sent) {
        match named_record(reading, named, &name).await? {
            Ok((kind, id)) => added.push(Target::of(Ref::Id(kind, id)).lent_until(until)),
            Err(unnamed) => faults.push(unnamed.said(visit.t)),
        }
    }
    if !added.is_empty() {
        draft.relate(relation, How::Add, editable.name, added);
    }
    Ok(if faults.is_empty() { Ok(draft) } else { Err(faults) })
}
