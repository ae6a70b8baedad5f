//! Writes how often the rows of products were read, a count for each day, as an observation of the product. It raises no
//! revision and makes no line in the log.

use serde_json::{Value, json};

use crate::access;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Expect, Write};
use crate::id::{AccountId, Millis, RecordId};
use crate::observation::{Key, Noted, READINGS};
use crate::problem::Problem;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// How often a count that another node was faster with is made anew.
const TRIES: usize = 8;

impl Catalog {
    /// Writes what was counted. What cannot be written is counted the next time.
    pub(crate) async fn write_readings(&self) -> Result<(), Problem> {
        let counted = self.trail.take_readings();
        let mut failed = Ok(());
        for (of, count) in counted {
            if let Err(problem) = self.write_reading(of, count).await {
                self.trail.give_reading_back(of, count);
                failed = Err(problem);
            }
        }
        failed
    }

    async fn write_reading(&self, (account, record): (AccountId, RecordId), count: u64) -> Result<(), Problem> {
        let day = Millis(self.now().0.div_euclid(DAY_MS) * DAY_MS);
        let key = Key { series: READINGS, item: String::new(), at: day };
        for _ in 0..TRIES {
            let snapshot = self.store.snapshot().await?;
            let is_there = snapshot.cards(account, &[record]).await?.into_iter().flatten().next().is_some();
            let known = snapshot.observed_at(account, record, std::slice::from_ref(&key)).await?.pop().flatten();
            drop(snapshot);
            if !is_there {
                return Ok(());
            }
            let before = known.as_ref().and_then(|known| known["count"].as_u64()).unwrap_or_default();
            let noted = |value: Option<Value>| Noted { key: key.clone(), value };
            let mut set = ChangeSet::new(access::of_the_server());
            set.expect = vec![Expect::ObservationIs { account, record, noted: Box::new(noted(known)) }];
            let counted = noted(Some(json!({"count": before.saturating_add(count)})));
            set.writes = vec![Write::Observe { account, record, observations: vec![counted] }];
            if self.try_set(set).await? {
                return Ok(());
            }
        }
        Err(Problem::Overtaken)
    }
}
