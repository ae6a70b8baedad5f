//! Derived fields: what is computed of fields of one row, such as the weekday of a date, the days between two dates, the
//! difference of two figures, a first and a last name together. No model names them, and no list of fields has them.

use super::derived_facts::labels;
use super::ground::{DatasetId, Field, FieldId, Ground, JoinId, Names, Type};
use super::names::{further, phrases};
use crate::guard::Dialect;
use crate::model::Granularity;

/// What a derived field is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Made {
    Weekday(FieldId),
    /// From the first to the second.
    Days(FieldId, FieldId),
    Hours(FieldId, FieldId),
    Minutes(FieldId, FieldId),
    /// Whole years from a day, or a year, to today.
    Age(FieldId),
    /// Days from then to today.
    Since(FieldId),
    /// The first without the second.
    Difference(FieldId, FieldId),
    /// "Ann Smith", of a first name and a last name.
    FullName(FieldId, FieldId),
    /// What those are called to whom a relationship of things with themselves leads: a column of lists alone.
    Led(JoinId, FieldId),
}

/// Stands in an expression for the day on which it is asked.
pub(super) const TODAY: &str = "{today}";

/// More such fields in a dataset are figures that nobody would ask the difference of.
const MOST: usize = 24;

pub(super) fn all(ground: &Ground) -> Vec<(Made, Field)> {
    let mut made = Vec::new();
    for dataset in (0..ground.datasets.len()).map(DatasetId) {
        let is = |id: &FieldId, types: &[Type]| types.contains(&ground.field(*id).ty);
        // Of what is known by months alone there are no weekdays and no ages.
        let is_day =
            |id: &FieldId| is(id, &[Type::Date, Type::Timestamp]) && ground.field(*id).finest == Granularity::Day;
        let times: Vec<FieldId> = ground.fields_of(dataset).filter(is_day).take(MOST).collect();
        let is_figure = |id: &FieldId| is(id, &[Type::Number]) && !ground.field(*id).is_key;
        let figures: Vec<FieldId> = ground.fields_of(dataset).filter(is_figure).take(MOST).collect();
        made.extend(times.iter().map(|id| Made::Weekday(*id)));
        made.extend(times.iter().map(|id| Made::Since(*id)));
        let years = figures.iter().filter(|id| is_year(ground, **id));
        made.extend(times.iter().chain(years).filter(|_| !may_be_dead(ground, dataset)).map(|id| Made::Age(*id)));
        let pairs = |fields: &[FieldId]| -> Vec<(FieldId, FieldId)> {
            let with = |one: FieldId| fields.iter().filter(move |other| **other != one).map(move |other| (one, *other));
            fields.iter().flat_map(|one| with(*one)).collect()
        };
        made.extend(pairs(&times).into_iter().flat_map(|(one, other)| SPANS.map(|made| made(one, other))));
        made.extend(names_of(ground, dataset).map(|(first, last)| Made::FullName(first, last)));
        made.extend(led(ground, dataset));
        let is_alike = |pair: &(FieldId, FieldId)| ground.field(pair.0).unit == ground.field(pair.1).unit;
        made.extend(pairs(&figures).into_iter().filter(is_alike).map(|(one, other)| Made::Difference(one, other)));
    }
    made.into_iter().map(|made| (made, field(ground, made))).collect()
}

/// By what those are known to whom things of a dataset lead that are of their own kind: "with their mentor".
fn led(ground: &Ground, dataset: DatasetId) -> Vec<Made> {
    let joins = ground.joins.iter().enumerate().filter(|(_, join)| join.from == dataset && join.to == dataset);
    let Some(name) = labels(ground, dataset).pop() else { return Vec::new() };
    joins.map(|(at, _)| Made::Led(JoinId(at), name)).collect()
}

/// How long from one time to another, in each unit.
const SPANS: [fn(FieldId, FieldId) -> Made; 3] = [Made::Days, Made::Hours, Made::Minutes];

/// Who has died is not as old as from the birth to today.
fn may_be_dead(ground: &Ground, dataset: DatasetId) -> bool {
    let is_death = |word: &String| ["death", "died", "deceased"].contains(&word.as_str());
    ground.fields_of(dataset).any(|id| phrases(&ground.field(id).names).iter().flatten().any(is_death))
}

