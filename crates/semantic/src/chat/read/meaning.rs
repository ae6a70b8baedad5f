//! Meanings of items in words, for whoever asked.

use super::items::{Edit, Grouped, Item, Noun, Rank};
use super::reader::Sequence;
use crate::chat::annotate::shown;
use crate::chat::ground::{FieldId, Ground};
use crate::chat::query::{Filter, Measure, Op};
use crate::chat::reading::Used;
use crate::chat::times;
use crate::chat::words::Token;

/// The words of a question that its items cover, each with what it was taken for.
pub(super) fn used(ground: &Ground, tokens: &[Token], text: &str, sequence: &Sequence) -> Vec<Used> {
    let of = |(from, end, item): &(usize, usize, Item)| {
        let (first, last) = (tokens.get(*from)?, tokens.get(end.checked_sub(1)?)?);
        let meaning = meaning(ground, item)?;
        let words = text.get(first.from..last.to).unwrap_or_default().to_owned();
        Some(Used { words, from: first.from, to: last.to, meaning })
    };
    sequence.items.iter().filter_map(of).collect()
}

/// `None`: the item says nothing of its own.
pub(super) fn meaning(ground: &Ground, item: &Item) -> Option<String> {
    let field = |id: &FieldId| ground.path(*id);
    let filter = |filter: &Filter| {
        let values: Vec<String> = filter.values.iter().map(shown).collect();
        format!("{} {} {}", field(&filter.field), words(filter.op), values.join(", ")).trim_end().to_owned()
    };
    let noun = |noun: &Noun| match noun {
        Noun::Entity(id) => ground.dataset(*id).names.shown().to_owned(),
        Noun::Field(id) => field(id),
        Noun::Grain(grain) => grain.word().to_owned(),
    };
    let group = |by: &Grouped| match by {
        Grouped::Field(id) => field(id),
        Grouped::Entity(id) => ground.dataset(*id).names.shown().to_owned(),
        Grouped::Such(id, value) => format!("{} {}", field(id), crate::chat::annotate::shown(value)),
        Grouped::Role(join, None) => ground.join(*join).names.shown().to_owned(),
        Grouped::Role(join, Some(id)) => format!("{} of {}", field(id), ground.join(*join).names.shown()),
        Grouped::Grain(grain) => grain.word().to_owned(),
        Grouped::FieldGrain(id, grain) => {
            format!("{} by {}", field(id), grain.word())
        }
    };
    Some(match item {
        Item::Skip
        | Item::And
        | Item::Copula
        | Item::Which
        | Item::Person
        | Item::List
        | Item::Stop
        | Item::IfAny
        | Item::Light
        | Item::Own(_) => {
            return None;
        }
        Item::Unit(_) | Item::HowMuch | Item::HowMany => return None,
        Item::Measure { measure, filters, .. } => {
            let conditions: Vec<String> = filters.iter().map(filter).collect();
            [vec![figure(ground, measure)], conditions].concat().join(", ")
        }
        Item::Noun(phrase) | Item::Someone(phrase) => {
            let conditions: Vec<String> = phrase.filters.iter().map(filter).collect();
            [vec![noun(&phrase.noun)], conditions].concat().join(", ")
        }
        Item::Filter(one) | Item::Each(one) => filter(one),
        Item::NotThat(_) => "not asked for".to_owned(),
        Item::InUnit(unit) => format!("in {unit}"),
        Item::OnAverage => "on average".to_owned(),
        Item::Their => "of each".to_owned(),
        Item::Theirs(field) => ground.path(*field),
        Item::Group { by, .. } => {
            let names: Vec<String> = by.iter().map(group).collect();
            format!("by {}", names.join(", "))
        }
        Item::Time { stated, .. } | Item::VersusRange(stated) => {
            let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "…".to_owned(), |day| day.to_string());
            format!("from {} to before {}", day(stated.range.from), day(stated.range.to))
        }
        Item::By(measure) | Item::Rank(Rank::Best { measure, .. }) => format!("ranked by {}", figure(ground, measure)),
        Item::Averaged(measure) => format!("average {}", figure(ground, measure)),
        Item::PerFigure(whole) => format!("for one of {}", figure(ground, whole)),
        Item::Counted => "how many".to_owned(),
        Item::Per(id) => format!("for one of {}", ground.dataset(*id).names.shown()),
        Item::Grew(_) => "ranked by the change".to_owned(),
        Item::Happened(id) => format!("time {}", field(id)),
        Item::Deed(deed) => ground.dataset(ground.join(deed.by).from).names.shown().to_owned(),
        Item::Deeds(id) => format!("how often {}", field(id)),
        Item::Kin(kin, one) => format!("{}, {}", ground.join(kin.join).names.shown(), filter(one)),
        Item::Kindred(kin, is_without) => {
            let (name, how) = (ground.join(kin.join).names.shown(), if *is_without { "no " } else { "" });
            format!("{how}{name}")
        }
        Item::Who(id) | Item::RoleOf(id) => ground.join(*id).names.shown().to_owned(),
        Item::Rank(Rank::Top { what: Some(what), own: Some(own), .. }) => {
            format!("ranked {} by {}", noun(&what.noun), field(own))
        }
        Item::Rank(Rank::Recent { what, .. }) => {
            let own = match what.noun {
                Noun::Entity(id) => times::own(ground, id),
                _ => None,
            };
            let by = own.map(|own| format!(" by {}", field(&own))).unwrap_or_default();
            format!("ranked {}{by}", noun(&what.noun))
        }
        Item::Rank(Rank::Top { what: Some(what), .. }) => format!("ranked {}", noun(&what.noun)),
        Item::Rank(Rank::Top { .. }) => "ranked".to_owned(),
        Item::Condition { .. } | Item::Many { .. } => "a condition".to_owned(),
        Item::Has { dataset, is_without, .. } => {
            let name = ground.dataset(*dataset).names.shown();
            if *is_without { format!("without {name}") } else { format!("with {name}") }
        }
        Item::InForce(filters) => filters.iter().map(filter).collect::<Vec<String>>().join(", "),
        Item::Lacking(one) => filter(one),
        Item::ButNot => "not so".to_owned(),
        Item::Through(id, ..) => ground.join(*id).names.shown().to_owned(),
        Item::Versus(_) | Item::Over(_) | Item::Change | Item::CompareWord | Item::VersusValues { .. } => {
            "compared".to_owned()
        }
        Item::Share | Item::OfTotal | Item::OfAll => "share".to_owned(),
        Item::Cumulative => "running total".to_owned(),
        Item::Trend => "over time".to_owned(),
        Item::Order { .. } | Item::Direction(_) | Item::Age(_) | Item::Alphabetical => "sorted".to_owned(),
        Item::Limit(_) => "limited".to_owned(),
        Item::When { .. } | Item::WhenDid => "when".to_owned(),
        Item::Rank(Rank::BestField { field: id, .. }) => format!("ranked by {}", field(id)),
        Item::Edit(Edit::Instead(by, _)) => format!("no longer by {}", group(by)),
        Item::Edit(Edit::Drop(id)) => format!("no condition on {}", field(id)),
        Item::Remove | Item::Also | Item::Marker | Item::Edit(_) => "follow-up".to_owned(),
    })
}

fn figure(ground: &Ground, measure: &Measure) -> String {
    match measure {
        Measure::Metric(id) => ground.metric(*id).names.shown().to_owned(),
        Measure::CountOf(id) => format!("number of {}", ground.dataset(*id).names.shown()),
        Measure::CountThrough { what, .. } => format!("number of {}", ground.dataset(*what).names.shown()),
        Measure::Of { aggregate, field } => {
            format!("{} of {}", format!("{aggregate:?}").to_lowercase(), ground.path(*field))
        }
        Measure::Per { measure, of } => {
            format!("{} for one of {}", figure(ground, measure), ground.dataset(*of).names.shown())
        }
        Measure::Over { part, whole } => format!("{} over {}", figure(ground, part), figure(ground, whole)),
    }
}

fn words(op: Op) -> &'static str {
    match op {
        Op::Is => "is",
        Op::IsNot => "is not",
        Op::Less => "<",
        Op::AtMost => "≤",
        Op::More => ">",
        Op::AtLeast => "≥",
        Op::Between => "between",
        Op::Contains => "contains",
        Op::StartsWith => "starts with",
        Op::EndsWith => "ends with",
        Op::IsEmpty => "is empty",
        Op::IsNotEmpty => "is not empty",
    }
}
