//! What somebody may read, as schemas and tables.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::response_cache::CachePool;
use emporion_products::failure::Failure;
use emporion_products::ids::ProductKey;
use emporion_products::queryable_products::{self, QueryableProduct};
use emporion_products::reach::queryable::{self, QueryableTable};
use emporion_products::request::ProductRequest;
use emporion_products::service::Products;

use crate::session::Session;

/// A product that the caller may query.
#[derive(Debug, Clone)]
pub struct Schema {
    pub name: String,
    pub product: RecordId,
    pub description: Option<String>,
}

/// A table of a product under the name that it has here.
pub struct Table {
    pub name: String,
    pub real: QueryableTable,
}

/// Those of the caller, by name.
pub async fn of_caller(products: &Products, caller: &Caller) -> Result<BTreeMap<String, Schema>, Failure> {
    let listed = queryable_products::list(products, caller).await?;
    let schema = |one: &QueryableProduct| {
        let (name, description) = (one.schema.clone(), one.description.clone());
        (name.clone(), Schema { name, product: one.id, description })
    };
    Ok(listed.open.iter().map(schema).collect())
}

/// Why the caller may not read a product that he sees and that would be called so; `None` where he sees none.
pub async fn refusal(products: &Products, caller: &Caller, schema: &str) -> Result<Option<Failure>, Failure> {
    let Some(product) = queryable_products::list(products, caller).await?.closed(schema) else { return Ok(None) };
    let request = ProductRequest { caller: caller.clone(), product: ProductKey::Id(product.uuid()) };
    Ok(queryable::list(products, &request, None).await.err())
}

/// Where tables without a schema are looked for: where the client says, else in the one product that there is.
pub fn search_path(session: &Session, schemas: &BTreeMap<String, Schema>) -> Vec<String> {
    let said = session.search_path();
    let mut path: Vec<String> = said.into_iter().filter(|name| schemas.contains_key(name)).collect();
    if path.is_empty() && schemas.len() == 1 {
        path.extend(schemas.keys().cloned());
    }
    path
}

/// The tables of a product; the same ones while nothing of it has changed.
pub async fn tables(products: &Products, caller: &Caller, product: RecordId) -> Result<Arc<Vec<Table>>, Failure> {
    let request = ProductRequest { caller: caller.clone(), product: ProductKey::Id(product.uuid()) };
    let weigh = |tables: &Arc<Vec<Table>>| {
        let columns = |table: &Table| table.real.record().map_or(0, |record| record.body.len());
        Some(tables.iter().map(|table| 400 + columns(table)).sum())
    };
    let making = async {
        let listed = queryable::list(products, &request, None).await?;
        Ok(Arc::new(called(listed.tables)))
    };
    let asked = format!("tables of {product} as PostgreSQL has them");
    products.catalog.remembered(CachePool::Preparations, caller, asked, weigh, making).await
}

/// A table's own name where no other of the product has it, else with its schema before it.
fn called(tables: Vec<QueryableTable>) -> Vec<Table> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for table in &tables {
        *counts.entry(table.name().to_owned()).or_default() += 1;
    }
    let mut taken: HashSet<String> = HashSet::new();
    let named = tables.into_iter().filter_map(|real| {
        let name = match (counts[real.name()], real.schema()) {
            (2.., Some(schema)) => format!("{schema}.{}", real.name()),
            _ => real.name().to_owned(),
        };
        taken.insert(name.clone()).then_some(Table { name, real })
    });
    named.collect()
}
