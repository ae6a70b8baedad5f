//! Whoever reads rows to write them to a file may say so, as the command line does: then the audit trail knows an export, as
//! of the pages. It is his own word about himself, and opens nothing.

use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_products::failure::Failure;
use emporion_products::request::ProductRequest;

use crate::call::Call;
use crate::door::Door;

/// The header, and the sorts of files that it names.
pub const HEADER: &str = "emporion-file";
const FORMATS: &[&str] = &["csv", "xlsx"];
/// As the trail calls the command line.
const COMMAND_LINE: &str = "management";

pub async fn note(door: &Arc<Door>, call: &Call, rows: usize) -> Result<(), Failure> {
    let said = call.request.header(HEADER).unwrap_or_default();
    let Some(format) = FORMATS.iter().copied().find(|format| *format == said) else { return Ok(()) };
    let request = call.of_product()?;
    let caller = Caller { door: Some(COMMAND_LINE), ..request.caller.clone() };
    door.products.note_file(&ProductRequest { caller, ..request }, format, rows).await
}
