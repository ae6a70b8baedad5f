//! The products whose rows somebody may read.

use std::collections::HashSet;
use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::DATA_PRODUCT;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::reading::Reading;
use emporion_catalog::response_cache::CachePool;

use crate::reach;
use crate::service::Products;

/// Products that are looked at for it, the oldest first.
const MOST: usize = 5_000;
const AT_ONCE: u32 = 500;
/// Names of schemas have so many bytes at most.
const MOST_BYTES: usize = 63;

/// A product by what it is called.
#[derive(Debug, Clone)]
pub struct QueryableProduct {
    pub id: RecordId,
    pub name: String,
    /// What programs that know schemas alone call it: one word, and no other of the caller's is called so.
    pub schema: String,
    pub description: Option<String>,
}

/// Of the products that somebody sees, by what is his to read.
#[derive(Debug, Default)]
pub struct QueryableProducts {
    /// The oldest first.
    pub open: Vec<QueryableProduct>,
    /// What those would be called that he may not query.
    closed: Vec<(String, RecordId)>,
}

impl QueryableProducts {
    /// The oldest product that he sees and may not query, and that would be called so; where he may query one that is, none.
    pub fn closed(&self, schema: &str) -> Option<RecordId> {
        if self.open.iter().any(|product| product.schema == schema) {
            return None;
        }
        self.closed.iter().find(|(name, _)| name == schema).map(|(_, id)| *id)
    }
}

type Listed = Arc<QueryableProducts>;

/// Those that the caller sees; the same while none of it has changed.
pub async fn list(products: &Products, caller: &Caller) -> Result<Listed, Problem> {
    let making = async {
        let reading = products.catalog.reading(caller).await?;
        made(&reading).await
    };
    kept(products, caller, making).await
}

/// The same for who reads already.
pub async fn list_in(products: &Products, reading: &Reading<'_>) -> Result<Listed, Problem> {
    kept(products, reading.caller(), made(reading)).await
}

async fn kept(
    products: &Products,
    caller: &Caller,
    making: impl Future<Output = Result<Listed, Problem>>,
) -> Result<Listed, Problem> {
    let weigh = |list: &Listed| {
        let of = |one: &QueryableProduct| 200 + one.name.len() + one.description.as_ref().map_or(0, String::len);
        let closed = list.closed.iter().map(|(name, _)| 60 + name.len());
        Some(list.open.iter().map(of).chain(closed).sum())
    };
    let asked = "queryable products".to_owned();
    products.catalog.remembered(CachePool::Preparations, caller, asked, weigh, making).await
}

async fn made(reading: &Reading<'_>) -> Result<Listed, Problem> {
    let reader = reading.rows();
    let mut found = QueryableProducts::default();
    let (mut after, mut looked_at) = (None, 0);
    loop {
        let all = ListQuery::of(reading.account(), DATA_PRODUCT);
        let query = ListQuery { order: Order::Created, after: after.take(), limit: AT_ONCE, ..all };
        let page = reading.list(query.clone(), &reach::depth()).await?;
        looked_at += page.views.len();
        let may = reader.may_query_each(&page.views.iter().collect::<Vec<_>>()).await?;
        for (view, may) in page.views.iter().zip(may) {
            let record = &view.record;
            if may.is_none() {
                found.closed.push((plain(&record.name), record.id));
                continue;
            }
            let description = record.body.text("description");
            let (name, schema) = (record.name.clone(), String::new());
            found.open.push(QueryableProduct { id: record.id, name, schema, description });
        }
        match page.views.last() {
            Some(last) if page.more && looked_at < MOST => after = Some(query.keyset(&last.record)),
            _ => {
                name_schemas(&mut found.open);
                return Ok(Arc::new(found));
            }
        }
    }
}

/// The oldest product of a name has it alone; others have the last characters of their ids behind it.
fn name_schemas(products: &mut [QueryableProduct]) {
    let mut taken: HashSet<String> = HashSet::new();
    for product in products {
        let plain = plain(&product.name);
        let id = product.id.to_string();
        let ends = (6..=id.len()).step_by(6).map(|most| id[id.len() - most..].replace('-', ""));
        let longer = ends.map(|end| format!("{plain}_{end}"));
        let free = std::iter::once(plain.clone()).chain(longer).find(|name| !taken.contains(name));
        product.schema = free.unwrap_or_else(|| id.replace('-', ""));
        taken.insert(product.schema.clone());
    }
}

/// A product's name as it is typed without quotation marks: small letters, digits and underscores.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            plain.push(c);
        } else if !plain.ends_with('_') && !plain.is_empty() {
            plain.push('_');
        }
    }
    plain.truncate(plain.floor_char_boundary(MOST_BYTES - 14));
    let plain = plain.trim_end_matches('_');
    let is_taken = plain.starts_with("pg_") || matches!(plain, "information_schema" | "public" | "");
    match plain.starts_with(|c: char| c.is_ascii_digit()) || is_taken {
        true => format!("p_{plain}"),
        false => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_called_as_people_type_it() {
        for (name, schema) in [
            ("Sales", "sales"),
            ("Sales & Orders (EU)", "sales_orders_eu"),
            ("2026 plan", "p_2026_plan"),
            ("pg_catalog", "p_pg_catalog"),
            ("Überblick", "überblick"),
            ("???", "p_"),
        ] {
            assert_eq!(plain(name), schema);
        }
        assert!(plain(&"long ".repeat(40)).len() < MOST_BYTES - 7);
    }

    #[test]
    fn of_two_products_of_one_name_the_oldest_has_it() {
        let product = |name: &str, id: u128| QueryableProduct {
            id: RecordId::from_uuid(uuid::Uuid::from_u128(id)),
            name: name.to_owned(),
            schema: String::new(),
            description: None,
        };
        let mut products = [product("Sales", 1), product("SALES", 0xab_cdef), product("sales", 0xffab_cdef)];
        name_schemas(&mut products);
        let names: Vec<&str> = products.iter().map(|product| product.schema.as_str()).collect();
        assert_eq!(names, ["sales", "sales_abcdef", "sales_0000ffabcdef"]);
    }
}
