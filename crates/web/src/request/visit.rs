//! One request of somebody who is signed in, as handlers of pages get it.

use std::sync::{Arc, OnceLock};

use askama::Template;
use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::{Millis, RecordId, Seq};
use emporion_catalog::reading::Reading;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;

use crate::door::Door;
use crate::fault::Fault;
use crate::forms::bound::Bound;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::request::headers;
use crate::request::uploaded::UploadedFile;
use crate::sign_in::session::{self, Session};
use crate::text::moment::Moment;
use crate::text::texts::Texts;

pub type Shown = Result<Answer, Fault>;
/// Of what policies make each record be looked at for, so many are for a count.
const COUNTED_AMONG: u32 = 200;

/// A page that says what was asked for.
pub fn answer(template: &impl Template) -> Shown {
    Ok(headers::page(200, template))
}

pub struct Visit {
    pub door: Arc<Door>,
    pub request: Request,
    /// The file that came with the form.
    pub file: Option<UploadedFile>,
    pub session: Session,
    pub t: Texts,
    pub now: Millis,
    /// How far the log had come when the page was asked for.
    pub log: Seq,
    /// How many requests for access wait for the visitor.
    pub waiting: usize,
    /// How much of what others decided about his access is new to him.
    pub news: usize,
    /// Whether what the visitor wrote last can be found, once somebody has waited for it.
    pub is_found: OnceLock<bool>,
}

impl Visit {
    pub fn catalog(&self) -> &Catalog {
        &self.door.catalog
    }

    pub fn caller(&self) -> &Caller {
        &self.session.caller
    }

    /// One state of the catalogue, as the visitor sees it.
    pub async fn reading(&self) -> Result<Reading<'_>, Fault> {
        Ok(self.door.catalog.reading(&self.session.caller).await?.remembering().counting_among(COUNTED_AMONG))
    }

    pub fn param(&self, name: &str) -> &str {
        self.request.param(name)
    }

    /// A parameter of the address; empty where it is absent.
    pub fn query(&self, name: &str) -> String {
        self.request.query_value(name).unwrap_or_default()
    }

    pub fn moment(&self, at: Millis) -> Moment {
        Moment::of(at, self.now, self.t)
    }

    /// What surrounds a page of this section.
    pub fn shell(&self, section: &'static str) -> Shell {
        Shell::of(self, section)
    }

    /// Path and query, as they can be come back to.
    pub fn here(&self) -> String {
        address::asked_for(&self.request)
    }

    pub fn form(&self) -> Form {
        Form::of(&self.request)
    }

    /// What a form about a record bears.
    pub fn bound_to(&self, record: RecordId) -> Bound {
        Bound::new(self.session.token(), Some(record))
    }

    /// Whether the form that was sent is one of this session's, from a page of this origin.
    pub fn is_own_form(&self) -> bool {
        headers::is_same_origin(&self.request) && self.session.is_own_form(self.form().text("token"))
    }

    /// Whether the form that was sent says that it was made for the same user in another session. Nothing is done for it.
    pub fn is_former_form(&self) -> bool {
        let whose = session::whose(self.form().text("token"));
        headers::is_same_origin(&self.request) && whose.is_some() && whose == Some(self.caller().principal.user)
    }
}
