//! Paraphrases: other ways to say what the grammar knows, as data. Words that a model calls something by are left as
//! they are.

use crate::chat::words::Phrases;
use std::sync::LazyLock;

use super::field_roles::is_rate;
use super::linking::is_linking;
use super::reader::Reader;
use super::resolve::totals::total;
use super::scan::adjectives::{MONEY, TRAITS, only_such};
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId, Join, JoinId, Metric, Type};
use crate::chat::lexicon::{Part, is_person, roles};
use crate::chat::names::phrases;
use crate::chat::query::Value;
use crate::chat::reading::Repair;
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::units;
use crate::chat::words::{Token, lemma, lemmas, pasts, stem};

const TABLE: &str = include_str!("paraphrases.txt");

#[derive(Debug)]
enum Piece {
    /// One of these words; whether it may be left out.
    Words(Vec<&'static str>, bool),
    Start,
    End,
    Slot(Slot),
    /// It may be left out.
    Maybe(Slot),
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Thing,
    Field,
    /// A figure whose values are added up: those of things that stay are not.
    Added,
    /// A figure of the things that are named beside it, of which each has one.
    Owned,
    /// An amount of money.
    Money,
    /// Things of which the model knows no end.
    Endless,
    /// A field of yes and no.
    Flag,
    /// A field of which "without" says that it is not known: of yes and no it says no.
    Datum,
    Figure,
    Value,
    Name,
    Led,
    Date,
    Number,
    /// What happened to things.
    Done,
    /// A value of the things that are named next.
    OwnValue,
    /// A figure of the one thing that is named.
    Its,
    /// A verb that a figure is called by, and one that a figure of money is called by.
    Billed,
    Charged,
    /// A verb that links things, and that the model calls nothing by.
    Verb,
    /// Such a verb, or one by which the model calls what leads there in one way only.
    Does,
    /// What a relationship of things with themselves calls those it leads to, and those that lead to them.
    Above,
    Below,
    /// Several things with a value that is no name: "false alarms".
    Values,
    /// What the model calls the only relationship by which something was done by somebody.
    Did,
}

#[derive(Debug)]
struct Paraphrase {
    pattern: Vec<Piece>,
    said: Vec<&'static str>,
}

static PARAPHRASES: LazyLock<Vec<Paraphrase>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once("=>")).map(|(pattern, said)| Paraphrase::of(pattern, said)).collect()
});

impl Paraphrase {
    fn of(pattern: &'static str, said: &'static str) -> Paraphrase {
        let piece = |word: &'static str| match word {
            "^" => Piece::Start,
            "$" => Piece::End,
            "THING" => Piece::Slot(Slot::Thing),
            "THING?" => Piece::Maybe(Slot::Thing),
            "ENDLESS" => Piece::Slot(Slot::Endless),
            "FIELD" => Piece::Slot(Slot::Field),
            "OWNED" => Piece::Slot(Slot::Owned),
            "MONEY" => Piece::Slot(Slot::Money),
            "ADDED" => Piece::Slot(Slot::Added),
            "FLAG" => Piece::Slot(Slot::Flag),
            "DATUM" => Piece::Slot(Slot::Datum),
            "FIGURE" => Piece::Slot(Slot::Figure),
            "VALUE" => Piece::Slot(Slot::Value),
            "NAME" => Piece::Slot(Slot::Name),
            "LED" => Piece::Slot(Slot::Led),
            "DATE" => Piece::Slot(Slot::Date),
            "NUMBER" => Piece::Slot(Slot::Number),
            "DONE" => Piece::Slot(Slot::Done),
            "OWNVALUE" => Piece::Slot(Slot::OwnValue),
            "ITS" => Piece::Slot(Slot::Its),
            "BILLED" => Piece::Slot(Slot::Billed),
            "CHARGED" => Piece::Slot(Slot::Charged),
            "VERB" => Piece::Slot(Slot::Verb),
            "DOES" => Piece::Slot(Slot::Does),
            "ABOVE" => Piece::Slot(Slot::Above),
            "BELOW" => Piece::Slot(Slot::Below),
            "VALUES" => Piece::Slot(Slot::Values),
            "DID" => Piece::Slot(Slot::Did),
            _ => match word.strip_suffix('?') {
                Some(words) => Piece::Words(words.split('|').collect(), true),
                None => Piece::Words(word.split('|').collect(), false),
            },
        };
        let pattern = pattern.split_whitespace().map(piece).collect();
        Paraphrase { pattern, said: said.split_whitespace().collect() }
    }
}

