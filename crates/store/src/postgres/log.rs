//! The log, what followers keep of it, and answers that are remembered.

use std::sync::LazyLock;

use emporion_model::change_set::{Event, EventKind, RememberedAnswer};
use emporion_model::follower_state::FollowerState;
use emporion_model::id::{AccountId, Seq};
use emporion_model::log_watch::Interest;

use super::error::PostgresError;
use super::log_head::LogHead;
use super::read::{Reader, storable};
use crate::rows::{self, EVENT, signed};

// What a newer node has written of kinds and sorts that this one does not know is passed over.
static EVENTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {EVENT} FROM events WHERE seq > $1 AND kind = ANY($2) AND what IN ({}) ORDER BY seq LIMIT $3",
        sorts()
    )
});
static EVENTS_OF: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {EVENT} FROM events WHERE seq > $1 AND seq <= $2 AND ($3::uuid IS NULL OR account = $3) \
         AND kind = ANY($4) AND what IN ({}) ORDER BY seq LIMIT $5",
        sorts()
    )
});

fn sorts() -> String {
    let sorts: Vec<String> = EventKind::ALL.iter().map(|sort| format!("'{}'", sort.name())).collect();
    sorts.join(", ")
}

impl Reader<'_> {
    pub async fn events(&self, after: Seq, limit: u32) -> Result<Vec<(Seq, Event)>, PostgresError> {
        self.session
            .all(&EVENTS, &[&signed(after.0), &self.codec.kinds(), &i64::from(limit)], |row| self.codec.event(row))
            .await
    }

    pub async fn events_of(
        &self,
        after: Seq,
        until: Seq,
        of: &Interest,
        limit: u32,
    ) -> Result<Vec<(Seq, Event)>, PostgresError> {
        let account = of.account.map(AccountId::uuid);
        let kinds = of.kinds.clone().unwrap_or_else(|| self.codec.kinds());
        self.session
            .all(&EVENTS_OF, &[&signed(after.0), &signed(until.0), &account, &kinds, &i64::from(limit)], |row| {
                self.codec.event(row)
            })
            .await
    }

    pub async fn head(&self) -> Result<Seq, PostgresError> {
        Ok(Seq(LogHead::read(self.session).await?.seq))
    }

    pub async fn follower_states(
        &self,
        follower: &str,
        key: Option<&str>,
    ) -> Result<Vec<FollowerState>, PostgresError> {
        self.session
            .all(
                "SELECT key, account, position, data FROM follower_states \
                 WHERE follower = $1 AND ($2::text IS NULL OR key = $2) ORDER BY key",
                &[&follower, &key],
                |row| rows::follower_state(row, follower),
            )
            .await
    }

    pub async fn access_epoch(&self, account: AccountId) -> Result<u64, PostgresError> {
        let sql = "SELECT epoch FROM epochs WHERE account = $1";
        Ok(self.session.first(sql, &[&account.uuid()], |row| rows::count(row, 0)).await?.unwrap_or(0))
    }

    pub async fn answer_for(
        &self,
        account: AccountId,
        scope: &str,
        key: &str,
    ) -> Result<Option<RememberedAnswer>, PostgresError> {
        self.session
            .first(
                "SELECT fingerprint, status, body, at FROM answers WHERE account = $1 AND scope = $2 AND key = $3",
                &[&account.uuid(), &scope, &&*storable(key)],
                |row| rows::answer(row, account, scope, key),
            )
            .await
    }
}
