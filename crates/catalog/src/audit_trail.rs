//! The trail of what changes nothing: who came in, who read rows, who was refused. Nobody waits for it: lines gather in
//! memory and are written in groups, by one task. More than a bound do not gather; what was left out is counted, and the
//! trail says so (docs/decisions/0042).

mod beneath;
mod previews;
pub(crate) mod readings;
mod search;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::Notify;

use crate::access;
use crate::audit_event::{AuditEvent, AuditEventKind, AuditSpan};
use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Write};
use crate::denials::Denial;
use crate::id::{AccountId, AuditEventId, Millis, RecordId};
use crate::problem::Problem;
use crate::record::Actor;

use previews::Previews;
use readings::{Counted, Readings};

pub use beneath::{Beneath, MORE_BENEATH, UNKNOWN as BENEATH_UNKNOWN};
pub use search::{
    AuditFilter, AuditPage, COLUMNS, InvalidPeriod, NO_DOOR, POSSIBLE, cells, parse_place, period, print_place, printed,
};

/// Lines that wait at most.
const MOST: usize = 4_096;
/// Of them, tries that were refused: they leave room for what was done.
const MOST_REFUSED: usize = MOST / 2;
/// So many are written together, and at once.
const GROUP: usize = 256;
/// How long a line waits for others.
const WAIT: Duration = Duration::from_secs(1);
/// How often lines that are too old end where no new ones come; each group ends twice as many as it brings.
const ROUND: Duration = Duration::from_secs(60 * 60);
const ENDED_IN_A_ROUND: u32 = 10_000;
const ENDED_WITH_A_GROUP: u32 = 2 * GROUP as u32;
/// Among so many of the newest that wait, a try is looked for that was the same.
const SAME_AMONG: usize = 16;
/// How often it was made, where it was more than once.
const TIMES: &str = "times";
/// Characters of a text that a line holds, and texts of a list.
const MOST_TEXT: usize = 2_000;
const MOST_LISTED: usize = 20;

/// What the operator wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long lines are kept.
    pub kept_ms: i64,
    /// Whether lines hold the texts of statements, without their values, and of questions.
    pub texts: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { kept_ms: 365 * 24 * 60 * 60 * 1000, texts: false }
    }
}

#[derive(Default)]
pub(crate) struct AuditTrail {
    waiting: Mutex<Waiting>,
    /// There is a first line, or a group.
    woken: Notify,
    /// Held by whoever writes, so that what was taken out is there for whoever reads next.
    writing: tokio::sync::Mutex<()>,
    /// Something was read that is to be counted, or a token or a key was used.
    pub(crate) read: Notify,
    /// Held by whoever writes counts, so that none is under way when the last ones are written.
    pub(crate) counting: tokio::sync::Mutex<()>,
    settings: OnceLock<Settings>,
}

#[derive(Default)]
struct Waiting {
    events: Vec<AuditEvent>,
    /// Of what somebody is typing, which wait longer to be one line.
    previews: Previews,
    readings: Readings,
    lost: BTreeMap<AccountId, u64>,
}

impl AuditTrail {
    pub(crate) fn take_readings(&self) -> TakenReadings<'_> {
        let (counts, lost) = self.waiting.lock().readings.take();
        if lost > 0 {
            tracing::warn!(lost, "more products were read than are counted at a time: some readings are not counted");
        }
        TakenReadings { trail: self, counts }
    }
}

/// Counts that were taken to be written. Those that have not been when they are let go of wait again.
pub(crate) struct TakenReadings<'t> {
    trail: &'t AuditTrail,
    pub(crate) counts: HashMap<Counted, u64>,
}

impl Drop for TakenReadings<'_> {
    fn drop(&mut self) {
        if !self.counts.is_empty() {
            self.trail.waiting.lock().readings.give_back(std::mem::take(&mut self.counts));
            self.trail.read.notify_one();
        }
    }
}

impl Waiting {
    /// Tells whether it was a reading that is counted.
    fn add(&mut self, event: AuditEvent) -> bool {
        let is_counted = !event.detail.contains_key(previews::PREVIEW) && self.readings.count(&event);
        if let Some(event) = self.previews.take(event) {
            self.push(event);
        }
        is_counted
    }

    /// Lets go of previews that have waited long enough, or of all of them.
    fn let_go(&mut self, before: Option<Millis>) {
        self.previews.due(before).into_iter().for_each(|event| self.push(event));
    }

