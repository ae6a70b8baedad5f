//! Answers: what a question came to, part by part.
//!
//! The parts print as JSON in canonical names: so they stand in threads, in events, and in what clients get.

mod placed;
mod words;

use emporion_catalog::rows::masks::Mask;
use emporion_edge::timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::message::Nouns;
use crate::warning::Warning;

pub use placed::{Placed, Shows};
pub use words::{ChartFormat, ClarificationKind, ConfidenceLevel, Method, RefusalReason, Status};

/// An answer, but for its place in a thread. Of one that was read from a thread, what is kept there: no rows, and of
/// quotes their places.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Answer {
    #[serde(deserialize_with = "words::known_or_default")]
    pub status: Status,
    /// The answer in words, or what is asked back.
    pub text: String,
    pub table: Option<Table>,
    pub chart: Option<Chart>,
    pub sql: Option<Sql>,
    pub interpretation: Option<Interpretation>,
    pub provenance: Option<Provenance>,
    pub confidence: Option<Confidence>,
    /// `None` where no documents were asked.
    pub quotes: Option<Vec<Quote>>,
    /// The documents that are quoted.
    pub sources: Vec<Source>,
    pub clarification: Option<Clarification>,
    #[serde(flatten)]
    pub refusal: Option<Refusal>,
    /// Questions that would be answered.
    pub suggestions: Vec<String>,
    pub warnings: Vec<AnswerWarning>,
    /// How the question was read, for those who mend the model.
    #[serde(skip)]
    pub trace: Option<Value>,
}

impl Answer {
    pub fn new(status: Status, text: impl Into<String>) -> Answer {
        Answer { status, text: text.into(), ..Answer::default() }
    }

    /// One that a thread keeps; `None` for what is none.
    pub fn parse(kept: &Value) -> Option<Answer> {
        Answer::deserialize(kept).ok()
    }

    pub fn method(&self) -> Option<Method> {
        self.provenance.as_ref()?.method
    }
}

/// Rows as a source gave them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    pub row_count: usize,
    /// There are more rows.
    #[serde(rename = "truncated")]
    pub is_truncated: bool,
    #[serde(rename = "executionTime")]
    pub took_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    pub name: String,
    pub label: String,
    #[serde(rename = "type")]
    pub ty: String,
    /// As in `#,##0.00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `month`, where its days are the first ones of months, and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grain: Option<String>,
    /// What its reader is shown in place of the values, as masks are named: `year`, `hashed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
}

/// A drawing of the rows, with its data.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chart {
    #[serde(rename = "type", deserialize_with = "words::known_or_default")]
    pub format: ChartFormat,
    pub spec: Value,
}

/// The statement that was run, or would be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sql {
    pub text: String,
    pub dialect: String,
    pub parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    pub name: String,
    pub value: Value,
}

/// What a question was taken for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Interpretation {
    /// The query, as its planner describes it: metrics, dimensions, filters, time, order.
    #[serde(flatten)]
    pub query: Map<String, Value>,
    /// Names of the documents that were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<String>>,
    /// Words that were searched for in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<Vec<String>>,
    /// What was taken for granted, in sentences.
    pub assumptions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<Vec<Used>>,
    /// It changes the question before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_follow_up: Option<bool>,
}

impl Interpretation {
    /// Of what the planner says of a query, its assumptions among it.
    pub fn of_query(described: Value) -> Interpretation {
        let Value::Object(mut query) = described else { return Interpretation::default() };
        let assumptions = query.shift_remove("assumptions");
        let assumptions = assumptions.iter().filter_map(Value::as_array).flatten();
        let assumptions = assumptions.filter_map(|one| Some(one.as_str()?.to_owned())).collect();
        Interpretation { query, assumptions, ..Interpretation::default() }
    }

    /// Whether the query is about a range of time.
    pub fn has_time(&self) -> bool {
        self.query.get("time").is_some_and(Value::is_object)
    }
}

/// Words of a question, with their place in it in bytes, and what they were taken for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Used {
    pub words: String,
    pub from: usize,
    pub to: usize,
    pub meaning: String,
}

