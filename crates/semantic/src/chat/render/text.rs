//! The answer in a sentence: what was computed, for what, when, and what was taken for granted.

use serde_json::Value;

use super::super::ground::{Ground, Type};
use super::super::plan::{OutColumn, Role, Statement, TIES, label, lowered};
use super::super::query::{By, CompareTo, Dimension, Filter, Kin, Measure, Member, Op, Picked, Query, Value as Asked};
use super::super::{schema_graph, times};
use super::{dates, numbers, shown};

/// As many are named that stand level at one end.
const MOST_LEVEL: usize = 3;

pub(super) fn of(
    ground: &Ground,
    query: &Query,
    statement: &Statement,
    rows: &[Vec<Value>],
    is_truncated: bool,
) -> String {
    let mut sentences = vec![first(ground, query, statement, (rows, is_truncated))];
    if is_truncated {
        sentences.push(format!("Only the first {} rows are shown; there are more.", rows.len()));
    } else if is_cut(query, statement, rows) {
        sentences.push("A list ends here; there may be more: ask \"how many\" for their number.".to_owned());
    } else if let (Some(limit), Some(bound)) = (query.limit, statement.limit) {
        let many = rows.len() as u64;
        let is_ranked = !query.measures.is_empty() || query.keeps_ties && limit.rows > 1;
        if is_ranked && !limit.is_per_group && many > limit.rows {
            let more = if many == bound { format!(", at most {TIES} more") } else { String::new() };
            sentences.push(format!("Rows that tie with the last one are shown, too{more}."));
        }
    }
    sentences.extend(statement.assumptions.iter().cloned());
    sentences.join(" ")
}

/// What is asked for, in a few words.
pub(super) fn described(ground: &Ground, query: &Query) -> String {
    let mut said = format!("{}{}", subject(ground, query), scope(ground, query));
    for (is_so, words) in [
        (query.compare.is_some(), ", compared"),
        (query.share.is_some(), ", as shares"),
        (query.is_cumulative, ", as running totals"),
    ] {
        if is_so {
            said.push_str(words);
        }
    }
    if let Some(limit) = query.limit {
        said.push_str(&format!(", the first {}", limit.rows));
    }
    said
}

fn first(ground: &Ground, query: &Query, statement: &Statement, (rows, is_truncated): (&[Vec<Value>], bool)) -> String {
    let subject = subject(ground, query);
    let scope = scope(ground, query);
    let figures: Vec<usize> = columns_of(statement, Role::Measure);
    let is_empty = rows.is_empty()
        || query.dimensions.is_empty()
            && !figures.is_empty()
            && rows.iter().all(|row| figures.iter().all(|at| row.get(*at).is_none_or(Value::is_null)));
    if is_empty && !compares(query, statement, rows) {
        return format!("There are no rows for {}{scope}.", lowered(&subject));
    }
    if query.measures.is_empty() {
        let is_one = rows.len() == 1;
        let one = rows.first().filter(|_| is_one && query.listed.is_some());
        let cells = one.map(|row| format!(": {}", cells(ground, query, statement, row))).unwrap_or_default();
        if let Some(place) = shared_place(ground, query, statement, rows) {
            let least = if statement.limit == Some(rows.len() as u64) { "At least " } else { "" };
            let things = listed(ground, query, is_one);
            return format!("{least}{} {things}{scope} share the place: {place}.", rows.len());
        }
        let first = if is_cut(query, statement, rows) { "The first " } else { "" };
        return format!("{first}{} {}{scope}{cells}.", rows.len(), listed(ground, query, is_one));
    }
    if query.dimensions.is_empty() {
        return figures_of(ground, query, statement, rows.first().map_or(&[], Vec::as_slice), &scope);
    }
    groups(ground, query, statement, (rows, is_truncated), (&subject, &scope))
}

/// Whether rows are in the order of this figure, from the highest or the lowest on; `None` where they are in another one.
fn begins_with_highest(
    ground: &Ground,
    query: &Query,
    statement: &Statement,
    (at, rows): (usize, &[Vec<Value>]),
) -> Option<bool> {
    let of = statement.columns[at].of;
    match query.order.first() {
        Some(order) => match order.by {
            By::Measure(measure) if measure == of => Some(order.is_descending),
            _ => None,
        },
        // As groups stand by themselves, but for those of times.
        None => {
            let is_time = |one: &Dimension| one.grain.is_some() || ground.field(one.field).is_time;
            let is_of_time = query.is_cumulative || query.dimensions.iter().any(is_time);
            let figures = rows.iter().map_while(|row| numbers::of(row.get(at)?)).collect::<Vec<f64>>();
            let falls = figures.len() == rows.len() && figures.is_sorted_by(|a, b| a >= b);
            (of == 0 && falls && !is_of_time).then_some(true)
        }
    }
}

