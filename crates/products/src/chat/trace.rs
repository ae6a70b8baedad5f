//! How a question was read, for those who mend the model.

use emporion_semantic::chat::reading::{Asked, Thread, Used};
use emporion_semantic::chat::{Reading, trace};
use serde_json::{Value, json};

use super::memory::{Read, choices};
use super::prepared::Prepared;

/// Words and all that they can stand for, the readings with what became of them, and what was looked up.
pub fn of(prepared: &Prepared, thread: &Thread, read: &Read, came: &Reading) -> Value {
    let thread = Thread { choices: choices(&read.choices), ..thread.clone() };
    let found = read.found(&prepared.ground);
    let asked = Asked {
        text: &read.text,
        today: read.today,
        locale: &read.locale,
        thread: &thread,
        found: &found,
        verified: &prepared.verified,
    };
    let reported = trace(&prepared.ground, &prepared.lexicon, &asked, came);
    let used = |used: &Used| json!({"words": used.words, "from": used.from, "to": used.to, "meaning": used.meaning});
    let words = reported
        .words
        .iter()
        .map(|one| json!({"words": one.words, "from": one.from, "to": one.to, "canBe": one.can_be}));
    let readings = reported.readings.iter().map(|one| {
        json!({
            "used": one.used.iter().map(used).collect::<Vec<_>>(),
            "isFollowUp": one.is_follow_up,
            "isTaken": one.is_taken,
            "reason": one.reason,
        })
    });
    let look_ups =
        read.found.iter().map(|(phrase, field, value)| json!({"words": phrase, "field": field, "value": value}));
    json!({
        "words": words.collect::<Vec<_>>(),
        "unknown": reported.unknown,
        "readings": readings.collect::<Vec<_>>(),
        "isCut": reported.is_cut,
        "lookUps": look_ups.collect::<Vec<_>>(),
    })
}
