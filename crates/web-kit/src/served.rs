//! The server of the kit: the door of the pages over a catalogue in memory.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::Millis;
use emporion_catalog::registry::Registry;
use emporion_edge::app::App;
use emporion_edge::inside::Inside;
use emporion_edge::metrics::Metrics;
use emporion_edge::server;
use emporion_products::calls::Calls;
use emporion_products::service::Products;
use emporion_search::Engine;
use emporion_store::MemoryStore;
use emporion_web::Options;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::kit;
use crate::samples::AT;

/// For the index to come to the end of the log before the process ends.
const FOLLOWERS_TIME: Duration = Duration::from_secs(3);

/// Serves on a free port of this machine until the process is asked to stop.
pub async fn serve() -> Result<()> {
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Keys and the index of searches, as long as it serves.
    let folder = tempfile::tempdir().context("a folder for keys")?;
    let keys = emporion_authz::open::open(folder.path(), None, true, None)?;
    let catalog = Arc::new(Catalog::new(Parts {
        store: Arc::new(MemoryStore::default()),
        registry: Registry::standard(),
        gate: keys.gate,
        sealer: keys.sealer,
        authenticator: keys.authenticator,
        clock: Millis::now,
    }));
    catalog.reads_member_queries(&emporion_search::Members);
    let made = catalog.initialise().await?;
    let followers = Arc::new(Followers::new(catalog.clone()));
    let engine = Engine::open(catalog.clone(), &folder.path().join("search")).await?;
    engine.start(&followers);
    let app = Arc::new_cyclic(|app| {
        let calls = Calls::new(Arc::new(Products::new(catalog.clone())), Inside::of(app.clone()), |_| 500);
        App::new(Arc::new(Metrics::default())).mount(emporion_web::mount_with(
            kit::routes(),
            calls,
            engine.clone(),
            Options::default(),
        ))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let rendered = json!({
        "url": url,
        "kit": format!("{url}{AT}"),
        "adminUser": made.admin_name,
        "adminPassword": made.admin_password,
    });
    writeln!(std::io::stdout(), "{rendered}")?;
    let stop = async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    };
    server::serve(listener, app, stop).await;
    followers.shut_down(FOLLOWERS_TIME).await;
    Ok(())
}