/// `hub height 140 m`, where one was asked for and several have it.
fn shared_place(ground: &Ground, query: &Query, statement: &Statement, rows: &[Vec<Value>]) -> Option<String> {
    let is_of_one = query.keeps_ties && query.limit.is_some_and(|limit| limit.rows == 1) && rows.len() > 1;
    let By::Dimension(at) = query.order.first().filter(|_| is_of_one)?.by else { return None };
    let name = ground.field(query.dimensions.get(at)?.field).names.shown();
    let at = statement.columns.iter().position(|column| column.label == name)?;
    Some(format!("{} {}", lowered(name), shown(ground, &statement.columns[at], rows.first()?.get(at)?)))
}

/// A list for which no number was asked is as long as lists become.
fn is_cut(query: &Query, statement: &Statement, rows: &[Vec<Value>]) -> bool {
    query.measures.is_empty() && query.limit.is_none() && statement.limit == Some(rows.len() as u64)
}

/// The first columns of one row, by name.
fn cells(ground: &Ground, query: &Query, statement: &Statement, row: &[Value]) -> String {
    const MOST: usize = 4;
    let is_shown = |(at, column): &(usize, &OutColumn)| {
        let is_there = row.get(*at).is_some_and(|value| !value.is_null());
        let named = query.dimensions.iter().find(|one| ground.field(one.field).names.shown() == column.label);
        is_there && !named.is_some_and(|one| is_key_of_named(ground, query, one))
    };
    let columns = statement.columns.iter().enumerate().filter(is_shown).take(MOST);
    let said = columns.map(|(at, column)| {
        let value = row.get(at).map(|value| shown(ground, column, value)).unwrap_or_default();
        format!("{} {value}", lowered(&column.label))
    });
    joined(&said.collect::<Vec<_>>())
}

/// The key of things that are named beside it.
fn is_key_of_named(ground: &Ground, query: &Query, dimension: &Dimension) -> bool {
    let field = ground.field(dimension.field);
    let is_name = |other: &Dimension| {
        ground.field(other.field).dataset == field.dataset && schema_graph::is_label(ground, other.field)
    };
    let is_key = schema_graph::key(ground, field.dataset) == Some(dimension.field);
    is_key && !schema_graph::is_label(ground, dimension.field) && query.dimensions.iter().any(is_name)
}

/// Whether the other side of a comparison has something.
fn compares(query: &Query, statement: &Statement, rows: &[Vec<Value>]) -> bool {
    query.compare.is_some()
        && columns_of(statement, Role::Previous)
            .iter()
            .any(|at| rows.iter().any(|row| row.get(*at).is_some_and(|it| !it.is_null())))
}

fn columns_of(statement: &Statement, role: Role) -> Vec<usize> {
    statement.columns.iter().enumerate().filter(|(_, column)| column.role == role).map(|(at, _)| at).collect()
}

fn subject(ground: &Ground, query: &Query) -> String {
    if query.measures.is_empty() {
        return listed(ground, query, false);
    }
    let measures: Vec<String> = query.measures.iter().map(|measure| label(ground, measure)).collect();
    let mut subject = joined(&measures);
    if !query.dimensions.is_empty() {
        let told = query.dimensions.iter().filter(|one| !is_key_of_named(ground, query, one));
        let by = told.map(|dimension| match dimension.grain {
            Some(grain) => grain.word().to_owned(),
            None => lowered(ground.field(dimension.field).names.shown()),
        });
        subject = format!("{subject} by {}", joined(&by.collect::<Vec<_>>()));
        let roles: Vec<String> =
            query.via.iter().map(|join| lowered(&ground.join(*join).names.shown().replace('_', " "))).collect();
        if !roles.is_empty() {
            subject.push_str(&format!(" through {}", joined(&roles)));
        }
    }
    subject
}

fn listed(ground: &Ground, query: &Query, is_one: bool) -> String {
    match query.listed {
        Some(listed) => {
            let name = lowered(&ground.dataset(listed).names.shown().replace('_', " "));
            if is_one { format!("row of {name}") } else { format!("rows of {name}") }
        }
        None => {
            let names = query.dimensions.iter().map(|dimension| lowered(ground.field(dimension.field).names.shown()));
            let word = if is_one { "value" } else { "values" };
            format!("{word} of {}", joined(&names.collect::<Vec<_>>()))
        }
    }
}

