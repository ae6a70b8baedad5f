//! What a thread remembers: how each of its questions was read, so that the next can be read as a change of it.
//!
//! Kept are the words, the day and what was looked up, not the query: models change, and an old query would mean other
//! fields then. It is read again from its words.

use emporion_catalog::record::Record;
use emporion_semantic::chat::ground::JoinId;
use emporion_semantic::chat::query::Query;
use emporion_semantic::chat::quote::Last;
use emporion_semantic::chat::reading::{Asked, Choice, Found, InColumn, LookedUp, Thread};
use emporion_semantic::chat::{Ground, Reading, read};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::prepared::Prepared;

/// Before the name of a column that no model speaks of.
pub const COLUMN: &str = "column:";
/// The member of a kept answer.
pub const READING: &str = "reading";
/// How many questions may build on one another.
const MOST: usize = 30;
/// How many choices one question may take.
const MOST_CHOICES: usize = 100;

/// One question as it was read.
#[derive(Debug, Clone)]
pub struct Read {
    pub text: String,
    pub today: Date,
    pub locale: String,
    pub choices: Vec<String>,
    /// Phrase, path of the field, or [`COLUMN`] and the column, and the value as it is stored.
    pub found: Vec<(String, String, Option<String>)>,
    pub is_follow_up: bool,
    /// The questions that it refines, where it was asked with them, and not after them in a thread.
    pub before: Vec<Read>,
    /// Of a question about documents, which of them it was about.
    pub about: Option<Last>,
}

/// A question that was asked back about, with the options that were offered: id and label.
pub type Open = (Read, Vec<(String, String)>);

impl Read {
    pub fn of(text: String, today: Date, locale: String) -> Read {
        let (choices, found, before) = Default::default();
        Read { text, today, locale, choices, found, is_follow_up: false, before, about: None }
    }

    pub fn print(&self) -> Value {
        json!({
            "text": self.text,
            "today": self.today.to_string(),
            "locale": self.locale,
            "choices": self.choices,
            "found": self.found,
            "isFollowUp": self.is_follow_up,
            "before": self.before.iter().map(Read::print).collect::<Vec<Value>>(),
            "about": self.about.as_ref().map(|about| json!({"documents": about.documents, "topic": about.topic})),
        })
    }

    pub fn parse(value: &Value) -> Option<Read> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let list = |name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten();
        let found = |entry: &Value| {
            let part = |at: usize| entry.get(at).and_then(Value::as_str).map(str::to_owned);
            Some((part(0)?, part(1)?, part(2)))
        };
        Some(Read {
            text: text("text")?.to_owned(),
            today: text("today")?.parse().ok()?,
            locale: text("locale")?.to_owned(),
            choices: list("choices").filter_map(|id| Some(id.as_str()?.to_owned())).collect(),
            found: list("found").filter_map(found).collect(),
            is_follow_up: value.get("isFollowUp").and_then(Value::as_bool)?,
            before: list("before").filter_map(Read::parse).collect(),
            about: value.get("about").and_then(|about| {
                let documents = about.get("documents")?.as_array()?.iter();
                let documents = documents.filter_map(|id| Some(id.as_str()?.to_owned())).collect();
                Some(Last { documents, topic: about.get("topic")?.as_str()?.to_owned() })
            }),
        })
    }

    /// What was looked up, over the fields that there are now.
    pub fn found(&self, ground: &Ground) -> Found {
        let field = |path: &str| ground.field_at(path);
        let mut found = Found::default();
        for (phrase, path, stored) in &self.found {
            let (phrase, stored) = (phrase.clone(), stored.clone());
            match path.strip_prefix(COLUMN) {
                Some(column) => found.in_columns.push(InColumn { phrase, column: column.to_owned(), stored }),
                None => found.looked_up.extend(field(path).map(|field| LookedUp { phrase, field, stored })),
            }
        }
        found
    }
}

