//! A product: what it is at a glance, and a tab for each question.

mod access;
pub mod activity;
mod ask;
pub mod asking;
pub mod assets;
pub mod coming;
mod components;
mod composing;
mod deleting;
mod documents;
pub mod filtering;
pub mod first_rows;
pub mod following_query;
mod front_page;
pub mod giving;
pub mod lending;
mod made_of;
mod mending;
mod model;
mod model_entry;
mod overview;
pub mod personal;
mod quality;
mod requested;
pub mod requesting;
pub mod restoring;
mod rows_file;
pub mod taking;
mod trust;
pub mod turn;
mod unanswered;
mod use_it;
mod verdict;
pub mod verified;
pub mod warned;

use emporion_catalog::action::Action;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::layout::tabs::Tabs;
use crate::records::record::{ApartTab, RecordPage};

pub static PAGE: RecordPage = RecordPage {
    name: "product",
    folder: "products",
    section: "products",
    tabs: Tabs {
        noun: "product",
        names: &["overview", "assets", "lineage", "model", "ask", "access", "activity", "use"],
    },
    activity: |here| Box::pin(activity::tab(here)),
    tab: |here, tab| match tab {
        "assets" => Box::pin(assets::tab(here)),
        "lineage" => Box::pin(components::lineage(here)),
        "model" => Box::pin(model::tab(here)),
        "ask" => Box::pin(ask::tab(here)),
        "access" => Box::pin(access::tab(here)),
        "use" => Box::pin(use_it::tab(here)),
        _ => Box::pin(overview::tab(here)),
    },
    tab_apart: |visit, tab| match tab {
        "ask" if ask::has_thread(visit) => {
            Some(ApartTab { action: None, show: |page, visit, view| Box::pin(ask::thread(page, visit, view)) })
        }
        "model" if model_entry::is_asked(visit) => Some(ApartTab {
            action: Some(Action::EditAll),
            show: |page, visit, view| Box::pin(model_entry::edit(page, visit, view)),
        }),
        _ => None,
    },
    is_edited: true,
    is_followed: true,
    forms: &[lending::FORM, requesting::FORM, following_query::FORM, composing::FORM, deleting::FORM],
    ..RecordPage::PLAIN
};

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = PAGE.routes();
    rows.extend(asking::routes(&PAGE));
    rows.extend(rows_file::routes(&PAGE));
    rows.extend(first_rows::routes(&PAGE));
    rows.extend(giving::routes(&PAGE));
    rows.extend(filtering::routes(&PAGE));
    rows.extend(model::routes(&PAGE));
    rows.extend(documents::routes(&PAGE));
    rows.extend(restoring::routes());
    rows.extend(verified::routes(&PAGE));
    rows.extend(mending::routes(&PAGE));
    rows
}
