//! Relationships of things with themselves: "Sam's boss", "agents who report to Sam".

use super::super::frame::{Belonging, SemanticFrame};
use super::super::items::{Grouped, Noun, Phrase, Rank};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::super::scan::self_relations::is_superior;
use super::counts;
use crate::chat::ground::{DatasetId, Ground, Join, JoinId};
use crate::chat::query::{Kin, Measure, Member, Op, Query, Value};
use crate::chat::schema_graph;

/// Of a period that is that of the things themselves: when one of them came to another, it does not say.
pub(in crate::chat::read) fn is_dated(ground: &Ground, query: &Query) -> bool {
    let is_of_kin = query.members.iter().any(|member| member.kin.is_some())
        || query.filters.iter().any(|filter| schema_graph::is_own_key(ground, filter));
    is_of_kin && query.time.is_some() && query.is_dated_by_own
}

impl Resolver<'_> {
    /// "which manager has the most staff", "the youngest curator": those to whom rows lead so. Of their own kind they are what
    /// these are grouped by.
    pub fn named_roles(&mut self, all: &mut SemanticFrame) -> Outcome<()> {
        for join in std::mem::take(&mut all.named_roles) {
            let (from, to) = (self.ground.join(join).from, self.ground.join(join).to);
            let is_ranked = matches!(&all.rank, Some(Rank::Best { measure, .. }) if counts::counted(self.ground, measure) == Some(from));
            match from == to {
                false if all.measures.is_empty() && all.rank.is_none() && self.is_of_each(join, all) => {
                    let Some(other) = self.other_end(join, all) else {
                        let name = self.shown(to);
                        let sentence = format!("Which {name} belong to which others cannot be asked for here.");
                        return Err(Resolution::Not(sentence));
                    };
                    all.nouns.clear();
                    all.is_counted = false;
                    all.measures.push((Measure::CountOf(from), Some(from)));
                    self.query.via.push(other);
                }
                true if is_ranked => self.query.led_by = Some(join),
                true => all.kindred.push((Kin { join, is_below: true }, false)),
                // "which agent has the most dues this year": grouped by the agents of what the figure is of.
                false if self.is_figure_of(all, from) => self.query.via.push(join),
                false => {
                    let has = Belonging::Has {
                        dataset: from,
                        filters: Vec::new(),
                        via: Some(join),
                        is_named: true,
                        is_without: false,
                    };
                    all.belong(has, Some(to));
                }
            }
        }
        Ok(())
    }

    /// The groups are these things, or rows lead to two of them each: of which of the two a group is, is not said.
    fn is_of_each(&self, join: JoinId, all: &SemanticFrame) -> bool {
        self.are_by_themselves(self.ground.join(join).to, all)
            || !all.groups.is_empty() && self.other_ends(join).next().is_some()
    }

    fn are_by_themselves(&self, of: DatasetId, all: &SemanticFrame) -> bool {
        let names = schema_graph::identity(self.ground, of);
        all.groups.iter().any(|by| match by {
            Grouped::Entity(id) => *id == of,
            Grouped::Field(field) => names.contains(field),
            _ => false,
        })
    }

    /// "neighbours by country", of rows that lead to two countries each: as many as each has by the other relationship.
    fn other_end(&self, join: JoinId, all: &SemanticFrame) -> Option<JoinId> {
        let Join { from, to, .. } = *self.ground.join(join);
        let mut others = self.other_ends(join);
        let (other, None) = (others.next()?, others.next()) else { return None };
        let is_plain = all.filters.is_empty() && all.nouns.len() == 1 && all.groups.len() == 1;
        let is_one = is_plain && self.are_by_themselves(to, all) && schema_graph::links_once(self.ground, from);
        is_one.then_some(other)
    }

    /// By what else the same rows lead to the same things.
    fn other_ends(&self, join: JoinId) -> impl Iterator<Item = JoinId> {
        let known = self.ground.join(join);
        let is_other = move |id: &JoinId| {
            let other = self.ground.join(*id);
            *id != join && (other.from, other.to) == (known.from, known.to)
        };
        (0..self.ground.joins.len()).map(JoinId).filter(is_other)
    }

    /// What they are ranked by is a figure of these rows.
    fn is_figure_of(&self, all: &SemanticFrame, from: DatasetId) -> bool {
        let Some(Rank::Best { measure, .. }) = &all.rank else { return false };
        let home = schema_graph::home(self.ground, measure);
        home.is_some_and(|home| schema_graph::reach(self.ground, home).contains(&from)) && all.belongs.is_empty()
    }

    /// The things are those that stand so to another one of them; where none is named, they are asked for.
    pub fn kin(&mut self, all: &mut SemanticFrame) -> Outcome<()> {
        for (kin, is_without) in std::mem::take(&mut all.kindred) {
            let of = self.ground.join(kin.join).from;
            let (op, digits) = if is_without { (Op::Is, "0") } else { (Op::AtLeast, "1") };
            let (measure, values) = (Measure::CountOf(of), vec![Value::Number(digits.to_owned())]);
            self.query.members.push(Member {
                of,
                kin: Some(kin),
                measure,
                filters: Vec::new(),
                time: None,
                op,
                values,
            });
        }
        let [(kin, filter)] = all.kin.as_slice() else {
            return if all.kin.is_empty() { Ok(()) } else { Err(Resolution::Nothing) };
        };
        let of = self.ground.join(kin.join).from;
        let is_entity = |phrase: &Phrase| matches!(phrase.noun, Noun::Entity(_));
        // "who trained Vera": of those who stand so to her, and of no others.
        if all.nouns.iter().any(|phrase| matches!(phrase.noun, Noun::Entity(id) if id != of)) && all.measures.is_empty()
        {
            return Err(Resolution::Nothing);
        }
        let is_figured = !all.measures.is_empty() || all.rank.is_some() || !all.groups.is_empty();
        if !all.nouns.iter().any(is_entity) && !is_figured {
            all.nouns.push(Phrase::one(of));
        }
        all.is_list |= all.measures.is_empty();
        if !kin.is_below && is_superior(self.ground, self.ground.join(kin.join)) {
            self.notes.push(format!("Of {} only those right below it, not those below these.", self.shown(of)));
        }
        let values = vec![Value::Number("1".to_owned())];
        let (measure, filters) = (Measure::CountOf(of), vec![filter.clone()]);
        let member = Member { of, kin: Some(*kin), measure, filters, time: None, op: Op::AtLeast, values };
        self.query.members.push(member);
        Ok(())
    }
}
