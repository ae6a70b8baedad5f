//! Derived facts: what follows from a ground, found out once.

use super::derived_fields::{self, Made};
use super::ground::{Additivity, DatasetId, Field, FieldId, Ground, Metric, MetricId, Names, Type};
use super::name_suffixes::{self, FieldNames};
use super::names::{bare, further, phrases};
use super::null_meaning::{self, NullMeaning};
use super::query::{Aggregate, Measure, Value};
use super::times;
use super::units;
use super::words::{Phrases, lemmas};

/// By the number of the dataset or the field.
#[derive(Debug, Clone, Default)]
pub(super) struct DerivedFacts {
    /// The datasets that hold at most one row for each row of one.
    pub reach: Vec<Vec<DatasetId>>,
    /// What people call the rows of a dataset.
    pub labels: Vec<Vec<FieldId>>,
    /// Whether several rows share each of a field's values.
    pub attributes: Vec<bool>,
    /// What a field of two values holds where it is so, and where it is not.
    pub flags: Vec<Option<(Value, Value)>>,
    /// Endings of a field's names that no other field has.
    pub endings: Vec<Vec<Vec<String>>>,
    /// What a field's description says of rows in which it is empty.
    pub null_meanings: Vec<Option<NullMeaning>>,
    /// Whether a field is the day on which things are gone.
    pub ends: Vec<bool>,
    /// How long one of a dataset lasts, where one field says it.
    pub lasting: Vec<Option<FieldId>>,
    /// The total of a fact that the model adds up itself.
    pub totals: Vec<Option<Measure>>,
    /// What is computed of fields; their numbers come behind those of the fields.
    pub made: Vec<(Made, Field)>,
}

impl DerivedFacts {
    pub fn of(ground: &Ground) -> DerivedFacts {
        let datasets = || (0..ground.datasets.len()).map(DatasetId);
        let made = derived_fields::all(ground);
        let null_meanings: Vec<Option<NullMeaning>> =
            (0..ground.fields.len()).map(|at| null_meaning::described(ground, FieldId(at))).collect();
        let labels: Vec<Vec<FieldId>> = datasets().map(|dataset| labels(ground, dataset)).collect();
        let is_end = |(at, meaning): (usize, &Option<NullMeaning>)| {
            let is_named = || !labels[ground.fields[at].dataset.0].is_empty();
            meaning.as_ref().is_some_and(|meaning| meaning.is_lasting)
                || is_named() && times::is_called_gone(ground, FieldId(at))
        };
        let endings = endings(ground, &labels);
        let ends = null_meanings.iter().enumerate().map(is_end).collect();
        DerivedFacts {
            reach: datasets().map(|home| reach(ground, home)).collect(),
            labels,
            endings,
            attributes: (0..ground.fields.len()).map(|at| is_attribute(ground, FieldId(at))).collect(),
            flags: ground.fields.iter().map(flag).collect(),
            ends,
            null_meanings,
            lasting: datasets().map(|dataset| lasting(ground, dataset, &made)).collect(),
            totals: (0..ground.fields.len()).map(|at| total(ground, FieldId(at))).collect(),
            made,
        }
    }
}

/// Of each field the endings of its names by which it is known as well.
fn endings(ground: &Ground, labels: &[Vec<FieldId>]) -> Vec<Vec<Vec<String>>> {
    let named = |(at, field): (usize, &Field)| {
        let is_called_so = labels[field.dataset.0].contains(&FieldId(at));
        FieldNames {
            names: phrases(&field.names),
            own: [bare(&field.names), field.names.label.as_deref().unwrap_or_default()].map(lemmas),
            is_figure: field.ty == Type::Number,
            is_plain: !field.is_key && !field.is_time && !is_called_so && matches!(field.ty, Type::Text | Type::Number),
        }
    };
    let fields: Vec<FieldNames> = ground.fields.iter().enumerate().map(named).collect();
    let others = ground.metrics.iter().map(|it| &it.names).chain(ground.datasets.iter().map(|it| &it.names));
    name_suffixes::all(&fields, others.flat_map(phrases).collect())
}

