//! Synonyms of spending, which is the revenue of whoever asks: "who spent more than 50", "how much did Ann spend".

use super::super::items::{Item, Rank};
use super::super::reader::Reader;
use crate::chat::ground::{DatasetId, MetricId};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::Measure;
use crate::chat::schema_graph;
use crate::chat::words::Phrases;

const SPENT: [&str; 3] = ["spent", "spend", "spends"];
/// What the figure is called, the clearest word first.
const REVENUE: [&str; 3] = ["revenue", "sale", "turnover"];
/// Those whose spending is revenue.
static BUYERS: Phrases = Phrases::named("scan.spend_synonyms.BUYERS");
const PASSIVE: [&str; 6] = ["was", "were", "is", "are", "been", "being"];
const SELLERS: [&str; 5] = ["we", "i", "our", "us", "company"];

impl Reader<'_> {
    /// The figure of what was spent, behind its word.
    pub fn spent(&self, at: usize) -> Option<(usize, MetricId)> {
        let end = self.any(at, &SPENT)?;
        let end = self.any(end, &["with us"]).unwrap_or(end);
        // "was spent", "spent on shipping": by whom, and for what, is something else.
        let before = at.checked_sub(1);
        let is_others = before.is_some_and(|at| self.any(at, &SELLERS).or(self.any(at, &PASSIVE)).is_some());
        if self.parts(at).next().is_some() || is_others || (at..self.tokens.len()).any(|at| self.tokens[at].is("on")) {
            return None;
        }
        let called = |word: &&str| -> Vec<MetricId> {
            let is_it = |name: &Vec<String>| matches!(name.as_slice(), [one] if one == word);
            let all = (0..self.ground.metrics.len()).map(MetricId);
            all.filter(|id| phrases(&self.ground.metric(*id).names).iter().any(is_it)).collect()
        };
        let [figure] = REVENUE.iter().map(called).find(|figures| !figures.is_empty())?[..] else { return None };
        let home = schema_graph::home(self.ground, &Measure::Metric(figure))?;
        let reach = schema_graph::reach(self.ground, home);
        let is_buyer = |dataset: DatasetId| {
            let called = phrases(&self.ground.dataset(dataset).names);
            reach.contains(&dataset) && called.iter().flatten().any(|word| BUYERS.contains(&word.as_str()))
        };
        // Those who spent stand before the verb.
        let until = if self.tokens[at].is("spent") { at } else { self.tokens.len() };
        let said = (0..until).flat_map(|at| self.parts(at)).any(|(_, part)| match part {
            Part::Dataset(id) => is_buyer(*id),
            Part::Value(field, _) => is_buyer(self.ground.field(*field).dataset),
            _ => false,
        });
        said.then_some((end, figure))
    }

    /// What was taken for it.
    pub fn spent_note(&self) -> Option<String> {
        let (_, figure) = (0..self.tokens.len()).find_map(|at| self.spent(at))?;
        Some(format!("Took {} for what was spent.", self.ground.metric(figure).names.shown()))
    }

    /// "spent the most".
    pub fn most_spent(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let Some((end, figure)) = self.spent(at) else { return };
        for (words, is_descending) in [("the most", true), ("most", true), ("the least", false), ("least", false)] {
            if let Some(end) = self.is(end, words) {
                let end = self.any(end, &["money"]).unwrap_or(end);
                steps.push((end, Item::Rank(Rank::Best { measure: Measure::Metric(figure), is_descending })));
            }
        }
    }
}
