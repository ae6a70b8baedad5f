//! Observations: what was measured or counted of a record at some time. They stand beside the record, are counted in no
//! version, and the newest of them stay.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::id::{AccountId, Millis, RecordId};
use crate::problem::Problem;

/// One sort of observation. Kinds name those that their records can have.
pub struct SeriesDef {
    /// snake_case, unique.
    pub name: &'static str,
    /// How many of each item stay: the newest.
    pub kept: u32,
    pub measures: Measures,
}

/// Which members of a profile tell what, as profilers call them. They have many others, and grow: whatever is not named
/// here may tell a value.
pub struct Measures {
    /// What it is a profile of, and how it was made.
    pub definition: &'static [&'static str],
    /// How many: of rows, of nulls, of distinct values, of characters.
    pub counts: &'static [&'static str],
}

impl Measures {
    pub const NONE: Measures = Measures { definition: &[], counts: &[] };
}

/// Compared by name.
#[derive(Clone, Copy)]
pub struct Series(pub &'static SeriesDef);

impl Series {
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// Whether the member tells no value.
    pub fn counts(self, member: &str) -> bool {
        self.defines(member) || self.0.measures.counts.contains(&member)
    }

    /// Whether the member tells nothing of rows.
    pub fn defines(self, member: &str) -> bool {
        self.0.measures.definition.contains(&member)
    }
}

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}
impl Eq for Series {}
impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

macro_rules! series {
    (@ $measures:expr) => { $measures };
    (@) => { Measures::NONE };
    ($($(#[$doc:meta])* $name:ident = $text:literal, $kept:expr $(, $measures:expr)?;)*) => {
        $($(#[$doc])* pub const $name: Series = {
            const DEF: &SeriesDef = &SeriesDef { name: $text, kept: $kept, measures: series!(@ $($measures)?) };
            Series(DEF)
        };)*
        /// Every series, for loops.
        pub const ALL: &[Series] = &[$($name),*];
    };
}

/// A year of daily runs, and then some.
const YEAR: u32 = 400;

const OF_TABLES: Measures = Measures {
    definition: &["timestamp", "columnCount", "createDateTime", "profileSample", "profileSampleType"],
    counts: &["rowCount", "sizeInByte"],
};
const OF_COLUMNS: Measures = Measures {
    definition: &["name", "timestamp"],
    counts: &[
        "valuesCount",
        "valuesPercentage",
        "validCount",
        "duplicateCount",
        "nullCount",
        "nullProportion",
        "missingPercentage",
        "missingCount",
        "uniqueCount",
        "uniqueProportion",
        "distinctCount",
        "distinctProportion",
        "minLength",
        "maxLength",
    ],
};

/// Bounds and values of a test are of rows; that it failed is not.
const OF_TESTS: Measures = Measures {
    definition: &["id", "testCaseFQN", "timestamp", "testCaseStatus"],
    counts: &["passedRows", "failedRows", "passedRowsPercentage", "failedRowsPercentage"],
};

series! {
    /// Some rows of a table, as they are: the last sample.
    SAMPLE_DATA = "sample_data", 1;
    /// What a profiler computed of a table…
    TABLE_PROFILE = "table_profile", YEAR, OF_TABLES;
    /// …of each of its columns, which are the items…
    COLUMN_PROFILE = "column_profile", YEAR, OF_COLUMNS;
    /// …and what was done to its rows.
    SYSTEM_PROFILE = "system_profile", YEAR;
    /// What a test of a table or a column came to.
    TEST_RESULT = "test_case_result", 1_000, OF_TESTS;
    /// What a table is joined with: the last count.
    JOINS = "joins", 1;
    /// How often something was used on a day.
    USAGE = "usage_summary", YEAR;
    /// How often rows of a product were read on a day, whichever way they left by.
    READINGS = "readings", YEAR;
    /// That a token or a key of a user was used, which is the item: the last time.
    CREDENTIAL_USES = "credential_uses", 1;
    /// How a run of a pipeline went.
    PIPELINE_STATUS = "pipeline_status", 1_000;
    /// How a run of an ingestion pipeline went, or a crawl of a service from here.
    INGESTION_RUN = "pipeline_statuses", 1_000;
    /// What a query has cost.
    QUERY_COST = "query_cost", YEAR;
}

/// One value of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub record: RecordId,
    pub series: Series,
    /// The part of the record that it is of; empty for the record itself.
    pub item: String,
    pub at: Millis,
    pub value: Value,
}

/// What names an observation of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub series: Series,
    pub item: String,
    pub at: Millis,
}

/// Which observations of one item are asked for, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    pub account: AccountId,
    pub record: RecordId,
    pub series: Series,
    pub item: String,
    /// Both ends included.
    pub from: Millis,
    pub to: Millis,
    pub limit: u32,
}

/// The answer to a [`Range`].
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    pub found: Vec<Observation>,
    /// How many there are between the two ends.
    pub total: u64,
}

/// An observation that is written; one without a value takes away what stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Noted {
    pub key: Key,
    pub value: Option<Value>,
}

/// What a request says of one observation.
#[derive(Clone)]
pub struct ObservationEdit {
    pub series: Series,
    pub item: String,
    pub what: Note,
}

/// Computes what is to stand in the place of what stands there; `None` takes it away.
pub type Compute = Arc<dyn Fn(Option<&Value>) -> Result<Option<Value>, Problem> + Send + Sync>;

#[derive(Clone)]
pub enum Note {
    /// Takes the place of what was observed at that time.
    At(Millis, Value),
    /// The same, made of what stands there.
    From(Millis, Compute),
    /// Is the newest from now on, if it says anything else than the newest does.
    Now(Value),
    /// Takes the newest away.
    Forget,
}

impl fmt::Debug for ObservationEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.series.name())
    }
}
