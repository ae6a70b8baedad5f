//! The products whose rows somebody may read.

use std::collections::{BTreeMap, HashSet};
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
/// What stands before the end of a whole name: no product's own name has it.
const SEPARATOR: &str = "__";
/// Characters of the id that a whole name ends with: more where these are the same.
const ENDS: [usize; 2] = [8, 12];

/// A product by what it is called.
#[derive(Debug, Clone)]
pub struct QueryableProduct {
    pub id: RecordId,
    pub name: String,
    /// What programs that know schemas alone call it: one word, and no other of the caller's is called so. Its name where no
    /// other has the same, else its whole name: whoever calls a product like another takes nothing over.
    pub schema: String,
    /// Its name with the end of its id, by which it is known whatever others are called.
    pub whole: String,
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
    /// What is called so.
    pub fn called(&self, schema: &str) -> Option<&QueryableProduct> {
        self.open.iter().find(|product| product.schema == schema || product.whole == schema)
    }

    /// Those that would be called so if there were one of them alone.
    pub fn alike(&self, schema: &str) -> Vec<&QueryableProduct> {
        let is_it = |product: &&QueryableProduct| {
            product.schema != schema && product.whole.rsplit_once(SEPARATOR).is_some_and(|(name, _)| name == schema)
        };
        self.open.iter().filter(is_it).collect()
    }

    /// The oldest product that he sees and may not query, and that would be called so; where he may query one that is, none.
    pub fn closed(&self, schema: &str) -> Option<RecordId> {
        if self.called(schema).is_some() || !self.alike(schema).is_empty() {
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
        let of = |one: &QueryableProduct| 300 + one.name.len() + one.description.as_ref().map_or(0, String::len);
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
            let [schema, whole] = [const { String::new() }; 2];
            found.open.push(QueryableProduct { id: record.id, name: record.name.clone(), schema, whole, description });
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

/// Of several products of a name none has it alone.
fn name_schemas(products: &mut [QueryableProduct]) {
    let mut all: BTreeMap<String, Vec<&mut QueryableProduct>> = BTreeMap::new();
    for product in products {
        all.entry(plain(&product.name)).or_default().push(product);
    }
    for (plain, alike) in all {
        let end = |product: &QueryableProduct, most: usize| {
            let id = product.id.uuid().simple().to_string();
            id[id.len() - most..].to_owned()
        };
        let differ = |most: &usize| {
            let ends: HashSet<String> = alike.iter().map(|product| end(product, *most)).collect();
            ends.len() == alike.len()
        };
        let most = ENDS.into_iter().find(differ).unwrap_or(2 * size_of::<RecordId>());
        let is_alone = alike.len() == 1;
        for product in alike {
            product.whole = format!("{plain}{SEPARATOR}{}", end(product, most));
            product.schema = if is_alone { plain.clone() } else { product.whole.clone() };
        }
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
    fn of_two_products_of_one_name_none_has_it() {
        let product = |name: &str, id: u128| QueryableProduct {
            id: RecordId::from_uuid(uuid::Uuid::from_u128(id)),
            name: name.to_owned(),
            schema: String::new(),
            whole: String::new(),
            description: None,
        };
        let mut open = vec![
            product("Sales", 1),
            product("SALES", 0xab_cdef),
            product("Plan", 2),
            // One that is called like the whole name of another.
            product("sales__00000001", 3),
            product("Same", 0x1_2345_6789),
            product("same", 0x2_2345_6789),
        ];
        name_schemas(&mut open);
        let products = QueryableProducts { open, closed: vec![("sales".to_owned(), RecordId::fresh())] };
        let names: Vec<&str> = products.open.iter().map(|product| product.schema.as_str()).collect();
        let expected = [
            "sales__00000001",
            "sales__00abcdef",
            "plan",
            "sales_00000001",
            "same__000123456789",
            "same__000223456789",
        ];
        assert_eq!(names, expected);
        let called = |schema: &str| products.called(schema).map(|product| product.name.as_str());
        assert_eq!((called("sales__00000001"), called("sales"), called("plan")), (Some("Sales"), None, Some("Plan")));
        assert_eq!(called("plan__00000002"), Some("Plan"), "a whole name is understood, whoever else there is");
        let alike = |schema: &str| products.alike(schema).len();
        assert_eq!((alike("sales"), alike("plan"), alike("sales__00000001")), (2, 0, 0));
        assert_eq!(products.closed("sales"), None);
        assert!(names.iter().all(|name| name.len() <= MOST_BYTES));
        assert_eq!(plain(&"long ".repeat(40)).len() + SEPARATOR.len() + ENDS[1], MOST_BYTES);
    }
}
