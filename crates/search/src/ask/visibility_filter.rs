//! Who sees which documents of a segment, as far as the index knows.

use std::collections::HashSet;
use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::KindVisibility;
use tantivy::columnar::{Cardinality, Column, StrColumn};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, TERMINATED, TantivyError};

use super::sweep::Wanted;
use crate::index::{Fields, GRANTED, Segment, linked_term};

/// How documents of a kind are seen in one segment.
#[derive(Clone, Copy)]
enum Seen {
    No,
    Yes,
    OpenOrLinked { look_at_rest: bool },
    LookAtEach,
}

/// What the index alone says of whether the caller sees a document.
pub struct VisibilityFilter {
    is_everything: bool,
    account: Option<(Column<u64>, u64)>,
    kind: Column<u64>,
    kinds: Vec<Seen>,
    granted: Column<bool>,
    /// In their order.
    linked: Vec<DocId>,
    bytes: Option<Bytes>,
}

/// Of each document a byte that tells its kind and whether everybody sees it, and what that says without the edges.
struct Bytes {
    of: Arc<[u8]>,
    said: Box<[Said; 256]>,
}

/// What is known of a document by its kind, and by whether everybody sees it.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    No,
    Yes,
    /// Where an edge leads to the caller, he sees it; else this is said.
    Linked {
        look_at_rest: bool,
    },
    Look,
}

impl VisibilityFilter {
    /// `None` where nothing of the account is in the segment.
    pub fn of(segment: &Segment, fields: &Fields, wanted: &Wanted<'_>) -> Result<Option<VisibilityFilter>> {
        let name = |field: Field| fields.schema.get_field_name(field);
        let columns = &fields.columns;
        let Some(account) = segment.text(name(columns.account))? else { return Ok(None) };
        let Some(own) = account.dictionary().term_ord(wanted.account.to_string())? else { return Ok(None) };
        let kind = segment.text(name(columns.kind))?;
        let kind = kind.ok_or_else(|| TantivyError::SystemError("a segment has no column kind".to_owned()))?;
        let kinds = of_kinds(&kind, wanted)?;
        let is_everything = account.num_terms() == 1
            && kind.ords().get_cardinality() == Cardinality::Full
            && kinds.iter().all(|seen| matches!(seen, Seen::Yes));
        let bytes = segment.kinds(&(name(columns.kind).to_owned(), name(columns.granted).to_owned()))?;
        let said_of = |byte: usize| {
            let kind = (byte & usize::from(!GRANTED)).checked_sub(1);
            said(kind.and_then(|kind| kinds.get(kind)), byte & usize::from(GRANTED) != 0)
        };
        let bytes = bytes.map(|of| Bytes { of, said: Box::new(std::array::from_fn(said_of)) });
        Ok(Some(VisibilityFilter {
            is_everything,
            bytes,
            account: (account.num_terms() > 1).then(|| (account.ords().clone(), own)),
            kinds,
            kind: kind.ords().clone(),
            granted: segment.flag(name(columns.granted))?,
            linked: linked(segment, fields, wanted)?,
        }))
    }

    /// Whether all documents of the segment are seen.
    pub fn is_everything(&self) -> bool {
        self.is_everything
    }

    /// Whether nothing has to be looked at.
    pub fn decides_each(&self) -> bool {
        let is_open = |seen: &Seen| matches!(seen, Seen::LookAtEach | Seen::OpenOrLinked { look_at_rest: true });
        self.is_everything || !self.kinds.iter().any(is_open)
    }

