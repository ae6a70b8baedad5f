//! Units behind numbers: "over 100 euros", "600 seconds". They must be those that the model declares.

use super::items::Item;
use super::reader::{Reader, Sequence};
use crate::chat::ground::Ground;
use crate::chat::query::{Filter, Measure, Query, Value};
use crate::chat::units::{is_like, scale, unit};
use crate::chat::words::{Kind, Token};

impl Reader<'_> {
    /// The unit of the number before, where the model has something in it.
    pub fn units(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let is_behind = at > 0 && matches!(self.tokens[at - 1].kind, Kind::Number(_));
        let unit = unit(&self.tokens[at].text).filter(|_| is_behind && self.tokens[at].kind == Kind::Word);
        let fields = self.ground.fields.iter().map(|field| &field.unit);
        // From one day to another there are days.
        let made = self.ground.derived().made.iter().map(|(_, field)| &field.unit);
        let mut declared = fields.chain(self.ground.metrics.iter().map(|metric| &metric.unit)).chain(made).flatten();
        let unit = unit.filter(|said| declared.any(|declared| is_like(declared, said)));
        steps.extend(unit.map(|unit| (at + 1, Item::Unit(unit))));
    }
}

/// What was assumed of units. A sentence for an error: a number cannot be taken with the unit that it is said in.
pub(super) fn check(
    ground: &Ground,
    tokens: &[Token],
    sequence: &Sequence,
    query: &mut Query,
) -> Result<Vec<String>, String> {
    let behind = sequence.items.iter().filter_map(|(at, _, item)| match item {
        Item::Unit(unit) => Some((tokens.get(at.checked_sub(1)?)?.number()?.to_owned(), *unit, false)),
        _ => None,
    });
    let money = tokens.iter().filter_map(|token| match &token.kind {
        Kind::Money(digits, code) => Some((digits.clone(), *code, true)),
        _ => None,
    });
    let measured: Vec<(String, Option<String>, Vec<Value>)> = conditions(ground, query)
        .into_iter()
        .map(|(name, unit, values)| (name, unit.map(str::to_owned), values.into_iter().cloned().collect()))
        .collect();
    let mut notes = Vec::new();
    let mut others: Vec<(String, String, &'static str)> = Vec::new();
    for (digits, said, is_money) in behind.chain(money) {
        let of = measured.iter().filter(|(_, _, values)| values.contains(&Value::Number(digits.clone())));
        let of: Vec<_> = of.collect();
        if of.is_empty() {
            return Err(format!("What {digits} {said} is about is not clear."));
        }
        for (name, declared, _) in of {
            match declared {
                Some(declared) if unit(declared).unwrap_or(declared) == said => {}
                Some(declared) => match converted(digits.as_str(), said, declared) {
                    Some(other) => {
                        notes.push(format!("{digits} {said} are {other} {declared}."));
                        others.push((digits.clone(), (*declared).to_owned(), said));
                    }
                    None => return Err(format!("{name} is in {declared}, not in {said}.")),
                },
                // Where there is no other money, it is that.
                None if is_money && !has_other_money(ground, said) => {
                    notes.push(format!("Took {name} to be in {said}, as no unit is declared."));
                }
                None => return Err(format!("Which unit {name} is in, is not declared.")),
            }
        }
    }
    let measured =
        query.having.iter().map(|having| &having.values).chain(query.members.iter().map(|member| &member.values));
    let measured: Vec<&Value> = measured.flatten().collect();
    if let Some((digits, _, said)) =
        others.iter().find(|(digits, ..)| measured.contains(&&Value::Number(digits.clone())))
    {
        return Err(format!("What {digits} {said} is about is in another unit."));
    }
    for filter in query.filters.iter_mut().chain(&mut query.part) {
        let declared = ground.field(filter.field).unit.as_deref();
        let is_said = |(digits, of, _): &&(String, String, &'static str)| {
            declared == Some(of) && filter.values.contains(&Value::Number(digits.clone()))
        };
        let Some((_, of, said)) = others.iter().find(is_said) else { continue };
        // "between 1 and 2 hours": both are hours.
        for value in &mut filter.values {
            if let Value::Number(digits) = value
                && let Some(other) = converted(digits, said, of)
            {
                *digits = other;
            }
        }
    }
    notes.dedup();
    Ok(notes)
}

/// So many minutes in seconds, where both are of one kind.
fn converted(digits: &str, said: &str, declared: &str) -> Option<String> {
    let ((kind, said), (of, declared)) = (scale(said)?, scale(declared)?);
    let number = digits.parse::<f64>().ok().filter(|_| kind == of)? * said / declared;
    Some(format!("{number:.6}").trim_end_matches('0').trim_end_matches('.').to_owned())
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
        Measure::Per { measure, .. } | Measure::Over { part: measure, .. } => figure(ground, measure),
        Measure::CountOf(id) | Measure::CountThrough { what: id, .. } => {
            (format!("The number of {}", ground.dataset(*id).names.shown().to_lowercase()), None)
        }
    }
}
