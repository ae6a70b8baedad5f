//! What is counted of what is found, too, in one segment.

use std::ops::RangeInclusive;

use tantivy::columnar::Column;
use tantivy::query::Weight;
use tantivy::schema::Field;
use tantivy::{DocId, Result};

use crate::ask::counting::is_most;
use crate::index::{self, BATCH, Beside, Fields, Segments};

/// How much of a segment fits it.
pub struct Also {
    pub fits: Fits,
    pub count: u64,
}

/// Which documents fit it.
pub enum Fits {
    These(Vec<bool>),
    Between(Field, Times, RangeInclusive<i64>),
}

/// A column of times.
#[derive(Clone)]
pub struct Times {
    name: String,
    column: Column<i64>,
}

/// The same for all segments.
pub enum Of {
    Weight(Box<dyn Weight>),
    Between(Field, RangeInclusive<i64>),
}

impl Of {
    pub fn beside(segments: &Segments, beside: &Beside) -> Result<Of> {
        Ok(match beside {
            Beside::Fits(query) => Of::Weight(segments.plain(&**query)?),
            Beside::Between(field, from, to) => Of::Between(*field, *from..=*to),
        })
    }
}

impl Also {
    pub fn of(of: &Of, fields: &Fields, opened: &index::Segment) -> Result<Also> {
        let fits = match of {
            Of::Weight(weight) => {
                let mut fits = vec![false; opened.reader.max_doc() as usize];
                let mut note = |docs: &[DocId]| docs.iter().for_each(|doc| fits[*doc as usize] = true);
                weight.for_each_no_score(&opened.reader, &mut note)?;
                Fits::These(fits)
            }
            Of::Between(field, within) => {
                let name = fields.schema.get_field_name(*field);
                let times = Times { name: name.to_owned(), column: opened.time(name)? };
                Fits::Between(*field, times, within.clone())
            }
        };
        Ok(Also { fits, count: 0 })
    }

    /// Whether it is told by the same times as another one.
    fn has_times(&self, of: Field) -> bool {
        matches!(&self.fits, Fits::Between(field, ..) if *field == of)
    }
}

/// Takes all documents of which a byte is not 0; there are so many of them.
pub fn take_all(all: &mut [Also], opened: &index::Segment, levels: &[u8], found: usize) -> Result<()> {
    for at in 0..all.len() {
        let (before, rest) = all.split_at_mut(at);
        let Some((also, behind)) = rest.split_first_mut() else { break };
        match &also.fits {
            Fits::These(fits) => {
                let both = levels.iter().zip(fits).filter(|(level, fits)| **level != 0 && **fits);
                also.count += both.count() as u64;
            }
            // These were counted with the first of them.
            Fits::Between(field, ..) if before.iter().any(|other| other.has_times(*field)) => {}
            Fits::Between(field, times, _) => {
                let (field, times) = (*field, times.clone());
                let mut all: Vec<&mut Also> = behind.iter_mut().filter(|other| other.has_times(field)).collect();
                all.push(also);
                if is_most(found, levels.len()) {
                    let sorted = opened.sorted_times(&times.name)?;
                    for also in &mut all {
                        if let Fits::Between(_, _, within) = &also.fits {
                            also.count += sorted.between(within);
                        }
                    }
                    let others = memchr::memchr_iter(0, levels).map(|doc| doc as DocId);
                    take_times(&times.column, &mut all, others, |count, times| *count -= times);
                } else {
                    let docs = (0..).zip(levels).filter(|(_, level)| **level != 0).map(|(doc, _)| doc);
                    take_times(&times.column, &mut all, docs, |count, times| *count += times);
                }
            }
        }
    }
    Ok(())
}

/// Takes documents by these times, which are read once for all that are told by them.
fn take_times(times: &Column<i64>, all: &mut [&mut Also], docs: impl Iterator<Item = DocId>, take: fn(&mut u64, u64)) {
    let mut docs = docs.peekable();
    let mut batch: Vec<DocId> = Vec::with_capacity(BATCH);
    while docs.peek().is_some() {
        batch.clear();
        batch.extend(docs.by_ref().take(BATCH));
        let mut of = vec![None; batch.len()];
        times.first_vals(&batch, &mut of);
        for also in &mut *all {
            if let Fits::Between(_, _, within) = &also.fits {
                take(&mut also.count, of.iter().flatten().filter(|time| within.contains(time)).count() as u64);
            }
        }
    }
}

impl Fits {
    pub fn has(&self, doc: DocId) -> bool {
        match self {
            Fits::These(fits) => fits[doc as usize],
            Fits::Between(_, times, within) => times.column.first(doc).is_some_and(|time| within.contains(&time)),
        }
    }
}
