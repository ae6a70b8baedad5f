//! What the caller may do: to a record that he has, or by making one.

use super::Reading;
use crate::action::Action;
use crate::kind::Kind;
use crate::ports::Verdict;
use crate::problem::Problem;
use crate::record::{Record, View};

impl Reading<'_> {
    /// What the policies say to an action on a record.
    pub async fn verdict(&self, action: Action, record: &Record) -> Result<Verdict, Problem> {
        self.access().judge(&*self.snapshot, &self.caller.principal, action, record).await
    }

    /// The same to many actions.
    pub async fn verdicts(&self, actions: &[Action], record: &Record) -> Result<Vec<Verdict>, Problem> {
        self.access().verdicts(&*self.snapshot, &self.caller.principal, actions, record).await
    }

    /// The rules by which the caller may do each of these to a record; none where no rule lets him.
    pub async fn grounds(&self, actions: &[Action], record: &Record) -> Result<Vec<Vec<String>>, Problem> {
        self.access().grounds(&*self.snapshot, &self.caller.principal, actions, record).await
    }

    /// Whether the caller may do this to a record.
    pub async fn may(&self, action: Action, record: &Record) -> Result<bool, Problem> {
        match self.require(action, record).await {
            Ok(()) => Ok(true),
            Err(Problem::Forbidden { .. }) => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Errors: `Forbidden`, where the caller may not do this to a record.
    pub async fn require(&self, action: Action, record: &Record) -> Result<(), Problem> {
        let cx = self.catalog.context(&*self.snapshot, self.caller);
        self.access().may(&cx, action, record).await.map(drop)
    }

    /// May the caller make a record of the kind below `parent`? `team` is the owning team that the record would name.
    pub async fn ask_create(&self, kind: Kind, parent: &View, team: Option<&Record>) -> Result<(), Problem> {
        self.catalog.ask_create(&*self.snapshot, self.caller, kind, parent, team).await
    }

    /// May the caller make a record of a kind that stands below nothing?
    pub async fn ask_create_at_top(&self, kind: Kind) -> Result<(), Problem> {
        self.catalog.ask_create_at_top(&*self.snapshot, self.caller, kind).await
    }

    /// May the caller change at least one of these fields and relations of a record?
    pub async fn ask_change(&self, record: &Record, fields: &[&str]) -> Result<(), Problem> {
        self.catalog.ask_change(&*self.snapshot, self.caller, record, fields).await
    }

    /// May the caller delete a record?
    pub async fn ask_delete(&self, record: &Record) -> Result<(), Problem> {
        self.catalog.ask_delete(&*self.snapshot, self.caller, record).await
    }
}
