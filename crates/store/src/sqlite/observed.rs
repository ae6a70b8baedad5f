//! Observations: rows that are added at the end of a table and found by series and time. A series is a small number, and
//! an object is kept without the names of its members, which stand once for all that look alike.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use emporion_model::id::{AccountId, Millis, RecordId};
use emporion_model::observation::{Key, Noted, Observation, Observed, Range, Series};
use rusqlite::{ToSql, params};
use serde_json::{Map, Value};

use super::apply::Batch;
use super::error::SqliteError;
use super::read::Reader;
use super::statement::{IDS_A_TURN, bind_after, marks, padded};
use crate::rows;

/// Layouts that one record has at most, and how long one is: what comes after them is kept whole.
const MOST_LAYOUTS: i64 = 64;
const LONGEST_LAYOUT: usize = 8_192;

const SERIES: &str = "SELECT id FROM observation_series WHERE record = ?1 AND name = ?2 AND item = ?3";

impl Batch<'_> {
    pub fn observe(&mut self, account: AccountId, record: RecordId, noted: &[Noted]) -> Result<(), SqliteError> {
        let mut layouts: HashMap<String, Option<i64>> = HashMap::new();
        for Noted { key, value } in noted {
            match value {
                Some(value) => {
                    let series = self.series(account, record, key)?;
                    let (layout, text) = self.written(record, value, &mut layouts)?;
                    self.run(
                        "INSERT INTO observations (series, at, layout, value) VALUES (?1, ?2, ?3, ?4) \
                         ON CONFLICT (series, at) DO UPDATE SET layout = excluded.layout, value = excluded.value",
                        params![series, key.at.0, layout, text],
                    )?;
                    // Only the newest stay.
                    self.run(
                        "DELETE FROM observations WHERE series = ?1 AND at <= \
                         (SELECT at FROM observations WHERE series = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)",
                        params![series, key.series.0.kept],
                    )?;
                }
                None => self.run(
                    &format!("DELETE FROM observations WHERE series = ({SERIES}) AND at = ?4"),
                    params![record.as_bytes(), key.series.name(), key.item, key.at.0],
                )?,
            }
        }
        Ok(())
    }

    fn series(&self, account: AccountId, record: RecordId, key: &Key) -> Result<i64, SqliteError> {
        let named = params![record.as_bytes(), key.series.name(), key.item];
        if let Some(id) = self.reader().first(SERIES, named, |row| Ok(row.get(0)?))? {
            return Ok(id);
        }
        self.run(
            "INSERT INTO observation_series (record, name, item, account) VALUES (?1, ?2, ?3, ?4)",
            params![record.as_bytes(), key.series.name(), key.item, account.as_bytes()],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The layout of a value, and its text: the values of its members alone, where it has a layout.
    fn written(
        &self,
        record: RecordId,
        value: &Value,
        known: &mut HashMap<String, Option<i64>>,
    ) -> Result<(Option<i64>, String), SqliteError> {
        let Value::Object(object) = value else { return Ok((None, value.to_string())) };
        let members = Value::from_iter(object.keys().map(String::as_str)).to_string();
        let layout = match known.get(&members) {
            Some(layout) => *layout,
            None => {
                let layout = self.layout(record, &members)?;
                known.insert(members, layout);
                layout
            }
        };
        Ok(match layout {
            Some(_) => (layout, listed(object.values())?),
            None => (None, value.to_string()),
        })
    }

    fn layout(&self, record: RecordId, members: &str) -> Result<Option<i64>, SqliteError> {
        if members.len() > LONGEST_LAYOUT {
            return Ok(None);
        }
        let known = self.reader().first(
            "SELECT id FROM observation_layouts WHERE record = ?1 AND members = ?2",
            params![record.as_bytes(), members],
            |row| Ok(row.get(0)?),
        )?;
        if known.is_some() {
            return Ok(known);
        }
        let full: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM observation_layouts WHERE record = ?1")?
            .query_row([record.as_bytes()], |row| row.get(0))?;
        if full >= MOST_LAYOUTS {
            return Ok(None);
        }
        self.run(
            "INSERT INTO observation_layouts (record, members) VALUES (?1, ?2)",
            params![record.as_bytes(), members],
        )?;
        Ok(Some(self.connection.last_insert_rowid()))
    }
}

/// The values as a list, as it is printed.
fn listed<'a>(values: impl Iterator<Item = &'a Value>) -> Result<String, SqliteError> {
    let values: Vec<&Value> = values.collect();
    serde_json::to_string(&values).map_err(|error| SqliteError::internal(error.to_string()))
}

/// Layouts that were read, so that each is read once for one answer.
#[derive(Default)]
struct Layouts(HashMap<i64, Vec<String>>);

