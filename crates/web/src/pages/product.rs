//! A product: what it is at a glance, and a tab for each question.

mod access;
mod activity;
mod ask;
mod asking;
mod assets;
pub mod deleting;
mod lineage;
mod model;
mod overview;
pub mod requesting;
mod use_it;

use std::sync::Arc;

use askama::Template;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::edit::{self, Offer};
use crate::fault::Fault;
use crate::found::{self, Found, Top};
use crate::shell::Shell;
use crate::visit::{Shown, Visit, page};
use crate::{address, headers, tabs};

const TABS: &[&str] = &["overview", "assets", "lineage", "model", "ask", "access", "activity", "use"];

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = vec![page("/products/{fqn}", "product", show)];
    rows.extend(asking::routes());
    rows.extend(model::routes());
    rows
}

async fn show(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let view = match found::find(&visit, &reading, &["data_product"]).await? {
        Found::Here(view) => view,
        Found::Elsewhere(answer) => return Ok(answer),
    };
    if visit.query("edit") == "delete" {
        return deleting::form(&visit, &reading, &view).await;
    }
    if let Some(form) = edit::asked(&visit, &reading, &view).await? {
        return Ok(form);
    }
    match tabs::chosen(&visit, TABS) {
        "assets" => assets::tab(&visit, &reading, &view).await,
        "lineage" => lineage::tab(&visit, &reading, &view).await,
        "model" => model::tab(&visit, &reading, &view).await,
        "ask" => ask::tab(&visit, &reading, &view).await,
        "access" => access::tab(&visit, &reading, &view).await,
        "activity" => activity::tab(&visit, &reading, &view).await,
        "use" => use_it::tab(&visit, &reading, &view).await,
        _ => overview::tab(&visit, &reading, &view).await,
    }
}

/// What stands above every tab.
async fn top(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Top, Fault> {
    let mut top = Top::of(visit, view, "product", TABS).with_offers(visit, reading, view).await?;
    if deleting::may(reading, view).await? {
        let address = address::with_query(&top.head.address, &[("edit", "delete")]);
        top.offers.push(Offer { name: visit.t.say("deleting.do"), address });
    }
    Ok(top)
}

fn shell(visit: &Visit, view: &View) -> Shell {
    found::shell(visit, view, "products")
}

fn answer(template: &impl Template) -> Shown {
    Ok(headers::page(200, template))
}
