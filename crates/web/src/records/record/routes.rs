//! The routes of the page of a record: what shows it, and what takes the forms that change it.

use std::sync::Arc;

use emporion_edge::route::Route;

use super::{Here, RecordPage, back, change};
use crate::door::Door;
use crate::fault::Fault;
use crate::following::mark;
use crate::forms::edit;
use crate::layout::tabs::Tabs;
use crate::records::history::History;
use crate::records::resolver::{self, Resolved};
use crate::request::visit::{Shown, Visit};
use crate::request::{handlers, visit_history};

impl RecordPage {
    /// A page without edits or forms of its own.
    pub const PLAIN: RecordPage = RecordPage {
        name: "",
        folder: "",
        section: "",
        tabs: Tabs { noun: "", names: &["overview"] },
        tabs_of: |here| Box::pin(async move { Ok(here.page.tabs) }),
        tab: |_, _| Box::pin(async { Err(Fault::NoSuchPage) }),
        tab_apart: |_, _| None,
        activity: |here| Box::pin(async move { here.shown(History::of(here).await?).await }),
        is_edited: false,
        is_followed: false,
        made_in: &[],
        forms: &[],
    };

    /// The row that shows it; and the one that takes what its forms send.
    pub fn routes(&'static self) -> Vec<Route<Door>> {
        let path = format!("/{}/{{fqn}}", self.folder);
        let mut rows = vec![handlers::page(path.clone(), self.name, move |visit| show(self, visit))];
        if self.is_edited {
            rows.push(handlers::change(path, format!("edit_{}", self.name), move |visit| edit::save(self, visit)));
        }
        if self.is_followed {
            rows.push(change(self, mark::BELOW, format!("follow_{}", self.name), mark::save));
            rows.push(back(self, mark::BELOW, format!("{}_follow", self.name), self.tabs.names[0]));
        }
        rows
    }
}

async fn show(page: &'static RecordPage, visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let view = match resolver::resolve(&visit, &reading, page.folder).await? {
        Resolved::Here(view) => view,
        Resolved::Elsewhere(answer) => return Ok(answer),
    };
    let here = Here { page, visit: &visit, reading: &reading, view: &view };
    if let Some(form) = edit::asked(here).await? {
        return Ok(form);
    }
    let tab = here.tabs().await?.chosen(&visit);
    let shown = match ((page.tab_apart)(&visit, tab), tab) {
        (Some(apart), _) => {
            if let Some(action) = apart.action {
                reading.require(action, &view.record).await?;
            }
            drop(reading);
            (apart.show)(page, &visit, &view).await
        }
        (None, "activity") => (page.activity)(here).await,
        (None, tab) => (page.tab)(here, tab).await,
    };
    Ok(visit_history::opened(&visit, view.id(), shown?))
}
