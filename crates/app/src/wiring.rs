//! Putting the parts together: the doors over an open catalogue, one listener.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use emporion_catalog::catalog::Catalog;
use emporion_edge::app::{App, Limits};
use emporion_edge::inside::Inside;
use emporion_edge::metrics::Metrics;
use emporion_edge::tls::Tls;
use emporion_products::calls::Calls;
use emporion_products::service::Products;
use emporion_search::Engine;
use emporion_web::following::mail::MailSender;

use crate::admin::Admin;
use crate::backup::served::Backups;
use crate::cli::DoorName;
use crate::config::Config;
use crate::connections::Connections;
use crate::crawls::Crawls;
use crate::digests::{self, Mailer};
use crate::directory::make_directory;
use crate::doors::{bobsled, datazone, document, openmetadata, products};
use crate::health::Health;
use crate::ingestions::{Ingestions, rules};
use crate::jobs::Jobs;
use crate::measures;
use crate::node::{NodeDirectory, SEARCH_DIRECTORY};
use crate::oidc;
use crate::opening::Open;
use crate::schedules;
use crate::searching::{self, Searching};
use crate::storage::Storage;
use crate::webhooks::Known;

/// The store, its readers, what is connected to sources, and connections that are being refused.
const OTHER_DESCRIPTORS: u64 = 512;
/// How long the store may take to say that it is well: those who ask do not wait for longer.
const HEALTH_TIME: Duration = Duration::from_secs(5);

/// Whose the directories of file sources are.
///
/// Errors: a directory that two accounts are to have. An account that is not there yet is logged: it may come.
pub async fn check_source_dirs(config: &Config, catalog: &Catalog) -> Result<()> {
    let mut owners: HashMap<PathBuf, &str> = HashMap::new();
    for dir in &config.source_dirs {
        let path = dir.path.canonicalize().unwrap_or_else(|_| dir.path.clone());
        if let Some(other) = owners.insert(path, &dir.account).filter(|other| *other != dir.account) {
            anyhow::bail!("source_dirs: {} belongs to the accounts {other} and {}", dir.path.display(), dir.account);
        }
        if catalog.account_named(&dir.account).await?.is_none() {
            tracing::warn!(account = dir.account, directory = %dir.path.display(), "there is no such account yet");
        }
    }
    Ok(())
}

/// Takes back what was given for a time, from now on.
pub fn run_expiry(open: &Open) {
    let catalog = open.catalog.clone();
    tokio::spawn(async move { catalog.run_expiry().await });
}

/// Writes the audit trail of what changes nothing, from now on.
pub fn run_trail(config: &Config, open: &Open) {
    open.catalog.set_trail(config.audit.settings());
    let catalog = open.catalog.clone();
    tokio::spawn(async move { catalog.run_trail().await });
}

/// Where the server is reached.
pub struct Reached {
    /// Where people on this machine reach it.
    pub url: String,
    /// The port of PostgreSQL's protocol, where it is spoken.
    pub pg_port: Option<u16>,
}

/// What serves: everything that is asked by HTTP, and the door of PostgreSQL's protocol.
pub struct Wired {
    pub app: Arc<App>,
    pub pg: Arc<emporion_pgwire::Door>,
    pub products: Arc<Products>,
    pub crawls: Arc<Crawls>,
    pub mailer: Option<Arc<Mailer>>,
}

