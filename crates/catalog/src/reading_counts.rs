//! How often the rows of products were read: a count for each day, as an observation of the product. It raises no revision and
//! makes no line in the log.
//!
//! What is told of it is decided here, whichever page or door tells it: the days themselves to those who have a role on the
//! product or may edit it; to others, who could see by them that somebody reads at this moment, how many they were within the
//! last seven days that are over, by the power of ten that they stay below.

use serde_json::{Value, json};

use crate::access;
use crate::action::Action;
use crate::audit_trail::readings::{Counted, day_of};
use crate::boxed::Boxed;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Expect, Write};
use crate::id::Millis;
use crate::observation::{Key, Noted, READINGS};
use crate::ports::Verdict;
use crate::problem::Problem;
use crate::reading::Reading;
use crate::record::View;
use crate::rows::roles;
use crate::timestamp::DAY_MILLIS;

const DAYS: u32 = 7;
/// How often counts that another node was faster with are made anew.
const TRIES: usize = 8;
/// So many are written together.
const GROUP: usize = 64;

/// What somebody is told of how often a product was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadCount {
    /// So often on the last day that it was.
    OnDay { day: Millis, count: u64 },
    /// Fewer times than that within the last days that are over.
    Below(u64),
}

/// The power of ten that a number stays below.
fn below(count: u64) -> u64 {
    std::iter::successors(Some(10_u64), |bound| bound.checked_mul(10)).find(|bound| count < *bound).unwrap_or(u64::MAX)
}

impl Reading<'_> {
    /// Of a product that the caller sees, with its edges to whoever has a role on it; `None` where it was not read.
    pub fn read_count<'a>(&'a self, product: &'a View, now: Millis) -> Boxed<'a, Result<Option<ReadCount>, Problem>> {
        Box::pin(async move {
            let principal = &self.caller().principal;
            let knows = principal.is_admin
                || !roles::of_principal(product, principal).is_empty()
                || self.verdict(Action::EditAll, &product.record).await? == Verdict::Always
                || self.rows().may_query(product).await?.is_some();
            let today = day_of(now);
            if knows {
                let newest = self.newest_observations(std::slice::from_ref(&product.record), &[READINGS]).await?.pop();
                return Ok(newest.map(|read| ReadCount::OnDay { day: read.at, count: count(&read.value) }));
            }
            let days = (Millis(today.0 - i64::from(DAYS) * DAY_MILLIS), Millis(today.0 - 1));
            let read = self.observations(&product.record, (READINGS, ""), days, DAYS).await?.found;
            let all = read.iter().map(|one| count(&one.value)).fold(0, u64::saturating_add);
            Ok((all > 0).then(|| ReadCount::Below(below(all))))
        })
    }
}

fn count(value: &Value) -> u64 {
    value["count"].as_u64().unwrap_or_default()
}

impl Catalog {
    /// Writes what was counted. What cannot be written is counted the next time: what is let go of while the store takes it in,
    /// as well, which may then be counted twice.
    pub(crate) async fn write_readings(&self) -> Result<(), Problem> {
        let _counting = self.trail.counting.lock().await;
        let mut taken = self.trail.take_readings();
        while !taken.counts.is_empty() {
            let mut group: Vec<(Counted, u64)> = taken.counts.iter().map(|(of, count)| (*of, *count)).collect();
            group.sort_unstable();
            group.truncate(GROUP);
            self.write_group(&group).await?;
            for (of, _) in &group {
                taken.counts.remove(of);
            }
        }
        Ok(())
    }

    /// In one change set.
    async fn write_group(&self, group: &[(Counted, u64)]) -> Result<(), Problem> {
        for _ in 0..TRIES {
            let snapshot = self.store.snapshot().await?;
            let mut set = ChangeSet::new(access::of_the_server());
            for (Counted { account, product, day }, more) in group {
                let (account, record) = (*account, *product);
                if snapshot.cards(account, &[record]).await?.into_iter().flatten().next().is_none() {
                    continue;
                }
                let key = Key { series: READINGS, item: String::new(), at: *day };
                let known = snapshot.observed_at(account, record, std::slice::from_ref(&key)).await?.pop().flatten();
                let before = known.as_ref().map(count).unwrap_or_default();
                let noted = |value: Option<Value>| Noted { key: key.clone(), value };
                set.expect.push(Expect::ObservationIs { account, record, noted: Box::new(noted(known)) });
                let counted = noted(Some(json!({"count": before.saturating_add(*more)})));
                set.writes.push(Write::Observe { account, record, observations: vec![counted] });
            }
            drop(snapshot);
            if set.writes.is_empty() || self.try_set(set).await? {
                return Ok(());
            }
        }
        Err(Problem::Overtaken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_below_a_power_of_ten() {
        for (count, bound) in [(1, 10), (9, 10), (10, 100), (99, 100), (100, 1_000), (u64::MAX, u64::MAX)] {
            assert_eq!(below(count), bound, "{count}");
        }
    }
}
