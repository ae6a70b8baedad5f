//! Bringing back a product that was deleted: offered above the list of products, since it has no page of its own then.

use std::sync::Arc;

use emporion_catalog::command::{Command, Ref};
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
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
    let target = Ref::Id(reading.catalog().kind("data_product"), id);
    let outcome = reading.execute(&Command::Restore { target }).await?;
    let at = address::of_record(&outcome.view.record);
    Ok(headers::see_other(&address::with_query(&at, &[("done", "restored")])))
}
