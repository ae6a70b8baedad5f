//! What asks the same as an answered question, of the product alone: its words, those of the questions that it refines, and
//! what was chosen of what was asked back. Nothing that was read of rows is in it but what its asker has said or chosen.

use super::answer::Status;
use super::memory::{self, Read};
use super::request::{MAX_BEFORE, MAX_CHOICES};
use crate::threads::thread::ThreadMessage;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restated {
    /// Oldest first.
    pub before: Vec<String>,
    pub question: String,
    /// Ids of options.
    pub choices: Vec<String>,
}

impl Restated {
    /// Of the last of these messages. `None` where it is no answer of the reader's own, or builds on too much.
    pub fn of(messages: &[ThreadMessage]) -> Option<Restated> {
        let (last, before) = messages.split_last()?;
        let is_answered =
            |one: &&ThreadMessage| matches!(one.kept_answer().status, Status::Answered | Status::ExecutedEmpty);
        let described = before.iter().rev().filter(is_answered).filter_map(|one| one.reading.clone());
        // One more than is restated tells that there are too many.
        let chain = [last.reading.clone()?].into_iter().chain(described).take(MAX_BEFORE + 2);
        Restated::of_chain(memory::chain(chain))
    }

    fn of_chain(mut chain: Vec<Read>) -> Option<Restated> {
        // What a model of language has proposed is no choice that others are offered.
        let is_offered = |id: &String| !id.starts_with('{');
        let choices = chain.iter().fold(Vec::new(), |all, read| memory::chained(all, read.choices.clone()));
        let choices: Vec<String> = choices.into_iter().filter(is_offered).collect();
        let question = chain.pop()?.text;
        let before: Vec<String> = chain.into_iter().map(|read| read.text).collect();
        (before.len() <= MAX_BEFORE && choices.len() <= MAX_CHOICES).then_some(Restated { before, question, choices })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str, is_follow_up: bool, choices: &[&str]) -> Read {
        let choices = choices.iter().map(|id| (*id).to_owned()).collect();
        Read { is_follow_up, choices, ..Read::of(text.to_owned(), date(2026, 11, 20), "en".to_owned()) }
    }

    #[test]
    fn a_question_is_restated_from_the_first_that_it_builds_on() {
        let chained = |newest_first: Vec<Read>| Restated::of_chain(memory::chain(newest_first.into_iter()));
        let [first, sales, only] = [
            read("stock", false, &["stock|metric:pieces"]),
            read("sales by region", false, &["sales|metric:net_sales"]),
            read("only EU", true, &["{\"measures\":[]}"]),
        ];
        let restated = chained(vec![read("by quarter", true, &["sales|metric:net_sales"]), only, sales, first]);
        let restated = restated.expect("short enough");
        assert_eq!(restated.before, ["sales by region", "only EU"]);
        assert_eq!(
            (restated.question.as_str(), restated.choices),
            ("by quarter", vec!["sales|metric:net_sales".to_owned()])
        );
        // A thread that was begun by such a link has what stands before it in its first message.
        let linked = Read { before: vec![read("sales by region", false, &[])], ..read("only EU", true, &[]) };
        let restated = chained(vec![read("by quarter", true, &[]), linked]).expect("short enough");
        assert_eq!(restated.before, ["sales by region", "only EU"]);
        let long = (0..=MAX_BEFORE).map(|n| read(&n.to_string(), true, &[]));
        assert_eq!(chained(long.chain([read("sales", false, &[])]).collect()), None);
    }
}
