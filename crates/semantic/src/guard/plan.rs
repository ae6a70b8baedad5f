//! The plan of a statement that may run, and the parameters that it takes.

use std::collections::BTreeMap;

use super::masks::MaskKind;
use super::policy::TableName;

/// A value for a parameter written `:name`.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Boolean(bool),
    /// Decimal digits with an optional sign, fraction and exponent; anything else is refused.
    Number(String),
    Text(String),
}

/// The parameters of one statement by name, without the colon.
pub type Parameters = BTreeMap<String, Literal>;

/// A statement that may run, and what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The statement in the source's dialect. It answers at most `limit + 1` rows.
    pub sql: String,
    /// How many rows belong to the answer; one more in the result means that it was cut off.
    pub limit: u64,
    /// The tables it reads, in order of first use, without repetition.
    pub tables: Vec<TableName>,
    /// Names of the result's columns where they can be known without the source.
    pub columns: Option<Vec<String>>,
    /// Tables read through a row filter.
    pub filtered: Vec<TableName>,
    /// Columns that it reads and that a mask stands in place of.
    pub masked: Vec<MaskedColumn>,
    /// The parameters that the statement used.
    pub parameters: Vec<String>,
}

/// A column that is read as its mask, and what that leaves of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedColumn {
    pub table: TableName,
    pub column: String,
    pub kind: MaskKind,
}
