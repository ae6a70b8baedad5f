//! Whether an index that an older program made answers a question rightly.

use emporion_catalog::finder::matching::{NAME_SHOWN, NAMING};
use emporion_catalog::finder::{By, Condition, KIND_ITSELF, Test};
use emporion_catalog::problem::Problem;

use super::Page;
use crate::document::Tier;
use crate::index::{FOLDING, Lack, Lacks, counted_column, fact_part, tier_field};

/// Whether all is found that fits. Where words stand in a place that the index does not know yet, what it finds is right, but
/// there can be more.
///
/// Errors: `Unavailable`, where what is found would be wrong.
pub fn finds_all(lacks: &Lacks, test: &Condition, page: &Page) -> Result<bool, Problem> {
    if lacks.is_empty() {
        return Ok(true);
    }
    let question = Question { lacks };
    for field in page.counted.iter().filter(|field| **field != KIND_ITSELF) {
        question.needs(&counted_column(field), field)?;
    }
    match page.order.by {
        By::Best | By::Name => {}
        By::Fqn => question.needs("fqn", "fqn")?,
        By::Created => question.needs("created", "created").and_then(|()| question.needs("fqn", "fqn"))?,
        By::Updated => question.needs("updated", "updated").and_then(|()| question.needs("fqn", "fqn"))?,
    }
    question.asks(test, true)
}

/// The same for those who promise that nothing is missing.
///
/// Errors: `Unavailable`, where something would be.
pub fn check(lacks: &Lacks, test: &Condition, page: &Page) -> Result<(), Problem> {
    if finds_all(lacks, test, page)? { Ok(()) } else { Err(made_anew("words")) }
}

struct Question<'a> {
    lacks: &'a Lacks,
}

impl Question<'_> {
    fn needs(&self, part: &str, told: &str) -> Result<(), Problem> {
        self.lacks.get(part).map_or(Ok(()), |_| Err(made_anew(told)))
    }

    /// Whether all is found. What is wanted is not found where the index lacks it; what is unwanted would be.
    fn asks(&self, condition: &Condition, is_wanted: bool) -> Result<bool, Problem> {
        match condition {
            Condition::Everything | Condition::Nothing => Ok(true),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().try_fold(true, |all, part| Ok(self.asks(part, is_wanted)? && all))
            }
            Condition::Not(inner) => self.asks(inner, !is_wanted),
            Condition::Test(test) => self.asks_one(test, is_wanted),
        }
    }

    fn asks_one(&self, test: &Test, is_wanted: bool) -> Result<bool, Problem> {
        let fact = |field: &str| self.needs(&fact_part(field), field).map(|()| true);
        match test {
            Test::Word(word) => {
                let whole = ["name", "fqn", NAME_SHOWN, crate::document::BELOW].into_iter();
                let whole = whole.filter(|field| !word.prefix || *field != crate::document::BELOW).map(fact_part);
                let tiers = Tier::ALL.into_iter().filter(|tier| word.is_in(*tier)).map(tier_field);
                let labels = word.by_labels().iter().map(|(field, ..)| fact_part(field));
                self.words(tiers.chain(whole).chain(labels).chain([FOLDING.to_owned()]), is_wanted)
            }
            Test::WordLike(_) => self.words(NAMING.map(tier_field).into_iter().chain([FOLDING.to_owned()]), is_wanted),
            Test::Times { field, .. } if ["created", "updated"].contains(&&**field) => {
                self.needs(field, field).map(|()| true)
            }
            Test::Exact { field, .. }
            | Test::Folded { field, .. }
            | Test::Begins { field, .. }
            | Test::Like { field, .. } => {
                fact(field)?;
                self.words(std::iter::once(FOLDING.to_owned()), is_wanted)
            }
            Test::Leads { field, .. } | Test::Times { field, .. } | Test::Numbers { field, .. } | Test::Has(field) => {
                fact(field)
            }
            Test::Kinds(_) | Test::These(_) | Test::Listed { .. } => Ok(true),
        }
    }

    fn words(&self, parts: impl Iterator<Item = String>, is_wanted: bool) -> Result<bool, Problem> {
        let lacking: Vec<Lack> = parts.filter_map(|part| self.lacks.get(&part)).collect();
        match lacking.iter().all(|lack| is_wanted && *lack == Lack::Missing) {
            true => Ok(lacking.is_empty()),
            false => Err(made_anew("words")),
        }
    }
}

fn made_anew(told: &str) -> Problem {
    let told = told.strip_prefix(crate::document::properties::FIELD).unwrap_or(told);
    Problem::Unavailable { reason: format!("the index of searches is being made anew, and does not know {told} yet") }
}
