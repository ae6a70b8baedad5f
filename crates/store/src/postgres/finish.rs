//! The end of a transaction that writes: it takes its turn in the order of commits, looks whether it was overtaken, and
//! writes what all of them write to.
//!
//! The turn is the lock of one row, which is held until the commit is through. Who has it sees every commit before
//! his own, and nobody commits before him any more: so numbers have no gaps, and what others have changed since he
//! began can be told for certain.

use std::collections::HashSet;

use emporion_model::change_set::Event;
use emporion_model::dependency::Dependency;
use emporion_model::log_watch::NewLines;
use futures_util::future::{try_join, try_join5};
use uuid::Uuid;

use super::batch::Batch;
use super::commits;
use super::error::PostgresError;
use super::log_head::LogHead;
use super::session::Session;
use super::shared_keys::KeyWatch;
use crate::invalidation::InvalidationTable;
use crate::rows::signed;
use crate::tallies::Tallies;

/// Where the log ended before and after a commit.
pub struct LogExtent {
    pub base: u64,
    pub head: u64,
    pub lines: NewLines,
}

/// Writes what is gathered, and commits.
///
/// Errors: `Overtaken` where another commit has changed what was relied on; the caller takes the transaction back
/// then, and for every other fault.
pub async fn finish(mut batch: Batch<'_>, keys: &KeyWatch) -> Result<LogExtent, PostgresError> {
    let added = batch.events.len() as u64;
    let LogHead { seq: head, version, keys: keys_version } = if batch.keeps_order {
        batch.flush().await?;
        take_turn(&batch, added).await?
    } else {
        // What is gathered is on its way before the turn is asked for.
        let gathered = std::mem::take(&mut batch.gathered);
        try_join(batch.write_at_once(&gathered), take_turn(&batch, added)).await?.1
    };
    let Batch { session, invalidations, began, tallies, changed, relied, events, wrote, .. } = batch;
    if version > began + 1 {
        look_back(session, (invalidations, keys), began, &relied).await?;
    }
    if wrote {
        let listed = changed.listed().map(|changed| {
            let mut listed: Vec<i64> = changed.iter().map(|dependency| dependency.0.cast_signed()).collect();
            listed.sort_unstable();
            listed.dedup();
            listed
        });
        let number = signed(version);
        try_join5(
            session.run(commits::INSERT, &[&number, &listed, &signed(head), &signed(keys_version)]),
            append(session, head - added, &events),
            count_by_state(session, &tallies),
            count_by_place(session, &tallies),
            notify(session, head, added),
        )
        .await?;
    }
    session.commit().await?;
    if wrote {
        let everything = changed.listed().is_none();
        invalidations.learn(version, changed.listed().unwrap_or_default().iter().copied(), everything);
        invalidations.reached(version);
    }
    let mut lines = NewLines::default();
    events.iter().for_each(|event| lines.add(event.account, event.kind));
    Ok(LogExtent { base: head - added, head, lines })
}

/// The head of the log as this commit leaves it, once it is its turn.
async fn take_turn(batch: &Batch<'_>, added: u64) -> Result<LogHead, PostgresError> {
    let session = batch.session;
    if !batch.wrote {
        let LogHead { seq, version, keys } = LogHead::read(session).await?;
        return Ok(LogHead { seq: seq + added, version: version + 1, keys });
    }
    let turn = "UPDATE log_head SET seq = seq + $1, version = version + 1 RETURNING seq, version, keys";
    let head = session.first(turn, &[&signed(added)], LogHead::of).await?;
    head.ok_or_else(|| PostgresError::internal("the log has no head"))
}

/// Whether a commit since then has changed what was relied on.
async fn look_back(
    session: &Session,
    (invalidations, keys): (&InvalidationTable, &KeyWatch),
    began: u64,
    relied: &HashSet<Dependency>,
) -> Result<(), PostgresError> {
    let since = commits::since(session, began).await?;
    since.take_keys_up(session, keys).await?;
    commits::learn(invalidations, began, &since.commits);
    let concerns = |changed: &Option<Vec<i64>>| match changed {
        Some(changed) => changed.iter().any(|number| relied.contains(&Dependency(number.cast_unsigned()))),
        None => !relied.is_empty(),
    };
    match since.commits.iter().find(|(_, changed)| concerns(changed)) {
        Some((version, _)) => Err(PostgresError::Overtaken(format!("commit {version} has changed what was relied on"))),
        None => Ok(()),
    }
}

