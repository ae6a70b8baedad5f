//! Chores of the repository: `cargo xtask <command>`. One file per command; this one only chooses.

mod clients;
mod run;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  clients         prepare the Python environment of the real clients, print its folder
  test [stage]…   run every check, or only the named ones: format, lint, rust, build, clients";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("clients") => clients::command(),
        Some("test") => test::command(&arguments[1..]),
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
