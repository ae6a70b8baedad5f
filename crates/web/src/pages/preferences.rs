//! Where a reader says how he wants the pages.

use std::sync::Arc;

use emporion_edge::route::Route;

use crate::door::Door;
use crate::records::address;
use crate::request::handlers::change;
use crate::request::visit::{Shown, Visit};
use crate::request::{headers, preferences};
use crate::text::texts::Texts;

pub fn routes() -> Vec<Route<Door>> {
    vec![change("/preferences", "set_preferences", set)]
}

async fn set(visit: Arc<Visit>) -> Shown {
    let form = visit.form();
    let next = address::of_this_origin(form.text("next")).unwrap_or("/");
    let mut answer = headers::see_other(next);
    preferences::keep_theme(&visit.request, &mut answer, form.text("theme"));
    if let Some(texts) = Texts::by_code(form.text("language")) {
        preferences::keep_language(&visit.request, &mut answer, texts.code());
    }
    Ok(answer)
}
