//! What a form has made and the next page shows once: it waits in a cookie, sealed for who sent the form, which that page takes
//! back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::id::Millis;
use emporion_edge::answer::Answer;
use serde::{Deserialize, Serialize};

use crate::request::cookies;
use crate::request::visit::Visit;

const COOKIE: &str = "emporion_made";
/// Who has not looked by then is not shown it, in milliseconds.
const LASTS: i64 = 60_000;

#[derive(Serialize, Deserialize)]
struct Note {
    at: i64,
    title: String,
    text: String,
}

/// Leaves a title and a text for the page at `path`, which the answer leads to.
pub fn left(visit: &Visit, path: &str, (title, text): &(String, String), answer: Answer) -> Answer {
    let note = Note { at: visit.now.0, title: title.clone(), text: text.clone() };
    let plain = serde_json::to_vec(&note).expect("texts and a number");
    let sealed = visit.catalog().sealed_for(visit.caller(), COOKIE, &plain);
    set(visit, path, &URL_SAFE_NO_PAD.encode(sealed), LASTS / 1_000, answer)
}

/// What was left for the page at `path`.
pub fn found(visit: &Visit, path: &str) -> Option<(String, String)> {
    let kept = cookies::cookie(&visit.request, COOKIE).filter(|_| visit.session.is_browser())?;
    // A cookie is sent with what lies below its path as well.
    let sealed = URL_SAFE_NO_PAD.decode(kept).ok().filter(|_| visit.request.raw_path == path)?;
    let note: Note = serde_json::from_slice(&visit.catalog().unsealed_for(visit.caller(), COOKIE, &sealed)?).ok()?;
    let Millis(now) = visit.now;
    (now - note.at <= LASTS).then_some((note.title, note.text))
}

/// Takes it back: the page that bears it is not kept either.
pub fn taken(visit: &Visit, path: &str, answer: Answer) -> Answer {
    set(visit, path, "", 0, answer).with("cache-control", "no-store")
}

fn set(visit: &Visit, path: &str, value: &str, seconds: i64, answer: Answer) -> Answer {
    let secure = cookies::secure(&visit.request);
    let cookie = format!("{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    answer.with("set-cookie", &cookie)
}
