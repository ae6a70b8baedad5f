//! What a form bears beside what is typed: the session that it was made for, and the record that it is about. Another record
//! that gets the name of one that went has its address, and the same revisions: only the id tells them apart.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::RecordId;

use crate::forms::form::Form;

/// The member of a form with the id of its record.
pub const OF: &str = "of";

#[derive(Clone, Template)]
#[template(
    source = r#"<input type="hidden" name="token" value="{{ token }}">{% if let Some(of) = of %}<input type="hidden" name="of" value="{{ of }}">{% endif %}"#,
    ext = "html"
)]
pub struct Bound {
    token: String,
    of: Option<RecordId>,
}

impl HtmlSafe for Bound {}

impl Bound {
    pub fn new(token: String, of: Option<RecordId>) -> Bound {
        Bound { token, of }
    }
}

/// The record that a form was made for, as it says itself.
pub fn of(sent: &Form) -> Option<RecordId> {
    sent.text(OF).parse().ok()
}
