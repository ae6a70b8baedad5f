//! From a query to what it means to a caller.

use emporion_catalog::finder::own_field;
use emporion_catalog::id::RecordId;

use super::{Listed, Settings, Test, WordTest};
use crate::document::{DOMAIN_CALLED, DOMAIN_ITSELF, FieldName, kinds_called, known_kinds, properties};
use crate::query::{At, Bound, Expr, Fault, Field, Form, Query, Span, Value, span};
use crate::words::fold;

/// What a query means.
///
/// Errors: a name that there is not.
pub fn resolve(query: &Query, settings: &Settings<'_>) -> Result<Test, Fault> {
    query.root.as_ref().map_or(Ok(Test::Everything), |root| expr(root, settings))
}

fn expr(of: &Expr, settings: &Settings<'_>) -> Result<Test, Fault> {
    let each = |parts: &[Expr]| parts.iter().map(|part| expr(part, settings)).collect::<Result<Vec<Test>, Fault>>();
    Ok(match of {
        Expr::All(parts) => Test::All(each(parts)?),
        Expr::Any(parts) => Test::Any(each(parts)?),
        Expr::Not(inner) => Test::Not(Box::new(expr(inner, settings)?)),
        Expr::Everything => Test::Everything,
        Expr::Word { text, prefix } => WordTest::word(text, *prefix).map_or(Test::Nothing, Test::Word),
        Expr::Phrase(text) => WordTest::phrase(text).map_or(Test::Nothing, Test::Word),
        Expr::Is { field, values, .. } => {
            let mut tests =
                values.iter().map(|value| is(field, value, settings)).collect::<Result<Vec<Test>, Fault>>()?;
            if tests.len() == 1 { tests.remove(0) } else { Test::Any(tests) }
        }
        Expr::Within { field, from, to, .. } => within(field, from.as_ref(), to.as_ref(), settings),
        Expr::Has { field, .. } if field.is("product") => listed("product", settings.products.get(&None)),
        Expr::Has { field, .. } if field.is("queryable") => Test::Everything,
        Expr::Has { field, .. } => Test::Has(name(field)),
    })
}

fn name(field: &Field) -> FieldName {
    match field {
        Field::BuiltIn(field) => FieldName::Borrowed(field.name),
        Field::Property(property) => FieldName::Owned(properties::field(property)),
    }
}

fn is(field: &Field, value: &Value, settings: &Settings<'_>) -> Result<Test, Fault> {
    let Field::BuiltIn(built_in) = field else { return Ok(property(name(field), value)) };
    let is_plain = value.form == Form::Plain;
    let folded = fold(&value.text).into_owned();
    Ok(match built_in.name {
        "kind" => {
            let found = kinds_called(settings.registry, &value.text, value.form == Form::Prefix);
            let expected =
                || Fault::new(value.at.0, format!("there is no kind {}", value.text), &known_kinds(settings.registry));
            Test::Kinds(found.map_err(|_| expected())?)
        }
        "created" | "updated" => {
            let span = span(&value.text, settings.now).ok_or_else(|| no_time(value))?;
            let to = (span.last < i64::MAX).then_some(span.last);
            Test::Times { field: name(field), from: Some(span.first), to }
        }
        "product" => listed("product", settings.products.get(&Some(value.to_string()))),
        "source" => match settings.sources.get(&value.to_string()) {
            Some(services) if !services.is_empty() => {
                Test::Any(vec![fact(name(field), value), leads(field, services.clone())])
            }
            _ => fact(name(field), value),
        },
        "queryable" => {
            let all = listed("queryable", settings.queryable.as_ref());
            if value.text == "yes" { all } else { Test::Not(Box::new(all)) }
        }
        "owner" | "by" if is_plain && folded == "me" => leads(field, vec![settings.me]),
        "owner" if is_plain && folded == "mine" => leads(field, mine(settings)),
        "team" if is_plain && folded == "mine" => leads(field, settings.teams.clone()),
        "domain" if value.alone && value.form == Form::Exact => {
            Test::Exact { field: FieldName::Borrowed(DOMAIN_CALLED), text: value.text.clone() }
        }
        "domain" if value.alone => fact(FieldName::Borrowed(DOMAIN_ITSELF), value),
        _ => fact(name(field), value),
    })
}

/// A record whose display name is this.
pub fn called(value: &Value) -> Test {
    fact(own_field("display_name"), value)
}

fn mine(settings: &Settings<'_>) -> Vec<RecordId> {
    [settings.me].into_iter().chain(settings.teams.iter().copied()).collect()
}

fn leads(field: &Field, to: Vec<RecordId>) -> Test {
    Test::Leads { field: name(field), to }
}

fn listed(field: &'static str, found: Option<&Listed>) -> Test {
    found.map_or(Test::Nothing, |of| Test::Listed { field, of: of.clone() })
}

fn fact(field: FieldName, value: &Value) -> Test {
    let folded = || fold(&value.text).into_owned();
    // An id names a record as well as its name does.
    let by_id = value.text.parse::<RecordId>().ok().map(|id| Test::Leads { field: field.clone(), to: vec![id] });
    let test = match value.form {
        Form::Exact => Test::Exact { field, text: value.text.clone() },
        Form::Plain | Form::Folded => Test::Folded { field, text: folded() },
        Form::Prefix => return Test::Begins { field, text: folded() },
    };
    match by_id {
        Some(by_id) => Test::Any(vec![test, by_id]),
        None => test,
    }
}

fn property(field: FieldName, value: &Value) -> Test {
    let as_number = value.text.parse::<f64>().ok().filter(|number| number.is_finite() && value.form == Form::Plain);
    let as_number = as_number.map(|number| number + 0.0);
    let text = fact(field.clone(), value);
    match as_number {
        Some(number) => {
            Test::Any(vec![text, Test::Numbers { field, from: Some((number, true)), to: Some((number, true)) }])
        }
        None => text,
    }
}

fn within(field: &Field, from: Option<&Bound>, to: Option<&Bound>, settings: &Settings<'_>) -> Test {
    let number = |bound: &Bound| bound.text.parse::<f64>().ok().map(|number| (number + 0.0, bound.inclusive));
    if matches!(field, Field::Property(_)) {
        let (low, high) = (from.map(number), to.map(number));
        if low.is_none_or(|low| low.is_some()) && high.is_none_or(|high| high.is_some()) {
            return Test::Numbers { field: name(field), from: low.flatten(), to: high.flatten() };
        }
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
    let (low, high) = (from.map(time), to.map(time));
    // A number on one end and a day on the other is between nothing.
    if low.is_some_and(|low| low.is_none()) || high.is_some_and(|high| high.is_none()) {
        return Test::Nothing;
    }
    Test::Times { field: name(field), from: low.flatten().map(first), to: high.flatten().map(last) }
}

fn no_time(value: &Value) -> Fault {
    let At(at) = value.at;
    Fault::new(at, format!("{} is no time", value.text), &["2026-01-31", "7d"])
}
