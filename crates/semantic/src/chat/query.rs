//! The query: what a question asks for, without its words, the one form between reading and planning.

use super::ground::{DatasetId, FieldId, Ground, JoinId, MetricId};
use crate::model::Granularity;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Empty with `listed`: rows of it are listed, each dimension a column. Empty without: every different combination
    /// of the dimensions, once.
    pub measures: Vec<Measure>,
    pub dimensions: Vec<Dimension>,
    pub filters: Vec<Filter>,
    pub time: Option<TimeRange>,
    /// Nobody said which time is meant: each figure is dated by its own, the fields of `time` and of groupings by time
    /// being those of the first.
    pub is_dated_by_own: bool,
    pub having: Vec<Having>,
    pub compare: Option<Compare>,
    pub order: Vec<Order>,
    pub limit: Option<Limit>,
    /// Of a list: those that share the last place of its order are among its first rows.
    pub keeps_ties: bool,
    pub share: Option<Share>,
    /// "Which percentage of orders is cancelled": these hold for the part alone, not for the whole that it is a share
    /// of. Only with `share` `OfTotal`; with dimensions, each group has its own whole.
    pub part: Vec<Filter>,
    pub members: Vec<Member>,
    /// Only rows of some things, which a query of its own picks.
    pub picked: Option<Picked>,
    /// Running totals along the time dimension.
    pub is_cumulative: bool,
    /// Of a list of rows: the dataset that it lists.
    pub listed: Option<DatasetId>,
    /// Groups are those of all rows of this dataset, so that of those without anything there are zero.
    pub all_of: Option<DatasetId>,
    /// Of a relationship of a dataset with itself: what is shown of the dataset is that of those to whom its rows lead.
    pub led_by: Option<JoinId>,
    /// Joins that the words chose where several ways lead between two datasets.
    pub via: Vec<JoinId>,
    /// Joins that lead to who did something: chosen for ways that end with them, not for what lies beyond.
    pub done_by: Vec<JoinId>,
}

impl Query {
    /// A way between tables was chosen already.
    pub fn passes(&self, way: &[JoinId]) -> bool {
        way.iter().all(|join| self.via.contains(join))
    }

    /// Figures of the model that are one aggregate of one column, as that: what is computed alike is alike.
    pub(super) fn plain(mut self, ground: &Ground) -> Query {
        for measure in &mut self.measures {
            let Measure::Metric(id) = measure else { continue };
            let metric = ground.metric(*id);
            let text: String =
                metric.expression.chars().filter(|c| !c.is_whitespace() && !"\"`".contains(*c)).collect();
            let aggregates = [
                ("sum(", Aggregate::Sum),
                ("avg(", Aggregate::Average),
                ("max(", Aggregate::Maximum),
                ("min(", Aggregate::Minimum),
            ];
            let text = text.to_lowercase();
            let is_whole = metric.default_filters.is_empty() && metric.time.is_none();
            let inner = |(word, aggregate): (&str, Aggregate)| {
                Some((text.strip_prefix(word)?.strip_suffix(')')?.to_owned(), aggregate))
            };
            let Some((column, aggregate)) = aggregates.into_iter().find_map(inner).filter(|_| is_whole) else {
                continue;
            };
            let is_it = |field: &FieldId| {
                let known = ground.field(*field);
                let of = &ground.dataset(known.dataset).names.name;
                let plain = super::ground::plain_column(&known.expression);
                plain.is_some_and(|name| format!("{of}.{name}").eq_ignore_ascii_case(&column))
            };
            if let Some(field) = (0..ground.fields.len()).map(FieldId).find(is_it) {
                *measure = Measure::Of { aggregate, field };
            }
        }
        self
    }

