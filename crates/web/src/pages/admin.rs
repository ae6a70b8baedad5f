//! For those who administer the account: its people and what they hold, what rules say, what happened; and for those who run
//! the server, how it is.

mod audit;
mod ending;
mod health;
mod people;
pub mod policies;
mod reads;
mod tokens;

use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::layout::tabs::Tab;
use crate::request::visit::Visit;

/// Its pages: what their texts are called, and where they lie.
const PAGES: &[(&str, &str)] = &[
    ("health", "/admin"),
    ("users", "/admin/users"),
    ("teams", "/admin/teams"),
    ("policies", "/admin/policies"),
    ("tokens", "/admin/tokens"),
    ("audit", "/admin/audit"),
];

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = health::routes();
    rows.extend(people::routes());
    rows.extend(policies::routes());
    rows.extend(tokens::routes());
    rows.extend(audit::routes());
    rows.extend(reads::routes());
    rows
}

/// What surrounds each of them.
pub struct Frame {
    pub tabs: Vec<Tab>,
    pub title: String,
}

/// Errors: `Forbidden` for who administers nothing, whatever he asks for.
fn admitted(visit: &Visit, page: &'static str) -> Result<(Shell, Frame), Fault> {
    visit.catalog().may_operate(visit.caller())?;
    let tab = |(name, at): &(&str, &str)| Tab {
        name: visit.t.say(&format!("admin.{name}")),
        address: (*at).to_owned(),
        // What was read is looked for from what was changed.
        is_chosen: *name == page || (*name, page) == ("audit", "reads"),
    };
    let title = visit.t.say(&format!("admin.{page}"));
    let shell = visit.shell("admin").below(visit.t.say("place.admin"), Some("/admin".into()));
    Ok((shell.below(title.clone(), None), Frame { tabs: PAGES.iter().map(tab).collect(), title }))
}
