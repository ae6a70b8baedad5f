//! Two proposals for one question that differ: whoever asked says which one is meant.
//!
//! The choice is the proposal itself. It is read and checked again when it comes back, and nobody is asked a second time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_semantic::chat::proposal::Offer;
use emporion_semantic::chat::query::Query;
use emporion_semantic::chat::{described, plan};
use serde_json::Value;

use super::answer::{ClarificationKind, ClarificationOption};
use super::conversation::Conversation;
use super::memory::{Read, take_ways};
use super::outcome::Outcome;
use super::proposed::Missed;
use super::wording::clarified;

/// What stands before a proposal in the id of an option.
const CHOICE: &str = "proposal:";
/// Longer ones are not kept.
const MOST_BYTES: usize = 2_000;
const QUESTION: &str = "A model of language read the question in two ways. Which one is meant?";

impl Conversation<'_> {
    /// Asks back which of the two is meant, where both could be answered and look different.
    pub(super) async fn between(&self, read: &Read, proposals: [(String, Query); 2]) -> Result<Outcome, Missed> {
        let ground = &self.prepared.ground;
        let mut options: Vec<(String, String)> = Vec::new();
        for (text, mut query) in proposals {
            let compact = serde_json::from_str::<Value>(&text).map_err(|_| Missed::Differ)?.to_string();
            self.look_values_up(&mut query).await.map_err(|_| Missed::Differ)?;
            take_ways(ground, &mut query, &read.choices);
            let planned = plan(ground, &query, read.today).map_err(|_| Missed::Differ)?;
            let is_closed = planned.datasets.iter().any(|dataset| self.is_closed(*dataset));
            if is_closed || compact.len() > MOST_BYTES {
                return Err(Missed::Differ);
            }
            options.push((described(ground, &query), compact));
        }
        options.sort();
        if options[0].0 == options[1].0 {
            return Err(Missed::Differ);
        }
        let offered = options
            .into_iter()
            .map(|(label, text)| ClarificationOption::new(format!("{CHOICE}{}", URL_SAFE_NO_PAD.encode(text)), label));
        Ok(clarified(ClarificationKind::Scope, QUESTION, offered.collect(), read.clone()))
    }

    /// The answer by the proposal that was chosen.
    pub(super) async fn settled(&self, proposal: &str, offer: &Offer, read: &Read) -> Result<Outcome, Missed> {
        let ground = &self.prepared.ground;
        let mut query = offer.read(ground, proposal, read.today)?;
        self.look_values_up(&mut query).await?;
        take_ways(ground, &mut query, &read.choices);
        let reasons = vec!["A model of language read the question in two ways, and this one was chosen.".to_owned()];
        self.labelled(&query, read, reasons).await
    }
}

/// The proposal among what was chosen.
pub(super) fn chosen(choices: &[String]) -> Option<String> {
    let encoded = choices.iter().rev().find_map(|id| id.strip_prefix(CHOICE))?;
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}