/// The question in the words that the grammar knows, and what was read as what; none where it is said so already.
pub(super) fn paraphrased(reader: &Reader<'_>) -> Option<(Vec<Token>, Vec<Repair>)> {
    let (mut tokens, mut repairs) = (Vec::new(), Vec::new());
    let (mut at, mut is_other) = (0, false);
    while at < reader.tokens.len() {
        let said = PARAPHRASES.iter().find_map(|one| {
            let (end, slots) = reader.fits(&one.pattern, at).filter(|(end, _)| *end > at)?;
            Some((end, reader.words(one, at, end, &slots)?))
        });
        let said = said.or_else(|| reader.parted(at));
        match said {
            Some((end, words)) => {
                let text = |tokens: &[Token]| tokens.iter().map(|it| it.raw.as_str()).collect::<Vec<_>>().join(" ");
                // What is left out says nothing.
                if !words.is_empty() {
                    repairs.push(Repair { written: text(&reader.tokens[at..end]), read: text(&words) });
                }
                tokens.extend(words);
                (at, is_other) = (end, true);
            }
            None => {
                tokens.push(reader.tokens[at].clone());
                at += 1;
            }
        }
    }
    (is_other && !tokens.is_empty()).then_some((tokens, repairs))
}

impl Reader<'_> {
    /// "how many people were rescued", "how many runs did the Lions score", of what is called "people rescued" and "runs scored".
    fn parted(&self, at: usize) -> Option<(usize, Vec<Token>)> {
        let noun = self.any(at, &["how many", "how much"])?;
        let help = self.tokens.get(noun + 1)?;
        let is_any = |words: &[&str]| words.iter().any(|word| help.is(word));
        if is_any(&["was", "were"]) {
            let verb = self.tokens.get(noun + 2)?;
            return Some((noun + 3, self.figure_done(noun, std::slice::from_ref(&verb.text))?));
        }
        let start = is_any(&["did", "does", "do"]).then(|| self.past(noun + 2, &["the"]))?;
        let mut ends: Vec<usize> = self.slot(Slot::Value, start);
        ends.sort_unstable();
        let end = ends.pop().filter(|end| *end < self.tokens.len())?;
        let figure = self.figure_done(noun, &pasts(&self.tokens[end].text))?;
        let (from, to) = (self.tokens[at].from, self.tokens[end].to);
        let of = Token::said("of".to_owned(), from, to);
        let whose = self.tokens[start..end].iter().cloned();
        Some((end + 1, figure.into_iter().chain([of]).chain(whose).collect()))
    }

    /// The only figure that is called by a noun and what was done; of rows, their total.
    fn figure_done(&self, noun: usize, verbs: &[String]) -> Option<Vec<Token>> {
        let token = &self.tokens[noun];
        let is_it = |names: &crate::chat::ground::Names| {
            let is_verb = |word: &String| verbs.iter().any(|verb| lemma(verb) == *word || verb == word);
            phrases(names).iter().any(|words| match words.as_slice() {
                [one, other] => *one == token.lemma && is_verb(other) || *other == token.lemma && is_verb(one),
                _ => false,
            })
        };
        let fields = self.ground.fields.iter().enumerate().filter(|(at, field)| {
            is_it(&field.names) && self.is_figure(FieldId(*at)) && !is_rate(self.ground, FieldId(*at))
        });
        let mut found: Vec<(bool, Vec<String>)> = Vec::new();
        found.extend(
            fields.filter_map(|(_, field)| Some((true, phrases(&field.names).into_iter().find(|it| it.len() == 2)?))),
        );
        let metrics = self.ground.metrics.iter().filter(|metric| is_it(&metric.names));
        found.extend(
            metrics.filter_map(|metric| Some((false, phrases(&metric.names).into_iter().find(|it| it.len() == 2)?))),
        );
        let [(is_total, words)] = found.as_slice() else { return None };
        let said = is_total.then(|| "total".to_owned()).into_iter().chain(words.iter().cloned());
        Some(said.map(|word| Token::said(word, token.from, token.to)).collect())
    }

    /// Behind the pattern, with the places of its slots.
    fn fits(&self, pattern: &[Piece], at: usize) -> Option<(usize, Vec<(usize, usize)>)> {
        let Some((piece, rest)) = pattern.split_first() else { return Some((at, Vec::new())) };
        match piece {
            Piece::Start => (at == 0).then(|| self.fits(rest, at))?,
            Piece::End => {
                let is_end = self.is_end(at);
                is_end.then(|| self.fits(rest, at))?
            }
            Piece::Words(words, may_lack) => {
                let is_it = |token: &Token| words.iter().any(|word| token.is(word)) && !self.is_named(at, at + 1);
                let taken = self.tokens.get(at).filter(|token| is_it(token)).and_then(|_| self.fits(rest, at + 1));
                taken.or_else(|| may_lack.then(|| self.fits(rest, at))?)
            }
            Piece::Maybe(slot) => {
                let taken = self.slot(*slot, at).into_iter().find_map(|end| self.fits(rest, end));
                taken.or_else(|| self.fits(rest, at))
            }
            Piece::Slot(slot) => {
                let mut ends = self.slot(*slot, at);
                ends.sort_unstable();
                ends.into_iter().rev().find_map(|end| {
                    let (behind, mut slots) = self.fits(rest, end)?;
                    slots.insert(0, (at, end));
                    Some((behind, slots))
                })
            }
        }
    }

    fn slot(&self, slot: Slot, at: usize) -> Vec<usize> {
        let is_it = |part: &Part| match (slot, part) {
            (Slot::Thing, Part::Dataset(_)) | (Slot::Figure, Part::Metric(_)) => true,
            (Slot::Field, Part::Field(_)) | (Slot::Value, Part::Value(..)) => true,
            (Slot::Added, Part::Field(field)) => self.is_added_up(*field),
            (Slot::Money, part) => self.is_money(part),
            (Slot::Owned, Part::Field(field)) => self.is_figure(*field) && self.is_of_next(at, *field),
            (Slot::Endless, Part::Dataset(id)) => self.may_end(*id).is_none(),
            (Slot::Flag, Part::Field(field)) => schema_graph::flag(self.ground, *field).is_some(),
            (Slot::Datum, Part::Field(field)) => schema_graph::flag(self.ground, *field).is_none(),
            (Slot::Done, Part::Happened(_)) => true,
            (Slot::OwnValue, Part::Value(field, _)) => self.is_of_next(at, *field),
            (Slot::Its, Part::Field(field)) => self.is_figure(*field) && self.is_of_who_is_named(*field),
            (Slot::Led, part) => self.dataset_of(part).is_some_and(|of| self.is_led_to_once(of)),
            (Slot::Name, Part::Value(field, Value::Text(_))) => self.is_name(*field),
            _ => false,
        };
        if at >= self.tokens.len() {
            return Vec::new();
        }
        match slot {
            Slot::Date => dates::at(self.tokens, at, self.context).into_iter().map(|(end, _)| end).collect(),
            Slot::Billed => self.billed(at, false).map(|_| at + 1).into_iter().collect(),
            Slot::Charged => self.billed(at, true).map(|_| at + 1).into_iter().collect(),
            Slot::Verb => {
                (is_linking(&self.tokens[at]) && !self.is_named(at, at + 1)).then_some(at + 1).into_iter().collect()
            }
            Slot::Does => self.does(at).then_some(at + 1).into_iter().collect(),
            Slot::Did => self.parts(at).filter(|(_, part)| matches!(part, Part::Join(_))).map(|(end, _)| end).collect(),
            Slot::Above => self.kin_of(at).into_iter().map(|(end, _)| end).filter(|end| !self.is_led(*end)).collect(),
            Slot::Below => self.kin_below(at).map(|(end, _)| end).into_iter().collect(),
            Slot::Values => self.parts(at).filter(|(end, part)| self.are_several(*end, part)).map(|it| it.0).collect(),
            Slot::Number => self.tokens[at].number().map(|_| at + 1).into_iter().collect(),
            _ => self.parts(at).filter(|(_, part)| is_it(part)).map(|(end, _)| end).collect(),
        }
    }

    /// "false alarms", of what is kept as "false alarm": "electronics" are no several of it.
    fn are_several(&self, end: usize, part: &Part) -> bool {
        let last = &self.tokens[end - 1];
        match part {
            Part::Value(field, Value::Text(stored)) => {
                last.text != last.lemma && !self.is_name(*field) && !stored.to_lowercase().ends_with(&last.text)
            }
            _ => false,
        }
    }

    /// "reports to" says what one does, and no name.
    fn is_led(&self, end: usize) -> bool {
        ["by", "to", "of", "under", "for"].iter().any(|word| self.tokens[end - 1].is(word))
    }

    /// The relationship of things with themselves that the slots speak of: of who is named, their only one that leads to what stands
    /// above.
    fn kin(&self, slots: &[(usize, usize)]) -> Option<JoinId> {
        let below = slots.iter().find_map(|(from, _)| self.kin_below(*from)).map(|(_, join)| join);
        let above = || {
            let of = |(from, end): &(usize, usize)| self.kin_of(*from).into_iter().find(|(other, _)| other == end);
            slots.iter().find_map(of).map(|(_, join)| join)
        };
        let named = || {
            let of = self.parts(self.named(slots)?.0).find_map(|(_, part)| match part {
                Part::Value(field, _) if self.is_name(*field) => Some(self.ground.field(*field).dataset),
                _ => None,
            });
            self.superior(of?)
        };
        below.or_else(above).or_else(named)
    }

    /// One word, by which nothing is told apart from what else links the same things.
    fn does(&self, at: usize) -> bool {
        let is_only =
            |join: &Join| self.ground.joins.iter().filter(|it| it.from == join.from && it.to == join.to).count() == 1;
        let is_deed = |(_, part): (usize, &Part)| match part {
            Part::Join(join) => is_only(self.ground.join(*join)),
            Part::Happened(_) | Part::Done(_) | Part::Made(_) => true,
            _ => false,
        };
        let is_known = self.parts(at).next().is_some();
        if is_known { self.parts(at).all(is_deed) } else { is_linking(&self.tokens[at]) }
    }

    fn is_money(&self, part: &Part) -> bool {
        let (names, unit) = match part {
            Part::Field(id) if self.is_figure(*id) => (&self.ground.field(*id).names, &self.ground.field(*id).unit),
            Part::Metric(id) => (&self.ground.metric(*id).names, &self.ground.metric(*id).unit),
            _ => return false,
        };
        let is_called = |word: &String| MONEY.contains(&word.as_str());
        unit.as_deref().is_some_and(units::is_money) || phrases(names).iter().flatten().any(is_called)
    }

    fn is_added_up(&self, field: FieldId) -> bool {
        total(self.ground, field).is_some()
            && !is_rate(self.ground, field)
            && !times::stays(self.ground, self.ground.field(field).dataset)
    }

    /// The things that are named next, a few words on, are what the field is of.
    fn is_of_next(&self, at: usize, field: FieldId) -> bool {
        const NEAR: usize = 8;
        let near = at + 1..self.tokens.len().min(at + NEAR);
        let is_thing = |part: &Part| match part {
            Part::Dataset(id) => Some(*id),
            _ => None,
        };
        let mut things = near.flat_map(|at| self.parts(at)).filter_map(|(_, part)| is_thing(part));
        things.next() == Some(self.ground.field(field).dataset)
    }

    /// One of the things is named by what only one of them is called.
    fn is_of_who_is_named(&self, field: FieldId) -> bool {
        let of = self.ground.field(field).dataset;
        (0..self.tokens.len()).flat_map(|at| self.parts(at)).any(|(_, part)| match part {
            Part::Value(name, _) => self.ground.field(*name).dataset == of && self.is_name(*name),
            _ => false,
        })
    }

    fn dataset_of(&self, part: &Part) -> Option<DatasetId> {
        match part {
            Part::Dataset(id) => Some(*id),
            Part::Value(field, _) | Part::Field(field) => Some(self.ground.field(*field).dataset),
            _ => None,
        }
    }

    /// No rows lead to these in two ways: "to" and "from" would be two of them. One alone may be that from which things are sent.
    fn is_led_to_once(&self, of: DatasetId) -> bool {
        static SENDERS: Phrases = Phrases::named("paraphrase.SENDERS");
        let called = phrases(&self.ground.dataset(of).names);
        if called.iter().flatten().any(|word| SENDERS.contains(&word.as_str())) {
            return false;
        }
        let ways =
            |from: usize| self.ground.joins.iter().filter(|it| it.from == DatasetId(from) && it.to == of).count();
        (0..self.ground.datasets.len()).all(|from| ways(from) < 2)
    }

    /// "invoice", of the one figure that is called "invoiced" or "invoiced amount".
    fn billed(&self, at: usize, is_money: bool) -> Option<Vec<String>> {
        // "what did we order": goods, and no figure of money.
        const OF_GOODS: [&str; 7] = ["order", "buy", "purchase", "sell", "ship", "deliver", "produce"];
        if is_money && OF_GOODS.contains(&self.tokens[at].text.as_str()) {
            return None;
        }
        let verb = stem(&self.tokens[at].text);
        let is_past = |word: &str| word.ends_with("ed") && stem(word) == verb;
        let is_wanted = |metric: &&Metric| !is_money || metric.unit.as_deref().is_some_and(units::is_money);
        let figures = self.ground.metrics.iter().filter(is_wanted).filter_map(|metric| {
            let shown = metric.names.shown().to_lowercase();
            let words: Vec<String> = shown.split(' ').map(str::to_owned).collect();
            words.first().is_some_and(|word| is_past(word)).then_some(words)
        });
        let figures: Vec<Vec<String>> = figures.collect();
        match figures.as_slice() {
            [one] if one.len() < 3 => Some(one.clone()),
            _ => None,
        }
    }

    /// The words of a paraphrase; none where the model calls nothing so.
    fn words(&self, one: &Paraphrase, at: usize, end: usize, slots: &[(usize, usize)]) -> Option<Vec<Token>> {
        let (from, to) = (self.tokens[at].from, self.tokens[end - 1].to);
        let token = |text: String| Token::said(text, from, to);
        let taken = |(from, end): &(usize, usize)| self.tokens[*from..*end].to_vec();
        if !self.says_no_more(one, slots) || !self.did_it(one, slots) {
            return None;
        }
        let mut words = Vec::new();
        for word in &one.said {
            match (*word, word.strip_prefix('$').and_then(|place| place.parse::<usize>().ok())) {
                ("$NAME", _) => words.extend(taken(self.named(slots)?)),
                ("TENURE", _) => words.extend(self.tenure(slots)?.into_iter().map(token)),
                // Things are told apart by what they are, and not by "name".
                ("FIELDOF", _) => {
                    let field = self.held_by(slots)?;
                    let known = self.ground.field(field);
                    let names = match schema_graph::is_label(self.ground, field) {
                        true => &self.ground.dataset(known.dataset).names,
                        false => &known.names,
                    };
                    words.extend(phrases(names).into_iter().next()?.into_iter().map(token));
                }
                ("THINGOF", _) => {
                    let of = self.ground.field(self.held_by(slots)?).dataset;
                    words.extend(phrases(&self.ground.dataset(of).names).into_iter().next()?.into_iter().map(token));
                    several(words.last_mut()?);
                }
                ("KINS", _) => {
                    let of = self.ground.join(self.kin(slots)?).from;
                    words.extend(phrases(&self.ground.dataset(of).names).into_iter().next()?.into_iter().map(token));
                    several(words.last_mut()?);
                }
                ("ROLE", _) => {
                    let named = roles(self.ground, self.ground.join(self.kin(slots)?)).into_iter();
                    let led = ["by", "to", "of", "under", "for"];
                    let is_role = |words: &Vec<String>| words.last().is_some_and(|last| !led.contains(&last.as_str()));
                    words.extend({ named }.find(is_role)?.into_iter().map(token));
                }
                ("TIMEOF", _) => {
                    let day = slots.iter().find_map(|(from, end)| self.happened(*from, *end))?;
                    words.extend(phrases(&self.ground.field(day).names).into_iter().next()?.into_iter().map(token));
                }
                ("PAID", _) => words.extend(self.paid()?.into_iter().map(token)),
                ("PLACE", _) => words.extend(self.place(self.named(slots)?.0)?.into_iter().map(token)),
                (word, None) if TRAITS.iter().any(|(trait_, _)| *trait_ == word) => {
                    let (_, called) = TRAITS.iter().find(|(trait_, _)| *trait_ == word)?;
                    let field = only_such(self.ground, self.thing(end)?, called)?;
                    if *called == MONEY && !self.is_price(field, (at, end)) {
                        return None;
                    }
                    words.extend(phrases(&self.ground.field(field).names).into_iter().next()?.into_iter().map(token));
                }
                ("FIGURE", _) => {
                    let figure = slots.iter().find_map(|(from, _)| self.billed(*from, false))?;
                    words.extend(figure.into_iter().map(token));
                }
                (word, None) if word.starts_with('$') => {
                    // "$1s": several of it.
                    let place = word.trim_start_matches('$').trim_end_matches('s').parse::<usize>().ok()?;
                    words.extend(taken(slots.get(place.checked_sub(1)?)?));
                    several(words.last_mut()?);
                }
                (_, Some(place)) => words.extend(taken(slots.get(place.checked_sub(1)?)?)),
                (word, None) => words.push(token(word.to_owned())),
            }
        }
        Some(words)
    }

    /// "handled no tickets": a verb that nothing is called says no more than that the one has the other, where these lead to the
    /// one in one way only, which is called by what it leads to. A seller's contracts are not those that he loaded.
    fn says_no_more(&self, one: &Paraphrase, slots: &[(usize, usize)]) -> bool {
        let kind = |piece: &Piece| match piece {
            Piece::Slot(slot) => Some(*slot),
            _ => None,
        };
        let all: Vec<(Slot, (usize, usize))> = one.pattern.iter().filter_map(kind).zip(slots.iter().copied()).collect();
        let is_unknown = |(slot, (from, _)): &(Slot, (usize, usize))| {
            matches!(slot, Slot::Verb | Slot::Does) && self.parts(*from).next().is_none()
        };
        let Some(verb) = all.iter().position(is_unknown) else { return true };
        let Some((_, (from, end))) = all[verb..].iter().find(|(slot, _)| matches!(slot, Slot::Thing)) else {
            return true;
        };
        let things = self.parts(*from).filter(|(other, _)| other == end).find_map(|(_, part)| self.dataset_of(part));
        let whose = self.thing(all[verb].1.0);
        let is_theirs = |join: &&Join| {
            things == Some(join.from) && whose.map_or_else(|| is_person(self.ground, join.to), |of| of == join.to)
        };
        let mut joins = self.ground.joins.iter().filter(is_theirs);
        match (joins.next(), joins.next()) {
            (Some(join), None) => self.is_called_by_its_end(join),
            (first, _) => first.is_none(),
        }
    }

    /// "how many home runs did Ann Lee hit", of what is "hit by" somebody who is called so.
    fn did_it(&self, one: &Paraphrase, slots: &[(usize, usize)]) -> bool {
        let is_did = |piece: &&Piece| matches!(piece, Piece::Slot(Slot::Did));
        if !one.pattern.iter().any(|piece| is_did(&piece)) {
            return true;
        }
        let (Some((name, _)), Some((verb, _))) = (self.named(slots), slots.last()) else { return false };
        let whose = self.parts(*name).find_map(|(_, part)| match part {
            Part::Value(field, _) if self.is_name(*field) => Some(self.ground.field(*field).dataset),
            _ => None,
        });
        self.parts(*verb).any(|(_, part)| match part {
            Part::Join(join) => {
                let known = self.ground.join(*join);
                let ways = self.ground.joins.iter().filter(|it| it.from == known.from && it.to == known.to).count();
                Some(known.to) == whose && ways == 1
            }
            _ => false,
        })
    }

    /// `member_id`, which leads to members.
    fn is_called_by_its_end(&self, join: &Join) -> bool {
        const KEYS: [&str; 6] = ["id", "key", "no", "nr", "code", "number"];
        let called = phrases(&self.ground.dataset(join.to).names).concat();
        let is_said = |word: &String| KEYS.contains(&word.as_str()) || called.contains(word);
        join.on.iter().all(|(column, to)| column.eq_ignore_ascii_case(to) || lemmas(column).iter().all(is_said))
    }

    /// It is what one pays: what things cost us is no price, unless it is asked so.
    fn is_price(&self, field: FieldId, (at, end): (usize, usize)) -> bool {
        let names = &self.ground.field(field).names;
        let says_cost = self.tokens[at..end].iter().any(|token| token.lemma.starts_with("cost"));
        let is_cost = |words: &Vec<String>| words.iter().any(|word| word == "cost") && !(says_cost && words.len() == 1);
        let is_paid = |text: &String| lemmas(text).iter().any(|word| word == "price");
        !phrases(names).iter().all(is_cost) || names.description.as_ref().is_some_and(is_paid)
    }

    /// The day on which happened what a slot says.
    fn happened(&self, from: usize, end: usize) -> Option<FieldId> {
        self.parts(from).filter(|(other, _)| *other == end).find_map(|(_, part)| match part {
            Part::Happened(field) => Some(*field),
            _ => None,
        })
    }

    /// The last slot that is a name.
    fn named<'s>(&self, slots: &'s [(usize, usize)]) -> Option<&'s (usize, usize)> {
        let is_name = |part: &Part| matches!(part, Part::Value(field, Value::Text(_)) if self.is_name(*field));
        slots.iter().rev().find(|(from, to)| self.parts(*from).any(|(end, part)| end == *to && is_name(part)))
    }

    /// "days since hire date", of the things of a slot that came on a day.
    fn tenure(&self, slots: &[(usize, usize)]) -> Option<Vec<String>> {
        let of = |(from, to): &(usize, usize)| {
            self.parts(*from).filter(|(end, _)| end == to).find_map(|(_, part)| self.dataset_of(part))
        };
        let of = slots.iter().find_map(of).filter(|of| times::stays(self.ground, *of))?;
        let came = phrases(&self.ground.field(times::own(self.ground, of)?).names).into_iter().next()?;
        Some([vec!["days".to_owned(), "since".to_owned()], came].concat())
    }

    /// "employees with salary", of the only persons who are paid something.
    fn paid(&self) -> Option<Vec<String>> {
        let (_, pay) = TRAITS.iter().find(|(trait_, _)| *trait_ == "PAY")?;
        let persons = (0..self.ground.datasets.len()).map(DatasetId);
        let persons = persons.filter(|of| is_person(self.ground, *of));
        let mut paid = persons.filter_map(|of| Some((of, only_such(self.ground, of, pay)?)));
        let (Some((of, field)), None) = (paid.next(), paid.next()) else { return None };
        let mut things = phrases(&self.ground.dataset(of).names).into_iter().next()?;
        things.last_mut()?.push('s');
        let pay = phrases(&self.ground.field(field).names).into_iter().next()?;
        Some([things, vec!["with".to_owned()], pay].concat())
    }

    /// The field that holds the first value of the slots.
    fn held_by(&self, slots: &[(usize, usize)]) -> Option<FieldId> {
        let of = |part: &Part| match part {
            Part::Value(field, _) => Some(*field),
            _ => None,
        };
        let held = |(from, to): &(usize, usize)| {
            let mut fields = self.parts(*from).filter(|(end, _)| end == to).filter_map(|(_, part)| of(part));
            fields.next().filter(|_| fields.next().is_none())
        };
        slots.iter().find_map(held)
    }

    /// What the place of the thing that is named here is called.
    fn place(&self, at: usize) -> Option<Vec<String>> {
        static PLACES: Phrases = Phrases::named("paraphrase.PLACES");
        let of = self.parts(at).find_map(|(_, part)| match part {
            Part::Value(field, _) if self.is_name(*field) => Some(self.ground.field(*field).dataset),
            _ => None,
        })?;
        self.called(of, &PLACES)
    }

    /// What a field of the things is called that is called by one of the words, by the likeliest first.
    fn called(&self, of: DatasetId, words: &[&str]) -> Option<Vec<String>> {
        let called = |word: &&str| {
            let is_it = |words: &Vec<String>| words.last().is_some_and(|last| last == word);
            let named = self
                .ground
                .fields_of(of)
                .filter_map(|id| phrases(&self.ground.field(id).names).into_iter().find(is_it));
            named.collect::<Vec<_>>()
        };
        // Of two prices it is not said which one is meant.
        let mut found: Vec<Vec<String>> = words.iter().flat_map(called).collect();
        found.dedup();
        if found.len() == 1 { found.pop() } else { None }
    }

    /// The things that were named last, also by a value of theirs.
    fn thing(&self, at: usize) -> Option<DatasetId> {
        let of = |part: &Part| match part {
            Part::Dataset(id) => Some(*id),
            Part::Value(field, _) => Some(self.ground.field(*field).dataset),
            _ => None,
        };
        (0..at).rev().find_map(|from| self.parts(from).filter(|(end, _)| *end <= at).find_map(|(_, part)| of(part)))
    }

    fn is_name(&self, field: FieldId) -> bool {
        let known = self.ground.field(field);
        known.ty == Type::Text
            && (schema_graph::identity(self.ground, known.dataset).contains(&field)
                || schema_graph::is_label(self.ground, field))
    }
}

