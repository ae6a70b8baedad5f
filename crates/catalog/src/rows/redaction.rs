//! Redaction of observations: what of a sample or a profile of a table a reader is shown, through whichever door. Bodies of
//! observations are stored as their profilers wrote them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Reader;
use super::observed::Sight;
use super::personal::{MASK, Personal};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::kinds::test_case;
use crate::name;
use crate::observation::{COLUMN_PROFILE, TABLE_PROFILE, TEST_RESULT};
use crate::problem::Problem;
use crate::record::Record;

/// What one reader is shown of the observations of one table. The default shows nothing.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    sight: Sight,
    personal: Personal,
}

impl Redaction {
    pub fn new(sight: Sight, personal: Personal) -> Redaction {
        Redaction { sight, personal }
    }

    /// What turns on holding the rows alone: no policy gives a part, no column is personal.
    pub fn of_holder(holds: bool) -> Redaction {
        Redaction::new(Sight { holds, ..Sight::default() }, Personal::default())
    }

    pub fn holds(&self) -> bool {
        self.sight.holds
    }

    /// Whether numbers of rows, nulls and distinct values are his to see.
    pub fn counts(&self) -> bool {
        self.sight.counts
    }

    /// Whether values that were computed of columns are.
    pub fn values(&self) -> bool {
        self.sight.values
    }

    /// Whether personal columns are masked.
    fn masks(&self, column: &str) -> bool {
        !self.sight.holds && (self.personal.is_masked(column) || self.sight.masks(column))
    }

    /// Whether any column is: of what does not name its columns nothing is shown then.
    fn masks_any(&self) -> bool {
        !self.sight.holds && (self.personal.masks_any() || !self.sight.masked.is_empty())
    }

    /// A sample: `columns` and `rows`.
    pub fn sample(&self, sample: &Value) -> Option<Value> {
        if !self.sight.sample {
            return None;
        }
        let mut sample = sample.clone();
        let columns = sample.get("columns").and_then(Value::as_array).cloned().unwrap_or_default();
        let masked: Vec<bool> =
            columns.iter().map(|name| self.masks(&name::quote(name.as_str().unwrap_or_default()))).collect();
        for row in sample.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten() {
            for (value, _) in row.as_array_mut().into_iter().flatten().zip(&masked).filter(|(_, masked)| **masked) {
                *value = Value::from(MASK);
            }
        }
        Some(sample)
    }

    /// A profile of the table.
    pub fn table(&self, profile: &Value) -> Option<Value> {
        match self.sight {
            Sight { values: true, .. } => {
                let mut profile = profile.clone();
                // A custom metric does not name its columns.
                if self.masks_any() {
                    profile.as_object_mut()?.shift_remove("customMetrics");
                }
                Some(profile)
            }
            Sight { counts: true, .. } => only(profile, |member| TABLE_PROFILE.counts(member)),
            _ => only(profile, |member| TABLE_PROFILE.defines(member)),
        }
    }

    /// A profile of a column, which names it; `None` where nothing of it is to be seen.
    pub fn column(&self, profile: &Value) -> Option<Value> {
        let name = profile.get("name").and_then(Value::as_str).unwrap_or_default();
        match self.sight {
            Sight { values: true, .. } if !self.masks(name) => Some(profile.clone()),
            Sight { counts: true, .. } => only(profile, |member| COLUMN_PROFILE.counts(member)),
            _ => None,
        }
    }

    /// An operation that changed so many rows.
    pub fn system(&self, profile: &Value) -> Option<Value> {
        self.sight.counts.then(|| profile.clone())
    }

    /// What a test came to. A test of the whole table may tell of any column.
    pub fn test_result(&self, test: &Record, result: &Value) -> Option<Value> {
        let is_masked = match test_case::column(&test.name) {
            Some(column) => self.masks(&column),
            None => self.masks_any(),
        };
        match self.sight {
            Sight { values: true, sample, .. } if !is_masked => {
                let mut result = result.clone();
                let members = result.as_object_mut()?;
                // Of whole rows, and of groups by other columns than the tested one.
                if !sample || self.masks_any() {
                    members.shift_remove("sampleData");
                }
                if self.masks_any() {
                    members.shift_remove("dimensionResults");
                }
                Some(result)
            }
            Sight { counts: true, .. } => only(result, |member| TEST_RESULT.counts(member)),
            _ => only(result, |member| TEST_RESULT.defines(member)),
        }
    }

