//! Comparisons with numbers: "over 1000", "between 10 and 20", "with more than 10 orders".

use jiff::ToSpan;

use super::super::field_roles::{is_of_birth, is_price, is_rate, may_lie_ahead};
use super::super::items::{Item, Noun, Target};
use super::super::reader::Reader;
use super::super::resolve::totals::together;
use crate::chat::dates;
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, Ground, MetricId, Type};
use crate::chat::lexicon::{Part, is_person};
use crate::chat::names::phrases;
use crate::chat::query::{Filter, Grain, Measure, Op, Value};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::units;
use crate::chat::words::Kind;

const COMPARISONS: [(&str, Op); 40] = [
    ("more than", Op::More),
    ("greater than", Op::More),
    ("higher than", Op::More),
    ("larger than", Op::More),
    ("bigger than", Op::More),
    ("over", Op::More),
    ("above", Op::More),
    ("exceeding", Op::More),
    ("exceeds", Op::More),
    ("exceed", Op::More),
    (">", Op::More),
    ("at least", Op::AtLeast),
    ("no less than", Op::AtLeast),
    ("no fewer than", Op::AtLeast),
    ("not less than", Op::AtLeast),
    ("not fewer than", Op::AtLeast),
    ("not below", Op::AtLeast),
    ("not under", Op::AtLeast),
    ("a minimum of", Op::AtLeast),
    ("minimum of", Op::AtLeast),
    ("greater than or equal to", Op::AtLeast),
    (">=", Op::AtLeast),
    ("less than", Op::Less),
    ("fewer than", Op::Less),
    ("lower than", Op::Less),
    ("smaller than", Op::Less),
    ("below", Op::Less),
    ("under", Op::Less),
    ("<", Op::Less),
    ("at most", Op::AtMost),
    ("no more than", Op::AtMost),
    ("not more than", Op::AtMost),
    ("not over", Op::AtMost),
    ("not above", Op::AtMost),
    ("up to", Op::AtMost),
    ("a maximum of", Op::AtMost),
    ("maximum of", Op::AtMost),
    ("less than or equal to", Op::AtMost),
    ("<=", Op::AtMost),
    ("exactly", Op::Is),
];

