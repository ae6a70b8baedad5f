//! Labels that a caller does not see find nothing for him: neither by their words nor as what a record bears.

use std::collections::HashSet;

use emporion_catalog::finder::{Condition, Test, WordTest};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::{GLOSSARY_TERM, TAG};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::KindVisibility;
use emporion_catalog::text::fold;

use super::{Asking, LABELS, Page};
use crate::document::{FieldName, Tier};

/// Whether something is certified says no tag.
const SAID_OF_ALL: [&str; 2] = ["yes", "no"];
/// Labels by whose names records are looked for that bear any.
const MOST_SEEN: usize = 100;

/// The labels of what a question could find by labels.
#[derive(Default)]
struct Borne {
    hidden: Vec<Condition>,
    seen: HashSet<String>,
    seen_tests: Vec<(&'static str, String)>,
}

impl Asking<'_> {
    /// The same conditions, by which what bears a label that the caller does not see is found by other labels of its own
    /// name, and by all that is none, alone.
    ///
    /// Cost: none for who sees all labels, nor where no label is looked for; else a look at all that could be found by
    /// labels, and a question for each sort of them.
    pub(super) async fn by_seen_labels(&self, tests: &[&Condition]) -> Result<Option<Vec<Condition>>, Problem> {
        let by_label: Vec<&Test> =
            tests.iter().flat_map(|test| test.tests()).filter(|test| looks_at_labels(test)).collect();
        if by_label.is_empty() {
            return Ok(None);
        }
        let sights = self.reading.sights(&[TAG, GLOSSARY_TERM]).await?;
        if sights.values().all(|sight| *sight == KindVisibility::Everything) {
            return Ok(None);
        }
        let led: Vec<RecordId> = by_label.iter().flat_map(|test| led(test)).copied().collect();
        let led = match led.is_empty() {
            true => HashSet::new(),
            false => self.reading.cards(&led).await?.iter().map(|card| card.id).collect(),
        };
        let candidates = Condition::any(by_label.into_iter().map(|test| test.clone().into()).collect());
        let borne = self.borne(&candidates).await?;
        if borne.hidden.is_empty() {
            return Ok(None);
        }
        Ok(Some(tests.iter().map(|test| without(test, &borne, &led)).collect()))
    }

    /// The labels of all that fits a condition, as it stands in the index.
    async fn borne(&self, condition: &Condition) -> Result<Borne, Problem> {
        let counted = LABELS.iter().map(|(field, _)| *field).collect();
        let all = Page { counted, ..Page::default() };
        let (swept, _) = self.swept(condition, &all).await?;
        let mut borne = Borne::default();
        for ((field, kind), counts) in LABELS.iter().zip(swept.counts) {
            let names: Vec<String> = counts.into_keys().filter(|name| !SAID_OF_ALL.contains(&name.as_str())).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if names.is_empty() {
                continue;
            }
            let found = self.reading.by_fqn(*kind, &names).await?;
            for (name, found) in names.into_iter().zip(found) {
                if found.is_some() {
                    borne.seen.insert(fold(name).into_owned());
                    borne.seen_tests.push((field, name.to_owned()));
                } else {
                    borne.hidden.push(exactly(field, name));
                }
            }
        }
        Ok(borne)
    }
}

fn exactly(field: &'static str, name: &str) -> Condition {
    Test::Exact { field: FieldName::Borrowed(field), text: name.to_owned() }.into()
}

fn is_label(field: &str) -> bool {
    LABELS.iter().any(|(label, _)| *label == field)
}

fn looks_at_labels(test: &Test) -> bool {
    match test {
        Test::Word(word) => word.deepest >= Tier::Labels && word.has_labels,
        Test::Exact { field, text } | Test::Folded { field, text } => {
            is_label(field) && !SAID_OF_ALL.contains(&text.as_str())
        }
        Test::Begins { field, .. } | Test::Like { field, .. } | Test::Leads { field, .. } | Test::Has(field) => {
            is_label(field)
        }
        _ => false,
    }
}

fn led(test: &Test) -> &[RecordId] {
    match test {
        Test::Leads { field, to } if is_label(field) => to,
        _ => &[],
    }
}

fn without(condition: &Condition, borne: &Borne, led: &HashSet<RecordId>) -> Condition {
    let each = |parts: &[Condition]| parts.iter().map(|part| without(part, borne, led)).collect::<Vec<_>>();
    match condition {
        Condition::Everything | Condition::Nothing => condition.clone(),
        Condition::All(parts) => Condition::All(each(parts)),
        Condition::Any(parts) => Condition::Any(each(parts)),
        Condition::Not(inner) => without(inner, borne, led).negated(),
        Condition::Test(test) if looks_at_labels(test) => by_seen(test, borne, led),
        Condition::Test(_) => condition.clone(),
    }
}

fn by_seen(test: &Test, borne: &Borne, led: &HashSet<RecordId>) -> Condition {
    let otherwise = match test {
        Test::Word(word) => Test::Word(WordTest { has_labels: false, ..word.clone() }).into(),
        // By a name that a label has which he sees, it is that one which is looked for.
        Test::Exact { text, .. } | Test::Folded { text, .. } if borne.seen.contains(&*fold(text)) => {
            return test.clone().into();
        }
        Test::Leads { field, to } => {
            let to = to.iter().copied().filter(|id| led.contains(id)).collect();
            return Test::Leads { field: field.clone(), to }.into();
        }
        Test::Has(field) => {
            let seen = borne.seen_tests.iter().filter(|(label, _)| label == field).take(MOST_SEEN);
            Condition::any(seen.map(|(label, name)| exactly(label, name)).collect())
        }
        _ => Condition::Nothing,
    };
    let bears_none = Condition::any(borne.hidden.clone()).negated();
    Condition::any(vec![Condition::all(vec![test.clone().into(), bears_none]), otherwise])
}
