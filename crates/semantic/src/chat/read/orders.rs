//! Orders and limits: "sorted by revenue descending", "limit 10".

use super::items::{Item, Target};
use super::scan::Reader;
use crate::chat::lexicon::Part;

impl Reader<'_> {
    pub fn orders(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let words = [
            "sorted by",
            "ordered by",
            "order by",
            "sort by",
            "ranked by",
            "rank by",
            "sort them by",
            "sort it by",
            "sorted on",
            "order them by",
        ];
        if let Some(end) = self.any(at, &words) {
            let mut targets: Vec<(usize, Target)> =
                self.figures(end).into_iter().map(|(end, measure, ..)| (end, Target::Measure(measure))).collect();
            let start = self.past(end, &["the"]);
            for (end, part) in self.parts(start) {
                if let Part::Field(field) = part {
                    targets.push((end, Target::Field(*field)));
                }
            }
            for (end, target) in targets {
                let direction = self.direction(end);
                let behind = direction.map_or(end, |(end, _)| end);
                let is_descending = direction.map(|(_, is_descending)| is_descending);
                steps.push((behind, Item::Order { target, is_descending }));
            }
        }
        if let Some((end, is_descending)) = self.direction(at) {
            steps.push((end, Item::Direction(is_descending)));
        }
        if let Some(end) = self.any(at, &["limit", "limit to", "limited to", "only the first"])
            && let Some(rows) = self.count(end)
        {
            let end = self.any(end + 1, &["rows", "results"]).unwrap_or(end + 1);
            steps.push((end, Item::Limit(rows)));
        }
    }

    fn direction(&self, at: usize) -> Option<(usize, bool)> {
        let down = [
            "descending",
            "desc",
            "in descending order",
            "highest first",
            "largest first",
            "from highest to lowest",
            "high to low",
            "newest first",
            "descendingly",
            "from high to low",
            "from largest to smallest",
        ];
        let up = [
            "ascending",
            "asc",
            "in ascending order",
            "lowest first",
            "smallest first",
            "from lowest to highest",
            "low to high",
            "oldest first",
            "alphabetically",
            "from low to high",
            "from smallest to largest",
        ];
        let of = |words: &[&str], is_descending: bool| self.any(at, words).map(|end| (end, is_descending));
        of(&down, true).or_else(|| of(&up, false))
    }

    pub fn count(&self, at: usize) -> Option<u64> {
        self.tokens.get(at)?.number()?.parse().ok().filter(|count| (1..=10_000).contains(count))
    }
}
