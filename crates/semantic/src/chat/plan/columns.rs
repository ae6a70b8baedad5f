//! Names of an answer's columns.

use super::{OutColumn, Role};
use crate::chat::ground::{DatasetId, FieldId, Ground, MaskShows, Type};
use crate::chat::lexicon::is_count;
use crate::chat::query::{Aggregate, Dimension, Grain, Measure};
use crate::chat::words::lemma;

/// Longer names are cut off.
const MAX_NAME: usize = 60;

pub(in crate::chat) fn label(ground: &Ground, measure: &Measure) -> String {
    match measure {
        Measure::Metric(id) => ground.metric(*id).names.shown().to_owned(),
        Measure::CountOf(dataset) => format!("Number of {}", spoken(ground, *dataset)),
        Measure::CountThrough { what, through } => {
            let join = ground.join(*through);
            let other = if *what == join.from { join.to } else { join.from };
            format!("Number of {} with {}", spoken(ground, *what), spoken(ground, other))
        }
        Measure::Of { aggregate, field } => {
            let what = ground.field(*field).names.shown();
            let word = match aggregate {
                Aggregate::Count => "Count of",
                Aggregate::CountDistinct => "Distinct values of",
                Aggregate::Sum => "Sum of",
                Aggregate::Average => "Average of",
                Aggregate::Minimum => "Lowest",
                Aggregate::Maximum => "Highest",
                Aggregate::Median => "Median of",
                Aggregate::Spread => "Spread of",
                Aggregate::Periods(grain) => return format!("Number of {}s with {}", grain.word(), lowered(what)),
            };
            let word = match (aggregate, ground.field(*field).ty) {
                (Aggregate::Minimum, Type::Date | Type::Timestamp) => "Earliest",
                (Aggregate::Maximum, Type::Date | Type::Timestamp) => "Latest",
                _ => word,
            };
            format!("{word} {}", lowered(what))
        }
        Measure::Per { measure, of } => format!("{} per {}", label(ground, measure), one(ground, *of)),
        Measure::Over { part, whole } => match whole.as_ref() {
            Measure::CountOf(of) => format!("{} per {}", label(ground, part), one(ground, *of)),
            Measure::Of { aggregate: Aggregate::Periods(grain), .. } => {
                format!("{} per {}", label(ground, part), grain.word())
            }
            Measure::Of { aggregate: Aggregate::Sum, field } => {
                format!("{} per one of {}", label(ground, part), lowered(ground.field(*field).names.shown()))
            }
            whole => format!("{} per one of {}", label(ground, part), lowered(&label(ground, whole))),
        },
    }
}

/// `orders`: order.
fn one(ground: &Ground, dataset: DatasetId) -> String {
    let words = spoken(ground, dataset);
    match words.rsplit_once(' ') {
        Some((before, last)) => format!("{before} {}", lemma(last)),
        None => lemma(&words),
    }
}

fn spoken(ground: &Ground, dataset: DatasetId) -> String {
    lowered(&ground.dataset(dataset).names.shown().replace('_', " "))
}

