//! The binary `emporion`: parse the command line, then one file per verb in `commands/`.

mod admin;
mod audit;
mod backup;
mod call;
mod cli;
mod command_error;
mod commands;
mod config;
mod connections;
mod crawls;
mod databases;
mod demo_data;
mod digests;
mod directory;
mod document_process;
mod doors;
mod files;
mod health;
mod ingestions;
mod interface;
mod jobs;
mod language;
mod lifetime;
mod log;
mod measures;
mod members;
mod new_account;
mod node;
mod oidc;
mod opening;
mod output;
mod records;
mod redaction;
mod relations;
mod requests;
mod rotation;
mod runtime;
mod sample;
mod schedules;
mod searching;
mod shared_keys;
mod source_files;
mod status;
mod storage;
mod webhooks;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// Most of the work is short-lived trees of JSON, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keep_pages_small();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => return explain(&told),
    };
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough of it.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<command_error::ExitStatus>() => {
            ExitCode::from(error.downcast_ref::<command_error::ExitStatus>().map_or(1, |status| status.0))
        }
        Err(error) => {
            eprintln!("emporion: {}", redaction::redacted(&format!("{error:#}")));
            ExitCode::from(if error.is::<command_error::UsageError>() { 2 } else { 1 })
        }
    }
}

/// Help, the version, or what is wrong with the arguments, of which it repeats no password.
fn explain(told: &clap::Error) -> ExitCode {
    let plain = told.to_string();
    let redacted = redaction::redacted(&plain);
    if redacted == plain {
        // With its colours, on a terminal.
        told.exit();
    }
    eprint!("{redacted}");
    ExitCode::from(2)
}

/// The allocator asks for huge pages, each of which the system clears when its first byte is written: most of the
/// memory of a small server, and of the time of its first large request, would be pages that hold nothing. Where the
/// system does not let that be said, it is only slower.
fn keep_pages_small() {
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