fn reach(ground: &Ground, home: DatasetId) -> Vec<DatasetId> {
    let mut reached = vec![home];
    let mut at = 0;
    while at < reached.len() {
        for join in &ground.joins {
            let next = if join.from == reached[at] {
                join.to
            } else if join.is_one_to_one && join.to == reached[at] {
                join.from
            } else {
                continue;
            };
            if !reached.contains(&next) {
                reached.push(next);
            }
        }
        at += 1;
    }
    reached
}

/// What names end with.
const NAMES: [&str; 3] = ["name", "title", "label"];

fn called(names: &Names) -> Vec<Vec<String>> {
    [phrases(names), further(names)].concat()
}

pub(super) fn labels(ground: &Ground, dataset: DatasetId) -> Vec<FieldId> {
    let texts: Vec<(FieldId, Vec<Vec<String>>)> = ground
        .fields_of(dataset)
        .filter(|id| ground.field(*id).ty == Type::Text && !ground.field(*id).is_key)
        .map(|id| (id, called(&ground.field(id).names)))
        .collect();
    let own = called(&ground.dataset(dataset).names);
    let texts: Vec<_> = texts.into_iter().filter(|(id, _)| !is_attribute(ground, *id)).collect();
    if let Some((field, _)) = texts.iter().find(|(_, names)| names.iter().any(|name| own.contains(name))) {
        return vec![*field];
    }
    let is_name = |words: &Vec<String>| words.last().is_some_and(|last| NAMES.contains(&last.as_str()));
    let labels: Vec<&(FieldId, Vec<Vec<String>>)> =
        texts.iter().filter(|(_, names)| names.iter().any(is_name)).collect();
    let is_theirs = |words: &Vec<String>| match words.split_last() {
        Some((last, thing)) => {
            NAMES.contains(&last.as_str()) && (thing.is_empty() || own.iter().any(|own| own == thing))
        }
        None => false,
    };
    let best = labels.iter().find(|(_, names)| names.iter().any(is_theirs));
    let named = best.map_or_else(|| labels.iter().take(2).map(|(id, _)| *id).collect(), |(id, _)| vec![*id]);
    let code = texts.iter().find(|(id, names)| names.iter().any(|name| is_code(name, &own)) && !named.contains(id));
    // What has a name of its own is known by that.
    code.filter(|_| best.is_none()).map(|(id, _)| *id).into_iter().chain(named).collect()
}

/// A number or a code by which people know the rows of its dataset.
pub(super) fn is_code_of(ground: &Ground, field: FieldId) -> bool {
    let own = called(&ground.dataset(ground.field(field).dataset).names);
    called(&ground.field(field).names).iter().any(|name| is_code(name, &own)) && !ground.field(field).is_key
}

/// `auction_no` of auctions: what each is known by.
fn is_code(words: &[String], own: &[Vec<String>]) -> bool {
    const CODES: [&str; 6] = ["no", "nr", "number", "code", "reference", "ref"];
    /// Of whose rows it is need not be said.
    const ALONE: [&str; 2] = ["reference", "ref"];
    /// No two rows share one.
    const UNIQUE: [&str; 8] = ["plate", "registration", "serial", "sku", "isbn", "barcode", "vin", "iban"];
    match words.split_last() {
        Some((last, thing)) => {
            let is_theirs = own.iter().any(|own| own == thing) || thing.is_empty() && ALONE.contains(&last.as_str());
            CODES.contains(&last.as_str()) && is_theirs || UNIQUE.contains(&last.as_str())
        }
        None => false,
    }
}

/// Several rows share each of its values: `category` beside `subcategory`, or a closed list shorter than the rows.
fn is_attribute(ground: &Ground, id: FieldId) -> bool {
    let field = ground.field(id);
    let dataset = ground.dataset(field.dataset);
    let is_short = dataset.row_count.is_some_and(|rows| (field.values.len() as u64) < rows);
    field.is_enumerated && !field.values.is_empty() && is_short || is_coarser(ground, id)
}

