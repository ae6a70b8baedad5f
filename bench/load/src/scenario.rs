//! The work that is measured: for each piece, what is asked of the catalogue and what of the floor.

use std::rc::Rc;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{self, Connection};
use crate::drive::{Made, Pool, Requests};
use crate::seed;
use crate::world::{Engine, Sample, Site, World};

/// Rows of a bulk call.
const BULK: u32 = 1_000;
/// Records of a page.
const PAGE: usize = 100;
/// Pages that list requests are spread over.
const PAGES: usize = 20;
/// Signing costs the generator more than sending, and a signature is good for some minutes: so many are made before.
const SIGNED: usize = 5_000;
const FIELDS: &str = "fields=owners,experts,domains,tags";

pub struct Scenario {
    pub name: &'static str,
    pub what: &'static str,
    /// The rate relative to the floor's.
    pub aim: f64,
    pub connections: usize,
    /// Reads leave the store as it is; their rate is also compared between stores of different sizes.
    pub reads: bool,
    work: Work,
}

#[derive(Clone, Copy)]
enum Work {
    /// The path of a product in the OpenMetadata dialect.
    Get(fn(&Sample) -> String),
    GetByName(fn(&Sample) -> String),
    SignedGet,
    BobsledGet,
    List,
    /// The two reads in words that nobody has used before, so that no answer to them was kept.
    FirstGet(fn(&Sample) -> String),
    FirstList,
    /// Creates: the request for a name, and the edges of a record that is made.
    Create(fn(&Site, &str) -> Result<Vec<u8>>, usize),
    /// Bulk calls: the address, and a row for a name.
    Bulk(&'static str, fn(&Site, &str) -> Value),
}

/// The same work, as each server wants it asked.
pub struct Pair {
    pub emporion: Rc<dyn Requests>,
    pub floor: Rc<dyn Requests>,
}

const fn read(name: &'static str, what: &'static str, aim: f64, work: Work) -> Scenario {
    Scenario { name, what, aim, connections: 16, reads: true, work }
}

const fn write(name: &'static str, what: &'static str, connections: usize, work: Work) -> Scenario {
    Scenario { name, what, aim: 0.5, connections, reads: false, work }
}

const fn create(name: &'static str, what: &'static str, request: fn(&Site, &str) -> Result<Vec<u8>>) -> Scenario {
    write(name, what, 32, Work::Create(request, 0))
}

pub const ALL: &[Scenario] = &[
    read("get-by-id", "GET product by id", 0.7, Work::Get(|one| one.id.to_string())),
    read("get-by-name", "GET product by name", 0.7, Work::GetByName(by_name)),
    read(
        "get-by-id-fields",
        "by id with owners, experts, domains, tags",
        0.7,
        Work::Get(|one| format!("{}?{FIELDS}", one.id)),
    ),
    read(
        "get-by-name-fields",
        "by name with owners, experts, domains, tags",
        0.7,
        Work::GetByName(|one| format!("{}?{FIELDS}", by_name(one))),
    ),
    read("datazone-get", "GetDataProduct, signed", 0.6, Work::SignedGet),
    read("bobsled-get", "GET product, Bobsled", 0.7, Work::BobsledGet),
    read("list-100", "list page of 100 products", 0.5, Work::List),
    read("first-get-by-id", "GET product by id, not kept", 0.5, Work::FirstGet(|one| one.id.to_string())),
    read(
        "first-get-by-id-fields",
        "by id with owners, experts, domains, tags, not kept",
        0.5,
        Work::FirstGet(|one| format!("{}?{FIELDS}", one.id)),
    ),
    read("first-list-100", "list page of 100 products, not kept", 0.3, Work::FirstList),
    create("create-openmetadata", "durable create, 32 clients, OpenMetadata", openmetadata_create),
    write("create-alone", "durable create, one client, OpenMetadata", 1, Work::Create(openmetadata_create, 0)),
    create("create-datazone", "durable create, 32 clients, DataZone", datazone_create),
    create("create-bobsled", "durable create, 32 clients, Bobsled", bobsled_create),
    Scenario {
        aim: 0.4,
        ..write("create-with-assets", "the same with 20 assets", 32, Work::Create(bobsled_create_with_assets, 20))
    },
    write("bulk-products", "bulk of 1,000 products", 1, Work::Bulk(PRODUCTS, product)),
    write("bulk-services", "bulk of 1,000 database services", 1, Work::Bulk(SERVICES, service)),
    write("bulk-tables", "bulk of 1,000 tables", 1, Work::Bulk(TABLES, table)),
];

fn by_name(one: &Sample) -> String {
    format!("name/{}", percent_encoded(&one.fqn))
}

const PRODUCTS: &str = "/api/v1/dataProducts/bulk";
const TABLES: &str = "/api/v1/tables/bulk";
const SERVICES: &str = "/api/v1/services/databaseServices/bulk";

/// Any that writes.
pub fn creates() -> &'static Scenario {
    ALL.iter().find(|scenario| matches!(scenario.work, Work::Create(..))).expect("there are scenarios that create")
}

