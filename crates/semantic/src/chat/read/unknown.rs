//! Unknown words: looked up as values, repaired where one letter is wrong, else named to the asker.

use super::linking;
use super::reader::{Reader, Sequence};
use super::resolver::Resolution;
use super::{Attempt, attempt, unanswerable};
use crate::chat::annotate::open_fields;
use crate::chat::dates;
use crate::chat::ground::{FieldId, Ground, Metric};
use crate::chat::lexicon::{Lexicon, value_words};
use crate::chat::names::phrases;
use crate::chat::reading::{About, Asked, Choice, Clarification, Offer, Probe, Reading, Reason, Repair, Thread};
use crate::chat::words::Phrases;
use crate::chat::words::{Kind, Token, country_of, lemma, stop_phrase};

const MAX_PROBES: usize = 3;

impl Reader<'_> {
    /// Tokens that no item, connector or stop phrase covers.
    pub fn unknown(&self) -> Vec<usize> {
        let mut is_known = vec![false; self.tokens.len()];
        for at in 0..self.tokens.len() {
            for end in self.ends(at).into_iter().chain(self.left_out(at)) {
                is_known[at..end].iter_mut().for_each(|known| *known = true);
            }
        }
        (0..self.tokens.len()).filter(|at| !is_known[*at] && !is_word_of_grammar(&self.tokens[*at])).collect()
    }
}

/// Words that mean something only together with others.
fn is_word_of_grammar(token: &Token) -> bool {
    static WORDS: Phrases = Phrases::named("unknown.WORDS");
    WORDS.contains(&token.text.as_str()) || matches!(token.kind, Kind::Number(_) | Kind::Money(..))
}

/// Looks the words up, repairs them, or says that they are not known.
pub(super) fn resolve(
    ground: &Ground,
    lexicon: &Lexicon,
    asked: &Asked<'_>,
    tokens: Vec<Token>,
    unknown: Vec<usize>,
) -> Reading {
    if unknown.iter().all(|at| dates::is_to_come(&tokens, *at)) {
        return unanswerable(Reason::OutsideModel("Periods that are to come cannot be asked about.".to_owned()));
    }
    let terms = || unknown.iter().map(|at| tokens[*at].raw.clone()).collect::<Vec<_>>();
    let is_text = |at: &usize| matches!(tokens[*at].kind, Kind::Word | Kind::Quoted(_)) || is_inside(&tokens, *at);
    if !unknown.iter().all(is_text) {
        return names(ground, terms());
    }
    // "borrowed Dune": the verb is no part of the name.
    let named: Vec<usize> = unknown.iter().copied().filter(|at| !linking::is_linking(&tokens[*at])).collect();
    let probes = probes(ground, &tokens, if named.is_empty() { &unknown } else { &named }, asked);
    if !probes.is_empty() && probes.len() <= MAX_PROBES {
        return Reading::LookUp(probes);
    }
    if let Some(reading) = figure_called(ground, lexicon, asked, &tokens, &unknown) {
        return reading;
    }
    match repaired(lexicon, &tokens, &unknown, &asked.thread.choices) {
        Repaired::Known(tokens, repairs) => match attempt(ground, lexicon, asked, tokens, repairs) {
            Attempt::Done(reading) => *reading,
            Attempt::Unknown(..) => names(ground, terms()),
        },
        Repaired::Likely(written, read) => {
            let option = Offer { id: repair(&written, &read), label: read };
            let question = format!("Nothing here is called \"{written}\". Do you mean this?");
            Reading::Clarify(Clarification { about: About::Dimension, question, options: vec![option] })
        }
        Repaired::Not => names(ground, terms()),
    }
}

