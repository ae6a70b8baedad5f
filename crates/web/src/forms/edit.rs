//! Changing one thing of a record: `?edit=<field>` shows its form, and the record's own address takes it. Forms that only the
//! records of one page have are asked for and sent in the same way.

pub mod command;
pub mod details;
pub mod editable;
pub mod listed;
mod promises;
mod relabelled;
mod removals;
mod ticking;

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::ports::Verdict;
use emporion_catalog::problem::Problem;
use emporion_catalog::read::Count;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_edge::answer::Answer;

use self::details::Details;
use self::editable::{Editable, What, is_of_system};
use self::listed::{Fields, Listed};
use self::promises::Input;
use self::ticking::{All, Ticking};
use crate::access::effects::Effects;
use crate::access::who_may::Refused;
use crate::fault::Fault;
use crate::forms::choice::Choice;
use crate::forms::confirmation::{self, Removal};
use crate::forms::conflict::Conflict;
use crate::forms::edit_menu::{Group, Offer};
use crate::forms::expiry;
use crate::forms::form::Form;
use crate::forms::restore::{self, Restoring};
use crate::forms::saving::{self, Notes, RecordForm, TRIES};
use crate::forms::wrong::Wrong;
use crate::layout::icon::Icon;
use crate::layout::shell::Shell;
use crate::pages::glossary::uses;
use crate::pages::product::lending;
use crate::records::address;
use crate::records::naming::{self, Suggested};
use crate::records::record::{Here, RecordPage};
use crate::records::resolver;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::search::query;
use crate::text::plain::shown_prose;

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
    value: String,
    choices: Vec<Choice>,
    inputs: Vec<Input>,
    /// Where it is what the record leads to.
    list: Option<Fields>,
    /// Assets to tick, where they are what is added.
    ticking: Option<Ticking>,
    /// Where adding lends rows: the end that was typed.
    until: Option<String>,
    today: String,
    revision: u64,
    faults: Vec<String>,
    restoring: Option<String>,
    conflict: Option<Conflict>,
    /// What shows the change once it is saved.
    touched: Option<Touched>,
    /// What goes with what was typed, in sentences, and as the form names it when it is sent again.
    goes: Vec<String>,
    goes_title: &'static str,
    goes_do: &'static str,
    sure: String,
    /// Whose rights it changes.
    effects: Option<Effects>,
    address: String,
}

/// The form of one thing, with what was typed.
struct Edit {
    editable: &'static Editable,
    value: Option<String>,
    listed: Listed,
    from: String,
    ticked: Vec<String>,
    /// What is to be ticked beside that.
    all: Option<All>,
    until: String,
    /// What is to be listed to be ticked is asked for; nothing is saved.
    is_asking: bool,
}

/// What the visitor may change of a record, and what others may; the gate is asked about all of it at
/// once.
pub async fn offers(here: Here<'_>) -> Result<(Vec<Offer>, Vec<Refused>), Fault> {
    let Here { page, visit, reading, view } = here;
    if !page.is_edited {
        return Ok((Vec::new(), Vec::new()));
    }
    let at = here.address();
    let offer = |actions: Vec<Action>, label: &str, name: &'static str, group: Group| {
        let address = address::with_query(&at, &[("edit", name)]);
        (actions, Offer { what: name, name: visit.t.say(label), address, group, is_gathered: false })
    };
    let (open, _) = Editable::open(here).await?;
    let shared = open.into_iter().map(|editable| {
        let Editable { name, group, .. } = *editable;
        offer(editable.actions(), &format!("edit.{name}"), name, group)
    });
    let own = page.forms.iter().filter_map(|form| {
        let page = form.page.as_ref()?;
        let (label, group) = page.offered?;
        if group.is_apart() && is_of_system(view) {
            return None;
        }
        Some(offer(vec![page.action], label(view), form.name, group))
    });
    let (actions, offers): (Vec<Vec<Action>>, Vec<Offer>) = shared.chain(own).unzip();
    let verdicts = reading.verdicts_of_any(&actions, &view.record).await?;
    let (mut offered, mut refused) = (Vec::new(), Vec::new());
    for ((actions, offer), verdict) in actions.into_iter().zip(offers).zip(verdicts) {
        let action = actions[0];
        match verdict {
            Verdict::Always => offered.push(offer),
            Verdict::Never { why } => refused.push(Refused { action: action.name(), is_forbidden: why.is_some() }),
            Verdict::Depends => refused.push(Refused { action: action.name(), is_forbidden: false }),
        }
    }
    for new in page.made_in {
        match new.offer_in(visit, reading, view).await? {
            Some(offer) => offered.push(offer),
            None => refused.push(Refused { action: Action::Create.name(), is_forbidden: false }),
        }
    }
    offered.sort_by_key(|offer| offer.group);
    details::gather(here, &mut offered);
    Ok((offered, refused))
}