/// The answers of a thread, oldest first.
fn answers(messages: &[Record]) -> impl DoubleEndedIterator<Item = &Value> {
    messages.iter().filter_map(|message| message.body.get("answer"))
}

fn status(answer: &Value) -> &str {
    answer.get("status").and_then(Value::as_str).unwrap_or_default()
}

/// What the last answer asked back about.
pub fn open(messages: &[Record]) -> Option<Open> {
    let last = answers(messages).next_back().filter(|answer| status(answer) == "needs_clarification")?;
    let options = last.get("clarification").and_then(|asked| asked.get("options")).and_then(Value::as_array);
    let text = |option: &Value, name: &str| option.get(name).and_then(Value::as_str).map(str::to_owned);
    let options = options.into_iter().flatten().filter_map(|one| Some((text(one, "id")?, text(one, "label")?)));
    Some((Read::parse(last.get(READING)?)?, options.collect()))
}

/// What the last question was about, if it was about documents.
pub fn about(messages: &[Record]) -> Option<Last> {
    Read::parse(answers(messages).next_back()?.get(READING)?)?.about
}

/// Reads again what a thread has said, oldest message first.
pub fn recall(prepared: &Prepared, messages: &[Record]) -> Thread {
    let described = answers(messages).rev().filter(|answer| ["answered", "executed_empty"].contains(&status(answer)));
    let described = described.filter_map(|answer| Read::parse(answer.get(READING)?));
    built(prepared, &chain(described.take(MOST)))
}

/// The last of these questions, newest first, and those that it goes back to, oldest first.
pub fn chain(described: impl Iterator<Item = Read>) -> Vec<Read> {
    let mut chain: Vec<Read> = Vec::new();
    for mut read in described {
        let before = std::mem::take(&mut read.before);
        let is_first = !read.is_follow_up || !before.is_empty();
        chain.push(read);
        chain.extend(before.into_iter().rev());
        if is_first {
            break;
        }
    }
    chain.reverse();
    chain
}

/// What these questions come to, each read as a change of the one before it.
pub fn built(prepared: &Prepared, chain: &[Read]) -> Thread {
    let mut before = Thread::default();
    for read_before in chain {
        before.choices = choices(&read_before.choices);
        let asked = Asked {
            text: &read_before.text,
            today: read_before.today,
            locale: &read_before.locale,
            thread: &before,
            found: &read_before.found(&prepared.ground),
            verified: &prepared.verified,
        };
        let (query, is_change) = match read(&prepared.ground, &prepared.lexicon, &asked) {
            Reading::Query { mut query, interpretation } => {
                take_ways(&prepared.ground, &mut query, &read_before.choices);
                (Some(*query), interpretation.is_follow_up)
            }
            _ => (None, false),
        };
        let last = std::mem::replace(&mut before.last, query);
        before.earlier = last.filter(|_| is_change);
    }
    before.choices.clear();
    before
}

pub fn choices(ids: &[String]) -> Vec<Choice> {
    ids.iter().map(|id| Choice { id: id.clone() }).collect()
}

/// What was chosen in answer to one question after another, each once; of very many the last ones.
pub fn chained(before: Vec<String>, then: Vec<String>) -> Vec<String> {
    let mut chain: Vec<String> = Vec::new();
    for id in before.into_iter().chain(then) {
        if !chain.contains(&id) {
            chain.push(id);
        }
    }
    chain.split_off(chain.len().saturating_sub(MOST_CHOICES))
}

/// What stands before the names of joins in the id of an option.
pub const WAY: &str = "via:";

/// Takes the ways between tables that were chosen.
pub fn take_ways(ground: &Ground, query: &mut Query, choices: &[String]) {
    for name in choices.iter().filter_map(|id| id.strip_prefix(WAY)).flat_map(|names| names.split('+')) {
        let join = ground.joins.iter().position(|join| join.names.name == name).map(JoinId);
        query.via.extend(join.filter(|join| !query.via.contains(join)));
    }
}
