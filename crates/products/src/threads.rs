//! Threads and their messages in the catalogue. Each belongs to the user who began it; the core lets nobody else in but
//! those who may give rights on the product, and these see an outline of it.

pub mod list;
pub mod thread;

use std::sync::Arc;

use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::query::{Keyset, KeysetKey, ListQuery, Order};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use serde_json::Value;

use super::refs;
use crate::chat::detail::Detail;
use crate::chat::retelling::Retelling;
use crate::commands;
use crate::failure::Failure;
use crate::message::Message;
use crate::text_check;

/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// What is taken of the first message for a title.
const TITLE_OF_MESSAGE: usize = 80;
/// How much of a message stands around what a search found.
const SNIPPET: usize = 160;
const PAGE: u32 = 500;

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
}

impl Role {
    pub fn word(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// One message that is to be kept.
#[derive(Debug, Clone)]
pub struct Saying {
    pub id: RecordId,
    pub role: Role,
    pub text: String,
    /// The whole answer, but for its rows.
    pub answer: Option<Value>,
}

pub fn id(catalog: &Catalog, thread: RecordId) -> Ref {
    Ref::Id(catalog.kind("chat_thread"), thread)
}

/// Begins a thread with its first messages, all or nothing. Its title is the beginning of the first one, and of the
/// questions that it refines.
pub fn beginning(
    catalog: &Catalog,
    caller: &Caller,
    product: RecordId,
    thread: RecordId,
    refined: &[&str],
    sayings: &[Saying],
) -> Command {
    let first = sayings.first().map_or("", |first| first.text.as_str());
    let title = match refined {
        [] => title_of(first),
        refined => title_of(&format!("{first} – {}", refined.join(", "))),
    };
    let mut draft = Draft { name: Some(thread.to_string()), ..Draft::default() };
    draft.set("title", title);
    draft.set("user", caller.principal.user.to_string());
    draft.set("last_message_at", catalog.now().0);
    let mut commands = vec![Command::Create {
        kind: catalog.kind("chat_thread"),
        parent: Some(refs::product_id(catalog, product)),
        draft,
        id: Some(thread),
        rules: DoorRules::default(),
    }];
    commands.extend(sayings.iter().map(|saying| described(catalog, thread, saying)));
    commands::together(commands)
}

/// Adds messages to a thread of the caller's, all or nothing.
pub fn going_on(catalog: &Catalog, thread: RecordId, sayings: &[Saying]) -> Command {
    let now = catalog.now().0;
    let mut commands = vec![Command::Change {
        target: id(catalog, thread),
        guard: Guard::None,
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.set("last_message_at", now);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    }];
    commands.extend(sayings.iter().map(|saying| described(catalog, thread, saying)));
    commands::together(commands)
}

/// What is said of a thread that is not there, or somebody else's.
pub fn missing(thread: RecordId) -> Failure {
    Failure::not_found(Message::with("there is no thread \"{}\"", [thread.to_string()]))
}

fn described(catalog: &Catalog, thread: RecordId, saying: &Saying) -> Command {
    let mut draft = Draft { name: Some(saying.id.to_string()), ..Draft::default() };
    draft.set("role", saying.role.word());
    draft.set("text", saying.text.as_str());
    if let Some(answer) = &saying.answer {
        let status = answer.get("status").and_then(Value::as_str).unwrap_or_default();
        let choices = answer.pointer("/reading/choices").and_then(Value::as_array);
        let is_answered = ["answered", "executed_empty"].contains(&status);
        draft.set("status", status);
        draft.set("chosen", is_answered && choices.is_some_and(|choices| !choices.is_empty()));
        draft.set("answer", answer.clone());
    }
    Command::Create {
        kind: catalog.kind("chat_message"),
        parent: Some(id(catalog, thread)),
        draft,
        id: Some(saying.id),
        rules: DoorRules::default(),
    }
}

/// The messages of a thread that the caller sees, oldest first: those after a place, up to a number and one more.
pub async fn messages(
    reading: &Reading<'_>,
    thread: &Record,
    after: Option<&Record>,
    limit: usize,
) -> Result<Vec<Record>, Failure> {
    let query = ListQuery {
        after: after.map(|record| Keyset { key: KeysetKey::At(record.created.at), id: record.id }),
        limit: u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1),
        ..of_thread(reading, thread)
    };
    Ok(reading.parts(thread, query).await?)
}

/// The last messages of a thread, oldest first: those before one of them, where it is given.
pub async fn latest(
    reading: &Reading<'_>,
    thread: &Record,
    before: Option<&Record>,
    limit: u32,
) -> Result<Vec<Record>, Failure> {
    let query = ListQuery {
        after: before.map(|record| Keyset { key: KeysetKey::At(record.created.at), id: record.id }),
        descending: true,
        limit,
        ..of_thread(reading, thread)
    };
    let mut found = reading.parts(thread, query).await?;
    found.reverse();
    Ok(found)
}

pub async fn count(reading: &Reading<'_>, thread: &Record) -> Result<u64, Failure> {
    Ok(reading.count_parts(thread, reading.catalog().kind("chat_message")).await?)
}

fn of_thread(reading: &Reading<'_>, thread: &Record) -> ListQuery {
    ListQuery {
        order: Order::Created,
        limit: PAGE,
        ..ListQuery::of(thread.account, reading.catalog().kind("chat_message"))
    }
}

/// The first message of which a folded text is seen, as far as it stands around that; what may not be told any more is not
/// found.
pub async fn found(
    reading: &Reading<'_>,
    thread: &Record,
    (detail, retelling): (Detail, &Retelling<'_>),
    wanted: &str,
) -> Result<Option<String>, Failure> {
    let mut query = of_thread(reading, thread);
    loop {
        let page = reading.parts(thread, query.clone()).await?;
        for (message, text) in detail.texts(&page) {
            if let Some(snippet) = snippet(text, wanted)
                && (detail == Detail::Outline || retelling.tells(message).await?)
            {
                return Ok(Some(snippet));
            }
        }
        // Its last message is the next one's first: a question is seen with its answer.
        let [.., before, _] = page.as_slice() else { return Ok(None) };
        if page.len() < PAGE as usize {
            return Ok(None);
        }
        query.after = Some(Keyset { key: KeysetKey::At(before.created.at), id: before.id });
    }
}

/// The line's beginning, cut at a word where it is too long.
fn title_of(text: &str) -> String {
    let line = text_check::plain(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().nth(TITLE_OF_MESSAGE).is_none() {
        return line;
    }
    let head: String = line.chars().take(TITLE_OF_MESSAGE).collect();
    head.rsplit_once(' ').map_or(head.clone(), |(whole, _)| whole.to_owned())
}

fn snippet(text: &str, wanted: &str) -> Option<String> {
    let folded = emporion_catalog::text::fold(text);
    let at = folded.find(wanted)?;
    // Folding may change lengths, so the place is counted in characters and only roughly right; the text is the original.
    let before = folded[..at].chars().count();
    let skipped = before.saturating_sub(SNIPPET / 4);
    let shown: String = text.chars().skip(skipped).take(SNIPPET).collect();
    Some(if skipped > 0 { format!("…{shown}") } else { shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_beginning_of_a_question() {
        assert_eq!(title_of(" What did\nwe \u{202e}sell?\u{7} "), "What did we sell?");
        let long = title_of(&"word ".repeat(50));
        assert!(long.chars().count() <= TITLE_OF_MESSAGE && long.ends_with("word"));
        assert_eq!(title_of(&"x".repeat(100)).len(), TITLE_OF_MESSAGE);
    }

    #[test]
    fn a_snippet_stands_around_what_was_found() {
        assert_eq!(snippet("Net SALES by region", "sales").as_deref(), Some("Net SALES by region"));
        let text = format!("{} turnover {}", "a ".repeat(200), "b ".repeat(200));
        let shown = snippet(&text, "turnover").unwrap();
        assert!(shown.starts_with('…') && shown.contains("turnover") && shown.chars().count() <= SNIPPET + 1);
        assert_eq!(snippet("nothing", "else"), None);
    }
}