/// `category` beside `subcategory`.
pub(super) fn is_coarser(ground: &Ground, id: FieldId) -> bool {
    let field = ground.field(id);
    let name = lemmas(&field.names.name).concat();
    let is_finer = |other: FieldId| lemmas(&ground.field(other).names.name).concat() == format!("sub{name}");
    ground.fields_of(field.dataset).any(is_finer)
}

/// `is_open` of "yes" and "no", `discontinued` of 1 and 0: by its values, its description or its name.
fn flag(field: &Field) -> Option<(Value, Value)> {
    const PAIRS: [(&str, &str); 5] = [("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("1", "0")];
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values: Vec<String> = field.values.iter().map(text).collect();
    let said = field.names.description.as_deref().unwrap_or_default().to_lowercase();
    let said = |yes: &str| {
        ["when", "if", "for", "=", "means", "where"].iter().any(|word| said.starts_with(&format!("{yes} {word}")))
    };
    let is_named = lemmas(&field.names.name).first().is_some_and(|first| ["is", "ha", "has"].contains(&first.as_str()));
    let positive = |(yes, no): &(&str, &str)| {
        let is_of = |value: &String| [*yes, *no].contains(&value.to_lowercase().as_str());
        let known = values.iter().find(|value| value.to_lowercase() == *yes);
        let is_pair = known.is_some() && values.len() <= 2 && values.iter().all(is_of);
        let is_said = values.is_empty() && (said(yes) || is_named && *yes == "1" && field.ty == Type::Number);
        let other = values.iter().find(|value| value.to_lowercase() == *no);
        let written = |known: Option<&String>, word: &str| known.cloned().unwrap_or_else(|| word.to_owned());
        (is_pair || is_said).then(|| (written(known, yes), written(other, no)))
    };
    match field.ty {
        Type::Boolean => Some((Value::Boolean(true), Value::Boolean(false))),
        Type::Number => PAIRS
            .iter()
            .filter(|pair| pair.0 == "1")
            .find_map(positive)
            .map(|(yes, no)| (Value::Number(yes), Value::Number(no))),
        Type::Text => PAIRS.iter().find_map(positive).map(|(yes, no)| (Value::Text(yes), Value::Text(no))),
        _ => None,
    }
}

/// What says in a unit of time how long each is, where one field does; else from when to when it lasts.
fn lasting(ground: &Ground, dataset: DatasetId, made: &[(Made, Field)]) -> Option<FieldId> {
    let is_time = |id: &FieldId| {
        let field = ground.field(*id);
        field.ty == Type::Number && !field.is_key && field.unit.as_deref().and_then(units::seconds).is_some()
    };
    let fields: Vec<FieldId> = ground.fields_of(dataset).filter(is_time).collect();
    // "treatment hours", of treatments that begin and end: how long they are worked on, or how long they last.
    const LENGTHS: [&str; 5] = ["duration", "length", "lasting", "minutes", "time"];
    let is_length = |id: &FieldId| {
        called(&ground.field(*id).names).iter().any(|name| LENGTHS.contains(&name.last().map_or("", String::as_str)))
    };
    match fields.as_slice() {
        [one] if times::span(ground, dataset).is_some() && !is_length(one) => None,
        [one] => Some(*one),
        [] => {
            let (from, to) = times::span(ground, dataset)?;
            let at = made.iter().position(|(known, _)| *known == Made::Days(from, to))?;
            Some(FieldId(ground.fields.len() + at))
        }
        _ => None,
    }
}

/// Of a fact that stands in a sum of a figure, whatever else is done with it there.
fn total(ground: &Ground, field: FieldId) -> Option<Measure> {
    let known = ground.field(field);
    if known.ty != Type::Number || known.is_key || !ground.is_hand_made && !is_amount(ground, field) {
        return None;
    }
    let dataset = &ground.dataset(known.dataset).names.name;
    let names = [&known.names.name, &known.expression].map(|name| format!("{}.{}", plain(dataset), plain(name)));
    let is_stock = |metric: &Metric| metric.additivity == Additivity::SemiAdditive;
    let sums = |metric: &Metric| {
        // What is multiplied is no sum of itself.
        let is_it = |inside: &String| {
            !inside.contains(['*', '/']) && words(inside).any(|word| names.iter().any(|name| name == word))
        };
        summed(&metric.expression).iter().any(is_it)
    };
    let metrics: Vec<(usize, &Metric)> = ground.metrics.iter().enumerate().filter(|(_, metric)| sums(metric)).collect();
    let is_added_up = is_number_of(&known.names) || is_amount(ground, field);
    if metrics.is_empty() && has_rows_of_their_own(ground, known.dataset) && is_added_up {
        return Some(Measure::Of { aggregate: Aggregate::Sum, field });
    }
    if metrics.is_empty() || metrics.iter().any(|(_, metric)| is_stock(metric)) {
        return None;
    }
    let is_all = |metric: &Metric| {
        let text = plain(&metric.expression);
        metric.default_filters.is_empty() && names.iter().any(|name| text == format!("sum({name})"))
    };
    let whole = metrics.iter().find(|(_, metric)| is_all(metric)).map(|(at, _)| Measure::Metric(MetricId(*at)));
    Some(whole.unwrap_or(Measure::Of { aggregate: Aggregate::Sum, field }))
}

/// `bed_count`: how many each row has.
fn is_number_of(names: &Names) -> bool {
    let is_number = |words: &Vec<String>| words.len() > 1 && words.last().is_some_and(|last| last == "count");
    called(names).iter().any(is_number)
}

/// "service cost", of something that happened: what each row added.
fn is_amount(ground: &Ground, field: FieldId) -> bool {
    let known = ground.field(field);
    let is_amount = |words: &Vec<String>| {
        let is_each = words.iter().any(|word| EACH.contains(&word.as_str()));
        !is_each && words.last().is_some_and(|last| AMOUNTS.contains(&last.as_str()))
    };
    ground.dataset(known.dataset).default_time.is_some() && called(&known.names).iter().any(is_amount)
}

/// Rows are no states of the same thing at several times.
pub(in crate::chat) fn has_rows_of_their_own(ground: &Ground, dataset: DatasetId) -> bool {
    let known = ground.dataset(dataset);
    let is_state = |words: &Vec<String>| words.iter().any(|word| STATES.contains(&word.as_str()));
    let is_dated = |column: &String| {
        let is_it = |id: FieldId| ground.field(id).is_time && ground.field(id).expression.eq_ignore_ascii_case(column);
        ground.fields_of(dataset).any(is_it)
    };
    !called(&known.names).iter().any(is_state) && !known.primary_key.iter().any(is_dated)
}

/// Last words of what is spent, used or earned.
static AMOUNTS: Phrases = Phrases::named("derived_facts.AMOUNTS");
/// Words of figures that are of one piece, or no sum of rows.
const EACH: [&str; 14] = [
    "unit", "average", "avg", "mean", "per", "list", "standard", "rate", "maximum", "minimum", "max", "min", "budget",
    "limit",
];
/// Words of tables that hold the same things again and again.
const STATES: [&str; 8] = ["snapshot", "daily", "history", "balance", "inventory", "stock", "level", "state"];

/// What stands in the sums of an expression.
fn summed(expression: &str) -> Vec<String> {
    let text = plain(expression);
    let begins = text.match_indices("sum(").map(|(at, word)| at + word.len());
    begins
        .map(|at| {
            let mut depth = 1;
            let inside = text[at..].chars().take_while(|c| {
                depth += i32::from(*c == '(') - i32::from(*c == ')');
                depth > 0
            });
            inside.collect()
        })
        .collect()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !"\"`".contains(*c)).collect::<String>().to_lowercase().trim().to_owned()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !"_.".contains(c))
}
