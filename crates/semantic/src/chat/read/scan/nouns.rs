//! Things with what stands before them: "paid orders", "5 products", "distinct customers".

use super::super::field_roles;
use super::super::items::{Item, Noun, Phrase};
use super::super::reader::Reader;
use super::figures::COUNTS;
use super::superlatives::SAYS_NO_MORE;
use crate::chat::ground::{DatasetId, FieldId, MetricId, Type};
use crate::chat::lexicon::{Part, is_count, is_person, short_names};
use crate::chat::names::phrases;
use crate::chat::query::{Filter, Measure, Op, Value};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::words::{Kind, Token, fold, is_past, stem};

pub(in crate::chat::read) const ARTICLES: [&str; 9] = ["the", "a", "an", "our", "all", "any", "of", "their", "its"];
pub(in crate::chat::read) const DISTINCT: [&str; 3] = ["distinct", "unique", "different"];
impl Reader<'_> {
    /// Things with the adjectives before them.
    pub fn phrases(&self, at: usize) -> Vec<(usize, Phrase)> {
        let start = self.past(at, &ARTICLES);
        let start = self.past_new(start).unwrap_or(start);
        let mut found = Vec::new();
        let number =
            self.tokens.get(start).and_then(|token| token.number()).and_then(|digits| digits.parse::<u64>().ok());
        let number = number.filter(|number| (1..=10_000).contains(number));
        let after = if number.is_some() { start + 1 } else { start };
        self.described(after, Vec::new(), false, number, &mut found, 0);
        let is_article = |token: &&Token| !token.is("of") && ARTICLES.contains(&token.text.as_str());
        let before = || self.tokens[..start].iter().rev();
        let is_of = before().find(|token| !is_article(token)).is_some_and(|token| token.is("of"));
        let is_definite =
            before().take_while(is_article).any(|token| ["the", "their", "its"].iter().any(|it| token.is(it)));
        // "orders with customer and store"
        let is_with = start > 0 && self.tokens[start - 1].is("with");
        for (_, phrase) in &mut found {
            self.of_year(phrase);
            phrase.is_of = is_of;
            phrase.is_behind_comma = at > 0 && self.tokens[at - 1].is(",");
            phrase.is_the_one = (is_definite || is_with) && !phrase.is_plural;
        }
        found
    }

    /// Things that are called by what they are to others, where nothing else is called so and nothing is named before them: "which
    /// manager has the most", "the youngest curator".
    pub fn role_phrases(&self, at: usize) -> Vec<(usize, Phrase)> {
        let start = self.past(at, &ARTICLES);
        let is_first = (0..start).all(|from| self.parts(from).next().is_none());
        let roles = is_first.then(|| self.roles(start)).into_iter().flatten();
        let is_only = |end: usize| self.parts(start).all(|(other, part)| other < end || matches!(part, Part::Join(_)));
        let roles = roles.filter(|(end, _)| is_only(*end) && self.any(*end, &["of", "for"]).is_none());
        roles
            .map(|(end, join)| {
                let last = &self.tokens[end - 1];
                let is_plural = last.text != last.lemma;
                let one = Phrase::one(self.ground.join(join).to);
                (end, Phrase { is_plural, is_the_one: false, role: Some(join), ..one })
            })
            .collect()
    }

    /// Things by any name.
    pub fn things(&self, at: usize) -> Vec<(usize, Phrase)> {
        [self.phrases(at), self.role_phrases(at)].concat()
    }

    /// "the 2025 festival", of things that have a year: no number of them.
    fn of_year(&self, phrase: &mut Phrase) {
        let (Noun::Entity(of), Some(year @ 1800..=2200)) = (&phrase.noun, phrase.number) else { return };
        let mut years = self.ground.fields_of(*of).filter(|id| field_roles::is_year(self.ground, *id));
        if let (Some(field), None) = (years.next(), years.next()) {
            phrase.number = None;
            phrase.filters.push(Filter { field, op: Op::Is, values: vec![Value::Number(year.to_string())] });
        }
    }

    fn is_behind_has(&self, at: usize) -> bool {
        let mut before =
            self.tokens[..at].iter().rev().skip_while(|token| ["the", "a", "an"].iter().any(|it| token.is(it)));
        before.next().is_some_and(|token| ["with", "have", "has", "having"].iter().any(|word| token.is(word)))
    }

    fn described(
        &self,
        at: usize,
        filters: Vec<Filter>,
        is_distinct: bool,
        number: Option<u64>,
        found: &mut Vec<(usize, Phrase)>,
        depth: usize,
    ) {
        if depth > 4 {
            return;
        }
        let phrase = |noun: Noun, filters: Vec<Filter>, is_plural: bool| Phrase {
            noun,
            filters,
            is_distinct,
            number,
            is_plural,
            is_keyed: false,
            is_of: false,
            is_the_one: false,
            is_behind_comma: false,
            role: None,
            figure: None,
        };
        for (end, part) in self.parts(at) {
            let noun = match part {
                Part::Dataset(id) => Noun::Entity(*id),
                // "born in 1884" says when, and is no column.
                Part::Field(id) if self.is_done_in(at, end, *id) || self.is_event(at, end, *id) => continue,
                // "customers since March" says from when on.
                Part::Field(_) if self.is_bound(end) => continue,
                // "how long does it take" is a figure.
                Part::Field(id) if self.tokens[at].is("how") && self.ground.made_of(*id).is_some() => continue,
                // "properties with parking", "readings with rain": a condition.
                Part::Field(id) if self.is_had(at, end, *id) => continue,
                // "paid status" is a condition.
                Part::Field(id) if filters.iter().all(|filter| filter.field != *id) => Noun::Field(*id),
                _ => continue,
            };
            // "paid channel", where paid is a status.
            if let Noun::Field(field) = noun
                && filters.iter().any(|filter| self.is_before_another(at, filter.field))
                && !self.ground.field(field).is_time
            {
                continue;
            }
            // "open tickets": said of them, and no column.
            let is_theirs = |part: &Part| matches!((part, &noun), (Part::Dataset(of), Noun::Field(id)) if *of == self.ground.field(*id).dataset);
            if self.parts(end).any(|(_, part)| is_theirs(part)) {
                continue;
            }
            let last = &self.tokens[end - 1];
            let is_plural = last.text != last.lemma;
            // "the Spring Sale campaign" is called so itself: what it leads to is not.
            let is_own = |filter: &Filter| match noun {
                Noun::Entity(id) => self.ground.field(filter.field).dataset == id,
                _ => true,
            };
            if !is_plural && depth > 0 && !filters.iter().all(is_own) && !self.is_any_such(at) {
                continue;
            }
            // "grant applications", of grants that were applied for at a time: these.
            if let Noun::Entity(id) = noun
                && let Some(end) = self.deeds_of(end, id)
            {
                found.push((end, phrase(noun.clone(), filters.clone(), true)));
            }
            if let Noun::Entity(id) = noun
                && !is_plural
                && number.is_none()
                && let Some((end, filter)) = self.keyed(end, id)
            {
                let filters = filters.iter().cloned().chain([filter]).collect();
                let noun = noun.clone();
                found.push((end, Phrase { is_keyed: true, ..phrase(noun, filters, is_plural) }));
            }
            let figure = match noun {
                Noun::Entity(id) => self.figure_called(at, end, id).map(|figure| figure.0),
                _ => None,
            };
            found.push((end, Phrase { figure, ..phrase(noun, filters.clone(), is_plural) }));
        }
        // "subscribers", "purchases": the things that have the value.
        for (end, part) in self.parts(at) {
            let Part::Value(field, value @ Value::Text(text)) = part else { continue };
            let last = &self.tokens[end - 1];
            let is_called = found.iter().any(|(other, _)| *other == end);
            // "surgeries" are no departments of that name.
            let is_name = crate::chat::schema_graph::is_label(self.ground, *field);
            let is_plural = last.text != last.lemma && !fold(text).ends_with(&last.text);
            if !is_called
                && !is_name
                && (is_plural
                    || self.is_ranked_one(at, end)
                    || self.is_asked_one(at, end)
                    || self.is_first_one(at, end))
            {
                let of = self.ground.field(*field).dataset;
                let noun = Noun::Entity(self.who_does(last, of).unwrap_or(of));
                let own = Filter { field: *field, op: Op::Is, values: vec![value.clone()] };
                let filters = filters.iter().cloned().chain([own]).collect();
                found.push((end, phrase(noun, filters, is_plural)));
            }
        }
        let grain = self.tokens.get(at).and_then(|token| super::groups::grain_word(&token.text));
        // "which month", where a day is called so: of which days, what is asked for says.
        let is_day = |(end, phrase): &(usize, Phrase)| {
            *end == at + 1 && matches!(phrase.noun, Noun::Field(id) if self.is_date(id))
        };
        if let Some(grain) = grain.filter(|_| depth == 0 && found.iter().all(is_day)) {
            let token = &self.tokens[at];
            let is_plural = token.text != token.lemma;
            found.push((at + 1, phrase(Noun::Grain(grain), Vec::new(), is_plural)));
        }
        // "performances with their date": the day of each.
        let own = if depth == 0 && self.is_column_word(at) { self.own_times(at) } else { Vec::new() };
        found.extend(own.into_iter().map(|field| (at + 1, phrase(Noun::Field(field), Vec::new(), false))));
        if let Some(end) = self.any(at, &DISTINCT) {
            self.described(end, filters.clone(), true, number, found, depth + 1);
        }
        for (end, filter) in self.lists(at) {
            let end = self.said_so(end, Some(filter.field)).unwrap_or(end);
            let all = filters.iter().cloned().chain([filter]).collect();
            // "open and closed tickets" are both, or of both sorts.
            let end = self.any(end, &[","]).filter(|next| !self.lists(*next).is_empty()).unwrap_or(end);
            self.described(end, all, is_distinct, number, found, depth + 1);
        }
        if let Some((end, filter)) = self.so_many(at) {
            let all = filters.iter().cloned().chain([filter]).collect();
            self.described(end, all, is_distinct, number, found, depth + 1);
        }
        if let Some((end, overdue)) = self.overdue(at) {
            let all = filters.iter().cloned().chain(overdue).collect();
            self.described(end, all, is_distinct, number, found, depth + 1);
        }
        for (end, filter) in self.not_done(at).into_iter().chain(self.there_still(at)) {
            let all = filters.iter().cloned().chain([filter]).collect();
            self.described(end, all, is_distinct, number, found, depth + 1);
        }
        let negated = self.any(at, &["not", "non", "non -"]).map(|end| self.singles(end)).unwrap_or_default();
        for (end, filter) in negated {
            let filter = Filter { op: Op::IsNot, ..filter };
            let all = filters.iter().cloned().chain([filter]).collect();
            self.described(end, all, is_distinct, number, found, depth + 1);
        }
    }

    /// The only figure that people who made the model call as they call these things, and that is no number of rows.
    fn figure_called(&self, at: usize, end: usize, of: DatasetId) -> Option<MetricId> {
        let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
        let is_it = |id: MetricId| {
            let metric = self.ground.metric(id);
            let adds = schema_graph::adds_up(self.ground, &Measure::Metric(id)) && !is_count(&metric.expression);
            adds && metric.datasets == [of] && !metric.is_proposal && phrases(&metric.names).contains(&words)
        };
        let mut figures = self.parts(at).filter_map(|(other, part)| match part {
            Part::Metric(id) if other == end && is_it(*id) => Some(*id),
            _ => None,
        });
        figures.next().filter(|_| figures.next().is_none())
    }

    /// "a Boeing plane", "an active gas contract": any that is so, and none that is called so.
    fn is_any_such(&self, at: usize) -> bool {
        const FAR: usize = 5;
        let is_value = |at: usize| self.parts(at).any(|(_, part)| matches!(part, Part::Value(..)));
        let first = (at.saturating_sub(FAR)..at).rev().find(|at| ["a", "an"].iter().any(|it| self.tokens[*at].is(it)));
        first.is_some_and(|first| is_value(first + 1))
    }

    /// The last word begins a period.
    fn is_bound(&self, end: usize) -> bool {
        super::times::BOUNDS.iter().any(|word| self.tokens[end - 1].is(word))
            && !crate::chat::dates::at(self.tokens, end - 1, self.context).is_empty()
    }

    /// Of yes and no, behind "has"; or a figure behind "with", of which there is some, or how much.
    fn is_had(&self, at: usize, end: usize, id: FieldId) -> bool {
        self.is_behind_has(at) && schema_graph::flag(self.ground, id).is_some()
            || self.is_figure(id) && self.is_with_alone(at, end)
    }

    /// Right behind "with", in no list of columns, and no list is asked for.
    fn is_with_alone(&self, at: usize, end: usize) -> bool {
        const LISTS: [&str; 8] = ["list", "show", "display", "give", "print", "names", "name", "all"];
        let is_list = |token: &Token| LISTS.iter().any(|word| token.is(word));
        let goes_on = self.any(end, &["and", ",", "more", "less", "over", "under", "above", "below", "of", "between"]);
        at > 0 && self.tokens[at - 1].is("with") && goes_on.is_none() && !self.tokens[..at].iter().any(is_list)
    }

    /// When the thing was that was named last, else the first one; of "visits with doctor and date", either.
    fn own_times(&self, at: usize) -> Vec<FieldId> {
        let of = |of: Option<DatasetId>| of.and_then(|of| times::own(self.ground, of));
        let near = of(self.thing_before(at));
        let first = of((0..at).find_map(|at| self.thing_at(at)));
        let is_beside = (1..at).rev().find(|at| self.tokens[*at].is("with")).is_some_and(|with| {
            let mut things = (with..at).filter_map(|at| self.thing_at(at));
            self.thing_before(with).is_some_and(|own| things.any(|other| other != own))
        });
        let mut own: Vec<FieldId> = match is_beside {
            true => first.into_iter().chain(near).collect(),
            false => near.or(first).into_iter().collect(),
        };
        own.dedup();
        own
    }

    /// "with date and place", "their date".
    pub fn is_column_word(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|at| &self.tokens[at]);
        ["date", "dates"].iter().any(|word| self.tokens.get(at).is_some_and(|token| token.is(word)))
            && before.is_some_and(|token| ["with", "their", "its", "the", "and", ","].iter().any(|word| token.is(word)))
    }

    /// "A rated", "red coloured": behind a value, what its field is called, as what is done.
    pub fn said_so(&self, at: usize, field: Option<FieldId>) -> Option<usize> {
        let (token, field) = (self.tokens.get(at)?, field?);
        let is_called = |name: &Vec<String>| name.last().is_some_and(|last| stem(last) == stem(&token.text));
        let names = phrases(&self.ground.field(field).names);
        (token.text.ends_with("ed") && names.iter().any(is_called)).then_some(at + 1)
    }

    /// "translators", of rows that link persons with books: these persons.
    fn who_does(&self, word: &Token, of: DatasetId) -> Option<DatasetId> {
        let is_doer = ["er", "or", "ist", "ian"].iter().any(|ending| word.lemma.ends_with(ending));
        let persons = self.ground.joins.iter().filter(|join| join.from == of && is_person(self.ground, join.to));
        match persons.collect::<Vec<_>>().as_slice() {
            [join] if is_doer && !is_person(self.ground, of) && !self.has_name(of) => Some(join.to),
            _ => None,
        }
    }

    /// "two bedroom flat": with so many, of something of which things have a number.
    pub fn so_many(&self, at: usize) -> Option<(usize, Filter)> {
        let value @ Value::Number(_) = self.literal(at)? else { return None };
        let start = self.past(at + 1, &["-"]);
        let (end, field) = self.parts(start).find_map(|(end, part)| match part {
            Part::Field(field) if self.is_figure(*field) && self.ground.field(*field).unit.is_none() => {
                Some((end, *field))
            }
            _ => None,
        })?;
        let is_single = self.tokens[end - 1].text == self.tokens[end - 1].lemma;
        let own = self.ground.field(field).dataset;
        let is_own = |part: &Part| match part {
            Part::Dataset(id) => *id == own,
            Part::Value(of, _) => self.ground.field(*of).dataset == own,
            _ => false,
        };
        let is_before_it = is_single && self.parts(end).any(|(_, part)| is_own(part));
        is_before_it.then_some((end, Filter { field, op: Op::Is, values: vec![value] }))
    }

    /// Behind the words of `at`, what their rows did at a time, in the plural.
    fn deeds_of(&self, at: usize, dataset: DatasetId) -> Option<usize> {
        let is_theirs =
            |part: &Part| matches!(part, Part::Deeds(field) if self.ground.field(*field).dataset == dataset);
        let (end, _) = self.parts(at).find(|(_, part)| is_theirs(part))?;
        (self.tokens[end - 1].text != self.tokens[end - 1].lemma).then_some(end)
    }

    /// "heaviest cat": of the things that have the value.
    fn is_ranked_one(&self, at: usize, end: usize) -> bool {
        const NEAR: usize = 3;
        let is_rank = |token: &Token| token.text.len() > 4 && token.text.ends_with("est");
        let is_of_more =
            |part: &Part| matches!(part, Part::Dataset(_) | Part::Field(_) | Part::Metric(_) | Part::Value(..));
        let is_said = |at: usize| self.parts(at).any(|(_, part)| matches!(part, Part::Value(..) | Part::Undone(_)));
        let rank = (at.saturating_sub(NEAR)..at).rev().find(|at| is_rank(&self.tokens[*at]));
        rank.is_some_and(|rank| (rank + 1..at).all(is_said)) && !self.parts(end).any(|(_, part)| is_of_more(part))
    }

    /// "hotel with the longest payment days": the customer that is one.
    pub fn is_first_one(&self, at: usize, end: usize) -> bool {
        let behind = self.any(end, &["with the", "having the", "that has the", "which has the", "with"]);
        let is_ranked = behind.and_then(|behind| self.tokens.get(behind)).is_some_and(|token| {
            token.text.len() > 4 && token.text.ends_with("est") || ["most", "least"].iter().any(|word| token.is(word))
        });
        let is_other = self
            .parts(at)
            .any(|(_, part)| matches!(part, Part::Dataset(_) | Part::Field(_) | Part::Metric(_) | Part::Join(_)));
        let is_said_of =
            at > 0 && self.parts(at - 1).any(|(other, part)| other == at && matches!(part, Part::Dataset(_)));
        is_ranked && !is_other && !is_said_of
    }

    /// "which deckhand": those that are one.
    fn is_asked_one(&self, at: usize, end: usize) -> bool {
        let is_asked = at > 0 && ["which", "what"].iter().any(|word| self.tokens[at - 1].is(word));
        let is_of_more =
            |part: &Part| matches!(part, Part::Dataset(_) | Part::Field(_) | Part::Metric(_) | Part::Value(..));
        let is_other =
            self.parts(at).any(|(_, part)| matches!(part, Part::Dataset(_) | Part::Field(_) | Part::Metric(_)));
        is_asked && !is_other && !self.parts(end).any(|(_, part)| is_of_more(part))
    }

    /// "unpaid"
    pub fn not_done(&self, at: usize) -> Vec<(usize, Filter)> {
        let of = |(end, part): (usize, &Part)| match part {
            Part::Undone(field) => Some((end, Filter { field: *field, op: Op::IsEmpty, values: Vec::new() })),
            _ => None,
        };
        self.parts(at).filter_map(of).collect()
    }

    /// "arrivals", "customers left": what happened at a time, and not the times.
    pub fn is_event(&self, at: usize, end: usize, id: FieldId) -> bool {
        const TIMES: [&str; 5] = ["date", "day", "time", "month", "year"];
        let is_deed = |token: &Token| token.text.ends_with("ed") || is_past(&token.text);
        let (first, last) = (&self.tokens[at], &self.tokens[end - 1]);
        let is_deed = is_deed(first) || is_deed(last) || last.text != last.lemma;
        let is_time = self.tokens[at..end].iter().any(|token| TIMES.contains(&token.lemma.as_str()));
        (self.is_date(id) || self.ground.field(id).is_time) && is_deed && !is_time
    }

    /// One word, or one with what the verb has behind it, that no verb of the model is known by.
    pub fn is_bare_event(&self, at: usize, end: usize) -> bool {
        let is_known = |(other, part): (usize, &Part)| other == end && matches!(part, Part::Happened(_));
        end == at + 1 && !self.parts(at).any(is_known)
    }

    fn is_done_in(&self, at: usize, end: usize, id: FieldId) -> bool {
        let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
        let field = self.ground.field(id);
        field.ty == Type::Number
            && !phrases(&field.names).contains(&words)
            && short_names(self.ground, id).contains(&words)
    }

    /// Behind "order": "1234", "number 1234", "'A-17'".
    fn keyed(&self, at: usize, dataset: DatasetId) -> Option<(usize, Filter)> {
        let field = crate::chat::schema_graph::key(self.ground, dataset)?;
        let named = self.any(at, &["number", "no", "no .", "nr", "id", "#", "with id", "with number"]);
        // "flight number 1545", of what has a field that is called so: of that one.
        let is_field =
            |part: &Part| matches!(part, Part::Field(id) if *id != field && self.ground.field(*id).dataset == dataset);
        let is_called_so =
            |end: usize| (0..at).any(|from| self.parts(from).any(|(other, part)| other == end && is_field(part)));
        if named.is_some_and(is_called_so) {
            return None;
        }
        let at = named.unwrap_or(at);
        let token = self.tokens.get(at)?;
        let is_plain = token.raw.chars().all(|c| c.is_ascii_digit());
        // "lot 1035", which has a number of its own beside the key: which of them, is not said.
        let names = crate::chat::schema_graph::identity(self.ground, dataset);
        let is_known_otherwise = self.ground.field(field).ty == Type::Number
            && names.iter().any(|id| crate::chat::derived_facts::is_code_of(self.ground, *id));
        if is_known_otherwise {
            return None;
        }
        let value = match (&token.kind, self.ground.field(field).ty) {
            (Kind::Number(digits), Type::Number) if is_plain => Value::Number(digits.clone()),
            (Kind::Number(_), Type::Text) if is_plain => Value::Text(token.raw.clone()),
            // A code is one that is there: another is looked up, and refused where nothing has it.
            (Kind::Quoted(_) | Kind::Word, Type::Text) => {
                let (end, value) = self.parts(at).find_map(|(end, part)| match part {
                    Part::Value(of, value) if *of == field => Some((end, value.clone())),
                    _ => None,
                })?;
                return Some((end, Filter { field, op: Op::Is, values: vec![value] }));
            }
            _ => return None,
        };
        Some((at + 1, Filter { field, op: Op::Is, values: vec![value] }))
    }

    pub fn nouns(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let is_who = at == 0 && self.tokens[at].is("who");
        // Who changes a question before asks for no other persons.
        let mut phrases = if is_who && self.is_follow_up { Vec::new() } else { self.phrases(at) };
        // "who validated the most results": those to whom what was validated leads.
        if let Some(doers) = self.whom_it_leads_to(at + 1).filter(|_| is_who) {
            phrases.retain(|(_, phrase)| matches!(phrase.noun, Noun::Entity(id) if doers.contains(&id)));
        }
        for (end, phrase) in phrases {
            steps.push((end, if is_who { Item::Someone(phrase) } else { Item::Noun(phrase) }));
        }
        if !self.is_follow_up {
            steps.extend(self.role_phrases(at).into_iter().map(|(end, phrase)| (end, Item::Noun(phrase))));
            // "how many managers are there"
            if let Some(end) = self.any(at, &COUNTS).filter(|end| !self.role_phrases(*end).is_empty()) {
                steps.push((end, Item::Counted));
            }
        }
        // "how many seats does the plane with the highest price have": what it has of them.
        const RANKS: [&str; 10] =
            ["most", "highest", "largest", "biggest", "greatest", "least", "fewest", "lowest", "smallest", "longest"];
        let is_ranked = || self.tokens.iter().any(|token| RANKS.iter().any(|word| token.is(word)));
        if let Some(end) = self.any(at, &["how many", "the number of", "number of"]).filter(|_| is_ranked()) {
            for (end, phrase) in self.phrases(end) {
                if matches!(phrase.noun, Noun::Field(id) if self.is_figure(id)) && phrase.is_plain() {
                    steps.push((end, Item::Noun(phrase)));
                }
            }
        }
        // "all orders with number and date"
        const OWN: [&str; 4] = ["number", "numbers", "code", "codes"];
        let is_bare = self.parts(at).next().is_none() && self.is(at + 1, "of").is_none();
        if is_bare && self.any(at, &OWN).is_some() {
            steps.push((at + 1, Item::Own(self.tokens[at].lemma.clone())));
        }
    }

    /// The persons to whom relationships lead that are called as the verb here is.
    fn whom_it_leads_to(&self, at: usize) -> Option<Vec<DatasetId>> {
        let at = self.past(at, &["did", "does", "has", "have"]);
        // "who bought the most lots": what they did is not told by that word alone.
        if self.any(at, &SAYS_NO_MORE).is_some() {
            return None;
        }
        let of = |part: &Part| match part {
            Part::Join(join) => Some(self.ground.join(*join).to),
            _ => None,
        };
        let to = self.parts(at).filter_map(|(_, part)| of(part));
        let doers: Vec<DatasetId> = to.filter(|id| is_person(self.ground, *id)).collect();
        (!doers.is_empty()).then_some(doers)
    }

    /// Values of one field: "paid", "Germany and France", "either paid or pending".
    pub fn lists(&self, at: usize) -> Vec<(usize, Filter)> {
        let start = self.any(at, &["either", "both", "only", "just"]).unwrap_or(at);
        let start = self.past(start, &["the"]);
        let mut found = Vec::new();
        for (end, part) in self.parts(start) {
            let Part::Value(field, value) = part else { continue };
            // "a store", "the store of": the thing that is called so.
            let is_thing = self.parts(start).any(|(other, part)| other == end && matches!(part, Part::Dataset(_)));
            let has_article =
                start > 0 && ["a", "an", "which", "the"].iter().any(|word| self.tokens[start - 1].is(word));
            if is_thing && (has_article || self.is(end, "of").is_some()) {
                continue;
            }
            // "Georgia, US" is no list: the second says which Georgia.
            let is_shared =
                |(other, part): (usize, &Part)| other == end && matches!(part, Part::Value(of, _) if of != field);
            let is_shared = self.parts(start).any(is_shared);
            let mut values = vec![value.clone()];
            let mut end = end;
            while let Some((next, value)) = self.next_value(end, *field) {
                if is_shared && self.is(end, ",").is_some() && self.any(end + 1, &["and", "or"]).is_none() {
                    break;
                }
                values.push(value);
                end = next;
            }
            found.push((end, Filter { field: *field, op: Op::Is, values }));
        }
        found
    }

    /// One value, which no list goes on from, of each field that has it.
    pub fn singles(&self, at: usize) -> Vec<(usize, Filter)> {
        let start = self.past(at, &["the", "a", "an", "in", "from"]);
        // "in use" is a value with its preposition.
        let own = if start > at { self.lists(at) } else { Vec::new() };
        own.into_iter().chain(self.lists(start)).filter(|(_, filter)| filter.values.len() == 1).collect()
    }

    fn next_value(&self, at: usize, field: FieldId) -> Option<(usize, Value)> {
        let joint = self.any(at, &[", or", ", and", "or", "and", ",", "&", "and / or", "/"])?;
        let joint = self.past(joint, &["in", "for", "from", "the", "with"]);
        let of = |(end, part): (usize, &Part)| match part {
            Part::Value(other, value) if *other == field => Some((end, value.clone())),
            _ => None,
        };
        self.parts(joint).filter_map(of).max_by_key(|(end, _)| *end)
    }

    /// A value as it is written: a number, a text in quotes.
    pub fn literal(&self, at: usize) -> Option<Value> {
        match &self.tokens.get(at)?.kind {
            Kind::Number(digits) | Kind::Money(digits, _) => Some(Value::Number(digits.clone())),
            Kind::Quoted(text) => Some(Value::Text(text.clone())),
            _ => None,
        }
    }

    /// "90%", as a fraction.
    pub fn fraction(&self, at: usize) -> Option<Value> {
        match &self.tokens.get(at)?.kind {
            Kind::Percent(digits) => {
                let fraction = format!("{:.8}", digits.parse::<f64>().ok()? / 100.0);
                Some(Value::Number(fraction.trim_end_matches('0').trim_end_matches('.').to_owned()))
            }
            _ => None,
        }
    }
}
