//! Bringing back a product that was deleted: offered above the list of products, since it has no page of its own then.

use std::sync::Arc;

use emporion_catalog::command::{Command, Ref};
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::pages::admin::deleted::{self, restoration::Restoration};
use crate::records::address;
use crate::request::handlers::{back, change};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

/// Where the form is sent to. No product is called so: its full name begins with that of its domain.
pub const AT: &str = "/products/restored";

pub fn routes() -> Vec<Route<Door>> {
    vec![change(AT, "restore_product", restore), back(AT, "restored_product", |_| "/products".to_owned())]
}

async fn restore(visit: Arc<Visit>) -> Shown {
    let id = visit.form().text("deleted").parse().map_err(|_| Fault::Malformed("deleted".into()))?;
    let reading = visit.reading().await?;
    let kind = reading.catalog().kind("data_product");
    let found = reading.in_any_state(&[id]).await?.pop().filter(|record| record.kind == kind);
    if let Some(record) = found.filter(|record| !record.state.is_alive()) {
        reading.ask_restore(&record).await?;
        let view = reading.view(record, &Restoration::depth()).await?;
        // Where rows would not be shared any more, that is said first.
        if !reading.closed_by_restoring(&view).await?.is_empty() {
            return Ok(headers::see_other(&address::with_query(deleted::OWN, &[("restore", &id.to_string())])));
        }
    }
    let target = Ref::Id(kind, id);
    let outcome = reading.execute(&Command::Restore { target }).await?;
    let at = address::of_record(&outcome.view.record);
    Ok(headers::see_other(&address::with_query(&at, &[("done", "restored")])))
}
