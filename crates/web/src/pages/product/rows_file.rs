//! The rows of an answer as a file, all that a question may get: read again, by what the visitor may read now.

use std::sync::Arc;

use emporion_edge::answer::Answer;
use emporion_edge::apart::apart;
use emporion_edge::route::Route;
use emporion_export::Table;
use emporion_products::chat::answer;
use emporion_products::limits::MAX_ROWS;

use super::ask;
use crate::answers::figures;
use crate::door::Door;
use crate::fault::Fault;
use crate::records::address::{self, segment};
use crate::records::record::RecordPage;
use crate::records::resolver::{self, Resolved};
use crate::request::visit::{Shown, Visit};
use crate::request::{handlers, headers};

#[derive(Clone, Copy)]
enum File {
    Csv,
    Workbook,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    let row = |ending: &str, operation: &'static str, file: File| {
        let path = format!("/{}/{{fqn}}/answers/{{message}}/rows.{ending}", page.folder);
        handlers::page(path, operation, move |visit| show(page, visit, file))
    };
    vec![row("csv", "answer_csv", File::Csv), row("xlsx", "answer_workbook", File::Workbook)]
}

/// Below the address of a product.
pub fn address(product: &str, thread: &str, message: &str, ending: &str) -> String {
    address::with_query(&format!("{product}/answers/{}/rows.{ending}", segment(message)), &[("thread", thread)])
}

async fn show(page: &'static RecordPage, visit: Arc<Visit>, file: File) -> Shown {
    // No reading is held while the source is asked.
    let view = match resolver::resolve(&visit, &visit.reading().await?, page.folder).await? {
        Resolved::Here(view) => view,
        Resolved::Elsewhere(_) => return Err(Fault::NoSuchPage),
    };
    let message = visit.param("message").parse().map_err(|_| Fault::NoSuchPage)?;
    let answer = ask::again(&visit, view.id(), &visit.query("thread"), message, MAX_ROWS).await?;
    let rows = answer.table.ok_or(Fault::NoSuchPage)?;
    let (name, is_cut) = (view.record.name.clone(), rows.is_truncated);
    let bytes = apart(move |_| file.write(&rows, &name)).await?.map_err(|error| {
        // It is written into memory, and no answer has more rows than a sheet.
        tracing::error!(%error, "the rows of an answer could not be written");
        Fault::Broken
    })?;
    let (content_type, ending) = match file {
        File::Csv => ("text/csv; charset=utf-8", "csv"),
        File::Workbook => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    };
    // A file that was cut says so by its name.
    let ending = if is_cut { format!("first-{MAX_ROWS}-rows.{ending}") } else { format!("rows.{ending}") };
    Ok(headers::secured(Answer::bytes(200, content_type, bytes))
        .with("content-disposition", &headers::attachment(&view.record.name, &ending))
        .with("cache-control", "no-store"))
}

impl File {
    fn write(self, rows: &answer::Table, name: &str) -> Result<Vec<u8>, String> {
        let table = Table { columns: figures::exported(rows), rows: &rows.rows };
        match self {
            File::Csv => {
                // Spreadsheets take a file without this mark for one in the letters of their country.
                let mut bytes = "\u{feff}".as_bytes().to_vec();
                emporion_export::csv(&table, &mut bytes).map_err(|error| error.to_string())?;
                Ok(bytes)
            }
            File::Workbook => emporion_export::workbook(&table, name).map_err(|error| error.to_string()),
        }
    }
}
