//! Reading of a question: tokens, lattice, sequences of items that cover it (`scan`), what each says together
//! (`resolve`, `follow`), one query or none.

mod choice;
mod coverage;
mod deeds;
mod edits;
mod elsewhere;
mod field_roles;
mod follow;
mod frame;
mod in_parts;
mod items;
mod linking;
mod meaning;
mod paraphrase;
mod reader;
mod resolve;
mod resolver;
mod scan;
#[cfg(test)]
pub(in crate::chat) mod tests;
mod trace;
mod undo;
mod units;
mod unknown;
mod verified;
mod written;

use super::annotate::annotate;
use super::dates;
use super::ground::Ground;
use super::lexicon::Lexicon;
use super::query::Query;
use super::reading::{Asked, Confidence, Interpretation, Level, Reading, Reason, Repair};
use super::schema_graph;
use super::words::{Token, tokens};
use linking::Linked;
use reader::{Reader, Sequence};
use resolver::{Resolution, Resolver};
pub use trace::{Spoken, Trace, Tried, trace};

/// Reads a question over a ground.
///
/// The same question, ground, day, thread and lookups give the same reading. Work is bounded: 60 tokens, 32 sequences.
pub fn read(ground: &Ground, lexicon: &Lexicon, asked: &Asked<'_>) -> Reading {
    let Some(tokens) = tokens(asked.text) else {
        return unanswerable(Reason::OutsideModel("The question is too long.".into()));
    };
    if tokens.iter().all(|token| token.kind == super::words::Kind::Sign) {
        return unanswerable(Reason::OutsideModel("There is no question.".into()));
    }
    if tokens.first().is_some_and(|token| token.is("why"))
        || dates::any_phrase(&tokens, 0, &["how come", "explain why"]).is_some()
    {
        return unknown::open_ended(ground, asked.thread);
    }
    if let Some(reading) = verified::exact(&tokens, asked.verified) {
        return reading;
    }
    if let Some(reading) = verified::slots(ground, lexicon, &tokens, asked) {
        return reading;
    }
    let first = attempt(ground, lexicon, asked, tokens.clone(), Vec::new());
    match first {
        Attempt::Done(reading) => {
            let is_read = !matches!(*reading, Reading::Unanswerable { .. });
            let in_parts = (!is_read).then(|| in_parts::read(ground, lexicon, asked, &tokens)).flatten();
            in_parts.unwrap_or_else(|| verified::suggested(*reading, ground, lexicon, asked))
        }
        Attempt::Unknown(tokens, words) => unknown::resolve(ground, lexicon, asked, tokens, words),
    }
}

/// What a question came to.
enum Attempt {
    Done(Box<Reading>),
    /// Tokens as they were read, and those of them that nothing gives a meaning.
    Unknown(Vec<Token>, Vec<usize>),
}

impl Attempt {
    fn is_understood(&self) -> bool {
        matches!(self, Attempt::Done(reading) if !matches!(**reading, Reading::Unanswerable { .. }))
    }
}

fn unanswerable(reason: Reason) -> Reading {
    Reading::Unanswerable { reason, suggestions: Vec::new() }
}

