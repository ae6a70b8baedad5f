//! The page of a record, of whatever kind. Its address finds the record; what all such pages have is made here: the way
//! down to it, its head, the forms that change it, its tabs, its past. A page says only what is its own ([`RecordPage`]).

use std::pin::Pin;
use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::edit::{self, Group, Offer};
use crate::fault::Fault;
use crate::form::Form;
use crate::found::{self, Found};
use crate::head::Head;
use crate::history::History;
use crate::looked;
use crate::new_record::New;
use crate::people::Person;
use crate::plain::shown;
use crate::search_query;
use crate::shell::{Crumb, Shell};
use crate::tabs::{Tab, Tabs};
use crate::visit::{self, Shown, Visit};
use crate::{address, handlers, kinds};

/// An answer that is being made.
pub type Showing<'a> = Pin<Box<dyn Future<Output = Shown> + Send + 'a>>;

/// Tabs that are being looked for.
pub type Having<'a> = Pin<Box<dyn Future<Output = Result<Tabs, Fault>> + Send + 'a>>;

/// The pages of the records whose addresses lie in one folder.
pub struct RecordPage {
    /// What its rows are called.
    pub name: &'static str,
    pub folder: &'static str,
    /// Of the places on the left, the one that it belongs to; nothing where it belongs to none.
    pub section: &'static str,
    pub tabs: Tabs,
    /// Those that the visitor has of a record. Another one is neither offered nor shown.
    pub tabs_of: for<'a> fn(Here<'a>) -> Having<'a>,
    /// The tab of a name, but for `activity`.
    pub tab: for<'a> fn(Here<'a>, &'static str) -> Showing<'a>,
    /// What has happened to a record; its past, unless the page has more to say.
    pub activity: for<'a> fn(Here<'a>) -> Showing<'a>,
    /// What is changed here of the fields and relations that records share.
    pub is_edited: bool,
    /// What the visitor can make in its records.
    pub made_in: &'static [&'static New],
    /// Forms beside those.
    pub forms: &'static [OwnForm],
}

/// A form that only the records of one page have.
pub struct OwnForm {
    /// What it calls itself in the member `edit` of what it sends.
    pub name: &'static str,
    pub save: for<'a> fn(&'a Visit, Reading<'a>, &'a View, &'a Form) -> Showing<'a>,
    /// Where it is no part of a tab: the page that is offered beside the other edits.
    pub page: Option<FormPage>,
}

pub struct FormPage {
    /// The text that it is offered with beside the other edits, and their group; without them it is offered elsewhere.
    pub offered: Option<(&'static str, Group)>,
    /// What who is offered it may do.
    pub action: Action,
    pub show: for<'a> fn(Here<'a>) -> Showing<'a>,
}

/// What a page of a record is made of: the record, as the visitor reads it.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    pub page: &'static RecordPage,
    pub visit: &'a Visit,
    pub reading: &'a Reading<'a>,
    pub view: &'a View,
}

/// What stands above every tab.
pub struct Top {
    pub head: Head,
    /// What the visitor may change of it.
    pub offers: Vec<Offer>,
    /// `None` where the page leads nowhere before all else, or a form on it does.
    pub primary: Option<Primary>,
    pub tabs: Vec<Tab>,
}

/// The one thing that a page leads to before all else.
pub struct Primary {
    pub name: String,
    pub address: String,
}

/// A tab that shows one thing.
#[derive(Template)]
#[template(path = "record_part.html")]
struct Part<T: Template + HtmlSafe> {
    p: Shell,
    top: Top,
    part: T,
}

impl RecordPage {
    /// A page without edits or forms of its own.
    pub const PLAIN: RecordPage = RecordPage {
        name: "",
        folder: "",
        section: "",
        tabs: Tabs { noun: "", names: &["overview"] },
        tabs_of: |here| Box::pin(async move { Ok(here.page.tabs) }),
        tab: |_, _| Box::pin(async { Err(Fault::NoSuchPage) }),
        activity: |here| Box::pin(async move { here.shown(History::of(here).await?).await }),
        is_edited: false,
        made_in: &[],
        forms: &[],
    };

    /// The path of what lies below its records.
    fn below(&self, below: &str) -> String {
        format!("/{}/{{fqn}}/{below}", self.folder)
    }

    /// The row that shows it; and the one that takes what its forms send.
    pub fn routes(&'static self) -> Vec<Route<Door>> {
        let path = format!("/{}/{{fqn}}", self.folder);
        let mut rows = vec![handlers::page(path.clone(), self.name, move |visit| show(self, visit))];
        if self.is_edited {
            rows.push(handlers::change(path, format!("edit_{}", self.name), move |visit| edit::save(self, visit)));
        }
        rows
    }
}

