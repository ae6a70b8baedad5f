//! Visit history, kept by the browser: when a person opened the home page last, how far the log had come then, and which
//! records he opened last.
//!
//! One cookie, sealed for him: for another one, and where somebody has made it up, it is none. It ends when he signs out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::id::{Millis, RecordId, Seq};
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::Method;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::request::cookies;
use crate::request::visit::Visit;

const COOKIE: &str = "emporion_looked";
/// Ninety days, in seconds.
const LASTING: u32 = 7_776_000;
/// Who has not opened the first page for so long has ended his look at it, in milliseconds.
const LOOK_ENDS: i64 = 30 * 60_000;
const MOST_OPENED: usize = 8;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitHistory {
    /// When he opened the first page last.
    last: Option<Place>,
    /// Where the look before this one ended.
    before: Option<Place>,
    /// Ids of the records whose pages he opened, the last one first.
    #[serde(default)]
    opened: Vec<String>,
}

/// How far the log had come, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    seq: u64,
    at: i64,
}

impl Place {
    pub fn seq(self) -> Seq {
        Seq(self.seq)
    }

    pub fn at(self) -> Millis {
        Millis(self.at)
    }
}

impl VisitHistory {
    /// What the visitor's browser keeps; nothing of a program's.
    pub fn of(visit: &Visit) -> VisitHistory {
        let kept = || {
            let cookie = cookies::cookie(&visit.request, COOKIE).filter(|_| visit.session.is_browser())?;
            let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
            serde_json::from_slice(&visit.catalog().unsealed_for(visit.caller(), COOKIE, &sealed)?).ok()
        };
        kept().unwrap_or_default()
    }

    /// He opens the first page, while the log has come to `head`. Says where his look before this one ended.
    pub fn at_home(&mut self, Seq(head): Seq, now: Millis) -> Option<Place> {
        // A log that was put back has told nothing of what comes behind its end.
        let is_known = |place: &Place| place.seq <= head;
        self.before = self.before.filter(is_known);
        if let Some(last) = self.last.filter(is_known)
            && now.0 - last.at > LOOK_ENDS
        {
            self.before = Some(last);
        }
        self.last = Some(Place { seq: head, at: now.0 });
        self.before
    }

    /// He opens the page of a record.
    fn at_record(&mut self, id: RecordId) {
        let id = id.to_string();
        self.opened.retain(|known| *known != id);
        self.opened.insert(0, id);
        self.opened.truncate(MOST_OPENED);
    }

    /// The records whose pages he opened, the last one first; whether he still sees them is not known here.
    pub fn opened(&self) -> Vec<RecordId> {
        self.opened.iter().take(MOST_OPENED).filter_map(|id| id.parse().ok()).collect()
    }

    /// Leaves it in the browser, with a page that a person gets to see.
    pub fn keep(&self, visit: &Visit, mut answer: Answer) -> Answer {
        if visit.request.method == Method::GET && answer.status == 200 && visit.session.is_browser() {
            let plain = serde_json::to_vec(self).expect("numbers and ids");
            let sealed = visit.catalog().sealed_for(visit.caller(), COOKIE, &plain);
            set(&visit.request, &mut answer, &URL_SAFE_NO_PAD.encode(sealed), LASTING);
        }
        answer
    }
}

/// The page of a record as it is shown to somebody who has opened it now.
pub fn opened(visit: &Visit, id: RecordId, page: Answer) -> Answer {
    let mut history = VisitHistory::of(visit);
    history.at_record(id);
    history.keep(visit, page)
}

/// Takes the cookie back.
pub fn clear(request: &Request, answer: &mut Answer) {
    set(request, answer, "", 0);
}

fn set(request: &Request, answer: &mut Answer, value: &str, seconds: u32) {
    let secure = cookies::secure(request);
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    answer.headers.append("set-cookie", HeaderValue::from_str(&cookie).expect("letters and digits"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn place(seq: u64, minutes: i64) -> Option<Place> {
        Some(Place { seq, at: minutes * MINUTE })
    }

    #[test]
    fn a_look_ends_when_the_first_page_was_not_opened_for_half_an_hour() {
        let mut history = VisitHistory::default();
        let mut open = |head, minutes| history.at_home(Seq(head), Millis(minutes * MINUTE));
        assert_eq!(open(10, 0), None, "whoever comes for the first time has missed nothing");
        assert_eq!(open(12, 20), None, "and has not when he loads the page again");
        assert_eq!(open(15, 50), None, "half an hour counts from the last time");
        assert_eq!(open(20, 81), place(15, 50));
        assert_eq!(open(30, 90), place(15, 50), "what is new stays so while he looks");
        assert_eq!(open(30, 120), place(15, 50));
        assert_eq!(open(40, 1_000), place(30, 120));
        assert_eq!(open(40, 900), place(30, 120), "a clock that was put back ends no look");
    }

    #[test]
    fn what_a_log_that_was_put_back_does_not_have_counts_for_nothing() {
        let history = VisitHistory { last: place(30, 100), before: place(20, 0), ..VisitHistory::default() };
        let open = |head, minutes| history.clone().at_home(Seq(head), Millis(minutes * MINUTE));
        assert_eq!(open(30, 1_000), place(30, 100));
        assert_eq!(open(29, 1_000), place(20, 0));
        assert_eq!(open(19, 1_000), None);
    }

    #[test]
    fn of_the_records_that_were_opened_the_last_ones_are_kept_each_once() {
        let ids: Vec<RecordId> = (0..10).map(|_| RecordId::fresh()).collect();
        let mut history = VisitHistory::default();
        for id in [&ids[..], &ids[5..6]].concat() {
            history.at_record(id);
        }
        assert_eq!(history.opened(), [5, 9, 8, 7, 6, 4, 3, 2].map(|at| ids[at]));
        history.opened[0] = "no id".to_owned();
        assert_eq!(history.opened().len(), 7);
    }
}