    /// One form of what can be written in several: conditions and their values in order.
    pub(super) fn canonical(mut self) -> Query {
        for filter in self.filters.iter_mut().chain(&mut self.part) {
            if !matches!(filter.op, Op::Between) {
                filter.values.sort_by_key(|value| format!("{value:?}"));
                filter.values.dedup();
            }
        }
        self.filters.sort_by_key(|filter| format!("{filter:?}"));
        self.filters.dedup();
        self.part.sort_by_key(|filter| format!("{filter:?}"));
        self.members.sort_by_key(|member| format!("{member:?}"));
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
    Median,
    /// The greatest without the least.
    Spread,
    /// How many days, months and so on.
    Periods(Grain),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Measure {
    Metric(MetricId),
    /// How many rows the dataset has, each counted once whatever it is joined to.
    CountOf(DatasetId),
    /// How many of `what` have a row at the other end of the joins: customers who bought.
    CountThrough {
        what: DatasetId,
        through: JoinId,
    },
    Of {
        aggregate: Aggregate,
        field: FieldId,
    },
    /// The figure over the number of those of a dataset that its rows belong to: revenue per order.
    Per {
        measure: Box<Measure>,
        of: DatasetId,
    },
    /// One figure over another, a count, each of its own rows and dated by its own time: revenue per session.
    Over {
        part: Box<Measure>,
        whole: Box<Measure>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// Monday and the like, of any week.
    Weekday,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    pub const fn word(self) -> &'static str {
        match self {
            Grain::Weekday => "weekday",
            Grain::Day => "day",
            Grain::Week => "week",
            Grain::Month => "month",
            Grain::Quarter => "quarter",
            Grain::Year => "year",
        }
    }
}

impl From<Granularity> for Grain {
    fn from(finest: Granularity) -> Grain {
        match finest {
            Granularity::Day => Grain::Day,
            Granularity::Month => Grain::Month,
            Granularity::Quarter => Grain::Quarter,
            Granularity::Year => Grain::Year,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dimension {
    pub field: FieldId,
    pub grain: Option<Grain>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
    /// Two values, both included.
    Between,
    Contains,
    StartsWith,
    EndsWith,
    /// With a day: or not before it.
    IsEmpty,
    /// With a day: and before it.
    IsNotEmpty,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    /// As decimal digits.
    Number(String),
    Boolean(bool),
    Date(jiff::civil::Date),
}

/// Several values of `Is` mean any of them, of `IsNot` none of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    pub field: FieldId,
    pub op: Op,
    pub values: Vec<Value>,
}

/// Half open: `from` is in it, `to` is not. Without an end it is open there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRange {
    pub field: FieldId,
    pub range: Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    pub from: Option<jiff::civil::Date>,
    pub to: Option<jiff::civil::Date>,
    /// The period that it is, or of which it is several: what "the period before" counts in.
    pub grain: Option<Grain>,
    /// Its period is not over yet.
    pub is_partial: bool,
}

/// A condition on the rows of `of`, by a figure of the rows that belong to each of them: customers with more than three
/// paid orders, products that nobody bought.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub of: DatasetId,
    /// The rows are of the same dataset, over a relationship of it with itself.
    pub kin: Option<Kin>,
    /// Of rows that lead to those of `of`; `filters` and `time` hold for these.
    pub measure: Measure,
    pub filters: Vec<Filter>,
    pub time: Option<TimeRange>,
    pub op: Op,
    pub values: Vec<Value>,
}

/// The things that a ranking comes to: "the match with the highest attendance".
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    pub of: DatasetId,
    /// It lists them, or is grouped by them.
    pub query: Box<Query>,
}

/// Where the others stand in a relationship of a dataset with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    pub join: JoinId,
    /// They lead to the row; else the row leads to them.
    pub is_below: bool,
}

/// A condition on a group: on a measure, which need not be among those shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Having {
    pub measure: Measure,
    pub op: Op,
    pub values: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CompareTo {
    /// The range of time before, as long, counted in the grain of the range: before three months come three months. Of
    /// a period that is not over, the same part of the one before. Of a grouping by time, each bucket with the one
    /// before.
    PreviousPeriod,
    SamePeriodLastYear,
    /// Another range that the question names.
    Range(Range),
    /// One value of a field with another.
    Values {
        field: FieldId,
        first: Value,
        second: Value,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    pub to: CompareTo,
    /// Show the difference and its percentage beside both figures.
    pub shows_change: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// Index into [`Query::measures`].
    Measure(usize),
    /// Index into [`Query::dimensions`].
    Dimension(usize),
    /// The change of a comparison, of the measure of that index.
    Change(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order {
    pub by: By,
    pub is_descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    pub rows: u64,
    /// So many of each value of the first dimension.
    pub is_per_group: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Share {
    OfTotal,
    /// Of the total of each value of the dimension of that index.
    Of(usize),
}
