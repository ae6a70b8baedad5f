//! The lattice of a question: all that its words can stand for, overlaps kept.

use super::computed::computed;
use super::dates::any_phrase;
use super::derived_facts;
use super::derived_fields::Made;
use super::ground::{DatasetId, FieldId, Ground, Join, MetricId, Names, Type};
use super::lexicon::{Lexicon, PARTICLES, Part, is_count, value_words};
use super::names::bare;
use super::null_meaning;
use super::query::{Measure, Value};
use super::reading::{Choice, Found};
use super::schema_graph;
use super::times;
use super::words::{Kind, Phrases, Token, country_of, fold, is_past, lemma, pasts, stop_phrase};

const PERSONS: [&str; 3] = ["we", "you", "they"];
const AUXILIARIES: [&str; 3] = ["did", "do", "does"];

/// How a thing comes to be.
static CAME: Phrases = Phrases::named("scan.operators.CAME");

/// What is done to things that are open until then.
static CLOSED: Phrases = Phrases::named("annotate.CLOSED");

/// What no preposition stands before.
static CLAUSE_ENDS: Phrases = Phrases::named("annotate.CLAUSE_ENDS");

/// What stands before things, and before what is said of them.
static BEFORE_THINGS: Phrases = Phrases::named("annotate.BEFORE_THINGS");

/// Words that ask for something.
static REQUESTS: Phrases = Phrases::named("annotate.REQUESTS");

/// A part that the tokens up to `end` can stand for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    pub end: usize,
    pub part: Part,
}

#[derive(Debug, Default)]
pub(super) struct Lattice {
    pub at: Vec<Vec<Mark>>,
}

pub(super) fn annotate(
    ground: &Ground,
    lexicon: &Lexicon,
    tokens: &[Token],
    found: &Found,
    choices: &[Choice],
) -> Lattice {
    let mut lattice = Lattice { at: vec![Vec::new(); tokens.len()] };
    for from in 0..tokens.len() {
        for end in from + 1..=tokens.len().min(from + lexicon.longest.max(1)) {
            let span = &tokens[from..end];
            let marks: Vec<Part> = if let [Token { kind: Kind::Quoted(text), .. }] = span {
                quoted(lexicon, text)
            } else if span.iter().any(|token| matches!(token.kind, Kind::Quoted(_) | Kind::Sign)) {
                break;
            } else {
                spoken(ground, lexicon, tokens, from, span)
            };
            let is_many = span.last().is_some_and(|last| last.text != last.lemma);
            let is_said =
                tokens.get(end).is_some_and(|next| ["is", "are", "was", "were", "in"].iter().any(|it| next.is(it)));
            let is_each = from > 0 && ["different", "distinct", "unique"].iter().any(|word| tokens[from - 1].is(word));
            let marks = if is_each { named_apart(ground, marks) } else { marks };
            let marks = if is_many { marks } else { with_amount(ground, marks) };
            let marks = without_own_fields(ground, marks, is_many, is_said);
            lattice.at[from].extend(marks.into_iter().map(|part| Mark { end, part }));
        }
    }
    asked_apart(&mut lattice, lexicon, tokens);
    owned(&mut lattice, ground, tokens);
    how_long(&mut lattice, lexicon, tokens);
    overlapping(&mut lattice);
    figures_before_values(&mut lattice, tokens);
    looked_up(&mut lattice, tokens, found);
    of_the_nearest(&mut lattice, ground, tokens);
    computed(&mut lattice, ground, lexicon, tokens);
    choose(&mut lattice, ground, tokens, choices);
    lattice
}

/// Tokens from one on that may be one phrase, in their question.
#[derive(Clone, Copy)]
struct Span<'a> {
    ground: &'a Ground,
    lexicon: &'a Lexicon,
    tokens: &'a [Token],
    from: usize,
    span: &'a [Token],
}

fn spoken(ground: &Ground, lexicon: &Lexicon, tokens: &[Token], from: usize, span: &[Token]) -> Vec<Part> {
    let said = Span { ground, lexicon, tokens, from, span };
    let mut parts = said.called();
    said.keep_meant(&mut parts);
    said.keep_deeds(&mut parts);
    said.add_verbs(&mut parts);
    said.add_undone(&mut parts);
    said.add_doers(&mut parts);
    parts
}

