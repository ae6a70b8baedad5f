//! Groups, orders, limits and superlatives: "by region and month", "top 5", "with the most orders".

use super::items::{Grouped, Item, Noun, Phrase, Target};
use super::scan::Reader;
use crate::chat::ground::{FieldId, Type};
use crate::chat::lexicon::Part;
use crate::chat::query::{Aggregate, Grain, Measure};

const BY: [&str; 22] = [
    "by",
    "grouped by",
    "group by",
    "broken down by",
    "break down by",
    "breakdown by",
    "split by",
    "split up by",
    "segmented by",
    "sliced by",
    "by each",
    "by the",
    "across",
    "across all",
    "across the",
    "aggregated by",
    "summarized by",
    "broken out by",
    "divided by",
    "summarised by",
    "organized by",
    "separated by",
];
const PER: [&str; 13] = [
    "per",
    "for each",
    "for every",
    "each",
    "every",
    "in each",
    "in every",
    "within each",
    "of each",
    "from each",
    "per each",
    "for each of the",
    "on each",
];
const GRAINS: [(&str, Grain); 14] = [
    ("daily", Grain::Day),
    ("weekly", Grain::Week),
    ("monthly", Grain::Month),
    ("quarterly", Grain::Quarter),
    ("yearly", Grain::Year),
    ("annual", Grain::Year),
    ("annually", Grain::Year),
    ("day by day", Grain::Day),
    ("week by week", Grain::Week),
    ("month by month", Grain::Month),
    ("quarter by quarter", Grain::Quarter),
    ("year by year", Grain::Year),
    ("on a monthly basis", Grain::Month),
    ("on a weekly basis", Grain::Week),
];
const MOST: [(&str, bool); 20] = [
    ("the most", true),
    ("most", true),
    ("the highest", true),
    ("highest", true),
    ("the largest", true),
    ("largest", true),
    ("the biggest", true),
    ("the greatest", true),
    ("the best", true),
    ("the top", true),
    ("the maximum", true),
    ("the least", false),
    ("least", false),
    ("the fewest", false),
    ("fewest", false),
    ("the lowest", false),
    ("lowest", false),
    ("the smallest", false),
    ("the worst", false),
    ("the minimum", false),
];
const TOP: [(&str, bool); 18] = [
    ("top", true),
    ("best", true),
    ("best performing", true),
    ("top performing", true),
    ("highest", true),
    ("largest", true),
    ("biggest", true),
    ("leading", true),
    ("best selling", true),
    ("top selling", true),
    ("greatest", true),
    ("bottom", false),
    ("worst", false),
    ("worst performing", false),
    ("lowest", false),
    ("smallest", false),
    ("worst selling", false),
    ("least", false),
];

pub(super) fn grain_word(text: &str) -> Option<Grain> {
    match text {
        "day" | "days" | "date" => Some(Grain::Day),
        "week" | "weeks" => Some(Grain::Week),
        "month" | "months" => Some(Grain::Month),
        "quarter" | "quarters" => Some(Grain::Quarter),
        "year" | "years" => Some(Grain::Year),
        _ => None,
    }
}