/// Everything on its listeners.
///
/// Errors: what keeps the configured model of language, a provider of logins, or the mail server from being asked.
pub fn wired(
    config: &Config,
    open: &Open,
    jobs: &Jobs,
    engine: &Arc<Engine>,
    at: &Reached,
    tls: Option<Tls>,
) -> Result<Wired> {
    let url = at.url.as_str();
    let (catalog, health) = (&open.catalog, open.catalog.clone());
    let metrics = Arc::new(Metrics::default());
    // Whatever crawls, through whichever door, takes its permit.
    let crawls = Crawls::new(catalog.clone(), open.storage.is_shared());
    let products = Arc::new(products(config, catalog.clone(), crawls.clone())?);
    let bobsled = bobsled(config);
    bobsled.deprecated_calls.publish(&metrics);
    let deprecated = bobsled.deprecated_calls.clone();
    let deliveries = Arc::new(Known::new(catalog.clone(), config.webhooks.reach()));
    let openmetadata = emporion_openmetadata::Options { deliveries: Some(deliveries), ..openmetadata(config) };
    openmetadata.logins.publish(&metrics);
    if open.storage.is_shared() {
        openmetadata.logins.share(catalog.clone());
    }
    let mailer = Mailer::of(&config.mail)?.map(Arc::new);
    let pages = emporion_web::Options {
        logins: openmetadata.logins.clone(),
        public_url: config.public_url.clone(),
        pg_port: at.pg_port,
        providers: oidc::providers(config)?,
        mail: mailer.clone().map(|mailer| mailer as Arc<dyn MailSender>),
        settings: config.shown_settings(),
        chat: config.mail.chat_places(),
        chat_sender: Some(Arc::new(digests::Chat::of(catalog.clone(), &config.mail))),
    };
    let ingestions = Arc::new(Ingestions::new(rules(config), crawls.clone()));
    schedules::keep(catalog.clone(), ingestions.clone(), jobs.schedules());
    measures::publish(&metrics, open, &crawls, open.store_file());
    let assistants =
        emporion_mcp::Options { urls: config.public_url.iter().cloned().chain([url.to_owned()]).collect() };
    let logins = openmetadata.logins.clone();
    let (pg_tls, limits) = (tls.clone(), seats(config.limits.of_edge()));
    let calls = |app| Calls::new(products.clone(), Inside::of(app), emporion_bobsled::http_failures::status);
    let app = Arc::new_cyclic(|app| {
        let calls = calls(app.clone());
        App::new(metrics)
            .limits(limits)
            .proxies(config.proxy.of_edge())
            .tls(tls)
            .trail(catalog.clone())
            .ready(move || {
                let catalog = health.clone();
                async move {
                    match tokio::time::timeout(HEALTH_TIME, catalog.health()).await {
                        Ok(health) => health.map(|_| ()).map_err(|problem| problem.to_string()),
                        Err(_) => Err("the store does not answer".into()),
                    }
                }
            })
            // Clients of OpenMetadata look for it beside its interface, or at the root of the server.
            .page(&["/openapi/openmetadata.json", "/swagger.json", "/api/swagger.json"], || {
                document(DoorName::Openmetadata)
            })
            .page(&["/openapi/datazone.json"], || document(DoorName::Datazone))
            .page(&["/openapi/bobsled.json"], || document(DoorName::Bobsled))
            .page(&[emporion_bobsled::migration::PATH], emporion_bobsled::migration::page)
            .mount(crate::admin::mount(Admin {
                catalog: catalog.clone(),
                keys: open.keys.clone(),
                ingestions,
                connections: Connections::new(rules(config)),
                backups: Backups::new(open.store_file().as_deref().and_then(Path::parent)),
                health: Health {
                    activity: open.activity.clone(),
                    followers: open.followers.clone(),
                    engine: engine.clone(),
                    store: open.store_file(),
                    deprecated,
                },
            }))
            .mount(searching::mount(Searching { engine: engine.clone(), followers: open.followers.clone() }))
            .mount(emporion_mcp::mount(calls.clone(), assistants))
            .mount(emporion_bobsled::mount(products.clone(), bobsled))
            .mount(emporion_datazone::mount(catalog.clone(), datazone(config, url)))
            .mount(emporion_openmetadata::mount(catalog.clone(), openmetadata))
            .mount(emporion_web::mount(calls, engine.clone(), pages))
    });
    let arrivals = emporion_pgwire::PendingLogins::new(&limits, config.proxy.of_edge());
    let pg = emporion_pgwire::Door::new(calls(Arc::downgrade(&app)), logins, pg_tls.as_ref(), arrivals);
    Ok(Wired { app, pg: Arc::new(pg), products, crawls, mailer })
}

/// Opens the index of searches, which follows the log from then on.
pub async fn search(open: &Open) -> Result<Arc<Engine>> {
    if let Storage::Database(store) = &open.storage {
        let taken = NodeDirectory::take(&open.directory, &store.id().await?.to_string())?;
        // Until the process ends.
        let _ = open.node.set(taken);
    }
    let directory = open.directory.join(SEARCH_DIRECTORY);
    make_directory(&directory)?;
    let engine = Engine::open(open.catalog.clone(), &directory).await?;
    engine.start(&open.followers);
    Ok(engine)
}

/// As many connections as there are file descriptors for, beside those that the store and sources need.
fn seats(limits: Limits) -> Limits {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let Some(most) = (if raised { maximum } else { current }) else { return limits };
    let room = u32::try_from(most.saturating_sub(OTHER_DESCRIPTORS)).unwrap_or(u32::MAX).max(1);
    if room < limits.connections {
        tracing::warn!(connections = room, "fewer connections than configured: the process may open {most} files");
    }
    let share = if room < limits.connections { (room / 4).max(1) } else { limits.connections_per_address };
    Limits {
        connections: limits.connections.min(room),
        connections_per_address: limits.connections_per_address.min(share),
        ..limits
    }
}
