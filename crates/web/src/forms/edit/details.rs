//! Details: all that a record says, and whom and what it names, in one form with one save. What it holds, and what takes
//! more than a field, has forms of its own.

use std::collections::BTreeMap;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::kind::Kind;
use emporion_catalog::ports::Verdict;
use emporion_catalog::record::View;
use emporion_catalog::relation;

use super::editable::{Editable, What};
use super::listed::{self, Fields, Listed};
use super::{relabelled, removals};
use crate::access::effects::Effects;
use crate::fault::{self, Fault};
use crate::forms::choice::Choice;
use crate::forms::confirmation::{self, Removal};
use crate::forms::conflict::Conflict;
use crate::forms::edit_menu::{Group, Offer};
use crate::forms::form::Form;
use crate::forms::saving::{self, Notes, RecordForm};
use crate::forms::wrong::Wrong;
use crate::layout::icon::Icon;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::naming::{self, Suggested};
use crate::records::record::Here;
use crate::request::headers;
use crate::request::visit::Shown;

/// What asks for it, in addresses and forms.
pub const EDIT: &str = "details";
/// The field that certifies anew with the same tag.
const RENEW: &str = "certification.renew";

#[derive(Template)]
#[template(path = "edit_details.html")]
struct Page {
    p: Shell,
    icon: Icon,
    record: String,
    sections: Vec<Section>,
    revision: u64,
    faults: Vec<String>,
    restoring: Option<String>,
    conflict: Option<Conflict>,
    touched: Option<super::Touched>,
    /// What goes with what was typed, in sentences, and as the form names it when it is sent again.
    goes: Vec<String>,
    goes_title: &'static str,
    goes_do: &'static str,
    sure: String,
    /// Whose rights it changes.
    effects: Option<Effects>,
    address: String,
}

/// Things that are about the same; the only one needs no heading.
struct Section {
    heading: Option<&'static str>,
    rows: Vec<Row>,
}

/// One thing that it says.
struct Row {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    choices: Vec<Choice>,
    is_long: bool,
    /// Where it is what the record leads to.
    list: Option<Fields>,
    /// Whether it is to be certified anew, where it is certified.
    renew: Option<bool>,
    /// What is wrong with it.
    fault: Option<String>,
    /// The sender may not change it: what he typed is shown, and not sent again.
    is_denied: bool,
    has_focus: bool,
}

/// The form, with what was typed of each.
pub struct Details {
    said: Vec<Said>,
    /// What was typed of what the sender may not change.
    denied: Vec<Said>,
}

/// What the form says of one thing.
struct Said {
    editable: &'static Editable,
    value: String,
    listed: Listed,
    is_renewed: bool,
    /// What is not among what was sent stays as it is.
    is_sent: bool,
}

/// Whether it is one of the things that stand in this form.
pub fn holds(editable: &Editable) -> bool {
    match editable.what {
        What::Name
        | What::Switch(..)
        | What::Line(_)
        | What::Prose(_)
        | What::Words(_)
        | What::Choice(_)
        | What::Certification => true,
        // What it holds is long, and ticked.
        What::Links(relation, named) => !named.is_empty() && relation != relation::MEMBER,
        What::Contract | What::Visibility => false,
    }
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
        let Here { reading, view, .. } = here;
        let (mut all, mut closed) = Editable::open(here).await?;
        all.retain(|editable| holds(editable));
        closed.retain(|editable| holds(editable));
        if all.is_empty() {
            return Err(Fault::NoSuchPage);
        }
        let actions: Vec<Vec<Action>> = all.iter().map(|editable| editable.actions()).collect();
        let verdicts = reading.verdicts_of_any(&actions, &view.record).await?;
        let as_it_is = |editable: &'static Editable| Said {
            editable,
            value: editable.text(view),
            listed: Listed::default(),
            is_renewed: false,
            is_sent: false,
        };
        let mut said = Vec::new();
        let mut denied: Vec<Said> = closed.into_iter().map(as_it_is).collect();
        for (editable, verdict) in all.iter().zip(verdicts) {
            let one = as_it_is(editable);
            if verdict == Verdict::Always { &mut said } else { &mut denied }.push(one);
        }
        if said.is_empty() {
            let asked: Vec<&str> = all.iter().map(|editable| editable.asked()).collect();
            reading.ask_change(&view.record, &asked).await?;
        }
        Ok(Details { said, denied })
    }

    /// The form that nobody has sent yet: of what the visitor may not change it shows a name that a policy keeps, with why.
    pub async fn unsent(mut self, here: Here<'_>) -> Result<Details, Fault> {
        let is_name = |said: &Said| matches!(said.editable.what, What::Name);
        let is_kept = self.denied.iter().any(|said| is_name(said) && said.editable.is_open(here.visit, here.view))
            && !fault::is_allowed(here.reading.ask_name(&here.view.record).await)?;
        self.denied.retain(|said| is_kept && is_name(said));
        Ok(self)
    }
}

