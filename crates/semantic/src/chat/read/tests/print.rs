//! Readings in one line each, for tables.

use crate::chat::annotate::shown;
use crate::chat::ground::Ground;
use crate::chat::query::{By, CompareTo, Filter, Measure, Op, Query, Range, Share};
use crate::chat::reading::{Offer, Reading, Reason};

pub(super) fn reading(ground: &Ground, reading: &Reading) -> String {
    match reading {
        Reading::Query { query, .. } => self::query(ground, query),
        Reading::Verified { id, parameters, .. } => {
            let bound: Vec<String> =
                parameters.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
            format!("verified {id} {}", bound.join(" ")).trim_end().to_owned()
        }
        Reading::LookUp(_) => "look up".to_owned(),
        Reading::Clarify(clarification) => {
            // What stands behind "reading|" is made of the whole query.
            let of = |offer: &Offer| match offer.id.strip_prefix("reading|") {
                Some(_) => format!("({})", offer.label),
                None => offer.id.clone(),
            };
            let ids: Vec<String> = clarification.options.iter().map(of).collect();
            format!("clarify {:?}: {}", clarification.about, ids.join(" / ")).to_lowercase()
        }
        Reading::Unanswerable { reason: Reason::UnknownTerms(terms), .. } => format!("unknown {}", terms.join(", ")),
        Reading::Unanswerable { reason: Reason::OutsideModel(_), .. } => "outside".to_owned(),
        Reading::Unanswerable { reason: Reason::OpenEnded, .. } => "open".to_owned(),
    }
}

pub(super) fn query(ground: &Ground, query: &Query) -> String {
    let mut parts = Vec::new();
    if let Some(listed) = query.listed {
        parts.push(format!("list {}", ground.dataset(listed).names.name));
    }
    parts.extend(query.measures.iter().map(|one| measure(ground, one)));
    if !query.dimensions.is_empty() {
        let names: Vec<String> = query
            .dimensions
            .iter()
            .map(|one| match one.grain {
                Some(grain) => format!("{}@{}", ground.path(one.field), format!("{grain:?}").to_lowercase()),
                None => ground.path(one.field),
            })
            .collect();
        parts.push(format!("by {}", names.join(", ")));
    }
    if !query.filters.is_empty() {
        parts.push(format!("where {}", filters(ground, &query.filters)));
    }
    if !query.part.is_empty() {
        parts.push(format!("part {}", filters(ground, &query.part)));
    }
    if let Some(picked) = &query.picked {
        parts.push(format!("of ({})", self::query(ground, &picked.query)));
    }
    if let Some(time) = &query.time {
        parts.push(format!("in {} {}", ground.path(time.field), range(&time.range)));
    }
    for member in &query.members {
        let values: Vec<String> = member.values.iter().map(shown).collect();
        let mut said = format!(
            "{} with {} {} {}",
            ground.dataset(member.of).names.name,
            measure(ground, &member.measure),
            op(member.op),
            values.join(" ")
        );
        if !member.filters.is_empty() {
            said.push_str(&format!(" ({})", filters(ground, &member.filters)));
        }
        if let Some(time) = &member.time {
            said.push_str(&format!(" ({} {})", ground.path(time.field), range(&time.range)));
        }
        parts.push(said);
    }
    if let Some(all_of) = query.all_of {
        parts.push(format!("all {}", ground.dataset(all_of).names.name));
    }
    for having in &query.having {
        let values: Vec<String> = having.values.iter().map(shown).collect();
        parts.push(format!("having {} {} {}", measure(ground, &having.measure), op(having.op), values.join(" ")));
    }
    if let Some(compare) = &query.compare {
        parts.push(match &compare.to {
            CompareTo::PreviousPeriod => "vs before".to_owned(),
            CompareTo::SamePeriodLastYear => "vs last year".to_owned(),
            CompareTo::Range(other) => format!("vs {}", range(other)),
            CompareTo::Values { first, second, field } => {
                format!("vs {}: {} {}", ground.path(*field), shown(first), shown(second))
            }
        });
    }
    match query.share {
        Some(Share::OfTotal) => parts.push("share".to_owned()),
        Some(Share::Of(at)) => parts.push(format!("share of {at}")),
        None => {}
    }
    if query.is_cumulative {
        parts.push("running".to_owned());
    }
    for join in &query.via {
        parts.push(format!("via {}", ground.join(*join).names.name));
    }
    for join in &query.done_by {
        parts.push(format!("done by {}", ground.join(*join).names.name));
    }
    for order in &query.order {
        let by = match order.by {
            By::Measure(at) => format!("m{at}"),
            By::Dimension(at) => format!("d{at}"),
            By::Change(at) => format!("c{at}"),
        };
        parts.push(format!("order {by} {}", if order.is_descending { "desc" } else { "asc" }));
    }
    if let Some(limit) = query.limit {
        parts.push(format!("limit {}{}", limit.rows, if limit.is_per_group { " per group" } else { "" }));
    }
    parts.join(" | ")
}

fn measure(ground: &Ground, one: &Measure) -> String {
    match one {
        Measure::Metric(id) => ground.metric(*id).names.name.clone(),
        Measure::CountOf(id) => format!("count {}", ground.dataset(*id).names.name),
        Measure::CountThrough { what, through } => {
            format!("count {} through {}", ground.dataset(*what).names.name, ground.join(*through).names.name)
        }
        Measure::Of { aggregate, field } => {
            format!("{} {}", format!("{aggregate:?}").to_lowercase(), ground.path(*field))
        }
        Measure::Per { measure: part, of } => {
            format!("{} per {}", measure(ground, part), ground.dataset(*of).names.name)
        }
        Measure::Over { part, whole } => format!("{} over {}", measure(ground, part), measure(ground, whole)),
    }
}

fn filters(ground: &Ground, filters: &[Filter]) -> String {
    let one = |filter: &Filter| {
        let values: Vec<String> = filter.values.iter().map(shown).collect();
        format!("{} {} {}", ground.path(filter.field), op(filter.op), values.join(",")).trim_end().to_owned()
    };
    filters.iter().map(one).collect::<Vec<_>>().join("; ")
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
        Op::StartsWith => "starts",
        Op::EndsWith => "ends",
        Op::IsEmpty => "empty",
        Op::IsNotEmpty => "not empty",
    }
}

fn range(range: &Range) -> String {
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "…".to_owned(), |day| day.to_string());
    format!("{}..{}", day(range.from), day(range.to))
}