impl Span<'_> {
    /// What names and values are called so.
    fn called(self) -> Vec<Part> {
        let Span { ground, lexicon, tokens, from, span } = self;
        let lemmas: Vec<String> = span.iter().map(|token| token.lemma.clone()).collect();
        let mut parts: Vec<Part> = lexicon.names(&lemmas).to_vec();
        // "d'Ivoire" and "2.0" are two words of a value each.
        let folded: Vec<String> = span.iter().flat_map(|token| value_words(&token.text)).collect();
        let singular: Vec<String> = match folded.len() == span.len() {
            true => lemmas,
            false => folded.iter().map(|word| lemma(word)).collect(),
        };
        // "stores" are the things that are called so, not the channel "store".
        let is_thing = parts.iter().any(|part| matches!(part, Part::Dataset(_)));
        let singular = if is_thing { folded.clone() } else { singular };
        let is_hanging = span.len() == 1 && hangs(ground, lexicon, tokens, from);
        for part in lexicon.values(&folded, &singular) {
            // "us" is no country, "US" is; "in" and "a" are no values unless they are written as the value is.
            let is_stop = span.len() == 1 && (stop_phrase(&tokens[from..]).contains(&1) || span[0].text.len() == 1);
            // A request at the beginning may be one, or the value.
            let is_first = from == 0 && REQUESTS.contains(&span[0].text.as_str());
            let is_it = |text: &String| *text == span[0].raw || is_first && text.eq_ignore_ascii_case(&span[0].raw);
            let is_written_so = matches!(&part, Part::Value(_, Value::Text(text)) if is_it(text) && (from > 0 || is_first) && !is_hanging);
            if !is_stop || is_written_so {
                parts.push(part);
            }
        }
        parts
    }

    /// Leaves what the words around do not rule out: a request is no thing.
    fn keep_meant(self, parts: &mut Vec<Part>) {
        let Span { ground, lexicon, tokens, from, span } = self;
        // "average instead", of a figure that is called AVG.
        if let [token] = span
            && token.text == "average"
        {
            let is_so = |names: &Names| {
                let all = [Some(&names.name), names.label.as_ref()].into_iter().flatten().chain(&names.synonyms);
                all.into_iter().any(|name| name.eq_ignore_ascii_case(&token.text))
            };
            parts.retain(|part| !matches!(part, Part::Metric(id) if !is_so(&ground.metric(*id).names)));
        }
        // "show the venues", of what is called a show as well: a request.
        if let ([token], 0) = (span, from)
            && REQUESTS.contains(&token.text.as_str())
            && let Some(next) = tokens.get(1)
        {
            let are_things =
                || lexicon.names(std::slice::from_ref(&next.lemma)).iter().any(|part| matches!(part, Part::Dataset(_)));
            if ["the", "me", "us", "all", "every", "each", "our"].iter().any(|it| next.is(it)) {
                parts.clear();
            } else if next.text != next.lemma && are_things() {
                // "print copies" may be those that are printed.
                parts.retain(|part| matches!(part, Part::Value(..)));
            }
        }
        // "show objects", of a relationship that is called so.
        if from == 0 && REQUESTS.contains(&span[0].text.as_str()) {
            parts.retain(|part| !matches!(part, Part::Join(_)));
        }
        // "what did we bill": what we did, and no bill.
        if span.len() == 1 && is_asked(tokens, from) {
            parts.retain(|part| !matches!(part, Part::Dataset(_)));
        }
        // "how many of them are let": how they are, and no let.
        let is_how = |part: &Part| matches!(part, Part::Value(..));
        if let [token] = span
            && from > 0
            && ["are", "were"].iter().any(|word| tokens[from - 1].is(word))
            && token.text == token.lemma
            && parts.iter().any(is_how)
        {
            parts.retain(|part| !matches!(part, Part::Dataset(_)));
        }
    }

    /// Leaves out states where the word says what somebody does.
    fn keep_deeds(self, parts: &mut Vec<Part>) {
        let Span { lexicon, tokens, from, span, .. } = self;
        // "did accounts open", "open the most": what somebody does, and no state.
        let is_verb = |token: &Token| {
            let said = |part: &Part| matches!(part, Part::Join(_) | Part::Happened(_));
            // "placed the most orders": who did it made them, whatever became of them.
            CAME.contains(&token.text.as_str()) || lexicon.verbs(&token.text).iter().any(said)
        };
        if let [token] = span
            && (is_doing(tokens, from) || is_made(tokens, from))
            && is_verb(token)
        {
            parts.retain(|part| !matches!(part, Part::Value(..)));
        }
    }

    /// What verbs say of what was done.
    fn add_verbs(self, parts: &mut Vec<Part>) {
        let Span { ground, lexicon, tokens, from, span } = self;
        if let [token] = span
            && token.kind == Kind::Word
            && !parts.iter().any(|part| matches!(part, Part::Dataset(_) | Part::Metric(_)))
        {
            // "suppliers supply rotors": right behind those who do it.
            let is_by_doers = |part: &Part| {
                let Part::Join(join) = part else { return false };
                let before = from.checked_sub(1).map(|at| lexicon.names(std::slice::from_ref(&tokens[at].lemma)));
                before.is_some_and(|named| named.contains(&Part::Dataset(ground.join(*join).to)))
            };
            let is_meant = |part: &&Part| (is_done(part, tokens, from) || is_by_doers(part)) && !parts.contains(part);
            let verbs: Vec<Part> = lexicon.verbs(&token.text).iter().filter(is_meant).cloned().collect();
            parts.extend(verbs);
        }
        // "which films did Ann direct", of what a value says was "directed"
        if let [token] = span
            && parts.is_empty()
            && token.kind == Kind::Word
            && is_last_of_did(tokens, from)
        {
            let said = pasts(&token.text)
                .into_iter()
                .flat_map(|past| lexicon.values(std::slice::from_ref(&past), &[lemma(&past)]));
            parts.extend(said);
        }
    }

    /// What was not done yet.
    fn add_undone(self, parts: &mut Vec<Part>) {
        let Span { ground, lexicon, tokens, span, .. } = self;
        // "open", of what is closed at a time that may be empty, where no value of it says so. A planned end is there before.
        if let [token] = span
            && token.is("open")
        {
            let is_said = |of: DatasetId| {
                parts.iter().any(|part| matches!(part, Part::Value(id, _) if ground.field(*id).dataset == of))
            };
            let closed = CLOSED.iter().flat_map(|verb| lexicon.verbs(verb)).filter_map(|part| match part {
                Part::Happened(field) if !is_said(ground.field(*field).dataset) => Some(*field),
                _ => None,
            });
            let closed = closed.filter(|field| null_meaning::may_be_empty(ground, *field)).map(Part::Undone);
            let mut closed: Vec<Part> = closed.collect();
            closed.dedup();
            parts.extend(closed);
        }
        // "unpaid": what has no time at which it was paid.
        if let [token] = span
            && parts.is_empty()
            && let Some(verb) = token.text.strip_prefix("un")
            && (verb.ends_with("ed") || is_past(verb))
        {
            parts.extend(lexicon.verbs(verb).iter().filter_map(|part| match part {
                Part::Happened(field) => Some(Part::Undone(*field)),
                _ => None,
            }));
            // "unneutered", of yes and no: not beside those that are, of which each sort would be meant.
            let is_beside = tokens.iter().any(|token| token.is(verb));
            let said = if is_beside { Vec::new() } else { lexicon.values(&[verb.to_owned()], &[lemma(verb)]) };
            parts.extend(said.iter().filter_map(|part| match part {
                Part::Value(field, value) => {
                    let (yes, no) = schema_graph::flag(ground, *field)?;
                    (*value == yes).then_some(Part::Value(*field, no))
                }
                _ => None,
            }));
        }
    }

    /// Who does it, and how often it was done.
    fn add_doers(self, parts: &mut Vec<Part>) {
        let Span { ground, lexicon, tokens, from, span } = self;
        // "who joined": a person.
        if from == 0 && matches!(span, [token] if token.is("who")) {
            let persons = lexicon.names(&["person".to_owned()]).iter();
            parts.extend(persons.filter(|part| matches!(part, Part::Dataset(_))).cloned());
        }
        // "owned by" is said of what is owned, "owns" of who does.
        let is_passive = tokens.get(from + span.len()).is_some_and(|next| next.is("by"));
        let particle = span.get(1).map(|particle| particle.text.as_str());
        if let ([verb] | [verb, _], false) = (span, is_passive)
        && verb.kind == Kind::Word
        // "list lots": a command.
        && from > 0
        // "who trained Vera", and not "those trained by her".
        && (!verb.text.ends_with("ed") || is_of_who(tokens, from, span.len()))
        {
            // "invoices we wrote" are no writers.
            let is_led = ["who", "nobody", "noone", "one"].iter().any(|word| tokens[from - 1].is(word));
            let actives = lexicon.actives(&verb.text, particle).iter();
            parts.extend(actives.filter(|part| is_led || !matches!(part, Part::Field(_))).cloned());
        }
        // "installation month", "month of installation"
        let is_period = |at: usize| tokens.get(at).is_some_and(|token| PERIODS.contains(&token.lemma.as_str()));
        if let [noun] = span
            && (is_period(from + 1) || from > 1 && tokens[from - 1].is("of") && is_period(from - 2))
        {
            let deeds = lexicon.deeds(&noun.text).iter().filter(|deed| !parts.contains(deed));
            let deeds: Vec<Part> = deeds.cloned().collect();
            parts.extend(deeds);
        }
        if let [token] = span
            && token.text != token.lemma
            && parts.is_empty()
        {
            parts.extend(lexicon.deeds(&token.lemma).iter().filter_map(|deed| match deed {
                Part::Happened(field) if !lexicon.is_called_elsewhere(&token.lemma, ground.field(*field).dataset) => {
                    Some(Part::Deeds(*field))
                }
                _ => None,
            }));
        }
        // "number of arrivals", of what is called an arrival as a time: how often it happened.
        if let [token] = span
            && let [Part::Field(field)] = parts.as_slice()
            && ground.field(*field).is_time
            && from > 1
            && any_phrase(tokens, from - 2, &["number of", "how many"]) == Some(from)
            && token.text != token.lemma
            && lexicon.deeds(&token.lemma).contains(&Part::Happened(*field))
        {
            *parts = vec![Part::Deeds(*field)];
        }
        if let [verb, particle] = span
            && verb.kind == Kind::Word
            && PARTICLES.contains(&particle.text.as_str())
        {
            parts.extend_from_slice(lexicon.particle_verbs(&verb.text, &particle.text));
        }
    }
}

