//! Names that fit what is typed into a form, as a piece of a page: the options of its list.

use std::sync::Arc;

use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::records::naming::{self, NAMED, Suggested};
use crate::request::handlers::piece;
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

pub fn routes() -> Vec<Route<Door>> {
    vec![piece(naming::OTHERS, "names_piece", show)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let of = visit.query("of");
    let named = NAMED.iter().find(|named| named.join(",") == of).ok_or(Fault::NoSuchPage)?;
    let reading = visit.reading().await?;
    let into = visit.query("into");
    let into = reading.catalog().registry().iter().find(|kind| kind.is(&into));
    Ok(headers::page(200, &Suggested::fitting(&reading, named, into, visit.query("q").trim()).await?))
}
