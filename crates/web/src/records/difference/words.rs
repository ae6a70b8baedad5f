//! Two texts beside each other, by their words or their lines. In the worst case it takes the product of their lengths, so it is
//! done beside the workers that answer requests, for so long of a page and as long as its reader waits.

use std::time::{Duration, Instant};

use emporion_edge::apart::apart;
use similar::{ChangeTag, DiffOp, TextDiff};

use super::{Difference, Piece};
use crate::fault::Fault;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

/// Longer texts are not compared word by word.
const LONGEST: usize = 20_000;
/// Texts of a page that are not longer together are compared where they are asked for.
const SHORT: usize = 1_000;
/// How long two texts are compared, and all those of a page; after it the rest counts as different.
const PATIENCE: Duration = Duration::from_millis(100);
const PATIENCE_OF_A_PAGE: Duration = Duration::from_millis(500);
/// Lines around a difference.
const AROUND: usize = 2;

/// The old text and the new one, with nothing said of what they have in common ([`compared`]); nothing of long ones.
pub(super) fn both(old: &str, new: &str) -> Vec<Piece> {
    if old.len() > LONGEST || new.len() > LONGEST {
        return Vec::new();
    }
    let piece = |text: &str, mark| Piece { text: text.to_owned(), mark };
    vec![piece(old, "del"), piece(new, "ins")]
}

/// Marks in what differs the words that do.
pub async fn compared(mut found: Vec<Difference>) -> Result<Vec<Difference>, Fault> {
    compare(found.iter_mut()).await?;
    Ok(found)
}

/// The same of all that is on a page.
pub async fn compare(found: impl Iterator<Item = &mut Difference>) -> Result<(), Fault> {
    let is_both = |words: &[Piece]| matches!(words, [old, new] if (old.mark, new.mark) == ("del", "ins"));
    let found: Vec<&mut Difference> = found.filter(|one| is_both(&one.words)).collect();
    let texts: Vec<Vec<Piece>> = found.iter().map(|one| one.words.iter().map(Piece::clone).collect()).collect();
    let length: usize = texts.iter().flatten().map(|piece| piece.text.len()).sum();
    let words = match length <= SHORT {
        true => texts.into_iter().map(|both| by_words(both, PATIENCE)).collect(),
        false => {
            let compare = move |wanted: &emporion_edge::apart::Wanted| {
                let until = Instant::now() + PATIENCE_OF_A_PAGE;
                let left =
                    || if wanted.is_still() { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
                texts.into_iter().map(|both| by_words(both, PATIENCE.min(left()))).collect::<Vec<_>>()
            };
            apart(compare).await?
        }
    };
    found.into_iter().zip(words).for_each(|(one, words)| one.words = words);
    Ok(())
}

/// What differs between the two; without any time left they stand as they are.
fn by_words(both: Vec<Piece>, patience: Duration) -> Vec<Piece> {
    let [old, new] = both.as_slice() else { return both };
    if patience.is_zero() {
        return both;
    }
    let diff = TextDiff::configure().timeout(patience).diff_words(&*old.text, &*new.text);
    pieces(diff.iter_all_changes().map(|change| (change.tag(), change.value().to_owned())))
}

/// Neighbours of one sort are one piece.
fn pieces(changes: impl Iterator<Item = (ChangeTag, String)>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (tag, text) in changes {
        let mark = match tag {
            ChangeTag::Equal => "",
            ChangeTag::Insert => "ins",
            ChangeTag::Delete => "del",
        };
        match pieces.last_mut() {
            Some(last) if last.mark == mark => last.text.push_str(&text),
            _ => pieces.push(Piece { text, mark }),
        }
    }
    pieces
}

/// A long text by its lines: each place where it differs, with what stands around it.
pub async fn lines(t: Texts, old: &str, new: &str) -> Result<Vec<Difference>, Fault> {
    if old.len() + new.len() <= SHORT {
        return Ok(by_lines(t, old, new));
    }
    let (old, new) = (old.to_owned(), new.to_owned());
    Ok(apart(move |_| by_lines(t, &old, &new)).await?)
}

fn by_lines(t: Texts, old: &str, new: &str) -> Vec<Difference> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let place = |group: &Vec<DiffOp>| {
        let line = group.first().map_or(0, |op| op.new_range().start) + 1;
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        let words = pieces(changes.map(|change| (change.tag(), shown_prose(change.value()))));
        Difference { rendered: t.with("diff.lines", &[("n", &t.number(line as u64))]), words }
    };
    diff.grouped_ops(AROUND).iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(pieces: &[Piece]) -> Vec<(&str, &str)> {
        pieces.iter().map(|piece| (piece.mark, piece.text.as_str())).collect()
    }

    fn differing(old: &str, new: &str) -> Difference {
        Difference { rendered: String::new(), words: both(old, new) }
    }

    #[tokio::test]
    async fn words_are_marked_where_they_differ() {
        let found =
            compared(vec![differing("all orders of a day", "all paid orders of a month")]).await.expect("compared");
        let marked = [("", "all "), ("ins", "paid "), ("", "orders of a "), ("del", "day"), ("ins", "month")];
        assert_eq!(reported(&found[0].words), marked);
        let long = |word: &str| format!("{word} {}", "and more ".repeat(200));
        let found = compared(vec![differing(&long("one"), &long("two"))]).await.expect("compared");
        assert_eq!(reported(&found[0].words)[..2], [("del", "one"), ("ins", "two")]);
        assert_eq!(found[0].words.len(), 3, "it is compared elsewhere, and to the same end");
    }

    #[test]
    fn without_time_both_stand_as_they_are() {
        let all = by_words(both("a b", "a c"), Duration::ZERO);
        assert_eq!(reported(&all), [("del", "a b"), ("ins", "a c")]);
        assert!(both(&"a".repeat(LONGEST + 1), "").is_empty());
    }

    #[tokio::test]
    async fn a_worker_does_other_things_while_texts_are_compared() {
        let numbered = |step: usize| (0..2_000).map(|n| format!("{} ", n * step % 1_999)).collect::<String>();
        let found = || (0..20).map(|n| differing(&numbered(7 + n), &numbered(31 + n))).collect::<Vec<_>>();
        let mut turns = 0_u64;
        let mut comparing = Box::pin(compared(found()));
        let done = loop {
            tokio::select! {
                biased;
                done = &mut comparing => break done.expect("compared"),
                () = tokio::task::yield_now() => turns += 1,
            }
        };
        assert_eq!(done.len(), 20);
        assert!(turns > 20, "the only worker had {turns} turns meanwhile");
    }

    #[tokio::test]
    async fn a_long_text_is_told_by_the_lines_that_differ() {
        let t = Texts::by_code("en").expect("English");
        let around = |from: usize, to: usize| (from..to).map(|n| format!("{n}\n")).collect::<String>();
        let text = |changed: &str| format!("{}{changed}\n{}", around(0, 20), around(21, 40));
        let (old, new) = (text("old"), text("new\u{200b}"));
        let found = lines(t, &old, &new).await.expect("compared");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rendered, "from line 19");
        let marked = [("", "18\n19\n"), ("del", "old\n"), ("ins", "new\u{fffd}\n"), ("", "21\n22\n")];
        assert_eq!(reported(&found[0].words), marked);
        assert!(lines(t, &old, &old).await.expect("compared").is_empty());
    }
}
