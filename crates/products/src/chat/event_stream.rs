//! Answers on their way: the events of each, kept for a while, so that a reader who was cut off can go on where he was.
//!
//! What makes an answer runs beside its readers. It ends when the last reader has been gone for a moment.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use emporion_catalog::committed::Committed;
use emporion_catalog::id::RecordId;
use emporion_catalog::questions::Questions;
use emporion_catalog::request_freshness::RequestFreshness;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::event::{Event, EventId};
use super::stamp::Basis;
use crate::failure::Failure;
use crate::idempotency::IdempotencyKey;

/// How long the events of an answer that has ended are kept.
pub const KEPT: Duration = Duration::from_secs(600);
/// Of one answer; more is not kept, so nobody can go on behind it.
const MOST_BYTES: usize = 2 << 20;
/// Of all of them together.
const MOST_TOTAL: usize = 64 << 20;
/// How long an answer goes on without a reader.
const ALONE: Duration = Duration::from_secs(2);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Whose answer it is, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub user: RecordId,
    pub product: RecordId,
}

/// The answers of the last while, by the id of their message.
#[derive(Default)]
pub struct EventStreams {
    streams: Mutex<Streams>,
}

/// What is followed, and in which order it goes.
#[derive(Default)]
struct Streams {
    by_message: HashMap<RecordId, Arc<EventStream>>,
    /// In the order of their beginnings.
    order: VecDeque<RecordId>,
}

/// What an answer begins with.
pub struct NewStream {
    pub message: RecordId,
    pub owner: Owner,
    pub basis: Basis,
    /// Where the request had one.
    pub key: Option<IdempotencyKey>,
    /// Of an answer that was told elsewhere before, how many events its reader has.
    pub replayed_after: Option<usize>,
}

pub struct EventStream {
    message: RecordId,
    /// Of an answer that is told anew: by which name, and behind which number.
    replay: Option<RecordId>,
    before: usize,
    owner: Owner,
    basis: Basis,
    key: Option<IdempotencyKey>,
    events: Mutex<Events>,
    /// How many events there are; follows the list.
    count: watch::Sender<usize>,
    readers: AtomicUsize,
}

#[derive(Default)]
struct Events {
    reported: Vec<Event>,
    bytes: usize,
    ended: Option<Instant>,
    maker: Option<AbortHandle>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EventStreams {
    /// Begins an answer: `make` gets what events are told to, and runs until it ends or nobody reads.
    pub fn begin<F, R>(&self, new_stream: NewStream, make: F) -> Arc<EventStream>
    where
        F: FnOnce(Arc<EventStream>) -> R,
        R: Future<Output = ()> + Send + 'static,
    {
        let NewStream { message, owner, basis, key, replayed_after } = new_stream;
        let stream = Arc::new(EventStream {
            message,
            replay: replayed_after.map(|_| RecordId::fresh()),
            before: replayed_after.unwrap_or_default(),
            owner,
            basis,
            key,
            events: Mutex::default(),
            count: watch::Sender::new(0),
            readers: AtomicUsize::new(0),
        });
        self.keep(&stream);
        let making = make(stream.clone());
        let reported = stream.clone();
        let told = async move {
            making.await;
            reported.end(Event::broken());
        };
        let task = tokio::spawn(RequestFreshness::carried(Questions::carried(Committed::carried(told))));
        locked(&stream.events).maker = Some(task.abort_handle());
        stream
    }

    /// An answer of the last while.
    pub fn find(&self, message: RecordId, owner: Owner) -> Option<Arc<EventStream>> {
        let stream = locked(&self.streams).by_message.get(&message).cloned()?;
        (stream.owner == owner && !stream.is_over(Instant::now())).then_some(stream)
    }

    /// The answer that was begun under the key, unless it came to nothing: then the question may be asked again.
    ///
    /// Errors: 409 where it was begun for another request.
    pub fn under(&self, key: &IdempotencyKey, owner: Owner) -> Result<Option<Arc<EventStream>>, Failure> {
        let now = Instant::now();
        let streams = locked(&self.streams);
        let is_it = |stream: &&Arc<EventStream>| {
            let is_same = stream.key.as_ref().is_some_and(|own| own.name() == key.name());
            is_same && stream.owner == owner && !stream.is_over(now) && !stream.has_failed() && stream.has(0)
        };
        match streams.by_message.values().find(is_it) {
            Some(stream) if stream.key.as_ref().is_some_and(|own| own.fingerprint != key.fingerprint) => {
                Err(Failure::idempotency_conflict())
            }
            found => Ok(found.cloned()),
        }
    }

    fn keep(&self, stream: &Arc<EventStream>) {
        let mut streams = locked(&self.streams);
        let now = Instant::now();
        let mut total: usize = streams.by_message.values().map(|stream| locked(&stream.events).bytes).sum();
        while let Some(first) = streams.order.front().copied() {
            let is_old = streams.by_message.get(&first).is_none_or(|stream| stream.is_over(now));
            let is_too_much =
                total > MOST_TOTAL && streams.by_message.get(&first).is_some_and(|stream| stream.has_ended());
            if !is_old && !is_too_much {
                break;
            }
            streams.order.pop_front();
            if let Some(gone) = streams.by_message.remove(&first) {
                total = total.saturating_sub(locked(&gone.events).bytes);
            }
        }
        streams.order.push_back(stream.message);
        streams.by_message.insert(stream.message, stream.clone());
    }
}

impl EventStream {
    pub fn message(&self) -> RecordId {
        self.message
    }

