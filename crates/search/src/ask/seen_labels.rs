//! Labels that a caller does not see find nothing for him: what is looked for by labels is found by those that he sees,
//! told by their ids. Whoever sees all labels is asked nothing.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_catalog::finder::{Condition, Fit, Labels, Test, WordTest, own_field};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds::{GLOSSARY_TERM, TAG};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Card;
use emporion_catalog::text::{fold, split};

use super::label_sight::sees_all;
use super::{Asking, BATCH, Page, fault};
use crate::document::{FieldName, Tier};

/// The fields that lead to labels, and what these are.
const LABELS: &[(&str, Kind)] = &[("tag", TAG), (TERM, GLOSSARY_TERM), (CERTIFIED, TAG)];
const TERM: &str = "term";
const CERTIFIED: &str = "certified";
/// What is said of everything in place of the tag by which it is certified.
const YES: &str = "yes";
const NO: &str = "no";
/// Labels by which something is found for whoever does not see all, and values that are counted for him.
const MOST_LABELS: usize = 10_000;
/// What it costs to hold a test against a label: a word is looked for in its texts.
const STEPS_OF_A_TEST: u64 = 2;
const STEPS_OF_A_WORD: u64 = 100;

/// The conditions that were asked, each by seen labels alone.
#[derive(Clone)]
pub(super) struct LabelConditions {
    asked: Vec<Test>,
    instead: Arc<Vec<Condition>>,
    /// There are no more labels that are meant.
    is_all: bool,
}

/// A label that the caller sees.
struct Seen {
    card: Arc<Card>,
    field: &'static str,
    /// By what it is known to fields that lead to it.
    facts: Vec<String>,
}

impl Asking<'_> {
    /// The test and the others of a page as they are asked by seen labels, and whether those are all that are meant.
    /// `None` where it makes no difference.
    ///
    /// Cost: nothing for who sees all labels; else a look at the labels that are meant.
    pub(super) async fn by_seen_labels(
        &self,
        test: &Condition,
        page: &Page,
    ) -> Result<Option<(Condition, Page, bool)>, Problem> {
        if sees_all(&self.sights) {
            return Ok(None);
        }
        let tests = [test].into_iter().chain(&page.also).flat_map(Condition::tests);
        let asked: Vec<Test> = tests.filter(|test| is_by_labels(test)).cloned().collect();
        if asked.is_empty() {
            return Ok(None);
        }
        let known = self.known().labels.iter().find(|known| known.asked == asked).cloned();
        let seen = match known {
            Some(known) => known,
            None => {
                let seen = self.seen(asked).await?;
                self.known().labels.push(seen.clone());
                seen
            }
        };
        let mut instead = seen.instead.iter();
        let test = replaced(test, &mut instead);
        let also = page.also.iter().map(|other| replaced(other, &mut instead)).collect();
        Ok(Some((test, Page { also, ..page.clone() }, seen.is_all)))
    }

    async fn seen(&self, asked: Vec<Test>) -> Result<LabelConditions, Problem> {
        let meant = Condition::any(asked.iter().map(labels_of).collect());
        let all = Page { limit: MOST_LABELS, most_looked_at: MOST_LABELS, is_filled: false, ..Page::default() };
        let (found, is_exact) = self.swept(&meant, &all).await?;
        let ids: Vec<RecordId> = found.places.iter().map(|place| place.id).take(MOST_LABELS).collect();
        let is_all = is_exact && found.total <= ids.len() as u64;
        self.take_reads(ids.len())?;
        let mut labels = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            let cards = self.reading.cards(ids).await?;
            labels.extend(cards.iter().map(|card| Seen::of(card.card().clone())));
        }
        let steps = |test: &Test| if matches!(test, Test::Word(_)) { STEPS_OF_A_WORD } else { STEPS_OF_A_TEST };
        let steps = asked.iter().map(steps).sum::<u64>() * labels.len() as u64;
        self.steps.take(steps).map_err(fault)?;
        let instead = asked.iter().map(|test| by_labels(test, &labels)).collect();
        Ok(LabelConditions { asked, instead: Arc::new(instead), is_all })
    }
}

impl Seen {
    fn of(card: Arc<Card>) -> Seen {
        let field = if card.kind == GLOSSARY_TERM { TERM } else { "tag" };
        let facts = [Some(&card.name), Some(&card.fqn), card.display_name.as_ref()];
        let facts = facts.into_iter().flatten().cloned().collect();
        Seen { card, field, facts }
    }

    /// Whether a field leads there; what it is certified by is not known by what it is shown as.
    fn facts_of(&self, field: &str) -> &[String] {
        match field {
            field if field == self.field => &self.facts,
            CERTIFIED if self.field != TERM => &self.facts[..2],
            _ => &[],
        }
    }

    fn fit(&self, word: &WordTest) -> Option<Fit> {
        let texts = [Some(&self.card.name), self.card.display_name.as_ref()].into_iter().flatten();
        texts.filter_map(|text| word.find(&split(text))).map(|(fit, ..)| fit).max()
    }
}

fn kind_of(field: &str) -> Option<Kind> {
    LABELS.iter().find(|(label, _)| *label == field).map(|(_, kind)| *kind)
}

fn is_by_labels(test: &Test) -> bool {
    match test {
        Test::Word(word) => word.is_in(Tier::Labels),
        test => field_of(test).is_some(),
    }
}

/// The field of labels whose facts a test looks at.
fn field_of(test: &Test) -> Option<&FieldName> {
    match test {
        Test::Exact { field, .. }
        | Test::Folded { field, .. }
        | Test::Begins { field, .. }
        | Test::Like { field, .. }
        | Test::Leads { field, .. }
        | Test::Has(field) => Some(field).filter(|field| kind_of(field).is_some()),
        _ => None,
    }
}

