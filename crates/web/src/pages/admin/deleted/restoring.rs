//! Bringing one back: what comes back with it is said first.

use std::sync::Arc;

use emporion_catalog::command::{Command, Ref};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::problem::Problem;
use emporion_catalog::record::View;
use emporion_catalog::tracking::ReadSet;

use super::super::policies::place;
use super::restoration::Restoration;
use super::{DeletedScope, above, asked_at};
use crate::fault::{Fault, wording};
use crate::forms::confirmation::{Confirmation, Instead};
use crate::forms::saving;
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// How often it is looked again where others were faster, though what was shown is as it was.
const TRIES: usize = 8;

/// Where the record is, if it is back already.
async fn back_at(visit: &Visit, id: RecordId) -> Result<Option<String>, Fault> {
    let found = visit.reading().await?.record(id).await?;
    Ok(found.and_then(|record| address::of(record.kind, &record.fqn)))
}

/// The record that is asked about, of whichever of the kinds; and what comes back with it.
async fn look(whose: DeletedScope, visit: &Visit, id: RecordId) -> Result<(View, Restoration), Fault> {
    let reading = visit.reading().await?;
    let found = reading.in_any_state(&[id]).await?.pop();
    let kinds = whose.kinds(&reading);
    let Some(record) = found.filter(|record| kinds.contains(&record.kind) && !record.state.is_alive()) else {
        return Err(Problem::NotFound { kind: "record", what: id.to_string() }.into());
    };
    reading.ask_restore(&record).await?;
    let view = reading.view(record, &Restoration::depth()).await?;
    let back = Restoration::of(visit, &reading, &view).await?;
    Ok((view, back))
}

pub async fn ask(whose: DeletedScope, visit: &Visit, id: RecordId, status: u16, faults: Vec<String>) -> Shown {
    let (p, _) = whose.admitted(visit)?;
    if let Some(at) = back_at(visit, id).await? {
        return Ok(headers::see_other(&at));
    }
    let t = visit.t;
    let (view, back) = look(whose, visit, id).await?;
    let reading = visit.reading().await?;
    let effects = back.effects(visit, &reading).await?;
    let title = format!("{} · {}", t.say("restoring.do"), shown(&view.record.name));
    let field = |name: &str, value: String| (name.to_owned(), value);
    let p = p.below(title.clone(), None);
    let above = above(&view);
    let obstacle = match above {
        Some(above) => Some(t.with("restoring.first", &[("name", &naming::rendered(above))])),
        None => reading.shares_below(&view.record).await?.then(|| t.say("restoring.administrators")),
    };
    let page = Confirmation {
        more: effects.map(|effects| effects.rendered(&p)),
        p,
        title,
        heading: Some(t.say("restoring.back")),
        goes: back.sentences(t, &view),
        action: whose.at().to_owned(),
        fields: vec![
            field("restore", id.to_string()),
            field("revision", view.record.revision.0.to_string()),
            field("checked", back.checked()),
        ],
        button: t.say("restoring.do"),
        obstacle,
        instead: above.map(|above| Instead {
            name: t.with("restoring.other", &[("name", &naming::rendered(above))]),
            address: asked_at(whose, above.id),
        }),
        back: whose.at().to_owned(),
        faults,
    };
    page.shown_as(status)
}

/// Brings it back as it was looked at, with who has it again: while nothing of that has changed until it is stored.
pub async fn restore(whose: DeletedScope, visit: Arc<Visit>) -> Shown {
    whose.admitted(&visit)?;
    let sent = visit.form();
    let id = sent.text("restore").parse().map_err(|_| Fault::Malformed("restore".into()))?;
    let seen: Revision = saving::revision(&visit, sent.text("revision"))?;
    for _ in 0..TRIES {
        // Who sends it twice is where the first one led.
        if let Some(at) = back_at(&visit, id).await? {
            return Ok(headers::see_other(&at));
        }
        let read = Arc::new(ReadSet::default());
        let looked = read.during(Box::pin(look(whose, &visit, id)));
        let (view, back) = looked.await?;
        if seen != view.record.revision || sent.text("checked") != back.checked() {
            break;
        }
        let (kind, fqn) = (view.record.kind, view.record.fqn);
        let command = Command::Restore { target: Ref::Id(kind, id) };
        match visit.catalog().execute_decided(visit.caller(), &command, None, &read).await {
            Ok(_) => {
                let done = ("done", "restored");
                let at = match address::of(kind, &fqn) {
                    Some(at) if !kind.is("policy") && !kind.is("role") => address::with_query(&at, &[done]),
                    _ => address::with_query(place::PATH, &[(kind.name(), &fqn), done]),
                };
                return Ok(headers::see_other(&at));
            }
            Err(Problem::Overtaken) => {}
            Err(problem) => {
                let (status, faults) = wording::in_form(visit.t, problem)?;
                return ask(whose, &visit, id, status, faults).await;
            }
        }
    }
    ask(whose, &visit, id, 409, vec![visit.t.say("restoring.changed")]).await
}
