//! Answers whose bytes are made while they are sent.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use emporion_catalog::questions::Questions;
use hyper::body::{Body, Frame, SizeHint};
use parking_lot::Mutex;

/// What is made while it is sent, in order.
pub type Pieces = Pin<Box<dyn futures_util::Stream<Item = Bytes> + Send>>;

/// Pieces of an answer, in order. When whoever asked goes away they are dropped, and with them what makes them.
///
/// They are made once: of several copies the one that is sent first has them, the others are empty. So an answer with
/// pieces is not one to keep.
#[derive(Clone)]
pub struct Stream(Arc<Mutex<Option<Pieces>>>);

impl Stream {
    pub fn of(pieces: impl futures_util::Stream<Item = Bytes> + Send + 'static) -> Stream {
        Stream(Arc::new(Mutex::new(Some(Box::pin(pieces)))))
    }

    /// The pieces, for who reads them inside of the server; `None` where a copy has had them.
    pub fn pieces(self) -> Option<Pieces> {
        self.0.lock().take()
    }

    pub(crate) fn sent(self, questions: Questions, ended: impl FnOnce() + Send + 'static) -> Sent {
        match self.pieces() {
            Some(pieces) => Sent::Piecewise { pieces, questions, ended: Some(Box::new(ended)) },
            None => {
                ended();
                Sent::Whole(None)
            }
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

/// The body of a response as the server sends it.
pub enum Sent {
    Whole(Option<Bytes>),
    Piecewise {
        pieces: Pieces,
        /// Counts what making them asks.
        questions: Questions,
        /// Called when the last piece was taken; dropped uncalled when nobody takes it.
        ended: Option<Box<dyn FnOnce() + Send>>,
    },
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Sent::Whole(bytes) => {
                Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty()).map(|b| Ok(Frame::data(b))))
            }
            Sent::Piecewise { pieces, questions, ended } => {
                questions.while_doing(|| pieces.as_mut().poll_next(cx)).map(|piece| {
                    if piece.is_none()
                        && let Some(ended) = ended.take()
                    {
                        ended();
                    }
                    piece.map(|bytes| Ok(Frame::data(bytes)))
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Sent::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            // The end is told by the pieces, so that it is noticed.
            Sent::Piecewise { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Sent::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Sent::Piecewise { .. } => SizeHint::default(),
        }
    }
}
