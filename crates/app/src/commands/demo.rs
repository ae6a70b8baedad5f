//! `emporion demo`: a seeded catalogue over a sample database, in a temporary store, served, with lines to try for each
//! dialect.

mod cluster;
mod questions;
mod shown;

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use anyhow::{Context, Result};
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::finder::{Finder, Search};
use emporion_edge::app::App;
use emporion_edge::tls::Tls;
use emporion_ingest::{Order, RunRecord};
use emporion_sources::Silent;
use tokio::net::TcpListener;

use self::cluster::{Cluster, Node};
use self::shown::Shown;
use crate::cli::Format;
use crate::config::Config;
use crate::crawls::Crawls;
use crate::jobs::Jobs;
use crate::log;
use crate::opening;
use crate::output::print;
use crate::wiring::{Reached, Wired};
use crate::{demo_data, digests, ingestions, sample, webhooks, wiring};

/// The file of the sample database, which gives the database its name.
const SAMPLE: &str = "shop";
/// How long ending this node's crawls may take, and letting go of its jobs.
const LETTING_GO: std::time::Duration = std::time::Duration::from_secs(5);

/// With `nodes`, so many of them over one PostgreSQL database.
pub fn run(config: Config, nodes: Option<u8>, format: Format) -> Result<()> {
    // What a server beside it reads is none of the demo: there may be a file of the sample's name, or nothing at all any more.
    let config = Config { source_dirs: Vec::new(), ..config };
    config.check()?;
    let tls = config.check_files()?;
    log::start(&Config { log: crate::config::Log { filter: "warn".into(), json: false }, ..config.clone() });
    let runtime = crate::runtime::runtime()?;
    let entered = runtime.enter();
    // Before there is anything to clean up.
    let mut signals = super::serve::StopSignals::heed()?;
    let stop = async move { signals.next().await };
    drop(entered);
    // Outlives the runtime, and so whatever still writes into it.
    let folder = Temporary::new("store")?;
    let cluster = match nodes.map(usize::from) {
        Some(nodes) => Some((Arc::new(Cluster::start(nodes)?), nodes)),
        None => None,
    };
    let run = runtime.block_on(serve(config, tls, format, &folder, cluster.clone(), stop));
    drop(runtime);
    run
}

async fn serve(
    mut config: Config,
    tls: Option<Tls>,
    format: Format,
    folder: &Temporary,
    cluster: Option<(Arc<Cluster>, usize)>,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let sources = folder.0.join("sources");
    std::fs::create_dir(&sources).with_context(|| format!("making {}", sources.display()))?;
    config.store = folder.0.join("store").display().to_string();
    // What is said of the store that is served otherwise is not about this one.
    (config.data, config.master_key_file) = (None, None);
    if let Some((cluster, _)) = &cluster {
        config.store.clone_from(&cluster.address);
        config.data = Some(folder.0.join("node-1"));
        config.master_key_file = Some(folder.0.join("master.key"));
    }
    config.source_dirs = vec![sources.clone().into()];
    let mut stop = pin!(stop);
    let listener = super::serve::listen(&config.listen).await?;
    let url = super::serve::reached_at(listener.local_addr()?, tls.is_some());
    let pg_listener = match &config.pg_listen {
        Some(address) => Some(super::serve::listen(address).await?),
        None => None,
    };
    let pg = pg_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    if format == Format::Table {
        // Whoever opens it at once waits for the catalogue, not for an address.
        writeln!(std::io::stdout(), "{url}")?;
        std::io::stdout().flush()?;
    }
    let Seeded { app, pg: door, jobs, crawls } = tokio::select! {
        () = &mut stop => return Ok(()),
        seeded = seed(&config, sources, At { url: &url, pg }, tls, format, cluster, folder) => seeded?,
    };
    let (over, ends) = tokio::sync::oneshot::channel::<()>();
    let serving_pg = pg_listener
        .map(|listener| tokio::spawn(emporion_pgwire::serve(listener, door, async move { drop(ends.await) })));
    let stopping = crawls.clone();
    let stop = async move {
        stop.await;
        stopping.stop();
    };
    emporion_edge::server::serve(listener, app, stop).await;
    drop(over);
    if let Some(serving) = serving_pg {
        let _ = serving.await;
    }
    // A database that does not answer keeps nobody from ending.
    let _ = tokio::time::timeout(LETTING_GO, crawls.ended()).await;
    let _ = tokio::time::timeout(LETTING_GO, jobs.give_up()).await;
    Ok(())
}

/// Where it is reached: with HTTP, and where it speaks PostgreSQL's protocol.
#[derive(Clone, Copy)]
struct At<'a> {
    url: &'a str,
    pg: Option<SocketAddr>,
}

/// What is served.
struct Seeded {
    app: Arc<App>,
    pg: Arc<emporion_pgwire::Door>,
    jobs: Jobs,
    crawls: Arc<Crawls>,
}

