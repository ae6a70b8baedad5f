//! `emporion ingest`: crawl a database into the catalogue, over a running server or in a stopped store.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::lease::Ownership;
use emporion_ingest::Order;
use emporion_sources::SourceDir;
use serde_json::{Map, Value, json};

use super::bar::{Bar, Unit};
use super::remote;
use super::store_target::{StoreTarget, open_stopped};
use crate::cli::{Format, IngestArgs, Remote};
use crate::command_error::UsageError;
use crate::config::Config;
use crate::config::Settings;
use crate::crawls::{Crawls, SILENT};
use crate::ingestions::{self, Run};
use crate::opening::Open;
use crate::output::print;
use crate::redaction::redacted;
use crate::runtime::runtime;

/// Where the source's password is read from.
const PASSWORD_VARIABLE: &str = "EMPORION_SOURCE_PASSWORD";
const URL_VARIABLE: &str = "EMPORION_SOURCE_URL";
/// The user in whose name a stopped store is written.
const BOT: &str = "ingestion-bot";
const LOOK_AGAIN: Duration = Duration::from_millis(150);
/// How often it is looked whether a turn stands still.
const LOOKED_AGAIN: Duration = Duration::from_secs(1);

pub fn run(settings: Settings<'_>, args: IngestArgs, format: Format) -> Result<()> {
    warn_of_open_password(&args);
    let order = body(&args);
    let bar = Bar::new(args.quiet, Unit::Things, "crawling");
    let outcome = match StoreTarget::of(settings, args.place)? {
        StoreTarget::Running(_) if !args.source_dir.is_empty() => {
            return Err(UsageError("--source-dir is for stopped stores; a server opens files below its own (`emporion serve --source-dir`)".into()).into());
        }
        StoreTarget::Running(remote) => served(&remote, order, &bar),
        StoreTarget::Stopped(mut config) => {
            let own = |path| SourceDir { account: args.account.clone(), path };
            config.source_dirs.extend(args.source_dir.into_iter().map(own));
            stopped(&config, &args.account, &order, &bar)
        }
    };
    bar.end();
    let report = match outcome {
        Ok(report) => report,
        Err(error) => {
            // Scripts read one document from standard output, whatever came of it.
            if format != Format::Table && !error.is::<UsageError>() {
                let reason = error.downcast_ref::<Refusal>().map_or("FAILED", |refusal| refusal.reason.as_str());
                print(format, &json!({"reason": reason, "error": redacted(&format!("{error:#}"))}))?;
            }
            return Err(error);
        }
    };
    match format {
        Format::Table => print(format, &summary(&report))?,
        _ => print(format, &report)?,
    }
    let failed = |level: &str| report[level]["failed"].as_u64().unwrap_or(0);
    match failed("schemas") + failed("tables") + failed("lineage") {
        0 => Ok(()),
        failed => bail!("{failed} could not be written, see above"),
    }
}

fn body(args: &IngestArgs) -> Value {
    let patterns =
        |given: &[emporion_ingest::Pattern]| -> Vec<String> { given.iter().map(ToString::to_string).collect() };
    json!({
        "service": args.service,
        "source": args.source,
        // A service's own connection has a password of its own.
        "password": args.source.as_ref().and_then(|_| std::env::var(PASSWORD_VARIABLE).ok()),
        "include": patterns(&args.include),
        "exclude": patterns(&args.exclude),
        "maxRemoved": args.max_removed,
        "force": args.force,
        "keepRemoved": args.keep_removed,
        "dryRun": args.dry_run,
        "forgetConnection": args.forget_connection,
        "replaceConnection": args.replace_connection,
        "timeoutSeconds": args.timeout,
    })
}

/// What stands on a command line can be read by every user of the machine while the command runs.
fn warn_of_open_password(args: &IngestArgs) {
    let Some(source) = args.source.as_deref().filter(|source| std::env::var(URL_VARIABLE).as_deref() != Ok(*source))
    else {
        return;
    };
    let credentials = source.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(before, _)| before);
    if credentials.is_some_and(|credentials| credentials.contains(':')) || source.contains("password=") {
        eprintln!("emporion: others can read a password on the command line; {PASSWORD_VARIABLE} hides it");
    }
}

