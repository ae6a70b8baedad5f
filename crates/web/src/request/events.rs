//! Server-sent events: the pieces of a page that the script gets, made of the events of an answer.

use std::pin::Pin;

use bytes::Bytes;
use emporion_products::chat::event_stream::Followed;
use futures_util::stream::Fuse;
use futures_util::{FutureExt, Stream, StreamExt};

/// What the service tells of an answer, event by event.
pub struct Events(Fuse<Pin<Box<dyn Stream<Item = Followed> + Send>>>);

impl Events {
    pub fn of(followed: impl Stream<Item = Followed> + Send + 'static) -> Events {
        let followed: Pin<Box<dyn Stream<Item = Followed> + Send>> = Box::pin(followed);
        Events(followed.fuse())
    }

    /// What is told next, and whatever is there behind it already; nothing at the end.
    pub async fn next(&mut self) -> Vec<Followed> {
        let mut reported = Vec::from_iter(self.0.next().await);
        while let Some(Some(more)) = self.0.next().now_or_never() {
            reported.push(more);
        }
        reported
    }
}

/// A piece of a page.
pub fn piece(html: &str) -> Bytes {
    // Each of the three ends of lines that events know ends one.
    let lines: String =
        html.replace("\r\n", "\n").replace('\r', "\n").lines().map(|line| format!("data: {line}\n")).collect();
    format!("event: piece\n{lines}\n").into()
}

/// Nothing yet: so it is noticed when nobody listens any more.
pub fn beat() -> Bytes {
    Bytes::from_static(b": hb\n\n")
}

#[cfg(test)]
mod tests {
    use emporion_products::chat::event::Event;

    use super::*;

    #[test]
    fn what_is_there_is_read_at_once() {
        let event = |number| Followed::Event { number, event: Event::TextDelta("x".to_owned()) };
        let sent = [event(1), Followed::Beat, event(2)];
        // One that is not to be asked once more when it has ended.
        let reported =
            futures_util::stream::unfold(sent.into_iter(), |mut rest| async move { Some((rest.next()?, rest)) });
        let mut events = Events::of(reported);
        let reported = events.next().now_or_never().expect("it is there");
        let numbers: Vec<usize> = reported
            .iter()
            .map(|one| match one {
                Followed::Event { number, .. } => *number,
                Followed::Beat => 0,
            })
            .collect();
        assert_eq!(numbers, [1, 0, 2]);
        assert!(events.next().now_or_never().is_some_and(|reported| reported.is_empty()));
    }

    #[test]
    fn a_piece_is_one_event_whatever_lines_it_has() {
        assert_eq!(piece("<pre>a\n\nb</pre>\n"), "event: piece\ndata: <pre>a\ndata: \ndata: b</pre>\n\n");
        assert_eq!(piece("a\rb\r\nc"), "event: piece\ndata: a\ndata: b\ndata: c\n\n");
    }
}