/// "in 2024", "on Mondays", of a column that holds "in" and "on": a small word before a time, a value or a noun says how words hang
/// together. At the end of a clause ("those that are in") it is a value, and so are "on", "the in moves" and "on last week" that
/// say how things are.
fn hangs(ground: &Ground, lexicon: &Lexicon, tokens: &[Token], from: usize) -> bool {
    static HANGING: Phrases = Phrases::named("annotate.HANGING");
    let is_one_of = |token: &Token, words: &[&str]| words.iter().any(|word| token.is(word));
    let [token, rest @ ..] = &tokens[from..] else { return false };
    let before = from.checked_sub(1).map(|at| &tokens[at]);
    let is_said = token.kind != Kind::Word || !HANGING.contains(&token.raw.as_str());
    if is_said || before.is_some_and(|before| before.kind == Kind::Sign && before.is("=")) {
        return false;
    }
    if any_phrase(rest, 0, &["at least", "at most"]).is_some() {
        return true;
    }
    let is_end = rest.first().is_none_or(|next| next.kind == Kind::Sign) || any_phrase(rest, 0, &CLAUSE_ENDS).is_some();
    // "pumps that were on last week"
    let is_so = before.is_some_and(|before| is_one_of(before, &["is", "are", "was", "were", "be", "been"]))
        && is_one_of(token, &["on", "off", "out"])
        && rest.first().is_some_and(|next| is_one_of(next, &["last", "this", "all"]));
    // "how many in moves"
    let is_theirs = |part: &Part| match part {
        Part::Dataset(of) => lexicon
            .values(std::slice::from_ref(&token.text), std::slice::from_ref(&token.lemma))
            .iter()
            .any(|value| matches!(value, Part::Value(id, _) if ground.field(*id).dataset == *of)),
        _ => false,
    };
    let is_before_theirs = before.is_some_and(|before| BEFORE_THINGS.contains(&before.text.as_str()))
        && rest.first().is_some_and(|next| lexicon.names(std::slice::from_ref(&next.lemma)).iter().any(is_theirs));
    !is_end && !is_so && !is_before_theirs
}

