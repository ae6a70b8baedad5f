//! How much of a server's words is listened to. A server can say whatever it likes: rows without end, one cell of a
//! gigabyte, notices for ever. What a call takes of it is bounded in rows and in bytes here, for every driver, and in
//! seconds by the call itself.
//!
//! Bytes are counted where they come in, beneath the driver ([`Metered`]), so that no part of a protocol is forgotten.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::{ErrorKind, SourceError};

/// What is taken of one source's catalogue: of one that tells more, nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of all its catalogue queries together: a table, a column, a key is one.
    pub rows: u64,
    /// That come in for them.
    pub bytes: u64,
    /// For all of it, at most, whatever a caller is ready to wait.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { rows: 1_000_000, bytes: 128 << 20, time: Duration::from_secs(3600) }
    }
}

impl Bounds {
    /// For what is asked beside a catalogue: who the server is, what a statement would cost or answer.
    pub(crate) const SMALL: Bounds = Bounds { rows: 10_000, bytes: 4 << 20, time: Duration::from_secs(3600) };
}

/// Of no table come more columns; the widest of any system that is read has 32,767.
pub(crate) const MOST_COLUMNS: usize = 32_767;
/// Times that one call may speak to its server and be answered, types of columns that are looked up among them.
const MOST_TURNS: u64 = 512;

/// What all calls together hold of what came in, whoever makes them.
static HELD: AtomicU64 = AtomicU64::new(0);
/// What they may; of larger bounds four times as much.
const ROOM: u64 = 512 << 20;

/// What may still come in on one connection.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    allowed: AtomicU64,
    left: AtomicU64,
    turns: AtomicU64,
    /// Of the whole call, which keeps what it was told until it ends.
    held: AtomicU64,
    room: u64,
    spent: OnceLock<Spent>,
}

/// Why nothing comes in any more.
#[derive(Debug, Clone, Copy)]
enum Spent {
    Bytes(u64),
    Turns,
    Room,
}

impl Drop for Counts {
    fn drop(&mut self) {
        HELD.fetch_sub(*self.held.get_mut(), Ordering::Relaxed);
    }
}

impl Meter {
    /// Of a call whose catalogue queries have these bounds. What may come in at first is a little.
    pub fn new(bounds: Bounds) -> Meter {
        Meter(Arc::new(Counts {
            allowed: AtomicU64::new(Bounds::SMALL.bytes),
            left: AtomicU64::new(Bounds::SMALL.bytes),
            turns: AtomicU64::new(MOST_TURNS),
            held: AtomicU64::new(0),
            room: bounds.bytes.saturating_mul(4).max(ROOM),
            spent: OnceLock::new(),
        }))
    }

    /// From here on `bytes` may come in, of the `all` that whoever asks is told of.
    pub fn allow(&self, bytes: u64, all: u64) {
        self.0.allowed.store(all, Ordering::Relaxed);
        self.0.left.store(bytes, Ordering::Relaxed);
        self.0.turns.store(MOST_TURNS, Ordering::Relaxed);
    }

    /// Why nothing comes in any more, where that is because of a bound.
    pub fn fault(&self) -> Option<SourceError> {
        let limit = |message: &str| SourceError::new(ErrorKind::Limit, message);
        self.0.spent.get().map(|spent| match spent {
            Spent::Bytes(most) => too_many_bytes(*most),
            Spent::Turns => limit("the source's types refer to one another without end"),
            Spent::Room => limit("sources are telling more at once than there is room for; try again later"),
        })
    }

    fn came_in(&self, bytes: u64) -> io::Result<()> {
        let Counts { allowed, left, held, room, .. } = &*self.0;
        held.fetch_add(bytes, Ordering::Relaxed);
        if HELD.fetch_add(bytes, Ordering::Relaxed) + bytes > *room {
            self.end(Spent::Room);
        }
        let before = left.load(Ordering::Relaxed);
        left.store(before.saturating_sub(bytes), Ordering::Relaxed);
        if bytes > before {
            self.end(Spent::Bytes(allowed.load(Ordering::Relaxed)));
        }
        self.goes_on()
    }

    fn speaks_again(&self) -> io::Result<()> {
        let before = self.0.turns.load(Ordering::Relaxed);
        self.0.turns.store(before.saturating_sub(1), Ordering::Relaxed);
        if before == 0 {
            self.end(Spent::Turns);
        }
        self.goes_on()
    }

    fn end(&self, spent: Spent) {
        // The first reason stands.
        let _ = self.0.spent.set(spent);
    }

    fn goes_on(&self) -> io::Result<()> {
        if self.0.spent.get().is_some() { Err(io::Error::other("more than may come in")) } else { Ok(()) }
    }
}

fn too_many_bytes(most: u64) -> SourceError {
    SourceError::new(ErrorKind::Limit, format!("the source sends more than the {most} bytes that are taken of it"))
}

pub(crate) fn too_many_columns() -> SourceError {
    SourceError::new(ErrorKind::Limit, format!("the source tells of more than {MOST_COLUMNS} columns in one table"))
}

/// A connection whose bytes and turns are counted.
pub(crate) struct Metered<S> {
    inner: S,
    meter: Meter,
    /// Something came in since something was sent.
    was_answered: bool,
}

