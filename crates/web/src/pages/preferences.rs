//! Where a reader says how he wants the pages.

use std::sync::Arc;

use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::{Access, Method, Route, handler};

use crate::door::Door;
use crate::fault::Fault;
use crate::fault::wording::page_for_anybody;
use crate::forms::form::Form;
use crate::records::address;
use crate::request::{headers, preferences};
use crate::text::texts::Texts;

pub fn routes() -> Vec<Route<Door>> {
    vec![Route {
        access: Access::Anonymous,
        hidden: true,
        is_safe: true,
        ..Route::new(Method::POST, "/preferences", "set_preferences", handler(set))
    }]
}

async fn set(_: Arc<Door>, request: Request) -> Answer {
    if !headers::is_same_origin(&request) {
        return page_for_anybody(&request, &Fault::Forged);
    }
    let form = Form::of(&request);
    let next = address::of_this_origin(form.text("next")).unwrap_or("/");
    let mut answer = headers::see_other(next);
    preferences::keep_theme(&request, &mut answer, form.text("theme"));
    if let Some(texts) = Texts::by_code(form.text("language")) {
        preferences::keep_language(&request, &mut answer, texts.code());
    }
    answer
}
