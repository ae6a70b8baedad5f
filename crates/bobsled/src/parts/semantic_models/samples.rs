//! Values that stand in the columns of tables, so that questions can name them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use emporion_semantic::guard::{self, Parameters, Policy};
use serde_json::Value;
use uuid::Uuid;

use crate::asking;
use crate::databases::{Fault, Place, Statement};
use crate::door::Door;
use crate::message::Message;
use crate::translate::reach::{Group, Reach};
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

/// Different values of one column; `complete`: there are no others.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Sample {
    pub values: Vec<Value>,
    pub complete: bool,
}

/// Samples by data asset and column.
pub type Samples = HashMap<(Uuid, String), Sample>;

/// Asks one source for the first rows of each of its tables. What it does not answer in time has no samples.
pub async fn of(door: &Door, place: &Place, group: &Group, rows: u64) -> (Samples, Vec<Warning>) {
    let (mut samples, mut warnings) = (Samples::new(), Vec::new());
    let speech = asking::speech(door, group.service.as_ref());
    let Ok(policy) = asking::policy(&group.tables, &speech, rows) else { return (samples, warnings) };
    let began = Instant::now();
    for reach in &group.tables {
        let left = TIMEOUT.saturating_sub(began.elapsed());
        let fault = match table(door, place, &policy, reach, left).await {
            Ok(found) => {
                samples.extend(found);
                continue;
            }
            Err(fault) => fault,
        };
        let message =
            Message::with("no values of {} were looked at: {}", [reach.relation.name.clone(), fault.sentence()]);
        warnings.push(Warning::new("SAMPLES_LEFT_OUT", message, None));
        // One table may be refused; a source that does not answer will not do so for the next one either.
        if !matches!(fault, Fault::Refused { .. } | Fault::Value { .. } | Fault::Cost { .. }) {
            break;
        }
    }
    (samples, warnings)
}

async fn table(
    door: &Door,
    place: &Place,
    policy: &Policy,
    reach: &Reach,
    timeout: Duration,
) -> Result<Samples, Fault> {
    let relation = &reach.relation;
    let naming = |column: &&Value| {
        column.get("data_type").and_then(Value::as_str).is_some_and(|kind| NAMING_TYPES.contains(&kind))
    };
    let names: Vec<&str> = relation.columns().filter(naming).filter_map(|column| column["name"].as_str()).collect();
    let dialect = policy.dialect();
    let listed: Vec<String> = names.iter().filter_map(|name| dialect.written(name)).collect();
    let full: Option<Vec<String>> =
        relation.schema.iter().chain([&relation.name]).map(|part| dialect.written(part)).collect();
    let (Some(full), false) = (full, listed.is_empty() || listed.len() < names.len()) else {
        return Ok(Samples::new());
    };
    let sql = format!("SELECT {} FROM {}", listed.join(", "), full.join("."));
    let plan = guard::guard(&sql, policy, &Parameters::new())
        .map_err(|refusal| Fault::Refused { rule: refusal.rule.code(), message: refusal.message })?;
    let statement = Statement { plan: &plan, policy, cost: door.cost_limits, timeout };
    let answered = door.databases.run(place, &statement).await?;
    let columns = names.iter().enumerate().map(|(at, name)| {
        let values = answered.rows.iter().filter_map(|row| row.get(at));
        ((relation.asset, (*name).to_owned()), sample(values, answered.truncated))
    });
    Ok(columns.collect())
}

fn sample<'a>(values: impl Iterator<Item = &'a Value>, truncated: bool) -> Sample {
    let mut sample = Sample { values: Vec::new(), complete: !truncated };
    for value in values.filter(|value| !value.is_null()) {
        let is_name = value.is_boolean() || value.as_str().is_some_and(|text| text.chars().count() <= MAX_LENGTH);
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
        let of = |values: Vec<Value>, truncated| sample(values.iter(), truncated);
        let few = of(vec![json!("US"), json!("EU"), json!("US"), Value::Null], false);
        assert_eq!(few, Sample { values: vec![json!("EU"), json!("US")], complete: true });
        assert!(!of(vec![json!("EU")], true).complete);
        let many: Vec<Value> = (0..60).map(|n| json!(format!("{n}"))).collect();
        let many = of(many, false);
        assert_eq!((many.values.len(), many.complete), (MAX_VALUES, false));
        assert_eq!(of(vec![json!("x".repeat(101))], false), Sample { values: vec![], complete: false });
    }
}