/// Without the capital of a title; words that are all capitals stay.
pub(in crate::chat) fn lowered(label: &str) -> String {
    let word = |word: &str| {
        let rest: String = word.chars().skip(1).collect();
        if rest.chars().any(char::is_uppercase) { word.to_owned() } else { word.to_lowercase() }
    };
    label.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn name(ground: &Ground, measure: &Measure) -> String {
    let own = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    match measure {
        Measure::Metric(id) => own(&ground.metric(*id).names.name),
        Measure::CountOf(dataset) => format!("{}_count", own(&ground.dataset(*dataset).names.name)),
        Measure::CountThrough { what, .. } => format!("{}_count", own(&ground.dataset(*what).names.name)),
        Measure::Of { aggregate, field } => {
            let word = match aggregate {
                Aggregate::Count => "count",
                Aggregate::CountDistinct => "distinct",
                Aggregate::Sum => "sum",
                Aggregate::Average => "average",
                Aggregate::Minimum => "lowest",
                Aggregate::Maximum => "highest",
                Aggregate::Median => "median",
                Aggregate::Spread => "spread",
                Aggregate::Periods(_) => "periods",
            };
            format!("{word}_{}", own(&ground.field(*field).names.name))
        }
        Measure::Per { measure, of } => format!("{}_per_{}", name(ground, measure), one(ground, *of)),
        Measure::Over { part, whole } => match whole.as_ref() {
            Measure::CountOf(of) => format!("{}_per_{}", name(ground, part), one(ground, *of)),
            whole => format!("{}_per_{}", name(ground, part), name(ground, whole)),
        },
    }
}

/// Columns with names of their own, in the order in which they are asked for.
#[derive(Debug, Default)]
pub(super) struct Columns {
    taken: Vec<String>,
}

impl Columns {
    pub fn dimension(&mut self, ground: &Ground, dimension: &Dimension, of: usize) -> OutColumn {
        let field = ground.field(dimension.field);
        let own = field.names.name.rsplit('.').next().unwrap_or(&field.names.name);
        let (wanted, label, ty) = match dimension.grain {
            Some(grain) => (grain.word().to_owned(), capital(grain.word()), Type::Date),
            None => (own.to_owned(), field.names.shown().to_owned(), field.ty),
        };
        let dataset = ground.dataset(field.dataset);
        let label = if self.taken.contains(&self.plain(&wanted)) {
            match dimension.grain {
                Some(_) => format!("{label} of {}", lowered(field.names.shown())),
                None => format!("{} {}", dataset.names.shown(), lowered(field.names.shown())),
            }
        } else {
            label
        };
        let other = match dimension.grain {
            Some(_) => format!("{own}_{wanted}"),
            None => format!("{}_{wanted}", dataset.names.name.rsplit('.').next().unwrap_or_default()),
        };
        OutColumn {
            name: self.take(&wanted, &other),
            label,
            role: Role::Dimension,
            ty,
            format: field.format.clone(),
            unit: field.unit.clone(),
            of,
            grain: dimension.grain,
            stands_for: stands_for(ground, dimension.field).filter(|_| dimension.grain.is_none()),
            mask: ground.mask_of(dimension.field),
        }
    }

    pub fn measure(&mut self, ground: &Ground, measure: &Measure, ty: Type, of: usize) -> OutColumn {
        let (format, unit) = match measure {
            Measure::Metric(id) => (ground.metric(*id).format.clone(), ground.metric(*id).unit.clone()),
            Measure::CountOf(_) | Measure::CountThrough { .. } => (Some("#,##0".to_owned()), None),
            Measure::Of { aggregate: Aggregate::Count | Aggregate::CountDistinct, .. } => {
                (Some("#,##0".to_owned()), None)
            }
            Measure::Of { field, .. } => (ground.field(*field).format.clone(), ground.field(*field).unit.clone()),
            Measure::Per { measure, .. } | Measure::Over { part: measure, .. } => match measure.as_ref() {
                // So many of each are seldom a whole number.
                Measure::Metric(id) if is_count(&ground.metric(*id).expression) => (None, None),
                Measure::Metric(id) => (ground.metric(*id).format.clone(), ground.metric(*id).unit.clone()),
                Measure::Of { field, .. } => (ground.field(*field).format.clone(), ground.field(*field).unit.clone()),
                _ => (None, None),
            },
        };
        let wanted = name(ground, measure);
        let other = format!("{wanted}_{}", of + 1);
        let name = self.take(&wanted, &other);
        let stands_for = match measure {
            Measure::Of { aggregate: Aggregate::Minimum | Aggregate::Maximum, field } => stands_for(ground, *field),
            _ => None,
        };
        let (label, role) = (label(ground, measure), Role::Measure);
        OutColumn { name, label, role, ty, format, unit, of, grain: None, stands_for, mask: None }
    }

    /// A column that goes with a measure's; it bears its name where there are several measures.
    pub fn beside(&mut self, measure: &OutColumn, role: Role, wanted: &str, label: &str, only: bool) -> OutColumn {
        let other = format!("{}_{wanted}", measure.name);
        let name = if only { self.take(wanted, &other) } else { self.take(&other, &other) };
        let label = if only { capital(label) } else { format!("{}, {label}", measure.label) };
        let (format, unit) = match role {
            Role::ChangePct | Role::Share => (Some("0.0%".to_owned()), None),
            _ => (measure.format.clone(), measure.unit.clone()),
        };
        let OutColumn { ty, of, stands_for, .. } = *measure;
        OutColumn { name, label, role, ty, format, unit, of, grain: None, stands_for, mask: None }
    }

    /// A column for the statement alone.
    pub fn hidden(&mut self, wanted: &str) -> String {
        self.take(wanted, wanted)
    }

    fn take(&mut self, wanted: &str, other: &str) -> String {
        let (wanted, other) = (self.plain(wanted), self.plain(other));
        let mut name = if self.taken.contains(&wanted) { other.clone() } else { wanted };
        let mut n = 2;
        while self.taken.contains(&name) {
            name = format!("{other}_{n}");
            n += 1;
        }
        self.taken.push(name.clone());
        name
    }

    /// A name that every dialect can quote, and that differs from others by more than capitals.
    fn plain(&self, wanted: &str) -> String {
        let allowed = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '_' };
        wanted.to_lowercase().chars().map(allowed).take(MAX_NAME).collect()
    }
}

/// The periods that are told of a time where it is told as it is.
fn stands_for(ground: &Ground, field: FieldId) -> Option<Grain> {
    match (ground.mask_of(field), Grain::from(ground.field(field).finest)) {
        (Some(MaskShows::Year), _) => Some(Grain::Year),
        (_, Grain::Day) => None,
        (_, finest) => Some(finest),
    }
}

pub(in crate::chat) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
