//! Where a source lies, once it has tables, is for whoever holds its rows to say: by whom that names everybody is answered who
//! reads them, and there statements arrive, with the conditions of row filters in them.

use async_trait::async_trait;

use crate::access;
use crate::action::Action;
use crate::boxed::Boxed;
use crate::kinds::{DATABASE, DATABASE_SERVICE};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::{ListQuery, States};
use crate::record::Record;
use crate::rows::Reader;

/// Whether somebody who may change a source that is there may say where it lies.
pub fn may_say<'a>(reader: &'a Reader<'a>, service: &'a Record) -> Boxed<'a, Result<bool, Problem>> {
    Box::pin(async move {
        if reader.principal().is_trusted() {
            return Ok(true);
        }
        // What is deleted comes back as it was.
        let below = ListQuery {
            parent: Some(service.id),
            states: States::All,
            limit: 1,
            ..ListQuery::of(service.account, DATABASE)
        };
        let is_empty = reader.snapshot.list(&below).await?.is_empty();
        Ok(is_empty || reader.held(&[service.id]).await?.contains(&service.id))
    })
}

pub struct SourcePlace;

#[async_trait]
impl Hooks for SourcePlace {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let Some(before) = plan.before.as_ref().filter(|_| plan.differs("connection")) else { return Ok(()) };
        let principal = &plan.cx.caller.principal;
        if may_say(&Reader::new(plan.cx.access, plan.cx.snapshot, principal), &before.record).await? {
            return Ok(());
        }
        let why = "only an owner of a source, or an administrator, says where it lies once it has tables";
        Err(access::forbidden(principal, Action::EditAll, DATABASE_SERVICE.name(), Some(why.to_owned())))
    }
}
