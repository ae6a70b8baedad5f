//! How a reader wants the pages: light or dark, and in which language. Kept in cookies, so that it works before signing in.

use std::sync::Arc;

use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::{Access, Method, Route, handler};
use http::HeaderValue;

use crate::door::Door;
use crate::fault::{self, Fault};
use crate::form::Form;
use crate::texts::Texts;
use crate::{address, headers, session};

const THEME: &str = "emporion_theme";
const LANGUAGE: &str = "emporion_language";
const THEMES: [&str; 2] = ["light", "dark"];

/// What was chosen; without it the page follows the system.
pub fn theme(request: &Request) -> Option<&'static str> {
    let chosen = session::cookie(request, THEME)?;
    THEMES.into_iter().find(|theme| *theme == chosen)
}

pub fn language(request: &Request) -> Option<String> {
    session::cookie(request, LANGUAGE)
}

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
        return fault::page_for_anybody(&request, &Fault::Forged);
    }
    let form = Form::of(&request);
    let next = address::of_this_origin(form.text("next")).unwrap_or("/");
    let mut answer = headers::see_other(next);
    match form.text("theme") {
        "system" => keep(&request, &mut answer, THEME, ""),
        chosen => {
            if let Some(theme) = THEMES.into_iter().find(|theme| *theme == chosen) {
                keep(&request, &mut answer, THEME, theme);
            }
        }
    }
    if let Some(texts) = Texts::by_code(form.text("language")) {
        keep_language(&request, &mut answer, texts);
    }
    answer
}

/// Has the reader's pages speak this language from now on.
pub fn keep_language(request: &Request, answer: &mut Answer, texts: Texts) {
    keep(request, answer, LANGUAGE, texts.code());
}

fn keep(request: &Request, answer: &mut Answer, name: &str, value: &str) {
    let age = if value.is_empty() { 0 } else { 31_536_000 };
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; SameSite=Lax{}", session::secure(request));
    answer.headers.append("set-cookie", HeaderValue::from_str(&cookie).expect("known words"));
}