/// The filters and the time, each with a space before it.
fn scope(ground: &Ground, query: &Query) -> String {
    let mut scope = String::new();
    let filters: Vec<String> =
        query.part.iter().chain(&query.filters).map(|filter| condition(ground, filter)).collect();
    if !filters.is_empty() {
        scope.push_str(&format!(" where {}", joined(&filters)));
    }
    if let Some(CompareTo::Values { first, .. }) = query.compare.as_ref().map(|compare| &compare.to)
        && query.dimensions.is_empty()
    {
        scope.push_str(&format!(" for {}", value(first)));
    }
    if let Some(range) = query.time.as_ref().and_then(|time| dates::range(ground, &time.range)) {
        scope.push_str(&format!(" {range}{}", named_time(ground, query)));
    }
    for member in &query.members {
        scope.push_str(&belonging(ground, member));
    }
    if let Some(picked) = &query.picked {
        scope.push_str(&first_ones(ground, picked));
    }
    for having in &query.having {
        let values: Vec<String> = having.values.iter().map(value).collect();
        scope.push_str(&format!(" with {} {}", lowered(&label(ground, &having.measure)), compared(having.op, &values)));
    }
    scope
}

/// The time that a period is of, where it is not the one that everybody would take.
fn named_time(ground: &Ground, query: &Query) -> String {
    let Some(time) = query.time.as_ref().filter(|_| !query.is_dated_by_own) else { return String::new() };
    let usual = match (query.measures.first(), query.listed) {
        (Some(Measure::Metric(id)), _) => {
            ground.metric(*id).datasets.first().and_then(|home| times::of_metric(ground, *id, *home).field())
        }
        (Some(measure), _) => schema_graph::home(ground, measure).and_then(|home| times::of(ground, home).field()),
        (None, listed) => listed.and_then(|listed| times::of(ground, listed).field()),
    };
    match usual == Some(time.field) {
        true => String::new(),
        false => format!(" by {}", lowered(&ground.field(time.field).names.shown().replace('_', " "))),
    }
}

/// Of the things that a ranking comes to: how many, and the first or the last by what.
fn first_ones(ground: &Ground, picked: &Picked) -> String {
    let query = &picked.query;
    let by = query.order.first().and_then(|order| match order.by {
        By::Dimension(at) => query.dimensions.get(at).map(|one| ground.field(one.field).names.shown().to_owned()),
        By::Measure(at) | By::Change(at) => query.measures.get(at).map(|measure| label(ground, measure)),
    });
    let is_descending = query.order.first().is_some_and(|order| order.is_descending);
    let which = if is_descending { "highest" } else { "lowest" };
    let rows = query.limit.map_or(1, |limit| limit.rows);
    let name = lowered(&ground.dataset(picked.of).names.shown().replace('_', " "));
    format!(" of the {rows} {name} with the {which} {}{}", lowered(&by.unwrap_or_default()), scope(ground, query))
}

/// There are none of them.
fn is_none(member: &Member) -> bool {
    member.op == Op::Is && member.values == [crate::chat::query::Value::Number("0".to_owned())]
}

fn belonging(ground: &Ground, member: &Member) -> String {
    let values: Vec<String> = member.values.iter().map(value).collect();
    let role = |kin: Kin| lowered(&ground.join(kin.join).names.called().replace('_', " "));
    let mut said = match &member.measure {
        _ if let Some(kin) = member.kin => match kin.is_below {
            true if is_none(member) => format!(" that are {} of no others", role(kin)),
            true => format!(" that are {} of others", role(kin)),
            false if is_none(member) => format!(" with no others as {}", role(kin)),
            false => format!(" with others as {}", role(kin)),
        },
        Measure::CountOf(dataset) => {
            let name = lowered(&ground.dataset(*dataset).names.shown().replace('_', " "));
            match (member.op, values.as_slice()) {
                (Op::AtLeast, [one]) if one == "1" => format!(" with {name}"),
                (Op::Is, [none]) if none == "0" => format!(" without {name}"),
                _ => format!(" whose number of {name} {}", compared(member.op, &values)),
            }
        }
        other => format!(" whose {} {}", lowered(&label(ground, other)), compared(member.op, &values)),
    };
    let filters: Vec<String> = member.filters.iter().map(|filter| condition(ground, filter)).collect();
    if !filters.is_empty() {
        said.push_str(&format!(" where {}", joined(&filters)));
    }
    if let Some(range) = member.time.as_ref().and_then(|time| dates::range(ground, &time.range)) {
        said.push_str(&format!(" {range}"));
    }
    said
}

