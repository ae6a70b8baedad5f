//! Data products: both kinds of ports at once.

use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::Card;
use emporion_catalog::relation::{INPUT_PORT, OUTPUT_PORT};
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::json;

use crate::door::Door;
use crate::errors::OmResult;
use crate::generic::assets::page::{self, ENTITIES, ENTITY_LIST, Window};
use crate::members::*;
use crate::nouns;
use crate::nouns::data_product::NOUN;
use crate::operation::{Call, ok, reference, row};
use crate::params;

static PORTS_VIEW: Struct = Struct {
    name: "DataProductPortsView",
    open: false,
    members: &[
        reference_required("entity"),
        Member { required: true, ..structure("inputPorts", &ENTITY_LIST) },
        Member { required: true, ..structure("outputPorts", &ENTITY_LIST) },
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let view = |path, operation, summary: &'static str| Route {
        summary: summary.into(),
        output: Some(Shape::Struct(&PORTS_VIEW)),
        errors: &[404],
        ..row(Method::GET, path, operation, NOUN.tag, ports_view)
    };
    let (by_id, by_name) = ("/v1/dataProducts/{id}/portsView", "/v1/dataProducts/name/{fqn}/portsView");
    vec![
        view(by_id, "getDataProductPortsView", "Show both kinds of ports of a data product"),
        view(by_name, "getDataProductPortsViewByName", "Show both kinds of ports of a data product by its name"),
    ]
}

async fn ports_view(call: Call) -> OmResult<Answer> {
    let fields = page::fields(&call)?;
    let query = call.request.query();
    let window = |prefix: &str| -> OmResult<Window> {
        let (limit, offset) = (format!("{prefix}Limit"), format!("{prefix}Offset"));
        let limit = params::limit_up_to(&query, &limit, ENTITIES, 1_000)?;
        Ok(Window { offset: params::offset_of(&query, &offset)?, limit })
    };
    let (inputs, outputs) = (window("input")?, window("output")?);
    let depth = Depth::of(&[INPUT_PORT, OUTPUT_PORT], false);
    let target = call.target(nouns::of(&NOUN))?;
    let view = call.door.catalog.get(&call.caller, &target, States::Alive, &depth).await?;
    let fields = Some(fields.as_slice());
    ok(&json!({
        "entity": reference(&call.door, &call.base, &Card::of(&view.record), false),
        "inputPorts": page::held(&call, &view, INPUT_PORT, inputs, fields).await?,
        "outputPorts": page::held(&call, &view, OUTPUT_PORT, outputs, fields).await?,
    }))
}
