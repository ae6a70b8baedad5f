//! Before something is taken away: what goes is shown first, by name and number, and taken with the next step.

use std::collections::HashSet;

use askama::Template;

use crate::forms::bound::OF;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::request::headers;
use crate::request::visit::Shown;

/// The member of a form with what its sender was shown before he sent it again.
pub const SURE: &str = "sure";

/// Something that a form takes away.
pub struct Gone {
    /// What the form calls it.
    pub id: String,
    /// In a sentence.
    pub said: String,
}

/// Whether all of it was shown to whoever sends the form: what goes beside that by now, he has not seen.
pub fn is_sure(sent: &Form, gone: &[Gone]) -> bool {
    let shown: HashSet<&str> = sent.text(SURE).split(' ').collect();
    gone.iter().all(|one| shown.contains(one.id.as_str()))
}

/// What the form says of it when it is sent again.
pub fn shown(gone: &[Gone]) -> String {
    gone.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(" ")
}

#[derive(Template)]
#[template(path = "going.html")]
pub struct Going {
    pub p: Shell,
    pub title: String,
    /// In sentences.
    pub goes: Vec<String>,
    /// Where it is sent, and what is sent.
    pub action: String,
    pub fields: Vec<(String, String)>,
    pub deed: String,
    /// Why it cannot be taken here.
    pub obstacle: Option<String>,
    /// Where nothing is taken.
    pub back: String,
    /// What was wrong with the last step.
    pub faults: Vec<String>,
}

impl Going {
    /// Asks about what a form takes away: sent again from there, it says the same, and what was shown.
    pub fn of_form(p: Shell, sent: &Form, gone: &[Gone], deed: String, at: (&str, String)) -> Going {
        let fields = sent.fields().filter(|(name, _)| ![SURE, OF, "token"].contains(name));
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (action, back) = at;
        Going {
            p,
            title: deed.clone(),
            goes: gone.iter().map(|one| one.said.clone()).collect(),
            action: action.to_owned(),
            fields: fields.chain([(SURE.to_owned(), shown(gone))]).collect(),
            deed,
            obstacle: None,
            back,
            faults: Vec::new(),
        }
    }

    pub fn shown(self) -> Shown {
        self.shown_as(200)
    }

    pub fn shown_as(self, status: u16) -> Shown {
        Ok(headers::page(status, &self))
    }
}