/// What the labels are like by which a test finds something: these, and more.
fn labels_of(test: &Test) -> Condition {
    let of = |kinds: Vec<Kind>, test: Condition| Condition::all(vec![Condition::kinds(kinds), test]);
    if let Test::Word(word) = test {
        let named = Test::Word(WordTest { deepest: Tier::DisplayName, ..word.clone() });
        return of(vec![TAG, GLOSSARY_TERM], named.into());
    }
    let Some(field) = field_of(test) else { return Condition::Nothing };
    let kinds = kind_of(field).into_iter().collect();
    let named = |test: &dyn Fn(FieldName) -> Test| {
        let names = [FieldName::Borrowed("name"), FieldName::Borrowed("fqn"), own_field("display_name")];
        Condition::any(names.into_iter().map(|name| test(name).into()).collect())
    };
    let is_of_all = field == CERTIFIED && [YES, NO].iter().any(|said| fits(test, said));
    let test = match test {
        _ if is_of_all => Condition::Everything,
        Test::Exact { text, .. } => named(&|field| Test::Exact { field, text: text.clone() }),
        Test::Folded { text, .. } => named(&|field| Test::Folded { field, text: text.clone() }),
        Test::Begins { text, .. } => named(&|field| Test::Begins { field, text: text.clone() }),
        Test::Like { form, .. } => named(&|field| Test::Like { field, form: form.clone() }),
        Test::Leads { to, .. } => Condition::these(to.iter().copied()),
        _ => Condition::Everything,
    };
    of(kinds, test)
}

/// What a test means where these are the labels that there are.
fn by_labels(test: &Test, labels: &[Seen]) -> Condition {
    if let Test::Word(word) = test {
        let fitting = labels.iter().filter_map(|label| Some((label.field, label.card.id, label.fit(word)?)));
        let labels = Labels::These(fitting.collect());
        return Test::Word(WordTest { labels, ..word.clone() }).into();
    }
    let Some(field) = field_of(test) else { return Condition::Nothing };
    let leads = |is_one: &dyn Fn(&Seen) -> bool| -> Condition {
        let to = labels.iter().filter(|label| !label.facts_of(field).is_empty() && is_one(label));
        Test::Leads { field: field.clone(), to: to.map(|label| label.card.id).collect() }.into()
    };
    match test {
        Test::Has(_) => leads(&|_| true),
        Test::Leads { to, .. } => leads(&|label| to.contains(&label.card.id)),
        test => {
            let [says_yes, says_no] = [YES, NO].map(|said| field == CERTIFIED && fits(test, said));
            let fitting = leads(&|label| says_yes || label.facts_of(field).iter().any(|fact| fits(test, fact)));
            let none = says_no.then(|| leads(&|_| true).negated());
            Condition::any([fitting].into_iter().chain(none).collect())
        }
    }
}

/// Whether a test of facts fits one.
fn fits(test: &Test, fact: &str) -> bool {
    match test {
        Test::Exact { text, .. } => fact == text,
        Test::Folded { text, .. } => fold(fact) == text.as_str(),
        Test::Begins { text, .. } => fold(fact).starts_with(text.as_str()),
        Test::Like { form, .. } => form.fits(&fold(fact)),
        _ => false,
    }
}

/// The condition with others in place of its tests by labels, in their order.
fn replaced<'i>(condition: &Condition, instead: &mut impl Iterator<Item = &'i Condition>) -> Condition {
    match condition {
        Condition::Everything | Condition::Nothing => condition.clone(),
        Condition::All(parts) => Condition::All(parts.iter().map(|part| replaced(part, instead)).collect()),
        Condition::Any(parts) => Condition::Any(parts.iter().map(|part| replaced(part, instead)).collect()),
        Condition::Not(inner) => replaced(inner, instead).negated(),
        Condition::Test(test) if is_by_labels(test) => instead.next().cloned().unwrap_or(Condition::Nothing),
        Condition::Test(_) => condition.clone(),
    }
}

/// Takes labels that the caller does not see out of what was counted of a field. What is certified by such a tag is not
/// certified for him.
///
/// Cost: a question for some hundred labels, where he does not see all of them.
pub(super) async fn leave_seen(
    reading: &Reading<'_>,
    field: &str,
    counts: &mut HashMap<String, u64>,
) -> Result<(), Problem> {
    let Some(kind) = kind_of(field) else { return Ok(()) };
    if sees_all(&reading.sights(&[TAG, GLOSSARY_TERM]).await?) {
        return Ok(());
    }
    let none = counts.remove_entry(NO).filter(|_| field == CERTIFIED);
    let mut counted: Vec<(String, u64)> = std::mem::take(counts).into_iter().collect();
    counted.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut hidden = 0;
    for (at, some) in counted.chunks(BATCH).enumerate() {
        let names: Vec<&str> = some.iter().map(|(name, _)| name.as_str()).collect();
        let is_looked_at = at * BATCH < MOST_LABELS;
        let seen = if is_looked_at { reading.by_fqn(kind, &names).await? } else { vec![None; names.len()] };
        for ((name, count), seen) in some.iter().zip(seen) {
            match seen {
                Some(_) => drop(counts.insert(name.clone(), *count)),
                None => hidden += count,
            }
        }
    }
    let none = none.map_or(0, |(_, count)| count) + if field == CERTIFIED { hidden } else { 0 };
    if none > 0 {
        counts.insert(NO.to_owned(), none);
    }
    Ok(())
}
