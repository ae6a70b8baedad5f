//! Making a record: `?edit=<what>` at the list of its kind shows the form, and the list's own address takes it. What is made
//! in the same way is a row of [`ALL`].

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, DoorRules, Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::name::fold;
use emporion_catalog::ports::Verdict;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::{self, Fault, wording};
use crate::forms::choice::Choice;
use crate::forms::edit::listed;
use crate::forms::edit_menu::{Group, Offer};
use crate::forms::restoring::restoring;
use crate::forms::wrong::Wrong;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::naming::{Suggested, named_record};
use crate::request::handlers::change;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// Records of one kind that the form offers to stand in, and that are asked about where it turns on them whether one may
/// make anything there.
const MOST_ABOVE: u32 = 200;

/// What can be made on a page.
pub struct New {
    /// What it calls itself in `edit`, and in the texts.
    name: &'static str,
    kind: &'static str,
    /// The list that it is made at.
    section: &'static str,
    /// The form's name of what it stands in, and the text beside it; `None` where it stands in nothing.
    above: Option<(&'static str, &'static str)>,
    /// It needs a description: clients that read it rely on one.
    is_described: bool,
    /// A field of few values that it needs, and the usual one.
    choice: Option<(&'static str, &'static str)>,
    /// Whoever makes it answers for it.
    is_owned: bool,
}

pub static PRODUCT: New = New {
    name: "product",
    kind: "data_product",
    section: "products",
    above: Some(("domain", "head.domain")),
    is_described: false,
    choice: None,
    is_owned: true,
};

pub static DOMAIN: New = New {
    name: "domain",
    kind: "domain",
    section: "domains",
    above: Some(("domain", "new.above_domain")),
    is_described: true,
    choice: Some(("domain_type", "Aggregate")),
    is_owned: true,
};

pub static GLOSSARY: New = New {
    name: "glossary",
    kind: "glossary",
    section: "glossary",
    above: Some(("domain", "head.domain")),
    is_described: true,
    choice: None,
    is_owned: true,
};

pub static TERM: New = New {
    name: "term",
    kind: "glossary_term",
    section: "glossary",
    above: Some(("glossary", "new.above_term")),
    is_described: true,
    choice: None,
    is_owned: false,
};

pub static TEAM: New = New {
    name: "team",
    kind: "team",
    section: "people",
    above: Some(("domain", "new.above_team")),
    is_described: false,
    choice: Some(("team_type", "Group")),
    is_owned: true,
};

pub static CLASSIFICATION: New = New {
    name: "classification",
    kind: "classification",
    section: "classifications",
    above: None,
    is_described: true,
    choice: None,
    is_owned: true,
};

pub static TAG: New = New {
    name: "tag",
    kind: "tag",
    section: "classifications",
    above: Some(("classification", "new.above_tag")),
    is_described: true,
    choice: None,
    is_owned: false,
};

static ALL: [&New; 7] = [&PRODUCT, &DOMAIN, &GLOSSARY, &TERM, &TEAM, &CLASSIFICATION, &TAG];

/// Records of one name that are looked at.
const MOST_NAMESAKES: u32 = 20;

