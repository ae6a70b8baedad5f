//! What is measured: one catalogue with so many products, and the floor over a copy of its file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde_json::Value;
use uuid::Uuid;

use crate::client;
use crate::index::{self, Index};
use crate::postgres::Cluster;
use crate::process::{Process, Start, free_address, on_core};
use crate::seed::{self, Seeds};
use crate::sign::AccessKey;

/// The file of a store within its directory.
const STORE_FILE: &str = "catalogue.db";
/// Products that reads are spread over.
const SAMPLES: u64 = 20_000;

/// The programs, and the processor that servers run on.
pub struct Programs {
    pub emporion: PathBuf,
    pub floor: PathBuf,
    pub fill: PathBuf,
    pub server_core: Option<usize>,
}

/// What the administrator of the measured account proves himself with.
pub struct Admin {
    pub account: Uuid,
    pub token: String,
    pub key: AccessKey,
}

impl Admin {
    /// A request with the bearer token.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        client::request(method, path, &[("authorization", &format!("Bearer {}", self.token))], body)
    }
}

/// What is known of a catalogue without asking it.
pub struct Site {
    pub records: u64,
    pub admin: Admin,
    pub seeds: Seeds,
    pub samples: Vec<Sample>,
    pub visitors: Vec<Visitor>,
}

/// Somebody who looks at pages.
pub struct Visitor {
    /// What he is to the catalogue.
    pub what: &'static str,
    pub token: String,
}

/// What a catalogue keeps its records in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

pub struct World {
    pub engine: Engine,
    pub site: Rc<Site>,
    pub emporion: Server,
    pub floor: Server,
    /// Resident anonymous memory of a server that was started over an empty store, in MiB.
    pub empty_mib: f64,
    pub index: Index,
    /// The database server of both, which ends after them.
    _cluster: Option<Cluster>,
}

/// A product that is read.
pub struct Sample {
    pub id: Uuid,
    pub fqn: String,
    /// What it is called where it was filled with words.
    pub display_name: String,
}

/// What a store is filled with.
#[derive(Debug, Clone, Copy)]
pub struct Filling {
    pub products: u64,
    /// With ten columns each.
    pub tables: u64,
    /// Each has texts of its own.
    pub is_varied: bool,
}

impl Filling {
    pub fn products(products: u64) -> Filling {
        Filling { products, tables: 0, is_varied: false }
    }
}

impl World {
    /// Makes a catalogue in `folder` and starts both servers over it, once everything in it can be found.
    pub async fn build(programs: &Programs, folder: &Path, filling: Filling) -> Result<World> {
        let store = folder.join("store");
        let admin = init(programs, &store)?;
        let mut emporion = Server::new(
            programs.emporion.clone(),
            |address| arguments(&["serve", "--store", &store.to_string_lossy(), "--listen", address]),
            folder.join("emporion"),
            programs.server_core,
            client::request("GET", "/readyz", &[], b""),
        )?;
        emporion.up().await?;
        let empty_mib = emporion.process()?.anonymous_mib()?;
        let server = emporion.process()?.address;
        let seeds = seed::plant(server, &admin).await?;
        let visitors = seed::VISITORS.iter().map(|(what, name)| {
            Ok(Visitor { what, token: token(programs, &format!("http://{server}"), &admin, name)? })
        });
        let visitors = visitors.collect::<Result<_>>()?;
        emporion.stop()?;
        let Filling { products, tables, is_varied } = filling;
        eprintln!("bench: filling a store with {products} products and {tables} tables");
        fill(programs, &store, "data_product", seeds.product, products.saturating_sub(1), is_varied)?;
        fill(programs, &store, "table", seeds.table, tables.saturating_sub(1), is_varied)?;
        let copy = folder.join("floor.db");
        copy_store(&store.join(STORE_FILE), &copy)?;
        let samples = samples(&copy)?;
        let one = samples.first().context("the store holds no product")?;

        emporion.probe = admin.request("GET", &format!("/api/v1/dataProducts/{}", one.id), b"");
        let mut floor = Server::new(
            programs.floor.clone(),
            |address| arguments(&[&copy.to_string_lossy(), &admin.account.to_string(), address]),
            folder.join("floor"),
            programs.server_core,
            client::request("GET", &format!("/records/{}", one.id), &[], b""),
        )?;
        // An index is made from nothing, and by as many processors as there are; then the server gets its own.
        index::remove(&store)?;
        let core = emporion.start.core.take();
        emporion.up().await?;
        let index = index::built(emporion.process()?, &admin, &store).await?;
        emporion.stop()?;
        emporion.start.core = core;
        emporion.up().await?;
        floor.up().await?;
        let site = Rc::new(Site { records: products, admin, seeds, samples, visitors });
        Ok(World { engine: Engine::Sqlite, site, emporion, floor, empty_mib, index, _cluster: None })
    }

