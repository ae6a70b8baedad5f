//! The binary `emporion`: parse the command line, then one file per verb in `commands/`.

mod admin;
mod cli;
mod commands;
mod config;
mod databases;
mod demo_data;
mod ingestions;
mod output;
mod rotation;
mod sample;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// Most of the work is short-lived trees of JSON, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough of it.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("emporion: {error:#}");
            ExitCode::from(if error.is::<commands::Misuse>() { 2 } else { 1 })
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
