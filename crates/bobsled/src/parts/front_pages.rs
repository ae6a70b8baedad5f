//! The request for the front page as it is shown.

use std::sync::Arc;

use emporion_catalog::record::View;
use emporion_edge::shape::{Member, Shape, Struct};
use emporion_products::failure::Failure;
use emporion_products::parts::front_pages::{self, FrontPages, Greeting, OBJECT, SPEC};
use emporion_products::parts::members;
use http::Method;
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::operation::{Operation, Root};
use crate::parts::paths;

static CURRENT: Struct = Struct {
    name: "CurrentFrontPage",
    members: &[Member::required("frontPageConfig", Shape::Struct(&OBJECT))],
    open: true,
};

pub fn current_row() -> Operation {
    let path = "/{dataProductId}/front-page-configs/current";
    Operation::new(Method::GET, Root::Products, path, "frontPageConfigs_current", "Get the front page as it is shown")
        .section(paths::of(&SPEC).section)
        .gives(&CURRENT)
        .by(current)
}

/// `GET front-page-configs/current`.
async fn current(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (view, greeting) = front_pages::current(&door.products, &call.of_product()?).await?;
    let page = match greeting {
        Greeting::Stored(page) => members::print(&FrontPages, &page),
        Greeting::MadeUp { questions, kpis } => made_up(&view, questions, kpis),
    };
    Ok(Reply::ok(json!({SPEC.one: page})))
}

/// The page of a product that has none: its name, its description, and what was found for it.
fn made_up(product: &View, questions: Vec<Value>, kpis: Vec<Value>) -> Value {
    json!({
        "id": null,
        "dataProductId": product.id().to_string(),
        "title": product.record.name,
        "subtitle": product.text("description"),
        "markdown": null,
        "suggestedQuestions": questions,
        "kpis": kpis,
        "theme": null,
        "isDeployed": false,
        "version": 0,
        "createdAt": null,
        "createdBy": null,
        "updatedAt": null,
    })
}
