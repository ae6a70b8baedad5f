//! Stop phrases of certain places: words that change nothing where they stand.

use super::super::items::Item;
use super::super::reader::Reader;
use super::super::resolve::counts;
use crate::chat::dates;
use crate::chat::ground::DatasetId;
use crate::chat::lexicon::Part;
use crate::chat::query::Query;
use crate::chat::times;

impl Reader<'_> {
    /// "new customers per month": those that came to be then, as their time says.
    pub fn past_new(&self, at: usize) -> Option<usize> {
        self.new_things(at).map(|_| at + 1)
    }

    fn new_things(&self, at: usize) -> Option<DatasetId> {
        let end = self.is(at, "new").filter(|_| self.parts(at).next().is_none())?;
        let is_many = |behind: usize| self.tokens[behind - 1].text != self.tokens[behind - 1].lemma;
        let named = self.parts(end).find_map(|(behind, part)| match part {
            Part::Dataset(id) if is_many(behind) && times::own(self.ground, *id).is_some() => Some(*id),
            _ => None,
        });
        named.filter(|_| (0..self.tokens.len()).any(|at| self.is_of_time(at)))
    }

    /// Why things are not new by the period of a query: it must be theirs, and nothing but they be asked for.
    pub fn not_new(&self, query: &Query) -> Option<String> {
        let new = (0..self.tokens.len()).find_map(|at| self.new_things(at))?;
        let own = times::own(self.ground, new);
        let is_dated = query.time.as_ref().map(|time| time.field) == own
            || query.dimensions.iter().any(|one| one.grain.is_some() && Some(one.field) == own);
        let is_of = match query.measures.as_slice() {
            [] => query.listed == Some(new),
            [one] => counts::counted(self.ground, one) == Some(new),
            _ => false,
        };
        (!is_dated || !is_of || !query.members.is_empty()).then(|| {
            let name = self.ground.dataset(new).names.shown().to_lowercase();
            format!("Say when the new {name} came to be: \"new\" can only be asked of their own time.")
        })
    }

    /// A period, or a group by one.
    fn is_of_time(&self, at: usize) -> bool {
        let is_group = self.any(at, &["by", "per", "each", "every"]).and_then(|end| self.tokens.get(end));
        !dates::at(self.tokens, at, self.context).is_empty()
            || is_group.is_some_and(|token| super::groups::grain_word(&token.text).is_some())
    }

    /// Words that change nothing where they stand.
    pub fn stop_phrases(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        // "then by month", not "what was it then".
        if let Some(end) = self.is(at, "then")
            && (at == 0 || self.any(at - 1, &["and", ","]).is_some())
        {
            steps.push((end, Item::Skip));
        }
        steps.extend(self.past_new(at).map(|end| (end, Item::Skip)));
        // "regions where revenue in 2025 was over 1000"
        if let Some(end) = self.any(at, &["where", "in which", "for which"]).filter(|_| at > 0)
            && self.figures(end).iter().any(|(_, _, filters, _)| filters.is_empty())
            && (end..self.tokens.len()).any(|at| !self.comparisons(at).is_empty())
        {
            steps.push((end, Item::Skip));
        }
        // "still open", not "still" by itself.
        if let Some(end) = self.any(at, &["still", "currently"])
            && self.parts(end).any(|(_, part)| matches!(part, Part::Value(..) | Part::Undone(_)))
        {
            steps.push((end, Item::Skip));
        }
        // "already expired"
        if let Some(end) = self.is(at, "already")
            && self.parts(end).any(|(_, part)| matches!(part, Part::Value(..) | Part::Happened(_)))
        {
            steps.push((end, Item::Skip));
        }
        // "not closed yet"
        let is_negated =
            self.tokens[..at].iter().any(|token| ["not", "no", "never", "without"].iter().any(|no| token.is(no)));
        if let Some(end) = self.any(at, &["yet", "at all"]).filter(|_| is_negated) {
            steps.push((end, Item::Skip));
        }
        // "everything settled in May", not "everything but".
        if let Some(end) = self.is(at, "everything")
            && self.any(end, &["but", "except", "other", "else", "apart", "outside", "excluding", "about"]).is_none()
        {
            steps.push((end, Item::Skip));
        }
        // "bought something", not "something else".
        let did = |from: usize| {
            self.parts(from).any(|(end, part)| end == at && matches!(part, Part::Join(_) | Part::Done(_)))
        };
        if let Some(end) = self.any(at, &["something", "anything"])
            && self.any(end, &["else", "other", "than", "but", "about", "like"]).is_none()
            && (at.saturating_sub(3)..at).any(did)
        {
            steps.push((end, Item::Skip));
        }
        // "all methods together"
        if let Some(end) = self.is(at, "all") {
            for (end, part) in self.parts(end) {
                if let (Part::Field(_) | Part::Dataset(_), Some(end)) = (part, self.any(end, &["together", "combined"]))
                {
                    steps.push((end, Item::Skip));
                }
            }
        }
    }
}