impl Reader<'_> {
    /// The figures of the things before that are in the unit at `end`, or in one of its kind.
    fn figures_in_unit(&self, at: usize, end: usize) -> Vec<FieldId> {
        let Some(said) = self.tokens.get(end).and_then(|token| units::unit(&token.text)) else { return Vec::new() };
        let of = |(_, part): (usize, &Part)| match part {
            Part::Dataset(id) => Some(*id),
            Part::Value(field, _) => Some(self.ground.field(*field).dataset),
            _ => None,
        };
        let things: Vec<DatasetId> = (0..at).flat_map(|from| self.parts(from)).filter_map(of).collect();
        let is_it = |id: &FieldId| {
            self.ground.field(*id).unit.as_deref().is_some_and(|declared| units::is_like(declared, said))
        };
        let mut figures: Vec<FieldId> = things.iter().flat_map(|id| self.ground.fields_of(*id)).filter(is_it).collect();
        figures.sort();
        figures.dedup();
        figures
    }

    /// The only one of them, in the unit itself.
    fn figure_in_unit(&self, at: usize, end: usize) -> Option<FieldId> {
        let figures = self.figures_in_unit(at, end);
        let [one] = figures.as_slice() else { return None };
        let declared = self.ground.field(*one).unit.as_deref().and_then(units::unit);
        (declared == units::unit(&self.tokens[end].text)).then_some(*one)
    }

    /// "routes longer than 500 km": the only one of them that is called a length. A climb in metres is none.
    fn length_in_unit(&self, at: usize, end: usize) -> Option<FieldId> {
        const LENGTHS: [&str; 2] = ["length", "distance"];
        let is_length = |id: &FieldId| {
            phrases(&self.ground.field(*id).names).iter().flatten().any(|word| LENGTHS.contains(&word.as_str()))
        };
        let lengths: Vec<FieldId> = self.figures_in_unit(at, end).into_iter().filter(is_length).collect();
        (lengths.len() == 1).then(|| lengths[0])
    }

    /// Comparisons with numbers, of fields, of measures, and of what is not named.
    pub fn conditions(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        self.as_often(at, steps);
        self.so_many_linked(at, steps);
        self.aged(at, steps);
        self.cost(at, steps);
        self.coming(at, steps);
        for (end, op, values) in self.comparisons(at) {
            if self.fraction(end - 1).is_some() {
                steps.push((end, Item::Condition { target: Target::Fraction, op, values }));
                continue;
            }
            let after = self.past(end, &["in", "of"]);
            // "more than 8 sessions" is about sessions.
            let is_named = self.parts(end).any(|(_, part)| {
                matches!(part, Part::Dataset(_) | Part::Metric(_) | Part::CountMetric(_) | Part::Field(_))
            });
            if !matches!(self.tokens[at].kind, Kind::Number(_)) && !is_named {
                steps.push((end, Item::Condition { target: Target::Open, op, values: values.clone() }));
                // "between 100 and 200 m2": the one figure in this unit of what is named before.
                if let Some(field) = self.figure_in_unit(at, end) {
                    let target = Target::Field(field);
                    steps.push((end + 1, Item::Condition { target, op, values: values.clone() }));
                }
            }
            for (end, phrase) in self.phrases(after) {
                if let Noun::Entity(dataset) = phrase.noun
                    && phrase.is_plain()
                    && !phrase.filters.is_empty()
                    && !(phrase.filters.iter().any(|filter| filter.values.len() > 1) && self.says_each(after, end))
                {
                    let measure = phrase
                        .figure()
                        .filter(|id| self.says_how_many(*id))
                        .map_or(Measure::CountOf(dataset), Measure::Metric);
                    let (filters, values) = (phrase.filters, values.clone());
                    steps.push((end, Item::Many { measure, filters, op, values }));
                }
            }
            for (end, part) in self.parts(after) {
                let Some(target) = self.bounded(at, (after, end), part) else { continue };
                steps.push((end, Item::Condition { target, op, values: values.clone() }));
            }
        }
        // "courses with 10 credits"
        let so_many = self
            .any(at, &["with", "having", "that have", "which have", "that has"])
            .filter(|end| self.tokens.get(*end).is_some_and(|token| token.number().is_some()));
        if let Some((at, value)) = so_many.and_then(|at| Some((at, self.literal(at)?))) {
            for (end, part) in self.parts(at + 1) {
                if let Part::Field(id) = part
                    && self.is_figure(*id)
                {
                    let (target, values) = (Target::Field(*id), vec![value.clone()]);
                    steps.push((end, Item::Condition { target, op: Op::Is, values }));
                }
            }
        }
        self.done_so_often(at, steps);
        self.of_two(at, steps);
        for (words, op) in [("longer than", Op::More), ("shorter than", Op::Less)] {
            let end = self.any(at, &["that took", "took", "that lasted", "lasted", "lasting", "taking", "that take"]);
            let Some(end) = self.is(end.unwrap_or(at), words) else { continue };
            let Some(value @ Value::Number(_)) = self.literal(end) else { continue };
            let is_time = self.tokens.get(end + 1).is_some_and(|token| units::seconds(&token.text).is_some());
            let length = self.length_in_unit(at, end + 1).filter(|_| !is_time);
            let target = length.map_or(Target::Lasting, Target::Field);
            steps.push((end + 1, Item::Condition { target, op, values: vec![value] }));
        }
        let start = self
            .past(at, &["where", "with", "whose", "having", "the", "a", "an", "that have", "who have", "have", "had"]);
        let mut targets: Vec<(usize, Target)> = Vec::new();
        for (end, part) in self.parts(start) {
            if let Part::Field(field) = part
                && self.ground.field(*field).ty == Type::Number
                && !self.ground.field(*field).is_key
            {
                targets.push((end, Target::Field(*field)));
            }
        }
        for (end, measure, filters, _) in self.figures(start) {
            if filters.is_empty() {
                targets.push((end, Target::Measure(measure)));
            }
        }
        for (end, target) in targets {
            let end = self.past(end, &["is", "are", "was", "were", "of", "that is", "which is"]);
            for (end, op, values) in self.comparisons(end) {
                let is_percent = self.fraction(end - 1).is_some();
                // "a discount over 5%", of what is kept in per cent.
                let values = match &target {
                    Target::Field(field) if is_percent && self.ground.field(*field).unit.as_deref() == Some("%") => {
                        values.iter().map(in_percent).collect()
                    }
                    target if is_percent && !self.is_ratio(target) => continue,
                    _ => values,
                };
                steps.push((end, Item::Condition { target: target.clone(), op, values }));
            }
        }
    }

    /// What a number before it is about. In one row or in all that belong to a thing, where no figure says it, is not known.
    fn bounded(&self, at: usize, (after, end): (usize, usize), part: &Part) -> Option<Target> {
        match part {
            Part::Dataset(id) if !self.is_counted_by_metric(after, end) => Some(Target::Measure(Measure::CountOf(*id))),
            Part::Metric(id) | Part::CountMetric(id) => Some(Target::Measure(Measure::Metric(*id))),
            Part::Field(id) if self.is_figure(*id) && !self.is_of_things(at, *id) => Some(Target::Field(*id)),
            Part::Field(id) if self.is_figure(*id) => together(self.ground, *id).map(Target::Measure),
            _ => None,
        }
    }

    /// "lawyers who recorded more than 700 hours": an amount of rows that belong to each of them, of all together.
    fn is_of_things(&self, at: usize, field: FieldId) -> bool {
        let home = self.ground.field(field).dataset;
        let is_beyond = |of: DatasetId| of != home && schema_graph::reach(self.ground, home).contains(&of);
        !is_rate(self.ground, field) && self.thing_before(at).is_some_and(is_beyond)
    }

    /// "gross below their budget", "with less stock than their minimum stock", "paid after the due date": of two fields of
    /// the same row.
    fn of_two(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const THEIR: [&str; 6] = ["the", "their", "its", "a", "than", "his"];
        let start =
            self.past(at, &["where", "with", "whose", "having", "the", "a", "that have", "that has", "have", "has"]);
        let zero = || vec![Value::Number("0".to_owned())];
        let figures = |at: usize| -> Vec<(usize, FieldId)> {
            let of = |(end, part): (usize, &Part)| match part {
                Part::Field(id) if self.is_figure(*id) => Some((end, *id)),
                _ => None,
            };
            self.parts(at).filter_map(of).collect()
        };
        let mut found: Vec<(usize, Option<FieldId>, Op)> = Vec::new();
        for (end, one) in figures(start) {
            let end = self.past(end, &["is", "are", "was", "were", "that is", "which is"]);
            for (words, op) in COMPARISONS {
                let Some(end) = self.is(end, words) else { continue };
                for (end, other) in figures(self.past(end, &THEIR)) {
                    found.push((end, self.ground.made(Made::Difference(one, other)), op));
                }
            }
        }
        for (words, op) in
            [("more", Op::More), ("higher", Op::More), ("less", Op::Less), ("lower", Op::Less), ("fewer", Op::Less)]
        {
            for (end, one) in self.is(start, words).map(figures).unwrap_or_default() {
                for (end, other) in self.is(end, "than").map(|end| figures(self.past(end, &THEIR))).unwrap_or_default()
                {
                    found.push((end, self.ground.made(Made::Difference(one, other)), op));
                }
            }
        }
        let times = |at: usize| -> Vec<(usize, FieldId)> {
            let of = |(end, part): (usize, &Part)| match part {
                Part::Field(id) | Part::Happened(id) | Part::Deeds(id) if self.is_date(*id) => Some((end, *id)),
                _ => None,
            };
            self.parts(at).filter_map(of).collect()
        };
        for (end, one) in times(start) {
            for (words, op) in
                [("after", Op::More), ("later than", Op::More), ("before", Op::Less), ("earlier than", Op::Less)]
            {
                for (end, other) in self.is(end, words).map(|end| times(self.past(end, &THEIR))).unwrap_or_default() {
                    found.push((end, self.ground.made(Made::Days(other, one)), op));
                }
            }
        }
        for (end, made, op) in found {
            if let Some(field) = made {
                steps.push((end, Item::Condition { target: Target::Field(field), op, values: zero() }));
            }
        }
    }

    /// "wines that cost more than 30 euros", "contractors charging over 50": by the only price that things have.
    fn cost(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const COST: [&str; 5] = ["cost", "costs", "costing", "charging", "priced"];
        let start = self.past(at, &["that", "which", "who"]);
        let (Some(end), Some(of)) = (self.any(start, &COST), self.thing_before(at)) else { return };
        // Others have what is called so, and these have not.
        let is_of_others = |part: &Part| matches!(part, Part::Field(id) if self.ground.field(*id).dataset != of);
        if !self.parts(start).all(|(_, part)| is_of_others(part)) {
            return;
        }
        let is_price = |id: &FieldId| self.is_figure(*id) && is_price(self.ground, *id);
        let mut prices = self.ground.fields_of(of).filter(is_price);
        let (Some(field), None) = (prices.next(), prices.next()) else { return };
        for (end, op, values) in self.comparisons(end).into_iter().filter(|(end, ..)| self.is_clause_end(*end)) {
            steps.push((end, Item::Condition { target: Target::Field(field), op, values }));
        }
    }

    /// "upcoming tastings", "events that are coming up": whose own time is still to come.
    fn coming(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const COMING: [&str; 6] =
            ["upcoming", "coming up", "are coming up", "is coming up", "still to come", "are still to come"];
        let start = self.past(at, &["that", "which"]);
        let Some(end) = self.any(start, &COMING) else { return };
        let behind = self.parts(end).find_map(|(_, part)| match part {
            Part::Dataset(id) => Some(*id),
            _ => None,
        });
        let of = behind.or_else(|| self.thing_before(at));
        // Where things begin on a day, that is to come, whenever they were signed.
        let begins = of.and_then(|of| times::day_called(self.ground, of, &times::STARTS));
        let own = begins.or_else(|| of.and_then(|of| times::own(self.ground, of))).filter(|id| {
            let names = phrases(&self.ground.field(*id).names);
            let is_ahead = |word: &String| ["held", "start", "begin", "scheduled", "planned"].contains(&word.as_str());
            of.is_some_and(|of| may_lie_ahead(self.ground, of)) || names.iter().flatten().any(is_ahead)
        });
        if let Some(field) = own {
            let values = vec![Value::Date(self.context.today)];
            steps.push((end, Item::Filter(Filter { field, op: Op::More, values })));
        }
    }

    /// "patients over 60", "members under 18 years old", "aged between 20 and 30": born before or after that day. Without the
    /// words of an age only of persons.
    fn aged(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const AGES: [&str; 4] = ["years old", "years of age", "year old", "years"];
        /// What a person's age is said to be without more words.
        const LIKELY: std::ops::RangeInclusive<i64> = 10..=110;
        let aged = self.is(at, "aged");
        let Some((end, op, ages)) = self.ages(aged.unwrap_or(at), aged.is_some()) else { return };
        let behind = self.any(end, &AGES);
        let is_age = aged.is_some()
            || ["older", "younger"].iter().any(|word| self.tokens[at].is(word))
            || behind.is_some_and(|behind| behind > end + 1);
        let end = behind.unwrap_or(end);
        let Some(of) = self.thing_before(at).filter(|_| self.is_clause_end(end)) else { return };
        let mut births = self.ground.fields_of(of).filter(|id| is_of_birth(self.ground, *id));
        let (Some(born), None) = (births.next(), births.next()) else { return };
        // "employees with us for over 10 years": not of them.
        let is_named = (0..at).any(|from| {
            let is_it = |part: &Part| match part {
                Part::Dataset(id) => *id == of,
                Part::Value(field, _) => self.ground.field(*field).dataset == of,
                _ => false,
            };
            self.parts(from).any(|(end, part)| end == at && is_it(part))
        });
        let is_said =
            is_named || at > 0 && ["are", "is", "were", "was"].iter().any(|word| self.tokens[at - 1].is(word));
        let is_likely = is_person(self.ground, of) && ages.iter().all(|age| LIKELY.contains(age));
        if (is_said || aged.is_some()) && (is_age || is_likely) {
            steps.extend(self.of_age(born, op, &ages).map(|filter| (end, Item::Filter(filter))));
        }
    }

    /// "over 60", "older than 60", "between 20 and 30", "18 or older"; where an age is said to follow, also "30".
    fn ages(&self, at: usize, is_aged: bool) -> Option<(usize, Op, Vec<i64>)> {
        const OLDER: [(&str, Op); 2] = [("older than", Op::More), ("younger than", Op::Less)];
        const BEHIND: [(&str, Op); 6] = [
            ("or older", Op::AtLeast),
            ("and older", Op::AtLeast),
            ("or over", Op::AtLeast),
            ("and over", Op::AtLeast),
            ("or younger", Op::AtMost),
            ("or under", Op::AtMost),
        ];
        let age = |at: usize| match self.literal(at)? {
            Value::Number(digits) => digits.parse::<i64>().ok().filter(|years| (1..=150).contains(years)),
            _ => None,
        };
        let led = |(words, op): &(&str, Op)| {
            let end = self.is(at, words)?;
            Some((end + 1, *op, vec![age(end)?]))
        };
        let between = || {
            let end = self.is(at, "between")?;
            let joint = self.is(end + 1, "and")?;
            Some((joint + 1, Op::Between, vec![age(end)?, age(joint)?]))
        };
        let followed = |(words, op): &(&str, Op)| Some((self.is(at + 1, words)?, *op, vec![age(at)?]));
        let alone = || Some((at + 1, Op::Is, vec![age(at).filter(|_| is_aged)?]));
        let all = OLDER.iter().chain(&COMPARISONS);
        all.into_iter().find_map(led).or_else(between).or_else(|| BEHIND.iter().find_map(followed)).or_else(alone)
    }

    /// Who is over 60 was born before that day sixty years ago; what has a year alone is as old as years have passed.
    fn of_age(&self, born: FieldId, op: Op, ages: &[i64]) -> Option<Filter> {
        let day = |years: i64| self.context.today.checked_sub(years.years()).ok().map(|day| vec![Value::Date(day)]);
        let by_day = |op: Op, years: i64| Some(Filter { field: born, op, values: day(years)? });
        match (op, ages) {
            (Op::More, [years]) if self.is_date(born) => by_day(Op::Less, *years),
            (Op::AtLeast, [years]) if self.is_date(born) => by_day(Op::AtMost, *years),
            (Op::Less, [years]) if self.is_date(born) => by_day(Op::More, *years),
            (Op::AtMost, [years]) if self.is_date(born) => by_day(Op::More, years + 1),
            _ => {
                let values = ages.iter().map(|years| Value::Number(years.to_string())).collect();
                Some(Filter { field: self.ground.made(Made::Age(born))?, op, values })
            }
        }
    }

    /// "customers who ordered more than ten times", "at least twice": as often as there are rows of what was done.
    fn as_often(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const WORDS: [(&str, &str); 3] = [("once", "1"), ("twice", "2"), ("thrice", "3")];
        let number = |digits: &str| vec![Value::Number(digits.to_owned())];
        let counted = self.comparisons(at).into_iter();
        let counted = counted.filter_map(|(end, op, values)| Some((self.any(end, &["times"])?, op, values)));
        let mut said: Vec<(usize, Op, Vec<Value>)> = counted.collect();
        for (words, op) in COMPARISONS {
            let Some(end) = self.is(at, words) else { continue };
            said.extend(WORDS.iter().filter_map(|(word, digits)| Some((self.is(end, word)?, op, number(digits)))));
        }
        // "at least twice by email": how is not said of the rows.
        said.retain(|(end, ..)| self.is(*end, "by").is_none());
        if said.is_empty() {
            return;
        }
        let before = (0..at).flat_map(|from| self.parts(from)).filter(|(end, _)| *end == at);
        let mut done: Vec<DatasetId> = before
            .filter_map(|(_, part)| match part {
                Part::Join(join) => Some(self.ground.join(*join).from),
                Part::Done(dataset) => Some(*dataset),
                _ => None,
            })
            .collect();
        done.sort_unstable();
        done.dedup();
        for dataset in done {
            for (end, op, values) in &said {
                let target = Target::Measure(Measure::CountOf(dataset));
                steps.push((*end, Item::Condition { target, op: *op, values: values.clone() }));
            }
        }
    }

    /// "sold more than 200 units", of units sold.
    fn done_so_often(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let verb = &self.tokens[at].lemma;
        if !self.parts(at).any(|(_, part)| matches!(part, Part::Made(_))) {
            return;
        }
        for (end, op, values) in self.comparisons(at + 1) {
            for (id, metric) in self.ground.metrics.iter().enumerate() {
                let rest_of = |name: &[String]| match name {
                    [rest @ .., last] if last == verb => Some(rest.to_vec()),
                    [first, rest @ ..] if first == verb => Some(rest.to_vec()),
                    _ => None,
                };
                for rest in phrases(&metric.names).iter().filter_map(|name| rest_of(name)) {
                    let words = self.tokens.iter().skip(end).map(|token| &token.lemma);
                    if !rest.is_empty() && words.take(rest.len()).eq(&rest) {
                        let target = Target::Measure(Measure::Metric(MetricId(id)));
                        let values = values.clone();
                        steps.push((end + rest.len(), Item::Condition { target, op, values }));
                    }
                }
            }
        }
    }

    fn is_ratio(&self, target: &Target) -> bool {
        matches!(target, Target::Measure(measure) if is_ratio(self.ground, measure))
    }

    pub fn is_figure(&self, id: FieldId) -> bool {
        let field = self.ground.field(id);
        field.ty == Type::Number && !field.is_key && !field.is_time
    }

    /// What the word behind a number makes of it: "30 million", "5k".
    fn scale_of(&self, at: usize) -> Option<f64> {
        let token = &self.tokens[at];
        let digits = token.raw.trim_start_matches(|c: char| !c.is_ascii_digit());
        let digits: String = digits.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let (Kind::Number(whole) | Kind::Money(whole, _)) = &token.kind else { return None };
        let scale = whole.parse::<f64>().ok()? / digits.parse::<f64>().ok()?;
        Some(scale).filter(|scale| *scale >= 100.0)
    }

    /// "over 1000", "between 10 and 20", "10 or more".
    pub fn comparisons(&self, at: usize) -> Vec<(usize, Op, Vec<Value>)> {
        let mut found = Vec::new();
        let number = |at: usize| {
            self.fraction(at).or_else(|| self.literal(at)).filter(|value| matches!(value, Value::Number(_)))
        };
        for (words, op) in COMPARISONS {
            if let Some(end) = self.is(at, words)
                && let Some(value) = number(end)
            {
                found.push((end + 1, op, vec![value]));
            }
        }
        if let Some(end) = self.any(at, &["between", "from"])
            && let (Some(low), Some(joint)) = (number(end), self.any(end + 1, &["and", "to", "-"]))
            && let Some(high) = number(joint)
            && dates::at(self.tokens, joint, self.context).is_empty()
        {
            let value = |value: &Value| match value {
                Value::Number(digits) => digits.parse::<f64>().unwrap_or(f64::NAN),
                _ => f64::NAN,
            };
            // "between 20 and 30 million": both are millions.
            // "between 5 and 6 percent"
            let is_percent = self.fraction(joint).is_some() && self.fraction(end).is_none();
            let low = if is_percent { Value::Number(format!("{:.8}", value(&low) / 100.0)) } else { low };
            let low = match self.scale_of(joint).filter(|_| self.scale_of(end).is_none()) {
                Some(scale) => Value::Number(format!("{}", value(&low) * scale)),
                None => low,
            };
            if value(&low) <= value(&high) {
                found.push((joint + 1, Op::Between, vec![low, high]));
            }
        }
        if let Some(value) = number(at) {
            if let Some(end) =
                self.any(at + 1, &["or more", "or above", "or higher", "and more", "and above", "+", "or over"])
            {
                found.push((end, Op::AtLeast, vec![value.clone()]));
            }
            if let Some(end) =
                self.any(at + 1, &["or less", "or fewer", "or below", "or lower", "and below", "or under"])
            {
                found.push((end, Op::AtMost, vec![value]));
            }
        }
        // "over 3 months" is no condition on a figure.
        let is_period = |end: usize| {
            let unit = self.tokens.get(end).and_then(|token| super::groups::grain_word(&token.text));
            unit.is_some_and(|unit| unit != Grain::Day)
        };
        found.retain(|(end, ..)| !is_period(*end));
        // The longest says what is meant: "less than or equal to".
        let longest = found.iter().map(|(end, ..)| *end).max();
        found.retain(|(end, ..)| Some(*end) == longest);
        found
    }
}

fn in_percent(value: &Value) -> Value {
    match value {
        Value::Number(digits) => {
            let number = digits.parse::<f64>().unwrap_or(f64::NAN) * 100.0;
            Value::Number(format!("{number:.6}").trim_end_matches('0').trim_end_matches('.').to_owned())
        }
        other => other.clone(),
    }
}

/// A figure that is divided, and is not in percent already.
pub(in crate::chat::read) fn is_ratio(ground: &Ground, measure: &Measure) -> bool {
    let Measure::Metric(id) = measure else { return false };
    let metric = ground.metric(*id);
    metric.expression.contains('/') && metric.unit.is_none()
}
