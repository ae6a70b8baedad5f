//! The rows of the operation table about semantic models that have no twins among other parts.

use emporion_edge::shape::{Location, Member, Shape};
use emporion_products::parts::semantic_models::shapes::{CHANGE, CHANGED, CREATE, GENERATE, ONE, STORED, VALIDATED};
use emporion_products::parts::semantic_models::spec::SPEC;
use http::Method;

use super::{exchange, generate, sections};
use crate::operation::{Operation, Root};
use crate::parts::paths;
use crate::shapes::common::IDEMPOTENCY_KEY;

pub fn rows() -> Vec<Operation> {
    const LIST: &str = "/{dataProductId}/semantic-models";
    const ONE_PATH: &str = "/{dataProductId}/semantic-models/{semanticModelId}";
    const READS: &[&str] = &["osi", "snowflake", "metricflow", "cube", "json"];
    let row = |method: Method, path: &'static str, name: &'static str, summary: &'static str| {
        Operation::new(method, Root::Products, path, name, summary).section(paths::of(&SPEC).section)
    };
    let format = Member::optional("format", Shape::Enumeration(READS)).at(Location::Query);
    let mut rows = vec![
        row(Method::POST, LIST, "semanticModels_create", "Store a semantic model")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&CREATE)
            .gives(&STORED)
            .creates()
            .errors(&[404, 409, 415, 422])
            .limited()
            .by(exchange::create),
        row(
            Method::POST,
            "/{dataProductId}/semantic-models/generate",
            "semanticModels_generate",
            "Sketch a semantic model from the catalogue",
        )
        .with(&[IDEMPOTENCY_KEY])
        .takes(&GENERATE)
        .gives(&STORED)
        .creates()
        .errors(&[404, 409, 415, 422])
        .by(generate::generate),
        row(
            Method::POST,
            "/{dataProductId}/semantic-models/validate",
            "semanticModels_validate",
            "Check a semantic model without keeping it",
        )
        .takes(&CREATE)
        .gives(&VALIDATED)
        .errors(&[404, 415, 422])
        .limited()
        .by(exchange::validate),
        row(Method::GET, ONE_PATH, "semanticModels_get", "Get a semantic model, or its document in any format")
            .with(&[format])
            .gives(&ONE)
            .by(exchange::get),
        row(Method::PATCH, ONE_PATH, "semanticModels_update", "Change a semantic model")
            .takes(&CHANGE)
            .gives(&CHANGED)
            .errors(&[404, 409, 412, 415, 422])
            .limited()
            .guarded_by(exchange::change),
    ];
    rows.extend(sections::rows());
    rows
}