impl Scenario {
    /// The aim for the rate relative to the floor's over that engine.
    pub fn aim_over(&self, engine: Engine) -> f64 {
        match (engine, self.work) {
            (Engine::Sqlite, _) => self.aim,
            (Engine::Postgres, Work::Bulk(..)) => 0.4,
            (Engine::Postgres, Work::Create(..) | Work::FirstGet(_) | Work::FirstList) => 0.5,
            // What is kept is measured against the other engine, too.
            (Engine::Postgres, _) => self.aim,
        }
    }

    /// It reads again what was read before, which the catalogue has kept.
    pub fn is_kept(&self) -> bool {
        self.reads && !matches!(self.work, Work::FirstGet(_) | Work::FirstList)
    }

    pub async fn requests(&self, world: &World) -> Result<Pair> {
        let site = world.site.clone();
        let get = |path: &str| site.admin.request("GET", path, b"");
        Ok(match self.work {
            Work::Get(path) => Pair {
                emporion: pool(&site, |one| get(&format!("/api/v1/dataProducts/{}", path(one)))),
                floor: floor_by_id(&site),
            },
            Work::GetByName(path) => Pair {
                emporion: pool(&site, |one| get(&format!("/api/v1/dataProducts/{}", path(one)))),
                floor: pool(&site, |one| {
                    client::request("GET", &format!("/names/data_product/{}", percent_encoded(&one.fqn)), &[], b"")
                }),
            },
            Work::SignedGet => {
                let signed = site.samples.iter().take(SIGNED).map(|one| {
                    let path = format!("/v2/domains/{}/data-products/{}", site.seeds.cloud_domain, one.id);
                    site.admin.key.request("GET", &path, b"")
                });
                Pair { emporion: Rc::new(Pool(signed.collect::<Result<_>>()?)), floor: floor_by_id(&site) }
            }
            Work::BobsledGet => Pair {
                emporion: pool(&site, |one| get(&format!("/api/v1/accounts/me/data-products/{}", one.id))),
                floor: floor_by_id(&site),
            },
            Work::FirstGet(path) => {
                let addresses = site.samples.iter().map(|one| format!("/api/v1/dataProducts/{}", path(one))).collect();
                Pair { emporion: first(&site, addresses), floor: floor_by_id(&site) }
            }
            Work::List | Work::FirstList => {
                let Walked { addresses, floor } = pages(world).await?;
                let emporion = match self.work {
                    Work::FirstList => first(&site, addresses),
                    _ => Rc::new(Pool(addresses.iter().map(|address| get(address)).collect())),
                };
                Pair { emporion, floor: Rc::new(Pool(floor)) }
            }
            Work::Create(make, edges) => Pair {
                emporion: Rc::new(Made(move |_| make(&site, &fresh_name()))),
                floor: Rc::new(Made(move |_| {
                    Ok(client::request("POST", &format!("/records?edges={edges}"), &[], &floor_record()))
                })),
            },
            Work::Bulk(path, row) => {
                Pair { emporion: bulk(&site, path, row, BULK), floor: Rc::new(Made(|_| floor_bulk(BULK))) }
            }
        })
    }
}

fn pool(site: &Site, request: impl Fn(&Sample) -> Vec<u8>) -> Rc<dyn Requests> {
    Rc::new(Pool(site.samples.iter().map(request).collect()))
}

pub fn floor_by_id(site: &Site) -> Rc<dyn Requests> {
    pool(site, |one| client::request("GET", &format!("/records/{}", one.id), &[], b""))
}

/// Each with a parameter that means nothing and that no request bore before.
fn first(site: &Rc<Site>, addresses: Vec<String>) -> Rc<dyn Requests> {
    let site = site.clone();
    Rc::new(Made(move |turn| {
        let place = usize::try_from(turn % addresses.len() as u64).expect("below the length");
        let address = &addresses[place];
        let joint = if address.contains('?') { '&' } else { '?' };
        Ok(site.admin.request("GET", &format!("{address}{joint}turn={turn}"), b""))
    }))
}

fn bulk(site: &Rc<Site>, path: &'static str, row: fn(&Site, &str) -> Value, rows: u32) -> Rc<dyn Requests> {
    let site = site.clone();
    Rc::new(Made(move |_| {
        let rows: Vec<Value> = (0..rows).map(|_| row(&site, &fresh_name())).collect();
        Ok(site.admin.request("PUT", path, Value::Array(rows).to_string().as_bytes()))
    }))
}

