//! Deleting a classification or a tag: what goes with it, and what bears it, is said first.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, Guard, Ref};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use super::touched::Touched;
use crate::fault::wording;
use crate::forms::confirmation::{Confirmation, Way};
use crate::forms::edit::editable::is_of_system;
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::forms::saving;
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

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
        more: None,
        instead: None,
        obstacle: is_of_system(view).then(|| t.say("classification.kept")),
        back: here.address(),
        faults,
    };
    page.shown_as(status)
}

/// Deletes it, as it was looked at, with the tags below it.
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
        // Whoever makes another of its name is not told that there was one.
        how: Deletion { recursive: true, frees_name: true, ..Deletion::SOFT },
    };
    match reading.execute(&command).await {
        Ok(_) => {
            let above = view.parent().and_then(|above| address::of(above.kind, &above.fqn));
            let at = above.unwrap_or_else(|| "/classifications".to_owned());
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