    fn push(&mut self, event: AuditEvent) {
        // Whoever tries the same again and again fills no trail with it.
        let is_refused = matches!(event.what, AuditEventKind::Refused | AuditEventKind::SignInFailed);
        if is_refused && let Some(same) = self.events.iter_mut().rev().take(SAME_AMONG).find(|one| is_same(one, &event))
        {
            let times = same.detail.get(TIMES).and_then(Value::as_u64).unwrap_or(1);
            same.detail.insert(TIMES.to_owned(), (times + 1).into());
            return;
        }
        if self.events.len() < if is_refused { MOST_REFUSED } else { MOST } {
            self.events.push(event);
        } else {
            *self.lost.entry(event.account).or_default() += 1;
        }
    }

    /// What could not be written, before what has come since.
    fn give_back(&mut self, events: Vec<AuditEvent>, lost: BTreeMap<AccountId, u64>) {
        let since = std::mem::replace(&mut self.events, events);
        since.into_iter().for_each(|event| self.push(event));
        lost.into_iter().for_each(|(account, count)| *self.lost.entry(account).or_default() += count);
    }
}

/// What was taken to be written. What has not been when it is let go of waits again.
struct Taken<'t> {
    trail: &'t AuditTrail,
    events: Vec<AuditEvent>,
    lost: BTreeMap<AccountId, u64>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.events.is_empty() || !self.lost.is_empty() {
            let (events, lost) = (std::mem::take(&mut self.events), std::mem::take(&mut self.lost));
            self.trail.waiting.lock().give_back(events, lost);
            self.trail.woken.notify_one();
        }
    }
}

fn is_same(one: &AuditEvent, other: &AuditEvent) -> bool {
    let plain = |event: &AuditEvent| event.detail.iter().filter(|(name, _)| *name != TIMES).count();
    let same = |(name, value): (&String, &Value)| name == TIMES || other.detail.get(name) == Some(value);
    (one.account, one.what, one.about, &one.by) == (other.account, other.what, other.about, &other.by)
        && plain(one) == plain(other)
        && one.detail.iter().all(same)
}

/// What a line tells beside who and when.
#[derive(Debug, Clone, Default)]
pub struct Detail(Map<String, Value>);

impl Detail {
    /// A number, a flag, or a short text of this program.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Detail {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// A text that somebody wrote: its beginning.
    pub fn text(self, name: &str, text: &str) -> Detail {
        let cut: String = text.chars().take(MOST_TEXT).collect();
        self.with(name, cut)
    }

    /// It is a preview beside something that somebody is typing: several within a short time are one line.
    pub fn of_preview(self, beside: &'static str) -> Detail {
        self.with(previews::PREVIEW, beside)
    }

    /// Some texts; of many, how many more there are.
    pub fn list(self, name: &str, texts: impl ExactSizeIterator<Item = String>) -> Detail {
        let more = texts.len().saturating_sub(MOST_LISTED);
        let some: Vec<Value> = texts.take(MOST_LISTED).map(Value::from).collect();
        let listed = self.with(name, some);
        if more > 0 { listed.with(&format!("more_{name}"), more) } else { listed }
    }
}

impl Catalog {
    /// What the operator wants of the trail; said once, before anything is served.
    pub fn set_trail(&self, settings: Settings) {
        let _ = self.trail.settings.set(settings);
    }

    pub fn trail_settings(&self) -> Settings {
        self.trail.settings.get().copied().unwrap_or_default()
    }

    /// Notes what the caller has done. Waits for nothing.
    pub fn note(&self, caller: &Caller, what: AuditEventKind, about: Option<RecordId>, detail: Detail) {
        self.note_by(caller.account(), caller.actor(), what, about, detail);
    }

    /// Notes that the caller was refused something by a door.
    pub fn note_refusal(&self, who: &Principal, door: Option<&'static str>, operation: &str, denied: Option<Denial>) {
        let by = Actor { id: who.user, name: who.name.clone(), through: None, door: door.map(Into::into) };
        let detail = Detail::default().with("operation", operation);
        let (about, detail) = match denied {
            Some(Denial::Hidden { kind, fqn, id }) => (Some(id), detail.with("kind", kind).text("record", &fqn)),
            Some(Denial::Forbidden { action, kind, of }) => {
                let detail = detail.with("kind", kind).with("action", action);
                match of {
                    Some((id, fqn)) => (Some(id), detail.text("record", &fqn)),
                    None => (None, detail),
                }
            }
            None => (None, detail),
        };
        self.note_by(who.account, by, AuditEventKind::Refused, about, detail);
    }