    /// The same catalogue in a PostgreSQL database, which runs on the servers' processor, and the floor over a copy of it.
    pub async fn on_postgres(&mut self, programs: &Programs, folder: &Path) -> Result<World> {
        // The database server's account must get through to its own folder.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?;
        let cluster = Cluster::start(folder.join("postgres"), programs.server_core)?;
        let (store, key) = (folder.join("store"), folder.join("master.key"));
        let (database, copy) = (cluster.address("catalogue"), cluster.address("floor"));
        let (key, store) = (key.to_string_lossy(), store.to_string_lossy());
        eprintln!("bench: copying the store into a PostgreSQL database");
        cluster.make("catalogue", "template0")?;
        self.emporion.stop()?;
        printed(programs, &["migrate", "--quiet", "--store", &store, "--to", &database, "--master-key", &key])?;
        self.emporion.up().await?;
        cluster.make("floor", "catalogue")?;
        cluster.settle("catalogue")?;
        cluster.settle("floor")?;
        let data = folder.join("node");
        let mut emporion = Server::new(
            programs.emporion.clone(),
            |address| {
                let data = data.to_string_lossy();
                arguments(&["serve", "--store", &database, "--master-key", &key, "--data", &data, "--listen", address])
            },
            folder.join("emporion-postgres"),
            programs.server_core,
            self.emporion.probe.clone(),
        )?;
        let mut floor = Server::new(
            programs.floor.clone(),
            |address| arguments(&[&copy, &self.site.admin.account.to_string(), address]),
            folder.join("floor-postgres"),
            programs.server_core,
            self.floor.probe.clone(),
        )?;
        emporion.up().await?;
        let index = index::built(emporion.process()?, &self.site.admin, &data).await?;
        floor.up().await?;
        let (site, empty_mib) = (self.site.clone(), self.empty_mib);
        Ok(World { engine: Engine::Postgres, site, emporion, floor, empty_mib, index, _cluster: Some(cluster) })
    }
}

fn arguments(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// A server that can be started again.
pub struct Server {
    start: Start,
    /// The request whose success ends a start.
    probe: Vec<u8>,
    process: Option<Process>,
}

impl Server {
    fn new(
        program: PathBuf,
        arguments: impl FnOnce(&str) -> Vec<String>,
        folder: PathBuf,
        core: Option<usize>,
        probe: Vec<u8>,
    ) -> Result<Server> {
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let address = free_address()?;
        let arguments = arguments(&address.to_string());
        Ok(Server { start: Start { program, arguments, folder, core, address }, probe, process: None })
    }

    pub fn process(&self) -> Result<&Process> {
        self.process.as_ref().context("the server is not running")
    }

    /// Starts the server; answers how long it took to the first success.
    pub async fn up(&mut self) -> Result<Duration> {
        let (process, took) = self.start.start(&self.probe).await?;
        self.process = Some(process);
        Ok(took)
    }

    pub fn stop(&mut self) -> Result<()> {
        self.process.take().context("the server is not running")?.stop()
    }

    /// Ends the server in the middle of whatever it does.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().context("the server is not running")?.kill()
    }
}