fn condition(ground: &Ground, filter: &Filter) -> String {
    let field = ground.field(filter.field);
    let values: Vec<String> = filter.values.iter().map(value).collect();
    let values = match (&field.unit, field.ty) {
        (Some(unit), Type::Number) => values.into_iter().map(|value| format!("{value} {unit}")).collect(),
        _ => values,
    };
    let name = match (filter.op, &field.names.label) {
        // "winner", of `winner_id`: whether it leads to one.
        (Op::IsEmpty | Op::IsNotEmpty, None) if field.is_key => {
            let name = field.names.name.to_lowercase();
            ["_id", "_key", "_no", "_code"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(&name)
                .replace('_', " ")
        }
        _ => lowered(field.names.shown()),
    };
    format!("{name} {}", compared(filter.op, &values))
}

fn compared(op: Op, values: &[String]) -> String {
    let any = values.join(" or ");
    match op {
        Op::Is => format!("is {any}"),
        Op::IsNot => format!("is not {any}"),
        Op::Less => format!("is less than {any}"),
        Op::AtMost => format!("is at most {any}"),
        Op::More => format!("is more than {any}"),
        Op::AtLeast => format!("is at least {any}"),
        Op::Between => format!("is between {}", values.join(" and ")),
        Op::Contains => format!("contains {any}"),
        Op::StartsWith => format!("starts with {any}"),
        Op::EndsWith => format!("ends with {any}"),
        Op::IsEmpty if values.is_empty() => "is empty".to_owned(),
        Op::IsNotEmpty if values.is_empty() => "is not empty".to_owned(),
        Op::IsEmpty => format!("is empty or not before {any}"),
        Op::IsNotEmpty => format!("is before {any}"),
    }
}

fn value(value: &Asked) -> String {
    match value {
        Asked::Text(text) => format!("“{text}”"),
        other => plain(other),
    }
}

/// The same without quotes around a text.
pub(super) fn plain(value: &Asked) -> String {
    match value {
        Asked::Text(text) => text.clone(),
        Asked::Number(digits) => numbers::shown(&Value::String(digits.clone()), None, None),
        Asked::Boolean(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Asked::Date(date) => dates::day(*date),
    }
}

/// One row without groups: each figure with what it is compared with.
fn figures_of(ground: &Ground, query: &Query, statement: &Statement, row: &[Value], scope: &str) -> String {
    let cell = |at: usize| row.get(at).unwrap_or(&Value::Null);
    let mut parts = Vec::new();
    for (at, column) in statement.columns.iter().enumerate().filter(|(_, column)| column.role == Role::Measure) {
        let said = match cell(at) {
            Value::Null => "nothing".to_owned(),
            other => shown(ground, column, other),
        };
        let mut part = format!(
            "{} {said}",
            if parts.is_empty() { format!("{}{scope}:", column.label) } else { format!("{}:", column.label) }
        );
        let beside = |role: Role| {
            let found = statement.columns.iter().position(|other| other.role == role && other.of == column.of);
            found.map(|at| (&statement.columns[at], cell(at)))
        };
        if let Some((other, value)) = beside(Role::Previous) {
            part.push_str(&against(
                ground,
                query,
                statement,
                other,
                value,
                beside(Role::Change),
                beside(Role::ChangePct),
            ));
        }
        if let Some((column, share)) = beside(Role::Share) {
            let whole: Vec<String> = query.filters.iter().map(|filter| condition(ground, filter)).collect();
            let whole = match whole.is_empty() || query.part.is_empty() {
                true => "the whole".to_owned(),
                false => format!("all where {}", joined(&whole)),
            };
            part.push_str(&format!(", {} of {whole}", shown(ground, column, share)));
        }
        parts.push(part);
    }
    format!("{}.", parts.join("; "))
}

type Cell<'a> = Option<(&'a OutColumn, &'a Value)>;

fn against(
    ground: &Ground,
    query: &Query,
    statement: &Statement,
    other: &OutColumn,
    value_: &Value,
    change: Cell<'_>,
    percent: Cell<'_>,
) -> String {
    let named = match query.compare.as_ref().map(|compare| &compare.to) {
        Some(CompareTo::Values { second, .. }) => value(second),
        _ => statement.compared.and_then(|range| dates::named(ground, &range)).unwrap_or_else(|| "before".to_owned()),
    };
    if value_.is_null() {
        return format!(", with nothing to compare it with in {named}");
    }
    let by = |cell: Cell<'_>| {
        let (column, value) = cell.filter(|(_, value)| !value.is_null())?;
        let number = numbers::of(value)?;
        let plain = serde_json::json!(number.abs());
        Some((number, shown(ground, column, &plain)))
    };
    let direction = match (by(change), by(percent)) {
        (Some((0.0, _)), _) => ", the same as".to_owned(),
        (Some((number, _)), Some((_, percent))) => {
            format!(", {} {percent} on", if number > 0.0 { "up" } else { "down" })
        }
        (Some((number, amount)), None) => format!(", {} {amount} on", if number > 0.0 { "up" } else { "down" }),
        _ => ", against".to_owned(),
    };
    format!("{direction} {named} ({})", shown(ground, other, value_))
}

/// Several rows: how many, and the ends of each figure.
fn groups(
    ground: &Ground,
    query: &Query,
    statement: &Statement,
    (rows, is_truncated): (&[Vec<Value>], bool),
    (subject, scope): (&str, &str),
) -> String {
    let versus = match query.compare.as_ref().map(|compare| &compare.to) {
        Some(CompareTo::Values { first, second, .. }) => format!(", {} with {}", value(first), value(second)),
        Some(_) => match statement.compared.and_then(|range| dates::named(ground, &range)) {
            Some(named) => format!(", compared with {named}"),
            None => ", each with the one before".to_owned(),
        },
        None => String::new(),
    };
    let groups = columns_of(statement, Role::Dimension);
    let is_told = |at: &&usize| {
        let dimension = statement.columns.get(**at).and_then(|column| query.dimensions.get(column.of));
        !dimension.is_some_and(|dimension| is_key_of_named(ground, query, dimension))
    };
    let named = |row: &[Value]| {
        let names = groups
            .iter()
            .filter(is_told)
            .filter_map(|at| Some(shown(ground, statement.columns.get(*at)?, row.get(*at)?)));
        names.collect::<Vec<_>>().join(", ")
    };
    let is_number = |at: &usize| statement.columns[*at].ty == Type::Number;
    let measures: Vec<usize> = columns_of(statement, Role::Measure).into_iter().filter(is_number).collect();
    let is_alone = measures.len() == 1;
    let figures = |at: usize| rows.iter().filter_map(move |row| Some((numbers::of(row.get(at)?)?, row.as_slice())));
    let ends = |at: usize| {
        let most = figures(at).reduce(|a, b| if b.0 > a.0 { b } else { a })?;
        let least = figures(at).reduce(|a, b| if b.0 < a.0 { b } else { a })?;
        // All that stand at this end, where these are few.
        let level = |end: f64| figures(at).filter(|(figure, _)| *figure == end).map(|(_, row)| row).collect::<Vec<_>>();
        let said = |rows: &[&[Value]]| {
            let row = rows.first().copied().unwrap_or_default();
            let figure = shown(ground, &statement.columns[at], row.get(at).unwrap_or(&Value::Null));
            match rows.len() {
                0 | 1 => format!("{} ({figure})", named(row)),
                2..=MOST_LEVEL => {
                    let names: Vec<String> = rows.iter().map(|row| named(row)).collect();
                    format!("{} ({figure} each)", joined(&names))
                }
                many => format!("{many} of them ({figure} each)"),
            }
        };
        let (highest, lowest) = (level(most.0), level(least.0));
        let be = |rows: &[&[Value]]| if rows.len() > 1 { "are" } else { "is" };
        // Of a part of the rows only that end is known from which on they are there.
        if is_truncated {
            let end = match begins_with_highest(ground, query, statement, (at, rows))? {
                true => ("highest", &highest),
                false => ("lowest", &lowest),
            };
            // More of them may stand level.
            if end.1.len() == rows.len() {
                return None;
            }
            return match is_alone {
                true => Some(format!("The {} {} {}", end.0, be(end.1), said(end.1))),
                false => Some(format!("{} is {} in {}", statement.columns[at].label, end.0, said(end.1))),
            };
        }
        Some(if most.0 > least.0 {
            match is_alone {
                true => {
                    format!("The highest {} {}, the lowest {}", be(&highest), said(&highest), said(&lowest))
                }
                false => format!(
                    "{} is highest in {}, lowest in {}",
                    statement.columns[at].label,
                    said(&highest),
                    said(&lowest)
                ),
            }
        } else if rows.len() == 1 {
            match is_alone {
                true => format!("It is {}", said(&highest)),
                false => format!("{} is {}", statement.columns[at].label, said(&highest)),
            }
        } else {
            return None;
        })
    };
    let ends: Vec<String> = measures.iter().filter_map(|at| ends(*at)).collect();
    let ends = if ends.is_empty() { String::new() } else { format!(" {}.", ends.join("; ")) };
    let many = if rows.len() == 1 { "1 row".to_owned() } else { format!("{} rows", rows.len()) };
    format!("{subject}{scope}{versus}: {many}.{ends}")
}

fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
