//! Requests whose heads cannot be read: they are too long, or no HTTP. The HTTP library answers them by itself, with a bare
//! status. Here the answer gets the form of the door that was called, as far as the head could be made out, or a plain one;
//! and since more of the request may be on its way, the connection ends once that has come: closed before, it would take
//! the answer along.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::answer::Answer;
use crate::app::App;

/// What is kept of a head: enough to find a door by.
const MOST_HEARD: usize = 1 << 10;
/// What is waited for behind an answer to a broken head, and for how long.
const MOST_LEFT: usize = 4 << 20;
const LEAVING_TIME: Duration = Duration::from_secs(2);
/// The names of the headers of the library's own answers. Ours have others as well.
const BARE: [&str; 3] = ["connection", "content-length", "date"];

/// A connection that answers for the library.
pub struct Unread<S> {
    stream: S,
    app: Arc<App>,
    /// What was received since the last answer began, as far as it is kept.
    heard: Vec<u8>,
    /// What is sent in the place of the library's answer, and how much of it is.
    instead: Option<(Bytes, usize)>,
    leaving: Option<Leaving>,
    is_shut: bool,
}

struct Leaving {
    until: Pin<Box<Sleep>>,
    room: usize,
}

impl<S> Unread<S> {
    pub fn new(stream: S, app: Arc<App>) -> Unread<S> {
        Unread { stream, app, heard: Vec::new(), instead: None, leaving: None, is_shut: false }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Unread<S> {
    /// What is to be sent for an answer of the library's own.
    fn look(&mut self, head: &[u8]) {
        let Some((status, date)) = bare(head) else { return self.heard.clear() };
        let (method, path) = called(&self.heard);
        let answer = self.app.unread(status, method.clone(), path);
        self.instead = Some((printed(answer, date, method == Method::HEAD), 0));
        self.leaving = Some(Leaving { until: Box::pin(sleep_until(Instant::now() + LEAVING_TIME)), room: MOST_LEFT });
    }

    /// Sends what is sent in the place of `taken` bytes.
    fn poll_instead(&mut self, cx: &mut Context<'_>, taken: usize) -> Poll<io::Result<usize>> {
        while let Some((bytes, sent)) = &mut self.instead {
            if *sent == bytes.len() {
                self.instead = None;
                break;
            }
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[*sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *sent += more,
            }
        }
        Poll::Ready(Ok(taken))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unread<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let fresh = &buf.filled()[before..];
        let room = MOST_HEARD.saturating_sub(this.heard.len());
        this.heard.extend_from_slice(&fresh[..fresh.len().min(room)]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Unread<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_none() {
            this.look(buf);
        }
        match this.instead {
            Some(_) => this.poll_instead(cx, buf.len()),
            None => Pin::new(&mut this.stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_none() {
            match bufs.iter().filter(|buf| !buf.is_empty()).collect::<Vec<_>>()[..] {
                [only] => this.look(only),
                _ => this.heard.clear(),
            }
        }
        match this.instead {
            Some(_) => this.poll_instead(cx, bufs.iter().map(|buf| buf.len()).sum()),
            None => Pin::new(&mut this.stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.is_shut = true;
        }
        let Some(leaving) = &mut this.leaving else { return Poll::Ready(Ok(())) };
        let mut scratch = [0; 4_096];
        while leaving.room > 0 && leaving.until.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => leaving.room = leaving.room.saturating_sub(buf.filled().len()),
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The status of an answer of the library's own, with the date that it bears. Those of doors say more of themselves.
fn bare(head: &[u8]) -> Option<(StatusCode, &str)> {
    let head = head.strip_prefix(b"HTTP/1.1 ")?.strip_suffix(b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.get(..3)?.parse().ok()?;
    let mut date = "";
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        if !BARE.contains(&name) || (name == "content-length" && value != "0") {
            return None;
        }
        if name == "date" {
            date = value;
        }
    }
    let is_meant = [StatusCode::BAD_REQUEST, StatusCode::URI_TOO_LONG, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE];
    is_meant.contains(&status).then_some((status, date))
}

/// The method and the path of a request, as far as they can be made out.
fn called(heard: &[u8]) -> (Method, String) {
    let end = heard.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(heard.len());
    let line = String::from_utf8_lossy(&heard[..end]);
    let mut words = line.split(' ');
    let method = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
    let target = words.next().filter(|target| target.starts_with('/')).unwrap_or_default();
    (method, target.split('?').next().unwrap_or_default().to_owned())
}

fn printed(answer: Answer, date: &str, is_head: bool) -> Bytes {
    let body = answer.whole().cloned().unwrap_or_default();
    let status = answer.status;
    let mut text = format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    text += &format!("connection: close\r\ncontent-length: {}\r\n", body.len());
    if !date.is_empty() {
        text += &format!("date: {date}\r\n");
    }
    let mut bytes = text.into_bytes();
    for (name, value) in &answer.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    if !is_head {
        bytes.extend_from_slice(&body);
    }
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_answers_are_told_from_those_of_doors() {
        let of = |text: &str| bare(text.as_bytes()).map(|(status, date)| (status.as_u16(), date.to_owned()));
        let automatic = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        assert_eq!(of(automatic), Some((431, "now".to_owned())));
        assert_eq!(of("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: 1\r\n\r\n"), None);
        assert_eq!(of("HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\n"), None);
        assert_eq!(of("HTTP/1.1 204 No Content\r\n\r\n"), None);
        assert_eq!(of("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nx"), None);
    }

    #[test]
    fn a_door_is_made_out_of_what_was_heard() {
        let of = |text: &str| called(text.as_bytes());
        assert_eq!(of("PUT /a/b?c=d HTTP/1.1\r\nx: y"), (Method::PUT, "/a/b".to_owned()));
        assert_eq!(of("GET /aaaa"), (Method::GET, "/aaaa".to_owned()));
        assert_eq!(of("\u{16}\u{3}\u{1}"), (Method::GET, String::new()));
    }
}
