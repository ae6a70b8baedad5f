//! Rejected forms: what was typed into a form that could not be taken is shown again, so that it is not lost. Where the
//! record of the form has another name now, the form can be sent there.

use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::Record;

use crate::fault::Fault;
use crate::forms::bound;
use crate::forms::expired_session::RecoveredForm;
use crate::records::{address, naming};
use crate::request::visit::Visit;
use crate::text::plain::shown;

pub struct RejectedForm {
    /// What has become of the record of the form, where the visitor may know it.
    pub fate: Option<String>,
    /// What each field is called, and what was typed.
    pub rendered: Vec<(String, String)>,
    /// A secret was typed, too, which is not shown.
    pub lacks_secret: bool,
    pub moved: Option<Moved>,
}

/// The record of the form, at another address.
pub struct Moved {
    pub name: String,
    pub address: String,
    /// Where the form is sent there, and what it holds.
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl RejectedForm {
    /// `None` where nothing was sent; nor is shown what another site has put into a form.
    pub async fn of(visit: &Visit, fault: &Fault) -> Option<RejectedForm> {
        if !visit.is_own_form() && !visit.is_former_form() {
            return None;
        }
        let sent = visit.form();
        let unsent = RecoveredForm::of(&sent);
        let (rendered, lacks_secret) = (unsent.rendered(visit.t), unsent.lacks_secret);
        let record = match fault {
            Fault::Another { .. } | Fault::Problem(Problem::NotFound { .. }) => bound::of(&sent),
            _ => None,
        };
        // What became of the record is no reason for another fault.
        let record = match record {
            Some(id) => found(visit, id).await.unwrap_or_default(),
            None => None,
        };
        let fate = record.as_ref().map(|record| {
            let key = if record.state.is_alive() { "astray.renamed" } else { "astray.deleted" };
            visit.t.with(key, &[("name", &shown(&record.fqn))])
        });
        let moved = record.filter(|record| record.state.is_alive()).map(|record| Moved::to(visit, &record, unsent));
        let is_empty = rendered.is_empty() && !lacks_secret && fate.is_none();
        (!is_empty).then_some(RejectedForm { fate, rendered, lacks_secret, moved })
    }
}

impl Moved {
    fn to(visit: &Visit, record: &Record, unsent: RecoveredForm) -> Moved {
        let address = address::of_record(record);
        // What lies below the old address lies below the new one.
        let below = visit.request.raw_path.splitn(4, '/').nth(3);
        let action = below.map_or_else(|| address.clone(), |below| format!("{address}/{below}"));
        Moved { name: naming::rendered_of(record), address, action, fields: unsent.fields }
    }
}

/// The record that a form is about, deleted or not, unless it is what its address names.
async fn found(visit: &Visit, id: RecordId) -> Result<Option<Record>, Problem> {
    let reading = visit.catalog().reading(visit.caller()).await?;
    let folder = visit.request.raw_path.split('/').nth(1).unwrap_or_default();
    let named = visit.param("fqn");
    for kind in address::kinds_in(folder) {
        if let Some(record) = reading.find(&Ref::Id(visit.catalog().kind(kind), id)).await? {
            let at = format!("/{folder}/{}", address::segment(named));
            let is_there = record.state.is_alive() && (address::of_record(&record) == at || id.to_string() == named);
            return Ok(Some(record).filter(|_| !is_there));
        }
    }
    Ok(None)
}
