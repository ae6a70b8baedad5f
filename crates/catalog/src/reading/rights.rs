//! What the caller may do: to a record that he has, or by making one.

use std::collections::HashSet;

use super::Reading;
use crate::action::Action;
use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::context::Context;
use crate::denials::Denials;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::member_query::Given;
use crate::plan::delete::may_restore;
use crate::ports::Verdict;
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::rule::Rule;
use crate::rules::lending;
use crate::rules::named_by_policies::may_change_what_names;

impl Reading<'_> {
    /// What the policies say to an action on a record.
    pub fn verdict<'a>(&'a self, action: Action, record: &'a Record) -> Boxed<'a, Result<Verdict, Problem>> {
        Box::pin(async move { self.access().judge(&*self.snapshot, &self.caller.principal, action, record).await })
    }

    /// The same to many actions.
    pub fn verdicts<'a>(
        &'a self,
        actions: &'a [Action],
        record: &'a Record,
    ) -> Boxed<'a, Result<Vec<Verdict>, Problem>> {
        Box::pin(async move { self.access().verdicts(&*self.snapshot, &self.caller.principal, actions, record).await })
    }

    /// Of each of these groups whether the caller may do one of it; where he may not, what is said of the first.
    pub fn verdicts_of_any<'a>(
        &'a self,
        groups: &'a [Vec<Action>],
        record: &'a Record,
    ) -> Boxed<'a, Result<Vec<Verdict>, Problem>> {
        Box::pin(async move {
            let mut verdicts = self.verdicts(&groups.concat(), record).await?;
            let mut of = |group: &Vec<Action>| {
                let mut all = verdicts.drain(..group.len());
                let first = all.next().unwrap_or(Verdict::Never { why: None });
                if all.any(|verdict| verdict == Verdict::Always) { Verdict::Always } else { first }
            };
            Ok(groups.iter().map(&mut of).collect())
        })
    }

    /// The rules by which the caller may do each of these to a record; none where no rule lets him.
    pub fn grounds<'a>(
        &'a self,
        actions: &'a [Action],
        record: &'a Record,
    ) -> Boxed<'a, Result<Vec<Vec<String>>, Problem>> {
        Box::pin(async move { self.access().grounds(&*self.snapshot, &self.caller.principal, actions, record).await })
    }

    /// Whether the caller may do this to a record.
    pub fn may<'a>(&'a self, action: Action, record: &'a Record) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            match Denials::aside(self.require(action, record)).await {
                Ok(()) => Ok(true),
                Err(Problem::Forbidden { .. }) => Ok(false),
                Err(problem) => Err(problem),
            }
        })
    }

    /// Whether something can enter a product by its query: whoever gave that may edit the product.
    pub fn lets_in_by_query<'a>(&'a self, product: &'a Record) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let Some(given) = Given::of(product) else { return Ok(false) };
            let giver = self.access().principal(&*self.snapshot, self.account(), given.by).await?;
            let Some(giver) = giver else { return Ok(false) };
            let verdict = self.access().judge(&*self.snapshot, &giver, Action::EditAll, product).await?;
            Ok(verdict == Verdict::Always)
        })
    }

    /// Errors: `Forbidden`, where the caller may not do this to a record.
    pub fn require<'a>(&'a self, action: Action, record: &'a Record) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            let cx = self.catalog.context(&*self.snapshot, self.caller);
            self.access().may(&cx, action, record).await.map(drop)
        })
    }

    /// May the caller make a record of the kind below `parent`? `team` is the owning team that the record would name.
    pub fn ask_create<'a>(
        &'a self,
        kind: Kind,
        parent: &'a View,
        team: Option<&'a Record>,
    ) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move { self.catalog.ask_create(&*self.snapshot, self.caller, kind, parent, team).await })
    }

    /// Below which of these may the caller make a record of the kind? However many they are, it costs a few questions.
    pub fn may_create_in_each<'a>(&'a self, kind: Kind, parents: &'a [View]) -> Boxed<'a, Result<Vec<bool>, Problem>> {
        Box::pin(async move { self.catalog.may_create_in_each(&*self.snapshot, self.caller, kind, parents).await })
    }

    /// May the caller make a record of a kind that stands below nothing?
    pub fn ask_create_at_top(&self, kind: Kind) -> Boxed<'_, Result<(), Problem>> {
        Box::pin(async move { self.catalog.ask_create_at_top(&*self.snapshot, self.caller, kind).await })
    }

    /// May the caller change at least one of these fields and relations of a record?
    pub fn ask_change<'a>(&'a self, record: &'a Record, fields: &'a [&'a str]) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move { self.catalog.ask_change(&*self.snapshot, self.caller, record, fields).await })
    }

    /// May the caller rename a record or delete it, as far as policies name it in their conditions?
    pub fn ask_name<'a>(&'a self, record: &'a Record) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move {
            match record.kind.0.rules.contains(&Rule::NamedByPolicies) {
                true => may_change_what_names(&self.cx(), record.kind, &[&record.fqn]).await,
                false => Ok(()),
            }
        })
    }

    /// May the caller bring back what was deleted?
    ///
    /// Errors: `NotFound`, where it is gone for him; `Forbidden`.
    pub fn ask_restore<'a>(&'a self, record: &'a Record) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move { may_restore(&self.cx(), record).await.map(drop) })
    }

    /// Which of these may he bring back? What it turns on is read for all of them at once.
    pub fn may_restore_each<'a>(&'a self, records: &'a [&'a Record]) -> Boxed<'a, Result<Vec<bool>, Problem>> {
        Box::pin(async move {
            let known = CachedSnapshot::over(&*self.snapshot);
            self.access().prefetch(&known, &self.caller.principal, records).await?;
            let cx = self.catalog.context(&known, self.caller);
            let mut allowed = Vec::with_capacity(records.len());
            for record in records {
                allowed.push(match Denials::aside(may_restore(&cx, record)).await {
                    Ok(_) => true,
                    Err(Problem::Forbidden { .. } | Problem::NotFound { .. }) => false,
                    Err(problem) => return Err(problem),
                });
            }
            Ok(allowed)
        })
    }

    /// Assets of a deleted product whose rows are shared no more once the caller has brought it back: he does not hold them.
    pub fn closed_by_restoring<'a>(&'a self, product: &'a View) -> Boxed<'a, Result<HashSet<RecordId>, Problem>> {
        Box::pin(async move { lending::not_held(&self.cx(), &product.edges).await })
    }

    /// Whether what went with a record shares rows that the caller does not hold: then it is not his to bring back.
    pub fn shares_below<'a>(&'a self, record: &'a Record) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move { lending::shares_below(&self.cx(), record).await })
    }

    fn cx(&self) -> Context<'_> {
        self.catalog.context(&*self.snapshot, self.caller)
    }

    /// May the caller delete a record?
    pub fn ask_delete<'a>(&'a self, record: &'a Record) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move { self.catalog.ask_delete(&*self.snapshot, self.caller, record).await })
    }
}
