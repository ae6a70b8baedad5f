//! Resolution of what items say together: a query, a question back, or a reason why there is none.

pub(super) mod averages;
mod belongs;
mod beside;
pub(super) mod compare;
pub(super) mod counts;
pub(super) mod finish;
pub(super) mod gather;
pub(super) mod held;
mod named;
pub(super) mod ranking;
pub(super) mod self_relations;
mod shares;
mod sheet;
mod subject;
mod things;
pub(super) mod totals;
mod verbs;

use super::frame::SemanticFrame;
use super::items::{Item, Noun, Target};
use super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::ground::DatasetId;
use gather::gather;

impl Resolver<'_> {
    pub fn resolve(mut self, items: &[(usize, usize, Item)]) -> Resolution {
        if items.windows(2).any(|pair| self.is_called_otherwise(pair)) {
            return Resolution::Nothing;
        }
        match gather(items).ok_or(Resolution::Nothing).and_then(|frame| self.all(frame)) {
            Ok(()) => Resolution::Query(Box::new(self.query), self.notes),
            Err(other) => other,
        }
    }

    /// "the Spring Sale campaign": a value right before one thing is what that is called, not what it leads to.
    fn is_called_otherwise(&self, pair: &[(usize, usize, Item)]) -> bool {
        match pair {
            // "published after 2000", of a year: no figure beside a period.
            [(_, end, Item::Noun(phrase)), (from, _, Item::Time { field: None, .. })] => {
                end == from && matches!(phrase.noun, Noun::Field(id) if super::field_roles::says_year(self.ground, id))
            }
            [(_, end, Item::Filter(filter)), (from, _, Item::Noun(phrase))] => {
                let is_other = |id: DatasetId| self.ground.field(filter.field).dataset != id;
                end == from && !phrase.is_plural && matches!(phrase.noun, Noun::Entity(id) if is_other(id))
            }
            _ => false,
        }
    }

    fn all(&mut self, mut all: SemanticFrame) -> Outcome<()> {
        let is_figure = |target: &Target| !matches!(target, Target::Field(_) | Target::Lasting);
        let conditions = all.conditions.iter().filter(|(target, ..)| is_figure(target)).count();
        if all.has_own_filters && all.measures.len() + all.beside.len() + conditions > 1 {
            return Err(Resolution::Not(
                "A condition on one of several figures cannot be asked for: ask for each.".into(),
            ));
        }
        // "who signed up": those who did, and no day or row.
        let is_named = all.who.is_some()
            || all.nouns.iter().any(|phrase| matches!(phrase.noun, Noun::Field(id) if !self.ground.field(id).is_time))
            || matches!(all.rank, Some(super::items::Rank::Top { what: Some(_), .. }));
        if all.is_who && !is_named {
            return Err(Resolution::Nothing);
        }
        self.done_by(&mut all)?;
        self.named_roles(&mut all)?;
        self.kin(&mut all)?;
        let home = subject::resolve(self, &mut all)?;
        if !all.roles.is_empty() {
            return Err(Resolution::Nothing);
        }
        self.deed(&mut all)?;
        self.through(&mut all)?;
        self.conditions(&mut all, home)?;
        self.times_of_deeds(&mut all)?;
        self.groups(&all, home)?;
        compare::resolve(self, &all, home)?;
        self.shares(&mut all)?;
        self.query.filters.append(&mut all.filters);
        self.orders(&all)?;
        self.lists(home)?;
        self.check(home)?;
        self.are_of_what_they_are_said(&all, home)
    }
}
