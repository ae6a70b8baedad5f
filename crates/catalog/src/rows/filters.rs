//! Row filters: which rows of a table somebody sees in a product. They stand on the edges of his roles; after these the
//! product keeps them.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Reader;
use super::roles::ROLES;
use crate::id::RecordId;
use crate::name;
use crate::problem::Problem;
use crate::record::{Edge, Record, View};
use crate::relation::{self, EDITOR, HELD_BACK, KEPT_FILTERS, OWNER, ROW_FILTERS, Relation, VIEWER};
use crate::spelling::decode;

/// The filters that an edge bears: names of tables and conditions.
pub fn of_edge(edge: &Edge) -> impl Iterator<Item = (&String, &Value)> {
    edge.attributes.get(ROW_FILTERS).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// Relations whose edges bear filters.
pub const BEARING: [Relation; 4] = [OWNER, EDITOR, VIEWER, HELD_BACK];

/// All filters that a user has on a product, through whichever of his roles, and after them: a filter stays until it is
/// taken off.
pub fn of_user(product: &View, user: RecordId) -> Vec<(String, String)> {
    let kept = kept_for(&product.record, user).into_iter().flatten();
    told(of_roles(product, user).chain(kept))
}

/// Those that his roles bear.
pub fn on_roles(product: &View, user: RecordId) -> Vec<(String, String)> {
    told(of_roles(product, user))
}

fn of_roles(product: &View, user: RecordId) -> impl Iterator<Item = (&String, &Value)> {
    let roles = product.edges.iter().filter(move |edge| ROLES.contains(&edge.relation) && edge.to == user);
    roles.flat_map(of_edge)
}

/// What the product keeps of his filters.
fn kept_for(product: &Record, user: RecordId) -> Option<&Map<String, Value>> {
    product.body.get(KEPT_FILTERS)?.get(user.to_string())?.as_object()
}

/// Each once.
fn told<'f>(all: impl Iterator<Item = (&'f String, &'f Value)>) -> Vec<(String, String)> {
    let mut filters: Vec<(String, String)> = Vec::new();
    for (table, condition) in all {
        let filter = (table.clone(), condition.as_str().unwrap_or_default().to_owned());
        if !filters.contains(&filter) {
            filters.push(filter);
        }
    }
    filters
}

/// Whether a filter under this name is for the table of these names: `table`, `schema.table` or `database.schema.table`.
pub fn means(given: &str, database: Option<&str>, schema: Option<&str>, table: &str) -> bool {
    let given = name::fold(&decode(given));
    let is = |form: &str| name::fold(form) == given;
    is(table)
        || schema.is_some_and(|schema| {
            is(&format!("{schema}.{table}"))
                || database.is_some_and(|database| is(&format!("{database}.{schema}.{table}")))
        })
}

/// The same for a record, by its FQN.
fn means_record(given: &str, fqn: &str) -> bool {
    let parts = name::split(fqn).unwrap_or_default();
    let real = |part: &String| decode(part).into_owned();
    match parts.as_slice() {
        [.., database, schema, table] => means(given, Some(&real(database)), Some(&real(schema)), &real(table)),
        [schema, table] => means(given, None, Some(&real(schema)), &real(table)),
        [table] => means(given, None, None, &real(table)),
        [] => false,
    }
}

impl Reader<'_> {
    /// Those of the tables of which the principal sees only a part in some product.
    ///
    /// A filter that is for none of a product's tables may be meant for any of them, so it closes them all, and whatever
    /// else bears its name.
    ///
    /// Cost: one question where he has no filters, however many roles he has; three more for the products where he has.
    pub async fn filtered(&self, tables: &[&Record]) -> Result<HashSet<RecordId>, Problem> {
        if tables.is_empty() {
            return Ok(HashSet::new());
        }
        let user = self.principal.user;
        let mut roles = self.snapshot.edges_bearing(ROW_FILTERS, &[user], &BEARING).await?;
        roles.retain(|edge| of_edge(edge).next().is_some());
        if roles.is_empty() {
            return Ok(HashSet::new());
        }
        let products: Vec<RecordId> = roles.iter().map(|edge| edge.from).collect();
        let cards = self.snapshot.cards(self.principal.account, &products).await?;
        let alive: HashSet<RecordId> =
            cards.into_iter().flatten().filter(|card| card.state.is_alive()).map(|card| card.id).collect();
        let assets = self.snapshot.edges_from(&products, Some(&[relation::HAS_ASSET])).await?;
        let targets: Vec<RecordId> = assets.iter().map(|edge| edge.to).collect();
        let targets = self.snapshot.cards(self.principal.account, &targets).await?;
        let fqn_of = |id: RecordId| targets.iter().flatten().find(|card| card.id == id).map(|card| card.fqn.as_str());
        let mut closed = HashSet::new();
        let mut lost: Vec<&String> = Vec::new();
        for role in roles.iter().filter(|role| alive.contains(&role.from)) {
            let own: Vec<RecordId> = assets.iter().filter(|edge| edge.from == role.from).map(|edge| edge.to).collect();
            for (given, _) in of_edge(role) {
                let meant: Vec<RecordId> =
                    own.iter().copied().filter(|id| fqn_of(*id).is_some_and(|fqn| means_record(given, fqn))).collect();
                if meant.is_empty() {
                    lost.push(given);
                    closed.extend(&own);
                }
                closed.extend(meant);
            }
        }
        let is_closed =
            |table: &&&Record| closed.contains(&table.id) || lost.iter().any(|given| means_record(given, &table.fqn));
        Ok(tables.iter().filter(is_closed).map(|table| table.id).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_means_a_table_under_every_form_of_its_name() {
        for given in ["orders", "Orders", "sales.ORDERS", "shop.sales.orders"] {
            assert!(means(given, Some("shop"), Some("sales"), "orders"), "{given}");
            assert!(means_record(given, "pg.shop.sales.orders"), "{given}");
        }
        for given in ["order", "hr.orders", "other.sales.orders", ""] {
            assert!(!means(given, Some("shop"), Some("sales"), "orders"), "{given}");
            assert!(!means_record(given, "pg.shop.sales.orders"), "{given}");
        }
    }
}