/// "who trained Vera": a name or a thing follows the verb of "who".
fn is_of_who(tokens: &[Token], from: usize, length: usize) -> bool {
    const LED: [&str; 12] = ["by", "to", "in", "on", "at", "for", "from", "with", "of", "under", "before", "after"];
    let next = tokens.get(from + length);
    let is_led = next.is_none_or(|next| next.kind == Kind::Sign || LED.iter().any(|word| next.is(word)));
    !is_led && ["who", "whoever", "nobody"].iter().any(|word| tokens[from - 1].is(word))
}

const PERIODS: [&str; 6] = ["day", "week", "month", "quarter", "year", "weekday"];

/// The word is a verb of what was done, as far as its ending or a word before it tells: "shipped", "sold", "did we
/// close", "who owns". What "open" says is no deed, though "opened" may be one of a relationship.
fn is_done(part: &Part, tokens: &[Token], at: usize) -> bool {
    const BEFORE: [&str; 9] = ["did", "do", "does", "not", "never", "ever", "who", "that", "nobody"];
    let text = tokens[at].text.as_str();
    let ends = |endings: &[&str]| endings.iter().any(|ending| text.ends_with(ending));
    let before = at.checked_sub(1).map(|before| tokens[before].text.as_str());
    let is_led = before.is_some_and(|before| BEFORE.contains(&before));
    match part {
        Part::Done(_) => ends(&["ed", "ing", "ment"]) || is_led || is_asked(tokens, at) || is_active(tokens, at),
        _ => {
            ends(&["ed", "ing", "ment"])
                || is_past(text)
                || text == "due"
                || is_led
                || is_asked(tokens, at)
                || is_last_of_did(tokens, at)
        }
    }
}

/// "When did Casa Verona open?"
fn is_last_of_did(tokens: &[Token], at: usize) -> bool {
    let is_last = tokens[at + 1..].iter().all(|token| token.kind == Kind::Sign);
    is_last && tokens[..at].iter().any(|token| AUXILIARIES.iter().any(|word| token.is(word)))
}

/// "did each customer book": what who is named right before does.
fn is_active(tokens: &[Token], at: usize) -> bool {
    const OF: [&str; 9] = ["the", "a", "an", "each", "every", "our", "of", "most", "many"];
    let is_asked = tokens[..at].iter().any(|token| AUXILIARIES.iter().any(|word| token.is(word)));
    is_asked && tokens[at].text == tokens[at].lemma && !OF.iter().any(|word| tokens[at - 1].is(word))
}