fn attempt(
    ground: &Ground,
    lexicon: &Lexicon,
    asked: &Asked<'_>,
    mut tokens: Vec<Token>,
    repairs: Vec<Repair>,
) -> Attempt {
    let context = dates::Context { today: asked.today, locale: asked.locale, calendar: &ground.calendar };
    let mut lattice = annotate(ground, lexicon, &tokens, asked.found, &asked.thread.choices);
    let reader = Reader { ground, tokens: &tokens, lattice: &lattice, context, is_follow_up: false };
    let forgets = reader.forgets();
    if let Some(end) = forgets {
        tokens.drain(..end);
        lattice = annotate(ground, lexicon, &tokens, asked.found, &asked.thread.choices);
    }
    let tokens = match written::names(ground, asked, tokens, &lattice) {
        Ok(tokens) => tokens,
        Err(probes) => return Attempt::Done(Box::new(Reading::LookUp(probes))),
    };
    let lattice = annotate(ground, lexicon, &tokens, asked.found, &asked.thread.choices);
    let reader = Reader { ground, tokens: &tokens, lattice: &lattice, context, is_follow_up: false };
    let last = asked.thread.last.as_ref().filter(|_| forgets.is_none());
    let first = either(&reader, last, asked, repairs.clone());
    // What is not understood may be said in other words.
    if first.is_understood() {
        return first;
    }
    match linking::linked(&reader, &asked.thread.choices) {
        Some(Linked::Ask(which)) => return Attempt::Done(Box::new(Reading::Clarify(which))),
        Some(Linked::Said(said, read_so)) => {
            let lattice = annotate(ground, lexicon, &said, asked.found, &asked.thread.choices);
            let reader = Reader { tokens: &said, lattice: &lattice, ..reader };
            let linked = either(&reader, last, asked, [repairs.clone(), vec![read_so]].concat());
            if linked.is_understood() {
                return linked;
            }
        }
        None => {}
    }
    let in_other_words = paraphrase::paraphrased(&reader).map(|(said, read_so)| {
        let lattice = annotate(ground, lexicon, &said, asked.found, &asked.thread.choices);
        let repairs = [repairs, read_so].concat();
        either(&Reader { tokens: &said, lattice: &lattice, ..reader }, last, asked, repairs)
    });
    match in_other_words.filter(Attempt::is_understood) {
        Some(second) => second,
        // What a name was taken for does not fit: something else may be called so.
        None if matches!(first, Attempt::Done(_)) => match reader.not_looked_up(asked) {
            probes if probes.is_empty() => first,
            probes => Attempt::Done(Box::new(Reading::LookUp(probes))),
        },
        None => first,
    }
}

/// Reads a message as a question, as a change of the one before, or asks which it is.
fn either(reader: &Reader<'_>, last: Option<&Query>, asked: &Asked<'_>, repairs: Vec<Repair>) -> Attempt {
    let Some(last) = last else { return fresh(reader, asked, repairs) };
    if reader.is_continued() {
        return edited(reader, last, asked, repairs);
    }
    match fresh(reader, asked, repairs.clone()) {
        Attempt::Done(reading) if !matches!(*reading, Reading::Unanswerable { .. }) => {
            let is_which = |query: &Query| {
                are_values(query) || is_bare(query) && query.order.is_empty() && reader.asks_only_which()
            };
            let is_of_which = matches!(&*reading, Reading::Query { query, .. } if is_which(query) && is_narrowed(last));
            // "list the ferries", after those of one owner.
            let is_of_all = matches!(&*reading, Reading::Query { query, .. } if reader.is_of_all(query, last));
            let is_new = reader.opens() && !is_of_all;
            if !is_of_which && (is_new || !matches!(*reading, Reading::Query { .. })) {
                return Attempt::Done(reading);
            }
            let edit = edited(reader, last, asked, repairs);
            let Reading::Query { query, .. } = &*reading else { return Attempt::Done(reading) };
            // "for customers in France" asks for no list of them, and "tracks" for all of them or for those before.
            let is_edit = matches!(&edit, Attempt::Done(edit) if matches!(**edit, Reading::Query { .. }));
            if is_of_which && (reader.opens() || !is_edit) || is_of_all && !is_edit {
                return Attempt::Done(Box::new(unanswerable(Reason::OutsideModel(
                    "Say \"list all\" for all that there are: whether those of the question before are meant is not clear."
                        .to_owned(),
                ))));
            }
            if reader.hangs_on() && (!is_edit || query.measures.is_empty()) {
                return edit;
            }
            if !is_edit && is_bare(query) {
                return Attempt::Done(Box::new(unanswerable(Reason::OutsideModel(
                    "Say \"list\" for a new question: how it changes the one before is not clear.".to_owned(),
                ))));
            }
            match edit {
                Attempt::Done(edit) => Attempt::Done(choice::scope(reading, edit, &asked.thread.choices)),
                Attempt::Unknown(..) => Attempt::Done(reading),
            }
        }
        _ => edited(reader, last, asked, repairs),
    }
}

/// "which models?": all that there are, of whatever was spoken of.
fn are_values(query: &Query) -> bool {
    is_bare(query) && query.listed.is_none() && query.order.is_empty() && query.dimensions.len() == 1
}

