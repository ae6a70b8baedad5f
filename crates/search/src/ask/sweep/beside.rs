//! What is counted of what is found, too, in one segment.

use std::ops::RangeInclusive;

use tantivy::columnar::Column;
use tantivy::query::Weight;
use tantivy::schema::Field;
use tantivy::{DocId, Result};

use crate::index::{self, BATCH, Beside, Fields, Segments, each};

/// How much of a segment fits it.
pub struct Also {
    pub fits: Fits,
    pub count: u64,
}

/// Which documents fit it.
pub enum Fits {
    These(Vec<bool>),
    Between(Field, Column<i64>, RangeInclusive<i64>),
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
                Fits::Between(*field, opened.time(fields.schema.get_field_name(*field))?, within.clone())
            }
        };
        Ok(Also { fits, count: 0 })
    }

    /// Whether it is told by the same times as another one.
    fn has_times(&self, of: Field) -> bool {
        matches!(&self.fits, Fits::Between(field, ..) if *field == of)
    }
}

/// Takes all documents of which a byte is not 0.
pub fn take_all(all: &mut [Also], levels: &[u8]) {
    for at in 0..all.len() {
        let (before, rest) = all.split_at_mut(at);
        let Some((also, behind)) = rest.split_first_mut() else { return };
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
                take_times(&times, &mut all, levels);
            }
        }
    }
}

/// Takes them for all that are told by these times, which are read once.
fn take_times(times: &Column<i64>, all: &mut [&mut Also], levels: &[u8]) {
    let mut docs: Vec<DocId> = Vec::with_capacity(BATCH);
    let mut take = |docs: &mut Vec<DocId>| {
        let mut of = vec![None; docs.len()];
        times.first_vals(docs, &mut of);
        for also in &mut *all {
            if let Fits::Between(_, _, within) = &also.fits {
                also.count += of.iter().flatten().filter(|time| within.contains(time)).count() as u64;
            }
        }
        docs.clear();
    };
    each(levels, |doc, _| {
        docs.push(doc);
        if docs.len() == BATCH {
            take(&mut docs);
        }
    });
    take(&mut docs);
}

impl Fits {
    pub fn has(&self, doc: DocId) -> bool {
        match self {
            Fits::These(fits) => fits[doc as usize],
            Fits::Between(_, times, within) => times.first(doc).is_some_and(|time| within.contains(&time)),
        }
    }
}