/// The verb behind "did", or before "the most".
fn is_doing(tokens: &[Token], at: usize) -> bool {
    let is_any = |token: &Token, words: &[&str]| words.iter().any(|word| token.is(word));
    let asked = tokens[..at].iter().any(|token| is_any(token, &AUXILIARIES));
    let most = any_phrase(tokens, at + 1, &["the most", "most", "the fewest", "fewest", "the least"]).is_some();
    at > 0 && (asked || most) && !["ed", "ing"].iter().any(|ending| tokens[at].text.ends_with(ending))
}

/// "placed the most orders", of those who made them.
fn is_made(tokens: &[Token], at: usize) -> bool {
    let is_most = any_phrase(tokens, at + 1, &["the most", "most", "the fewest", "fewest", "the least"]).is_some();
    at > 0 && is_most && CAME.contains(&tokens[at].text.as_str())
}

/// "did we close": the verb of a question.
fn is_asked(tokens: &[Token], at: usize) -> bool {
    let is_before =
        |far: usize, words: &[&str]| at.checked_sub(far).is_some_and(|at| words.contains(&tokens[at].text.as_str()));
    is_before(2, &AUXILIARIES) && is_before(1, &PERSONS)
}

/// "different teams", of rows of which each is a team in a year: as many as there are names.
fn named_apart(ground: &Ground, mut parts: Vec<Part>) -> Vec<Part> {
    let named: Vec<DatasetId> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Field(id) if !ground.field(*id).is_key => Some(ground.field(*id).dataset),
            _ => None,
        })
        .collect();
    let is_one_of = |id: &DatasetId| named.contains(id) && ground.dataset(*id).primary_key.len() > 1;
    parts.retain(|part| !matches!(part, Part::Dataset(id) if is_one_of(id)));
    parts
}

/// "box office by genre", "payroll in 2024", of rows that the model calls so, too, in the singular: what they add up to, or how
/// many there are, is asked. Where a figure is called so, that is meant.
fn with_amount(ground: &Ground, mut parts: Vec<Part>) -> Vec<Part> {
    let is_figure = |part: &Part| matches!(part, Part::Metric(_) | Part::Field(_));
    let [things] = parts
        .iter()
        .filter_map(|part| match part {
            Part::Dataset(id) => Some(*id),
            _ => None,
        })
        .collect::<Vec<_>>()[..]
    else {
        return parts;
    };
    let name = fold(bare(&ground.dataset(things).names));
    let is_single = name.split(|c: char| !c.is_alphanumeric()).next_back().is_some_and(|last| lemma(last) == last);
    let is_named = ground.fields_of(things).any(|id| schema_graph::is_label(ground, id));
    if parts.iter().any(is_figure) || !is_single || is_named {
        return parts;
    }
    let metrics = || (0..ground.metrics.len()).map(MetricId).filter(|id| ground.metric(*id).datasets == [things]);
    let sums: Vec<MetricId> = metrics()
        .filter(|id| schema_graph::adds_up(ground, &Measure::Metric(*id)) && !is_count(&ground.metric(*id).expression))
        .collect();
    let count = metrics().find(|id| is_count(&ground.metric(*id).expression));
    if let (Some(count), false) = (count, sums.is_empty()) {
        parts.splice(0..0, sums.into_iter().chain([count]).map(Part::Metric));
    }
    parts
}

/// `products.product` has the words of its own dataset, and the thing is meant.
fn without_own_fields(ground: &Ground, mut parts: Vec<Part>, is_many: bool, is_said: bool) -> Vec<Part> {
    // "whose home port is in", of the relationship and of the column that holds its key.
    let keys: Vec<FieldId> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Join(join) => schema_graph::key_of(ground, *join),
            _ => None,
        })
        .collect();
    parts.retain(|part| !(is_said && matches!(part, Part::Field(id) if keys.contains(id))));
    // Several of its rows share a name of this sort, which is what people mean by the word.
    let attributes: Vec<DatasetId> = parts
        .iter()
        .filter_map(|part| match part {
            // "courses", of which several bear one title, are as many as there are rows of them.
            Part::Field(id)
                if ground.derived().attributes.get(id.0) == Some(&true)
                    && (!is_many || derived_facts::is_coarser(ground, *id)) =>
            {
                Some(ground.field(*id).dataset)
            }
            _ => None,
        })
        .collect();
    parts.retain(|part| !matches!(part, Part::Dataset(id) if attributes.contains(id)));
    // "salary", of salaries: what each of them says, and not how many there are.
    let figures: Vec<DatasetId> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Field(id) if ground.field(*id).ty == Type::Number && !ground.field(*id).is_key && !is_many => {
                Some(ground.field(*id).dataset)
            }
            _ => None,
        })
        .collect();
    parts.retain(|part| !matches!(part, Part::Dataset(id) if figures.contains(id)));
    let things: Vec<Part> = parts.iter().filter(|part| matches!(part, Part::Dataset(_))).cloned().collect();
    parts.retain(|part| match part {
        Part::Field(id) => !things.contains(&Part::Dataset(ground.field(*id).dataset)),
        _ => true,
    });
    parts
}

