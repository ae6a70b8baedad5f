//! Whether the visitor has asked already for what would let him query a product.

use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::requests::{Asked, MOST_ASSETS, Wanted, Which};

use crate::fault::Fault;
use crate::records::address;

/// Where his open request for a role is.
pub async fn at(reading: &Reading<'_>, view: &View) -> Result<Option<String>, Fault> {
    let asked =
        Asked { which: Which::Mine, product: Some(view.id()), state: Some("open"), after: None, limit: MOST_ASSETS };
    let found = reading.access_requests(&asked).await?.requests;
    let for_role = found.iter().find(|request| matches!(request.wanted, Wanted::Viewer | Wanted::Editor));
    Ok(for_role.map(|request| address::of_request(request.id)))
}
