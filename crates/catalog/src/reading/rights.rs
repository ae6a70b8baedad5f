//! What the caller may do: to a record that he has, or by making one.

use super::Reading;
use crate::action::Action;
use crate::boxed::Boxed;
use crate::denials::Denials;
use crate::kind::Kind;
use crate::member_query::Given;
use crate::ports::Verdict;
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::rule::Rule;
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
                true => {
                    let cx = self.catalog.context(&*self.snapshot, self.caller);
                    may_change_what_names(&cx, record.kind, &[&record.fqn]).await
                }
                false => Ok(()),
            }
        })
    }

    /// May the caller delete a record?
    pub fn ask_delete<'a>(&'a self, record: &'a Record) -> Boxed<'a, Result<(), Problem>> {
        Box::pin(async move { self.catalog.ask_delete(&*self.snapshot, self.caller, record).await })
    }
}
