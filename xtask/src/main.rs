//! Chores of the repository: `cargo xtask <command>`. One file per command; this one only chooses.

mod bench;
mod browser;
mod chat;
mod clients;
mod faults;
mod openapi;
mod run;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  bench [flag]…   measure the release binary against the floor; `bench --help` lists the flags
  bench chat …    ask the golden questions over real databases; `bench chat --help` lists the flags
  clients         prepare the Python environment of the real clients, print its folder
  faults [suite]… kill, starve and unplug the server; --rounds N for more of it, --seed S to repeat a run
  openapi         write the doors' OpenAPI documents to openapi/
  test [stage]…   run every check, or only the named ones: format, lint, rust, build, clients,
                  faults";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("bench") if arguments.get(1).is_some_and(|what| what == "chat") => chat::command(&arguments[2..]),
        Some("bench") => bench::command(&arguments[1..]),
        Some("clients") => clients::command(),
        Some("faults") => faults::command(&arguments[1..]),
        Some("openapi") => openapi::write(),
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