/// "revenue", of the only figure whose name ends so: taken where the rest of the name says no more than a period or that it is
/// all, else offered, as others are whose name has the word in it.
fn figure_called(
    ground: &Ground,
    lexicon: &Lexicon,
    asked: &Asked<'_>,
    tokens: &[Token],
    unknown: &[usize],
) -> Option<Reading> {
    static NEUTRAL: Phrases = Phrases::named("unknown.NEUTRAL");
    const SHORTEST: usize = 4;
    let [at] = unknown else { return None };
    let word = &tokens[*at];
    // "shipping cost" is more than a cost.
    let is_qualified = *at > 0 && stop_phrase(&tokens[*at - 1..]).is_empty() && !is_word_of_grammar(&tokens[*at - 1]);
    let is_plain =
        word.kind == Kind::Word && word.text.len() >= SHORTEST && !linking::is_linking(word) && !is_qualified;
    let of = |metric: &Metric| phrases(&metric.names).into_iter().find(|name| name.last() == Some(&word.lemma));
    let called: Vec<(&Metric, Vec<String>)> =
        ground.metrics.iter().filter_map(|metric| Some((metric, of(metric)?))).filter(|_| is_plain).collect();
    let id = |metric: &Metric| repair(&word.raw, metric.names.shown());
    let chosen = called.iter().find(|(metric, _)| asked.thread.choices.iter().any(|choice| choice.id == id(metric)));
    let is_neutral = |name: &Vec<String>| name.iter().all(|it| *it == word.lemma || NEUTRAL.contains(&it.as_str()));
    let sure = match called.as_slice() {
        [one] if is_neutral(&one.1) => Some(one),
        [] => return None,
        _ => chosen,
    };
    let Some((metric, name)) = sure else {
        let offer =
            |(metric, _): &(&Metric, Vec<String>)| Offer { id: id(metric), label: metric.names.shown().to_owned() };
        let question = format!("Nothing here is called \"{}\". Do you mean this?", word.raw);
        let options = called.iter().take(5).map(offer).collect();
        return Some(Reading::Clarify(Clarification { about: About::Metric, question, options }));
    };
    let said = name.iter().map(|it| Token::said(it.clone(), word.from, word.to));
    let tokens: Vec<Token> =
        tokens[..*at].iter().cloned().chain(said).chain(tokens[at + 1..].iter().cloned()).collect();
    let read = Repair { written: word.raw.clone(), read: metric.names.shown().to_owned() };
    match attempt(ground, lexicon, asked, tokens, vec![read]) {
        Attempt::Done(reading) => Some(*reading),
        Attempt::Unknown(..) => None,
    }
}

/// What became of words that nothing is called.
enum Repaired {
    Known(Vec<Token>, Vec<Repair>),
    /// A name is nearly written so, which may be another word altogether.
    Likely(String, String),
    Not,
}

/// The id of taking one word for another.
fn repair(written: &str, read: &str) -> String {
    format!("{}|word:{read}", written.to_lowercase())
}

/// Phrases that were not looked up yet: each run of unknown words, and the capitalised words around it.
fn probes(ground: &Ground, tokens: &[Token], unknown: &[usize], asked: &Asked<'_>) -> Vec<Probe> {
    let fields = open_fields(ground);
    if fields.is_empty() {
        return Vec::new();
    }
    let mut phrases: Vec<String> = Vec::new();
    let mut behind = 0;
    for (from, end) in runs(tokens, unknown) {
        // What stands in a name that was begun before is a part of it.
        let (wide_from, wide_end) = if from < behind { (from, end) } else { widened(tokens, from, end) };
        behind = behind.max(wide_end);
        // "Nova 13", "Aria One": a number behind a name may be of it.
        let is_number = |at: usize| tokens.get(at).is_some_and(|token| token.number().is_some());
        let numbered = if is_number(wide_end) { wide_end + 1 } else { wide_end };
        // "130 Oak Road"
        let is_led = wide_from.checked_sub(1).is_some_and(is_number);
        let led = if is_led { wide_from - 1 } else { wide_from };
        let spans = [(from, end), (wide_from, wide_end), (wide_from, numbered), (led, wide_end)];
        for (from, end) in spans.into_iter().chain(apart(tokens, from, end)) {
            let phrase = written(tokens, asked.text, from, end);
            // "Ann Smith's", and "St Mary's", which is called so.
            let bare = ["'s", "\u{2019}s"].iter().find_map(|ending| phrase.strip_suffix(ending)).map(str::to_owned);
            for phrase in bare.into_iter().chain([phrase]) {
                if end - from <= 6 && !phrases.contains(&phrase) {
                    phrases.push(phrase);
                }
            }
        }
        // "Greek owners", of whom it is known that they are from Greece.
        let country = country_of(&tokens[from].text).filter(|_| end == from + 1).map(str::to_owned);
        phrases.extend(country.into_iter().filter(|country| !asked.text.contains(country.as_str())));
    }
    let is_new = |phrase: &String, field: &FieldId| {
        let known = |known: &&crate::chat::reading::LookedUp| {
            known.field == *field && value_words(&known.phrase) == value_words(phrase)
        };
        !asked.found.looked_up.iter().any(|one| known(&one))
    };
    let probe = |phrase: String| {
        // Of all at once: a part of a name is nothing where another field holds the whole of it.
        let is_open = fields.iter().any(|field| is_new(&phrase, field));
        is_open.then(|| Probe { phrase, fields: fields.clone(), in_part: true, ..Probe::default() })
    };
    phrases.into_iter().filter(|phrase| !value_words(phrase).is_empty()).filter_map(probe).collect()
}

