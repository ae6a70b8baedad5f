//! What is searched: the nouns behind the names of indexes, `table_search_index`, `table`, `databaseSchema`, `all`.

use crate::case;
use crate::errors::{OmError, OmResult};
use crate::noun::Noun;
use crate::operation::Call;

/// What the names of indexes end with.
pub const SUFFIX: &str = "_search_index";

/// Indexes of entities that this server does not hold: clients ask them like others, and they are empty.
const EMPTY: &[&str] = &[
    "api_collection",
    "api_endpoint",
    "api_service",
    "container",
    "directory",
    "drive_service",
    "entity_report_data_index",
    "file",
    "messaging_service",
    "metadata_service",
    "ml_model",
    "mlmodel",
    "mlmodel_service",
    "search_entity",
    "search_index",
    "search_service",
    "security_service",
    "spreadsheet",
    "storage_service",
    "test_case",
    "test_suite",
    "topic",
    "web_analytic_entity_view_report_data_index",
    "web_analytic_user_activity_report_data_index",
    "worksheet",
];

/// The nouns behind names with commas between them.
///
/// Errors: 404 for an index that there is not.
pub fn nouns(call: &Call, indexes: &str) -> OmResult<Vec<&'static Noun>> {
    let mut found: Vec<&'static Noun> = Vec::new();
    for index in indexes.split(',').map(str::trim) {
        let name = index.strip_suffix(SUFFIX).unwrap_or(index);
        let wanted = call.door.nouns.iter().copied().filter(|noun| match name {
            "all" | "*" => !noun.aside,
            // Assets in the narrower sense: what is found, not who or what for.
            "dataAsset" => noun.entity.member("service").is_some() || noun.entity.member("serviceType").is_some(),
            name => noun.kind_name == name || noun.entity_type == name,
        });
        let before = found.len();
        let mut is_known = false;
        for noun in wanted {
            is_known = true;
            if found[..before].iter().all(|known| known.kind_name != noun.kind_name) {
                found.push(noun);
            }
        }
        if !is_known && !EMPTY.contains(&name) && !EMPTY.contains(&&*case::core_key(name)) {
            return Err(OmError::no_index(index));
        }
    }
    Ok(found)
}
