//! Revisions as this API counts them: states of a record that differ in content, each with when and by whom it came.
//!
//! The core keeps every state. Those with the same content revision differ in what this API cannot say (owners, for
//! one); the first of them is when the revision was made, the last one is what it holds.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::id::Revision;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, Stamp, State, View};
use emporion_catalog::relation::{HAS_ASSET, Relation, TAGGED};

/// States read at once.
const CHUNK: u32 = 128;
/// What of a past revision is shown although it is deleted.
const KEPT: &[Relation] = &[HAS_ASSET, TAGGED];

/// One revision.
#[derive(Debug, Clone)]
pub struct Made {
    pub number: u32,
    pub stamp: Stamp,
    /// The oldest state of the revision; older ones belong to earlier revisions.
    oldest: Revision,
}

/// A page of revisions, newest first, older than `before`; and whether there are more.
pub async fn list(
    reading: &Reading<'_>,
    record: &Record,
    before: Option<Revision>,
    size: usize,
) -> Result<(Vec<Made>, bool), Problem> {
    let mut found: Vec<Made> = Vec::new();
    let mut before = before;
    loop {
        let states = reading.history(record, before, CHUNK).await?;
        let is_last = states.len() < CHUNK as usize;
        before = states.last().map(|state| state.revision);
        for state in states {
            let made = Made { number: state.content_revision, stamp: made_at(&state), oldest: state.revision };
            if found.last().is_some_and(|newer| newer.number == made.number) {
                found.pop();
            } else if found.len() == size {
                return Ok((found, true));
            }
            found.push(made);
        }
        if is_last {
            return Ok((found, false));
        }
    }
}

impl Made {
    /// Where the next page begins.
    pub fn place(&self) -> u64 {
        self.oldest.0
    }
}

/// When and by whom the record's present revision was made.
pub async fn present(reading: &Reading<'_>, record: &Record) -> Result<Stamp, Problem> {
    if record.content_revision == 1 {
        return Ok(record.created.clone());
    }
    // Where every change was one of content, the last change is the one; no history is needed.
    if u64::from(record.content_revision) == record.revision.0 {
        return Ok(record.updated.clone());
    }
    let (found, _) = list(reading, record, None, 1).await?;
    Ok(found.into_iter().next().map_or_else(|| record.updated.clone(), |made| made.stamp))
}

/// A past revision as it was in the end, with its stamp. `None` for a number that no revision has.
pub async fn past(reading: &Reading<'_>, present: &Record, number: u32) -> Result<Option<(View, Stamp)>, Problem> {
    let mut last: Option<Record> = None;
    let mut stamp = None;
    let mut before = None;
    'reading: loop {
        let states = reading.history(present, before, CHUNK).await?;
        let is_last = states.len() < CHUNK as usize;
        before = states.last().map(|state| state.revision);
        for state in states {
            if state.content_revision < number {
                break 'reading;
            }
            if state.content_revision == number {
                stamp = Some(made_at(&state));
                last.get_or_insert(state);
            }
        }
        if is_last {
            break;
        }
    }
    let (Some(record), Some(stamp)) = (last, stamp) else { return Ok(None) };
    let mut view = reading.past_view(record).await?;
    bring_back(&mut view);
    Ok(Some((view, stamp)))
}

/// A snapshot never changes: what the record held and was labelled with then it shows, whatever has become of it since.
fn bring_back(view: &mut View) {
    for edge in view.edges.iter().filter(|edge| KEPT.contains(&edge.relation)) {
        if let Some(card) = view.cards.get_mut(&edge.to).filter(|card| !card.state.is_alive()) {
            Arc::make_mut(card).state = State::Alive;
        }
    }
}

/// Reads a revision as clients write it: a decimal number without leading zeros.
pub fn parse(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

fn made_at(state: &Record) -> Stamp {
    if state.content_revision == 1 { state.created.clone() } else { state.updated.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_plain_decimals() {
        assert_eq!(parse("12"), Some(12));
        for text in ["", "0", "01", "+1", "1.0", "x", "-1", "4294967296"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
