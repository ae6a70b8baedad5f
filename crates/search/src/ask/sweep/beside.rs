//! What is counted of what is found, too, in one segment.

use std::ops::RangeInclusive;

use tantivy::columnar::Column;
use tantivy::query::Weight;
use tantivy::schema::Field;
use tantivy::{DocId, Result};

use crate::index::{self, Beside, Fields, Segments, each};

/// How much of a segment fits it.
pub struct Also {
    pub fits: Fits,
    pub count: u64,
}

/// Which documents fit it.
pub enum Fits {
    These(Vec<bool>),
    Between(Column<i64>, RangeInclusive<i64>),
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
                Fits::Between(opened.time(fields.schema.get_field_name(*field))?, within.clone())
            }
        };
        Ok(Also { fits, count: 0 })
    }

    /// Takes all documents of which a byte is not 0.
    pub fn take_all(&mut self, levels: &[u8]) {
        match &self.fits {
            Fits::These(fits) => {
                let both = levels.iter().zip(fits).filter(|(level, fits)| **level != 0 && **fits);
                self.count += both.count() as u64;
            }
            fits @ Fits::Between(..) => each(levels, |doc, _| self.count += u64::from(fits.has(doc))),
        }
    }
}

impl Fits {
    pub fn has(&self, doc: DocId) -> bool {
        match self {
            Fits::These(fits) => fits[doc as usize],
            Fits::Between(times, within) => times.first(doc).is_some_and(|time| within.contains(&time)),
        }
    }
}
