//! Roles of fields in the figures of a model: what figures are made of, amounts, groupings.

pub(in crate::chat) use crate::chat::derived_fields::is_year;
use crate::chat::ground::{DatasetId, FieldId, Ground, MetricId, Type};
use crate::chat::lexicon::is_person;
use crate::chat::names::phrases;
use crate::chat::query::Measure;
use crate::chat::schema_graph;
use crate::chat::times;
pub(in crate::chat) use crate::chat::times::{came_to_be, is_of_birth};
use crate::chat::words::{Phrases, stem};
use serde_json::Value;

/// What things are large by that is no measure.
pub static SIZES: Phrases = Phrases::named("resolve.ranking.SIZES");
static BUYERS: Phrases = Phrases::named("scan.spend_synonyms.BUYERS");

/// It may say how large a thing is.
pub fn is_size(ground: &Ground, field: FieldId) -> bool {
    let said = phrases(&ground.field(field).names).into_iter().flatten();
    is_measured(ground, field) || said.into_iter().any(|word| SIZES.contains(&word.as_str()))
}

/// How large a thing is, to be measured with a rule or a scale.
pub fn is_measured(ground: &Ground, field: FieldId) -> bool {
    static MEASURES: Phrases = Phrases::named("resolve.ranking.MEASURES");
    phrases(&ground.field(field).names).iter().flatten().any(|word| MEASURES.contains(&word.as_str()))
}

/// The fields that a figure is made of.
pub fn fields_of(ground: &Ground, measure: &Measure) -> Vec<FieldId> {
    match measure {
        Measure::Metric(id) => {
            let metric = ground.metric(*id);
            let text = metric.expression.to_lowercase();
            let is_in = |field: &FieldId| {
                let known = ground.field(*field);
                [&known.names.name, &known.expression].iter().any(|name| text.contains(&name.to_lowercase()))
            };
            metric.datasets.iter().flat_map(|dataset| ground.fields_of(*dataset)).filter(is_in).collect()
        }
        Measure::Of { field, .. } => vec![*field],
        _ => Vec::new(),
    }
}

/// A figure of the model over these rows is made of the field.
pub fn is_used(ground: &Ground, dataset: DatasetId, field: FieldId) -> bool {
    let known = ground.field(field);
    let plain = |text: &str| text.replace(['"', '`'], "");
    let names = [&known.names.name, &known.expression]
        .map(|name| format!("{}.{}", ground.dataset(dataset).names.name, plain(name)));
    ground.metrics.iter().filter(|metric| metric.datasets.first() == Some(&dataset)).any(|metric| {
        let expression = plain(&metric.expression);
        let mut words = expression.split(|c: char| !c.is_alphanumeric() && !"_.".contains(c));
        words.any(|word| names.iter().any(|name| name == word))
    })
}

/// It says how much a thing is: its amount, or its only figure where nothing else is added up for it.
pub fn is_worth(ground: &Ground, field: FieldId) -> bool {
    is_amount(ground, field) || !is_grouped_by(ground, ground.field(field).dataset)
}

/// Rows may be of what is still to come, as a state of theirs tells.
pub fn may_lie_ahead(ground: &Ground, of: DatasetId) -> bool {
    const AHEAD: [&str; 6] = ["scheduled", "planned", "upcoming", "announced", "reserved", "forthcoming"];
    let is_ahead = |value: &Value| value.as_str().is_some_and(|text| AHEAD.contains(&text.to_lowercase().as_str()));
    ground.fields_of(of).any(|id| ground.field(id).values.iter().any(is_ahead))
}

/// They are planned before they happen, as what they are called tells.
pub fn is_planned(ground: &Ground, of: DatasetId) -> bool {
    static PLANNED: Phrases = Phrases::named("field_roles.PLANNED");
    let names = phrases(&ground.dataset(of).names);
    names.iter().any(|name| name.last().is_some_and(|last| PLANNED.contains(&last.as_str())))
}