    /// What it was begun with.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Adds an event. What comes after the last one is not told.
    pub fn report(&self, event: &Event) {
        let mut events = locked(&self.events);
        if events.ended.is_some() {
            return;
        }
        events.bytes += event.weight();
        events.reported.push(event.clone());
        if event.is_last() {
            events.ended = Some(Instant::now());
        }
        let count = events.reported.len();
        drop(events);
        self.count.send_replace(count);
    }

    /// Tells of an end without an answer, where there is none yet.
    fn end(&self, how: [Event; 2]) {
        for event in &how {
            self.report(event);
        }
    }

    fn has_ended(&self) -> bool {
        locked(&self.events).ended.is_some()
    }

    fn has_failed(&self) -> bool {
        locked(&self.events).reported.last().is_some_and(Event::is_failure)
    }

    fn is_over(&self, now: Instant) -> bool {
        let events = locked(&self.events);
        events.ended.is_some_and(|ended| now.duration_since(ended) > KEPT)
    }

    /// Whether somebody may go on behind the event of that number.
    pub fn has(&self, after: usize) -> bool {
        let events = locked(&self.events);
        (self.before..=self.before + events.reported.len()).contains(&after) && events.bytes <= MOST_BYTES
    }

    /// Of an answer that is told anew, by which name.
    pub fn replay(&self) -> Option<RecordId> {
        self.replay
    }

    /// The events behind that of the number `after`, as they come to be; ends with the last one.
    pub fn follow(self: Arc<EventStream>, after: usize) -> impl futures_util::Stream<Item = Followed> + Send + 'static {
        self.readers.fetch_add(1, Ordering::Relaxed);
        let counted = self.count.subscribe();
        let next = after.saturating_sub(self.before);
        let reader = Reader { stream: self, next, counted };
        futures_util::stream::unfold(reader, |mut reader| async move {
            let followed = reader.next().await?;
            Some((followed, reader))
        })
    }

    /// The same as server-sent events, with members in the names that `rename` gives them.
    pub fn read(
        self: Arc<EventStream>,
        after: usize,
        rename: fn(Value) -> Value,
    ) -> impl futures_util::Stream<Item = Bytes> + Send + 'static {
        let (message, replay) = (self.message, self.replay);
        self.follow(after).map(move |followed| match followed {
            Followed::Event { number, event } => event.print(message, &EventId { number, replay }, rename),
            Followed::Beat => Bytes::from_static(b": hb\n\n"),
        })
    }
}

/// What a reader is told.
#[derive(Debug, Clone)]
pub enum Followed {
    /// Numbered from 1.
    Event { number: usize, event: Event },
    /// Nothing yet; it goes on.
    Beat,
}

/// Somebody who reads; when he goes, and nobody else reads, the answer ends after a while.
struct Reader {
    stream: Arc<EventStream>,
    next: usize,
    counted: watch::Receiver<usize>,
}

