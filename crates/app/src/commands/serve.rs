//! `emporion serve`: open the store, serve the doors, stop in order.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Format;
use crate::config::Config;
use crate::jobs::Jobs;
use crate::log;
use crate::new_account;
use crate::opening;
use crate::output::print;
use crate::runtime::runtime;
use crate::wiring::{Reached, Wired};
use crate::{digests, oidc, webhooks, wiring};

/// For followers to come to the end of the log before the process ends, and for jobs to be given up.
const FOLLOWERS_TIME: Duration = Duration::from_secs(3);
/// For a follower that is ended to keep how far it came, and more than it takes.
const MOMENT: Duration = Duration::from_secs(1);
/// The bit of SIGHUP in the masks of `/proc/self/status`.
const HANGUP: u64 = 1;

pub fn run(config: &Config, format: Format) -> Result<()> {
    // Flags have been put over what was read.
    config.check()?;
    let tls = config.check_files()?;
    log::start(config);
    runtime()?.block_on(async {
        let mut signals = StopSignals::heed()?;
        // Where nobody can come in, nothing is made.
        let listener = listen(&config.listen).await?;
        let pg_listener = match &config.pg_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let open = opening::open(config, true).await?;
        if !open.catalog.is_initialised().await? {
            let made = open.catalog.initialise().await?;
            print(format, &new_account::shown(&made))?;
        }
        if open.keys.finish_renewal(&open.catalog).await? {
            tracing::warn!("bots' tokens were of another signing key: they were signed anew, and people log in again");
        }
        let renewed = open.catalog.renew_roles().await?;
        if renewed > 0 {
            tracing::info!(renewed, "policies of roles that every account has cover kinds that have come since");
        }
        let defined = open.catalog.provide_test_definitions().await?;
        if defined > 0 {
            tracing::info!(defined, "accounts have the definitions of tests that have come since");
        }
        let renamed = emporion_openmetadata::query_names::rename(&open.catalog).await?;
        if renamed > 0 {
            tracing::info!(renamed, "queries that were called by the checksum of their text have other names");
        }
        wiring::check_source_dirs(config, &open.catalog).await?;
        oidc::warn_of_missing_accounts(config, &open.catalog).await?;
        open.catalog.end_expired_rights().await?;
        let address = listener.local_addr()?;
        tracing::info!(%address, store = config.shown_store(), "serving");
        let is_https = tls.is_some();
        let engine = wiring::search(&open).await?;
        let jobs = Jobs::seek(&open);
        let pg_address = pg_listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let at = Reached { url: reached_at(address, is_https), pg_port: pg_address.map(|address| address.port()) };
        let Wired { app, pg, products, crawls, mailer } = wiring::wired(config, &open, &jobs, &engine, &at, tls)?;
        webhooks::start(&open.followers, config, &at.url, jobs.webhooks()).await?;
        digests::keep(products, engine.clone(), (config, mailer), &at.url, jobs.digests());
        wiring::run_expiry(&open);
        wiring::run_trail(config, &open);
        say(&address_line(address, is_https, format));
        let (over, ends) = tokio::sync::oneshot::channel::<()>();
        let serving_pg = pg_listener.map(|listener| {
            // Said where logs are read: what is printed is one line, for who looks for the pages.
            tracing::info!(address = ?pg_address, "speaking PostgreSQL's protocol");
            tokio::spawn(emporion_pgwire::serve(listener, pg, async move { drop(ends.await) }))
        });
        let (stopping, leaving) = (crawls.clone(), app.clone());
        let serves_on = Duration::from_secs(config.limits.lame_duck_seconds);
        let stop = async move {
            signals.next().await;
            leaving.leave();
            // Who asks twice does not wait for a balancer.
            let _ = tokio::time::timeout(serves_on, signals.next()).await;
            stopping.stop();
        };
        let left = emporion_edge::server::serve(listener, app, stop).await;
        drop(over);
        if let Some(serving) = serving_pg {
            let _ = serving.await;
        }
        // A store that does not answer keeps nobody from ending.
        let _ = tokio::time::timeout(FOLLOWERS_TIME + MOMENT, open.followers.shut_down(FOLLOWERS_TIME)).await;
        let _ = tokio::time::timeout(FOLLOWERS_TIME, crawls.ended()).await;
        let _ = tokio::time::timeout(FOLLOWERS_TIME, jobs.give_up()).await;
        let _ = tokio::time::timeout(FOLLOWERS_TIME, open.catalog.write_trail()).await;
        tracing::info!(unfinished = left, "stopped");
        anyhow::Ok(())
    })
}

pub async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Where the server is reached from its own machine: an address that stands for all of them leads nowhere.
pub fn reached_at(address: SocketAddr, is_https: bool) -> String {
    let scheme = if is_https { "https" } else { "http" };
    if address.ip().is_unspecified() {
        format!("{scheme}://localhost:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    }
}

/// Where the server can be reached, with the port that it really got.
fn address_line(address: SocketAddr, is_https: bool, format: Format) -> String {
    let url = format!("{}://{address}", if is_https { "https" } else { "http" });
    match format {
        Format::Table => format!("serving at {url}"),
        Format::Json => json!({"url": url, "address": address.to_string()}).to_string(),
        Format::Yaml => format!("url: {url}"),
    }
}

/// One line for whoever started the server. That nobody reads it is no reason not to serve.
fn say(line: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// What asks to stop: an interrupt, a termination, a terminal that has gone.
pub struct StopSignals(Vec<Signal>);

impl StopSignals {
    /// They are heeded from this call on, not only when somebody waits for one.
    pub fn heed() -> Result<StopSignals> {
        let mut streams = vec![signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        // Who is started to outlive the terminal (nohup) is.
        if !is_hangup_ignored() {
            streams.push(signal(SignalKind::hangup())?);
        }
        Ok(StopSignals(streams))
    }

    /// Ends at the next one.
    pub async fn next(&mut self) {
        std::future::poll_fn(|context| match self.0.iter_mut().any(|stream| stream.poll_recv(context).is_ready()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        })
        .await;
    }
}

fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & HANGUP != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_stands_for_all_is_reached_at_home() {
        for (address, is_https, url) in [
            ("127.0.0.1:41", false, "http://127.0.0.1:41"),
            ("0.0.0.0:41", true, "https://localhost:41"),
            ("[::]:41", false, "http://localhost:41"),
            ("[::1]:41", false, "http://[::1]:41"),
        ] {
            assert_eq!(reached_at(address.parse().unwrap(), is_https), url);
        }
    }

    #[test]
    fn the_address_is_one_line_in_every_format() {
        let address: SocketAddr = "127.0.0.1:41".parse().unwrap();
        assert_eq!(address_line(address, false, Format::Table), "serving at http://127.0.0.1:41");
        let line = address_line(address, true, Format::Json);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read, json!({"url": "https://127.0.0.1:41", "address": "127.0.0.1:41"}));
        assert!(!line.contains('\n'));
        assert_eq!(address_line("[::1]:41".parse().unwrap(), false, Format::Yaml), "url: http://[::1]:41");
    }
}
