//! Saving a form of a record, or of a text that hangs on one: stored where it is as its reader saw it, else shown again with
//! what was typed.
//!
//! A form bears the revision that its reader saw, or the text. Where what it changes is another by now, nothing is stored: he sees both,
//! and what he typed stays in the form. What is wrong is said above it, and so is what it removes, before it does.

use std::collections::BTreeMap;

use emporion_catalog::command::Draft;
use emporion_catalog::id::Revision;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Stamp, View};
use emporion_edge::answer::Answer;

use crate::access::effects::Effects;
use crate::fault::{Fault, wording};
use crate::forms::confirmation::{self, Removal};
use crate::forms::conflict::Conflict;
use crate::forms::edit::command;
use crate::forms::form::Form;
use crate::forms::restoring::restoring;
use crate::forms::wrong::Wrong;
use crate::records::record::{Here, RecordPage};
use crate::records::{difference, resolver};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown_prose;

/// How often a form is judged again because what it changes keeps changing.
pub const TRIES: usize = 4;

/// A form that changes a record, with what was typed into it.
pub trait RecordForm: Sized + Send + Sync {
    /// What was sent.
    ///
    /// Errors: there is no such form, or the visitor may not change what it changes.
    fn of(here: Here<'_>, sent: &Form) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// Whether what the form changes is the same in two states.
    fn is_same(&self, _: &View, _: &View) -> bool {
        false
    }

    /// The text of the present state that is shown beside a conflict.
    fn theirs(&self, _: &View) -> Option<String> {
        None
    }

    /// Takes into the form what others have changed since the state that it was made of; `None` where that is not kept.
    fn merge(&mut self, _: Option<&View>, _: &View) {}

    /// Shown again as it is typed, with what it asks for; nothing is saved.
    fn is_asking(&self) -> bool {
        false
    }

    /// The change; or what is wrong with what was typed.
    fn draft(
        &self,
        here: Here<'_>,
        sent: &Form,
    ) -> impl Future<Output = Result<Result<Draft, Vec<Wrong>>, Fault>> + Send;

    /// What the change takes away from somebody.
    fn removals(&self, _: Here<'_>, _: &Form) -> impl Future<Output = Result<Vec<Removal>, Fault>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Whose rights the change gives or takes, where it does.
    fn effects(&self, _: Here<'_>) -> impl Future<Output = Result<Option<Effects>, Fault>> + Send {
        async { Ok(None) }
    }

    /// The field that says what this right is missing for.
    fn denied(&self, _: &View, _: &str) -> Option<&'static str> {
        None
    }

    /// The page of the form, with what was typed.
    fn page(self, here: Here<'_>, notes: Notes) -> impl Future<Output = Shown> + Send;

    /// Where it leads once it is saved; `done` is the name of the notice.
    fn saved(&self, before: &View, after: &View, done: &str) -> String;
}

/// What is said above a form.
pub struct Notes {
    pub status: u16,
    pub faults: Vec<String>,
    /// Where what is deleted and has the name is brought back.
    pub restoring: Option<String>,
    /// The fields that some of them are about.
    pub at: BTreeMap<String, String>,
    pub conflict: Option<Conflict>,
    /// What is removed once the form is sent again.
    pub removals: Vec<Removal>,
    /// Whose rights change then.
    pub effects: Option<Effects>,
}

impl Default for Notes {
    fn default() -> Notes {
        Notes {
            status: 200,
            faults: Vec::new(),
            restoring: None,
            at: BTreeMap::new(),
            conflict: None,
            removals: Vec::new(),
            effects: None,
        }
    }
}

impl Notes {
    /// What is wrong with what was typed.
    fn wrong(status: u16, wrong: Vec<Wrong>) -> Notes {
        let faults = wrong.iter().map(|one| one.said.clone()).collect();
        let at = wrong.into_iter().filter_map(|one| Some((one.field?, one.said))).collect();
        Notes { status, faults, at, ..Notes::default() }
    }
}

/// The revision that a form bears.
pub fn revision(visit: &Visit, text: &str) -> Result<Revision, Fault> {
    text.parse().map(Revision).map_err(|_| Fault::Malformed(visit.t.say("edit.no_revision")))
}

/// Saves what was sent, or shows the form again. `None` where the record has changed between reading and writing.
pub async fn save<F: RecordForm>(
    page: &'static RecordPage,
    visit: &Visit,
    reading: Reading<'_>,
    view: &View,
    sent: &Form,
) -> Result<Option<Answer>, Fault> {
    let here = Here { page, visit, reading: &reading, view };
    let mut form = F::of(here, sent).await?;
    let seen = revision(visit, sent.text("revision"))?;
    let conflict = conflict(here, &mut form, seen).await?;
    if conflict.is_some() {
        return form.page(here, Notes { status: 409, conflict, ..Notes::default() }).await.map(Some);
    }
    if form.is_asking() {
        return form.page(here, Notes::default()).await.map(Some);
    }
    let draft = match form.draft(here, sent).await? {
        Ok(draft) => draft,
        Err(wrong) => {
            let status = if wrong.iter().any(|one| one.is_denied) { 403 } else { 400 };
            return form.page(here, Notes::wrong(status, wrong)).await.map(Some);
        }
    };
    let (removals, effects) = (form.removals(here, sent).await?, form.effects(here).await?);
    let is_checked = effects.as_ref().is_none_or(|effects| effects.checked == sent.text("checked"));
    if !is_checked || !confirmation::is_confirmed(sent, &removals) {
        return form.page(here, Notes { removals, effects, ..Notes::default() }).await.map(Some);
    }
    match reading.execute(&command::change(view, draft)).await {
        Ok(outcome) => {
            let done = if outcome.changed() { "saved" } else { "unchanged" };
            Ok(Some(headers::see_other(&form.saved(view, &outcome.view, done))))
        }
        Err(Problem::Stale { .. } | Problem::Overtaken) => Ok(None),
        Err(problem) => {
            let (status, wrong) = match &problem {
                // He may change the record, though not to what he typed.
                Problem::Forbidden { action, .. } => {
                    let field = form.denied(view, action).map(str::to_owned);
                    let said = wording::denied(visit.t, &problem);
                    (403, vec![Wrong { field, is_denied: true, ..Wrong::from(said) }])
                }
                _ => wording::in_fields(visit.t, problem)?,
            };
            let reading = visit.reading().await?;
            let here = Here { page, visit, reading: &reading, view };
            let restoring = restoring(visit, &reading, &wrong).await?;
            form.page(here, Notes { restoring, ..Notes::wrong(status, wrong) }).await.map(Some)
        }
    }
}

/// What somebody else has made of it since the form was made. The form is then one of the present state.
async fn conflict<F: RecordForm>(here: Here<'_>, form: &mut F, seen: Revision) -> Result<Option<Conflict>, Fault> {
    let Here { visit, reading, view, .. } = here;
    if seen == view.record.revision {
        return Ok(None);
    }
    let old = reading.state(view.id(), seen).await?;
    let is_same = old.as_ref().is_some_and(|old| form.is_same(old, view));
    form.merge(old.as_ref(), view);
    if is_same {
        return Ok(None);
    }
    Ok(Some(Conflict { theirs: form.theirs(view), ..Conflict::between(visit, reading, old.as_ref(), view).await? }))
}

/// A form that changes a text that hangs on a record: a part of it, or what its edges say. It bears the text that its
/// reader saw, as `seen`, and the entity tag, where that has one, as `tag`.
pub trait TextForm: Sized + Send + Sync {
    /// What is there beside the text, as far as the form needs it.
    type Present: Send + Sync;

    /// The part of the record that it changes; `None`: the record.
    fn part(&self) -> Option<&str>;

    /// What is there now; or why there is nothing any more.
    ///
    /// Errors: the visitor may not change it.
    fn present(
        &self,
        here: Here<'_>,
    ) -> impl Future<Output = Result<Result<(Seen, Self::Present), String>, Fault>> + Send;

    /// Stores what was typed; answers where that leads.
    ///
    /// Errors: 412 where others were faster.
    fn store(
        &self,
        visit: &Visit,
        view: &View,
        present: &Self::Present,
    ) -> impl Future<Output = Result<String, Refusal>> + Send;

    /// The page of the form, made of what was seen, with what was typed.
    fn page(
        self,
        here: Here<'_>,
        seen: Seen,
        present: Option<Self::Present>,
        notes: Notes,
    ) -> impl Future<Output = Shown> + Send;
}

/// The state of a text that a form is made of.
#[derive(Default)]
pub struct Seen {
    pub text: String,
    /// `None`: it is told from others by the text alone.
    pub tag: Option<String>,
}

/// Saves what was sent, or shows the form again.
pub async fn save_text<F: TextForm>(
    page: &'static RecordPage,
    visit: &Visit,
    mut view: Box<View>,
    sent: &Form,
    form: F,
) -> Shown {
    let seen = Seen { text: sent.prose("seen"), tag: Some(sent.text("tag").to_owned()) };
    for _ in 0..TRIES {
        let reading = visit.reading().await?;
        let here = Here { page, visit, reading: &reading, view: &view };
        let (now, present) = match form.present(here).await? {
            Ok(present) => present,
            Err(gone) => {
                let notes = Notes { status: 409, faults: vec![gone], ..Notes::default() };
                return form.page(here, Seen::default(), None, notes).await;
            }
        };
        // Where it was made live meanwhile, say, the text is the one that he saw.
        if now.text != seen.text && (now.tag.is_none() || now.tag != seen.tag) {
            let differences = difference::lines(visit.t, &seen.text, &now.text).await?;
            let conflict = Conflict::of(visit, last_change(here, form.part()).await?.as_ref(), differences);
            let conflict = Some(Conflict { theirs: Some(shown_prose(&now.text)), ..conflict });
            let notes = Notes { status: 409, conflict, ..Notes::default() };
            return form.page(here, now, Some(present), notes).await;
        }
        drop(reading);
        let refusal = match form.store(visit, &view, &present).await {
            Ok(address) => return Ok(headers::see_other(&address)),
            Err(refusal) => refusal,
        };
        let reading = visit.reading().await?;
        if refusal.status == 412 {
            view = resolver::sent_to(visit, &reading, page.folder).await?;
            continue;
        }
        let (status, faults) = refusal.in_form(visit.t)?;
        // What he saw stays what the form is of: whoever changes it meanwhile is noticed when it is sent again.
        let here = Here { page, visit, reading: &reading, view: &view };
        return form.page(here, seen, Some(present), Notes { status, faults, ..Notes::default() }).await;
    }
    Err(Problem::Overtaken.into())
}

/// Who changed the record, or a part of it, last, and when. A part is written with its draft, or without one.
async fn last_change(here: Here<'_>, part: Option<&str>) -> Result<Option<Stamp>, Fault> {
    let Here { reading, view, .. } = here;
    let Some(part) = part else { return Ok(Some(view.record.updated.clone())) };
    let id = part.parse().map_err(|_| Fault::NoSuchPage)?;
    let mut written = reading.parts_by_id(&[view], &[id]).await?;
    let draft = reading.catalog().kind("draft");
    let of_part = ListQuery { name: Some(part.to_owned()), ..ListQuery::of(reading.account(), draft) };
    written.extend(reading.parts(view, of_part).await?.into_iter().map(Some));
    let stamps = written.into_iter().flatten().map(|record| record.updated.clone());
    Ok(stamps.max_by_key(|stamp| stamp.at))
}
