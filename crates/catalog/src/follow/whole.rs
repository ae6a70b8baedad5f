//! Records with what belongs to them, for followers that show more of a record than its fields.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use crate::boxed::Boxed;
use crate::catalog::Catalog;
use crate::id::Seq;
use crate::id::{AccountId, RecordId};
use crate::kinds::DOMAIN;
use crate::load::{self, Depth};
use crate::log_watch::Interest;
use crate::observation::{Observation, Series};
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::{Card, Record, View};
use crate::relation::{IN_DOMAIN, Relation};

impl Catalog {
    /// The newest observations of those of the records whose kind has the series. Not filtered, as [`Catalog::whole`].
    pub fn newest_of<'a>(&'a self, views: &'a [View], series: Series) -> Boxed<'a, Result<Vec<Observation>, Problem>> {
        Box::pin(async move {
            let mut of_account: HashMap<AccountId, Vec<RecordId>> = HashMap::new();
            for record in views.iter().map(|view| &view.record) {
                if record.kind.series(series.name()).is_some() {
                    of_account.entry(record.account).or_default().push(record.id);
                }
            }
            let mut newest = Vec::new();
            if of_account.is_empty() {
                return Ok(newest);
            }
            let snapshot = self.store.snapshot().await?;
            for (account, records) in of_account {
                newest.extend(snapshot.newest_observations(account, &records, &[series]).await?);
            }
            Ok(newest)
        })
    }

    /// Records with their edges of these relations, what they inherit of them, and the domains above their domains.
    ///
    /// Not filtered: a follower acts for the server. Whoever shows somebody what was made of this asks first what he sees.
    pub fn whole<'a>(
        &'a self,
        records: Vec<Record>,
        relations: &'a [Relation],
    ) -> Boxed<'a, Result<Vec<View>, Problem>> {
        Box::pin(async move {
            let mut of_account: HashMap<AccountId, Vec<Record>> = HashMap::new();
            for record in records {
                of_account.entry(record.account).or_default().push(record);
            }
            let mut all = Vec::new();
            for (account, records) in of_account {
                let snapshot = self.store.snapshot().await?;
                all.append(&mut whole_of(&*snapshot, account, records, relations).await?);
            }
            Ok(all)
        })
    }

    /// Whether a line that is of interest stands between two places in the log.
    pub fn has_lines<'a>(&'a self, after: Seq, until: Seq, interest: &'a Interest) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(
            async move { Ok(!self.store.snapshot().await?.events_of(after, until, interest, 1).await?.is_empty()) },
        )
    }
}

/// The same of records of one account, in a state of it.
pub(crate) async fn whole_of(
    snapshot: &dyn Snapshot,
    account: AccountId,
    records: Vec<Record>,
    relations: &[Relation],
) -> Result<Vec<View>, Problem> {
    let mut views = load::views(snapshot, records, &Depth::of(relations, true)).await?;
    let mut domains: Vec<RecordId> = views.iter().flat_map(domains_of).collect();
    domains.sort_unstable();
    domains.dedup();
    if !domains.is_empty() {
        let cards = snapshot.cards_and_above(account, &[], &domains).await?;
        let cards: HashMap<RecordId, Arc<Card>> = cards.into_iter().map(|card| (card.id, card)).collect();
        for view in &mut views {
            let mut above: Vec<RecordId> = domains_of(view).collect();
            while let Some(id) = above.pop() {
                if let Some(card) = cards.get(&id) {
                    above.extend(card.parent);
                    view.cards.insert(id, card.clone());
                }
            }
        }
    }
    Ok(views)
}

fn domains_of(view: &View) -> impl Iterator<Item = RecordId> + '_ {
    let edges = view.edges.iter().chain(&view.inherited).filter(|edge| edge.relation == IN_DOMAIN);
    let above = view.ancestors.iter().filter(|card| card.kind == DOMAIN);
    edges.map(|edge| edge.to).chain(above.map(|card| card.id))
}
