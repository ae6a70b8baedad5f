//! Drives the catalogue and the floor with the same load, in turn, and compares them.
//!
//! The servers run on one processor and the generator on another, where there are two. A rate beside the floor's in the
//! same run is what counts: the machine is shared, so rates alone say little.

mod client;
mod drive;
mod freshness;
mod index;
mod lifecycle;
mod postgres;
mod process;
mod report;
mod scenario;
mod search;
mod seed;
mod sign;
mod world;

use std::cell::Cell;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde_json::Value;

use drive::Load;
use report::{Compared, Report, Store};
use scenario::Scenario;
use world::{Engine, Filling, Programs, World};

const START: &str = "start";
const MEMORY: &str = "memory";
const FRESHNESS: &str = "freshness";

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    emporion: PathBuf,
    #[arg(long)]
    floor: PathBuf,
    #[arg(long)]
    fill: PathBuf,
    /// Only these: names of scenarios, `start`, `memory`, `freshness`; or of searches.
    #[arg(long, num_args = 1..)]
    only: Vec<String>,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// How long each run is measured.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Runs of each server, of which the middle one counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Products in the store.
    #[arg(long, default_value_t = 10_000)]
    records: u64,
    /// Measure reads, start and memory over a second store with so many products, too.
    #[arg(long, num_args = 0..=1, default_missing_value = "1000000")]
    big: Option<u64>,
    /// Measure the same over a PostgreSQL server, beside the floor over the same server and beside SQLite.
    #[arg(long)]
    postgres: bool,
    /// Measure searches instead, over a store with so many records, a fifth of them tables.
    #[arg(long, num_args = 0..=1, default_missing_value = "1000000", conflicts_with_all = ["big", "records", "postgres"])]
    search: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match measure(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: Arguments) -> Result<()> {
    let known = || -> Vec<&str> {
        match arguments.search {
            Some(_) => search::names().collect(),
            None => scenario::ALL.iter().map(|scenario| scenario.name).chain([START, MEMORY, FRESHNESS]).collect(),
        }
    };
    if let Some(unknown) = arguments.only.iter().find(|name| !known().contains(&name.as_str())) {
        bail!("nothing is called `{unknown}`; there are: {}", known().join(", "));
    }
    let is_chosen = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|chosen| chosen == name);
    let has_two_cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
    let programs = Programs {
        emporion: absolute(&arguments.emporion)?,
        floor: absolute(&arguments.floor)?,
        fill: absolute(&arguments.fill)?,
        server_core: has_two_cores.then_some(1),
    };

    // Beside the programs: a temporary folder may lie in memory, where a sync of the log costs nothing.
    let beside = programs.floor.parent().context("the floor lies in no folder")?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(beside)?;
    let time = Duration::from_secs_f64(arguments.seconds);
    if let Some(records) = arguments.search {
        let filling = Filling { products: records - records / 5, tables: records / 5, is_varied: true };
        let world = World::build(&programs, folder.path(), filling).await?;
        if has_two_cores {
            pin_generator()?;
        }
        return write_json(&arguments, &search::measure(&world, records, is_chosen, arguments.rounds, time).await?);
    }
    let mut worlds = Vec::new();
    for records in [Some(arguments.records), arguments.big].into_iter().flatten() {
        worlds
            .push(World::build(&programs, &folder.path().join(records.to_string()), Filling::products(records)).await?);
    }
    if arguments.postgres {
        let folder = folder.path().join(arguments.records.to_string());
        let over = worlds[0].on_postgres(&programs, &folder).await?;
        worlds.push(over);
    }
    if has_two_cores {
        pin_generator()?;
    }

    let mut report = Report::default();
    for scenario in scenario::ALL.iter().filter(|scenario| scenario.reads && is_chosen(scenario.name)) {
        for world in &worlds {
            report.compared.push(compare(scenario, world, arguments.rounds, time).await?);
        }
    }
    for world in worlds.iter().filter(|world| world.engine == Engine::Sqlite) {
        let memory = if is_chosen(MEMORY) { Some(lifecycle::memory(world)?) } else { None };
        report.stores.push(Store { records: world.site.records, starts: None, memory, freshness: None });
    }
    for scenario in scenario::ALL.iter().filter(|scenario| !scenario.reads && is_chosen(scenario.name)) {
        let written = |world: &&World| world.site.records == worlds[0].site.records;
        for world in worlds.iter().filter(written) {
            report.compared.push(compare(scenario, world, arguments.rounds, time).await?);
        }
    }
    if is_chosen(FRESHNESS) {
        let writes = scenario::creates().requests(&worlds[0]).await?;
        report.stores[0].freshness = Some(freshness::measure(&worlds[0], &writes.emporion, time).await?);
    }
    if is_chosen(START) {
        for (world, store) in worlds.iter_mut().zip(&mut report.stores) {
            let writes = scenario::creates().requests(world).await?;
            let emporion = lifecycle::starts(&mut world.emporion, &writes.emporion).await?;
            store.starts = Some((emporion, lifecycle::starts(&mut world.floor, &writes.floor).await?));
        }
    }
    write!(std::io::stdout(), "{}", report.summary())?;
    write_json(&arguments, &report.json())
}

fn write_json(arguments: &Arguments, figures: &Value) -> Result<()> {
    let Some(file) = &arguments.json else { return Ok(()) };
    std::fs::write(file, format!("{figures:#}\n")).with_context(|| format!("writing {}", file.display()))
}

/// The catalogue and the floor in turn, so that what else the machine does meets both.
async fn compare(scenario: &Scenario, world: &World, rounds: usize, time: Duration) -> Result<Compared> {
    let pair = scenario.requests(world).await?;
    let load = Load { connections: scenario.connections, time, beside: None };
    let turns = [Cell::new(0), Cell::new(0)];
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..rounds.max(1) {
        for (side, (server, requests)) in
            [(&world.emporion, &pair.emporion), (&world.floor, &pair.floor)].into_iter().enumerate()
        {
            let driven = drive::drive(server.process()?, requests, &turns[side], &load).await;
            runs[side].push(driven.with_context(|| scenario.name)?);
        }
    }
    let [emporion, floor] = runs.map(|runs| drive::median(&runs));
    let compared = Compared::new(scenario, world.engine, world.site.records, emporion, floor);
    writeln!(std::io::stdout(), "{}", compared.line())?;
    Ok(compared)
}

fn absolute(program: &std::path::Path) -> Result<PathBuf> {
    program.canonicalize().with_context(|| format!("{} does not exist", program.display()))
}

/// Keeps this process off the servers' processor.
fn pin_generator() -> Result<()> {
    let pinned = Command::new("taskset")
        .args(["-cp", "0", &std::process::id().to_string()])
        .stdout(std::process::Stdio::null())
        .status()
        .context("starting taskset (package util-linux)")?;
    if !pinned.success() {
        bail!("taskset ended with {pinned}");
    }
    Ok(())
}