#[derive(Template)]
#[template(path = "new_record.html")]
struct Page {
    p: Shell,
    what: &'static str,
    title: String,
    text: String,
    at: String,
    name: String,
    description: String,
    is_described: bool,
    /// The form's name of what it stands in, and what that is called.
    above: Option<(&'static str, String)>,
    is_above_required: bool,
    /// There are several, and none is chosen yet.
    is_to_be_chosen: bool,
    choices: Vec<Choice>,
    /// Where those are too many to choose from: what is typed, and names for it.
    typed: Option<(String, Suggested)>,
    /// The field of few values, and what it is called.
    field: Option<(&'static str, String)>,
    values: Vec<Choice>,
    faults: Vec<String>,
    /// Where what is deleted and has the name is brought back.
    restoring: Option<String>,
    /// What is wrong with what it stands in.
    above_fault: Option<String>,
}

pub fn routes() -> Vec<Route<Door>> {
    let mut rows: Vec<Route<Door>> = Vec::new();
    let mut before = "";
    for New { section, .. } in ALL {
        if *section != before {
            rows.push(change(format!("/{section}"), format!("create_at_{section}"), |visit| create(section, visit)));
        }
        before = section;
    }
    rows
}

/// What is called like a new product and stands in the same domain, written otherwise: their addresses differ by that alone,
/// and people take one for the other.
async fn alike(reading: &Reading<'_>, kind: Kind, parent: Option<&Ref>, name: &str) -> Result<Option<String>, Fault> {
    let Some(Ref::Id(_, parent)) = parent.filter(|_| kind.is("data_product")) else { return Ok(None) };
    let found = reading.namesakes(kind, &fold(name), States::Alive, MOST_NAMESAKES).await?;
    let mut others = found.iter().filter(|one| one.parent == Some(*parent) && one.name != name);
    Ok(others.next().map(|other| shown(&other.name)))
}

/// The form that the address of a list asks for, where it asks for one.
pub async fn asked(visit: &Visit, section: &str) -> Result<Option<Answer>, Fault> {
    let wanted = visit.query("edit");
    let Some(new) = ALL.iter().find(|new| new.section == section && new.name == wanted) else { return Ok(None) };
    let reading = visit.reading().await?;
    new.require(visit, &reading).await?;
    new.page(visit, &reading, 200, Vec::new()).await.map(Some)
}

impl New {
    fn address(&self) -> String {
        format!("/{}", self.section)
    }

    fn kind_of(&self, reading: &Reading<'_>) -> Kind {
        reading.catalog().kind(self.kind)
    }

    /// Where the visitor may make one: the form.
    pub async fn offer(&self, visit: &Visit, reading: &Reading<'_>) -> Result<Option<Offer>, Fault> {
        Ok(self.may(visit, reading).await?.then(|| self.offer_at(visit, None)))
    }

    /// The same in a record.
    pub async fn offer_in(&self, visit: &Visit, reading: &Reading<'_>, above: &View) -> Result<Option<Offer>, Fault> {
        let may = match visit.catalog().verdict_of_kind(visit.caller(), Action::Create, self.kind_of(reading)) {
            Verdict::Always => true,
            Verdict::Never { .. } => false,
            Verdict::Depends => fault::is_allowed(reading.ask_create(self.kind_of(reading), above, None).await)?,
        };
        Ok(may.then(|| self.offer_at(visit, Some(above))))
    }

    fn offer_at(&self, visit: &Visit, above: Option<&View>) -> Offer {
        let mut pairs = vec![("edit", self.name)];
        pairs.extend(self.above.zip(above).map(|((name, _), above)| (name, above.record.fqn.as_str())));
        Offer {
            what: self.name,
            name: visit.t.say(&format!("new.{}", self.name)),
            address: address::with_query(&self.address(), &pairs),
            group: Group::Contents,
            is_gathered: false,
        }
    }

    /// Before the form is shown.
    ///
    /// Errors: `Forbidden` for who may not make one where the address says, or may make none at all.
    async fn require(&self, visit: &Visit, reading: &Reading<'_>) -> Result<(), Fault> {
        let kind = self.kind_of(reading);
        let named = self.above.map(|(name, _)| visit.query(name)).unwrap_or_default();
        if !named.is_empty()
            && let Ok((kind_above, id)) = named_record(reading, kind.0.parents, &named).await?
        {
            let depth = Depth::of(&[relation::OWNER], true);
            let above = reading.get(&Ref::Id(kind_above, id), States::Alive, &depth).await?;
            return Ok(reading.ask_create(kind, &above, None).await?);
        }
        if self.may(visit, reading).await? {
            return Ok(());
        }
        let who = visit.caller().principal.name.to_string();
        Err(Problem::Forbidden { who, action: Action::Create.name(), kind: kind.name(), why: None }.into())
    }

    /// Whether the visitor may make one at all: below nothing, or in any of the first that it can stand in, or of those that
    /// are his or his teams'.
    pub async fn may(&self, visit: &Visit, reading: &Reading<'_>) -> Result<bool, Fault> {
        let (catalog, kind) = (reading.catalog(), self.kind_of(reading));
        match catalog.verdict_of_kind(visit.caller(), Action::Create, kind) {
            Verdict::Always => return Ok(true),
            Verdict::Never { .. } => return Ok(false),
            Verdict::Depends => {}
        }
        if !kind.0.parent_required && fault::is_allowed(reading.ask_create_at_top(kind).await)? {
            return Ok(true);
        }
        let Some(above) = kind.0.parents.first() else { return Ok(false) };
        let above = catalog.kind(above);
        let first = ListQuery { limit: MOST_ABOVE, ..ListQuery::of(reading.account(), above) };
        let principal = &visit.caller().principal;
        let teams: Vec<RecordId> = principal.teams.iter().map(|membership| membership.team).collect();
        let he_and_his = [principal.user].into_iter().chain(teams.iter().copied()).collect();
        let of = |relation, owners| ListQuery { linked: vec![(relation, owners)], ..first.clone() };
        let mut asked = vec![first.clone()];
        if above.has(relation::OWNER) {
            asked.push(of(relation::OWNER, he_and_his));
        }
        if above.has(relation::OWNING_TEAM) && !teams.is_empty() {
            asked.push(of(relation::OWNING_TEAM, teams));
        }
        for (place, query) in asked.into_iter().enumerate() {
            let is_first = place == 0;
            let found = reading.list(query, &Depth::bare()).await?;
            if reading.may_create_in_each(kind, &found.views).await?.contains(&true) {
                return Ok(true);
            }
            // Nothing is left that could be his.
            if is_first && !found.more {
                break;
            }
        }
        Ok(false)
    }

    async fn page(
        &self,
        visit: &Visit,
        reading: &Reading<'_>,
        status: u16,
        wrong: Vec<Wrong>,
    ) -> Result<Answer, Fault> {
        let restoring = restoring(visit, reading, &wrong).await?;
        let (sent, kind) = (visit.form(), self.kind_of(reading));
        let above_name = self.above.map_or("", |(name, _)| name);
        let is_of_above = |one: &&Wrong| one.field.as_deref().is_some_and(|field| field == above_name);
        let above_fault = wrong.iter().find(is_of_above).map(|one| one.said.clone());
        let faults: Vec<String> = wrong.into_iter().map(|one| one.said).collect();
        let asked = visit.query(above_name);
        let chosen = if sent.text("name").is_empty() && faults.is_empty() { &asked } else { sent.text(above_name) };
        let (field, values) = match self.choice {
            None => (None, Vec::new()),
            Some((field, usual)) => {
                let wanted = if sent.text(field).is_empty() { usual } else { sent.text(field) };
                let label = visit.t.say(&format!("field.{field}"));
                (Some((field, label)), Choice::all(visit.t, kind, field, wanted))
            }
        };
        let is_required = self.above.is_some()
            && (kind.0.parent_required || !fault::is_allowed(reading.ask_create_at_top(kind).await)?);
        let title = visit.t.say(&format!("new.{}", self.name));
        let section = visit.t.say(&format!("place.{}", self.section));
        let (choices, typed) = match above(visit, reading, kind, chosen).await? {
            Some(choices) => (choices, None),
            None => (Vec::new(), Some((chosen.to_owned(), Suggested::places(reading, kind.0.parents, kind).await?))),
        };
        let page = Page {
            p: visit.shell(self.section).below(section, Some(self.address())).below(title.clone(), None),
            text: visit.t.say(&format!("new.{}_text", self.name)),
            title,
            what: self.name,
            at: self.address(),
            name: sent.text("name").to_owned(),
            description: sent.prose("description"),
            is_described: self.is_described,
            above: self.above.map(|(name, label)| (name, visit.t.say(label))),
            is_above_required: is_required,
            is_to_be_chosen: choices.len() > 1 && !choices.iter().any(|choice| choice.is_chosen),
            choices,
            typed,
            field,
            values,
            faults,
            restoring,
            above_fault,
        };
        Ok(headers::page(status, &page))
    }

    /// What the form asks for; or what of it is wrong.
    async fn command(&self, visit: &Visit, reading: &Reading<'_>) -> Result<Result<Command, Vec<Wrong>>, Fault> {
        let (sent, catalog, kind) = (visit.form(), reading.catalog(), self.kind_of(reading));
        let (name, description) = (sent.trimmed("name").to_owned(), sent.prose("description"));
        let mut faults = Vec::new();
        if name.is_empty() {
            faults.push(Wrong::from(visit.t.say("edit.name_missing")));
        }
        if self.is_described && description.trim().is_empty() {
            faults.push(Wrong::from(visit.t.say("new.description_missing")));
        }
        let (above_name, above_label) = self.above.unwrap_or_default();
        let wanted = sent.text(above_name);
        let at_above = |said: String| Wrong::of_field(above_name, said);
        let denied = |said: String| Wrong { is_denied: true, ..at_above(said) };
        let parent = match wanted.is_empty() {
            true => None,
            false => match named_record(reading, kind.0.parents, wanted).await? {
                Ok((kind, id)) => Some(Ref::Id(kind, id)),
                Err(unnamed) => {
                    faults.push(at_above(unnamed.rendered(visit.t)));
                    None
                }
            },
        };
        if let Some(parent) = &parent {
            let place = reading.get(parent, States::Alive, &Depth::of(&[relation::OWNER], true)).await?;
            if !fault::is_allowed(reading.ask_create(kind, &place, None).await)? {
                faults.push(denied(listed::denied_there(visit.t, kind, &place.record)));
            }
        } else if wanted.is_empty() && kind.0.parent_required {
            faults.push(at_above(visit.t.with("new.above_missing", &[("what", &visit.t.say(above_label))])));
        } else if wanted.is_empty()
            && self.above.is_some()
            && !fault::is_allowed(reading.ask_create_at_top(kind).await)?
        {
            let kind = visit.t.say(&format!("kind.{}", kind.name()));
            faults.push(denied(visit.t.with("new.above_denied", &[("kind", &kind)])));
        }
        if faults.is_empty()
            && let Some(other) = alike(reading, kind, parent.as_ref(), &name).await?
        {
            faults.push(Wrong::of_field("name", visit.t.with("new.alike", &[("name", &other)])));
        }
        let mut draft = Draft { name: Some(name), ..Draft::default() };
        if !description.trim().is_empty() {
            draft.set("description", description);
        }
        if let Some((field, usual)) = self.choice {
            let value = if sent.text(field).is_empty() { usual } else { sent.text(field) };
            draft.set(field, value);
        }
        if self.is_owned {
            let maker = Target::of(Ref::Id(catalog.kind("user"), visit.caller().principal.user));
            draft.relate(relation::OWNER, How::Add, "owners", vec![maker]);
        }
        let command = Command::Create { kind, parent, draft, id: None, rules: DoorRules::default() };
        Ok(if faults.is_empty() { Ok(command) } else { Err(faults) })
    }

    async fn make(&self, visit: &Visit) -> Shown {
        let reading = visit.reading().await?;
        let command = match self.command(visit, &reading).await? {
            Ok(command) => command,
            Err(wrong) if wrong.iter().any(|one| one.is_denied) => {
                // Who may make none anywhere has no form to be shown again.
                self.require(visit, &reading).await?;
                return self.page(visit, &reading, 403, wrong).await;
            }
            Err(wrong) => return self.page(visit, &reading, 400, wrong).await,
        };
        match reading.execute(&command).await {
            Ok(outcome) => {
                let at = address::of_record(&outcome.view.record);
                Ok(headers::see_other(&address::with_query(&at, &[("done", "created")])))
            }
            Err(problem) => {
                let reading = visit.reading().await?;
                let (status, wrong) = wording::in_fields(visit.t, problem)?;
                self.page(visit, &reading, status, wrong).await
            }
        }
    }
}

async fn create(section: &'static str, visit: Arc<Visit>) -> Shown {
    let sent = visit.form();
    let wanted = sent.text("edit");
    let mut there = ALL.iter().filter(|new| new.section == section);
    match there.find(|new| wanted.is_empty() || new.name == wanted) {
        Some(new) => new.make(&visit).await,
        None => Err(Fault::NoSuchPage),
    }
}

/// What a record of the kind can stand in: those of the first kind in which the visitor may make one, and the one that is
/// chosen, whatever it is. `None` where they are too many to choose from.
async fn above(visit: &Visit, reading: &Reading<'_>, kind: Kind, chosen: &str) -> Result<Option<Vec<Choice>>, Fault> {
    let Some(above) = kind.0.parents.first() else { return Ok(Some(Vec::new())) };
    let turns_on_it = reading.catalog().verdict_of_kind(visit.caller(), Action::Create, kind) == Verdict::Depends;
    let above = reading.catalog().kind(above);
    let query = ListQuery { limit: MOST_ABOVE, ..ListQuery::of(reading.account(), above) };
    let found = reading.list(query, &Depth::bare()).await?;
    if found.more {
        return Ok(None);
    }
    let are_open = match turns_on_it {
        true => reading.may_create_in_each(kind, &found.views).await?,
        false => vec![true; found.views.len()],
    };
    let open = found.views.into_iter().zip(are_open).filter(|(_, is_open)| *is_open);
    let mut fqns: Vec<String> = open.map(|(view, _)| view.record.fqn).collect();
    if !chosen.is_empty()
        && !fqns.iter().any(|fqn| fqn == chosen)
        && named_record(reading, kind.0.parents, chosen).await?.is_ok()
    {
        fqns.push(chosen.to_owned());
    }
    fqns.sort_unstable();
    let choice = |fqn: String| Choice { is_chosen: fqn == chosen, name: shown(&fqn), value: fqn };
    Ok(Some(fqns.into_iter().map(choice).collect()))
}
