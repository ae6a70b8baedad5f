//! One document held against a condition: whether it fits, and how well.

use super::{BELOW, Condition, Document, Fact, Fit, Lead, Test, Tier, WordTest};
use crate::id::RecordId;
use crate::text::{fold, split};

/// Where a record is named and described by itself.
pub const NAMING: [Tier; 3] = [Tier::Name, Tier::DisplayName, Tier::Description];

/// The fact that is the name as pages show it.
pub const NAME_SHOWN: &str = "field.display_name";

/// The name itself, or that which is shown instead, or the FQN.
pub const WHOLE_NAME: u32 = 1_000;
/// The name itself in its other number: `orders` for `order`.
pub const NAME_IN_OTHER_NUMBER: u32 = 880;
/// The beginning of the FQN, at a dot.
pub const BEGINNING_OF_FQN: u32 = 24;
/// How the FQN begins, where only the beginning was typed.
pub const BEGUN_FQN: u32 = 480;

/// What a word is worth where it stands. Whole numbers, so that they sum up to the same in whatever order.
pub fn worth(tier: Tier, fit: Fit) -> u32 {
    let word = match tier {
        Tier::Name => 640,
        Tier::DisplayName => 480,
        Tier::OtherNames | Tier::Labels => 320,
        Tier::Columns => 240,
        Tier::Description => 120,
        Tier::ColumnDescriptions => 64,
    };
    match fit {
        Fit::Word => word,
        Fit::Stem => word / 8 * 7,
        Fit::Beginning => word / 4 * 3,
    }
}

impl Condition {
    /// Whether a document is like this: just those that are does an index find.
    pub fn holds(&self, document: &Document) -> bool {
        self.holds_by(&|test| is_so(test, document))
    }

    /// How well a document fits; `None` where it does not.
    pub fn score(&self, document: &Document) -> Option<u32> {
        match self {
            Condition::Everything => Some(0),
            Condition::Nothing => None,
            Condition::All(parts) => parts.iter().try_fold(0, |sum, part| Some(sum + part.score(document)?)),
            Condition::Any(parts) => {
                let found: Vec<u32> = parts.iter().filter_map(|part| part.score(document)).collect();
                (!found.is_empty()).then(|| found.iter().sum())
            }
            Condition::Not(inner) => inner.score(document).is_none().then_some(0),
            Condition::Test(Test::Word(word)) => best(word, document),
            Condition::Test(test) => is_so(test, document).then_some(0),
        }
    }
}

fn best(word: &WordTest, document: &Document) -> Option<u32> {
    let whole = document.facts.iter().filter_map(|fact| of_fact(word, fact));
    let texts = document.texts.iter().filter(|text| word.is_in(text.tier)).filter_map(|text| {
        let (fit, ..) = word.find(&split(&text.text))?;
        Some(worth(text.tier, fit))
    });
    let labels = word.by_labels().iter().filter(|(field, to, _)| lead(document, field, &[*to]).is_some());
    whole.chain(texts).chain(labels.map(|(.., fit)| worth(Tier::Labels, *fit))).max()
}

/// A name or FQN that is the word, or an FQN that begins with it.
pub fn of_fact(word: &WordTest, fact: &Fact) -> Option<u32> {
    let worth = match &*fact.field {
        "name" | "fqn" | NAME_SHOWN => WHOLE_NAME,
        BELOW if !word.prefix => BEGINNING_OF_FQN,
        _ => return None,
    };
    let text = fold(&fact.text);
    if text == word.whole {
        return Some(worth);
    }
    if ["name", NAME_SHOWN].contains(&&*fact.field) && word.other_numbers.iter().any(|other| *other == text) {
        return Some(NAME_IN_OTHER_NUMBER);
    }
    (fact.field == "fqn" && word.begins_fqns() && text.starts_with(&word.whole)).then_some(BEGUN_FQN)
}

fn is_so(test: &Test, document: &Document) -> bool {
    match test {
        Test::Exact { field, text } => document.facts.iter().any(|fact| fact.field == *field && fact.text == *text),
        Test::Folded { field, text } => {
            document.facts.iter().any(|fact| fact.field == *field && fold(&fact.text) == text.as_str())
        }
        Test::Begins { field, text } => {
            document.facts.iter().any(|fact| fact.field == *field && fold(&fact.text).starts_with(text.as_str()))
        }
        Test::Like { field, form } => {
            document.facts.iter().any(|fact| fact.field == *field && form.fits(&fold(&fact.text)))
        }
        Test::WordLike(form) => {
            let named = document.texts.iter().filter(|text| NAMING.contains(&text.tier));
            named.flat_map(|text| split(&text.text)).any(|word| form.fits(&word.text))
        }
        Test::Leads { field, to } => lead(document, field, to).is_some(),
        Test::Kinds(kinds) => kinds.contains(&document.kind),
        Test::Times { field, from, to } => {
            let own = match &**field {
                "created" => Some(document.created),
                "updated" => Some(document.updated),
                _ => None,
            };
            let others = document.times.iter().filter(|(of, _)| of == field).map(|(_, at)| *at);
            own.into_iter().chain(others).any(|at| is_within(at, *from, *to))
        }
        Test::Numbers { field, from, to } => {
            document.numbers.iter().any(|(of, number)| of == field && is_between(*number, *from, *to))
        }
        Test::These(ids) => ids.contains(&document.id),
        Test::Listed { of, .. } => of.contains_key(&document.id),
        Test::Has(field) => document.has.contains(field),
        Test::Word(word) => best(word, document).is_some(),
    }
}

/// The first of these records to which the field leads.
pub fn lead<'d>(document: &'d Document, field: &str, to: &[RecordId]) -> Option<&'d Lead> {
    document.leads.iter().find(|lead| lead.field == field && to.contains(&lead.to))
}

/// Ends may be open, and each says whether it is among them.
pub fn is_between(number: f64, from: Option<(f64, bool)>, to: Option<(f64, bool)>) -> bool {
    let is_above = from.is_none_or(|(from, inclusive)| from < number || (inclusive && from == number));
    is_above && to.is_none_or(|(to, inclusive)| number < to || (inclusive && number == to))
}

/// The same of moments, of which both ends are among them.
pub fn is_within(at: i64, from: Option<i64>, to: Option<i64>) -> bool {
    from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to)
}
