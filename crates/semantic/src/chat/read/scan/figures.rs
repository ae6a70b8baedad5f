//! Figures: "number of distinct customers", "average order amount", "revenue per order".

use super::super::field_roles;
use super::super::items::{Item, Noun, Phrase};
use super::super::reader::Reader;

use super::nouns::ARTICLES;
use super::superlatives::{FIRST, LAST, either};
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, MetricId, Type};
use crate::chat::lexicon::{Part, is_count};
use crate::chat::names::phrases;
use crate::chat::query::{Aggregate, Filter, Measure, Op};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::units;
use crate::chat::words::Phrases;

pub(in crate::chat::read) static COUNTS: Phrases = Phrases::named("scan.figures.COUNTS");
const AGGREGATES: [(&str, Aggregate); 26] = [
    ("average", Aggregate::Average),
    ("avg", Aggregate::Average),
    ("mean", Aggregate::Average),
    ("median", Aggregate::Median),
    ("total", Aggregate::Sum),
    ("sum", Aggregate::Sum),
    ("sum total", Aggregate::Sum),
    ("combined", Aggregate::Sum),
    ("overall", Aggregate::Sum),
    ("maximum", Aggregate::Maximum),
    ("max", Aggregate::Maximum),
    ("highest", Aggregate::Maximum),
    ("largest", Aggregate::Maximum),
    ("biggest", Aggregate::Maximum),
    ("greatest", Aggregate::Maximum),
    ("latest", Aggregate::Maximum),
    ("most recent", Aggregate::Maximum),
    ("minimum", Aggregate::Minimum),
    ("min", Aggregate::Minimum),
    ("lowest", Aggregate::Minimum),
    ("smallest", Aggregate::Minimum),
    ("earliest", Aggregate::Minimum),
    ("first", Aggregate::Minimum),
    ("last", Aggregate::Maximum),
    ("longest", Aggregate::Maximum),
    ("shortest", Aggregate::Minimum),
];

