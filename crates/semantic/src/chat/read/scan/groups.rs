//! Groups, orders, limits and superlatives: "by region and month", "top 5", "with the most orders".

use super::super::field_roles;
use super::super::items::{Grouped, Item};
use super::super::reader::Reader;
use crate::chat::ground::{FieldId, JoinId, Type};
use crate::chat::lexicon::Part;
use crate::chat::query::{Aggregate, Filter, Grain, Measure, Value};
use crate::chat::times;
use crate::chat::words::Phrases;
use crate::chat::words::is_past;

static BY: Phrases = Phrases::named("scan.groups.BY");
static PER: Phrases = Phrases::named("scan.groups.PER");
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
pub(in crate::chat::read) fn grain_word(text: &str) -> Option<Grain> {
    match text {
        "weekday" | "weekdays" => Some(Grain::Weekday),
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
            for (end, by) in self.grouped(end, is_per) {
                // "revenue per seat" is a ratio, not a group of those with as many seats.
                let is_ratio = |by: &Grouped| matches!(by, Grouped::Field(field) if self.is_figure(*field));
                // "tickets closed by requesters": who did it, the groups do not say.
                let is_deed = |at: usize| {
                    self.parts(at).any(|(_, part)| matches!(part, Part::Value(..) | Part::Happened(_)))
                        && (self.tokens[at].text.ends_with("ed") || is_past(&self.tokens[at].text))
                };
                let is_many = self.tokens[end - 1].text != self.tokens[end - 1].lemma;
                let is_thing = matches!(by.as_slice(), [Grouped::Entity(_)]) && is_many;
                if words[0] == "by" && is_thing && self.tokens[at].is("by") && at > 0 && is_deed(at - 1) {
                    continue;
                }
                if is_per && by.iter().any(is_ratio) || !is_per && self.is_of_doers(end, &by) {
                    continue;
                }
                steps.push((end, Item::Group { by, is_per }));
            }
        }
        if let Some(end) = self.any(at, &["per", "per each", "divided by", "divided by the"]) {
            for (end, part) in self.parts(self.past(end, &["the"])) {
                match part {
                    Part::Dataset(id) => steps.push((end, Item::Per(*id))),
                    // "revenue per bed", of things that have so many
                    Part::Field(id) if self.is_figure(*id) && !field_roles::is_rate(self.ground, *id) => {
                        let whole = Measure::Of { aggregate: Aggregate::Sum, field: *id };
                        steps.push((end, Item::PerFigure(whole)));
                    }
                    // "fees per hour worked"
                    Part::Metric(id)
                        if crate::chat::lexicon::is_count(&self.ground.metric(*id).expression)
                            || crate::chat::schema_graph::adds_up(self.ground, &Measure::Metric(*id)) =>
                    {
                        steps.push((end, Item::PerFigure(Measure::Metric(*id))));
                    }
                    _ => {}
                }
            }
        }
        for (words, grain) in GRAINS {
            if let Some(end) =
                self.is(at, words).filter(|end| !(at..*end).any(|at| self.parts(at).any(|(next, _)| next > *end)))
            {
                steps.push((end, Item::Group { by: vec![Grouped::Grain(grain)], is_per: false }));
            }
        }
        // "region by region", as "month by month"
        for (end, by) in self.dimensions(at) {
            let again = self.is(end, "by").map(|end| self.dimensions(end)).unwrap_or_default();
            for (end, _) in again.into_iter().filter(|(_, other)| *other == by) {
                steps.push((end, Item::Group { by: vec![by.clone()], is_per: false }));
            }
        }
        // "top 5 products by revenue"
        if let Some(end) =
            self.any(at, &["by", "in terms of", "based on", "according to", "measured by", "ranked by", "in", "for"])
        {
            let is_by = !["in", "for"].contains(&self.tokens[end - 1].text.as_str()) || end > at + 1;
            for (end, measure) in self.figures_per(end).into_iter().filter(|_| is_by) {
                steps.push((end, Item::By(measure)));
            }
            for (behind, measure, filters, _) in self.figures(end) {
                let field = match measure {
                    Measure::Of { aggregate: Aggregate::Sum, field } => Some(field),
                    _ => None,
                };
                // "by total miles", where the field is called so.
                let mut called = self.parts(end).filter(|(other, _)| *other == behind);
                let is_field = called.any(|(_, part)| matches!(part, Part::Field(id) if Some(*id) == field));
                let end = behind;
                if filters.is_empty() && is_by && !is_field {
                    steps.push((end, Item::By(measure)));
                }
            }
        }
        self.orders(at, steps);
    }

    /// "visits by members in Berlin": of those, or a number for each of those.
    fn is_of_doers(&self, end: usize, by: &[Grouped]) -> bool {
        let last = &self.tokens[end - 1];
        // "visits by students": of those who are, not a number for each of yes and no.
        if let [Grouped::Field(field)] = by {
            let is_value =
                |(other, part): (usize, &Part)| other == end && matches!(part, Part::Value(of, _) if of == field);
            return crate::chat::schema_graph::flag(self.ground, *field).is_some()
                && last.text != last.lemma
                && (0..end).any(|at| self.parts(at).any(is_value));
        }
        let [Grouped::Entity(id)] = by else { return false };
        if self.is_described(end) {
            return true;
        }
        let reach = crate::chat::schema_graph::reach(self.ground, *id);
        let behind = self.past(end, &["in", "from", "of", "with"]);
        let is_theirs = |filter: &Filter| reach.contains(&self.ground.field(filter.field).dataset);
        last.text != last.lemma && self.lists(behind).iter().any(|(_, filter)| is_theirs(filter))
    }

    /// "orders by customers who joined in 2023": of those, and no number for each, unless others are ranked by them.
    pub fn is_described(&self, end: usize) -> bool {
        const RANKS: [&str; 8] = ["top", "bottom", "best", "worst", "most", "least", "highest", "lowest"];
        let last = &self.tokens[end - 1];
        let is_ranked = self.tokens[..end].iter().any(|token| RANKS.iter().any(|word| token.is(word)));
        let is_relative = self.any(end, &["who", "that", "which", "whose", "with", "without"]).is_some();
        let is_done = self.tokens.get(end).is_some_and(|token| {
            (token.text.ends_with("ed") || is_past(&token.text))
                && self.parts(end).any(|(_, part)| matches!(part, Part::Happened(_) | Part::Join(_) | Part::Field(_)))
        });
        last.text != last.lemma && !is_ranked && (is_relative || is_done)
    }

    /// A list of what to group by.
    fn grouped(&self, at: usize, is_per: bool) -> Vec<(usize, Vec<Grouped>)> {
        let mut found: Vec<(usize, Vec<Grouped>)> = Vec::new();
        let mut open: Vec<(usize, Vec<Grouped>)> =
            self.dimensions(at).into_iter().map(|(end, one)| (end, vec![one])).collect();
        for _ in 0..5 {
            let mut next = Vec::new();
            for (end, list) in &open {
                let joint = self.any(*end, &["and", ",", ", and", "&", "and per", "then", "and for each"]);
                // "revenue per order by channel" says two things.
                let by = self.any(*end, &["and by", ", by", "then by", "and then by", "by"]).filter(|_| !is_per);
                let joint = by.or(joint);
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

    pub fn dimensions(&self, at: usize) -> Vec<(usize, Grouped)> {
        let at = self.past(at, &["the", "our", "each", "of the", "their"]);
        let mut found = Vec::new();
        let Some(token) = self.tokens.get(at) else { return found };
        for (end, part) in self.parts(at) {
            match part {
                Part::Dataset(id) => {
                    found.push((end, Grouped::Entity(*id)));
                    // "office of the lead lawyer"
                    let labels = crate::chat::schema_graph::identity(self.ground, *id).into_iter();
                    let label = labels.filter(|it| crate::chat::schema_graph::is_label(self.ground, *it)).last();
                    let of = self.any(end, &["of the", "of their", "of its"]);
                    for (end, join) in of.into_iter().flat_map(|of| self.roles(of)) {
                        if let Some(label) = label.filter(|label| self.is_of_role(join, *label)) {
                            found.push((end, Grouped::Role(join, Some(label))));
                        }
                    }
                }
                // "by month", where a field is called so: of which dates, the figure says.
                Part::Field(_) if end == at + 1 && grain_word(&token.text).is_some() => {}
                Part::Field(id) => {
                    found.push((end, Grouped::Field(*id)));
                    // "order date month"
                    if let Some(grain) =
                        self.tokens.get(end).and_then(|token| grain_word(&token.text)).filter(|_| self.is_date(*id))
                    {
                        found.push((end + 1, Grouped::FieldGrain(*id, grain)));
                    }
                    // "movement of the artist"
                    let owner = self.any(end, &["of the", "of their", "of its", "of an", "of a", "of each"]);
                    for (end, part) in owner.map(|end| self.parts(end)).into_iter().flatten() {
                        if *part == Part::Dataset(self.ground.field(*id).dataset)
                            && self.tokens[end - 1].text == self.tokens[end - 1].lemma
                        {
                            found.push((end, Grouped::Field(*id)));
                        }
                    }
                    // "destination time zone", of the column by which a relationship leads there
                    let leads = |join: &JoinId| crate::chat::schema_graph::key_of(self.ground, *join) == Some(*id);
                    for join in (0..self.ground.joins.len()).map(JoinId).filter(leads) {
                        for (end, part) in self.parts(end) {
                            if let Part::Field(other) = part
                                && self.ground.field(*other).dataset == self.ground.join(join).to
                            {
                                found.push((end, Grouped::Role(join, Some(*other))));
                            }
                        }
                    }
                    // "section of the entry page"
                    let of = self.any(end, &["of the", "of their", "of its", "of", "of an", "of a"]);
                    for (end, join) in of.into_iter().flat_map(|of| self.roles(of)) {
                        if self.is_of_role(join, *id) {
                            found.push((end, Grouped::Role(join, Some(*id))));
                        }
                    }
                }
                _ => {}
            }
        }
        // "per actor", of persons with a job
        let is_called = |end: usize| {
            let is_other = |part: &Part| matches!(part, Part::Dataset(_) | Part::Field(_) | Part::Join(_));
            self.parts(at).any(|(other, part)| other == end && is_other(part))
        };
        for (end, part) in self.parts(at).filter(|(end, _)| !is_called(*end)) {
            let Part::Value(id, value @ Value::Text(_)) = part else { continue };
            let of = self.ground.field(*id).dataset;
            let is_name = crate::chat::schema_graph::is_label(self.ground, *id);
            let is_end = self.parts(end).next().is_none();
            if self.ground.field(*id).is_enumerated && !is_name && is_end && times::is_person(self.ground, of) {
                found.push((end, Grouped::Such(*id, value.clone())));
            }
        }
        // "settlement month"
        for (end, part) in self.parts(at) {
            let grain = self.tokens.get(end).and_then(|token| grain_word(&token.text));
            if let (Part::Happened(field), Some(grain)) = (part, grain) {
                found.push((end + 1, Grouped::FieldGrain(*field, grain)));
            }
        }
        for (end, join) in self.roles(at) {
            found.push((end, Grouped::Role(join, None)));
            // "account owner's team"
            for (end, part) in self.parts(self.past(end, &["s", "'s", "’s"])) {
                if let Part::Field(id) = part
                    && self.is_of_role(join, *id)
                {
                    found.push((end, Grouped::Role(join, Some(*id))));
                }
            }
        }
        let is_named = self.parts(at).any(|(end, part)| end == at + 1 && matches!(part, Part::Dataset(_)));
        let weekday = self.any(at, &["day of the week", "days of the week", "day of week"]);
        let grain = weekday.map(|end| (end, Grain::Weekday));
        if let Some((end, grain)) = grain.or(grain_word(&token.text).map(|grain| (at + 1, grain))).filter(|_| !is_named)
        {
            found.push((end, Grouped::Grain(grain)));
            // "month of order date", "weekday of arrival", "weekday on which they began"
            if let Some(end) = self.any(end, &["of", "of the", "on which they", "on which it"]) {
                for (end, part) in self.parts(end) {
                    if let Part::Field(id) | Part::Happened(id) | Part::Deeds(id) = part
                        && self.is_date(*id)
                    {
                        found.push((end, Grouped::FieldGrain(*id, grain)));
                    }
                }
            }
        }
        found
    }

    /// What relationships call what they lead to: "account owner", not "visit" of `visit_by`.
    pub fn roles(&self, at: usize) -> impl Iterator<Item = (usize, JoinId)> + '_ {
        self.parts(at).filter_map(move |(end, part)| match part {
            Part::Join(join) => {
                let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
                let is_verb = words.last().is_some_and(|last| last == "by" || last.ends_with("ed") || is_past(last));
                let is_called = crate::chat::lexicon::roles(self.ground, self.ground.join(*join)).contains(&words);
                (is_called && !is_verb).then_some((end, *join))
            }
            _ => None,
        })
    }

    /// "manager", not "worked on".
    pub fn called_roles(&self, at: usize) -> Vec<(usize, JoinId)> {
        let Some(first) = self.tokens.get(at) else { return Vec::new() };
        let is_verb = first.text.ends_with("ed") || is_past(&first.text);
        let is_other = |join: JoinId| self.ground.join(join).from != self.ground.join(join).to;
        self.roles(at).filter(|(_, join)| !is_verb && is_other(*join)).collect()
    }

    /// "mentor", of things of which one is that of another.
    pub fn own_roles(&self, at: usize) -> Vec<(usize, JoinId)> {
        let is_own = |join: JoinId| {
            let known = self.ground.join(join);
            let is_it = known.from == known.to && self.thing_before(at) == Some(known.from);
            is_it && !crate::chat::schema_graph::is_called_by_its_own(self.ground, join)
        };
        self.roles(at).filter(|(_, join)| is_own(*join)).collect()
    }

    fn is_of_role(&self, join: JoinId, field: FieldId) -> bool {
        crate::chat::schema_graph::reach(self.ground, self.ground.join(join).to)
            .contains(&self.ground.field(field).dataset)
    }

    pub fn is_date(&self, field: FieldId) -> bool {
        matches!(self.ground.field(field).ty, Type::Date | Type::Timestamp)
    }
}