/// Their age is not how long they have been known: of persons, and of what came to be at a time of its own. "Our oldest customer"
/// is the one that we have had for the longest.
pub fn has_age(ground: &Ground, of: DatasetId) -> bool {
    let (names, made) = (&ground.dataset(of).names, came_to_be(ground, of));
    if made.is_some_and(|made| is_of_birth(ground, made)) {
        return true;
    }
    let is_buyer = phrases(names).iter().flatten().any(|word| BUYERS.contains(&word.as_str()));
    made != times::own(ground, of) && !is_buyer && (made.is_some() || is_person(ground, of))
}

/// A time at which something is over, which may lie ahead.
pub fn ends(ground: &Ground, field: FieldId) -> bool {
    const ENDS: [&str; 8] = ["expir", "end", "due", "laps", "terminat", "matur", "renew", "until"];
    let is_end = |word: &String| {
        ENDS.contains(&stem(word).as_str()) || ENDS.iter().any(|end| end.len() > 3 && word.starts_with(end))
    };
    phrases(&ground.field(field).names).iter().flatten().any(is_end)
}

/// It is called an amount.
pub fn is_amount(ground: &Ground, field: FieldId) -> bool {
    const WORTH: [&str; 8] = ["amount", "total", "value", "sum", "worth", "price", "size", "volume"];
    let is_amount = |words: &Vec<String>| words.iter().any(|word| WORTH.contains(&word.as_str()));
    phrases(&ground.field(field).names).iter().any(is_amount)
}

/// Payments, fines: what they are called is money, and "total payments" what they come to as well as how many there are.
pub fn are_sums(ground: &Ground, dataset: DatasetId) -> bool {
    static SUMS: Phrases = Phrases::named("field_roles.SUMS");
    let is_sum = |words: &Vec<String>| words.last().is_some_and(|last| SUMS.contains(&last.as_str()));
    phrases(&ground.dataset(dataset).names).iter().any(is_sum)
}

/// It is called a year, or what is called by the year in which it is: "season 2025".
pub fn says_year(ground: &Ground, field: FieldId) -> bool {
    static YEARS: Phrases = Phrases::named("field_roles.YEARS");
    let known = ground.field(field);
    known.ty == Type::Number && phrases(&known.names).iter().flatten().any(|word| YEARS.contains(&word.as_str()))
}

/// "number of prizes", "visitor count": what it adds up is how many there are.
pub fn is_number_of(ground: &Ground, id: MetricId) -> bool {
    let is_number = |words: &Vec<String>| {
        words.starts_with(&["number".to_owned(), "of".to_owned()]) || words.last().is_some_and(|last| last == "count")
    };
    phrases(&ground.metric(id).names).iter().any(is_number)
}

/// It is called what one pays for one of them.
pub fn is_price(ground: &Ground, field: FieldId) -> bool {
    // The shipping fee of an order is not what it costs.
    let is_price = |words: &Vec<String>| match words.as_slice() {
        [one] => ["price", "fare", "fee", "cost"].contains(&one.as_str()),
        // "price per kwh"
        [first, per, ..] if first == "price" && per == "per" => true,
        [.., last] => last == "price",
        [] => false,
    };
    phrases(&ground.field(field).names).iter().any(is_price)
}

/// It is called a price, or a rating, or is of so much in each: that of several is no sum.
pub fn is_rate(ground: &Ground, field: FieldId) -> bool {
    static RATES: Phrases = Phrases::named("field_roles.RATES");
    let is_rate = |words: &Vec<String>| words.iter().any(|word| RATES.contains(&word.as_str()));
    let is_of_each = |unit: &str| unit.contains('/') || ["%", "°C", "°F", "K", "pH"].contains(&unit);
    phrases(&ground.field(field).names).iter().any(is_rate)
        || ground.field(field).unit.as_deref().is_some_and(is_of_each)
}

/// Figures of other rows are grouped by these things.
pub fn is_grouped_by(ground: &Ground, dataset: DatasetId) -> bool {
    let mut homes = ground.metrics.iter().filter_map(|metric| metric.datasets.first());
    homes.any(|home| *home != dataset && schema_graph::reach(ground, *home).contains(&dataset))
}