impl Said {
    /// Takes what was sent of it.
    fn take(&mut self, kind: Kind, sent: &Form) {
        let within = listed::within(self.editable);
        if let What::Links(..) = self.editable.what {
            if Listed::is_sent(sent, &within) {
                (self.listed, self.is_sent) = (Listed::sent(sent, &within), true);
            }
        } else if sent.has(self.editable.name)
            && let Some(text) = self.editable.sent(kind, sent)
        {
            (self.value, self.is_sent) = (text, true);
            self.is_renewed = matches!(self.editable.what, What::Certification) && sent.has(RENEW);
        }
    }

    /// Whether it is another thing than what comes back of the form that a state makes, where nobody touches it.
    fn is_typed(&self, old: &View) -> bool {
        self.is_sent
            && match self.editable.what {
                What::Links(relation, _) => self.listed.is_typed(old, relation),
                _ => {
                    let text = self.editable.text(old);
                    self.is_renewed || self.editable.returned(&self.value) != self.editable.returned(&text)
                }
            }
    }

    /// With the name of the field before it: above the form it stands alone.
    fn wrong(&self, here: Here<'_>, fault: &Wrong) -> Wrong {
        let label = here.visit.t.say(&format!("edit.{}", self.editable.name));
        let said = format!("{label}: {}", fault.said);
        Wrong { is_denied: fault.is_denied, ..Wrong::of_field(self.editable.name, said) }
    }

    async fn row(self, here: Here<'_>, suggesting: &mut BTreeMap<String, Option<String>>) -> Result<Row, Fault> {
        let Here { visit, reading, view, .. } = here;
        let (t, editable) = (visit.t, self.editable);
        let certified = matches!(editable.what, What::Certification) && !editable.text(view).is_empty();
        let hint = match editable.what {
            What::Certification => t.say("edit.certification_kept"),
            _ => t.say(&format!("edit.{}_hint", editable.name)),
        };
        let list = match editable.what {
            What::Links(relation, named) => {
                let sort = format!("suggested-{}", named.join("-"));
                let mut fields = self.listed.fields(view, relation, named);
                match suggesting.get(&sort) {
                    Some(others) => fields.others.clone_from(others),
                    None => {
                        let of = listed::put_into(view, relation);
                        let suggested = Suggested::few(reading, named, of).await?;
                        suggesting.insert(sort.clone(), suggested.others.clone());
                        fields = fields.suggesting(suggested);
                    }
                }
                Some(Fields { within: listed::within(editable), hint: hint.clone(), suggested_id: sort, ..fields })
            }
            _ => None,
        };
        Ok(Row {
            name: editable.name,
            label: t.say(&format!("edit.{}", editable.name)),
            hint,
            choices: editable.choices(t, reading, view.record.kind, &self.value).await?,
            is_long: matches!(editable.what, What::Prose(_) | What::Words(_)),
            value: self.value,
            list,
            renew: certified.then_some(self.is_renewed),
            fault: None,
            is_denied: false,
            has_focus: false,
        })
    }

    /// What was typed, and may not be changed.
    fn denied_row(self, here: Here<'_>) -> Row {
        let typed = if let What::Links(..) = self.editable.what { self.listed.added() } else { self.value };
        let is_kept = !self.is_sent && matches!(self.editable.what, What::Name);
        Row {
            name: self.editable.name,
            label: here.visit.t.say(&format!("edit.{}", self.editable.name)),
            hint: if is_kept { here.visit.t.say("edit.name_kept") } else { String::new() },
            value: typed,
            choices: Vec::new(),
            is_long: matches!(self.editable.what, What::Prose(_) | What::Words(_)),
            list: None,
            renew: None,
            fault: None,
            is_denied: true,
            has_focus: false,
        }
    }
}

impl RecordForm for Details {
    async fn of(here: Here<'_>, sent: &Form) -> Result<Details, Fault> {
        let mut details = Details::of_record(here).await?;
        let kind = here.view.record.kind;
        details.said.iter_mut().chain(&mut details.denied).for_each(|said| said.take(kind, sent));
        details.denied.retain(|said| said.is_sent);
        if !details.denied.is_empty() {
            // What came back as it was shown was not typed: he was shown it while he might change it.
            let seen = saving::revision(here.visit, sent.text("revision"))?;
            let old = here.reading.state(here.view.id(), seen).await?;
            let old = old.as_ref().unwrap_or(here.view);
            details.denied.retain(|said| said.is_typed(old));
        }
        Ok(details)
    }

    /// Nobody else has changed what is typed here.
    fn is_same(&self, old: &View, new: &View) -> bool {
        self.said.iter().all(|said| !said.is_typed(old) || said.editable.is_same(old, new))
    }

