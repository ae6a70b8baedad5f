//! Many references in one request (assets, ports): each row answers for itself, and the whole as a BulkOperationResult.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, Effect, Ref};
use emporion_catalog::problem::Problem;
use emporion_catalog::record::Card;
use emporion_catalog::relation::HAS_ASSET;
use emporion_edge::answer::Answer;
use serde_json::{Map, Value, json};

use crate::case;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::generic::bulk::summary;
use crate::operation::{Call, reference, require};
use crate::reference::named;

/// The rows of a request about assets.
pub struct Rows {
    pub dry_run: bool,
    rows: Vec<Row>,
}

struct Row {
    given: Value,
    target: Ref,
}

/// How the rows become commands, and the right that they need, whether they change something or not.
pub enum Plan {
    /// One change of one record, the holder, takes any number of rows.
    Together { holder: Ref, action: Action, command: Box<dyn Fn(Vec<Ref>) -> Command + Send + Sync> },
    /// Each row changes its own record. Who sends no row must be allowed to do the like to the holder.
    Each { holder: Ref, action: Action, command: Box<dyn Fn(Ref) -> Command + Send + Sync> },
}

impl Rows {
    /// Reads the body of a request about assets.
    pub fn of(call: &Call, body: &Map<String, Value>) -> OmResult<Rows> {
        let items = body.get("assets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let rows =
            items.iter().enumerate().map(|(index, item)| Row::read(call, index, item)).collect::<OmResult<_>>()?;
        Ok(Rows { rows, dry_run: body.get("dryRun").and_then(Value::as_bool).unwrap_or(false) })
    }

    /// Carries the plan out, or rehearses it, and answers for each row.
    ///
    /// `gone_is_fine`: a row whose record does not exist passes, since there is nothing left to take away.
    /// Errors: what concerns the call as a whole (the holder is unknown, the caller may not do it at all).
    pub async fn run(self, call: &Call, plan: Plan, gone_is_fine: bool) -> OmResult<Answer> {
        match &plan {
            Plan::Each { .. } if !self.rows.is_empty() => {}
            Plan::Together { holder, action, .. } | Plan::Each { holder, action, .. } => {
                require(call, holder, *action).await?;
            }
        }
        if self.rows.is_empty() {
            let nothing = json!({"message": "Nothing to Validate.", "status": 200});
            return Ok(print(self.dry_run, vec![nothing], Vec::new(), 0));
        }
        let outcomes = match plan {
            Plan::Together { command, .. } => self.together(call, &*command).await?,
            Plan::Each { action, command, .. } => {
                let commands: Vec<Command> = self.rows.iter().map(|row| command(row.target.clone())).collect();
                let mut outcomes = each(call, &commands, self.dry_run).await;
                for (row, outcome) in self.rows.iter().zip(&mut outcomes) {
                    // Where nothing changes the core asks for no right: whoever may not do it is told so all the same.
                    if let Ok(Effect::Unchanged) = outcome
                        && let Err(problem) = require(call, &row.target, action).await
                    {
                        *outcome = Err(problem);
                    }
                }
                outcomes
            }
        };
        let outcomes: Vec<Result<(), Problem>> = outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Err(Problem::NotFound { .. } | Problem::UnknownReference { .. }) if gone_is_fine => Ok(()),
                other => other.map(|_| ()),
            })
            .collect();
        let forbidden = outcomes.iter().all(|outcome| matches!(outcome, Err(Problem::Forbidden { .. })));
        if forbidden && let Some(Err(first)) = outcomes.first() {
            return Err(first.clone().into());
        }
        self.answer(call, outcomes).await
    }

    /// One command for all rows. Where a row is at fault each row is tried by itself, to say which.
    async fn together(
        &self,
        call: &Call,
        command: &(dyn Fn(Vec<Ref>) -> Command + Send + Sync),
    ) -> OmResult<Vec<Result<Effect, Problem>>> {
        let targets: Vec<Ref> = self.rows.iter().map(|row| row.target.clone()).collect();
        let all = command(targets.clone());
        let done = match self.dry_run {
            true => call.door.catalog.dry_run(&call.caller, &all).await,
            false => call.door.catalog.execute(&call.caller, &all).await,
        };
        match done {
            Ok(outcome) => Ok(targets.iter().map(|_| Ok(outcome.effect)).collect()),
            Err(Problem::UnknownReference { .. } | Problem::Invalid(_) | Problem::Conflict { .. }) => {
                let commands: Vec<Command> = targets.into_iter().map(|target| command(vec![target])).collect();
                Ok(each(call, &commands, self.dry_run).await)
            }
            Err(problem) => Err(problem.into()),
        }
    }

    async fn answer(&self, call: &Call, outcomes: Vec<Result<(), Problem>>) -> OmResult<Answer> {
        let shown = self.shown(call).await?;
        let (mut passed, mut failed) = (Vec::new(), Vec::new());
        for (request, outcome) in shown.into_iter().zip(outcomes) {
            match outcome.map_err(OmError::from) {
                Ok(()) => passed.push(json!({"request": request, "status": 200})),
                Err(error) => {
                    failed.push(json!({"request": request, "status": error.status, "message": error.message}));
                }
            }
        }
        Ok(print(self.dry_run, passed, failed, self.rows.len()))
    }

    /// The rows as the answer echoes them: with all that the caller may know of what they name.
    async fn shown(&self, call: &Call) -> OmResult<Vec<Value>> {
        let reading = call.reading().await?;
        let base = &call.base;
        let mut shown = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let found = reading.find(&row.target).await.unwrap_or_default();
            shown.push(match found.filter(|record| record.state.is_alive()) {
                Some(record) => reference(&call.door, base, &Card::of(&record), false),
                None => row.given.clone(),
            });
        }
        Ok(shown)
    }
}