    pub(crate) fn note_by(
        &self,
        account: AccountId,
        by: Actor,
        what: AuditEventKind,
        about: Option<RecordId>,
        detail: Detail,
    ) {
        let mut waiting = self.trail.waiting.lock();
        // Under the lock, so that the order of lines is that of their places.
        let (id, at) = (AuditEventId::fresh(), self.now());
        if waiting.add(AuditEvent { id, account, at, by, what, about, detail: detail.0 }) {
            self.trail.read.notify_one();
        }
        if [1, GROUP].contains(&waiting.events.len()) {
            self.trail.woken.notify_one();
        }
    }

    /// The newest written lines of the caller's account within a span.
    ///
    /// Errors: `Forbidden` for who does not administer the account.
    pub(crate) fn audit_events<'a>(
        &'a self,
        caller: &'a Caller,
        span: &'a AuditSpan,
        limit: u32,
    ) -> Boxed<'a, Result<Vec<AuditEvent>, Problem>> {
        Box::pin(async move {
            self.may_operate(caller)?;
            let since = span.since.max(self.oldest_audit_event());
            let snapshot = self.store.snapshot().await?;
            Ok(snapshot.audit_events(caller.account(), &AuditSpan { since, ..*span }, limit).await?)
        })
    }

    /// Writes all that waits.
    pub fn write_trail(&self) -> Boxed<'_, Result<(), Problem>> {
        Box::pin(async move {
            self.write_what_waits(None).await?;
            self.write_uses().await?;
            self.write_readings().await
        })
    }

    /// `previews`: those that began before then; `None`: all.
    fn write_what_waits(&self, previews: Option<Millis>) -> Boxed<'_, Result<(), Problem>> {
        Box::pin(async move {
            let _writing = self.trail.writing.lock().await;
            let (events, lost) = {
                let mut waiting = self.trail.waiting.lock();
                waiting.let_go(previews);
                (std::mem::take(&mut waiting.events), std::mem::take(&mut waiting.lost))
            };
            let mut taken = Taken { trail: &self.trail, events, lost };
            while !taken.events.is_empty() || !taken.lost.is_empty() {
                let count = taken.events.len().min(GROUP);
                let mut group = taken.events[..count].to_vec();
                beneath::note_all(&*self.store.snapshot().await?, self.kind("table"), &mut group).await;
                // Told last, when there was room for all that came before.
                let is_last = count == taken.events.len();
                let told = taken.lost.iter().filter(|_| is_last);
                group.extend(told.map(|(account, count)| self.lost(*account, *count)));
                let ended = Write::EndAuditEvents { before: self.oldest_audit_event(), most: ENDED_WITH_A_GROUP };
                let mut set = ChangeSet::new(access::of_the_server());
                set.writes = vec![Write::Note(group), ended];
                self.store_set(set).await?;
                taken.events.drain(..count);
                if is_last {
                    taken.lost.clear();
                }
            }
            Ok(())
        })
    }

    /// Writes what is noted, and ends what is too old; beside it, how often what was read. Ends only with whoever waits for it.
    pub fn run_trail(&self) -> Boxed<'_, ()> {
        Box::pin(async move {
            tokio::join!(self.run_lines(), self.run_readings());
        })
    }

    fn run_readings(&self) -> Boxed<'_, ()> {
        Box::pin(async move {
            loop {
                self.trail.read.notified().await;
                // The first waits for others.
                tokio::time::sleep(WAIT).await;
                if let Err(problem) = self.write_readings().await {
                    tracing::warn!(%problem, "what was read could not be counted; it is tried again");
                }
                if let Err(problem) = self.write_uses().await {
                    tracing::warn!(%problem, "it could not be noted which tokens and keys are used; it is tried again");
                }
            }
        })
    }

    fn run_lines(&self) -> Boxed<'_, ()> {
        Box::pin(async move {
            let mut round = tokio::time::interval(ROUND);
            let mut previews = tokio::time::interval(previews::ROUND);
            loop {
                let done = tokio::select! {
                    _ = round.tick() => self.end_audit_events().await,
                    _ = previews.tick() => self.write_what_waits(self.due_previews()).await,
                    () = self.trail.woken.notified() => {
                        // The first line waits for others; a group waits for nothing.
                        if self.trail.waiting.lock().events.len() < GROUP {
                            let _ = tokio::time::timeout(WAIT, self.trail.woken.notified()).await;
                        }
                        self.write_what_waits(self.due_previews()).await
                    }
                };
                if let Err(problem) = done {
                    tracing::warn!(%problem, "the trail could not be written; it is tried again");
                    tokio::time::sleep(WAIT).await;
                }
            }
        })
    }

    /// Previews that have waited long enough began before then.
    fn due_previews(&self) -> Option<Millis> {
        Some(Millis(self.now().0 - previews::WAIT_MS))
    }

    async fn end_audit_events(&self) -> Result<(), Problem> {
        let mut set = ChangeSet::new(access::of_the_server());
        set.writes = vec![Write::EndAuditEvents { before: self.oldest_audit_event(), most: ENDED_IN_A_ROUND }];
        self.store_set(set).await
    }

    fn oldest_audit_event(&self) -> Millis {
        Millis(self.now().0.saturating_sub(self.trail_settings().kept_ms))
    }

    fn lost(&self, account: AccountId, count: u64) -> AuditEvent {
        let detail = Detail::default().with("count", count).0;
        let (id, at, what) = (AuditEventId::fresh(), self.now(), AuditEventKind::Lost);
        AuditEvent { id, account, at, by: Actor::nobody(), what, about: None, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(account: AccountId) -> AuditEvent {
        let (id, at, by) = (AuditEventId::fresh(), Millis(1), Actor::nobody());
        AuditEvent { id, account, at, by, what: AuditEventKind::Statement, about: None, detail: Map::new() }
    }

    #[test]
    fn no_more_wait_than_the_bound_and_the_rest_is_counted() {
        let (one, other) = (AccountId::from_uuid(uuid::Uuid::from_u128(1)), AccountId::GLOBAL);
        let mut waiting = Waiting::default();
        (0..MOST + 3).map(|_| waiting.add(event(one))).for_each(|is_counted| assert!(!is_counted));
        waiting.add(event(other));
        assert_eq!((waiting.events.len(), &waiting.lost), (MOST, &BTreeMap::from([(other, 1), (one, 3)])));
        let Waiting { events, lost, .. } = std::mem::take(&mut waiting);
        (0..2).map(|_| waiting.add(event(other))).for_each(|is_counted| assert!(!is_counted));
        let first = events[0].id;
        waiting.give_back(events, lost);
        assert_eq!((waiting.events.len(), waiting.events[0].id), (MOST, first));
        assert_eq!(waiting.lost, BTreeMap::from([(other, 3), (one, 3)]));
    }

    #[test]
    fn what_is_refused_again_and_again_is_one_line() {
        let mut waiting = Waiting::default();
        let refused = AuditEvent { what: AuditEventKind::Refused, ..event(AccountId::GLOBAL) };
        (0..3)
            .map(|_| waiting.add(AuditEvent { id: AuditEventId::fresh(), ..refused.clone() }))
            .for_each(|is_counted| assert!(!is_counted));
        let detail = Detail::default().with("operation", "other").0;
        (0..2)
            .map(|_| waiting.add(AuditEvent { detail: detail.clone(), ..refused.clone() }))
            .for_each(|is_counted| assert!(!is_counted));
        let times: Vec<&Value> = waiting.events.iter().map(|event| &event.detail[TIMES]).collect();
        assert_eq!(times, [3, 2]);
    }

    #[test]
    fn counts_that_are_let_go_of_unwritten_wait_again() {
        let (trail, about) = (AuditTrail::default(), Some(RecordId::fresh()));
        let detail = Detail::default().list("tables", ["t".to_owned()].into_iter()).with("rows", 1).0;
        assert!(trail.waiting.lock().add(AuditEvent { about, detail, ..event(AccountId::GLOBAL) }));
        let taken = trail.take_readings();
        assert_eq!((taken.counts.len(), trail.take_readings().counts.len()), (1, 0));
        drop(taken);
        let mut again = trail.take_readings();
        assert_eq!(again.counts.len(), 1);
        again.counts.clear();
        drop(again);
        assert!(trail.take_readings().counts.is_empty(), "what is written does not come back");
    }

    #[test]
    fn lines_are_short_whatever_was_written() {
        let names = (0..30).map(|at| format!("t{at}")).collect::<Vec<_>>();
        let detail = Detail::default().text("text", &"é".repeat(9_000)).list("tables", names.into_iter()).0;
        assert_eq!(detail["text"].as_str().map(|text| text.chars().count()), Some(MOST_TEXT));
        assert_eq!(
            (detail["tables"].as_array().map(Vec::len), &detail["more_tables"]),
            (Some(MOST_LISTED), &10.into())
        );
    }
}
