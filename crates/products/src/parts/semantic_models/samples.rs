//! Values that stand in the columns of tables, so that questions can name them.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_catalog::rows::RowsPermit;
use emporion_catalog::rows::personal::{Personal, folded};
use emporion_catalog::spelling::decode;
use emporion_semantic::guard::{self, Parameters, Policy};
use emporion_semantic::model;
use serde_json::Value;
use uuid::Uuid;

use crate::asking;
use crate::assets::row_counts::RowCounts;
use crate::databases::{DatabaseError, Statement, Target};
use crate::failure::Failure;
use crate::message::Message;
use crate::reach::column_masks::is_same;
use crate::reach::{Group, Reach};
use crate::read_context::ReadContext;
use crate::service::Products;
use crate::warning::Warning;

/// For all tables together.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Longer texts are prose, and no names of anything.
const MAX_LENGTH: usize = 100;
/// So many different values of one column are kept.
const MAX_VALUES: usize = 50;
/// Types whose values group and filter.
const NAMING_TYPES: &[&str] = &[
    "VARCHAR",
    "CHAR",
    "STRING",
    "TEXT",
    "MEDIUMTEXT",
    "NTEXT",
    "BPCHAR",
    "ENUM",
    "SET",
    "BOOLEAN",
    "VARIANT",
    "UNKNOWN",
];

/// Types of whole numbers, of which some name periods.
const WHOLE_TYPES: &[&str] = &["INT", "BIGINT", "MEDIUMINT", "LONG"];

/// Different values of one column; `complete`: there are no others.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Sample {
    pub values: Vec<Value>,
    pub complete: bool,
}

/// Samples by data asset and column.
pub type Samples = HashMap<(Uuid, String), Sample>;

/// A source that is asked for values, and what of it.
pub struct Asked {
    target: Target,
    group: Group,
    permit: RowsPermit,
    /// Columns, by asset, of which no values are kept: they are personal, or look so, or are masked from who asks.
    kept_out: HashMap<Uuid, KeptOut>,
}

struct KeptOut {
    personal: Personal,
    masked: BTreeSet<String>,
}

/// What of the groups may be looked at: tables of which the caller sees samples.
pub async fn allowed(cx: &ReadContext<'_>, groups: Vec<Group>) -> Result<(Vec<Asked>, Vec<Warning>), Failure> {
    let (mut asked, mut warnings) = (Vec::new(), Vec::new());
    let reader = cx.reading.rows();
    for mut group in groups {
        let records: Vec<&Record> = group.tables.iter().filter_map(|reach| reach.relation.record.as_deref()).collect();
        let personal = reader.personal(&records).await?;
        let personal: HashMap<RecordId, Personal> = records.iter().map(|it| it.id).zip(personal).collect();
        let sights = reader.sights(&records).await?;
        let permit = sights.values().find_map(|sight| sight.permit());
        let mut kept_out = HashMap::new();
        group.tables.retain(|reach| {
            let Some(table) = reach.relation.record.as_ref().map(|record| record.id) else { return false };
            let is_seen = sights.get(&table).is_some_and(|sight| sight.sample);
            if is_seen {
                let personal = personal.get(&table).cloned().unwrap_or_default();
                let masked = sights.get(&table).map(|sight| sight.masked.clone()).unwrap_or_default();
                kept_out.insert(reach.relation.asset, KeptOut { personal, masked });
            } else {
                warnings.push(left_out(&reach.relation.name, "only those see samples of it who hold its rows"));
            }
            is_seen
        });
        if let (Some(service), Some(permit)) = (&group.service, permit) {
            let target = asking::target_of(cx.products, service).await?;
            asked.push(Asked { target, group, permit, kept_out });
        }
    }
    Ok((asked, warnings))
}

fn left_out(table: &str, reason: &str) -> Warning {
    let message = Message::with("no values of {} were looked at: {}", [table, reason]);
    Warning::new("SAMPLES_LEFT_OUT", message, None)
}

/// Asks one source for the first rows of each of its tables. What it does not answer in time has no samples.
pub async fn of(products: &Products, asked: &Asked, counts: &RowCounts, rows: u64) -> (Samples, Vec<Warning>) {
    let (mut samples, mut warnings) = (Samples::new(), Vec::new());
    let group = &asked.group;
    let speech = asking::speech(products, group.service.as_deref());
    let Ok(policy) = asking::policy(products, &group.tables, &speech, counts) else { return (samples, warnings) };
    let policy = policy.with_max_rows(rows);
    let began = Instant::now();
    for reach in &group.tables {
        let left = TIMEOUT.saturating_sub(began.elapsed());
        let error = match table(products, asked, &policy, reach, left).await {
            Ok(found) => {
                samples.extend(found);
                continue;
            }
            Err(error) => error,
        };
        warnings.push(left_out(&reach.relation.name, &error.sentence()));
        // One table may be refused; a source that does not answer will not do so for the next one either.
        if !matches!(error, DatabaseError::Refused { .. } | DatabaseError::Value { .. } | DatabaseError::Cost { .. }) {
            break;
        }
    }
    (samples, warnings)
}

