//! Finding a table of the catalogue by the names that a data asset gives it.

use std::borrow::Cow;
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::{Reading, Through};
use emporion_catalog::record::Record;
use emporion_catalog::response_cache::CachePool;
use emporion_catalog::spelling::{decode, encode};
use emporion_catalog::{Catalog, name};

use super::pending::Meant;
use crate::assets::input::AssetInput;
use crate::failure::Failure;
use crate::message::Message;

/// How many namesakes are compared when only the case of a name differs.
const NAMESAKES: u32 = 1_000;
/// Databases and schemas of one service that are searched for a table that does not say where it stands.
const MOST_CONTAINERS: u32 = 10_000;

/// Looks tables up below one data source, within one reading.
pub struct Tables<'a> {
    pub reading: &'a Reading<'a>,
    /// The service record; `None` for a product that has no data source.
    pub service: Option<Through>,
    /// FQNs of the databases and schemas below the service, read when first needed.
    databases: Option<Vec<String>>,
    schemas: Option<Arc<[String]>>,
    /// Assets whose tables the catalogue does not have.
    lacking: Vec<AssetInput>,
    /// Assets whose tables the source has, for rehearsals of taking them in.
    pub offered: Vec<AssetInput>,
}

/// What a request lacks to be decided.
#[derive(Debug)]
pub struct Lack {
    pub service: Through,
    pub assets: Vec<AssetInput>,
}

/// Why a table was not found: the broken rule and what to say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing {
    pub rule: &'static str,
    pub message: Message,
}

impl<'a> Tables<'a> {
    pub fn below(service: Option<Through>, reading: &'a Reading<'a>) -> Tables<'a> {
        Tables { reading, service, databases: None, schemas: None, lacking: Vec::new(), offered: Vec::new() }
    }

    /// The data source in which tables are looked for.
    pub fn service_id(&self) -> Option<RecordId> {
        self.service.as_ref().map(|service| service.id)
    }

    /// For each asset the one table that it means. Without database or schema, whichever of the service's holds it; names
    /// that differ in case only count where no exact one exists.
    ///
    /// Cost: one read for all tables that are named as they are.
    pub async fn find(&mut self, assets: &[&AssetInput]) -> Result<Vec<Result<Record, Missing>>, Failure> {
        let Some(service) = self.service.clone() else {
            let message = "the {product} has no data source to look it up in; give it a dataSourceId";
            return Ok(assets.iter().map(|_| Err(Missing { rule: "dataSource", message: message.into() })).collect());
        };
        let mut wanted = Vec::with_capacity(assets.len());
        let mut ends = Vec::with_capacity(assets.len());
        for asset in assets {
            wanted.append(&mut self.fqns(&service, asset).await?);
            ends.push(wanted.len());
        }
        let mut exact = self.by_fqn(&wanted).await?.into_iter();
        let mut begin = 0;
        let mut tables = Vec::with_capacity(assets.len());
        for (asset, end) in assets.iter().zip(ends) {
            let named = exact.by_ref().take(end - begin).flatten();
            begin = end;
            let mut found: Vec<Record> = named.filter(|record| record.state.is_alive()).collect();
            if found.is_empty() {
                found = self.alike(&service, asset).await?;
            }
            if found.is_empty() {
                self.lacking.push((*asset).clone());
            }
            tables.push(one(found, &service, asset));
        }
        Ok(tables)
    }

    /// What the names of assets mean now, in their order.
    pub async fn meant(&mut self, assets: &[&AssetInput]) -> Result<Vec<Meant>, Failure> {
        let service = self.service_id();
        let found = self.find(assets).await?.into_iter();
        Ok(found.map(|table| Meant { table: table.ok().map(|table| table.id), service }).collect())
    }

    /// Tables whose names are the asset's but for case.
    async fn alike(&self, service: &Record, asset: &AssetInput) -> Result<Vec<Record>, Failure> {
        let kind = self.reading.catalog().kind("table");
        let folded = name::fold(&encode(asset.full_name().2));
        let mut alike = self.reading.namesakes(kind, &folded, States::Alive, NAMESAKES).await?;
        alike.retain(|record| is_alike(&service.fqn, asset, &record.fqn));
        Ok(alike)
    }

    /// What is to be looked up in the source before a request can be decided.
    pub fn lack(&mut self) -> Option<Lack> {
        let service = self.service.clone()?;
        let assets = std::mem::take(&mut self.lacking);
        (!assets.is_empty()).then_some(Lack { service, assets })
    }

    /// Where the table may stand.
    async fn fqns(&mut self, service: &Record, asset: &AssetInput) -> Result<Vec<String>, Failure> {
        let (_, schema, table) = asset.full_name();
        let schemas = match schema {
            Some(schema) => {
                let databases = self.databases(service, asset).await?;
                let schemas = spellings(schema);
                let below =
                    |database: &String| schemas.iter().map(|schema| name::join(Some(database), schema)).collect();
                databases.iter().flat_map(|database| -> Vec<String> { below(database) }).collect()
            }
            None => self.schemas(service, asset).await?,
        };
        let tables = spellings(table);
        Ok(schemas.iter().flat_map(|schema| tables.iter().map(|table| name::join(Some(schema), table))).collect())
    }

    async fn by_fqn(&self, fqns: &[String]) -> Result<Vec<Option<Record>>, Failure> {
        if fqns.is_empty() {
            return Ok(Vec::new());
        }
        let fqns: Vec<&str> = fqns.iter().map(String::as_str).collect();
        Ok(self.reading.by_fqn(self.reading.catalog().kind("table"), &fqns).await?)
    }

    /// FQNs of the databases to look in.
    async fn databases(&mut self, service: &Record, asset: &AssetInput) -> Result<Vec<String>, Failure> {
        if let Some(database) = &asset.database_name {
            return Ok(spellings(database).iter().map(|name| name::join(Some(&service.fqn), name)).collect());
        }
        if self.databases.is_none() {
            let kind = self.reading.catalog().kind("database");
            let query =
                ListQuery { parent: Some(service.id), limit: MOST_CONTAINERS, ..ListQuery::of(service.account, kind) };
            let fqns = self.reading.places(&query).await?.into_iter().map(|card| card.fqn).collect();
            self.databases = Some(fqns);
        }
        Ok(self.databases.clone().unwrap_or_default())
    }

    /// FQNs of the schemas to look in.
    async fn schemas(&mut self, service: &Record, asset: &AssetInput) -> Result<Vec<String>, Failure> {
        let schemas = match self.schemas.take() {
            Some(schemas) => schemas,
            None => schemas_below(self.reading.catalog(), self.reading.caller(), service).await?,
        };
        let schemas = self.schemas.insert(schemas).iter().cloned();
        Ok(match &asset.database_name {
            None => schemas.collect(),
            Some(database) => {
                let above = format!("{}.", name::join(Some(&service.fqn), database));
                schemas.filter(|fqn| fqn.starts_with(&above)).collect()
            }
        })
    }
}