pub fn bulk_of_tables(site: &Rc<Site>, rows: u32) -> Rc<dyn Requests> {
    bulk(site, TABLES, table, rows)
}

pub fn floor_bulk(rows: u32) -> Result<Vec<u8>> {
    Ok(client::request("POST", &format!("/bulk?rows={rows}"), &[], &floor_record()))
}

/// A name that nothing has, in order of time.
fn fresh_name() -> String {
    Uuid::now_v7().simple().to_string()
}

fn floor_record() -> Vec<u8> {
    json!({"name": fresh_name(), "description": seed::description()}).to_string().into_bytes()
}

/// The first pages of the list.
struct Walked {
    addresses: Vec<String>,
    /// What the floor is asked for instead.
    floor: Vec<Vec<u8>>,
}

/// Where a page ends is the server's to say, so they are walked once.
async fn pages(world: &World) -> Result<Walked> {
    let site = &world.site;
    let mut connection = Connection::open(world.emporion.process()?.address).await?;
    let (mut addresses, mut floor) = (Vec::new(), Vec::new());
    let (mut cursor, mut after) = (String::new(), String::new());
    for _ in 0..PAGES {
        let address = format!("/api/v1/dataProducts?limit={PAGE}{cursor}");
        let reply = connection.exchange(&site.admin.request("GET", &address, b"")).await?;
        let page: Value = serde_json::from_slice(reply.body).context("a page")?;
        let rows = page["data"].as_array().context("a page without data")?;
        if rows.len() < PAGE && !addresses.is_empty() {
            break;
        }
        addresses.push(address);
        let path = format!("/records?kind=data_product&limit={PAGE}&after={after}");
        floor.push(client::request("GET", &path, &[], b""));
        let (Some(next), Some(last)) = (page["paging"]["after"].as_str(), rows.last()) else { break };
        cursor = format!("&after={}", percent_encoded(next));
        after = last["name"].as_str().context("a product without a name")?.to_owned();
    }
    Ok(Walked { addresses, floor })
}

pub fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn openmetadata_create(site: &Site, name: &str) -> Result<Vec<u8>> {
    Ok(site.admin.request("POST", "/api/v1/dataProducts", product(site, name).to_string().as_bytes()))
}

fn product(site: &Site, name: &str) -> Value {
    json!({"name": name, "description": seed::description(), "domains": [site.seeds.domain]})
}

fn datazone_create(site: &Site, name: &str) -> Result<Vec<u8>> {
    let body = json!({
        "name": name,
        "description": seed::description(),
        "owningProjectIdentifier": site.seeds.project,
        "clientToken": name,
    });
    let path = format!("/v2/domains/{}/data-products", site.seeds.cloud_domain);
    site.admin.key.request("POST", &path, body.to_string().as_bytes())
}

fn bobsled_create(site: &Site, name: &str) -> Result<Vec<u8>> {
    let body = json!({"name": name, "description": seed::description(), "dataSourceId": "default"});
    Ok(site.admin.request("POST", "/api/v1/accounts/me/data-products", body.to_string().as_bytes()))
}

fn bobsled_create_with_assets(site: &Site, name: &str) -> Result<Vec<u8>> {
    let assets: Vec<Value> = seed::assets().map(|table| json!({"tableName": table})).collect();
    let body = json!({
        "name": name,
        "description": seed::description(),
        "dataSourceId": "default",
        "dataAssets": assets,
        "isDeployed": true,
    });
    Ok(site.admin.request("POST", "/api/v1/accounts/me/data-products", body.to_string().as_bytes()))
}

fn service(_: &Site, name: &str) -> Value {
    json!({
        "name": name,
        "serviceType": "Postgres",
        "description": seed::description(),
        "connection": {"config": {"type": "Postgres", "hostPort": "warehouse:5432", "username": "reader"}},
    })
}

/// Some columns, and so much of a description that the whole is as long as the other records.
fn table(site: &Site, name: &str) -> Value {
    let column =
        |name: &str, data_type: &str| json!({"name": name, "dataType": data_type, "description": "Its meaning."});
    let columns = [
        ("order_id", "BIGINT"),
        ("customer_id", "BIGINT"),
        ("ordered_at", "TIMESTAMP"),
        ("region", "TEXT"),
        ("channel", "TEXT"),
        ("amount", "DECIMAL"),
    ];
    let description: String = seed::description().chars().take(900).collect();
    json!({
        "name": name,
        "databaseSchema": site.seeds.schema,
        "description": description,
        "columns": columns.map(|(name, data_type)| column(name, data_type)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_scenarios_are_unique() {
        let mut names: Vec<&str> = ALL.iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn a_cursor_can_stand_in_an_address() {
        assert_eq!(percent_encoded("eyJ+/=="), "eyJ%2B%2F%3D%3D");
    }
}
