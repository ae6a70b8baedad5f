//! The request for the front page as it is shown.

use std::sync::Arc;

use emporion_catalog::load::Depth;
use emporion_edge::shape::{Member, Shape, Struct};
use emporion_products::failure::Failure;
use emporion_products::parts::front_pages::{self, OBJECT, SPEC};
use http::Method;
use serde_json::json;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::operation::{Operation, Root};
use crate::subject;

static CURRENT: Struct = Struct {
    name: "CurrentFrontPage",
    members: &[Member::required("frontPageConfig", Shape::Struct(&OBJECT))],
    open: true,
};

pub fn current_row() -> Operation {
    let path = "/{dataProductId}/front-page-configs/current";
    Operation::new(Method::GET, Root::Products, path, "frontPageConfigs_current", "Get the front page as it is shown")
        .section(SPEC.section)
        .gives(&CURRENT)
        .by(current)
}

/// `GET front-page-configs/current`.
async fn current(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let page = front_pages::current(&reading, &view).await?;
    Ok(Reply::ok(json!({SPEC.one: page})))
}
