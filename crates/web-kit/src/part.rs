//! The partials that pages are made of, each with the states that it can be in.

use askama::Template;
use emporion_web::request::visit::Visit;

/// A partial, by the name of its file in `templates/parts`.
pub struct Part {
    pub name: &'static str,
    pub states: fn(&Visit) -> Vec<State>,
}

/// One of its states, as it was rendered.
pub struct State {
    pub name: &'static str,
    pub html: String,
}

impl State {
    pub fn of(name: &'static str, template: &impl Template) -> State {
        // Templates write into memory; what they call does not fail.
        State { name, html: template.render().unwrap_or_default() }
    }
}
