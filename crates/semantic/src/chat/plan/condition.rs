//! The condition of a metric in words, where they say all of it.

use super::columns::lowered;
use super::tree::{datasets_in, parsed};
use crate::chat::ground::{DatasetId, Field, Ground, plain_column};
use crate::guard::{Dialect, How, Plain, Test, Value, plain_in};

/// `status is not “returned”`; `None` where it is over several datasets, or is not plain.
pub(super) fn in_words(ground: &Ground, dialect: Dialect, condition: &str) -> Option<String> {
    let [dataset] = datasets_in(&parsed(condition, dialect)?, ground)[..] else { return None };
    said(ground, dataset, &plain_in(condition, dialect)?)
}

/// A group inside another one stands in brackets.
fn said(ground: &Ground, dataset: DatasetId, condition: &Plain) -> Option<String> {
    let (parts, between) = match condition {
        Plain::Test(test) => return tested(ground, dataset, test),
        Plain::All(parts) => (parts, " and "),
        Plain::Any(parts) => (parts, " or "),
    };
    let side = |part: &Plain| {
        let side = said(ground, dataset, part)?;
        Some(if matches!(part, Plain::Test(_)) { side } else { format!("({side})") })
    };
    Some(parts.iter().map(side).collect::<Option<Vec<_>>>()?.join(between))
}

fn tested(ground: &Ground, dataset: DatasetId, test: &Test) -> Option<String> {
    let is_it = |field: &&Field| plain_column(&field.expression).as_deref() == Some(&test.column);
    let field = ground.fields_of(dataset).map(|id| ground.field(id)).find(is_it);
    let column = field.map_or_else(|| test.column.clone(), |field| lowered(field.names.shown()));
    let values: Vec<String> = test.values.iter().map(|value| valued(field, value)).collect::<Option<_>>()?;
    let value = values.first().map_or("", String::as_str);
    let last = values.last().map_or("", String::as_str);
    let listed = values.join(", ");
    Some(match test.how {
        How::Is => format!("{column} is {value}"),
        How::Other => format!("{column} is not {value}"),
        How::OneOf => format!("{column} is one of {listed}"),
        How::NoneOf => format!("{column} is none of {listed}"),
        How::More => format!("{column} is more than {value}"),
        How::Less => format!("{column} is less than {value}"),
        How::AtLeast => format!("{column} is at least {value}"),
        How::AtMost => format!("{column} is at most {value}"),
        How::Between => format!("{column} is from {value} to {last}"),
        How::From => format!("{column} is from {value} on"),
        How::Before => format!("{column} is before {value}"),
        How::Begins => format!("{column} begins with {value}"),
        How::NotBegins => format!("{column} does not begin with {value}"),
        How::Ends => format!("{column} ends with {value}"),
        How::NotEnds => format!("{column} does not end with {value}"),
        How::Contains => format!("{column} contains {value}"),
        How::NotContains => format!("{column} does not contain {value}"),
        How::Empty => format!("{column} has no value"),
        How::Filled => format!("{column} has a value"),
    })
}

/// A value, or the word that the model has for it, between quotation marks; none that bears such a mark itself.
fn valued(field: Option<&Field>, value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => {
            let meant = field.into_iter().flat_map(|field| &field.value_synonyms).find(|(stored, _)| stored == text);
            let shown = meant.and_then(|(_, words)| words.first()).unwrap_or(text);
            (!shown.contains(['“', '”', '"'])).then(|| format!("“{shown}”"))
        }
        Value::Number(digits) => Some(digits.clone()),
        Value::Boolean(yes) => Some(yes.to_string()),
        Value::Day(day) => Some(day.clone()),
    }
}