/// FQNs of all schemas below a service; kept, since all products of an account are looked up below the same few.
async fn schemas_below(catalog: &Catalog, caller: &Caller, service: &Record) -> Result<Arc<[String]>, Failure> {
    let query = ListQuery {
        within: Some(service.fqn.clone()),
        limit: MOST_CONTAINERS,
        ..ListQuery::of(service.account, catalog.kind("database_schema"))
    };
    let weigh = |fqns: &Arc<[String]>| Some(fqns.iter().map(|fqn| size_of::<String>() + fqn.len()).sum());
    let read = async {
        let found = catalog.reading(caller).await?.places(&query).await?;
        Ok(found.into_iter().map(|card| card.fqn).collect())
    };
    catalog.remembered(CachePool::Preparations, caller, format!("schemas below {}", service.fqn), weigh, read).await
}

/// The name, and how the catalogue spells it where that is another way.
fn spellings(name: &str) -> Vec<Cow<'_, str>> {
    let encoded = Some(encode(name)).filter(|encoded| *encoded != name);
    std::iter::once(Cow::Borrowed(name)).chain(encoded).collect()
}

/// Whether a table's FQN is what the asset says but for case.
fn is_alike(service_fqn: &str, asset: &AssetInput, table_fqn: &str) -> bool {
    let Some(rest) = table_fqn.strip_prefix(service_fqn).and_then(|rest| rest.strip_prefix('.')) else { return false };
    let Some(names) = name::split(rest) else { return false };
    let [database, schema, table] = names.as_slice() else { return false };
    let same = |given: Option<&str>, name: &str| {
        given.is_none_or(|given| name::fold(&decode(given)) == name::fold(&decode(name)))
    };
    let (wanted_database, wanted_schema, wanted_table) = asset.full_name();
    same(wanted_database, database) && same(wanted_schema, schema) && same(Some(wanted_table), table)
}

fn one(mut found: Vec<Record>, service: &Record, asset: &AssetInput) -> Result<Record, Missing> {
    let (database, schema, table) = asset.full_name();
    let name = [database, schema, Some(table)].into_iter().flatten().collect::<Vec<_>>().join(".");
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let message = Message::with(
                "the catalogue has no {} in the data source \"{}\", and it could not be taken in from there",
                [name.as_str(), service.name.as_str()],
            );
            Err(Missing { rule: "exists", message })
        }
        _ => {
            let places: Vec<String> = found.into_iter().take(5).map(|record| record.fqn).collect();
            let message = Message::with("{} may mean any of {}; say which", [name, places.join(", ")]);
            Err(Missing { rule: "unique", message })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(database: Option<&str>, schema: Option<&str>, table: &str) -> AssetInput {
        AssetInput {
            database_name: database.map(str::to_owned),
            schema_name: schema.map(str::to_owned),
            table_name: table.to_owned(),
            ..AssetInput::default()
        }
    }

    #[test]
    fn names_may_differ_in_case_and_leave_out_what_stands_above() {
        let alike = |asset: AssetInput, fqn: &str| is_alike("w", &asset, fqn);
        assert!(alike(asset(None, Some("SALES"), "orders"), "w.shop.sales.Orders"));
        assert!(alike(asset(None, None, "orders"), "w.shop.sales.orders"));
        assert!(alike(asset(Some("shop"), None, "a.b"), "w.shop.sales.\"A.b\""));
        assert!(!alike(asset(Some("other"), None, "orders"), "w.shop.sales.orders"));
        assert!(!alike(asset(None, None, "orders"), "warehouse.shop.sales.orders"));
        assert!(!alike(asset(None, None, "orders"), "w.shop.orders"));
    }
}