fn is_narrowed(last: &Query) -> bool {
    !last.filters.is_empty() || !last.members.is_empty() || !last.having.is_empty() || last.time.is_some()
}

/// All rows of something.
fn is_bare(query: &Query) -> bool {
    let is_limited = query.limit.is_some() || query.time.is_some() || !query.having.is_empty();
    query.measures.is_empty() && query.filters.is_empty() && query.members.is_empty() && !is_limited
}

/// Reads a message as a change of the query before.
fn edited(reader: &Reader<'_>, last: &Query, asked: &Asked<'_>, repairs: Vec<Repair>) -> Attempt {
    let reader = Reader { is_follow_up: true, ..*reader };
    let unknown = reader.unknown();
    if !unknown.is_empty() {
        return Attempt::Unknown(reader.tokens.to_vec(), unknown);
    }
    let scanned = reader.scan();
    let resolve = |sequence: Sequence| {
        (sequence.pieces, sequence.clone(), follow::resolve(&reader, last, asked.thread, &sequence.items))
    };
    let resolved: Vec<_> = scanned.sequences.into_iter().map(resolve).collect();
    match scanned.is_cut {
        true => Attempt::Done(Box::new(too_many())),
        false => done(&reader, repairs, asked, follow::nearest(reader.ground, last, resolved), true),
    }
}

fn too_many() -> Reading {
    unanswerable(Reason::OutsideModel("The question can be read in too many ways.".to_owned()))
}

/// Reads a question that stands for itself.
fn fresh(reader: &Reader<'_>, asked: &Asked<'_>, repairs: Vec<Repair>) -> Attempt {
    let unknown = reader.unknown();
    if !unknown.is_empty() {
        return Attempt::Unknown(reader.tokens.to_vec(), unknown);
    }
    let scanned = reader.scan();
    if scanned.is_cut {
        return Attempt::Done(Box::new(too_many()));
    }
    let resolve = |sequence: Sequence| {
        let resolver = Resolver::new(reader.ground, &asked.thread.choices, reader.context);
        (sequence.pieces, sequence.clone(), resolver.resolve(&sequence.items))
    };
    let resolved = scanned.sequences.into_iter().map(resolve).collect();
    done(reader, repairs, asked, resolved, false)
}

