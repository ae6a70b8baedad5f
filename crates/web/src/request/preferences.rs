//! How a reader wants the pages: light or dark, in which language, and by which clocks. Kept in cookies, so that it works
//! before signing in; language and clocks also with what he is told of, which is sent in them. Of who is signed in the latter
//! counts, and the cookies of his browsers follow it.

use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use http::HeaderValue;

use crate::request::cookies;
use crate::text::texts::Texts;
use crate::text::time_zone::TimeZoneChoice;

const THEME: &str = "emporion_theme";
const LANGUAGE: &str = "emporion_language";
const CLOCKS: &str = "emporion_zone";
const SYSTEM: &str = "system";
const THEMES: [&str; 2] = ["light", "dark"];

/// What was chosen; without it the page follows the system.
pub fn theme(request: &Request) -> Option<&'static str> {
    let chosen = cookies::cookie(request, THEME)?;
    THEMES.into_iter().find(|theme| *theme == chosen)
}

pub fn language(request: &Request) -> Option<String> {
    cookies::cookie(request, LANGUAGE)
}

pub fn clocks(request: &Request) -> TimeZoneChoice {
    cookies::cookie(request, CLOCKS).and_then(|name| TimeZoneChoice::by_name(&name)).unwrap_or_default()
}

/// With `system`, the page follows the system from now on; another word that is no theme changes nothing.
pub fn keep_theme(request: &Request, answer: &mut Answer, chosen: &str) {
    match THEMES.into_iter().find(|theme| *theme == chosen) {
        Some(theme) => keep(request, answer, THEME, theme),
        None if chosen == SYSTEM => keep(request, answer, THEME, ""),
        None => {}
    }
}

/// Has the reader's pages speak this language from now on.
pub fn keep_language(request: &Request, answer: &mut Answer, code: &str) {
    keep(request, answer, LANGUAGE, code);
}

/// Tells him times by these clocks from now on.
pub fn keep_time_zone(request: &Request, answer: &mut Answer, clocks: TimeZoneChoice) {
    keep(request, answer, CLOCKS, clocks.chosen().unwrap_or_default());
}

/// Has the browser keep what a page was told in, where it kept something else.
pub fn follow(request: &Request, answer: &mut Answer, t: Texts) {
    if Texts::of(request).code() != t.code() {
        keep_language(request, answer, t.code());
    }
    if t.clocks != clocks(request) {
        keep_time_zone(request, answer, t.clocks);
    }
}

fn keep(request: &Request, answer: &mut Answer, name: &str, value: &str) {
    let age = if value.is_empty() { 0 } else { 31_536_000 };
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; SameSite=Lax{}", cookies::secure(request));
    answer.headers.append("set-cookie", HeaderValue::from_str(&cookie).expect("known words"));
}