/// "BN to UL": two names, where it is not one.
fn apart(tokens: &[Token], from: usize, end: usize) -> Vec<(usize, usize)> {
    let inside: Vec<usize> = (from + 1..end.saturating_sub(1)).filter(|at| tokens[*at].is("to")).collect();
    match inside.as_slice() {
        [at] => vec![(from, *at), (at + 1, end)],
        _ => Vec::new(),
    }
}

/// A sign with words right before and behind it: "Europe/Paris".
fn is_inside(tokens: &[Token], at: usize) -> bool {
    let is_word = |at: usize| tokens.get(at).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Number(_)));
    tokens[at].kind == Kind::Sign
        && at > 0
        && is_word(at - 1)
        && is_word(at + 1)
        && tokens[at - 1].to == tokens[at].from
        && tokens[at].to == tokens[at + 1].from
}

/// Words that follow each other, also with "&" or a sign inside a name between them.
fn runs(tokens: &[Token], unknown: &[usize]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for at in unknown {
        match runs.last_mut() {
            Some((_, end)) if end == at => *end += 1,
            Some((_, end)) if *end + 1 == *at && (tokens[*end].is("&") || is_inside(tokens, *end)) => *end += 2,
            _ => runs.push((*at, at + 1)),
        }
    }
    runs
}

/// "New York", "Bank of America", "Wells for Turkana": capitalised words beside unknown ones belong to the name.
fn widened(tokens: &[Token], from: usize, end: usize) -> (usize, usize) {
    let is_capital = |at: usize| {
        let token = &tokens[at];
        token.kind == Kind::Word && token.raw.chars().next().is_some_and(char::is_uppercase)
    };
    let (mut from, mut end) = (from, end);
    static WITHIN: Phrases = Phrases::named("unknown.WITHIN");
    let is_within = |at: usize| WITHIN.iter().any(|word| tokens[at].is(word));
    while from > 1 && (is_capital(from - 1) || from > 2 && is_within(from - 1) && is_capital(from - 2)) {
        from -= 1;
    }
    while end < tokens.len() && (is_capital(end) || is_within(end) && end + 1 < tokens.len() && is_capital(end + 1)) {
        end += 1;
    }
    (from, end)
}

/// Abbreviations at the end of names.
static POINTED: Phrases = Phrases::named("words.POINTED");

fn written(tokens: &[Token], text: &str, from: usize, end: usize) -> String {
    if let [Token { kind: Kind::Quoted(inner), .. }] = &tokens[from..end] {
        return inner.clone();
    }
    // "Acme Inc.", at the end: the point is of the name.
    let last = &tokens[end - 1];
    let rest = text.get(last.to..).unwrap_or_default();
    let is_pointed = POINTED.contains(&last.text.as_str()) && rest.starts_with('.');
    text.get(tokens[from].from..last.to + usize::from(is_pointed)).unwrap_or_default().to_owned()
}

