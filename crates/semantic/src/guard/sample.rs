//! TABLESAMPLE: some of a table's rows, chosen before the row filter sees them.

use sqlparser::ast::{
    Expr, SetExpr, TableFactor, TableSample, TableSampleKind, TableSampleMethod, TableSampleModifier,
    TableSampleSeedModifier, Value,
};

use super::dialect::Dialect;

/// Puts the sample where the table itself is read; `false` for one that is not offered.
pub(super) fn put(sample: TableSampleKind, scan: &mut TableFactor, dialect: Dialect) -> bool {
    let (TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) = sample;
    if dialect != Dialect::PostgreSql || !is_plain(&sample) {
        return false;
    }
    match scan {
        TableFactor::Table { sample: place, .. } => {
            *place = Some(TableSampleKind::AfterTableAlias(sample));
            true
        }
        // Behind a row filter or without hidden columns.
        TableFactor::Derived { subquery, .. } => match subquery.body.as_mut() {
            SetExpr::Select(select) => match select.from.first_mut().map(|from| &mut from.relation) {
                Some(TableFactor::Table { sample: place, .. }) => {
                    *place = Some(TableSampleKind::AfterTableAlias(sample));
                    true
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// `TABLESAMPLE SYSTEM (1) REPEATABLE (42)`, with plain numbers.
fn is_plain(sample: &TableSample) -> bool {
    let TableSample { modifier, name, quantity, seed, bucket, offset } = sample;
    matches!(modifier, TableSampleModifier::TableSample)
        && matches!(name, Some(TableSampleMethod::System | TableSampleMethod::Bernoulli))
        && quantity.as_ref().is_some_and(|quantity| {
            let is_number =
                matches!(&quantity.value, Expr::Value(value) if matches!(value.value, Value::Number(_, false)));
            quantity.parenthesized && quantity.unit.is_none() && is_number
        })
        && seed.as_ref().is_none_or(|seed| {
            matches!(seed.modifier, TableSampleSeedModifier::Repeatable)
                && matches!(seed.value.value, Value::Number(_, false))
        })
        && bucket.is_none()
        && offset.is_none()
}
