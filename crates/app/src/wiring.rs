//! Putting the parts together: store, gate, keys, catalogue, doors, one listener.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use emporion_authz::keyring::{Keyring, SEAL_KEY_FILE, SEAL_KEY_VARIABLE};
use emporion_authz::signing::{SIGNING_KEY_FILE, SigningKey};
use emporion_bobsled::language::LanguageModel;
use emporion_catalog::bootstrap::NewAccount;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::Millis;
use emporion_catalog::registry::Registry;
use emporion_edge::access_log;
use emporion_edge::answer::Answer;
use emporion_edge::app::{App, Limits};
use emporion_edge::inside::Inside;
use emporion_edge::metrics::Metrics;
use emporion_edge::openapi;
use emporion_edge::tls::Tls;
use emporion_ingest::CrawlLimiter;
use emporion_search::Engine;
use emporion_semantic::guard::CostLimits;
use emporion_store::{Activity, SqliteStore};
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::backup::STORE_FILE;
use crate::backup::served::Backups;
use crate::cli::DoorName;
use crate::config::Config;
use crate::connections::Connections;
use crate::databases::Reachable;
use crate::health::Health;
use crate::ingestions::{Ingestions, rules};
use crate::language::Endpoint;
use crate::measures;
use crate::oidc;
use crate::rotation::Keys;
use crate::schedules;
use crate::searching::{self, Searching};
use crate::webhooks::Known;

/// Where the indexes of searches lie. All that is in them can be made of the store.
const SEARCH_DIRECTORY: &str = "search";
/// The store, its readers, what is connected to sources, and connections that are being refused.
const OTHER_DESCRIPTORS: u64 = 512;

/// An open catalogue.
pub struct Open {
    pub catalog: Arc<Catalog>,
    pub keys: Arc<Keys>,
    pub directory: PathBuf,
    /// What the store does, in numbers.
    pub activity: Arc<Activity>,
    /// What keeps up with the log.
    pub followers: Arc<Followers>,
}

/// Opens the store; makes it where it may.
pub fn open_store(config: &Config, may_create: bool) -> Result<SqliteStore> {
    open_counted(config, may_create, Arc::default())
}

fn open_counted(config: &Config, may_create: bool, activity: Arc<Activity>) -> Result<SqliteStore> {
    let directory = directory(config)?;
    let file = directory.join(STORE_FILE);
    if !may_create && !file.exists() {
        anyhow::bail!("there is no store at {}", config.store);
    }
    make_directory(directory)?;
    let stop = Box::new(|why: &str| {
        // What was acknowledged is safe; what was not must not be acknowledged by a process whose log is in doubt.
        eprintln!("emporion: {why}; stopping");
        std::process::abort();
    });
    SqliteStore::open(
        &file,
        Registry::standard(),
        emporion_store::Options { on_fatal: Some(stop), activity, ..Default::default() },
    )
    .with_context(|| format!("opening {}", file.display()))
}

/// Looks whether a store is whole, also while it is served.
pub fn verify(config: &Config) -> Result<emporion_store::Report> {
    let file = directory(config)?.join(STORE_FILE);
    if emporion_store::is_served(&file) {
        return emporion_store::verify_file(&file).with_context(|| format!("reading {}", file.display()));
    }
    Ok(open_store(config, false)?.verify()?)
}

/// The directory of the store that the configuration names.
pub fn directory(config: &Config) -> Result<&Path> {
    if config.store.contains("://") {
        anyhow::bail!("{}: only directories are served by this version", config.store);
    }
    Ok(Path::new(&config.store))
}

/// Makes a directory that its owner alone may open, where there is none. Those above it are made as any others.
pub fn make_directory(path: &Path) -> Result<()> {
    let make = || -> std::io::Result<()> {
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            Err(_) if path.is_dir() => Ok(()),
            made => made,
        }
    };
    make().with_context(|| format!("making {}", path.display()))
}

/// The keys that secrets are sealed with.
pub fn keyring(config: &Config, may_create: bool) -> Result<Keyring> {
    let environment = std::env::var(SEAL_KEY_VARIABLE).ok();
    Ok(Keyring::open(&directory(config)?.join(SEAL_KEY_FILE), environment.as_deref(), may_create)?)
}

