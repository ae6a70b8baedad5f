//! Tables that nobody can look into from here: their sources are described, and not connected.

use std::collections::HashSet;

use emporion_catalog::name;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_products::asking;

use crate::fault::Fault;
use crate::request::visit::Visit;

pub struct Unconnected(HashSet<String>);

impl Unconnected {
    /// Of the tables of these full names. A source that the visitor does not see is taken to be connected.
    ///
    /// Cost: one question, however many tables there are; none for none.
    pub async fn of(
        visit: &Visit,
        reading: &Reading<'_>,
        tables: impl Iterator<Item = &str>,
    ) -> Result<Unconnected, Fault> {
        let names: HashSet<String> = tables.filter_map(source).collect();
        if names.is_empty() {
            return Ok(Unconnected(names));
        }
        let services: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = reading.by_fqn(reading.catalog().kind("database_service"), &services).await?;
        let there = found.into_iter().flatten().filter(|service| States::Alive.holds(service));
        let out = there.filter(|service| !asking::is_connected(&visit.door.calls.products, service));
        Ok(Unconnected(out.map(|service| service.fqn).collect()))
    }

    pub fn holds(&self, table: &str) -> bool {
        source(table).is_some_and(|source| self.0.contains(&source))
    }
}

/// The full name of the source that a table is of.
fn source(table: &str) -> Option<String> {
    Some(name::quote(name::split(table)?.first()?))
}