impl Reader<'_> {
    pub fn measures(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        // "minimum and maximum price": the first has the field of the second.
        for (words, aggregate) in AGGREGATES {
            let joint = self.is(at, words).and_then(|end| self.any(end, &["and", ",", "/"]));
            let Some(joint) = joint else { continue };
            for (other, _) in AGGREGATES {
                for (_, measure, filters, of) in
                    self.is(joint, other).map(|end| self.aggregated(end, aggregate)).unwrap_or_default()
                {
                    steps.push((joint, Item::Measure { measure, filters, of }));
                }
            }
        }
        for (end, measure, filters, of) in self.figures(at) {
            steps.push((end, Item::Measure { measure, filters, of }));
        }
        // "average number of orders", "average orders", of something that each belongs to.
        if let Some(end) = self.any(self.past(at, &["the"]), &["average", "avg", "mean"]) {
            let end = self.past(end, &["of", "the"]);
            let mut figures: Vec<(usize, Measure)> = self
                .figures(end)
                .into_iter()
                .filter(|(_, _, filters, _)| filters.is_empty())
                .map(|(end, one, ..)| (end, one))
                .collect();
            // "average bill per customer": what it is worth, and not how many there are.
            let is_many = |end: usize| self.tokens[end - 1].text != self.tokens[end - 1].lemma;
            figures.extend(self.parts(end).filter_map(|(end, part)| match part {
                Part::Dataset(id) if is_many(end) => Some((end, Measure::CountOf(*id))),
                _ => None,
            }));
            for (end, measure) in figures {
                // "average fare": of each row, or the sum of one of them over the number of others.
                let is_of_rows = |(other, part): (usize, &Part)| {
                    other == end && matches!(part, Part::Field(field) if self.is_figure(*field))
                };
                let last = &self.tokens[end - 1];
                let is_twofold = last.text == last.lemma && (at..end).any(|at| self.parts(at).any(is_of_rows));
                if !matches!(measure, Measure::Of { .. }) && !is_twofold {
                    steps.push((end, Item::Averaged(measure)));
                }
            }
        }
    }

    /// "how many days ago was the last rental": since the time of their own.
    fn ago(&self, at: usize) -> Vec<(usize, Measure, Vec<Filter>, Option<DatasetId>)> {
        static AGO: Phrases = Phrases::named("scan.figures.AGO");
        let Some(end) = self.any(at, &AGO) else { return Vec::new() };
        let end =
            self.past(end, &["was", "is", "were", "did", "do", "we", "have", "had", "the", "our", "my", "a", "an"]);
        let mut found = Vec::new();
        for (words, is_last) in either(&LAST, &FIRST) {
            let Some(end) = self.is(end, words) else { continue };
            for (end, phrase) in self.phrases(end).into_iter().filter(|(_, phrase)| phrase.is_plain()) {
                let Noun::Entity(of) = phrase.noun else { continue };
                let since = times::own(self.ground, of).and_then(|own| self.ground.made(Made::Since(own)));
                let aggregate = if is_last { Aggregate::Minimum } else { Aggregate::Maximum };
                let measure = since.map(|field| Measure::Of { aggregate, field });
                found.extend(measure.map(|measure| (end, measure, phrase.filters, Some(of))));
            }
        }
        found
    }

    /// A span of days in the unit that the question names.
    pub fn in_said_unit(&self, field: FieldId) -> FieldId {
        let Some(Made::Days(from, to)) = self.ground.made_of(field) else { return field };
        let made = match self.tokens.iter().find(|token| ["hours", "minutes"].iter().any(|unit| token.is(unit))) {
            Some(token) if token.is("hours") => Made::Hours(from, to),
            Some(_) => Made::Minutes(from, to),
            None => return field,
        };
        self.ground.made(made).unwrap_or(field)
    }

    /// Figures, with the conditions inside them and the thing they are said of.
    pub fn figures(&self, at: usize) -> Vec<(usize, Measure, Vec<Filter>, Option<DatasetId>)> {
        let at = self.past(at, &ARTICLES);
        let mut found = Vec::new();
        for (end, part) in self.parts(at) {
            if let Part::Metric(id) = part {
                found.push((end, Measure::Metric(*id), Vec::new(), None));
                // "sell-through rate" of what is one
                let is_ratio = super::conditions::is_ratio(self.ground, &Measure::Metric(*id));
                let rate = self.any(end, &["rate", "ratio"]).filter(|_| is_ratio);
                found.extend(rate.map(|end| (end, Measure::Metric(*id), Vec::new(), None)));
            }
        }
        // "foreign sales", of rows and a figure that are both called so: as "sales" is meant.
        for (from, filter) in self.lists(at) {
            let metrics = self.parts(from).filter_map(|(end, part)| match part {
                Part::Metric(id) if self.is_thing(from, end) => Some((end, *id)),
                _ => None,
            });
            found.extend(metrics.map(|(end, id)| (end, Measure::Metric(id), vec![filter.clone()], None)));
        }
        // "how long does it take to settle a claim": on average, where no other aggregate is named.
        for (end, part) in self.parts(at).filter(|_| self.tokens[at].is("how")) {
            if let Part::Field(field) = part
                && self.ground.made_of(*field).is_some()
            {
                let measure = Measure::Of { aggregate: Aggregate::Average, field: *field };
                found.push((end, measure, Vec::new(), None));
            }
        }
        found.extend(self.ago(at));
        found.extend(self.spent(at).map(|(end, id)| (end, Measure::Metric(id), Vec::new(), None)));
        for (end, phrase) in self.phrases(at).into_iter().filter(|(_, phrase)| phrase.is_plain()) {
            let Some(end) = self.any(end, &["count", "counts"]) else { continue };
            if found.iter().any(|(other, ..)| *other == end) {
                continue;
            }
            found.extend(self.so_many_of(end, phrase));
        }
        if let Some(end) = self.any(at, &COUNTS) {
            found.extend(self.counts(end));
        } else if let Some(end) = self.any(at, &["distinct count of", "unique count of"]) {
            // "distinct countries" lists them; "the distinct count of" counts.
            for (end, phrase) in self.phrases(end) {
                found.extend(self.counted(end, Phrase { is_distinct: true, ..phrase }));
            }
        }
        for (words, aggregate) in AGGREGATES {
            if let Some(end) = self.is(at, words) {
                found.extend(self.aggregated(end, aggregate));
                // "average availability", of a figure that is one.
                let averages = self.parts(end).filter_map(|(end, part)| match part {
                    Part::Metric(id) if aggregate == Aggregate::Average && self.is_average(*id) => Some((end, *id)),
                    _ => None,
                });
                found.extend(averages.map(|(end, id)| (end, Measure::Metric(id), Vec::new(), None)));
                // "average number of guests", of how many there were.
                let counted = self.is(end, "number of").map(|end| self.aggregated(end, aggregate)).unwrap_or_default();
                found.extend(counted.into_iter().filter(
                    |(.., measure, _, _)| matches!(measure, Measure::Of { field, .. } if self.is_figure(*field)),
                ));
            }
        }
        found.extend(self.spreads(at));
        found
    }

    /// Things are called by these words.
    fn is_thing(&self, at: usize, end: usize) -> bool {
        self.parts(at).any(|(other, part)| other == end && matches!(part, Part::Dataset(_)))
    }

    fn is_average(&self, id: MetricId) -> bool {
        self.ground.metric(id).expression.to_lowercase().starts_with("avg(")
    }

    /// "difference between the highest and the lowest price"
    fn spreads(&self, at: usize) -> Vec<(usize, Measure, Vec<Filter>, Option<DatasetId>)> {
        let aggregate = |at: usize| {
            let at = self.past(at, &["the"]);
            AGGREGATES.iter().find_map(|(words, aggregate)| Some((self.is(at, words)?, *aggregate)))
        };
        let start = self.any(at, &["difference between", "gap between", "spread between", "range between"]);
        let Some((end, first)) = start.and_then(aggregate) else { return Vec::new() };
        // "the highest salary and the lowest salary"
        let end = self.aggregated(end, first).first().map_or(end, |one| one.0);
        let Some((end, second)) = self.is(end, "and").and_then(aggregate) else { return Vec::new() };
        let ends = [Aggregate::Maximum, Aggregate::Minimum];
        if first == second || !ends.contains(&first) || !ends.contains(&second) {
            return Vec::new();
        }
        let found = self.aggregated(end, second).into_iter();
        let spread = |(end, measure, filters, of)| match measure {
            Measure::Of { field, .. } if self.is_figure(field) => {
                Some((end, Measure::Of { aggregate: Aggregate::Spread, field }, filters, of))
            }
            _ => None,
        };
        found.filter_map(spread).collect()
    }

    /// "revenue per order", where what is ranked by it stands elsewhere.
    pub fn figures_per(&self, at: usize) -> Vec<(usize, Measure)> {
        let average = self.any(at, &["average", "avg", "mean", "the average"]);
        let mut figures: Vec<(usize, Measure)> = Vec::new();
        for start in [Some(at), average].into_iter().flatten() {
            let plain = self.figures(start).into_iter().filter(|(_, _, filters, _)| filters.is_empty());
            figures.extend(plain.map(|(end, measure, ..)| (end, measure)));
            figures.extend(self.parts(start).filter_map(|(end, part)| match part {
                Part::Dataset(id) if average == Some(start) => Some((end, Measure::CountOf(*id))),
                _ => None,
            }));
        }
        let mut found = Vec::new();
        for (end, measure) in figures {
            let Some(home) = crate::chat::schema_graph::home(self.ground, &measure) else { continue };
            let reach = crate::chat::schema_graph::reach(self.ground, home);
            let adds = crate::chat::schema_graph::adds_up(self.ground, &measure);
            for (end, part) in self.any(end, &["per", "per each"]).map(|end| self.parts(end)).into_iter().flatten() {
                if let Part::Dataset(of) = part
                    && adds
                    && reach.contains(of)
                    && super::super::resolve::counts::counted(self.ground, &measure) != Some(*of)
                {
                    found.push((end, super::super::resolve::averages::per(self.ground, measure.clone(), *of)));
                }
            }
        }
        found
    }

    /// Behind "how many".
    fn counts(&self, at: usize) -> Vec<(usize, Measure, Vec<Filter>, Option<DatasetId>)> {
        let mut found = Vec::new();
        let at = self.past(at, &ARTICLES);
        let mut metrics: Vec<usize> = Vec::new();
        for (end, part) in self.parts(at) {
            let id = match part {
                Part::CountMetric(id) => *id,
                Part::Metric(id) if self.counts_things(&self.ground.metric(*id).expression, id.0) => *id,
                _ => continue,
            };
            metrics.push(end);
            found.push((end, Measure::Metric(id), Vec::new(), None));
        }
        let is_counted = |(end, phrase): &(usize, Phrase)| phrase.is_plain() && !self.is_cut_of_unit(at, *end, phrase);
        for (end, phrase) in self.phrases(at).into_iter().filter(is_counted) {
            // A metric that counts them says how they are counted, "paid orders" too.
            // "purchase orders" are not what counts "orders".
            let is_of_them = |id: &MetricId| match phrase.noun {
                Noun::Entity(dataset) => self.ground.metric(*id).datasets.first() == Some(&dataset),
                _ => true,
            };
            let counting = (at..end).find_map(|start| {
                self.parts(start).find_map(|(other, part)| match part {
                    Part::CountMetric(id) if other == end && is_of_them(id) => Some(*id),
                    _ => None,
                })
            });
            match counting.filter(|_| !phrase.is_distinct && matches!(phrase.noun, Noun::Entity(_))) {
                Some(id) if !phrase.filters.is_empty() => found.push((end, Measure::Metric(id), phrase.filters, None)),
                Some(_) => {}
                None if metrics.contains(&end) && phrase.filters.is_empty() && !phrase.is_distinct => {}
                None => found.extend(self.so_many_of(end, phrase)),
            }
        }
        found.dedup();
        found
    }

    /// "how many gold medals": what a figure that is called so adds up, else the rows.
    fn so_many_of(&self, end: usize, phrase: Phrase) -> Option<(usize, Measure, Vec<Filter>, Option<DatasetId>)> {
        match phrase.figure().filter(|id| !phrase.is_distinct && self.says_how_many(*id)) {
            Some(id) => Some((end, Measure::Metric(id), phrase.filters, None)),
            None => self.counted(end, phrase),
        }
    }

    /// A sum is how many there are of something.
    pub fn says_how_many(&self, id: MetricId) -> bool {
        field_roles::is_number_of(self.ground, id) || self.counts_things(&self.ground.metric(id).expression, id.0)
    }

    /// "how many moves", of `move_tonnes`: nobody counts what is weighed, where the unit is not said.
    fn is_cut_of_unit(&self, at: usize, end: usize, phrase: &Phrase) -> bool {
        let Noun::Field(field) = phrase.noun else { return false };
        let said: Vec<&str> = self.tokens[at..end].iter().map(|token| token.lemma.as_str()).collect();
        let is_cut = |name: &Vec<String>| match name.as_slice() {
            [rest @ .., unit] if !rest.is_empty() => {
                let is_unit = units::unit(unit).or_else(|| units::unit(&format!("{unit}s"))).is_some();
                is_unit && rest.iter().map(String::as_str).eq(said.iter().copied())
            }
            _ => false,
        };
        let names = phrases(&self.ground.field(field).names);
        !names.iter().any(|name| name.iter().map(String::as_str).eq(said.iter().copied())) && names.iter().any(is_cut)
    }

    /// A metric says how the things of these words are counted.
    pub fn is_counted_by_metric(&self, at: usize, end: usize) -> bool {
        self.parts(at).any(|(other, part)| other == end && matches!(part, Part::CountMetric(_)))
    }

    fn counted(&self, end: usize, phrase: Phrase) -> Option<(usize, Measure, Vec<Filter>, Option<DatasetId>)> {
        match phrase.noun {
            Noun::Entity(id) => Some((end, Measure::CountOf(id), phrase.filters, Some(id))),
            Noun::Grain(_) => None,
            Noun::Field(field) if schema_graph::says_whether(self.ground, field) && !phrase.is_distinct => None,
            Noun::Field(field) => {
                let field_of = self.ground.field(field);
                let measure = Measure::Of { aggregate: Aggregate::CountDistinct, field };
                // "how many division winners", of a column of yes and no: the rows of which it is so.
                if let Some((yes, _)) = schema_graph::flag(self.ground, field).filter(|_| phrase.is_plural) {
                    let is_so = Filter { field, op: Op::Is, values: vec![yes] };
                    let filters = [phrase.filters, vec![is_so]].concat();
                    return Some((end, Measure::CountOf(field_of.dataset), filters, Some(field_of.dataset)));
                }
                let is_figure = field_of.ty == Type::Number && !field_of.is_key;
                // "how many clicks"
                // "miles flown", of which a figure leaves some out: as that does.
                let total = super::super::resolve::totals::total(self.ground, field)
                    .map(|whole| super::super::resolve::totals::together(self.ground, field).unwrap_or(whole));
                if let Some(total) = total.or_else(|| super::super::resolve::totals::pieces(self.ground, field))
                    && is_figure
                    && phrase.is_plural
                    && !phrase.is_distinct
                {
                    return Some((end, total, phrase.filters, None));
                }
                // "how many customers signed up" counts no days.
                let is_figure = is_figure || field_of.is_time;
                (phrase.is_distinct || !is_figure).then_some((end, measure, phrase.filters, None))
            }
        }
    }

    /// Something is called by these words, or they begin its name.
    fn is_called(&self, at: usize, end: usize) -> bool {
        self.parts(at).any(|(behind, _)| behind >= end)
    }

    /// "how many units sold" may be a sum of pieces; a sum of money is never how many.
    fn counts_things(&self, expression: &str, metric: usize) -> bool {
        const PIECES: [&str; 12] =
            ["unit", "quantity", "item", "piece", "number", "count", "seat", "hour", "day", "minute", "ticket", "bed"];
        let metric = &self.ground.metrics[metric];
        let words = crate::chat::words::lemmas(&metric.names.name);
        let is_sum = expression.trim_start().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sum("));
        is_count(expression) || is_sum && words.iter().any(|word| PIECES.contains(&word.as_str()))
    }

    /// Behind "average", "total" and the like.
    fn aggregated(&self, at: usize, aggregate: Aggregate) -> Vec<(usize, Measure, Vec<Filter>, Option<DatasetId>)> {
        let mut found = Vec::new();
        // "total orders", but not "sum of orders".
        let is_total = ["total", "overall"].contains(&self.tokens[at - 1].text.as_str()) && self.is(at, "of").is_none();
        // "the first order date", but no first amount.
        let is_end = ["first", "last"].contains(&self.tokens[at - 1].text.as_str());
        let is_long = ["longest", "shortest"].contains(&self.tokens[at - 1].text.as_str());
        let duration = self.any(at, &["duration of", "length of", "duration of each", "length of each"]);
        let lasts = is_long || duration.is_some_and(|end| !self.is_called(at, end));
        let named = self.past(at, &["of", "the", "a", "an", "all"]);
        let at = duration.filter(|_| lasts).unwrap_or(at);
        let at = self.past(at, &["of", "the", "a", "an", "value of", "all", "value for", "amount of", "worth of"]);
        // "total value of orders" is what they are worth, and not how many there are.
        let is_worth =
            self.tokens[named..at].iter().any(|token| ["value", "amount", "worth"].iter().any(|it| token.is(it)));
        let is_total = is_total && !lasts && !is_worth;
        for (end, part) in self.parts(at) {
            if let Part::Metric(id) = part
                && aggregate == Aggregate::Sum
                && self.ground.metric(*id).additivity == crate::chat::ground::Additivity::Additive
                && (is_total || is_sum(&self.ground.metric(*id).expression))
            {
                found.push((end, Measure::Metric(*id), Vec::new(), None));
            }
            let is_counted =
                |id: &MetricId| self.ground.metric(*id).datasets.first().is_some_and(|of| self.namesake(*of).is_none());
            if let Part::CountMetric(id) = part
                && aggregate == Aggregate::Sum
                && is_total
                && is_counted(id)
            {
                found.push((end, Measure::Metric(*id), Vec::new(), None));
            }
        }
        // "total duration of calls", where the field is called so.
        let mut phrases = self.phrases(at);
        if named < at {
            phrases.extend(self.phrases(named).into_iter().filter(|(_, phrase)| matches!(phrase.noun, Noun::Field(_))));
        }
        for (end, phrase) in phrases.into_iter().filter(|(_, phrase)| phrase.is_plain() && !phrase.is_distinct) {
            match phrase.noun {
                Noun::Field(field) if self.takes(aggregate, field) && (!is_end || self.is_date(field)) => {
                    let field = self.in_said_unit(field);
                    found.push((end, Measure::Of { aggregate, field }, phrase.filters, None));
                }
                // "the longest stay", "average duration of an appointment"
                // The longest of what has a name is one of them, and no figure.
                Noun::Entity(id)
                    if lasts
                        && !(is_long && self.has_name(id))
                        && let Some(field) = crate::chat::schema_graph::lasting(self.ground, id)
                        && !(is_long && self.is_length_too(field)) =>
                {
                    let field = self.in_said_unit(field);
                    found.push((end, Measure::Of { aggregate, field }, phrase.filters, None));
                }
                // "total turnover", of rows and their column that are called alike: of the column.
                Noun::Entity(id)
                    if !is_end
                        && !is_long
                        && let Some(field) = self.namesake(id).filter(|field| {
                            aggregate != Aggregate::Sum || !field_roles::is_rate(self.ground, *field)
                        }) =>
                {
                    found.push((end, Measure::Of { aggregate, field }, phrase.filters, None));
                }
                // "average bill": of its one amount.
                Noun::Entity(id)
                    if (is_worth
                        || aggregate == Aggregate::Average && !phrase.is_plural && phrase.filters.is_empty())
                        && let Some(field) = self.worth(id) =>
                {
                    found.push((end, Measure::Of { aggregate, field }, phrase.filters, None));
                }
                Noun::Entity(_)
                    if aggregate == Aggregate::Sum
                        && is_total
                        && let Some(figure) = phrase.figure() =>
                {
                    found.push((end, Measure::Metric(figure), phrase.filters, None));
                }
                // "total orders" are how many there are; "total payments" may be what they come to.
                Noun::Entity(id) if aggregate == Aggregate::Sum && is_total => {
                    let amount = self.worth(id).filter(|_| field_roles::are_sums(self.ground, id));
                    found.extend(
                        amount.map(|field| (end, Measure::Of { aggregate, field }, phrase.filters.clone(), None)),
                    );
                    found.push((end, Measure::CountOf(id), phrase.filters, Some(id)));
                }
                _ => {}
            }
        }
        found
    }

    /// "the longest trip", of what has a distance besides the days on which it begins and ends: which is meant is not said.
    pub fn is_length_too(&self, span: FieldId) -> bool {
        const LENGTHS: [&str; 6] = ["km", "mi", "m", "mile", "distance", "length"];
        let is_length = |id: FieldId| {
            let known = self.ground.field(id);
            let words = crate::chat::words::lemmas(&known.names.name);
            let is_unit = known.unit.as_deref().is_some_and(|unit| LENGTHS.contains(&unit));
            is_unit || words.iter().any(|word| LENGTHS.contains(&word.as_str()))
        };
        let of = self.ground.field(span).dataset;
        self.ground.made_of(span).is_some() && self.ground.fields_of(of).any(is_length)
    }

    pub fn has_name(&self, dataset: DatasetId) -> bool {
        self.ground.fields_of(dataset).any(|field| crate::chat::schema_graph::is_label(self.ground, field))
    }

    /// The figure of rows that is called as these are.
    pub fn namesake(&self, of: DatasetId) -> Option<FieldId> {
        schema_graph::namesake(self.ground, of)
    }

    /// The one amount that a thing has of its own.
    fn worth(&self, dataset: DatasetId) -> Option<FieldId> {
        let amounts = self.ground.fields_of(dataset).filter(|field| self.is_figure(*field));
        let amounts: Vec<FieldId> = amounts.filter(|field| field_roles::is_amount(self.ground, *field)).collect();
        match amounts.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    fn takes(&self, aggregate: Aggregate, field: FieldId) -> bool {
        let field = self.ground.field(field);
        match field.ty {
            Type::Number => !field.is_key,
            Type::Date | Type::Timestamp => matches!(aggregate, Aggregate::Minimum | Aggregate::Maximum),
            _ => false,
        }
    }
}

/// Made of sums and counts alone: the sum of a rate is no rate.
fn is_sum(expression: &str) -> bool {
    let text = expression.to_lowercase();
    !["/", "distinct", "avg(", "min(", "max(", "median(", "percentile"].iter().any(|other| text.contains(other))
}
