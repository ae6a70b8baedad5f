//! Guide to what can be asked: the answer to those who do not know yet what, or of which product.

use super::ground::{DatasetId, FieldId, Ground, MetricId, Names, Type};
use super::lexicon::{Lexicon, Part};
use super::verified::Verified;
use super::words::{Kind, Phrases, tokens};

/// Parts of each kind that are named, and questions that are proposed.
const NAMED: usize = 6;
const PROPOSED: usize = 8;
/// Ways to ask for figures that are proposed, however few there are.
const VARIED: usize = 3;
/// Ways to ask for it, without signs.
static ASKED: Phrases = Phrases::named("guide.ASKED");

/// Whether a text asks what can be asked.
pub fn is_asked(text: &str) -> bool {
    let Some(tokens) = tokens(text) else { return false };
    let words = tokens.iter().filter(|token| token.kind != Kind::Sign).map(|token| token.text.to_lowercase());
    let said = words.collect::<Vec<_>>().join(" ");
    ASKED.contains(&said.strip_prefix("please ").unwrap_or(&said))
}

/// What there is, in a sentence or two, and questions over it, of which whoever shows them should keep those that read.
pub fn of(ground: &Ground, verified: &[Verified], open: &dyn Fn(DatasetId) -> bool) -> (String, Vec<String>) {
    let is_open = |metric: &MetricId| ground.metric(*metric).datasets.iter().all(|id| open(*id));
    let metrics: Vec<&Names> =
        (0..ground.metrics.len()).map(MetricId).filter(is_open).map(|id| &ground.metric(id).names).collect();
    let datasets: Vec<&Names> =
        (0..ground.datasets.len()).map(DatasetId).filter(|id| open(*id)).map(|id| &ground.dataset(id).names).collect();
    let fields = (0..ground.fields.len()).map(FieldId).map(|id| ground.field(id)).filter(|field| open(field.dataset));
    let (times, others): (Vec<_>, Vec<_>) = fields.filter(|field| !field.is_key).partition(|field| field.is_time);
    let groups = others.into_iter().filter(|field| matches!(field.ty, Type::Text | Type::Boolean));
    let groups: Vec<&Names> = groups.map(|field| &field.names).collect();
    let times: Vec<&Names> = times.into_iter().map(|field| &field.names).collect();
    let questions: Vec<&str> = verified.iter().filter_map(|one| one.questions.first()).map(String::as_str).collect();
    if metrics.is_empty() && datasets.is_empty() {
        return ("There is nothing to be asked about yet.".to_owned(), Vec::new());
    }
    let mut text = String::from("Ask for figures");
    for (before, names) in [(": ", &metrics), ("; how many there are of ", &datasets)] {
        if !names.is_empty() {
            text.push_str(before);
            text.push_str(&listed(names.iter().map(|names| names.shown())));
        }
    }
    for (before, names) in [("; by ", &groups), ("; over time by ", &times)] {
        if !names.is_empty() {
            text.push_str(before);
            text.push_str(&listed(names.iter().map(|names| names.shown())));
        }
    }
    text.push('.');
    if !questions.is_empty() {
        let quoted: Vec<String> = questions.iter().map(|question| format!("\u{201c}{question}\u{201d}")).collect();
        text.push_str(&format!(" Somebody has verified: {}.", listed(quoted.iter().map(String::as_str))));
    }
    let mut proposed: Vec<String> = Vec::new();
    let plain = questions.iter().filter(|question| !question.contains('{'));
    proposed.extend(plain.map(|question| (*question).to_owned()));
    // Where there are few figures, each by several things.
    let pairs = metrics.len().max(groups.len().min(VARIED));
    for (metric, group) in metrics.iter().cycle().zip(groups.iter().cycle()).take(pairs) {
        proposed.push(format!("{} by {}", metric.shown(), group.shown().to_lowercase()));
    }
    if let (Some(metric), false) = (metrics.first(), times.is_empty()) {
        proposed.push(format!("{} by month", metric.shown()));
    }
    proposed.extend(datasets.iter().map(|dataset| format!("Number of {}", dataset.shown())));
    proposed.truncate(PROPOSED);
    (text, proposed)
}

