//! A stream of a client's messages: each whole, no longer than it may be, and formed as PostgreSQL's documentation says
//! ("Message Formats"). Who reads on may trust the lengths in them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_io_timeout::TimeoutStream;

/// Codes of first messages.
const CANCEL: u32 = 80_877_102;
const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;
/// Read at once, at most.
const CHUNK: usize = 8 << 10;

/// Why nothing more is read of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    TooLong,
    /// A message is not as its kind has to be.
    Malformed,
}

pub struct Messages<S> {
    inner: Pin<Box<TimeoutStream<S>>>,
    /// Received and not handed out; so many of the first bytes are whole messages.
    received: BytesMut,
    whole: usize,
    /// He has said who he is, or that he cancels: from then on messages bear their kind.
    has_begun: bool,
    /// The bytes of one message.
    pub most: usize,
    pub fault: Option<Fault>,
}

impl<S: AsyncRead + AsyncWrite> Messages<S> {
    /// `begun`: what was received already.
    pub fn new(inner: TimeoutStream<S>, begun: BytesMut, most: usize) -> Messages<S> {
        Messages { inner: Box::pin(inner), received: begun, whole: 0, has_begun: false, most, fault: None }
    }

    /// The bytes of the next message; `None` while it is not whole.
    fn next(&mut self) -> Result<Option<usize>, Fault> {
        let head = usize::from(self.has_begun);
        let Some(length) = self.received.get(head..head + 4) else { return Ok(None) };
        let length = u32::from_be_bytes(length.try_into().unwrap_or_default()) as usize;
        let whole = head.saturating_add(length);
        if length < 4 {
            return Err(Fault::Malformed);
        }
        if whole > self.most {
            return Err(Fault::TooLong);
        }
        let Some(message) = self.received.get(..whole) else { return Ok(None) };
        let body = Body(&message[head + 4..]);
        let formed = match self.has_begun {
            true => body.formed(message[0]),
            false => body.first().inspect(|begins| self.has_begun = *begins).map(drop),
        };
        formed.map(|()| Some(whole)).ok_or(Fault::Malformed)
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for Messages<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.whole > 0 {
                let count = self.whole.min(buffer.remaining());
                buffer.put_slice(&self.received[..count]);
                self.received.advance(count);
                self.whole -= count;
                return Poll::Ready(Ok(()));
            }
            match self.next() {
                Ok(Some(whole)) => self.whole = whole,
                Ok(None) => {
                    let mut chunk = [0; CHUNK];
                    let mut chunk = ReadBuf::new(&mut chunk);
                    ready!(self.inner.as_mut().poll_read(cx, &mut chunk))?;
                    if chunk.filled().is_empty() {
                        return Poll::Ready(Ok(()));
                    }
                    self.received.extend_from_slice(chunk.filled());
                }
                Err(fault) => {
                    self.fault = Some(fault);
                    return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Messages<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.inner.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_shutdown(cx)
    }
}

/// What is left of a message to be looked at. Of what is not there, nothing is answered.
struct Body<'a>(&'a [u8]);

impl Body<'_> {
    /// Whether the first message of all begins a conversation, or asks for something before it.
    fn first(mut self) -> Option<bool> {
        let code = u32::from_be_bytes(self.0.get(..4)?.try_into().ok()?);
        self.skip(4)?;
        match code {
            SSL | GSS => self.ends().map(|()| false),
            CANCEL => (self.0.len() >= 8).then_some(true),
            _ => {
                // Names and values, and behind the last of them nothing.
                while self.0.first().is_some_and(|byte| *byte != 0) {
                    self.text()?;
                    self.text()?;
                }
                self.skip(1)?;
                self.ends().map(|()| true)
            }
        }
    }

    fn formed(mut self, kind: u8) -> Option<()> {
        match kind {
            b'P' => {
                self.text()?;
                self.text()?;
                let types = self.count()?;
                self.skip(types * 4)?;
            }
            b'B' => {
                self.text()?;
                self.text()?;
                let formats = self.count()?;
                self.skip(formats * 2)?;
                for _ in 0..self.count()? {
                    let length = i32::from_be_bytes(self.0.get(..4)?.try_into().ok()?);
                    self.skip(4)?;
                    match length {
                        -1 => {}
                        length => self.skip(usize::try_from(length).ok()?)?,
                    }
                }
                let formats = self.count()?;
                self.skip(formats * 2)?;
            }
            b'E' => {
                self.text()?;
                self.skip(4)?;
            }
            b'D' | b'C' => {
                self.skip(1)?;
                self.text()?;
            }
            b'Q' | b'f' => self.text()?,
            b'S' | b'H' | b'X' | b'c' => {}
            // A password; of answers to other requests none was asked for.
            b'p' => return self.0.ends_with(&[0]).then_some(()),
            _ => return Some(()),
        }
        self.ends()
    }

    fn text(&mut self) -> Option<()> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        self.skip(end + 1)
    }

    fn count(&mut self) -> Option<usize> {
        let count = i16::from_be_bytes(self.0.get(..2)?.try_into().ok()?);
        self.skip(2)?;
        usize::try_from(count).ok()
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.get(bytes..)?;
        Some(())
    }

    fn ends(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_formed(kind: u8, body: &[u8]) -> bool {
        Body(body).formed(kind).is_some()
    }

    #[test]
    fn messages_are_as_long_as_they_say() {
        assert!(is_formed(b'P', b"\0SELECT 1\0\0\x01\0\0\0\x17"));
        assert!(!is_formed(b'P', b"\0SELECT 1\0\0\x05"));
        assert!(is_formed(b'B', b"\0\0\0\0\0\x02\0\0\0\x01a\xff\xff\xff\xff\0\0"));
        assert!(!is_formed(b'B', b"\0\0\0\0\0\x01\0\x98\x96\x7f\0\0"));
        assert!(!is_formed(b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0"));
        assert!(!is_formed(b'B', b"\0\0\xff\xff"));
        for kind in [b'P', b'B', b'E', b'D', b'C', b'Q', b'p'] {
            assert!(!is_formed(kind, b""), "{}", kind as char);
        }
        assert!(is_formed(b'S', b"") && !is_formed(b'S', b"\0"));
    }

    #[test]
    fn a_conversation_begins_with_names_and_values() {
        let first = |body: &[u8]| Body(body).first();
        assert_eq!(first(b"\0\x03\0\0user\0ada\0\0"), Some(true));
        assert_eq!(first(b"\0\x03\0\0\0"), Some(true));
        assert_eq!(first(b"\0\x03\0\0user\0"), None);
        assert_eq!(first(b"\0\x03\0\0user\0ada\0"), None);
        assert_eq!(first(b"\x04\xd2\x16\x2f"), Some(false));
        assert_eq!(first(b"\x04\xd2\x16\x2e\0\0\0\x01"), None);
    }
}
