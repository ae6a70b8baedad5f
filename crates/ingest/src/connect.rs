//! A source before anything is read of it: its service with the connection, and whether the connection works.

use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::record::Record;
use emporion_sources::{Config, Rules, SourceError, Tested, open};

use crate::service;

/// Whether the caller may ingest the service of that name.
///
/// Errors: `Forbidden`; `NotFound` where there is none that he sees.
pub async fn may_ingest(catalog: &Catalog, caller: &Caller, name: &str) -> Result<(), Problem> {
    alive(catalog, caller, name).await.map(drop)
}

/// Makes the service of a source, which is its maker's where no right over all rows is; or brings a deleted one back;
/// `replace` gives one that is there another connection.
/// Answers its FQN. Nothing is connected to.
///
/// Errors: `NameTaken` without `replace`, `Invalid` for a source of another system than the service's.
pub async fn connect(
    catalog: &Catalog,
    caller: &Caller,
    name: &str,
    config: &Config,
    replace: bool,
) -> Result<String, Problem> {
    let found = service::find(catalog, caller, name).await?;
    // Whoever makes a source brings what opens it, and is asked about its rows.
    let owner = (found.is_none() && !caller.principal.is_trusted()).then_some(caller.principal.user);
    match found {
        None if replace => return Err(no_service(name)),
        None => {}
        Some(found) if found.state.is_alive() && !replace => {
            return Err(Problem::NameTaken {
                kind: service::KIND,
                name: name.to_owned(),
                existing: Some(found.id),
                is_deleted: false,
            });
        }
        Some(found) if service::system(&found) != Some(config.system()) => {
            return Err(Problem::invalid("system", "is not that of the service, which is there already"));
        }
        Some(_) => {}
    }
    let made = catalog.execute(caller, &service::command(catalog, name, config, true, true, owner)).await?;
    Ok(made.view.record.fqn)
}

/// Connects to the source of a service and looks around, by the same rules as a run.
///
/// Errors: what keeps the caller from it. What keeps the source from answering is the inner one.
pub async fn test(
    catalog: &Catalog,
    caller: &Caller,
    rules: &Rules,
    name: &str,
    timeout: Duration,
) -> Result<Result<Tested, SourceError>, Problem> {
    let record = alive(catalog, caller, name).await?;
    if service::system(&record).is_none() {
        return Err(Problem::invalid("service", "is of a type that cannot be crawled from here"));
    }
    let Some(config) = service::stored_config(catalog, &record).await? else {
        return Err(Problem::invalid("service", "has no connection"));
    };
    let account = catalog.account_name(caller.account()).await?;
    let source = match config.and_then(|config| open(config, &rules.of_account(&account))) {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    Ok(source.test(timeout).await)
}

/// The service of that name, which the caller may ingest.
pub async fn alive(catalog: &Catalog, caller: &Caller, name: &str) -> Result<Record, Problem> {
    let found = match service::find(catalog, caller, name).await {
        // He was asked whether he may make it, which is not what he wants.
        Err(Problem::Forbidden { .. }) if !service::is_there(catalog, caller, name).await? => None,
        found => found?,
    };
    found.filter(|record| record.state.is_alive()).ok_or_else(|| no_service(name))
}

fn no_service(name: &str) -> Problem {
    Problem::NotFound { kind: service::KIND, what: name.to_owned() }
}