/// A year that is written as a number.
pub(super) fn is_year(ground: &Ground, field: FieldId) -> bool {
    let names = &ground.field(field).names;
    ground.field(field).ty == Type::Number && phrases(names).iter().flatten().any(|word| word == "year")
}

/// What it is made of.
pub(super) fn parts(made: Made) -> Vec<FieldId> {
    match made {
        Made::Weekday(id) | Made::Age(id) | Made::Since(id) | Made::Led(_, id) => vec![id],
        Made::Days(one, other)
        | Made::Hours(one, other)
        | Made::Minutes(one, other)
        | Made::Difference(one, other)
        | Made::FullName(one, other) => vec![one, other],
    }
}

/// The first and the last name of persons, where one field is called each and none holds both.
fn names_of(ground: &Ground, dataset: DatasetId) -> Option<(FieldId, FieldId)> {
    const FIRST: [&[&str]; 4] = [&["first", "name"], &["given", "name"], &["forename"], &["firstname"]];
    const LAST: [&[&str]; 5] = [&["last", "name"], &["family", "name"], &["surname"], &["lastname"], &["sur", "name"]];
    const WHOLE: [&[&str]; 2] = [&["full", "name"], &["name"]];
    let called = |words: &[&[&str]]| -> Vec<FieldId> {
        let is_so = |name: &Vec<String>| words.iter().any(|words| name.iter().eq(words.iter()));
        let texts = ground.fields_of(dataset).filter(|id| ground.field(*id).ty == Type::Text);
        let names = |id: &FieldId| [phrases(&ground.field(*id).names), further(&ground.field(*id).names)].concat();
        texts.filter(|id| names(id).iter().any(is_so)).collect()
    };
    match (called(&FIRST).as_slice(), called(&LAST).as_slice(), called(&WHOLE).as_slice()) {
        ([first], [last], []) => Some((*first, *last)),
        _ => None,
    }
}

fn field(ground: &Ground, made: Made) -> Field {
    let of = |id: FieldId| ground.field(id);
    let dialect = |id: FieldId| ground.dataset(of(id).dataset).dialect;
    let name = |id: FieldId| of(id).names.name.rsplit('.').next().unwrap_or_default().to_owned();
    let shown = |id: FieldId| of(id).names.shown().to_lowercase();
    let (first, name, label, expression, ty, unit) = match made {
        Made::Weekday(id) => {
            let expression = weekday(dialect(id), &of(id).expression);
            (id, "weekday".to_owned(), "Weekday".to_owned(), expression, Type::Text, None)
        }
        Made::Age(id) => {
            let expression = match of(id).ty {
                Type::Number => years_since(dialect(id), &of(id).expression),
                _ => whole_years(dialect(id), &of(id).expression),
            };
            (id, "age".to_owned(), "Age".to_owned(), expression, Type::Number, Some("Years"))
        }
        Made::Since(id) => {
            let expression = days_since(dialect(id), &of(id).expression);
            let label = format!("Days since {}", shown(id));
            (id, format!("days_since_{}", name(id)), label, expression, Type::Number, Some("Days"))
        }
        Made::Days(from, to) | Made::Hours(from, to) | Made::Minutes(from, to) => {
            let (unit, seconds) = match made {
                Made::Days(..) => ("Days", 86_400),
                Made::Hours(..) => ("Hours", 3_600),
                _ => ("Minutes", 60),
            };
            let expression = apart(dialect(from), &of(from).expression, &of(to).expression, seconds);
            let label = format!("{} from {} to {}", unit, shown(from), shown(to));
            (
                from,
                format!("{unit}_from_{}_to_{}", name(from), name(to)).to_lowercase(),
                label,
                expression,
                Type::Number,
                Some(unit),
            )
        }
        Made::Difference(one, other) => {
            let expression = format!("({}) - ({})", of(one).expression, of(other).expression);
            let label = format!("Difference between {} and {}", shown(one), shown(other));
            (one, format!("difference_{}_{}", name(one), name(other)), label, expression, Type::Number, None)
        }
        Made::FullName(one, other) => {
            let expression = whole(dialect(one), &of(one).expression, &of(other).expression);
            (one, "full_name".to_owned(), "Name".to_owned(), expression, Type::Text, None)
        }
        // Its value is that of another row, to which the plan leads: by itself it has none.
        Made::Led(join, id) => {
            let names = &ground.join(join).names;
            let called = names.called().replace('_', " ");
            let mut label = called.chars();
            let label = label.next().map(|first| first.to_uppercase().chain(label).collect()).unwrap_or_default();
            (id, names.name.clone(), label, String::new(), Type::Text, None)
        }
    };
    let first = of(first);
    Field {
        dataset: first.dataset,
        names: Names { name, label: Some(label), ..Names::default() },
        expression,
        ty,
        is_time: false,
        finest: Granularity::Day,
        is_key: false,
        is_enumerated: false,
        values: Vec::new(),
        value_synonyms: Vec::new(),
        unit: unit.map(str::to_lowercase).or_else(|| first.unit.clone().filter(|_| ty == Type::Number)),
        format: first.format.clone().filter(|_| matches!(made, Made::Difference(..))),
    }
}

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn weekday(dialect: Dialect, time: &str) -> String {
    let day = match dialect {
        Dialect::Sqlite => format!("CAST(strftime('%w', {time}) AS INTEGER)"),
        Dialect::PostgreSql => format!("CAST(date_part('dow', {time}) AS INTEGER)"),
        Dialect::MySql => format!("DAYOFWEEK({time}) - 1"),
    };
    let names: String = DAYS.iter().enumerate().map(|(at, name)| format!(" WHEN {at} THEN '{name}'")).collect();
    format!("CASE {day}{names} END")
}