/// A part of the models that a question names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Metric(MetricId),
    Dataset(DatasetId),
    Field(FieldId),
}

/// What a question names of what is open, each part once, in the order of its words; of several of one name the metric.
///
/// No more than names is looked at: that a question names something does not say that it can be answered.
pub fn named(ground: &Ground, lexicon: &Lexicon, question: &str, open: &dyn Fn(DatasetId) -> bool) -> Vec<Named> {
    let lemmas: Vec<String> = tokens(question).unwrap_or_default().into_iter().map(|token| token.lemma).collect();
    let is_open = |named: &Named| match named {
        Named::Metric(id) => ground.metric(*id).datasets.iter().all(|id| open(*id)),
        Named::Dataset(id) => open(*id),
        Named::Field(id) => open(ground.field(*id).dataset),
    };
    let of = |words: &[String]| {
        let parts = lexicon.names(words).iter().filter_map(|part| match part {
            Part::Metric(id) | Part::CountMetric(id) => Some(Named::Metric(*id)),
            Part::Dataset(id) => Some(Named::Dataset(*id)),
            Part::Field(id) => Some(Named::Field(*id)),
            _ => None,
        });
        parts.filter(is_open).min_by_key(|named| match named {
            Named::Metric(_) => 0,
            Named::Dataset(_) => 1,
            Named::Field(_) => 2,
        })
    };
    let mut found: Vec<Named> = Vec::new();
    let mut at = 0;
    while at < lemmas.len() {
        let longest = lexicon.longest.min(lemmas.len() - at);
        let next = (1..=longest).rev().find_map(|many| Some((many, of(&lemmas[at..at + many])?)));
        at += next.map_or(1, |(many, _)| many);
        found.extend(next.map(|(_, named)| named).filter(|named| !found.contains(named)));
    }
    found
}

/// `a, b and c`; the first ones of many.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    let rest = unique.len().saturating_sub(NAMED);
    unique.truncate(NAMED);
    let more = format!("{rest} more");
    if rest > 0 {
        unique.push(&more);
    }
    match unique.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::read::tests::grounds;

    #[test]
    fn who_asks_what_can_be_asked_is_understood() {
        for asked in ["help", "Help!", "What can I ask?", "please help me", "which questions can I ask"] {
            assert!(is_asked(asked), "{asked}");
        }
        for other in ["help desk tickets", "what can I ask for net sales", "", "net sales"] {
            assert!(!is_asked(other), "{other}");
        }
    }

    #[test]
    fn what_is_open_is_named_and_nothing_else() {
        let ground = grounds::retail();
        let (text, questions) = of(&ground, &[], &|_| true);
        let metric = ground.metric(MetricId(0)).names.shown();
        assert!(text.contains(metric) && text.ends_with('.') && questions.len() <= PROPOSED, "{text}");
        assert!(questions.iter().any(|question| question.starts_with(metric)), "{questions:?}");
        let (nothing, none) = of(&ground, &[], &|_| false);
        assert!(!nothing.contains(metric) && none.is_empty());
    }

    #[test]
    fn what_a_question_names_is_told_as_far_as_it_is_open() {
        let ground = grounds::retail();
        let lexicon = Lexicon::of(&ground);
        let metric = ground.metric(MetricId(0));
        let question = format!("please show {} of zebras, {0}?", metric.names.shown());
        assert_eq!(named(&ground, &lexicon, &question, &|_| true), [Named::Metric(MetricId(0))]);
        assert_eq!(named(&ground, &lexicon, &question, &|id| !metric.datasets.contains(&id)), []);
        assert_eq!(named(&ground, &lexicon, "zebras, and how they sleep", &|_| true), []);
        assert_eq!(named(&ground, &lexicon, "", &|_| true), []);
    }

    #[test]
    fn many_are_counted() {
        assert_eq!(listed(["a"].into_iter()), "a");
        assert_eq!(listed(["a", "b", "a", "c"].into_iter()), "a, b and c");
        assert_eq!(listed(["1", "2", "3", "4", "5", "6", "7", "8"].into_iter()), "1, 2, 3, 4, 5, 6 and 2 more");
    }
}