/// The one reading among those that cover the question with the fewest pieces, the question which, or why there is
/// none.
fn done(
    reader: &Reader<'_>,
    repairs: Vec<Repair>,
    asked: &Asked<'_>,
    resolved: Vec<(usize, Sequence, Resolution)>,
    is_follow_up: bool,
) -> Attempt {
    let Reader { ground, tokens, lattice, .. } = *reader;
    let last = asked.thread.last.as_ref().filter(|_| is_follow_up);
    let prove = |(pieces, sequence, resolved): (usize, Sequence, Resolution)| {
        let proved = reader.proved(&sequence, resolved, last, &asked.thread.choices);
        (pieces, sequence, proved)
    };
    let resolved: Vec<(usize, Sequence, Resolution)> = resolved.into_iter().map(prove).collect();
    let best = resolved
        .iter()
        .filter(|(_, _, resolved)| matches!(resolved, Resolution::Query(..) | Resolution::Ask(_)))
        .map(|(pieces, ..)| *pieces)
        .min();
    // What the longest names say and cannot be had, is not had by taking them apart.
    let refused = resolved
        .iter()
        .filter(|(_, _, resolved)| matches!(resolved, Resolution::Not(_)))
        .map(|(pieces, ..)| *pieces)
        .min();
    let best = best.filter(|best| refused.is_none_or(|refused| refused >= *best));
    let Some(best) = best else { return Attempt::Done(Box::new(unknown::nothing(ground, &resolved))) };
    let mut readings: Vec<choice::Candidate> = Vec::new();
    let (mut asks, mut lost) = (Vec::new(), Vec::new());
    for (pieces, sequence, resolved) in resolved {
        match resolved {
            Resolution::Lost(_, query) if pieces <= best => {
                lost.push(choice::Candidate { query: *query, notes: Vec::new(), sequence });
            }
            // What only wants to be said more clearly is as good.
            Resolution::Not(sentence) if pieces == best && sentence.starts_with("Say ") => {
                lost.push(choice::Candidate { query: Query::default(), notes: Vec::new(), sequence });
            }
            Resolution::Query(query, notes) if pieces == best => {
                let query = query.canonical();
                let plain = |query: &Query| query.clone().plain(ground);
                if !readings.iter().any(|other| other.query == query || plain(&other.query) == plain(&query)) {
                    readings.push(choice::Candidate { query, notes, sequence });
                }
            }
            Resolution::Ask(clarification) if pieces == best => asks.push(clarification),
            _ => {}
        }
    }
    let readings = meant(reader, choice::chosen(readings, &asked.thread.choices));
    let reading = match readings.len() {
        // A question back beside a reading: the words can be taken in a way that is not clear.
        0 => asks
            .into_iter()
            .next()
            .map_or_else(|| unanswerable(Reason::OutsideModel("Not clear.".into())), Reading::Clarify),
        // What goes on may be meant in a way that is asked.
        1 if is_follow_up && !asks.is_empty() => asks
            .into_iter()
            .next()
            .map_or_else(|| unanswerable(Reason::OutsideModel("Not clear.".into())), Reading::Clarify),
        1 => match readings.into_iter().next() {
            Some(one) if let Some(rival) = choice::rival(ground, tokens, lattice, &one, &lost) => {
                Reading::Clarify(rival)
            }
            Some(mut one) => match reader.elsewhere(asked, &mut one) {
                probes if probes.is_empty() => {
                    one.notes.extend(reader.spent_note());
                    let far = |query: &Query| reader.far(query, last, &asked.thread.choices);
                    let picked = one.query.picked.as_ref().and_then(|picked| far(&picked.query));
                    let own = reader.own_instead(&one.query, &asked.thread.choices);
                    let own = own.or_else(|| reader.named_instead(&one.query, &asked.thread.choices));
                    let own = own.filter(|_| last.is_none());
                    let far_time = reader.far_time(&one.query, &asked.thread.choices).filter(|_| last.is_none());
                    let not_new = reader.not_new(&one.query).or_else(|| {
                        // "only Kiel", of readings in a year: the period was said before.
                        reader.of_either_time(&one.query).filter(|_| last.is_none())
                    });
                    let not_new = not_new.or_else(|| {
                        // "and in April?", after March 2013.
                        reader.of_no_year(&one.query).filter(|_| last.is_none_or(|last| last.time.is_none()))
                    });
                    let not_new = not_new.or_else(|| reader.said_of_another(&one.query));
                    match (not_new, far(&one.query).or(picked).or(own).or(far_time)) {
                        (Some(sentence), _) => unanswerable(Reason::OutsideModel(sentence)),
                        (None, Some(far)) => Reading::Clarify(far),
                        (None, None) => accepted(reader, repairs, asked, one, is_follow_up),
                    }
                }
                probes => Reading::LookUp(probes),
            },
            None => unanswerable(Reason::OutsideModel("Not clear.".into())),
        },
        _ => choice::clarify(ground, tokens, lattice, &readings),
    };
    Attempt::Done(Box::new(reading))
}

/// Those of the readings that the words say the most of.
fn meant(reader: &Reader<'_>, readings: Vec<choice::Candidate>) -> Vec<choice::Candidate> {
    let Reader { ground, tokens, lattice, .. } = *reader;
    let readings = choice::longest(choice::doers(ground, readings));
    let readings = choice::nearer(ground, choice::dated(tokens, choice::called(ground, tokens, lattice, readings)));
    let readings = choice::linked(ground, choice::once(ground, choice::exact(ground, tokens, lattice, readings)));
    choice::named_by_key(ground, choice::owned(ground, tokens, lattice, readings))
}

/// "inbound and outbound tonnes": the figure of each of them.
fn each_apart(reader: &Reader<'_>, one: &mut choice::Candidate) {
    if let Some(field) = reader.is_of_each(&one.query, &one.sequence.items) {
        one.query.dimensions.push(schema_graph::dimension(reader.ground, field));
        one.notes.push("Each of them by itself.".to_owned());
    }
}