/// Fills the store, and says what there is to try.
async fn seed(
    config: &Config,
    sources: PathBuf,
    At { url, pg: pg_address }: At<'_>,
    tls: Option<Tls>,
    format: Format,
    cluster: Option<(Arc<Cluster>, usize)>,
    folder: &Temporary,
) -> Result<Seeded> {
    // The keys and the sample both take a moment, and neither needs the other.
    let file = sources.join(SAMPLE);
    let sample = tokio::task::spawn_blocking(move || sample::make(&file).map(|()| file));
    let open = opening::open(config, true).await?;
    let made = open.catalog.initialise().await?;
    let caller = open.catalog.caller(made.account, made.admin).await?;
    let people = demo_data::people(&open.catalog, &caller).await?;
    let file = sample.await?.context("making the sample database")?;
    let measured = tokio::task::spawn_blocking(move || sample::measured::of(&file));
    let ingested = ingest(&open.catalog, &caller, config).await?;
    let products = demo_data::products(&open.catalog, &caller).await?;
    let records = people + products + ingested;
    let waiting = demo_data::requests(&open.catalog, &caller).await?;
    let measured = measured.await?.context("measuring the sample database")?;
    demo_data::measured(&open.catalog, &caller, measured).await?;
    let sign_ins = demo_data::sign_ins(&open.catalog, &caller).await?;
    let engine = wiring::search(&open).await?;
    let at = Reached { url: url.to_owned(), pg_port: pg_address.map(|address| address.port()) };
    let jobs = Jobs::seek(&open);
    let Wired { app, pg, products, crawls, mailer } = wiring::wired(config, &open, &jobs, &engine, &at, tls)?;
    webhooks::start(&open.followers, config, url, jobs.webhooks()).await?;
    digests::keep(products, engine.clone(), (config, mailer), url, jobs.digests());
    wiring::run_expiry(&open);
    wiring::run_trail(config, &open);
    let product = id_of(&open.catalog, &caller, demo_data::EXAMPLE_PRODUCT).await?;
    let other = id_of(&open.catalog, &caller, demo_data::OTHER_PRODUCT).await?;
    let (account, token) = (made.account.to_string(), made.admin_token.as_str());
    let client = questions::Caller { app: &app, token, account: &account };
    client.teach(&product).await?;
    let asked = client.ask(&product).await?;
    // What somebody looks for at once is found; where the index needs longer than that, a moment later.
    let all = Search { at_least: Some(open.catalog.health().await?), ..Search::of("kind:product") };
    let _ = engine.find(&caller, &all).await;
    let others = match cluster {
        Some((cluster, nodes)) => further(config, cluster, nodes, folder, sources).await?,
        None => Vec::new(),
    };
    let shown = Shown {
        url,
        pg: pg_address,
        others: &others,
        made: &made,
        sign_ins: &sign_ins,
        records,
        waiting,
        product: &product,
        other: &other,
        asked: &asked,
    };
    match format {
        Format::Table => write!(std::io::stdout(), "{}", shown.welcome())?,
        _ => print(format, &shown.told())?,
    }
    std::io::stdout().flush()?;
    Ok(Seeded { app, pg, jobs, crawls })
}

/// The nodes beside this one.
async fn further(
    config: &Config,
    cluster: Arc<Cluster>,
    nodes: usize,
    folder: &Temporary,
    sources: PathBuf,
) -> Result<Vec<Node>> {
    let (folder, master) = (folder.0.clone(), config.master_key_file.clone().unwrap_or_default());
    let add = move || (2..=nodes).map(|number| cluster.add(&folder, number, &master, &sources)).collect();
    tokio::task::spawn_blocking(add).await?
}

async fn id_of(catalog: &Catalog, caller: &Caller, product: &str) -> Result<String> {
    Ok(demo_data::id_of(catalog, caller, "data_product", product).await?.to_string())
}

/// Crawls the sample as anybody's database, whose service remembers the run. Answers how many records that made.
async fn ingest(catalog: &Catalog, caller: &Caller, config: &Config) -> Result<usize> {
    let from = Some(emporion_sources::Config::from_url(&format!("sqlite:{SAMPLE}"))?);
    let order = Order { from, ..Order::new(demo_data::SERVICE) };
    let rules = ingestions::rules(config);
    let run = RunRecord::begin(catalog, caller, &order, format!("{:x}", rand::random::<u64>())).await;
    let report = run.carry_out(catalog, caller, &rules, &order, &Silent).await?;
    // The service and the database stand above what the report counts.
    Ok(report.schemas.created + report.tables.created + 2)
}

/// A folder that goes away with the process.
struct Temporary(std::path::PathBuf);

impl Temporary {
    fn new(what: &str) -> Result<Temporary> {
        // Short: the names of sockets have a length.
        let path = std::env::temp_dir().join(format!("emporion-demo-{what}-{:08x}", rand::random::<u32>()));
        std::fs::DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing can be done about a folder that will not go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