/// Makes the store and its first administrator.
fn init(programs: &Programs, store: &Path) -> Result<Admin> {
    let made = told(programs, &["init", "-o", "json", "--store", &store.to_string_lossy()])?;
    let text = |name: &str| made[name].as_str().map(str::to_owned).with_context(|| format!("init printed no {name}"));
    Ok(Admin {
        account: Uuid::parse_str(&text("account")?)?,
        token: text("adminToken")?,
        key: AccessKey { id: text("accessKeyId")?, secret: text("secretAccessKey")? },
    })
}

/// A token for somebody of the catalogue.
fn token(programs: &Programs, url: &str, admin: &Admin, user: &str) -> Result<String> {
    let made =
        told(programs, &["token", "create", "--user", user, "--url", url, "--token", &admin.token, "-o", "json"])?;
    made["token"].as_str().map(str::to_owned).context("token create printed no token")
}

/// What the program prints as JSON.
fn told(programs: &Programs, arguments: &[&str]) -> Result<Value> {
    serde_json::from_slice(&printed(programs, arguments)?)
        .with_context(|| format!("what emporion {} printed", arguments[0]))
}

fn printed(programs: &Programs, arguments: &[&str]) -> Result<Vec<u8>> {
    let done = on_core(&programs.emporion, None)
        .args(arguments)
        .output()
        .with_context(|| format!("starting {}", programs.emporion.display()))?;
    if !done.status.success() {
        bail!("emporion {}: {}", arguments[0], String::from_utf8_lossy(&done.stderr));
    }
    Ok(done.stdout)
}

fn fill(programs: &Programs, store: &Path, kind: &str, fqn: &str, copies: u64, is_varied: bool) -> Result<()> {
    let status = on_core(&programs.fill, None)
        .arg(store.join(STORE_FILE))
        .args([kind, fqn, &copies.to_string()])
        .args(is_varied.then_some("varied"))
        .status()
        .with_context(|| format!("starting {}", programs.fill.display()))?;
    if !status.success() {
        bail!("fill ended with {status}");
    }
    Ok(())
}

/// Copies a store that nobody serves, with what still waits in its log.
fn copy_store(file: &Path, copy: &Path) -> Result<()> {
    let connection = Connection::open(file)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    drop(connection);
    fs::copy(file, copy).context("copying the store for the floor")?;
    Ok(())
}

/// Products out of the whole file, in no order.
fn samples(file: &Path) -> Result<Vec<Sample>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let last: i64 = connection.query_row("SELECT max(rowid) FROM records", [], |row| row.get(0))?;
    let mut statement =
        connection.prepare("SELECT id, fqn, json_extract(body, '$.display_name') FROM records WHERE rowid = ?1 AND kind = 'data_product' AND state = 0")?;
    let mut found = Vec::new();
    for row in scattered(last.unsigned_abs(), SAMPLES) {
        let sample = statement
            .query_row([row.cast_signed()], |row| {
                let id: [u8; 16] = row.get(0)?;
                let display_name: Option<String> = row.get(2)?;
                Ok(Sample {
                    id: Uuid::from_bytes(id),
                    fqn: row.get(1)?,
                    display_name: display_name.unwrap_or_default(),
                })
            })
            .optional()?;
        found.extend(sample);
    }
    Ok(found)
}

/// At most `count` different numbers from 1 to `last`, as if at random but always the same.
fn scattered(last: u64, count: u64) -> impl Iterator<Item = u64> {
    // A step that shares no factor with `last` visits every number once.
    let step = (last * 618 / 1_000..).find(|step| *step > 0 && greatest_common_divisor(*step, last) == 1).unwrap_or(1);
    (0..count.min(last)).map(move |turn| (turn * step) % last + 1)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_numbers_are_all_different_and_in_range() {
        for (last, count) in [(1, 5), (10, 10), (1_000, 300), (9_973, 20_000)] {
            let mut numbers: Vec<u64> = scattered(last, count).collect();
            let drawn = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), drawn);
            assert_eq!(drawn as u64, last.min(count));
            assert!(numbers.iter().all(|number| (1..=last).contains(number)));
        }
    }
}
