//! Chores of the repository: `cargo xtask <command>`. One file per command; this one only chooses.

mod clients;
mod run;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  clients         prepare the Python environment of the real clients, print its folder";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("clients") => clients::command(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