/// Each word that nothing is called replaced by the one word that it nearly is: of those unknown, and of those beside
/// them, which may be of the same name.
fn repaired(lexicon: &Lexicon, tokens: &[Token], unknown: &[usize], choices: &[Choice]) -> Repaired {
    let mut tokens = tokens.to_vec();
    let mut repairs = Vec::new();
    let is_word = |at: usize| {
        tokens.get(at).is_some_and(|token| {
            let is_known = lexicon.vocabulary.contains(&token.lemma) || lexicon.vocabulary.contains(&token.text);
            token.kind == Kind::Word && !is_known && !super::scan::adjectives::is_adjective(&token.text)
        })
    };
    let (wrong, named): (Vec<usize>, Vec<usize>) = unknown.iter().partition(|at| is_word(**at));
    let beside = |at: &usize| [at.checked_sub(1), Some(at + 1)];
    let mut beside: Vec<usize> = named.iter().flat_map(beside).flatten().collect();
    beside.retain(|at| is_word(*at) && !wrong.contains(at) && stop_phrase(&tokens[*at..]).is_empty());
    beside.retain(|at| !is_word_of_grammar(&tokens[*at]) && near(lexicon, &tokens[*at]).is_some());
    beside.dedup();
    if wrong.is_empty() && beside.is_empty() {
        return Repaired::Not;
    }
    let mut behind = 0;
    for at in wrong.into_iter().chain(beside) {
        let Some((word, is_sure)) = near(lexicon, &tokens[at]) else { return Repaired::Not };
        let token = &mut tokens[at];
        let id = repair(&token.raw, &word);
        if !is_sure && !choices.iter().any(|choice| choice.id == id) {
            return Repaired::Likely(token.raw.clone(), word);
        }
        // "Lisboa Norte" is one name, and no city and region.
        let is_capital = token.raw.chars().next().is_some_and(char::is_uppercase);
        if is_capital && at > 0 && at == behind {
            return Repaired::Not;
        }
        behind = if is_capital { at + 1 } else { 0 };
        repairs.push(Repair { written: token.raw.clone(), read: word.clone() });
        token.text.clone_from(&word);
        token.lemma = word;
    }
    Repaired::Known(tokens, repairs)
}

const PREFIXES: [&str; 9] = ["un", "in", "im", "non", "re", "dis", "mis", "de", "pre"];

/// Words of questions that are misspelt as names are.
static OPERATORS: Phrases = Phrases::named("unknown.OPERATORS");

/// The one word that a word nearly is, and whether it surely is that: a word of a value or of questions. One of a name is
/// where it is so long that no other word is as near, or where a finger slipped: "county" is no misspelt "country".
fn near(lexicon: &Lexicon, token: &Token) -> Option<(String, bool)> {
    const LONG: usize = 9;
    let near = nearly(lexicon, token);
    let [one] = near.as_slice() else { return None };
    let is_value = lexicon.value_words.contains(one) || OPERATORS.contains(&one.as_str());
    let is_plain = token.lemma.chars().count() >= LONG && strsim::damerau_levenshtein(one, &token.lemma) == 1;
    let is_slip = is_slip(&token.lemma, one, token.text.chars().count());
    Some((one.clone(), is_value || is_plain || is_slip))
}

/// Two letters changed places, one of a double letter is missing, or a vowel of a word of some length.
fn is_slip(written: &str, meant: &str, length: usize) -> bool {
    const SOME: usize = 7;
    let (written, meant): (Vec<char>, Vec<char>) = (written.chars().collect(), meant.chars().collect());
    let at = written.iter().zip(&meant).take_while(|(one, other)| one == other).count();
    let (Some(letter), rest) = (meant.get(at), written.get(at..).unwrap_or_default()) else { return false };
    if let ([one, other, behind @ ..], true) = (rest, written.len() == meant.len()) {
        return meant[at..].starts_with(&[*other, *one]) && meant.ends_with(behind);
    }
    let is_dropped = meant.len() == written.len() + 1 && meant[at + 1..] == *rest;
    let is_double = at > 0 && meant[at - 1] == *letter;
    is_dropped && (is_double || length >= SOME && "aeiou".contains(*letter))
}

