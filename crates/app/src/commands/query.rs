//! `emporion query`: a statement over the tables of a data product of a running server, and its rows.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::bar::{Bar, Unit};
use super::product::{self, ANSWER, DOOR, Product, refusal};
use super::remote;
use super::rows::{self, Printing};
use crate::cli::QueryArgs;
use crate::output::visible;

pub fn run(args: &QueryArgs, printing: Printing) -> Result<()> {
    let sql = if args.sql == "-" { std::io::read_to_string(std::io::stdin().lock())? } else { args.sql.clone() };
    let Product { id, name } = product::find(&args.remote, &args.product)?;
    let parameters: Map<String, Value> = args.parameters.iter().cloned().collect();
    let body = json!({"sql": sql, "params": parameters, "limit": printing.fetched(args.rows), "preview": args.preview});
    let bar = Bar::new(args.quiet, Unit::Things, "querying");
    let path = format!("{DOOR}/data-products/{id}/run-sql");
    let answered = remote::exchange_rows(&args.remote, &path, &body, ANSWER, printing.file());
    bar.end();
    let data = match answered? {
        (200, mut answered) => {
            let mut data = answered["data"].take();
            // As an answer has them.
            data["warnings"] = answered["warnings"].as_array_mut().map(std::mem::take).unwrap_or_default().into();
            data
        }
        (status, refused) => return Err(refusal(status, &refused)),
    };
    let origin = rows::origin(&name, ("Statement", &sql), &data);
    rows::write(printing, &data, &data, (&name, origin), || {
        rows::table(&mut std::io::stdout(), &data, usize::MAX, rows::room())?;
        rows::warnings(&data).for_each(|warning| eprintln!("emporion: {}", visible(&warning)));
        Ok(())
    })
}