/// The form that the address asks for, where it asks for one.
pub async fn asked(here: Here<'_>) -> Result<Option<Answer>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let wanted = visit.query("edit");
    if wanted.is_empty() || !here.page.is_edited {
        return Ok(None);
    }
    if let Some(own) = here.page.forms.iter().find(|form| form.name == wanted) {
        let form = own.page.as_ref().ok_or(Fault::NoSuchPage)?;
        reading.require(form.action, &view.record).await?;
        return Ok(Some((form.show)(here).await?));
    }
    if wanted == restore::EDIT {
        return Ok(Some(restore::form(here).await?));
    }
    if wanted == details::EDIT {
        let details = Details::of_record(here).await?.unsent(here).await?;
        return Ok(Some(RecordForm::page(details, here, Notes::default()).await?));
    }
    let editable = Editable::of(&wanted, view.record.kind).ok_or(Fault::NoSuchPage)?;
    if !editable.is_open(visit, view) {
        // What nobody changes has no form; the rest of what came with the catalogue is for administrators.
        visit.catalog().may_operate(visit.caller())?;
        return Err(Fault::NoSuchPage);
    }
    require(here, editable).await?;
    let from = visit.query(ticking::FROM);
    let (ticked, until) = (Vec::new(), String::new());
    let edit =
        Edit { editable, value: None, listed: Listed::default(), from, ticked, all: None, until, is_asking: false };
    Ok(Some(page(here, edit, Notes::default()).await?))
}

/// Errors: the visitor may not change it.
async fn require(here: Here<'_>, editable: &Editable) -> Result<(), Fault> {
    here.reading.ask_change(&here.view.record, &[editable.asked()]).await?;
    if matches!(editable.what, What::Name) {
        here.reading.ask_name(&here.view.record).await?;
    }
    Ok(())
}

async fn page(here: Here<'_>, edit: Edit, notes: Notes) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let Edit { editable, value, listed, from, ticked, all, until, .. } = edit;
    let (t, record) = (visit.t, &view.record);
    let name = naming::rendered_of(record);
    let value = value.unwrap_or_else(|| editable.text(view));
    let hint = t.say(&format!("edit.{}_hint", editable.name));
    let list = match editable.what {
        What::Links(relation, kinds) => {
            let suggested = match listed::put_into(view, relation) {
                Some(kind) => Suggested::places(reading, kinds, kind).await?,
                None => Suggested::of(reading, kinds).await?,
            };
            let fields = listed.fields(view, relation, kinds).suggesting(suggested);
            Some(Fields { hint: hint.clone(), has_focus: true, ..fields })
        }
        _ => None,
    };
    let ticking = match editable.what {
        What::Links(relation, _) if relation == relation::HAS_ASSET => {
            Some(Ticking::of(here, &from, &ticked, all).await?)
        }
        _ => None,
    };
    let (goes_title, goes_do) = confirmation::said(&notes.removals);
    let page = Page {
        p: here.shell(),
        icon: Icon::of(record.kind),
        record: name,
        title: t.say(&format!("edit.{}", editable.name)),
        hint,
        field: editable.name,
        is_long: matches!(editable.what, What::Prose(_) | What::Words(_)),
        choices: editable.choices(t, reading, record.kind, &value).await?,
        inputs: editable.inputs(t, record.kind, &value),
        value,
        list,
        ticking,
        until: editable.lends().then_some(until),
        today: expiry::day(visit.now),
        revision: record.revision.0,
        faults: notes.faults,
        restoring: notes.restoring,
        conflict: notes.conflict,
        touched: if matches!(editable.what, What::Links(..)) { None } else { touched(here).await? },
        sure: confirmation::shown(&notes.removals),
        goes_title,
        goes_do,
        goes: notes.removals.into_iter().map(|one| one.rendered).collect(),
        effects: notes.effects,
        address: address::of_record(record),
    };
    Ok(headers::page(notes.status, &page))
}

/// How much bears what is changed, in a sentence, and where that is listed.
struct Touched {
    said: String,
    at: Option<String>,
}

/// Of a term, how much bears it: all that shows what it is called and what it means.
async fn touched(here: Here<'_>) -> Result<Option<Touched>, Fault> {
    let Here { visit, reading, view, .. } = here;
    if !view.record.kind.is("glossary_term") {
        return Ok(None);
    }
    let counts = uses::counts(visit, reading, std::slice::from_ref(view)).await?;
    let Some(count) = counts.first() else { return Ok(None) };
    Ok(Some(match count {
        Count { number: 0, is_exact: true } => Touched { said: visit.t.say("edit.touches_nothing"), at: None },
        _ => Touched {
            said: visit.t.with("edit.touches", &[("uses", &visit.t.counted("count.uses", *count))]),
            at: Some(query::address_of(&uses::clause(visit, view))),
        },
    }))
}

pub async fn save(page: &'static RecordPage, visit: Arc<Visit>) -> Shown {
    let sent = visit.form();
    for _ in 0..TRIES {
        if let Some(answer) = try_save(page, &visit, &sent).await? {
            return Ok(answer);
        }
    }
    Err(Problem::Overtaken.into())
}

