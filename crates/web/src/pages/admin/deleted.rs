//! What was deleted and can be brought back: all of the account, for administrators, and for everybody what is his or his
//! teams'. What comes back with it, and who has it again then, is said first.

mod listing;
pub mod restoration;
mod restoring;

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation::{self, Relation};
use emporion_edge::route::Route;

use self::listing::show;
use self::restoring::restore;
use super::frame::{Frame, admitted};
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::request::handlers::{change, page};
use crate::request::visit::Visit;

pub const AT: &str = address::DELETED;
/// What is one's own.
pub const OWN: &str = address::OWN_DELETED;
/// What has no page, and is shown on those of who administers the account.
const RIGHTS: [&str; 2] = ["policy", "role"];

/// Of what is deleted, whose is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DeletedScope {
    Everybodys,
    Own,
}

impl DeletedScope {
    fn at(self) -> &'static str {
        match self {
            DeletedScope::Everybodys => AT,
            DeletedScope::Own => OWN,
        }
    }

    /// Errors: `Forbidden` for who administers nothing, of what is everybody's.
    fn admitted(self, visit: &Visit) -> Result<(Shell, Option<Frame>), Fault> {
        Ok(match self {
            DeletedScope::Everybodys => {
                let (shell, frame) = admitted(visit, "deleted")?;
                (shell, Some(frame))
            }
            DeletedScope::Own => {
                (visit.shell("people").below(visit.t.say("restoring.own"), Some(OWN.to_owned())), None)
            }
        })
    }

    /// What is listed leads to one of these.
    fn linked(self, visit: &Visit) -> Vec<(Relation, Vec<RecordId>)> {
        let principal = &visit.caller().principal;
        let teams = principal.teams.iter().filter(|membership| membership.owns()).map(|membership| membership.team);
        match self {
            DeletedScope::Everybodys => Vec::new(),
            DeletedScope::Own => vec![(relation::OWNER, std::iter::once(principal.user).chain(teams).collect())],
        }
    }

    /// The kinds that are listed.
    fn kinds(self, reading: &Reading<'_>) -> Vec<Kind> {
        let is_listed = |kind: &Kind| match self {
            DeletedScope::Everybodys => address::folder_of(*kind).is_some() || RIGHTS.contains(&kind.name()),
            DeletedScope::Own => address::folder_of(*kind).is_some() && kind.has(relation::OWNER),
        };
        reading.catalog().registry().iter().filter(|kind| !kind.0.part).filter(is_listed).collect()
    }
}

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page(AT, "admin_deleted", |visit| show(DeletedScope::Everybodys, visit)),
        change(AT, "restore_deleted", |visit| restore(DeletedScope::Everybodys, visit)),
        page(OWN, "own_deleted", |visit| show(DeletedScope::Own, visit)),
        change(OWN, "restore_own", |visit| restore(DeletedScope::Own, visit)),
    ]
}

fn asked_at(whose: DeletedScope, id: RecordId) -> String {
    address::with_query(whose.at(), &[("restore", &id.to_string())])
}

/// The highest of what a record stands in that is deleted: the record comes back after that, or with it.
fn above(view: &View) -> Option<&Card> {
    view.ancestors.iter().rev().find(|card| !card.state.is_alive()).map(|card| &**card)
}
