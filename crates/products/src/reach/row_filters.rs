//! Row filters by the names that were given for their tables.

use emporion_catalog::rows::filters;

use crate::assets::relations::Relation;

/// The filters that one user has on one product.
#[derive(Debug, Default)]
pub struct RowFilters(Vec<Filter>);

#[derive(Debug)]
struct Filter {
    name: String,
    condition: String,
    is_used: bool,
}

impl RowFilters {
    /// Of names and conditions.
    pub fn of(given: Vec<(String, String)>) -> RowFilters {
        let filter = |(name, condition)| Filter { name, condition, is_used: false };
        RowFilters(given.into_iter().map(filter).collect())
    }

    /// Everything that was said for a table, under any form of its name.
    pub fn of_table(&mut self, relation: &Relation) -> Option<String> {
        let meant = self.0.iter_mut().filter(|filter| means(&filter.name, relation));
        let conditions: Vec<String> = meant
            .map(|filter| {
                filter.is_used = true;
                // One that was kept with a comment ends before the bracket.
                format!("({}\n)", filter.condition)
            })
            .collect();
        if conditions.is_empty() { None } else { Some(conditions.join(" AND ")) }
    }

    /// A filter that no table has asked for.
    pub fn unused(&self) -> Option<&str> {
        self.0.iter().find(|filter| !filter.is_used).map(|filter| filter.name.as_str())
    }
}

/// Whether a filter under this name is for the table: `table`, `schema.table` or `database.schema.table`.
pub fn means(given: &str, relation: &Relation) -> bool {
    filters::means(given, relation.database.as_deref(), relation.schema.as_deref(), &relation.name)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn relation(name: &str) -> Relation {
        let text = |text: &str| Some(text.to_owned());
        let (database, schema) = (text("shop"), text("sales"));
        let (asset, name) = (Uuid::now_v7(), name.to_owned());
        Relation { asset, record: None, is_lent: true, service: None, database, schema, name }
    }

    #[test]
    fn filters_are_found_under_every_form_of_a_tables_name_and_never_lost() {
        let given = [("Orders", "region = 'EU'"), ("sales.orders", "amount > 1"), ("customers", "id = 1")];
        let given = given.map(|(table, condition)| (table.to_owned(), condition.to_owned()));
        let mut filters = RowFilters::of(given.into());
        assert_eq!(filters.of_table(&relation("orders")).as_deref(), Some("(region = 'EU'\n) AND (amount > 1\n)"));
        assert_eq!(filters.of_table(&relation("other")), None);
        assert_eq!(filters.unused(), Some("customers"));
    }
}
