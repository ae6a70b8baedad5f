//! The page of a record, of whatever kind. Its address finds the record; what all such pages have is made here: the way
//! down to it, and below here its head (`top.rs`), the forms that change it, its tabs and its past (`routes.rs`). A page says
//! only what is its own ([`RecordPage`]).

mod routes;
mod top;

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;

use crate::access::who_may::WhoMay;
use crate::door::Door;
use crate::fault::Fault;
use crate::following::mark::Following;
use crate::forms::edit_menu::{Group, Offer};
use crate::forms::form::Form;
use crate::forms::new_record::New;
use crate::layout::shell::{Crumb, Shell};
use crate::layout::tabs::{Tab, Tabs};
use crate::records::head::Head;
use crate::records::in_name::InName;
use crate::records::resolver::{self, Resolved};
use crate::records::{address, kind_names};
use crate::request::handlers;
use crate::request::visit::{Shown, Visit};
use crate::search::query;
use crate::text::plain::{first_line, shown};

/// An answer that is being made.
pub type Showing<'a> = Pin<Box<dyn Future<Output = Shown> + Send + 'a>>;

/// A form that is being saved: `None` where the record has changed between reading and writing.
pub type Saving<'a> = Pin<Box<dyn Future<Output = Result<Option<Answer>, Fault>> + Send + 'a>>;

/// A tab that reads for itself.
pub struct ApartTab {
    /// What who looks at it must be allowed to do.
    pub action: Option<Action>,
    pub show: for<'a> fn(&'static RecordPage, &'a Visit, &'a View) -> Showing<'a>,
}

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
    /// The same for what asks a source while it is made: no reading is held meanwhile.
    pub tab_apart: fn(&Visit, &'static str) -> Option<ApartTab>,
    /// What has happened to a record; its past, unless the page has more to say.
    pub activity: for<'a> fn(Here<'a>) -> Showing<'a>,
    /// What is changed here of the fields and relations that records share.
    pub is_edited: bool,
    /// Whether people follow its records.
    pub is_followed: bool,
    /// What the visitor can make in its records.
    pub made_in: &'static [&'static New],
    /// Forms beside those.
    pub forms: &'static [OwnForm],
}

/// A form that only the records of one page have.
pub struct OwnForm {
    /// What it calls itself in the member `edit` of what it sends.
    pub name: &'static str,
    pub save: for<'a> fn(&'static RecordPage, &'a Visit, Reading<'a>, &'a View, &'a Form) -> Saving<'a>,
    /// Where it is no part of a tab: the page that is offered beside the other edits.
    pub page: Option<FormPage>,
}

/// The name of the text by which something is offered of a record.
pub type Label = fn(&View) -> &'static str;

pub struct FormPage {
    /// The text that it is offered with of a record beside the other edits, and their group; without them it is offered
    /// elsewhere.
    pub offered: Option<(Label, Group)>,
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
    /// Who may change the rest of it.
    pub others: Option<WhoMay>,
    /// `None` where the page leads nowhere before all else, or a form on it does.
    pub primary: Option<Primary>,
    /// `None` where it is not to be followed.
    pub following: Option<Following>,
    /// Where owners of it manage no rows.
    pub in_name: Option<InName>,
    /// Where it is told who read its rows, for who may see that.
    pub reads: Option<String>,
    pub tabs: Vec<Tab>,
}

/// The one thing that a page leads to before all else.
pub struct Primary {
    pub name: String,
    pub address: String,
}

impl RecordPage {
    /// The path of what lies below its records.
    fn below(&self, below: &str) -> String {
        format!("/{}/{{fqn}}/{below}", self.folder)
    }
}

/// What a form on a tab of the page sends, at an address of its own.
pub fn change<F, R>(
    page: &'static RecordPage,
    below: &str,
    operation: impl Into<Cow<'static, str>>,
    function: F,
) -> Route<Door>
where
    F: Fn(Arc<Visit>, Box<View>) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    handlers::change(page.below(below), operation, move |visit| {
        let function = function.clone();
        async move {
            // No reading is held: what follows may write.
            let view = resolver::sent_to(&visit, &visit.reading().await?, page.folder).await?;
            function(visit, view).await
        }
    })
}

/// Where such a form was sent to, for who looks there: the tab that it stands on.
pub fn back(
    page: &'static RecordPage,
    below: &str,
    operation: impl Into<Cow<'static, str>>,
    tab: &'static str,
) -> Route<Door> {
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

/// The record that the address names is found first. No reading is held: what follows may write.
async fn with_record<F, R>(page: &'static RecordPage, visit: Arc<Visit>, function: F) -> Shown
where
    F: Fn(Arc<Visit>, Box<View>) -> R,
    R: Future<Output = Shown>,
{
    let found = {
        let reading = visit.reading().await?;
        resolver::resolve(&visit, &reading, page.folder).await?
    };
    match found {
        Resolved::Here(view) => function(visit, view).await,
        // It has another address by now: it is asked again from there.
        Resolved::Elsewhere(answer) => Ok(answer),
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
            "" => (kind_names::many(t, kind), query::address_of(&format!("kind:{kind}"))),
            section => (t.say(&format!("place.{section}")), format!("/{section}")),
        };
        let mut shell = self.visit.shell(self.page.section);
        shell.of = Some(self.view.id());
        let summary = first_line(self.view.text("description").unwrap_or_default());
        if !summary.is_empty() {
            shell.summary = summary;
        }
        shell.crumbs.push(Crumb { name, address: Some(address) });
        down_to(shell, self.view)
    }

    /// Those that the visitor has of it.
    pub async fn tabs(self) -> Result<Tabs, Fault> {
        (self.page.tabs_of)(self).await
    }

    /// What leads to a tab before all else, named with this text.
    pub fn primary(self, label: &str, tab: &str) -> Primary {
        let address = address::with_query(&self.address(), &[("tab", tab)]);
        Primary { name: self.visit.t.say(label), address }
    }
}

/// The way down to a record, below what a shell says already.
fn down_to(mut shell: Shell, view: &View) -> Shell {
    for card in view.ancestors.iter().rev() {
        shell = shell.below(shown(&card.name), address::of(card.kind, &card.fqn));
    }
    shell.below(shown(&view.record.name), None)
}