async fn notify(session: &Session, head: u64, added: u64) -> Result<(), PostgresError> {
    if added > 0 {
        session.run("SELECT pg_notify($1, $2)", &[&super::control::CHANNEL, &head.to_string()]).await?;
    }
    Ok(())
}

async fn append(session: &Session, base: u64, events: &[Event]) -> Result<(), PostgresError> {
    if events.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = (base + 1..).take(events.len()).map(signed).collect();
    let uuids = |of: fn(&Event) -> Uuid| events.iter().map(of).collect::<Vec<_>>();
    let texts = |of: fn(&Event) -> &str| events.iter().map(of).collect::<Vec<_>>();
    let at: Vec<i64> = events.iter().map(|event| event.at.0).collect();
    let through: Vec<Option<&str>> = events.iter().map(|event| event.by.through.as_deref()).collect();
    let door: Vec<Option<&str>> = events.iter().map(|event| event.by.door.as_deref()).collect();
    let revisions: Vec<i64> = events.iter().map(|event| signed(event.revision.0)).collect();
    let details: Vec<Option<String>> =
        events.iter().map(|event| event.detail.as_ref().map(ToString::to_string)).collect();
    session
        .run(
            "INSERT INTO events (seq, account, at, by_id, by_name, by_through, by_door, what, kind, id, fqn, revision, \
             detail) SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], \
             $6::text[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::text[], $12::bigint[], $13::text[])",
            &[
                &seqs,
                &uuids(|event| event.account.uuid()),
                &at,
                &uuids(|event| event.by.id.uuid()),
                &texts(|event| &event.by.name),
                &through,
                &door,
                &texts(|event| event.what.name()),
                &texts(|event| event.kind.name()),
                &uuids(|event| event.id.uuid()),
                &texts(|event| &event.fqn),
                &revisions,
                &details,
            ],
        )
        .await?;
    Ok(())
}

async fn count_by_state(session: &Session, tallies: &Tallies) -> Result<(), PostgresError> {
    let differences: Vec<_> = tallies.by_state.iter().filter(|(_, by)| **by != 0).collect();
    if differences.is_empty() {
        return Ok(());
    }
    let accounts: Vec<Uuid> = differences.iter().map(|((account, ..), _)| account.uuid()).collect();
    let kinds: Vec<&str> = differences.iter().map(|((_, kind, _), _)| *kind).collect();
    let states: Vec<i64> = differences.iter().map(|((.., state), _)| *state).collect();
    let by: Vec<i64> = differences.iter().map(|(_, by)| **by).collect();
    session
        .run(
            "INSERT INTO tallies (account, kind, state, n) \
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) \
             ON CONFLICT (account, kind, state) DO UPDATE SET n = tallies.n + excluded.n",
            &[&accounts, &kinds, &states, &by],
        )
        .await?;
    Ok(())
}

async fn count_by_place(session: &Session, tallies: &Tallies) -> Result<(), PostgresError> {
    let differences: Vec<_> = tallies.by_place.iter().filter(|(_, by)| **by != 0).collect();
    if differences.is_empty() {
        return Ok(());
    }
    let accounts: Vec<Uuid> = differences.iter().map(|((account, ..), _)| account.uuid()).collect();
    let kinds: Vec<&str> = differences.iter().map(|((_, kind, ..), _)| *kind).collect();
    let parents: Vec<Uuid> =
        differences.iter().map(|((.., parent, _), _)| parent.map_or(Uuid::nil(), |parent| parent.uuid())).collect();
    let seen_by: Vec<i64> = differences.iter().map(|((.., visibility), _)| *visibility).collect();
    let by: Vec<i64> = differences.iter().map(|(_, by)| **by).collect();
    session
        .run(
            "INSERT INTO holdings (account, kind, parent, visibility, n) \
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::bigint[]) \
             ON CONFLICT (account, kind, parent, visibility) DO UPDATE SET n = holdings.n + excluded.n",
            &[&accounts, &kinds, &parents, &seen_by, &by],
        )
        .await?;
    // Of records that are gone nothing stays.
    if by.iter().any(|by| *by < 0) {
        let gone = "DELETE FROM holdings USING unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[]) \
                    AS gone (account, kind, parent, visibility) \
                    WHERE holdings.account = gone.account AND holdings.kind = gone.kind \
                    AND holdings.parent = gone.parent AND holdings.visibility = gone.visibility AND holdings.n = 0";
        session.run(gone, &[&accounts, &kinds, &parents, &seen_by]).await?;
    }
    Ok(())
}
