//! `cargo xtask test [stage]… [--all] [--engine postgres]`: everything that must be green, in stages from quick to slow; the
//! first failure ends it.

mod extent;
mod passed;
mod stages;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{browser, clients};
pub use extent::ALL_ROUNDS;
use extent::Extent;
use stages::{STAGES, Stage};

/// Runs the named stages, or all of them, and says how long each took and what was not run.
pub fn command(arguments: &[String]) -> Result<()> {
    let (engine, arguments) = engine(arguments)?;
    let (stages, is_all) = chosen(&arguments)?;
    let mut extent = Extent::choose(is_all)?;
    extent.engine = engine;
    let installing =
        (stages.len() > 1 && stages.iter().any(|stage| stage.asks_as_client)).then(|| install_meanwhile(is_all));
    let mut installing = installing;
    let mut taken = Vec::new();
    let mut outcome = Ok(());
    for stage in &stages {
        eprintln!("==> {}: {}", stage.name, stage.what);
        let begun = Instant::now();
        if stage.asks_as_client
            && let Some(installing) = installing.take()
        {
            outcome = installing.join().unwrap_or_else(|_| bail!("installing the clients panicked"));
        }
        outcome = outcome.and_then(|()| (stage.run)(&extent));
        taken.push((stage.name, begun.elapsed()));
        if outcome.is_err() {
            outcome = outcome.with_context(|| format!("stage `{}` failed ({})", stage.name, stage.what));
            break;
        }
        eprintln!("==> {}: passed in {} s", stage.name, begun.elapsed().as_secs());
    }
    eprint!("{}", table(&taken, stages.len() - taken.len(), outcome.is_ok()));
    for line in stages.iter().flat_map(|stage| extent.not_run(stage.name)) {
        eprintln!("not run: {line}");
    }
    outcome
}

/// The clients come over the network while compilers have the processors.
fn install_meanwhile(is_all: bool) -> std::thread::JoinHandle<Result<()>> {
    std::thread::spawn(move || {
        clients::prepare()?;
        browser::prepare()?;
        if is_all {
            clients::prepare_superset()?;
        }
        Ok(())
    })
}

/// What is printed last: the stages that ran, with their seconds.
fn table(taken: &[(&str, Duration)], left: usize, is_green: bool) -> String {
    let mut lines = String::from("\nstage     seconds\n");
    let row = |name: &str, took: Duration| format!("{name:<8}{:>9}\n", took.as_secs());
    taken.iter().for_each(|(name, took)| lines += &row(name, *took));
    lines += &row("together", taken.iter().map(|(_, took)| *took).sum());
    if !is_green {
        lines += &format!("{} failed, {left} more did not run\n", taken.last().map_or("", |(name, _)| name));
    }
    lines
}

/// Which engine keeps the stores of the servers that clients ask, where one is named, and the other arguments.
fn engine(arguments: &[String]) -> Result<(Option<&'static str>, Vec<String>)> {
    let Some(at) = arguments.iter().position(|argument| argument == "--engine") else {
        return Ok((None, arguments.to_vec()));
    };
    let named = arguments.get(at + 1).map_or("", String::as_str);
    let Some(engine) = ["sqlite", "postgres"].into_iter().find(|engine| *engine == named) else {
        bail!("no engine is called `{named}`; there are: sqlite, postgres");
    };
    let others = arguments.iter().enumerate().filter(|(index, _)| *index != at && *index != at + 1);
    Ok((Some(engine), others.map(|(_, argument)| argument.clone()).collect()))
}

fn chosen(arguments: &[String]) -> Result<(Vec<&'static Stage>, bool)> {
    let (flags, names): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| *flag != &"--all") {
        bail!("no flag is called `{unknown}`; there is: --all");
    }
    if let Some(unknown) = names.iter().find(|name| STAGES.iter().all(|stage| stage.name != name.as_str())) {
        let known: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        bail!("no stage is called `{unknown}`; there are: {}", known.join(", "));
    }
    let is_named = |stage: &&Stage| names.is_empty() || names.iter().any(|name| *name == stage.name);
    Ok((STAGES.iter().filter(is_named).collect(), !flags.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(stages: &[&str]) -> Vec<String> {
        stages.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_names_every_stage_runs_and_the_slowest_come_last() {
        let (stages, is_all) = chosen(&[]).unwrap();
        assert_eq!((stages.len(), is_all), (STAGES.len(), false));
        assert!(stages.iter().rev().take(2).all(|stage| stage.asks_as_client));
    }

    #[test]
    fn named_stages_keep_their_order() {
        let (stages, is_all) = chosen(&names(&["clients", "--all", "build"])).unwrap();
        let stages: Vec<&str> = stages.iter().map(|stage| stage.name).collect();
        assert_eq!((stages, is_all), (vec!["build", "clients"], true));
    }

    #[test]
    fn an_engine_is_one_of_two_and_stands_anywhere() {
        let (named, others) = engine(&names(&["clients", "--engine", "postgres", "--all"])).unwrap();
        assert_eq!((named, others), (Some("postgres"), names(&["clients", "--all"])));
        assert_eq!(engine(&names(&["clients"])).unwrap(), (None, names(&["clients"])));
        for wrong in [&["--engine"][..], &["--engine", "oracle"]] {
            assert!(engine(&names(wrong)).is_err_and(|error| error.to_string().contains("postgres")));
        }
    }

    #[test]
    fn an_unknown_stage_is_refused_with_the_list_of_stages_and_an_unknown_flag_with_the_flag() {
        let error = chosen(&names(&["everything"])).err().expect("there is no such stage").to_string();
        assert!(error.contains("everything") && error.contains("clients"), "{error}");
        let error = chosen(&names(&["--al"])).err().expect("there is no such flag").to_string();
        assert!(error.contains("--al`") && error.contains("--all"), "{error}");
    }

    #[test]
    fn the_table_names_what_failed_and_how_much_did_not_run() {
        let taken = [("format", Duration::from_secs(2)), ("build", Duration::from_millis(61_900))];
        let green = table(&taken, 0, true);
        assert!(green.contains("build          61\n") && green.contains("together       63\n"), "{green}");
        assert!(table(&taken, 4, false).ends_with("build failed, 4 more did not run\n"));
    }
}