/// The words of names and values that a word nearly is.
fn nearly(lexicon: &Lexicon, token: &Token) -> Vec<String> {
    let far = match token.text.chars().count() {
        5..=8 => 1,
        9.. => 2,
        _ => return Vec::new(),
    };
    let is_near = |word: &&String| {
        strsim::damerau_levenshtein(word, &token.lemma) <= far && strsim::jaro_winkler(word, &token.lemma) >= 0.92
    };
    // "unshipped" is not "shipped", and "resubmitted" not "submitted".
    let is_opposite = |word: &&String| {
        let mut rest = PREFIXES.iter().filter_map(|prefix| token.text.strip_prefix(prefix));
        rest.any(|rest| word.starts_with(rest) || rest.starts_with(word.as_str()))
    };
    let is_near = |word: &&String| is_near(word) && !is_opposite(word);
    let operators = OPERATORS.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let mut near =
        lexicon.vocabulary.iter().chain(&operators).filter(is_near).map(|word| lemma(word)).collect::<Vec<_>>();
    near.sort();
    near.dedup();
    near
}

fn names(ground: &Ground, terms: Vec<String>) -> Reading {
    let mut near: Vec<(u64, &str)> = Vec::new();
    let shown = ground.metrics.iter().map(|metric| metric.names.shown());
    let shown = shown.chain(ground.fields.iter().map(|field| field.names.shown()));
    for name in shown.chain(ground.datasets.iter().map(|dataset| dataset.names.shown())) {
        let likeness = terms.iter().map(|term| strsim::jaro_winkler(&term.to_lowercase(), &name.to_lowercase()));
        let best = likeness.fold(0.0, f64::max);
        if best > 0.75 {
            near.push(((best * 1000.0) as u64, name));
        }
    }
    near.sort_by_key(|(likeness, name)| (std::cmp::Reverse(*likeness), *name));
    near.dedup_by_key(|(_, name)| *name);
    let mut suggestions: Vec<String> = near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect();
    if suggestions.is_empty() {
        suggestions = ground.metrics.iter().take(3).map(|metric| metric.names.shown().to_owned()).collect();
    }
    Reading::Unanswerable { reason: Reason::UnknownTerms(terms), suggestions }
}

/// All words are known, and they do not make a question.
pub(super) fn nothing(ground: &Ground, resolved: &[(usize, Sequence, Resolution)]) -> Reading {
    let said = resolved.iter().find_map(|(_, _, resolved)| match resolved {
        Resolution::Not(sentence) | Resolution::Lost(sentence, _) => Some(sentence.clone()),
        _ => None,
    });
    let sentence = said.unwrap_or_else(|| "The words are known, but not what they ask for together.".to_owned());
    let suggestions = ground.metrics.iter().take(3).map(|metric| metric.names.shown().to_owned()).collect();
    Reading::Unanswerable { reason: Reason::OutsideModel(sentence), suggestions }
}

/// "Why" has no figure for an answer.
pub(super) fn open_ended(ground: &Ground, thread: &Thread) -> Reading {
    let used: Vec<FieldId> =
        thread.last.iter().flat_map(|last| &last.dimensions).map(|dimension| dimension.field).collect();
    let is_useful = |id: &FieldId| {
        let field = ground.field(*id);
        field.is_enumerated && field.ty == crate::chat::ground::Type::Text && !used.contains(id)
    };
    let fields = (0..ground.fields.len()).map(FieldId).filter(is_useful).take(3);
    let suggestions =
        fields.map(|id| format!("Break down by {}", ground.field(id).names.shown().to_lowercase())).collect();
    match unanswerable(Reason::OpenEnded) {
        Reading::Unanswerable { reason, .. } => Reading::Unanswerable { reason, suggestions },
        other => other,
    }
}
