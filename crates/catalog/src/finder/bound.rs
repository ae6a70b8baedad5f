//! How the catalogue comes to who finds, and what doors look for through their readings.

use std::ops::Range;
use std::sync::{Arc, Weak};

use super::{ByKind, Condition, Finder, Sighted, Sought};
use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::problem::Problem;
use crate::query::{ListQuery, States};
use crate::reading::Reading;
use crate::tracking::ReadSet;

/// Lists are read as they are where a search leaves more than this: it then says little.
const MOST_NARROWED: usize = 20_000;
/// So many records are looked for by what leads to them.
const MOST_LED_TO: usize = 1_000;

impl Catalog {
    /// From now on, this one finds. The first stays.
    pub fn found_by(&self, finder: Weak<dyn Finder>) {
        self.finder.set(finder);
    }

    /// Waits until searches know everything that was acknowledged by now. Before the reading that searches are for is
    /// begun.
    ///
    /// Errors: `Unavailable`, when that takes too long.
    pub fn until_found(&self) -> Boxed<'_, Result<(), Problem>> {
        Box::pin(async move {
            let finder = self.plugged()?;
            // By itself: how often it has to look is no matter of the request.
            let waiting = tokio::spawn(async move { finder.caught_up().await });
            waiting.await.map_err(|error| Problem::internal(error.to_string()))?
        })
    }

    /// Begins to make anew what searches know, which all accounts share.
    ///
    /// Errors: `Forbidden` for who does not run the server.
    pub fn find_anew<'a>(&'a self, caller: &'a Caller) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            self.may_run_the_server(caller).await?;
            self.plugged()?.begin_anew()?;
            tracing::info!(user = %caller.principal.name, "the index of searches is made anew");
            Ok(())
        })
    }

    /// Where in a text the words stand that a condition looks for, in bytes, from the first to the last.
    pub fn marks(&self, text: &str, condition: &Condition) -> Vec<Range<usize>> {
        self.plugged().map(|finder| finder.marks(text, condition)).unwrap_or_default()
    }

    fn plugged(&self) -> Result<Arc<dyn Finder>, Problem> {
        let finder = self.finder.get::<Weak<dyn Finder>>().and_then(Weak::upgrade);
        finder.ok_or_else(|| Problem::Unavailable { reason: "nothing is searched yet".into() })
    }
}

impl Reading<'_> {
    /// What the caller sees of all that is like this.
    pub fn seek<'a>(&'a self, sought: &'a Sought) -> Boxed<'a, Result<Sighted, Problem>> {
        Box::pin(async move { self.seek_also(sought, &[]).await })
    }

    /// The same, with the hits of the page that are like each of these, too. What is written meanwhile is in all of it, or
    /// in nothing.
    pub fn seek_also<'a>(&'a self, sought: &'a Sought, also: &'a [Condition]) -> Boxed<'a, Result<Sighted, Problem>> {
        Box::pin(async move {
            // Of what an index says, no store can tell when it changes.
            ReadSet::used(None);
            self.catalog().plugged()?.seek(self, sought, also).await
        })
    }

    /// What of these kinds can be like this: lists of it need not read more.
    pub fn narrowed<'a>(&'a self, kinds: &'a [Kind], condition: &'a Condition) -> Boxed<'a, Result<Narrowed, Problem>> {
        Box::pin(async move {
            if *condition == Condition::Everything {
                return Ok(Narrowed(None));
            }
            let wanted = [(kinds.to_vec(), condition.clone())];
            Ok(self.narrowed_each(&wanted).await?.pop().unwrap_or(Narrowed(None)))
        })
    }

    /// The same for each of several, which together cost no more than one may.
    pub fn narrowed_each<'a>(
        &'a self,
        wanted: &'a [(Vec<Kind>, Condition)],
    ) -> Boxed<'a, Result<Vec<Narrowed>, Problem>> {
        Box::pin(async move {
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            ReadSet::used(None);
            let found = self.catalog().plugged()?.narrow(self.account(), wanted, MOST_NARROWED).await?;
            Ok(found.into_iter().map(Narrowed).collect())
        })
    }
}

/// Records that can be what is looked for, whoever sees them: so no more is told of them than which lists to read.
pub struct Narrowed(Option<ByKind>);

impl Narrowed {
    /// The list without what cannot be meant; whether what is left is meant, its reader must find out. `None` where
    /// nothing is left. What searches do not know (parts, and what is deleted) is listed as it is.
    pub fn of(&self, query: ListQuery) -> Option<ListQuery> {
        let is_known = query.states == States::Alive && !query.kind.0.part && query.ids.is_none();
        let Some(found) = self.0.as_ref().filter(|_| is_known) else { return Some(query) };
        let ids = Some(found.get(&query.kind)?.clone());
        Some(ListQuery { ids, ..query })
    }

    /// What one of these fields leads from to any of them, for those who ask by a name that stands in what they read.
    /// `None` where they are too many.
    pub fn led_to_by(&self, fields: &[&'static str]) -> Option<Condition> {
        let to: Vec<RecordId> = self.0.as_ref()?.values().flatten().copied().collect();
        let leads = |field: &&'static str| Condition::leads(field, to.clone());
        (to.len() <= MOST_LED_TO).then(|| match to.is_empty() {
            true => Condition::Nothing,
            false => Condition::any(fields.iter().map(leads).collect()),
        })
    }

    /// Whether nothing of the kind can be meant.
    pub fn has_none(&self, kind: Kind) -> bool {
        !kind.0.part && self.0.as_ref().is_some_and(|found| !found.contains_key(&kind))
    }
}