fn quoted(lexicon: &Lexicon, text: &str) -> Vec<Part> {
    let words = value_words(text);
    let values = lexicon.values(&words, &[]);
    values.iter().filter(|part| matches!(part, Part::Value(_, Value::Text(_)))).cloned().collect()
}

/// "status of orders": of theirs, where they have one that is called so. How old things are that nobody is born as, is said of
/// them alone.
fn owned(lattice: &mut Lattice, ground: &Ground, tokens: &[Token]) {
    const ARTICLES: [&str; 9] = ["the", "our", "all", "each", "every", "a", "an", "their", "its"];
    const NEAR: usize = 3;
    let things = |at: usize| -> Vec<DatasetId> {
        let of = |part: &Part| match part {
            Part::Dataset(id) => Some(*id),
            Part::Value(field, _) => Some(ground.field(*field).dataset),
            _ => None,
        };
        let named = |at: usize| lattice.at[at].iter().filter_map(|mark| of(&mark.part)).collect::<Vec<_>>();
        let behind = (at..tokens.len().min(at + NEAR)).skip_while(|at| ARTICLES.contains(&tokens[*at].text.as_str()));
        behind.map(named).find(|things| !things.is_empty()).unwrap_or_default()
    };
    let owners: Vec<Vec<DatasetId>> = (0..=tokens.len())
        .map(|end| match tokens.get(end) {
            Some(token) if token.is("of") => things(end + 1),
            _ => Vec::new(),
        })
        .collect();
    let field = |mark: &Mark| match mark.part {
        Part::Field(id) => Some((mark.end, ground.field(id).dataset)),
        _ => None,
    };
    let fields: Vec<(usize, DatasetId)> = lattice.at.iter().flatten().filter_map(field).collect();
    let named: Vec<Vec<DatasetId>> = (0..=tokens.len())
        .map(|end| {
            let of = |mark: &Mark| match mark.part {
                Part::Dataset(id) if mark.end == end => Some(id),
                _ => None,
            };
            lattice.at.iter().flatten().filter_map(of).collect()
        })
        .collect();
    for (from, marks) in lattice.at.iter_mut().enumerate() {
        marks.retain(|mark| {
            let Part::Field(id) = mark.part else { return true };
            let (of, owners) = (ground.field(id).dataset, &owners[mark.end]);
            let has_own = fields.iter().any(|(end, of)| *end == mark.end && owners.contains(of));
            let is_theirs = owners.contains(&of);
            let is_age = matches!(ground.made_of(id), Some(Made::Age(born)) if !times::is_of_birth(ground, born));
            let is_said = !is_age || mark.end > from + 1 || is_theirs || named[from].contains(&of);
            (is_theirs || !has_own) && is_said
        });
    }
}

/// "How long does it take us to deliver" asks for the time to deliver.
fn how_long(lattice: &mut Lattice, lexicon: &Lexicon, tokens: &[Token]) {
    let starts = [
        "how long does it take",
        "how long did it take",
        "how long does it usually take",
        "how much time does it take",
    ];
    for from in 0..tokens.len() {
        let Some(end) = any_phrase(tokens, from, &starts) else { continue };
        let end = any_phrase(tokens, end, &["us", "you", "them"]).unwrap_or(end);
        let average = any_phrase(tokens, end, &["on average"]);
        let Some(verb) = any_phrase(tokens, average.unwrap_or(end), &["to"]).filter(|at| *at < tokens.len()) else {
            continue;
        };
        let of = ["time", "to", tokens[verb].lemma.as_str()].map(str::to_owned).to_vec();
        let averages = [vec!["average".to_owned()], of.clone()].concat();
        let said = match average {
            Some(_) => lexicon.names(&averages),
            None => lexicon.names(&of),
        };
        let said = if said.is_empty() { lexicon.names(&averages) } else { said };
        let figures = said.iter().filter(|part| matches!(part, Part::Metric(_)));
        lattice.at[from].extend(figures.map(|part| Mark { end: verb + 1, part: part.clone() }));
    }
}

/// "net sales including tax" of what is called "net sales" and "sales including tax": two names of one thing are one.
fn overlapping(lattice: &mut Lattice) {
    for from in 0..lattice.at.len() {
        let names: Vec<Mark> =
            lattice.at[from].iter().filter(|mark| matches!(mark.part, Part::Metric(_))).cloned().collect();
        for name in names {
            let inside = from + 1..name.end;
            let longer =
                inside.flat_map(|at| &lattice.at[at]).filter(|mark| mark.part == name.part && mark.end > name.end);
            let longer: Vec<Mark> = longer.cloned().collect();
            lattice.at[from].extend(longer);
        }
    }
}

