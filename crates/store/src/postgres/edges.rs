//! Edges: what is asked of them, from records, to them, up and around them.

use std::collections::HashSet;
use std::sync::LazyLock;

use emporion_model::id::{AccountId, Millis, RecordId};
use emporion_model::ports::{Ending, Surroundings, Upward};
use emporion_model::record::Edge;
use emporion_model::relation::Relation;
use uuid::Uuid;

use super::error::PostgresError;
use super::read::{Reader, uuids};
use crate::rows::{self, Columns, EDGE};

const ORDER: &str = "ORDER BY source, relation, place, ord, id";

static FROM_ALL: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {EDGE} FROM edges WHERE source = ANY($1) {ORDER}"));
static FROM: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {EDGE} FROM edges WHERE source = ANY($1) AND relation = ANY($2) {ORDER}"));

fn to(condition: &str) -> String {
    format!(
        "SELECT {EDGE} FROM edges WHERE target = ANY($1) AND relation = ANY($2){condition} ORDER BY source, id LIMIT $3"
    )
}

static TO: LazyLock<String> = LazyLock::new(|| to(""));

pub fn names(relations: &[Relation]) -> Vec<&'static str> {
    relations.iter().map(|relation| relation.name()).collect()
}

impl Reader<'_> {
    pub async fn edges_from(
        &self,
        ids: &[RecordId],
        relations: Option<&[Relation]>,
    ) -> Result<Vec<Edge>, PostgresError> {
        let ids = uuids(ids);
        match relations {
            Some([]) => Ok(Vec::new()),
            Some(relations) => {
                self.session.all(&FROM, &[&ids, &names(relations)], |row| self.codec.edge(row, false)).await
            }
            None => {
                let found = self.session.all(&FROM_ALL, &[&ids], |row| self.codec.known_edge(row, false)).await?;
                Ok(found.into_iter().flatten().collect())
            }
        }
    }

    pub async fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> Result<Surroundings, PostgresError> {
        let mut found = match asked.members {
            [] => Vec::new(),
            members => self.edges_to(members, &[asked.holding], u32::MAX).await?,
        };
        let mut seen: HashSet<RecordId> = HashSet::new();
        let mut level = asked.start(&found);
        loop {
            level.retain(|id| seen.insert(*id));
            if level.is_empty() {
                break;
            }
            let edges = self.edges_from(&level, Some(&[asked.relation])).await?;
            level = edges.iter().map(|edge| edge.to).collect();
            found.extend(edges);
        }
        let cards = self.cards(account, &seen.into_iter().collect::<Vec<_>>()).await?;
        Ok((found, cards.into_iter().flatten().collect()))
    }

    pub async fn edges_to(
        &self,
        ids: &[RecordId],
        relations: &[Relation],
        limit: u32,
    ) -> Result<Vec<Edge>, PostgresError> {
        self.edges_to_by(&TO, ids, relations, limit).await
    }

    /// The attribute is one of the core's constants; for that of row filters there is an index.
    pub async fn edges_bearing(
        &self,
        attribute: &'static str,
        ids: &[RecordId],
        relations: &[Relation],
    ) -> Result<Vec<Edge>, PostgresError> {
        let sql = to(&format!(" AND body_member(attributes, '{attribute}') <> 'null'"));
        self.edges_to_by(&sql, ids, relations, u32::MAX).await
    }

    async fn edges_to_by(
        &self,
        sql: &str,
        ids: &[RecordId],
        relations: &[Relation],
        limit: u32,
    ) -> Result<Vec<Edge>, PostgresError> {
        let limit = i64::from(limit);
        self.session.all(sql, &[&uuids(ids), &names(relations), &limit], |row| self.codec.edge(row, false)).await
    }

    pub async fn referrers(
        &self,
        target: RecordId,
        after: Option<(Relation, RecordId)>,
        limit: u32,
    ) -> Result<Vec<(Relation, RecordId)>, PostgresError> {
        let (relation, source) = after.map_or(("", Uuid::nil()), |(relation, id)| (relation.name(), id.uuid()));
        self.session
            .all(
                "SELECT DISTINCT relation, source FROM edges WHERE target = $1 AND (relation, source) > ($2, $3) \
                 ORDER BY relation, source LIMIT $4",
                &[&target.uuid(), &relation, &source, &i64::from(limit)],
                |row| self.codec.referrer(row),
            )
            .await
    }

    /// An end is a whole number, and no text that looks like one; the index holds the few edges that have one.
    pub async fn ending(&self, of: &[Relation], limit: u32) -> Result<Vec<Ending>, PostgresError> {
        self.session
            .all(
                "SELECT ending.at, records.account, records.id FROM ( \
                     SELECT source, CASE WHEN body_member(attributes, 'until') ~ '^-?[0-9]{1,18}$' \
                         THEN body_member(attributes, 'until')::bigint END AS at \
                     FROM edges WHERE body_member(attributes, 'until') <> 'null' AND relation = ANY($1) \
                 ) AS ending JOIN records ON records.id = ending.source AND records.state = 0 \
                 WHERE ending.at IS NOT NULL ORDER BY ending.at LIMIT $2",
                &[&names(of), &i64::from(limit)],
                |row| {
                    let account = AccountId::from_uuid(row.uuid(1)?);
                    Ok(Ending { at: Millis(row.int(0)?), account, record: rows::id(row, 2)? })
                },
            )
            .await
    }
}
