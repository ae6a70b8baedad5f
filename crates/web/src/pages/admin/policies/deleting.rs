//! Deleting a policy or a role: who has it, and who gains and loses what, is said first. What came with the catalogue stays.

use askama::Template;
use emporion_catalog::command::{Command, Deletion, Guard, Ref};
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use serde_json::Value;

use super::held::Held;
use super::place::{self, PATH};
use crate::access::effects::Effects;
use crate::fault::{Fault, wording};
use crate::forms::confirmation::Way;
use crate::forms::edit::editable::is_of_system;
use crate::forms::saving;
use crate::layout::shell::Shell;
use crate::pages::admin::frame::admitted_below;
use crate::records::{address, resolver};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// What asks for it, in addresses and forms.
pub const DELETE: &str = "delete";

#[derive(Template)]
#[template(path = "admin/deleting.html")]
struct Page {
    p: Shell,
    name: String,
    title: String,
    what: &'static str,
    fqn: String,
    revision: String,
    /// What goes, in sentences.
    goes: Vec<String>,
    /// Why it stays.
    obstacle: Option<String>,
    effects: Option<Effects>,
    back: String,
    faults: Vec<String>,
}

/// Where it is asked about; `None` of what stays.
pub fn offered(view: &View) -> Option<String> {
    let pairs = [("ask", DELETE), (view.record.kind.name(), &view.record.fqn)];
    (!stays(view)).then(|| address::with_query(PATH, &pairs))
}

fn stays(view: &View) -> bool {
    is_of_system(view) || view.field("allow_delete") == Some(&Value::Bool(false))
}

pub async fn show(visit: &Visit) -> Shown {
    let what = if visit.request.query_value("role").is_some() { "role" } else { "policy" };
    page(visit, what, &visit.query(what), 200, Vec::new()).await
}

/// What is deleted.
async fn named(reading: &Reading<'_>, what: &'static str, name: &str) -> Result<View, Fault> {
    let target = resolver::target(reading.catalog().kind(what), name);
    Ok(reading.get(&target, States::Alive, &Held::depth()).await?)
}

async fn page(visit: &Visit, what: &'static str, name: &str, status: u16, faults: Vec<String>) -> Shown {
    let (p, _) = admitted_below(visit, "policies")?;
    let t = visit.t;
    let reading = visit.reading().await?;
    let view = named(&reading, what, name).await?;
    let obstacle = stays(&view).then(|| t.say("rights.kept"));
    let held = Held::of(&reading, view.clone()).await?;
    let effects = match obstacle {
        Some(_) => None,
        None => held.effects(visit, &reading, Way::Away).await?,
    };
    let record = &view.record;
    let title = t.say(&format!("rights.delete_{what}"));
    let page = Page {
        p: p.below(shown(&record.name), Some(place::form(what, &record.fqn))).below(title.clone(), None),
        name: shown(&record.name),
        title,
        what,
        fqn: record.fqn.clone(),
        revision: record.revision.0.to_string(),
        goes: held.sentences(t, Way::Away),
        obstacle,
        effects,
        back: place::form(what, &record.fqn),
        faults,
    };
    Ok(headers::page(status, &page))
}

/// Deletes it as it was looked at, with who had it then.
pub async fn delete(visit: &Visit) -> Shown {
    let sent = visit.form();
    let what = if sent.text("form") == "role" { "role" } else { "policy" };
    let name = sent.text(what);
    let reading = visit.reading().await?;
    let view = named(&reading, what, name).await?;
    let target = Ref::Id(view.record.kind, view.id());
    let seen = saving::revision(visit, sent.text("revision"))?;
    if stays(&view) {
        return page(visit, what, name, 409, vec![visit.t.say("rights.kept")]).await;
    }
    if sent.text("checked") != Held::of(&reading, view).await?.checked() {
        return page(visit, what, name, 409, vec![visit.t.say("rights.changed")]).await;
    }
    let command = Command::Delete {
        target,
        guard: Guard::Revisions(vec![seen.0]),
        // Whoever makes another of its name gives it to nobody by that.
        how: Deletion { frees_name: true, ..Deletion::SOFT },
    };
    match reading.execute(&command).await {
        Ok(_) => Ok(headers::see_other(&address::with_query(PATH, &[("done", "deleted")]))),
        Err(problem) => {
            let (status, faults) = match problem {
                Problem::Stale { .. } => (409, vec![visit.t.say("rights.changed")]),
                problem => wording::in_form(visit.t, problem)?,
            };
            page(visit, what, name, status, faults).await
        }
    }
}
