//! Server-sent events: those by which another door tells what it makes, and the pieces of a page that the script gets so.

use bytes::Bytes;
use emporion_edge::stream::Pieces;
use futures_util::stream::Fuse;
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;

/// What another door tells, event by event.
pub struct Events(Fuse<Pieces>);

pub enum Received {
    Event {
        name: String,
        data: Value,
    },
    /// Nothing yet; it goes on.
    Beat,
}

impl Events {
    pub fn of(pieces: Pieces) -> Events {
        Events(pieces.fuse())
    }

    /// What is told next, and whatever is there behind it already; nothing at the end.
    pub async fn next(&mut self) -> Vec<Received> {
        let mut told = Vec::from_iter(self.0.next().await);
        while let Some(Some(more)) = self.0.next().now_or_never() {
            told.push(more);
        }
        told.iter().map(|piece| Received::of(piece)).collect()
    }
}

impl Received {
    /// Doors send each event as one piece.
    fn of(piece: &[u8]) -> Received {
        let field = |name: &[u8]| piece.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name));
        match (field(b"event: "), field(b"data: ").map(serde_json::from_slice)) {
            (Some(name), Some(Ok(data))) => Received::Event { name: String::from_utf8_lossy(name).into_owned(), data },
            _ => Received::Beat,
        }
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
    use super::*;

    #[test]
    fn what_is_there_is_read_at_once() {
        let sent =
            [&b"id: 1:1\nevent: status\ndata: {\"stage\":\"x\"}\n\n"[..], b": hb\n\n", b"event: done\ndata: {}\n\n"];
        // One that is not to be asked once more when it has ended.
        let pieces = futures_util::stream::unfold(sent.into_iter(), |mut rest| async move {
            Some((Bytes::from_static(rest.next()?), rest))
        });
        let mut events = Events::of(Box::pin(pieces));
        let told = events.next().now_or_never().expect("it is there");
        let names: Vec<&str> = told
            .iter()
            .map(|one| match one {
                Received::Event { name, .. } => name.as_str(),
                Received::Beat => "",
            })
            .collect();
        assert_eq!(names, ["status", "", "done"]);
        assert!(events.next().now_or_never().is_some_and(|told| told.is_empty()));
    }

    #[test]
    fn a_piece_is_one_event_whatever_lines_it_has() {
        assert_eq!(piece("<pre>a\n\nb</pre>\n"), "event: piece\ndata: <pre>a\ndata: \ndata: b</pre>\n\n");
        assert_eq!(piece("a\rb\r\nc"), "event: piece\ndata: a\ndata: b\ndata: c\n\n");
    }
}
