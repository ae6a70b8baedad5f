//! Where in a text the words stand that somebody looked for.

use std::ops::Range;

use emporion_catalog::finder::{Condition, Test};
use emporion_catalog::text::{Word, split};

use crate::plan::check_size;

/// From the first to the last; those that touch are one. Of what was to be absent, and of what is no word, there is none.
pub fn marks(text: &str, condition: &Condition) -> Vec<Range<usize>> {
    if check_size(condition).is_err() {
        return Vec::new();
    }
    let mut found = Vec::new();
    collect(condition, &split(text), &mut found);
    found.sort_unstable_by_key(|mark| (mark.start, mark.end));
    let mut marks: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for mark in found {
        match marks.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => marks.push(mark),
        }
    }
    marks
}

fn collect(condition: &Condition, words: &[Word<'_>], found: &mut Vec<Range<usize>>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| collect(part, words, found)),
        Condition::Test(Test::Word(word)) => word.each(words, &mut |_, from, to| found.push(from..to)),
        Condition::Test(Test::WordLike(form)) => {
            found.extend(words.iter().filter(|word| form.fits(&word.text)).map(|word| word.from..word.to));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::finder::Form;

    use super::*;

    fn word(text: &str) -> Condition {
        Condition::word(text, false)
    }

    fn marked<'t>(text: &'t str, condition: &Condition) -> Vec<&'t str> {
        marks(text, condition).into_iter().map(|mark| &text[mark]).collect()
    }

    #[test]
    fn every_place_is_marked_once() {
        let both = Condition::all(vec![word("orders"), word("sales").negated()]);
        assert_eq!(marked("Orders of sales, ordered. ORDERS", &both), ["Orders", "ordered", "ORDERS"]);
        assert_eq!(marked("CustomerInsightsDataProduct", &word("insights")), ["Insights"]);
        assert_eq!(marked("net_sales and net sales", &word("net_sales")), ["net_sales", "net sales"]);
        let begins = Condition::word("cust", true);
        assert_eq!(marked("Größe of customers", &Condition::any(vec![begins, word("GRÖSSE")])), ["Größe", "customers"]);
        let like = Condition::from(Test::WordLike(Form::holding("ale")));
        assert_eq!(marked("net sales", &like), ["sales"]);
        assert!(marked("", &like).is_empty() && marked("sales", &Condition::Everything).is_empty());
    }
}
