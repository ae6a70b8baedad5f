//! Verbs of money, which is the revenue of whoever asks: "who spent more than 50", "how much did we earn". What a figure is
//! called is the model's to say: "takings" is no other word for net sales before somebody says so.

use super::super::items::{Item, Rank};
use super::super::reader::Reader;
use crate::chat::ground::{Additivity, DatasetId, MetricId};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::Measure;
use crate::chat::schema_graph;
use crate::chat::units;
use crate::chat::words::{Phrases, lemmas};

static SPENT: Phrases = Phrases::named("scan.spend_synonyms.SPENT");
/// What we do, and what things do for us.
static EARNED: Phrases = Phrases::named("scan.spend_synonyms.EARNED");
static BROUGHT: Phrases = Phrases::named("scan.spend_synonyms.BROUGHT");
/// What the figure is called by itself, the clearest word first, and what is called so in more words.
static REVENUE: Phrases = Phrases::named("scan.spend_synonyms.REVENUE");
static INCOME: Phrases = Phrases::named("scan.spend_synonyms.INCOME");
/// Of money that goes out, or comes back.
static COSTS: Phrases = Phrases::named("scan.spend_synonyms.COSTS");
/// Those whose spending is revenue.
static BUYERS: Phrases = Phrases::named("scan.spend_synonyms.BUYERS");
const PASSIVE: [&str; 6] = ["was", "were", "is", "are", "been", "being"];
const SELLERS: [&str; 5] = ["we", "i", "our", "us", "company"];

impl Reader<'_> {
    /// The figure that a word of money means, behind the word. What the model calls something by is that.
    pub fn spent(&self, at: usize) -> Option<(usize, MetricId)> {
        // "fees earned" says what the fees are, and earned nothing by itself.
        if self.parts(at).any(|(_, part)| !matches!(part, Part::Made(_))) {
            return None;
        }
        self.bought_for(at).or_else(|| self.earned(at))
    }

    /// "spent", of those who buy.
    fn bought_for(&self, at: usize) -> Option<(usize, MetricId)> {
        let end = self.any(at, &SPENT)?;
        let end = self.any(end, &["with us"]).unwrap_or(end);
        // "was spent", "spent on shipping": by whom, and for what, is something else.
        let before = at.checked_sub(1);
        let is_others = before.is_some_and(|at| self.any(at, &SELLERS).or(self.any(at, &PASSIVE)).is_some());
        if is_others || (at..self.tokens.len()).any(|at| self.tokens[at].is("on")) {
            return None;
        }
        let figure = self.revenue()?;
        let home = schema_graph::home(self.ground, &Measure::Metric(figure))?;
        let reach = schema_graph::reach(self.ground, home);
        let is_buyer = |dataset: DatasetId| {
            // "Members who swim"
            let names = &self.ground.dataset(dataset).names;
            let described = names.description.as_deref().map(lemmas).unwrap_or_default().into_iter().next();
            let mut called = phrases(names).into_iter().flatten().chain(described);
            reach.contains(&dataset) && called.any(|word| BUYERS.contains(&word.as_str()))
        };
        // Those who spent stand before the verb.
        let until = if self.tokens[at].is("spent") { at } else { self.tokens.len() };
        let said = (0..until).flat_map(|at| self.parts(at)).any(|(_, part)| self.of_rows(part).is_some_and(is_buyer));
        said.then_some((end, figure))
    }

    /// "how much did we earn", "how much did it bring in". What others earn is no revenue of ours.
    fn earned(&self, at: usize) -> Option<(usize, MetricId)> {
        let is_asked = || (0..at).any(|from| self.is(from, "how much").is_some());
        let is_ours = || at > 0 && self.any(at - 1, &SELLERS) == Some(at);
        let verb = self.any(at, &EARNED).filter(|_| is_ours()).or_else(|| self.any(at, &BROUGHT));
        let end = verb.filter(|_| is_asked())?;
        Some((end, self.revenue()?))
    }

    fn of_rows(&self, part: &Part) -> Option<DatasetId> {
        match part {
            Part::Dataset(id) => Some(*id),
            Part::Value(field, _) => Some(self.ground.field(*field).dataset),
            _ => None,
        }
    }

    /// The one figure that is called revenue, else the one sum of money that comes in.
    fn revenue(&self) -> Option<MetricId> {
        let all = || (0..self.ground.metrics.len()).map(MetricId);
        let names = |id: MetricId| phrases(&self.ground.metric(id).names);
        let called = |word: &&str| -> Vec<MetricId> {
            let is_it = |name: &Vec<String>| matches!(name.as_slice(), [one] if one == word);
            all().filter(|id| names(*id).iter().any(is_it)).collect()
        };
        let named = REVENUE.iter().map(called).find(|figures| !figures.is_empty());
        let is_income = |id: &MetricId| {
            let metric = self.ground.metric(*id);
            let has = |list: &Phrases| names(*id).iter().flatten().any(|word| list.contains(&word.as_str()));
            let is_money = metric.unit.as_deref().is_some_and(units::is_money);
            is_money && metric.additivity == Additivity::Additive && has(&INCOME) && !has(&COSTS)
        };
        let figures = named.unwrap_or_else(|| all().filter(is_income).collect());
        if let [figure] = figures[..] { Some(figure) } else { None }
    }

    /// What was taken for it.
    pub fn spent_note(&self) -> Option<String> {
        let (at, (_, figure)) = (0..self.tokens.len()).find_map(|at| Some((at, self.spent(at)?)))?;
        let name = self.ground.metric(figure).names.shown();
        Some(match self.bought_for(at) {
            Some(_) => format!("Took {name} for what was spent."),
            None => format!("Took {name} for what came in."),
        })
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
