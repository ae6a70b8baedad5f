//! Whoever reads rows to write them to a file may say so, as the command line does: then the audit trail knows an export, as
//! of the pages. It is his own word about himself, and opens nothing.

use emporion_products::rows_file::RowsFile;

use crate::call::Call;

/// The header, and the sorts of files that it names.
pub const HEADER: &str = "emporion-file";
const FORMATS: &[&str] = &["csv", "xlsx"];
/// As the trail calls the command line.
const COMMAND_LINE: &str = "management";

/// The file that a request names.
pub fn of(call: &Call) -> Option<RowsFile> {
    let said = call.request.header(HEADER).unwrap_or_default();
    let format = FORMATS.iter().copied().find(|format| *format == said)?;
    Some(RowsFile { format, door: Some(COMMAND_LINE) })
}
