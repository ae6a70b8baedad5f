//! Deleting a classification or a tag, a glossary or a term: what goes with it, and what bears it, is said first.

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, Guard, Ref};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use super::touched::{Touched, is_label, is_of_glossary};
use crate::fault::wording;
use crate::forms::confirmation::{Confirmation, Way};
use crate::forms::edit::editable::is_of_system;
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::forms::saving;
use crate::pages::glossary::uses;
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::search::query;

/// What its form calls itself.
const NAME: &str = "delete";

pub const FORM: OwnForm = OwnForm {
    name: NAME,
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: Some(FormPage {
        offered: Some((|_| "deleting.do", Group::Removal)),
        action: Action::Delete,
        show: |here| Box::pin(page(here, 200, Vec::new())),
    }),
};

async fn page(here: Here<'_>, status: u16, faults: Vec<String>) -> Shown {
    let Here { visit, view, .. } = here;
    let t = visit.t;
    let title = format!("{} · {}", t.say("deleting.do"), naming::rendered_of(&view.record));
    let field = |name: &str, value: String| (name.to_owned(), value);
    let touched = Touched::of(visit, here.reading, view).await?;
    let fields = vec![
        field("edit", NAME.to_owned()),
        field("revision", view.record.revision.0.to_string()),
        field("checked", touched.checked()),
    ];
    let page = Confirmation {
        p: here.shell(),
        title,
        heading: None,
        goes: touched.sentences(t, view, Way::Away),
        action: here.address(),
        fields,
        button: t.say("deleting.do"),
        more: bearing(here),
        instead: None,
        obstacle: is_of_system(view).then(|| t.say("classification.kept")),
        back: here.address(),
        faults,
    };
    page.shown_as(status)
}

/// Where all is listed that bears it.
#[derive(Template)]
#[template(source = r#"<p><a class="button" href="{{ at }}">{{ name }}</a></p>"#, ext = "html")]
struct Bearing {
    name: String,
    at: String,
}

/// Nothing of what only holds labels.
fn bearing(here: Here<'_>) -> Option<String> {
    let Here { visit, view, .. } = here;
    let at = query::address_of(&uses::clause(visit, view));
    is_label(view).then(|| Bearing { name: visit.t.say("term.bearing"), at }.render().unwrap_or_default())
}

/// Deletes it, as it was looked at, with the labels below it.
async fn save(
    record_page: &'static RecordPage,
    visit: &Visit,
    reading: Reading<'_>,
    view: &View,
    sent: &Form,
) -> Shown {
    reading.ask_delete(&view.record).await?;
    let seen = saving::revision(visit, sent.text("revision"))?;
    let here = Here { page: record_page, visit, reading: &reading, view };
    if sent.text("checked") != Touched::of(visit, &reading, view).await?.checked() {
        return page(here, 409, vec![visit.t.say("classification.changed")]).await;
    }
    let command = Command::Delete {
        target: Ref::Id(view.record.kind, view.id()),
        guard: Guard::Revisions(vec![seen.0]),
        // Whoever makes another tag of its name is not told that there was one. A term keeps its name as it does when a client
        // of OpenMetadata deletes it, which can bring it back then.
        how: Deletion { recursive: true, frees_name: !is_of_glossary(view), ..Deletion::SOFT },
    };
    match reading.execute(&command).await {
        Ok(_) => {
            let above = view.parent().and_then(|above| address::of(above.kind, &above.fqn));
            let list = if is_of_glossary(view) { "/glossary" } else { "/classifications" };
            let at = above.unwrap_or_else(|| list.to_owned());
            Ok(headers::see_other(&address::with_query(&at, &[("done", "deleted")])))
        }
        Err(problem) => {
            let (status, faults) = match problem {
                Problem::Stale { .. } => (409, vec![visit.t.say("fault.stale_text")]),
                problem => wording::in_form(visit.t, problem)?,
            };
            let reading = visit.reading().await?;
            page(Here { page: record_page, visit, reading: &reading, view }, status, faults).await
        }
    }
}