impl Reader {
    async fn next(&mut self) -> Option<Followed> {
        loop {
            self.counted.borrow_and_update();
            let (event, has_ended) = {
                let events = locked(&self.stream.events);
                (events.reported.get(self.next).cloned(), events.ended.is_some())
            };
            match event {
                Some(event) => {
                    self.next += 1;
                    return Some(Followed::Event { number: self.stream.before + self.next, event });
                }
                None if has_ended => return None,
                None => {}
            }
            if tokio::time::timeout(HEARTBEAT, self.counted.changed()).await.is_err() {
                return Some(Followed::Beat);
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.stream.readers.fetch_sub(1, Ordering::Relaxed) > 1 || self.stream.has_ended() {
            return;
        }
        let stream = self.stream.clone();
        let leave = async move {
            tokio::time::sleep(ALONE).await;
            if stream.readers.load(Ordering::Relaxed) == 0 {
                if let Some(maker) = locked(&stream.events).maker.take() {
                    maker.abort();
                }
                stream.end(Event::left());
            }
        };
        // Without a runtime the process is ending, and everything with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(leave);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::answer::{Answer, Status, Usage};
    use crate::chat::event::Done;

    fn ids() -> (RecordId, Owner) {
        (RecordId::fresh(), Owner { user: RecordId::fresh(), product: RecordId::fresh() })
    }

    fn new(message: RecordId, owner: Owner) -> NewStream {
        NewStream { message, owner, basis: Basis::default(), key: None, replayed_after: None }
    }

    fn text(bytes: &[Bytes]) -> String {
        String::from_utf8(bytes.concat()).expect("text")
    }

    fn done() -> Event {
        let answer = Answer::new(Status::Answered, "");
        Event::Done(Box::new(Done { answer, usage: Usage::default(), data: Value::Null }))
    }

    #[tokio::test]
    async fn events_are_read_live_and_again_without_gaps() {
        let streams = EventStreams::default();
        let (message, owner) = ids();
        let stream = streams.begin(new(message, owner), |stream| async move {
            for n in 0..3 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                stream.report(&Event::TextDelta(format!("{n}")));
            }
            stream.report(&done());
            stream.report(&done());
        });
        let live: Vec<Bytes> = stream.read(0, |value| value).collect().await;
        let reported = text(&live);
        for seq in 1..=4 {
            assert!(reported.contains(&format!("id: {message}:{seq}\n")), "{reported}");
        }
        assert_eq!(reported.matches("event: done").count(), 1);
        let again = streams.find(message, owner).expect("it is kept");
        assert!(again.has(2) && !again.has(5));
        let rest: Vec<Bytes> = again.read(2, |value| value).collect().await;
        assert_eq!(rest, live[2..]);
        let other = Owner { user: RecordId::fresh(), ..owner };
        assert!(streams.find(message, other).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_makes_an_answer_ends_when_nobody_reads() {
        struct Ends(watch::Sender<bool>);
        impl Drop for Ends {
            fn drop(&mut self) {
                self.0.send_replace(true);
            }
        }
        let streams = EventStreams::default();
        let (message, owner) = ids();
        let (sender, mut ended) = watch::channel(false);
        let stream = streams.begin(new(message, owner), |_| async move {
            let _ends = Ends(sender);
            std::future::pending::<()>().await;
        });
        let mut reading = Box::pin(stream.read(0, |value| value));
        assert_eq!(reading.next().await.as_deref(), Some(&b": hb\n\n"[..]));
        // Who comes back in time finds it running.
        drop(reading);
        tokio::time::sleep(ALONE / 2).await;
        let reading = Box::pin(streams.find(message, owner).expect("running").read(0, |value| value));
        tokio::time::sleep(ALONE * 2).await;
        assert!(!*ended.borrow());
        drop(reading);
        ended.changed().await.expect("told");
        tokio::time::sleep(ALONE).await;
        let rest: Vec<Bytes> = streams.find(message, owner).expect("kept").read(0, |value| value).collect().await;
        assert!(text(&rest).contains(r#""status":"failed""#), "{rest:?}");
    }

    #[tokio::test]
    async fn what_was_told_elsewhere_keeps_its_numbers_and_has_ids_of_its_own() {
        let streams = EventStreams::default();
        let (message, owner) = ids();
        let new_stream = NewStream { replayed_after: Some(3), ..new(message, owner) };
        let stream = streams.begin(new_stream, |stream| async move { stream.report(&done()) });
        let told: Vec<Bytes> = stream.clone().read(3, |value| value).collect().await;
        let replay = stream.replay().expect("it is told anew");
        let id = format!("{message}:4:{replay}");
        assert!(text(&told).contains(&format!("id: {id}\n")), "{told:?}");
        assert_eq!(EventId::parse(&id, message), Some(EventId { number: 4, replay: Some(replay) }));
        for wrong in ["", "4", ":", ":-1", ":4:x", ":4294967296"] {
            assert_eq!(EventId::parse(&format!("{message}{wrong}"), message), None, "{wrong}");
        }
        assert_eq!(EventId::parse(&id, owner.user), None);
        assert!(stream.has(3) && stream.has(4) && !stream.has(2) && !stream.has(5));
        let rest: Vec<Bytes> = stream.read(4, |value| value).collect().await;
        assert!(rest.is_empty());
    }

    #[tokio::test]
    async fn a_maker_that_breaks_down_is_told_of() {
        let streams = EventStreams::default();
        let (message, owner) = ids();
        let stream = streams.begin(new(message, owner), |_| async {});
        let reported: Vec<Bytes> = stream.read(0, |value| value).collect().await;
        assert!(text(&reported).contains("event: error") && text(&reported).contains("event: done"));
    }
}
