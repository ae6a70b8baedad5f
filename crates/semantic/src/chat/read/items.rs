//! Items: what stretches of a question say, before it is resolved what they say together.

use crate::chat::dates::{Against, Stated};
use crate::chat::ground::{DatasetId, FieldId, JoinId, MetricId};
use crate::chat::query::{Aggregate, Filter, Grain, Kin, Measure, Op, Value};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Noun {
    Entity(DatasetId),
    Field(FieldId),
    Grain(Grain),
}

/// A noun with what stands before it: "paid orders", "5 products".
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Phrase {
    pub noun: Noun,
    pub filters: Vec<Filter>,
    pub is_distinct: bool,
    pub number: Option<u64>,
    pub is_plural: bool,
    /// Its last filter says which one: "order 1234".
    pub is_keyed: bool,
    /// It stands behind "of".
    pub is_of: bool,
    /// "the customer": a certain one, or the one of each.
    pub is_the_one: bool,
    pub is_behind_comma: bool,
    /// "managers": they are called so for what this relationship leads to.
    pub role: Option<JoinId>,
    /// "gold medals", where a figure of the model is called medals, too: how many there are is what that adds up. Its place
    /// among the metrics: what is printed of the phrase names the things alone.
    pub figure: Option<usize>,
}

impl Phrase {
    /// The one thing of a dataset.
    pub fn one(of: DatasetId) -> Phrase {
        Phrase {
            noun: Noun::Entity(of),
            filters: Vec::new(),
            is_distinct: false,
            number: None,
            is_plural: false,
            is_keyed: false,
            is_of: false,
            is_the_one: true,
            is_behind_comma: false,
            role: None,
            figure: None,
        }
    }

    /// What is meant by how many there are, where a figure is called so.
    pub fn figure(&self) -> Option<MetricId> {
        self.figure.map(MetricId)
    }

    /// "projects": all of them.
    pub fn is_bare_plural(&self) -> bool {
        self.is_plain() && self.is_plural && self.filters.is_empty() && !self.is_distinct
    }

    /// Neither so many nor a certain one.
    pub fn is_plain(&self) -> bool {
        self.number.is_none() && !self.is_keyed
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Grouped {
    Field(FieldId),
    Entity(DatasetId),
    Grain(Grain),
    FieldGrain(FieldId, Grain),
    /// "per actor": things with the value that they are called by.
    Such(FieldId, Value),
    /// What a relationship leads to, by the name that it gives it: "account owner"; with a field, that field of it.
    Role(JoinId, Option<FieldId>),
}

/// What a condition or an order is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    Measure(Measure),
    Field(FieldId),
    /// "longer than": how long it lasts.
    Lasting,
    /// Not named.
    Open,
    /// Not named, and a part of one: "below 90%".
    Fraction,
}

/// What a verb says: who has rows of `of` did it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Done {
    pub of: DatasetId,
    pub via: Option<JoinId>,
    pub happened: Option<FieldId>,
    /// Not only a time: a relationship or a thing is called so.
    pub is_deed: bool,
}

impl Done {
    /// No verb was said.
    pub fn nothing(of: DatasetId) -> Done {
        Done { of, via: None, happened: None, is_deed: false }
    }
}

/// Rows of what was done link who did it with what it was done to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Deed {
    pub by: JoinId,
    /// What is counted is what was done to, else the rows themselves.
    pub to: Option<JoinId>,
}

/// What the verb of a relationship says by itself of the rows that it begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alone {
    /// "placed", "registered": that they came to be, or what stands behind it says all.
    Nothing,
    /// "approved", "assigned": that they lead to somebody.
    Linked,
    /// "taught online": how they are; that they lead to somebody where the model says that some do not.
    So,
    /// Behind it stands to whom: "approved by".
    By,
    /// Rows of something are in a state that is called so, too.
    State,
}

/// What a question says that it does not ask for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Contrast {
    Field(FieldId),
    Thing(DatasetId),
    Figure(MetricId),
}

