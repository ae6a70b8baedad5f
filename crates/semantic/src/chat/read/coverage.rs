//! Coverage: the words of a question that no clause of its query accounts for. The proof goes over the query that will
//! run, not over the reading that led to it: what is not in the query was lost on the way, and is refused.

mod clauses;
mod far;
mod guards;
mod items;
mod pronouns;
mod weaker;

use super::field_roles;
use super::items::{Edit, Item, Noun, Phrase};
use super::reader::{Reader, Sequence};
use super::resolve::{counts, held};
use super::resolver::Resolution;
use super::scan::adjectives::{is_adjective, is_sorted_by};
use super::scan::groups::grain_word;
use super::scan::times::UNTIL_THE_SAME;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::lexicon::{HEADS, Part, last_words, short_names};
use crate::chat::names::{further, phrases};
use crate::chat::query::{Aggregate, Filter, Grain, Measure, Op, Query};
use crate::chat::reading::Choice;
use crate::chat::schema_graph;
use crate::chat::units;
use crate::chat::words::{Kind, Token};
use clauses::Clauses;

/// They join what means something. No pronoun, quantifier, negation, comparative or superlative is among them.
const FUNCTION: &str = "a an the of in on at to for from by with within during and or as than into via through using \
    is are was were be been being am do does did has have had having get gets got getting can could would should will \
    let need want like know see look looks looked if ever currently respectively because \
    what which who whom whose where how when that we us our i me my you your please kindly hi hello hey thanks \
    thank s show list give tell find display print return fetch report provide retrieve calculate compute view name \
    about regarding concerning among data information details figures figure record records row rows result results \
    chart graph table plot draw diagram bar line pie visualize visualise breakdown overview out behind beside next \
    side add";