    fn merge(&mut self, old: Option<&View>, now: &View) {
        for said in &mut self.said {
            let is_typed = old.is_none_or(|old| said.is_typed(old));
            match said.editable.what {
                What::Links(relation, _) if is_typed => said.listed.merge(old, now, relation),
                What::Links(..) => said.listed = Listed::default(),
                _ if !is_typed => said.value = said.editable.text(now),
                _ => {}
            }
        }
    }

    async fn draft(&self, here: Here<'_>, _: &Form) -> Result<Result<Draft, Vec<Wrong>>, Fault> {
        let Here { visit, view, .. } = here;
        let (mut draft, mut wrong) = (Draft::default(), Vec::new());
        for said in self.said.iter().filter(|said| said.is_typed(view)) {
            let editable = said.editable;
            let faults = match editable.what {
                What::Links(relation, named) => {
                    let list = (relation, named, editable.name);
                    said.listed.draft(here, list, (Vec::new(), None), &mut draft).await?
                }
                _ => {
                    let set = editable.set(visit, view.record.kind, &mut draft, said.value.clone());
                    set.err().into_iter().map(Wrong::from).collect()
                }
            };
            wrong.extend(faults.iter().map(|fault| said.wrong(here, fault)));
        }
        let denial = Wrong { is_denied: true, ..Wrong::from(visit.t.say("edit.denied")) };
        wrong.extend(self.denied.iter().map(|said| said.wrong(here, &denial)));
        Ok(if wrong.is_empty() { Ok(draft) } else { Err(wrong) })
    }

    async fn removals(&self, here: Here<'_>, _: &Form) -> Result<Vec<Removal>, Fault> {
        let mut gone = Vec::new();
        for said in self.said.iter().filter(|said| said.is_typed(here.view)) {
            gone.extend(removals::of(here, said.editable, &said.value, &said.listed).await?);
        }
        Ok(gone)
    }

    async fn effects(&self, here: Here<'_>) -> Result<Option<Effects>, Fault> {
        let labels =
            |said: &&Said| matches!(said.editable.what, What::Links(relation, _) if relation == relation::TAGGED);
        match self.said.iter().filter(|said| said.is_typed(here.view)).find(labels) {
            Some(said) if said.editable.is_open(here.visit, here.view) => relabelled::of(here, &said.listed).await,
            _ => Ok(None),
        }
    }

    fn denied(&self, view: &View, action: &str) -> Option<&'static str> {
        let mut typed = self.said.iter().filter(|said| said.is_typed(view)).map(|said| said.editable);
        typed.find(|editable| editable.takes(action)).map(|editable| editable.name)
    }

    async fn page(self, here: Here<'_>, notes: Notes) -> Shown {
        let record = &here.view.record;
        let mut suggesting = BTreeMap::new();
        let mut by_group: BTreeMap<Group, Vec<Row>> = BTreeMap::new();
        for said in self.said {
            let (editable, row) = (said.editable, said.row(here, &mut suggesting).await?);
            by_group.entry(editable.group).or_default().push(row);
        }
        for said in self.denied {
            by_group.entry(said.editable.group).or_default().push(said.denied_row(here));
        }
        let has_headings = by_group.len() > 1;
        let mut sections: Vec<Section> = by_group
            .into_iter()
            .map(|(group, rows)| Section { heading: group.heading().filter(|_| has_headings), rows })
            .collect();
        for row in sections.iter_mut().flat_map(|section| &mut section.rows) {
            let editable = Editable::of(row.name, record.kind);
            let is_here = |field: &&String| {
                let field = field.split(['.', '[']).next().unwrap_or_default();
                field == row.name || editable.is_some_and(|editable| editable.asked() == field)
            };
            row.fault = notes.at.iter().find(|(field, _)| is_here(field)).map(|(_, said)| said.clone());
            if let Some(list) = &mut row.list {
                list.is_wrong = row.fault.is_some();
            }
        }
        if let Some(first) = sections.first_mut().and_then(|section| section.rows.first_mut()) {
            first.has_focus = true;
            if let Some(list) = &mut first.list {
                list.has_focus = true;
            }
        }
        let (goes_title, goes_do) = confirmation::said(&notes.removals);
        let page = Page {
            p: here.shell(),
            icon: Icon::of(record.kind),
            record: naming::rendered_of(record),
            sections,
            revision: record.revision.0,
            faults: notes.faults,
            restoring: notes.restoring,
            conflict: notes.conflict,
            touched: super::touched(here).await?,
            sure: confirmation::shown(&notes.removals),
            goes_title,
            goes_do,
            goes: notes.removals.into_iter().map(|one| one.rendered).collect(),
            effects: notes.effects,
            address: address::of_record(record),
        };
        Ok(headers::page(notes.status, &page))
    }

    fn saved(&self, _: &View, after: &View, done: &str) -> String {
        address::with_query(&address::of_record(&after.record), &[("done", done)])
    }
}