/// How rows are ranked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rank {
    /// "top 5 products"; what they are ranked by is said elsewhere.
    Top {
        n: Option<u64>,
        is_descending: bool,
        /// "largest", "smallest": by a figure of their own.
        is_size: bool,
        what: Option<Phrase>,
        /// "most viewed": how many views there are.
        by: Option<Measure>,
        /// "cheapest": the figure of their own.
        own: Option<FieldId>,
    },
    /// "with the most orders".
    Best { measure: Measure, is_descending: bool },
    /// `is_many`: "the most seats", not "the highest price".
    BestField { field: FieldId, is_descending: bool, is_many: bool },
    /// "last 10 orders".
    Recent { n: Option<u64>, is_descending: bool, what: Phrase },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// Nothing of its own.
    Skip,
    And,
    Copula,
    /// "which", "what", "who".
    Which,
    /// "who", at the beginning.
    Person,
    /// "list", "show": rows are wanted where things without a figure are named.
    List,
    /// "number of", before what it happened to: "number of cancelled orders".
    Counted,
    /// "how many" at the end: those that were named.
    HowMany,
    /// The end of a sentence that another one follows.
    Stop,
    /// "if any": what has none is wanted, too.
    IfAny,
    /// "number", "code": that of the thing.
    Own(String),
    /// "generated", "caused": of the figure before and of what stands right before, it says nothing more.
    Light,
    /// "how much": a figure that is no count.
    HowMuch,
    Measure {
        measure: Measure,
        filters: Vec<Filter>,
        of: Option<DatasetId>,
    },
    Noun(Phrase),
    /// "who": the persons, which ones.
    Someone(Phrase),
    Filter(Filter),
    /// "in force on DAY": begun by then, and not over.
    InForce(Vec<Filter>),
    /// "without articles": of groups, that they have none.
    Lacking(Filter),
    /// Values joined by "and": of one row it can only be one of them, of what belongs to a thing each.
    Each(Filter),
    /// ", not the cost": what is not asked for.
    NotThat(Contrast),
    /// "in minutes": of the figure.
    InUnit(String),
    /// "on average".
    OnAverage,
    /// "and their".
    Their,
    /// "their number of berths", of which each has so many.
    Theirs(FieldId),
    Condition {
        target: Target,
        op: Op,
        values: Vec<Value>,
    },
    /// "more than 3 paid orders".
    Many {
        measure: Measure,
        filters: Vec<Filter>,
        op: Op,
        values: Vec<Value>,
    },
    /// "without a customer", "with paid orders", "never bought".
    Has {
        dataset: DatasetId,
        filters: Vec<Filter>,
        via: Option<JoinId>,
        /// "opened" of "opened a ticket".
        happened: Option<FieldId>,
        /// What there is of it was named, not only the verb.
        is_named: bool,
        is_without: bool,
    },
    /// "but not", before a period: the same is not so in it.
    ButNot,
    /// With the time that is called by the same verb.
    Through(JoinId, Option<FieldId>, Alone),
    Happened(FieldId),
    /// "viewed", before "the most properties".
    Deed(Deed),
    /// "signups": how many there were.
    Deeds(FieldId),
    /// "who is the owner of".
    Who(JoinId),
    /// "manager", of something that has one.
    RoleOf(JoinId),
    /// "Sam's boss", "who report to Sam": of a relationship of things with themselves.
    Kin(Kin, Filter),
    /// "never replaced", "who referred somebody": whether there is any; whether there is none.
    Kindred(Kin, bool),
    /// `is_per`: "per", "for each", not only "by". `adds`: "also by".
    Group {
        by: Vec<Grouped>,
        is_per: bool,
    },
    /// "per order", where a figure for one of them may be meant.
    Per(DatasetId),
    /// "per active subscription", "per bed": of as many as a figure counts.
    PerFigure(Measure),
    /// "average number of orders", of something that each belongs to.
    Averaged(Measure),
    /// "over time", "trend".
    Trend,
    Time {
        stated: Stated,
        field: Option<FieldId>,
    },
    Versus(Against),
    /// "versus" before a second range.
    VersusRange(Stated),
    VersusValues {
        field: FieldId,
        first: Value,
        second: Value,
    },
    Over(Against),
    Change,
    /// "grew the most"; whether what grew is meant.
    Grew(bool),
    /// "compare": what follows are two of something.
    CompareWord,
    Rank(Rank),
    /// "when was the last order".
    When {
        dataset: DatasetId,
        is_last: bool,
        filters: Vec<Filter>,
    },
    /// "when did", before who did it and what was done.
    WhenDid,
    /// "top 5 products by revenue".
    By(Measure),
    Order {
        target: Target,
        is_descending: Option<bool>,
    },
    Direction(bool),
    /// "newest first", by time.
    Age(bool),
    Alphabetical,
    /// Of the number before it.
    Unit(&'static str),
    Share,
    /// "as a percentage of the total".
    OfTotal,
    /// "in all", before what a share is of.
    OfAll,
    Cumulative,
    Limit(u64),
    // Of follow-ups.
    Remove,
    Also,
    Marker,
    Edit(Edit),
}

/// A change of the query before.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Edit {
    /// "the month before".
    Earlier(Against),
    /// "a year later": so many periods, of any range.
    Later(i32, Grain),
    /// "how many of them".
    Count,
    /// "list them".
    List,
    /// "instead of month"; whether "not by month" was said, which needs no other grouping.
    Instead(Grouped, bool),
    /// "without units", of several figures.
    Without(Measure),
    /// "in total".
    Total(TotalKind),
    /// "of all time".
    AllTime,
    /// "without the comparison".
    Alone,
    /// "all of them", of the first ones.
    All,
    /// "in absolute numbers", of shares.
    Absolute,
    /// "the other way round".
    Reversed,
    /// "drop the city filter".
    Drop(FieldId),
    /// "as a share of all orders".
    Share(Option<DatasetId>),
    /// "the longest one of each".
    Each(Aggregate),
    /// "compare it with France".
    Beside(FieldId, Value),
    /// "which region has the most?", "and the fewest?": the first of what was grouped; by what, where it is said.
    First { by: Option<Grouped>, is_descending: bool },
    /// "the heaviest one", "which of them has the highest price", "top 3 by price": those of the list.
    Foremost { by: Foremost, is_descending: bool, rows: u64 },
}

/// What a message asks for that says "total".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TotalKind {
    /// "the total": of what is shown.
    Sum,
    /// "in total": a sum, or all as one.
    Either,
    /// "overall", "without groups".
    Whole,
}

/// What the rows of a list are ranked by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Foremost {
    Field(FieldId),
    /// Their one figure that is called so.
    Called(&'static [&'static str]),
    /// How long each lasts.
    Lasting,
    /// Their time.
    Time,
    /// When they came to be.
    Age,
    /// Their one figure.
    Size,
}
