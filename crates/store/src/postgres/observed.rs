//! Observations: what is asked of them, and how they are written. They are found by series and time.

use emporion_model::id::{AccountId, Millis, RecordId};
use emporion_model::observation::{Key, Noted, Observation, Observed, Range, Series};
use serde_json::Value;

use super::batch::Batch;
use super::error::PostgresError;
use super::read::{Reader, storable, uuids};
use crate::rows::{self, Columns};

impl Reader<'_> {
    pub async fn observations(&self, range: &Range) -> Result<Observed, PostgresError> {
        let series = self
            .session
            .first(
                "SELECT id FROM observation_series WHERE record = $1 AND name = $2 AND item = $3 AND account = $4",
                &[&range.record.uuid(), &range.series.name(), &&*storable(&range.item), &range.account.uuid()],
                |row| row.int(0),
            )
            .await?;
        let Some(series) = series else { return Ok(Observed { found: Vec::new(), total: 0 }) };
        let total = self
            .session
            .first(
                "SELECT count(*) FROM observations WHERE series = $1 AND at BETWEEN $2 AND $3",
                &[&series, &range.from.0, &range.to.0],
                |row| rows::count(row, 0),
            )
            .await?;
        let total = total.unwrap_or(0);
        let found = self
            .session
            .all(
                "SELECT at, value FROM observations WHERE series = $1 AND at BETWEEN $2 AND $3 \
             ORDER BY at DESC LIMIT $4",
                &[&series, &range.from.0, &range.to.0, &i64::from(range.limit)],
                |row| {
                    let (at, value) = (Millis(row.int(0)?), rows::parse(rows::text(row, 1)?)?);
                    Ok(Observation { record: range.record, series: range.series, item: range.item.clone(), at, value })
                },
            )
            .await?;
        Ok(Observed { found, total })
    }

    pub async fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> Result<Vec<Observation>, PostgresError> {
        let names: Vec<&str> = series.iter().map(|series| series.name()).collect();
        let found = self
            .session
            .all(
                "SELECT s.record, s.item, o.at, o.value, s.name FROM observation_series AS s CROSS JOIN LATERAL ( \
                 SELECT at, value FROM observations WHERE series = s.id ORDER BY at DESC LIMIT 1) AS o \
             WHERE s.account = $1 AND s.name = ANY($2) AND s.record = ANY($3) ORDER BY s.record, s.name, s.item",
                &[&account.uuid(), &names, &uuids(records)],
                |row| {
                    let name = rows::text(row, 4)?;
                    let Some(series) = series.iter().find(|series| series.name() == name) else { return Ok(None) };
                    Ok(Some(Observation {
                        record: rows::id(row, 0)?,
                        series: *series,
                        item: rows::text(row, 1)?.to_owned(),
                        at: Millis(row.int(2)?),
                        value: rows::parse(rows::text(row, 3)?)?,
                    }))
                },
            )
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    pub async fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> Result<Vec<Option<Value>>, PostgresError> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let value = self
                .session
                .first(
                    "SELECT o.value FROM observation_series AS s \
                     JOIN observations AS o ON o.series = s.id AND o.at = $5 \
                     WHERE s.record = $1 AND s.name = $2 AND s.item = $3 AND s.account = $4",
                    &[&record.uuid(), &key.series.name(), &&*storable(&key.item), &account.uuid(), &key.at.0],
                    |row| Ok(rows::parse(rows::text(row, 0)?)?),
                )
                .await?;
            found.push(value);
        }
        Ok(found)
    }
}

impl Batch<'_> {
    pub async fn observe(&self, account: AccountId, record: RecordId, noted: &[Noted]) -> Result<(), PostgresError> {
        for Noted { key, value } in noted {
            let Some(value) = value else {
                self.run(
                    "DELETE FROM observations WHERE at = $4 AND series = (SELECT id FROM observation_series \
                     WHERE record = $1 AND name = $2 AND item = $3)",
                    &[&record.uuid(), &key.series.name(), &&*storable(&key.item), &key.at.0],
                )
                .await?;
                continue;
            };
            let series = self.series(account, record, key).await?;
            self.run(
                "INSERT INTO observations (series, at, value) VALUES ($1, $2, $3) \
                 ON CONFLICT (series, at) DO UPDATE SET value = excluded.value",
                &[&series, &key.at.0, &value.to_string()],
            )
            .await?;
            // Only the newest stay.
            self.run(
                "DELETE FROM observations WHERE series = $1 AND at <= \
                 (SELECT at FROM observations WHERE series = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)",
                &[&series, &i64::from(key.series.0.kept)],
            )
            .await?;
        }
        Ok(())
    }

    /// Whoever else begins it now is waited for; what he has begun is seen by the next statement.
    async fn series(&self, account: AccountId, record: RecordId, key: &Key) -> Result<i64, PostgresError> {
        let name = key.series.name();
        for _ in 0..2 {
            let known = self
                .session
                .first(
                    "SELECT id FROM observation_series WHERE record = $1 AND name = $2 AND item = $3",
                    &[&record.uuid(), &name, &&*storable(&key.item)],
                    |row| row.int(0),
                )
                .await?;
            if let Some(known) = known {
                return Ok(known);
            }
            let made = self
                .session
                .first(
                    "INSERT INTO observation_series (record, name, item, account) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT DO NOTHING RETURNING id",
                    &[&record.uuid(), &name, &&*storable(&key.item), &account.uuid()],
                    |row| row.int(0),
                )
                .await?;
            if let Some(made) = made {
                return Ok(made);
            }
        }
        Err(PostgresError::Overtaken(format!("the series {name} of {record} came and went")))
    }
}