impl Row {
    fn read(call: &Call, index: usize, item: &Value) -> OmResult<Row> {
        let path = format!("assets[{index}]");
        let type_path = format!("{path}.type");
        let entity_type = item.get("type").and_then(Value::as_str).filter(|text| !text.is_empty());
        let entity_type = entity_type.ok_or_else(|| OmError::missing(&type_path))?;
        let kind = match call.door.noun_of_type(entity_type) {
            Some(noun) => Some(call.kind(noun.kind_name)),
            // Kinds that this door has no noun for can still be assets.
            None => call.door.catalog.registry().get(&case::core_key(entity_type)),
        };
        let kind = kind.filter(|kind| kind.takes(HAS_ASSET));
        let kind = kind.ok_or_else(|| OmError::violation(type_path, "must be the type of an asset"))?;
        Ok(Row { given: item.clone(), target: named(kind, &path, item)? })
    }
}

async fn each(call: &Call, commands: &[Command], dry_run: bool) -> Vec<Result<Effect, Problem>> {
    let catalog: &Arc<Catalog> = &call.door.catalog;
    let outcomes = match dry_run {
        true => catalog.dry_run_all(&call.caller, commands).await,
        false => catalog.execute_all(&call.caller, commands).await,
    };
    outcomes.into_iter().map(|outcome| outcome.map(|outcome| outcome.effect)).collect()
}

fn print(dry_run: bool, passed: Vec<Value>, failed: Vec<Value>, rows: usize) -> Answer {
    let status = if passed.is_empty() && !failed.is_empty() { 400 } else { 200 };
    let count = rows - failed.len();
    Answer::json(status, MEDIA_TYPE, &summary(dry_run, rows, count, passed, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(answer: &Answer) -> (u16, Value) {
        (answer.status.as_u16(), serde_json::from_slice(answer.whole().expect("bytes")).expect("JSON"))
    }

    #[test]
    fn only_a_total_failure_is_a_bad_request() {
        let row = || json!({"request": {}, "status": 200});
        let (status, some) = body(&print(false, vec![row()], vec![row()], 2));
        assert_eq!((status, &some["status"], &some["numberOfRowsPassed"]), (200, &json!("partialSuccess"), &json!(1)));
        let (status, none) = body(&print(false, vec![], vec![row()], 1));
        assert_eq!((status, &none["status"]), (400, &json!("failure")));
        assert!(none.get("code").is_none(), "the body is a result, not an error");
    }

    #[test]
    fn nothing_asked_is_nothing_failed() {
        let (status, result) = body(&print(true, vec![json!({"message": "Nothing to Validate."})], vec![], 0));
        assert_eq!((status, &result["dryRun"], &result["numberOfRowsProcessed"]), (200, &json!(true), &json!(0)));
    }
}
