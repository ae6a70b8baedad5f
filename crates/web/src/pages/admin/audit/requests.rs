//! What became of requests for access, in words: the fields that say it would be told one by one.

use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::access_request::{ASSETS, OPEN, REASON, REQUESTER, ROWS, STATE, WANTS, WORDS};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use serde_json::Value;

use crate::fault::Fault;
use crate::records::naming;
use crate::text::plain::shown;
use crate::text::texts::Texts;

pub fn are_meant(event: &Event) -> bool {
    event.kind.is("access_request")
}

/// What was asked for, or decided, for whom, with the words that were said to it. `states` are of the events.
pub async fn said(
    t: Texts,
    reading: &Reading<'_>,
    states: &[(&Event, Option<&View>)],
) -> Result<Vec<Vec<String>>, Fault> {
    let of = |view: &View| -> Option<RecordId> { view.field(REQUESTER)?.as_str()?.parse().ok() };
    let mut people: Vec<RecordId> = states.iter().filter_map(|(_, view)| of((*view)?)).collect();
    people.sort_unstable();
    people.dedup();
    let cards = reading.cards(&people).await?;
    let name = |view: &View| {
        let id = of(view);
        cards.iter().find(|card| Some(card.id) == id).map(|card| naming::rendered(card))
    };
    Ok(states
        .iter()
        .map(|(event, view)| view.map(|view| one(t, event, view, name(view))).unwrap_or_default())
        .collect())
}

fn one(t: Texts, event: &Event, request: &View, who: Option<String>) -> Vec<String> {
    let text = |name: &str| request.field(name).and_then(Value::as_str).unwrap_or_default();
    let is_asked = event.what == EventKind::Created;
    let state = text(STATE);
    if !is_asked && state == OPEN {
        return Vec::new();
    }
    let wanted = match text(WANTS) {
        ROWS => t.count("admin.wanted_rows", request.field(ASSETS).and_then(Value::as_array).map_or(0, Vec::len)),
        role => t.say(&format!("admin.wanted.{role}")),
    };
    let who = who.unwrap_or_else(|| t.say("request.gone"));
    let key = if is_asked { "admin.request.asked".to_owned() } else { format!("admin.request.{state}") };
    let words = text(if is_asked { REASON } else { WORDS });
    let words = (!words.is_empty()).then(|| t.with("condition.quoted", &[("text", &shown(words))]));
    std::iter::once(t.with(&key, &[("who", &who), ("wanted", &wanted)])).chain(words).collect()
}
