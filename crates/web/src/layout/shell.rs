//! What surrounds every page: the bar on top, the places on the left, the way down to here, the foot.

use emporion_catalog::id::RecordId;

use crate::forms::bound::Bound;
use crate::records::address;
use crate::request::preferences;
use crate::request::visit::Visit;
use crate::text::texts::Texts;

pub struct Shell {
    pub t: Texts,
    pub theme: Option<&'static str>,
    /// Of the places on the left, the one that the page belongs to.
    pub section: &'static str,
    pub user: String,
    pub user_address: String,
    pub is_admin: bool,
    pub token: String,
    /// The record that the page is about.
    pub of: Option<RecordId>,
    /// Where the page itself is.
    pub here: String,
    pub crumbs: Vec<Crumb>,
    /// What was just done.
    pub notice: Option<String>,
    pub words: String,
    /// How many requests wait for the visitor.
    pub waiting: Option<String>,
    /// How much of what others decided about his access is new to him.
    pub news: Option<String>,
    /// What the page is about, in a sentence.
    pub summary: String,
}

/// A step on the way down to a page.
pub struct Crumb {
    pub name: String,
    pub address: Option<String>,
}

/// Places on the left: section, address, icon.
const PLACES: &[(&str, &str, &str)] = &[
    ("home", "/", "home"),
    ("products", "/products", "product"),
    ("domains", "/domains", "domain"),
    ("sources", "/sources", "service"),
    ("glossary", "/glossary", "term"),
    ("people", "/people", "person"),
];
/// The one for administrators alone.
const ADMIN: (&str, &str, &str) = ("admin", "/admin", "key");

/// What a change says on the page that it leads back to.
const NOTICES: &[&str] = &[
    "created",
    "saved",
    "unchanged",
    "deleted",
    "restored",
    "disabled",
    "enabled",
    "program_disabled",
    "program_enabled",
    "granted",
    "closed",
    "given",
    "given_in_name",
    "taken",
    "deployed",
    "known",
    "asked",
    "approved",
    "rejected",
    "withdrawn",
    "followed",
    "followed_question",
    "followed_crossed",
    "followed_unsent",
    "saved_unsent",
    "tested",
    "mailed",
    "unfollowed",
];

impl Shell {
    pub fn of(visit: &Visit, section: &'static str) -> Shell {
        let principal = &visit.caller().principal;
        let done = visit.query("done");
        Shell {
            t: visit.t,
            theme: preferences::theme(&visit.request),
            section,
            user: crate::text::plain::shown(&principal.name),
            user_address: format!("/people/{}", address::segment(&principal.name)),
            is_admin: principal.is_admin,
            token: visit.session.token(),
            of: None,
            here: visit.here(),
            crumbs: Vec::new(),
            notice: NOTICES.contains(&done.as_str()).then(|| visit.t.say(&format!("done.{done}"))),
            words: String::new(),
            waiting: (visit.waiting > 0).then(|| visit.t.number(visit.waiting as u64)),
            news: (visit.news > 0).then(|| visit.t.number(visit.news as u64)),
            summary: visit.t.say("shell.summary"),
        }
    }

    pub fn below(mut self, name: impl Into<String>, address: Option<String>) -> Shell {
        self.crumbs.push(Crumb { name: name.into(), address });
        self
    }

    /// Of the page that was put below others last: nothing leads to where one is.
    pub fn here(mut self) -> Shell {
        self.crumbs.last_mut().into_iter().for_each(|crumb| crumb.address = None);
        self
    }

    pub fn places(&self) -> impl Iterator<Item = Place> + '_ {
        PLACES.iter().chain(self.is_admin.then_some(&ADMIN)).map(|(section, address, icon)| Place {
            name: self.t.say(&format!("place.{section}")),
            address,
            icon,
            is_here: *section == self.section,
        })
    }

    /// What the forms of the page bear.
    pub fn bound(&self) -> Bound {
        Bound::new(self.token.clone(), self.of)
    }

    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

pub struct Place {
    pub name: String,
    pub address: &'static str,
    pub icon: &'static str,
    pub is_here: bool,
}