/// Several of it.
fn several(word: &mut Token) {
    if word.text == word.lemma {
        word.text.push('s');
        word.raw.push('s');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paraphrase_takes_a_word_and_its_slots_are_there() {
        assert!(PARAPHRASES.len() > 20);
        for one in PARAPHRASES.iter() {
            let takes = |piece: &Piece| matches!(piece, Piece::Words(_, false) | Piece::Slot(_));
            assert!(one.pattern.iter().any(takes), "{one:?}");
            let slots = one.pattern.iter().filter(|piece| matches!(piece, Piece::Slot(_))).count();
            let places = one.said.iter().filter_map(|word| word.strip_prefix('$')).filter(|word| *word != "NAME");
            for place in places {
                let place = place.trim_end_matches('s');
                assert!(place.parse::<usize>().is_ok_and(|place| (1..=slots).contains(&place)), "{one:?}");
            }
            // What the model calls something by is not lost.
            let slot = |piece: &Piece| match piece {
                Piece::Slot(slot) => Some(*slot),
                _ => None,
            };
            for (at, slot) in one.pattern.iter().filter_map(slot).enumerate() {
                let comes_back = |word: &&str| match slot {
                    Slot::Billed | Slot::Charged => *word == "FIGURE",
                    Slot::Verb | Slot::Does | Slot::Above | Slot::Below | Slot::Did | Slot::Done => true,
                    Slot::Name if *word == "$NAME" => true,
                    _ => word.trim_end_matches('s') == format!("${}", at + 1),
                };
                assert!(one.said.iter().any(comes_back), "{slot:?} of {one:?}");
            }
        }
    }
}
