//! Failures of logins as nodes over one database share them: each takes in what all have counted before it compares a password,
//! and keeps what it counts before it answers. So a name has [`FREE`] failures over all nodes, and one more for each further
//! node that compares at that very moment. Where the store cannot be asked, each node counts for itself.
//!
//! They lie in so many rows, by their hashes, and so many in a row: whoever tries whatever names, it is no more than that. Who
//! fills a row with other names that wait gets as many guesses as there are nodes times [`FREE`], as without all this, and as
//! where the store cannot be written: no node forgets what it has counted itself since the store has less.
//! Clocks of nodes that differ by less than [`WAIT_MS`] shorten a wait by as much, and make none longer.

use std::collections::BTreeMap;

use emporion_catalog::Problem;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::follow::row::{next, parse};
use emporion_catalog::id::{AccountId, Seq};
use emporion_catalog::lease::Ownership;
use serde::{Deserialize, Serialize};

use crate::login_throttle::{FREE, Failures, Guesser, WAIT_MS};

const FOLLOWER: &str = "logins";
const ROWS: u16 = 1_024;
const MOST: usize = 16;
/// How often rows are written anew that others were ahead of.
const TRIES: usize = 16;

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Row {
    failures: BTreeMap<String, (u32, i64)>,
}

/// What nodes have counted of these: of those that there is nothing of, nothing.
pub async fn known(catalog: &Catalog, of: &[Guesser], now_ms: i64) -> Result<Vec<(Guesser, Failures)>, Problem> {
    let mut found = Vec::new();
    for who in of {
        let (_, row) = row(catalog, &key(*who)).await?;
        if let Some((count, last_ms)) = row.failures.get(&name(*who)) {
            found.push((*who, Failures::of(*count, (*last_ms).min(now_ms))));
        }
    }
    Ok(found)
}

/// Has `change` said of each what becomes of it; all or none. Of one who has succeeded none are left, and when.
pub async fn keep(
    catalog: &Catalog,
    of: &[Guesser],
    now_ms: i64,
    change: impl Fn(Guesser, Option<Failures>) -> Failures,
) -> Result<(), Problem> {
    for _ in 0..TRIES {
        let mut rows: BTreeMap<String, (Seq, Row)> = BTreeMap::new();
        for who in of {
            let key = key(*who);
            if !rows.contains_key(&key) {
                rows.insert(key.clone(), row(catalog, &key).await?);
            }
            let Some((_, row)) = rows.get_mut(&key) else { continue };
            let before = row.failures.remove(&name(*who)).map(|(count, last_ms)| Failures::of(count, last_ms));
            row.failures.retain(|_, (_, last_ms)| now_ms.abs_diff(*last_ms) <= WAIT_MS.unsigned_abs());
            let after = change(*who, before);
            // Those that wait for nothing go first, then those that failed longest ago.
            let first = row.failures.iter().min_by_key(|(_, (count, last_ms))| (*count >= FREE, *last_ms));
            if let Some(first) = first.map(|(name, _)| name.clone()).filter(|_| row.failures.len() >= MOST) {
                row.failures.remove(&first);
            }
            row.failures.insert(name(*who), (after.count, after.last_ms));
        }
        let expected = rows.iter().map(|(key, (at, _))| (key.clone(), *at)).collect();
        let state = |(key, (at, row)): (String, (Seq, Row))| next(at, (FOLLOWER, &key), AccountId::GLOBAL, &row);
        let kept = rows.into_iter().map(state).collect::<Result<_, _>>()?;
        if catalog.swap_follower_states(&Ownership::alone(), FOLLOWER, expected, kept, Vec::new()).await? {
            return Ok(());
        }
    }
    Err(Problem::Unavailable { reason: "too many logins fail at once".into() })
}

fn name(who: Guesser) -> String {
    who.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(who: Guesser) -> String {
    format!("{:03x}", u16::from_le_bytes([who.0[2], who.0[3]]) % ROWS)
}

async fn row(catalog: &Catalog, key: &str) -> Result<(Seq, Row), Problem> {
    let Some(kept) = catalog.follower_state(FOLLOWER, key).await? else { return Ok((Seq(0), Row::default())) };
    let at = kept.position;
    // One that cannot be read begins anew.
    Ok((at, parse(kept).map_or_else(|_| Row::default(), |row| row.data)))
}
