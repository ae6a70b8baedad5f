//! Deleting a classification or a tag: what goes with it, and what bears it, is said first.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, Guard, Ref};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use serde_json::Value;

use crate::fault::{Fault, wording};
use crate::forms::checked;
use crate::forms::confirmation::Confirmation;
use crate::forms::edit::editable::is_of_system;
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::forms::saving;
use crate::pages::glossary::uses;
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// Tags below it of which it is counted what bears them, and policies that are looked at.
const MOST: u32 = 200;

/// What its form calls itself.
const NAME: &str = "delete";

pub const FORM: OwnForm = OwnForm {
    name: NAME,
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: Some(FormPage {
        offered: Some(("deleting.do", Group::Removal)),
        action: Action::Delete,
        show: |here| Box::pin(page(here, 200, Vec::new())),
    }),
};

async fn page(here: Here<'_>, status: u16, faults: Vec<String>) -> Shown {
    let Here { visit, view, .. } = here;
    let t = visit.t;
    let title = format!("{} · {}", t.say("deleting.do"), naming::rendered_of(&view.record));
    let field = |name: &str, value: String| (name.to_owned(), value);
    let touched = Touched::of(here).await?;
    let fields = vec![
        field("edit", NAME.to_owned()),
        field("revision", view.record.revision.0.to_string()),
        field("checked", touched.checked()),
    ];
    let page = Confirmation {
        p: here.shell(),
        title,
        heading: None,
        goes: touched.goes(here),
        action: here.address(),
        fields,
        button: t.say("deleting.do"),
        obstacle: is_of_system(view).then(|| t.say("classification.kept")),
        back: here.address(),
        faults,
    };
    page.shown_as(status)
}

/// What a deletion touches, as far as the visitor sees it.
struct Touched {
    below: Vec<(RecordId, Revision)>,
    tags: Count,
    labels: Count,
    /// The policies whose conditions name it, or what is below it.
    policies: Vec<String>,
}

impl Touched {
    async fn of(here: Here<'_>) -> Result<Touched, Fault> {
        let Here { visit, reading, view, .. } = here;
        let below = ListQuery {
            within: Some(view.record.fqn.clone()),
            limit: MOST,
            ..ListQuery::of(reading.account(), reading.catalog().kind("tag"))
        };
        let below = reading.list(below, &Depth::bare()).await?;
        let (tags, is_all) = (below.count(), !below.more);
        let mut bearing = below.views;
        let below = bearing.iter().map(|tag| (tag.id(), tag.record.revision)).collect();
        if view.record.kind.is("tag") {
            bearing.push(view.clone());
        }
        // What bears two of them is counted once for each.
        let counts = uses::counts(visit, reading, &bearing).await?;
        let number = counts.iter().map(|count| count.number).sum();
        let labels = Count { number, is_exact: is_all && counts.iter().all(|count| count.is_exact) };
        Ok(Touched { below, tags, labels, policies: speaking(reading, view).await? })
    }

    /// In sentences.
    fn goes(&self, here: Here<'_>) -> Vec<String> {
        let t = here.visit.t;
        let mut goes = vec![t.with("classification.itself", &[("name", &naming::rendered_of(&here.view.record))])];
        if !self.below.is_empty() {
            goes.push(t.counted("count.tags", self.tags));
        }
        goes.push(match self.labels {
            Count { number: 0, is_exact: true } => t.say("classification.borne_by_nothing"),
            labels => t.with("classification.borne", &[("uses", &t.counted("count.labels", labels))]),
        });
        if !self.policies.is_empty() {
            goes.push(t.with("classification.spoken_of", &[("policies", &self.policies.join(", "))]));
        }
        goes
    }

    /// What is sent proves that this much was shown.
    fn checked(&self) -> String {
        checked::word(&(&self.below, self.tags.number, self.labels.number, &self.policies))
    }
}

/// The policies whose conditions name the record, or what is below it, as far as the visitor sees them.
async fn speaking(reading: &Reading<'_>, view: &View) -> Result<Vec<String>, Fault> {
    let query = ListQuery { limit: MOST, ..ListQuery::of(reading.account(), reading.catalog().kind("policy")) };
    let policies = reading.list(query, &Depth::bare()).await?.views;
    let names = |rules: &Value| reading.catalog().names_label(rules, &view.record.fqn);
    let speaks = |policy: &&View| policy.field("rules").is_some_and(names);
    Ok(policies.iter().filter(speaks).map(|policy| shown(&policy.record.name)).collect())
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
    if sent.text("checked") != Touched::of(here).await?.checked() {
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
