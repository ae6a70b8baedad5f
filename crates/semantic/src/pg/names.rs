//! The relations that a query names, as PostgreSQL reads their names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Ident, ObjectName, Query, TableFactor};

use crate::visit::{self, Visitor};

/// The schemas of the system.
pub const SYSTEM: [&str; 2] = ["pg_catalog", "information_schema"];

/// The function that answers a row for each of a series, and what the source's own is called within what is written of it.
pub(super) const SERIES: &str = "generate_series";
pub(super) const OWN_SERIES: &str = "series_rows";

/// `schema.table`, or a table alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub schema: Option<String>,
    pub table: String,
}

impl Name {
    pub fn is_of_system(&self) -> bool {
        match &self.schema {
            Some(schema) => SYSTEM.contains(&schema.as_str()),
            None => self.table.starts_with("pg_"),
        }
    }
}

/// What a query reads, but for its own common tables.
pub(super) fn of_query(query: &Query) -> BTreeSet<Name> {
    let mut seen = Seen::default();
    let _: ControlFlow<()> = visit::look(query, &mut seen);
    // A common table hides a relation of its name wherever it stands; that is read too narrowly only where a query gives
    // one name to both.
    seen.named.retain(|name| name.schema.is_some() || !seen.common.contains(&name.table));
    seen.named
}

#[derive(Default)]
struct Seen {
    named: BTreeSet<Name>,
    common: BTreeSet<String>,
}

impl Visitor for Seen {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let common = query.with.iter().flat_map(|with| &with.cte_tables);
        self.common.extend(common.map(|table| folded(&table.alias.name)));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        // What is called with arguments is a function that answers rows.
        if let TableFactor::Table { name, args: None, .. } = factor {
            self.named.extend(of(name));
        }
        ControlFlow::Continue(())
    }
}

/// A name of one or two parts, or of three that begin with a database.
pub(super) fn of(name: &ObjectName) -> Option<Name> {
    let parts: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
    let parts: Vec<String> = parts?.into_iter().map(folded).collect();
    match parts.as_slice() {
        [table] => Some(Name { schema: None, table: table.clone() }),
        [.., schema, table] => Some(Name { schema: Some(schema.clone()), table: table.clone() }),
        [] => None,
    }
}

/// As PostgreSQL reads it.
pub(super) fn folded(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{self, Dialect};

    #[test]
    fn relations_are_found_wherever_they_stand() {
        let sql = r#"WITH big AS (SELECT * FROM Sales."Orders") SELECT 1 FROM big, pg_class
            WHERE EXISTS (SELECT 1 FROM emporion.hr.people) UNION SELECT 2 FROM plain"#;
        let named = guard::read(sql, Dialect::PostgreSql, |query| of_query(&query)).expect("a query");
        let shown: Vec<String> =
            named.iter().map(|name| format!("{}.{}", name.schema.as_deref().unwrap_or("-"), name.table)).collect();
        assert_eq!(
            shown,
            ["-.pg_class", "-.plain", "Sales.Orders".to_lowercase().replace("orders", "Orders").as_str(), "hr.people"]
                .map(str::to_owned)
                .into_iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
        );
        let system: Vec<&Name> = named.iter().filter(|name| name.is_of_system()).collect();
        assert_eq!(system.len(), 1);
    }
}
