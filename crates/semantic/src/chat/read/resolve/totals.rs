//! Figures that are named by a field alone: their total, where the model adds them up itself.

use super::super::field_roles::{fields_of, is_rate};
use super::super::frame::SemanticFrame;
use super::super::items::{Noun, Phrase};
use super::super::resolver::Resolver;
use crate::chat::derived_facts::has_rows_of_their_own;
use crate::chat::ground::{FieldId, Ground, MetricId, Type};
use crate::chat::names::phrases;
use crate::chat::query::{Aggregate, Measure};
use crate::chat::schema_graph;

/// The total of a fact that the model itself adds up.
pub(in crate::chat::read) fn total(ground: &Ground, field: FieldId) -> Option<Measure> {
    ground.derived().totals.get(field.0).cloned().flatten()
}

/// The figure that several rows together have of a field: the one that adds it up, whatever it leaves out.
pub(in crate::chat::read) fn together(ground: &Ground, field: FieldId) -> Option<Measure> {
    let whole = total(ground, field);
    if matches!(whole, Some(Measure::Metric(_))) {
        return whole;
    }
    let metrics = (0..ground.metrics.len()).map(|at| Measure::Metric(MetricId(at)));
    let adds_it =
        |metric: &Measure| schema_graph::adds_up(ground, metric) && fields_of(ground, metric).contains(&field);
    match metrics.filter(adds_it).collect::<Vec<_>>().as_slice() {
        [] => whole,
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// "number of beds": what each row has of them, where they are no measure in a unit.
pub(in crate::chat::read) fn pieces(ground: &Ground, field: FieldId) -> Option<Measure> {
    let known = ground.field(field);
    let is_number = known.ty == Type::Number && !known.is_key && !known.is_time && known.unit.is_none();
    let are_pieces = ground.is_hand_made && is_number && has_rows_of_their_own(ground, known.dataset);
    are_pieces.then_some(Measure::Of { aggregate: Aggregate::Sum, field })
}

impl Resolver<'_> {
    /// "clicks by network", "revenue and clicks": where nothing else is named that they could be columns of.
    pub fn totals(&mut self, all: &mut SemanticFrame) {
        let is_plain =
            all.rank.is_none() && all.when.is_none() && !all.is_list && !all.is_which_noun && all.theirs.is_none();
        // "number of flights in rain": no second figure.
        let is_made_of = |phrase: &Phrase| match phrase.noun {
            Noun::Field(field) => all.measures.iter().any(|(one, _)| fields_of(self.ground, one).contains(&field)),
            _ => false,
        };
        if !all.measures.is_empty() && !all.nouns.iter().all(is_made_of) {
            return;
        }
        let nouns: Vec<&Phrase> = all.nouns.iter().chain(&all.beside).collect();
        let is_grouped = !all.groups.is_empty();
        // "total hours of all courses": what they are of.
        let owner = nouns.iter().find_map(|phrase| match phrase.noun {
            Noun::Field(field) => Some(self.ground.field(field).dataset),
            _ => None,
        });
        let is_owner = |phrase: &&Phrase| {
            is_grouped
                && phrase.is_of
                && phrase.is_bare_plural()
                && matches!(phrase.noun, Noun::Entity(id) if Some(id) == owner)
        };
        let nouns: Vec<&Phrase> = nouns.into_iter().filter(|phrase| !is_owner(phrase)).collect();
        let totals: Vec<Option<Measure>> = nouns.iter().map(|phrase| self.total_of(phrase, is_grouped)).collect();
        if !is_plain || totals.is_empty() || totals.iter().any(Option::is_none) || all.has_own_filters {
            return;
        }
        for measure in totals.into_iter().flatten() {
            self.tell_total(&measure);
            all.measures.push((measure, None));
        }
        all.nouns.clear();
        all.beside.clear();
    }

    fn total_of(&self, phrase: &Phrase, is_grouped: bool) -> Option<Measure> {
        match phrase.noun {
            Noun::Field(field) if phrase.is_plain() && !phrase.is_distinct && self.is_figure(field) => {
                let is_total =
                    is_grouped && phrases(&self.ground.field(field).names).iter().any(|words| words[0] == "total");
                let sum = is_total.then_some(Measure::Of { aggregate: Aggregate::Sum, field });
                // "price of the oil filter": of each of several it was another one.
                let is_one = is_rate(self.ground, field) && !phrase.is_plural;
                total(self.ground, field).filter(|_| !is_one).or(sum)
            }
            _ => None,
        }
    }

    /// Says that it is the total.
    pub fn tell_total(&mut self, measure: &Measure) {
        if let Measure::Of { field, .. } = measure {
            let name = self.ground.field(*field).names.shown().to_lowercase();
            self.notes.push(format!("Took the total of {name}."));
        }
    }

    /// "the most clicks", of a thing that they belong to.
    pub fn most_of(&mut self, field: FieldId, what: &Phrase) -> Option<Measure> {
        let measure = total(self.ground, field)?;
        let home = schema_graph::home(self.ground, &measure)?;
        let owner = match what.noun {
            Noun::Entity(id) => id,
            Noun::Field(id) => self.ground.field(id).dataset,
            Noun::Grain(_) => return None,
        };
        (owner != home && schema_graph::reach(self.ground, home).contains(&owner))
            .then(|| self.tell_total(&measure))?;
        Some(measure)
    }
}
