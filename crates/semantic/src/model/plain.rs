//! Plain columns: fields that are columns as they are, and what their model says of them.

use super::expression;
use super::parts::{Expression, Field, Model};

/// A field whose expression is a column in every dialect that it is written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainColumn {
    /// The field's place in the model.
    pub path: String,
    /// The `source` of its dataset.
    pub source: String,
    pub column: String,
    /// `"pii": false`: the model says that it tells of nobody.
    pub is_harmless: bool,
    /// `"pii": true`.
    pub says_personal: bool,
}

pub fn plain_columns(model: &Model) -> Vec<PlainColumn> {
    let datasets = model.datasets.iter().enumerate();
    let fields = datasets.flat_map(|(n, dataset)| dataset.fields.iter().enumerate().map(move |it| (n, dataset, it)));
    let plain = fields.filter_map(|(n, dataset, (at, field))| {
        let extension = &field.common.extension;
        Some(PlainColumn {
            path: format!("/datasets/{n}/fields/{at}"),
            source: dataset.source.clone(),
            column: column(&field.expression)?,
            is_harmless: extension["pii"] == false,
            says_personal: extension["pii"] == true || extension["hidden"] == true,
        })
    });
    plain.collect()
}

/// A field that is computed, with `"pii": false`, and the columns that it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputedField {
    /// The field's place in the model.
    pub path: String,
    /// The `source` of its dataset.
    pub source: String,
    pub columns: Vec<String>,
}

/// Computed fields of which the model says that they tell of nobody.
pub fn harmless_computed(model: &Model) -> Vec<ComputedField> {
    let datasets = model.datasets.iter().enumerate();
    let fields = datasets.flat_map(|(n, dataset)| dataset.fields.iter().enumerate().map(move |it| (n, dataset, it)));
    let is_it = |field: &Field| field.common.extension["pii"] == false && column(&field.expression).is_none();
    let computed = fields.filter(|(_, _, (_, field))| is_it(field)).map(|(n, dataset, (at, field))| {
        let texts = field.expression.dialects.iter().map(|(_, text)| expression::look(text).unwrap_or_default().names);
        let columns = texts.flatten().filter_map(|mut name| name.pop()).collect();
        ComputedField { path: format!("/datasets/{n}/fields/{at}"), source: dataset.source.clone(), columns }
    });
    computed.collect()
}

/// The column that an expression is, in every dialect.
pub(super) fn column(expression: &Expression) -> Option<String> {
    let mut columns = expression.dialects.iter().map(|(_, text)| expression::single_name(text));
    let first = columns.next()??;
    columns.all(|other| other.as_ref() == Some(&first)).then_some(first)
}
