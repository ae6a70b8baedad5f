//! The semantic frame of a question: what its items say, each in the slot of its sort.

use super::items::{Alone, Deed, Edit, Grouped, Item, Phrase, Rank, Target};
use crate::chat::dates::{Against, Stated};
use crate::chat::ground::{DatasetId, FieldId, JoinId};
use crate::chat::query::{Filter, Kin, Measure, Op, Value};

/// What a question says, before the resolver knows what that is together.
#[derive(Debug, Default)]
pub(super) struct SemanticFrame {
    pub measures: Vec<(Measure, Option<DatasetId>)>,
    /// In the order of the question.
    pub nouns: Vec<Phrase>,
    /// How many of `nouns` stand before the last sentence.
    pub stop: Option<usize>,
    pub is_if_any: bool,
    /// "number", "code": fields of the thing, by the word alone.
    pub own: Vec<String>,
    /// How many of `nouns` stand before the last groups.
    pub before_groups: usize,
    /// "caused by a storm": the relationship, and the dataset that is named behind it.
    pub by_verb: Vec<(JoinId, DatasetId)>,
    pub is_which: bool,
    /// "who", whatever follows.
    pub is_person: bool,
    /// "who": a person is asked for.
    pub is_who: bool,
    /// "without articles".
    pub is_lacking: bool,
    pub is_list: bool,
    /// The things that are named are counted.
    pub is_counted: bool,
    /// "who reported": persons are asked for by what they did.
    pub is_someone: bool,
    pub filters: Vec<Filter>,
    /// Of a share: what holds for the part alone.
    pub part: Vec<Filter>,
    pub conditions: Vec<(Target, Op, Vec<Value>)>,
    /// Of a share: the conditions before and behind the figure, each of which may be the part.
    pub is_either_part: bool,
    /// Of a share with groups: what holds for the part, or for the whole.
    pub unclear_part: Vec<Filter>,
    /// Conditions with the thing that they are said of.
    pub said_of: Vec<(DatasetId, Filter)>,
    /// "cancelled in 2025": places of periods that stand behind a condition.
    pub done_in: Vec<(usize, Filter)>,
    /// "delivered by Ann": times at which that was done.
    pub done_at: Vec<FieldId>,
    /// A condition on a figure stands behind the groups.
    pub has_condition_behind: bool,
    pub belongs: Vec<Belongs>,
    /// "approved by the manager": the groups stand right behind the verb of a relationship.
    pub is_verb_before_by: bool,
    /// Relationships that are named, each with the dataset that is grouped by right before it.
    pub through: Vec<(JoinId, Option<DatasetId>, Alone)>,
    pub happened: Vec<FieldId>,
    /// "opened and closed in October": the period stands behind both.
    pub are_both_within: bool,
    pub deed: Option<Deed>,
    /// "signups": counted by this time.
    pub deeds: Vec<FieldId>,
    /// "who is the owner of".
    pub who: Option<JoinId>,
    /// "which manager": what relationships call the things that are asked for.
    pub named_roles: Vec<JoinId>,
    /// "with their manager": what relationships call what they lead to.
    pub roles: Vec<JoinId>,
    pub kin: Vec<(Kin, Filter)>,
    pub kindred: Vec<(Kin, bool)>,
    pub groups: Vec<Grouped>,
    pub is_per: bool,
    /// "per customer … by month": one for each, or an average.
    pub is_per_beside_by: bool,
    pub times: Vec<(usize, Stated, Option<FieldId>)>,
    pub versus: Vec<Against>,
    pub versus_ranges: Vec<Stated>,
    pub versus_values: Option<(FieldId, Value, Value)>,
    pub over: Option<Against>,
    pub is_change: bool,
    pub is_compared: bool,
    pub rank: Option<Rank>,
    /// How many of `nouns` stand before it.
    pub before_rank: usize,
    pub by: Option<Measure>,
    pub order: Option<(Target, Option<bool>)>,
    pub direction: Option<bool>,
    pub age: Option<bool>,
    pub is_alphabetical: bool,
    pub limit: Option<u64>,
    pub when: Option<(DatasetId, bool)>,
    /// "when did": the times of what is named are wanted.
    pub is_when_did: bool,
    pub is_share: bool,
    /// What a share is of has conditions of its own.
    pub is_unclear: bool,
    /// "which product", before the figure.
    pub is_which_noun: bool,
    /// "regions where revenue …"
    pub is_noun_first: bool,
    pub is_how_much: bool,
    pub is_of_total: bool,
    pub is_cumulative: bool,
    pub is_trend: bool,
    pub is_also: bool,
    pub is_removal: bool,
    pub grew: Option<bool>,
    pub per: Option<DatasetId>,
    /// "per active subscription".
    pub per_figure: Option<Measure>,
    pub averaged: Option<Measure>,
    pub is_on_average: bool,
    /// "with their number of": the place of these words; behind them stand figures and columns of the things.
    pub theirs: Option<usize>,
    /// Those of `groups` that each have something of their own: "within each region".
    pub each: Vec<Grouped>,
    /// "each region and number of orders": nothing stands before them.
    pub is_each_first: bool,
    /// A figure has conditions of its own: "number of paid orders".
    pub has_own_filters: bool,
    /// Behind a figure and "and": "revenue and returns".
    pub beside: Vec<Phrase>,
    pub edits: Vec<Edit>,
}