/// "loss payments, loss reserves": what is called by several words as a figure is, is the figure and not the rows whose
/// kind is called so. Behind "of" and "for" it may be either.
fn figures_before_values(lattice: &mut Lattice, tokens: &[Token]) {
    for (from, marks) in lattice.at.iter_mut().enumerate() {
        if is_of(tokens, from) {
            continue;
        }
        let figures: Vec<usize> =
            marks.iter().filter(|mark| matches!(mark.part, Part::Metric(_))).map(|mark| mark.end).collect();
        let is_taken = |mark: &Mark| mark.end > from + 1 && figures.contains(&mark.end);
        marks.retain(|mark| !(matches!(mark.part, Part::Value(..)) && is_taken(mark)));
    }
}

/// A word before that makes a condition of what follows.
pub(super) fn is_of(tokens: &[Token], from: usize) -> bool {
    const OF: [&str; 6] = ["of", "for", "from", "in", "with", "without"];
    let before = tokens[..from].iter().rev().find(|token| !["the", "our", "all"].contains(&token.text.as_str()));
    before.is_some_and(|token| OF.contains(&token.text.as_str()))
}

/// "How much tax have we withheld" asks for the tax withheld, and "how many hours did we bill" for the hours billed:
/// the name of a figure, with the auxiliary of a question and a person inside.
fn asked_apart(lattice: &mut Lattice, lexicon: &Lexicon, tokens: &[Token]) {
    const HAVING: [&str; 3] = ["have", "has", "had"];
    let is_gap = |at: usize| {
        let [auxiliary, person] = &tokens[at..at + 2] else { return false };
        let auxiliary = auxiliary.text.as_str();
        // "they" are others, of whom was spoken.
        let is_person = PERSONS.contains(&person.text.as_str()) && !person.is("they");
        (AUXILIARIES.contains(&auxiliary) || HAVING.contains(&auxiliary)) && is_person
    };
    for gap in (1..tokens.len().saturating_sub(2)).filter(|at| is_gap(*at)) {
        let verb = &tokens[gap + 2];
        let is_base = AUXILIARIES.contains(&tokens[gap].text.as_str());
        let verbs = if is_base { pasts(&verb.text) } else { vec![verb.text.clone()] };
        for from in gap.saturating_sub(lexicon.longest)..gap {
            let before = tokens[from..gap].iter().map(|token| token.lemma.clone());
            for verb in &verbs {
                let words: Vec<String> = before.clone().chain([lemma(verb)]).collect();
                let figures = lexicon.names(&words).iter().filter(|part| matches!(part, Part::Metric(_)));
                lattice.at[from].extend(figures.map(|part| Mark { end: gap + 3, part: part.clone() }));
            }
        }
        // "What have we spent on adverts": what is called "adverts spent" or "spent adverts".
        let of = any_phrase(tokens, gap + 3, &["out for", "out on", "for", "on", "out in", "in"]);
        if let Some(at) = of.filter(|at| *at < tokens.len()) {
            let noun = &tokens[at].lemma;
            let pairs = verbs.iter().flat_map(|verb| {
                let on = [lemma(verb), tokens[at - 1].lemma.clone(), noun.clone()].to_vec();
                [vec![noun.clone(), lemma(verb)], vec![lemma(verb), noun.clone()], on]
            });
            for words in pairs {
                let figures = lexicon.names(&words).iter().filter(|part| matches!(part, Part::Metric(_)));
                lattice.at[gap].extend(figures.map(|part| Mark { end: at + 1, part: part.clone() }));
            }
        }
    }
}

