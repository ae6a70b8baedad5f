//! Questions to one connection: records by id and by name, cards, aliases.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use emporion_model::climb::Climb;
use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::ports::{Around, Surroundings, join};
use emporion_model::record::{Card, Record};
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::PostgresError;
use super::session::Session;
use crate::rows::{self, Codec, Columns, RECORD};

static BY_ID: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {RECORD} FROM records WHERE id = ANY($1) AND account = $2"));
static BY_FQN: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {RECORD} FROM records WHERE account = $1 AND kind = $2 AND fqn = ANY($3) AND state < 2")
});
static BY_FOLDED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {RECORD} FROM records WHERE account = $1 AND kind = $2 AND folded = $3 AND state < 2 \
         ORDER BY id LIMIT $4"
    )
});

/// Whether no column can hold the text: none holds a NUL, which the server refuses in values, too.
pub fn is_nowhere(text: &str) -> bool {
    text.contains('\0')
}

/// A text as a column can hold it, for those that are looked at, or matched in the same way again.
pub fn storable(text: &str) -> std::borrow::Cow<'_, str> {
    match is_nowhere(text) {
        true => text.replace('\0', "\u{fffd}").into(),
        false => text.into(),
    }
}

pub fn uuids(ids: &[RecordId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}

/// A connection with what is needed to read its rows.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub session: &'a Session,
    pub codec: &'a Codec,
}

impl Reader<'_> {
    pub async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> Result<Vec<Option<Record>>, PostgresError> {
        let mut wanted = uuids(ids);
        wanted.sort_unstable();
        wanted.dedup();
        let read = |row: &Row| self.codec.known_record(row);
        let found = self.session.all(&BY_ID, &[&wanted, &account.uuid()], read).await?;
        let found: HashMap<RecordId, Record> = found.into_iter().flatten().map(|record| (record.id, record)).collect();
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    pub async fn cards(&self, account: AccountId, ids: &[RecordId]) -> Result<Vec<Option<Arc<Card>>>, PostgresError> {
        let found = self.by_id(account, ids).await?;
        Ok(found.iter().map(|record| record.as_ref().map(|record| Arc::new(Card::of(record)))).collect())
    }

    /// The cards of the records, and of those that are standing somewhere with everything above them.
    pub async fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> Result<Vec<Arc<Card>>, PostgresError> {
        let mut climb = Climb::new(ids, standing);
        loop {
            let missing = climb.missing();
            if missing.is_empty() {
                return Ok(climb.into_cards());
            }
            let cards = self.cards(account, &missing).await?;
            climb.learn(missing, cards);
        }
    }

    /// What stands around records, and above them where that is asked for.
    pub async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> Result<Surroundings, PostgresError> {
        let (mut edges, mut cards) = self.around(account, asked).await?;
        if !asked.above.is_empty() {
            let above = asked.up(&edges, &cards);
            let farther = self.around(account, &asked.farther(&above)).await?;
            join((&mut edges, &mut cards), farther);
        }
        Ok((edges, cards))
    }

    async fn around(&self, account: AccountId, asked: &Around<'_>) -> Result<Surroundings, PostgresError> {
        let edges = self.edges_from(asked.ids, asked.relations).await?;
        let (targets, standing) = asked.split(&edges);
        let cards = self.cards_and_above(account, &targets, &standing).await?;
        Ok((edges, cards))
    }

    pub async fn by_fqn(
        &self,
        account: AccountId,
        kind: Kind,
        fqns: &[&str],
    ) -> Result<Vec<Option<Record>>, PostgresError> {
        let wanted: Vec<&str> = fqns.iter().copied().filter(|fqn| !is_nowhere(fqn)).collect();
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&account.uuid(), &kind.name(), &wanted];
        let found = self.session.all(&BY_FQN, &params, |row| self.codec.record(row)).await?;
        let found: HashMap<&str, &Record> = found.iter().map(|record| (record.fqn.as_str(), record)).collect();
        Ok(fqns.iter().map(|fqn| found.get(fqn).copied().cloned()).collect())
    }

    pub async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> Result<Vec<Record>, PostgresError> {
        if is_nowhere(folded) {
            return Ok(Vec::new());
        }
        let limit = i64::from(limit);
        self.session
            .all(&BY_FOLDED, &[&account.uuid(), &kind.name(), &folded, &limit], |row| self.codec.record(row))
            .await
    }

    pub async fn by_alias(
        &self,
        account: AccountId,
        space: &str,
        value: &str,
    ) -> Result<Option<RecordId>, PostgresError> {
        if is_nowhere(value) {
            return Ok(None);
        }
        self.session
            .first(
                "SELECT id FROM aliases WHERE account = $1 AND space = $2 AND value = $3",
                &[&account.uuid(), &space, &value],
                |row| rows::id(row, 0),
            )
            .await
    }

    pub async fn aliases(&self, space: &str, ids: &[RecordId]) -> Result<Vec<(RecordId, String)>, PostgresError> {
        self.session
            .all(
                "SELECT id, value FROM aliases WHERE space = $1 AND id = ANY($2) ORDER BY id, value",
                &[&space, &uuids(ids)],
                |row| Ok((rows::id(row, 0)?, rows::text(row, 1)?.to_owned())),
            )
            .await
    }

    pub async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> Result<Option<(RecordId, String)>, PostgresError> {
        self.session
            .first(
                "SELECT aliases.id, aliases.value FROM aliases JOIN records ON records.id = aliases.id \
                 WHERE aliases.account = $1 AND aliases.space = $2 AND ($3::text IS NULL OR aliases.value < $3) \
                 AND records.kind = $4 AND records.state = 0 ORDER BY aliases.value DESC LIMIT 1",
                &[&account.uuid(), &space, &beneath, &kind.name()],
                |row| Ok((rows::id(row, 0)?, rows::text(row, 1)?.to_owned())),
            )
            .await
    }

    pub async fn tally(&self, account: AccountId, kind: Kind, state: i64) -> Result<i64, PostgresError> {
        let n = self
            .session
            .first(
                "SELECT n FROM tallies WHERE account = $1 AND kind = $2 AND state = $3",
                &[&account.uuid(), &kind.name(), &state],
                |row| row.int(0),
            )
            .await?;
        Ok(n.unwrap_or(0))
    }
}