/// `None` where the record has changed between reading and writing.
async fn try_save(page: &'static RecordPage, visit: &Visit, sent: &Form) -> Result<Option<Answer>, Fault> {
    let reading = visit.reading().await?;
    let view = resolver::sent_to(visit, &reading, page.folder).await?;
    let wanted = sent.text("edit");
    if let Some(own) = page.forms.iter().find(|form| form.name == wanted) {
        return (own.save)(page, visit, reading, &view, sent).await;
    }
    match wanted {
        restore::EDIT => saving::save::<Restoring>(page, visit, reading, &view, sent).await,
        details::EDIT => saving::save::<Details>(page, visit, reading, &view, sent).await,
        _ => saving::save::<Edit>(page, visit, reading, &view, sent).await,
    }
}

impl RecordForm for Edit {
    async fn of(here: Here<'_>, sent: &Form) -> Result<Edit, Fault> {
        let record = &here.view.record;
        let editable = Editable::of(sent.text("edit"), record.kind).ok_or(Fault::NoSuchPage)?;
        require(here, editable).await?;
        Ok(Edit {
            editable,
            value: editable.sent(record.kind, sent),
            listed: Listed::sent(sent, ""),
            from: sent.text(ticking::FROM).to_owned(),
            ticked: ticking::ticked(sent),
            all: ticking::all(sent),
            until: sent.trimmed("until").to_owned(),
            is_asking: ticking::is_asked(sent),
        })
    }

    fn is_same(&self, old: &View, new: &View) -> bool {
        self.editable.is_same(old, new)
    }

    fn theirs(&self, view: &View) -> Option<String> {
        let is_text = matches!(self.editable.what, What::Line(_) | What::Prose(_) | What::Words(_));
        is_text.then(|| shown_prose(&self.editable.text(view)))
    }

    fn merge(&mut self, old: Option<&View>, now: &View) {
        let editable = self.editable;
        if let Some(old) = old {
            self.value = self.value.take().map(|mine| editable.merged(old, now, mine));
        }
        if let What::Links(relation, _) = editable.what {
            self.listed.merge(old, now, relation);
        }
    }

    fn is_asking(&self) -> bool {
        self.is_asking
    }

    async fn draft(&self, here: Here<'_>, _: &Form) -> Result<Result<Draft, Vec<Wrong>>, Fault> {
        let Here { visit, view, .. } = here;
        let editable = self.editable;
        let mut draft = Draft::default();
        if let Some(text) = &self.value
            && let Err(fault) = editable.set(visit, view.record.kind, &mut draft, text.clone())
        {
            return Ok(Err(vec![fault.into()]));
        }
        let What::Links(relation, named) = editable.what else { return Ok(Ok(draft)) };
        let (mut faults, mut until) = (Vec::new(), None);
        if editable.lends() {
            match expiry::typed(visit.t, &self.until, visit.now) {
                Ok(typed) => until = typed,
                Err(fault) => faults.push(Wrong::from(fault)),
            }
        }
        if self.ticked.len() > ticking::MOST_TICKED {
            let most = visit.t.number(ticking::MOST_TICKED as u64);
            faults.push(visit.t.with("edit.tick_most", &[("most", &most)]).into());
        }
        let ticked = match relation == relation::HAS_ASSET {
            true => ticking::targets(here, &self.ticked, until).await?,
            false => Vec::new(),
        };
        let list = (relation, named, editable.name);
        faults.extend(self.listed.draft(here, list, (ticked, until), &mut draft).await?);
        Ok(if faults.is_empty() { Ok(draft) } else { Err(faults) })
    }

    async fn removals(&self, here: Here<'_>, _: &Form) -> Result<Vec<Removal>, Fault> {
        if !self.editable.is_open(here.visit, here.view) {
            // It is refused: nothing goes.
            return Ok(Vec::new());
        }
        removals::of(here, self.editable, self.value.as_deref().unwrap_or_default(), &self.listed).await
    }

    async fn effects(&self, here: Here<'_>) -> Result<Option<Effects>, Fault> {
        match self.editable.what {
            // Who may not do it is told nothing of it.
            _ if !self.editable.is_open(here.visit, here.view) => Ok(None),
            What::Links(relation, _) if relation == relation::TAGGED => relabelled::of(here, &self.listed).await,
            _ => Ok(None),
        }
    }

    async fn page(self, here: Here<'_>, notes: Notes) -> Shown {
        page(here, self, notes).await
    }

    fn saved(&self, before: &View, after: &View, done: &str) -> String {
        let at = address::of_record(&after.record);
        let added = if self.editable.lends() { lending::added(before, after) } else { Vec::new() };
        match added.is_empty() {
            true => address::with_query(&at, &[("done", done)]),
            false => lending::address_after(&at, before, &added),
        }
    }
}