/// What an answer comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// `None` where nothing answers.
    #[serde(deserialize_with = "words::known")]
    pub method: Option<Method>,
    /// `None` where no part of the product was looked at.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<StepTimes>,
}

/// The parts of a product that an answer was made of.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Origin {
    pub verified_query_id: Option<String>,
    pub semantic_models: Vec<ModelRevision>,
    /// Ids that the product gives to its tables.
    pub data_assets: Vec<String>,
    /// Ids of the documents that are quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<String>>,
    /// The products that these belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_products: Option<Vec<String>>,
    pub data_product_version: u64,
    /// When it was made.
    #[serde(rename = "asOf")]
    pub as_of: Option<Moment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelRevision {
    pub id: String,
    pub revision: u64,
}

/// Milliseconds since 1970; printed as a timestamp of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub i64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&timestamp::print(self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        timestamp::parse(&text).map(Moment).ok_or_else(|| serde::de::Error::custom("no timestamp of RFC 3339"))
    }
}

/// Milliseconds that each step of an answer has taken, with three digits behind the point.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepTimes {
    pub read_ms: f64,
    pub plan_ms: f64,
    pub look_up_ms: f64,
    pub source_ms: f64,
}

/// How sure an answer is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Confidence {
    #[serde(deserialize_with = "words::known_or_default")]
    pub level: ConfidenceLevel,
    /// 0 to 1.
    pub score: f64,
    pub reasons: Vec<String>,
}

/// A passage of a document, word for word; of one that was read from a thread, its place alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quote {
    pub document_id: String,
    pub name: String,
    /// The product that has it.
    pub data_product_id: String,
    /// Under which that is composed into the one that was asked.
    pub alias: Option<String>,
    pub heading: Option<String>,
    pub page: Option<u32>,
    /// Among the passages of the document.
    pub index: usize,
    pub text: String,
    /// A word that was asked about stands in it in another form.
    pub is_varied: bool,
}

/// A document that is quoted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    pub document_id: String,
    pub name: String,
    pub data_product_id: String,
    pub alias: Option<String>,
}

/// What is asked back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Clarification {
    #[serde(deserialize_with = "words::known_or_default")]
    pub kind: ClarificationKind,
    pub question: String,
    pub options: Vec<ClarificationOption>,
    pub allow_free_text: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// One of what may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClarificationOption {
    pub id: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl ClarificationOption {
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> ClarificationOption {
        ClarificationOption { id: id.into(), label: label.into(), description: None }
    }
}

/// Why a question is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    pub reason: RefusalReason,
    #[serde(default)]
    pub unknown_terms: Vec<String>,
    /// The reason that another one has taken the place of.
    #[serde(skip)]
    pub instead_of: Option<RefusalReason>,
}

impl Refusal {
    pub fn new(reason: RefusalReason, unknown_terms: Vec<String>) -> Refusal {
        Refusal { reason, unknown_terms, instead_of: None }
    }
}

/// What the asker should know beside the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerWarning {
    pub code: String,
    pub message: String,
    /// The day that it tells, `2026-10-01`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The columns that it tells, where something else is read in place of their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<WarnedColumn>,
}

/// A column that is masked from who asks, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WarnedColumn {
    pub name: String,
    pub mask: String,
}

/// The code of a warning that the period asked for lies wholly behind the data, and of one that it lies before.
pub const DATA_ENDS: &str = "DATA_ENDS";
pub const DATA_BEGINS: &str = "DATA_BEGINS";

impl AnswerWarning {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> AnswerWarning {
        AnswerWarning { code: code.into(), message: message.into(), ..AnswerWarning::default() }
    }
}

impl From<&Warning> for AnswerWarning {
    fn from(warning: &Warning) -> AnswerWarning {
        let column = |(name, mask): &(String, Mask)| WarnedColumn { name: name.clone(), mask: mask.word().to_owned() };
        AnswerWarning {
            columns: warning.masked.iter().map(column).collect(),
            ..AnswerWarning::new(warning.code, warning.message.text(&Nouns::DATA_PRODUCT))
        }
    }
}

/// What an answer took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub ms: u64,
    pub rows: usize,
    pub llm_tokens: u64,
}