    /// Takes out of printed columns what profilers left in them.
    pub fn columns(&self, columns: &mut Value) {
        for column in columns.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            if let Some(profile) = column.get("profile") {
                let mut named = profile.clone();
                if let (Some(named), Some(name)) = (named.as_object_mut(), column.get("name")) {
                    named.insert("name".into(), name.clone());
                }
                match self.column(&named) {
                    Some(seen) => drop(column.insert("profile".into(), seen)),
                    None => drop(column.shift_remove("profile")),
                }
            }
            if let Some(children) = column.get_mut("children") {
                self.columns(children);
            }
        }
    }
}

fn only(profile: &Value, is_kept: impl Fn(&str) -> bool) -> Option<Value> {
    let members: Map<String, Value> = profile
        .as_object()?
        .iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Some(Value::Object(members))
}

impl Reader<'_> {
    /// The redaction of the observations of each of the tables, which the caller sees.
    pub fn redactions<'a>(&'a self, tables: &'a [&'a Record]) -> Boxed<'a, Result<Vec<Redaction>, Problem>> {
        Box::pin(async move {
            let mut sights = self.sights(tables).await?;
            let personal = self.personal(tables).await?;
            Ok(tables
                .iter()
                .zip(personal)
                .map(|(table, personal)| Redaction::new(sights.remove(&table.id).unwrap_or_default(), personal))
                .collect())
        })
    }

    /// The same of tests, each as the caller looks at what was observed of its table.
    pub fn redactions_of_tests<'a>(&'a self, tests: &'a [&'a Record]) -> Boxed<'a, Result<Vec<Redaction>, Problem>> {
        Box::pin(async move {
            let mut ids: Vec<RecordId> = tests.iter().filter_map(|test| test.parent).collect();
            ids.sort_unstable();
            ids.dedup();
            let found = self.snapshot.by_id(self.principal.account, &ids).await?;
            let tables: Vec<Record> = found.into_iter().flatten().collect();
            let redactions = self.redactions(&tables.iter().collect::<Vec<_>>()).await?;
            let of_table: HashMap<RecordId, Redaction> = tables.iter().map(|table| table.id).zip(redactions).collect();
            let of = |test: &&Record| test.parent.and_then(|table| of_table.get(&table)).cloned().unwrap_or_default();
            Ok(tests.iter().map(of).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redaction(holds: bool, sample: bool, values: bool, counts: bool) -> Redaction {
        Redaction::new(Sight { holds, sample, values, counts, ..Sight::default() }, Personal::default())
    }

    #[test]
    fn without_a_right_a_profile_counts_and_tells_no_value() {
        let column = json!({"name": "a", "timestamp": 1, "nullCount": 2, "min": "x", "max": "y", "newMeasure": 3});
        // A name that is no column of the table counts as masked.
        assert_eq!(redaction(true, false, true, true).column(&column), Some(column.clone()));
        assert_eq!(
            redaction(false, false, false, true).column(&column),
            Some(json!({"name": "a", "timestamp": 1, "nullCount": 2}))
        );
        assert_eq!(Redaction::default().column(&column), None);
        let table = json!({"timestamp": 1, "rowCount": 9, "columnCount": 2, "customMetrics": [{"value": 1}]});
        assert_eq!(
            redaction(false, false, false, true).table(&table),
            Some(json!({"timestamp": 1, "rowCount": 9, "columnCount": 2}))
        );
        assert_eq!(Redaction::default().table(&table), Some(json!({"timestamp": 1, "columnCount": 2})));
        assert_eq!(Redaction::default().sample(&json!({"columns": ["a"], "rows": [[1]]})), None);
    }

    #[test]
    fn profiles_inside_columns_are_no_way_round() {
        let mut columns = json!([{"name": "a", "profile": {"max": 9, "nullCount": 1},
                                  "children": [{"name": "b", "profile": {"max": 9}}]}]);
        redaction(false, false, false, true).columns(&mut columns);
        assert_eq!(
            columns,
            json!([{"name": "a", "profile": {"nullCount": 1, "name": "a"}, "children": [{"name": "b", "profile": {"name": "b"}}]}])
        );
        Redaction::default().columns(&mut columns);
        assert_eq!(columns, json!([{"name": "a", "children": [{"name": "b"}]}]));
    }
}
