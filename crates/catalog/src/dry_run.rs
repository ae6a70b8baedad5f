//! Dry runs of commands: they are planned and decided as ever, and nothing is stored.

use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::command::{Command, Outcome};
use crate::problem::Problem;

impl Catalog {
    /// What [`Catalog::execute_all`] would answer now. Each command sees what the earlier ones would have done; what
    /// only the store meets, a race for a name, is not foreseen.
    pub fn dry_run_all<'a>(
        &'a self,
        caller: &'a Caller,
        commands: &'a [Command],
    ) -> Boxed<'a, Vec<Result<Outcome, Problem>>> {
        Box::pin(async move {
            match self.plan_all(caller, commands).await {
                Ok((_, planned)) => planned.into_iter().map(|planned| Ok(planned?.outcome)).collect(),
                Err(problem) => commands.iter().map(|_| Err(problem.clone())).collect(),
            }
        })
    }

    /// The same of one command.
    pub fn dry_run<'a>(&'a self, caller: &'a Caller, command: &'a Command) -> Boxed<'a, Result<Outcome, Problem>> {
        Box::pin(async move {
            let mut results = self.dry_run_all(caller, std::slice::from_ref(command)).await;
            results.pop().unwrap_or_else(|| Err(Problem::internal("a dry run without an outcome")))
        })
    }
}