async fn table(
    products: &Products,
    asked: &Asked,
    policy: &Policy,
    reach: &Reach,
    timeout: Duration,
) -> Result<Samples, DatabaseError> {
    let relation = &reach.relation;
    let is_text = |column: &Value| {
        column.get("data_type").and_then(Value::as_str).is_some_and(|kind| NAMING_TYPES.contains(&kind))
    };
    let naming = |column: &&Value| is_text(column) || is_period(column);
    let kept_out = asked.kept_out.get(&relation.asset);
    let is_open = |name: &&str| {
        let is_masked = |masked: &BTreeSet<String>| masked.contains(&folded(&name::quote(name)));
        !reach.masked.keys().any(|column| is_same(column, &decode(name)))
            && kept_out.is_some_and(|out| !out.personal.is_kept_out(&name::quote(name)) && !is_masked(&out.masked))
    };
    let names = relation.columns().filter(naming).filter_map(|column| column["name"].as_str());
    let names: Vec<&str> = names.filter(is_open).collect();
    let dialect = policy.dialect();
    let listed: Vec<String> = names.iter().filter_map(|name| dialect.written(name)).collect();
    let full: Option<Vec<String>> =
        relation.schema.iter().chain([&relation.name]).map(|part| dialect.written(part)).collect();
    let (Some(full), false) = (full, listed.is_empty() || listed.len() < names.len()) else {
        return Ok(Samples::new());
    };
    let sql = format!("SELECT {} FROM {}", listed.join(", "), full.join("."));
    let plan = guard::guard(&sql, policy, &Parameters::new())
        .map_err(|refusal| DatabaseError::Refused { rule: refusal.rule.code(), message: refusal.message })?;
    let statement = Statement { plan: &plan, policy, cost: products.cost_limits, timeout, permit: asked.permit };
    let answered = products.databases.run(&asked.target, &statement).await?;
    let columns = names.iter().enumerate().map(|(at, name)| {
        let values = answered.rows.iter().filter_map(|row| row.get(at));
        let is_period = relation.columns().any(|column| column["name"].as_str() == Some(*name) && is_period(column));
        ((relation.asset, (*name).to_owned()), sample(values, answered.truncated, is_period))
    });
    Ok(columns.collect())
}

/// Whether a column is a whole number that is called as if it told when: `202401` may be a month.
fn is_period(column: &Value) -> bool {
    let text = |member: &str| column.get(member).and_then(Value::as_str).unwrap_or_default();
    WHOLE_TYPES.contains(&text("data_type")) && model::is_called_time(&decode(text("name")))
}

/// `takes_numbers`: they may name periods.
fn sample<'a>(values: impl Iterator<Item = &'a Value>, truncated: bool, takes_numbers: bool) -> Sample {
    let mut sample = Sample { values: Vec::new(), complete: !truncated };
    for value in values.filter(|value| !value.is_null()) {
        let is_name = value.is_boolean()
            || takes_numbers && value.is_u64()
            || value.as_str().is_some_and(|text| text.chars().count() <= MAX_LENGTH);
        if sample.values.contains(value) {
            continue;
        }
        if !is_name || sample.values.len() == MAX_VALUES {
            sample.complete = false;
            continue;
        }
        sample.values.push(value.clone());
    }
    sample.values.sort_by_key(ToString::to_string);
    sample
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sample_is_complete_while_everything_was_seen_and_fits() {
        let of = |values: Vec<Value>, truncated| sample(values.iter(), truncated, false);
        let few = of(vec![json!("US"), json!("EU"), json!("US"), Value::Null], false);
        assert_eq!(few, Sample { values: vec![json!("EU"), json!("US")], complete: true });
        assert!(!of(vec![json!("EU")], true).complete);
        let many: Vec<Value> = (0..60).map(|n| json!(format!("{n}"))).collect();
        let many = of(many, false);
        assert_eq!((many.values.len(), many.complete), (MAX_VALUES, false));
        assert_eq!(of(vec![json!("x".repeat(101))], false), Sample { values: vec![], complete: false });
    }
}
