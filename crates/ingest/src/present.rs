//! What the catalogue has below a service, deleted things included.

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::Record;

/// The database of a crawl as the catalogue has it.
#[derive(Debug, Clone, Default)]
pub struct Present {
    pub database: Option<Record>,
    pub schemas: Vec<Record>,
    pub tables: Vec<Record>,
}

impl Present {
    /// Reads what the caller sees below `database` (an FQN).
    pub async fn read(catalog: &Catalog, caller: &Caller, service: &str, database: &str) -> Result<Present, Problem> {
        let snapshot = catalog.snapshot().await?;
        let depth = Depth { alone: true, ..Depth::bare() };
        let list = async |kind: &str, within: &str| {
            let query = ListQuery {
                within: Some(within.to_owned()),
                states: States::All,
                limit: u32::MAX,
                ..ListQuery::of(caller.account(), catalog.kind(kind))
            };
            let page = catalog.list_in(&*snapshot, caller, query, &depth).await?;
            Ok::<_, Problem>(page.views.into_iter().map(|view| view.record).collect::<Vec<Record>>())
        };
        let databases = list("database", service).await?;
        let found = databases.into_iter().find(|record| record.fqn == database);
        Ok(match found {
            None => Present::default(),
            found => Present {
                database: found,
                schemas: list("database_schema", database).await?,
                tables: list("table", database).await?,
            },
        })
    }
}