impl<S> Metered<S> {
    pub fn new(inner: S, meter: Meter) -> Metered<S> {
        Metered { inner, meter, was_answered: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let came = (buf.filled().len() - before) as u64;
        self.was_answered |= came > 0;
        Poll::Ready(self.meter.came_in(came))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.was_answered) {
            self.meter.speaks_again()?;
        }
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Does what takes long by itself, so that nobody else waits for it.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let failed = |_| SourceError::new(ErrorKind::Failed, "what the source told could not be read");
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

/// One row of a catalogue query, as text.
pub(crate) type Cells = Vec<Option<String>>;

/// What is left of [`Bounds`] while a call asks one catalogue query after another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    bounds: Bounds,
    left: Bounds,
}

impl Allowance {
    pub fn new(bounds: Bounds) -> Allowance {
        Allowance { bounds, left: bounds }
    }

    /// Lets come in what is left for the next query. Framing is not counted with the rows: there is a little room for it.
    pub fn give(&self, meter: &Meter) {
        meter.allow(self.left.bytes + (64 << 10), self.bounds.bytes);
    }

    /// Takes what is made of rows beside themselves.
    pub fn charge(&mut self, size: u64) -> Result<(), SourceError> {
        self.left.bytes = self.left.bytes.checked_sub(size).ok_or_else(|| too_many_bytes(self.bounds.bytes))?;
        Ok(())
    }

    /// Takes a row.
    pub fn take(&mut self, size: u64) -> Result<(), SourceError> {
        self.left.rows = self.left.rows.checked_sub(1).ok_or_else(|| {
            let message = format!("the source tells more than the {} rows that are taken of it", self.bounds.rows);
            SourceError::new(ErrorKind::Limit, message)
        })?;
        self.charge(size)
    }
}

/// The rows of one catalogue query, in two pieces of memory whatever their number: strings of their own would take
/// several times what a server has to send for them.
#[derive(Debug, Default)]
pub(crate) struct Told {
    texts: String,
    /// For each cell where its text ends; `None` for no value.
    ends: Vec<Option<u32>>,
    /// Cells in a row.
    width: usize,
}

impl Told {
    /// Rows of so many cells. The first row decides where it is not known before.
    pub fn push<'c>(
        &mut self,
        cells: impl Iterator<Item = Option<&'c str>>,
        allowance: &mut Allowance,
    ) -> Result<(), SourceError> {
        let (begin, cells_before) = (self.texts.len(), self.ends.len());
        for cell in cells {
            if let Some(text) = cell {
                self.texts.push_str(text);
            }
            let end = u32::try_from(self.texts.len()).map_err(|_| too_many_bytes(u64::from(u32::MAX)))?;
            self.ends.push(cell.map(|_| end));
        }
        let width = self.ends.len() - cells_before;
        if cells_before == 0 {
            self.width = width;
        }
        if width != self.width || width == 0 {
            return Err(SourceError::new(ErrorKind::Failed, "the source answers rows of another width than it said"));
        }
        allowance.take((self.texts.len() - begin + size_of::<Option<u32>>() * width) as u64)
    }

    pub fn len(&self) -> usize {
        self.ends.len().checked_div(self.width).unwrap_or_default()
    }

    /// The rows, each made when it is asked for.
    pub fn rows(&self) -> impl Iterator<Item = Cells> + '_ {
        let mut begin = 0;
        self.ends.chunks(self.width.max(1)).map(move |cells| {
            let cut = |end: &Option<u32>| {
                end.map(|end| {
                    let text = self.texts[begin..end as usize].to_owned();
                    begin = end as usize;
                    text
                })
            };
            cells.iter().map(cut).collect()
        })
    }

    /// The first cell that has a value.
    pub fn first(&self) -> Option<String> {
        self.rows().flatten().flatten().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut told = Told::default();
        let mut allowance = Allowance::new(Bounds::SMALL);
        let rows = [[Some("a"), None, Some("")], [None, Some("bc"), Some("d")]];
        for row in rows {
            told.push(row.into_iter(), &mut allowance).unwrap();
        }
        let back: Vec<Cells> = told.rows().collect();
        assert_eq!(back, rows.map(|row| row.map(|cell| cell.map(str::to_owned)).to_vec()));
        assert_eq!((told.len(), told.first().as_deref()), (2, Some("a")));
        assert_eq!(told.push([None].into_iter(), &mut allowance).unwrap_err().kind, ErrorKind::Failed);
        assert!(Told::default().rows().next().is_none());
    }

    #[test]
    fn an_allowance_is_of_all_queries_together_and_says_which_bound_it_was() {
        let mut allowance = Allowance::new(Bounds { rows: 3, bytes: 100, ..Bounds::SMALL });
        let (mut one, mut other) = (Told::default(), Told::default());
        let push =
            |told: &mut Told, allowance: &mut Allowance, text: &str| told.push([Some(text)].into_iter(), allowance);
        push(&mut one, &mut allowance, "a").unwrap();
        push(&mut other, &mut allowance, "b").unwrap();
        let error = push(&mut other, &mut allowance, &"c".repeat(100)).unwrap_err();
        assert!(error.kind == ErrorKind::Limit && error.message.contains("100 bytes"), "{error}");
        let error = push(&mut other, &mut allowance, "").unwrap_err();
        assert!(error.kind == ErrorKind::Limit && error.message.contains("3 rows"), "{error}");
    }
}
