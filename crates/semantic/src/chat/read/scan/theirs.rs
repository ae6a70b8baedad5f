//! What is shown of each thing: "vessels with their number of sailings", "ports and their berths".

use super::super::items::Item;
use super::super::reader::{Reader, Sequence};
use super::super::resolver::is_extreme;
use super::figures::COUNTS;
use super::nouns::ARTICLES;
use crate::chat::lexicon::Part;
use crate::chat::query::{Aggregate, Measure};
use crate::chat::words::Phrases;

static THEIR: Phrases = Phrases::named("scan.theirs.THEIR");
/// Tokens that may stand between these words and the figure.
const NEAR: usize = 5;

impl Reader<'_> {
    pub fn theirs(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        steps.extend(self.their_end(at).map(|end| (end, Item::Their)));
        // "their number of berths", of which each has so many.
        let Some(of) = self.thing_before(at).filter(|_| self.is_behind_their(at)) else { return };
        let counted = self.any(at, &COUNTS).map(|end| self.parts(self.past(end, &ARTICLES)));
        steps.extend(counted.into_iter().flatten().filter_map(|(end, part)| match part {
            Part::Field(id) if self.is_figure(*id) && self.ground.field(*id).dataset == of => {
                Some((end, Item::Theirs(*id)))
            }
            _ => None,
        }));
    }

    /// Behind "and their", "with the" where a figure follows that no number is compared with.
    fn their_end(&self, at: usize) -> Option<usize> {
        if let Some(end) = self.any(at, &THEIR) {
            return Some(end);
        }
        let end = self.any(at, &["with the", "with"]).filter(|_| self.thing_before(at).is_some())?;
        let is_shown = |(behind, measure, ..): &(usize, Measure, _, _)| {
            let behind = self.past(*behind, &["is", "are", "was", "were", "of"]);
            let is_compared = behind < self.tokens.len() && !self.comparisons(behind).is_empty();
            !is_extreme(measure) && !is_compared
        };
        let is_counted = self.any(end, &COUNTS).is_some() || self.any(end, &["total", "average"]).is_some();
        (is_counted && self.figures(end).iter().any(is_shown)).then_some(end)
    }

    /// These words stand right before.
    fn is_behind_their(&self, at: usize) -> bool {
        (at.saturating_sub(NEAR)..at)
            .any(|from| self.their_end(from).is_some_and(|end| at <= end.max(self.past(end, &ARTICLES))))
    }

    /// A figure behind these words is that of each thing, and what each has is no sum.
    pub fn is_theirs_otherwise(&self, before: &Sequence, at: usize, measure: &Measure) -> bool {
        let is_own = |measure: &Measure| match measure {
            Measure::Of { aggregate: Aggregate::Sum, field } => {
                self.thing_before(at) == Some(self.ground.field(*field).dataset)
            }
            _ => false,
        };
        let is_their = matches!(before.items.last(), Some((_, _, Item::Their)));
        self.is_behind_their(at) && (!is_their || is_own(measure))
    }
}
