//! Ambiguous values: what a model lists among the values of one field may stand in others, not all of whose are known.

use super::choice::Candidate;
use super::edits::OPENED;
use super::reader::Reader;
use super::resolve::counts;
use super::resolve::finish::NONE;
use crate::chat::annotate::open_fields;
use crate::chat::ground::{DatasetId, FieldId};
use crate::chat::lexicon::{Part, value_words};
use crate::chat::query::{Filter, Measure, Query, Value};
use crate::chat::reading::{Asked, Probe};
use crate::chat::schema_graph;

/// Fields that are asked for one name; with more of them the model's word is taken.
const MOST_FIELDS: usize = 40;

impl Reader<'_> {
    /// What to look up before a reading is taken: names, written with a capital, that no field's name stands beside. Of
    /// those that are not looked up, the reading says so.
    pub fn elsewhere(&self, asked: &Asked<'_>, taken: &mut Candidate) -> Vec<Probe> {
        let reach = self.reached(taken);
        let open: Vec<FieldId> = open_fields(self.ground)
            .into_iter()
            .filter(|field| reach.contains(&self.ground.field(*field).dataset))
            .collect();
        let mut probes: Vec<Probe> = Vec::new();
        let mut notes: Vec<String> = Vec::new();
        for (from, end, item) in &taken.sequence.items {
            for at in *from..*end {
                for mark in self.marks_at(at).iter().filter(|mark| mark.end <= *end) {
                    let Part::Value(field, Value::Text(stored)) = &mark.part else { continue };
                    let is_taken = format!("{item:?}").contains(&format!("{:?}", Value::Text(stored.clone())));
                    let is_name = stored.chars().next().is_some_and(char::is_uppercase);
                    if !is_taken || !is_name || self.is_beside_its_field(*field, at, mark.end) {
                        continue;
                    }
                    let (first, last) = (&self.tokens[at], &self.tokens[mark.end - 1]);
                    let phrase = asked.text.get(first.from..last.to).unwrap_or_default().to_owned();
                    let is_new = |other: &FieldId| {
                        let is_it = |known: &&crate::chat::reading::LookedUp| {
                            known.field == *other && value_words(&known.phrase) == value_words(&phrase)
                        };
                        *other != *field && !asked.found.looked_up.iter().any(|known| is_it(&known))
                    };
                    let fields: Vec<FieldId> = open.iter().copied().filter(is_new).collect();
                    let is_known = probes.iter().any(|probe| probe.phrase == phrase);
                    if fields.len() > MOST_FIELDS {
                        let name = self.ground.path(*field);
                        notes
                            .push(format!("Took \u{201c}{stored}\u{201d} for {name}; other fields were not searched."));
                    } else if !fields.is_empty() && !is_known && !phrase.is_empty() {
                        probes.push(Probe { phrase, fields, is_known: true, ..Probe::default() });
                    }
                }
            }
        }
        notes.dedup();
        taken.notes.extend(notes);
        probes
    }

    /// Names that the model, or one field, knows, with the fields that were not asked for them.
    pub fn not_looked_up(&self, asked: &Asked<'_>) -> Vec<Probe> {
        const MOST_NAMES: usize = 3;
        let open = open_fields(self.ground);
        let mut probes: Vec<Probe> = Vec::new();
        for (at, token) in self.tokens.iter().enumerate().filter(|(_, it)| it.raw.starts_with(char::is_uppercase)) {
            let values = self.parts(at).filter(|(_, part)| matches!(part, Part::Value(_, Value::Text(_))));
            let Some(end) = values.map(|(end, _)| end).max() else { continue };
            let phrase = asked.text.get(token.from..self.tokens[end - 1].to).unwrap_or_default().to_owned();
            let is_known = |field: &FieldId| {
                let is_it = |it: &&crate::chat::reading::LookedUp| value_words(&it.phrase) == value_words(&phrase);
                asked.found.looked_up.iter().any(|it| it.field == *field && is_it(&it))
                    || self.parts(at).any(|(_, part)| matches!(part, Part::Value(of, _) if of == field))
            };
            let fields: Vec<FieldId> = open.iter().copied().filter(|field| !is_known(field)).collect();
            let is_new = !probes.iter().any(|probe| probe.phrase == phrase) && !value_words(&phrase).is_empty();
            if is_new && !fields.is_empty() && fields.len() <= MOST_FIELDS && probes.len() < MOST_NAMES {
                probes.push(Probe { phrase, fields, is_known: true, ..Probe::default() });
            }
        }
        probes
    }

    /// What was named by a part of its name.
    pub fn in_part(&self, asked: &Asked<'_>, query: &Query) -> Vec<String> {
        let parts = asked.found.looked_up.iter().filter_map(|known| Some((known, known.stored.as_ref()?)));
        let parts = parts.filter(|(known, stored)| {
            value_words(&known.phrase) != value_words(stored) && self.is_named_in(query, stored)
        });
        let mut notes: Vec<String> = parts
            .map(|(known, stored)| format!("Took \u{201c}{}\u{201d} for \u{201c}{stored}\u{201d}.", known.phrase))
            .collect();
        notes.dedup();
        notes
    }

    /// The datasets that the reading could have had its conditions on.
    fn reached(&self, taken: &Candidate) -> Vec<DatasetId> {
        let homes = taken.query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure));
        let homes = homes.chain(taken.query.listed);
        let fields = taken.query.dimensions.iter().map(|dimension| self.ground.field(dimension.field).dataset);
        let homes: Vec<DatasetId> = homes.chain(fields).collect();
        homes.into_iter().flat_map(|home| schema_graph::reach(self.ground, home)).copied().collect()
    }

    /// "the brand Alpina", "the Luxembourg store", "country is Luxembourg".
    pub fn is_beside_its_field(&self, field: FieldId, from: usize, end: usize) -> bool {
        let is_it =
            |part: &Part| *part == Part::Field(field) || *part == Part::Dataset(self.ground.field(field).dataset);
        let after = self.marks_at(end).iter().any(|mark| is_it(&mark.part));
        let is_small =
            |at: usize| ["the", "is", "are", "=", "of", "in", "from", ","].contains(&self.tokens[at].text.as_str());
        let mut before = from;
        while before > 0 && is_small(before - 1) {
            before -= 1;
        }
        let named = |start: usize| self.marks_at(start).iter().any(|mark| mark.end == before && is_it(&mark.part));
        after || (0..before).any(named)
    }

    /// "list the bulk carriers", behind a question about some vessels: of all that there are, or of those.
    pub fn is_of_all(&self, query: &Query, last: &Query) -> bool {
        let is_left = |filter: &Filter| !query.filters.iter().any(|known| known.field == filter.field);
        let is_of_them = |listed: DatasetId| {
            let is_it = |measure: &Measure| schema_graph::home(self.ground, measure) == Some(listed);
            last.listed == Some(listed) || last.measures.iter().any(is_it)
        };
        let start = self.any(0, &OPENED).map(|end| self.past(end, &["me", "us"]));
        let is_the = start.and_then(|at| self.tokens.get(at)).is_some_and(|token| token.is("the"));
        is_the && query.listed.is_some_and(is_of_them) && last.filters.iter().any(is_left)
    }

    /// "each employee and number of customers", "playlists with their number of tracks": of those that have none there is no row,
    /// which is said.
    pub fn none_note(&self, query: &Query) -> Option<String> {
        let is_each =
            (0..self.tokens.len()).any(|at| self.any(at, &["each", "every", "with their", "and their"]).is_some());
        let dimension =
            query.dimensions.first().filter(|one| is_each && one.grain.is_none() && query.all_of.is_none())?;
        let of = self.ground.field(dimension.field).dataset;
        let counted = query.measures.first().and_then(|measure| counts::counted(self.ground, measure))?;
        let is_name = schema_graph::identity(self.ground, of).contains(&dimension.field);
        (is_name && counted != of && query.listed.is_none() && query.order.is_empty()).then(|| NONE.to_owned())
    }
}
