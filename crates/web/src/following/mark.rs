//! The mark of somebody's own that he follows a record: the same that clients of OpenMetadata set. It changes no version.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::problem::Problem;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::FOLLOWER;

use crate::fault::{self, Fault};
use crate::records::address;
use crate::records::record::Here;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

/// Below the address of what is followed.
pub const BELOW: &str = "follow";

/// Whether the visitor follows a record, and where he says so.
pub struct Following {
    pub address: String,
    pub is_on: bool,
}

impl Following {
    /// `None` where a record of its kind is not followed, or the visitor may not.
    pub async fn of(here: Here<'_>) -> Result<Option<Following>, Fault> {
        let Here { page, visit, reading, view } = here;
        let record = &view.record;
        if !page.is_followed || !record.state.is_alive() {
            return Ok(None);
        }
        let is_on = is_followed(visit, view);
        // Who follows already may always leave off.
        let may = is_on || fault::is_allowed(reading.require(Action::Mark, record).await)?;
        Ok(may.then(|| Following { address: form_of(record), is_on }))
    }
}

fn is_followed(visit: &Visit, view: &View) -> bool {
    let user = visit.caller().principal.user;
    view.edges.iter().any(|edge| edge.relation == FOLLOWER && edge.to == user)
}

/// Where its form goes.
pub fn form_of(record: &Record) -> String {
    format!("{}/{BELOW}", address::of_record(record))
}

/// Follows a record, or follows it no more; to do so twice changes nothing.
pub async fn save(visit: Arc<Visit>, view: Box<View>) -> Shown {
    let sent = visit.form();
    let (how, done) = match sent.text("do") {
        "follow" => (How::Add, "followed"),
        "unfollow" => (How::Remove, "unfollowed"),
        _ => return Err(Fault::NoSuchPage),
    };
    let record = &view.record;
    let user = Target::of(Ref::Id(visit.catalog().kind("user"), visit.caller().principal.user));
    let edit = move |_: &View| -> Result<Draft, Problem> {
        let mut draft = Draft::default();
        draft.relate(FOLLOWER, how, "user", vec![user.clone()]);
        Ok(draft)
    };
    let (target, rules) = (Ref::Id(record.kind, record.id), DoorRules::default());
    let command = Command::Change { target, guard: Guard::None, edit: Arc::new(edit), rules };
    visit.reading().await?.execute(&command).await?;
    let back = match sent.text("from") {
        "list" => "/following".to_owned(),
        _ => address::of_record(record),
    };
    Ok(headers::see_other(&address::with_query(&back, &[("done", done)])))
}