fn stopped(config: &Config, account: &str, order: &Value, bar: &Bar) -> Result<Value> {
    let empty = Map::new();
    let order = ingestions::order(order.as_object().unwrap_or(&empty), config.limits.of_sources())
        .map_err(|problem| UsageError(problem.to_string()))?;
    let rules = ingestions::rules(config);
    runtime()?.block_on(async {
        let open = open_stopped(config)
            .await
            .context("a server that runs over the store can do it itself: give --url and --token")?;
        let caller = bot(&open.catalog, account).await?;
        let run = turn(&open, &caller, order).await?;
        let Some(report) = run.carry_out(&open.catalog, &caller, &rules, bar).await else {
            bail!("the ingestion was ended; what was written before stays");
        };
        Ok(report.map_err(|failure| explained(failure.reason(), &failure.to_string()))?.to_json())
    })
}

/// Leave to crawl. Over a database, nodes may crawl at the same time; turns of what was killed are given up before.
async fn turn(open: &Open, caller: &Caller, order: Order) -> Result<Run> {
    let crawls = Crawls::new(open.catalog.clone(), open.storage.is_shared());
    let (mut seen, begun) = (HashMap::new(), Instant::now());
    loop {
        crawls.end_abandoned(&mut seen).await?;
        match Run::take((&crawls, &Ownership::alone()), &open.catalog, caller, order.clone(), false).await {
            Ok(run) => return Ok(run),
            // What stands still for so long is given up.
            Err(Problem::Conflict { .. }) if begun.elapsed() < SILENT + LOOKED_AGAIN * 2 => {
                tokio::time::sleep(LOOKED_AGAIN).await;
            }
            Err(problem) => return Err(problem.into()),
        }
    }
}

/// The crawlers' user of an account.
async fn bot(catalog: &Catalog, account: &str) -> Result<Caller> {
    let id = catalog.account_named(account).await?;
    let id = id.ok_or_else(|| anyhow!("the store has no account {account:?}"))?;
    let user = catalog.user_of_account(id, BOT).await?;
    let user = user.ok_or_else(|| anyhow!("the account has no user {BOT}; a server and a --token do without"))?;
    Ok(catalog.caller(id, user).await?)
}

fn served(remote: &Remote, order: Value, bar: &Bar) -> Result<Value> {
    let started = remote::call(remote, "POST", "/ingestions", Some(order))?;
    let path = format!("/ingestions/{}", started["id"].as_str().unwrap_or_default());
    loop {
        let told = remote::call(remote, "GET", &path, None)
            .context("the ingestion may go on without being watched; the same command again finishes it")?;
        let number = |member: &str| told[member].as_u64().unwrap_or(0);
        bar.show(told["step"].as_str().unwrap_or_default(), number("done"), number("all"));
        match told["state"].as_str() {
            Some("finished") => return Ok(told["report"].clone()),
            Some("failed") => return Err(explained(text(&told["reason"]), text(&told["error"]))),
            _ => std::thread::sleep(LOOK_AGAIN),
        }
    }
}

/// A run that ended without a report.
#[derive(Debug)]
struct Refusal {
    /// One word for programs.
    reason: String,
    text: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}

fn explained(reason: &str, failure: &str) -> anyhow::Error {
    let way_out = match reason {
        "BRAKE" => " (--force lets them go, --keep-removed keeps them, --max-removed sets the share)",
        _ => "",
    };
    Refusal { reason: reason.to_owned(), text: format!("{failure}{way_out}") }.into()
}

/// The report in few words.
fn summary(report: &Value) -> Value {
    let counts = |level: &str| {
        let counted = report[level].as_object().into_iter().flatten().filter(|(_, count)| **count != 0);
        let said: Vec<String> = counted.map(|(what, count)| format!("{count} {what}")).collect();
        if said.is_empty() { "none".to_owned() } else { said.join(", ") }
    };
    let mut summary = json!({
        "service": report["service"],
        "database": format!("{} ({})", text(&report["database"]), text(&report["source"])),
        "schemas": counts("schemas"),
        "tables": counts("tables"),
        "columns": report["columns"],
        "lineage of views": counts("lineage"),
    });
    if report["dryRun"] == true {
        summary["note"] = "a dry run: nothing was written".into();
    }
    let lists = [("skipped", "skipped"), ("failed", "refused")];
    for (member, word) in lists {
        for (at, fault) in report[member].as_array().into_iter().flatten().enumerate() {
            summary[format!("{word} {}", at + 1)] =
                format!("{}: {}", text(&fault["name"]), text(&fault["reason"])).into();
        }
    }
    for (at, note) in report["notes"].as_array().into_iter().flatten().enumerate() {
        summary[format!("note {}", at + 1)] = note.clone();
    }
    summary
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
