//! Which file a source reads is an administrator's to say: files need no password, so whoever may name one reads it, and
//! the directories of an account hold more than one person's.

use async_trait::async_trait;

use crate::access;
use crate::action::Action;
use crate::caller::Principal;
use crate::kinds::database_service::DATABASE_SERVICE;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

/// Types of services that read files of the server.
const READ_FILES: &[&str] = &["SQLite"];

/// Whether services of the type read files of the server.
pub fn reads_files(service_type: &str) -> bool {
    READ_FILES.contains(&service_type)
}

/// Whether somebody may say what a service of the type reads.
///
/// Errors: `Forbidden`, for files of the server.
pub fn ask(principal: &Principal, service_type: &str, is_new: bool) -> Result<(), Problem> {
    if principal.is_trusted() || !reads_files(service_type) {
        return Ok(());
    }
    let action = if is_new { Action::Create } else { Action::EditAll };
    let why = Some("only an administrator says which file a source reads".to_owned());
    Err(access::forbidden(principal, action, DATABASE_SERVICE.name, why))
}

pub struct SourceFiles;

#[async_trait]
impl Hooks for SourceFiles {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if !plan.differs("connection") {
            return Ok(());
        }
        let service_type = plan.after.text("service_type").unwrap_or_default();
        ask(&plan.cx.caller.principal, service_type, plan.is_new())
    }
}