async fn show(page: &'static RecordPage, visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let view = match found::find(&visit, &reading, page.folder).await? {
        Found::Here(view) => view,
        Found::Elsewhere(answer) => return Ok(answer),
    };
    let here = Here { page, visit: &visit, reading: &reading, view: &view };
    if let Some(form) = edit::asked(here).await? {
        return Ok(form);
    }
    let shown = match here.tabs().await?.chosen(&visit) {
        "activity" => (page.activity)(here).await,
        tab => (page.tab)(here, tab).await,
    };
    Ok(looked::opened(&visit, view.id(), shown?))
}

/// What a form on a tab of the page sends, at an address of its own.
pub fn change<F, R>(page: &'static RecordPage, below: &str, operation: &'static str, function: F) -> Route<Door>
where
    F: Fn(Arc<Visit>, Box<View>) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    handlers::change(page.below(below), operation, move |visit| {
        let function = function.clone();
        async move {
            // No reading is held: what follows is for another door.
            let view = found::sent_to(&visit, &visit.reading().await?, page.folder).await?;
            function(visit, view).await
        }
    })
}

/// Where such a form was sent to, for who looks there: the tab that it stands on.
pub fn back(page: &'static RecordPage, below: &str, operation: &'static str, tab: &'static str) -> Route<Door> {
    handlers::back(page.below(below), operation, move |visit| {
        let at = format!("/{}/{}", page.folder, address::segment(visit.param("fqn")));
        address::with_query(&at, &[("tab", tab)])
    })
}

/// What is shown of a part of a record, at an address of its own.
pub fn below<F, R>(page: &'static RecordPage, below: &str, operation: &'static str, function: F) -> Route<Door>
where
    F: Fn(Arc<Visit>, Box<View>) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    handlers::page(page.below(below), operation, move |visit| with_record(page, visit, function.clone()))
}

/// A piece of it, which the script asks for.
pub fn piece<F, R>(page: &'static RecordPage, below: &str, operation: &'static str, function: F) -> Route<Door>
where
    F: Fn(Arc<Visit>, Box<View>) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    handlers::piece(page.below(below), operation, move |visit| with_record(page, visit, function.clone()))
}

/// The record that the address names is found first. No reading is held: what follows is for another door.
async fn with_record<F, R>(page: &'static RecordPage, visit: Arc<Visit>, function: F) -> Shown
where
    F: Fn(Arc<Visit>, Box<View>) -> R,
    R: Future<Output = Shown>,
{
    let found = {
        let reading = visit.reading().await?;
        found::find(&visit, &reading, page.folder).await?
    };
    match found {
        Found::Here(view) => function(visit, view).await,
        // It has another address by now: it is asked again from there.
        Found::Elsewhere(answer) => Ok(answer),
    }
}

impl Top {
    /// The way to change one thing, for who may.
    pub fn offer(&self, what: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.what == what)
    }
}

impl<'a> Here<'a> {
    pub fn address(self) -> String {
        address::of_record(&self.view.record)
    }

    /// The surroundings: the way down to the record begins at the list of its kind.
    pub fn shell(self) -> Shell {
        let (t, kind) = (self.visit.t, self.view.record.kind.name());
        let (name, address) = match self.page.section {
            // What nothing lists is found by its kind.
            "" => (kinds::many(t, kind), search_query::address_of(&format!("kind:{kind}"))),
            section => (t.say(&format!("place.{section}")), format!("/{section}")),
        };
        let mut shell = self.visit.shell(self.page.section);
        shell.of = Some(self.view.id());
        shell.crumbs.push(Crumb { name, address: Some(address) });
        down_to(shell, self.view)
    }

    async fn tabs(self) -> Result<Tabs, Fault> {
        (self.page.tabs_of)(self).await
    }

    pub async fn top(self) -> Result<Top, Fault> {
        let chosen = self.tabs().await?.chosen(self.visit);
        self.top_of(chosen).await
    }

    /// The same above a tab that is shown though the address, that of a form, does not ask for it.
    pub async fn top_of(self, tab: &str) -> Result<Top, Fault> {
        let mut head = Head::of(self.visit, self.view);
        if head.owners.is_empty() {
            head.keeper = Person::keeper(self.reading, self.view).await?;
        }
        let tabs = self.tabs().await?.at(self.visit, &head.address, tab);
        Ok(Top { tabs, head, offers: edit::offers(self).await?, primary: None })
    }

    /// What leads to a tab before all else, named with this text.
    pub fn primary(self, label: &str, tab: &str) -> Primary {
        let address = address::with_query(&self.address(), &[("tab", tab)]);
        Primary { name: self.visit.t.say(label), address }
    }

    /// A tab that shows nothing but this.
    pub async fn shown(self, part: impl Template + HtmlSafe) -> Shown {
        visit::answer(&Part { p: self.shell(), top: self.top().await?, part })
    }
}

/// The way down to a record, below what a shell says already.
fn down_to(mut shell: Shell, view: &View) -> Shell {
    for card in view.ancestors.iter().rev() {
        shell = shell.below(shown(&card.name), address::of(card.kind, &card.fqn));
    }
    shell.below(shown(&view.record.name), None)
}
