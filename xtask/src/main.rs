//! Chores of the repository: `cargo xtask <command>`. One file per command; this one only chooses.

mod bench;
mod browser;
mod changed;
mod chat;
mod clients;
mod faults;
mod openapi;
mod quick;
mod run;
mod test;
mod under_test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  bench [flag]…   measure the packaged binary against the floor; `bench --help` lists the flags
  bench chat …    ask the golden questions over real databases; `bench chat --help` lists the flags
  clients         prepare the Python environment of the real clients, print its folder; with --all
                  also that of those that are asked on demand
  faults [suite]… kill, starve and unplug the server; --rounds N for more of it, --seed S to repeat a run
  openapi         write the doors' OpenAPI documents to openapi/
  quick           lint the workspace, and run the Rust tests of the crates that were touched
  test [stage]…   run every check, or only the named ones: format, build, rust, clients,
                  faults; with --all also what this change cannot touch";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("bench") if arguments.get(1).is_some_and(|what| what == "chat") => chat::command(&arguments[2..]),
        Some("bench") => bench::command(&arguments[1..]),
        Some("clients") => clients::command(&arguments[1..]),
        Some("faults") => faults::command(&arguments[1..]),
        Some("openapi") => openapi::write(),
        Some("quick") => quick::command(),
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