impl Reader<'_> {
    pub fn observations(&self, range: &Range) -> Result<Observed, SqliteError> {
        let mut layouts = Layouts::default();
        let named = params![range.record.as_bytes(), range.series.name(), range.item, range.account.as_bytes(),];
        let series: Option<i64> = self.first(&format!("{SERIES} AND account = ?4"), named, |row| Ok(row.get(0)?))?;
        let Some(series) = series else { return Ok(Observed { found: Vec::new(), total: 0 }) };
        let total = self.first(
            "SELECT count(*) FROM observations WHERE series = ?1 AND at BETWEEN ?2 AND ?3",
            params![series, range.from.0, range.to.0],
            |row| rows::count(row, 0),
        )?;
        let rows = self.all(
            "SELECT at, layout, value FROM observations WHERE series = ?1 AND at BETWEEN ?2 AND ?3 \
             ORDER BY at DESC LIMIT ?4",
            params![series, range.from.0, range.to.0, range.limit],
            |row| Ok((Millis(row.get(0)?), self.value(row.get(1)?, rows::text(row, 2)?, &mut layouts)?)),
        )?;
        let (record, series) = (range.record, range.series);
        let found =
            rows.into_iter().map(|(at, value)| Observation { record, series, item: range.item.clone(), at, value });
        Ok(Observed { found: found.collect(), total: total.unwrap_or(0) })
    }

    pub fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> Result<Vec<Observation>, SqliteError> {
        let mut layouts = Layouts::default();
        let mut found = Vec::new();
        if series.is_empty() {
            return Ok(found);
        }
        let names: Vec<&str> = series.iter().map(|series| series.name()).collect();
        for chunk in records.chunks(IDS_A_TURN) {
            let bound = names.len().next_power_of_two();
            let sql = format!(
                "SELECT s.record, s.item, o.at, o.layout, o.value, s.name FROM observation_series AS s \
                 CROSS JOIN observations AS o ON o.series = s.id \
                     AND o.at = (SELECT max(at) FROM observations WHERE series = s.id) \
                 WHERE s.account = ?1 AND s.name IN ({}) AND s.record IN ({})",
                marks(names.len(), 2),
                marks(chunk.len(), bound + 2)
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut first: Vec<&dyn ToSql> = vec![account.as_bytes()];
            first.extend(padded(&names).map(|name| name as &dyn ToSql));
            bind_after(&mut statement, &first, chunk)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                let name = rows::text(row, 5)?;
                let Some(series) = series.iter().find(|series| series.name() == name) else { continue };
                found.push(Observation {
                    record: rows::id(row, 0)?,
                    series: *series,
                    item: rows::text(row, 1)?.to_owned(),
                    at: Millis(row.get(2)?),
                    value: self.value(row.get(3)?, rows::text(row, 4)?, &mut layouts)?,
                });
            }
        }
        found.sort_by(|a, b| (a.record, a.series.name(), &a.item).cmp(&(b.record, b.series.name(), &b.item)));
        Ok(found)
    }

    pub fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> Result<Vec<Option<Value>>, SqliteError> {
        let mut layouts = Layouts::default();
        let one = |key: &Key| {
            self.first(
                &format!(
                    "SELECT layout, value FROM observations WHERE series = ({SERIES} AND account = ?4) AND at = ?5"
                ),
                params![record.as_bytes(), key.series.name(), key.item, account.as_bytes(), key.at.0],
                |row| self.value(row.get(0)?, rows::text(row, 1)?, &mut layouts),
            )
        };
        keys.iter().map(one).collect()
    }

    /// A value as it was given.
    fn value(&self, layout: Option<i64>, text: &str, known: &mut Layouts) -> Result<Value, SqliteError> {
        let value = rows::parse(text)?;
        let Some(layout) = layout else { return Ok(value) };
        let members = match known.0.entry(layout) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let members = self.first("SELECT members FROM observation_layouts WHERE id = ?1", [layout], |row| {
                    serde_json::from_str::<Vec<String>>(rows::text(row, 0)?)
                        .map_err(|error| SqliteError::internal(format!("layout {layout}: {error}")))
                })?;
                place.insert(members.ok_or_else(|| SqliteError::internal(format!("layout {layout} is missing")))?)
            }
        };
        unfolded(members, value)
    }
}

/// An object of the names of its members and the list of their values.
pub fn unfolded(members: &[String], value: Value) -> Result<Value, SqliteError> {
    match value {
        Value::Array(values) if values.len() == members.len() => {
            Ok(Value::Object(members.iter().cloned().zip(values).collect::<Map<_, _>>()))
        }
        _ => Err(SqliteError::internal("an observation that does not fit its layout")),
    }
}
