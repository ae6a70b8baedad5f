//! Saving a form of a record: stored where it is as its reader saw it, else shown again with what was typed.
//!
//! A form bears the revision that its reader saw. Where what it changes is another by now, nothing is stored: he sees both,
//! and what he typed stays in the form. What is wrong is said above it, and so is what it removes, before it does.

use emporion_catalog::command::Draft;
use emporion_catalog::id::Revision;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;

use crate::fault::{Fault, wording};
use crate::forms::confirmation::{self, Removal};
use crate::forms::conflict::Conflict;
use crate::forms::edit::command;
use crate::forms::form::Form;
use crate::records::record::{Here, RecordPage};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

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

    /// The change; or what is wrong with what was typed.
    fn draft(
        &self,
        here: Here<'_>,
        sent: &Form,
    ) -> impl Future<Output = Result<Result<Draft, Vec<String>>, Fault>> + Send;

    /// What the change takes away from somebody.
    fn removals(&self, _: Here<'_>, _: &Form) -> impl Future<Output = Result<Vec<Removal>, Fault>> + Send {
        async { Ok(Vec::new()) }
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
    pub conflict: Option<Conflict>,
    /// What is removed once the form is sent again.
    pub removals: Vec<Removal>,
}

impl Default for Notes {
    fn default() -> Notes {
        Notes { status: 200, faults: Vec::new(), conflict: None, removals: Vec::new() }
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
    let draft = match form.draft(here, sent).await? {
        Ok(draft) => draft,
        Err(faults) => {
            return form.page(here, Notes { status: 400, faults, ..Notes::default() }).await.map(Some);
        }
    };
    let removals = form.removals(here, sent).await?;
    if !confirmation::is_confirmed(sent, &removals) {
        return form.page(here, Notes { removals, ..Notes::default() }).await.map(Some);
    }
    match reading.execute(&command::change(view, draft)).await {
        Ok(outcome) => {
            let done = if outcome.changed() { "saved" } else { "unchanged" };
            Ok(Some(headers::see_other(&form.saved(view, &outcome.view, done))))
        }
        Err(Problem::Stale { .. } | Problem::Overtaken) => Ok(None),
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            let reading = visit.reading().await?;
            let here = Here { page, visit, reading: &reading, view };
            form.page(here, Notes { status, faults, ..Notes::default() }).await.map(Some)
        }
    }
}

/// What somebody else has made of it since the form was made. The form is then one of the present state.
async fn conflict<F: RecordForm>(here: Here<'_>, form: &mut F, seen: Revision) -> Result<Option<Conflict>, Fault> {
    let Here { visit, reading, view, .. } = here;
    if seen == view.record.revision {
        return Ok(None);
    }
    let old = reading.states(&[(view.id(), seen)]).await?.pop().flatten();
    if old.as_ref().is_some_and(|old| form.is_same(old, view)) {
        return Ok(None);
    }
    form.merge(old.as_ref(), view);
    Ok(Some(Conflict { theirs: form.theirs(view), ..Conflict::between(visit, old.as_ref(), view).await? }))
}
