//! What somebody may read, as schemas and tables.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::rows::masks::Mask;
use emporion_catalog::spelling::decode;
use emporion_products::failure::Failure;
use emporion_products::ids::ProductKey;
use emporion_products::queryable_products::{self, QueryableProduct, QueryableProducts};
use emporion_products::reach::following::Reference;
use emporion_products::reach::queryable::{self, QueryableTable};
use emporion_products::request::ProductRequest;
use emporion_products::service::Products;
use emporion_semantic::pg::types::Type;
use pgwire::error::PgWireError;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::failures::{self, NO_SUCH_SCHEMA};
use crate::rights::Seen;
use crate::session::Session;

/// Products of one name that a refusal names.
const MOST_TOLD: usize = 10;

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
    /// Its columns, as far as the catalogue knows them.
    pub columns: Vec<Column>,
    /// Their names and types, as statements are read by.
    pub types: Arc<Vec<(String, Option<Type>)>>,
}

/// A column as its caller sees it.
pub struct Column {
    pub name: String,
    pub ty: Option<Type>,
    pub is_required: bool,
    pub description: Option<String>,
}

/// Those of a caller.
pub struct Schemas {
    by_name: BTreeMap<String, Schema>,
    listed: Arc<QueryableProducts>,
}

impl Schemas {
    /// What is called so, or has it as its whole name.
    pub fn get(&self, name: &str) -> Option<&Schema> {
        self.by_name.get(&self.listed.called(name)?.schema)
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.by_name.keys()
    }

    /// By their names.
    pub fn into_all(self) -> impl ExactSizeIterator<Item = Schema> {
        self.by_name.into_values()
    }

    /// Why a name means none where several products have it.
    pub fn ambiguity(&self, name: &str) -> Option<PgWireError> {
        let alike = self.listed.alike(name);
        let one = |product: &&QueryableProduct| format!("{} ({})", product.whole, product.name);
        let told: Vec<String> = alike.iter().take(MOST_TOLD).map(one).collect();
        let message = format!("several data products are called \"{name}\": {}", told.join(", "));
        let hint = "Write the whole name of the one that you mean.";
        (!alike.is_empty()).then(|| failures::hinted(NO_SUCH_SCHEMA, message, hint))
    }

    /// Where tables without a schema are looked for: where the client says, else in the one product that there is.
    pub fn search_path(&self, session: &Session) -> Vec<String> {
        let said = session.search_path().into_iter().filter_map(|name| self.get(&name));
        let mut path: Vec<String> = said.map(|schema| schema.name.clone()).collect();
        if path.is_empty() && self.by_name.len() == 1 {
            path.extend(self.names().cloned());
        }
        path
    }
}

pub async fn of_caller(products: &Products, caller: &Caller) -> Result<Schemas, Failure> {
    let listed = queryable_products::list(products, caller).await?;
    let schema = |one: &QueryableProduct| {
        let (name, description) = (one.schema.clone(), one.description.clone());
        (name.clone(), Schema { name, product: one.id, description })
    };
    Ok(Schemas { by_name: listed.open.iter().map(schema).collect(), listed })
}

/// All that the caller may read, by its names: the products, their tables and the columns of these. Nothing is asked again
/// while nothing of it has changed.
pub async fn seen(products: &Products, caller: &Caller) -> Result<Seen, Failure> {
    let making = async {
        let mut sum = Sha256::new();
        // Each with its length before it: no two lists of names are one text.
        let mut add = |name: &[u8]| {
            sum.update(name.len().to_le_bytes());
            sum.update(name);
        };
        for Schema { name, product, .. } in of_caller(products, caller).await?.into_all() {
            let tables = tables(products, caller, product).await?;
            add(name.as_bytes());
            add(product.uuid().as_bytes());
            add(&tables.all.len().to_le_bytes());
            for table in &tables.all {
                add(table.name.as_bytes());
                add(&table.columns.len().to_le_bytes());
                table.columns.iter().for_each(|column| add(column.name.as_bytes()));
            }
        }
        Ok(Seen::from(sum.finalize()))
    };
    let asked = "all that PostgreSQL's catalogue tells of".to_owned();
    products.catalog.remembered(CachePool::Preparations, caller, asked, |seen| Some(seen.len()), making).await
}

