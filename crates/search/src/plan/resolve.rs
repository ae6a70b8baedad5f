//! From a query to what it means to a caller.

use emporion_catalog::finder::{Condition, Listed, Test, own_field};
use emporion_catalog::id::RecordId;
use emporion_catalog::text::fold;

use super::Settings;
use crate::document::{DOMAIN_CALLED, DOMAIN_ITSELF, FieldName, kinds_called, known_kinds, properties};
use crate::query::{At, Bound, Expr, Fault, Field, Form, Query, Span, Value, span};

/// What a query means.
///
/// Errors: a name that there is not.
pub fn resolve(query: &Query, settings: &Settings<'_>) -> Result<Condition, Fault> {
    query.root.as_ref().map_or(Ok(Condition::Everything), |root| expr(root, settings))
}

fn expr(of: &Expr, settings: &Settings<'_>) -> Result<Condition, Fault> {
    let each =
        |parts: &[Expr]| parts.iter().map(|part| expr(part, settings)).collect::<Result<Vec<Condition>, Fault>>();
    Ok(match of {
        Expr::All(parts) => Condition::All(each(parts)?),
        Expr::Any(parts) => Condition::Any(each(parts)?),
        Expr::Not(inner) => Condition::Not(Box::new(expr(inner, settings)?)),
        Expr::Everything => Condition::Everything,
        Expr::Word { text, prefix } => Condition::word(text, *prefix),
        Expr::Phrase(text) => Condition::phrase(text),
        Expr::Is { field, values, .. } => {
            any(values.iter().map(|value| is(field, value, settings)).collect::<Result<Vec<Condition>, Fault>>()?)
        }
        Expr::Within { field, from, to, .. } => within(field, from.as_ref(), to.as_ref(), settings),
        Expr::Has { field, .. } if field.is("product") => listed("product", settings.products.get(&None)),
        Expr::Has { field, .. } if field.is("holds") => listed("holds", settings.holders.get(&None)),
        Expr::Has { field, .. } if field.is("queryable") => Condition::Everything,
        Expr::Has { field, .. } => Condition::has(name(field)),
    })
}

fn name(field: &Field) -> FieldName {
    match field {
        Field::BuiltIn(field) => FieldName::Borrowed(field.name),
        Field::Property(property) => FieldName::Owned(properties::field(property)),
    }
}

fn is(field: &Field, value: &Value, settings: &Settings<'_>) -> Result<Condition, Fault> {
    let Field::BuiltIn(built_in) = field else { return Ok(property(name(field), value, settings)) };
    let is_plain = value.form == Form::Plain;
    let folded = fold(&value.text).into_owned();
    Ok(match built_in.name {
        "kind" => {
            let found = kinds_called(settings.registry, &value.text, value.form == Form::Prefix);
            let expected =
                || Fault::new(value.at.0, format!("there is no kind {}", value.text), &known_kinds(settings.registry));
            Condition::kinds(found.map_err(|_| expected())?)
        }
        "created" | "updated" => during(name(field), span(&value.text, settings.now).ok_or_else(|| no_time(value))?),
        "product" => listed("product", settings.products.get(&Some(value.to_string()))),
        "holds" => listed("holds", settings.holders.get(&Some(value.to_string()))),
        "source" => match settings.sources.get(&value.to_string()) {
            Some(services) if !services.is_empty() => {
                Condition::Any(vec![fact(name(field), value), leads(field, services.clone())])
            }
            _ => fact(name(field), value),
        },
        "queryable" => {
            let all = listed("queryable", settings.queryable.as_ref());
            if value.text == "yes" { all } else { Condition::Not(Box::new(all)) }
        }
        "owner" | "by" if is_plain && folded == "me" => leads(field, vec![settings.me]),
        "owner" if is_plain && folded == "mine" => leads(field, mine(settings)),
        "team" if is_plain && folded == "mine" => leads(field, settings.teams.clone()),
        "domain" if value.alone && value.form == Form::Exact => {
            Test::Exact { field: FieldName::Borrowed(DOMAIN_CALLED), text: value.text.clone() }.into()
        }
        "domain" if value.alone => fact(FieldName::Borrowed(DOMAIN_ITSELF), value),
        _ => fact(name(field), value),
    })
}