fn apart(dialect: Dialect, from: &str, to: &str, seconds: u32) -> String {
    match dialect {
        Dialect::Sqlite => format!("(julianday({to}) - julianday({from})) * 86400.0 / {seconds}"),
        Dialect::PostgreSql => {
            format!("date_part('epoch', CAST({to} AS TIMESTAMP) - CAST({from} AS TIMESTAMP)) / {seconds}")
        }
        Dialect::MySql => format!("TIMESTAMPDIFF(SECOND, {from}, {to}) / {seconds}"),
    }
}

/// Days as whole numbers of eight digits: between two of them lie as many years as there are ten thousands.
fn whole_years(dialect: Dialect, day: &str) -> String {
    let today = format!("'{TODAY}'");
    match dialect {
        Dialect::Sqlite => {
            let digits = |day: &str| format!("CAST(strftime('%Y%m%d', {day}) AS INTEGER)");
            format!("({} - {}) / 10000", digits(&today), digits(day))
        }
        Dialect::PostgreSql => {
            let part = |part: &str, day: &str| format!("CAST(date_part('{part}', CAST({day} AS DATE)) AS INTEGER)");
            let digits = |day: &str| {
                format!("({} * 10000 + {} * 100 + {})", part("year", day), part("month", day), part("day", day))
            };
            format!("({} - {}) / 10000", digits(&today), digits(day))
        }
        Dialect::MySql => format!("TIMESTAMPDIFF(YEAR, {day}, {today})"),
    }
}

fn years_since(dialect: Dialect, year: &str) -> String {
    let this = match dialect {
        Dialect::Sqlite => format!("CAST(strftime('%Y', '{TODAY}') AS INTEGER)"),
        Dialect::PostgreSql => format!("CAST(date_part('year', CAST('{TODAY}' AS DATE)) AS INTEGER)"),
        Dialect::MySql => format!("YEAR('{TODAY}')"),
    };
    format!("{this} - ({year})")
}

fn days_since(dialect: Dialect, day: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("julianday('{TODAY}') - julianday(date({day}))"),
        Dialect::PostgreSql => format!("CAST('{TODAY}' AS DATE) - CAST({day} AS DATE)"),
        Dialect::MySql => format!("DATEDIFF('{TODAY}', {day})"),
    }
}

fn whole(dialect: Dialect, first: &str, last: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::PostgreSql => format!("({first}) || ' ' || ({last})"),
        Dialect::MySql => format!("CONCAT({first}, ' ', {last})"),
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::parser::Parser;

    use super::*;

    #[test]
    fn every_expression_is_one_of_its_dialect() {
        for dialect in [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql] {
            for text in [
                weekday(dialect, "a"),
                apart(dialect, "a", "b", 86_400),
                whole(dialect, "a", "b"),
                whole_years(dialect, "a"),
                years_since(dialect, "a"),
                days_since(dialect, "a"),
            ] {
                let read = Parser::new(dialect.parser()).try_with_sql(&text).and_then(|mut it| it.parse_expr());
                assert!(read.is_ok(), "{dialect:?}: {text}");
            }
        }
    }
}
