//! Questions about documents: answered by passages, word for word, and never in other words.
//!
//! A question is one about documents by its form ("what does … say about …", "according to …") and because it names
//! documents that there are. Every word of its topic that means something stands in each passage that is quoted, or
//! under whose heading it stands; where no passage holds them all, that is said.

mod form;
mod index;
mod naming;
mod search;
#[cfg(test)]
mod tests;
mod topic;

pub use index::{Indexed, Passage};
pub use search::{Found, Quote, search};
pub use topic::Topic;

use super::words::{Token, tokens};

/// A document as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titled {
    pub id: String,
    pub name: String,
    pub tags: Vec<String>,
}

/// The question about documents that came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// Their ids.
    pub documents: Vec<String>,
    /// As it was written.
    pub topic: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Indices of the documents that are asked about.
    Documents { documents: Vec<usize>, topic: Topic, is_follow_up: bool },
    /// Several bear the name, and one is meant.
    Which { named: String, documents: Vec<usize>, topic: Topic },
    /// It has the form of such a question, and no document is called so.
    Unnamed(String),
}

/// Whether a text has the form of a question about documents, or of what follows one.
pub fn may_be_about(text: &str, follows: bool) -> bool {
    let Some(tokens) = tokens(text) else { return false };
    !form::splits(&tokens).is_empty() || follows && form::follow_up(&tokens).is_some()
}

/// What a question asks that begins as everyday questions about rules do, and names no document: "what is our policy on
/// remote work", "how long do we keep invoices", "who approves travel".
pub fn everyday(text: &str) -> Option<Topic> {
    let topic = Topic::of(written(text, tokens(text)?.get(form::everyday(&tokens(text)?)?..)?));
    (topic.terms.len() > 1).then_some(topic)
}

/// What a question asks of which documents. `None`: it is none about documents.
///
/// `chosen` are the ids of documents that were chosen where several bore the name.
pub fn about(text: &str, titled: &[Titled], last: Option<&Last>, chosen: &[&str]) -> Option<About> {
    let tokens = tokens(text)?;
    let meant = |phrase: &[Token]| naming::meant(phrase, titled, last);
    let splits = form::splits(&tokens);
    let topic_of = |range: &std::ops::Range<usize>| Topic::of(written(text, &tokens[range.clone()]));
    // The longest name: "terms in Germany" is no passage of "Germany" about terms.
    let mut named: Option<(&form::Split, naming::Meant)> = None;
    for split in &splits {
        let is_longer = named.as_ref().is_none_or(|(best, _)| best.document.len() < split.document.len());
        let found = if is_longer { meant(&tokens[split.document.clone()]) } else { naming::Meant::None };
        if !matches!(found, naming::Meant::None) {
            named = Some((split, found));
        }
    }
    if let Some((split, meant)) = named {
        let named = written(text, &tokens[split.document.clone()]).to_owned();
        return Some(settled(meant, named, topic_of(&split.topic), split.is_any, titled, chosen, false));
    }
    if let Some(split) = splits.iter().min_by_key(|split| split.document.len()) {
        return Some(About::Unnamed(written(text, &tokens[split.document.clone()]).to_owned()));
    }
    let last = last?;
    let rest = form::follow_up(&tokens)?;
    if let naming::Meant::One(_) | naming::Meant::Several(_) | naming::Meant::All = meant(&tokens[rest.clone()]) {
        let named = written(text, &tokens[rest.clone()]).to_owned();
        return Some(settled(meant(&tokens[rest]), named, Topic::of(&last.topic), false, titled, chosen, true));
    }
    let within = form::within(&tokens, rest.clone());
    for (topic, document) in within {
        let found = meant(&tokens[document.clone()]);
        if !matches!(found, naming::Meant::None) {
            let named = written(text, &tokens[document]).to_owned();
            return Some(settled(found, named, topic_of(&topic), false, titled, chosen, true));
        }
    }
    let documents: Vec<usize> = (0..titled.len()).filter(|at| last.documents.contains(&titled[*at].id)).collect();
    (!documents.is_empty()).then(|| About::Documents { documents, topic: topic_of(&rest), is_follow_up: true })
}

fn settled(
    meant: naming::Meant,
    named: String,
    topic: Topic,
    is_any: bool,
    titled: &[Titled],
    chosen: &[&str],
    is_follow_up: bool,
) -> About {
    let documents = match meant {
        naming::Meant::All => (0..titled.len()).collect(),
        naming::Meant::One(one) => vec![one],
        naming::Meant::Several(several) if is_any => several,
        naming::Meant::Several(several) => {
            let picked: Vec<usize> =
                several.iter().copied().filter(|at| chosen.contains(&titled[*at].id.as_str())).collect();
            if picked.is_empty() {
                return About::Which { named, documents: several, topic };
            }
            picked
        }
        naming::Meant::Together(several) => several,
        naming::Meant::None => Vec::new(),
    };
    About::Documents { documents, topic, is_follow_up }
}

/// The words of tokens that follow one another, as they were written.
fn written<'a>(text: &'a str, tokens: &[Token]) -> &'a str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => text.get(first.from..last.to).unwrap_or_default().trim(),
        _ => "",
    }
}