impl SemanticFrame {
    /// Nothing is asked of the things that are named but what "when" asks.
    pub fn is_only_named(&self) -> bool {
        let is_figured =
            !self.measures.is_empty() || !self.beside.is_empty() || self.rank.is_some() || self.by.is_some();
        let is_grouped =
            !self.groups.is_empty() || self.is_share || self.is_cumulative || self.is_trend || self.is_change;
        let is_limited = !self.times.is_empty() || !self.conditions.is_empty() || !self.belongs.is_empty();
        let is_compared = !self.versus.is_empty() || !self.versus_ranges.is_empty() || self.over.is_some();
        let is_sorted = self.order.is_some() || self.age.is_some() || self.limit.is_some() || self.direction.is_some();
        !is_figured && !is_grouped && !is_limited && !is_compared && !is_sorted && self.through.is_empty()
    }

    /// A direction, and no figure that it could be of.
    pub fn is_sorted_by_own(&self) -> bool {
        let is_figured = self.is_trend || self.is_share || self.is_cumulative || self.is_change || self.is_compared;
        let is_compared = self.over.is_some() || !self.versus.is_empty() || !self.versus_ranges.is_empty();
        self.direction.is_some() && self.order.is_none() && !self.is_per && !is_figured && !is_compared
    }

    pub fn belong(&mut self, what: Belonging, subject: Option<DatasetId>) {
        let is_behind_groups = !self.groups.is_empty();
        self.belongs.push(Belongs {
            what,
            subject,
            behind: Vec::new(),
            is_behind_groups,
            is_described: false,
            things: Vec::new(),
        });
    }
}

/// A condition on things by what belongs to them, with the conditions and periods behind it.
#[derive(Debug)]
pub(super) struct Belongs {
    pub what: Belonging,
    /// The thing named last before it.
    pub subject: Option<DatasetId>,
    pub behind: Vec<(usize, Item)>,
    /// Groups were named before it.
    pub is_behind_groups: bool,
    /// "more than 3 paid orders": conditions of its own.
    pub is_described: bool,
    /// "bought products of the brand Orion": things that it was done with, for what is said of them.
    pub things: Vec<DatasetId>,
}

#[derive(Debug)]
pub(super) enum Belonging {
    Has {
        dataset: DatasetId,
        filters: Vec<Filter>,
        via: Option<JoinId>,
        is_named: bool,
        is_without: bool,
    },
    /// "more than 3 orders".
    Condition {
        measure: Measure,
        op: Op,
        values: Vec<Value>,
    },
}
