//! Reads a request's body whole, within a length and a time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;

use crate::body_budget::{Held, NoRoom, Standing};
use crate::weight::weight;

/// What is thrown away of a body that is too long, so that the client gets to read its answer instead of a reset.
const MOST_DISCARDED: u64 = 16 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(5);
/// Reserved on the word of `Content-Length`; longer bodies grow as they really arrive.
const MOST_RESERVED: usize = 1 << 20;

#[derive(Debug, PartialEq, Eq)]
pub enum BodyError {
    /// More than the limit, whatever `Content-Length` said.
    TooLarge,
    NoRoom(NoRoom),
    /// The connection failed or the framing is broken.
    Broken,
    Late,
}

/// Reads everything, or says why not. What arrives takes its room in `held` first, and whoever has proven who he is gets
/// what he announces at once, so that large bodies do not starve one another halfway; others get it as they send. Where there
/// is none yet, it is waited for before anything is read, and once more when everything is there.
pub async fn read_whole<B>(body: &mut B, limit: usize, time: Duration, held: &mut Held) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(BodyError::TooLarge);
    }
    if held.standing() == Standing::Proven {
        held.cover_in_turn(announced).await.map_err(BodyError::NoRoom)?;
    }
    let whole = tokio::time::timeout(time, collect(body, limit, held)).await.unwrap_or(Err(BodyError::Late))?;
    held.read(whole.len(), weight(&whole)).await.map_err(BodyError::NoRoom)?;
    Ok(whole)
}

async fn collect<B>(body: &mut B, limit: usize, held: &mut Held) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        if data.len() > limit - first.len().max(joined.len()) {
            return Err(BodyError::TooLarge);
        }
        held.cover(first.len().max(joined.len()) + data.len()).map_err(BodyError::NoRoom)?;
        if !joined.is_empty() {
            joined.extend_from_slice(&data);
        } else if first.is_empty() {
            // Most bodies arrive in one piece and are then passed on without a copy.
            first = data;
        } else {
            let announced = usize::try_from(body.size_hint().lower()).unwrap_or(MOST_RESERVED);
            joined.reserve(first.len() + data.len() + announced.min(MOST_RESERVED));
            joined.extend_from_slice(&first);
            joined.extend_from_slice(&data);
        }
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}

/// Throws the rest of a body away, within bounds. Answers whether its end was reached, so that the connection can
/// carry another request.
pub async fn discard<B>(body: &mut B) -> bool
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut left = MOST_DISCARDED;
    let all = async {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            if length > left {
                return false;
            }
            left -= length;
        }
        true
    };
    tokio::time::timeout(DISCARD_TIME, all).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{FutureExt, stream};
    use http_body_util::{Full, StreamBody};
    use hyper::body::Frame;

    use super::*;
    use crate::body_budget::BodyBudget;

    const TIME: Duration = Duration::from_millis(50);

    async fn read_whole<B>(body: &mut B, limit: usize, time: Duration) -> Result<Bytes, BodyError>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        super::read_whole(body, limit, time, &mut BodyBudget::new(1000, TIME).hold(Standing::Proven, None)).await
    }

    fn chunks(chunks: &[&'static str]) -> impl Body<Data = Bytes> + Unpin + use<> {
        let frames: Vec<_> = chunks.iter().map(|chunk| Ok::<_, Infallible>(Frame::data(Bytes::from(*chunk)))).collect();
        StreamBody::new(stream::iter(frames))
    }

    #[tokio::test]
    async fn chunks_are_joined_up_to_the_limit() {
        assert_eq!(read_whole(&mut chunks(&["ab", "", "cd", "e"]), 5, TIME).await, Ok(Bytes::from("abcde")));
        assert_eq!(read_whole(&mut chunks(&["ab", "cd", "ef"]), 5, TIME).await, Err(BodyError::TooLarge));
        assert_eq!(read_whole(&mut chunks(&["abcdef"]), 5, TIME).await, Err(BodyError::TooLarge));
        assert_eq!(read_whole(&mut chunks(&[]), 0, TIME).await, Ok(Bytes::new()));
    }

    #[tokio::test]
    async fn an_announced_length_over_the_limit_is_not_read() {
        assert_eq!(read_whole(&mut Full::new(Bytes::from("abcdef")), 5, TIME).await, Err(BodyError::TooLarge));
    }

    #[tokio::test]
    async fn a_body_takes_its_room_before_it_is_kept() {
        let budget = BodyBudget::new(40, Duration::ZERO);
        let mut full = budget.hold(Standing::Proven, None);
        assert_eq!(full.read(22, 22).await, Ok(()));
        let mut held = budget.hold(Standing::Proven, None);
        assert_eq!(super::read_whole(&mut chunks(&["ab", "cd"]), 100, TIME, &mut held).await, Ok(Bytes::from("abcd")));
        assert_eq!(budget.taken(), 30, "what it is read into counts, and what arrived no longer");
        for standing in [Standing::Proven, Standing::Nobody] {
            let mut held = budget.hold(standing, None);
            let read = super::read_whole(&mut chunks(&["ab", "c"]), 100, TIME, &mut held).await;
            assert_eq!(read, Err(BodyError::NoRoom(NoRoom::Crowded)));
        }
        drop((full, held));
        let read =
            super::read_whole(&mut chunks(&["abcdef"]), 100, TIME, &mut budget.hold(Standing::Nobody, None)).await;
        assert_eq!(read, Err(BodyError::NoRoom(NoRoom::TooMuch)));
    }

    #[tokio::test]
    async fn nothing_is_read_before_there_is_room() {
        let budget = BodyBudget::new(40, Duration::from_secs(60));
        let mut first = budget.hold(Standing::Proven, None);
        assert_eq!(first.cover(7), Ok(()));
        let mut held = budget.hold(Standing::Proven, None);
        let mut body = Full::new(Bytes::from("abcd"));
        let mut reading = Box::pin(super::read_whole(&mut body, 100, TIME, &mut held));
        assert_eq!((&mut reading).now_or_never(), None, "it waits");
        drop(first);
        assert_eq!(reading.await, Ok(Bytes::from("abcd")));
    }

    #[tokio::test]
    async fn a_body_that_stalls_is_late() {
        let mut stalled = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
        assert_eq!(read_whole(&mut stalled, 5, TIME).await, Err(BodyError::Late));
    }

    #[tokio::test]
    async fn a_failing_body_is_broken_and_cannot_be_discarded() {
        let fail = || StreamBody::new(stream::iter([Err::<Frame<Bytes>, _>(std::io::Error::other("reset"))]));
        assert_eq!(read_whole(&mut fail(), 5, TIME).await, Err(BodyError::Broken));
        assert!(!discard(&mut fail()).await);
        assert!(discard(&mut chunks(&["ab", "cd"])).await);
    }
}
