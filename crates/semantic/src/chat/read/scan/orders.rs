//! Orders and limits: "sorted by revenue descending", "limit 10".

use super::super::items::{Item, Target};
use super::super::reader::Reader;
use crate::chat::lexicon::Part;
use crate::chat::schema_graph;
use crate::chat::words::Phrases;

impl Reader<'_> {
    pub fn orders(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        static BY: Phrases = Phrases::named("scan.orders.BY");
        if let Some(end) = self.any(at, &BY) {
            let mut targets: Vec<(usize, Target)> =
                self.figures(end).into_iter().map(|(end, measure, ..)| (end, Target::Measure(measure))).collect();
            let start = self.past(end, &["the"]);
            for (end, part) in self.parts(start) {
                match part {
                    Part::Field(field) => targets.push((end, Target::Field(*field))),
                    // "sort by channel": by what each is called.
                    Part::Dataset(id) => {
                        let mut names = schema_graph::identity(self.ground, *id).into_iter();
                        let name = names.find(|field| schema_graph::is_label(self.ground, *field));
                        targets.extend(name.map(|field| (end, Target::Field(field))));
                    }
                    _ => {}
                }
            }
            for (end, target) in targets {
                let direction = self.direction(end);
                let behind = direction.map_or(end, |(end, _)| end);
                let is_descending = direction.map(|(_, is_descending)| is_descending);
                steps.push((behind, Item::Order { target, is_descending }));
            }
        }
        self.sorted(at, steps);
        if let Some((end, is_descending)) = self.direction(at) {
            steps.push((end, Item::Direction(is_descending)));
        }
        // "stadiums with the lowest attendance, three of them", "…, the first two", "…? top 3"
        let of_them = self.count(at).and_then(|rows| Some((self.is(at + 1, "of them")?, rows)));
        let first = self.any(at, &["the first", "only the first", "top", "the top"]);
        let first = first.and_then(|end| Some((end + 1, self.count(end)?)));
        // Of what is ranked by a superlative: "top 3" alone ranks itself.
        let is_ranked = (0..at)
            .any(|from| ["with the", "had the", "have the", "has the"].iter().any(|it| self.is(from, it).is_some()));
        let is_ranked = is_ranked && !self.is_follow_up;
        let ends = |end: usize| self.tokens[end..].iter().all(|token| token.kind == crate::chat::words::Kind::Sign);
        for (end, rows) in [of_them, first].into_iter().flatten().filter(|(end, _)| at > 0 && is_ranked && ends(*end)) {
            steps.push((end, Item::Limit(rows)));
        }
        if let Some(end) = self.any(at, &["limit", "limit to", "limited to", "only the first"])
            && let Some(rows) = self.count(end)
        {
            let end = self.any(end + 1, &["rows", "results"]).unwrap_or(end + 1);
            steps.push((end, Item::Limit(rows)));
        }
    }

    /// "highest first", "cheapest first", "descending".
    fn direction(&self, at: usize) -> Option<(usize, bool)> {
        static DOWN: Phrases = Phrases::named("scan.orders.DOWN");
        static UP: Phrases = Phrases::named("scan.orders.UP");
        let of = |words: &[&str], is_descending: bool| self.any(at, words).map(|end| (end, is_descending));
        let first = self.size(at).or_else(|| self.adjective_order(at)).and_then(|(end, is_descending)| {
            let last = || Some((self.is(end, "last")?, !is_descending));
            self.is(end, "first").map(|end| (end, is_descending)).or_else(last)
        });
        of(&DOWN, true).or_else(|| of(&UP, false)).or(first)
    }

    fn size(&self, at: usize) -> Option<(usize, bool)> {
        const MOST: [&str; 7] = ["highest", "largest", "biggest", "greatest", "most", "best", "longest"];
        const LEAST: [&str; 6] = ["lowest", "worst", "smallest", "fewest", "least", "shortest"];
        let start = self.past(at, &["the", "with the"]);
        let of = |words: &[&str], is_descending: bool| self.any(start, words).map(|end| (end, is_descending));
        of(&MOST, true).or_else(|| of(&LEAST, false))
    }

    /// "newest first", "biggest amount first", "alphabetically".
    fn sorted(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (words, is_descending) in [
            ("newest first", true),
            ("latest first", true),
            ("most recent first", true),
            ("from newest to oldest", true),
            ("oldest first", false),
            ("earliest first", false),
            ("from oldest to newest", false),
            ("in chronological order", false),
            ("chronologically", false),
        ] {
            steps.extend(self.is(at, words).map(|end| (end, Item::Age(is_descending))));
        }
        if let Some(end) = self.any(at, &["alphabetically", "in alphabetical order", "a to z", "from a to z"]) {
            steps.push((end, Item::Alphabetical));
        }
        let Some((start, is_descending)) = self.size(at) else { return };
        let is_descending = Some(is_descending);
        for (end, measure, filters, _) in self.figures(start) {
            if let Some(end) = self.is(end, "first").filter(|_| filters.is_empty()) {
                steps.push((end, Item::Order { target: Target::Measure(measure), is_descending }));
            }
        }
        for (end, part) in self.parts(start) {
            if let (Part::Field(field), Some(end)) = (part, self.is(end, "first")) {
                steps.push((end, Item::Order { target: Target::Field(*field), is_descending }));
            }
        }
    }

    pub fn count(&self, at: usize) -> Option<u64> {
        self.tokens.get(at)?.number()?.parse().ok().filter(|count| (1..=10_000).contains(count))
    }
}
