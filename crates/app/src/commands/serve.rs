//! `emporion serve`: open the store, serve the doors, stop in order.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use crate::cli::Format;
use crate::config::Config;
use crate::wiring;

pub fn run(config: &Config, format: Format) -> Result<()> {
    wiring::start_log(config);
    super::runtime()?.block_on(async {
        // Where nobody can come in, nothing is made.
        let listener = listen(&config.listen).await?;
        let open = wiring::open(config, true)?;
        if !open.catalog.is_initialised().await? {
            let made = open.catalog.initialise().await?;
            super::print(format, &wiring::shown_account(&made))?;
        }
        tracing::info!(address = %listener.local_addr()?, store = %config.store, "serving");
        let app = Arc::new(wiring::app(config, &open));
        let left = emporion_edge::server::serve(listener, app, stop_signal()).await;
        tracing::info!(unfinished = left, "stopped");
        anyhow::Ok(())
    })
}

pub async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Ends at the first interrupt or termination signal.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut stream) => drop(stream.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