/// Where the key that signs tokens lies, and which it is.
pub fn describe_signing_key(config: &Config) -> Result<String> {
    let file = directory(config)?.join(SIGNING_KEY_FILE);
    match SigningKey::read(&file)? {
        Some(key) => Ok(format!("file {}, key {}", file.display(), key.public().kid())),
        None => anyhow::bail!(
            "{} is missing: the next start makes another, and tokens made so far are refused",
            file.display()
        ),
    }
}

/// Opens everything below the doors.
pub fn open(config: &Config, may_create: bool) -> Result<Open> {
    let is_new = !directory(config)?.join(STORE_FILE).exists();
    if is_new && !may_create {
        anyhow::bail!("there is no store at {}", config.store);
    }
    if is_new && may_create {
        make_directory(directory(config)?)?;
    }
    let trusted = match &config.openmetadata.trusted_key {
        Some(path) => {
            let pem = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            Some((config.openmetadata.trusted_key_id.clone().unwrap_or_default(), pem))
        }
        None => None,
    };
    let environment = std::env::var(SEAL_KEY_VARIABLE).ok();
    let keys = emporion_authz::open::open(
        directory(config)?,
        environment.as_deref(),
        is_new,
        trusted.as_ref().map(|(kid, pem)| (kid.as_str(), pem.as_str())),
    )?;
    // The keys come first: a store without them is refused, keys without a store are merely used.
    let activity: Arc<Activity> = Arc::default();
    let store = open_counted(config, may_create, activity.clone())?;
    let catalog = Catalog::new(Parts {
        store: Arc::new(store),
        registry: emporion_datazone::provide(Registry::standard()),
        gate: keys.gate,
        sealer: keys.sealer.clone(),
        authenticator: keys.authenticator.clone(),
        clock: Millis::now,
    });
    let keys = Keys::new(directory(config)?, keys.sealer, keys.authenticator);
    let catalog = Arc::new(catalog);
    let followers = Arc::new(Followers::new(catalog.clone()));
    Ok(Open { catalog, keys: Arc::new(keys), activity, followers, directory: directory(config)?.to_owned() })
}

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
pub fn keep_endings(open: &Open) {
    let catalog = open.catalog.clone();
    tokio::spawn(async move { catalog.keep_endings().await });
}

/// Everything on one listener; `url` is where people on this machine reach it.
///
/// Errors: what keeps the configured model of language, or a provider of logins, from being asked.
pub fn app(config: &Config, open: &Open, engine: &Arc<Engine>, url: &str, tls: Option<Tls>) -> Result<Arc<App>> {
    let catalog = &open.catalog;
    let health = catalog.clone();
    let metrics = Arc::new(Metrics::default());
    // Whatever crawls, through whichever door, takes its permit.
    let limiter: Arc<CrawlLimiter> = Arc::default();
    let bobsled = bobsled(config, catalog.clone(), limiter.clone())?;
    bobsled.deprecated_calls.publish(&metrics);
    let deprecated = bobsled.deprecated_calls.clone();
    let deliveries = Arc::new(Known::new(catalog.clone(), config.webhooks.reach()));
    let openmetadata = emporion_openmetadata::Options { deliveries: Some(deliveries), ..openmetadata(config) };
    openmetadata.logins.publish(&metrics);
    let pages = emporion_web::Options {
        logins: openmetadata.logins.clone(),
        public_url: config.public_url.clone(),
        is_dev: config.dev,
        providers: oidc::providers(config)?,
    };
    let ingestions = Arc::new(Ingestions::new(rules(config), limiter.clone()));
    schedules::keep(catalog.clone(), ingestions.clone());
    measures::publish(&metrics, open, &limiter, open.directory.join(STORE_FILE));
    let assistants =
        emporion_mcp::Options { urls: config.public_url.iter().cloned().chain([url.to_owned()]).collect() };
    Ok(Arc::new_cyclic(|app| {
        App::new(metrics)
            .limits(seats(config.limits.of_edge()))
            .proxies(config.proxy.of_edge())
            .tls(tls)
            .ready(move || {
                let catalog = health.clone();
                async move { catalog.health().await.map(|_| ()).map_err(|problem| problem.to_string()) }
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
                backups: Backups::new(&open.directory),
                health: Health {
                    activity: open.activity.clone(),
                    followers: open.followers.clone(),
                    engine: engine.clone(),
                    store: open.directory.join(STORE_FILE),
                    deprecated,
                },
            }))
            .mount(searching::mount(Searching { engine: engine.clone(), followers: open.followers.clone() }))
            .mount(emporion_mcp::mount(catalog.clone(), Inside::of(app.clone()), assistants))
            .mount(emporion_bobsled::mount(catalog.clone(), bobsled))
            .mount(emporion_datazone::mount(catalog.clone(), datazone(config, url)))
            .mount(emporion_openmetadata::mount(catalog.clone(), openmetadata))
            .mount(emporion_web::mount(catalog.clone(), engine.clone(), Inside::of(app.clone()), pages))
    }))
}