/// Whether some clause of a query accounts for an operator.
type Accounts = fn(&Clauses<'_>) -> bool;

/// Words of questions, and what a query must hold where they stand.
const OPERATORS: [(&str, Accounts); 31] = [
    (
        "not no never without none nobody noone nor neither except excluding exclude excludes other apart outside \
        ignoring omit omitting lack lacks lacking missing non but leaving leave counting empty null blank unset unknown yet",
        |it| it.has_negation,
    ),
    ("more greater higher larger bigger over above exceeding exceeds exceed longer upwards", |it| it.has_bound),
    ("less fewer lower smaller below under shorter", |it| it.has_bound),
    ("later earlier", |it| it.has_time),
    ("between exactly up equal equals", |it| it.has_bound || it.has_value || it.has_time),
    (
        "top bottom best worst highest lowest largest smallest biggest greatest most least fewest leading first last \
        latest earliest newest oldest longest shortest maximum minimum max min recent common frequent commonest rarest \
        performing selling often frequently",
        |it| it.has_rank,
    ),
    ("least most minimum maximum", |it| it.has_bound_op),
    ("limit limited", |it| it.has_limit),
    (
        "sorted sort ordered order rank ranked ranks ascending asc descending desc alphabetically alphabetical \
        chronologically chronological high low z",
        |it| it.has_rank,
    ),
    ("average avg mean typical typically usual", |it| it.has_average),
    ("median", |it| it.has_median),
    ("total sum overall combined altogether together grand", |it| it.is_total),
    ("all", |it| it.is_whole),
    ("many number count quantity amount much volume", |it| it.has_figure || it.has_bound),
    (
        "share shares percentage percentages percent proportion fraction contribution ratio rate relative absolute",
        |it| it.has_share,
    ),
    (
        "growth change changed increase increased decrease decreased difference grow grew decline declined drop dropped \
        rise rose fell versus vs against yoy mom qoq wow",
        |it| it.has_change,
    ),
    ("compare compared comparison", |it| it.has_comparison),
    ("contains containing contain includes starts starting start begins beginning begin ends ending end", |it| {
        it.has_text_op
    }),
    ("cumulative cumulated running accumulated", |it| it.is_cumulative),
    ("trend trends time timeline develop developed evolve evolved development evolution", |it| it.has_grain),
    ("per each every", |it| it.has_groups || it.has_average),
    (
        "grouped group broken down break split segmented sliced aggregated summarized summarised organized separated \
        across basis",
        |it| it.has_groups,
    ),
    ("only just exclusively", |it| it.is_restricted),
    ("alone still already", |it| it.has_condition),
    ("both either any some one single anything something everything", |it| it.has_condition || it.has_groups),
    (
        "since until till before after ago today yesterday now date previous prior preceding this so far \
        ytd mtd qtd wtd so following starting beginning end start onwards onward throughout course rolling trailing",
        |it| it.has_time,
    ),
    ("past current", |it| it.has_time || it.has_state),
    ("present former ex active employed", |it| it.has_state),
    ("live lives living located based belong belongs belonging come comes came coming called named", |it| {
        it.has_condition || it.has_groups
    }),
    (
        "generate generated generates cause caused produce produced yield yielded make makes made bring brings brought \
        earn earned receive received take took taken place placed happen happened occur occurred exist exists recorded record \
        created create issued issue written write registered register booked book raised submitted filed logged \
        ran run runs led lead leads held hold hosted host organised organise organized organize conducted conduct arranged \
        arrange undertook handle done do give get",
        |it| it.has_figure || it.is_list,
    ),
    ("true yes false", |it| it.has_condition),
];

/// They stand for something that was named: in the message itself, else in the answer before.
const PRONOUNS: &str = "there it its they them their theirs those these this that one ones same he she his her him";
const DISTINCT: &str = "distinct unique different";
const GRAINS: &str = "daily weekly monthly quarterly yearly annual annually";
/// What messages say that change a query.
const EDITS: &str = "also too add addition additionally plus well instead then there now again include including \
    remove drop clear filter filters condition conditions restriction restrictions take off lift switch restrict ok okay \
    back period way round around reverse reversed rather ungrouped hide longer change full whole";

/// Before the key of a thing: "customer number 3".
const KEYS: &str = "number no nr id";
/// What an item says of all rows must be so of them, whatever it made.
const ALONE: &str = "only just exclusively alone both";
const REMOVALS: &str = "only just all any time comparison total";

/// "and of Ann?", of those that Bo leads: a value that the query before has elsewhere, and that stands beside it now.
fn sets_beside(query: &Query, last: &Query) -> bool {
    let is_of_others =
        |field: FieldId| query.members.iter().flat_map(|member| &member.filters).any(|it| it.field == field);
    let is_new = |filter: &&Filter| !last.filters.iter().any(|known| known.field == filter.field);
    query.members == last.members && query.filters.iter().filter(is_new).any(|filter| is_of_others(filter.field))
}

/// "not released in 2025": a time that is empty, and within a period.
fn when_it_did_not_happen(query: &Query) -> Option<FieldId> {
    let time = query.time.as_ref()?.field;
    query.filters.iter().any(|filter| filter.op == Op::IsEmpty && filter.field == time).then_some(time)
}

fn is_one_of(token: &Token, words: &str) -> bool {
    words.split_whitespace().any(|word| token.is(word))
}

impl Reader<'_> {
    /// Whether a query names this value.
    pub fn is_named_in(&self, query: &Query, value: &str) -> bool {
        Clauses::of(self.ground, query).names(value)
    }

    /// A query stays one where its clauses account for all words of the question, and its words for all that it shows.
    /// `last`: the query that it changes.
    pub fn proved(
        &self,
        sequence: &Sequence,
        resolved: Resolution,
        last: Option<&Query>,
        choices: &[Choice],
    ) -> Resolution {
        let Resolution::Query(query, notes) = resolved else { return resolved };
        // Which figure is meant was asked, and chosen.
        let is_of_figure = |choice: &Choice| !["scope|", "far|"].iter().any(|other| choice.id.starts_with(other));
        let is_chosen = choices.iter().any(is_of_figure);
        let lost = self.uncovered(&query, sequence, last);
        if let Some(at) = lost.first() {
            let word = &self.tokens[*at].raw;
            let sentence = match is_one_of(&self.tokens[*at], PRONOUNS) {
                true => format!("What \"{word}\" stands for is not clear."),
                false => format!("What \"{word}\" says cannot be asked for together with the rest."),
            };
            return Resolution::Lost(sentence, query);
        }
        if let Some(sentence) = self.ill_said(&query, sequence) {
            return Resolution::Lost(sentence, query);
        }
        if self.forgets_end(&query, sequence, last) {
            let sentence = "What was listed is only a part, of which no figure can be asked for.";
            return Resolution::Lost(sentence.to_owned(), query);
        }
        if let Some(join) = Clauses::of(self.ground, &query).idle_relationship() {
            let names = &self.ground.join(join).names;
            return Resolution::Not(format!("It is not clear of what \"{}\" is said.", names.shown().to_lowercase()));
        }
        if let Some(field) = when_it_did_not_happen(&query) {
            let name = self.ground.field(field).names.shown().to_lowercase();
            return Resolution::Not(format!("What has no {name} has none in a period either."));
        }
        if last.is_some_and(|last| sets_beside(&query, last)) {
            return Resolution::Not("Say all of it: it is not clear what that stands in the place of.".to_owned());
        }
        if let Some(sentence) = self.misdone(&query, sequence).or_else(|| self.is_of_two_years(&query)) {
            return Resolution::Not(sentence);
        }
        let is_known = |measure: &Measure| {
            let listed = last.and_then(|last| last.listed);
            let counts = listed.is_some() && counts::counted(self.ground, measure) == listed;
            let fields = field_roles::fields_of(self.ground, measure);
            let is_of_it = |known: &Measure| {
                let is_bare =
                    || matches!(known, Measure::Metric(id) if held::bare(self.ground, *id).as_ref() == Some(measure));
                known == measure
                    || !fields.is_empty() && field_roles::fields_of(self.ground, known) == fields
                    || is_bare()
            };
            counts || last.is_some_and(|last| last.measures.iter().any(is_of_it))
        };
        let is_asked = |measure: &&Measure| is_chosen || is_known(measure) || self.names(measure);
        match query.measures.iter().find(|measure| !is_asked(measure)) {
            Some(_) => Resolution::Not("Say which figure is wanted.".to_owned()),
            None => Resolution::Query(query, notes),
        }
    }

    /// "works from 1999", which have a year of their own beside their time: which of them, is not said.
    fn is_of_two_years(&self, query: &Query) -> Option<String> {
        let time = query.time.as_ref().filter(|_| query.is_dated_by_own)?;
        let of = self.ground.field(time.field).dataset;
        let shown = |id: FieldId| self.ground.field(id).names.shown().to_lowercase();
        // "season 2025", "and 2024": that season, or what was done then.
        let is_said = |filter: &&Filter| {
            let is_own = self.ground.field(filter.field).dataset == of;
            filter.op == Op::Is && is_own && field_roles::says_year(self.ground, filter.field)
        };
        let said = query.filters.iter().find(is_said).filter(|_| time.range.grain == Some(Grain::Year));
        if let Some(filter) = said {
            return Some(format!("Say which year is meant: {} or {}.", shown(time.field), shown(filter.field)));
        }
        let is_year = |id: &FieldId| {
            let names = &self.ground.field(*id).names;
            let mut words = [phrases(names), further(names)].concat().into_iter().flatten();
            self.ground.field(*id).ty == Type::Number && words.any(|word| word == "year")
        };
        let from = |at: usize| {
            self.tokens[at].is("from")
                && dates::at(self.tokens, at + 1, self.context).iter().any(|(end, stated)| {
                    *end == at + 2 && stated.range == time.range && stated.range.grain == Some(Grain::Year)
                })
        };
        let year = self.ground.fields_of(of).find(is_year).filter(|_| (0..self.tokens.len()).any(from))?;
        Some(format!("Say which year is meant: {} or {}.", shown(time.field), shown(year)))
    }

    fn says(&self, is_it: impl Fn(&Part) -> bool) -> bool {
        (0..self.tokens.len()).any(|at| self.parts(at).any(|(_, part)| is_it(part)))
    }

    /// Words of the question ask for the figure.
    fn names(&self, measure: &Measure) -> bool {
        let counted = counts::counted(self.ground, measure);
        let fields = field_roles::fields_of(self.ground, measure);
        let home = schema_graph::home(self.ground, measure);
        let of = |field: &FieldId| Some(self.ground.field(*field).dataset);
        let is_it = |part: &Part| match part {
            Part::Metric(id) | Part::CountMetric(id) => *measure == Measure::Metric(*id),
            Part::Dataset(id) | Part::Done(id) | Part::Made(id) => {
                let is_own = |field: &FieldId| {
                    let known = self.ground.field(*field);
                    known.is_time || schema_graph::lasting(self.ground, *id) == Some(*field)
                };
                let is_namesake = schema_graph::namesake(self.ground, *id).is_some_and(|it| fields.contains(&it));
                // "average bill", "total payments": of its amount.
                let takes_amount = match measure {
                    Measure::Of { aggregate: Aggregate::Average, .. } => true,
                    Measure::Of { aggregate: Aggregate::Sum, .. } => field_roles::are_sums(self.ground, *id),
                    _ => false,
                };
                let is_worth = takes_amount && fields.iter().any(|field| field_roles::is_amount(self.ground, *field));
                let is_its = is_worth || fields.iter().any(is_own);
                counted == Some(*id) || is_namesake || Some(*id) == home && is_its
            }
            Part::Field(id) => fields.contains(id) || counted.is_some() && of(id) == counted,
            Part::Value(id, _) | Part::Happened(id) | Part::Undone(id) | Part::Deeds(id) => {
                counted.is_some() && of(id) == counted
            }
            Part::Join(id) => counted == Some(self.ground.join(*id).from),
        };
        match measure {
            Measure::Per { measure, .. } => self.names(measure),
            Measure::Over { part, whole } => self.names(part) || self.names(whole),
            Measure::CountThrough { .. } => true,
            _ => {
                let is_spent = |at: usize| self.spent(at).is_some_and(|(_, id)| *measure == Measure::Metric(id));
                let worth = ["value", "amount", "worth"];
                let is_span = fields.iter().any(|field| self.ground.made_of(*field).is_some());
                let is_worth = fields.iter().any(|field| field_roles::is_amount(self.ground, *field));
                (0..self.tokens.len()).any(|at| self.parts(at).any(|(_, part)| is_it(part)) || is_spent(at))
                    || is_worth && self.has(&worth)
                    || is_span && self.has(&["how long", "how many days", "how many hours"])
                    // "cheapest": whether that is it, is looked at besides.
                    || self.tokens.iter().any(|token| is_adjective(&token.text))
                    || counted.is_some() && self.has(&["popular"])
            }
        }
    }

    /// The words that no clause of the query accounts for.
    fn uncovered(&self, query: &Query, sequence: &Sequence, last: Option<&Query>) -> Vec<usize> {
        let now = Clauses::of(self.ground, query);
        let before = last.map(|last| Clauses::of(self.ground, last));
        // "add the highest bid" after a list is a column, "which of them has the highest bid" is not.
        let is_ranking = last.is_none() || self.tokens.iter().any(|token| is_one_of(token, "which who whose with"));
        let mut covered = vec![false; self.tokens.len()];
        for at in 0..self.tokens.len() {
            for (end, part) in self.parts(at) {
                let is_held = now.holds(part)
                    && self.is_theirs(at, end, part, query)
                    && !(is_ranking && self.swallows_rank(at, part, query));
                if is_held || before.as_ref().is_some_and(|before| self.is_taken_away(at, part, &now, before)) {
                    covered[at..end].iter_mut().for_each(|it| *it = true);
                }
            }
            // "all methods together": no condition on it.
            let is_whole = at > 0 && self.tokens[at - 1].is("all");
            let together = |end: usize| self.any(end, &["together", "combined"]);
            for end in self.parts(at).filter_map(|(end, _)| together(end)).filter(|_| is_whole) {
                covered[at..end].iter_mut().for_each(|it| *it = true);
            }
            let spent = self.spent(at).filter(|(_, id)| now.holds(&Part::Metric(*id))).map(|(end, _)| end);
            for end in self.dated(at, &now).into_iter().chain(spent) {
                covered[at..end].iter_mut().for_each(|it| *it = true);
            }
        }
        for (from, end, item) in &sequence.items {
            let is_edit = matches!(item, Item::Edit(_) | Item::Limit(_));
            if now.has_made(item) {
                let words = covered[*from..*end].iter_mut().zip(&self.tokens[*from..*end]);
                let words =
                    words.filter(|(_, token)| is_edit || !is_one_of(token, ALONE) && !is_one_of(token, PRONOUNS));
                words.for_each(|(it, _)| *it = true);
            }
        }
        for at in 0..self.tokens.len() {
            // Not where a longer name has it: "dealer region".
            let is_named = |end: usize| {
                (0..=at).any(|from| {
                    self.parts(from).any(|(other, part)| {
                        other >= end && now.holds(part) && self.is_theirs(from, other, part, query)
                    })
                })
            };
            let short = self.parts(at).filter(|(_, part)| now.holds(part)).map(|(end, _)| end);
            let short: Vec<usize> = short.filter(|end| !is_named(*end)).collect();
            for end in short {
                covered[at..end].iter_mut().for_each(|it| *it = false);
            }
        }
        let is_lost = |at: &usize| !covered[*at] && !self.is_accounted(*at, &now, before.as_ref());
        let lost = (0..self.tokens.len()).filter(is_lost);
        lost.chain(self.unused_name(&now, sequence)).collect()
    }

    /// "without France", "with cancelled orders again": a condition of the query before, which is there no more.
    fn is_taken_away(&self, at: usize, part: &Part, now: &Clauses<'_>, before: &Clauses<'_>) -> bool {
        const GIVES_BACK: &str = "with including include back";
        let behind = &self.tokens[at.saturating_sub(2)..at];
        let is_said = behind
            .iter()
            .any(|token| is_one_of(token, OPERATORS[0].0) || is_one_of(token, GIVES_BACK) && before.has_negation);
        matches!(part, Part::Value(..)) && is_said && before.holds(part) && !now.holds(part)
    }

    /// "how many are they", of a list that ends: what is counted is no more than the list, and the query has no such end.
    fn forgets_end(&self, query: &Query, sequence: &Sequence, last: Option<&Query>) -> bool {
        // "all of them" says so.
        let wants_all = sequence.items.iter().any(|(_, _, item)| *item == Item::Edit(Edit::All));
        let is_ended = last.is_some_and(|last| last.limit.is_some() || last.picked.is_some());
        let points_back = (0..self.tokens.len()).any(|at| self.is_outward(at));
        is_ended && !wants_all && points_back && query.limit.is_none() && query.picked.is_none()
    }

    /// A short name of a field is that of what is asked for. "kind" may be that of what it leads to as well.
    fn is_theirs(&self, at: usize, end: usize, part: &Part, query: &Query) -> bool {
        let Part::Field(field) = part else { return true };
        let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
        let known = self.ground.field(*field);
        let is_full = [phrases(&known.names), further(&known.names)].concat().contains(&words);
        if is_full
            || !last_words(self.ground, *field).contains(&words) && !short_names(self.ground, *field).contains(&words)
        {
            return true;
        }
        let homes: Vec<DatasetId> = self.homes(query).collect();
        let is_own = |field: FieldId| homes.contains(&self.ground.field(field).dataset);
        let is_head = words.iter().all(|word| HEADS.contains(&word.as_str()));
        let is_rival = |(_, part): (usize, &Part)| matches!(part, Part::Field(other) if is_own(*other));
        let is_near = || homes.iter().any(|home| schema_graph::reach(self.ground, *home).contains(&known.dataset));
        is_own(*field) || is_head && is_near() && self.parts(at).any(is_rival)
    }

    /// "the work with the highest price", of what is called so: it is ranked by it, and no column. That of one that is named
    /// is one, and so is what is listed beside others.
    fn swallows_rank(&self, at: usize, part: &Part, query: &Query) -> bool {
        let (Part::Field(field), Some(listed)) = (part, query.listed) else { return false };
        let is_rank =
            OPERATORS.iter().any(|(words, _)| words.contains("highest") && is_one_of(&self.tokens[at], words));
        let names = schema_graph::identity(self.ground, listed);
        let is_one = query.filters.iter().any(|filter| filter.op == Op::Is && names.contains(&filter.field));
        let is_said = query.filters.iter().any(|filter| filter.field == *field);
        let is_beside = at > 0 && is_one_of(&self.tokens[at - 1], "their its and , by");
        is_rank && query.order.is_empty() && !is_one && !is_said && !is_beside
    }

    /// Behind the periods that begin here and stand in the query.
    fn dated(&self, at: usize, now: &Clauses<'_>) -> Vec<usize> {
        let stated = dates::at(self.tokens, at, self.context).into_iter();
        let against = dates::against(self.tokens, at).or_else(|| dates::over(self.tokens, at));
        let against = against.filter(|_| now.has_time).map(|(end, _)| end);
        // "2025 until the same day"
        let until = self.any(at + 1, &UNTIL_THE_SAME).filter(|_| now.has_change && self.tokens[at].number().is_some());
        let against = against.into_iter().chain(until);
        stated.filter(|(_, stated)| now.is_dated(stated)).map(|(end, _)| end).chain(against).collect()
    }

    /// "one" at the end, or behind a word that makes a pronoun or a quantifier of it.
    fn is_no_number(&self, at: usize) -> bool {
        let is_end = self.is_end(at + 1);
        is_end
            || at > 0
                && is_one_of(&self.tokens[at - 1], "that this which each every any no the another other even least")
    }

    /// What the word stands before is counted or shown once.
    fn is_distinct(&self, at: usize, now: &Clauses<'_>) -> bool {
        let is_it = |phrase: &Phrase| match phrase.noun {
            Noun::Entity(id) => now.counts_once(id),
            Noun::Field(field) => now.has_once(field),
            Noun::Grain(_) => false,
        };
        let phrases = self.phrases(at + 1);
        if phrases.is_empty() { now.is_distinct } else { phrases.iter().any(|(_, phrase)| is_it(phrase)) }
    }

    /// Words that take something of the query before away.
    fn is_removal(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        is_one_of(token, OPERATORS[0].0) || is_one_of(token, REMOVALS) || grain_word(&token.text).is_some()
    }

    fn is_accounted(&self, at: usize, now: &Clauses<'_>, before: Option<&Clauses<'_>>) -> bool {
        let token = &self.tokens[at];
        match &token.kind {
            Kind::Sign => true,
            Kind::Quoted(text) => now.has_text(text),
            // "that one" is no number, "placed one order" has one.
            Kind::Number(_) if token.is("one") && self.is_no_number(at) => before.is_some() || !self.is_outward(at),
            Kind::Number(digits) | Kind::Percent(digits) | Kind::Money(digits, _) => now.has_number(digits),
            Kind::Word => {
                // "have both electricity and gas": the one and the other, and not one of them.
                let is_both = token.is("both")
                    && at > 0
                    && is_one_of(&self.tokens[at - 1], "have has had having with")
                    && now.members() < 2;
                // "with invoices over 100,000 in total", of one invoice.
                let is_sum = token.is("total") && now.is_list && !now.adds_up_members();
                let is_said = |(words, is_there): &(&str, fn(&Clauses<'_>) -> bool)| {
                    is_one_of(token, words) && is_there(now) && !is_both && !is_sum
                };
                // "by client there": where that is, the query before says.
                let is_place = token.is("there")
                    && at > 0
                    && !is_one_of(&self.tokens[at - 1], "is are was were")
                    && before.is_some_and(|before| !before.has_value);
                let is_period = grain_word(&token.text).is_some() || is_one_of(token, GRAINS);
                let is_unit = units::unit(&token.text).is_some() && at > 0 && self.tokens[at - 1].kind != Kind::Word;
                // "and whose it is" asks for somebody.
                let is_whose =
                    token.is("whose") && self.tokens.get(at + 1).is_some_and(|next| is_one_of(next, PRONOUNS));
                is_one_of(token, FUNCTION) && !is_whose
                    || OPERATORS.iter().any(is_said)
                    || is_sorted_by(self.ground, now.query, &token.text)
                    || token.is("popular") && now.is_sorted_by_number()
                    || is_period && (now.has_grain || now.has_time)
                    || is_unit
                    || is_one_of(token, PRONOUNS) && !is_place && (before.is_some() || !self.is_outward(at))
                    || before.is_some() && is_one_of(token, EDITS) && !is_place
                    || before.is_some_and(|before| now.lacks(before)) && self.is_removal(at)
                    || self.past_new(at).is_some()
                    || is_one_of(token, DISTINCT) && self.is_distinct(at, now)
                    || ["number", "numbers", "code", "codes"].contains(&token.text.as_str())
                        && now.has_named(&token.lemma)
                    || self.is_column_word(at) && now.shows_own_time()
                    || is_one_of(token, KEYS) && self.tokens.get(at + 1).is_some_and(|next| now.has_number(&next.raw))
                    || now.has_text(&token.raw)
            }
        }
    }
}
