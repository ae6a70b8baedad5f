//! Requests about unstructured assets: documents come as files or texts, and are downloaded or read by passages.

mod content;
mod create;
mod update;

use emporion_edge::shape::Shape;
use emporion_products::parts::unstructured_assets::part::SPEC;
use emporion_products::parts::unstructured_assets::shapes::{ANSWER, CREATE, FORM, PASSAGES, UPDATE};
use emporion_products::shapes::BYTES;
use http::Method;

use crate::operation::{Operation, Root};
use crate::parts::paths;
use crate::shapes::common::{CURSOR, IDEMPOTENCY_KEY, INCLUDE_TOTAL, LIMIT};

/// The rows that have no twins among other parts.
pub fn rows() -> Vec<Operation> {
    const FORMS: &[(&str, Shape)] = &[("multipart/form-data", Shape::Struct(&FORM))];
    const DOWNLOAD: &[(&str, Shape)] = &[("*/*", BYTES)];
    const LIST: &str = "/{dataProductId}/unstructured-assets";
    const ITEM: &str = "/{dataProductId}/unstructured-assets/{unstructuredAssetId}";
    const BYTES_OF: &str = "/{dataProductId}/unstructured-assets/{unstructuredAssetId}/content";
    const PASSAGES_OF: &str = "/{dataProductId}/unstructured-assets/{unstructuredAssetId}/passages";
    let row = |method: Method, path: &'static str, name: &'static str, summary: &'static str| {
        Operation::new(method, Root::Products, path, name, summary).section(paths::of(&SPEC).section)
    };
    let create = row(Method::POST, LIST, "unstructuredAssets_create", "Add a document to a {product}")
        .with(&[IDEMPOTENCY_KEY])
        .takes(&CREATE)
        .also_takes(FORMS)
        .gives(&ANSWER)
        .errors(&[404, 409, 413, 415, 422]);
    vec![
        Operation { ok: &[202], ..create }.by(create::create),
        row(Method::PATCH, ITEM, "unstructuredAssets_update", "Change what is said of an unstructured asset")
            .takes(&UPDATE)
            .gives(&ANSWER)
            .errors(&[404, 409, 412, 415, 422])
            .guarded_by(update::update),
        row(Method::GET, BYTES_OF, "unstructuredAssets_content", "Download an unstructured asset")
            .also_gives(DOWNLOAD)
            .by(content::download),
        row(Method::GET, PASSAGES_OF, "unstructuredAssets_passages", "List the passages of an unstructured asset")
            .with(&[LIMIT, CURSOR, INCLUDE_TOTAL])
            .gives(&PASSAGES)
            .by(content::passages),
    ]
}

#[cfg(test)]
#[path = "unstructured_assets/tests.rs"]
mod tests;
