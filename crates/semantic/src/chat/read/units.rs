//! Units behind numbers: "over 100 euros", "600 seconds". They must be those that the model declares.

use super::items::Item;
use super::scan::{Reader, Sequence};
use crate::chat::ground::Ground;
use crate::chat::query::{Filter, Measure, Query, Value};
use crate::chat::words::{Kind, Token};

/// A unit, and how people write it.
const UNITS: [(&str, &[&str]); 22] = [
    ("EUR", &["eur", "euro", "euros", "€"]),
    ("USD", &["usd", "dollar", "dollars", "$", "us dollars"]),
    ("GBP", &["gbp", "pounds", "£"]),
    ("CHF", &["chf", "franc", "francs"]),
    ("JPY", &["jpy", "yen", "¥"]),
    ("ms", &["ms", "millisecond", "milliseconds"]),
    ("s", &["s", "sec", "secs", "second", "seconds"]),
    ("min", &["min", "mins", "minute", "minutes"]),
    ("h", &["h", "hr", "hrs", "hour", "hours"]),
    ("d", &["d", "day", "days"]),
    ("mm", &["mm", "millimetres", "millimeters"]),
    ("cm", &["cm", "centimetres", "centimeters"]),
    ("m", &["metre", "metres", "meter", "meters"]),
    ("km", &["km", "kilometre", "kilometres", "kilometer", "kilometers"]),
    ("mi", &["mi", "mile", "miles"]),
    ("m²", &["m²", "m2", "sqm"]),
    ("g", &["g", "gram", "grams"]),
    ("kg", &["kg", "kilo", "kilos", "kilogram", "kilograms"]),
    ("t", &["ton", "tons", "tonne", "tonnes"]),
    ("l", &["l", "litre", "litres", "liter", "liters"]),
    ("kWh", &["kwh", "kilowatt hours"]),
    ("%", &["%", "percent"]),
];

/// The unit of one way to write it.
fn unit(written: &str) -> Option<&'static str> {
    let written = written.trim().to_lowercase();
    UNITS
        .iter()
        .find(|(unit, words)| unit.to_lowercase() == written || words.contains(&written.as_str()))
        .map(|(unit, _)| *unit)
}

impl Reader<'_> {
    /// The unit of the number before, where the model has something in it.
    pub fn units(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let is_behind = at > 0 && matches!(self.tokens[at - 1].kind, Kind::Number(_));
        let unit = unit(&self.tokens[at].text).filter(|_| is_behind && self.tokens[at].kind == Kind::Word);
        let fields = self.ground.fields.iter().map(|field| &field.unit);
        let mut declared = fields.chain(self.ground.metrics.iter().map(|metric| &metric.unit)).flatten();
        let unit = unit.filter(|said| declared.any(|declared| self::unit(declared) == Some(*said)));
        steps.extend(unit.map(|unit| (at + 1, Item::Unit(unit))));
    }
}

/// What was assumed of units. A sentence for an error: a number cannot be taken with the unit that it is said in.
pub(super) fn check(
    ground: &Ground,
    tokens: &[Token],
    sequence: &Sequence,
    query: &Query,
) -> Result<Vec<String>, String> {
    let behind = sequence.items.iter().filter_map(|(at, _, item)| match item {
        Item::Unit(unit) => Some((tokens.get(at.checked_sub(1)?)?.number()?.to_owned(), *unit, false)),
        _ => None,
    });
    let money = tokens.iter().filter_map(|token| match &token.kind {
        Kind::Money(digits, code) => Some((digits.clone(), *code, true)),
        _ => None,
    });
    let measured = conditions(ground, query);
    let mut notes = Vec::new();
    for (digits, said, is_money) in behind.chain(money) {
        let of = measured.iter().filter(|(_, _, values)| values.contains(&&Value::Number(digits.clone())));
        let of: Vec<_> = of.collect();
        if of.is_empty() {
            return Err(format!("What {digits} {said} is about is not clear."));
        }
        for (name, declared, _) in of {
            match declared {
                Some(declared) if unit(declared).unwrap_or(declared) == said => {}
                Some(declared) => return Err(format!("{name} is in {declared}, not in {said}.")),
                // Where there is no other money, it is that.
                None if is_money && !has_other_money(ground, said) => {
                    notes.push(format!("Took {name} to be in {said}, as no unit is declared."));
                }
                None => return Err(format!("Which unit {name} is in, is not declared.")),
            }
        }
    }
    notes.dedup();
    Ok(notes)
}

/// Something of the model is in another currency.
fn has_other_money(ground: &Ground, said: &str) -> bool {
    const MONEY: [&str; 5] = ["EUR", "USD", "GBP", "CHF", "JPY"];
    let fields = ground.fields.iter().filter_map(|field| field.unit.as_deref());
    let mut declared = fields.chain(ground.metrics.iter().filter_map(|metric| metric.unit.as_deref()));
    declared.any(|declared| {
        let declared = unit(declared).unwrap_or(declared);
        declared != said && MONEY.contains(&declared)
    })
}

/// The conditions of a query: what each is on, its unit, its values.
fn conditions<'a>(ground: &'a Ground, query: &'a Query) -> Vec<(String, Option<&'a str>, Vec<&'a Value>)> {
    let field = |filter: &'a Filter| {
        let field = ground.field(filter.field);
        (field.names.shown().to_owned(), field.unit.as_deref(), filter.values.iter().collect())
    };
    let filters = query.filters.iter().chain(&query.part);
    let filters = filters.chain(query.members.iter().flat_map(|member| &member.filters));
    let having = query.having.iter().map(|having| (&having.measure, &having.values));
    let having = having.chain(query.members.iter().map(|member| (&member.measure, &member.values)));
    let figures = having.map(|(measure, values)| {
        let (name, unit) = figure(ground, measure);
        (name, unit, values.iter().collect())
    });
    filters.map(field).chain(figures).collect()
}

fn figure<'a>(ground: &'a Ground, measure: &Measure) -> (String, Option<&'a str>) {
    match measure {
        Measure::Metric(id) => (ground.metric(*id).names.shown().to_owned(), ground.metric(*id).unit.as_deref()),
        Measure::Of { field, .. } => {
            (ground.field(*field).names.shown().to_owned(), ground.field(*field).unit.as_deref())
        }
        Measure::Per { measure, .. } => figure(ground, measure),
        Measure::CountOf(id) | Measure::CountThrough { what: id, .. } => {
            (format!("The number of {}", ground.dataset(*id).names.shown().to_lowercase()), None)
        }
    }
}