/// Why the caller may not read a product that he sees and that would be called so; `None` where he sees none.
pub async fn refusal(products: &Products, caller: &Caller, schema: &str) -> Result<Option<Failure>, Failure> {
    let Some(product) = queryable_products::list(products, caller).await?.closed(schema) else { return Ok(None) };
    let request = ProductRequest { caller: caller.clone(), product: ProductKey::Id(product.uuid()) };
    Ok(queryable::list(products, &request, None).await.err())
}

/// The tables of a product, and which of them refer to which, by their places.
pub struct Tables {
    pub all: Vec<Table>,
    pub references: Vec<Reference>,
}

/// Those of a product; the same ones while nothing of it has changed.
pub async fn tables(products: &Products, caller: &Caller, product: RecordId) -> Result<Arc<Tables>, Failure> {
    let request = ProductRequest { caller: caller.clone(), product: ProductKey::Id(product.uuid()) };
    let weigh = |tables: &Arc<Tables>| {
        let columns = |table: &Table| table.real.record().map_or(0, |record| record.body.len());
        Some(tables.all.iter().map(|table| 400 + 2 * columns(table)).sum::<usize>() + 200 * tables.references.len())
    };
    let making = async {
        let (tables, references) = queryable::related(products, &request).await?;
        Ok(Arc::new(called(tables, references)))
    };
    let asked = format!("tables of {product} as PostgreSQL has them");
    products.catalog.remembered(CachePool::Preparations, caller, asked, weigh, making).await
}

/// A table's own name where no other of the product has it, else with its schema before it.
fn called(tables: Vec<QueryableTable>, mut references: Vec<Reference>) -> Tables {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for table in &tables {
        *counts.entry(table.name().to_owned()).or_default() += 1;
    }
    let mut taken: HashSet<String> = HashSet::new();
    // Where each of them is now, of those that have a name.
    let mut places = HashMap::new();
    let named = tables.into_iter().enumerate().filter_map(|(at, real)| {
        let name = match (counts[real.name()], real.schema()) {
            (2.., Some(schema)) => format!("{schema}.{}", real.name()),
            _ => real.name().to_owned(),
        };
        let columns = columns(&real);
        let types = Arc::new(columns.iter().map(|column| (column.name.clone(), column.ty)).collect());
        let place = places.len();
        taken.insert(name.clone()).then(|| places.insert(at, place)).map(|_| Table { name, real, columns, types })
    });
    let all = named.collect();
    references.retain_mut(|one| {
        let moved = places.get(&one.from).zip(places.get(&one.to));
        moved.map(|(from, to)| (one.from, one.to) = (*from, *to)).is_some()
    });
    Tables { all, references }
}

fn columns(table: &QueryableTable) -> Vec<Column> {
    let described = table.record().and_then(|record| record.body.get("columns")).and_then(Value::as_array);
    let column = |column: &Value| {
        let text = |name: &str| column.get(name).and_then(Value::as_str);
        let name = decode(text("name").unwrap_or_default()).into_owned();
        let mask = table.masked.get(&name).map(|masked| masked.mask);
        // What is shown of a value is a text, whatever the value is.
        let ty = match mask {
            Some(Mask::Hashed | Mask::FirstLetters) => Some(Type::Text),
            _ => Type::of_word(text("data_type").unwrap_or_default()),
        };
        Column {
            name,
            ty,
            is_required: mask.is_none() && matches!(text("constraint"), Some("NOT_NULL" | "PRIMARY_KEY")),
            description: text("description").map(str::to_owned),
        }
    };
    described.into_iter().flatten().map(column).collect()
}