/// A record whose display name is this.
pub fn called(value: &Value) -> Condition {
    fact(own_field("display_name"), value)
}

fn mine(settings: &Settings<'_>) -> Vec<RecordId> {
    [settings.me].into_iter().chain(settings.teams.iter().copied()).collect()
}

fn leads(field: &Field, to: Vec<RecordId>) -> Condition {
    Test::Leads { field: name(field), to }.into()
}

fn listed(field: &'static str, found: Option<&Listed>) -> Condition {
    found.map_or(Condition::Nothing, |of| Test::Listed { field, of: of.clone() }.into())
}

fn fact(field: FieldName, value: &Value) -> Condition {
    let folded = || fold(&value.text).into_owned();
    // An id names a record as well as its name does.
    let by_id = value.text.parse::<RecordId>().ok().map(|id| Test::Leads { field: field.clone(), to: vec![id] });
    let test = match value.form {
        Form::Exact => Test::Exact { field, text: value.text.clone() },
        Form::Plain | Form::Folded => Test::Folded { field, text: folded() },
        Form::Prefix => return Test::Begins { field, text: folded() }.into(),
    };
    match by_id {
        Some(by_id) => Condition::Any(vec![test.into(), by_id.into()]),
        None => test.into(),
    }
}

/// A property: what its text is, or the number or the time that it says.
fn property(field: FieldName, value: &Value, settings: &Settings<'_>) -> Condition {
    let mut tests = vec![fact(field.clone(), value)];
    if value.form == Form::Plain {
        if let Some(number) = number(&value.text) {
            let end = Some((number, true));
            tests.push(Test::Numbers { field: field.clone(), from: end, to: end }.into());
        }
        tests.extend(span(&value.text, settings.now).map(|span| during(field, span)));
    }
    any(tests)
}

fn number(text: &str) -> Option<f64> {
    // There is one zero.
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number + 0.0)
}

fn any(mut tests: Vec<Condition>) -> Condition {
    if tests.len() == 1 { tests.remove(0) } else { Condition::Any(tests) }
}

fn during(field: FieldName, span: Span) -> Condition {
    Test::Times { field, from: Some(span.first), to: (span.last < i64::MAX).then_some(span.last) }.into()
}

fn within(field: &Field, from: Option<&Bound>, to: Option<&Bound>, settings: &Settings<'_>) -> Condition {
    let mut tests = Vec::new();
    let number = |bound: &Bound| number(&bound.text).map(|number| (number, bound.inclusive));
    if matches!(field, Field::Property(_))
        && let (Some(low), Some(high)) = (ends(from, number), ends(to, number))
    {
        tests.push(Test::Numbers { field: name(field), from: low, to: high }.into());
    }
    // After a day is after its last moment, from a day on is from its first one on.
    let time = |bound: &Bound| span(&bound.text, settings.now).map(|span| (span, bound.inclusive));
    let first = |(span, inclusive): (Span, bool)| match inclusive {
        true => span.first,
        false if span.is_ago => span.first + 1,
        false => span.last.saturating_add(1),
    };
    let last = |(span, inclusive): (Span, bool)| match inclusive {
        true if span.is_ago => span.first,
        true => span.last,
        false => span.first - 1,
    };
    // A year is a number as well.
    if let (Some(low), Some(high)) = (ends(from, time), ends(to, time)) {
        tests.push(Test::Times { field: name(field), from: low.map(first), to: high.map(last) }.into());
    }
    // A number on one end and a day on the other is between nothing.
    if tests.is_empty() { Condition::Nothing } else { any(tests) }
}

/// An end of a range, where it is open or can be read so.
fn ends<T>(bound: Option<&Bound>, read: impl Fn(&Bound) -> Option<T>) -> Option<Option<T>> {
    match bound {
        None => Some(None),
        Some(bound) => read(bound).map(Some),
    }
}

fn no_time(value: &Value) -> Fault {
    let At(at) = value.at;
    Fault::new(at, format!("{} is no time", value.text), &["2026-01-31", "7d"])
}
