//! The interpretation of a question, as JSON.

use serde_json::{Value, json};

use super::super::ground::Ground;
use super::super::plan::{Statement, label};
use super::super::query::{By, CompareTo, Filter, Grain, Measure, Member, Op, Query, Share, TimeRange, Value as Asked};

pub(super) fn of(ground: &Ground, query: &Query, statement: &Statement) -> Value {
    let grain = query.dimensions.iter().find_map(|dimension| dimension.grain);
    let time = query.time.as_ref().map(|it| time(ground, it, grain));
    let order: Vec<Value> = query
        .order
        .iter()
        .map(|order| {
            let by = match order.by {
                By::Measure(at) => query.measures.get(at).map(|measure| name(ground, measure)),
                By::Dimension(at) => query.dimensions.get(at).map(|dimension| ground.path(dimension.field)),
                By::Change(at) => query.measures.get(at).map(|measure| format!("{} change", name(ground, measure))),
            };
            json!({"by": by, "direction": if order.is_descending { "desc" } else { "asc" }})
        })
        .collect();
    json!({
        "metrics": query.measures.iter().map(|measure| name(ground, measure)).collect::<Vec<_>>(),
        "dimensions": query.dimensions.iter().map(|dimension| match dimension.grain {
            Some(grain) => json!({"field": ground.path(dimension.field), "grain": grain.word()}),
            None => json!(ground.path(dimension.field)),
        }).collect::<Vec<_>>(),
        "listed": query.listed.map(|id| ground.dataset(id).names.name.clone()),
        "filters": query.filters.iter().map(|it| filter(ground, it)).collect::<Vec<_>>(),
        "part": query.part.iter().map(|it| filter(ground, it)).collect::<Vec<_>>(),
        "members": query.members.iter().map(|it| member(ground, it)).collect::<Vec<_>>(),
        "picked": query.picked.as_ref().map(|picked| of(ground, &picked.query, statement)),
        "having": query.having.iter().map(|having| json!({
            "metric": name(ground, &having.measure), "op": op(having.op),
            "values": having.values.iter().map(value).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "time": time,
        "compare": query.compare.as_ref().map(|compare| compared(ground, &compare.to, statement)),
        "share": query.share.map(|share| match share {
            Share::OfTotal => json!("total"),
            Share::Of(at) => json!(query.dimensions.get(at).map(|dimension| ground.path(dimension.field))),
        }),
        "cumulative": query.is_cumulative,
        "orderBy": order,
        "limit": query.limit.map(|limit| limit.rows),
        "assumptions": statement.assumptions,
    })
}

fn time(ground: &Ground, time: &TimeRange, grain: Option<Grain>) -> Value {
    let last = time.range.to.and_then(|to| to.yesterday().ok());
    json!({
        "field": ground.path(time.field),
        "from": time.range.from.map(|date| date.to_string()),
        "to": last.map(|date| date.to_string()),
        "grain": grain.or(time.range.grain).map(Grain::word),
    })
}

fn member(ground: &Ground, member: &Member) -> Value {
    json!({
        "of": ground.dataset(member.of).names.name,
        "over": member.kin.map(|kin| ground.join(kin.join).names.name.clone()),
        "metric": name(ground, &member.measure),
        "op": op(member.op),
        "values": member.values.iter().map(value).collect::<Vec<_>>(),
        "filters": member.filters.iter().map(|it| filter(ground, it)).collect::<Vec<_>>(),
        "time": member.time.as_ref().map(|it| time(ground, it, None)),
    })
}

fn compared(ground: &Ground, to: &CompareTo, statement: &Statement) -> Value {
    let kind = match to {
        CompareTo::PreviousPeriod => "previous_period",
        CompareTo::SamePeriodLastYear => "same_period_last_year",
        CompareTo::Range(_) => "range",
        CompareTo::Values { field, first, second } => {
            return json!({"kind": "values", "field": ground.path(*field), "values": [value(first), value(second)]});
        }
    };
    let range = statement.compared;
    let last = range.and_then(|range| range.to).and_then(|to| to.yesterday().ok());
    json!({
        "kind": kind,
        "from": range.and_then(|range| range.from).map(|date| date.to_string()),
        "to": last.map(|date| date.to_string()),
    })
}

/// A metric by its name; what is no metric in words.
fn name(ground: &Ground, measure: &Measure) -> String {
    match measure {
        Measure::Metric(id) => ground.metric(*id).names.name.clone(),
        other => label(ground, other),
    }
}

fn filter(ground: &Ground, filter: &Filter) -> Value {
    json!({
        "field": ground.path(filter.field),
        "op": op(filter.op),
        "values": filter.values.iter().map(value).collect::<Vec<_>>(),
    })
}

fn op(op: Op) -> &'static str {
    match op {
        Op::Is => "=",
        Op::IsNot => "!=",
        Op::Less => "<",
        Op::AtMost => "<=",
        Op::More => ">",
        Op::AtLeast => ">=",
        Op::Between => "between",
        Op::Contains => "contains",
        Op::StartsWith => "starts_with",
        Op::EndsWith => "ends_with",
        Op::IsEmpty => "is_empty",
        Op::IsNotEmpty => "is_not_empty",
    }
}

fn value(value: &Asked) -> Value {
    match value {
        Asked::Text(text) => json!(text),
        Asked::Number(digits) => digits.parse::<serde_json::Number>().map_or_else(|_| json!(digits), Value::Number),
        Asked::Boolean(truth) => json!(truth),
        Asked::Date(date) => json!(date.to_string()),
    }
}
