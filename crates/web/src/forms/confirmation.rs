//! Confirmation: before something is removed, what goes is shown by name and number; the next step removes it.

use std::collections::HashSet;

use askama::Template;

use crate::forms::bound::OF;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::request::headers;
use crate::request::visit::Shown;

/// The member of a form with what its sender was shown before he sent it again.
pub const CONFIRMED: &str = "sure";

/// What stands before the id of what speaks of something by the name that it had.
pub const RENAMED: &str = "named-";

/// Where what is confirmed takes what it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Away,
    Back,
}

impl Way {
    /// What is said of it.
    pub fn of(self, away: &'static str, back: &'static str) -> &'static str {
        match self {
            Way::Away => away,
            Way::Back => back,
        }
    }
}

/// Something that a form takes away.
pub struct Removal {
    /// What the form calls it.
    pub id: String,
    /// In a sentence.
    pub rendered: String,
}

/// Whether all of it was shown to whoever sends the form, also what has come to it since.
pub fn is_confirmed(sent: &Form, gone: &[Removal]) -> bool {
    let shown: HashSet<&str> = sent.text(CONFIRMED).split(' ').collect();
    gone.iter().all(|one| shown.contains(one.id.as_str()))
}

/// The texts of what stands above it, and of what does it: what is renamed takes nothing away.
pub fn said(gone: &[Removal]) -> (&'static str, &'static str) {
    match gone.iter().all(|one| one.id.starts_with(RENAMED)) {
        true => ("edit.touches_besides", "edit.save"),
        false => ("deleting.goes", "leaving.do"),
    }
}

/// What the form says of it when it is sent again.
pub fn shown(gone: &[Removal]) -> String {
    gone.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// A step that has to be taken before.
pub struct Instead {
    pub name: String,
    pub address: String,
}

#[derive(Template)]
#[template(path = "confirmation.html")]
pub struct Confirmation {
    pub p: Shell,
    pub title: String,
    /// What stands above what goes, where it does not go: it comes back.
    pub heading: Option<String>,
    /// In sentences.
    pub goes: Vec<String>,
    /// Where it is sent, and what is sent.
    pub action: String,
    pub fields: Vec<(String, String)>,
    pub button: String,
    /// Markup that stands below that.
    pub more: Option<String>,
    /// Why it cannot be done here, and where it can.
    pub obstacle: Option<String>,
    pub instead: Option<Instead>,
    /// Where nothing is taken.
    pub back: String,
    /// What was wrong with the last step.
    pub faults: Vec<String>,
}

impl Confirmation {
    /// Asks about what a form takes away, unless whoever sends it was shown that: sent again from there, it says the same,
    /// and what was shown. `button` is the text of what is done; `at` is where it is sent, and the way back.
    pub fn unless_shown(
        p: Shell,
        sent: &Form,
        gone: &[Removal],
        button: &str,
        at: (&str, String),
    ) -> Option<Confirmation> {
        if is_confirmed(sent, gone) {
            return None;
        }
        let button = p.t.say(button);
        let fields = sent.fields().filter(|(name, _)| ![CONFIRMED, OF, "token"].contains(name));
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (action, back) = at;
        Some(Confirmation {
            p,
            title: button.clone(),
            heading: None,
            goes: gone.iter().map(|one| one.rendered.clone()).collect(),
            action: action.to_owned(),
            fields: fields.chain([(CONFIRMED.to_owned(), shown(gone))]).collect(),
            button,
            more: None,
            instead: None,
            obstacle: None,
            back,
            faults: Vec::new(),
        })
    }

    pub fn shown(self) -> Shown {
        self.shown_as(200)
    }

    pub fn shown_as(self, status: u16) -> Shown {
        Ok(headers::page(status, &self))
    }
}