    /// `None`: it has to be looked at.
    pub fn sees(&self, doc: DocId) -> Option<bool> {
        if self.is_everything {
            return Some(true);
        }
        if let Some((account, own)) = &self.account
            && account.first(doc) != Some(*own)
        {
            return Some(false);
        }
        let said = match &self.bytes {
            Some(Bytes { of, said }) => said[usize::from(of[doc as usize])],
            None => {
                let kind = self.kind.first(doc).and_then(|ord| self.kinds.get(ord as usize));
                said(kind, self.granted.first(doc) != Some(false))
            }
        };
        match said {
            Said::No => Some(false),
            Said::Yes => Some(true),
            Said::Look => None,
            Said::Linked { .. } if self.linked.binary_search(&doc).is_ok() => Some(true),
            Said::Linked { look_at_rest } => {
                if look_at_rest {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }

    /// The same of all documents that have a level: those that are not seen lose it, and those that have to be looked at are
    /// told with theirs. Answers whether it could be done so.
    pub fn leave_seen(&self, levels: &mut [u8], mut look: impl FnMut(DocId, u8)) -> bool {
        let (Some(Bytes { of: bytes, said }), None) = (&self.bytes, &self.account) else { return false };
        let of = |doc: DocId| said[usize::from(bytes[doc as usize])];
        let is_linked = |doc: &&DocId| matches!(of(**doc), Said::Linked { .. }) && levels[**doc as usize] != 0;
        let linked: Vec<(DocId, u8)> =
            self.linked.iter().filter(is_linked).map(|doc| (*doc, levels[*doc as usize])).collect();
        linked.iter().for_each(|(doc, _)| levels[*doc as usize] = 0);
        let keeps = said.map(|said| if said == Said::Yes { u8::MAX } else { 0 });
        if !self.decides_each() {
            let looks = said.map(|said| matches!(said, Said::Look | Said::Linked { look_at_rest: true }));
            for (doc, (level, byte)) in (0..).zip(levels.iter().zip(bytes.iter())) {
                if *level != 0 && looks[usize::from(*byte)] {
                    look(doc, *level);
                }
            }
        }
        levels.iter_mut().zip(bytes.iter()).for_each(|(level, byte)| *level &= keeps[usize::from(*byte)]);
        linked.into_iter().for_each(|(doc, level)| levels[doc as usize] = level);
        true
    }
}

/// What is known of documents of a kind, of those that not everybody sees or of the others.
fn said(kind: Option<&Seen>, is_granted: bool) -> Said {
    match kind.copied().unwrap_or(Seen::No) {
        Seen::No => Said::No,
        Seen::Yes => Said::Yes,
        Seen::LookAtEach => Said::Look,
        Seen::OpenOrLinked { .. } if !is_granted => Said::Yes,
        Seen::OpenOrLinked { look_at_rest } => Said::Linked { look_at_rest },
    }
}

fn of_kinds(kind: &StrColumn, wanted: &Wanted<'_>) -> Result<Vec<Seen>> {
    let mut name = String::new();
    let mut kinds = Vec::with_capacity(kind.num_terms());
    for ord in 0..kind.num_terms() as u64 {
        name.clear();
        kind.ord_to_str(ord, &mut name)?;
        kinds.push(match wanted.sights.get(name.as_str()) {
            None | Some(KindVisibility::Nothing) => Seen::No,
            Some(KindVisibility::Everything) => Seen::Yes,
            Some(KindVisibility::Each) => Seen::LookAtEach,
            Some(KindVisibility::Open { look_at_rest, .. }) => Seen::OpenOrLinked { look_at_rest: *look_at_rest },
        });
    }
    Ok(kinds)
}

/// The documents from which an edge leads to the caller or one of his teams.
fn linked(segment: &Segment, fields: &Fields, wanted: &Wanted<'_>) -> Result<Vec<DocId>> {
    let all = wanted.sights.values().filter_map(|sight| match sight {
        KindVisibility::Open { linked_to, .. } => Some(linked_to),
        _ => None,
    });
    let ids: HashSet<RecordId> = all.flatten().copied().collect();
    let mut docs = Vec::new();
    if ids.is_empty() {
        return Ok(docs);
    }
    let inverted = segment.reader.inverted_index(fields.facts)?;
    for id in ids {
        if let Some(mut postings) = inverted.read_postings(&linked_term(fields.facts, id), IndexRecordOption::Basic)? {
            let mut doc = postings.doc();
            while doc != TERMINATED {
                docs.push(doc);
                doc = postings.advance();
            }
        }
    }
    docs.sort_unstable();
    docs.dedup();
    Ok(docs)
}
