//! What surrounds the pages of who administers the account, and who is let in to them.

use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::layout::tabs::Tab;
use crate::request::visit::Visit;

/// Its pages, and tags, which it also looks after: what their texts are called, and where they lie.
const PAGES: &[(&str, &str)] = &[
    ("health", "/admin"),
    ("users", "/admin/users"),
    ("teams", "/admin/teams"),
    ("policies", "/admin/policies"),
    ("tokens", "/admin/tokens"),
    ("deleted", "/admin/deleted"),
    ("audit", "/admin/audit"),
    ("settings", "/admin/settings"),
    ("tags", "/classifications"),
];

/// Pages that lie below another one's tab: what was read is looked for from what was changed.
const BELOW: &[(&str, &str)] = &[("reads", "audit")];

/// What surrounds each of them.
pub struct Frame {
    pub tabs: Vec<Tab>,
    pub title: String,
}

/// Errors: `Forbidden` for who administers nothing, whatever he asks for.
pub fn admitted(visit: &Visit, page: &'static str) -> Result<(Shell, Frame), Fault> {
    let (shell, frame) = admitted_below(visit, page)?;
    Ok((shell.here(), frame))
}

/// The same for a page below one of them, to which it leads back.
pub fn admitted_below(visit: &Visit, page: &'static str) -> Result<(Shell, Frame), Fault> {
    visit.catalog().may_operate(visit.caller())?;
    let tab = |(name, at): &(&str, &str)| Tab {
        name: visit.t.say(&format!("admin.{name}")),
        address: (*at).to_owned(),
        is_chosen: *name == page || BELOW.contains(&(page, *name)),
    };
    let title = visit.t.say(&format!("admin.{page}"));
    let shell = visit.shell("admin").below(visit.t.say("place.admin"), Some("/admin".into()));
    let at = PAGES.iter().find(|(name, _)| *name == page).map(|(_, at)| (*at).to_owned());
    Ok((shell.below(title.clone(), at), Frame { tabs: PAGES.iter().map(tab).collect(), title }))
}