/// "vessels of owners from Greece": what follows somebody who is not asked for is said of them, where one of their fields has it.
fn of_the_nearest(lattice: &mut Lattice, ground: &Ground, tokens: &[Token]) {
    const ARTICLES: [&str; 3] = ["the", "a", "an"];
    static PLACED: Phrases = Phrases::named("annotate.PLACED");
    let is_verb = |token: &Token| token.text.ends_with("ed") || token.is("by") || is_past(&token.text);
    for at in 1..tokens.len() {
        let Some(start) = any_phrase(tokens, at, &PLACED).filter(|_| !is_verb(&tokens[at - 1])) else { continue };
        let is_article = tokens.get(start).is_some_and(|token| ARTICLES.iter().any(|word| token.is(word)));
        let start = start + usize::from(is_article);
        let before = (0..at).flat_map(|from| lattice.at[from].iter().map(move |mark| (from, mark)));
        let named = before.filter_map(|(from, mark)| match &mark.part {
            Part::Dataset(id) => Some((from, mark.end, *id)),
            Part::Join(join) => Some((from, mark.end, ground.join(*join).to)),
            _ => None,
        });
        let named: Vec<(usize, usize, DatasetId)> = named.collect();
        let nearest: Vec<&(usize, usize, DatasetId)> = named.iter().filter(|(_, end, _)| *end == at).collect();
        let [(from, _, thing), ..] = nearest.as_slice() else { continue };
        let is_other = |(_, end, id): &(usize, usize, DatasetId)| end <= from && id != thing;
        let is_clear = nearest.iter().all(|(_, _, id)| id == thing) && named.iter().any(is_other);
        let Some(marks) = lattice.at.get_mut(start).filter(|_| is_clear) else { continue };
        let is_theirs =
            |mark: &Mark| matches!(&mark.part, Part::Value(field, _) if ground.field(*field).dataset == *thing);
        let ends: Vec<usize> = marks.iter().filter(|mark| is_theirs(mark)).map(|mark| mark.end).collect();
        marks.retain(|mark| is_theirs(mark) || !ends.contains(&mark.end) || !matches!(mark.part, Part::Value(..)));
    }
}

/// Phrases that the source knows as values.
fn looked_up(lattice: &mut Lattice, tokens: &[Token], found: &Found) {
    for known in &found.looked_up {
        let Some(stored) = &known.stored else { continue };
        let words = value_words(&known.phrase);
        for from in 0..tokens.len() {
            let spoken = |end: usize| -> Vec<String> {
                tokens[from..end].iter().flat_map(|token| value_words(&token.text)).collect()
            };
            // Signs inside of it are no words: "Europe/Paris".
            let ends = (from + 1..=tokens.len()).take_while(|end| spoken(*end).len() <= words.len());
            let end = ends.into_iter().find(|end| spoken(*end) == words);
            // "Greek", of "Greece".
            let is_of = || country_of(&tokens[from].text).is_some_and(|country| fold(&known.phrase) == country);
            let end = end.or_else(|| is_of().then_some(from + 1));
            let Some(end) = end.filter(|_| !words.is_empty()) else { continue };
            let part = Part::Value(known.field, Value::Text(stored.clone()));
            let mark = Mark { end, part };
            if !lattice.at[from].contains(&mark) {
                lattice.at[from].push(mark);
            }
        }
    }
}

/// What was chosen for a phrase before is the only thing that it stands for.
fn choose(lattice: &mut Lattice, ground: &Ground, tokens: &[Token], choices: &[Choice]) {
    for (from, marks) in lattice.at.iter_mut().enumerate() {
        let ends: Vec<usize> = marks.iter().map(|mark| mark.end).collect();
        for end in ends {
            let phrase = phrase(&tokens[from..end]);
            let of = |mark: &Mark| choices.iter().any(|choice| choice.id == option(ground, &phrase, &mark.part));
            if marks.iter().any(|mark| mark.end == end && of(mark)) {
                marks.retain(|mark| mark.end != end || of(mark));
            }
        }
    }
}

/// The words of a span, as ids of options name them.
pub(super) fn phrase(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.lemma.as_str()).collect::<Vec<_>>().join(" ")
}

/// The stable id of taking a phrase for a part.
pub(super) fn option(ground: &Ground, phrase: &str, part: &Part) -> String {
    let what = match part {
        Part::Metric(id) | Part::CountMetric(id) => format!("metric:{}", ground.metric(*id).names.name),
        Part::Dataset(id) => format!("dataset:{}", ground.dataset(*id).names.name),
        Part::Field(id) => format!("field:{}", ground.path(*id)),
        Part::Value(id, value) => format!("value:{}={}", ground.path(*id), shown(value)),
        Part::Join(id) => format!("join:{}", ground.join(*id).names.name),
        Part::Happened(id) | Part::Undone(id) => format!("time:{}", ground.path(*id)),
        Part::Done(id) | Part::Made(id) => format!("done:{}", ground.dataset(*id).names.name),
        Part::Deeds(id) => format!("deeds:{}", ground.path(*id)),
    };
    format!("{phrase}|{what}")
}

pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Number(text) => text.clone(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Date(date) => date.to_string(),
    }
}

/// Fields whose values are not all known, so that a word may be one of them.
pub(super) fn open_fields(ground: &Ground) -> Vec<FieldId> {
    let is_open = |id: &FieldId| {
        let field = ground.field(*id);
        // A key that leads elsewhere holds what stands there.
        let leads = |join: &Join| {
            join.from == field.dataset && join.on.iter().any(|(from, _)| schema_graph::is_column(ground, *id, from))
        };
        let is_foreign = field.is_key && ground.joins.iter().any(leads);
        field.ty == Type::Text && !field.is_time && !field.is_enumerated && !is_foreign
    };
    (0..ground.fields.len()).map(FieldId).filter(is_open).chain(ground.full_names()).collect()
}