impl Reader<'_> {
    pub fn groups(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (words, is_per) in [(&BY[..], false), (&PER[..], true)] {
            let Some(end) = self.any(at, words) else { continue };
            for (end, by) in self.grouped(end) {
                // "revenue per seat" is a ratio, not a group of those with as many seats.
                let is_ratio = |by: &Grouped| matches!(by, Grouped::Field(field) if self.is_figure(*field));
                if is_per && by.iter().any(is_ratio) {
                    continue;
                }
                steps.push((end, Item::Group { by, is_per }));
            }
        }
        for (words, grain) in GRAINS {
            if let Some(end) =
                self.is(at, words).filter(|end| !(at..*end).any(|at| self.parts(at).any(|(next, _)| next > *end)))
            {
                steps.push((end, Item::Group { by: vec![Grouped::Grain(grain)], is_per: false }));
            }
        }
        // "top 5 products by revenue"
        if let Some(end) =
            self.any(at, &["by", "in terms of", "based on", "according to", "measured by", "ranked by", "in", "for"])
        {
            let is_by = !["in", "for"].contains(&self.tokens[end - 1].text.as_str()) || end > at + 1;
            for (end, measure, filters, _) in self.figures(end) {
                if filters.is_empty() && is_by {
                    steps.push((end, Item::By(measure)));
                }
            }
        }
        self.orders(at, steps);
    }

    /// A list of what to group by.
    fn grouped(&self, at: usize) -> Vec<(usize, Vec<Grouped>)> {
        let mut found: Vec<(usize, Vec<Grouped>)> = Vec::new();
        let mut open: Vec<(usize, Vec<Grouped>)> =
            self.dimensions(at).into_iter().map(|(end, one)| (end, vec![one])).collect();
        for _ in 0..5 {
            let mut next = Vec::new();
            for (end, list) in &open {
                let joint = self.any(
                    *end,
                    &[
                        "and by",
                        ", by",
                        "and",
                        ",",
                        ", and",
                        "then by",
                        "and then by",
                        "&",
                        "by",
                        "and per",
                        "then",
                        "and for each",
                    ],
                );
                for (end, one) in joint.map(|joint| self.dimensions(joint)).unwrap_or_default() {
                    if !list.contains(&one) {
                        next.push((end, list.iter().cloned().chain([one]).collect()));
                    }
                }
            }
            found.append(&mut open);
            open = next;
            open.truncate(8);
        }
        found
    }

    fn dimensions(&self, at: usize) -> Vec<(usize, Grouped)> {
        let at = self.past(at, &["the", "our", "each", "of the", "their"]);
        let mut found = Vec::new();
        let Some(token) = self.tokens.get(at) else { return found };
        for (end, part) in self.parts(at) {
            match part {
                Part::Dataset(id) => found.push((end, Grouped::Entity(*id))),
                Part::Field(id) => {
                    found.push((end, Grouped::Field(*id)));
                    // "order date month"
                    if let Some(grain) =
                        self.tokens.get(end).and_then(|token| grain_word(&token.text)).filter(|_| self.is_date(*id))
                    {
                        found.push((end + 1, Grouped::FieldGrain(*id, grain)));
                    }
                }
                _ => {}
            }
        }
        let is_named =
            self.parts(at).any(|(end, part)| end == at + 1 && matches!(part, Part::Field(_) | Part::Dataset(_)));
        if let Some(grain) = grain_word(&token.text).filter(|_| !is_named) {
            found.push((at + 1, Grouped::Grain(grain)));
            // "month of order date"
            if let Some(end) = self.any(at + 1, &["of", "of the"]) {
                for (end, part) in self.parts(end) {
                    if let Part::Field(id) = part
                        && self.is_date(*id)
                    {
                        found.push((end, Grouped::FieldGrain(*id, grain)));
                    }
                }
            }
        }
        found
    }

    fn is_date(&self, field: FieldId) -> bool {
        matches!(self.ground.field(field).ty, Type::Date | Type::Timestamp)
    }

    fn orders(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
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

    fn count(&self, at: usize) -> Option<u64> {
        self.tokens.get(at)?.number()?.parse().ok().filter(|count| (1..=10_000).contains(count))
    }

    pub fn superlatives(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["the"]);
        // "top 5 products", "5 best products", "top"
        let before = self.count(start);
        let after = if before.is_some() { start + 1 } else { start };
        for (words, is_descending) in TOP {
            let Some(end) = self.is(after, words) else { continue };
            let (n, end) = match (before, self.count(end)) {
                (None, Some(n)) => (Some(n), end + 1),
                (n, _) => (n, end),
            };
            for (end, what) in self.phrases(end) {
                if what.number.is_none() {
                    steps.push((end, Item::Top { n, is_descending, what: Some(what) }));
                }
            }
            if n.is_some() {
                steps.push((end, Item::Top { n, is_descending, what: None }));
            }
        }
        self.recent(start, steps);
        self.best(at, steps);
        self.when(at, steps);
    }

    /// "last 10 orders", "the latest order".
    fn recent(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let words = [
            ("last", true),
            ("latest", true),
            ("most recent", true),
            ("newest", true),
            ("first", false),
            ("earliest", false),
            ("oldest", false),
        ];
        let before = self.count(at);
        let start = if before.is_some() { at + 1 } else { at };
        for (words, is_descending) in words {
            let Some(end) = self.is(start, words) else { continue };
            let n = before.or_else(|| self.count(end));
            let end = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, what) in self.phrases(end) {
                if matches!(what.noun, Noun::Entity(_)) && what.number.is_none() {
                    steps.push((end, Item::Recent { n, is_descending, what }));
                }
            }
        }
    }

    /// "the most orders", "the highest revenue", "sold the most by revenue".
    fn best(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (words, is_descending) in MOST {
            let Some(end) = self.is(at, words) else { continue };
            let is_many = ["most", "least", "fewest"].contains(&self.tokens[end - 1].text.as_str());
            let start = self.past(end, &["number of", "total", "overall", "amount of"]);
            for (end, part) in self.parts(start) {
                let measure = match part {
                    Part::Metric(id) => Measure::Metric(*id),
                    Part::CountMetric(id) if is_many || start > end => Measure::Metric(*id),
                    Part::Dataset(id) if is_many || self.is(start - 1, "of").is_some() => {
                        if self.is_counted_by_metric(start, end) {
                            continue;
                        }
                        Measure::CountOf(*id)
                    }
                    Part::Field(field) if start == self.past(end, &[]) || !is_many => {
                        let of = self.ground.field(*field);
                        if (of.ty == Type::Number && !of.is_key || self.is_date(*field))
                            && !is_many
                            && start == self.is(at, words).unwrap_or(0)
                        {
                            steps.push((end, Item::BestField { field: *field, is_descending }));
                        }
                        continue;
                    }
                    _ => continue,
                };
                steps.push((end, Item::Best { measure, is_descending }));
            }
            for (end, measure, filters, _) in self.figures(end) {
                if filters.is_empty() && !is_extreme(&measure) {
                    steps.push((end, Item::Best { measure, is_descending }));
                }
            }
        }
        let verbs =
            ["sold", "sell", "sells", "performed", "perform", "performs", "did", "do", "rank", "ranks", "ranked"];
        let most = [
            ("the most by", true),
            ("most by", true),
            ("best by", true),
            ("the best by", true),
            ("highest by", true),
            ("worst by", false),
            ("the least by", false),
            ("least by", false),
            ("the worst by", false),
            ("lowest by", false),
            ("highest in", true),
            ("lowest in", false),
            ("best in", true),
            ("worst in", false),
            ("best in terms of", true),
            ("worst in terms of", false),
        ];
        let start = self.any(at, &verbs).unwrap_or(at);
        for (words, is_descending) in most {
            let Some(end) = self.is(start, words) else { continue };
            for (end, measure, filters, _) in self.figures(end) {
                if filters.is_empty() {
                    steps.push((end, Item::Best { measure, is_descending }));
                }
            }
        }
    }

    /// "when was the last order".
    fn when(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let Some(end) = self.is(at, "when") else { return };
        let end =
            self.past(end, &["is", "was", "were", "did", "we", "get", "have", "had", "our", "the", "receive", "do"]);
        for (words, is_last) in [
            ("last", true),
            ("latest", true),
            ("most recent", true),
            ("newest", true),
            ("first", false),
            ("earliest", false),
            ("oldest", false),
        ] {
            let Some(end) = self.is(end, words) else { continue };
            for (end, Phrase { noun, filters, number, is_distinct, .. }) in self.phrases(end) {
                if let Noun::Entity(dataset) = noun
                    && number.is_none()
                    && !is_distinct
                {
                    let end = self
                        .any(end, &["placed", "made", "created", "recorded"])
                        .filter(|at| !self.is_verb(at - 1))
                        .unwrap_or(end);
                    steps.push((end, Item::When { dataset, is_last, filters }));
                }
            }
        }
    }

    fn is_verb(&self, at: usize) -> bool {
        self.parts(at).any(|(_, part)| matches!(part, Part::Happened(_) | Part::Join(_) | Part::Value(..)))
    }
}

fn is_extreme(measure: &Measure) -> bool {
    matches!(measure, Measure::Of { aggregate: Aggregate::Maximum | Aggregate::Minimum, .. })
}
