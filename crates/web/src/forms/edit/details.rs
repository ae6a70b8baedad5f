//! Details: all that a record says in a few words, in one form. What it leads to, and what takes more than a field, has
//! forms of its own.

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::ports::Verdict;
use emporion_catalog::record::View;

use super::editable::{Editable, What};
use crate::fault::Fault;
use crate::forms::choice::Choice;
use crate::forms::conflict::Conflict;
use crate::forms::edit_menu::{Group, Offer};
use crate::forms::form::Form;
use crate::forms::saving::{Notes, RecordForm};
use crate::forms::wrong::Wrong;
use crate::layout::icon::Icon;
use crate::layout::shell::Shell;
use crate::records::record::Here;
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::Shown;

/// What asks for it, in addresses and forms.
pub const EDIT: &str = "details";

#[derive(Template)]
#[template(path = "edit_details.html")]
struct Page {
    p: Shell,
    icon: Icon,
    record: String,
    rows: Vec<Row>,
    revision: u64,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    touched: Option<String>,
    address: String,
}

/// One thing that it says.
struct Row {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    choices: Vec<Choice>,
    is_long: bool,
}

/// The form, with what was typed of each.
pub struct Details(Vec<Said>);

/// What the form says of one thing.
struct Said {
    editable: &'static Editable,
    value: String,
    /// What is not among what was sent stays as it is.
    is_sent: bool,
}

/// Whether it is one of the things that stand in this form.
pub fn holds(editable: &Editable) -> bool {
    matches!(
        editable.what,
        What::Name | What::Switch(..) | What::Line(_) | What::Prose(_) | What::Words(_) | What::Choice(_)
    )
}

/// Puts this form before the offers of a menu, in which it stands for all that is in it. What is offered alone stays.
pub fn gather(here: Here<'_>, offers: &mut Vec<Offer>) {
    let kind = here.view.record.kind;
    let is_in = |offer: &Offer| Editable::of(offer.what, kind).is_some_and(holds);
    if offers.iter().filter(|offer| is_in(offer)).count() < 2 {
        return;
    }
    for offer in offers.iter_mut() {
        offer.is_gathered = is_in(offer);
    }
    let details = Offer {
        what: EDIT,
        name: here.visit.t.say("edit.details"),
        address: address::with_query(&here.address(), &[("edit", EDIT)]),
        group: Group::Words,
        is_gathered: false,
    };
    offers.insert(0, details);
}

impl Details {
    /// As the record stands: what of it the visitor may change.
    ///
    /// Errors: `Forbidden`, where that is nothing.
    pub async fn of_record(here: Here<'_>) -> Result<Details, Fault> {
        let Here { visit, reading, view, .. } = here;
        let all = Editable::all(view.record.kind).filter(|editable| holds(editable) && editable.is_open(visit, view));
        let all: Vec<&'static Editable> = all.collect();
        if all.is_empty() {
            return Err(Fault::NoSuchPage);
        }
        let actions: Vec<Action> = all.iter().map(|editable| Action::for_field(editable.asked())).collect();
        let verdicts = reading.verdicts(&actions, &view.record).await?;
        let open = all.iter().zip(verdicts).filter(|(_, verdict)| *verdict == Verdict::Always);
        let said = |editable: &'static Editable| Said { editable, value: editable.text(view), is_sent: false };
        let open: Vec<Said> = open.map(|(editable, _)| said(editable)).collect();
        if open.is_empty() {
            let asked: Vec<&str> = all.iter().map(|editable| editable.asked()).collect();
            reading.ask_change(&view.record, &asked).await?;
        }
        Ok(Details(open))
    }
}

impl Said {
    /// Whether it is another thing than what comes back of the form that a state makes, where nobody touches it.
    fn is_typed(&self, old: &View) -> bool {
        self.is_sent && self.editable.returned(&self.value) != self.editable.returned(&self.editable.text(old))
    }
}

impl RecordForm for Details {
    async fn of(here: Here<'_>, sent: &Form) -> Result<Details, Fault> {
        let Details(mut all) = Details::of_record(here).await?;
        let kind = here.view.record.kind;
        for said in all.iter_mut().filter(|said| sent.has(said.editable.name)) {
            if let Some(text) = said.editable.sent(kind, sent) {
                (said.value, said.is_sent) = (text, true);
            }
        }
        Ok(Details(all))
    }

    /// Nobody else has changed what is typed here.
    fn is_same(&self, old: &View, new: &View) -> bool {
        self.0.iter().all(|said| !said.is_typed(old) || said.editable.is_same(old, new))
    }

    fn merge(&mut self, old: Option<&View>, now: &View) {
        let Some(old) = old else { return };
        for said in &mut self.0 {
            if !said.is_typed(old) {
                said.value = said.editable.text(now);
            }
        }
    }

    async fn draft(&self, here: Here<'_>, _: &Form) -> Result<Result<Draft, Vec<Wrong>>, Fault> {
        let Here { visit, view, .. } = here;
        let (mut draft, mut faults) = (Draft::default(), Vec::new());
        for said in self.0.iter().filter(|said| said.is_typed(view)) {
            let set = said.editable.set(visit, view.record.kind, &mut draft, said.value.clone());
            faults.extend(set.err().map(|fault| Wrong::of_field(said.editable.name, fault)));
        }
        Ok(if faults.is_empty() { Ok(draft) } else { Err(faults) })
    }

    async fn page(self, here: Here<'_>, notes: Notes) -> Shown {
        let Here { visit, reading, view, .. } = here;
        let (t, record) = (visit.t, &view.record);
        let mut rows = Vec::new();
        for Said { editable, value, .. } in self.0 {
            rows.push(Row {
                name: editable.name,
                label: t.say(&format!("edit.{}", editable.name)),
                hint: t.say(&format!("edit.{}_hint", editable.name)),
                choices: editable.choices(t, reading, record.kind, &value).await?,
                is_long: matches!(editable.what, What::Prose(_) | What::Words(_)),
                value,
            });
        }
        let page = Page {
            p: here.shell(),
            icon: Icon::of(record.kind),
            record: naming::rendered_of(record),
            rows,
            revision: record.revision.0,
            faults: notes.faults,
            conflict: notes.conflict,
            touched: super::touched(here).await?,
            address: address::of_record(record),
        };
        Ok(headers::page(notes.status, &page))
    }

    fn saved(&self, _: &View, after: &View, done: &str) -> String {
        address::with_query(&address::of_record(&after.record), &[("done", done)])
    }
}