/// Opens the index of searches, which follows the log from then on.
pub async fn search(open: &Open) -> Result<Arc<Engine>> {
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

pub fn openmetadata(config: &Config) -> emporion_openmetadata::Options {
    emporion_openmetadata::Options {
        reported_version: config.openmetadata.reported_version.clone(),
        public_url: config.public_url.clone(),
        ..Default::default()
    }
}

fn datazone(config: &Config, url: &str) -> emporion_datazone::Options {
    emporion_datazone::Options {
        region: config.datazone.region.clone(),
        hosts: config.datazone.hosts.clone(),
        publishing_enabled: config.datazone.publishing_enabled,
        max_data_products: config.datazone.max_data_products,
        requests_per_second: config.datazone.requests_per_second,
        public_url: config.public_url.clone().unwrap_or_else(|| url.to_owned()),
    }
}

fn bobsled(config: &Config, catalog: Arc<Catalog>, limiter: Arc<CrawlLimiter>) -> Result<emporion_bobsled::Options> {
    let language = Endpoint::of(&config.llm)?;
    Ok(emporion_bobsled::Options {
        sunset: config.bobsled.sunset.clone(),
        enforce_sunset: config.bobsled.enforce_sunset,
        docs: config.bobsled.docs.clone(),
        requests_per_minute: config.bobsled.requests_per_minute,
        questions_per_minute: config.bobsled.questions_per_minute,
        questions_at_once: config.bobsled.questions_at_once,
        cost_limits: CostLimits {
            rows: config.bobsled.query_rows.unwrap_or(CostLimits::default().rows),
            bytes: config.bobsled.query_bytes.unwrap_or(CostLimits::default().bytes),
        },
        databases: Some(Arc::new(Reachable::new(rules(config), catalog, limiter))),
        language: language.map(|endpoint| Arc::new(endpoint) as Arc<dyn LanguageModel>),
        ..Default::default()
    })
}

/// The OpenAPI document of a door, as `openapi/` holds it.
pub fn described(door: DoorName) -> Value {
    let registry = Registry::standard();
    match door {
        DoorName::Openmetadata => emporion_openmetadata::document(&registry),
        DoorName::Datazone => emporion_datazone::document(&registry),
        DoorName::Bobsled => emporion_bobsled::document(&registry),
    }
}

fn document(door: DoorName) -> Answer {
    Answer::bytes(200, "application/json", openapi::print(&described(door)))
}

/// What a made account shows, once.
pub fn shown_account(made: &NewAccount) -> Value {
    let mut shown = json!({
        "account": made.account.to_string(),
        "adminUser": made.admin_name,
        "adminPassword": made.admin_password,
        "adminToken": made.admin_token,
        "accessKeyId": made.access_key_id,
        "secretAccessKey": made.secret_access_key,
    });
    if let Some(expires) = made.admin_token_expires_ms {
        shown["adminTokenExpiresAt"] = expires.into();
    }
    shown
}

pub fn start_log(config: &Config) {
    use tracing_subscriber::EnvFilter;
    // The library of the MCP door tells of every request, as the access log does, and calls it an error when a client
    // leaves. Who names it hears it.
    let but = |wanted: &str| EnvFilter::try_new(format!("rmcp=off,{wanted}"));
    let filter = std::env::var(EnvFilter::DEFAULT_ENV)
        .map_err(drop)
        .and_then(|wanted| but(&wanted).map_err(drop))
        .or_else(|()| but(&config.log.filter).map_err(drop))
        .unwrap_or_else(|()| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log.json {
        builder.json().init();
        access_log::start(access_log::Format::Json);
    } else {
        // Colours are for people who look.
        builder.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()).init();
        access_log::start(access_log::Format::Text);
    }
}
