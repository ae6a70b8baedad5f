//! How often each value stands in the documents that were found, in one segment.

use std::collections::HashMap;

use tantivy::columnar::StrColumn;
use tantivy::{DocId, Result};

use crate::index::{BATCH, Segment, Values, each, each_value};

/// Where a segment has so many times as many documents, each is looked at by itself.
pub const RARE: usize = 16;
/// Where so many times as many are found as are not, these are taken off all.
const FEW_OTHERS: usize = 4;

/// Whether it is less to look at the documents that were not found than at those that were.
pub fn is_most(found: usize, of: usize) -> bool {
    (of - found) * FEW_OTHERS < found
}

/// The columns whose values are counted.
pub struct Counting {
    segment: Segment,
    columns: Vec<Counted>,
    /// Those that are not counted yet.
    docs: Vec<DocId>,
}

struct Counted {
    name: String,
    /// `None` where no document of the segment has a value.
    column: Option<StrColumn>,
    /// Of each value, by its place in the column's dictionary.
    counts: Vec<u64>,
}

impl Counting {
    /// Counts in the columns of these names.
    pub fn of(segment: &Segment, names: impl Iterator<Item = String>) -> Result<Counting> {
        let counted = |name: String| {
            let column = segment.text(&name)?;
            let counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
            Ok(Counted { name, column, counts })
        };
        Ok(Counting { segment: segment.clone(), columns: names.map(counted).collect::<Result<_>>()?, docs: Vec::new() })
    }

    /// Takes all documents of which a byte is not 0; there are so many of them.
    pub fn take_all(&mut self, levels: &[u8], found: usize) -> Result<()> {
        if self.columns.is_empty() {
            return Ok(());
        }
        if found * RARE < levels.len() {
            each(levels, |doc, _| self.take(doc));
            return Ok(());
        }
        if is_most(found, levels.len()) {
            return self.take_all_but(levels);
        }
        for Counted { name, column, counts } in &mut self.columns {
            let Some(column) = column else { continue };
            match self.segment.values(name, column)? {
                Values::One(values) => {
                    let of = one_by_one(&values, levels);
                    counts.iter_mut().zip(&of[1..]).for_each(|(count, of)| *count += of);
                }
                Values::Several(values) => {
                    for (doc, value) in values.iter() {
                        counts[*value as usize] += u64::from(levels[*doc as usize] != 0);
                    }
                }
            }
        }
        Ok(())
    }

    /// The same where few are 0: of what stands in all documents, that is taken off which stands in these.
    fn take_all_but(&mut self, levels: &[u8]) -> Result<()> {
        let docs: Vec<DocId> = memchr::memchr_iter(0, levels).map(|doc| doc as DocId).collect();
        for Counted { name, column, counts } in &mut self.columns {
            let Some(column) = column else { continue };
            let totals = self.segment.totals(name, column)?;
            counts.iter_mut().zip(totals.iter()).for_each(|(count, total)| *count += total);
            match self.segment.values(name, column)? {
                Values::One(values) => {
                    let of = docs.iter().map(|doc| values[*doc as usize]).filter(|value| *value > 0);
                    of.for_each(|value| counts[usize::from(value) - 1] -= 1);
                }
                Values::Several(_) => {
                    for batch in docs.chunks(BATCH) {
                        each_value(column, batch, |_, value| counts[value as usize] -= 1);
                    }
                }
            }
        }
        Ok(())
    }

    pub fn take(&mut self, doc: DocId) {
        if self.columns.is_empty() {
            return;
        }
        self.docs.push(doc);
        if self.docs.len() == BATCH {
            self.count();
        }
    }

    fn count(&mut self) {
        for Counted { column, counts, .. } in &mut self.columns {
            if let Some(column) = column {
                each_value(column, &self.docs, |_, value| counts[value as usize] += 1);
            }
        }
        self.docs.clear();
    }

    /// Adds what was counted to the counts of all segments, column by column.
    pub fn add_to(&mut self, all: &mut Vec<HashMap<String, u64>>) -> Result<()> {
        self.count();
        all.resize_with(self.columns.len(), HashMap::new);
        let mut text = String::new();
        for (counted, all) in self.columns.iter().zip(all) {
            let Some(column) = &counted.column else { continue };
            for (ord, count) in counted.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                text.clear();
                column.ord_to_str(ord as u64, &mut text)?;
                *all.entry(text.clone()).or_default() += count;
            }
        }
        Ok(())
    }
}

/// How often each value stands where a level is not 0. Four counts are kept, so that one does not wait for the one before.
fn one_by_one(values: &[u8], levels: &[u8]) -> [u64; 256] {
    let mut counts = [[0; 256]; 4];
    let ((values, last_values), (levels, last_levels)) = (values.as_chunks::<4>(), levels.as_chunks::<4>());
    let mut count = |lane: usize, value: u8, level: u8| {
        counts[lane][usize::from(if level == 0 { 0 } else { value })] += 1;
    };
    for (values, levels) in values.iter().zip(levels) {
        for lane in 0..4 {
            count(lane, values[lane], levels[lane]);
        }
    }
    for (value, level) in last_values.iter().zip(last_levels) {
        count(0, *value, *level);
    }
    std::array::from_fn(|value| counts.iter().map(|counts| counts[value]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_where_something_was_found() {
        let values: Vec<u8> = (0..=9_u8).chain([254, 255, 255]).collect();
        let levels: Vec<u8> = (0..13).map(|doc| u8::from(doc % 3 != 0) * 7).collect();
        let counts = one_by_one(&values, &levels);
        let wanted = |value: u8| values.iter().zip(&levels).filter(|(of, level)| **of == value && **level != 0).count();
        for value in 1..=255 {
            assert_eq!(counts[usize::from(value)], wanted(value) as u64, "{value}");
        }
    }
}