fn accepted(
    reader: &Reader<'_>,
    repairs: Vec<Repair>,
    asked: &Asked<'_>,
    one: choice::Candidate,
    is_follow_up: bool,
) -> Reading {
    let Reader { ground, tokens, .. } = *reader;
    let mut one = one;
    match units::check(ground, tokens, &one.sequence, &mut one.query) {
        Ok(notes) => one.notes.extend(notes),
        Err(sentence) => return unanswerable(Reason::OutsideModel(sentence)),
    }
    if reader.is_of_now_and_then(&one.query) {
        let sentence = "Say when they began, or on which day they were so: \"as of 30 June 2025\".";
        return unanswerable(Reason::OutsideModel(sentence.to_owned()));
    }
    if reader.is_of_others(&one.query, &one.sequence.items) {
        let sentence = "Say which things were so on that day: they are not those that are asked for.";
        return unanswerable(Reason::OutsideModel(sentence.to_owned()));
    }
    if resolve::self_relations::is_dated(ground, &one.query) {
        let sentence =
            "When one came to another, the model does not say: ask without the period, or by a day of theirs.";
        return unanswerable(Reason::OutsideModel(sentence.to_owned()));
    }
    if !is_follow_up {
        each_apart(reader, &mut one);
    }
    if let Some(sentence) = reader.is_unlike(&one.query, &one.sequence) {
        return unanswerable(Reason::OutsideModel(sentence));
    }
    one.notes.extend(reader.weaker(&one.query, &one.sequence));
    one.notes.extend(reader.in_part(asked, &one.query));
    one.notes.extend(reader.until_note(&one.query));
    one.notes.extend(reader.popular_note(&one.query));
    let none = reader.none_note(&one.query).filter(|note| !one.notes.contains(note));
    one.notes.extend(none);
    one.notes.extend(reader.state_note(&one.query));
    // What was read otherwise was said, too.
    let said = [tokens, &self::tokens(asked.text).unwrap_or_default()].concat();
    let misfit = scan::adjectives::misfit(ground, tokens, &one.query);
    if let Some(sentence) = misfit.or_else(|| resolve::ranking::judged(ground, &said, &one.query)) {
        return unanswerable(Reason::OutsideModel(sentence));
    }
    let confidence = confidence(ground, &one, &repairs);
    let interpretation = Interpretation {
        assumptions: one.notes,
        used: meaning::used(ground, tokens, asked.text, &one.sequence),
        repairs,
        confidence,
        is_follow_up,
    };
    Reading::Query { query: Box::new(one.query), interpretation }
}

/// High: a unique reading over models that people wrote, every word read as it is written, and nothing taken for granted
/// but what the model declares.
fn confidence(ground: &Ground, taken: &choice::Candidate, repairs: &[Repair]) -> Confidence {
    let query = &taken.query;
    // "Took the total of clicks", "Took pages.words for the size": the words did not say it.
    let is_guess = |note: &&String| note.starts_with("Took ");
    let mut reasons: Vec<String> = taken.notes.iter().filter(is_guess).cloned().collect();
    if !ground.is_hand_made || ground.is_generated {
        reasons.push("The model was generated and nobody has confirmed it.".to_owned());
    }
    fn is_proposal(ground: &Ground, measure: &super::query::Measure) -> bool {
        match measure {
            super::query::Measure::Metric(id) => ground.metric(*id).is_proposal,
            super::query::Measure::Per { measure, .. } => is_proposal(ground, measure),
            super::query::Measure::Over { part, whole } => is_proposal(ground, part) || is_proposal(ground, whole),
            _ => false,
        }
    }
    let measures = query.measures.iter().chain(query.having.iter().map(|having| &having.measure));
    let members = query.members.iter().map(|member| &member.measure);
    let members = members.chain(query.picked.iter().flat_map(|picked| &picked.query.measures));
    if measures.chain(members).any(|measure| is_proposal(ground, measure)) {
        reasons.push("A figure is a proposal that nobody has confirmed.".to_owned());
    }
    for repair in repairs {
        reasons.push(format!("\"{}\" was read as \"{}\".", repair.written, repair.read));
    }
    match reasons.is_empty() {
        true => Confidence {
            level: Level::High,
            score: 0.95,
            reasons: vec!["Every word was used, and only one reading is left.".to_owned()],
        },
        false => Confidence { level: Level::Medium, score: 0.7, reasons },
    }
}
